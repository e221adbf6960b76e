"""What tools answer: results that fit the call, hold what a next call needs, and can be told in a sentence."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from rewards.names import name_words
from rlvr.data.synth.lexicon import lexicon

if TYPE_CHECKING:
    from rlvr.data.synth.any_tools.parameters import Parameter
    from rlvr.data.synth.any_tools.spoken import SpokenTool

_FINDING = ("find", "list", "look")
_LINKED = ("id", "uuid", "path", "directory", "email", "url", "branch", "revision", "files", "payment")
_MOST_SHOWN = 2


def links(tool: SpokenTool, others: Sequence[SpokenTool]) -> list[tuple[SpokenTool, Parameter]]:
    """Return tools whose results could hold a value that this one requires, each with the parameter.

    One that finds or lists what the parameter names, or makes it, can: its words hold the noun.
    """
    able = []
    for parameter in tool.required:
        if (
            parameter.meaning.name not in _LINKED
            or not parameter.noun
            or parameter.role
            or parameter.name.endswith("s")
        ):
            continue
        noun = parameter.noun.split()[-1]
        if tool.does.verb_class.name == "make" and noun in tool.does.words:  # what it makes is not there before
            continue
        if noun == "user":  # "user" stands in many descriptions, as who the tool serves
            continue
        for other in others:
            gives = other.does.verb_class.name in _FINDING or other.does.verb_class.name == "make"
            if gives and _speaks_of(other, noun) and not _takes(other, noun):
                able.append((other, parameter))
    return able


def _speaks_of(tool: SpokenTool, noun: str) -> bool:
    """Whether what a tool does is about such things, or its description mentions several of them."""
    words = tool.does.words
    about = set(words[: words.index("for")] if "for" in words else words) | set(name_words(tool.name))
    mentions = tool.does.verb_class.name == "look" and f"{noun}s" in tool.context
    return mentions or bool({noun, f"{noun}s"} & about)


def _takes(tool: SpokenTool, noun: str) -> bool:
    return any(parameter.noun.split()[-1:] == [noun] for parameter in tool.required)


def holding(tool: SpokenTool, arguments: Mapping[str, Any], link: Parameter, value: Any, rng: Random) -> dict[str, Any]:
    """Return a result of a call that holds the value of a link."""
    facts = _facts(tool, rng)
    key = link.key if link.key != "id" or tool.does.verb_class.name == "make" else "id"
    if tool.does.verb_class.name in ("list", "look") and rng.random() < 0.5:
        return {f"{link.noun.replace(' ', '_')}s": [{key: value, **facts}], "total": 1}
    return {**_echoed(arguments), key: value, **facts}


class Report(NamedTuple):
    """A result and what there is to say about it.

    Args:
        result: of the call.
        text: the result in words.
        form: the text with other values, the same for all results of its kind: both earn the same.
    """

    result: dict[str, Any]
    text: str
    form: str


def reported(tool: SpokenTool, arguments: Mapping[str, Any], rng: Random) -> Report:
    """Return a result of a call, and what there is to say about it."""
    facts = _computed(tool, arguments) or _facts(tool, rng)
    sentences = lexicon().report_sentences
    text = form = rng.choice(sentences[len(facts)])
    for number, (key, value) in enumerate(facts.items()):
        words = " ".join(name_words(key))
        text = text.replace(f"{{k{number}}}", words).replace(f"{{v{number}}}", str(value).replace("_", " "))
        form = form.replace(f"{{k{number}}}", words).replace(f"{{v{number}}}", "100")
    return Report({**_echoed(arguments), **facts}, text, form)


def _computed(tool: SpokenTool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a sum or product, where a call asks for one."""
    for parameter in tool.parameters:
        match = _SUM.fullmatch(str(arguments.get(parameter.name)))
        if parameter.meaning.name == "expression" and match:
            return {"result": _OPERATIONS[match[2]](float(match[1]), float(match[3]))}
    return {}


_SUM = re.compile(r"(\d+(?:\.\d+)?) ?([-+*]) ?(\d+(?:\.\d+)?)")
_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _echoed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a server repeats of a call: its plain values, the first two."""
    plain = {name: value for name, value in arguments.items() if isinstance(value, str | int) and len(str(value)) < 60}
    return dict(list(plain.items())[:_MOST_SHOWN])


def _facts(tool: SpokenTool, rng: Random) -> dict[str, Any]:
    """One or two facts of the kind that such a tool tells."""
    pool = lexicon().facts.get(tool.does.verb_class.name) or lexicon().facts["look"]
    facts: dict[str, Any] = {}
    for fact in rng.sample(pool, rng.choice((1, 2))):
        key, _, values = fact.partition("=")
        facts[key] = _fact(rng.choice(values.split("/")), rng)
    return facts


def _fact(value: str, rng: Random) -> Any:
    if value == "#":
        return rng.randint(2, 240)
    if value == "#.#":
        return round(rng.uniform(5, 900), 2)
    if value == "@day":
        return f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return value
