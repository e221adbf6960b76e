"""Words of a text: spelled out, in lower case, and their stems."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rewards.limits import MAX_SPEECH_CHARS
from rewards.text import languages

LONGEST_WORD = 40  # letters of the longest word of a language that writes spaces
_TEXTS_KEPT = 4  # one text is looked at several times: for what it does and for its words

WORD = re.compile(r"[^\W_]+")
_KEPT_WHOLE = frozenset({"note"})  # or it would meet `not`
_BLANKS = re.compile(r"[^\S\n](?:[^\S\n]+|(?<! ))")
SPELLINGS: Mapping[str, str] = languages.read_data("spellings")
_MARKS: Mapping[str, str] = {"’": "'", "‘": "'", "`": "'", "—": ",", "–": ","}
_MARK = re.compile(f"[{''.join(_MARKS)}]")


@lru_cache(maxsize=_TEXTS_KEPT)
def plain(text: str) -> str:
    """Return a text in lower case, contractions in full, blanks single; of a very long one both ends."""
    text = ends(text)
    if not text.isascii():
        text = _MARK.sub(_mark, ends(unicodedata.normalize("NFKC", text)))  # folding may have made it longer
    lower = text.lower().replace("`", "'").replace(" - ", ", ").replace(" & ", " and ").replace(" ?", "?")
    return _BLANKS.sub(" ", languages.spelled_out(lower))


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
