"""What a wire format is: the record that each format's module ends with, and that `formats.FORMATS` lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import ParsedCompletion

THINK = (("<think>", "</think>"), ("<thinking>", "</thinking>"))
"""How most chat templates mark reasoning."""


class Blocks(Protocol):
    """Calls in blocks, in one of the ways that several formats share.

    They may have `find`, `marks` and `inner` too. Without `find`, the format begins with `opening`.
    """

    def parse(self, text: str, tools: Toolset | None) -> ParsedCompletion:
        """Read calls as `Format.parse` does."""

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None) -> str:
        """Write calls as `Format.render` does."""


@dataclass(frozen=True)
class Format:
    """One wire format.

    Args:
        name: what `wire=` takes.
        find: return where a text without reasoning first uses the format, -1 where it does not; cheap, for `auto`.
        parse: return the calls in a text without reasoning; formats without types take them from tools. Never raises.
        render: write calls as a policy of this format does; `parse` reads them back, given the same tools.
        marks: texts that begin, part and end calls. A tokenizer may hold them as special tokens, so that decoding
            without those loses them; no format writes them inside an argument of JSON.
        needed: marks without one of which servers show a call as text, though `parse` reads what is left of it where
            they were lost in decoding; only `auto` takes that for a call.
        inner: further texts at which a reader parts a call, which are no tokens; escaped as the marks are.
        ends: texts that end a turn; they are taken off the end of a completion.
        reasoning: pairs of texts that open and close reasoning.
        ends_reasoning: reasoning that nothing closes ends where the first of the marks stands, as servers read it.
        reasoning_block: what a policy writes before and behind its reasoning.
        beside: how it writes a text before calls; `{}` stands for the text.
        results: the role of a message with what tools answered, and what stands before and behind each answer in it:
            for chat templates that have no place for answers.
        is_untyped: the format writes every argument as plain text, so that types come from the tools' schemas.
        is_one_call: models write one call in a completion, and servers read one.
        is_unmarked: nothing but its calls marks the format; `auto` reads it only where it calls tools that are offered.
        vllm: names of vLLM's tool parsers that read the format; none where it has none.
        sglang: the same of SGLang's.
    """

    name: str
    find: Callable[[str], int]
    parse: Callable[[str, Toolset | None], ParsedCompletion]
    render: Callable[[Sequence[ToolCall], Toolset | None], str]
    marks: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    reasoning: tuple[tuple[str, str], ...] = THINK
    ends_reasoning: bool = False
    reasoning_block: tuple[str, str] = ("<think>\n", "\n</think>\n\n")
    beside: str = "{}\n"
    results: tuple[str, str, str] = ("user", "<tool_response>\n", "\n</tool_response>")
    is_untyped: bool = False
    is_one_call: bool = False
    is_unmarked: bool = False
    vllm: tuple[str, ...] = ()
    sglang: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, blocks: Blocks, **options: Any) -> "Format":
        """Describe a format whose calls stand in blocks; what the options do not say is as the blocks have it."""
        for member in ("find", "parse", "render", "marks", "inner"):
            if hasattr(blocks, member):
                options.setdefault(member, getattr(blocks, member))
        opening = getattr(blocks, "opening", "")
        options.setdefault("find", lambda text: text.find(opening))
        return cls(name, **options)
