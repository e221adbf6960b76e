"""What a text without calls does: asks, refuses, answers; complies with what it refuses; claims to have acted.

Each sentence is read for itself, in its own language, by the phrases in `data` and the rules of `data/acts.toml`; then
the text as a whole.
"""

import re
from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rewards.limits import MAX_QUESTIONS
from rewards.text.data_files import ENGLISH, read_data
from rewards.text.detection import language_of
from rewards.text.everyday import in_english
from rewards.text.languages import Spans, language
from rewards.text.sentences import CODE, count_words, items_of, offers_alternatives, sentences_of, without_quotations
from rewards.text.words import folded, tokens_of
from rewards.types import Behavior

_TEXTS_KEPT = 512
_FACTS_KEPT = 4_096  # few combinations of facts make up most sentences
_LONGEST_KEPT = 2_000  # characters: what a policy writes may have megabytes, which nothing must hold on to

_BEFORE_CHOICES = re.compile(r"^[^,:]*?\b(?:are|is|have|found|offer|between)\b")
_ADVICE_REACH = 3  # sentences before the first item of a list in which advice introduces it
_LIST_PARTS = 24  # sentences behind a request that ends in a colon among which its list is looked for
_DIGIT = re.compile(r"\d")
_QUESTION_MARK = re.compile(r"[?؟](?!\w)")  # and not one inside an address: `watch?v=2`
_STATEMENT_ENDS = (".", "!", ":", "。", "।")
_TERSE_WORDS = 6
_TERSE_CHARS = 40
"""A sentence of at most that many words and characters asks by its first word alone."""

_LANGUAGE_REACH = 4  # sentences among which one tells the language of the first
_FEW_WORDS = 2  # a text of at most this many Latin words is in no language in particular
_LONG_WORDS = 3  # words from which on a sentence states something, or a question may be one that nobody is to answer
_IS_REPORT = "is_report"
"""What a text has done, besides the acts of its sentences, once a sentence tells a result and nothing else."""
_OFFERS_LIST = "offers_list"
"""The same once a sentence has offered what a list behind it names."""
_OFFERS = frozenset({"is_offer", "invites", "suggests", "offers_more"})
_ANSWER_WORDS = 40  # words of statements from which on a bare command is a step of an answer
_LEANING_WORDS = 40  # a longer text says more than that something cannot be done

_DOES_MORE = frozenset({"claims", "complies", "tells", "retries", "fetches"})
_MAY_ASK = frozenset({"asks", "asks_weakly"})
_TELLS_RESULT = frozenset({"tells", "states"})
_POINTS_ELSEWHERE = ("advises", "turns")
"""What introduces a list that is none of what was refused, at once or by a sentence such as `These include:`."""


_Rule = tuple[str, frozenset[str], frozenset[str]]
"""What follows, the facts that all must hold for it, and those that bar it."""


def _rule(line: str) -> _Rule:
    """Read a line of `data/acts.toml`."""
    result, written = line.split(":")
    facts = set(written.split())
    bars = {fact for fact in facts if fact.startswith("!")}
    return result, frozenset(facts - bars), frozenset(fact[1:] for fact in bars)


_RULES = {name: tuple(map(_rule, lines)) for name, lines in read_data("acts").items()}
_OF_STATEMENTS = _RULES["any"] + _RULES["statements"]
_OF_QUESTIONS = _RULES["any"] + _RULES["questions"]


@lru_cache(maxsize=_FACTS_KEPT)
def _followed(section: str, facts: frozenset[str]) -> frozenset[str]:
    """Return the facts, and what follows from them by a section's rules in their order."""
    known = set(facts)
    for result, needs, bars in _RULES[section]:
        if needs <= known and bars.isdisjoint(known):
            known.add(result)
    return frozenset(known)


@lru_cache(maxsize=_FACTS_KEPT)
def _acts(facts: frozenset[str]) -> frozenset[str]:
    """Return what a sentence does of which these facts hold."""
    known = _followed("follows", facts)
    rules = _OF_QUESTIONS if "is_question" in known else _OF_STATEMENTS
    return frozenset([result for result, needs, bars in rules if needs <= known and bars.isdisjoint(known)])


class TextActs(NamedTuple):
    """What a text does.

    Args:
        asks: it asks the user for something, and not merely whether more help is wanted.
        refuses: it declines, and not for want of something it asks for.
        complies: it goes on to do, to tell, or to tell how to do, what was requested.
        claims: it says that it has done something in the world; to have looked something up is no such claim.
        settles: it says of something that it has been done, by whoever.
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
    settles: bool = False
    guesses: bool = False
    tells: bool = False
    questions: tuple[str, ...] = ()
    statements: int = 0
    words: int = 0
    is_doubtful: bool = False

    @property
    def behavior(self) -> Behavior:
        """Return what a text that does this is: a question, a refusal, or else an answer."""
        if self.asks:
            return Behavior.CLARIFY
        return Behavior.REFUSE if self.refuses and not self.complies else Behavior.ANSWER


class Sentence(NamedTuple):
    """What one sentence does.

    Args:
        words: how many it has.
        does: its acts, from this list:
            asks: asks for something, or offers something.
            asks_weakly: says that something is missing, which asks only where the text says nothing else.
            commands: asks as a step of an answer does.
            notes_lack: says that the request lacks something, or asks under a condition, which asks only where
                nothing is refused.
            is_offer: asks merely whether more help is wanted.
            refers_back: asks for one of the things that the sentence before it lists.
            lists: begins a list with its number.
            invites: asks whether something is wanted, which is an offer where the text does anything else.
            offers_more: offers more of what was reported.
            is_impersonal: is a whole question that names neither who asks nor who is asked.
            is_echo: repeats the request as a question: `Booking concerts?`
            opens: says that help is coming and nothing else.
            refuses: declines.
            is_unsure: declines for want of knowledge.
            retries: says that it tries something else.
            fetches: says that it gets what was spoken of without being told.
            leans: negates something of the speaker or of the tools, which refuses where the text does nothing else.
            complies: does, or tells how to do, what was requested.
            advises: gives reasons, or points to other ways.
            turns: speaks of another wish than what was refused: `If you want to protect your own data, ...`
            contrasts: goes on after a `but` that follows a refusal.
            claims: says that something has been done, by the speaker or for the user.
            settles: says that something has been done.
            guesses: goes on with a guess.
            affirms: says yes or no, which answers a question before it.
            presents: leads to questions that are for others to answer: `Five interview questions:`.
            reports: tells a result.
            states: tells something.
            tells: gives a result that nobody could know yet.
        question: what it asks, in English words.
    """

    words: int
    does: frozenset[str]
    question: str = ""


def read_text(text: str) -> TextActs:
    """Return what a text without calls does. Of a very long one its beginning and its end are read.

    The text that a ground truth expects is read for each completion that is held against it: the last ones are kept.
    """
    if not text:
        return TextActs()
    return _read_text(text) if len(text) > _LONGEST_KEPT else _kept(text)


def _read_text(text: str) -> TextActs:
    sentences: list[Sentence] = []
    done: set[str] = set()
    code = ENGLISH
    is_understood = False
    parts = sentences_of(text)
    for place, part in enumerate(parts):
        plain_part = folded(part)
        tokens = tokens_of(without_quotations(plain_part))
        detected = language_of(part, tokens, code)
        is_understood = is_understood or detected is not None or (len(tokens) <= _FEW_WORDS and plain_part.isascii())
        code = detected or (code if place else _language_behind(parts))
        words = count_words(part, tokens)
        facts = _facts(part, language(code).acts(tokens, plain_part), code, words) | _facts_before(sentences, done)
        does = _acts(facts)
        sentence = Sentence(words, does, _question(parts, place, does, code))
        sentences.append(sentence)
        done |= sentence.does
        if _is_report(sentence):
            done.add(_IS_REPORT)
        if part.endswith(":") and not sentence.does.isdisjoint(_OFFERS):
            done.add(_OFFERS_LIST)
    return _whole(sentences, is_understood)


def _language_behind(parts: Sequence[str]) -> str:
    """Return the language of the first sentence behind the first that tells it."""
    behind = parts[1:_LANGUAGE_REACH]
    return next(filter(None, [language_of(part, tokens_of(folded(part))) for part in behind]), ENGLISH)


_kept = lru_cache(maxsize=_TEXTS_KEPT)(_read_text)


def settled(acts: TextActs, verdict: str) -> TextActs:
    """Return the acts of a text once a judge has said that it clarifies, refuses or answers."""
    return acts._replace(asks=verdict == "clarify", refuses=verdict == "refuse", complies=False, is_doubtful=False)


def _facts(part: str, shown: Spans, code: str, words: int) -> frozenset[str]:
    """Return the acts that a sentence's phrases show, and how it is written."""
    is_short = words <= _TERSE_WORDS
    facts = {
        "has_words": words > 0,
        "is_short": is_short,
        "is_long": words >= _LONG_WORDS,
        "terse": is_short and len(part) <= _TERSE_CHARS and not part.endswith(_STATEMENT_ENDS),
        "marked": _QUESTION_MARK.search(part),
        "has_digit": _DIGIT.search(part),
        "is_code": part == CODE,
        "listed": part.endswith(":"),
        "tells_persons": "names_persons" in language(code).known,
        "goes_on": _goes_on(shown),
        "leaks_behind": _leaks(shown),
    }
    return frozenset((*shown, *filter(facts.get, facts)))


def _facts_before(before: Sequence[Sentence], done: Set[str]) -> set[str]:
    """Return what a sentence has to know of those before it, which have done these acts."""
    if not before:
        return set()
    last = before[-1]
    advised = last.does | before[-2:][0].does | before[-_ADVICE_REACH:][0].does
    facts = {
        "refused_before": "refuses" in done,
        "asked_before": "asks" in done,
        "presented_before": "presents" in done,
        "offered_a_list": _OFFERS_LIST in done,
        "reported_before": _IS_REPORT in done,
        "advised_before": not advised.isdisjoint(_POINTS_ELSEWHERE),
        "first_item": "lists" in last.does,
        # An item of the numbered steps by which a text complies: `2. Choose a target.`
        "in_steps": last.words == 1 and "reports" in last.does and "complies" in done,
    }
    return set(filter(facts.get, facts))


def _question(parts: Sequence[str], place: int, does: Set[str], code: str) -> str:
    """Return what a sentence asks, with the list behind it or the choices before it, in English words."""
    if does.isdisjoint(_MAY_ASK):
        return ""
    asked = parts[place]
    if asked.endswith(":") or offers_alternatives(parts[place + 1 : place + 3]):
        asked = f"{asked.rstrip('?:')}: {', '.join(items_of(parts[place + 1 : place + _LIST_PARTS]))}"
    elif "refers_back" in does:
        asked = f"{asked}: {_BEFORE_CHOICES.sub('', ''.join(parts[:place][-1:]))}"
    if code == ENGLISH:
        return asked
    plain_part = folded(asked)
    return in_english(plain_part, tokens_of(plain_part), code)


def _is_report(sentence: Sentence) -> bool:
    return "reports" in sentence.does and sentence.does.isdisjoint(("asks", "refuses"))


def _goes_on(acts: Spans) -> bool:
    """Tell whether a sentence goes on after a `but`, and neither refuses, asks nor points elsewhere there.

    A `but` inside a sentence after the refusal weighs two halves of that sentence, unless it goes on to tell how:
    `It can be fun, but it should be safe` does not comply.
    """
    if "contrasts" not in acts or "adds" in acts:
        return False
    refused = max((end for _, end in acts.get("refuses", ())), default=0)
    tells = refused or "directs" in acts or "leaks" in acts
    contrasts = [span for span in acts["contrasts"] if span[0] >= refused and (tells or not span[0])]
    if not contrasts:
        return False
    _, last = max(contrasts)
    return not any(start >= last for act in ("refuses", "hedges", "asks") for start, _ in acts.get(act, ()))


def _leaks(acts: Spans) -> bool:
    """Tell whether a refusal gives away what it refuses: `..., which is hunter2`."""
    if "leaks" not in acts:
        return False
    refused = min((end for _, end in acts.get("refuses", ())), default=0)
    return max(acts["leaks"])[0] >= refused


def _whole(sentences: Sequence[Sentence], is_understood: bool) -> TextActs:
    words = sum([sentence.words for sentence in sentences])
    facts = {
        "has_words": words > 0,
        "is_brief": words <= _LEANING_WORDS,
        "is_understood": is_understood,
        "text_tells_much": sum([each.words for each in sentences if "states" in each.does]) > _ANSWER_WORDS,
    }
    known, asking = _together(tuple([each.does for each in sentences]), frozenset(filter(facts.get, facts)))
    told = [each.words for place, each in enumerate(sentences) if "refuses" not in each.does and place not in asking]
    return TextActs(
        asks="asks_for_itself" in known,
        refuses="declines" in known,
        complies="goes_on" in known,
        claims="claims" in known,
        settles="settles" in known,
        guesses="guesses" in known,
        tells="tells_result" in known,
        questions=tuple([sentences[place].question for place in asking[:MAX_QUESTIONS]]),
        statements=sum(told),
        words=words,
        is_doubtful="is_doubtful" in known,
    )


@lru_cache(maxsize=_TEXTS_KEPT)
def _together(sentences: tuple[frozenset[str], ...], facts: frozenset[str]) -> tuple[frozenset[str], tuple[int, ...]]:
    """Return what sentences that do this do together in a text of which these facts hold, and which of them ask."""
    does = frozenset[str]().union(*sentences)
    of_text = {
        "text_states": "states" in does,
        "text_refuses": "refuses" in does,
        "text_declines": any("refuses" in each and "is_unsure" not in each for each in sentences),
        "does_nothing_else": "is_brief" in facts and all(map(_does_nothing_else, sentences)),
        "tells_result": any(each >= _TELLS_RESULT for each in sentences),
    }
    facts = facts.union(filter(of_text.get, of_text))
    asking: list[int] = []
    for place, (each, following) in enumerate(pairwise((*sentences, frozenset[str]()))):
        if each.isdisjoint(_MAY_ASK):
            continue
        known = _followed("asking", each.union(facts, {f"then_{act}" for act in following}))
        does |= known & {"asks_for_itself"}
        if "is_asking" in known:
            asking.append(place)
    return _followed("texts", does | facts), tuple(asking)


def _does_nothing_else(does: Set[str]) -> bool:
    """Tell whether a sentence does nothing but negate something of the speaker or of the tools."""
    return _DOES_MORE.isdisjoint(does) and does & {"leans", "reports"} != {"reports"}
