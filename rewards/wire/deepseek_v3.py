"""DeepSeek V3, R1 and V3.1: a section of calls between special tokens, whose bars are full-width.

    <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
    ```json
    {"city": "Paris"}
    ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>

V3.1 writes `<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris"}<｜tool▁call▁end｜>` in the same section.
Source: the chat templates of DeepSeek-V3-0324 and of DeepSeek-V3.1.
"""

import re

from rewards.types import ToolCall
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.sections import Sections

SECTION, SECTION_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
CALL, CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"
SEPARATOR = "<｜tool▁sep｜>"
_FENCED = re.compile(rf"function{SEPARATOR}([^\s<>]+)\n```json\n")
_PLAIN = re.compile(rf"([^\s<>]+){SEPARATOR}(?=\s*\{{)")


def _write(call: ToolCall, place: int) -> str:
    return f"function{SEPARATOR}{call.name}\n```json\n{rendered_json(call.arguments)}\n```"


_SECTIONS = Sections(
    SECTION,
    SECTION_END,
    CALL,
    CALL_END,
    heads=((_FENCED, "\n```"), (_PLAIN, "")),
    write=_write,
    between="\n",
)

FORMAT = Format.of(
    "deepseek_v3",
    _SECTIONS,
    marks=(SECTION, SECTION_END, CALL, CALL_END, SEPARATOR),
    ends=("<｜end▁of▁sentence｜>",),
    vllm=("deepseek_v3", "deepseek_v31"),
    sglang=("deepseekv3", "deepseekv31"),
)
