"""What the name of a tool says that it does, and what the value of an action says."""

from __future__ import annotations

import itertools

from rewards.names import name_words
from rlvr.data.synth.any_tools.tool_task import ToolTask, is_phrasal, parted
from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.nouns import plural, singular

_AT_ONCE = (
    "batch",
    "bulk",
    "mass",
    "forward",
    "reverse",
    "force",
    "emergency",
    "hard",
    "soft",
)  # words before the verb that say how something is done
_NAME_CUTS = frozenset("for to on by with from in as if of".split())
_OF_ALL = frozenset("list clear search find query browse prune count export sync get".split())
"""Verbs of actions that are done to all of some things."""

_STOPS = _NAME_CUTS | {"between", "into", "at"}
_NAME_FILLERS = frozenset("a an the several multiple single list current".split())


def searching_task(words: list[str]) -> ToolTask:
    """Return what a tool does that has the name of what it searches: "wikipedia"."""
    return ToolTask("search", lexicon().verbs["search"], ("something", "in", *words), is_described=False)


def _searched(words: list[str]) -> tuple[str, ...]:
    """Return what an "image search" looks for; a "hybrid search" only says how."""
    last = words[-1]
    if last in lexicon().adjectives:
        return ("something",)
    if last in lexicon().tool_nouns:
        last = plural(last)
    return (*words[:-1], last)


def acted(task: ToolTask, value: str) -> ToolTask:
    """Return what a tool does where a value says it: "create" of a tool for issues, "get_diff"."""
    words = name_words(value)
    own = named_task(words)
    bare = tuple(itertools.filterfalse(_NAME_FILLERS.__contains__, task.words))
    if not own.words and len(words) > 1:  # "move_to_workspace" of a tool that moves projects
        own, bare = (
            own._replace(words=tuple(words[1:])),
            tuple(itertools.takewhile(lambda word: word not in _STOPS, bare)),
        )
        return own._replace(words=(*bare, *own.words))
    if own.words:
        return own
    what, _, done = " ".join(bare).partition(" to ")  # "the music system to play a song": play a song, stop the system
    verb, _, thing = done.partition(" ")
    about = (thing if verb == own.verb else what).split()
    if own.verb not in _OF_ALL:
        about[-1:] = map(singular, about[-1:])
    return own._replace(words=tuple(about))


def named_task(words: list[str]) -> ToolTask:
    """Return the task that the words of a name tell; where no verb stands in them, that it gets what they name."""
    verbs = lexicon().verbs
    if words[0] in _AT_ONCE and not verbs.keys().isdisjoint(words[1:2]):
        words = words[1:]
    sure = verbs.keys() - lexicon().verb_nouns
    places = [place for place, word in enumerate(words) if word in sure]
    at = 0 if words[0] in sure or not places else max(places[0], places[-1] * (places[-1] == len(words) - 1))
    verb, rest = words[at], words[:at] + words[at + 1 :]
    if verb not in verbs and not is_phrasal(verb, rest):
        return ToolTask("get", verbs["get"], tuple(words), is_described=False)
    verb, verb_class, rest = parted(verb, rest)
    if verb == "search" and rest == words[:-1] != []:
        return ToolTask(verb, verb_class, _searched(rest), is_described=False)
    kept = [word for word in rest[:-1] if word not in _NAME_FILLERS - {"list"}]  # the position of a list
    kept += itertools.filterfalse(_NAME_FILLERS.__contains__, rest[-1:])
    cut = next((index for index, word in enumerate(kept) if word in _NAME_CUTS), len(kept))
    kept = kept[:cut]
    kept = ["my" if word == "users" and index < len(kept) - 1 else word for index, word in enumerate(kept)]
    kept = [word for word in kept if word != "user" or len(kept) == 1]
    return ToolTask(verb, verb_class, tuple(kept), is_described=False)
