"""What a tool does, as a verb and the words of what it is done to, and the words that phrases are made of."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import NamedTuple

from rlvr.data.synth.lexicon import VerbClass, lexicon, said_as_it_is
from rlvr.data.synth.nouns import singular, takes_article, with_articles

DETERMINERS = frozenset(
    """
    a an the my our your its their all some any every each another new this that current one specific whoever whatever
    everyone everything something
    """.split()
)
LIGHT = frozenset(
    "thumbnail preview details detail info information data metadata status summary history statistics overview".split()
)
PARTICLES = frozenset("up out off down back away".split())
_PHRASAL = frozenset(("check in", "log in", "sign in", "fill in", "turn on", "switch on", "hand over", "take over"))
"""Verbs of two words whose second one is a preposition elsewhere."""
LINKING = frozenset(
    """
    of in for from to on at by about between and with that as under into onto over via if since across inside within
    during against through
    """.split()
)
_SEVERAL = re.compile(r"\b(?!details|settings|status)[a-z]+[^\Wsu]s(?= [a-z]+ed$|$)")
PREPOSITIONS = frozenset("for to on in at by about into through over onto from with".split())
_ENDS_OF_NOUNS = PREPOSITIONS | {"of"}
_BEGIN_CLAUSES = frozenset("me if whether who which where when what why how".split())

SEEKING = frozenset(("find", "list", "look", "query"))  # verbs whose values say which things are wanted
MAKING = frozenset("make add write send".split())
WRITING = MAKING | {"change"}
JOINING = frozenset(
    "move rename copy swap transfer convert book assign attach invite label link mark merge reply share".split()
)


class ToolTask(NamedTuple):
    """What a tool does."""

    verb: str  # as its name or description gives it, in its plain form
    verb_class: VerbClass  # verbs that ask for the same
    words: tuple[str, ...]  # what it is done to, as words with or without a determiner; empty where nothing says
    is_described: bool  # whether the words are the description's, which speaks in sentences
    is_either: bool = False  # whether it also undoes this, where a value says so

    def shared(self, other: ToolTask) -> str:
        """Return the thing that both tasks are done to, without what is done: "a merge request"; or nothing."""
        pairs = zip(reversed(self._head), reversed(other._head), strict=False)
        words = [mine for mine, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]
        text = " ".join(reversed(words))
        return with_articles(f"a {text}") if words and takes_article(words[0]) else text

    @property
    def _head(self) -> tuple[str, ...]:
        return _head_of(self.words)

    @property
    def noun(self) -> str:
        """Return what a value that says which thing is meant names: the project of "project information"."""
        head = self._head[-1:] if not self.several else ()  # the members of a group are told by the group's id
        return singular(next((word for word in (*head, *reversed(self.words)) if word not in LIGHT), ""))

    @property
    def is_of_one(self) -> bool:
        """Return whether it is done to one thing, or to something of one, that nothing here tells from others."""
        before = dict(itertools.pairwise(self.words))
        return self.words[:1] in (("a",), ("an",)) or not {"a", "an"}.isdisjoint(map(before.get, LINKING))

    @property
    def several(self) -> str:
        """Return the things that it is done to, where those are several: `orders`; else nothing."""
        match = _SEVERAL.search(" ".join(self._head))
        return match[0] if match else ""


@lru_cache(maxsize=4096)
def _head_of(words: tuple[str, ...]) -> tuple[str, ...]:
    head = itertools.takewhile(lambda word: word not in LINKING, words)
    return tuple(itertools.filterfalse(is_determiner, head))


def is_phrasal(verb: str, words: list[str]) -> bool:
    """Return whether the first of the words belongs to the verb before it, as in "look up a patient"."""
    return bool(words) and (words[0] in PARTICLES or f"{verb} {words[0]}" in _PHRASAL)


def parted(verb: str, words: list[str]) -> tuple[str, VerbClass, list[str]]:
    """Return the verb with its particle, if it has one, its class, and the other words."""
    if is_phrasal(verb, words):
        verb, words = f"{verb} {words[0]}", words[1:]
    return verb, lexicon().verbs.get(verb.replace(" ", "")) or said_as_it_is(verb), words


OWNERS = re.compile(r"\b[A-Z][a-z]+['\u2019]s\b")


def with_determiner(words: tuple[str, ...], verb_class: str) -> str:
    """Return what a task is done to as a phrase of its own: "the allowed directories", "a hotel room"."""
    text = " ".join(words)
    if OWNERS.match(text):
        return text
    if not words or words[0] in DETERMINERS | _ENDS_OF_NOUNS | _BEGIN_CLAUSES:
        return text
    before = tuple(itertools.takewhile(lambda word: word not in _ENDS_OF_NOUNS, words))
    head = (before or words)[-1]
    if verb_class in ("make", "book", "write", "send", "add") and takes_article(head):
        return with_articles(f"a {text}")
    is_bare = verb_class in ("make", "book", "send", "write", "add") or (verb_class == "find" and head.endswith("s"))
    return text if is_bare else f"the {text}"


def is_determiner(word: str) -> bool:
    """Return whether a word begins a noun phrase."""
    return word in DETERMINERS or word in ("multiple", "several", "specified", "given")
