"""Formats whose calls are Python between two marks: a list, or lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.python_calls import read_lines, read_list, write_lines, write_list


@dataclass(frozen=True)
class PythonBlocks:
    """One way to write calls as Python between marks.

    Args:
        opening, closing: the marks.
        is_list: a list of calls stands between them, and not one call on each line.
        may_print: a call on a line may stand inside of `print(...)`.
        padding: what stands between a mark and the calls.
    """

    opening: str
    closing: str
    is_list: bool = False
    may_print: bool = False
    padding: str = ""
    _tags: Tags = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tags", Tags(self.opening, self.closing, re.compile(r"\s*\[?\s*[^\W\d][\w.\-]*\(")))

    def find(self, text: str) -> int:
        """Return where the text first has the opening mark; -1 where it does not."""
        return text.find(self.opening)

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls of the first block; those of any further one are malformed."""
        seen: list[int] = []

        def block(text: str, inside: int) -> Block:
            calls, end = self._calls(text, inside)
            seen.append(inside)
            if len(seen) > 1:
                return (), end, len(calls), ("a second block of calls",)
            return tuple(calls), end, 0, ()

        return read_blocks(text, self._tags, block)

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls in one block."""
        payload = write_list(calls) if self.is_list else write_lines(calls)
        return f"{self.opening}{self.padding}{payload}{self.padding}{self.closing}"

    def _calls(self, text: str, inside: int) -> tuple[list[ToolCall], int]:
        end = text.find(self.closing, inside)
        if end < 0:
            raise MalformedCallError("a block of calls is not closed")
        payload = text[inside:end]
        if not self.is_list:
            return read_lines(payload, self.may_print), end + len(self.closing)
        calls, stop = read_list(payload, 0)
        if stop != len(payload):
            raise MalformedCallError("text follows the list of calls")
        return calls, end + len(self.closing)
