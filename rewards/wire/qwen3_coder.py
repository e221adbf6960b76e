"""Qwen3-Coder: each call is XML-like inside `<tool_call>` tags, and every argument is plain text.

    <tool_call>
    <function=get_weather>
    <parameter=city>
    Paris
    </parameter>
    </function>
    </tool_call>

Source: the chat templates of Qwen3-Coder and of Qwen3.5, which write strings as they are and other values as JSON.
"""

import re
from collections.abc import Sequence

from rewards.strict_json import is_unencodable, skip_space
from rewards.toolset import Tool, Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.untyped import parameter_types, text_of, value_of

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_FUNCTION, _FUNCTION_END = "<function=", "</function>"
_PARAMETER, _PARAMETER_END = "<parameter=", "</parameter>"
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*(?:[\[{]|<function=)"))
_BARE = Tags(_FUNCTION, _FUNCTION_END, re.compile(r"[^\s<>]+>\s*<"))
_FIRST_BLOCK = re.compile(r"<tool_call>\s*+(?:(<function=)|[\[{])")
_NAME = re.compile(r"([^<>\s]+)>")
_INNER_TAG = re.compile(r"<parameter=|</function>")


def find(text: str) -> int:
    """Where the text first uses a tag of this format; -1 where it does not."""
    function = text.find(_FUNCTION)
    if function < 0:
        return -1
    # Hermes has the same tag: whose it is, the first tag that a block follows tells.
    block = _FIRST_BLOCK.search(text)
    return text.find(OPEN) if block and block[1] else function


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Every block of the text, its arguments converted by the tools' schemas.

    A function block outside of `<tool_call>` is malformed, as is a broken or unclosed one; a tag that prose mentions
    is text.
    """

    def block(text: str, inside: int) -> Block:
        return _block(text, inside, tools)

    parsed = read_blocks(text, _TAGS, block)
    if _FUNCTION not in parsed.text:
        return parsed
    bare = read_blocks(parsed.text, _BARE, _bare_block)
    return ParsedCompletion(parsed.calls, parsed.malformed + bare.malformed, bare.text, parsed.reasons + bare.reasons)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as a policy of this format writes them. Names must not hold white space or angle brackets."""
    return "\n".join(_rendered(call, tools.get(call.name) if tools is not None else None) for call in calls)


def _rendered(call: ToolCall, tool: Tool | None) -> str:
    parameters = "".join(
        f"{_PARAMETER}{name}>\n{text_of(value, parameter_types(tool, name))}\n{_PARAMETER_END}\n"
        for name, value in call.arguments.items()
    )
    return f"{OPEN}\n{_FUNCTION}{call.name}>\n{parameters}{_FUNCTION_END}\n{CLOSE}"


def _block(text: str, inside: int, tools: Toolset | None) -> Block:
    position = skip_space(text, inside)
    if not text.startswith(_FUNCTION, position):
        raise MalformedCallError(f"a call block does not begin with {_FUNCTION}")
    name, position = _name(text, position + len(_FUNCTION))
    tool = tools.get(name) if tools is not None else None
    arguments = {}
    position = skip_space(text, position)
    while text.startswith(_PARAMETER, position):
        key, start = _name(text, position + len(_PARAMETER))
        end = text.find(_PARAMETER_END, start)
        value = text[start:end]
        if end < 0 or _INNER_TAG.search(value):
            raise MalformedCallError(f"parameter {key[:60]!r} of call {name[:60]!r} is not closed")
        if key in arguments:
            raise MalformedCallError(f"call {name[:60]!r} gives parameter {key[:60]!r} twice")
        if is_unencodable(value) or is_unencodable(key):
            raise MalformedCallError("a lone surrogate in a string")
        arguments[key] = value_of(value.removeprefix("\n").removesuffix("\n"), parameter_types(tool, key))
        position = skip_space(text, end + len(_PARAMETER_END))
    if not text.startswith(_FUNCTION_END, position):
        raise MalformedCallError(f"call {name[:60]!r} is not closed after its parameters")
    position = skip_space(text, position + len(_FUNCTION_END))
    if not text.startswith(CLOSE, position):
        raise MalformedCallError(f"the block of call {name[:60]!r} is not closed")
    return (ToolCall(name, arguments),), position + len(CLOSE), 0, ()


def _bare_block(text: str, inside: int) -> Block:
    raise MalformedCallError(f"a function block outside of {OPEN}")


def _name(text: str, start: int) -> tuple[str, int]:
    match = _NAME.match(text, start)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("a tag without a name")
    return match[1], match.end()


FORMAT = Format(
    "qwen3_coder",
    find,
    parse,
    render,
    marks=(OPEN, CLOSE),
    inner=(_FUNCTION, _FUNCTION_END, _PARAMETER, _PARAMETER_END),
    is_untyped=True,
    vllm=("qwen3_coder", "qwen3_xml", "mimo"),
    sglang=("qwen3_coder", "mimo"),
    families=("Qwen3-Coder", "Qwen3.5", "Qwen3.6", "MiMo", "Nemotron 3"),
)
