"""What users say to tools made up at random, and what an assistant asks back or refuses with.

A request is a lead ("could you book a room"), one phrase per argument ("in Oslo", "for 3 nights") and everyday filler.
Within one tool two arguments of the same shape never share a phrase, so that every request can be understood.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rlvr.data.synth import refusals
from rlvr.data.synth.domains import OPENINGS
from rlvr.data.synth.procedural_words import KINDS, VERBS, singular
from rlvr.data.synth.reasoning import HARMFUL, OUT_OF_SCOPE
from rlvr.data.synth.values import expand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from rlvr.data.synth.domains import Domain
    from rlvr.data.synth.procedural_tools import Argument, ProceduralTool


@dataclass(frozen=True)
class Request:
    """A user's request to one tool: what is said, what the call would be, and which required arguments it lacks."""

    tool: ProceduralTool
    text: str
    arguments: dict[str, Any]
    missing: tuple[Argument, ...] = ()


_LEADS = (
    "{v} {n}", "{v} the {n}", "{v} a {n}", "please {v} the {n}", "could you {v} the {n}", "can you {v} a {n}",
    "I need to {v} a {n}", "I'd like to {v} {n}", "I want a {n}", "hey, {v} {n}", "what's the {n}", "{v} me {n}",
    "help me {v} a {n}", "{n}", "I need {n}", "show {n}", "would you kindly {v} the {n}", "any {n}", "looking for {n}",
    "I am looking to {v} a {n}", "let's {v} a {n}", "{v} my {n}", "how about {n}", "time to {v} the {n}",
    "kindly {v} the {n}", "we have to {v} the {n}", "need a {n}", "what is the {n}", "tell me the {n}",
    "go {v} the {n}", "I would like a {n}", "is there a {n}", "how is the {n}", "{v} this {n}", "{v} our {n}",
    "quick: {v} {n}",
)  # fmt: skip
_TERSE_LEADS = ("{n}", "{n}", "{n}", "{v} {n}", "{v} {n}", "{n}:", "{v} {n}:", "{n},")
_OPENINGS = (
    "I wonder if you might", "do me a favor and", "be so good as to", "whenever you can", "right now", "today",
    "my plan is to", "would it be possible to", "I'd appreciate it if you", "could somebody", "well,", "so,", "listen,",
    "ok now", "the idea is to", "I was told to", "it is time to", "as a next step,", "what I want is to", "you should",
)  # fmt: skip
_FILLERS = (
    "I'm in a hurry.", "It's for my boss.", "Thanks a lot!", "My friend asked me.", "We talked about it yesterday.",
    "No rush.", "It would be great.", "Hope that works.", "I'm on a trip.", "It's for the family.", "As usual.",
    "Hi there!", "Good morning.", "Hello.", "Quick question.", "Sorry to bother you.", "My wife wants it.", "Long day.",
)  # fmt: skip
_TAILS = ("", "", "", "", "?", ".", ".", " please", " please.", " thanks", ", thanks!", ", please.", "!", " for me")
_BY_NAME = ("{f} {v}", "{f}: {v}", "{f} is {v}", "with {f} {v}", "the {f} is {v}", "{f} = {v}")
# Arguments that people say in one breath: their kinds, and how.
_TOGETHER = (
    (("number", "from_code", "to_code"), ("{0} {1} to {2}", "{0} {1} in {2}", "{0} {1} into {2}", "{0} {1} as {2}")),
    (("from_code", "to_code"), ("{0} to {1}", "{0} into {1}", "{0}-{1}")),
    (("from_place", "to_place"), ("{0} to {1}", "{0} - {1}", "between {0} and {1}")),
    (("from_language", "language"), ("{0} to {1}", "from {0} into {1}")),
)
TERSE_SHARE = 0.3
TOGETHER_SHARE = 0.4
BY_NAME_SHARE = 0.18
VAGUE_SHARE = 0.15
OPTIONAL_SHARE = 0.4
OBJECT_SHAPES = ("words", "quoted", "title", "code", "number")


def shown(argument: Argument, value: Any) -> str:
    """A value as a person writes it."""
    if value is True:
        return "yes"
    return str(value).replace("_", " ") if argument.choices else str(value)


def _fill(pattern: str, argument: Argument, value: Any) -> str:
    unit = singular(argument.unit) if value == 1 and argument.unit else argument.unit
    return pattern.format(v=shown(argument, value), f=argument.words, u=unit)


def _is_bare(tool: ProceduralTool, argument: Argument) -> bool:
    return argument.kind.is_bare and sum(other.shape == argument.shape for other in tool.arguments) == 1


def phrases(tool: ProceduralTool, argument: Argument) -> tuple[str, ...]:
    """The argument's phrases without those that another argument of the same shape has as well."""
    rivals = [other for other in tool.arguments if other is not argument and other.shape == argument.shape]
    theirs = {phrase for other in rivals for phrase in other.kind.phrases}
    own = tuple(p for p in argument.kind.phrases if "{f}" in p or (p not in theirs and (p != "{v}" or not rivals)))
    return own or _BY_NAME


def _spoken(rng: Random, tool: ProceduralTool, argument: Argument, value: Any, *, is_terse: bool) -> str:
    bare = '"{v}"' if argument.shape == "quoted" else "{v} {u}" if argument.unit else "{v}"
    if is_terse and _is_bare(tool, argument) and rng.random() < 0.7:
        pattern = bare
    elif argument.schema["type"] != "boolean" and not argument.kind.is_last and rng.random() < BY_NAME_SHARE:
        pattern = rng.choice(_BY_NAME)
    else:
        pattern = rng.choice(phrases(tool, argument))
    return _fill(pattern, argument, value)


def _together(rng: Random, said: dict[Argument, Any]) -> str:
    """One phrase for arguments that go together, which are then taken out of `said`; often none."""
    by_kind = {id(argument.kind): argument for argument in said}
    counts = Counter(id(argument.kind) for argument in said)
    for kinds, patterns in _TOGETHER:
        keys = [id(KINDS[kind]) for kind in kinds]
        if all(counts[key] == 1 for key in keys) and rng.random() < TOGETHER_SHARE:
            arguments = [by_kind[key] for key in keys]
            return rng.choice(patterns).format(*(said.pop(argument) for argument in arguments))
    return ""


def _with_article(text: str) -> str:
    """ "an order" for "a order"."""
    words = text.split(" ")
    for i, (word, following) in enumerate(pairwise(words)):
        if word == "a" and following[:1].lower() in "aeiou":
            words[i] = "an"
    return " ".join(words)


def _lead(rng: Random, tool: ProceduralTool, said: dict[Argument, Any], together: str, *, is_terse: bool) -> str:
    """The verb, the noun and what stands with them; arguments that it carries are taken out of `said`."""
    noun, verb = tool.noun, rng.choice(VERBS[tool.verb]) if rng.random() < 0.5 else tool.verb
    pattern = rng.choice(_TERSE_LEADS if is_terse else _LEADS)
    before = [a for a in said if a.kind.before_noun and _is_bare(tool, a)]
    objects = [a for a in said if a.shape in OBJECT_SHAPES and _is_bare(tool, a)]
    if before and rng.random() < 0.25:
        argument = rng.choice(before)
        value = said.pop(argument)
        noun = f"{_fill(rng.choice(argument.kind.before_noun), argument, value)} {noun}"
    elif (objects or together) and not is_terse and rng.random() < 0.3:
        # The value is the verb's object, with or without the noun: "play song X", "play X".
        spoken = together or _object(rng, rng.choice(objects), said)
        noun = f"{noun} {spoken}" if rng.random() < 0.75 else spoken
        pattern = rng.choice(("{v} {n}", "{v} {n}", "please {v} {n}", "can you {v} {n}", "I want to {v} {n}"))
        return pattern.format(v=verb, n=noun)
    return " ".join(part for part in (_with_article(pattern.format(v=verb, n=noun)), together) if part)


def _object(rng: Random, argument: Argument, said: dict[Argument, Any]) -> str:
    pattern = rng.choice(('"{v}"', "'{v}'")) if argument.shape == "quoted" else "{v}"
    return _fill(pattern, argument, said.pop(argument))


def _request_text(rng: Random, tool: ProceduralTool, given: dict[Argument, Any], missing: Sequence[Argument]) -> str:
    said = dict(rng.sample(list(given.items()), len(given)))
    is_terse = rng.random() < TERSE_SHARE
    together = _together(rng, said)
    if said and not together and rng.random() < 0.05:  # a sentence per argument
        lead = _lead(rng, tool, {}, "", is_terse=False)
        text = f"{lead}. " + " ".join(f"The {a.words} is {shown(a, value)}." for a, value in said.items())
        return text[0].upper() + text[1:]
    lead = _lead(rng, tool, said, together, is_terse=is_terse)
    if not is_terse and rng.random() < 0.15:
        lead = f"{rng.choice(_OPENINGS)} {lead}"
    spoken = [_spoken(rng, tool, a, value, is_terse=is_terse) for a, value in said.items() if not a.kind.is_last]
    spoken += [
        rng.choice(a.kind.vague).format(u=a.unit) for a in missing if a.kind.vague and rng.random() < VAGUE_SHARE
    ]
    last = [_spoken(rng, tool, a, value, is_terse=is_terse) for a, value in said.items() if a.kind.is_last]
    joint = rng.choice((" ", ", ") if is_terse else (" ", " ", " ", ", "))
    is_fronted = bool(spoken) and not is_terse and rng.random() < 0.08
    front, rest = (spoken[:1], spoken[1:]) if is_fronted else ([], spoken)
    text = " ".join(part for part in (*(f"{phrase}," for phrase in front), lead, joint.join([*rest, *last])) if part)
    text = text.replace(" : ", ": ").rstrip(",:")
    if rng.random() < (0.3 if is_terse else 0.7):
        text = text[0].upper() + text[1:]
    text += rng.choice(("", "", ".")) if is_terse or last else rng.choice(_TAILS)
    if not is_terse and rng.random() < 0.1:
        filler = rng.choice(_FILLERS)
        text = f"{filler} {text}" if last or rng.random() < 0.5 else f"{text.rstrip('.?!')}. {filler}"
    return text


def _everyday_text(rng: Random, domain: Domain, given: dict[Argument, Any], missing: Sequence[Argument]) -> str | None:
    values = {argument.key: shown(argument, value) for argument, value in given.items()}
    text = domain.said(rng, values, frozenset(argument.key for argument in missing))
    if text is None:
        return None
    if rng.random() < 0.25:
        text = text.rstrip(".")
    if rng.random() < 0.25:
        text = text[0].lower() + text[1:]
    elif rng.random() < 0.08:
        text = f"{rng.choice(_FILLERS)} {text}"
    return text


def request(rng: Random, tool: ProceduralTool, n_missing: int = 0) -> Request:
    """A request to `tool`, leaving out `n_missing` of its required arguments (at most all of them)."""
    given = {a: a.draw(rng) for a in tool.arguments if a.is_required or rng.random() < OPTIONAL_SHARE}
    required = [a for a in tool.arguments if a.is_required]
    text: str | None = None
    while text is None:
        chosen = rng.sample(range(len(required)), min(n_missing, len(required)))
        missing = tuple(required[i] for i in sorted(chosen))
        left = {argument: value for argument, value in given.items() if argument not in missing}
        if tool.domain is None:
            text = _request_text(rng, tool, left, missing)
        else:
            text = _everyday_text(rng, tool.domain, left, missing)
            n_missing = min(n_missing, 1)  # a line may be unable to do without two, and never without any one
    return Request(tool, text, {argument.name: value for argument, value in left.items()}, missing)


_ASKS = (
    "Could you tell me the {a}?", "What is the {a}?", "Which {a} should I use?", "Please give me the {a}. What is it?",
    "Could you please specify the {a}?", "I need the {a} first. What is it?", "What {a} would you like?",
    "Sure. What is the {a}?", "I can do that. Which {a} do you want?", "May I ask for the {a}?",
)  # fmt: skip
_REFUSALS = (
    "I'm sorry, but I can't help with that.", "Sorry, I cannot help with that request.", "I can't assist with that.",
    "I'm sorry, I cannot do that.", "I'm not able to help with that.", "Sorry, that is something I can't do.",
)  # fmt: skip
_NO_SUCH_TOOL = (
    "I'm sorry, I don't have a tool for that.", "I can't help with that: none of my tools does it.",
    "Sorry, my tools cannot do that.", "I'm not able to do that with the tools I have.",
)  # fmt: skip
_SMALL_TALK = (
    ("hi", "Hello! How can I help you?"), ("hello there", "Hi! What can I do for you?"),
    ("thanks", "You're welcome!"), ("thank you so much", "Glad I could help!"), ("bye", "Goodbye!"),
    ("how are you", "I'm doing well, thank you."), ("good morning", "Good morning!"), ("nice work", "Thank you!"),
)  # fmt: skip


def ask_for(rng: Random, missing: Sequence[Argument]) -> str:
    """A question for the missing arguments, each named in words."""
    return rng.choice(_ASKS).format(a=" and the ".join(argument.words for argument in missing))


def refusal(rng: Random) -> str:
    """A plain refusal."""
    return rng.choice(_REFUSALS)


def no_such_tool(rng: Random) -> str:
    """A refusal of what none of the tools on offer does."""
    return rng.choice(_NO_SUCH_TOOL)


def forbidden_request(rng: Random) -> tuple[str, str]:
    """Something harmful, or something that no assistant with tools is for; with the word of `reasoning` for it."""
    kind, asked = (HARMFUL, refusals.REQUESTS["procedural"].harmful)
    if rng.random() < 0.45:
        kind, asked = OUT_OF_SCOPE, refusals.REQUESTS["procedural"].out_of_scope
    thing, person = KINDS["thing"].value(rng), KINDS["person"].value(rng)
    text = expand(rng, rng.choice(asked).replace("{t}", thing).replace("{p}", person))
    style = rng.choice(("formal", "casual", "casual", "terse"))
    if style != "terse":
        text = rng.choice(OPENINGS[style]).replace("~", text)
    elif rng.random() < 0.3:
        text = f"how to {text}" if kind == HARMFUL else f"{text} please"
    text = text.rstrip(".") if rng.random() < 0.3 else text
    return (text[0].upper() + text[1:] if rng.random() < 0.7 else text), kind


def small_talk(rng: Random) -> tuple[str, str]:
    """A greeting or thanks and its plain answer."""
    return rng.choice(_SMALL_TALK)


_SYSTEM = ("You are a helpful assistant.", "You are an assistant with tools.", "Help the user.", "")


def system_message(rng: Random) -> list[dict[str, Any]]:
    """A short system message, or none."""
    text = rng.choice(_SYSTEM)
    return [{"role": "system", "content": text}] if text else []
