"""DeepSeek V3, R1 and V3.1: a section of calls between special tokens, whose bars are full-width.

    <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
    ```json
    {"city": "Paris"}
    ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>

V3.1 writes `<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris"}<｜tool▁call▁end｜>` in the same section.
Source: the chat templates of DeepSeek-V3-0324 and of DeepSeek-V3.1.
"""

import re
from collections.abc import Sequence

from rewards.limits import MAX_CALLS
from rewards.strict_json import MalformedJsonError, decode_at, is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

SECTION, SECTION_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
CALL, CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"
SEPARATOR = "<｜tool▁sep｜>"
_TAGS = Tags(SECTION, SECTION_END, re.compile(rf"\s*{CALL}"))
_BARE = Tags(CALL, CALL_END, re.compile(rf"[^<]*{SEPARATOR}"))
_FENCED = re.compile(r"function<｜tool▁sep｜>([^\s<>]+)[ \t]*\n```(?:json)?[ \t]*\n")
_PLAIN = re.compile(r"([^\s<>]+)<｜tool▁sep｜>")
_FENCE_END = "```"


def find(text: str) -> int:
    """Where the text first uses a token of this format; -1 where it does not."""
    return text.find("<｜tool▁call")


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Every call of every section. A call outside of a section is malformed, as is a broken or unclosed one."""
    parsed = read_blocks(text, _TAGS, _section)
    if CALL not in parsed.text:
        return parsed
    bare = read_blocks(parsed.text, _BARE, _bare_call)
    return ParsedCompletion(parsed.calls, parsed.malformed + bare.malformed, bare.text, parsed.reasons + bare.reasons)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as a policy of this format, before V3.1, writes them."""
    blocks = "\n".join(
        f"{CALL}function{SEPARATOR}{call.name}\n```json\n{rendered_json(call.arguments)}\n```{CALL_END}"
        for call in calls
    )
    return f"{SECTION}{blocks}{SECTION_END}"


def _section(text: str, inside: int) -> Block:
    calls: list[ToolCall] = []
    reasons: list[str] = []
    malformed = 0
    position = skip_space(text, inside)
    if not text.startswith(CALL, position):
        raise MalformedCallError("a section of calls does not begin with a call")
    while text.startswith(CALL, position):
        if len(calls) + malformed == MAX_CALLS:
            raise MalformedCallError(f"more than {MAX_CALLS} calls")
        inside = position + len(CALL)
        try:
            call, position = _call(text, inside)
            calls.append(call)
        except (MalformedCallError, MalformedJsonError) as error:
            malformed += 1
            reasons.append(str(error))
            position = _next_tag(text, inside)
        position = skip_space(text, position)
    if text.startswith(SECTION_END, position):
        return tuple(calls), position + len(SECTION_END), malformed, tuple(reasons)
    return tuple(calls), position, malformed + 1, (*reasons, "a section of calls is not closed")


def _call(text: str, inside: int) -> tuple[ToolCall, int]:
    fenced = _FENCED.match(text, inside)
    match = fenced or _PLAIN.match(text, inside)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("a call does not begin with a name")
    begin = skip_space(text, match.end())
    if not text.startswith("{", begin):
        raise MalformedCallError(f"arguments of call {match[1][:60]!r} are not an object")
    arguments, end = decode_at(text, begin)
    end = skip_space(text, end)
    if fenced:
        if not text.startswith(_FENCE_END, end):
            raise MalformedCallError(f"the fence of call {match[1][:60]!r} is not closed")
        end = skip_space(text, end + len(_FENCE_END))
    if not text.startswith(CALL_END, end):
        raise MalformedCallError(f"call {match[1][:60]!r} is not closed after its arguments")
    return ToolCall(match[1], arguments), end + len(CALL_END)


def _next_tag(text: str, start: int) -> int:
    ends = [text.find(tag, start) for tag in (CALL, SECTION_END, SECTION)]
    return min((end for end in ends if end >= 0), default=len(text))


def _bare_call(text: str, inside: int) -> Block:
    raise MalformedCallError("a call outside of a section of calls")


FORMAT = Format(
    "deepseek_v3",
    find,
    parse,
    render,
    marks=(SECTION, SECTION_END, CALL, CALL_END, SEPARATOR),
    ends=("<｜end▁of▁sentence｜>",),
    vllm=("deepseek_v3", "deepseek_v31"),
    sglang=("deepseekv3", "deepseekv31"),
    families=("DeepSeek V3", "DeepSeek R1", "DeepSeek V3.1"),
)
