"""The bare JSON list of calls that a row's ground truth is written in; one bare call object is read too."""

from collections.abc import Sequence

from rewards.limits import MAX_CALLS
from rewards.strict_json import MalformedJsonError, decode
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion, call_of, object_of, rendered_json


def is_spoken(text: str) -> bool:
    """Whether the text is, or tries to be, a JSON list or object of calls and nothing else."""
    return text[:1] in ("[", "{") and '"name"' in text


def parse(text: str) -> ParsedCompletion:
    """The calls of a text that is one JSON list; anything else in JSON's clothes is one malformed call."""
    if not is_spoken(text):
        return ParsedCompletion(text=text)
    try:
        value = decode(text)
    except MalformedJsonError as error:
        return ParsedCompletion(malformed=1, reasons=(str(error),))
    calls: list[ToolCall] = []
    reasons: list[str] = []
    items = value if isinstance(value, list) else [value]
    for item in items[:MAX_CALLS]:
        try:
            calls.append(call_of(item))
        except MalformedCallError as error:
            reasons.append(str(error))
    malformed = len(items) - len(calls)
    return ParsedCompletion(tuple(calls), malformed, "", tuple(reasons))


def render(calls: Sequence[ToolCall]) -> str:
    """The calls as one JSON list."""
    return rendered_json([object_of(call) for call in calls])
