"""What one completion got right and wrong, call by call and argument by argument, beyond its reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from rewards import Behavior
from rewards.matching import Pair, is_identical
from rewards.reading import Reading, read
from rewards.wire import AUTO

if TYPE_CHECKING:
    from rewards import GroundTruth

FUZZY_SIMILARITY = 0.8
"""Mean similarity of the arguments from which calls of the right tools count as a fuzzy match."""

MAX_COMPARED_CHARS = 500
"""How much of two texts is compared for their similarity, which takes the square of their length."""

MAX_COMPARED_DEPTH = 8
"""Nested values deeper than this are similar only where they are the same."""

ArgumentVerdict = str
"""One of `right`, `wrong`, `missing` (expected, not given) and `extra` (given, not expected)."""


@dataclass(frozen=True)
class CallVerdict:
    """One expected or made call.

    Attributes:
        tool: its name.
        verdict: `right`; `wrong_arguments`; `missed` (expected, not made); `unexpected` (made, though none of this
            tool was left to answer); `hallucinated` (made of a tool that was not offered).
        arguments: of a call that answers an expected one, the verdict on each argument.
    """

    tool: str
    verdict: str
    arguments: Mapping[str, ArgumentVerdict] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """One completion held against its row.

    Attributes:
        is_functional: the calls would do the right thing, whatever was said beside them: each is valid under its
            schema and equals its expected call once defaults are filled in, none is lacking and none too many. Where
            no call was expected, none was tried and the behavior is a right one.
        is_fuzzy: functional, or the right tools called as often as expected with arguments that are similar.
        similarity: of the arguments in [0, 1]; 0 where other tools were called.
        malformed: attempts to call that are not well-formed.
        calls: every expected call and every one that answers none.
        unread: of the malformed attempts, those in another format than the policy's: a server shows them as text.
    """

    is_functional: bool
    is_fuzzy: bool
    similarity: float
    malformed: int
    calls: tuple[CallVerdict, ...]
    unread: int = 0

    def count(self, verdict: str) -> int:
        """Calls with this verdict."""
        return sum(call.verdict == verdict for call in self.calls)

    def arguments(self, verdict: ArgumentVerdict) -> int:
        """Arguments with this verdict."""
        return sum(one == verdict for call in self.calls for one in call.arguments.values())


NOTHING_RIGHT = Verdict(False, False, 0.0, 0, ())
"""The verdict on a completion that nobody has looked at."""


def judge(
    completion: Any, truth: GroundTruth, tools: Sequence[Any], behavior: Behavior | None, *, wire: str = AUTO
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
        return Verdict(is_right, is_right, 0.0, malformed, calls, unread)
    is_complete = len(reading.pairs) == reading.divisor
    is_functional = is_complete and all(pair.is_exact for pair in reading.pairs)
    similarity = _similarity(reading) if is_complete else 0.0
    return Verdict(is_functional, is_functional or similarity >= FUZZY_SIMILARITY, similarity, malformed, calls, unread)


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
    for index, made in enumerate(reading.parsed.calls):
        if index not in answering:
            is_offered = reading.tools is None or made.name in reading.tools
            verdicts.append(CallVerdict(made.name, "unexpected" if is_offered else "hallucinated"))
    return tuple(verdicts)


def _arguments(reading: Reading, pair: Pair) -> dict[str, ArgumentVerdict]:
    expected, made = reading.truth.calls[pair.expected], reading.parsed.calls[pair.predicted]
    verdicts: dict[str, ArgumentVerdict] = dict.fromkeys((*expected.arguments, *made.arguments), "right")
    for name in pair.wrong:
        if name not in made.arguments:
            verdicts[name] = "missing"
        else:
            verdicts[name] = "wrong" if name in expected.arguments else "extra"
    return verdicts


def _similarity(reading: Reading) -> float:
    """Return the mean over calls of the mean over the arguments that either side gives."""
    shares = []
    for pair in reading.pairs:
        expected, made = reading.truth.calls[pair.expected], reading.parsed.calls[pair.predicted]
        names = dict.fromkeys([*expected.arguments, *made.arguments])
        alike = [
            similarity(expected.arguments.get(name), made.arguments.get(name)) if name in pair.wrong else 1.0
            for name in names
        ]
        shares.append(sum(alike) / len(alike) if alike else 1.0)
    return sum(shares) / len(shares)


def similarity(a: Any, b: Any, depth: int = 0) -> float:
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
