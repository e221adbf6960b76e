"""The languages whose phrases are known, one file in `data` each, and the acts that a sentence's phrases show.

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
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from operator import add
from pathlib import Path
from typing import NamedTuple

from rewards.limits import MAX_PHRASE_GAP_CHARS, MAX_PHRASE_GAP_WORDS
from rewards.strict_json import JsonObject

ENGLISH = "en"

CODES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "ru",
    "zh",
    "ja",
    "ko",
    "ar",
    "hi",
    "tr",
    "vi",
    "sv",
    "da",
    "cs",
    "hu",
    "id",
    "ro",
    "fi",
)
"""ISO 639-1 codes, in the order in which a word's language is looked for."""

_DATA = Path(__file__).parent / "data"
_TOKEN = re.compile(r"[^\W_]+(?:(?:\.[^\W_]+)*_[\w.]*\w)?|[,;:]")
"""A word, an identifier such as `weather.get_forecast`, or a mark."""
_ACCENT = re.compile("[\u0300-\u036f\u064b-\u0655]")
_END_OF_ACCENTS = 0x2B00  # behind the last sign that has an accent
_VARIANTS_OF_LETTERS = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": None, "ł": "l"}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),  # Japanese uses Chinese signs too
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
_ARTICLE = "a"  # of English and Hungarian, and a word of most of the others
_SPANISH_SIGNS = "¿¡"
_LATIN = re.compile("[a-z]")
_TELLING_ACTS = ("refuses", "asks", "starts", "claims")
_FIRST_JOINED_SIGN = "\u0900"  # of Devanagari, behind which the scripts of the joined languages stand
_SHORTEST_PART = 3  # letters of the nouns of which a compound is made
_TELLING_PART = 5  # letters of a known noun at the end of a compound whose beginning is not known
_SHORTEST_STEM = 4
_PLURALS_OF_NAMES = tuple((ending, "") for ending in ("e", "n", "en", "er", "s", "es", "i"))
_PARTICLES = re.compile("^[وف]?[بلك]?(?:ال|ل)?")  # of Arabic: and, with, to, the
_VOWELS = frozenset("aeiouyаеиоуыэюяь")
_SIGNS_PER_WORD = 2  # how many Latin letters one sign of another script weighs

_LOOSE_CONTRACTION = re.compile(r"(?<=[a-z]) ' (?=(?:m|s|t|re|ll|ve|d) )")
"""Corpora of dialogues write `i ' m`, and policies that learn from them do too."""
_FIRST_SIGNS = re.compile(r"\A[^\^*!][^*!]?")  # as far as no other sign may stand there
_NOT_FOLLOWED_BY = re.compile("!([^!]+)")
_MORE_BLANKS = re.compile(" {2,}")
_LAST_GROUP = re.compile(r"(?<!\S)<(\w+)>$")
_SLOT = re.compile(r"\[|\]|[^\s\[\]]+")
_ANY_WORD = "[^ ,;:$]+"
_GAP = f"(?:, )?(?:{_ANY_WORD} ){{0,{MAX_PHRASE_GAP_WORDS}}}?"
_OPEN_WORDS = {"_": _ANY_WORD, "#": "[^ ,;:]*[0-9][^ ,;:]*"}
_START, _END = "^", "$"

Opening = tuple[str, ...]
"""The words that a phrase may begin with, at most two; an empty one is any word."""

Ranked = tuple[int, str, str]
"""Its rank, foreign words, and what is said for them in English."""

Spans = Mapping[str, set[tuple[int, int]]]
"""Where a sentence shows each act: by the act's name, from sign to sign."""


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


class Entry(NamedTuple):
    """A phrase where it is looked up.

    Args:
        act: that it shows.
        telling: words of which a sentence has one if it has the phrase; the ones that most seldom stand elsewhere.
        also_telling: the next such words.
        pattern: the phrase.
    """

    act: str
    telling: Set[str]
    also_telling: Set[str]
    pattern: re.Pattern[str]


class Shelf:
    """The phrases that begin alike, in which most sentences have no word that any of them needs."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = list(entries)

    @cached_property
    def by_telling(self) -> Mapping[str, Sequence[Entry]]:
        """The entries by each of their telling words. Few openings are ever looked up: it is built where one is."""
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
        forms: "compounds" where nouns are joined to one word, "inflected" where the ends of nouns change,
            "prefixed" where particles stand before them, else "".
        plurals: how nouns' plurals end, each with what their singular ends in.
        words: English by short words that mean something else in another language.
        is_joined: whether words are written without spaces or change at both ends, so that phrases are pieces of text.
        known: the acts that it has phrases for.
        by_opening: the phrases by their first word and by their second. Those that any second word may follow stand
            under each, and alone under `""`.
        joined: each act's phrases by the one or two signs that they begin with, where `is_joined`.
    """

    code: str
    forms: str
    plurals: Sequence[tuple[str, str]]
    words: Mapping[str, str]
    is_joined: bool
    known: frozenset[str]
    by_opening: Mapping[str, Mapping[str, Shelf]]
    joined: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]

    def acts(self, tokens: Sequence[str], sentence: str) -> Spans:
        """Return where the sentence shows which act, by its words and marks or, in a joined language, its text."""
        spans: dict[str, set[tuple[int, int]]] = {}
        if self.is_joined:
            return self._joined_acts(sentence)
        text = " ".join((_START, *tokens, _END, ""))
        words = {_START, *tokens}
        place, word = 0, _START
        for follower in (*tokens, _END):
            by_second = self.by_opening.get(word, _NO_PHRASES)
            by_telling = by_second.get(follower, by_second[""]).by_telling
            for telling in words & by_telling.keys():
                for act, _, also_telling, pattern in by_telling[telling]:
                    if not words.isdisjoint(also_telling) and (match := pattern.match(text, place)):
                        spans.setdefault(act, set()).add(match.span())
            place += len(word) + 1
            word = follower
        return spans

    def _joined_acts(self, sentence: str) -> Spans:
        spans: dict[str, set[tuple[int, int]]] = {}
        for first in _beginnings(sentence) & self.joined.keys():
            for act, pattern in self.joined[first]:
                if match := pattern.search(sentence):
                    spans.setdefault(act, set()).add(match.span())
        return {act: {min(places)} for act, places in spans.items()}


def folded(text: str) -> str:
    """Return the text without accents, variants of Arabic letters and some traditional Chinese signs."""
    if text.isascii():
        return text
    return _VARIANT.sub(lambda sign: _PLAIN_SIGNS[sign[0]], unicodedata.normalize("NFC", text))


def tokens_of(sentence: str) -> list[str]:
    """Return the words, and the marks that end a clause."""
    return _TOKEN.findall(sentence)


def language_of(sentence: str, tokens: Sequence[str], fallback: str = ENGLISH) -> str | None:
    """Return the code of a folded lower-case sentence's language; None where nothing tells.

    Its script tells, or else its most frequent words, of which English and then the fallback take precedence.
    """
    if not sentence.isascii():
        if sentence[0] in _SPANISH_SIGNS:
            return "es"
        latin = len(_LATIN.findall(sentence))
        for code, signs in _SCRIPTS:
            if signs.search(sentence) and len(signs.findall(sentence)) * _SIGNS_PER_WORD > latin:
                return code
    marks = _marks()
    told = [code for token in tokens if token != _ARTICLE for code in marks.get(token, ())]
    if not told:
        return fallback if _ARTICLE in tokens else None
    return max(dict.fromkeys((ENGLISH, fallback, *told)), key=told.count)


def in_english(sentence: str, tokens: Sequence[str], code: str) -> str:
    """Return the sentence with English words for its everyday words, so that it can be held against tools' names."""
    by_word, by_first_word, by_first_signs = _everyday()
    if language(code).is_joined:
        return _MORE_BLANKS.sub(" ", _replaced(sentence, _beginnings(sentence), by_first_signs))
    words = _replaced(f" {' '.join(tokens)} ", {*tokens}, by_first_word).split()
    short_words, plurals, other_form = language(code).words, language(code).plurals, _OTHER_FORMS[language(code).forms]
    english = [
        short_words.get(word)
        or by_word.get(word)
        or _plural(word, plurals, by_word)
        or other_form(word, by_word)
        or word
        for word in words
    ]
    return " ".join(english) + ("?" if "?" in sentence else "")


def english_of_names(words: Iterable[str]) -> Mapping[str, str]:
    """Return English for those words of names that are everyday words of other languages."""
    by_word, _, _ = _everyday()
    names = {folded(word): word for word in words}
    singulars = {name: by_word.get(name) or _plural(name, _PLURALS_OF_NAMES, by_word) for name in names}
    return {names[name]: english for name, english in singulars.items() if english}


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
"""How a word that is not among the everyday words may still be one, by the `forms` of its language."""


def _replaced(text: str, firsts: Set[str], by_first: Mapping[str, list[Ranked]]) -> str:
    for _, foreign, english in sorted(chain.from_iterable(map(by_first.__getitem__, firsts & by_first.keys()))):
        text = text.replace(foreign, english)
    return text


def in_english_of_any(text: str) -> str:
    """Return a text in whatever language as `in_english` returns a sentence."""
    lower = folded(text.lower())
    tokens = tokens_of(lower)
    code = language_of(lower, tokens) or ENGLISH
    if code == ENGLISH:
        return text
    return in_english(lower, tokens, code)


@lru_cache(maxsize=len(CODES))
def language(code: str) -> Language:
    """Return the language of that code."""
    data = read_data(code)
    acts: Mapping[str, list[str]] = data["acts"]
    if data.get("is_joined"):
        return Language(code, "", (), {}, True, frozenset(acts), {}, _by_first_signs(acts))
    groups: dict[str, Phrase] = {}
    for name, phrases in data.get("groups", {}).items():
        groups[name] = _either(_phrase(phrase, groups) for phrase in phrases)
    frequent = frozenset(f"{data.get('marks', '')} {data.get('also_frequent', '')}".split())
    by_opening: dict[str, dict[str, Shelf]] = {}
    for act, phrases in acts.items():
        for written in chain.from_iterable(_each_of_last_group(phrase, data.get("groups", {})) for phrase in phrases):
            phrase = _phrase(written, groups)
            telling, also_telling = _telling(phrase, frequent)
            entry = Entry(act, telling, also_telling, re.compile(phrase.pattern))
            for first, second in {(*opening, "")[:2] for opening in phrase.openings}:
                by_opening.setdefault(first, {"": Shelf()}).setdefault(second, Shelf()).entries.append(entry)
    for by_second in by_opening.values():
        for second in by_second.keys() - {""}:
            by_second[second].entries += by_second[""].entries
    plurals = [
        (plural, singular) for plural, _, singular in (ends.partition("/") for ends in data.get("plurals", "").split())
    ]
    words = _by_form(data.get("words", {}))
    return Language(code, data.get("forms", ""), plurals, words, False, frozenset(acts), by_opening, {})


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
            first = "".join(_FIRST_SIGNS.findall(_plain(phrase).strip()))
            phrases.setdefault((first, act), []).append(_piece(phrase))
    by_first: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for (first, act), pieces in phrases.items():
        by_first.setdefault(first, []).append((act, re.compile("|".join(pieces))))
    return by_first


def _beginnings(text: str) -> Set[str]:
    """Return with which signs a piece of a text may begin: each with the next, each alone, and none."""
    return {"", *text, *map(add, text, text[1:])}


def _telling(phrase: Phrase, frequent: Set[str]) -> list[Set[str]]:
    """Return what stands in the two slots with the fewest frequent words, besides those that the phrase begins with.

    Every sentence has its start, which stands in for slots that a phrase lacks.
    """
    firsts = {opening[0] for opening in phrase.openings}
    slots = [words for words in phrase.slots if words != firsts]
    return [*sorted(slots, key=lambda words: len(words & frequent)), {_START}, {_START}][:2]


def spelled_out(text: str) -> str:
    """Return a lower-case text with English contractions in full."""
    contractions, bare = _contractions()
    if " ' " in text:
        text = _LOOSE_CONTRACTION.sub("'", text)
    if "'" in text:
        for short, long in contractions:
            text = text.replace(short, long)
    return bare[0].sub(lambda match: bare[1][match[0]], text)


def _phrase(phrase: str, groups: Mapping[str, Phrase]) -> Phrase:
    parts: list[str] = []
    slots: list[Set[str]] = []
    openings: set[Opening] = {()}
    without_bracket: set[Opening] | None = None
    for slot in _SLOT.findall(_plain(phrase)):
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
    return _either(groups[words[1:-1]] if words[0] == "<" else _words(words) for words in alternatives.split("/"))


def _words(words: str) -> Phrase:
    """Return `a`, `a_b`, `~ly` or `_` as a phrase."""
    if words in _OPEN_WORDS:
        return Phrase(f"{_OPEN_WORDS[words]} ", {("",)}, ())
    pattern = re.escape(words.replace("_", " ")).replace("\\~", "~").replace("~", "[^ ,;:]*")
    opening = ("",) if "~" in words else tuple(words.split("_")[:2])
    return Phrase(f"{pattern} ", {opening}, ())


def _either(phrases: Iterable[Phrase]) -> Phrase:
    """Return one phrase for several, of which one stands there."""
    alternatives = list(phrases)
    openings = set[Opening]().union(*(phrase.openings for phrase in alternatives))
    firsts = {opening[0] for opening in openings}
    slots: list[Set[str]] = [] if firsts & {"", _START, _END} else [firsts]
    if all(phrase.slots for phrase in alternatives):
        slots.append(set[str]().union(*(phrase.slots[-1] for phrase in alternatives)))
    return Phrase(f"(?:{'|'.join(phrase.pattern for phrase in alternatives)})", openings, slots)


def _piece(phrase: str) -> str:
    """Return the regular expression of a phrase in joined text."""
    pieces = f".{{0,{MAX_PHRASE_GAP_CHARS}}}?".join(map(re.escape, _plain(phrase).strip().split("*")))
    return _NOT_FOLLOWED_BY.sub(r"(?!\1)", pieces.replace(r"\^", "^"))


def _plain(phrase: str) -> str:
    return folded(unicodedata.normalize("NFKC", phrase)).lower()


def read_data(name: str) -> JsonObject:
    """Return one of the files in `data`."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))


_CHINESE = read_data("zh")
_VARIANTS = str.maketrans(
    _VARIANTS_OF_LETTERS | dict(zip(_CHINESE["traditional"], _CHINESE["simplified"], strict=True))
)


def _plain_sign(sign: str) -> str:
    """Return what stands for a sign in folded text."""
    without = _ACCENT.sub("", unicodedata.normalize("NFD", sign))
    return unicodedata.normalize("NFC", without).translate(_VARIANTS)


_SIGNS = {*map(chr, range(0x80, _END_OF_ACCENTS)), *map(chr, _VARIANTS)}
_PLAIN_SIGNS = {sign: plain for sign in _SIGNS if (plain := _plain_sign(sign)) != unicodedata.normalize("NFC", sign)}
_VARIANT = re.compile(f"[{''.join(sorted(_PLAIN_SIGNS))}]")


@lru_cache(maxsize=1)
def _contractions() -> tuple[tuple[tuple[str, str], ...], tuple[re.Pattern[str], Mapping[str, str]]]:
    english = read_data(ENGLISH)
    words: Mapping[str, str] = english["spelled_out_words"]
    return tuple(english["spelled_out"].items()), (re.compile(rf"\b(?:{'|'.join(words)})\b"), words)


@lru_cache(maxsize=len(CODES))
def fillers_of(code: str) -> frozenset[str]:
    """Return the most frequent words of a language, folded: they name nothing."""
    return frozenset(_plain(read_data(code).get("marks", "")).split())


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
        phrases = " ".join(_plain(phrase) for act in _TELLING_ACTS for phrase in acts[act])
        telling = [word for word in tokens_of(phrases) if word.isalpha() and word not in no_mark]
        for word in dict.fromkeys([*_plain(data["marks"]).split(), *telling]):
            marks.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in marks.items()}


@lru_cache(maxsize=1)
def _everyday() -> tuple[Mapping[str, str], Mapping[str, list[Ranked]], Mapping[str, list[Ranked]]]:
    """Return English by foreign word; of several words by the first; of pieces of joined text by two signs."""
    by_word = _by_form(read_data("everyday"))
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
