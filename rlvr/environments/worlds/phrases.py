"""What the names of tools say: a verb, which says what a tool does, and what that is done to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from rewards import Tool, Toolset
from rewards.names import name_words
from rlvr.data.described import summary
from rlvr.data.synth.any_tools.toolset import namespace_of
from rlvr.data.synth.nouns import singular

_QUALIFIERS = frozenset(
    "all any current new my the a an details detail info information by pending existing delivered available saved own "
    "multiple several many users id ids if contents content list full single one specific data profile record".split()
)
_UNCOUNTED = frozenset(
    "stats statistics metrics settings directions news analytics preferences hours weather forecast distance route "
    "time code".split()
)
"""What nobody asks how many there are of."""
PREPOSITIONS = frozenset("by for of with in to from on at as via into around near between within based".split())
_METHODS = frozenset("get post put patch delete".split())
_KEPT_WHEN_ENDED = frozenset("cancel return refund terminate revoke".split())


class Kind(StrEnum):
    """The ways in which tools use the records of a world."""

    READ = "read"
    SEARCH = "search"
    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"
    ACT = "act"
    """It does something in the world that leaves a trace and changes no record."""
    ANSWER = "answer"
    """It answers by what it is asked, and changes nothing."""


class Phrase(NamedTuple):
    """What a tool's name says."""

    kind: Kind
    verb: str
    noun: str
    is_several: bool  # of several things: get_orders
    is_by: bool  # by what is known of it: get_order_by_name
    has_place: bool  # remove a user from a group

    @property
    def keeps_ended(self) -> bool:
        """Tell whether what it ends is still there, as a cancelled order is."""
        return self.verb in _KEPT_WHEN_ENDED

    @property
    def needs_values(self) -> bool:
        """Tell whether the verb says nothing by itself of what becomes of a record: it is updated."""
        return self.verb in _verbs("update")

    @property
    def is_state(self) -> bool:
        """Tell whether the verb says what becomes of a record: it is archived."""
        return self.verb in _verbs("state")

    @property
    def answer(self) -> str:
        """What is answered: the noun of what gets, or what comes of the verb; "" where that is a number."""
        is_answer = self.verb in ("", *_verbs("answer"))
        return str(_table()["answers"].get(self.verb, "")) if is_answer else self.noun


def read_phrases(toolset: Toolset, qualifiers: frozenset[str]) -> dict[str, Phrase]:
    """Return what the name of each tool says."""
    namespace = namespace_of(toolset.names)
    return {tool.name: _phrase(tool, namespace, qualifiers) for tool in toolset}


def qualifiers_of(toolset: Toolset) -> frozenset[str]:
    """Return the words of names that say nothing of the kind of a record."""
    return _QUALIFIERS - {"list"} if _has_lists(toolset) else _QUALIFIERS


def _phrase(tool: Tool, namespace: str, qualifiers: frozenset[str]) -> Phrase:
    path = _path_words(tool)
    words = path or name_words(tool.name)
    if len(words) > 1 and words[0] == namespace:
        words = words[1:]
    kind, verb = _verb(tool, words)
    place = words.index(verb) if verb in words else -1
    rest = words[place + 1 :] or words[:place]
    about = list(takewhile(lambda word: word not in PREPOSITIONS, rest[2:] if rest[:1] == ["or"] else rest))
    is_counted = bool(about) and about[-1] not in _UNCOUNTED
    is_several = is_counted and singular(about[-1]) != about[-1] and about[-1] not in qualifiers - {"users"}
    if kind is Kind.SEARCH and about and not is_counted:
        kind = Kind.ANSWER
    if path and words[0] not in _METHODS and kind not in (Kind.UPDATE, Kind.REMOVE):
        kind = Kind.ACT  # `post_products_productId_add` makes no product
    is_by = rest[len(about) : len(about) + 1] == ["by"]
    return Phrase(kind, verb, kind_named(about, qualifiers), is_several, is_by, len(about) < len(rest) and not is_by)


def kind_named(words: Sequence[str], qualifiers: frozenset[str]) -> str:
    """Return a kind of record as it is named: `existing user orders` are of the kind user_order."""
    kept = [word for word in words if word not in qualifiers]
    if words and words[-1] == "users":
        kept.append("user")
    *attributes, noun = kept or [""]
    return "_".join([*attributes, singular(noun)])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "verbs.toml").read_text(encoding="utf-8"))


@cache
def _verbs(name: str) -> frozenset[str]:
    return frozenset(_table()[name])


@cache
def _kinds_by_verb() -> dict[str, Kind]:
    kinds = {verb: Kind(kind) for kind in Kind for verb in _table()[kind]}
    return dict.fromkeys(_verbs("state"), Kind.UPDATE) | kinds


def _verb(tool: Tool, words: list[str]) -> tuple[Kind, str]:
    """Return what a tool's name says that it does, and the word that says so; its description's where none does.

    A name may begin with what it is about: `issue_read` reads. A verb that no table has is an act where the description
    begins with it too: `refuel_data`, "Refuels data".
    """
    kinds, nouns = _kinds_by_verb(), _verbs("nouns")
    plain = [word for word in words if word in kinds and word not in nouns]
    is_noun_first = words[:1] and words[0] in nouns and not set(plain).isdisjoint((words[-1], *words[1:2]))
    if words[:1] and words[0] in kinds and not is_noun_first:
        return kinds[words[0]], words[0]
    if plain:
        return kinds[plain[0]], plain[0]
    described = _described_verbs(tool)
    if verb := next(filter(kinds.__contains__, described), ""):
        return kinds[verb], verb
    if words and (words[0] in described or tool.name.split("_")[0] in _METHODS):
        return Kind.UPDATE, words[0]
    return Kind.ANSWER, ""


def _described_verbs(tool: Tool) -> list[str]:
    """Return the verb that a description begins with, in the forms that it may be the third person of."""
    words = name_words(summary(tool.description))[:1]
    return [
        form for word in words for form in (word, word[:-1], word.removesuffix("es"), word.removesuffix("ies") + "y")
    ]


def _path_words(tool: Tool) -> list[str]:
    """Return the words of a name that is a method and a path, without the path's parameters; empty for any other.

    `post_tasks_taskId_complete` completes a task, and `delete_tasks_taskId` deletes one.
    """
    method, *segments = tool.name.split("_")
    fixed = [each for each in segments if each not in tool.properties and not each.startswith("by-")]
    if method not in _METHODS or tool.properties.keys().isdisjoint(segments) or fixed[:1] != segments[:1]:
        return []
    if "by" in segments:
        return []
    words = name_words(fixed[-1])
    if method != "get" and len(fixed) > 1 and words[0] in {*_kinds_by_verb(), *_described_verbs(tool)}:
        return [*words, *map(singular, name_words(fixed[-2]))]
    is_item = segments[-1] in tool.properties
    return [method, *(map(singular, words) if is_item else words), *(["by"] if len(fixed) + 1 < len(segments) else [])]


def _has_lists(toolset: Toolset) -> bool:
    """Tell whether lists are records here, and not only the way in which others are returned."""
    for tool in toolset:
        if "lists" in name_words(tool.name) or any(name_words(name)[-2:] == ["list", "id"] for name in tool.properties):
            return True
    return False


def plural(words: str) -> str:
    """Return the plural of an English noun, or of words that end with one."""
    if re.search(r"[^aeiou]y$", words):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("s", "x", "ch", "sh")) else "s")


def participle(verb: str) -> str:
    """Return what something is once a verb has been done to it: archive -> archived."""
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    is_doubled = re.fullmatch(r"(?:un)?[^aeiou]*[aeiou][^aeiouwxy]", verb) is not None
    return verb + (verb[-1] if is_doubled else "") + "ed"
