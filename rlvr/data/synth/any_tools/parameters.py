"""Parameters as people speak of them: what their values mean, what they name, and how they are said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import description_of, is_authentication, is_protocol, listed_values
from rlvr.data.json_values import list_of
from rlvr.data.synth.any_tools.clauses import BY_NAME, clauses_of, replaced
from rlvr.data.synth.any_tools.resolving import DEEPEST, members_of, resolved, type_of
from rlvr.data.synth.any_tools.schema_values import ARGUMENT, GUESS, value_source
from rlvr.data.synth.any_tools.tool_task import SEEKING
from rlvr.data.synth.drawing import Draw, one_of
from rlvr.data.synth.lexicon import (
    CHANGED_BY_NAME,
    CONSTANT,
    EDITS,
    FLAG,
    IDS,
    SHARE_OF_TECHNICAL,
    UNKNOWN,
    Meaning,
    Role,
    lexicon,
)
from rlvr.data.synth.meanings import choice_meaning, meaning_of, number_meaning, role_of, without_its_form
from rlvr.data.synth.nouns import singular
from rlvr.files import JsonMapping

TIME_UNITS = ("days", "nights", "weeks", "months", "hours", "minutes", "seconds", "years")
_TIMES = ("date", "time", "datetime", "birth")
_A_TIME_UNIT = re.compile(rf"\b({'|'.join(TIME_UNITS)})\b")
_NAMING = frozenset("make add change write copy book send move save publish".split())  # what gives something a name
_ID_WORDS = frozenset(
    """
    id ids gid gids guid iid iids sid sids slug slugs ts identifier number no nr num ref code key keys or uid uuid name
    names path paths url uri
    """.split()
)
_ID_OF = re.compile(
    r"\b(?:[ui]?u?ids?|identifiers?|numbers?|names?|keys?|codes?|slugs?)\)?\s+(?:of|for)\s+(?:the|an?|this)\s+"
    r"((?:[a-z]+ ){0,2}?[a-z]+(?=[.,;()]|$| (?:\(|(?:to|for|of|in|that|which|is|from|on|with|you)\b))|(?!to\b)\w+)|"
    r"\bidentif(?:y|ies) (?:the|an?) ((?:[a-z]+ ){0,2}?[a-z]+)(?: resource\b| to\b|[.,;]|$)",
    re.I,
)
_OF_THE_THING = r"(?!confirmation|reference|tracking|identification|unique)[a-z]+"
GENERIC = frozenset(
    "something places item items element elements entry entries object objects record records resource entity".split()
)
"""Words that name anything, so that a value may stand for them."""

_SAVED = re.compile(
    r"^save (?:to )?(?:path|file)|\b(?:save|write|store|download|export)d?\b.*\b(?:to|as|in)\b|\boutput file", re.I
)
_DEEDS = frozenset("new add remove".split())  # words before what a value names, which say what becomes of it
_ENDS = frozenset(("from", "to"))  # words before it that say at which end it stands: the account of `to_account_id`
_PUT_ON = frozenset(("add", "attach"))  # verbs of what is put on something: a comment to an issue
_PLACE_OF = re.compile(r"^(?:on|for) (?=\{v\})")
ENVELOPES = frozenset("body data payload options metadata params config extra".split())
"""Names of objects that only hold the rest."""

_CURSORS = dict.fromkeys(("after", "before"), ("cursor", "id", "uuid"))
_BY_ITS_NAME = re.compile(r"^(?:with(?: an?| the)?|,) \{w\}(?: of|:)? ")
_OF_REPLIES = frozenset(
    """
    timeout timeouts timeoutms timeoutseconds requesttimeout delayms delayseconds fields optfields returnfields
    includefields responsefields confirmtoken confirmationtoken previewtoken
    expand select projection regionurl baseurl apiurl
    """.split()
)
"""Names of how long a program waits, how much an answer holds and which server gives it: the program's affair."""

OF_THE_SERVER = frozenset(
    """
    createdat createdon createddate creationdate creationtime datecreated createdtime updatedat updatedon updateddate
    dateupdated lastupdate lastupdated lastupdatedat lastmodified lastmodifiedat modifiedat modifiedon datemodified
    modifieddate lastseen lastlogin lastsync lastsynced
    """.split()
)
"""Names of what a server notes itself of what is made or changed."""

OF_ACTIONS = frozenset("action method operation op command mode subcommand".split())


@dataclass(frozen=True)
class Parameter:
    """One parameter as people speak of it."""

    name: str  # as calls give it
    key: str  # its name under which values agree, which masking leaves alone
    words: str  # as people say it
    draw: Draw
    meaning: Meaning  # what its values are
    role: Role | None  # how they stand to the task
    noun: str  # what a value names: `order` of `order_id`
    is_required: bool  # whether a call must give it
    is_flag: bool = False  # whether it is true or false
    is_list: bool = False  # whether it takes several values
    members: tuple[Parameter, ...] = ()  # of an object, or of each object of a list
    clauses: tuple[str, ...] = ()  # how `{v}` is said beside what the task is about; `{w}` are the words
    unit: str = ""  # the time that a number counts, where it counts one
    does: tuple[str, ...] = ()  # its values, where each of them is what the tool does
    is_known: bool = True  # whether its values are known, so that calls can give some; else it is only asked for

    def clauses_beside(self, verb: str, about: Sequence[str] = ()) -> tuple[str, ...]:
        """Return how a value is said beside what a task of a class of verbs is about."""
        source = self.role or self.meaning
        if verb == "change" and self.words.startswith("new ") and not self.meaning.says_which:
            return (CHANGED_BY_NAME,)
        if verb in _PUT_ON and self.meaning.says_which and self.noun not in map(singular, about):
            return tuple(_PLACE_OF.sub("to ", clause) for clause in self.clauses)
        is_named = self.meaning.name == "title" and verb not in _NAMING
        clauses = source.sought if is_named or verb in SEEKING else source.changed * (verb == "change")
        if self.role is None:
            kind = f"{self.meaning.name}s" if self.is_list else self.meaning.name
            clauses = lexicon().beside.get((verb, kind), clauses)
        if verb == "change" and not (clauses or self.role or self.meaning.says_which or self.members):
            return (CHANGED_BY_NAME,)
        is_bare_span = self.meaning.name == "span" and not self.unit
        if not clauses or is_bare_span or self.words.endswith(" at"):
            is_value = not (self.words.endswith(" at") or self.meaning.says_which)
            becomes = r", {w} to " if verb == "change" and is_value else r"\g<0>"
            return tuple(_BY_ITS_NAME.sub(becomes, clause) for clause in self.clauses)
        return replaced(clauses, "{u}", self.unit)

    def quoted(self, text: str) -> str:
        """Return the text of a value, in quotes where people would put it in some."""
        return f'"{text}"' if self.meaning.quoted else text

    def goes_unsaid(self, stated: JsonMapping) -> bool:
        """Return whether its value is the only one, or names what is stated beside it: a type `page_id` and a page."""
        return self.meaning is CONSTANT or (self.meaning.name == "choice" and stated[self.name] in tuple(stated))

    @property
    def only_says_which(self) -> bool:
        """Return whether it says which thing is meant and nothing else, as an object of ids does."""
        asides = (member.only_says_which or member.meaning.name in ("choice", "constant") for member in self.members)
        return self.meaning.says_which or (bool(self.members) and all(asides))

    @property
    def role_name(self) -> str:
        """Return the name of its role; empty where it has none."""
        return self.role.name if self.role else ""

    @property
    def share(self) -> float:
        """Return how often people give it unasked, where others are as much to the point."""
        if self.name in ENVELOPES:
            return UNKNOWN.share
        return SHARE_OF_TECHNICAL if self.members else self.meaning.share


def new_name(words: str, owner: str) -> str:
    """Return what a value is of that something is changed to: the date of a reservation's "new reservation date"."""
    bare = words.removeprefix("new ").removeprefix("updated ")
    return bare.removeprefix(f"{owner} ") or bare


@lru_cache(maxsize=4096)
def called(name: str, context: frozenset[str]) -> str:
    """Return a name with the `id` at its end as a word, where a tool speaks of what stands before it: `courseid`."""
    match = _GLUED_ID.fullmatch(name)
    if match is None:
        return name
    stem, ending = match.groups()
    things = sorted((word for word in context if word.startswith(stem) and word != name), key=len)
    return f"{singular(things[0])}_{ending}" if things else name


_GLUED_ID = re.compile(r"([a-z]{4,})(ids?)")


def parameter_of(
    name: str, unresolved: JsonMapping, tool: Tool, context: frozenset[str], near: frozenset[str] = frozenset()
) -> Parameter | None:
    """Return the parameter in words; None for an optional one that no user gives: who calls, a page's cursor.

    Args:
        name: of the parameter.
        unresolved: its schema.
        tool: the tool that takes it.
        context: the words of the tool.
        near: those of them that its name and what it does hold; empty where values may be guessed.

    Raises:
        ValueError: no value is found for it.
    """
    is_required = name in tool.required
    is_secret = is_authentication(name, unresolved.get("description"))
    if is_secret or is_protocol(name) or re.sub("[^a-z]", "", name.lower()) in _OF_REPLIES:
        return _fixed(name, resolved(unresolved, tool.parameters)) if is_required else None
    schema = resolved(unresolved, tool.parameters)
    if _OF_CONSENT.match(name) and _is_consent(schema):
        consent = list_of(schema.get("enum")) or [True]
        return _fixed(name, {"const": consent[0]}) if is_required else None
    is_of_runs = schema.get("type") == "boolean" and _OF_RUNS.fullmatch(name) is not None
    if not is_required and (is_of_runs or name_words(name)[-1:] in _IN_TICKS):
        return None
    draw, is_known = _drawing(name, unresolved, tool, context, near)
    worded = _worded(name, schema, tool.parameters, draw, context, is_required=is_required)
    worded = replace(worded, is_known=is_known)
    is_cursor = worded.meaning.name in _CURSORS.get(worded.words, ("cursor",))
    return worded if is_required or not is_cursor else None


_OF_CONSENT = re.compile(
    r"(?:user_?)?(?:confirm|acknowledge|consent|approved?$|i_?understand|accept_?(?:terms|risk))", re.I
)
_OF_RUNS = re.compile(r"(?:is_?)?(?:dry_?run|verbose|debug|quiet|silent|strict|validate\w*|raw|pretty|minif\w+)", re.I)
"""Names of switches of how a program runs, of which no user speaks."""

_IN_TICKS = (["ms"], ["msec"], ["millis"], ["milliseconds"])
"""Ends of names of times that nobody counts."""

_YES = frozenset(("y", "yes", "true", "ok", "confirm", "confirmed", "i confirm"))


def _is_consent(schema: JsonMapping) -> bool:
    """Tell whether all that a value can say is yes, or yes and no."""
    listed = list_of(schema.get("enum"))
    return schema.get("type") == "boolean" or (bool(listed) and _YES.issuperset(map(str.lower, map(str, listed))))


def _drawing(
    name: str, schema: JsonMapping, tool: Tool, context: frozenset[str], near: frozenset[str]
) -> tuple[Draw, bool]:
    """Return what draws values, and whether those are known; of what must be given nothing is drawn but a question.

    Raises:
        ValueError: no value is found for an optional one, or none at all.
    """
    purpose = ARGUMENT if near else GUESS
    try:
        return value_source(called(name, context), schema, tool.parameters, context, purpose, near), True
    except ValueError:
        if name not in tool.required:
            raise
    value_source(name, schema, tool.parameters, context, GUESS)  # raises where there is not even a guess
    return _unknown, False


def _unknown(rng: Random) -> Any:
    raise LookupError("its values are not known")


def _fixed(name: str, schema: JsonMapping) -> Parameter:
    """Return a parameter whose value its schema shows, so that no user says it.

    Raises:
        ValueError: its schema shows none.
    """
    examples = [schema.get("const"), schema.get("default"), *list_of(schema.get("enum")), schema.get("example")]
    shown = next((value for value in [*examples, *list_of(schema.get("examples"))] if value is not None), None)
    if shown is None:
        raise ValueError(
            f"parameter {name!r}: no user gives it; take it out of the schema and give it where the tool runs"
        )
    return Parameter(name, name, name, one_of([shown]), CONSTANT, None, "", is_required=True)


def _worded(
    name: str,
    schema: JsonMapping,
    root: JsonMapping,
    draw: Draw,
    context: frozenset[str],
    *,
    is_required: bool = True,
    depth: int = 0,
) -> Parameter:
    kind, is_list = type_of(schema), False
    description = description_of(schema)
    if kind == "array" and isinstance(schema.get("items"), Mapping):
        is_list, items = True, resolved(schema["items"], root)
        schema, kind = {"description": description, **items}, type_of(items)
    key, name = name, called(name, context)
    words = " ".join(lexicon().whole_words.get(word, word) for word in name_words(name)) or name
    if kind == "boolean" and words.startswith("number "):  # noVerify
        words = words.replace("number", "no", 1)
    words = words.removesuffix(" filter") or words
    meaning = _meaning(name, schema, kind, context, description)
    if meaning.name in _TIMES:
        words = without_its_form(words)
    is_saved = meaning.name == "path" and _SAVED.search(f"{words}: {description}") is not None
    role_words = ["savefile"] if is_saved else name_words(name)
    role = role_of(role_words, "number" if kind in ("integer", "number") else meaning.name)
    noun = _noun(name, meaning, description)
    members: tuple[Parameter, ...] = ()
    if kind == "object" and depth < DEEPEST:
        members = tuple(
            _worded(key, resolved(member, root), root, draw, context, depth=depth + 1)
            for key, member in members_of(schema).items()
        )
    of_members = {member.meaning.name for member in members}
    if {"old_text", "new_text"} <= of_members or EDITS.name in of_members:
        meaning = EDITS
    is_open = bool(members) and meaning is not EDITS
    unit = match[1] if (match := _A_TIME_UNIT.search(f"{words} {description}")) else ""
    clauses = ("with {v}", ": {v}") if is_open else clauses_of(words, meaning, role, kind, description, unit, context)
    if meaning.name in IDS and role is None:
        clauses = lexicon().clauses_of_ids.get(noun.rpartition(" ")[2], clauses if noun else BY_NAME)
    if is_list and meaning.name == "title":
        clauses = ('called "{v}"',)
    return Parameter(
        key,
        key=key,
        words=words,
        draw=draw,
        meaning=meaning,
        role=role,
        noun=noun,
        is_required=is_required,
        is_flag=kind == "boolean",
        is_list=is_list,
        members=members,
        clauses=clauses,
        unit=unit,
        does=_done(name, schema),
    )


def _done(name: str, schema: JsonMapping) -> tuple[str, ...]:
    """Return those values of an action that say what the tool does; none where most of them are no verbs."""
    values = tuple(map(str, schema.get("enum") or ())) if name.lower() in OF_ACTIONS else ()
    done = tuple(value for value in values if name_words(value)[0] in lexicon().verbs)
    return done if 2 * len(done) > len(values) else ()


def _meaning(name: str, schema: JsonMapping, kind: str, context: frozenset[str], description: str) -> Meaning:
    if kind == "boolean":
        return FLAG
    allowed = schema.get("enum") or (listed_values(description) if kind == "string" else ())
    if "const" in schema or len(allowed) == 1:
        return CONSTANT
    if allowed:
        return choice_meaning(name, allowed)
    if kind in ("integer", "number"):
        is_of_a_page = name == "count" and not context.isdisjoint(("offset", "page", "cursor"))
        return number_meaning("limit" if is_of_a_page else name, description)
    return meaning_of(name, schema, context) if kind == "string" else UNKNOWN


_NAMED_BY_WORDS = ("id", "uuid", "unknown", "device", "professional", "character", "creator")


def _noun(name: str, meaning: Meaning, description: str) -> str:
    """Return what a value names: by the name's words before `id`, by the description, else by the meaning."""
    words = [lexicon().whole_words.get(word, word) if word not in _ID_WORDS else word for word in name_words(name)]
    bare = [word for word in words if word not in _ID_WORDS | _DEEDS | _ENDS and not word.isdigit()]
    if meaning.name in _NAMED_BY_WORDS and bare and len(bare) < len(words):
        whole = re.match(rf"(?:the |an? )?({bare[0]} {_OF_THE_THING}) (?:id|number|identifier)\b", description, re.I)
        return whole[1].lower() if whole else " ".join(bare)
    if match := _ID_OF.search(description):
        noun = singular(" ".join(name_words(match[1] or match[2])))  # the payment intent of "the PaymentIntent"
        return meaning.noun if noun in GENERIC else noun
    return meaning.noun
