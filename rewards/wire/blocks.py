"""Call blocks that begin with a tag: each is found, and a broken one is told from a tag that prose mentions."""

import re
from collections.abc import Callable
from typing import NamedTuple

from rewards.limits import MAX_CALLS, MAX_TAGS
from rewards.strict_json import MalformedJsonError, skip_space
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion, merged

_JSON_ENDS = ("}", "]")
_STRUCTURE = '{}()[]=:"<'


class Tags(NamedTuple):
    """What marks a block.

    Args:
        opening: the tag that begins a block.
        closing: the tag that ends it; empty where the format has none.
        payload: how what follows the opening tag begins where it is meant as a call, white space before it allowed.
    """

    opening: str
    closing: str
    payload: re.Pattern[str]


Block = tuple[ParsedCompletion, int]
"""What one block holds, and the index after it."""


def first_of(text: str, *marks: str) -> int:
    """Return where the first of some marks stands in a text; -1 where none does."""
    first = -1
    for mark in marks:  # a loop is three times as quick as a generator, and `auto` asks for many formats
        at = text.find(mark)
        if 0 <= at < first or first < 0:
            first = at
    return first


def read_blocks(text: str, tags: Tags, read: Callable[[str, int], Block], is_single: bool = False) -> ParsedCompletion:
    """Read every block of a text. A broken or unclosed one is malformed; a tag that prose mentions is text.

    Args:
        text: without reasoning.
        tags: what marks a block.
        read: return the block whose opening tag ends at an index. Raises MalformedCallError or MalformedJsonError
            where there is none, whatever follows.
        is_single: servers read one block only; in a second one every call is malformed.
    """
    calls: list[ToolCall] = []
    reasons: list[str] = []
    texts: list[str] = []
    malformed = position = seen = 0
    is_first = True
    opening = tags.opening
    while (start := text.find(opening, position)) >= 0:
        seen += 1
        if len(calls) + malformed >= MAX_CALLS or seen > MAX_TAGS:
            malformed += text.count(opening, start)
            reasons.append(f"more than {MAX_CALLS} calls or {MAX_TAGS} tags")
            position = len(text)
            break
        texts.append(text[position:start])
        inside = start + len(opening)
        try:
            block, position = read(text, inside)
        except (MalformedCallError, MalformedJsonError) as error:
            position, is_closed = _broken_block_end(text, tags, inside)
            if _is_mention(text, tags, start, text[inside:position], is_closed):
                texts.append(text[start:position])
                continue
            malformed += 1
            reasons.append(str(error))
            position += len(tags.closing) if is_closed else 0
            continue
        if is_first or not is_single:
            calls += block.calls
            malformed += block.malformed
            reasons += block.reasons
        else:
            malformed += block.attempts
            reasons += (*block.reasons, "a second block of calls")
        is_first = False
    texts.append(text[position:])
    return ParsedCompletion(tuple(calls), malformed, "".join(texts).strip(), tuple(reasons))


def read_only_calls(text: str, read: Callable[[str, int], tuple[ToolCall, int]]) -> ParsedCompletion:
    """Return the calls of a text that is to be nothing but calls; where it is more, all of them are malformed.

    Args:
        text: one call after the other, white space between them allowed.
        read: return the call that begins at an index, and the index after it; raises as a block's reader does.
    """
    calls: list[ToolCall] = []
    position = 0
    try:
        while position < len(text):
            if len(calls) == MAX_CALLS:
                raise MalformedCallError(f"more than {MAX_CALLS} calls")
            call, position = read(text, position)
            calls.append(call)
            position = skip_space(text, position)
    except (MalformedCallError, MalformedJsonError) as error:
        return ParsedCompletion((), len(calls) + 1, text[position:], (str(error),))
    return ParsedCompletion(tuple(calls))


def with_bare(parsed: ParsedCompletion, bare: Tags) -> ParsedCompletion:
    """Return what was read with the calls that stand outside of any block, each of them malformed."""
    if bare.opening not in parsed.text:
        return parsed

    def outside(text: str, inside: int) -> Block:
        raise MalformedCallError("a call outside of a block of calls")

    bare_calls = read_blocks(parsed.text, bare, outside)
    return merged([parsed, bare_calls], bare_calls.text)


def _broken_block_end(text: str, tags: Tags, inside: int) -> tuple[int, bool]:
    following = text.find(tags.opening, inside)
    limit = following if following >= 0 else len(text)
    close = text.find(tags.closing, inside, limit) if tags.closing else -1
    return (close, True) if close >= 0 else (limit, False)


def _is_mention(text: str, tags: Tags, start: int, payload: str, is_closed: bool) -> bool:
    if tags.payload.match(payload) or not text[:start].strip():
        return False
    line = text[text.rfind("\n", 0, start) + 1 : start].strip()
    stands_alone = not line or line.endswith(tags.closing or _JSON_ENDS)
    if stands_alone and (not payload.strip() or payload.lstrip(" \t\r")[:1] == "\n"):
        return False
    return not (is_closed and any(char in _STRUCTURE for char in payload))
