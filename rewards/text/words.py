"""Words of a text: spelled out, in lower case, without accents, and their stems."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rewards.limits import MAX_SPEECH_CHARS
from rewards.text.data_files import ENGLISH, read_data

WORDS_READ = 400  # of a text of which the stems are wanted
LONGEST_WORD = 40  # letters of the longest word of a language that writes spaces
SHORTEST_BEGINNING = 4  # letters in which two forms of one word or name agree
_STEMS_KEPT = 16_384  # most words are among the most frequent
_TEXTS_KEPT = 4  # one text is looked at several times: for what it does and for its words

WORD = re.compile(r"[^\W_]+")
_KEPT_WHOLE = frozenset({"note"})  # or it would meet `not`
_DASH = re.compile(r"(?<=\S) - ")  # and not the mark of an item
_BLANKS = re.compile(r"[^\S\n](?:[^\S\n]+|(?<! ))")
SPELLINGS: Mapping[str, str] = read_data("spellings")
_MARKS: Mapping[str, str] = {"’": "'", "‘": "'", "`": "'", "—": ",", "–": ","}
_MARK = re.compile(f"[{''.join(_MARKS)}]")
_TOKEN = re.compile(r"[^\W_]+(?:(?:\.[^\W_]+)*_[\w.]*\w)?|[,;:]")
"""A word, an identifier such as `weather.get_forecast`, or a mark."""

_ACCENT = re.compile("[\u0300-\u036f\u064b-\u0655]")
_END_OF_ACCENTS = 0x2B00  # behind the last sign that has an accent
_VARIANTS_OF_LETTERS = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": None, "ł": "l", "đ": "d", "ı": "i"}

_LOOSE_CONTRACTION = re.compile(r"(?<=[a-z]) ' (?=(?:m|s|t|re|ll|ve|d) )")
"""Corpora of dialogues write `i ' m`, and policies that learn from them do too."""


@lru_cache(maxsize=_TEXTS_KEPT)
def plain(text: str) -> str:
    """Return a text in lower case, contractions in full, blanks single; of a very long one both ends."""
    text = ends(text)
    if not text.isascii():
        text = _MARK.sub(_mark, ends(unicodedata.normalize("NFKC", text)))  # folding may have made it longer
    lower = text.lower().replace("`", "'").replace(" & ", " and ").replace(" ?", "?")
    if " - " in lower:
        lower = _DASH.sub(", ", lower)
    return _BLANKS.sub(" ", spelled_out(lower))


def _mark(sign: re.Match[str]) -> str:
    return _MARKS[sign[0]]


def ends(text: str) -> str:
    """Return the first and the last half of what is read of a text; all of one that is not too long."""
    half = MAX_SPEECH_CHARS // 2
    return text if len(text) <= MAX_SPEECH_CHARS else f"{text[:half]}\n{text[-half:]}"


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, contractions in full."""
    return WORD.findall(plain(text))


def stem(word: str) -> str:
    """Return a word without its plural, its -ing or -ed, and a final e, in American spelling.

    That is enough for `leaving` to meet `leave`, and `colours` to meet `color`.
    """
    return _stem(word) if len(word) > LONGEST_WORD else _kept_stem(word)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    word = SPELLINGS.get(word, word)
    if len(word) > 5 and word.endswith("ing"):
        word = word[:-3]
    elif len(word) > 5 and word.endswith("ed"):
        word = word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("e") and word not in _KEPT_WHOLE else word


_kept_stem = lru_cache(maxsize=_STEMS_KEPT)(_stem)


def stems(texts: Iterable[str]) -> list[str]:
    """Return the stems of the texts' words, in order."""
    return [stem(word) for text in texts for word in words_of(text[: WORDS_READ * 16])[:WORDS_READ]]


def folded(text: str) -> str:
    """Return the text without accents, variants of Arabic letters and some traditional Chinese signs."""
    if text.isascii():
        return text
    return _VARIANT.sub(lambda sign: _PLAIN_SIGNS[sign[0]], unicodedata.normalize("NFC", text))


def tokens_of(sentence: str) -> list[str]:
    """Return the words, and the marks that end a clause."""
    return _TOKEN.findall(sentence)


def spelled_out(text: str) -> str:
    """Return a lower-case text with English contractions in full."""
    contractions, bare = _contractions()
    if " ' " in text:
        text = _LOOSE_CONTRACTION.sub("'", text)
    if "'" in text:
        for short, long in contractions:
            text = text.replace(short, long)
    return bare[0].sub(lambda match: bare[1][match[0]], text)


def folded_phrase(phrase: str) -> str:
    """Return a phrase as it is looked up in folded lower-case text."""
    return folded(unicodedata.normalize("NFKC", phrase)).lower()


_CHINESE = read_data("zh")
_VARIANTS = str.maketrans(
    _VARIANTS_OF_LETTERS | dict(zip(_CHINESE["traditional"], _CHINESE["simplified"], strict=True))
)


def _plain_sign(sign: str) -> str:
    """Return what stands for a sign in folded text."""
    without = _ACCENT.sub("", unicodedata.normalize("NFD", sign))
    return unicodedata.normalize("NFC", without).translate(_VARIANTS)


_SIGNS = {*map(chr, range(0x80, _END_OF_ACCENTS)), *map(chr, _VARIANTS)}
_PLAIN_SIGNS = {sign: bare for sign in _SIGNS if (bare := _plain_sign(sign)) != unicodedata.normalize("NFC", sign)}
_VARIANT = re.compile(f"[{''.join(sorted(_PLAIN_SIGNS))}]")


@lru_cache(maxsize=1)
def _contractions() -> tuple[tuple[tuple[str, str], ...], tuple[re.Pattern[str], Mapping[str, str]]]:
    english = read_data(ENGLISH)
    words: Mapping[str, str] = english["spelled_out_words"]
    return tuple(english["spelled_out"].items()), (re.compile(rf"\b(?:{'|'.join(words)})\b"), words)
