"""Bare Python: a text that is one call on each line and nothing else, `get_weather(city="Paris")`.

Granite 3.3 writes it when it is prompted in Python, as do some models that were trained on BFCL's answers.
"""

import re
from collections.abc import Sequence

from rewards.strict_json import MalformedJsonError
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.python_calls import read_lines, write_lines

_FIRST_CALL = re.compile(r"[^\W\d][\w.\-]*+\(\s*+(?:\)|[^\W\d]\w*+\s*+=)")


def find(text: str) -> int:
    """Return 0 where the text begins with a call that has no argument without a name; -1 where it does not."""
    return 0 if _FIRST_CALL.match(text) else -1


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of a text that is nothing but lines of calls; any other is text."""
    if find(text) < 0:
        return ParsedCompletion(text=text)
    try:
        calls = read_lines(text)
    except (MalformedCallError, MalformedJsonError):
        return ParsedCompletion(text=text)
    return ParsedCompletion(tuple(calls))


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write one call on each line."""
    return write_lines(calls)


FORMAT = Format("python_lines", find, parse, render, is_unmarked=True)
