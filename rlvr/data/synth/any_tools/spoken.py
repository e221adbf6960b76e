"""How people speak of a tool that nobody has worded by hand: what it does, and what is said of its values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import Any

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import description_of, rivals, served
from rlvr.data.returned import returned_schema
from rlvr.data.synth.any_tools.about import Slot, Unit, object_phrase
from rlvr.data.synth.any_tools.agreement import Agree, agreeing
from rlvr.data.synth.any_tools.knowledge import is_known_task
from rlvr.data.synth.any_tools.named_tasks import acted
from rlvr.data.synth.any_tools.parameters import IDS, OF_ACTIONS, SEEKING, Parameter, parameter_of
from rlvr.data.synth.any_tools.resolving import resolved
from rlvr.data.synth.any_tools.schema_values import RESULT, value_source
from rlvr.data.synth.any_tools.strings import UNTOLD, of_meaning
from rlvr.data.synth.any_tools.tasks import task_of
from rlvr.data.synth.any_tools.tool_task import LINKING, ToolTask
from rlvr.data.synth.drawing import Draw, one_of
from rlvr.data.synth.lexicon import CONSTANT, UNKNOWN, Frame, lexicon
from rlvr.data.synth.meanings import meaning_of
from rlvr.data.synth.nouns import singular
from rlvr.files import JsonMapping, JsonObject

OPTIONAL_SHARE = 0.5  # how many calls give optional values, of the tools that take any
_INSTEAD = re.compile(r"\bif `?(\w+)`? is(?: not|n't) (?:passed|given|provided|set|specified)\b")
"""Says that a value stands in place of another one."""

_ON_CONDITION = re.compile(
    r"\b(?:only|required|used|valid|applies|applicable|allowed|ignored|needed|rejected|meaningful|relevant|effective) "
    r"(?:only )?(?:if|when|with|for|together|alongside)\b|\b(?:has )?no effect\b|\bwhen [`'\"]?\w+[`'\"]? (?:is|=)",
    re.I,
)
"""Says that a value makes sense beside others only."""

_CONDITIONAL = "no values: it makes sense beside other values only, and its schema does not say which"

_REQUIRED = re.compile(r"\b(?:required|needed|mandatory) (?:only )?(?:for|when|if|by|with|in)\b", re.I)
"""Says that some actions of a tool ask for a parameter, which its schema cannot."""

_OF_ASSISTANTS = re.compile(
    r"^(?:ask|prompt)_(?:the_)?(?:user|human|customer)|(?:user|human)_(?:input|clarification|confirmation)$|"
    r"^final_answer"
)
"""Finds names of what an assistant does for itself: asking back, giving its answer."""

_TITLES = frozenset(("title", "playlist_name"))
_NUMBERED = {"0": ("from {v}",), "1": ("to {v}",), "2": ("to {v}",)}
"""How the first and the second of two places are said whose names only number them."""

_OF_A_USER = re.compile(r"\b(?:my|me|I)\b")
_SPOKEN_BACK = {"my": "your", "me": "you", "I": "you"}
_MAKING = frozenset("make add write send".split())
_MOVING = frozenset(("move", "transfer"))
_WRITING = _MAKING | {"change"}
_NAMING = _WRITING | frozenset("rename copy book save publish".split())  # verbs that may give things their names
JOINING = frozenset(
    "move rename copy swap transfer convert book assign attach invite label link mark merge reply share".split()
)
_SAYING_MORE = _MAKING | JOINING | frozenset(("change", "find", "query", "replace"))
"""Classes of verbs that nobody asks for without saying what to write, what to look for, or where to."""

_SAYING_ALL = frozenset("look list check check_if think cancel end stop play remove follow unfollow return".split())
"""Classes of verbs that say all that there is to say where a tool asks for nothing."""

_OF_ITSELF = frozenset(
    ("", "display", "full", "short", "new", "friendly", "custom", "search", "filter")
)  # words before "name"
_KINDS = frozenset("type kind mode format method sort order direction".split())  # what only says how, or of which kind
_ID_NAMES = frozenset("id ids iid sid uid uuid gid oid number no key slug identifier identifiers".split())
_OF_SEVERAL = frozenset("make add book write list find".split())  # whose things have no id yet, or many
_OF_PAGES = frozenset(("limit", "offset", "page", "position"))
_CONTENT = frozenset(("body", "data", "payload"))  # names of what holds all the rest
_ASIDE = frozenset(
    "flag seconds milliseconds namespace limit language locale offset position directory choice constant".split()
)
"""Meanings of what says how or where something is done, and not what is written."""

_NO_THINGS = frozenset(
    "a an the for on in my all item items information web internet results content data query".split()
)
_SPOT = frozenset(("latitude", "longitude"))
_ATTEMPTS = 30
_CHANGED = {"person_group": (", name to {v}",), "spot_group": (", place to {v}",)}
_OF_A_PERSON = ("named {v}", "called {v}")  # how names are said of what a task is about itself
_PAIRS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("person_group", ("first_name", "last_name"), ("for {v}", ", the name is {v}")),
    ("spot_group", ("latitude", "longitude"), ("at {v}", "around {v}")),
    ("pixels_group", ("pixel_width", "pixel_height"), (", {v} pixels",)),
    ("repo_group", ("repo_owner", "repo_name"), ("in {v}", "for {v}", "over in {v}")),
)
_TOGETHER = (*(meanings for _, meanings, _ in _PAIRS), ("old_text", "new_text"))
"""Meanings of values of which none says anything without the other."""


@dataclass(frozen=True)
class FittedFrame:
    """A frame with the units that fill it."""

    frame: Frame
    units: Mapping[str, int]

    @cached_property
    def needed(self) -> frozenset[int]:
        """The units without which it cannot be said."""
        return frozenset(self.units.values())


@dataclass(frozen=True)
class SpokenTool:
    """One tool as people speak of it."""

    schema: JsonObject  # the tool in OpenAI's form, as rows offer it
    name: str  # as calls give it
    does: ToolTask  # its verb, and what that is done to
    parameters: tuple[Parameter, ...]  # those that values can be drawn for
    compiled: Tool  # the tool as rewards read it
    agree: Agree  # makes values that belong together agree, by the keys of their parameters
    context: frozenset[str]  # the words of its name, description and parameters
    left_out: Mapping[str, str] = field(default_factory=dict)  # optional parameters without values, and why

    def doing(self, arguments: JsonMapping) -> SpokenTool:
        """Return the tool that does what its action says in these arguments; itself where none says so."""
        return self.acts.get(arguments.get(self.action), self)

    @cached_property
    def required(self) -> tuple[Parameter, ...]:
        """Return the parameters that calls give: those that they must, and ids that say what is meant."""
        return tuple(parameter for parameter in self.parameters if parameter.is_required)

    @cached_property
    def demanded(self) -> tuple[Parameter, ...]:
        """Return the parameters that a call must give under its schema, without what says who calls."""
        return tuple(p for p in self.required if p.name in self.compiled.required and _is_asked_for(p))

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Return the names of what a call must give and of which no values are known."""
        return frozenset(parameter.name for parameter in self.required if not parameter.is_known)

    @cached_property
    def told(self) -> SpokenTool:
        """Return the tool without what it must be given and of which no values are known."""
        return replace(self, parameters=tuple(parameter for parameter in self.parameters if parameter.is_known))

    @cached_property
    def optional(self) -> tuple[Parameter, ...]:
        """Return the parameters that it may leave out."""
        return tuple(parameter for parameter in self.parameters if not parameter.is_required)

    @cached_property
    def is_empty(self) -> bool:
        """Return whether what must be given does not say what is written or looked for."""
        verb = self.does.verb_class.name
        says_more = verb in _SAYING_MORE or not _CONTENT.isdisjoint(self.compiled.properties)
        if not self.required:
            is_any = self.does.words[:1] in (("a",), ("an",)) and len(self.optional) > 0  # which reservation?
            return is_any or verb not in _SAYING_ALL
        is_joined = verb in JOINING and sum(parameter.meaning.says_which for parameter in self.required) > 1
        if is_joined or not says_more:
            return False
        return not any(map(self.says_something, self.required))

    @cached_property
    def contents(self) -> tuple[Parameter, ...]:
        """Return the optional parameters that say what is written or looked for."""
        said = tuple(filter(self.says_something, self.optional))
        return tuple(parameter for parameter in said if parameter.meaning.name not in _ASIDE) or said

    def says_something(self, parameter: Parameter) -> bool:
        """Return whether a value is what is written or looked for, and not only which thing is meant or who writes."""
        last = parameter.words.split()[-1]
        if parameter.meaning is CONSTANT or parameter.meaning.name in _OF_PAGES:
            return False
        if parameter.is_required and (self.is_told_by_one or parameter.only_says_which):
            return False
        if parameter.only_says_which and self.does.verb_class.name in _WRITING:
            return False
        if parameter.role_name in ("from", "file") or (last in _KINDS and not parameter.members):
            return False
        return not _owner(parameter, self.does)

    @cached_property
    def is_told_by_one(self) -> bool:
        """Return whether the one value that a change must have only says what is changed."""
        return self.does.verb_class.name == "change" and len(self.required) == 1 and bool(self.optional)

    @cached_property
    def rivals(self) -> tuple[frozenset[str], ...]:
        """Return sets of parameters of which a call gives one."""
        described = {name: description_of(member) for name, member in self.compiled.properties.items()}
        return rivals(self.compiled.description, described)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Return what is said, value by value."""
        return tuple(_units(self.parameters, self.does))

    @cached_property
    def object(self) -> tuple[str | Slot, ...]:
        """Return what the task is about, in parts."""
        return object_phrase(self.does, self.parameters, self.units)

    @cached_property
    def answers(self) -> Draw | None:
        """Return what draws results as its maker describes them; None where nobody does."""
        schema = returned_schema(self.schema["function"])
        try:
            return None if schema is None else value_source("result", schema, schema, self.context, RESULT)
        except ValueError:
            return None

    @cached_property
    def frames(self) -> tuple[FittedFrame, ...]:
        """Sentences that fit what this tool does and takes."""
        return tuple(_fitting(self.does, self.units, self.context))

    @cached_property
    def task(self) -> str:
        """Return what it does, without values, as the assistant says it: "get the details of your order"."""
        phrase = "".join(part if isinstance(part, str) else part.plain for part in self.object)
        return _OF_A_USER.sub(lambda word: _SPOKEN_BACK[word[0]], f"{self.does.verb} {phrase}".strip())

    @cached_property
    def action(self) -> str:
        """Return the parameter whose value says what is done: `method`, one of `create` and `delete`; or nothing."""
        return next((parameter.name for parameter in self.required if parameter.does), "")

    @cached_property
    def acts(self) -> Mapping[Any, SpokenTool]:
        """Return by the value of its action the tool that does nothing else."""
        values = next((parameter.does for parameter in self.required if parameter.does), ())
        return {value: self._acting(value, values) for value in values}

    def _acting(self, value: str, values: Sequence[str]) -> SpokenTool:
        """Return the tool whose action is one value, without the parameters that serve other values alone."""
        rest: list[Parameter] = []
        for parameter in self.parameters:
            description = description_of(self.compiled.properties[parameter.name])
            serves = served(description, values)
            is_required = parameter.is_required or (value in serves and _REQUIRED.search(description) is not None)
            if parameter.name != self.action and (is_required or not serves or value in serves):
                rest.append(replace(parameter, is_required=is_required))
        task = acted(self.does, value)
        return replace(self, does=task, parameters=_needed(rest, task))


def spoken(
    schema: JsonMapping,
    tool: Tool,
    namespace: str = "",
    trades: frozenset[str] = frozenset(),
    *,
    is_guessing: bool = True,
) -> SpokenTool:
    """Return a tool as people speak of it, without the first word that all names of its toolset share.

    Args:
        schema: the tool.
        tool: the same, compiled.
        namespace: the word that all names share.
        trades: what its whole toolset works on.
        is_guessing: whether values may be guessed from any word of a parameter's name.

    Raises:
        ValueError: no value is found for a parameter that is required.
    """
    if _OF_ASSISTANTS.search("_".join(name_words(tool.name))):
        raise ValueError("the assistant calls it of its own accord, and no request asks for it")
    whole = {"type": "function", "function": dict(schema.get("function", schema))}
    context = context_of(tool) | trades
    does = task_of(tool, namespace)
    kept, left_out = _drawable(tool, context, frozenset() if is_guessing else near_of(tool, does) | trades)
    if not (is_guessing or is_known_task(tool.name, tool.description, does)):
        raise ValueError("nothing tells what it does; begin its description with a verb")
    schemas = {p.name: resolved(tool.properties[p.name], tool.parameters) for p in kept}
    about = frozenset(map(singular, (*name_words(tool.name), *does.words)))
    kept = tuple(_of_kind(parameter, schemas[parameter.name], does, about) for parameter in kept)
    kept = tuple(_beside_others(parameter, kept, tool, does) for parameter in kept)
    agree = agreeing(schemas, {p.name: p.draw for p in kept}, context)
    taken = kept if any(parameter.does for parameter in kept) else _needed(kept, does)
    worded = SpokenTool(whole, tool.name, does, taken, tool, agree, context, left_out)
    if unsaid := _unsaid(worded, left_out):
        raise ValueError(f"of what it writes or looks for ({', '.join(unsaid)}) {UNTOLD}")
    return worded


def _unsaid(tool: SpokenTool, left_out: Iterable[str]) -> list[str]:
    """Return what is left out and without which a request says nothing: the script of what runs one, a query."""
    verb = tool.does.verb_class.name
    is_bare = _ASIDE.issuperset(parameter.meaning.name for parameter in tool.contents)
    if tool.is_empty and is_bare:
        return list(left_out)
    if verb in ("list", "look") or not (is_bare or verb in SEEKING) or any(map(tool.says_something, tool.required)):
        return []
    properties = tool.compiled.properties
    return [name for name in left_out if meaning_of(name, properties[name], tool.context).name in _SAID]


_SAID = frozenset("query text code code_text document expression shell thought sql".split())
"""Meanings of what a request is about."""


def _of_kind(parameter: Parameter, schema: JsonMapping, does: ToolTask, about: frozenset[str]) -> Parameter:
    """Return a bare id as one of what the task is about, and a choice of that without a choice.

    What deletes a project takes the type "project". `about` are the words of the tool's name and task.
    """
    is_new = description_of(schema).lower().startswith(("new ", "the new "))
    is_own = parameter.words in _ID_NAMES and not parameter.noun and does.verb_class.name not in _OF_SEVERAL
    if is_new and parameter.meaning.says_which:
        return replace(parameter, meaning=UNKNOWN, noun="", clauses=(", {w} {v}",))
    if parameter.is_flag and does.is_either:
        return replace(parameter, draw=one_of([True]), meaning=CONSTANT, is_flag=False)
    if parameter.is_flag and parameter.words in (f"un{does.verb}", f"dis{does.verb}", f"de{does.verb}"):
        return replace(parameter, draw=one_of([False]), meaning=CONSTANT, is_flag=False)  # who locks does not unlock
    if _says_where(parameter, does) or _NAMES_WHICH.match(description_of(schema)):
        return replace(parameter, meaning=replace(parameter.meaning, says_which=True, changed=()))
    if owner := _owner(parameter, does):
        return replace(parameter, noun=owner)
    if parameter.meaning.name in IDS and is_own:
        return replace(parameter, noun=_noun_of_id(description_of(schema), about) or does.noun)
    if parameter.meaning.name != "choice" or not set(does.words[-1:]) & set(map(str, schema.get("enum") or ())):
        return parameter
    return replace(parameter, draw=one_of(does.words[-1:]), meaning=CONSTANT)


def _noun_of_id(description: str, about: frozenset[str]) -> str:
    """Return what an id is of where its description begins with that, "Tag ID to delete", and the tool is about it."""
    nouns = _BEFORE_ID.findall(description.lower())
    return "".join(noun for noun in nouns if noun.split()[-1] in about)


_BEFORE_ID = re.compile(r"^(?:the |an? )?((?:[a-z]+ )?[a-z]+) (?:id|uuid)\b")


def _says_where(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a value says where something is changed, and not what it becomes."""
    return (
        parameter.is_required
        and does.verb_class.name == "change"
        and set(parameter.words.split()) <= _OF_PLACES.difference(does.words)
    )


def _beside_others(parameter: Parameter, others: Sequence[Parameter], tool: Tool, does: ToolTask) -> Parameter:
    """Return a parameter as the others of its tool show it.

    Beside a `check_id` the bare `id` is of another thing, and what a table is renamed to is a name as tables have.
    """
    alike = [other for other in others if other is not parameter and other.noun == parameter.noun != ""]
    has_other_id = any(other.meaning.name in IDS for other in alike)
    if parameter.words in _ID_NAMES and parameter.noun == does.noun and has_other_id:
        before = re.findall(rf"(\w+) {does.noun}\b", " ".join(name_words(tool.name)))
        return replace(parameter, noun="".join(before[:1]))
    named = next((other.meaning for other in alike if other.meaning.name not in IDS), None)
    if named is not None and named.values and parameter.words.startswith("new ") and parameter.meaning.quoted:
        return replace(parameter, draw=of_meaning(named, parameter.name))
    return parameter


_OF_PLACES = frozenset(
    """
    path directory position sheet cell cells table collection database namespace repository file filename filepath
    folder index row column col document workbook
    """.split()
)
"""Words of names that say where something is changed, and not what it becomes."""

_CHANGING = "update|patch|change|edit|modif|set|configure|restart|scale|resize|replace"
_NAMES_WHICH = re.compile(
    rf"(?:the )?(?:name|type|kind) of (?:the |an? )?(?:[\w-]+ ){{1,3}}(?:to|that is|being) (?:{_CHANGING})", re.I
)
"""Says that a name tells what is changed, and not what its name becomes."""


def _drawable(
    tool: Tool, context: frozenset[str], near: frozenset[str]
) -> tuple[tuple[Parameter, ...], dict[str, str]]:
    """Return the parameters that values can be drawn for, and by the names of optional ones why none can.

    Raises:
        ValueError: none can for one that is required.
    """
    drawable: list[Parameter | None] = []
    left_out: dict[str, str] = {}
    is_conditional = OF_ACTIONS.isdisjoint(map(str.lower, tool.properties))
    for name, member in tool.properties.items():
        if (instead := _INSTEAD.search(description_of(member))) and instead[1] in tool.required:
            continue
        if is_conditional and name not in tool.required and _ON_CONDITION.search(description_of(member)):
            left_out[name] = _CONDITIONAL
            continue
        try:
            parameter = parameter_of(name, member, tool, context, near)
        except ValueError as error:
            if name in tool.required:
                raise
            left_out[name] = f"no values: {str(error).removeprefix(f'parameter {name!r}: ')}"
        else:
            drawable.append(parameter)
    return tuple(filter(None, drawable)), left_out


def near_of(tool: Tool, does: ToolTask) -> frozenset[str]:
    """Return the words of a tool's name, also with @ before them, and of what it does."""
    named = name_words(tool.name)
    words = (*named, *does.verb.split(), *map(str.lower, does.words))
    return frozenset((*words, *map(singular, words), *(f"@{word}" for word in named)))


def context_of(tool: Tool) -> frozenset[str]:
    """Return the words of a tool: its name's, also with @ before them, its description's and its parameters'."""
    named = name_words(tool.name)
    words = {*named, *(f"@{word}" for word in named), *re.findall(r"[a-z]{2,}", tool.description.lower())}
    for name in tool.properties:
        words.update(name_words(name))
    return frozenset(words)


def _units(parameters: Sequence[Parameter], does: ToolTask) -> Iterable[Unit]:
    taken: set[int] = set()
    by_role: dict[str, dict[str, int]] = {}
    for place, parameter in enumerate(parameters):
        role = parameter.role_name or "".join(re.findall(r"\d$", parameter.words))
        by_role.setdefault(role, {}).setdefault(parameter.meaning.name, place)
    for role, places in by_role.items():
        address = [places[m] for m in ("street", "street2", "city", "state", "zip", "country") if m in places]
        if len(address) > 2 or ({"city", "state"} <= places.keys()):
            taken.update(address)
            lines = ("to {v}", ": {v}") if does.verb_class.name == "change" else ("at {v}", "to {v}")
            yield Unit(tuple(address), "address_group", role, lines, is_topic=False)
        for name, meanings, clauses in _PAIRS:
            if places.keys() >= set(meanings):
                changed = _CHANGED if does.verb_class.name == "change" else {}
                of_people = dict.fromkeys(("person_group",) * (does.noun in lexicon().people), _OF_A_PERSON)
                clauses = _NUMBERED.get(role, (of_people | changed).get(name, clauses))
                pair = tuple(places[meaning] for meaning in meanings)
                taken.update(pair)
                yield Unit(pair, name, role, clauses, is_topic=True)
    words = frozenset(parameter.words for parameter in parameters)
    is_one_object = sum(bool(parameter.members) for parameter in parameters) < _SEVERAL
    for place, parameter in enumerate(parameters):
        if place in taken:
            continue
        role, clauses = _said_beside(parameter, does, words)
        if parameter.members and not is_one_object:
            clauses = (", {w} {v}",)
        owner = _owner(parameter, does)
        if owner:
            role, clauses = "owner", _OF_OWNERS if parameter.is_list else _OF_AN_OWNER
            clauses = tuple(clause.replace("{n}", owner) for clause in clauses)
        yield Unit((place,), parameter.meaning.name, role, clauses, parameter.meaning.is_topic or owner != "")


_SEVERAL = 2


def _said_beside(parameter: Parameter, does: ToolTask, words: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Return the role of a value and how it is said, in a call that may take a new one of it as well."""
    if f"new {parameter.words}" in words:
        clauses = ('called "{v}"',) if parameter.meaning.quoted else ("{v}",)
        return parameter.role_name, clauses
    if _is_own_name(parameter, does):
        return parameter.role_name, _OF_A_PERSON
    is_old = parameter.is_required and not parameter.words.startswith("new ")
    if does.verb_class.name == "change" and is_old and any(word.startswith("new ") for word in words):
        return parameter.role_name, parameter.clauses
    if not parameter.role_name and _is_new_value(parameter, does):
        return "to", (f"to {parameter.quoted('{v}')}",)
    return parameter.role_name, parameter.clauses_beside(does.verb_class.name, does.words)


_OF_AN_OWNER = ('for the {n} "{v}"', 'in the {n} "{v}"')
_OF_OWNERS = ('with the {n}s "{v}"',)
"""How the names of things are said that a task is not about itself: of one thing, and of several."""


def _owner(parameter: Parameter, does: ToolTask) -> str:
    """Return what a name is of, where that is another thing than the task is about: the project of `project_name`."""
    owner, _, last = parameter.words.rpartition(" ")
    is_title = parameter.meaning.name in _TITLES and singular(last) in ("name", "title")
    if not is_title or " or " in parameter.words:
        return ""
    if not (owner or does.verb_class.name in _NAMING):
        owner = parameter.noun
    made = does.words[-1:] * (does.verb_class.name in _MAKING or does.verb_class.name == "rename")
    return "" if owner.rpartition(" ")[2] in (*_OF_ITSELF, *map(singular, made)) else owner


def _is_own_name(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a name is that of somebody who is made known: the name of "add a contact"."""
    is_whole = parameter.words in ("name", "full name", "display name", f"{does.noun} name")
    is_new = does.noun in lexicon().people and does.verb_class.name in _MAKING
    return is_new and is_whole and parameter.meaning.name == "person"


_BEINGS = ("person", "character", "username")


def _is_new_value(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a task changes something to a value: the title of "update the title of an issue"."""
    if does.verb_class.name == "rename" or parameter.meaning.says_which or parameter.members:
        return parameter.meaning.quoted
    is_which = parameter.is_required and parameter.meaning.name in _BEINGS and parameter.noun == does.noun
    if is_which or does.verb_class.name != "change":
        return False
    changed = itertools.takewhile(lambda word: word not in LINKING, does.words)
    named = {parameter.meaning.name, *parameter.words.split()} - {does.noun} | {parameter.words}
    return not named.isdisjoint(changed)


def _fitting(does: ToolTask, units: Sequence[Unit], context: frozenset[str]) -> Iterable[FittedFrame]:
    for frame in lexicon().frames:
        if does.verb_class.name not in frame.verbs or (frame.context and frame.context.isdisjoint(context)):
            continue
        if frame.is_bare and not _NO_THINGS.issuperset(does.words):
            continue
        filled: dict[str, int] = {}
        for key, (meaning, role) in frame.slots.items():
            fitting = [
                index
                for index, unit in enumerate(units)
                if unit.meaning == meaning and (not role or unit.role == role) and index not in filled.values()
            ]
            if not fitting:
                break
            filled[key] = fitting[0]
        else:
            yield FittedFrame(frame, filled)


def _needed(parameters: Sequence[Parameter], does: ToolTask) -> tuple[Parameter, ...]:
    """Return what a tool takes: what is new needs a title and has no id, what is there needs its id."""
    by_id = [parameter.words.removesuffix(" id") for parameter in parameters]  # and by its name or address once more
    twice = {f"{thing}{other}" for thing in by_id for other in ("name", " name", " title", " url", " link")}
    pages = () if does.several else _OF_PAGES
    parameters = [p for p in parameters if p.is_required or not (p.words in twice or p.meaning.name in pages)]
    if does.verb_class.name in ("make", "add"):
        kept = [p for p in parameters if p.is_required or not _is_which(p, does)]
        return tuple(replace(p, is_required=p.is_required or p.meaning.name == "title") for p in kept)
    which = [p for p in parameters if _is_which(p, does)]
    ends = [p for p in parameters if p.role_name == "to" and does.verb_class.name in _MOVING]
    # One of those that say which, and of those that say where to.
    told = [max(names, key=lambda p: p.is_required) for names in (which, ends) if names]
    return tuple(replace(p, is_required=p.is_required or p in told) for p in parameters)


def _is_which(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a value says which thing a task is about: the `id` or `issue_number` of "update an issue"."""
    nouns = {
        *parameter.noun.split(),
        *does.words[-1:]
        * (parameter.words in ("id", "iid", "sid", "uid", "uuid") and does.verb_class.name not in SEEKING),
    }
    is_one = parameter.meaning.says_which and not parameter.is_list
    return is_one and not nouns.isdisjoint((does.noun, *does.words[-1:]))


def _is_asked_for(parameter: Parameter) -> bool:
    return parameter.meaning.name not in (CONSTANT.name, *_OF_PAGES, *_SPOT) and parameter.name not in _CONTENT


def draw_arguments(tool: SpokenTool, rng: Random, optional_share: float = OPTIONAL_SHARE) -> JsonObject:
    """Return arguments of one call: all that are required, and some that are not, valid under the tool's schema.

    `optional_share` is how many calls give optional ones, of a tool that can do without.

    Raises:
        LookupError: none were found.
    """
    for _ in range(_ATTEMPTS):
        arguments = _acted(tool, rng, optional_share)
        if tool.compiled.admits(arguments):
            return arguments
    raise LookupError(tool.name)


def draw_stated(tool: SpokenTool, rng: Random, optional_share: float) -> JsonObject:
    """Return what a request says of a call that it leaves something out of: never a value that is not known."""
    return _acted(tool.told, rng, optional_share)


def _acted(tool: SpokenTool, rng: Random, optional_share: float) -> JsonObject:
    """Return drawn arguments, in the order of the schema, of what the drawn action does."""
    order = list(tool.compiled.properties)
    action = {parameter.name: parameter.draw(rng) for parameter in tool.required if parameter.does}
    drawn = {**action, **_drawn(tool.doing(action), rng, optional_share)}
    return dict(sorted(drawn.items(), key=lambda item: order.index(item[0])))


def _drawn(tool: SpokenTool, rng: Random, optional_share: float) -> JsonObject:
    chosen = _chosen(tool, rng, optional_share)
    values = tool.agree({parameter.key: parameter.draw(rng) for parameter in chosen}, rng)
    return {parameter.name: values[parameter.key] for parameter in tool.parameters if parameter.key in values}


def _chosen(tool: SpokenTool, rng: Random, optional_share: float) -> list[Parameter]:
    if not tool.optional or (not tool.is_empty and rng.random() >= optional_share):
        return list(tool.required)
    likely = [parameter for parameter in tool.optional if rng.random() < parameter.share]
    some = rng.sample(likely, min(len(likely), rng.choice((1, 1, 1, 2))))
    if tool.is_empty and tool.contents and not any(map(tool.says_something, some)):
        some.append(rng.choice(tool.contents))
    meanings = {parameter.meaning.name for parameter in some}
    for parts in _TOGETHER:  # half a place is none
        if not meanings.isdisjoint(parts):
            some += [parameter for parameter in tool.optional if parameter.meaning.name in parts]
    chosen = [parameter for parameter in tool.parameters if parameter.is_required or parameter in some]
    return _without_rivals(chosen, tool)


def _without_rivals(chosen: list[Parameter], tool: SpokenTool) -> list[Parameter]:
    """Return the parameters with one of each set of rivals: the one that the schema demands, else the last."""
    left_out: set[str] = set()
    for names in tool.rivals:
        there = [parameter.name for parameter in chosen if parameter.name in names - left_out]
        there.sort(key=tool.compiled.required.__contains__)
        left_out.update(there[:-1])
    return [parameter for parameter in chosen if parameter.name not in left_out]
