"""The operations of tools, read off their schemas: which kind of record each is about, and what it does with it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from rewards.names import name_words
from rlvr.data.described import is_authentication

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rewards import Tool, Toolset


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


WRITES = frozenset({Kind.CREATE, Kind.UPDATE, Kind.REMOVE, Kind.ACT})

_ID_WORDS = frozenset({"id", "uuid", "guid", "path", "sha", "slug", "sku", "handle"})
_NUMBERED = frozenset(
    {"order", "tracking", "account", "invoice", "ticket", "case", "booking", "confirmation", "policy"}
)
_QUALIFIERS = frozenset(
    "all any current new my the a an details detail info information by pending existing delivered available saved own "
    "multiple several many users id ids if contents content list full single one specific data".split()
)
_FEWEST_WITH_PREFIX = 4
_PREPOSITIONS = frozenset("by for of with in to from on at as via into".split())


@dataclass(frozen=True)
class Operation:
    """The use of one tool: which records it is about, and what it does with them.

    Args:
        tool: itself.
        kind: what it does with records.
        entity: the kind of record, such as `order`; "" where it is about none.
        key: the parameter that says which record; None where none does.
        links: other parameters that name records: parameter -> entity.
        fields: the remaining parameters, in the schema's order.
    """

    tool: Tool
    kind: Kind
    entity: str
    key: str | None
    links: Mapping[str, str]
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.tool.name

    @property
    def writes(self) -> bool:
        """Tell whether it changes the world."""
        return self.kind in WRITES


@cache
def _kinds_by_verb() -> dict[str, Kind]:
    table = tomllib.loads((Path(__file__).parent / "verbs.toml").read_text(encoding="utf-8"))
    return {verb: Kind(kind) for kind, verbs in table.items() for verb in verbs}


def read_operations(toolset: Toolset) -> dict[str, Operation]:
    """Return what each tool does, by its name. A tool that is about no record answers or acts."""
    prefix = _common_prefix(toolset)
    words = {tool.name: name_words(tool.name.removeprefix(prefix)) for tool in toolset}
    nouns: Counter[str] = Counter()
    for tool in toolset:
        nouns.update({_noun(words[tool.name]), *_identified(tool, words[tool.name]).values()})
    del nouns[""]
    return {tool.name: _operation(tool, words[tool.name], nouns) for tool in toolset}


def _common_prefix(toolset: Toolset) -> str:
    """Return the first word of the tools' names with its separator, where all begin with it: git_."""
    if len(toolset) < _FEWEST_WITH_PREFIX:
        return ""
    prefix = re.match(r"[^_.-]*[_.-]", toolset.names[0])
    if prefix is None or not all(name.startswith(prefix[0]) for name in toolset.names):
        return ""
    return prefix[0]


def _operation(tool: Tool, words: list[str], nouns: Mapping[str, int]) -> Operation:
    kind = _kind(tool, words)
    identified = _identified(tool, words)
    key = _key(tool, words, kind, identified)
    entity = identified.get(key or "") or _noun(words)
    if kind in (Kind.READ, Kind.UPDATE, Kind.REMOVE) and key is None:
        kind, entity = _without_key(words, kind, entity, nouns)
    if kind is Kind.REMOVE and singular(_noun(words).partition("_")[0]) not in entity.split("_"):
        kind = Kind.ACT  # `remove_tracks_playlist(playlist_id)` ends no playlist
    if kind in (Kind.ACT, Kind.ANSWER):
        key, entity = None, ""
    links = {name: noun for name, noun in identified.items() if name != key}
    remaining = [name for name in tool.properties if name != key and name not in links]
    fields = tuple(name for name in remaining if not _is_secret(tool, name))
    return Operation(tool, kind, entity, key, links, fields)


def _without_key(words: list[str], kind: Kind, entity: str, nouns: Mapping[str, int]) -> tuple[Kind, str]:
    """Say what a tool does that names no record: `get_weather(city)` answers, `get_orders(status)` searches."""
    if kind is not Kind.READ:
        return Kind.ACT, ""
    is_plural = words[-1:] != [entity.rpartition("_")[2]]
    return (Kind.SEARCH, entity) if nouns[entity] > 1 and is_plural else (Kind.ANSWER, "")


def _kind(tool: Tool, words: list[str]) -> Kind:
    first = name_words(tool.description)[:1]
    verb = _verb([*words, *first, *(word.removesuffix("s") for word in first)])
    return Kind.ANSWER if verb is None else _kinds_by_verb()[verb]


def _verb(words: Iterable[str]) -> str | None:
    return next(filter(_kinds_by_verb().__contains__, words), None)


def _noun(words: list[str]) -> str:
    """Return what the words of a tool's name say that it is about: `list_all_product_types` is about a product_type."""
    verb = _verb(words)
    if verb is not None:
        place = words.index(verb)
        words = words[place + 1 :] or words[:place]
    return _entity(takewhile(lambda word: word not in _PREPOSITIONS, words))


def _entity(words: Iterable[str]) -> str:
    """Return a kind of record as it is named: `existing user orders` are of the kind user_order."""
    *attributes, noun = [word for word in words if word not in _QUALIFIERS] or [""]
    return "_".join([*attributes, singular(noun)])


def _identified(tool: Tool, tool_words: list[str]) -> dict[str, str]:
    """Return the parameters that name a record, each with the record's kind: user_id -> user."""
    identified = {}
    for name, schema in tool.properties.items():
        words = name_words(name)
        if not words or schema.get("type") not in ("string", "integer", "number", None) or "enum" in schema:
            continue
        is_numbered = len(words) > 1 and words[-1] == "number" and words[-2] in _NUMBERED
        if words[-1] not in _ID_WORDS and not is_numbered:
            continue
        entity = _entity(words[:-1])
        if not entity:
            entity = "file" if words[-1] == "path" else singular(_noun(tool_words))
        if entity:
            identified[name] = entity
    return identified


def _key(tool: Tool, words: list[str], kind: Kind, identified: Mapping[str, str]) -> str | None:
    """Return the parameter that says which record a tool is about."""
    if kind is Kind.SEARCH:
        return None
    required = [name for name in identified if name in tool.required]
    if kind is Kind.CREATE:
        noun = _noun(words)
        return next((name for name in required if identified[name] == noun), None)
    about = set(map(singular, words))
    named = [name for name in required if not about.isdisjoint(identified[name].split("_"))]
    return next(iter(named or required), None)


def _is_secret(tool: Tool, name: str) -> bool:
    return is_authentication(name, tool.properties[name].get("description"))


def singular(word: str) -> str:
    """Return the singular of an English noun, as far as its ending tells."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def entities(operations: Iterable[Operation]) -> list[str]:
    """Return every kind of record that the operations know, in their order."""
    names = dict.fromkeys(chain.from_iterable((each.entity, *each.links.values()) for each in operations))
    return [name for name in names if name]
