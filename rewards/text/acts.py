"""What a text without calls does: asks, refuses, complies, claims to have acted.

English is read by the patterns in `english`, thirteen other languages by the phrases in `languages`; which one it is is
settled for each sentence.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from rewards.limits import MAX_QUESTIONS, MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_SPEECH_CHARS
from rewards.text import english, phrases

_SENTENCE_END = re.compile(r"(?<=[.?!。؟।])[\"')\]*]*\s+|(?<=[。？！؟।])|\n+")
_WORD = re.compile(r"[^\W_]+")
_QUOTES = "\"'“”«»„"
_QUOTED = re.compile(
    r"\"[^\"\n]{1,200}\"|(?<!\w)'[^'\n]{1,200}'(?!\w)|“[^”\n]{1,200}”|«[^»\n]{1,200}»|「[^」\n]{1,200}」"
)
_ENDS_OF_SENTENCE = str.maketrans(dict.fromkeys("?!.。？！؟", " "))
LONGEST_WORD = 40
"""Letters of the longest word of a language that writes spaces."""

_FEW_WORDS = 2
_TEXTS_KEPT = 4
"""Normalised texts kept: one text is looked at several times, for what it does and for its words."""

_TERSE_CHARS = 40
"""A sentence of at most this many characters asks by its first word alone."""


@dataclass(frozen=True)
class TextActs:
    """What a text does.

    Args:
        asks: it asks the user for something that is not merely an offer of help.
        refuses: it declines, and not for want of something it asks for.
        complies: it goes on to do, or to tell how to do, what was requested.
        claims: it says that something has been done.
        questions: the sentences that ask, offers included, lower-case, with English words for everyday words.
        statements: how many words stand in sentences that neither ask nor refuse.
        words: how many words there are; 0 is silence.
        is_doubtful: the rules do not settle it: it asks and refuses, complies only by contrast, offers more of what it
            reported, or
            is in no language that they know.
    """

    asks: bool = False
    refuses: bool = False
    complies: bool = False
    claims: bool = False
    questions: tuple[str, ...] = ()
    statements: int = 0
    words: int = 0
    is_doubtful: bool = False


class _Said(NamedTuple):
    """What one sentence does. `question` is what it asks, in English words."""

    words: int
    asks: bool = False
    is_offer: bool = False
    offers_more: bool = False
    refuses: bool = False
    is_epistemic: bool = False
    complies: bool = False
    contrasts: bool = False
    claims: bool = False
    question: str = ""


def read_text(text: str) -> TextActs:
    """What the text does. Of very long texts the beginning and the end are read."""
    said: list[_Said] = []
    language = phrases.ENGLISH
    reports = has_refused = is_understood = False
    for sentence in _sentences(text):
        plain = phrases.folded(sentence)
        tokens = phrases.tokens_of(plain)
        told = phrases.language_of(plain, tokens, language)
        is_few = len(tokens) <= _FEW_WORDS and plain.isascii()
        is_understood = is_understood or is_few or told is not None
        language = told or language
        if language == phrases.ENGLISH:
            one = _said_in_english(sentence, has_refused, reports)
            reports = reports or bool(english.REPORT.search(sentence) and not one.asks and not one.refuses)
        else:
            one = _said_in(language, plain, tokens, has_refused)
        has_refused = has_refused or one.refuses
        said.append(one)
    heard = _overall(said)
    is_guess = not is_understood and not (heard.asks or heard.refuses or heard.claims)
    return replace(heard, is_doubtful=heard.is_doubtful or (is_guess and heard.words > 0))


def settled(heard: TextActs, verdict: str) -> TextActs:
    """What a text does once a judge has said that it clarifies, refuses or answers."""
    asks, refuses = verdict == "clarify", verdict == "refuse"
    return replace(heard, asks=asks, refuses=refuses, complies=False, is_doubtful=False)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, contractions spelled out."""
    return _WORD.findall(_plain(text))


def _overall(said: list[_Said]) -> TextActs:
    asks = any(one.asks and not one.is_offer for one in said)
    refuses = any(one.refuses for one in said)
    is_doubtful = (asks and refuses) or (refuses and any(one.contrasts for one in said))
    if asks and any(one.is_epistemic for one in said):
        refuses = False
    claims = any(one.claims for one in said)
    offers_more = any(one.offers_more for one in said)
    return TextActs(
        asks=asks,
        refuses=refuses,
        complies=claims or any(one.complies or one.contrasts for one in said),
        claims=claims,
        questions=tuple([one.question for one in said if one.asks][:MAX_QUESTIONS]),
        statements=sum(one.words for one in said if not one.asks and not one.refuses),
        words=sum(one.words for one in said),
        is_doubtful=is_doubtful or (offers_more and not refuses),
    )


def _said_in_english(sentence: str, has_refused: bool, reports: bool) -> _Said:
    words = len(_WORD.findall(sentence))
    refuses = _is_refusal(sentence)
    asks = _is_question(sentence, words) and not (refuses and "?" not in sentence)
    offers_more = asks and reports and bool(english.MORE_OF_IT.search(sentence))
    complies, contrasts = _complies(sentence, refuses, has_refused or refuses)
    return _Said(
        words=words,
        asks=asks,
        is_offer=offers_more or (asks and _is_offer(sentence)),
        offers_more=offers_more,
        refuses=refuses,
        is_epistemic=refuses and bool(english.EPISTEMIC.search(sentence)),
        complies=complies,
        contrasts=contrasts,
        claims=bool(english.CLAIM.search(sentence)),
        question=sentence,
    )


def _said_in(language: str, sentence: str, tokens: list[str], has_refused: bool) -> _Said:
    """What a sentence does in another language, by its phrases."""

    def does(act: str) -> bool:
        return acts[act].is_in(sentence, tokens)

    acts = phrases.acts(language)
    words = len(_WORD.findall(sentence))
    refuses = does("refuses")
    if refuses and does("unless"):
        refuses, is_request = False, True
    else:
        is_request = does("asks") and not refuses
    has_mark = "?" in sentence or "؟" in sentence
    is_statement = sentence.endswith((".", "!", "。", "।"))
    is_short = len(sentence) <= _TERSE_CHARS and not is_statement and acts["starts"].begins(sentence, tokens)
    asks = words > 0 and (has_mark or is_request or (is_short and not refuses))
    complies = not asks and not refuses and does("complies")
    return _Said(
        words=words,
        asks=asks,
        is_offer=asks and does("offers"),
        refuses=refuses,
        complies=complies and (has_refused or sentence.startswith(("1.", "```"))),
        claims=not asks and does("claims"),
        question=phrases.in_english(sentence, tokens, language) if asks else "",
    )


def _sentences(text: str) -> list[str]:
    parts = _SENTENCE_END.split(_without_quoted_marks(_plain(text)), MAX_SENTENCES)
    stripped = (part[:MAX_SENTENCE_CHARS].strip(" \t\"'*_>()") for part in parts[:MAX_SENTENCES])
    return [sentence for sentence in stripped if sentence]


def _without_quoted_marks(text: str) -> str:
    """The text with no sentence ending inside a quotation: what is quoted is not asked."""
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        text = text[1:-1]
    return _QUOTED.sub(lambda match: match[0].translate(_ENDS_OF_SENTENCE), text)


def _plain(text: str) -> str:
    return _plain_short(_ends(text))


@lru_cache(maxsize=_TEXTS_KEPT)
def _plain_short(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    text = _ends(text).replace("’", "'").replace("`", "'")  # folding may have made it longer
    if "'" in text:
        for short, long in english.CONTRACTIONS:
            text = text.replace(short, long)
    text = english.BARE.sub(lambda match: english.BARE_CONTRACTIONS[match[0]], text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _ends(text: str) -> str:
    half = MAX_SPEECH_CHARS // 2
    return text if len(text) <= MAX_SPEECH_CHARS else text[:half] + "\n" + text[-half:]


def _is_question(sentence: str, words: int) -> bool:
    if "?" in sentence or "؟" in sentence:
        return words > 0
    if english.NOT_NEEDED.search(sentence):
        return False
    return bool(english.REQUEST.search(sentence)) or (words <= 6 and bool(english.TERSE_QUESTION.search(sentence)))


def _is_offer(sentence: str) -> bool:
    """Whether a question merely offers help."""
    if english.OFFER.search(sentence):
        return True
    return bool(english.YES_OR_NO_OFFER.search(sentence)) and not english.QUESTION_WORD.search(sentence)


def _is_refusal(sentence: str) -> bool:
    if not english.REFUSAL.search(sentence):
        return False
    return not english.CONDITION.search(sentence) or bool(english.PERMISSION.search(sentence))


def _complies(sentence: str, is_refusal: bool, has_refused: bool) -> tuple[bool, bool]:
    """Whether the sentence complies outright, and whether it does so after a contrast with a refusal."""
    if english.COMPLIANCE.search(sentence) and not is_refusal:
        return not english.REDIRECT.search(sentence), False
    contrasts = list(english.CONTRAST.finditer(sentence)) if has_refused else []
    refusal = english.REFUSAL.search(sentence) if contrasts and is_refusal else None
    if refusal is not None:
        # In "sorry, but this is not supported" the contrast is part of the refusal.
        contrasts = [contrast for contrast in contrasts if contrast.start() >= refusal.end()]
    if not contrasts:
        return False, False
    rest = sentence[contrasts[-1].end() :]
    is_hedged = (
        english.REFUSAL.search(rest) or english.REDIRECT.search(rest) or english.REQUEST.search(rest) or "?" in rest
    )
    return False, bool(rest) and not is_hedged
