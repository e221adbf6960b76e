"""What a reader gets to see of a completion: without reasoning, and without the tokens that end a turn."""

import re
from collections.abc import Callable, Iterable
from itertools import islice

from rewards.limits import MAX_END_TOKENS, MAX_REASONING_TAGS
from rewards.wire.format import Format
from rewards.wire.formats import FORMATS

_OPENING = {opening for wire_format in FORMATS.values() for opening, _ in wire_format.reasoning}
_CLOSING = {closing for wire_format in FORMATS.values() for _, closing in wire_format.reasoning}
_TAGS = sorted(_OPENING | _CLOSING, key=len, reverse=True)
_STEMS = ("think", "THINK")
_TRACES = (*_STEMS, *(tag for tag in _TAGS if not any(stem in tag for stem in _STEMS)))
"""Every tag has one of these in it: most texts have none, which a few searches tell."""

_BEGINNING_CHARS = 2**15
"""Of a long text full of tags, those at its beginning are enough; to search all of it for each kind takes long."""

_SIGNS = tuple(map(chr, range(0xE000, 0xE100)))  # of a private use area: no format knows them
_ENDS = tuple(sorted({end for wire_format in FORMATS.values() for end in wire_format.ends}))


def visible(text: str, wire_format: Format | None, argument_texts: Callable[[str], Iterable[str]]) -> str:
    """Return the text without reasoning blocks and end-of-turn tokens.

    What precedes a closing tag that nothing opened is reasoning (templates open it in the prompt); what follows an
    opening tag that nothing closes is too, up to a call in a format whose servers end reasoning there. A tag inside a
    call's arguments is theirs.

    Args:
        text: of the completion.
        wire_format: the one that its server reads; None where that is not known, and open reasoning then goes on.
        argument_texts: returns the strings in the arguments of the calls that a text makes.
    """
    tags = _first_tags(text)
    if not tags:
        return without_ends(text)
    if len(tags) <= MAX_REASONING_TAGS and tags[0][0] > 0:
        tags = _outside_calls(text, tags, argument_texts)
    call_mark = wire_format.marks[0] if wire_format is not None and wire_format.ends_reasoning else None
    return without_ends(_without_reasoning(text, tags, call_mark))


def _first_tags(text: str) -> list[tuple[int, str]]:
    """Return the places and names of the first reasoning tags, one more than are read."""
    for trace in _TRACES:  # a search for all at once is slower than one for each
        if trace in text:
            break
    else:
        return []
    beginning = text[:_BEGINNING_CHARS]
    tags = _tags_in(beginning)
    if len(tags) > MAX_REASONING_TAGS or len(beginning) == len(text):
        return tags
    return _tags_in(text)


def _tags_in(text: str) -> list[tuple[int, str]]:
    present = [tag for tag in _TAGS if tag in text]
    if not present:
        return []
    tag = re.compile("|".join(map(re.escape, present)))
    return [(match.start(), match[0]) for match in islice(tag.finditer(text), MAX_REASONING_TAGS + 1)]


def without_ends(text: str) -> str:
    """Return the text without the white space around it and the tokens that end its turn."""
    text = text.strip()
    if not text.endswith(_ENDS):
        return text
    end = len(text)
    for _ in range(MAX_END_TOKENS):
        token = next((token for token in _ENDS if text.endswith(token, 0, end)), None)
        if token is None:
            break
        end -= len(token)
        while end and text[end - 1].isspace():
            end -= 1
    return text[:end]


def _outside_calls(
    text: str, tags: list[tuple[int, str]], argument_texts: Callable[[str], Iterable[str]]
) -> list[tuple[int, str]]:
    """Return the tags that stand outside of every call's arguments, told by a sign in the place of each."""
    sign = next((sign for sign in _SIGNS if sign not in text), None)
    if sign is None:
        return tags
    signed, position = [], 0
    for place, (start, tag) in enumerate(tags):
        signed += [text[position:start], f"{sign}{place}{sign}"]
        position = start + len(tag)
    texts = [item for item in argument_texts("".join([*signed, text[position:]])) if sign in item]
    return [tag for place, tag in enumerate(tags) if not any(f"{sign}{place}{sign}" in item for item in texts)]


def _without_reasoning(text: str, tags: list[tuple[int, str]], call_mark: str | None) -> str:
    kept: list[str] = []
    position = 0
    is_inside = False
    for count, (start, tag) in enumerate(tags):
        if count == MAX_REASONING_TAGS:
            places = {closing: text.rfind(closing) for closing in _CLOSING}
            last = max((place + len(closing) for closing, place in places.items() if place >= 0), default=0)
            return text[last:] if last else "".join(kept)
        if tag in _CLOSING:
            if not is_inside:
                kept.clear()
            is_inside = False
        elif not is_inside:
            kept.append(text[position:start])
            is_inside = True
        position = start + len(tag)
    rest = text[position:]
    if is_inside:
        call = -1 if call_mark is None else rest.find(call_mark)
        rest = rest[call:] if call >= 0 else ""
    return "".join([*kept, rest])
