"""How people speak of a tool that nobody has worded by hand: what it does, and what is said of its values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import attrgetter
from typing import Any

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import alternatives_of, description_of, rivals, served, shown_examples
from rlvr.data.returned import returned_schema
from rlvr.data.synth.any_tools.about import Slot, object_phrase
from rlvr.data.synth.any_tools.agreement import Agree, agreeing
from rlvr.data.synth.any_tools.knowledge import is_known_task
from rlvr.data.synth.any_tools.named_tasks import acted
from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.resolving import resolved
from rlvr.data.synth.any_tools.schema_values import RESULT, value_source
from rlvr.data.synth.any_tools.strings import UNTOLD
from rlvr.data.synth.any_tools.taken import (
    MANAGING,
    OF_PAGES,
    beside_others,
    drawable,
    managing,
    needed,
    of_task,
    thing_of,
)
from rlvr.data.synth.any_tools.tasks import task_of
from rlvr.data.synth.any_tools.tool_task import JOINING, MAKING, SEEKING, WRITING, ToolTask
from rlvr.data.synth.any_tools.units import FittedFrame, Unit, fitting_frames, owner_of, units_of
from rlvr.data.synth.drawing import Draw
from rlvr.data.synth.lexicon import CONSTANT, OF_THINGS, lexicon
from rlvr.data.synth.meanings import meaning_of
from rlvr.data.synth.nouns import singular
from rlvr.files import JsonMapping, JsonObject

_REQUIRED = re.compile(r"\b(?:required|needed|mandatory) (?:only )?(?:for|when|if|by|with|in)\b", re.I)
"""Says that some actions of a tool ask for a parameter, which its schema cannot."""

_OF_ASSISTANTS = re.compile(
    r"^(?:ask|prompt)_(?:the_)?(?:user|human|customer)|(?:user|human)_(?:input|clarification|confirmation)$|"
    r"^final_answer"
)
"""Finds names of what an assistant does for itself: asking back, giving its answer."""

_OF_THE_REQUEST = re.compile(
    r"(?:user|original|customer|client)_?(?:message|input|query|request|utterance|prompt)", re.I
)
"""Finds names of what holds the request itself."""

_OF_A_USER = re.compile(r"\b(?:my|me|I)\b")
_SPOKEN_BACK = {"my": "your", "me": "you", "I": "you"}
_SAYING_MORE = MAKING | JOINING | frozenset(("change", "find", "query", "replace"))
"""Classes of verbs that nobody asks for without saying what to write, what to look for, or where to."""

_SAYING_ALL = frozenset("look list check check_if think cancel end stop play remove follow unfollow return".split())
"""Classes of verbs that say all that there is to say where a tool asks for nothing."""

_SAYING_WHAT = (JOINING - {"merge", "share", "convert"}) | frozenset(("change", "add", "find", "query", "replace"))
"""Classes of verbs that mean nothing where a call says nothing."""

_DOING_AWAY = frozenset("remove cancel end stop".split())
"""Classes of verbs that are done to all things where nothing says to which, which few people mean."""

_KINDS = frozenset("type kind mode format method sort order direction".split())  # what only says how, or of which kind
_CONTENT = frozenset(("body", "data", "payload"))  # names of what holds all the rest
_ASIDE = frozenset(
    """
    flag seconds milliseconds timezone namespace limit language locale offset position directory choice constant
    """.split()
)
"""Meanings of what says how or where something is done, and not what is written."""

_REMARKS = frozenset("note notes comment comments remark remarks date time".split())
"""Names of what is only written beside something else, or when."""

_EDITING = frozenset("update edit modify patch".split())
_NOTING = frozenset("log record track".split())
"""Verbs that say nothing of one thing but that it changes, or that something of it is written down."""

_SPOT = frozenset(("latitude", "longitude"))


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
            is_any = len(self.optional) > 0 and (self.does.is_of_one or verb in _DOING_AWAY)  # which reservation?
            return is_any or verb not in _SAYING_ALL
        is_joined = verb in JOINING and sum(parameter.meaning.says_which for parameter in self.required) > 1
        if is_joined or not says_more:
            return False
        return not any(map(self.says_something, self.required))

    @cached_property
    def contents(self) -> tuple[Parameter, ...]:
        """Return the optional parameters that say what is written or looked for."""
        said = tuple(filter(self.says_something, self.optional))
        main = tuple(parameter for parameter in said if parameter.meaning.name not in _ASIDE)
        return tuple(parameter for parameter in main if parameter.words not in _REMARKS) or main or said

    def says_something(self, parameter: Parameter) -> bool:
        """Return whether a value is what is written or looked for, and not only which thing is meant or who writes."""
        last = parameter.words.split()[-1]
        if parameter.meaning is CONSTANT or parameter.meaning.name in OF_PAGES:
            return False
        if parameter.is_required and (self.is_told_by_one or parameter.only_says_which):
            return False
        if parameter.only_says_which and self.does.verb_class.name in WRITING:
            return False
        if parameter.role_name in ("from", "file") or (last in _KINDS and not parameter.members):
            return False
        return not owner_of(parameter, self.does)

    @cached_property
    def is_told_by_one(self) -> bool:
        """Return whether the one value that a change or a log must have only says of what."""
        if len(self.required) != 1 or not self.optional:
            return False
        is_log = self.does.verb in _NOTING and self.required[0].meaning.clauses == OF_THINGS
        return is_log or self.does.verb_class.name == "change"

    @cached_property
    def rivals(self) -> tuple[frozenset[str], ...]:
        """Return sets of parameters of which a call gives one."""
        described = {name: description_of(member) for name, member in self.compiled.properties.items()}
        return rivals(self.compiled.description, described)

    @cached_property
    def alternatives(self) -> tuple[frozenset[str], ...]:
        """Return sets of parameters of which a call gives at least one."""
        texts = (self.compiled.description, *map(description_of, self.compiled.properties.values()))
        return alternatives_of("\n".join(texts), self.compiled.properties)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Return what is said, value by value."""
        return tuple(units_of(self.parameters, self.does))

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
        return tuple(fitting_frames(self.does, self.units, self.context))

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
        is_first = self.does.verb in MANAGING  # whose first value for an action is what it is done to
        for parameter in self.parameters:
            description = description_of(self.compiled.properties[parameter.name])
            serves = served(description, values)
            is_served = value in serves and not parameter.is_flag
            is_needed = is_first or (self.does.verb in MANAGING and parameter.words.startswith("new "))
            is_required = parameter.is_required or (
                is_served and (is_needed or _REQUIRED.search(description) is not None)
            )
            is_first = is_first and not is_served
            if parameter.name != self.action and (is_required or not serves or value in serves):
                rest.append(replace(parameter, is_required=is_required))
        task = acted(self.does, value)
        return replace(self, does=task, parameters=needed(rest, task))


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
    if any(map(_OF_THE_REQUEST.fullmatch, tool.required)):
        raise ValueError("the assistant hands over what it was asked, and no request asks for it")
    whole = {"type": "function", "function": dict(schema.get("function", schema))}
    context = context_of(tool) | trades
    does = task_of(tool, namespace)
    kept, left_out = drawable(tool, context, frozenset() if is_guessing else near_of(tool, does) | trades)
    if not (is_guessing or is_known_task(tool.name, tool.description, does)):
        raise ValueError("nothing tells what it does; begin its description with a verb")
    is_of_which = does.verb_class.name in _SAYING_WHAT or _BY_ITS_ID.search(tool.description)
    if is_of_which and not (is_guessing or tool.properties):
        raise ValueError("it takes nothing, so that no call says what is meant; give its schema properties")
    schemas = {p.name: resolved(tool.properties[p.name], tool.parameters) for p in kept}
    about = frozenset(map(singular, (*name_words(tool.name), *does.words)))
    thing = thing_of(tool, does)
    kept = tuple(of_task(parameter, schemas[parameter.name], does, about, thing) for parameter in kept)
    kept = tuple(beside_others(parameter, kept, tool, does) for parameter in kept)
    kept = tuple(managing(parameter, tool, does, left_out) for parameter in kept)
    agree = agreeing(schemas, {p.name: p.draw for p in kept}, context)
    taken = kept if any(parameter.does for parameter in kept) else needed(kept, does)
    worded = SpokenTool(whole, tool.name, does, taken, tool, agree, context, left_out)
    able = {parameter.name for parameter in kept}
    if lacking := next(filter(able.isdisjoint, worded.alternatives), None):
        raise ValueError(f"of what it must be given, one of {', '.join(sorted(lacking))}, {UNTOLD}")
    if not is_guessing:
        worded = _without_doubtful(worded)
    if unsaid := _unsaid(worded, left_out):
        raise ValueError(f"of what it writes or looks for ({', '.join(unsaid)}) {UNTOLD}")
    if worded.is_empty and does.verb in _EDITING and not worded.optional and not is_guessing:
        raise ValueError("its schema takes nothing that says what it writes")
    return worded


_BY_ITS_ID = re.compile(
    r"(?i)(?<!sorted )(?<!sort )(?<!ordered )(?<!order )(?<!grouped )(?<!group )\b"
    r"by (?:(?:its|their|the|an?) )?(?:\w+ )?(?:ids?|names?|keys?|slugs?|(?:mac|ip|e-?mail) address)\b|"
    r"\b(?:an?|the) (?:specific|given|particular|specified) \w|"
    r"\b(?:in|of|for|from|to|on) (?:an? |one )(?!list\b|single\b|JSON\b)\w"
)
"""Says that a tool is about one thing that a call must name."""


def _without_doubtful(tool: SpokenTool) -> SpokenTool:
    """Return a tool without optional values that fit some trades only and that no example shows, where it can do."""
    doubtful = tuple(filter(partial(_is_doubtful, tool), tool.optional))
    if not doubtful:
        return tool
    plain = replace(tool, parameters=tuple(itertools.filterfalse(doubtful.__contains__, tool.parameters)))
    if plain.is_empty and not plain.contents:
        return tool
    reasons = dict.fromkeys(map(attrgetter("name"), doubtful), f"no values: {UNTOLD}")
    return replace(plain, left_out={**tool.left_out, **reasons})


def _is_doubtful(tool: SpokenTool, parameter: Parameter) -> bool:
    if parameter.meaning.clauses != OF_THINGS and parameter.meaning.name not in lexicon().loose:
        return False
    schema = tool.compiled.properties[parameter.name]
    return not (schema.get("examples") or shown_examples(description_of(schema)))


def _unsaid(tool: SpokenTool, left_out: Iterable[str]) -> list[str]:
    """Return what is left out and without which a request says nothing: the script of what runs one, a query."""
    verb = tool.does.verb_class.name
    if left_out and not tool.parameters and tool.does.is_of_one and verb not in MAKING:
        return list(left_out)
    if acted_on := [name for name in left_out if name_words(name) == [*tool.does.words[-1:]]]:
        return acted_on  # the operations of what runs operations
    is_bare = _ASIDE.issuperset(parameter.meaning.name for parameter in tool.contents)
    if tool.is_empty and is_bare:
        return list(left_out)
    if verb in ("list", "look") or not (is_bare or verb in SEEKING) or any(map(tool.says_something, tool.required)):
        return []
    properties = tool.compiled.properties
    return [name for name in left_out if meaning_of(name, properties[name], tool.context).name in _SAID]


_SAID = frozenset("query text code code_text document expression shell thought sql".split())
"""Meanings of what a request is about."""


def near_of(tool: Tool, does: ToolTask) -> frozenset[str]:
    """Return the words of a tool's name, also with @ before them, and of what it does."""
    named = name_words(tool.name)
    words = (*named, *does.verb.split(), *map(str.lower, does.words))
    return frozenset((*words, *map(singular, words), *_of_name(named)))


def _of_name(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a name that say what it is about, with @: of the votes for a member only the votes."""
    return map("@{}".format, itertools.takewhile(lambda word: word not in _BEHIND, words))


_BEHIND = ("by", "for", "from", "of")
"""Words of names behind which stands what else they speak of."""


def context_of(tool: Tool) -> frozenset[str]:
    """Return the words of a tool: its name's, also with @ before them, its description's and its parameters'."""
    named = name_words(tool.name)
    words = {*named, *_of_name(named), *re.findall(r"[a-z]{2,}", tool.description.lower())}
    for name in tool.properties:
        words.update(name_words(name))
    return frozenset(words)


def _is_asked_for(parameter: Parameter) -> bool:
    return parameter.meaning.name not in (CONSTANT.name, *OF_PAGES, *_SPOT) and parameter.name not in _CONTENT
