"""What a policy did on one row of an evaluation set, as `SET.jsonl` in a run folder has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rewards import Behavior, GroundTruth, Reason
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import Message, ToolSchema
from rlvr.records.rollout import behavior_of, truth_of

NOTHING = "nothing"
"""How tables name what a completion did that did nothing, such as an empty one."""

_NEEDED = ("prompt", "expected", "reward", "is_exact")
_NO_FILE = Where(Path("evaluation"))

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
        malformed: attempts to call that are not well-formed.
        calls: every expected call and every one that answers none.
        unread: of the malformed attempts, those in another format than the policy's: a server shows them as text.
    """

    is_functional: bool
    is_fuzzy: bool
    malformed: int
    calls: tuple[CallVerdict, ...]
    unread: int = 0

    @classmethod
    def from_json(cls, value: JsonMapping) -> Verdict:
        """Read what `to_json` wrote."""
        return cls(
            is_functional=bool(value.get("is_functional")),
            is_fuzzy=bool(value.get("is_fuzzy")),
            malformed=value.get("malformed_calls") or 0,
            calls=tuple(CallVerdict(**call) for call in value.get("calls") or ()),
            unread=value.get("unread_calls") or 0,
        )

    def to_json(self) -> JsonObject:
        """Return the members that a saved row has of it."""
        return {
            "is_functional": self.is_functional,
            "is_fuzzy": self.is_fuzzy,
            "malformed_calls": self.malformed,
            "unread_calls": self.unread,
            "calls": list(map(asdict, self.calls)),
        }

    def count(self, verdict: str) -> int:
        """Calls with this verdict."""
        return sum(call.verdict == verdict for call in self.calls)

    def arguments(self, verdict: ArgumentVerdict) -> int:
        """Arguments with this verdict."""
        return sum(list(call.arguments.values()).count(verdict) for call in self.calls)


NOTHING_RIGHT = Verdict(False, False, 0, ())
"""The verdict on a completion that nobody has looked at."""


@dataclass(frozen=True)
class Sample:
    """One sampled completion of a row; its fields are as in `EvaluatedRow`."""

    completion: str | list[Message]
    reward: float
    is_exact: bool


@dataclass(frozen=True)
class EvaluatedRow:
    """The completion of a policy on one row, and its score.

    Args:
        index: the row's place in its set, from 0.
        prompt: chat messages.
        tools: what was offered.
        ground_truth: what was expected.
        predicted: the behavior of the completion; None where it has none.
        completion: the text, or the messages where a server has parsed calls out of it.
        reward: in [0, 1].
        is_exact: the binary reward is 1.
        is_truncated: it ran into the length limit.
        n_tokens: its length.
        components: of the reward.
        reasons: why it earned less than it might.
        n_prompt_tokens, latency_s: as in `Completion`; the latter is not saved, since it depends on the clock.
        verdict: what was right and wrong, call by call.
        samples: the sampled completions; empty where none were asked for.
        episode: what is counted of a row that is a conversation; empty for others.
    """

    index: int
    prompt: list[Message]
    tools: list[ToolSchema]
    ground_truth: GroundTruth
    predicted: Behavior | None
    completion: str | list[Message]
    reward: float
    is_exact: bool
    is_truncated: bool = False
    n_tokens: int = 0
    components: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    n_prompt_tokens: int = 0
    latency_s: float | None = None
    verdict: Verdict = NOTHING_RIGHT
    samples: tuple[Sample, ...] = ()
    episode: JsonMapping = field(default_factory=dict)

    @property
    def expected(self) -> Behavior:
        """The behavior that the ground truth asks for."""
        return self.ground_truth.behavior

    @property
    def is_right_behavior(self) -> bool:
        """Tell whether the completion did what was expected, or what is as right."""
        return self.predicted in (self.ground_truth.behavior, *self.ground_truth.also)

    @classmethod
    def from_json(cls, value: Json, where: Where = _NO_FILE) -> EvaluatedRow:
        """Read what `to_json` wrote.

        Raises:
            RowError: it is no row of a saved evaluation, at `where`.
        """
        if not isinstance(value, Mapping) or not value.keys() >= set(_NEEDED):
            raise where.error(None, "not a row of a saved evaluation; it has prompt, expected, reward and is_exact")
        try:
            verdict = Verdict.from_json(value)
            samples = tuple(Sample(**sample) for sample in value.get("samples") or ())
        except (AttributeError, TypeError) as error:
            raise where.error("calls", f"not what rlvr evaluate writes: {error}") from None
        return cls(
            index=value.get("index", 0),
            prompt=value["prompt"],
            tools=value.get("tools") or [],
            ground_truth=truth_of(value["expected"], where),
            predicted=behavior_of(value.get("predicted_behavior")),
            completion=value.get("completion", ""),
            reward=float(value["reward"]),
            is_exact=bool(value["is_exact"]),
            is_truncated=bool(value.get("is_truncated")),
            n_tokens=value.get("n_tokens") or 0,
            components=value.get("components") or {},
            reasons=tuple(map(Reason.from_json, value.get("reasons") or ())),
            n_prompt_tokens=value.get("n_prompt_tokens") or 0,
            verdict=verdict,
            samples=samples,
            episode=value.get("episode") or {},
        )

    def to_json(self) -> JsonObject:
        """Return plain data for a line of JSON."""
        saved = {
            "index": self.index,
            "prompt": self.prompt,
            "tools": self.tools,
            "expected": self.ground_truth.to_json(),
            "predicted_behavior": self.predicted,
            "completion": self.completion,
            "reward": self.reward,
            "is_exact": self.is_exact,
            "is_truncated": self.is_truncated,
            "n_tokens": self.n_tokens,
            "components": dict(self.components),
            "reasons": [reason.to_json() for reason in self.reasons],
            **self.verdict.to_json(),
            "n_prompt_tokens": self.n_prompt_tokens,
        }
        if self.episode:
            saved["episode"] = dict(self.episode)
        if self.samples:
            saved["samples"] = list(map(asdict, self.samples))
        return saved
