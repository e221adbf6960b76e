"""One task of each kind of behavior, for any toolset: what is wanted, offered and right; `requests` words it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from rewards import Behavior, GroundTruth, ToolCall
from rewards.strict_json import encode
from rlvr.data.json_values import without
from rlvr.data.synth import refusals
from rlvr.data.synth.any_tools import results
from rlvr.data.synth.any_tools.asking import asked_for
from rlvr.data.synth.any_tools.drawn_calls import draw_arguments, draw_stated
from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.requests import Task, Wish
from rlvr.data.synth.any_tools.scenes import Scene, World
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.tool_task import LINKING
from rlvr.data.synth.any_tools.values_said import written
from rlvr.data.synth.lexicon import IDS, lexicon
from rlvr.data.synth.phrasing import listed
from rlvr.data.synth.values import expand
from rlvr.files import JsonMapping, JsonObject

History = tuple[JsonObject, JsonObject]

_SHARED = frozenset(("repository", "directory", "place", "city", "host"))
"""Meanings of what two calls of one request have in common, said once."""

_SETTING = ("set", "configure", "update", "change")
"""Verbs of what one thing becomes, where no value says which."""

_SLIPS = ("forgot", "type")
SELDOM = 0.2
"""How many calls give optional values where the request says more than one call, or forgets what matters."""


def _execute(*calls: ToolCall) -> GroundTruth:
    return GroundTruth(Behavior.EXECUTE, calls)


def _call_id(rng: Random) -> str:
    return f"call_{rng.randrange(16**6):06x}"


def _exchange(call_id: str, name: str, arguments: JsonMapping, result: Any) -> History:
    """A call and its result, as messages."""
    function = {"name": name, "arguments": encode(arguments)}
    calls = [{"id": call_id, "type": "function", "function": function}]
    return (
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_call_id": call_id, "content": encode(result)},
    )


def single(world: World, rng: Random) -> Task | None:
    """One call."""
    return _one_call(world.scene(rng), rng)


def similar(world: World, rng: Random) -> Task | None:
    """One call, beside the tools that are most easily taken for the right one."""
    return _one_call(world.drawn("similar", rng), rng)


def _one_call(scene: Scene, rng: Random) -> Task:
    arguments = draw_arguments(scene.tool, rng)
    return Task(scene, _execute(ToolCall(scene.tool.name, arguments)), (Wish(scene.tool, arguments),))


def parallel(world: World, rng: Random) -> Task | None:
    """Two or three calls at once, of one tool or of two."""
    scene = world.scene(rng)
    tools = [scene.tool] * rng.choice((2, 2, 3))
    if scene.others and rng.random() < 0.5:
        tools = [scene.tool, rng.choice(scene.others)]
    elif all(parameter.is_list for parameter in scene.tool.demanded):  # two pages, or two calls that one could be
        return None
    elif scene.tool.does.verb in _SETTING and not any(p.meaning.says_which for p in scene.tool.required):
        return None  # the second undoes the first
    wishes = tuple(Wish(tool, draw_arguments(tool, rng, SELDOM)) for tool in tools)
    calls = [ToolCall(wish.tool.name, dict(wish.stated)) for wish in wishes]
    if any(call in calls[:index] for index, call in enumerate(calls)):
        return None
    return Task(scene, _execute(*calls), wishes)


def chain(world: World, rng: Random) -> Task | None:
    """A second call whose value comes from the result of the first."""
    scene = world.linked(rng)
    links = [] if scene is None else results.links(scene.tool, scene.others)
    if scene is None or not links:
        return None
    first_tool, link = rng.choice(links)
    first, second = draw_arguments(first_tool, rng, SELDOM), draw_arguments(scene.tool, rng, SELDOM)
    if any(parameter.name == link.name or parameter.noun == link.noun for parameter in _given(first_tool, first)):
        return None
    if not isinstance(second[link.name], str | int | float):
        return None
    common = {(p.key, p.noun): first[p.name] for p in _given(first_tool, first) if _is_shared(p)}
    able = [p for p in scene.tool.parameters if p.name in second or p.meaning.name in IDS]
    given = [(p.name, (p.key, p.noun)) for p in able if p.name != link.name]
    shared = {name: common[owner] for name, owner in given if owner in common}
    second |= shared
    stated = {name: value for name, value in second.items() if name != link.name and name not in shared}
    call_id = _call_id(rng)
    result, second[link.name] = results.holding(first_tool, first, link, second[link.name], rng)
    history = _exchange(call_id, first_tool.name, first, result)
    if not scene.tool.compiled.admits(second):
        return None
    wishes = (Wish(first_tool, first), Wish(scene.tool, stated, link, linked=results.referred(first_tool, link)))
    return Task(scene, _execute(ToolCall(scene.tool.name, second)), wishes, history=history)


def _is_shared(parameter: Parameter) -> bool:
    """Tell whether two calls of one request have a value in common where they take it under the same name."""
    return parameter.meaning.name in (*_SHARED, "choice") or (
        parameter.meaning.says_which and (parameter.key, parameter.noun) != ("id", "")
    )


def _given(tool: SpokenTool, arguments: JsonMapping) -> list[Parameter]:
    return [parameter for parameter in tool.parameters if parameter.name in arguments]


def recovery(world: World, rng: Random) -> Task | None:
    """The right call after a wrong one, and the error that it met."""
    scene = world.scene(rng)
    if not scene.tool.demanded:
        return None
    right = draw_arguments(scene.tool, rng)
    name = rng.choice(scene.tool.demanded).name
    if rng.choice(_SLIPS) == "forgot":
        wrong, error = without(right, name), f"{name} is required"
    else:
        wrong = {**right, name: [right[name]] if not isinstance(right[name], list) else written(right[name])}
        if scene.tool.compiled.admits(wrong):
            return None
        error = f"{name} is of the wrong type"
    history = _exchange(_call_id(rng), scene.tool.name, wrong, {"error": error})
    return Task(scene, _execute(ToolCall(scene.tool.name, right)), (Wish(scene.tool, right),), history=history)


def clarify(world: World, rng: Random) -> Task | None:
    """A question for the one required value that the request leaves out."""
    return _asked(world.scene(rng, is_called=False), 1, rng)


def clarify_several(world: World, rng: Random) -> Task | None:
    """A question for two or three required values."""
    return _asked(world.scene(rng, is_called=False), rng.choice((2, 2, 3)), rng)


def _asked(scene: Scene, n_missing: int, rng: Random) -> Task | None:
    tool = scene.tool
    askable = [
        parameter for parameter in tool.demanded if not (parameter.does or parameter.members or parameter.is_flag)
    ]
    if len(askable) < n_missing:
        return None
    missing = rng.sample(askable, n_missing)
    if not tool.unknown.issubset(parameter.name for parameter in missing):
        return None
    missing.sort(key=tool.required.index)
    names = tuple(parameter.name for parameter in missing)
    stated = without(draw_stated(tool, rng, SELDOM), *names)
    is_several = len(missing) > 1 or missing[0].words.endswith("s")
    is_named = tool.does.verb_class.name != "make" and all(parameter.meaning.is_topic for parameter in missing)
    question = scene.question(is_several=is_several, is_named=is_named)
    asked = [[asked_for(parameter) for parameter in missing], [parameter.words for parameter in missing]]
    is_word = LINKING.isdisjoint(asked[-1]) and min(map(len, asked[-1])) > 1  # no `to` and no `q`
    for words in asked if is_word else asked[:1]:
        truth = GroundTruth(Behavior.CLARIFY, text=question.format(listed(words)), missing=names)
        if scene.earns_all(truth):
            return Task(scene, truth, (Wish(tool, stated),), given=stated)
    return None


def ambiguous(world: World, rng: Random) -> Task | None:
    """A question which of two similar tools is meant."""
    scene = world.drawn("similar", rng, is_called=False)
    if not scene.others:
        return None
    rival = scene.others[0]
    topic = scene.tool.does.shared(rival.does)
    if not topic or scene.tool.task == rival.task:
        return None
    tasks = rng.sample([scene.tool.task, rival.task], 2)
    truth = GroundTruth(Behavior.CLARIFY, text=f"Do you want me to {tasks[0]} or to {tasks[1]}?")
    need = rng.choice(lexicon().vague_needs).replace("{o}", topic)
    return _if_earned(Task(scene, truth, topic=need, is_whole=True, given={}, between=(scene.tool.name, rival.name)))


def _if_earned(task: Task) -> Task | None:
    """Return a task whose text earns 1.0; None for another."""
    return task if task.scene.earns_all(task.truth) else None


def unavailable(world: World, rng: Random) -> Task | None:
    """A request whose tool is not offered."""
    scene = world.drawn("without", rng)
    wish = Wish(scene.tool, draw_arguments(scene.tool, rng))
    answer = rng.choice(refusals.ANSWERS["no_tool"]).replace("~", scene.tool.task)
    truth = GroundTruth(Behavior.REFUSE, text=answer)
    return _if_earned(Task(scene, truth, (wish,), given={}))


def refuse(world: World, rng: Random) -> Task | None:
    """A harmful request, or one that no tool can serve."""
    is_harmful = not world.out_of_scope or rng.random() < 0.5
    pattern = rng.choice(refusals.REQUESTS["train"]["harmful"] if is_harmful else world.out_of_scope)
    scene = world.scene(rng, is_called=False)
    truth = GroundTruth(Behavior.REFUSE, text=rng.choice(refusals.ANSWERS["harmful" if is_harmful else "out_of_scope"]))
    return _if_earned(Task(scene, truth, topic=expand(rng, pattern), given={}))


def answer(world: World, rng: Random) -> Task | None:
    """Small talk, common knowledge, or a question about the tools themselves: no call is needed."""
    scene = world.scene(rng, is_called=False)
    if not scene.is_masked and rng.random() < 0.3:
        abilities = [tool.task for tool in (scene.tool, *scene.others)][:4]
        question, reply = rng.choice(lexicon().abilities), f"I can {listed(abilities)}."
    else:
        question, reply = rng.choice(lexicon().small_talk)
    is_question = question.split()[0] in _ASKING
    text = f"{rng.choice(lexicon().leads)}{question}" + ("?" if rng.random() < 0.5 else "") if is_question else question
    truth = GroundTruth(Behavior.ANSWER, text=reply)
    return _if_earned(Task(scene, truth, topic=text, is_whole=True, given={}))


_ASKING = frozenset(["what", "which", "who", "how"])


def report(world: World, rng: Random) -> Task | None:
    """An answer in words once the result of a call is there, where that says what was asked for."""
    scene = world.told(rng)
    if scene is None:
        return None
    arguments = draw_arguments(scene.tool, rng)
    call_id = _call_id(rng)
    told = results.reported(scene.tool, arguments, rng)
    truth = GroundTruth(Behavior.ANSWER, text=told.text)
    if not scene.earns_all(GroundTruth(Behavior.ANSWER, text=told.form)):
        return None
    history = _exchange(call_id, scene.tool.name, arguments, told.result)
    return Task(scene, truth, (Wish(scene.tool, arguments),), history=history, given={})


Make = Callable[[World, Random], Task | None]

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
