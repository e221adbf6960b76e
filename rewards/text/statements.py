"""What a text states: the words that name something, its facts, its names, and whether it affirms or denies."""

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from rewards.limits import MAX_ANSWER_WORDS
from rewards.text.data_files import ENGLISH, read_data
from rewards.text.detection import fillers_of, language_of
from rewards.text.everyday import in_english_of_any
from rewards.text.facts import Fact
from rewards.text.reading_facts import read_facts
from rewards.text.vocabulary import FILLER
from rewards.text.words import folded, stem, words_of

_TEXTS_KEPT = 64
_CHARS_OF_WORD = 8
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\u3040-\u30ff\u3400-\u9fff]+")
_NAME = re.compile(r"(?<=[\w,;:(] )[^\W\d_a-z]\w+")
_FIRST_NAME = re.compile(r"\A\W*+([A-Z]\w+)")
_DATA = read_data("facts")
_NAMELESS = FILLER | set(map(stem, _DATA["nameless"]["words"].split()))
_DENIALS = frozenset(folded(_DATA["denials"]["words"]).split())
_PHRASES_OF_DENIAL = re.compile(_DATA["denials"]["phrases"])


def _leading(words: str) -> re.Pattern[str]:
    any_word = "|".join(map(re.escape, words.split()))
    return re.compile(rf"\A(?:\W|and\b|or\b)*(?:{any_word})(?=\s*(?:[,.;:!—、。，！]|\Z|and\b|or\b))", re.IGNORECASE)


_YES, _NO = _leading(_DATA["yes"]["words"]), _leading(_DATA["no"]["words"])
_LEAD = _leading(f"{_DATA['yes']['words']} {_DATA['no']['words']}")
_CHOICE_CHARS = 16  # signs behind a yes in which a no takes it back


class Statement(NamedTuple):
    """What a text states.

    Args:
        text: its beginning, as it is written.
        words: in lower case, contractions in full.
        code: of its language.
        content: stems of the words that name something, without those of facts.
        facts: its dates, amounts and other facts.
        told: those of them that stand for words of their own.
        left: the text without these.
        names: stems of the names, which are capitalised inside a sentence.
        first_name: stem of its first word where that may be one, else "".
        leads: True where it begins with yes, False where with no; both in `yes and no`.
        is_negated: whether it has an odd number of negations.
    """

    text: str
    words: Sequence[str]
    code: str
    content: frozenset[str]
    facts: tuple[Fact, ...]
    told: Sequence[Fact]
    left: str
    names: frozenset[str]
    first_name: str
    leads: frozenset[bool]
    is_negated: bool

    @property
    def size(self) -> int:
        """How many content words and facts it has."""
        return len(self.content) + len(self.told)

    @property
    def names_with_first(self) -> Set[str]:
        """The names, and the first word, which may be one."""
        return (self.names | {self.first_name}) & self.content


@lru_cache(maxsize=_TEXTS_KEPT)
def statement_of(text: str) -> Statement:
    """Return what the beginning of a text states."""
    start = text[: MAX_ANSWER_WORDS * _CHARS_OF_WORD]
    words = split_words(start)
    plain = list(map(folded, words))
    told = language_of(" ".join(words), plain)
    facts, left = read_facts(start, told or "")
    code = told or ENGLISH
    content = _content(plain, code) if left == start else content_of(left, code)
    names = [stem(folded(name.lower())) for name in _NAME.findall(start) if name[0].isupper()]
    first = _FIRST_NAME.match(start)
    leads = _leads(start)
    return Statement(
        text=start,
        words=words,
        code=code,
        content=content,
        facts=facts,
        told=[fact for fact in facts if fact.is_told],
        left=left,
        names=content.intersection(names),
        first_name=stem(first[1].lower()) if first else "",
        leads=leads,
        is_negated=_count_denials(plain, start, leads) % 2 == 1,
    )


def _count_denials(words: Sequence[str], text: str, leads: Set[bool]) -> int:
    """Count the words that deny, besides a `no` that the text begins with."""
    if leads:
        text = _LEAD.sub("", text)
        words = list(map(folded, split_words(text)))
    return len(list(filter(_DENIALS.__contains__, words))) + len(_PHRASES_OF_DENIAL.findall(text))


def _leads(text: str) -> frozenset[bool]:
    for pattern, opposite, verdict in ((_YES, _NO, True), (_NO, _YES, False)):
        leading = pattern.match(text)
        if leading:
            wavers = opposite.match(text[leading.end() :][:_CHOICE_CHARS])
            return frozenset({True, False}) if wavers else frozenset({verdict})
    return frozenset()


def in_english(statement: Statement) -> Statement:
    """Return a statement with English words for everyday words: a `Wecker` is an alarm too."""
    if statement.code == ENGLISH:
        return statement
    return statement._replace(content=content_of(in_english_of_any(statement.left), ENGLISH))


def split_words(text: str) -> list[str]:
    """Return the first words of a text; where words are not separated, single signs."""
    words = words_of(text)[:MAX_ANSWER_WORDS]
    if text.isascii():
        return words
    return [sign for word in words for sign in _SIGN.findall(word)][:MAX_ANSWER_WORDS]


def content_of(text: str, code: str) -> frozenset[str]:
    """Return the stems of the words that name something."""
    return _content(map(folded, split_words(text)), code)


def _content(words: Iterable[str], code: str) -> frozenset[str]:
    """Return the stems of the words that name something. `Kim` asks who in Turkish, and is a name in English."""
    naming = set(words)
    if code != ENGLISH:
        naming -= fillers_of(code)
    return frozenset(map(stem, naming)) - _NAMELESS
