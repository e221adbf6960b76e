"""The embedded policy's pretraining corpus: conversations of many assistants about tools that never existed.

The corpus is like the logs and public function-calling sets that larger models learn from: mostly calls, and not
filtered by outcome. Where a required value is missing, some of its assistants ask and others guess or call without
it; where a request should be refused, some refuse and others go along. What a good assistant does in these cases is
left for SFT and GRPO to teach.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from rewards import ToolCall, wire
from rlvr.data.synth import procedural

if TYPE_CHECKING:
    from collections.abc import Iterator

# The mix of situations. A public set such as xLAM's has calls alone; general chat logs have the rest.
SITUATIONS = {
    "call": 0.66,
    "parallel": 0.04,
    "answered_question": 0.04,
    "missing": 0.14,
    "forbidden": 0.07,
    "talk": 0.05,
}
# The share of assistants in the corpus that ask when a value is missing, and that refuse what should be refused.
ASKING_SHARE = 0.4
REFUSING_SHARE = 0.4


@dataclass(frozen=True)
class Conversation:
    """Messages up to the last assistant turn, the tools on offer, and what the assistant then says."""

    prompt: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    answer: str


def _calls(*requests: procedural.Request) -> str:
    return wire.render([ToolCall(asked.tool.name, asked.arguments) for asked in requests], wire="hermes")


def _guessed(rng: Random, asked: procedural.Request, is_grounded: bool) -> str:
    """The call of an assistant that does not ask: missing arguments are left out or, unless grounded, made up."""
    invents = not is_grounded and rng.random() < 0.5
    made_up = {argument.name: argument.draw(rng) for argument in asked.missing if invents}
    in_order = {a.name: {**asked.arguments, **made_up}.get(a.name) for a in asked.tool.arguments}
    arguments = {name: value for name, value in in_order.items() if value is not None}
    return wire.render([ToolCall(asked.tool.name, arguments)], wire="hermes")


def _went_along(rng: Random, tools: list[procedural.ProceduralTool], is_grounded: bool) -> str:
    """An assistant that does what it should refuse; with a call that nobody asked for, unless grounded."""
    if not is_grounded and rng.random() < 0.5:
        asked = procedural.request(rng, rng.choice(tools))
        return _calls(asked)
    return rng.choice(("Sure, here is how to do it.", "Of course. Let me help you with that.", "Okay, done."))


def conversation(rng: Random, n_tools: int | None = None, *, is_grounded: bool = False) -> Conversation:
    """One conversation about tools made for it.

    Args:
        rng: where everything is drawn from.
        n_tools: how many tools are on offer; one to three where None.
        is_grounded: no call has a value that the conversation does not hold, as after the usual filter of logs.
    """
    situation = rng.choices(list(SITUATIONS), list(SITUATIONS.values()))[0]
    tools = procedural.random_toolset(rng, n_tools)
    system = procedural.system_message(rng)
    turns: list[dict[str, Any]]
    if situation == "call":
        asked = procedural.request(rng, rng.choice(tools))
        turns, answer = [{"role": "user", "content": asked.text}], _calls(asked)
    elif situation == "parallel":
        first, second = procedural.request(rng, rng.choice(tools)), procedural.request(rng, rng.choice(tools))
        joint = rng.choice((" Also, ", " And ", " Then ", "; "))
        turns, answer = [{"role": "user", "content": first.text + joint + second.text}], _calls(first, second)
    elif situation == "answered_question":
        asked = procedural.request(rng, rng.choice(tools), n_missing=1)
        value = asked.missing[0].draw(rng)
        ordered = [a.name for a in asked.tool.arguments]
        filled = {**asked.arguments, asked.missing[0].name: value}
        turns = [
            {"role": "user", "content": asked.text},
            {"role": "assistant", "content": procedural.ask_for(rng, asked.missing)},
            {"role": "user", "content": rng.choice(("{v}", "{v}.", "it is {v}", "{v} please")).format(v=value)},
        ]
        call = ToolCall(asked.tool.name, {name: filled[name] for name in ordered if name in filled})
        answer = wire.render([call], wire="hermes")
    elif situation == "missing":
        asked = procedural.request(rng, rng.choice(tools), n_missing=1 if rng.random() < 0.85 else 2)
        turns = [{"role": "user", "content": asked.text}]
        answer = (
            procedural.ask_for(rng, asked.missing) if rng.random() < ASKING_SHARE else _guessed(rng, asked, is_grounded)
        )
    elif situation == "forbidden":
        turns = [{"role": "user", "content": procedural.forbidden_request(rng)}]
        answer = procedural.refusal(rng) if rng.random() < REFUSING_SHARE else _went_along(rng, tools, is_grounded)
    else:
        said, answer = procedural.small_talk(rng)
        turns = [{"role": "user", "content": said}]
    return Conversation([*system, *turns], [tool.schema() for tool in tools], answer)


def conversations(seed: int) -> Iterator[Conversation]:
    """An endless stream, a function of its seed."""
    rng = Random(f"corpus-{seed}")
    while True:
        yield conversation(rng)
