"""The embedded policy's pretraining corpus: conversations of many assistants about tools that never existed.

The corpus is like the logs and public function-calling sets that larger models learn from: mostly calls, and not
filtered by outcome. No call in it has a value that its conversation does not hold. Some of its assistants are told
to take care: they ask where a required value is missing, and refuse what should be refused. The others call with what
they have, and go along. So the policy can tell that something is missing; that a good assistant asks then, whatever it
is told, is left for SFT and GRPO to teach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from rewards import ToolCall, wire
from rlvr.data.synth import assembly, procedural
from rlvr.data.synth.phrasing import STYLES, written
from rlvr.data.synth.reasoning import SMALL_TALK, known_arguments
from rlvr.files import JsonObject

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

    prompt: list[JsonObject]
    tools: list[JsonObject]
    reasoning: str
    answer: str


_WENT_ALONG = ("Sure, here is how to do it.", "Of course. Let me help you with that.", "Okay, done.")
_SMALL_TALK = (
    ("hi", "Hello! How can I help you?"), ("hello there", "Hi! What can I do for you?"),
    ("thanks", "You're welcome!"), ("thank you so much", "Glad I could help!"), ("bye", "Goodbye!"),
    ("how are you", "I'm doing well, thank you."), ("good morning", "Good morning!"), ("nice work", "Thank you!"),
)  # fmt: skip


def _stated(asked: assembly.Request) -> JsonObject:
    """The arguments that a request states, without those that it leaves out."""
    return {name: value for name, value in asked.arguments.items() if name not in asked.ground_truth.missing}


def _parallel(family: assembly.Family, rng: Random, style: str, turn: int) -> tuple[str, list[ToolCall]]:
    first, second = (assembly.execute(family, rng, style, turn + n) for n in range(2))
    joint = rng.choice((". Also, ", ". And ", ". Then ", "; "))
    return first.text.rstrip(".?!") + joint + second.text, [*first.ground_truth.calls, *second.ground_truth.calls]


def _answer(asked: assembly.Request, rng: Random) -> str:
    """Return what a user answers to the question for a missing value."""
    (name,) = asked.ground_truth.missing
    return rng.choice(("{v}", "{v}.", "it is {v}", "{v} please")).format(v=written(asked.arguments[name], is_enum=True))


def conversation(rng: Random, n_tools: int | None = None) -> Conversation:
    """Return one conversation about tools made for it.

    Args:
        rng: where everything is drawn from.
        n_tools: how many tools are on offer; one to three where None.
    """
    situation = rng.choices(list(SITUATIONS), list(SITUATIONS.values()))[0]
    family = procedural.family(rng, n_tools)
    is_careful = rng.random() < CAREFUL_SHARE
    system = rng.choice(_TOLD_TO_TAKE_CARE) if is_careful else family.systems[0]
    schemas = [dict(tool.schema) for tool in family.offered]
    style, turn = rng.choice(STYLES), rng.randrange(len(family.offered))

    def told(*turns: str, reasoning: str, answer: str) -> Conversation:
        roles = ("user", "assistant") * len(turns)
        messages = [{"role": role, "content": text} for role, text in zip(roles, turns, strict=False)]
        before = [] if system is None else [{"role": "system", "content": system}]
        return Conversation([*before, *messages], schemas, reasoning, answer)

    def called(*turns: str, calls: list[ToolCall]) -> Conversation:
        reasoning = known_arguments([(call.name, call.arguments) for call in calls], schemas)
        return told(*turns, reasoning=reasoning, answer=wire.render(calls, wire="hermes"))

    if situation == "talk":
        text, answer = rng.choice(_SMALL_TALK)
        return told(text, reasoning=SMALL_TALK, answer=answer)
    if situation == "parallel":
        text, calls = _parallel(family, rng, style, turn)
        return called(text, calls=calls)
    asked = _MAKERS[situation](family, rng, style, turn)
    if situation == "call":
        return called(asked.text, calls=list(asked.ground_truth.calls))
    reply = asked.ground_truth.text or ""
    if asked.tool is None:
        return told(asked.text, reasoning=asked.reasoning, answer=reply if is_careful else rng.choice(_WENT_ALONG))
    if situation == "answered_question" and len(asked.ground_truth.missing) == 1:
        call = ToolCall(asked.tool.name, dict(asked.arguments))
        return called(asked.text, reply, _answer(asked, rng), calls=[call])
    if is_careful:
        return told(asked.text, reasoning=asked.reasoning, answer=reply)
    return called(asked.text, calls=[ToolCall(asked.tool.name, _stated(asked))])


def _forbidden(family: assembly.Family, rng: Random, style: str, turn: int) -> assembly.Request:
    return assembly.refuse(family, rng, style, rng.choice((0, 1)))


_MAKERS: Mapping[str, Callable[[assembly.Family, Random, str, int], assembly.Request]] = {
    "call": assembly.execute,
    "missing": assembly.clarify,
    "answered_question": assembly.clarify,
    "forbidden": _forbidden,
    "unavailable": lambda family, rng, style, turn: assembly.unavailable(family, rng, style),
}


def conversations(seed: int) -> Iterator[Conversation]:
    """Yield an endless stream, a function of its seed."""
    rng = Random(f"corpus-{seed}")
    while True:
        yield conversation(rng)
