"""The bare JSON list of calls that a row's ground truth is written in; one bare call object is read too."""

from collections.abc import Sequence

from rewards.strict_json import MalformedJsonError, decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import calls_of
from rewards.wire.completion import MESSAGE_CALL, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format


def find(text: str) -> int:
    """Return 0 where the text is, or tries to be, a JSON list or object of calls; -1 where it does not."""
    return 0 if text[:1] in ("[", "{") and '"name"' in text else -1


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of a text that is one JSON list; any other JSON is one malformed call."""
    if find(text) < 0:
        return ParsedCompletion(text=text)
    try:
        value, end = decode_at(text, 0)
    except MalformedJsonError as error:
        return ParsedCompletion(malformed=1, reasons=(str(error),))
    end = skip_space(text, end)
    if end != len(text):
        return ParsedCompletion(malformed=1, text=text[end:], reasons=("text follows the JSON value",))
    calls, _, malformed, reasons = calls_of(value if isinstance(value, list) else [value], end, MESSAGE_CALL)
    return ParsedCompletion(calls, malformed, "", reasons)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls as one JSON list."""
    return rendered_json([MESSAGE_CALL.written(call) for call in calls])


FORMAT = Format("json", find, parse, render)
