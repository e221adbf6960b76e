"""Pythonic: a text that is one list of calls with literal arguments, `[get_weather(city="Paris"), get_time()]`.

Llama 4, ToolACE and several small models write it; Llama 4 may put `<|python_start|>` and `<|python_end|>` around it.
Source: Meta's prompt formats for Llama 3.2 and Llama 4.
"""

import re
from collections.abc import Sequence

from rewards.strict_json import MalformedJsonError
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.python_calls import read_list, write_list

START, END = "<|python_start|>", "<|python_end|>"
_LIST = re.compile(
    r"^\[\s*+[^\W\d][\w.\-]*+(?:\(|\s++\(\s*+(?:\)|\*\*|[\w\-]++\s*+=))",  # prose has "[see (1)]"
    re.MULTILINE,
)


def find(text: str) -> int:
    """Return where the text first uses this format: its tag, or a line that begins with a list of calls; else -1."""
    tag = text.find(START)
    if "[" not in text or not (text.startswith("[") or "\n[" in text):
        return tag
    match = _LIST.search(text)
    return tag if match is None or 0 <= tag < match.start() else match.start()


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of a text that is one list of calls; with text before or after it they are malformed."""
    start = find(text)
    if start < 0:
        return ParsedCompletion(text=text)
    begin = start + len(START) if text.startswith(START, start) else start
    is_tagged = begin > start
    try:
        calls, end = read_list(text, begin)
    except (MalformedCallError, MalformedJsonError) as error:
        # A list further down that is not even one of calls is prose.
        if start > 0 and not is_tagged:
            return ParsedCompletion(text=text)
        return ParsedCompletion(malformed=1, text=text[:start] + text[begin + 1 :], reasons=(str(error),))
    after = text[end:].removeprefix(END).strip()
    if after.startswith("(") and not is_tagged:  # a link of Markdown, whose text happens to be a call
        return ParsedCompletion(text=text)
    if start > 0 or after:
        beside = f"{text[:start]}\n{after}".strip()
        return ParsedCompletion(malformed=len(calls), text=beside, reasons=("text beside the list of calls",))
    return ParsedCompletion(tuple(calls))


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls as a policy of this format does."""
    return write_list(calls)


FORMAT = Format(
    "pythonic",
    find,
    parse,
    render,
    marks=(START, END),
    ends=("<|eot|>", "<|eom|>"),
    vllm=("pythonic", "llama4_pythonic"),
    sglang=("pythonic",),
)
