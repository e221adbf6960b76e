"""What a tool does: what its description and its name say together."""

from __future__ import annotations

import itertools
import re
from functools import cache

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import summary
from rlvr.data.synth.any_tools.named_tasks import named_task, searching_task
from rlvr.data.synth.any_tools.sentences import EITHER, asked_task, described_task, warned_task
from rlvr.data.synth.any_tools.tool_task import DETERMINERS, LIGHT, LINKING, SEEKING, ToolTask
from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.nouns import singular

_LONGEST_SAID = 7  # words beyond which the name says it better
_CALLED = frozenset(("tool", "function", "bulk", "batch"))  # what names end with that say nothing of what is done
_QUERIES = frozenset(("query", "q", "search_query", "search_term", "question"))


def task_of(tool: Tool, namespace: str = "") -> ToolTask:
    """Return what a tool does, the first word aside that the names of its toolset share."""
    words = name_words(tool.name.rpartition(".")[2]) or [tool.name]
    if len(words) > 1 and words[0] == namespace:
        words = words[1:]
    if len(words) > 1 and words[-1] in _CALLED:
        words = words[:-1]
    named = named_task(words)._replace(is_either=EITHER.search(tool.description) is not None)
    has_user = any({"user", "username"} & set(name_words(name)) for name in tool.required)
    if "user" in words and not has_user and LIGHT.issuperset(named.words):
        named = named._replace(words=("my", *named.words))
    told = asked_task(tool.description) or warned_task(tool.description)
    described = told or described_task(tool.description, words, is_mine=not has_user)
    if described is None or _mangled().search(" ".join(described.words)):
        is_bare = named.verb == "get" and words[0] != "get"
        if is_bare and not _QUERIES.isdisjoint(tool.required):
            return searching_task(words)
        return named
    is_told = described.verb in words or named.verb in described.words
    if described.verb == "make" and named.verb == words[0] and _is_caused(described, named):
        return named
    if named.verb == words[0] and not is_told and _is_of_another(described, named):
        return named
    if named.verb == words[0] and _is_result_of(described, named):
        described = described._replace(verb=named.verb, verb_class=named.verb_class)
    if _CLAUSE.search(summary(tool.description).partition(".")[0]) and _says_more(named, described):
        described = described._replace(words=named.words)
    described = described._replace(words=_without_named_end(described.words, tool.required))
    described = described._replace(words=_without_named_pair(described.words, tool))
    is_long = len(described.words) > _LONGEST_SAID and " in " not in " ".join(described.words)
    if not (is_long and named.words and words[0] in lexicon().verbs):
        return described
    if described.verb_class.name == "check_if":
        return described
    theirs = set(map(singular, " ".join(described.words).replace("-", " ").split()))
    is_said = named.verb in theirs or named.verb_class.name == described.verb_class.name
    is_confirmed = is_said and set(map(singular, named.words)) <= theirs
    return named if is_confirmed else _shortened(described)


def _shortened(task: ToolTask) -> ToolTask:
    """Return a task without what its thing is for or of: "an HLS video segment for a camera channel"."""
    words = tuple(itertools.takewhile(lambda word: word not in _ENDS, task.words))
    return task if LIGHT.issuperset(words[-1:]) else task._replace(words=words)


_ENDS = LINKING - {"and", "of"}  # points of interest are no points, the price and the trend not only the price


@cache
def _mangled() -> re.Pattern[str]:
    """Return the pattern of what is left of a sentence and names no thing: "the bounded", "papers and that it"."""
    kinds, before = "|".join(lexicon().adjectives), "|".join(DETERMINERS)
    return re.compile(rf"^(?:(?:{before}) )*(?:[a-z]{{3,}}ed|{kinds})(?= (?:{'|'.join(LINKING)})\b|$)|\+| it\b|\w_\w")


def _is_of_another(described: ToolTask, named: ToolTask) -> bool:
    """Tell whether a description begins with how the task is done: "authenticates the token", to get a user."""
    words = set(map(singular, described.words)).intersection(map(singular, named.words))
    if named.verb in _OF_HTTP and described.verb not in _FIRST_STEPS:
        return False
    is_sure = bool(named.words) and named.verb in lexicon().verbs.keys() - lexicon().verb_nouns
    return is_sure and described.verb_class.name != named.verb_class.name and not words


_OF_HTTP = ("get", "post", "put", "patch")
"""Verbs of names that are made of a method and a path, which say little of what is done."""

_FIRST_STEPS = frozenset(
    """
    authenticate authorize call check connect decode determine execute find fetch get handle initialize invoke load look
    make open parse perform process provide query read request retrieve return run search send show take use validate
    verify walk wrap
    """.split()
)
"""Verbs of how a task is done, which descriptions may begin with; other verbs say what is done."""


_CLAUSE = re.compile(r"\b(?:that|which|who) (?:is|are|has|have|need|were|was)\b|\b(?:with|by)\b")
"""Finds what a sentence says of its things, which its task leaves out."""


def _says_more(named: ToolTask, described: ToolTask) -> bool:
    """Tell whether a name says of which kind the same things are: `list_low_stock_products`, that lists products."""
    theirs = set(map(singular, itertools.filterfalse(DETERMINERS.__contains__, described.words)))
    mine = list(map(singular, named.words))
    is_of_kind = theirs < set(mine) and mine[-1] in theirs and theirs.isdisjoint(LINKING)
    is_sought = {named.verb_class.name, described.verb_class.name} <= SEEKING
    return is_of_kind and bool(described.several) and is_sought


def _is_caused(described: ToolTask, named: ToolTask) -> bool:
    """Tell whether a description says what is made to do something: "make a light breathe", of `identify_light`."""
    *before, _ = map(singular, described.words or ("",))
    is_sure = named.verb not in lexicon().verb_nouns and named.verb_class.name != described.verb_class.name
    return is_sure and singular(named.words[-1] if named.words else "") in before


def _is_result_of(described: ToolTask, named: ToolTask) -> bool:
    """Tell whether a description only says what comes back: "returns the workbook" of what exports a workbook."""
    deeds = lexicon().verbs.keys() - lexicon().verb_nouns
    words = set(map(singular, described.words)).intersection(map(singular, named.words))
    is_said = named.verb[:5] in " ".join(described.words)  # the translated text is no text to translate
    return described.verb == "get" and named.verb in deeds and bool(words) and not is_said


def _without_named_end(words: tuple[str, ...], required: frozenset[str]) -> tuple[str, ...]:
    """Leave out where a task goes if a parameter says so: "to the destination" of what takes a destination."""
    *kept, preposition, determiner, noun = ("", "", "", *words)
    is_end = preposition in ("to", "into", "in", "at") and determiner in DETERMINERS and noun in required
    return words[:-3] if is_end and any(kept) else words


def _without_named_pair(words: tuple[str, ...], tool: Tool) -> tuple[str, ...]:
    """Leave out what a task is done with where two parameters say so: "from weight and height"."""
    named = set(itertools.chain.from_iterable(map(name_words, tool.properties)))
    *_, preposition, first, joined, second = ("", "", "", "", *words)
    is_pair = preposition in ("from", "for", "of", "between") and joined == "and" and {first, second} <= named
    return words[:-4] if is_pair and len(words) > 4 else words
