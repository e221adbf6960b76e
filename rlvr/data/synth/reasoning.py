"""The short reasoning that the embedded policy writes before it acts: which tool, and what is known for it.

Whether a required value is missing is hard for a small policy to see at once and easy to see one parameter at a time.
A refusal's reasoning is one phrase.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rewards import wire
from rewards.names import name_words
from rlvr.records.message import function_of

UNKNOWN = "?"
HARMFUL, OUT_OF_SCOPE, NO_SUCH_TOOL, SMALL_TALK = "harmful", "out of scope", "no such tool", "small talk"
# Of a longer text the first words say enough.
WORDS_SHOWN = 3


def known_arguments(calls: Iterable[tuple[str, Mapping[str, Any]]], tools: Iterable[Mapping[str, Any]]) -> str:
    """Return each call as the tool's name and a line for each parameter that is required or given.

    The lines are such as "search_flights", "origin: Oslo", "departure_date: ?": a question mark where the request says
    nothing.

    Raises:
        KeyError: a call of a tool that is not on offer.
    """
    parameters = {function["name"]: function.get("parameters", {}) for function in map(function_of, tools)}
    lines = []
    for name, arguments in calls:
        schema = parameters[name]
        lines.append(name)
        for parameter in schema.get("properties", {}):
            if parameter in arguments:
                lines.append(f"{parameter}: {_shown(arguments[parameter])}")
            elif parameter in schema.get("required", ()):
                lines.append(f"{parameter}: {UNKNOWN}")
    return "\n".join(lines)


def mistaken(reasoning: str, completion: str, tools: Iterable[Mapping[str, Any]]) -> str:
    """Return the reasoning from which a wrong completion follows, as far as its form is known.

    For calls it is what they give; for a question the same lines with a question mark at what it asks for; for another
    text in place of a call that there is no such tool; the reasoning itself where it is not in the form of
    `known_arguments` or a refusal's phrase, or nothing better is known.
    """
    lines, offered = reasoning.split("\n"), list(tools)
    names = {function["name"] for function in map(function_of, offered)}
    if lines[0] not in names | {HARMFUL, OUT_OF_SCOPE, NO_SUCH_TOOL, SMALL_TALK}:
        return reasoning
    parsed = wire.parse(completion)
    if parsed.attempts:
        if not parsed.calls or any(call.name not in names for call in parsed.calls):
            return reasoning
        return known_arguments([(call.name, call.arguments) for call in parsed.calls], offered)
    if lines[0] in names and not completion.rstrip().endswith("?"):
        return NO_SUCH_TOOL
    heard = set(name_words(re.sub(r"\W+", "_", completion)))
    asked = [line.partition(": ")[0] for line in lines[1:] if set(name_words(line.partition(": ")[0])) <= heard]
    if not asked:
        return reasoning
    longest = max(asked, key=lambda name: len(name_words(name)))
    return "\n".join(f"{longest}: {UNKNOWN}" if line.startswith(f"{longest}: ") else line for line in lines)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    words = text.split(" ")
    return text if len(words) <= WORDS_SHOWN + 1 else " ".join(words[:WORDS_SHOWN]) + " ..."
