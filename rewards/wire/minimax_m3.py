"""MiniMax M3: elements whose tags each follow a token; a parameter's element has its name.

    ]<]minimax[>[<tool_call>
    ]<]minimax[>[<invoke name="get_weather">
    ]<]minimax[>[<city>Paris]<]minimax[>[</city>
    ]<]minimax[>[</invoke>
    ]<]minimax[>[</tool_call>

Objects and lists, which the models write as elements inside of elements, are read where they are written as JSON.
Source: the chat template of MiniMax-M3.
"""

import re
from collections.abc import Sequence

from rewards.limits import MAX_CALLS
from rewards.strict_json import is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks, with_bare
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.untyped import text_of, typed_call

_MARK = "]<]minimax[>["
_OPENING, _CLOSING, _CALL_END = f"{_MARK}<tool_call>", f"{_MARK}</tool_call>", f"{_MARK}</invoke>"
_CALL = re.compile(re.escape(_MARK) + r'<invoke name="([^"<>\s]++)">')
_PARAMETER = re.compile(re.escape(_MARK) + r"<([^<>\s/\"=]++)>")
_TAGS = Tags(_OPENING, _CLOSING, re.compile(rf"\s*{re.escape(_MARK)}<invoke"))
_BARE = Tags(f"{_MARK}<invoke", _CALL_END, re.compile(r" name="))


def find(text: str) -> int:
    """Return where the text first has the opening tag; -1 where it does not."""
    return text.find(_OPENING)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of every block, arguments typed by the schemas. A broken or unclosed block is malformed."""
    return with_bare(read_blocks(text, _TAGS, lambda text, inside: _block(text, inside, tools)), _BARE)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls in one block. A text that holds the token is not read back."""
    return "\n".join([_OPENING, *map(_written, calls), _CLOSING])


def _written(call: ToolCall) -> str:
    parameters = [f"{_MARK}<{name}>{text_of(value)}{_MARK}</{name}>" for name, value in call.arguments.items()]
    return "\n".join([f'{_MARK}<invoke name="{call.name}">', *parameters, _CALL_END])


def _block(text: str, inside: int, tools: Toolset | None) -> Block:
    calls: list[ToolCall] = []
    position = skip_space(text, inside)
    while not text.startswith(_CLOSING, position) or not calls:
        head = _CALL.match(text, position)
        if head is None or len(calls) == MAX_CALLS:
            raise MalformedCallError("no call where one is due, or too many")
        texts, position = _texts(text, head.end(), head[1])
        calls.append(typed_call(head[1], texts, tools.get(head[1]) if tools is not None else None, None))
        position = skip_space(text, position)
    return tuple(calls), position + len(_CLOSING), 0, ()


def _texts(text: str, position: int, name: str) -> tuple[dict[str, str], int]:
    texts: dict[str, str] = {}
    position = skip_space(text, position)
    while head := _PARAMETER.match(text, position):
        end = text.find(_MARK, head.end())
        closing = f"{_MARK}</{head[1]}>"
        value = text[head.end() : end]
        if end < 0 or not text.startswith(closing, end) or head[1] in texts or is_unencodable(value + head[1]):
            raise MalformedCallError(f"a parameter of call {name[:60]!r} is not closed, or is given twice")
        texts[head[1]] = value
        position = skip_space(text, end + len(closing))
    if not text.startswith(_CALL_END, position):
        raise MalformedCallError(f"call {name[:60]!r} is not closed after its parameters")
    return texts, position + len(_CALL_END)


FORMAT = Format(
    "minimax_m3",
    find,
    parse,
    render,
    marks=(_MARK,),
    is_untyped=True,
    vllm=("minimax_m3",),
    sglang=("minimax-m3",),
    families=("MiniMax M3",),
)
