"""Calls as elements, each argument plain text between tags, so that its type comes from the tool's schema."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rewards.brief import brief
from rewards.limits import MAX_CALLS
from rewards.strict_json import Json, is_unencodable, skip_space
from rewards.toolset import Tool, Toolset, tool_of
from rewards.types import ToolCall
from rewards.wire import nested_elements
from rewards.wire.blocks import Block, Tags, read_blocks, with_bare
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.untyped import json_or_text, text_of, typed_call

_NAME = r"((?!/)[^\s<>\"]++)"
_PARAMETER_NAME = r"((?!/)[^\s<>\"]++(?: ++[^\s<>\"]++)*+)"  # such as `Customer ID`
_OPENING_TAG = re.compile(r"<([^<>=]+?)(?: \w+=[^<>]*|=[^<>]*)?>\Z")


@dataclass(frozen=True)
class XmlBlocks:
    """One way to write calls as elements; `{}` in a tag stands for the name of the tool or the parameter.

    Args:
        opening: the mark before the calls.
        call: the tag that begins a call.
        parameter: the tag that begins an argument. A second `{}` is `true` for a text and `false` for JSON, where the
            format tells one from the other.
        closing: the mark behind the calls; "" for the closing tag of `opening`.
        holds_many: the marks are written around all calls, not around each. Servers read several inside either way.
        lead, tail: what precedes and follows each call's element inside the marks, such as tokens around it.
        padding: line breaks that the writer puts around a value and the reader takes off, at most one on each side.
        trims: the reader takes all white space off a value's ends.
        wrappers: names of one argument whose members servers take for the arguments, where the tool has no such
            parameter.
        layout: what stands between elements.
        nests: lists and objects are written as elements inside of a parameter's.
    """

    opening: str
    call: str
    parameter: str
    closing: str = ""
    holds_many: bool = False
    lead: str = ""
    tail: str = ""
    padding: str = ""
    trims: bool = False
    wrappers: tuple[str, ...] = ()
    layout: str = "\n"
    nests: bool = False
    call_end: str = field(init=False, repr=False)
    parameter_end: str = field(init=False, repr=False)
    _tags: Tags = field(init=False, repr=False)
    _bare: Tags = field(init=False, repr=False)
    _first_bare: re.Pattern[str] = field(init=False, repr=False)
    _call_tag: re.Pattern[str] = field(init=False, repr=False)
    _parameter_tag: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        before, after = map(re.escape, self.call.split("{}"))
        lead = re.escape(self.lead)
        bare_name = _NAME.replace('"', "\"'") + after.replace('"', "[\"']")
        closing, call_end = self.closing or _closing_tag(self.opening), _closing_tag(self.call)
        bare = Tags(_start(self.call).rstrip('"'), call_end, re.compile(rf"[\"']?{bare_name}\s*(?:<|\Z)"))
        derived = {
            "closing": closing,
            "call_end": call_end,
            "parameter_end": _closing_tag(self.parameter),
            "_tags": Tags(self.opening, closing, re.compile(rf"\s*(?:{lead or before}|[\[{{])")),
            "_bare": bare,
            "_first_bare": re.compile(re.escape(bare.opening) + bare.payload.pattern),
            "_call_tag": re.compile(f"{lead}{before}{_NAME}{after}"),
            "_parameter_tag": re.compile(_pattern_of(self.parameter)),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that begin and end calls."""
        return (self.opening, self.closing)

    @property
    def inner(self) -> tuple[str, ...]:
        """Texts at which a reader parts a call."""
        return tuple(map(_start, (self.call, self.call_end, self.parameter, self.parameter_end)))

    def find(self, text: str) -> int:
        """Return where the text first has the mark before calls, or else a call without it; -1 for neither."""
        marked = text.find(self.opening)
        if marked >= 0 or self._bare.opening not in text:
            return marked
        bare = self._first_bare.search(text)
        return bare.start() if bare else -1

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls of every block, arguments typed by the schemas. A broken or unclosed block is malformed.

        So is an element of a call outside of any block.
        """
        parsed = read_blocks(text, self._tags, lambda text, inside: self._block(text, inside, tools))
        return with_bare(parsed, self._bare)

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls. A text that holds a closing tag cannot be told from the tag: no reader gets it back."""
        written = [self._written(call, tool_of(tools, call.name)) for call in calls]
        if self.holds_many:
            return self.layout.join([self.opening, *written, self.closing])
        return "\n".join(self.layout.join([self.opening, item, self.closing]) for item in written)

    def _written(self, call: ToolCall, tool: Tool) -> str:
        parameters = [self._written_parameter(name, value, tool) for name, value in call.arguments.items()]
        return self.layout.join([self.lead + self.call.format(call.name), *parameters, self.call_end + self.tail])

    def _written_parameter(self, name: str, value: Json, tool: Tool) -> str:
        if self.nests:
            inside = nested_elements.written(value, name, tool, self.parameter, self.parameter_end)
            return f"{self.parameter.format(name)}{inside}{self.parameter_end.format(name)}"
        tag = self.parameter.format(name, "true" if isinstance(value, str) else "false")
        return f"{tag}{self.padding}{text_of(value)}{self.padding}{self.parameter_end.format(name)}"

    def _block(self, text: str, inside: int, tools: Toolset | None) -> Block:
        calls: list[ToolCall] = []
        errors: list[MalformedCallError] = []
        position = skip_space(text, inside)
        while not text.startswith(self.closing, position) or not calls:
            if len(calls) + len(errors) == MAX_CALLS:
                raise MalformedCallError(f"more than {MAX_CALLS} calls")
            try:
                call, position = self._call(text, position, tools)
                calls.append(call)
            except MalformedCallError as error:
                errors.append(error)
                position = self._end_of_broken_call(text, position, errors[0])
            position = skip_space(text, position)
        parsed = ParsedCompletion(tuple(calls), len(errors), "", tuple(map(str, errors)))
        return parsed, position + len(self.closing)

    def _end_of_broken_call(self, text: str, begin: int, error: MalformedCallError) -> int:
        """Return the index after a broken call of a block, whose other calls servers hand over.

        Raises:
            MalformedCallError: the block ends before the call does, or does not end; the error that is given.
        """
        end_tag = self.call_end + self.tail
        end = text.find(end_tag, begin)
        if end < 0 or self.closing in text[begin:end]:
            raise error
        return end + len(end_tag)

    def _call(self, text: str, position: int, tools: Toolset | None) -> tuple[ToolCall, int]:
        head = self._call_tag.match(text, position)
        if head is None or is_unencodable(head[1]):
            raise MalformedCallError(f"no {self.call} where a call is due")
        name, position = head[1], skip_space(text, head.end())
        texts: dict[str, str] = {}
        elements: dict[str, nested_elements.Element] = {}
        is_json: dict[str, bool] = {}
        while tag := self._parameter_tag.match(text, position):
            if tag[1] in is_json:
                raise MalformedCallError(f"call {brief(name)} gives parameter {brief(tag[1])} twice")
            if self.nests:
                elements[tag[1]], position = self._element(text, tag)
            else:
                texts[tag[1]], position = self._value(text, tag)
            is_json[tag[1]] = tag[0].endswith('="false">')
            position = skip_space(text, position)
        for end in (self.call_end, self.tail):
            position = skip_space(text, position) if end else position
            if not text.startswith(end, position):
                raise MalformedCallError(f"call {brief(name)} is not closed after its parameters")
            position += len(end)
        tool = tool_of(tools, name)
        if self.nests:
            return nested_elements.typed_call(name, elements, tool), position
        tells_texts = self._parameter_tag.groups > 1
        call = typed_call(name, texts, tool, is_json if tells_texts else {})
        return self._unwrapped(call, tool), position

    def _unwrapped(self, call: ToolCall, tool: Tool) -> ToolCall:
        wrapper = next(iter(call.arguments), "")
        if len(call.arguments) != 1 or wrapper not in self.wrappers or wrapper in tool.properties:
            return call
        inner = call.arguments[wrapper]
        inner = json_or_text(inner) if isinstance(inner, str) else inner
        is_whole = isinstance(inner, dict) and tool.properties and inner.keys() <= tool.properties.keys()
        return ToolCall(call.name, inner) if is_whole else call

    def _element(self, text: str, tag: re.Match[str]) -> tuple[nested_elements.Element, int]:
        element, end = nested_elements.read(text, tag.end(), self._parameter_tag, self.parameter_end)
        closing = self.parameter_end.format(tag[1])
        if not text.startswith(closing, end):
            raise MalformedCallError(f"parameter {brief(tag[1])} is not closed")
        if is_unencodable(text[tag.start() : end]):
            raise MalformedCallError("a lone surrogate in a string")
        return element, end + len(closing)

    def _value(self, text: str, tag: re.Match[str]) -> tuple[str, int]:
        closing = self.parameter_end.format(tag[1])
        end = text.find(closing, tag.end())
        value = text[tag.end() : end]
        if end < 0 or self.inner[2] in value or self.call_end in value:
            raise MalformedCallError(f"parameter {brief(tag[1])} is not closed")
        if is_unencodable(value) or is_unencodable(tag[1]):
            raise MalformedCallError("a lone surrogate in a string")
        if self.padding:
            value = value.removeprefix(self.padding).removesuffix(self.padding)
        return value.strip() if self.trims else value, end + len(closing)


def _start(tag: str) -> str:
    return tag.partition("{}")[0]


def _closing_tag(tag: str) -> str:
    return _OPENING_TAG.sub(r"</\1>", tag)


def _pattern_of(tag: str) -> str:
    before, *after = map(re.escape, tag.split("{}"))
    return before + _PARAMETER_NAME + "(true|false)".join(after)
