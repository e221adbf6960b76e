"""Hermes and Qwen: each call is a JSON object inside `<tool_call>` tags, with text around the blocks."""

from collections.abc import Sequence

from rewards.limits import MAX_CALLS, MAX_TAGS
from rewards.strict_json import MalformedJsonError, decode_at, skip_space
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion, call_of, object_of, rendered_json

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_STRUCTURE = '{}()[]=:"<'


def is_spoken(text: str) -> bool:
    """Whether the text holds a tag of this format."""
    return OPEN in text


def parse(text: str) -> ParsedCompletion:
    """Every block of the text. A broken or unclosed block is malformed; a tag that prose mentions is text."""
    calls: list[ToolCall] = []
    reasons: list[str] = []
    said: list[str] = []
    malformed = position = tags = 0
    while (start := text.find(OPEN, position)) >= 0:
        tags += 1
        if len(calls) + malformed >= MAX_CALLS or tags > MAX_TAGS:
            malformed += text.count(OPEN, start)
            reasons.append(f"more than {MAX_CALLS} calls or {MAX_TAGS} tags")
            position = len(text)
            break
        said.append(text[position:start])
        inside = start + len(OPEN)
        try:
            call, position = _block(text, inside)
            calls.append(call)
        except (MalformedCallError, MalformedJsonError) as error:
            end, is_closed = _broken_block_end(text, inside)
            position = end
            if _is_mention(text, start, text[inside:end], is_closed):
                said.append(text[start:end])
            else:
                malformed += 1
                reasons.append(str(error))
                position = end + len(CLOSE) if is_closed else end
    said.append(text[position:])
    return ParsedCompletion(tuple(calls), malformed, "".join(said).strip(), tuple(reasons))


def render(calls: Sequence[ToolCall]) -> str:
    """The calls as a policy of this format writes them."""
    return "\n".join(f"{OPEN}\n{rendered_json(object_of(call))}\n{CLOSE}" for call in calls)


def _block(text: str, inside: int) -> tuple[ToolCall, int]:
    # The JSON is decoded before the closing tag is looked for: a string inside it may hold the tag's letters.
    begin = skip_space(text, inside)
    if not text.startswith("{", begin):
        raise MalformedCallError("a call block does not begin with a JSON object")
    value, end = decode_at(text, begin)
    end = skip_space(text, end)
    if not text.startswith(CLOSE, end):
        raise MalformedCallError("a call block is not closed after its JSON")
    return call_of(value), end + len(CLOSE)


def _broken_block_end(text: str, inside: int) -> tuple[int, bool]:
    following = text.find(OPEN, inside)
    limit = following if following >= 0 else len(text)
    close = text.find(CLOSE, inside, limit)
    return (close, True) if close >= 0 else (limit, False)


def _is_mention(text: str, start: int, payload: str, is_closed: bool) -> bool:
    head = payload.lstrip()[:1]
    if (head and head in "{[") or not text[:start].strip():
        return False
    line = text[text.rfind("\n", 0, start) + 1 : start].strip()
    stands_alone = not line or line.endswith(CLOSE)
    if stands_alone and (not payload.strip() or payload.lstrip(" \t\r")[:1] == "\n"):
        return False
    return not (is_closed and any(char in _STRUCTURE for char in payload))
