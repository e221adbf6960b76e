"""Formats with a section of calls between special tokens, each call a name, a token and its arguments as JSON."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rewards.brief import brief
from rewards.limits import MAX_CALLS
from rewards.strict_json import MalformedJsonError, decode_at, is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, first_of, read_blocks, with_bare
from rewards.wire.completion import MalformedCallError, ParsedCompletion


@dataclass(frozen=True)
class Sections:
    """One way to write a section of calls.

    Args:
        section, section_end: the tokens around all calls; "" where none ends them but the turn's own.
        call, call_end: the tokens around each.
        heads: patterns of what stands between the token that begins a call and its arguments, with a group for the
            tool's name, each with what follows the arguments.
        write: return what stands between a call's two tokens, given the call and its place.
        between: what stands between two calls.
    """

    section: str
    section_end: str
    call: str
    call_end: str
    heads: tuple[tuple[re.Pattern[str], str], ...]
    write: Callable[[ToolCall, int], str]
    between: str = ""
    _tags: Tags = field(init=False, repr=False)
    _bare: Tags = field(init=False, repr=False)

    def __post_init__(self) -> None:
        payload = re.compile(rf"\s*{re.escape(self.call)}")
        object.__setattr__(self, "_tags", Tags(self.section, self.section_end, payload))
        bare = "|".join(rf"(?:{head.pattern})" for head, _ in self.heads)
        object.__setattr__(self, "_bare", Tags(self.call, self.call_end, re.compile(bare)))

    def find(self, text: str) -> int:
        """Return where the text first has a token that begins a section or a call; -1 where it does not."""
        return first_of(text, self.section, self.call)

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return every call of every section. A call outside of a section is malformed, as is a broken one."""
        return with_bare(read_blocks(text, self._tags, self._block), self._bare)

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write the calls as one section."""
        blocks = [f"{self.call}{self.write(call, place)}{self.call_end}" for place, call in enumerate(calls)]
        return f"{self.section}{self.between.join(blocks)}{self.section_end}"

    def _block(self, text: str, inside: int) -> Block:
        calls: list[ToolCall] = []
        reasons: list[str] = []
        malformed = 0
        position = skip_space(text, inside)
        if not text.startswith(self.call, position):
            raise MalformedCallError("a section of calls does not begin with a call")
        while text.startswith(self.call, position):
            if len(calls) + malformed == MAX_CALLS:
                raise MalformedCallError(f"more than {MAX_CALLS} calls")
            inside = position + len(self.call)
            try:
                call, position = self._call(text, inside)
                calls.append(call)
            except (MalformedCallError, MalformedJsonError) as error:
                malformed += 1
                reasons.append(str(error))
                position = self._next_tag(text, inside)
            position = skip_space(text, position)
        if text.startswith(self.section_end, position):
            return ParsedCompletion(tuple(calls), malformed, "", tuple(reasons)), position + len(self.section_end)
        reasons.append("a section of calls is not closed")
        return ParsedCompletion(tuple(calls), malformed + 1, "", tuple(reasons)), position

    def _call(self, text: str, inside: int) -> tuple[ToolCall, int]:
        end = text.find(self.call_end, inside)
        payload = text[inside:end]
        heads = ((head.match(payload), tail) for head, tail in self.heads)
        match, tail = next(((match, tail) for match, tail in heads if match is not None), (None, ""))
        if end < 0 or match is None or is_unencodable(match[1]):
            raise MalformedCallError("a call does not begin with a name, or is not closed")
        name, body = match[1], payload[match.end() :]
        if not body.endswith(tail) or not body.lstrip().startswith("{"):
            raise MalformedCallError(f"arguments of call {brief(name)} are not an object, or not closed")
        body = body.removesuffix(tail).strip()
        arguments, stop = decode_at(body, 0)
        if stop != len(body):
            raise MalformedCallError(f"text follows the arguments of call {brief(name)}")
        return ToolCall(name, arguments), end + len(self.call_end)

    def _next_tag(self, text: str, start: int) -> int:
        tags = filter(None, (self.call, self.section_end, self.section))
        ends = [text.find(tag, start) for tag in tags]
        return min((end for end in ends if end >= 0), default=len(text))
