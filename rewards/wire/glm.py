"""GLM-4.5 and later: a name and pairs of keys and values inside `<tool_call>` tags; texts are written as they are.

    <tool_call>get_weather
    <arg_key>city</arg_key>
    <arg_value>Paris</arg_value>
    </tool_call>

Source: the chat templates of GLM-4.5 to GLM-5, and of Ling 3.
"""

import re
from collections.abc import Sequence

from rewards.brief import brief
from rewards.strict_json import is_unencodable, skip_space
from rewards.toolset import Toolset, tool_of
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.untyped import text_of, typed_call

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_KEY, _KEY_END = "<arg_key>", "</arg_key>"
_VALUE, _VALUE_END = "<arg_value>", "</arg_value>"
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*(?:[\[{]|<function=|[^\s<>]+\s*<arg_key>)"))
# Hermes and Qwen3-Coder have the same tag. Only here a name follows it at once, and then a pair or the end.
_FIRST_BLOCK = re.compile(r"<tool_call>[^\s<>{}\[\]()'\"]++(?:\s*+<arg_key>|\n?</tool_call>)")
_NAME = re.compile(r"\s*+([^\s<>{}\[\]]++)")
_INNER_TAG = re.compile(r"<arg_(?:key|value)>|</tool_call>")


def _find(text: str) -> int:
    return text.find(OPEN) if _FIRST_BLOCK.search(text) else -1


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    return read_blocks(text, _TAGS, lambda text, inside: _block(text, inside, tools))


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return "\n".join(map(_rendered, calls))


def _rendered(call: ToolCall) -> str:
    pairs = "".join(
        f"{_KEY}{name}{_KEY_END}\n{_VALUE}{text_of(value)}{_VALUE_END}\n" for name, value in call.arguments.items()
    )
    return f"{OPEN}{call.name}\n{pairs}{CLOSE}"


def _block(text: str, inside: int, tools: Toolset | None) -> Block:
    match = _NAME.match(text, inside)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("a call block does not begin with a name")
    name = match[1]
    if tools is not None and name not in tools:
        raise MalformedCallError(f"no tool is called {brief(name)}")  # servers drop the block
    texts: dict[str, str] = {}
    position = skip_space(text, match.end())
    while text.startswith(_KEY, position):
        key, position = _until(text, position + len(_KEY), _KEY_END, name)
        key = key.strip()
        position = skip_space(text, position)
        if not text.startswith(_VALUE, position):
            raise MalformedCallError(f"argument {brief(key)} of call {brief(name)} has no value")
        value, position = _until(text, position + len(_VALUE), _VALUE_END, name)
        if key in texts:
            raise MalformedCallError(f"call {brief(name)} gives argument {brief(key)} twice")
        texts[key] = value
        position = skip_space(text, position)
    if not text.startswith(CLOSE, position):
        raise MalformedCallError(f"the block of call {brief(name)} is not closed")
    call = typed_call(name, texts, tool_of(tools, name), None)
    return ParsedCompletion((call,)), position + len(CLOSE)


def _until(text: str, start: int, closing: str, name: str) -> tuple[str, int]:
    end = text.find(closing, start)
    inner = text[start:end]
    if end < 0 or _INNER_TAG.search(inner):
        raise MalformedCallError(f"a tag of call {brief(name)} is not closed")
    if is_unencodable(inner):
        raise MalformedCallError("a lone surrogate in a string")
    return inner, end + len(closing)


FORMAT = Format(
    "glm",
    _find,
    _parse,
    _render,
    marks=(OPEN, CLOSE, _KEY, _KEY_END, _VALUE, _VALUE_END),
    ends=("<|observation|>", "<|user|>"),
    ends_reasoning=True,
    is_untyped=True,
    vllm=("glm45", "glm47", "ling3"),
    sglang=("glm", "glm45", "glm47"),
)
