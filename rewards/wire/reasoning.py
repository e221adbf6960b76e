"""What a reader gets to see of a completion: without reasoning, and without the tokens that end a turn."""

from collections.abc import Iterator

from rewards.limits import MAX_END_TOKENS, MAX_REASONING_TAGS
from rewards.wire.formats import FORMATS

_OPENING = {opening for known in FORMATS.values() for opening, _ in known.reasoning}
_CLOSING = {closing for known in FORMATS.values() for _, closing in known.reasoning}
_ENDS = tuple(sorted({end for known in FORMATS.values() for end in known.ends}))


def visible(text: str) -> str:
    """Return the text without reasoning blocks and end-of-turn tokens.

    What precedes a closing tag that nothing opened is reasoning (templates open it in the prompt); what follows an
    opening tag that nothing closes is too (it was cut off).
    """
    return without_ends(without_reasoning(text))


def without_ends(text: str) -> str:
    """Return the text without the white space around it and the tokens that end its turn."""
    text = text.strip()
    end = len(text)
    for _ in range(MAX_END_TOKENS):
        token = next((token for token in _ENDS if text.endswith(token, 0, end)), None)
        if token is None:
            break
        end -= len(token)
        while end and text[end - 1].isspace():
            end -= 1
    return text[:end]


def without_reasoning(text: str) -> str:
    """Return the text without its reasoning blocks."""
    kept: list[str] = []
    position = 0
    is_inside = False
    for count, (start, tag) in enumerate(_tags(text)):
        if count == MAX_REASONING_TAGS:
            last = max((text.rfind(closing) + len(closing) for closing in _CLOSING if closing in text), default=0)
            return text[last:] if last else "".join(kept)
        if tag in _CLOSING:
            if not is_inside:
                kept.clear()
            is_inside = False
        elif not is_inside:
            kept.append(text[position:start])
            is_inside = True
        position = start + len(tag)
    return "".join(kept) if is_inside else "".join([*kept, text[position:]])


def _tags(text: str) -> Iterator[tuple[int, str]]:
    """Yield each reasoning tag of the text with its place, in order."""
    places = {tag: at for tag in _OPENING | _CLOSING if (at := text.find(tag)) >= 0}
    while places:
        tag = min(places, key=places.__getitem__)
        start = places[tag]
        yield start, tag
        places[tag] = text.find(tag, start + len(tag))
        if places[tag] < 0:
            del places[tag]
