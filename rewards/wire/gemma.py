"""Gemma 4: each call between its own tokens, keys bare, and texts between quotes that are one token.

    <|tool_call>call:get_weather{city:<|"|>Paris<|"|>,days:3}<tool_call|>

FunctionGemma writes the same with `<start_function_call>`, `<end_function_call>` and `<escape>` for the quotes. What
stands bare is typed by the tool's schema, as servers do. Decoding without special tokens leaves
`call:get_weather{city:Paris,days:3}`, where a tool's parameters tell one argument from the next.
Source: the chat templates of Gemma 4 and FunctionGemma.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rewards.brief import brief
from rewards.limits import MAX_CALLS, MAX_JSON_DEPTH, MAX_PYTHON_LITERALS
from rewards.strict_json import Json, JsonMapping, JsonObject, is_unencodable, skip_space
from rewards.toolset import Tool, Toolset, tool_of
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import THINK, Format
from rewards.wire.untyped import ANY, json_or_text, typed_call, types_of, value_of

_PAYLOAD = re.compile(r"\s*(?:call:|[\[{])")
_NAME = re.compile(r"\s*+call:([^\s{}<>]++)\s*+(?=\{)")
_KEY = re.compile(r"\s*+([^\s:,{}\[\]<>\"]++)\s*+:")
_PLAIN_KEY = re.compile(r"[^\s:,{}\[\]<>\"]++")
_BARE = re.compile(r"[^,{}\[\]<]++")
_STRIPPED = re.compile(r"(?:thought\n(?:(?!call:).)*+)?call:([\w.\-]++)\{(.*)\}\s*", re.DOTALL)
_BETWEEN_STRIPPED = re.compile(r"(?<=\})\s*+(?=call:[\w.\-]++\{)")


class _Bare(str):
    """A value without quotes."""


@dataclass(frozen=True)
class _Marks:
    """The tokens of one of the two formats."""

    opening: str
    closing: str
    quote: str

    def find(self, text: str) -> int:
        """Return where the text first uses this format, with its tokens or stripped of them; -1 where it does not."""
        start = text.find(self.opening)
        return 0 if start < 0 and "call:" in text and _STRIPPED.fullmatch(text) else start

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the call of every block. A broken or unclosed block is malformed; a tag that prose names is text."""
        if self.opening not in text and _STRIPPED.fullmatch(text):
            return _parse_stripped(text, tools)
        tags = Tags(self.opening, self.closing, _PAYLOAD)
        return read_blocks(text, tags, lambda text, inside: self._call(text, inside, tools))

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls. A text that holds the quote is not read back, nor is a name with white space or brackets."""
        return "".join(f"{self.opening}call:{call.name}{self._written(call.arguments)}{self.closing}" for call in calls)

    def _written(self, value: Json) -> str:
        if isinstance(value, str):
            return f"{self.quote}{value}{self.quote}"
        if isinstance(value, dict):
            members = (f"{self._written_key(key)}:{self._written(item)}" for key, item in value.items())
            return "{" + ",".join(members) + "}"
        if isinstance(value, list | tuple):
            return "[" + ",".join(map(self._written, value)) + "]"
        return rendered_json(value)

    def _written_key(self, key: str) -> str:
        return key if _PLAIN_KEY.fullmatch(key) else self._written(key)

    def _call(self, text: str, inside: int, tools: Toolset | None) -> Block:
        match = _NAME.match(text, inside)
        if match is None or is_unencodable(match[1]):
            raise MalformedCallError("a call block does not begin with call: and a name")
        reader = _Reader(text, match.end(), self.quote)
        arguments = reader.value(0)
        end = skip_space(text, reader.position)
        if not text.startswith(self.closing, end):
            raise MalformedCallError(f"call {brief(match[1])} is not closed after its arguments")
        tool = tool_of(tools, match[1])
        typed = _typed(arguments, tool.parameters, tool.parameters)
        return ParsedCompletion((ToolCall(match[1], typed),)), end + len(self.closing)


def _typed(value: Json, schema: Json, root: JsonMapping) -> Json:
    """Return a value with what stands bare, and texts where none may stand, read as the schema's types."""
    schema = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, dict):
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        return {key: _typed(item, properties.get(key), root) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item, schema.get("items"), root) for item in value]
    types = types_of(schema, root) if schema else ANY
    if isinstance(value, _Bare):
        return _bare_value(str(value)) if types == ANY else value_of(str(value), types)[0]
    return value if "string" in types else value_of(value, types)[0]


def _bare_value(text: str) -> Json:
    value = json_or_text(text)
    return text if isinstance(value, str) else value


def _parse_stripped(text: str, tools: Toolset | None) -> ParsedCompletion:
    calls: list[ToolCall] = []
    for piece in _BETWEEN_STRIPPED.split(text, MAX_CALLS):
        match = _STRIPPED.fullmatch(piece)
        if match is None or (tools is not None and match[1] not in tools) or len(calls) == MAX_CALLS:
            return ParsedCompletion(text=text)
        tool = tool_of(tools, match[1])
        calls.append(typed_call(match[1], _stripped_arguments(match[2], tool), tool, {}))
    return ParsedCompletion(tuple(calls))


def _stripped_arguments(text: str, tool: Tool) -> dict[str, str]:
    names = "|".join(map(re.escape, tool.properties)) or r"[^\W\d]\w*"
    parts = re.split(rf"(?:^|,)({names}):", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


class _Reader:
    """Reads one value after the other; every method raises where the text is not what it reads."""

    def __init__(self, text: str, position: int, quote: str) -> None:
        self._text = text
        self._quote = quote
        self._values = 0
        self.position = position

    def value(self, depth: int) -> Json:
        self._values += 1
        if self._values > MAX_PYTHON_LITERALS or depth > MAX_JSON_DEPTH:
            raise MalformedCallError(f"more than {MAX_PYTHON_LITERALS} values, or deeper than {MAX_JSON_DEPTH}")
        if self._takes("{"):
            return self._members(depth + 1)
        if self._takes("["):
            return self._items(depth + 1)
        if self._takes(self._quote):
            return self._quoted()
        match = _BARE.match(self._text, self.position)
        if match is None or is_unencodable(match[0]):
            raise MalformedCallError("no value where one is due")
        self.position = match.end()
        return _Bare(match[0].strip())

    def _members(self, depth: int) -> JsonObject:
        members: JsonObject = {}
        while not self._takes("}"):
            if members:
                self._expect(",", "an object is not closed")
            key = self._key()
            if key in members:
                raise MalformedCallError("a duplicate key")
            members[key] = self.value(depth)
        return members

    def _items(self, depth: int) -> list[Json]:
        items: list[Json] = []
        while not self._takes("]"):
            if items:
                self._expect(",", "a list is not closed")
            items.append(self.value(depth))
        return items

    def _key(self) -> str:
        if match := _KEY.match(self._text, self.position):
            self.position = match.end()
            if is_unencodable(match[1]):
                raise MalformedCallError("a lone surrogate in a string")
            return match[1]
        self._expect(self._quote, "no key where one is due")
        key = self._quoted()
        self._expect(":", "a key without a value")
        return key

    def _quoted(self) -> str:
        end = self._text.find(self._quote, self.position)
        if end < 0:
            raise MalformedCallError("a text is not closed")
        value = self._text[self.position : end]
        if is_unencodable(value):
            raise MalformedCallError("a lone surrogate in a string")
        self.position = end + len(self._quote)
        return value

    def _expect(self, mark: str, complaint: str) -> None:
        if not self._takes(mark):
            raise MalformedCallError(complaint)

    def _takes(self, mark: str) -> bool:
        self.position = skip_space(self._text, self.position)
        if not self._text.startswith(mark, self.position):
            return False
        self.position += len(mark)
        return True


_GEMMA_4 = _Marks("<|tool_call>", "<tool_call|>", '<|"|>')
_FUNCTION_GEMMA = _Marks("<start_function_call>", "<end_function_call>", "<escape>")

FORMAT = Format.of(
    "gemma",
    _GEMMA_4,
    marks=("<|tool_call>", "<tool_call|>", '<|"|>'),
    needed=("<|tool_call>",),
    ends=("<turn|>", "<|tool_response>"),
    reasoning=(("<|channel>", "<channel|>"), *THINK),
    ends_reasoning=True,
    reasoning_block=("<|channel>thought\n", "\n<channel|>"),
    is_untyped=True,
    vllm=("gemma4",),
    sglang=("gemma4",),
)
FUNCTION_GEMMA = Format.of(
    "function_gemma",
    _FUNCTION_GEMMA,
    marks=("<start_function_call>", "<end_function_call>", "<escape>"),
    needed=("<start_function_call>",),
    ends=("<end_of_turn>", "<start_function_response>"),
    is_untyped=True,
    vllm=("functiongemma",),
)
