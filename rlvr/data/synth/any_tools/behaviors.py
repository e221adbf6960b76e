"""One task of each kind of behavior, for any toolset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from rewards import Behavior, GroundTruth, ToolCall
from rewards.names import name_words
from rewards.text import FILLER, stem
from rlvr.data.synth import refusals
from rlvr.data.synth.any_tools.requests import drawn, listed, opened, task_with, together
from rlvr.data.synth.any_tools.scenes import Scene, Scenes
from rlvr.data.synth.any_tools.spoken import written
from rlvr.data.synth.any_tools.words import QUESTIONS_AND_ANSWERS
from rlvr.data.synth.values import expand

if TYPE_CHECKING:
    from rlvr.data.synth.any_tools.toolset import SpokenToolset

_ABILITIES = ("what can you do for me", "which tasks can you help with", "what are your tools good for")
_SLIPS = ("forgot", "type")


class Task(NamedTuple):
    """What a row is made of, apart from its system message.

    Args:
        messages: the user's request and what has happened since.
        scene: the tools that are offered.
        truth: what is right.
        given: the arguments that the request states, where a question or a refusal is right.
    """

    messages: list[dict[str, Any]]
    scene: Scene
    truth: GroundTruth
    given: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class World:
    """A toolset with everything that rows are drawn from.

    Args:
        tools: the toolset.
        seed: which scenes there are.
        distractors: at most this many other tools beside the needed one.
        masked_share: how many rows have names that stand for nothing.
    """

    tools: SpokenToolset
    seed: int
    distractors: int
    masked_share: float

    @cached_property
    def scenes(self) -> Scenes:
        """The lists of tools that rows offer."""
        return Scenes(self.tools, self.seed, self.distractors)

    @cached_property
    def out_of_scope(self) -> tuple[str, ...]:
        """Requests that no tool serves, without those that share a word with one."""
        stems = {stem(word) for word in self.tools.words()} - FILLER
        return tuple(
            line
            for line in refusals.TRAIN.out_of_scope
            if stems.isdisjoint(stem(word) for word in line.replace("/", " ").replace("{", " ").split())
        )

    def scene(self, rng: Random) -> Scene:
        """Any scene, masked or not."""
        return self.scenes.masked(rng) if rng.random() < self.masked_share else self.scenes.plain(rng)


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _execute(*calls: ToolCall) -> GroundTruth:
    return GroundTruth(Behavior.EXECUTE, calls)


def _called(call_id: str, call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def _result(call_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": json.dumps(content, ensure_ascii=False)}


def single(world: World, style: str, rng: Random) -> Task | None:
    """One call."""
    return _one_call(world.scene(rng), style, rng)


def similar(world: World, style: str, rng: Random) -> Task | None:
    """One call, beside the tools that are most easily taken for the right one."""
    return _one_call(world.scenes.similar(rng), style, rng)


def _one_call(scene: Scene, style: str, rng: Random) -> Task:
    arguments = drawn(scene.tool, rng)
    text = opened(task_with(scene.tool, arguments, style, rng), style, rng)
    return Task([_user(text)], scene, _execute(ToolCall(scene.tool.name, arguments)))


def parallel(world: World, style: str, rng: Random) -> Task | None:
    """Two or three calls at once, of one tool or of two."""
    scene = world.scene(rng)
    tools = [scene.tool] * rng.choice((2, 2, 3))
    if scene.others and rng.random() < 0.5:
        tools = [scene.tool, rng.choice(scene.others)]
    elif not scene.tool.parameters:
        return None
    calls: list[ToolCall] = []
    for tool in tools:
        call = ToolCall(tool.name, drawn(tool, rng))
        if call in calls:
            return None
        calls.append(call)
    tasks = [task_with(tool, call.arguments, style, rng) for tool, call in zip(tools, calls, strict=True)]
    return Task([_user(opened(together(tasks, style, rng), style, rng))], scene, _execute(*calls))


def chain(world: World, style: str, rng: Random) -> Task | None:
    """A second call whose value comes from the result of the first."""
    scene = world.scene(rng)
    linked = [parameter for parameter in scene.tool.required if not parameter.is_flag]
    if not scene.others or not linked:
        return None
    first_tool, link = rng.choice(scene.others), rng.choice(linked)
    first, second = drawn(first_tool, rng), drawn(scene.tool, rng)
    if link.name in first or not isinstance(second[link.name], str | int | float):
        return None
    stated = {name: value for name, value in second.items() if name != link.name}
    then = f"{task_with(scene.tool, stated, style, rng)} with the {link.words} from the result"
    text = opened(f"{task_with(first_tool, first, style, rng)}, then {then}", style, rng)
    call_id = f"call_{rng.randrange(16**6):06x}"
    result = {"status": "ok", link.name: second[link.name]}
    messages = [_user(text), _called(call_id, ToolCall(first_tool.name, first)), _result(call_id, result)]
    return Task(messages, scene, _execute(ToolCall(scene.tool.name, second)))


def recovery(world: World, style: str, rng: Random) -> Task | None:
    """The right call after a wrong one, and the error that it met."""
    scene = world.scene(rng)
    if not scene.tool.required:
        return None
    right = drawn(scene.tool, rng)
    name = rng.choice(scene.tool.required).name
    if rng.choice(_SLIPS) == "forgot":
        wrong, error = {key: value for key, value in right.items() if key != name}, f"{name} is required"
    else:
        wrong = {**right, name: [right[name]] if not isinstance(right[name], list) else written(right[name])}
        if scene.tool.compiled.admits(wrong):
            return None
        error = f"{name} is of the wrong type"
    request = opened(task_with(scene.tool, right, style, rng), style, rng)
    call_id = f"call_{rng.randrange(16**6):06x}"
    messages = [_user(request), _called(call_id, ToolCall(scene.tool.name, wrong)), _result(call_id, {"error": error})]
    return Task(messages, scene, _execute(ToolCall(scene.tool.name, right)))


def clarify(world: World, style: str, rng: Random) -> Task | None:
    """A question for the one required value that the request leaves out."""
    return _asked(world.scene(rng), 1, style, rng)


def clarify_several(world: World, style: str, rng: Random) -> Task | None:
    """A question for two or three required values."""
    return _asked(world.scene(rng), rng.choice((2, 2, 3)), style, rng)


def _asked(scene: Scene, n_missing: int, style: str, rng: Random) -> Task | None:
    tool = scene.tool
    askable = [parameter for parameter in tool.required if not parameter.is_secret]
    if len(askable) < n_missing:
        return None
    missing = rng.sample(askable, n_missing)
    missing.sort(key=tool.required.index)
    names = tuple(parameter.name for parameter in missing)
    arguments = {name: value for name, value in drawn(tool, rng).items() if name not in names}
    words = listed([parameter.words for parameter in missing])
    for pattern in scene.questions(rng):
        truth = GroundTruth(Behavior.CLARIFY, text=pattern.format(words), missing=names)
        if scene.earns_all(truth):
            text = opened(task_with(tool, arguments, style, rng), style, rng)
            return Task([_user(text)], scene, truth, arguments)
    return None


def ambiguous(world: World, style: str, rng: Random) -> Task | None:
    """A question which of two similar tools is meant."""
    scene = world.scenes.similar(rng)
    if not scene.others:
        return None
    other = scene.others[0]
    shared = [word for word in name_words(scene.tool.name) if word in name_words(other.name) and len(word) > 2]
    if not shared or scene.tool.task == other.task:
        return None
    topic = " ".join(dict.fromkeys(shared))
    tasks = rng.sample([scene.tool.task, other.task], 2)
    truth = GroundTruth(Behavior.CLARIFY, text=f"Do you want me to {tasks[0]} or to {tasks[1]}?")
    if not scene.earns_all(truth):
        return None
    need = rng.choice((f"I need something with {topic}", f"{topic}, please", f"do the {topic} thing", f"{topic}?"))
    return Task([_user(need if style == "terse" else f"{need[:1].upper()}{need[1:]}")], scene, truth, {})


def unavailable(world: World, style: str, rng: Random) -> Task | None:
    """A request whose tool is not offered."""
    scene = world.scenes.without(rng)
    arguments = drawn(scene.tool, rng)
    answer = rng.choice(refusals.NO_TOOL_REFUSALS).replace("~", scene.tool.task)
    truth = GroundTruth(Behavior.REFUSE, text=answer)
    if not scene.earns_all(truth):
        return None
    text = opened(task_with(scene.tool, arguments, style, rng), style, rng)
    return Task([_user(text)], scene, truth, {})


def refuse(world: World, style: str, rng: Random) -> Task | None:
    """A harmful request, or one that no tool can serve."""
    is_harmful = not world.out_of_scope or rng.random() < 0.5
    pattern = rng.choice(refusals.TRAIN.harmful if is_harmful else world.out_of_scope)
    answers = refusals.HARMFUL_REFUSALS if is_harmful else refusals.OUT_OF_SCOPE_REFUSALS
    scene = world.scene(rng)
    truth = GroundTruth(Behavior.REFUSE, text=rng.choice(answers))
    return Task([_user(opened(expand(rng, pattern), style, rng))], scene, truth, {}) if scene.earns_all(truth) else None


def answer(world: World, style: str, rng: Random) -> Task | None:
    """Small talk, common knowledge, or a question about the tools themselves: no call is needed."""
    scene = world.scene(rng)
    if not scene.is_masked and rng.random() < 0.3:
        abilities = [tool.task for tool in (scene.tool, *scene.others)][:4]
        question, said = rng.choice(_ABILITIES), f"I can {listed(abilities)}."
    else:
        question, said = rng.choice(QUESTIONS_AND_ANSWERS)
    start = rng.choice(("", "", "hey, ", "hi, ", "quick question: ")) if "?" in question or " is " in question else ""
    text = f"{start}{question}"
    if style == "formal":
        text = text[:1].upper() + text[1:] + ("?" if question.split()[0] in _ASKING else ".")
    truth = GroundTruth(Behavior.ANSWER, text=said)
    return Task([_user(text)], scene, truth, {}) if scene.earns_all(truth) else None


_ASKING = frozenset(["what", "which", "who", "how"])


def report(world: World, style: str, rng: Random) -> Task | None:
    """An answer in words once the result of a call is there."""
    scene = world.scene(rng)
    arguments = drawn(scene.tool, rng)
    call_id = f"call_{rng.randrange(16**6):06x}"
    key, value = rng.choice(("total", "count", "reference", "remaining", "score")), rng.randrange(100, 9999)
    truth = GroundTruth(Behavior.ANSWER, text=f"The {key} is {value}.")
    if not scene.earns_all(GroundTruth(Behavior.ANSWER, text=f"The {key} is 100.")):  # which number makes no difference
        return None
    text = opened(task_with(scene.tool, arguments, style, rng), style, rng)
    call = ToolCall(scene.tool.name, arguments)
    return Task([_user(text), _called(call_id, call), _result(call_id, {"status": "ok", key: value})], scene, truth, {})


Make = Callable[[World, str, Random], Task | None]

BEHAVIORS: Mapping[str, tuple[Make, float]] = {
    "single": (single, 0.30),
    "similar": (similar, 0.06),
    "parallel": (parallel, 0.10),
    "chain": (chain, 0.08),
    "recovery": (recovery, 0.05),
    "clarify": (clarify, 0.13),
    "clarify_several": (clarify_several, 0.04),
    "ambiguous": (ambiguous, 0.01),
    "unavailable": (unavailable, 0.06),
    "refuse": (refuse, 0.08),
    "answer": (answer, 0.03),
    "report": (report, 0.06),
}
"""Every kind of row: what makes one, None where this draw could not; and its share unless told otherwise."""
