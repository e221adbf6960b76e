"""OpenAPI's schemas as JSON Schema: references inlined while that is short, `$defs` where it is not or cannot be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

from rewards.tool_forms import with_null
from rlvr.data.formats.schemas import with_numbers_as_bounds
from rlvr.data.json_values import list_of, member, object_of
from rlvr.data.toolsets.references import Documents, Node, UnusableError
from rlvr.data.toolsets.usable import MAX_TOOL_VALUES, TOO_MANY_VALUES, n_values
from rlvr.files import Json, JsonMapping, JsonObject

MAX_INLINED_VALUES = 1_000
"""Values of a tool's schema up to which references are inlined; a longer one has each definition once."""

MAX_PLAIN_VALUES = 12
"""Values of a definition, such as a described text, that stands in its place where longer ones are referred to."""

MAX_READ_VALUES = 100_000
"""Values of a definition that stands in its place in what is read, of which a small part is kept."""

MAX_NESTED_REFERENCES = 12
"""References followed inside each other before the rest becomes definitions; recursion needs a bound."""

_DROPPED = frozenset(
    """
    xml discriminator externalDocs deprecated readOnly writeOnly style explode nullable $id $anchor $dynamicAnchor
    $recursiveAnchor
    """.split()
)
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_VALUES = ("enum", "default", "const", "required")
_LONGEST_EXAMPLE = 200


class Schema(NamedTuple):
    """A converted schema."""

    value: Json  # the JSON Schema; treat it as a constant, since tools share parts
    size: int  # how many values it holds
    needs: frozenset[str]  # places of the definitions that it refers to


class Schemas:
    """The schemas of one document, each reference converted once.

    Args:
        documents: where references lead.
        is_inlining: whether references are replaced by what they lead to, unless that contains itself.
        is_read: whether they are of what is read, which holds members that nobody writes.
    """

    def __init__(self, documents: Documents, *, is_inlining: bool = True, is_read: bool = False) -> None:
        self._documents, self._is_read = documents, is_read
        self._longest = MAX_INLINED_VALUES if is_inlining else MAX_PLAIN_VALUES
        if is_read:
            self._longest = MAX_READ_VALUES
        self._by_place: dict[str, Schema] = {}
        self._open: list[Node] = []
        self._recursive: set[str] = set()
        self._names: dict[str, str] = {}
        self._targets: dict[str, Node] = {}

    def converted(self, node: Node) -> Schema:
        """Return a schema in JSON Schema's terms.

        Raises:
            UnusableError: a reference leads nowhere.
        """
        value = node.value
        if isinstance(value, list):
            members = {str(index): self.converted(Node(item, node.file)) for index, item in enumerate(value)}
            return _collected(members)._replace(value=[member.value for member in members.values()])
        if not isinstance(value, Mapping):
            return Schema(value, 1, frozenset())
        if (reference := self._reference(value)) is not None:
            return self._referred(reference, node)
        members = {}
        for key, item in value.items():
            if key in _NAMED and isinstance(item, Mapping):
                item = self._documents.resolved(Node(item, node.file)).value
                names = [name for name in item if self._is_read or not self._is_read_only(item[name], node)]
                parts = {str(name): self.converted(Node(item[name], node.file)) for name in names}
                members[key] = _collected(parts)
            elif key in _VALUES:
                members[key] = _plain(item)
            elif key in ("example", "examples"):
                if examples := usable_examples(item if key == "examples" else [item]):
                    members["examples"] = _plain(examples)
            elif key not in _DROPPED and not str(key).startswith(("x-", "$recursive", "$dynamic")):
                members[str(key)] = self.converted(Node(item, node.file))
        whole = _collected(members)
        return Schema(_in_json_schema(whole.value, value), whole.size, whole.needs)

    def complete(self, schema: Schema) -> Schema:
        """Return the schema with the definitions that it needs, under `$defs`.

        Raises:
            UnusableError: it holds more than `MAX_TOOL_VALUES`.
        """
        needed: dict[str, Schema] = {}
        waiting, size = sorted(schema.needs), schema.size
        while waiting:
            place = waiting.pop()
            if place in needed:
                continue
            needed[place] = self._at(self._targets[place])
            size += needed[place].size
            if size > MAX_TOOL_VALUES:
                break
            waiting += sorted(needed[place].needs)
        if size > MAX_TOOL_VALUES:
            raise UnusableError(TOO_MANY_VALUES)
        if not needed:
            return schema
        definitions = {self._names[place]: needed[place].value for place in sorted(needed)}
        return Schema({**schema.value, "$defs": definitions}, size, frozenset())

    def _is_read_only(self, schema: Json, node: Node) -> bool:
        """Tell whether nobody writes a member: it says so itself, or what it refers to does."""
        referred = self._documents.resolved(Node(object_of(schema), node.file)).value
        return True in (member(schema, "readOnly"), referred.get("readOnly"))

    def _reference(self, value: JsonMapping) -> str | None:
        """Return the reference that a schema is, those of recursion put in the terms of others."""
        if isinstance(value.get("$ref"), str):
            return str(value["$ref"])
        if isinstance(value.get("$dynamicRef"), str):
            anchor = value["$dynamicRef"].rpartition("#")[2]
            return self._enclosing("$dynamicAnchor", anchor) or str(value["$dynamicRef"])
        if "$recursiveRef" in value:
            return self._enclosing("$recursiveAnchor", True)
        return None

    def _enclosing(self, keyword: str, anchor: Json) -> str | None:
        """Return the place of the innermost enclosing definition with this anchor; without one that of the
        innermost."""
        for node in reversed(self._open):
            if member(node.value, keyword) == anchor:
                return str(node.place)
        return self._open[-1].place if self._open and keyword == "$recursiveAnchor" else None

    def _referred(self, reference: str, node: Node) -> Schema:
        target = self._documents.resolved_schema(reference, node.file)
        schema = self._definition(target)
        others = {key: item for key, item in node.value.items() if not str(key).startswith("$")}
        if not others or not isinstance(schema.value, dict):
            return schema
        beside = self.converted(Node(others, node.file))
        return Schema({**schema.value, **beside.value}, schema.size + beside.size, schema.needs | beside.needs)

    def _definition(self, target: Node) -> Schema:
        place = target.place
        if any(place == node.place for node in self._open):
            self._recursive.add(place)
            return self._pointer(target)
        if place not in self._by_place and len(self._open) >= MAX_NESTED_REFERENCES:
            return self._pointer(target)
        schema = self._at(target)
        return schema if schema.size <= self._longest and place not in self._recursive else self._pointer(target)

    def _at(self, target: Node) -> Schema:
        if target.place not in self._by_place:
            self._open.append(target)
            try:
                self._by_place[target.place] = self.converted(Node(target.value, target.file))
            finally:
                self._open.pop()
        return self._by_place[target.place]

    def _pointer(self, target: Node) -> Schema:
        """Return the reference to a definition under `$defs`."""
        if target.place not in self._names:
            name = re.sub(r"\W", "_", target.place.rpartition("/")[2]) or "Definition"
            if name in self._names.values():
                name = f"{name}_{short_hash(target.place)}"
            self._names[target.place], self._targets[target.place] = name, target
        return Schema({"$ref": f"#/$defs/{self._names[target.place]}"}, 2, frozenset([target.place]))


def short_hash(text: str) -> str:
    """Eight characters that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def usable_examples(values: Json) -> list[Json]:
    """Return the short, plain values among examples, which OpenAPI also writes as an object of named ones."""
    if isinstance(values, Mapping):
        values = [item.get("value") for item in values.values() if isinstance(item, Mapping)]
    usable: list[Json] = []
    for value in list_of(values):
        is_plain = isinstance(value, str | int | float) and len(str(value)) <= _LONGEST_EXAMPLE
        if is_plain and value != "" and value not in usable:
            usable.append(value)
    return usable


def _plain(value: Json) -> Schema:
    return Schema(value, n_values(value), frozenset())


def _collected(members: Mapping[str, Schema]) -> Schema:
    needs = frozenset[str]().union(*(item.needs for item in members.values()))
    value = {key: item.value for key, item in members.items()}
    return Schema(value, 1 + sum(item.size for item in members.values()), needs)


def _in_json_schema(new: JsonObject, source: JsonMapping) -> JsonObject:
    """OpenAPI 3.0's `nullable`, exclusive bounds and types as JSON Schema has them."""
    if isinstance(new.get("required"), list) and isinstance(new.get("properties"), dict):
        names = dict.fromkeys(map(str, new["required"]))
        new["required"] = list(filter(new["properties"].__contains__, names))
    if source.get("nullable") is True:
        new = with_null(new)
    if new.get("type") == "file":
        new["type"] = "string"
    return with_numbers_as_bounds(new)
