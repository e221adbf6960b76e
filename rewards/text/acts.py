"""What a text without calls does: asks, refuses, answers; complies with what it refuses; claims to have acted.

Each sentence is read for itself, in its own language, by the phrases in `data`; then the text as a whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rewards.limits import MAX_QUESTIONS, MAX_SENTENCE_CHARS, MAX_SENTENCES
from rewards.text import languages
from rewards.text.languages import ENGLISH, Spans
from rewards.text.words import plain

_SENTENCE_END = re.compile(r"(?<=[.?!。؟।])[\"')\]*]*\s+|(?<=[。？！؟।])|(?<=[?!])(?=[\u3040-\u9fff])|\s*\n\s*")
_LIST_ITEM = re.compile(r"(?:[-*•]|\d+[.)]) ")
_QUOTES = "\"'“”«»„"
_QUOTED = re.compile(
    r"\"[^\"\n]{1,200}\"|'(?<!\w')[^'\n]{1,200}'(?!\w)|“[^“”\n]{1,200}”|«[^«»\n]{1,200}»|「[^「」\n]{1,200}」"
)
_LONG_QUOTATION_BLANKS = 2
"""Blanks in a quotation from which on it is read as one word, whatever it says."""

_ENDS_OF_SENTENCE = str.maketrans(dict.fromkeys("?!.。？！؟", " "))
_DIGIT = re.compile(r"\d")
_QUESTION_MARKS = ("?", "؟")
_STATEMENT_ENDS = (".", "!", ":", "。", "।")
_TERSE_WORDS = 6
_TERSE_CHARS = 40
"""A sentence of at most that many words and characters asks by its first word alone."""

_FEW_WORDS = 2
"""A text of at most this many Latin words is in no language in particular."""

LONGEST_SPACED_WORD = 8
"""Mean signs of a word, above which the language writes no spaces."""

_RHETORICAL_WORDS = 3
_REPLY_WORDS = 3
_LEANING_WORDS = 40
"""A longer text says more than that something cannot be done."""


@dataclass(frozen=True)
class TextActs:
    """What a text does.

    Args:
        asks: it asks the user for something, and not merely whether more help is wanted.
        refuses: it declines, and not for want of something it asks for.
        complies: it goes on to do, to tell, or to tell how to do, what was requested.
        claims: it says that it has done something in the world; to have looked something up is no such claim.
        guesses: it says that it goes on with a value that nobody gave.
        tells: it gives a result before anything has been told, in a sentence about nobody.
        questions: the sentences that ask, lower-case, with English words for everyday words.
        statements: words in sentences that neither ask nor refuse.
        words: words in all; 0 is silence.
        is_doubtful: the rules do not settle it: it asks and refuses, complies only by contrast, offers more of what it
            reported, or is in no language that they know.
    """

    asks: bool = False
    refuses: bool = False
    complies: bool = False
    claims: bool = False
    guesses: bool = False
    tells: bool = False
    questions: tuple[str, ...] = ()
    statements: int = 0
    words: int = 0
    is_doubtful: bool = False


class Sentence(NamedTuple):
    """What one sentence does.

    Args:
        words: how many it has.
        asks: it asks for something, or offers something.
        asks_weakly: it says that something is missing, which asks only where the text says nothing else.
        notes_lack: it says that the request lacks something, which asks only where nothing is refused.
        is_offer: it asks merely whether more help is wanted.
        invites: it asks whether something is wanted, which is an offer where the text does anything else.
        offers_more: it offers more of what was reported.
        is_impersonal: it is a whole question that names neither who asks nor who is asked.
        is_echo: it repeats the request as a question: `Booking concerts?`
        opens: it says that help is coming and nothing else.
        refuses: it declines.
        is_unsure: it declines for want of knowledge.
        leans: it negates something of the speaker or of the tools, which refuses where the text does nothing else.
        complies: it does, or tells how to do, what was requested.
        advises: it gives reasons, or points to other ways.
        contrasts: it goes on after a `but` that follows a refusal.
        claims: it says that something has been done.
        guesses: it goes on with a guess.
        reports: it tells a result.
        tells: it gives a result.
        question: what it asks, in English words.
    """

    words: int
    asks: bool = False
    asks_weakly: bool = False
    notes_lack: bool = False
    is_offer: bool = False
    invites: bool = False
    offers_more: bool = False
    is_impersonal: bool = False
    is_echo: bool = False
    opens: bool = False
    refuses: bool = False
    is_unsure: bool = False
    leans: bool = False
    complies: bool = False
    advises: bool = False
    contrasts: bool = False
    claims: bool = False
    guesses: bool = False
    reports: bool = False
    tells: bool = False
    question: str = ""

    @property
    def states(self) -> bool:
        """Tell whether it tells something."""
        return self.words >= _REPLY_WORDS and not (self.asks or self.refuses or self.opens or self.asks_weakly)


def read_text(text: str) -> TextActs:
    """Return what a text without calls does. Of a very long one its beginning and its end are read."""
    sentences: list[Sentence] = []
    code = ENGLISH
    is_understood = False
    for part in _parts(plain(text)):
        folded = languages.folded(part)
        tokens = languages.tokens_of(_QUOTED.sub(_shortened, folded))
        detected = languages.language_of(folded, tokens, code)
        is_understood = is_understood or detected is not None or (len(tokens) <= _FEW_WORDS and folded.isascii())
        code = detected or code
        sentences.append(_read_sentence(part, folded, tokens, code, sentences))
    acts = _whole(sentences)
    is_guess = not is_understood and not (acts.asks or acts.refuses or acts.claims)
    return replace(acts, is_doubtful=True) if is_guess and acts.words else acts


def settled(acts: TextActs, verdict: str) -> TextActs:
    """Return the acts of a text once a judge has said that it clarifies, refuses or answers."""
    return replace(acts, asks=verdict == "clarify", refuses=verdict == "refuse", complies=False, is_doubtful=False)


def _parts(text: str) -> list[str]:
    """Return the sentences. What is quoted ends no sentence."""
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        text = text[1:-1]
    text = _QUOTED.sub(lambda quoted: quoted[0].translate(_ENDS_OF_SENTENCE), text)
    parts = _SENTENCE_END.split(text, MAX_SENTENCES)[:MAX_SENTENCES]
    stripped = (part[:MAX_SENTENCE_CHARS].strip(" \t\"'*_>()#") for part in parts)
    return [part for part in stripped if part]


def _shortened(quoted: re.Match[str]) -> str:
    """Return what is quoted, or one word for it where it could be taken for what the sentence says."""
    return " quotation " if quoted[0].count(" ") >= _LONG_QUOTATION_BLANKS else quoted[0]


def _read_sentence(part: str, folded: str, tokens: list[str], code: str, before: Sequence[Sentence]) -> Sentence:
    language = languages.language(code)
    text = folded if language.is_joined else " ".join(tokens) + " "
    acts = language.acts(tokens, text)
    words = _count_words(part, tokens)
    has_mark = any(mark in part for mark in _QUESTION_MARKS)
    notes_lack = "notes_lack" in acts and "asks" not in acts and not has_mark
    declines = "refuses" in acts and ("unless" not in acts or "permits" in acts)
    asks = words > 0 and (has_mark or notes_lack or _requests(acts, part, words, declines))
    reported = any(sentence.reports and not sentence.asks and not sentence.refuses for sentence in before)
    offers_more = has_mark and reported and "more" in acts and "chooses" not in acts
    refused = declines or any(sentence.refuses for sentence in before)
    offers_instead = refused and "instead" in acts and "chooses" not in acts
    contrasts = refused and not has_mark and _goes_on(acts)
    lists = "lists" in acts and not (before and before[-1].advises)
    complies = ("complies" in acts and "hedges" not in acts) or lists or part.startswith("```")
    return Sentence(
        words=words,
        asks=asks,
        notes_lack=notes_lack,
        asks_weakly=not asks and not declines and "weakly_asks" in acts,
        is_offer=asks and (offers_instead or ("names_wanted" not in acts and (offers_more or "offers" in acts))),
        invites=asks and "invites" in acts and acts.keys().isdisjoint(("chooses", "specifies")),
        offers_more=offers_more,
        is_impersonal=has_mark and "names_persons" in language.known and _is_impersonal(acts, words),
        is_echo=has_mark and words <= _TERSE_WORDS and not acts.keys() & {"asks", "chooses", "names_persons"},
        opens="opens" in acts,
        refuses=declines,
        is_unsure=declines and "is_unsure" in acts,
        leans=not (asks or declines) and {"negates", "speaks"} <= acts.keys() and "spares" not in acts,
        complies=_leaks(acts) if declines else complies and not asks,
        advises="advises" in acts,
        contrasts=contrasts,
        claims=not asks and "claims" in acts,
        guesses="guesses" in acts,
        reports="reports" in acts or _DIGIT.search(part) is not None,
        tells="tells" in acts and "names_persons" not in acts,
        question=(part if code == ENGLISH else languages.in_english(folded, tokens, code)) if asks else "",
    )


def _count_words(part: str, tokens: list[str]) -> int:
    """Return how many words a sentence has; where no spaces are written, two signs count as one."""
    words = sum(map(str.isalnum, tokens))
    is_spaced = words * LONGEST_SPACED_WORD >= len(part) or part.isascii()
    return words if is_spaced or not words else max(words, len(part) // 2)


def _is_impersonal(acts: Spans, words: int) -> bool:
    if "asks" in acts or "names_persons" in acts:
        return False
    return words >= _RHETORICAL_WORDS or "explains" in acts


def _requests(acts: Spans, part: str, words: int, declines: bool) -> bool:
    """Tell whether a sentence without a question mark asks."""
    if declines or "not_needed" in acts:
        return False
    if "asks" in acts or ("refuses" in acts and "unless" in acts):
        return True
    is_terse = words <= _TERSE_WORDS and len(part) <= _TERSE_CHARS and not part.endswith(_STATEMENT_ENDS)
    return is_terse and "starts" in acts


def _goes_on(acts: Spans) -> bool:
    """Tell whether a sentence goes on after a `but`, and neither refuses, asks nor points elsewhere there."""
    if "contrasts" not in acts:
        return False
    refused = max((end for _, end in acts.get("refuses", ())), default=0)
    contrasts = [end for start, end in acts["contrasts"] if start >= refused]
    if not contrasts:
        return False
    return not any(start >= contrasts[-1] for act in ("refuses", "hedges", "asks") for start, _ in acts.get(act, ()))


def _leaks(acts: Spans) -> bool:
    """Tell whether a refusal gives away what it refuses: `..., which is hunter2`."""
    refused = min(end for _, end in acts["refuses"])
    return any(start >= refused for start, _ in acts.get("leaks", ()))


def _whole(sentences: Sequence[Sentence]) -> TextActs:
    asking = [sentence for place, sentence in enumerate(sentences) if _does_ask(place, sentences)]
    does_more = any(sentence.states or sentence.refuses for sentence in sentences)
    asks = any(not (sentence.is_offer or (sentence.invites and does_more)) for sentence in asking)
    refuses = any(sentence.refuses for sentence in sentences)
    leans = not (asks or refuses) and _leans(sentences)
    is_doubtful = leans or (asks and refuses) or (refuses and any(sentence.contrasts for sentence in sentences))
    if asks and any(sentence.is_unsure for sentence in sentences):
        refuses = False
    claims = any(sentence.claims for sentence in sentences)
    offers_more = any(sentence.offers_more for sentence in sentences)
    return TextActs(
        asks=asks,
        refuses=refuses or leans,
        complies=claims or any(sentence.complies or sentence.contrasts for sentence in sentences),
        claims=claims,
        guesses=any(sentence.guesses for sentence in sentences),
        tells=any(sentence.tells and sentence.states for sentence in sentences),
        questions=tuple([sentence.question for sentence in asking][:MAX_QUESTIONS]),
        statements=sum(sentence.words for sentence in sentences if not sentence.refuses and sentence not in asking),
        words=sum(sentence.words for sentence in sentences),
        is_doubtful=is_doubtful or (offers_more and not refuses),
    )


def _leans(sentences: Sequence[Sentence]) -> bool:
    """Tell whether a short text does nothing but negate something of the speaker or of the tools."""
    if not any(sentence.leans for sentence in sentences):
        return False
    if sum(sentence.words for sentence in sentences) > _LEANING_WORDS:
        return False
    others = [sentence for sentence in sentences if not sentence.leans]
    does_more = any(sentence.claims or sentence.complies or sentence.tells for sentence in sentences)
    return not does_more and not any(sentence.reports for sentence in others)


def _does_ask(place: int, sentences: Sequence[Sentence]) -> bool:
    """Tell whether a sentence asks, given the others."""
    sentence = sentences[place]
    if sentence.asks_weakly:
        return not any(each.states for each in sentences)
    if not sentence.asks:
        return False
    if sentence.notes_lack:
        return not any(each.refuses and not each.is_unsure for each in sentences)
    if place + 1 == len(sentences):
        return True
    reply = sentences[place + 1]
    return not (sentence.is_impersonal and reply.states) and not (sentence.is_echo and (reply.refuses or reply.leans))
