"""Which language a sentence is in."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain

from rewards.text.data_files import CODES, ENGLISH, read_data
from rewards.text.words import folded_phrase, tokens_of

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),  # Japanese uses Chinese signs too
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("uk", re.compile(rf"[іїєґ]|\b(?:{'|'.join(read_data('uk')['words_of_its_own'].split())})\b")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_NO_LATIN = re.compile("[\u0370-\u1cff\u3040-\ud7ff]")
_ARTICLE = "a"  # of English and Hungarian, and a word of most of the others
_SPANISH_SIGNS = "¿¡"
_LATIN = re.compile("[a-z]")
_ACCENTED = re.compile("[^\\x00-\\x7f]")
_TELLING_ACTS = ("refuses", "asks", "starts", "claims")
_SIGNS_PER_WORD = 2  # how many Latin letters one sign of another script weighs


def language_of(sentence: str, tokens: Sequence[str], fallback: str = ENGLISH) -> str | None:
    """Return the code of a lower-case sentence's language; None where nothing tells.

    Its script tells, or else its letters and most frequent words, of which English and then the fallback take
    precedence. The words are folded, the sentence is not.
    """
    if not sentence.isascii():
        if sentence[0] in _SPANISH_SIGNS:
            return "es"
        if _NO_LATIN.search(sentence):
            latin = len(_LATIN.findall(sentence))
            for code, signs in _SCRIPTS:
                if signs.search(sentence) and len(signs.findall(sentence)) * _SIGNS_PER_WORD > latin:
                    return code
    marks, letters = _marks(), _letters()
    told = [code for token in tokens if token != _ARTICLE for code in marks.get(token, ())]
    if not told:
        return fallback if _ARTICLE in tokens else None
    if not sentence.isascii():
        told += chain.from_iterable(map(letters.__getitem__, letters.keys() & set(_ACCENTED.findall(sentence))))
    if 2 * told.count(ENGLISH) >= len(told):  # no other can have more
        return ENGLISH
    best = max(dict.fromkeys((ENGLISH, fallback, *told)), key=told.count)
    is_close = ENGLISH not in (best, fallback) and 0 < told.count(fallback) >= told.count(best) - 1
    return fallback if is_close else best


@lru_cache(maxsize=len(CODES))
def fillers_of(code: str) -> frozenset[str]:
    """Return the most frequent words of a language, folded: they name nothing."""
    return frozenset(folded_phrase(read_data(code).get("marks", "")).split())


@lru_cache(maxsize=1)
def _marks() -> Mapping[str, tuple[str, ...]]:
    """Return which languages each word tells: their frequent words, and those of their phrases that no other has."""
    marks: dict[str, list[str]] = {}
    english = read_data(ENGLISH)
    for word in english["marks"].split():
        marks[word] = [ENGLISH]
    no_mark = frozenset(f"{english['marks']} {english['in_others']}".split())
    for code in CODES:
        data = read_data(code)
        if code == ENGLISH or not data.get("marks"):
            continue
        acts = data["acts"]
        phrases = " ".join(folded_phrase(phrase) for act in _TELLING_ACTS for phrase in acts[act])
        telling = [word for word in tokens_of(phrases) if word.isalpha() and word not in no_mark]
        for word in dict.fromkeys([*folded_phrase(data["marks"]).split(), *telling]):
            marks.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in marks.items()}


@lru_cache(maxsize=1)
def _letters() -> Mapping[str, Sequence[str]]:
    """Return which languages each letter with an accent tells."""
    letters: dict[str, list[str]] = {}
    for code in CODES:
        for letter in read_data(code).get("letters", ""):
            letters.setdefault(letter, []).append(code)
    return letters
