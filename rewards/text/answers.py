"""How well a text answers, as far as words can tell.

Where a reference text is given, an answer shares content with it: at least `ENOUGH_SHARED` of the reference's content
words (its words without those that name nothing), and one of its numbers where it has any. What is more cannot be told
from words: a wrong answer in the right words passes, and a `judge` or a stricter reward has to catch it.
"""

import re
from itertools import pairwise

from rewards.limits import MAX_ANSWER_WORDS
from rewards.text.data_files import ENGLISH
from rewards.text.detection import fillers_of, language_of
from rewards.text.everyday import in_english_of_any
from rewards.text.vocabulary import FILLER, NUMBERS, UNITS
from rewards.text.words import LONGEST_WORD, folded, stem, words_of

OFF_TOPIC_CREDIT = 0.2  # for an answer that shares no content with the reference
WRONG_DETAIL_CREDIT = 0.5  # for an answer that gives other numbers or names than the reference, or says the opposite
ENOUGH_SHARED = 0.3  # share of the reference's content words that a whole answer has

MOST_WORDS_BEYOND = 10
"""A content word of the reference lets an answer have this many others, or be 100 words long; more is listing."""

_SHORTEST_BEGINNING = 4  # letters in which two forms of one word agree
_LONGEST_ENDING = 2  # letters of a form that may differ
_LEAST_DISTINCT_PAIRS = 0.4
_SHORTEST_REPETITION = 6
_LONG_ANSWER = 100
_SMALL_TALK = frozenset(
    map(stem, "welcome hello hi hey bye goodbye thanks glad happy great good nice pleasure".split())
)
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}  # 20 dollars are 20 USD
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\u3040-\u30ff\u3400-\u9fff]+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NUMBERS_JOINED = re.compile(r"(?<![\d.:])\d[\d.:]*+(?:(?:,? or|,) \d[\d.:]*+)++")
_FEWEST_TO_CHOOSE = 3  # `5 or 6` is an estimate
_NOT_THE_NAME = re.compile(r"(?:\bnot|\brather than|\binstead of) (?:the )?([A-Z]\w+)")
_FIRST_NAME = re.compile(r"\A\W*+([A-Z]\w+)")
_NAME = re.compile(r"(?<=[\w,;] )[A-Z]\w+")
_NEGATIONS = frozenset({"not", "no", "never", "cannot", "nobody", "nothing", "none"})
_NO_LATIN_WORD = re.compile(r"\A[b-df-hj-np-tv-xz]{4}|[b-df-hj-np-tv-xz]{6}")


def answer_credit(text: str, reference: str | None) -> tuple[float, str | None]:
    """The share of a whole answer that a text is worth, in [0, 1], and why it is not 1.

    Args:
        text: what was said, of which the beginning and the end are read.
        reference: the ground truth's text; where it has no content words, any answer is whole.
    """
    words = _words(text)
    if _is_repetition(words):
        return 0.0, "says the same again and again"
    if _is_gibberish(words):
        return 0.0, "not made of words"
    wanted = _content(_words(reference or ""))
    if not wanted:
        return 1.0, None
    given = _content(words)
    if len(given) > max(_LONG_ANSWER, MOST_WORDS_BEYOND * len(wanted)):
        return OFF_TOPIC_CREDIT, "lists words instead of answering"
    share = _share(wanted, given)
    if share < 1.0:
        share = max(share, _share(_english_content(reference or ""), _english_content(text)))
    if share < 1.0:
        return max(OFF_TOPIC_CREDIT, share), "shares too little with the expected answer"
    numbers = _numbers(reference or "")
    if numbers and numbers.isdisjoint(_numbers(text) | given):
        return WRONG_DETAIL_CREDIT, "gives other numbers than the expected answer"
    if _leaves_a_choice(text) and not _leaves_a_choice(reference or ""):
        return WRONG_DETAIL_CREDIT, "gives several numbers to choose from"
    if _denied_names(text) & _stated_names(reference or ""):
        return WRONG_DETAIL_CREDIT, "says the opposite of the expected answer"
    if _replaces_details(text, reference or "", given, wanted):
        return WRONG_DETAIL_CREDIT, "gives other names or numbers than the expected answer"
    if given == wanted and _is_negated(words) != _is_negated(_words(reference or "")):
        return WRONG_DETAIL_CREDIT, "says the opposite of the expected answer"
    return 1.0, None


def _share(wanted: set[str], given: set[str]) -> float:
    return min(1.0, _count_shared(wanted, given) / max(1, len(wanted)) / ENOUGH_SHARED)


def _english_content(text: str) -> set[str]:
    """Return the content of a text with English words for everyday words: a `Wecker` is an alarm too."""
    return _content(_words(in_english_of_any(text[:MAX_ANSWER_WORDS])))


def _count_shared(wanted: set[str], given: set[str]) -> int:
    """Count the words that are given, in whatever form: `shipped` as `shipment`, and cases of Slavic nouns."""
    lacking = wanted - given
    if not lacking or len(wanted) - len(lacking) >= ENOUGH_SHARED * len(wanted):
        return len(wanted) - len(lacking)
    short = [word[:LONGEST_WORD] for word in given]
    beginnings = {word[:length] for word in short for length in range(_SHORTEST_BEGINNING, len(word) + 1)}
    alike = [word for word in lacking if word[: max(_SHORTEST_BEGINNING, len(word) - _LONGEST_ENDING)] in beginnings]
    return len(wanted) - len(lacking) + len(alike)


def _replaces_details(text: str, reference: str, given: set[str], wanted: set[str]) -> bool:
    """Tell whether the answer is the reference in which some names or numbers have been replaced by others."""
    replacing, replaced = given - wanted, wanted - given
    return bool(replacing and replaced & _details(reference)) and replacing <= _details(text)


def _leaves_a_choice(text: str) -> bool:
    """Tell whether a text gives several numbers of which one is to be chosen: `10, 11 or 12`."""
    joined = _NUMBERS_JOINED.findall(text[: MAX_ANSWER_WORDS * 8])
    return any(
        " or " in numbers and numbers.count(" ") - numbers.count(" or ") >= _FEWEST_TO_CHOOSE - 1 for numbers in joined
    )


def _denied_names(text: str) -> set[str]:
    """Return the stems of names that are said not to be it: `Lyon, not Paris`."""
    return {stem(name.lower()) for name in _NOT_THE_NAME.findall(text[: MAX_ANSWER_WORDS * 8])}


def _stated_names(text: str) -> set[str]:
    """Return the stems of the names that a text does not deny; of its first word too where it denies nothing."""
    first = set() if _is_negated(_words(text)) else {stem(word.lower()) for word in _FIRST_NAME.findall(text)}
    return (first | _details(text)) - _denied_names(text)


def _details(text: str) -> set[str]:
    """Return the stems of names, which are capitalised inside a sentence, and of numbers."""
    start = text[: MAX_ANSWER_WORDS * 8]
    return {stem(word.lower()) for word in _NAME.findall(start)} | set(_NUMBER.findall(start))


def _is_negated(words: list[str]) -> bool:
    return sum(word in _NEGATIONS for word in words) % 2 == 1


def _words(text: str) -> list[str]:
    """Words; where words are not separated, single signs."""
    words = words_of(text)[:MAX_ANSWER_WORDS]
    if text.isascii():
        return words
    return [sign for word in words for sign in _SIGN.findall(word)][:MAX_ANSWER_WORDS]


def _content(words: list[str]) -> set[str]:
    """Return the stems of the words that name something. `Kim` asks who in Turkish, and is a name in English."""
    plain = list(map(folded, words))
    code = language_of(" ".join(words), plain) or ENGLISH
    naming = set(plain) if code == ENGLISH else set(plain) - fillers_of(code)
    stems = set(map(stem, naming)) - FILLER - _SMALL_TALK
    return {_UNIT_OF.get(stemmed) or NUMBERS.get(stemmed, stemmed) for stemmed in stems}


def _numbers(text: str) -> set[str]:
    """Return the numbers in a text: 1:45 is 1.45, and 9:00 is 9."""
    numbers = _NUMBER.findall(text[: MAX_ANSWER_WORDS * 8])
    return {number.replace(",", "").replace(":", ".").removesuffix(".00") for number in numbers}


def _is_repetition(words: list[str]) -> bool:
    pairs = list(pairwise(words))
    return len(words) >= _SHORTEST_REPETITION and len(set(pairs)) < _LEAST_DISTINCT_PAIRS * len(pairs)


def _is_gibberish(words: list[str]) -> bool:
    letters = [word for word in words if word.isalpha() and word.isascii() and len(word) > 3]
    noise = sum(bool(_NO_LATIN_WORD.search(word)) or len(word) > LONGEST_WORD for word in letters)
    return len(letters) >= 2 and 2 * noise >= len(letters)
