"""The embedded policy's pretraining corpus: conversations of many assistants about tools that never existed.

The corpus is like the logs and public function-calling sets that larger models learn from: mostly calls, and not
filtered by outcome. No call in it has a value that its conversation does not hold. Some of its assistants are told
to take care: they ask where a required value is missing, and refuse what should be refused. The others call with what
they have, and go along. So the policy can tell that something is missing; that a good assistant asks then, whatever it
is told, is left for SFT and GRPO to teach.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from rewards import ToolCall, wire
from rlvr.data.synth.procedural_requests import (
    Request,
    ask_for,
    forbidden_request,
    no_such_tool,
    refusal,
    request,
    shown,
    small_talk,
    system_message,
)
from rlvr.data.synth.procedural_tools import random_toolset, unavailable_tool
from rlvr.data.synth.reasoning import NO_SUCH_TOOL, SMALL_TALK, known_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

# The mix of situations. A public set such as xLAM's has calls alone; general chat logs have the rest.
SITUATIONS = {
    "call": 0.47,
    "parallel": 0.04,
    "answered_question": 0.06,
    "missing": 0.28,
    "forbidden": 0.07,
    "unavailable": 0.04,
    "talk": 0.04,
}
# The share of assistants in the corpus that are told to take care, and how.
CAREFUL_SHARE = 0.5
_TOLD_TO_TAKE_CARE = (
    "You are a careful assistant.",
    "You are a careful assistant with tools. Ask for what is missing.",
    "Take care: ask first where something is missing, and refuse what you should not do.",
    "Help the user, but never guess.",
)


@dataclass(frozen=True)
class Conversation:
    """Messages up to the last assistant turn, the tools on offer, and what the assistant then says."""

    prompt: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    reasoning: str
    answer: str


def _calls(*requests: Request) -> str:
    return wire.render([ToolCall(asked.tool.name, asked.arguments) for asked in requests], wire="hermes")


def _known(schemas: list[dict[str, Any]], *requests: Request) -> str:
    return known_arguments([(asked.tool.name, asked.arguments) for asked in requests], schemas)


def _went_along(rng: Random) -> str:
    return rng.choice(("Sure, here is how to do it.", "Of course. Let me help you with that.", "Okay, done."))


def conversation(rng: Random, n_tools: int | None = None) -> Conversation:
    """Return one conversation about tools made for it.

    Args:
        rng: where everything is drawn from.
        n_tools: how many tools are on offer; one to three where None.
    """
    situation = rng.choices(list(SITUATIONS), list(SITUATIONS.values()))[0]
    tools = random_toolset(rng, n_tools)
    schemas = [tool.schema() for tool in tools]
    is_careful = rng.random() < CAREFUL_SHARE
    system = [{"role": "system", "content": rng.choice(_TOLD_TO_TAKE_CARE)}] if is_careful else system_message(rng)
    turns: list[dict[str, Any]]
    if situation == "call":
        asked = request(rng, rng.choice(tools))
        turns, answer = [{"role": "user", "content": asked.text}], _calls(asked)
        reasoning = _known(schemas, asked)
    elif situation == "parallel":
        first, second = request(rng, rng.choice(tools)), request(rng, rng.choice(tools))
        joint = rng.choice((". Also, ", ". And ", ". Then ", "; "))
        turns = [{"role": "user", "content": first.text.rstrip(".?!") + joint + second.text}]
        answer, reasoning = _calls(first, second), _known(schemas, first, second)
    elif situation == "answered_question":
        asked = request(rng, rng.choice(tools), n_missing=1)
        argument = asked.missing[0] if asked.missing else None
        if argument is None:
            return conversation(rng, n_tools)
        value = argument.draw(rng)
        ordered = [a.name for a in asked.tool.arguments]
        filled = {**asked.arguments, argument.name: value}
        said = rng.choice(("{v}", "{v}.", "it is {v}", "{v} please")).format(v=shown(argument, value))
        turns = [
            {"role": "user", "content": asked.text},
            {"role": "assistant", "content": ask_for(rng, asked.missing)},
            {"role": "user", "content": said},
        ]
        call = ToolCall(asked.tool.name, {name: filled[name] for name in ordered if name in filled})
        answer, reasoning = wire.render([call], wire="hermes"), known_arguments([(call.name, call.arguments)], schemas)
    elif situation == "missing":
        asked = request(rng, rng.choice(tools), n_missing=1 if rng.random() < 0.85 else 2)
        turns, reasoning = [{"role": "user", "content": asked.text}], _known(schemas, asked)
        answer = ask_for(rng, asked.missing) if is_careful and asked.missing else _calls(asked)
    elif situation == "forbidden":
        text, reasoning = forbidden_request(rng)
        turns = [{"role": "user", "content": text}]
        answer = refusal(rng) if is_careful else _went_along(rng)
    elif situation == "unavailable":
        turns, reasoning = [{"role": "user", "content": request(rng, unavailable_tool(rng, tools)).text}], NO_SUCH_TOOL
        answer = no_such_tool(rng) if is_careful else _went_along(rng)
    else:
        said, answer = small_talk(rng)
        turns, reasoning = [{"role": "user", "content": said}], SMALL_TALK
    return Conversation([*system, *turns], schemas, reasoning, answer)


def conversations(seed: int) -> Iterator[Conversation]:
    """Yield an endless stream, a function of its seed."""
    rng = Random(f"corpus-{seed}")
    while True:
        yield conversation(rng)
