"""The verdict on one completion beyond its reward: right and wrong, call by call and argument by argument."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from rewards import Behavior, GroundTruth
from rewards.matching import Pair, is_identical
from rewards.reading import Reading, read
from rewards.wire import AUTO
from rlvr.files import Json
from rlvr.records.evaluated_row import ArgumentVerdict, CallVerdict, Verdict

FUZZY_SIMILARITY = 0.8
"""Mean similarity of the arguments from which calls of the right tools count as a fuzzy match."""

MAX_COMPARED_CHARS = 500
"""How much of two texts is compared for their similarity, which takes the square of their length."""

MAX_COMPARED_DEPTH = 8
"""Nested values deeper than this are similar only where they are the same."""


def judge(
    completion: Json, truth: GroundTruth, tools: Sequence[Json], behavior: Behavior | None, *, wire: str = AUTO
) -> Verdict:
    """Hold a completion against its row.

    Args:
        completion: text or messages.
        truth: what was expected.
        tools: what was offered.
        behavior: what the completion did, as its reward says.
        wire: the format that calls are written in.

    Raises:
        ValueError: the ground truth calls a tool that is not offered.
    """
    reading = read(completion, truth, tools, wire)
    if reading is None:
        raise ValueError("the ground truth cannot be scored with these tools")
    calls = _calls(reading)
    malformed, unread = reading.parsed.malformed, reading.parsed.unread
    if not truth.calls:
        is_right = behavior in (truth.behavior, *truth.also)
        return Verdict(is_right, is_right, malformed, calls, unread)
    if len(reading.pairs) != reading.divisor:
        return Verdict(False, False, malformed, calls, unread)
    is_functional = all(pair.is_exact for pair in reading.pairs)
    is_fuzzy = is_functional or _similarity(reading) >= FUZZY_SIMILARITY
    return Verdict(is_functional, is_fuzzy, malformed, calls, unread)


def _calls(reading: Reading) -> tuple[CallVerdict, ...]:
    by_expected = {pair.expected: pair for pair in reading.pairs}
    answering = {pair.predicted for pair in reading.pairs}
    verdicts = []
    for index, expected in enumerate(reading.truth.calls):
        pair = by_expected.get(index)
        if pair is None:
            verdicts.append(CallVerdict(expected.name, "missed"))
            continue
        verdict = "right" if pair.is_exact else "wrong_arguments"
        verdicts.append(CallVerdict(expected.name, verdict, _arguments(reading, pair)))
    if reading.has_behavior_tools and reading.behavior is not Behavior.EXECUTE:
        return tuple(verdicts)  # a call of `ask_user` or `decline` is a behavior, and no tool's call
    for index, call in enumerate(reading.parsed.calls):
        if index not in answering:
            is_offered = reading.tools is None or call.name in reading.tools
            verdicts.append(CallVerdict(call.name, "unexpected" if is_offered else "hallucinated"))
    return tuple(verdicts)


def _arguments(reading: Reading, pair: Pair) -> dict[str, ArgumentVerdict]:
    expected, predicted = reading.truth.calls[pair.expected], reading.parsed.calls[pair.predicted]
    verdicts: dict[str, ArgumentVerdict] = dict.fromkeys((*expected.arguments, *predicted.arguments), "right")
    for name in pair.wrong:
        if name not in predicted.arguments:
            verdicts[name] = "missing"
        else:
            verdicts[name] = "wrong" if name in expected.arguments else "extra"
    return verdicts


def _similarity(reading: Reading) -> float:
    """Return the mean over calls of the mean over the arguments that either side gives."""
    shares = [_pair_similarity(reading, pair) for pair in reading.pairs]
    return sum(shares) / len(shares)


def _pair_similarity(reading: Reading, pair: Pair) -> float:
    expected = reading.truth.calls[pair.expected].arguments
    predicted = reading.parsed.calls[pair.predicted].arguments
    shares = dict.fromkeys((*expected, *predicted), 1.0)
    for name in pair.wrong:
        shares[name] = similarity(expected.get(name), predicted.get(name))
    return sum(shares.values()) / len(shares) if shares else 1.0


def similarity(a: Json, b: Json, depth: int = 0) -> float:
    """Return how alike two JSON values are, in [0, 1]: texts by matching characters, lists and objects part by part.

    Numbers and values of different types are alike only where they are the same.
    """
    if is_identical(a, b):
        return 1.0
    if depth == MAX_COMPARED_DEPTH:
        return 0.0
    if isinstance(a, str) and isinstance(b, str):
        first, second = a.casefold()[:MAX_COMPARED_CHARS], b.casefold()[:MAX_COMPARED_CHARS]
        return SequenceMatcher(None, first, second, autojunk=False).ratio()
    if isinstance(a, list) and isinstance(b, list):
        parts = [similarity(x, y, depth + 1) for x, y in zip(a, b, strict=False)]
        return sum(parts) / max(len(a), len(b))
    if isinstance(a, dict) and isinstance(b, dict):
        parts = [similarity(a[key], b[key], depth + 1) for key in a if key in b]
        return sum(parts) / len(a.keys() | b.keys())
    return 0.0
