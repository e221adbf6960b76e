"""What a phrase of the files in `data` stands for, as a regular expression.

A phrase is a run of words, looked for anywhere in a sentence:

    a/b, a/<name>   either word; `a_b` is two words
    [a]             may be left out
    *               up to MAX_PHRASE_GAP_WORDS words within a clause
    _, #            any one word, any with a digit
    ~ly, anti~      any word that ends, or begins, so
    !a              the next word is not this one
    <name>          any phrase of the file's group of that name
    ^, $            the sentence begins, or ends, here
    , ; :           the mark

A phrase begins with a word of its own or with `^`. Case and accents do not count.
Where a language joins its words (`is_joined`), a phrase is a piece of text, and `*` up to MAX_PHRASE_GAP_CHARS signs.
`^` at its start says that the sentence begins there, `!a` at its end that this does not follow.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from operator import add
from typing import NamedTuple

from rewards.limits import MAX_PHRASE_GAP_CHARS, MAX_PHRASE_GAP_WORDS
from rewards.text.words import folded_phrase

_NOT_FOLLOWED_BY = re.compile("!([^!]+)")
_SLOT = re.compile(r"\[|\]|[^\s\[\]]+")
_ANY_WORD = "[^ ,;:$]+"
_GAP = f"(?:, )?(?:{_ANY_WORD} ){{0,{MAX_PHRASE_GAP_WORDS}}}?"
_OPEN_WORDS = {"_": _ANY_WORD, "#": "[^ ,;:]*[0-9][^ ,;:]*"}
START, END = "^", "$"

Opening = tuple[str, ...]
"""The words that a phrase may begin with, at most two; an empty one is any word."""


class Phrase(NamedTuple):
    """A phrase as a regular expression over words with a blank behind each.

    Args:
        pattern: the expression.
        openings: how it may begin.
        slots: for each word that may not be left out, what stands there, where that is no open word.
    """

    pattern: str
    openings: set[Opening]
    slots: Sequence[Set[str]]


def phrase_of(phrase: str, groups: Mapping[str, Phrase]) -> Phrase:
    """Read a phrase, which may name groups of others."""
    parts: list[str] = []
    slots: list[Set[str]] = []
    openings: set[Opening] = {()}
    without_bracket: set[Opening] | None = None
    for slot in _SLOT.findall(folded_phrase(phrase)):
        if slot == "[":
            parts.append("(?:")
            without_bracket = openings
        elif slot == "]":
            parts.append(")?")
            openings, without_bracket = openings | (without_bracket or set()), None
        elif slot[0] == "!":
            parts.append(f"(?!{_slot(slot[1:], groups).pattern})")
        elif slot == "*":
            parts.append(_GAP)
            openings = _followed_by(openings, {("",), ()})
        else:
            words = _slot(slot, groups)
            parts.append(words.pattern)
            openings = _followed_by(openings, words.openings)
            if without_bracket is None:
                slots.extend(words.slots)
    return Phrase("".join(parts), openings, slots)


def _followed_by(openings: set[Opening], words: set[Opening]) -> set[Opening]:
    short = {opening for opening in openings if len(opening) < 2}
    return openings - short | {(*opening, *word)[:2] for opening in short for word in words}


def _slot(alternatives: str, groups: Mapping[str, Phrase]) -> Phrase:
    """Return `a/<b>` as a phrase of one slot."""
    return either(groups[words[1:-1]] if words[0] == "<" else _words(words) for words in alternatives.split("/"))


def _words(words: str) -> Phrase:
    """Return `a`, `a_b`, `~ly` or `_` as a phrase."""
    if words in _OPEN_WORDS:
        return Phrase(f"{_OPEN_WORDS[words]} ", {("",)}, ())
    pattern = re.escape(words.replace("_", " ")).replace("\\~", "~").replace("~", "[^ ,;:]*")
    opening = ("",) if "~" in words else tuple(words.split("_")[:2])
    return Phrase(f"{pattern} ", {opening}, ())


def either(phrases: Iterable[Phrase]) -> Phrase:
    """Return one phrase for several, of which one stands there."""
    alternatives = list(phrases)
    openings = set[Opening]().union(*(phrase.openings for phrase in alternatives))
    firsts = {opening[0] for opening in openings}
    slots: list[Set[str]] = [] if firsts & {"", START, END} else [firsts]
    if all(phrase.slots for phrase in alternatives):
        slots.append(set[str]().union(*(phrase.slots[-1] for phrase in alternatives)))
    return Phrase(f"(?:{'|'.join(phrase.pattern for phrase in alternatives)})", openings, slots)


def piece_of(phrase: str) -> str:
    """Return the regular expression of a phrase in joined text."""
    pieces = f".{{0,{MAX_PHRASE_GAP_CHARS}}}?".join(map(re.escape, folded_phrase(phrase).strip().split("*")))
    return _NOT_FOLLOWED_BY.sub(r"(?!\1)", pieces.replace(r"\^", "^"))


def beginnings(text: str) -> Set[str]:
    """Return with which signs a piece of a text may begin: each with the next, each alone, and none."""
    return {"", *text, *map(add, text, text[1:])}
