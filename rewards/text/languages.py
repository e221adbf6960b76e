"""The languages whose phrases are known, and the acts that a sentence's phrases show."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from rewards.text.data_files import CODES, read_data
from rewards.text.phrases import END, START, Phrase, beginnings, either, phrase_of, piece_of
from rewards.text.words import folded_phrase

_FIRST_SIGNS = re.compile(r"\A[^\^*!][^*!]?")  # as far as no other sign may stand there
_LAST_GROUP = re.compile(r"(?<!\S)<(\w+)>$")

Spans = Mapping[str, set[tuple[int, int]]]
"""Where a sentence shows each act: by the act's name, from sign to sign."""


class Entry(NamedTuple):
    """A phrase where it is looked up.

    Args:
        act: that it shows.
        telling: words of which a sentence has one if it has the phrase; the ones that most seldom stand elsewhere.
        also_telling: the next such words.
        pattern: the phrase, as a regular expression.
    """

    act: str
    telling: Set[str]
    also_telling: Set[str]
    pattern: str


_compiled = cache(re.compile)
"""Of the phrases that are looked up few have their telling words in a sentence: one is compiled where it has."""


class Shelf:
    """The phrases that begin alike, in which most sentences have no word that any of them needs."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = list(entries)

    @cached_property
    def by_telling(self) -> Mapping[str, Sequence[Entry]]:
        """The entries by each telling word of theirs, put in order when their opening is first looked up."""
        by_telling: dict[str, list[Entry]] = {}
        for entry in self.entries:
            for word in entry.telling:
                by_telling.setdefault(word, []).append(entry)
        return by_telling


_NO_PHRASES: Mapping[str, Shelf] = {"": Shelf()}


@dataclass(frozen=True)
class Language:
    """One language's phrases, as regular expressions.

    Args:
        code: ISO 639-1.
        is_joined: whether words are written without spaces or change at both ends, so that phrases are pieces of text.
        known: the acts that it has phrases for.
        by_opening: the phrases by their first word and by their second. Those that any second word may follow stand
            under each, and alone under `""`.
        joined: each act's phrases by the one or two signs that they begin with, where `is_joined`.
    """

    code: str
    is_joined: bool
    known: frozenset[str]
    by_opening: Mapping[str, Mapping[str, Shelf]]
    joined: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]

    def acts(self, tokens: Sequence[str], sentence: str) -> Spans:
        """Return where the sentence shows which act, by its words and marks or, in a joined language, its text."""
        spans: dict[str, set[tuple[int, int]]] = {}
        if self.is_joined:
            return self._joined_acts(sentence)
        text = " ".join((START, *tokens, END, ""))
        words = {START, *tokens}
        place, word = 0, START
        for follower in (*tokens, END):
            by_second = self.by_opening.get(word, _NO_PHRASES)
            by_telling = by_second.get(follower, by_second[""]).by_telling
            for telling in words & by_telling.keys():
                for act, _, also_telling, pattern in by_telling[telling]:
                    if not words.isdisjoint(also_telling) and (match := _compiled(pattern).match(text, place)):
                        spans.setdefault(act, set()).add(match.span())
            place += len(word) + 1
            word = follower
        return spans

    def _joined_acts(self, sentence: str) -> Spans:
        spans: dict[str, set[tuple[int, int]]] = {}
        for first in beginnings(sentence) & self.joined.keys():
            for act, pattern in self.joined[first]:
                if match := pattern.search(sentence):
                    spans.setdefault(act, set()).add(match.span())
        return {act: {min(places)} for act, places in spans.items()}


@lru_cache(maxsize=len(CODES))
def language(code: str) -> Language:
    """Return the language of that code."""
    data = read_data(code)
    acts: Mapping[str, list[str]] = data["acts"]
    if data.get("is_joined"):
        return Language(code, True, frozenset(acts), {}, _by_first_signs(acts))
    groups: dict[str, Phrase] = {}
    for name, phrases in data.get("groups", {}).items():
        groups[name] = either(phrase_of(phrase, groups) for phrase in phrases)
    frequent = frozenset(f"{data.get('marks', '')} {data.get('also_frequent', '')}".split())
    by_opening: dict[str, dict[str, Shelf]] = {}
    for act, phrases in acts.items():
        for written in chain.from_iterable(_each_of_last_group(phrase, data.get("groups", {})) for phrase in phrases):
            phrase = phrase_of(written, groups)
            telling, also_telling = _telling(phrase, frequent)
            entry = Entry(act, telling, also_telling, phrase.pattern)
            for first, second in {(*opening, "")[:2] for opening in phrase.openings}:
                by_opening.setdefault(first, {"": Shelf()}).setdefault(second, Shelf()).entries.append(entry)
    for by_second in by_opening.values():
        for second in by_second.keys() - {""}:
            by_second[second].entries += by_second[""].entries
    return Language(code, False, frozenset(acts), by_opening, {})


def _each_of_last_group(phrase: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a phrase that ends in a group once for each of the group's phrases; any other one alone."""
    last = _LAST_GROUP.search(phrase)
    if last is None:
        return [phrase]
    return [phrase[: last.start()] + ending for ending in groups[last[1]]]


def _by_first_signs(acts: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]:
    """Return each act with the pattern of all its phrases that begin with the same signs."""
    phrases: dict[tuple[str, str], list[str]] = {}
    for act, written in acts.items():
        for phrase in written:
            first = "".join(_FIRST_SIGNS.findall(folded_phrase(phrase).strip()))
            phrases.setdefault((first, act), []).append(piece_of(phrase))
    by_first: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for (first, act), pieces in phrases.items():
        by_first.setdefault(first, []).append((act, re.compile("|".join(pieces))))
    return by_first


def _telling(phrase: Phrase, frequent: Set[str]) -> list[Set[str]]:
    """Return what stands in the two slots with the fewest frequent words, besides those that the phrase begins with.

    Every sentence has its start, which stands in for slots that a phrase lacks.
    """
    firsts = {opening[0] for opening in phrase.openings}
    slots = [words for words in phrase.slots if words != firsts]
    return [*sorted(slots, key=lambda words: len(words & frequent)), {START}, {START}][:2]
