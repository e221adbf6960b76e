"""Pythonic: a text that is one list of calls with literal arguments, `[get_weather(city="Paris"), get_time()]`.

Llama 4, ToolACE and several small models write it; Llama 4 may put `<|python_start|>` and `<|python_end|>` around it.
Source: Meta's prompt formats for Llama 3.2 and Llama 4.
"""

import re
from collections.abc import Sequence
from typing import Any

from rewards.limits import MAX_CALLS
from rewards.strict_json import MalformedJsonError, is_unencodable
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.python_literals import Scanner, written

START, END = "<|python_start|>", "<|python_end|>"
_LIST = re.compile(
    r"^\[\s*+[^\W\d][\w.\-]*+(?:\(|\s++\(\s*+(?:\)|\*\*|[\w\-]++\s*+=))",  # prose has "[see (1)]"
    re.MULTILINE,
)
_NAME = re.compile(r"([^\W\d][\w.\-]*+)\s*+\(")
_KEY = re.compile(r"([^\W\d][\w\-]*+)\s*+=(?!=)")
_PLAIN_KEY = re.compile(r"[^\W\d][\w\-]*")


def find(text: str) -> int:
    """Where the text first uses this format: its tag, or a line that begins with a list of calls; -1 where nowhere."""
    tag = text.find(START)
    if "[" not in text or not (text.startswith("[") or "\n[" in text):
        return tag
    match = _LIST.search(text)
    return tag if match is None or 0 <= tag < match.start() else match.start()


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """The calls of a text that is one list of calls. With text before or after, the list is one malformed call."""
    start = find(text)
    if start < 0:
        return ParsedCompletion(text=text)
    begin = start + len(START) if text.startswith(START, start) else start
    is_tagged = begin > start
    try:
        calls, end = _calls(text, begin)
    except (MalformedCallError, MalformedJsonError) as error:
        # A list further down that is not even one of calls is prose.
        if start > 0 and not is_tagged:
            return ParsedCompletion(text=text)
        return ParsedCompletion(malformed=1, text=text[:start] + text[begin + 1 :], reasons=(str(error),))
    after = text[end:].removeprefix(END).strip()
    if after.startswith("(") and not is_tagged:  # a link of Markdown, whose text happens to be a call
        return ParsedCompletion(text=text)
    if start > 0 or after:
        said = f"{text[:start]}\n{after}".strip()
        return ParsedCompletion(malformed=len(calls), text=said, reasons=("text beside the list of calls",))
    return ParsedCompletion(tuple(calls))


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as a policy of this format writes them."""
    return "[" + ", ".join(f"{call.name}({_arguments(call.arguments)})" for call in calls) + "]"


def _arguments(arguments: dict[str, Any]) -> str:
    plain = {name: value for name, value in arguments.items() if _PLAIN_KEY.fullmatch(name)}
    written_plain = [f"{name}={written(value)}" for name, value in plain.items()]
    others = {name: value for name, value in arguments.items() if name not in plain}
    return ", ".join([*written_plain, f"**{written(others)}"] if others else written_plain)


def _calls(text: str, begin: int) -> tuple[list[ToolCall], int]:
    scanner = Scanner(text, begin)
    if not scanner.takes("["):
        raise MalformedCallError("no list of calls after the tag")
    calls: list[ToolCall] = []
    has_comma = True
    while not scanner.takes("]") or not calls:
        if not has_comma:
            raise MalformedCallError("the list of calls is not closed")
        if len(calls) == MAX_CALLS:
            raise MalformedCallError(f"more than {MAX_CALLS} calls")
        calls.append(_call(scanner))
        has_comma = scanner.takes(",")
    scanner.skip_space()
    return calls, scanner.position


def _call(scanner: Scanner) -> ToolCall:
    match = scanner.match(_NAME)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("a call does not begin with a name and a parenthesis")
    name = match[1]
    arguments: dict[str, Any] = {}
    has_comma = True
    while not scanner.takes(")"):
        if not has_comma:
            raise MalformedCallError(f"arguments of call {name[:60]!r} are not closed")
        for key, value in _argument(scanner, name):
            if key in arguments:
                raise MalformedCallError(f"call {name[:60]!r} gives argument {key[:60]!r} twice")
            arguments[key] = value
        has_comma = scanner.takes(",")
    return ToolCall(name, arguments)


def _argument(scanner: Scanner, name: str) -> list[tuple[str, Any]]:
    if scanner.takes("**"):
        return list(scanner.mapping().items())
    match = scanner.match(_KEY)
    if match is None:
        raise MalformedCallError(f"call {name[:60]!r} has an argument without a name")
    return [(match[1], scanner.value())]


FORMAT = Format(
    "pythonic",
    find,
    parse,
    render,
    marks=(START, END),
    ends=("<|eot|>", "<|eom|>"),
    vllm=("pythonic", "llama4_pythonic"),
    sglang=("pythonic",),
    families=("Llama 4", "ToolACE", "xLAM 2 (pythonic)"),
)
