"""DeepSeek V3, R1 and V3.1: a section of calls between special tokens, whose bars are full-width.

    <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
    ```json
    {"city": "Paris"}
    ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>

V3.1 writes `<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris"}<｜tool▁call▁end｜>` in the same section.
Here both are read under either name; a server's parser reads one of them: the name says which a policy writes.
Source: the chat templates of DeepSeek-V3-0324 and of DeepSeek-V3.1.
"""

import re
from collections.abc import Callable

from rewards.types import ToolCall
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.sections import Sections

SECTION, SECTION_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
CALL, CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"
SEPARATOR = "<｜tool▁sep｜>"
_FENCED = re.compile(rf"function{SEPARATOR}([^\s<>]+)\n```json\n")
_PLAIN = re.compile(rf"([^\s<>]+){SEPARATOR}(?=\s*\{{)")


_MARKS = (SECTION, SECTION_END, CALL, CALL_END, SEPARATOR)
_ENDS = ("<｜end▁of▁sentence｜>",)


def _write_fenced(call: ToolCall, place: int) -> str:
    return f"function{SEPARATOR}{call.name}\n```json\n{rendered_json(call.arguments)}\n```"


def _write_plain(call: ToolCall, place: int) -> str:
    return f"{call.name}{SEPARATOR}{rendered_json(call.arguments)}"


def _sections(write: Callable[[ToolCall, int], str], between: str) -> Sections:
    """Describe sections that are written in one way and read in both."""
    heads = ((_FENCED, "\n```"), (_PLAIN, ""))
    return Sections(SECTION, SECTION_END, CALL, CALL_END, heads=heads, write=write, between=between)


FORMAT = Format.of(
    "deepseek_v3",
    _sections(_write_fenced, "\n"),
    marks=_MARKS,
    ends=_ENDS,
    vllm=("deepseek_v3",),
    sglang=("deepseekv3",),
)
V31 = Format.of(
    "deepseek_v31",
    _sections(_write_plain, ""),
    marks=_MARKS,
    ends=_ENDS,
    vllm=("deepseek_v31",),
    sglang=("deepseekv31",),
)
