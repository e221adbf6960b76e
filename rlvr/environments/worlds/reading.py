"""The operations of tools, read off their schemas: which kind of record each is about, and what it does with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

from rewards.names import name_words
from rlvr.data.described import is_authentication
from rlvr.environments.worlds.phrases import Kind, Phrase, kind_named, participle, qualifiers_of, read_phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rewards import Tool, Toolset


WRITES = frozenset({Kind.CREATE, Kind.UPDATE, Kind.REMOVE, Kind.ACT})
_OF_ONE = (Kind.READ, Kind.UPDATE, Kind.REMOVE)
"""What is done with a record that is there already."""

_ID_WORDS = frozenset("id uuid guid path sha slug sku handle".split())
_KEY_WORDS = frozenset("number key code".split())
"""Words that name a record where tools list its kind: issue_number where issues are listed, but no phone_number."""
_NUMBERED = frozenset("order tracking account invoice ticket case booking confirmation policy".split())
_PATHS_OF = frozenset("file folder directory source".split())
_FEWEST_AGREEING = 2


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
    properties = operation.tool.properties
    named = (name for name in operation.fields if name in places and "enum" not in properties[name])
    required = [name for name in named if name in operation.tool.required and properties[name].get("type") == "string"]
    return replace(operation, within=(*operation.within, *required))


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
        self.nouns = Counter(phrase.noun for phrase in self.phrases.values() if phrase.noun)
        listed = (p.noun for p in self.phrases.values() if p.noun and p.kind in (Kind.SEARCH, Kind.CREATE))
        several = (p.noun for p in self.phrases.values() if p.noun and p.kind is Kind.READ and p.is_several)
        self.kinds = dict.fromkeys(chain(listed, several))
        self.by_name = frozenset[str]()
        with_ids = set(chain.from_iterable(self._identified(tool).values() for tool in toolset))
        self.by_name = frozenset(self.kinds.keys() - with_ids)
        self.identified = {tool.name: self._identified(tool) for tool in toolset}
        self.aliases = self._aliases(toolset)
        self.parts = set(self._parts(toolset))

    def _identified(self, tool: Tool) -> dict[str, str]:
        """Return the parameters that name a record, each with the record's kind: user_id -> user."""
        identified = {}
        for name, schema in tool.properties.items():
            words = name_words(name)
            if not words or schema.get("type") not in ("string", "integer", "number", None) or "enum" in schema:
                continue
            if _is_secret(tool, name):
                continue
            if entity := self._identified_kind(words, self.phrases[tool.name]):
                identified[name] = entity
        return identified

    def _identified_kind(self, words: list[str], phrase: Phrase) -> str:
        *of, last = words
        while len(of) > 1 and of[0] in ("from", "to"):
            of = of[1:]
        entity = kind_named(of, self.qualifiers)
        if last == "name":
            is_sought = phrase.kind is Kind.SEARCH and entity == phrase.noun
            return entity if entity in self.by_name and not is_sought else ""
        if last in _KEY_WORDS:
            is_numbered = last == "number" and bool(of) and of[-1] in _NUMBERED
            return entity if is_numbered or (entity and self._kinds_like(entity)) else ""
        if last not in _ID_WORDS or (last == "path" and of and of[-1] not in _PATHS_OF):
            return ""
        return entity or ("file" if last == "path" else phrase.noun)

    def _kinds_like(self, entity: str) -> list[str]:
        """Return the kinds of record whose short name this is: a pull for a pull_request."""
        return [each for each in self.kinds if each.startswith(entity) or each.endswith(f"_{entity}")]

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
        fields = tuple(name for name in tool.properties if name not in links and not _is_secret(tool, name))
        secrets = tuple(name for name in tool.properties if name in tool.required and _is_secret(tool, name))
        key, entity, parent = None, "", ""
        if kind is Kind.SEARCH:
            entity = self._listed(phrase.noun, links)
        elif kind is Kind.CREATE:
            entity = phrase.noun
            key = next((name for name in self._required(tool) if links[name] == entity), None)
            links = {name: linked for name, linked in links.items() if linked != entity}
        elif kind in _OF_ONE and subject is not None:
            key, entity = subject.key, subject.entity
            if phrase.noun in self.parts and not subject.is_itself:
                entity, parent = phrase.noun, subject.entity
        links.pop(key or "", None)
        within = _places(tool, kind, key, links)
        is_bare = not fields and links.keys() == set(within) and not phrase.needs_values
        is_state = kind is Kind.UPDATE and (is_bare or phrase.is_state)
        status = participle(phrase.verb) if is_state else ""
        noun = phrase.answer if kind is Kind.ANSWER else phrase.noun
        return Operation(
            tool, kind, entity, key, links, fields, noun, parent, within, status, phrase.keeps_ended, secrets
        )

    def _use(self, phrase: Phrase, subject: _Subject | None) -> Kind:
        """Return what a tool does, given which record it names."""
        if phrase.kind in (Kind.ACT, Kind.ANSWER):
            return phrase.kind
        if phrase.kind is Kind.SEARCH:
            is_alone = not phrase.is_several and self.nouns[phrase.noun] == 1
            return Kind.ANSWER if is_alone and phrase.verb == "find" else Kind.SEARCH
        if subject is None:
            return self._use_of_none(phrase)
        is_moved = phrase.has_place and subject.n_named > 1  # add a user to a group
        if phrase.kind is Kind.CREATE:
            return Kind.ACT if is_moved and subject.is_itself else Kind.CREATE
        if phrase.kind is Kind.READ:
            return self._use_of_read(phrase, subject)
        if subject.is_itself:
            return Kind.ACT if is_moved and phrase.kind is Kind.REMOVE else phrase.kind
        is_of_record = subject.is_inside and (phrase.kind is Kind.UPDATE or phrase.keeps_ended)
        return phrase.kind if is_of_record or phrase.noun in self.parts else Kind.ACT

    def _use_of_none(self, phrase: Phrase) -> Kind:
        """Say what a tool does that names no record: `get_weather(city)` answers, `get_orders(status)` searches."""
        if phrase.kind is Kind.CREATE:
            return Kind.CREATE
        if phrase.kind is not Kind.READ:
            return Kind.ACT
        return Kind.SEARCH if phrase.is_several or (phrase.is_by and self.nouns[phrase.noun] > 1) else Kind.ANSWER

    def _use_of_read(self, phrase: Phrase, subject: _Subject) -> Kind:
        """Say what is read: a record, those that belong to it, or something of it that is kept nowhere."""
        if subject.is_itself or phrase.noun in self.parts:
            return Kind.READ
        if phrase.is_several:
            return Kind.SEARCH
        changed = {each.noun for each in self.phrases.values() if each.kind is Kind.UPDATE}
        return Kind.READ if subject.is_inside and phrase.noun in changed else Kind.ANSWER

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
