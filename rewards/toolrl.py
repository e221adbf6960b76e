"""The reward of ToolRL: format, and the overlap of tool names, parameter names and parameter values."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rewards import wire
from rewards.matching import best_assignment, is_identical
from rewards.reading import Reading, read
from rewards.strict_json import JsonObject
from rewards.types import Reason, RewardResult, ToolCall


@dataclass(frozen=True)
class ToolRL:
    """ToolRL's reward R in [-3, 4], scaled to [0, 1].

    value = (R + 3) / 7
    R = R_format + R_correct, with R_format in {0, 1} and R_correct = 6 R_max / S_max - 3 in [-3, 3]
    R_max = r_name + the best assignment's sum over expected calls G of
            |keys(G) and keys(P)| / |keys(G) or keys(P)| + |{k in G: P[k] = G[k]}|, with P the assigned call
    r_name = |N_G and N_P| / |N_G or N_P|, over the names of the expected and the predicted calls
    S_max = 1 + the number of expected calls + the number of their arguments

    The components keep the published parts, each divided by its largest value: `format` (R_format), `tool_name`
    (r_name), `parameter_names`, `parameter_values`, and `correctness` (R_max / S_max).

    What the paper leaves open is as in its authors' code: names count as often as they are called, only calls of the
    expected tool are assigned, and a malformed call earns the least R_correct. The format is that of `wire` instead
    of the paper's own tags, and no thinking is asked for. Where no call was expected, R_correct is 3 for none and -3
    for any (0/0 counts as 1). Values are equal as JSON: schemas, defaults and alternatives are not looked at, and no
    more is an extra argument's value, or an extra call's arguments. Prefer `Tiered`: this one is here to compare with.

    Args:
        wire: the format that calls are written in, or `auto`.

    Raises:
        ValueError: no such wire format.

    Source: Qian et al. 2025, arXiv:2504.13958, section 3.3.
    """

    wire: str = wire.AUTO

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion; None where the ground truth cannot be scored."""
        reading = read(completion, ground_truth, tools, self.wire)
        if reading is None:
            return None
        expected, predicted = reading.truth.calls, reading.parsed.calls
        arguments = sum(len(call.arguments) for call in expected)
        names, keys, values = 0.0, 0.0, 0
        if not reading.parsed.malformed:
            names, keys, values = _overlap(expected, predicted)
        right_format = _has_right_format(reading)
        correctness = (names + keys + values) / (1 + len(expected) + arguments)
        components = {
            "format": right_format,
            "tool_name": names,
            "parameter_names": _share(keys, len(expected), of_nothing=names),
            "parameter_values": _share(values, arguments, of_nothing=names),
            "correctness": correctness,
        }
        reasons = tuple(
            Reason(name, "text", got=f"{share:.2f} of 1") for name, share in components.items() if share < 1.0
        )
        return RewardResult((right_format + 6.0 * correctness) / 7.0, components, reasons, reading.behavior)


def _has_right_format(reading: Reading) -> float:
    if reading.parsed.malformed:
        return 0.0
    if reading.truth.calls:
        return float(bool(reading.parsed.calls))
    return float(bool(reading.parsed.text) and not reading.parsed.calls)


def _overlap(expected: Sequence[ToolCall], predicted: Sequence[ToolCall]) -> tuple[float, float, int]:
    """r_name, and over the best assignment the sums for parameter names and values."""
    wanted, got = Counter(call.name for call in expected), Counter(call.name for call in predicted)
    names = _share((wanted & got).total(), (wanted | got).total())
    keys, values = [], 0
    for name in wanted.keys() & got.keys():
        rows = [call.arguments for call in expected if call.name == name]
        columns = [call.arguments for call in predicted if call.name == name]
        shared = [[_shared(row, column) for column in columns] for row in rows]
        for row, column in best_assignment([list(map(sum, of_row)) for of_row in shared]):
            keys.append(shared[row][column][0])
            values += shared[row][column][1]
    return names, math.fsum(keys), values


def _shared(expected: JsonObject, predicted: JsonObject) -> tuple[float, int]:
    """Return the share of parameters that both calls have, and how many of their values are equal."""
    both, either = expected.keys() & predicted.keys(), expected.keys() | predicted.keys()
    n_equal = sum(is_identical(expected[name], predicted[name]) for name in both)
    return _share(len(both), len(either)), n_equal


def _share(part: float, whole: int, of_nothing: float = 1.0) -> float:
    return part / whole if whole else of_nothing
