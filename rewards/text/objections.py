"""What is wrong with an answer that speaks of the same things as the reference: each way is one small rule."""

import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from itertools import islice

from rewards.limits import MAX_CHOICES
from rewards.text.data_files import ENGLISH, read_data
from rewards.text.facts import Fact, differ, missing
from rewards.text.proper_names import are_replaced, are_swapped, beginning, places_of
from rewards.text.reading_facts import read_facts
from rewards.text.statements import Statement, content_of
from rewards.text.words import folded, stem

_MOST_ADDED_TO_DENY = 2  # content words that the contrary of a sentence has beside those of the sentence
_MOST_WORDS_OF_LIST = 2  # content words beside those of the reference up to which facts alone make the answer
_FACTS_TO_CHOOSE = 2  # other facts, for each that was expected, from which on such an answer lists them
_FEWEST_ITEMS = 4
_LONGEST_ITEM_BLANKS = 2
_MOST_WRONG_ITEMS = 0.7
_FEWEST_TO_SWAP = 2
_CHOICE_CHARS, _FACT_CHARS = 24, 14  # signs on each side of an `or` in which a name or a fact is looked for
_CONTRARY = re.compile("(?:un|in|im|dis|non)(.+)")
_ALL_NOUNS_CAPITALISED = frozenset({"de"})
_NOT_THE_NAME = re.compile(r"(?:\bnot|\brather than|\binstead of) (?:the )?([A-Z]\w+)")
_ITEM_END = re.compile(r"[,;/|\n]| or | and ")
_AROUND_ITEM = " -*•\"'[]{}()."
_MIDDLE_NAME = re.compile(r"[A-ZÀ-ÞА-Я]\w+ ([A-ZÀ-ÞА-Я]\w+) (?=[A-ZÀ-ÞА-Я])")  # may be left out
_NAME_BEFORE = re.compile(r"([A-ZÀ-ÞА-Я]\w+)\W*\Z")
_NAME_BEHIND = re.compile(r"\W*(?:[a-z]\w* ){0,3}([A-ZÀ-ÞА-Я]\w+)")
_DATA = read_data("facts")
_CHOICES = {code: re.compile(words, re.IGNORECASE) for code, words in _DATA["choices"].items()}
_NO_CHOICE = re.compile(r"(?!)")
_HEDGES = frozenset(map(stem, _DATA["hedges"]["words"].split()))
OPPOSITE = "says the opposite of the expected answer"

Objection = Callable[[Statement, Statement], bool]


def objection_to(expected: Statement, said: Statement) -> str | None:
    """Return what is wrong with what was said; None where no rule objects."""
    return next((remark for objects, remark in _OBJECTIONS if objects(expected, said)), None)


def answers_otherwise(expected: Statement, said: Statement) -> bool:
    """Tell whether one text says yes and the other no.

    Where nothing but yes or no was expected, an answer that begins with neither says what its negations do.
    """
    if not expected.leads or (expected.size and not said.leads):
        return False
    if said.leads:
        return said.leads != expected.leads
    return said.is_negated in expected.leads or not said.content.isdisjoint(_HEDGES)


def _gives_other_numbers(expected: Statement, said: Statement) -> bool:
    numbers = [fact for fact in expected.facts if fact.is_counted]
    return bool(numbers) and len(missing(numbers, said.facts)) == len(numbers)


def _gives_other_facts(expected: Statement, said: Statement) -> bool:
    """Tell whether facts differ; words that exclude each other, only where both texts deny or none: it is not open."""
    if expected.is_negated != said.is_negated:
        return differ(expected.told, said.told)
    return differ(expected.facts, said.facts)


def _lists_facts(expected: Statement, said: Statement) -> bool:
    """Tell whether an answer of hardly anything but facts has many besides those that were expected: `11, 12, 13`."""
    if len(said.content - expected.content) > _MOST_WORDS_OF_LIST:
        return False
    others = missing(said.told, expected.facts)
    kinds = Counter(fact.kind for fact in expected.told)
    surplus = [sum([fact.may_be_of({kind}) for fact in others]) / kinds[kind] for kind in kinds]
    return sum(surplus) >= _FACTS_TO_CHOOSE


def _lists_names(expected: Statement, said: Statement) -> bool:
    """Tell whether the answer is a list, most of whose items have nothing of what was expected, which is no list."""
    items = _items(said.text)
    short = [item for item in items if item.count(" ") <= _LONGEST_ITEM_BLANKS]
    if len(short) < max(len(items), _FEWEST_ITEMS) or len(_items(expected.text)) >= _FEWEST_ITEMS:
        return False
    wrong = [item for item in items if content_of(item, said.code).isdisjoint(expected.content)]
    return len(wrong) >= _MOST_WRONG_ITEMS * len(items)


def _items(text: str) -> list[str]:
    return list(filter(None, [item.strip(_AROUND_ITEM) for item in _ITEM_END.split(text)]))


def _leaves_choice(expected: Statement, said: Statement) -> bool:
    """Tell whether a text gives values to choose from, one of which was expected: `May or June`, `Kim or Bob`."""
    pattern = _CHOICES.get(said.code, _NO_CHOICE)
    if pattern.search(expected.text):
        return False
    for choice in islice(pattern.finditer(said.text), MAX_CHOICES):
        before = said.text[: choice.start()][-_CHOICE_CHARS:]
        behind = said.text[choice.end() :][:_CHOICE_CHARS]
        if _is_one_name(expected, before, behind):
            return True
        first, _ = read_facts(before[-_FACT_CHARS:], said.code)
        second, _ = read_facts(behind[:_FACT_CHARS], said.code)
        if _is_one_fact(expected, first, second) or _is_one_fact(expected, second, first):
            return True
    return False


def _is_one_name(expected: Statement, before: str, behind: str) -> bool:
    """Tell whether names stand on both sides of an `or`, one of which was expected."""
    first, second = _NAME_BEFORE.search(before), _NAME_BEHIND.match(behind)
    if first is None or second is None:
        return False
    names = {stem(folded(name[1].lower())) for name in (first, second)}
    return len(names & expected.content) == 1 < len(names)


def _is_one_fact(expected: Statement, right: Sequence[Fact], wrong: Sequence[Fact]) -> bool:
    """Tell whether a fact that was expected stands on one side of an `or`, and another of its kind on the other."""
    kinds = {fact.kind for fact in expected.facts if not missing([fact], right)}
    return any(fact.may_be_of(kinds) for fact in missing(wrong, expected.facts))


def _denies_name(expected: Statement, said: Statement) -> bool:
    stated = expected.names if expected.is_negated else expected.names_with_first
    return not _denied(said).isdisjoint(stated - _denied(expected))


def _denied(statement: Statement) -> Set[str]:
    """Return the stems of names that are said not to be it: `Lyon, not Paris`."""
    return {stem(name.lower()) for name in _NOT_THE_NAME.findall(statement.text)}


def _replaces_names(expected: Statement, said: Statement) -> bool:
    """Tell whether the answer is the reference in which names have been replaced, or has others in their places."""
    replacing, replaced = said.content - expected.content, expected.content - said.content
    if replaced & expected.names_with_first and frozenset() < replacing <= said.names_with_first:
        return True
    if expected.code in _ALL_NOUNS_CAPITALISED or not replaced & expected.names:
        return False
    form = _form_of_names(expected, said)
    middle_names = {stem(folded(name.lower())) for name in _MIDDLE_NAME.findall(expected.text)}
    return are_replaced(
        places_of(expected.names - middle_names, expected.text, form),
        places_of(said.names, said.text, form),
        set(map(form, expected.content)),
        set(map(form, said.content)),
    )


def _swaps_names(expected: Statement, said: Statement) -> bool:
    names = (expected.names | said.names) & expected.content & said.content
    if len(names) < _FEWEST_TO_SWAP:
        return False
    form = _form_of_names(expected, said)
    return are_swapped(places_of(names, expected.text, form), places_of(names, said.text, form))


def _form_of_names(expected: Statement, said: Statement) -> Callable[[str], str]:
    """Return what is compared of names: where they may be inflected, how they begin."""
    return str if expected.code == said.code == ENGLISH else beginning


def _says_opposite(expected: Statement, said: Statement) -> bool:
    """Tell whether a word has become its contrary, or the same has been denied."""
    replacing, replaced = said.content - expected.content, expected.content - said.content
    if _without_contraries(replaced) & replacing | _without_contraries(replacing) & replaced:
        return True
    if said.is_negated == expected.is_negated or replaced | _denied(said) | _denied(expected):
        return False
    return len(replacing) <= _MOST_ADDED_TO_DENY


def _without_contraries(words: Set[str]) -> set[str]:
    """Return what words that begin as contraries do are the contraries of: `available` of `unavailable`."""
    return {match[1] for match in map(_CONTRARY.match, words) if match}


_OBJECTIONS: tuple[tuple[Objection, str], ...] = (
    (_gives_other_numbers, "gives other numbers than the expected answer"),
    (_leaves_choice, "gives several values to choose from"),
    (_lists_facts, "gives several values to choose from"),
    (_lists_names, "gives several values to choose from"),
    (_gives_other_facts, "gives other facts than the expected answer"),
    (_denies_name, OPPOSITE),
    (answers_otherwise, OPPOSITE),
    (_replaces_names, "gives other names or numbers than the expected answer"),
    (_swaps_names, "gives names in each other's place"),
    (_says_opposite, OPPOSITE),
)
"""The rules, with what is said where one objects."""
