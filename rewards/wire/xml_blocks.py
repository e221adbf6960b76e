"""Formats that write each argument as plain text between tags, so that its type comes from the tool's schema."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.limits import MAX_CALLS
from rewards.strict_json import is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks, with_bare
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.untyped import json_or_text, text_of, typed_call

Tag = tuple[str, str, str]
"""An element: what stands before its name, what after its name, and what closes it."""

_NAME = re.compile(r"[^<>\s\"]+")


@dataclass(frozen=True)
class XmlBlocks:
    """One way to write calls as elements.

    Args:
        opening, closing: the marks around the calls.
        call: the element of a call.
        parameter: the element of an argument.
        holds_many: the marks stand around all calls, not around each.
        lead: what precedes each call's element inside the marks, such as DeepSeek's token that begins a call.
        tail: what follows it.
        padding: line breaks that the writer puts around a value and the reader takes off, at most one on each side.
        trims: the reader takes all white space off a value's ends.
        reads_json: every argument is read as JSON where it is that, whatever the schema says.
        text_parameter: the element of an argument that is a text, where the format tells texts from other values.
        layout: what stands between elements.
    """

    opening: str
    closing: str
    call: Tag
    parameter: Tag
    holds_many: bool = False
    lead: str = ""
    tail: str = ""
    padding: str = ""
    trims: bool = False
    reads_json: bool = False
    text_parameter: Tag | None = None
    layout: str = "\n"
    _tags: Tags = field(init=False, repr=False)
    _bare: Tags = field(init=False, repr=False)

    def __post_init__(self) -> None:
        payload = rf"\s*(?:{re.escape(self.lead or self.call[0])}|[\[{{])"
        object.__setattr__(self, "_tags", Tags(self.opening, self.closing, re.compile(payload)))
        bare = re.compile(rf"[^\s<>\"]+{re.escape(self.call[1])}\s*(?:<|\Z)")
        object.__setattr__(self, "_bare", Tags(self.call[0], self.call[2], bare))

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that begin and end calls."""
        return (self.opening, self.closing)

    @property
    def inner(self) -> tuple[str, ...]:
        """Texts at which a reader parts a call."""
        return (self.call[0], self.call[2], self.parameter[0], self.parameter[2])

    def find(self, text: str) -> int:
        """Return where the text first has the opening mark; -1 where it does not."""
        return text.find(self.opening)

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls of every block, arguments typed by the schemas. A broken or unclosed block is malformed.

        So is an element of a call outside of any block.
        """
        parsed = read_blocks(text, self._tags, lambda text, inside: self._block(text, inside, tools))
        return with_bare(parsed, self._bare)

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls. A text that holds a closing tag cannot be told from the tag: no reader gets it back."""
        written = [self._written(call) for call in calls]
        if self.holds_many:
            return self.layout.join([self.opening, *written, self.closing])
        return "\n".join(self.layout.join([self.opening, item, self.closing]) for item in written)

    def _written(self, call: ToolCall) -> str:
        before, after, end = self.call
        parameters = [self._written_parameter(name, value) for name, value in call.arguments.items()]
        return self.layout.join([f"{self.lead}{before}{call.name}{after}", *parameters, f"{end}{self.tail}"])

    def _written_parameter(self, name: str, value: Any) -> str:
        element = self.text_parameter if self.text_parameter and isinstance(value, str) else self.parameter
        before, after, end = element
        return f"{before}{name}{after}{self.padding}{text_of(value)}{self.padding}{end}"

    def _block(self, text: str, inside: int, tools: Toolset | None) -> Block:
        calls: list[ToolCall] = []
        position = skip_space(text, inside)
        while not text.startswith(self.closing, position) or not calls:
            if len(calls) == (MAX_CALLS if self.holds_many else 1):
                raise MalformedCallError("a call block is not closed after its calls")
            call, position = self._call(text, position, tools)
            calls.append(call)
            position = skip_space(text, position)
        return tuple(calls), position + len(self.closing), 0, ()

    def _call(self, text: str, position: int, tools: Toolset | None) -> tuple[ToolCall, int]:
        before, after, end = self.call
        name, position = _name(text, position, self.lead + before, after)
        tool = tools.get(name) if tools is not None else None
        texts: dict[str, str] = {}
        is_json: dict[str, bool] = {}
        position = skip_space(text, position)
        while text.startswith(self.parameter[0], position):
            is_text = self.text_parameter is not None and _has_name(text, position, self.text_parameter)
            key, value, position = self._parameter(text, position, is_text)
            if key in texts:
                raise MalformedCallError(f"call {name[:60]!r} gives parameter {key[:60]!r} twice")
            texts[key] = value
            is_json[key] = not is_text
            position = skip_space(text, position)
        if not text.startswith(end, position):
            raise MalformedCallError(f"call {name[:60]!r} is not closed after its parameters")
        position += len(end)
        if self.tail:
            position = skip_space(text, position)
            if not text.startswith(self.tail, position):
                raise MalformedCallError(f"call {name[:60]!r} is not closed after its parameters")
            position += len(self.tail)
        if self.reads_json:
            return ToolCall(name, {key: json_or_text(value) for key, value in texts.items()}), position
        return typed_call(name, texts, tool, is_json if self.text_parameter else None), position

    def _parameter(self, text: str, position: int, is_text: bool) -> tuple[str, str, int]:
        before, after, closing = self.text_parameter if is_text and self.text_parameter else self.parameter
        key, start = _name(text, position, before, after)
        end = text.find(closing, start)
        value = text[start:end]
        if end < 0 or before in value or self.call[2] in value:
            raise MalformedCallError(f"parameter {key[:60]!r} is not closed")
        if is_unencodable(value):
            raise MalformedCallError("a lone surrogate in a string")
        if self.padding:
            value = value.removeprefix(self.padding).removesuffix(self.padding)
        return key, value.strip() if self.trims else value, end + len(closing)


def _has_name(text: str, position: int, tag: Tag) -> bool:
    match = _NAME.match(text, position + len(tag[0]))
    return match is not None and text.startswith(tag[1], match.end())


def _name(text: str, position: int, before: str, after: str) -> tuple[str, int]:
    if not text.startswith(before, position):
        raise MalformedCallError(f"no {before[:60]} where a call is due")
    match = _NAME.match(text, position + len(before))
    if match is None or is_unencodable(match[0]) or not text.startswith(after, match.end()):
        raise MalformedCallError("a tag without a name")
    return match[0], match.end() + len(after)
