"""Gemma 4: each call between its own tokens, keys bare, and texts between quotes that are one token.

    <|tool_call>call:get_weather{city:<|"|>Paris<|"|>,days:3}<tool_call|>

FunctionGemma writes the same with `<start_function_call>`, `<end_function_call>` and `<escape>` for the quotes.
Source: the chat templates of Gemma 4 and FunctionGemma.
"""

import re
from collections.abc import Sequence
from typing import Any

from rewards.limits import MAX_JSON_DEPTH, MAX_PYTHON_LITERALS
from rewards.strict_json import decode_at, is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

OPEN, CLOSE, QUOTE = "<|tool_call>", "<tool_call|>", '<|"|>'
_FUNCTION_OPEN, _FUNCTION_CLOSE, _FUNCTION_QUOTE = "<start_function_call>", "<end_function_call>", "<escape>"
_PAYLOAD = re.compile(r"\s*(?:call:|[\[{])")
_TAGS = Tags(OPEN, CLOSE, _PAYLOAD)
_FUNCTION_TAGS = Tags(_FUNCTION_OPEN, _FUNCTION_CLOSE, _PAYLOAD)
_NAME = re.compile(r"\s*+call:([^\s{}<>]++)\s*+(?=\{)")
_KEY = re.compile(r"\s*+([^\s:,{}\[\]<>\"]++)\s*+:")
_PLAIN_KEY = re.compile(r"[^\s:,{}\[\]<>\"]++")
_WORD = re.compile(r"(true|false|null|True|False|None)(?![\w.])")
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_TAG = re.compile(r"<\|?(?:\"|tool)|<(?:escape|start_function_call|end_function_call)>|</?think|\[/?THINK|<[|｜]")


def find(text: str) -> int:
    """Where the text first uses a tag of this format; -1 where it does not."""
    found = [at for at in (text.find(OPEN), text.find(_FUNCTION_OPEN)) if at >= 0]
    return min(found, default=-1)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Every block of the text. A broken or unclosed block is malformed; a tag that prose mentions is text."""
    parsed = read_blocks(text, _TAGS, _block)
    if _FUNCTION_OPEN not in parsed.text:
        return parsed
    more = read_blocks(parsed.text, _FUNCTION_TAGS, _function_block)
    return ParsedCompletion(
        parsed.calls + more.calls, parsed.malformed + more.malformed, more.text, parsed.reasons + more.reasons
    )


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as Gemma 4 writes them. Names must not hold white space or brackets."""
    return "".join(f"{OPEN}call:{call.name}{_written(call.arguments)}{CLOSE}" for call in calls)


def _written(value: Any) -> str:
    if isinstance(value, str):
        # A text that holds a mark of this or of another format is told from it as a string of JSON.
        return rendered_json(value).replace("<", "\\u003c") if _TAG.search(value) else f"{QUOTE}{value}{QUOTE}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_written_key(key)}:{_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(item) for item in value) + "]"
    return rendered_json(value)


def _written_key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _written(key)


def _block(text: str, inside: int) -> Block:
    return _call(text, inside, CLOSE, QUOTE)


def _function_block(text: str, inside: int) -> Block:
    return _call(text, inside, _FUNCTION_CLOSE, _FUNCTION_QUOTE)


def _call(text: str, inside: int, close: str, quote: str) -> Block:
    match = _NAME.match(text, inside)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("a call block does not begin with call: and a name")
    reader = _Reader(text, match.end(), quote)
    arguments = reader.value(0)
    end = skip_space(text, reader.position)
    if not text.startswith(close, end):
        raise MalformedCallError(f"call {match[1][:60]!r} is not closed after its arguments")
    return (ToolCall(match[1], arguments),), end + len(close), 0, ()


class _Reader:
    """Reads one value after the other; every method raises where the text is not what it reads."""

    def __init__(self, text: str, position: int, quote: str) -> None:
        self._text = text
        self._quote = quote
        self._values = 0
        self.position = position

    def value(self, depth: int) -> Any:
        self._values += 1
        if self._values > MAX_PYTHON_LITERALS or depth > MAX_JSON_DEPTH:
            raise MalformedCallError(f"more than {MAX_PYTHON_LITERALS} values, or deeper than {MAX_JSON_DEPTH}")
        if self._takes("{"):
            return self._members(depth + 1)
        if self._takes("["):
            return self._items(depth + 1)
        if self._takes(self._quote):
            return self._quoted()
        if match := _WORD.match(self._text, self.position):
            self.position = match.end()
            return _WORDS[match[1]]
        value, self.position = decode_at(self._text, self.position)
        return value

    def _members(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._takes("}"):
            if members and not self._takes(","):
                raise MalformedCallError("an object is not closed")
            key = self._key()
            if key in members:
                raise MalformedCallError("a duplicate key")
            members[key] = self.value(depth)
        return members

    def _items(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._takes("]"):
            if items and not self._takes(","):
                raise MalformedCallError("a list is not closed")
            items.append(self.value(depth))
        return items

    def _key(self) -> str:
        if match := _KEY.match(self._text, self.position):
            self.position = match.end()
            if is_unencodable(match[1]):
                raise MalformedCallError("a lone surrogate in a string")
            return match[1]
        key = self._quoted() if self._takes(self._quote) else self._json_text()
        if not self._takes(":"):
            raise MalformedCallError("a key without a value")
        return key

    def _json_text(self) -> str:
        value, self.position = decode_at(self._text, self.position)
        if not isinstance(value, str):
            raise MalformedCallError("an object key that is not a string")
        return value

    def _quoted(self) -> str:
        end = self._text.find(self._quote, self.position)
        if end < 0:
            raise MalformedCallError("a text is not closed")
        value = self._text[self.position : end]
        if is_unencodable(value):
            raise MalformedCallError("a lone surrogate in a string")
        self.position = end + len(self._quote)
        return value

    def _takes(self, mark: str) -> bool:
        self.position = skip_space(self._text, self.position)
        if not self._text.startswith(mark, self.position):
            return False
        self.position += len(mark)
        return True


FORMAT = Format(
    "gemma",
    find,
    parse,
    render,
    marks=(OPEN, CLOSE, QUOTE, _FUNCTION_OPEN, _FUNCTION_CLOSE, _FUNCTION_QUOTE),
    ends=("<turn|>", "<|tool_response>", "<end_of_turn>", "<start_function_response>"),
    vllm=("gemma4", "functiongemma"),
    sglang=("gemma4",),
    families=("Gemma 4", "FunctionGemma"),
)
