"""Calls as a name and pairs of keys and values, each between tags; texts are written as they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rewards.brief import brief
from rewards.limits import MAX_CALLS
from rewards.strict_json import is_unencodable, skip_space
from rewards.toolset import Toolset, tool_of
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks, with_bare
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.untyped import text_of, typed_call

_NAME = re.compile(r"\s*+([^\s<>{}\[\]]++)[^\S\n]*+")


@dataclass(frozen=True)
class PairBlocks:
    """One way to write calls as pairs.

    Args:
        call: the tag that begins a call.
        key, value: the tags that begin a key and its value; "" for a value that the end of its key begins.
        group: the tag before all calls of a completion; "" where each call is a block of its own.
        call_end, key_end, value_end: the tags that end them; "" for the closing tags of those that begin them.
        behind_name: what has to follow a tool's name.
        layout: what stands between the parts of calls.
        is_strict: servers take nothing between a key and its value, and no tag of a call inside of a value.
    """

    call: str
    key: str
    value: str
    group: str = ""
    call_end: str = ""
    key_end: str = ""
    value_end: str = ""
    behind_name: str = ""
    layout: str = "\n"
    is_strict: bool = False
    group_end: str = field(init=False, repr=False)
    _bare: Tags = field(init=False, repr=False)
    _group: Tags = field(init=False, repr=False)
    _inner: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        call_end = self.call_end or _closing(self.call)
        group_end = _closing(self.group)
        payload = re.compile(rf"\s*(?:[\[{{]|<function=|[^\s<>]+\s*{re.escape(self.behind_name or self.key)})")
        inner = filter(None, (self.key, self.value, call_end, group_end, self.call if self.is_strict else ""))
        derived = {
            "call_end": call_end,
            "key_end": self.key_end or _closing(self.key),
            "value_end": self.value_end or _closing(self.value),
            "group_end": group_end,
            "_bare": Tags(self.call, call_end, payload),
            "_group": Tags(self.group, group_end, re.compile(rf"\s*{re.escape(self.call)}")),
            "_inner": re.compile("|".join(map(re.escape, inner))),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that begin, part and end calls."""
        groups = (self.group, self.group_end)
        calls = (self.call, self.call_end, self.behind_name.strip())
        return tuple(filter(None, (*groups, *calls, self.key, self.key_end, self.value, self.value_end)))

    def find(self, text: str) -> int:
        """Return where the text first has a tag that begins calls; -1 where it does not."""
        return text.find(self.call[:-1])  # with which the tag of a group begins too

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls of every block, or of the only group of them; arguments are typed by the schemas."""
        if not self.group:
            return read_blocks(text, self._bare, lambda text, inside: self._block(text, inside, tools))
        calls = read_blocks(text, self._group, lambda text, inside: self._calls(text, inside, tools), is_single=True)
        return with_bare(calls, self._bare)

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls. A text that holds a tag cannot be told from the tag: no reader gets it back."""
        return self.layout.join(filter(None, (self.group, *map(self._written, calls), self.group_end)))

    def _written(self, call: ToolCall) -> str:
        parts = [f"{self.call}{call.name}{self.behind_name}"]
        for name, value in call.arguments.items():
            parts.append(f"{self.key}{name}{self.key_end}")
            parts.append(f"{self.value}{text_of(value)}{self.value_end}")
        return self.layout.join([*parts, self.call_end])

    def _block(self, text: str, inside: int, tools: Toolset | None) -> Block:
        call, position = self._call(text, inside, tools)
        return ParsedCompletion((call,)), position

    def _calls(self, text: str, inside: int, tools: Toolset | None) -> Block:
        calls: list[ToolCall] = []
        position = skip_space(text, inside)
        while text.startswith(self.call, position):
            if len(calls) == MAX_CALLS:
                raise MalformedCallError(f"more than {MAX_CALLS} calls")
            call, position = self._call(text, position + len(self.call), tools)
            calls.append(call)
            position = skip_space(text, position)
        if not calls or not text.startswith(self.group_end, position):
            raise MalformedCallError("a group of calls holds something else, or is not closed")
        return ParsedCompletion(tuple(calls)), position + len(self.group_end)

    def _call(self, text: str, inside: int, tools: Toolset | None) -> tuple[ToolCall, int]:
        match = _NAME.match(text, inside)
        if match is None or is_unencodable(match[1]):
            raise MalformedCallError("a call block does not begin with a name")
        name = match[1]
        if tools is not None and name not in tools:
            raise MalformedCallError(f"no tool is called {brief(name)}")  # servers drop the block
        if not text.startswith(self.behind_name, match.end()):
            raise MalformedCallError(f"{self.behind_name!r} does not follow the name of call {brief(name)}")
        texts: dict[str, str] = {}
        position = skip_space(text, match.end() + len(self.behind_name))
        while text.startswith(self.key, position):
            key, position = self._until(text, position + len(self.key), self.key_end, name)
            key = key.strip()
            position = position if self.is_strict else skip_space(text, position)
            if not text.startswith(self.value, position):
                raise MalformedCallError(f"argument {brief(key)} of call {brief(name)} has no value")
            value, position = self._until(text, position + len(self.value), self.value_end, name)
            if key in texts:
                raise MalformedCallError(f"call {brief(name)} gives argument {brief(key)} twice")
            texts[key] = value
            position = skip_space(text, position)
        if not text.startswith(self.call_end, position):
            raise MalformedCallError(f"the block of call {brief(name)} is not closed")
        return typed_call(name, texts, tool_of(tools, name), {}), position + len(self.call_end)

    def _until(self, text: str, start: int, closing: str, name: str) -> tuple[str, int]:
        end = text.find(closing, start)
        inside = text[start:end]
        if end < 0 or self._inner.search(inside):
            raise MalformedCallError(f"a tag of call {brief(name)} is not closed")
        if is_unencodable(inside):
            raise MalformedCallError("a lone surrogate in a string")
        return inside, end + len(closing)


def _closing(tag: str) -> str:
    return tag.replace("<", "</")
