"""Tell what is known of a parameter's values from what is only guessed, so that rows can do without guesses."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

from rewards.names import name_words
from rlvr.data.described import description_of, summary
from rlvr.data.stated_forms import FORM_PLACE, stated_form
from rlvr.data.synth.any_tools.strings import of_meaning
from rlvr.data.synth.lexicon import OF_THINGS, UNKNOWN, Meaning, lexicon
from rlvr.data.synth.meanings import is_named_by, meaning_of, says_its_number
from rlvr.data.synth.nouns import singular

if TYPE_CHECKING:
    from rlvr.data.synth.any_tools.tool_task import ToolTask
    from rlvr.files import JsonMapping

_IDENTIFIED = re.compile(r"(?<!aller )(?<!name or )(?<!or )\b(?:ID|GID|identifier|UUID|GUID)s?\b(?! or name)")
"""Says that a value is what a program calls something."""

_NAMED_BY_ITS_FORM = frozenset("id uuid code document glob path directory url sql files".split())
"""Meanings that are a form themselves."""

_SAID_OF_EACH = ("path", "glob", "sheet", "cell", "cells", "query")
"""Meanings whose own descriptions say of each that it is one, or name more than the tool is about."""

_UNIT = re.compile(r"(?:\bin |\()([a-z]+)\b")
"""A unit in which a description wants a number."""

_WHOLE = ("offset", "position", "depth")
_AROUND_WHOLE = frozenset(
    "max min start from of the row col column line page slide table paragraph index image".split()
)
"""Meanings of numbers of which the whole name must speak: the offset of a time zone is none of a list."""

_OPEN = frozenset("value values data input".split())
"""Names of what holds anything, as another parameter says."""

_OLD_AND_NEW = frozenset("old new source target from to src dst".split())
"""Words before values of one kind."""

_UNSURE_IDS = frozenset(
    "key keys code codes token ref reference num nr no number numbers barcode serial identifier identifiers".split()
)
"""Words that are ids only where something stands before them."""


_AROUND_REVISIONS = frozenset(
    """
    git commit branch tag revision ref reference sha hash id base head target source start end from to since until old
    new parent merge point first last compare against contains name
    """.split()
)
"""Words of names of revisions: a `stash_ref` is none."""


_AROUND_ADDRESSES = frozenset(
    """
    url urls uri uris link links href address web website webpage page site homepage image photo picture avatar icon
    logo thumbnail cover file video audio media document pdf feed rss article news blog post source target start new old
    the of to from my your download shop store listing external canonical original full long git repo repository clone
    remote webhook callback
    """.split()
)
"""Words of names of addresses that any page has: a `project_url` is an address within an application."""

_BY_ID_OR_NAME = re.compile(r"\bID or name\b|\bname or ID\b", re.I)
"""Says that a thing is called by its own name, and not by its kind."""

_FROM_ELSEWHERE = re.compile(
    r"\b(?i:(?:returned|issued|generated) by\b|as (?:the )?\w+ (?:writes|spells|names|returns) (?:it|them)\b)|"
    r"(?<![\w./])(?:get|list|search|find|fetch|query|create|lookup|look_up|resolve|discover)(?:[_-][a-z]+|(?<=[a-z])[A-Z][a-z]+)+"
    r"(?![\w./=])"
)
"""Says that a program, an office or another tool gives a value its form."""

_IDS = ("id", "uuid")
_FROM_ANYWHERE = (*_IDS, "email", "phone", "person", "path", "directory", "url")
"""Meanings whose values are alike wherever they come from."""

_TIMES = ("date", "time", "datetime", "birth", "month")
"""Meanings whose forms are read where they are drawn."""

_PROBES = 5

_OF_NO_PROJECT = re.compile(
    r"\b(?:svg|html|css|js|xml|json|yaml|sql|python|source|program) code$|"
    r"\b(?:rsa|ssh|public|private|secret|encryption) key$|"
    r"\b(?!project|org|organi[sz]ation|team|repo|repository|workspace|app|application|site|company|group)\w+ slugs?$"
)
"""Finds names of slugs that are none of a project or who owns one: of versions, locales, regions."""

_NEVER = re.compile("(?!)")
_AROUND = {"url": _AROUND_ADDRESSES, "revision": _AROUND_REVISIONS}
"""The words that names of a meaning hold, where others mean something else."""


def known_meaning(name: str, schema: JsonMapping, context: frozenset[str], near: frozenset[str]) -> Meaning:
    """Return what a string is where that is known; `UNKNOWN` where it is only guessed.

    Args:
        name: of the parameter.
        schema: of the parameter, resolved.
        context: all words of its tool.
        near: the words of the tool's name and of what it does.
    """
    meaning = meaning_of(name, schema, context)
    description = description_of(schema)
    said = words_of(name, description)
    if meaning.name in lexicon().known:
        wider = near | (said if meaning.name not in _SAID_OF_EACH else frozenset[str]())
        meaning = _of_a_trade(name, schema, near) or _of_a_trade(name, schema, wider) or UNKNOWN
    bare = set(name_words(name)) - _OLD_AND_NEW or {name}
    unsure = _OPEN if _IDENTIFIED.search(description) else _OPEN | _UNSURE_IDS
    is_sure = is_named_by(meaning, name, schema) and not bare <= unsure
    words = frozenset(map(singular, name_words(name)))
    is_named_so = _AROUND.get(meaning.name, words).issuperset(words)
    is_belied = lexicon().belied.get(meaning.name, _NEVER).search(description) is not None
    if is_belied or not is_named_so or _OF_NO_PROJECT.search(" ".join(name_words(name))):
        return UNKNOWN
    if meaning.clauses == OF_THINGS and _BY_ID_OR_NAME.search(description):
        return UNKNOWN
    if _is_of_a_stated_form(meaning, name, description):
        return UNKNOWN
    return UNKNOWN if _is_of_another_form(meaning, description, said, near) or not is_sure else meaning


def _of_a_trade(name: str, schema: JsonMapping, words: frozenset[str]) -> Meaning | None:
    """Return what a string is by words that tell its trade; None where they do not."""
    meaning = meaning_of(name, schema, words)
    carriers = lexicon().known.get(meaning.name, frozenset()) | meaning.context
    return None if carriers.isdisjoint(words) else meaning


def is_known_number(name: str, meaning: Meaning, description: str, near: frozenset[str]) -> bool:
    """Tell whether what a number counts or measures is known."""
    units = {*name_words(name)[-1:], *_UNIT.findall(description)}
    if units.intersection(lexicon().measures) or says_its_number(description):
        return True
    words = near.union(words_of(name, description))
    carriers = lexicon().known.get(meaning.name, words)
    if carriers.isdisjoint(words - (meaning.words - carriers)):
        return False
    if meaning.name in _WHOLE and not set(name_words(name)) <= meaning.words | _AROUND_WHOLE:
        return False
    return is_named_by(meaning, name, {"description": description})


def is_known_task(name: str, description: str, does: ToolTask) -> bool:
    """Tell whether what a tool does is told: by a sentence, by a verb before a thing in its name, `list_orders`.

    A verb behind it, or none, is right only where the description begins with it: "Weather for a city", `weather`.
    """
    words = name_words(name)
    sure = (lexicon().verbs.keys() - lexicon().verb_nouns).intersection(words[:-1])
    if does.is_described or does.verb in sure or len(description.split()) < _FEWEST_WORDS:
        return True
    begins = re.findall(r"[a-z]+", summary(description).lower())[:_FEWEST_WORDS]
    stems = {singular(word)[:_STEM] for word in begins}
    told = (does.verb, *words) if does.verb in words else does.words[-1:]
    return not _is_doer(words[-1]) and not stems.isdisjoint(singular(word)[:_STEM] for word in told)


def _is_doer(word: str) -> bool:
    """Tell whether a word names what does something: a compressor, a writer."""
    deeds = (word.removesuffix("or"), word.removesuffix("er"), word.removesuffix("r"))
    return word in lexicon().doers or not lexicon().verbs.keys().isdisjoint(set(deeds) - {word})


_FEWEST_WORDS = 5  # of a description that can belie a name
_STEM = 5  # letters that forms of a word share


def words_of(name: str, description: str) -> frozenset[str]:
    """Return the words of a name and of a description, and what those are of which there are several."""
    words = [*name_words(name), *re.findall(r"[a-z][a-z0-9]+", description.lower())]
    return frozenset((*words, *map(singular, words)))


def _is_of_another_form(meaning: Meaning, description: str, said: frozenset[str], near: frozenset[str]) -> bool:
    """Tell whether a description asks for another form than values of a meaning have."""
    if meaning.name == "path":
        kinds = (said | near).intersection(lexicon().kinds_of_files)
        return bool(kinds) and kinds.isdisjoint(meaning.context)
    if meaning.name in _NAMED_BY_ITS_FORM or meaning.formats:
        return False
    asks_for_another = _IDENTIFIED.search(description) or _OTHER_SCRIPT.search(description)
    return not said.isdisjoint(lexicon().forms_of_values) or asks_for_another is not None


_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\ud7af]{2}")
"""Finds words in other letters than Latin ones, of which no English word is a value."""


def _is_of_a_stated_form(meaning: Meaning, name: str, description: str) -> bool:
    """Tell whether a description states a form, or who gives a value its form, that values of a meaning miss."""
    if meaning.name in _TIMES:
        return False
    if meaning.name not in _FROM_ANYWHERE and _FROM_ELSEWHERE.search(description):
        return True
    stated = stated_form(description)
    if not stated:
        return False
    form = re.compile(FORM_PLACE.sub(r"[^/:@#=\\s]+", stated))
    draw = of_meaning(meaning, name)
    drawn = [str(draw(Random(f"form/{number}"))) for number in range(_PROBES)]
    return not all(map(form.fullmatch, drawn))
