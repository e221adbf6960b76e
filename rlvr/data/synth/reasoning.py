"""The short reasoning that the embedded policy writes before it acts: which tool, and what is known for it.

Whether a required value is missing is hard for a small policy to see at once and easy to see one parameter at a time.
A refusal's reasoning is one phrase.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNKNOWN = "?"
HARMFUL, OUT_OF_SCOPE, NO_SUCH_TOOL, SMALL_TALK = "harmful", "out of scope", "no such tool", "small talk"
# Of a longer text the first words say enough.
WORDS_SHOWN = 3


def known_arguments(calls: Iterable[tuple[str, Mapping[str, Any]]], tools: Iterable[Mapping[str, Any]]) -> str:
    """Each call as the tool's name and a line for each parameter that is required or given.

    Args:
        calls: (tool name, the arguments that the request states).
        tools: the tools on offer, as OpenAI function tools.

    Returns:
        Lines such as "search_flights", "origin: Oslo", "departure_date: ?": a question mark where the request says
        nothing.

    Raises:
        KeyError: a call of a tool that is not on offer.
    """
    parameters = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    lines = []
    for name, arguments in calls:
        schema = parameters[name]
        lines.append(name)
        for parameter in schema["properties"]:
            if parameter in arguments:
                lines.append(f"{parameter}: {_shown(arguments[parameter])}")
            elif parameter in schema.get("required", ()):
                lines.append(f"{parameter}: {UNKNOWN}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    words = text.split(" ")
    return text if len(words) <= WORDS_SHOWN + 1 else " ".join(words[:WORDS_SHOWN]) + " ..."
