"""A completion held against its ground truth: one record of all that the tiers look at.

text -> parsed completion (`wire`) -> which call answers which (`matching`)
                                   -> what its text does (`text`)
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rewards import behavior_calls, wire
from rewards.ground_truth import parse as parse_truth
from rewards.limits import MAX_SPEECH_CHARS
from rewards.matching import Pair, assign, without_padding
from rewards.text import TextActs, read_text, settled
from rewards.toolset import Toolset
from rewards.types import Behavior, GroundTruth, GroundTruthError, ToolCall
from rewards.wire import ParsedCompletion

Judge = Callable[[str, GroundTruth], Behavior | None]
"""Says what a text without calls does, where the rules do not settle it; None where it cannot tell either."""

_TASKS_KEPT = 1024  # all candidates of a group have the same
_READINGS_KEPT = 64  # the more certain a policy is, the more candidates of a group are the same text
_SILENCE = TextActs()


@dataclass(eq=False)
class Task:
    """What a completion is held against. Equal ones are one object, so that readings are kept by it.

    Args:
        truth: what was expected.
        tools: what was offered; None where unknown.
        has_behavior_tools: whether asking and declining are calls here.
    """

    truth: GroundTruth
    tools: Toolset | None
    has_behavior_tools: bool


@dataclass
class Reading:
    """A completion held against its ground truth.

    Args:
        truth, tools, has_behavior_tools: as in `Task`.
        parsed: the completion's calls and text.
        pairs: which predicted call answers which expected one; only calls of the same tool.
        acts: what its text does; where it calls, what the words behind its last call do.
        behavior: what the completion did; None where it did nothing.
        divisor: expected calls or attempts to call, whichever are more; what the shares of calls are divided by.
        is_of_texts: nobody else holds what was read, and may change it: completion and ground truth were texts.
        shares: of every tier that applies, once `tiers` has told them: equal candidates of a group have them in common.
    """

    truth: GroundTruth
    tools: Toolset | None
    has_behavior_tools: bool
    parsed: ParsedCompletion
    pairs: Sequence[Pair]
    acts: TextActs
    behavior: Behavior | None
    divisor: int
    is_of_texts: bool
    shares: Mapping[str, float] | None = None


def read(
    completion: object, ground_truth: object, tools: object, wire_format: str, judge: Judge | None = None
) -> Reading | None:
    """Hold a completion against a ground truth.

    Returns:
        The record, or None where the ground truth cannot be scored with these tools.

    Raises:
        ValueError: the tools are not tools.
    """
    task = prepare(ground_truth, tools)
    if task is None:
        return None
    are_texts = isinstance(completion, str) and isinstance(ground_truth, str)
    if are_texts and judge is None and isinstance(tools, str):
        return _kept(completion, task, wire_format)
    return _read(completion, task, wire_format, judge, is_of_texts=are_texts)


def prepare(ground_truth: object, tools: object) -> Task | None:
    """Read a ground truth and its tools; None where it cannot be scored with these tools.

    Raises:
        ValueError: the tools are not tools.
    """
    if not isinstance(tools, str):
        tools = Toolset.of(tools, is_lazy=True)
    if not isinstance(ground_truth, str):
        return _task(ground_truth, tools)
    key = (ground_truth, tools)
    last_key, last_task = _LAST_TASK[0]
    if key == last_key:  # candidates of a group come in turn: to compare long texts is quicker than to hash them
        return last_task
    task = _task_of_text(ground_truth, tools)
    _LAST_TASK[0] = key, task
    return task


def acts_of(parsed: ParsedCompletion, completion: object, truth: GroundTruth, judge: Judge | None = None) -> TextActs:
    """Tell what the text of a completion does; a judge is asked where it is doubtful and calls nothing.

    What is said before a call is no act of its own: `I have no live data, so let me check` refuses nothing.
    """
    if not parsed.text:
        return _SILENCE
    if parsed.attempts:
        return read_text(_closing_words(parsed.text, completion))
    acts = read_text(parsed.text)
    if judge is None or not acts.is_doubtful:
        return acts
    verdict = judge(parsed.text, truth)
    if verdict is None:
        return acts
    if verdict not in (Behavior.CLARIFY, Behavior.REFUSE, Behavior.ANSWER):
        raise ValueError(f"judge: {verdict!r} is not what a text does; return clarify, refuse, answer or None")
    return settled(acts, verdict)


def _closing_words(text: str, completion: object) -> str:
    """Return what is said behind the last call: that in which the completion and its text end alike."""
    if not isinstance(completion, str):
        return ""  # a message's content stands before its calls
    text, completion = text.rstrip()[-MAX_SPEECH_CHARS:], completion.rstrip()[-MAX_SPEECH_CHARS:]
    pairs = enumerate(zip(reversed(text), reversed(completion), strict=False))
    alike = next((place for place, (a, b) in pairs if a != b), min(len(text), len(completion)))
    return text[len(text) - alike :]


def behavior_of(parsed: ParsedCompletion, acts: TextActs, has_behavior_tools: bool = False) -> Behavior | None:
    """Tell what a completion did; None where it did nothing. A malformed call is still an attempt.

    Where asking and declining are calls, a text is an answer, whatever it says.
    """
    if has_behavior_tools and parsed.calls and not parsed.malformed:
        return behavior_calls.behavior_of_calls(parsed.calls)
    if parsed.attempts:
        return Behavior.EXECUTE
    if not acts.words:
        return None
    return Behavior.ANSWER if has_behavior_tools else acts.behavior


def _read(
    completion: object, task: Task, wire_format: str, judge: Judge | None = None, *, is_of_texts: bool = True
) -> Reading:
    parsed = wire.parse(completion, wire_format, task.tools)
    pairs = assign(task.truth, parsed.calls, task.tools) if parsed.calls else []
    acts = acts_of(parsed, completion, task.truth, judge)
    behavior = behavior_of(parsed, acts, task.has_behavior_tools)
    divisor = max(len(task.truth.calls), parsed.attempts)
    return Reading(task.truth, task.tools, task.has_behavior_tools, parsed, pairs, acts, behavior, divisor, is_of_texts)


_kept = lru_cache(maxsize=_READINGS_KEPT)(_read)


def _task(ground_truth: object, tools: object) -> Task | None:
    toolset = Toolset.of(tools, is_lazy=True)
    try:
        truth = parse_truth(ground_truth)
    except GroundTruthError as error:
        _warn_of_unscorable(str(error), error.field)
        return None
    if toolset is not None and truth.calls:
        if unknown := [call.name for call in truth.calls if call.name not in toolset]:
            _warn_of_unscorable(f"it calls {unknown[0]!r}, which is not among its tools", "tools")
            return None
        if not isinstance(ground_truth, str) and _is_of_structs(ground_truth):
            truth = _without_padding(truth, toolset)
    return Task(truth, toolset, behavior_calls.are_offered(toolset))


def _warn_of_unscorable(reason: str, field: str) -> None:
    """Warn that a ground truth cannot be scored, once for each of its fields: trainers pass over None in silence."""
    if field not in _WARNED:
        _WARNED.add(field)
        warnings.warn(f"a ground truth cannot be scored, so that its reward is None: {reason}", stacklevel=2)


_WARNED: set[str] = set()

_task_of_text = lru_cache(maxsize=_TASKS_KEPT)(_task)
_LAST_TASK: list[tuple[tuple[str, str | Toolset | None] | None, Task | None]] = [(None, None)]


def _is_of_structs(ground_truth: object) -> bool:
    """Tell whether calls came as structs, which Arrow may have padded, and not as text."""
    calls = ground_truth.get("ground_truth") if isinstance(ground_truth, Mapping) else ground_truth
    return not isinstance(calls, str | GroundTruth)


def _without_padding(truth: GroundTruth, tools: Toolset) -> GroundTruth:
    calls = [ToolCall(call.name, without_padding(call.arguments, tools[call.name])) for call in truth.calls]
    return replace(truth, calls=tuple(calls))
