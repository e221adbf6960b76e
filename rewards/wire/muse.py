"""Muse Glimmer and Muse Spark: calls as elements, in messages that are addressed to tools.

    <|start|>assistant to=self<|message|>They ask for the weather.<|eom|>
    <|start|>assistant to=get_weather<|message|><atem:function_calls>
    <atem:invoke name="get_weather">
    <atem:parameter name="city">Paris</atem:parameter>
    </atem:invoke>
    </atem:function_calls><|eot|>

Every argument is read as JSON where it is that; by Muse Spark's server not where its schema says that it is a text.
Source: TRL's chat template of Muse Glimmer, and vLLM's and SGLang's parsers of the two.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from rewards.limits import MAX_CALLS
from rewards.toolset import Toolset, tool_of
from rewards.types import ToolCall
from rewards.wire.completion import ParsedCompletion, merged
from rewards.wire.format import Format
from rewards.wire.untyped import json_or_text, types_of
from rewards.wire.xml_blocks import XmlBlocks

_START, _MESSAGE = "<|start|>assistant", "<|message|>"
_ENDS = ("<|eom|>", "<|eot|>")
_HEADER = re.compile(r"(?:<\|start\|>\s*+assistant)?[^\S\n]*+(?:to=([\w.\-]++))?<\|message\|>")
_END = re.compile(rf"<\|eom\|>|<\|eot\|>|<\|start\|>|{_HEADER.pattern}")
_SIGN = re.compile(r"<\|start\|>\s*+assistant[^\S\n]++to=|[^\S\n]*+\bto=[\w.\-]++<\|message\|>")
_BLOCKS = XmlBlocks("<atem:function_calls>", '<atem:invoke name="{}">', '<atem:parameter name="{}">', holds_many=True)
_TEXT = frozenset({"string"})


@dataclass(frozen=True)
class _Messages:
    """How one of the two servers reads messages, by whom they are addressed to; None for nobody.

    Args:
        silent: what is read by none.
        spoken: what is text. A message to any other is one to a tool.
        keeps_texts: an argument that its schema says is a text is one.
    """

    silent: tuple[str | None, ...]
    spoken: tuple[str | None, ...]
    keeps_texts: bool

    def find(self, text: str) -> int:
        """Return where the text first has a message to somebody, or a block of calls; -1 where it has neither."""
        sign = _SIGN.search(text) if _MESSAGE in text else None
        return sign.start() if sign else text.find(_BLOCKS.opening)

    def parse(self, text: str, tools: Toolset | None = None) -> ParsedCompletion:
        """Return the calls in messages to tools. Where no message is left of decoding, all of the text is one."""
        if _HEADER.search(text) is None:
            return self._calls(text, tools)
        parts: list[ParsedCompletion] = []
        attempts = position = 0
        for header in islice(_HEADER.finditer(text), 2 * MAX_CALLS):
            parts.append(ParsedCompletion(text=text[position : header.start()]))
            end = _END.search(text, header.end())
            position = end.start() if end else len(text)
            message = self._message(header[1], text[header.end() : position], tools)
            parts.append(message)
            attempts += message.attempts
            if attempts > MAX_CALLS:
                break
            position += len(end[0]) if end and end[0] in _ENDS else 0
        parts.append(ParsedCompletion(text=text[position:]))
        return _limited(merged(parts, "\n".join(spoken for part in parts if (spoken := part.text.strip()))))

    def render(self, calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
        """Write a message to each tool, from where the chat template's own `<|start|>assistant` ends."""
        messages = [f" to={call.name}{_MESSAGE}{_BLOCKS.render([call], tools)}" for call in calls]
        return f"{_ENDS[0]}{_START}".join(messages)

    def _message(self, recipient: str | None, body: str, tools: Toolset | None) -> ParsedCompletion:
        if recipient in self.silent:
            return ParsedCompletion()
        if recipient in self.spoken:
            return ParsedCompletion(text=body)
        return self._calls(body, tools)

    def _calls(self, text: str, tools: Toolset | None) -> ParsedCompletion:
        parsed = _BLOCKS.parse(text)  # which leaves every argument a text
        return parsed._replace(calls=tuple(self._typed(call, tools) for call in parsed.calls))

    def _typed(self, call: ToolCall, tools: Toolset | None) -> ToolCall:
        name = _offered(call.name, tools)
        tool = tool_of(tools, name)
        arguments = dict(call.arguments)
        for key, text in arguments.items():
            is_text = self.keeps_texts and types_of(tool.properties.get(key), tool.parameters) == _TEXT
            arguments[key] = text if is_text else json_or_text(str(text))
        return ToolCall(name, arguments)


def _limited(parsed: ParsedCompletion) -> ParsedCompletion:
    """Return what was read with the calls that are too many as malformed."""
    excess = len(parsed.calls) - MAX_CALLS
    if excess <= 0:
        return parsed
    reasons = (*parsed.reasons, f"more than {MAX_CALLS} calls")
    return parsed._replace(calls=parsed.calls[:MAX_CALLS], malformed=parsed.malformed + excess, reasons=reasons)


def _offered(name: str, tools: Toolset | None) -> str:
    """Return the name of an offered tool that stands twice, as the chat template's `get_weather.*` asks for it."""
    first, _, second = name.partition(".")
    is_doubled = first == second and tools is not None and name not in tools and first in tools
    return first if is_doubled else name


def _format(name: str, messages: _Messages, **options: tuple[str, ...]) -> Format:
    return Format.of(
        name,
        messages,
        marks=(*_BLOCKS.marks, "<|start|>", _MESSAGE),
        inner=_BLOCKS.inner,
        ends=_ENDS,
        reasoning_block=(f" to=self{_MESSAGE}", f"{_ENDS[0]}{_START}"),
        is_untyped=True,
        **options,
    )


GLIMMER = _format(
    "muse_glimmer",
    _Messages(silent=("self",), spoken=(None, "user"), keeps_texts=False),
    vllm=("muse_glimmer",),
    sglang=("muse",),
)
SPARK = _format(
    "muse",
    _Messages(silent=(None, "self", "developer"), spoken=("user", "commentary"), keeps_texts=True),
    vllm=("muse", "musespark1x"),
)
