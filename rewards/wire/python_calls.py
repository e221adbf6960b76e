"""Calls written in Python with literal keyword arguments: one, a list of them, or one on each line."""

import re
from collections.abc import Sequence

from rewards.brief import brief
from rewards.limits import MAX_CALLS
from rewards.strict_json import JsonObject, is_unencodable
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError
from rewards.wire.python_literals import Scanner, written

_NAME = re.compile(r"([^\W\d]\w*+(?:\.[^\W\d]\w*+)*+)\s*+\(")
_KEY = re.compile(r"([^\W\d]\w*+)\s*+=(?!=)")
_PRINT = re.compile(r"print\s*+\((?=\s*+[^\W\d][\w.]*+\s*+\()")


def read_list(
    text: str, begin: int, takes_line_breaks: bool = False, name: re.Pattern[str] = _NAME
) -> tuple[list[ToolCall], int]:
    """Return the calls of the list that begins at an index, and the index after it and white space.

    Args:
        text: which holds the list.
        begin: where it begins.
        takes_line_breaks: as for `Scanner`.
        name: a tool's name and the parenthesis behind it.

    Raises:
        MalformedCallError, MalformedJsonError: there is no list of calls.
    """
    scanner = Scanner(text, begin, takes_line_breaks)
    scanner.expect("[", "no list of calls after the tag")
    calls: list[ToolCall] = []
    has_comma = True
    while not scanner.takes("]") or not calls:
        if not has_comma:
            raise MalformedCallError("the list of calls is not closed")
        calls.append(_next_call(scanner, calls, name))
        has_comma = scanner.takes(",")
    scanner.skip_space()
    return calls, scanner.position


def read_lines(text: str, may_print: bool = False) -> list[ToolCall]:
    """Return the calls of a text that is nothing but calls, each begun on a line of its own.

    Args:
        text: the lines.
        may_print: a call may stand inside of `print(...)`.

    Raises:
        MalformedCallError, MalformedJsonError: there is something else, or nothing.
    """
    scanner = Scanner(text, 0)
    calls: list[ToolCall] = []
    end = 0
    scanner.skip_space()
    while scanner.position < len(text) or not calls:
        if calls and "\n" not in text[end : scanner.position]:
            raise MalformedCallError("text follows a call")
        is_printed = may_print and scanner.match(_PRINT) is not None
        calls.append(_next_call(scanner, calls))
        if is_printed:
            scanner.expect(")", "print(...) is not closed")
        end = scanner.position
        scanner.skip_space()
    return calls


def write(calls: Sequence[ToolCall], is_list: bool) -> str:
    """Write calls as one list, or one on each line. An argument whose name Python cannot write is not read back."""
    lines = []
    for call in calls:
        arguments = ", ".join(f"{name}={written(value)}" for name, value in call.arguments.items())
        lines.append(f"{call.name}({arguments})")
    return f"[{', '.join(lines)}]" if is_list else "\n".join(lines)


def _next_call(scanner: Scanner, before: Sequence[ToolCall], pattern: re.Pattern[str] = _NAME) -> ToolCall:
    if len(before) == MAX_CALLS:
        raise MalformedCallError(f"more than {MAX_CALLS} calls")
    match = scanner.match(pattern)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("a call does not begin with a name and a parenthesis")
    name = match[1]
    arguments: JsonObject = {}
    has_comma = True
    while not scanner.takes(")"):
        if not has_comma:
            raise MalformedCallError(f"arguments of call {brief(name)} are not closed")
        key = scanner.match(_KEY)
        if key is None:
            raise MalformedCallError(f"call {brief(name)} has an argument without a name")
        if key[1] in arguments:
            raise MalformedCallError(f"call {brief(name)} gives argument {brief(key[1])} twice")
        arguments[key[1]] = scanner.value()
        has_comma = scanner.takes(",")
    return ToolCall(name, arguments)
