"""What a tool does, as a verb and what it is done to: from the description's first sentence, else from the name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import summary
from rlvr.data.synth.lexicon import VerbClass, lexicon, said_as_it_is, singular, takes_article, with_articles

_LONGEST_OBJECT = 12
_LONGEST_SAID = 7  # words beyond which the name says it better
_END_OF_SENTENCE = re.compile(r"\.(?!\w)|[;:(\[\n]|\s[-\u2013\u2014]\s")
_PLURAL_IN_BRACKETS = re.compile(r"(?<=\w)\((e?s)\)")  # field(s)
_MARKUP = re.compile(r"\*\*|`|\([^()]*\) (?=[a-z])|\[(?:DEPRECATED|BETA|EXPERIMENTAL)\]|\]\([^)]*\)|[\[\]]", re.I)
_CUT = re.compile(
    r",|\s(?:and (?:return|get|give|show|then)|(?:and/)?(?<! at )(?<! on )or|while|unless|"
    r"with|by|using|matching|given|if|when|so|based|via|according|like|such|including|only|which|"
    r"that (?:is|are|match|matches|the|their|its|his|your|an?)|along|"
    r"until (?:an? |the )?(?:future |certain )?(?:date|day|time|datetime)|"
    r"within (?:an?|the|your) (?:\w+ )?(?:budget|range|radius|distance)|"
    r"(?:for|over|from|in|of) the (?:last|past|next|previous) [nNxX] \w+|"
    r"for an answer|for (?:tracking|monitoring|viewing|editing|debugging|analysis|review|reference)|after|upon|before|"
    r"of (?:a|any|the same) (?:\w+ )?(?:type|kind)|to new|to a new|from an optional|from the file system|"
    r"to (?:add|use|find|see|determine|identify|understand|help|ensure|get|retrieve|provide|support|show|display|start|"
    r"avoid)|"
    r"for (?:future|later|further|subsequent)|"
    r"for (?:the )?(?:current )?user|for me|in (?:one|a single|a) (?:call|request|step|go|operation|batch)|"
    r"without|containing (?:the )?(?:text|keywords?|terms?|words?|phrases?|query|string)|"
    r"between (?:two |different |[A-Za-z]+ )?(?:folders|mailboxes|boards|lists|accounts|projects|directories)|"
    r"between (?:two|different) \w+|from one \w+ to another|(?:for|between) multiple \w+ and \w+|"
    r"(?:of|for|on|in|during) (?:one|a) (?:day|date|week|month|year|street)|to another account|"
    r"(?:of|for|on|in|from) one (?!of\b)\w+(?=,|$)|"
    r"(?:in|within|for|over|during) (?:(?:a|the) (?:\w+ )?(?:period|interval)|"
    r"(?:(?:a|the) )?(?:\w+ )?(?:time|date) (?:range|frame|span)))\b"
)
_CUT_AS = re.compile(r"\sas\b")
_AS_WHAT = frozenset("mark flag label classify treat designate".split())  # verbs that say nothing without it
_LEFT_OPEN = re.compile(r"\s(?:and|or|but|then)$")  # "cancel an order and, if wanted, notify": an order
_LIST_OF = re.compile(
    r"^(?:an? |the )?(?:[a-z]+ )?(?:list|collection) of (?=(?:the |your |all )?\w+(?:['\u2019]s)? ?\w*s\b)|"
    r"^(?:an?|the) (?:single )?(?:instance|representation) of (?=an?\b|the\b)"
)
_RESOURCE = re.compile(r"^((?:an?|the) (?:(?!(?:of|for|in|an?|the) )[\w-]+ )+)resource$")
_SEARCHED = re.compile(
    r"^((?:the )?(?:[\w-]+ ){0,2}[\w-]*[^s\W]) for ((?:[\w/-]+ ){0,2}[\w/-]+s)(?![\w/])"
)  # a place and what is in it
_AND_REPLACE = re.compile(r"^(?:find|search)s?(?: for)?(?: \w+){0,3} and replaces? ", re.I)
_SEARCHES = re.compile(r"(?:perform|do|execute|run|conduct)s? (?:\w+ ){0,4}(?:searches|queries)\b", re.I)
_BEFORE_TAIL = re.compile(r"^(.+) (?:from|by|via|using|as) ")
_ACROSS = re.compile(r"^(?:across|through|over|within) (?=.*s\b)")
_TERMS = re.compile(
    r" for (?:any \w+|anything|text|terms?|keywords?|matches|"
    r"an? (?:given )?(?:keyword|term|query|pattern|string|phrase|text)|"
    r"(?:[\w-]+ ){0,3}(?:information|content|results|answers|data))\b.*$"
)
_EITHER = re.compile(r"\b(\w+)(?: or |/)(?:un|de|dis)\1\b", re.I)  # "lock or unlock": the value says which
_OF_SEVERAL = re.compile(
    r"(?<=[a-z]{3})(?<!\bthe)(?:['\u2019]s)? "
    r"(?:name|title|descr\w+|status|settings|details|properties|notes)(?: or |, ).*"
)  # a table's name or description: a table
_CUT_OF_NEW = re.compile(r"\s(?:from|for|in|on|to)\b")
_WHO = r"(?:current|authenticated|requesting|logged[- ]in)(?: [a-z]+)? "
_MINE = re.compile(
    rf"\b(?:(?:the |a )?(?:{_WHO})?(?:user|requester)s?['\u2019]s?|your|(?:the )?one['\u2019]s own)(?= )"
)
_MY_OWN = re.compile(rf"\b(?:the )?{_WHO}user (?=(?:info|information|details|profile|account|settings|data)\b)")
_I = re.compile(r"\b(?:the )?(?:current )?user (?=\w+s\b)")
_I_HAVE = re.compile(rf"\b(?:the |a )?(?:{_WHO})?user (has|can|own|follow|like|manage)s?\b")
_PERFORMS = re.compile(r"^(?:perform|do|execute|carry out|initiate)s? (?:an? |the )?(?=(\w+)\b)", re.I)
_OR_VERB = re.compile(r"^(?:(?:/ ?|or |and |and/or )\w+\s*)+")
_ON_AND_OFF = re.compile(
    r"^(?:turn|switch|enable)\b.{0,3}? ?(?:on ?(?:/|or|and) ?off|(?:/|or|and) ?disable)\b\s*", re.I
)
_ON_OR_OFF = re.compile(r" on ?(?:/|or|and) ?off\b", re.I)  # behind what is switched
_WARNING = re.compile(
    r"(notify|alert|warn|inform|remind)(?:s|ies)?(?: (?:the |a )?(?:current )?(?:user|me))? "
    r"((?:if|when|whenever|once) .+)",
    re.I,
)
_QUESTION = re.compile(
    r"(who|which \w+|how (?:many|much|far|long|old) ?\w*|how|where|when|what|why)(?: (is|are|was|were))? "
    r"((?:(?!\b(?:do|does|did|can|could|should)\b)[^?])+)\??$",
    re.I,
)
_DONE_TO = re.compile(r"((?:[\w-]+ ){1,3}?)(\w+ed\b.*)")  # the waste (is) collected in a street
_OBJECTS_OF_QUESTIONS = frozenset("where when what why how".split())
_GIVES = frozenset("return returns provides gives".split())  # what descriptions say of any result
_GIVEN = re.compile(
    r"\b(?:given|specific|specified|particular|existing|single|different|current or \w+|"
    r"one or (?:more|several|multiple)) "
)
_ME = re.compile(rf"\bthe (?:{_WHO})?user\b|\bcurrent user\b")
_OF_ME = re.compile(r"^(?:the )?(\w+) (?:of|about|for) me$")
_OF_CLAUSES = frozenset("how what which who whom where when why".split())
_WITHOUT_A_NOUN = frozenset("a an the new all".split())
_BARE_TAIL = re.compile(
    r"\b(to|from|in|into) "
    r"(?![A-Z]|(?:full|detail|bulk|total|the|a|an|my|our|your|its|their|me|next|previous|all|some|any|every|another|each|this|that|in|on|by|for|from|of|at|"
    r"stock|transit|progress|advance)\b)"
    r"((?:\w+ )?\w*[^s\W])$"
)
_BARE_NOUN = re.compile(
    r"\b(for|on|to|from|in|into|at) ((?:[a-z]+ )?([a-z]+))(?= (?:that|to|for|in|on|from|by|at|as)\b|$)"
)
_EITHER_WORD = re.compile(r"\b([a-z]{3,})/[a-z][a-z-]{2,}\b(?! off)")  # a name/nickname: a name
_DETAILS = "(?:information|info|details|data|record|profile|fields|attributes|properties|settings)"
_OF_CHANGES = re.compile(
    rf"^(?:the |an? |all )?{_DETAILS} (?:of|for|about) (?=(?:an?|the|my|your) )|(?<=[a-z])(?:['\u2019]s)? {_DETAILS}$"
)
"""What a change of something says besides the thing, since each value has its own name."""

_VAGUE_THING = re.compile(r"an? (?:\w+ )?(?:item|entry|record|element|object|resource|entity)\b")
_ADVERB = re.compile(r"^(?!(?:re|ap|sup|multi)ply)\w+ly\s+", re.I)
_LATE_ADVERB = re.compile(
    r"\s(?:\w+ly|now|again|grouped|sorted|filtered|ordered|ranked|organized|limited|restricted|categorized|aggregated)$"
)
DETERMINERS = frozenset(
    """
    a an the my our your its their all some any every each another new this that current one specific whoever whatever
    everyone everything something
    """.split()
)
_AT_ONCE = ("batch", "bulk", "mass")  # words before the verb of what does many things in one call
_NAME_CUTS = frozenset("for to on by with from in as if of".split())
_STOPS = _NAME_CUTS | {"between", "into", "at"}
_NAME_FILLERS = frozenset("a an the several multiple single list current".split())
_LIGHT = frozenset("details detail info information data metadata status summary history".split())
PARTICLES = frozenset("up out off down back away".split())
_PERSON = re.compile(r"(?:ies|(?<=ss|sh|ch|zz)es|(?<=[xo])es|(?<![sui])s)$")  # no focus, no analysis
_PLAIN_ENDINGS = {"ies": "y"}
_PHRASAL = frozenset(("check in", "log in", "sign in", "fill in", "turn on", "switch on", "hand over", "take over"))
"""Verbs of two words whose second one is a preposition elsewhere."""

LINKING = frozenset(
    "of in for from to on at by about between and with that as under into onto over via if since".split()
)
_SEVERAL = re.compile(r"\b(?!details|settings|status)[a-z]+[^\Wsu]s$")
_PREPOSITIONS = frozenset("for to on in at by about into through over onto from with".split())
_ENDS_OF_NOUNS = _PREPOSITIONS | {"of"}
_BEGIN_CLAUSES = frozenset("me if whether who which where when what why how".split())
_AFTER_NOUNS = frozenset(("of", "about"))  # words that a noun stands before, as in "Details of an order"

_AFTER_VERBS = frozenset("a an the all two multiple".split())  # what stands behind no noun at the start of a sentence
_CALLED_TOOLS = re.compile(
    r"^use (?:this|the) (?:tool|function) (?:to|for|when)\s+|"
    r"^(?:this|the) (?:tool|function|endpoint|api|method)\s+"
    r"(?:is used to|will|can|allows you to|helps(?: you)?(?: to)?)?\s*",
    re.I,
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
        head = itertools.takewhile(lambda word: word not in LINKING, self.words)
        return tuple(itertools.filterfalse(is_determiner, head))

    @property
    def noun(self) -> str:
        """Return what a value that says which thing is meant names: the project of "project information"."""
        head = self._head[-1:] if not self.several else ()  # the members of a group are told by the group's id
        return singular(next((word for word in (*head, *reversed(self.words)) if word not in _LIGHT), ""))

    @property
    def several(self) -> str:
        """Return the things that it is done to, where those are several: `orders`; else nothing."""
        match = _SEVERAL.search(" ".join(self._head))
        return match[0] if match else ""


def task_of(tool: Tool, namespace: str = "") -> ToolTask:
    """Return what a tool does, the first word aside that the names of its toolset share."""
    words = name_words(tool.name.rpartition(".")[2]) or [tool.name]
    if len(words) > 1 and words[0] == namespace:
        words = words[1:]
    if len(words) > 1 and words[-1] in _CALLED:
        words = words[:-1]
    named = _named(words)._replace(is_either=_EITHER.search(tool.description) is not None)
    has_user = any({"user", "username"} & set(name_words(name)) for name in tool.required)
    if "user" in words and not has_user and _LIGHT.issuperset(named.words):
        named = named._replace(words=("my", *named.words))
    told = _asked(tool.description) or _warned(tool.description)
    described = told or _described(tool.description, words, is_mine=not has_user)
    if described is None:
        is_bare = named.verb == "get" and words[0] != "get"
        if is_bare and not _QUERIES.isdisjoint(tool.required):
            return _searching(words)
        return named
    is_told = described.verb in words or named.verb in described.words
    if named.verb == words[0] and not is_told and _is_of_another(described, named):
        return named
    if named.verb == words[0] and _is_result_of(described, named):
        described = described._replace(verb=named.verb, verb_class=named.verb_class)
    described = described._replace(words=_without_named_end(described.words, tool.required))
    described = described._replace(words=_without_named_pair(described.words, tool))
    is_long = len(described.words) > _LONGEST_SAID and " in " not in " ".join(described.words)
    return named if is_long and named.words and words[0] in lexicon().verbs else described


def _is_of_another(described: ToolTask, named: ToolTask) -> bool:
    """Tell whether a description begins with how the task is done: "authenticates the token", to get a user."""
    words = set(map(singular, described.words)).intersection(map(singular, named.words))
    is_sure = bool(named.words) and named.verb in lexicon().verbs.keys() - lexicon().verb_nouns
    return is_sure and described.verb_class.name != named.verb_class.name and not words


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


_CALLED = frozenset(("tool", "function"))  # what names end with that say only that they are a tool's


def _without_named_pair(words: tuple[str, ...], tool: Tool) -> tuple[str, ...]:
    """Leave out what a task is done with where two parameters say so: "from weight and height"."""
    named = set(itertools.chain.from_iterable(map(name_words, tool.properties)))
    *_, preposition, first, joined, second = ("", "", "", "", *words)
    is_pair = all((preposition in ("from", "for", "of", "between"), joined == "and", {first, second} <= named))
    return words[: len(words) - 4 * (is_pair and len(words) > 4)]


_QUERIES = frozenset(("query", "q", "search_query", "search_term", "question"))


def _searching(words: list[str]) -> ToolTask:
    """Return what a tool does that has the name of what it searches: "wikipedia"."""
    return ToolTask("search", lexicon().verbs["search"], ("something", "in", *words), is_described=False)


def acted(task: ToolTask, value: str) -> ToolTask:
    """Return what a tool does where a value says it: "create" of a tool for issues, "get_diff"."""
    words = name_words(value)
    own = _named(words)
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
    about = {True: thing, False: what}[verb == own.verb]
    return own._replace(words=tuple(about.split()))


def _named(words: list[str]) -> ToolTask:
    verbs = lexicon().verbs
    if words[0] in _AT_ONCE and not verbs.keys().isdisjoint(words[1:2]):
        words = words[1:]
    sure = verbs.keys() - lexicon().verb_nouns
    places = [place for place, word in enumerate(words) if word in sure]
    at = 0 if words[0] in sure or not places else max(places[0], places[-1] * (places[-1] == len(words) - 1))
    verb, rest = words[at], words[:at] + words[at + 1 :]
    if verb not in verbs and not _is_phrasal(verb, rest):
        return ToolTask("get", verbs["get"], tuple(words), is_described=False)
    verb, verb_class, rest = _parted(verb, rest)
    kept = [word for word in rest[:-1] if word not in _NAME_FILLERS - {"list"}]  # the position of a list
    kept += itertools.filterfalse(_NAME_FILLERS.__contains__, rest[-1:])
    cut = next((index for index, word in enumerate(kept) if word in _NAME_CUTS), len(kept))
    kept = kept[:cut]
    kept = ["my" if word == "users" and index < len(kept) - 1 else word for index, word in enumerate(kept)]
    kept = [word for word in kept if word != "user" or len(kept) == 1]
    return ToolTask(verb, verb_class, tuple(kept), is_described=False)


def _is_phrasal(verb: str, words: list[str]) -> bool:
    """Return whether the first of the words belongs to the verb before it, as in "look up a patient"."""
    return bool(words) and (words[0] in PARTICLES or f"{verb} {words[0]}" in _PHRASAL)


def _parted(verb: str, words: list[str]) -> tuple[str, VerbClass, list[str]]:
    """Return the verb with its particle, if it has one, its class, and the other words."""
    if _is_phrasal(verb, words):
        verb, words = f"{verb} {words[0]}", words[1:]
    return verb, lexicon().verbs.get(verb.replace(" ", "")) or said_as_it_is(verb), words


def _described(description: str, name: list[str], *, is_mine: bool) -> ToolTask | None:
    """Return the task that a description's first sentence tells; None where it tells less than the name."""
    sentence = _first_sentence(description)
    if name[0] in lexicon().verbs and (_EITHER.search(sentence) or _SEARCHES.match(sentence)):
        return None
    if (act := _PERFORMS.match(sentence)) and act[1].lower() in name:
        sentence = sentence[act.end() :]
    first, _, rest = sentence.partition(" ")
    first = first.partition("/")[0].lower()
    words = _lowered(rest).split()
    verb = _verb(first, name, *words[:1] or [""])
    if not verb and _is_phrasal(first, words):
        verb = first
    if not verb or not rest or words[0] in _AFTER_NOUNS:
        return None
    verb, verb_class, words = _parted(verb, words)
    rest = _OR_VERB.sub("", " ".join(words))
    if verb_class.name in _ASKING_WHETHER or verb in _ASKING_WHETHER:
        rest = re.sub("^that (?=the |an? |all )", "whether ", rest)
    rest = _EITHER_WORD.sub(r"\1", rest)
    if rest.startswith(("if ", "whether ")):
        verb_class = lexicon().verbs["check_if"]
        rest = re.sub(r"\bI (\w+?)s\b", r"I \1", _I.sub("I ", rest))
    rest = _RESOURCE.sub(lambda match: match[1].strip(), rest)
    if verb_class.name in ("find", "think"):
        rest = _SEARCHED.sub(r"\2 in \1", rest.removeprefix("for ").removeprefix("about "))
    rest = _without_asides(_of_mine(rest) if is_mine else rest, verb, name)
    words = _named_thing(_as_object(rest, verb_class), _named(name)).split()
    is_noun = bool(words) and words[-1] not in _WITHOUT_A_NOUN and words[0] not in (_OF_CLAUSES | {"operations"})
    is_whole = is_noun and len(words) <= _LONGEST_OBJECT
    return ToolTask(verb, verb_class, tuple(words), is_described=True) if is_whole else None


_ASKING_WHETHER = ("check", "look", "find", "ensure", "confirm", "make")  # that something is so


def _first_sentence(description: str) -> str:
    """Return the first sentence of a description without marks and without what is said of every tool."""
    line = _PLURAL_IN_BRACKETS.sub(r"\1", summary(description).partition("\n")[0].strip())
    sentence = _CALLED_TOOLS.sub("", _ADVERB.sub("", _MARKUP.sub("", line)))
    sentence = _END_OF_SENTENCE.split(sentence, maxsplit=1)[0].strip()
    return _ON_OR_OFF.sub("", _ON_AND_OFF.sub("Turn ", _AND_REPLACE.sub("Replace ", sentence)))


def _of_mine(text: str) -> str:
    """Return a text with the one who asks in the first person: "the current user's orders" are mine."""
    text = re.sub(r"\bI has\b", "I have", _I_HAVE.sub(r"I \1", text))
    text = _OF_ME.sub(r"my \1", _ME.sub("me", _MINE.sub("my", _MY_OWN.sub("my ", text))))
    return re.sub("^(?:the )?me$", "my profile", re.sub(r"\b[Yy]ou (?=[a-z]+ )", "I ", text))


def _without_asides(text: str, verb: str, name: Sequence[str]) -> str:
    """Return what a task is done to without how, why and what else; empty where half of it is lost by that."""
    kept, left_out = _cut(_GIVEN.sub("", _LIST_OF.sub("", _OF_SEVERAL.sub("", text))))
    if verb not in _AS_WHAT:
        kept = _CUT_AS.split(kept, maxsplit=1)[0].strip()
    if verb == "search":
        kept = _ACROSS.sub("something across ", _TERMS.sub("", kept))
        kept = _searched_place().sub(r"something in \1", kept)
        kept = re.sub(r"^something in (?=the (?:\w+ )?(?:web|internet)$)", "something on ", kept)
    is_half = left_out.startswith((" or ", " and/or ")) or (left_out.startswith(",") and " " not in kept)
    if not is_half:
        return kept
    # "A manifest from a string or a file" is a manifest; "the flat rate or percentage discount" is not the flat rate.
    before = "".join(_BEFORE_TAIL.findall(kept))
    return before or kept * (not set(name[1:]).isdisjoint(kept.split()))


def _as_object(text: str, verb_class: VerbClass) -> str:
    """Return what is done something to, as it stands behind a verb of a class."""
    if verb_class.name == "change":
        text = _OF_CHANGES.sub("", text)
    if verb_class.name in ("make", "book"):
        text = re.sub("^the ", "a ", _CUT_OF_NEW.split(text, maxsplit=1)[0].strip())
    if verb_class.name != "wait":
        text = with_articles(_BARE_NOUN.sub(_with_the, _BARE_TAIL.sub(r"\1 the \2", text)))
    return _COUNT.sub("", _ANY_NUMBER.sub("", _LATE_ADVERB.sub("", text)))


_ANY_NUMBER = re.compile(r"\b[nNxX] (?=[a-z]+s\b)")  # the top N cars
_COUNT = re.compile(r"^(?:several|multiple|single) (?=.)")


def _with_the(match: re.Match[str]) -> str:
    """Return a preposition and a noun with an article where that is one thing: "for seated guest"."""
    preposition, words, noun = match.groups()
    article = "the " * (noun in lexicon().countable and not is_determiner(words.split()[0]))
    return f"{preposition} {article}{words}"


def _named_thing(text: str, named: ToolTask) -> str:
    """Return a task whose thing is called by the tool's name, where the text only says that it is an item."""
    noun = "".join(named.words[-1:])
    vague = _VAGUE_THING.match(text)
    if vague is None or noun in ("", *vague[0].split(), *_LIGHT):
        return text
    return with_articles(f"a {noun}{text[vague.end() :]}")


@cache
def _searched_place() -> re.Pattern[str]:
    """Return the pattern of where something is looked for, and not what: "the product catalog"."""
    places = "|".join(lexicon().places_searched)
    return re.compile(
        r"^(?!.* (?:in|for|within|on|something)\b)(?:(?:with)?in |across |through )?"
        rf"((?:the |my )?(?:[\w/-]+ ){{0,6}}?(?:{places})(?: (?:and|of) .*)?)$",
        re.I,
    )


def _asked(description: str) -> ToolTask | None:
    """Return the task of a tool whose description asks: "Where is a parcel?" finds out where a parcel is."""
    question = _QUESTION.match(_END_OF_SENTENCE.split(summary(description), maxsplit=1)[0])
    if question is None:
        return None
    word, is_or_are, rest = question.groups("")
    kept, _ = _cut(_lowered(rest))
    parts = [word.lower(), is_or_are, kept]
    if is_or_are and parts[0] in _OBJECTS_OF_QUESTIONS:
        parted = _DONE_TO.match(kept)
        subject, done = parted.groups() if parted else (kept, "")
        parts = [word.lower(), subject, is_or_are, done]
    return ToolTask("check", lexicon().verbs["check_if"], tuple(" ".join(parts).split()), is_described=True)


def _warned(description: str) -> ToolTask | None:
    """Return the task of a tool that tells when something happens: "notify me if the price changes"."""
    warning = _WARNING.match(_END_OF_SENTENCE.split(summary(description), maxsplit=1)[0])
    if warning is None:
        return None
    verb, event = warning[1].lower(), _lowered(warning[2]).split()
    return ToolTask(verb, lexicon().verbs.get(verb) or said_as_it_is(verb), ("me", *event), is_described=True)


def _cut(text: str) -> tuple[str, str]:
    """Return what a sentence says before what only says how or why, and the rest."""
    kept = _without_second_deed(_CUT.split(text, maxsplit=1)[0])
    return _LEFT_OPEN.sub("", kept.strip()), text[len(kept) :]


_AND = re.compile(r"(\w+),? and (?:(?:then|optionally|also|automatically|optional) )?(\w+)(?: (\w+))?")


def _without_second_deed(text: str) -> str:
    """Return a text without what is done besides: "a connection and revoke its id"; but read and write permissions."""
    verbs, theirs = lexicon().verbs.keys(), ("its", "their")
    sure = verbs - lexicon().verb_nouns
    for match in _AND.finditer(text):
        before, after, following = match.groups("")
        is_deed = after in verbs and following in DETERMINERS
        if is_deed or after in theirs or (after in sure and before not in verbs):
            return text[: match.end(1)]
    return text


def _lowered(text: str) -> str:
    """Titles in small letters: names in capitals stay, and the name of what things are in: "the invoices in Xero"."""
    n_titles = len(re.findall(r"\b[A-Z][a-z]", text))
    names = _NAME.findall(text) if 2 * n_titles < len(text.split()) else []
    names += (*_IN_CAPITALS.findall(text), *lexicon().places_searched)
    names += (name for name in _OWNERS.findall(text) if name.lower()[:-2] not in lexicon().countable)
    names += [word for word in text.split() if word.isupper() and len(word) > 1 and word.lower() not in _STRESSED]
    parted = _IN_ONE_WORD.sub(lambda word: " ".join(name_words(word[0])), text)
    return " ".join(word if word.rstrip(",") in names else word.lower() for word in parted.split())


_IN_ONE_WORD = re.compile(r"\b[a-z]{3,}(?:[A-Z][a-z]+)+\b")  # objectType
_STRESSED = frozenset("all and any every must new not one only or your".split())
_IN_CAPITALS = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*|^[A-Z]\w+(?= for [^A-Z]*$)")  # GitHub; what is searched: Wikipedia
_OWNERS = re.compile(r"\b[A-Z][a-z]+['\u2019]s\b")
_NAME = re.compile(r"\b(?:in|from|to|on|into) ([A-Z][a-z]\w*)(?=[ ,]|$)")


_NO_VERBS = frozenset(
    """
    top best next recent latest last current average mean median total daily weekly monthly live full once when
    whenever after before if for with in on as while using given by from this these those that during upon at
    """.split()
)
"""Words that names and sentences begin with and that say nothing of what is done."""


def _verb(word: str, name: list[str], followed: str) -> str:
    verbs = lexicon().verbs
    plain = [word, word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y"]
    if listed := next((form for form in plain if form in verbs), ""):
        return dict.fromkeys(_GIVES.difference(name), "get").get(listed, listed)
    if word in _NO_VERBS or not word.isalpha():
        return ""
    is_third_person = _PERSON.search(word) is not None and len(word) > 4 and word not in name
    if is_third_person and followed not in _PREPOSITIONS:  # but minutes from here are no verb
        return _PERSON.sub(lambda ending: _PLAIN_ENDINGS.get(ending[0], ""), word)
    is_first = word == name[0] and lexicon().verbs.keys().isdisjoint(name[1:2])  # but a deep search is a search
    return word if is_first or followed in _AFTER_VERBS else ""


def with_determiner(words: tuple[str, ...], verb_class: str) -> str:
    """Return what a task is done to as a phrase of its own: "the allowed directories", "a hotel room"."""
    text = " ".join(words)
    if _OWNERS.match(text):
        return text
    if not words or words[0] in DETERMINERS | _PREPOSITIONS | _BEGIN_CLAUSES:
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
