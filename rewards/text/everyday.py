"""English for the everyday words of other languages, so that a question meets a parameter's name."""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from rewards.text.data_files import CODES, ENGLISH, read_data, read_words
from rewards.text.detection import language_of
from rewards.text.phrases import beginnings
from rewards.text.words import folded, tokens_of

_FIRST_JOINED_SIGN = "\u0900"  # of Devanagari, behind which the scripts of the joined languages stand
_SHORTEST_PART = 3  # letters of the nouns of which a compound is made
_TELLING_PART = 5  # letters of a known noun at the end of a compound whose beginning is not known
_SHORTEST_STEM = 4
_PLURALS_OF_NAMES = tuple((ending, "") for ending in ("e", "n", "en", "er", "s", "es", "i"))
_PARTICLES = re.compile("^[وف]?[بلك]?(?:ال|ل)?")  # of Arabic: and, with, to, the
_VOWELS = frozenset("aeiouyаеиоуыэюяь")
_MORE_BLANKS = re.compile(" {2,}")

Ranked = tuple[int, str, str]
"""Its rank, foreign words, and what is said for them in English."""


class _Forms(NamedTuple):
    """How a language changes its words.

    Args:
        is_joined: whether words are written without spaces or change at both ends, so that pieces of text are replaced.
        own_words: English by its own words, of which some mean something else in another language.
        plurals: how nouns' plurals end, each with what their singular ends in.
        other: what reads a word that is not among the everyday words and may still be one.
    """

    is_joined: bool
    own_words: Mapping[str, str]
    plurals: Sequence[tuple[str, str]]
    other: Callable[[str, Mapping[str, str]], str]


def in_english(sentence: str, tokens: Sequence[str], code: str) -> str:
    """Return the sentence with English words for its everyday words, so that it can be held against tools' names."""
    by_word, by_first_word, by_first_signs = _everyday()
    forms = _forms_of(code)
    if forms.is_joined:
        return _MORE_BLANKS.sub(" ", _replaced(sentence, beginnings(sentence), by_first_signs))
    words = _replaced(f" {' '.join(tokens)} ", {*tokens}, by_first_word).split()
    english = [
        forms.own_words.get(word)
        or by_word.get(word)
        or _plural(word, forms.plurals, by_word)
        or forms.other(word, by_word)
        or word
        for word in words
    ]
    return " ".join(english) + ("?" if "?" in sentence else "")


def in_english_of_any(text: str) -> str:
    """Return a text in whatever language as `in_english` returns a sentence."""
    lower = text.lower()
    plain = folded(lower)
    tokens = tokens_of(plain)
    code = language_of(lower, tokens) or ENGLISH
    if code == ENGLISH:
        return text
    return in_english(plain, tokens, code)


def english_of_name(words: Sequence[str]) -> list[str]:
    """Return English for the words of a name, as far as they are everyday words of another language."""
    by_word, by_first_word, _ = _everyday()
    plain = list(map(folded, words))
    translated = _replaced(f" {' '.join(plain)} ", {*plain}, by_first_word).split()
    english = [by_word.get(word) or _plural(word, _PLURALS_OF_NAMES, by_word) or word for word in translated]
    return " ".join(english).split()


def _plural(word: str, plurals: Sequence[tuple[str, str]], by_word: Mapping[str, str]) -> str:
    if len(word) < _SHORTEST_STEM:
        return ""
    singulars = (word.removesuffix(end) + singular for end, singular in plurals if word.endswith(end))
    return next(filter(None, map(by_word.get, singulars)), "")


def _no_other_form(word: str, by_word: Mapping[str, str]) -> str:
    return ""


def _compound(word: str, by_word: Mapping[str, str]) -> str:
    """Return what is known of a compound noun: `insurance number`, or at least the `number` at its end."""
    for place in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        head, tail = word[:place], word[place:]
        specifies = by_word.get(head) or by_word.get(head.rstrip("s"), "")
        if tail in by_word and (specifies or len(tail) >= _TELLING_PART):
            return f"{specifies} {by_word[tail]}"
    return ""


def _inflected(word: str, by_word: Mapping[str, str]) -> str:
    """Return English for a word of which another form is known: up to three letters at its end may differ."""
    by_stem = _everyday_stems()
    stems = (word[:end] for end in range(len(word) - 1, max(_SHORTEST_STEM, len(word) - 3) - 1, -1))
    return next(filter(None, map(by_stem.get, stems)), "")


def _prefixed(word: str, by_word: Mapping[str, str]) -> str:
    """Return English for a word with particles before it: `and the date` written as one word."""
    bare = _PARTICLES.sub("", word, count=1)
    english = by_word.get(bare) or by_word.get(f"ال{bare}", "")
    return english and "and " * word.startswith("و") + english


_OTHER_FORMS: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {
    "": _no_other_form,
    "compounds": _compound,
    "inflected": _inflected,
    "prefixed": _prefixed,
}
"""By the `forms` of a language: its nouns are joined to one word, their ends change, or particles stand before them."""


@lru_cache(maxsize=len(CODES))
def _forms_of(code: str) -> _Forms:
    data = read_data(code)
    plurals = [
        (plural, singular) for plural, _, singular in (ends.partition("/") for ends in data.get("plurals", "").split())
    ]
    other = _OTHER_FORMS[data.get("forms", "")]
    own_words = _by_form(read_words().get(code, {})) | _by_form(data.get("words", {}))
    return _Forms(data.get("is_joined", False), own_words, plurals, other)


def _replaced(text: str, firsts: Set[str], by_first: Mapping[str, list[Ranked]]) -> str:
    for _, foreign, english in sorted(chain.from_iterable(map(by_first.__getitem__, firsts & by_first.keys()))):
        text = text.replace(foreign, english)
    return text


@lru_cache(maxsize=1)
def _everyday() -> tuple[Mapping[str, str], Mapping[str, list[Ranked]], Mapping[str, list[Ranked]]]:
    """Return English by foreign word; of several words by the first; of pieces of joined text by two signs."""
    by_word: dict[str, str] = {}
    for words in read_words().values():
        by_word = _by_form(words) | by_word
    by_first_word: dict[str, list[Ranked]] = {}
    by_first_signs: dict[str, list[Ranked]] = {}
    longest_first = sorted(by_word.items(), key=lambda pair: len(pair[0]), reverse=True)
    for rank, (foreign, english) in enumerate(longest_first):
        if " " in foreign:
            by_first_word.setdefault(foreign.split()[0], []).append((rank, f" {foreign} ", f" {english} "))
        if max(foreign) >= _FIRST_JOINED_SIGN:
            by_first_signs.setdefault(foreign[:2], []).append((rank, foreign, f" {english} "))
    return by_word, by_first_word, by_first_signs


def _by_form(words: Mapping[str, str]) -> dict[str, str]:
    """Return English by each of the forms that stand behind it; the first that has a form keeps it."""
    by_form: dict[str, str] = {}
    for english, forms in words.items():
        for form in folded(forms.lower()).split():
            by_form.setdefault(form.replace("_", " "), english)
    return by_form


@lru_cache(maxsize=1)
def _everyday_stems() -> Mapping[str, str]:
    """Return English by the stems of everyday words: without the vowel at their end."""
    by_word, _, _ = _everyday()
    return {_stem(word): english for word, english in reversed(list(by_word.items())) if len(word) >= _SHORTEST_STEM}


def _stem(word: str) -> str:
    return word[: -(word[-1] in _VOWELS) or None]
