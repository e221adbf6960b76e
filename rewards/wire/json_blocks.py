"""Formats whose calls are JSON after a mark: one object or one list of calls, with or without a closing mark."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rewards.limits import MAX_CALLS
from rewards.strict_json import Json, decode, decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import JSON_CALL, CallShape, MalformedCallError, ParsedCompletion, calls_of
from rewards.wire.escape import rendered_json

_PAYLOAD = re.compile(r"\s*+(?:\{|\[(?!unused))")  # one mark behind another names a pair of them


@dataclass(frozen=True)
class JsonBlocks:
    """One way to write calls as JSON.

    Args:
        opening: the mark before the JSON.
        closing: the mark after it. Servers look for it first, so that inside a string it ends the block too; empty
            where the format has none, so that the JSON ends the block.
        holds: what stands between the marks: an `object`, a `list` of objects, or `lines` of objects.
        shape: how an object gives a call's name and its arguments.
        is_single: a completion has one block only; in a second one every call is malformed.
        is_last: nothing may follow a block.
        padding: what stands between a mark and the JSON.
    """

    opening: str
    closing: str = ""
    holds: str = "object"
    shape: CallShape = JSON_CALL
    is_single: bool = False
    is_last: bool = False
    padding: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that begin and end calls."""
        return (self.opening, self.closing) if self.closing else (self.opening,)

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls of every block. A broken or unclosed block is malformed; a mark that prose names is text."""
        parsed = read_blocks(text, self._tags, self._block, self.is_single)
        if self.is_last and parsed.malformed:
            return parsed._replace(calls=(), malformed=parsed.attempts)
        return parsed

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls, all of them into one block where it holds a list."""
        objects = [self.shape.written(call) for call in calls]
        if self.holds == "list":
            return self._wrapped(rendered_json(objects))
        if self.holds == "lines":
            return self._wrapped("\n".join(map(rendered_json, objects)))
        return "\n".join(self._wrapped(rendered_json(item)) for item in objects)

    @cached_property
    def _tags(self) -> Tags:
        return Tags(self.opening, self.closing, _PAYLOAD)

    def _wrapped(self, payload: str) -> str:
        return f"{self.opening}{self.padding}{payload}{self.padding if self.closing else ''}{self.closing}"

    def _block(self, text: str, inside: int) -> Block:
        if self.closing:
            end = text.find(self.closing, inside)
            if end < 0:
                raise MalformedCallError("a call block is not closed after its JSON")
            payload = text[inside:end]
            value = _decoded_lines(payload) if self.holds == "lines" else decode(payload)
            end += len(self.closing)
        else:
            value, end = decode_at(text, skip_space(text, inside))
        if self.is_last and skip_space(text, end) < len(text):
            raise MalformedCallError("text follows a call that servers read to the end of the turn")
        if self.holds == "object":
            return ParsedCompletion((self.shape.call(value),)), end
        if not isinstance(value, list) or not value:
            raise MalformedCallError("a call block does not hold a JSON list of calls")
        return calls_of(value, self.shape.call), end


def _decoded_lines(payload: str) -> list[Json]:
    items: list[Json] = []
    position = skip_space(payload, 0)
    while position < len(payload):
        if len(items) == MAX_CALLS:
            raise MalformedCallError(f"more than {MAX_CALLS} calls")
        value, position = decode_at(payload, position)
        items.append(value)
        position = skip_space(payload, position)
    if not items:
        raise MalformedCallError("a call block holds nothing")
    return items
