"""How well a text answers, as far as words can tell.

Where a reference text is given, an answer shares content with it: at least `ENOUGH_SHARED` of the reference's content
words (its words without those that name nothing) and facts, and one of its numbers where it has any. It must not give
another fact or name in the place of one, say the opposite, or leave a choice. What is more cannot be told from words: a
wrong answer in the right words passes, and a `judge` or a stricter reward has to catch it.
"""

import re
from collections.abc import Sequence, Set
from itertools import pairwise

from rewards.text.data_files import ENGLISH
from rewards.text.facts import missing
from rewards.text.objections import OPPOSITE, answers_otherwise, objection_to
from rewards.text.reading_facts import JOINED_LANGUAGES
from rewards.text.statements import Statement, in_english, split_words, statement_of
from rewards.text.words import LONGEST_WORD, SHORTEST_BEGINNING

OFF_TOPIC_CREDIT = 0.2  # for an answer that shares no content with the reference
WRONG_DETAIL_CREDIT = 0.5  # for an answer that gives other facts or names than the reference, or says the opposite
ENOUGH_SHARED = 0.3  # share of the reference's content words that a whole answer has
ENOUGH_SIGNS_SHARED = 0.4  # the same of a name or so in a language whose signs are compared for words
_WORDS_OF_FACT = 2  # words that a fact counts for: `at 2:05 PM` answers a sentence of three words more
_FEW_SIGNS = 4  # signs and facts of such a reference at most

MOST_WORDS_BEYOND = 10
"""A content word of the reference lets an answer have this many others, or be 100 words long; more is listing."""

_LONGEST_ENDING = 2  # letters of a form that may differ
_LEAST_DISTINCT_PAIRS = 0.4
_SHORTEST_REPETITION = 6
_LONG_ANSWER = 100
_NO_LATIN_LETTERS = re.compile(rf"\b[b-df-hj-np-tv-xz]{{4}}|[b-df-hj-np-tv-xz]{{6}}|[a-z]{{{LONGEST_WORD + 1}}}")
_NO_LATIN_WORD = re.compile(r"\A[b-df-hj-np-tv-xz]{4}|[b-df-hj-np-tv-xz]{6}")


def answer_credit(text: str, reference: str | None) -> tuple[float, str | None]:
    """The share of a whole answer that a text is worth, in [0, 1], and why it is not 1.

    Args:
        text: what was said, of which the beginning is compared.
        reference: the ground truth's text; where it says nothing in particular, any answer is whole.
    """
    words = statement_of(text).words if reference else split_words(text)
    if _is_repetition(words):
        return 0.0, "says the same again and again"
    if _is_gibberish(words):
        return 0.0, "not made of words"
    if not reference:
        return 1.0, None
    expected, said = statement_of(reference), statement_of(text)
    if not expected.size:
        return (WRONG_DETAIL_CREDIT, OPPOSITE) if answers_otherwise(expected, said) else (1.0, None)
    if said.size > max(_LONG_ANSWER, MOST_WORDS_BEYOND * expected.size):
        return OFF_TOPIC_CREDIT, "lists words instead of answering"
    share = _share(expected, said)
    if share < 1.0 and not expected.code == said.code == ENGLISH:
        share = max(share, _share(in_english(expected), in_english(said)))
    credit = max(OFF_TOPIC_CREDIT, share)
    objection = objection_to(expected, said)
    if objection is not None:
        return min(WRONG_DETAIL_CREDIT, credit), objection
    return credit, None if share == 1.0 else "shares too little with the expected answer"


def _share(expected: Statement, said: Statement) -> float:
    lacking = missing(expected.told, said.facts)
    is_of_few_signs = expected.code in JOINED_LANGUAGES and expected.size <= _FEW_SIGNS
    enough = ENOUGH_SIGNS_SHARED if is_of_few_signs else ENOUGH_SHARED
    of_facts = _WORDS_OF_FACT * len(expected.told)
    shared = of_facts - _WORDS_OF_FACT * len(lacking) + _count_shared(expected, said.content)
    return min(1.0, shared / max(1, len(expected.content) + of_facts) / enough)


def _count_shared(expected: Statement, given: Set[str]) -> int:
    """Count the words that are given, in whatever form: `shipped` as `shipment`, and cases of Slavic nouns."""
    wanted = expected.content
    lacking = wanted - given
    if not lacking or len(wanted) - len(lacking) >= ENOUGH_SHARED * (expected.size + len(expected.told)):
        return len(wanted) - len(lacking)
    short = [word[:LONGEST_WORD] for word in given]
    beginnings = {word[:length] for word in short for length in range(SHORTEST_BEGINNING, len(word) + 1)}
    alike = [word for word in lacking if word[: max(SHORTEST_BEGINNING, len(word) - _LONGEST_ENDING)] in beginnings]
    return len(wanted) - len(lacking) + len(alike)


def _is_repetition(words: Sequence[str]) -> bool:
    pairs = list(pairwise(words))
    return len(words) >= _SHORTEST_REPETITION and len(set(pairs)) < _LEAST_DISTINCT_PAIRS * len(pairs)


def _is_gibberish(words: Sequence[str]) -> bool:
    if not _NO_LATIN_LETTERS.search(" ".join(words)):
        return False
    letters = [word for word in words if word.isalpha() and word.isascii() and len(word) > 3]
    noise = sum(bool(_NO_LATIN_WORD.search(word)) or len(word) > LONGEST_WORD for word in letters)
    return len(letters) >= 2 and 2 * noise >= len(letters)
