"""The operations of tools, read off their schemas: which kind of record each is about, and what it does with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import NamedTuple

from rewards import Tool, Toolset
from rewards.names import name_words
from rlvr.data.described import is_authentication
from rlvr.environments.worlds.phrases import Kind, Phrase, kind_named, participle, qualifiers_of, read_phrases
from rlvr.files import JsonMapping

WRITES = frozenset({Kind.CREATE, Kind.UPDATE, Kind.REMOVE, Kind.ACT})
_OF_ONE = (Kind.READ, Kind.UPDATE, Kind.REMOVE)
"""What is done with a record that is there already."""

_ID_WORDS = frozenset("id uuid guid sha slug sku handle".split())
_KEY_WORDS = frozenset("number key code".split())
"""Words that name a record where tools list its kind: issue_number where issues are listed, but no phone_number."""
_NUMBERED = frozenset("order tracking account invoice ticket case booking confirmation policy".split())
_PATHS_OF = frozenset(["", "file", "folder", "directory", "source"])
_SCALARS = ("string", "integer", "number", None)
_FEWEST_AGREEING = 2

_USES: tuple[tuple[str, str, Kind], ...] = (
    ("act", "", Kind.ACT),
    ("answer", "", Kind.ANSWER),
    ("search", "alone found", Kind.ANSWER),  # find_route
    ("search", "", Kind.SEARCH),
    ("create", "itself moved", Kind.ACT),  # add_user_to_group(user_id, group_id)
    ("create", "", Kind.CREATE),
    ("read", "unnamed several", Kind.SEARCH),  # get_orders(status)
    ("read", "unnamed by shared", Kind.SEARCH),  # get_order_by_name(name), where another tool is about orders
    ("read", "unnamed", Kind.ANSWER),  # get_weather(city)
    ("read", "itself", Kind.READ),
    ("read", "part", Kind.READ),
    ("read", "several", Kind.SEARCH),  # get_user_orders(user_id)
    ("read", "inside changed", Kind.READ),
    ("read", "", Kind.ANSWER),  # get_order_eta(order_id): something that is kept nowhere
    ("remove update", "unnamed", Kind.ACT),
    ("remove", "itself moved", Kind.ACT),  # remove_user_from_group(user_id, group_id)
    ("remove", "itself", Kind.REMOVE),
    ("remove", "inside ends", Kind.REMOVE),  # cancel_order_item(order_id): what ended is still there
    ("remove", "part", Kind.REMOVE),
    ("update", "itself", Kind.UPDATE),
    ("update", "inside", Kind.UPDATE),  # set_order_address(order_id, address)
    ("update", "part", Kind.UPDATE),
    ("remove update", "", Kind.ACT),
)
"""What a tool does, by what its name says and what else holds of it (`_Reading._claims`): the first rule that fits."""


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
        noun: what its name says that it is about, record or not: `weather`.
        parent: the kind of record that the key names, where the tool is about a part that each of those has: the
            `error_page` of a brand.
        within: the parameters that say where its record stands, and do not change it: the project of a task.
        status: what it makes of the status of its record: `archived`; "" where it leaves that alone.
        keeps_ended: whether what it ends is still there, as a cancelled order is.
        secrets: the parameters that say who calls, which a call cannot do without and no user says.
    """

    tool: Tool
    kind: Kind
    entity: str
    key: str | None
    links: Mapping[str, str]
    fields: tuple[str, ...]
    noun: str = ""
    parent: str = ""
    within: tuple[str, ...] = ()
    status: str = ""
    keeps_ended: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.tool.name

    @property
    def named_records(self) -> dict[str, str]:
        """The parameters that name a record which is there already, each with its kind."""
        named = dict(self.links)
        if self.key is not None and self.kind is not Kind.CREATE:
            named[self.key] = self.parent or self.entity
        return named

    @property
    def writes(self) -> bool:
        """Tell whether it changes the world."""
        return self.kind in WRITES


class _Subject(NamedTuple):
    """The record that a tool's call names."""

    key: str
    entity: str
    is_itself: bool  # the tool is about the record: get_order(order_id)
    is_inside: bool  # it is about something that its name says of the record: get_order_address(order_id)
    n_named: int  # records that the call names


def read_operations(toolset: Toolset) -> dict[str, Operation]:
    """Return what each tool does, by its name. A tool that is about no record answers or acts."""
    reading = _Reading(toolset)
    operations = {tool.name: reading.operation(tool) for tool in toolset}
    return {name: _placed(operation, operations.values()) for name, operation in operations.items()}


def _placed(operation: Operation, operations: Iterable[Operation]) -> Operation:
    """Return an operation with the plain values that name its record beside the key: the owner and repo of an issue.

    What reads cannot do without is a place, and in a change too.
    """
    if operation.kind not in _OF_ONE:
        return operation
    places = set[str]()
    for each in operations:
        if each.entity == operation.entity and each.kind in (Kind.READ, Kind.SEARCH):
            places |= each.tool.required
    places &= operation.tool.required
    named = (name for name in operation.fields if name in places and _is_plain_text(operation.tool.properties[name]))
    return replace(operation, within=(*operation.within, *named))


def _is_plain_text(schema: JsonMapping) -> bool:
    return schema.get("type") == "string" and "enum" not in schema


def _places(tool: Tool, kind: Kind, key: str | None, links: Mapping[str, str]) -> tuple[str, ...]:
    """Return the links that say where a record stands; in a change, those that come before what names it."""
    if kind not in _OF_ONE:
        return ()
    names: Iterable[str] = tool.properties
    if kind is Kind.UPDATE:
        names = takewhile(lambda name: name != key, names)
    return tuple(name for name in names if name in links and name in tool.required)


class _Reading:
    """The names of a toolset, read together: what one calls `app_id` another calls an application."""

    def __init__(self, toolset: Toolset) -> None:
        self.qualifiers = qualifiers_of(toolset)
        self.phrases = read_phrases(toolset, self.qualifiers)
        self.nouns = Counter(filter(None, (phrase.noun for phrase in self.phrases.values())))
        self.changed = {phrase.noun for phrase in self.phrases.values() if phrase.kind is Kind.UPDATE}
        self.kinds = self._kinds()
        self.by_name = frozenset[str]()
        with_ids = set(chain.from_iterable(self._identified(tool).values() for tool in toolset))
        self.by_name = frozenset(self.kinds.keys() - with_ids)
        self.identified = {tool.name: self._identified(tool) for tool in toolset}
        self.aliases = self._aliases(toolset)
        self.parts = set(self._parts(toolset))

    def _kinds(self) -> dict[str, None]:
        """Return the kinds of record that tools list or make, then those that they read several of."""
        kinds: dict[str, None] = {}
        several: dict[str, None] = {}
        for phrase in self.phrases.values():
            if phrase.kind in (Kind.SEARCH, Kind.CREATE):
                kinds[phrase.noun] = None
            elif phrase.kind is Kind.READ and phrase.is_several:
                several[phrase.noun] = None
        kinds |= several
        kinds.pop("", None)
        return kinds

    def _identified(self, tool: Tool) -> dict[str, str]:
        """Return the parameters that name a record, each with the record's kind: user_id -> user."""
        identified = {}
        for name, schema in tool.properties.items():
            if schema.get("type") not in _SCALARS or "enum" in schema or _is_secret(tool, name):
                continue
            if entity := self._identified_kind(name_words(name), self.phrases[tool.name]):
                identified[name] = entity
        return identified

    def _identified_kind(self, words: list[str], phrase: Phrase) -> str:
        """Return the kind of record that a parameter of these words names, by the last of them; "" where none."""
        if words[-2:-1] == ["or"]:
            words = words[:-2]  # organization_id_or_slug
        *of, last = words or [""]
        while len(of) > 1 and of[0] in ("from", "to"):
            of = of[1:]
        entity, owner = kind_named(of, self.qualifiers), "".join(of[-1:])
        if last in _ID_WORDS:
            return entity or phrase.noun
        if last == "path":
            return (entity or "file") if owner in _PATHS_OF else ""
        is_numbered = last == "number" and owner in _NUMBERED
        is_listed = last in _KEY_WORDS and self._is_kind(entity)
        is_sought = phrase.kind is Kind.SEARCH and entity == phrase.noun
        is_name = last == "name" and entity in self.by_name and not is_sought
        return entity if is_numbered or is_listed or is_name else ""

    def _is_kind(self, name: str) -> bool:
        """Tell whether a kind of record has this name, or this short name: a pull for a pull_request."""
        return name != "" and any(kind.startswith(name) or kind.endswith(f"_{name}") for kind in self.kinds)

    def _aliases(self, toolset: Toolset) -> dict[str, Counter[str]]:
        """Return the kinds that parameters name otherwise than the tools do, with how often: app -> application."""
        agreeing: dict[str, Counter[str]] = defaultdict(Counter)
        for tool in toolset:
            phrase, required = self.phrases[tool.name], self._required(tool)
            is_about_one = phrase.kind in _OF_ONE and not phrase.is_several
            if is_about_one and required and phrase.noun in self.kinds:
                agreeing[self.identified[tool.name][required[-1]]][phrase.noun] += 1
        entities = dict.fromkeys(chain.from_iterable(each.values() for each in self.identified.values()))
        aliases = {}
        for entity in entities.keys() - self.nouns.keys():
            counts = agreeing[entity]
            ending = {kind: counts[kind] for kind in self.kinds if kind.endswith(f"_{entity}")}
            agreed = {k: n for k, n in counts.items() if n >= _FEWEST_AGREEING or k.startswith(entity)}
            aliases[entity] = Counter(agreed or ending)
        return aliases

    def _kind_of(self, entity: str, noun: str) -> str:
        """Return the kind of record that a parameter names, as the tools call it."""
        if entity in self.nouns:
            return entity
        aliases = self.aliases.get(entity, Counter[str]())
        if fitting := max((kind for kind in aliases if kind in noun), key=len, default=""):
            return fitting
        ranked = aliases.most_common(2)
        if len(ranked) == 1 or (ranked and ranked[0][1] > ranked[1][1]):
            return ranked[0][0]
        _, _, kind = entity.partition("_")
        return self._kind_of(kind, noun) if kind and (kind in self.nouns or self.aliases.get(kind)) else entity

    def _required(self, tool: Tool) -> list[str]:
        return [name for name in self.identified[tool.name] if name in tool.required]

    def _subject(self, tool: Tool) -> _Subject | None:
        """Return the record that a call names: of several the one that the tool's name is about, else the innermost."""
        noun, required = self.phrases[tool.name].noun, self._required(tool)
        if not required:
            return None
        kinds = {name: self._kind_of(self.identified[tool.name][name], noun) for name in required}
        places = {name: f"_{noun}_".rfind(f"_{kind}_") for name, kind in kinds.items()}
        key = max(required, key=lambda name: (kinds[name] == noun, places[name], required.index(name)))
        return _Subject(key, kinds[key], kinds[key] == noun or not noun, places[key] >= 0, len(required))

    def _parts(self, toolset: Toolset) -> Iterable[str]:
        """Yield what can be changed of a record without being a member of it: the error_page of a brand."""
        for tool in toolset:
            phrase, subject = self.phrases[tool.name], self._subject(tool)
            is_beside = subject is not None and not (subject.is_itself or subject.is_inside)
            if phrase.kind is Kind.UPDATE and is_beside and phrase.noun not in self.kinds:
                yield phrase.noun

    def operation(self, tool: Tool) -> Operation:
        """Return what one tool does."""
        phrase, subject = self.phrases[tool.name], self._subject(tool)
        kind = self._use(phrase, subject)
        links = {name: self._kind_of(entity, phrase.noun) for name, entity in self.identified[tool.name].items()}
        secret = {name for name in tool.properties if _is_secret(tool, name)}
        fields = tuple(name for name in tool.properties if name not in links and name not in secret)
        key, entity, parent = None, "", ""
        if kind is Kind.SEARCH:
            entity = self._listed(phrase.noun, links)
        elif kind is Kind.CREATE:
            entity = phrase.noun
            own = [name for name, linked in links.items() if linked == entity]
            key = next(filter(tool.required.__contains__, own), None)
            for name in own:
                del links[name]
        elif kind in _OF_ONE and subject is not None:
            key, entity = subject.key, subject.entity
            if phrase.noun in self.parts and not subject.is_itself:
                entity, parent = phrase.noun, subject.entity
        links.pop(key or "", None)
        within = _places(tool, kind, key, links)
        is_bare = not fields and links.keys() == set(within) and not phrase.needs_values
        is_state = kind is Kind.UPDATE and (is_bare or phrase.is_state)
        return Operation(
            tool,
            kind,
            entity,
            key,
            links,
            fields,
            noun=phrase.answer if kind is Kind.ANSWER else phrase.noun,
            parent=parent,
            within=within,
            status=participle(phrase.verb) if is_state else "",
            keeps_ended=phrase.keeps_ended,
            secrets=tuple(name for name in tool.properties if name in secret and name in tool.required),
        )

    def _use(self, phrase: Phrase, subject: _Subject | None) -> Kind:
        """Return what a tool does, given which record it names."""
        claims = self._claims(phrase, subject)
        for kinds, needed, use in _USES:
            if phrase.kind in kinds.split() and claims.issuperset(needed.split()):
                return use
        raise ValueError(f"no rule for {phrase}")

    def _claims(self, phrase: Phrase, subject: _Subject | None) -> set[str]:
        """Return what holds of a tool, in the words of `_USES`."""
        n_tools = self.nouns[phrase.noun]
        claims = {
            "unnamed": subject is None,  # its call names no record
            "several": phrase.is_several,
            "by": phrase.is_by,
            "found": phrase.verb == "find",
            "alone": n_tools == 1 and not phrase.is_several,
            "shared": n_tools > 1,  # other tools are about the same
            "part": phrase.noun in self.parts,
            "changed": phrase.noun in self.changed,
            "ends": phrase.keeps_ended,
        }
        if subject is not None:
            claims["itself"] = subject.is_itself
            claims["inside"] = subject.is_inside
            claims["moved"] = phrase.has_place and subject.n_named > 1
        return {claim for claim, holds in claims.items() if holds}

    def _listed(self, noun: str, links: Mapping[str, str]) -> str:
        """Return the kind that a search lists: `list_group_users(group_id)` lists users."""
        if self.nouns[noun] > 1:
            return noun
        endings = (noun.removeprefix(f"{entity}_") for entity in links.values() if noun.startswith(f"{entity}_"))
        return next((ending for ending in endings if ending in self.nouns), noun)


def entities(operations: Iterable[Operation]) -> list[str]:
    """Return every kind of record that the operations know, in their order."""
    names = dict.fromkeys(chain.from_iterable((each.entity, each.parent, *each.links.values()) for each in operations))
    return [name for name in names if name]


def _is_secret(tool: Tool, name: str) -> bool:
    return is_authentication(name, tool.properties[name].get("description"))
