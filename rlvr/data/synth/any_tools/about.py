"""What a task is about as a phrase with places for values: "the details of order #W1"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlvr.data.synth.any_tools.parameters import GENERIC, Parameter
from rlvr.data.synth.any_tools.tool_task import (
    DETERMINERS,
    LINKING,
    PARTICLES,
    ToolTask,
    is_determiner,
    with_determiner,
)
from rlvr.data.synth.any_tools.units import Unit
from rlvr.data.synth.lexicon import IDS, lexicon
from rlvr.data.synth.nouns import takes_article, with_articles

_SPOKEN_ALONE = frozenset(
    "path directory email url query expression files phone person repo_name food city place".split()
)
"""Meanings whose values need no noun before them."""

_OWNED = frozenset(("email", "phone"))
"""Those of them that need one where they stand for what they are of: the account x@example.com."""

_UNSAID = DETERMINERS - {"my"} | frozenset("whole entire full multiple several various".split())
PLAIN_ROLES = ("", "from", "owner")
"""Roles of values that can stand in what a task is about."""

_KINDS = frozenset("item object record resource entity".split())
_OWNING = ("from", "of", "in", "on", "within")
_BECOMING = frozenset("offline online live public private active inactive visible hidden together apart".split())
"""Words behind a thing that say what becomes of it: "take a page offline"."""

_OF_SENTENCES = {
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "can",
    "related",
    "regarding",
    "concerning",
}  # verbs behind what a sentence is about
_MAKING = ("make", "add", "book", "write")
_PUTTING = ("initialize", "clone")  # verbs of what a path says where it goes
_NOUNS_OF_PATHS = (
    *("path", "file", "files", "directory", "directories", "folder", "repository"),
    *("document", "documents", "workbook", "presentation", "spreadsheet"),
)


@dataclass(frozen=True)
class Slot:
    """A place in what a task is about where a value goes."""

    unit: int  # whose value
    noun: str  # what stands before it; empty where it stands alone
    plain: str  # what stands there without the value


def object_phrase(does: ToolTask, parameters: Sequence[Parameter], units: Sequence[Unit]) -> tuple[str | Slot, ...]:
    """Return what a task is done to, with places for the values of the parameters that it names."""
    nouns = [] if does.verb_class.name in _MAKING else [parameter.noun for parameter in parameters]
    parts: list[str | Slot] = list(_without_kinds(does.words, nouns))
    words = " ".join(does.words)
    order = sorted(range(len(units)), key=lambda index: not _is_named_whole(parameters[units[index].places[-1]], words))
    for index in order:
        unit = units[index]
        parameter = parameters[unit.places[-1]]
        is_one = not (parameter.is_list or parameter.members)
        is_open = (does.verb_class.name, unit.meaning) == ("check_if", "time")  # whether a time is free
        is_named = (unit.meaning == "unknown" or is_open) and parameter.words in does.words and is_one
        is_made = does.verb_class.name in _MAKING and unit.meaning == "person" and does.noun == parameter.noun
        is_made = is_made or (does.verb_class.name in _PUTTING and unit.meaning in ("directory", "path"))
        is_which = parameter.meaning.says_which and not parameter.is_list
        is_several = parameter.is_list and f"{parameter.noun}s" in does.words
        is_needed = parameter.is_required or unit.role == "owner" or is_which or is_several
        if not (unit.is_topic or is_named) or not is_needed or is_made or unit.role not in PLAIN_ROLES:
            continue
        _set_slot(parts, index, parameter, does)
    _add_slot(parts, parameters, units, does)
    return _joined(_without_tail(parts), does)


def _is_named_whole(parameter: Parameter, words: str) -> bool:
    """Tell whether a task speaks of just what a value names: of a household member, and not of any member."""
    front, _, last = parameter.words.rpartition(" ")
    return " " in front and last in ("id", "name") and front in words


def _without_kinds(words: Sequence[str], nouns: Sequence[str]) -> Iterator[str]:
    """Yield the words without those behind what a value names that say nothing more: a media item."""
    named = {noun.rpartition(" ")[2] for noun in nouns}
    for before, word in itertools.pairwise(("", *words)):
        if before not in named or word not in _KINDS or word in named:
            yield word


def _without_tail(parts: list[str | Slot]) -> list[str | Slot]:
    """Return the parts without what the thing behind a value is of: "from a card", where no value says which."""
    pairs = enumerate(itertools.pairwise(parts))
    is_behind = itertools.dropwhile(lambda part: not isinstance(part[1][0], Slot), pairs)
    ends = (at for at, (word, following) in is_behind if word in _OWNING and following in ("a", "an"))
    return parts[: next(ends, len(parts))]


def _set_slot(parts: list[str | Slot], index: int, parameter: Parameter, does: ToolTask) -> None:
    """Put a value where the words name it."""
    at = _place_of(parts, parameter)
    if at is None or (does.verb_class.name == "find" and parameter.meaning.name in ("path", "directory")):
        return
    if not (parameter.is_required or parameter.role or parameter.members) and _is_modifier(parts, at):
        return  # product reviews, of all products
    is_whole = does.verb_class.name != "check_if"
    start, at = _phrase_around(parts, at, _nouns(parameter), is_whole=is_whole)
    start -= start > 0 and not is_whole and is_determiner(str(parts[start - 1]))
    if tuple(parts[max(0, start - len(_LIST_OF)) : start]) == _LIST_OF:
        start -= len(_LIST_OF)
    plain = re.sub(r"\bnew |['\u2019]s?$", "", " ".join(map(str, parts[start : at + 1])))
    if not is_determiner(plain.split()[0]) and takes_article(plain):
        plain = with_articles(f"a {plain}")
    if parameter.is_list and not parameter.is_required and not {*parts[max(0, start - 1) : start]}.isdisjoint(LINKING):
        plain = f"all {plain}"
    is_new = does.verb_class.name in _MAKING
    noun = "" if parameter.meaning.name in _SPOKEN_ALONE - _OWNED and not is_new else parameter.noun
    if noun:  # a dependabot alert: dependabot alert 5
        before = list(itertools.filterfalse(_UNSAID.__contains__, map(str, parts[start:at])))
        noun = " ".join(dict.fromkeys([*before * (" " not in noun), *noun.split()]))
    slot = Slot(index, noun, plain)
    rest = parts[at + 1 :]
    cut = next((i for i, part in enumerate(rest) if part in LINKING), len(rest))
    if not _is_modifier(parts, at):
        parts[start:] = [slot, *rest]
    elif not start and not any(
        isinstance(part, Slot) for part in rest[:cut]
    ):  # but a calendar event invitation is no calendar
        thing = " ".join(map(str, rest[:cut]))  # order details: the details of an order
        article = "" if thing.endswith("s") else "a "
        named = with_articles(f"{article}{thing} for") if is_new else f"the {thing} of"
        parts[start:] = [*named.split(), slot, *rest[cut:]]


_LIST_OF = ("a", "list", "of")


def _place_of(parts: Sequence[str | Slot], parameter: Parameter) -> int | None:
    """Return where the words name a value: by the parameter's own word, else by what its values are of."""
    exact, nouns = parameter.words.partition(" or ")[0].split()[-1], _nouns(parameter)
    exact = exact if parameter.meaning.name not in IDS else nouns[0]
    words = [str(part).lower() for part in parts]
    places = [at for at, word in enumerate(words) if word in (exact, *nouns)]
    return min(places, key=lambda at: (words[at] != exact, _is_modifier(parts, at)), default=None)


def _phrase_around(parts: Sequence[str | Slot], at: int, nouns: Container[Any], *, is_whole: bool) -> tuple[int, int]:
    """Return the first and the last place of the noun phrase around a noun: "the first name and last name"."""
    before, behind = parts[max(0, at - 2) : at], parts[at + 1 : at + 3]
    start = at - 2 * (before[1:] == ["and"] and before[0] in nouns)
    at += 2 * (behind[:1] == ["and"] and behind[-1] in nouns)
    front = reversed(parts[:start] if is_whole else ())
    words = [*itertools.islice(itertools.takewhile(_is_joined, front), 3)]
    n_words = next((n for n, word in enumerate(words, 1) if is_determiner(str(word))), len(words))
    more = itertools.takewhile(is_determiner, map(str, reversed(parts[: start - n_words])))
    return start - n_words - len([*more]), at


def _is_joined(part: str | Slot) -> bool:
    return isinstance(part, str) and part not in LINKING


def _is_modifier(parts: Sequence[str | Slot], at: int) -> bool:
    """Tell whether a word only says of which kind the thing behind it is, as in "order details"."""
    behind = next(iter(parts[at + 1 :]), "of")
    return not is_determiner(str(behind)) and str(behind) not in LINKING | PARTICLES | _OF_SENTENCES | _BECOMING


def _add_slot(parts: list[str | Slot], parameters: Sequence[Parameter], units: Sequence[Unit], does: ToolTask) -> None:
    """A task whose words are nothing without a value is about its first one."""
    slotted = {part.unit for part in parts if isinstance(part, Slot)}
    for index, unit in enumerate(units):
        parameter = parameters[unit.places[0]]
        at = next((i for i, part in enumerate(parts) if part in GENERIC), None)
        is_open = index not in slotted and unit.is_topic and (parameter.is_required or unit.meaning == "url")
        if is_open and at is not None and unit.meaning in ("url", "product", "query"):
            start = at - 1 if at and is_determiner(str(parts[at - 1])) else at
            parts[start : at + 1] = [Slot(index, "", " ".join(map(str, parts[start : at + 1])))]
            return
        if unit.is_topic and parameter.is_required and not unit.role and not parts:
            noun = "" if parameter.meaning.name in _SPOKEN_ALONE else parameter.noun
            vague = parameter.meaning.vague or (with_articles(f"a {noun}") if noun else "something")
            parts.append(Slot(index, noun, vague))
            return


_OF_VERSIONS = ("repository", "worktree")  # directories that are no place for "files"
_NAMED_OTHERWISE = ("person", "food")  # meanings whose noun is not what names of parameters call them


def _nouns(parameter: Parameter) -> tuple[str, ...]:
    if parameter.meaning.name in ("path", "directory", "files") and parameter.noun not in _OF_VERSIONS:
        return (*parameter.words.split(), *_NOUNS_OF_PATHS)
    named = parameter.words.removesuffix(" name").split()[-1:]
    noun = parameter.noun.split()[-1:] or named
    alike = itertools.chain.from_iterable(map(lexicon().same_things.__getitem__, lexicon().same_things.keys() & noun))
    if parameter.meaning.name in _NAMED_OTHERWISE:
        noun += named
    return tuple(
        form for word in (*noun, *alike) for form in (word, f"{word}s", f"{word}'s", f"{word}s'", f"{word}\u2019s")
    )


def _joined(parts: Sequence[str | Slot], does: ToolTask) -> tuple[str | Slot, ...]:
    """The parts as texts and slots, with a determiner in front where one is missing."""
    words = tuple(itertools.takewhile(lambda part: isinstance(part, str), parts))
    joined: list[str | Slot] = [with_determiner(tuple(map(str, words)), does.verb_class.name)] if words else []
    for part in parts[len(words) :]:
        joined += [" ", part] if joined else [part]
    return tuple(joined)
