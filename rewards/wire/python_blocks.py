"""Formats whose calls are Python between two marks: a list, or lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.python_calls import read_lines, read_list, write

_PAYLOAD = re.compile(r"\s*\[?\s*[^\W\d][\w.\-]*\(")


@dataclass(frozen=True)
class PythonBlocks:
    """One way to write calls as Python between marks.

    Args:
        opening, closing: the marks.
        is_list: a list of calls stands between them, and not one call after the other.
        may_print: a call may stand inside of `print(...)`.
        takes_line_breaks: servers read line breaks inside of a list's strings, as the models write them.
        is_by_line: servers read line by line, so that a call has no line break.
        padding: what stands between a mark and the calls.
    """

    opening: str
    closing: str
    is_list: bool = False
    may_print: bool = False
    takes_line_breaks: bool = False
    is_by_line: bool = False
    padding: str = ""

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls of the first block; those of any further one are malformed."""
        return read_blocks(text, Tags(self.opening, self.closing, _PAYLOAD), self._block, is_single=True)

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls in one block."""
        return f"{self.opening}{self.padding}{write(calls, self.is_list)}{self.padding}{self.closing}"

    def _block(self, text: str, inside: int) -> Block:
        end = text.find(self.closing, inside)
        if end < 0:
            raise MalformedCallError("a block of calls is not closed")
        payload = text[inside:end]
        if self.is_list:
            calls, stop = read_list(payload, 0, self.takes_line_breaks)
            if stop != len(payload):
                raise MalformedCallError("text follows the list of calls")
        else:
            calls = read_lines(payload, self.may_print)
            if self.is_by_line and len([line for line in payload.splitlines() if line.strip()]) != len(calls):
                raise MalformedCallError("a call with a line break")
        return ParsedCompletion(tuple(calls)), end + len(self.closing)
