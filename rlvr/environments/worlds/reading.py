"""What tools do, read off their schemas: which kind of record each is about, and what it does with it."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rewards.names import name_words
from rlvr.data.described import is_authentication

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rewards import Tool, Toolset


class Kind(StrEnum):
    """What a tool does with the records of a world."""

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
    """What one tool does.

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
    words_by_tool = {tool.name: name_words(tool.name.removeprefix(prefix)) for tool in toolset}
    nouns = Counter(
        noun
        for tool in toolset
        for noun in {_noun(words_by_tool[tool.name]), *_identified(tool, words_by_tool[tool.name]).values()}
        if noun
    )
    return {tool.name: _operation(tool, words_by_tool[tool.name], nouns) for tool in toolset}


def _common_prefix(toolset: Toolset) -> str:
    """Return the first word of the tools' names with its separator, where all begin with it: git_."""
    if len(toolset) < _FEWEST_WITH_PREFIX:
        return ""
    first = toolset.names[0]
    end = next((place + 1 for place, char in enumerate(first) if char in "_-."), 0)
    return first[:end] if all(name.startswith(first[:end]) for name in toolset.names) else ""


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
    fields = tuple(name for name in tool.properties if name != key and name not in links and not _is_secret(tool, name))
    return Operation(tool, kind, entity, key, links, fields)


def _without_key(words: list[str], kind: Kind, entity: str, nouns: Mapping[str, int]) -> tuple[Kind, str]:
    """Say what a tool does that names no record: `get_weather(city)` answers, `get_orders(status)` searches."""
    if kind is not Kind.READ:
        return Kind.ACT, ""
    is_plural = words[-1:] != [entity.rpartition("_")[2]]
    return (Kind.SEARCH, entity) if nouns[entity] > 1 and is_plural else (Kind.ANSWER, "")


def _kind(tool: Tool, words: list[str]) -> Kind:
    kinds = _kinds_by_verb()
    if kind := next((kinds[word] for word in words if word in kinds), None):
        return kind
    first = name_words(tool.description)[:1]
    singular = [word.removesuffix("s") for word in first]
    return next((kinds[word] for word in (*first, *singular) if word in kinds), Kind.ANSWER)


def _noun(words: list[str]) -> str:
    """Return what the words of a tool's name say that it is about: `list_all_product_types` is about a product_type."""
    kinds = _kinds_by_verb()
    verb = next((place for place, word in enumerate(words) if word in kinds), None)
    rest = words if verb is None else words[verb + 1 :] or words[:verb]
    noun: list[str] = []
    for word in rest:
        if word in _PREPOSITIONS:
            break
        if word not in _QUALIFIERS:
            noun.append(word)
    return "_".join([*noun[:-1], singular(noun[-1])]) if noun else ""


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
        owner = [word for word in words[:-1] if word not in _QUALIFIERS] or [
            "file" if words[-1] == "path" else _noun(tool_words)
        ]
        identified[name] = "_".join([*owner[:-1], singular(owner[-1])])
    return {name: entity for name, entity in identified.items() if entity}


def _key(tool: Tool, words: list[str], kind: Kind, identified: Mapping[str, str]) -> str | None:
    """Return the parameter that says which record a tool is about."""
    if kind is Kind.SEARCH:
        return None
    about = {singular(word) for word in words}
    required = [name for name in identified if name in tool.required]
    named = [name for name in required if set(identified[name].split("_")) & about]
    if kind is Kind.CREATE:
        noun = _noun(words)
        return next((name for name in required if identified[name] == noun), None)
    return next(iter(named or required), None)


def _is_secret(tool: Tool, name: str) -> bool:
    return is_authentication(name, tool.properties[name].get("description"))


def singular(word: str) -> str:
    """Return the singular of an English noun, as far as its ending tells."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def entities(operations: Iterable[Operation]) -> list[str]:
    """Return every kind of record that the operations know, in their order."""
    listed = [name for operation in operations for name in (operation.entity, *operation.links.values()) if name]
    return list(dict.fromkeys(listed))
