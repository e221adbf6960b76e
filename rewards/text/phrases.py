"""Which of the phrases in `languages` a sentence holds: linear scanning of words, or of text where words are joined."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rewards.limits import MAX_PHRASE_GAP_CHARS, MAX_PHRASE_GAP_WORDS
from rewards.text.languages import ENGLISH_MARKS, EVERYDAY_WORDS, LANGUAGES, SCRIPTS, Language

ENGLISH = "en"

_TOKEN = re.compile(r"[^\W_]+|[,;:]")
_ACCENT = re.compile("[\u0300-\u036f\u064b-\u0655]")
_VARIANTS = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": None, "ł": "l"}
    | dict(zip("無為幫沒權辦請問嗎還誰幾麼裡時們對絕", "无为帮没权办请问吗还谁几么里时们对绝", strict=True))
)
_SCRIPT_CHARS = {code: re.compile(f"[{chars}]") for code, chars in SCRIPTS}
_LATIN = re.compile(r"[a-z]")
_ACTS = ("refuses", "asks", "starts", "offers", "complies", "claims", "unless")
_GAP = frozenset({"*"})
_SIGNS_PER_WORD = 2
"""How many Latin letters one sign of another script weighs."""

Pattern = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Act:
    """The phrases of one act in one language: runs of words by their first word, or pieces of joined text."""

    by_word: Mapping[str, tuple[Pattern, ...]]
    joined: tuple[tuple[str, ...], ...] = ()

    def is_in(self, sentence: str, tokens: list[str]) -> bool:
        """Whether any of the phrases occurs."""
        if self.joined:
            return any(_holds(sentence, pieces) for pieces in self.joined)
        by_word = self.by_word
        return any(
            _follows(tokens, start, pattern) for start, token in enumerate(tokens) for pattern in by_word.get(token, ())
        )

    def begins(self, sentence: str, tokens: list[str]) -> bool:
        """Whether one of the phrases comes first; in joined text, occurs at all."""
        if self.joined:
            return self.is_in(sentence, tokens)
        return any(_follows(tokens, 0, pattern) for pattern in self.by_word.get(tokens[0] if tokens else "", ()))


def folded(text: str) -> str:
    """The text without accents, variants of Arabic letters and some traditional Chinese signs."""
    if text.isascii():
        return text
    without = _ACCENT.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", without).translate(_VARIANTS)


def tokens_of(sentence: str) -> list[str]:
    """Words, and the marks that end a clause."""
    return _TOKEN.findall(sentence)


def language_of(sentence: str, tokens: list[str], fallback: str = ENGLISH) -> str | None:
    """The language of a folded lower-case sentence: by its script, or by its most frequent words, of which the fallback
    takes precedence. None where nothing tells."""
    if not sentence.isascii():
        latin = len(_LATIN.findall(sentence))
        for code, sign in _SCRIPT_CHARS.items():
            if len(sign.findall(sentence)) * _SIGNS_PER_WORD > latin:
                return code
    marks = _marks()
    counts: dict[str, int] = {}
    for token in tokens:
        for code in marks.get(token, ()):
            counts[code] = counts.get(code, 0) + 1
    if not counts:
        return None
    most = max(counts.values())
    if counts.get(ENGLISH) == most:
        return ENGLISH
    return fallback if counts.get(fallback) == most else next(code for code, count in counts.items() if count == most)


@lru_cache(maxsize=64)
def acts(code: str) -> Mapping[str, Act]:
    """The acts of one language, by the name of its field."""
    language = next(each for each in LANGUAGES if each.code == code)
    return {name: _act(language, getattr(language, name)) for name in _ACTS}


def in_english(sentence: str, tokens: list[str], code: str) -> str:
    """The sentence with English words for the everyday words in it, so that questions can be held against names."""
    by_word, pieces = _everyday()
    if not acts(code)["starts"].joined:
        return " ".join(by_word.get(token, token) for token in tokens) + ("?" if "?" in sentence else "")
    for foreign, english in pieces:
        if foreign in sentence:
            sentence = sentence.replace(foreign, f" {english} ")
    return sentence


def _act(language: Language, phrases: str) -> Act:
    plain = [folded(unicodedata.normalize("NFKC", phrase)).lower().strip() for phrase in phrases.split("|")]
    if language.is_joined:
        return Act({}, tuple(tuple(phrase.split("*")) for phrase in plain))
    by_word: dict[str, list[Pattern]] = {}
    for phrase in plain:
        pattern = tuple(frozenset(slot.split("/")) for slot in phrase.split())
        for first in pattern[0]:
            by_word.setdefault(first, []).append(pattern)
    return Act({first: tuple(patterns) for first, patterns in by_word.items()})


def _follows(tokens: list[str], start: int, pattern: Pattern) -> bool:
    """Whether the pattern's words come in order from here on, each gap bounded and within a clause."""
    position, gap = start, 0
    for slot in pattern:
        if slot == _GAP:
            gap = MAX_PHRASE_GAP_WORDS
            position += tokens[position : position + 1] == [","]  # as in `por favor, indique`
            continue
        end = min(len(tokens), position + gap + 1)
        while position < end and tokens[position] not in slot:
            if tokens[position] in ",;:":
                return False
            position += 1
        if position >= end:
            return False
        position, gap = position + 1, 0
    return True


def _holds(sentence: str, pieces: tuple[str, ...]) -> bool:
    position = sentence.find(pieces[0])
    if position < 0:
        return False
    end = position + len(pieces[0])
    for piece in pieces[1:]:
        position = sentence.find(piece, end, end + MAX_PHRASE_GAP_CHARS + len(piece))
        if position < 0:
            return False
        end = position + len(piece)
    return True


@lru_cache(maxsize=1)
def _marks() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    english = ENGLISH_MARKS.split()
    for word in english:
        found[word] = [ENGLISH]
    for each in LANGUAGES:
        if not each.marks:
            continue
        telling = tokens_of(folded(f"{each.refuses} {each.asks} {each.starts} {each.claims}"))
        for word in dict.fromkeys([*folded(each.marks).split(), *(word for word in telling if word not in english)]):
            found.setdefault(word, []).append(each.code)
    return {word: tuple(codes) for word, codes in found.items()}


@lru_cache(maxsize=1)
def _everyday() -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    """English by foreign word, and for joined text by foreign piece, longest first."""
    by_word: dict[str, str] = {}
    for line in EVERYDAY_WORDS.splitlines():
        english, _, forms = line.partition(":")
        for form in folded(forms.lower()).split():
            by_word.setdefault(form, english)
    pieces = sorted((form for form in by_word if not form.isascii()), key=len, reverse=True)
    return by_word, tuple((piece, by_word[piece]) for piece in pieces if not _SCRIPT_CHARS["ru"].search(piece))
