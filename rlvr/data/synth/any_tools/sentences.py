"""What the first sentence of a description says that a tool does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from rewards.names import name_words
from rlvr.data.described import summary
from rlvr.data.synth.any_tools.named_tasks import named_task
from rlvr.data.synth.any_tools.tool_task import (
    DETERMINERS,
    LIGHT,
    OWNERS,
    PREPOSITIONS,
    ToolTask,
    is_determiner,
    is_phrasal,
    parted,
)
from rlvr.data.synth.lexicon import VerbClass, lexicon, said_as_it_is
from rlvr.data.synth.nouns import with_articles

_LONGEST_OBJECT = 12
_END_OF_SENTENCE = re.compile(r"\.(?!\w)|[;:(\[\n]|\s\|\s|\s[-\u2013\u2014]\s")
_PLURAL_IN_BRACKETS = re.compile(r"(?<=\w)\((e?s)\)")  # field(s)
_MARKUP = re.compile(r"\*\*|`|\([^()]*\) (?=[a-z])|\[(?:DEPRECATED|BETA|EXPERIMENTAL)\]|\]\([^)]*\)|[\[\]]", re.I)
_CUT = re.compile(
    r",|\s(?:and (?:return|get|give|show|then)|(?:and/)?(?<! at )(?<! on )or|while|unless|"
    r"with|by|using|(?<=s\s)matching|matching (?:the|an?|all|any|your)|given|if|when|so|based|via|according|like|such|"
    r"including|only|which|"
    r"that (?:is|are|can be|match|matches|the|their|its|his|your|an?)|along|"
    r"(?:since|until) (?:an? |the )?(?:given |future |certain |specific )?(?:date|day|time|datetime|timestamp)|"
    r"within (?:an?|the|your) (?:\w+ )?(?:budget|range|radius|distance)|"
    r"(?:for|over|from|in|of) the (?:last|past|next|previous) [nNxX] \w+|"
    r"for an answer|for (?:tracking|monitoring|viewing|editing|debugging|analysis|review|reference)|after|upon|before|"
    r"of (?:a|any|the same) (?:\w+ )?(?:type|kind)|to new|to a new|from an optional|from the file system|"
    r"to (?:add|use|plan|pick|choose|inspect|decide|find|see|determine|identify|understand|help|ensure|get|retrieve|"
    r"provide|support|show|display|start|"
    r"avoid|make (?:it|them))|"
    r"for (?:future|later|further|subsequent)|"
    r"for (?:the )?(?:current )?user|for me|in (?:one|a single|a) (?:call|request|step|go|operation|batch)|"
    r"without|containing (?:the )?(?:text|keywords?|terms?|words?|phrases?|query|string)|"
    r"between (?:two |different |[A-Za-z]+ )?(?:folders|mailboxes|boards|lists|accounts|projects|directories)|"
    r"between (?:two|different) \w+|from one \w+ to another|(?:for|between) multiple \w+ and \w+|"
    r"(?:of|for|on|in|during) (?:one|a) (?:day|date|week|month|year|street)|(?:on|in)?to another \w+|"
    r"to \w+ (?:when|where|what|how|who|whether|why)|"
    r"(?:of|for|on|in|from) one (?!of\b)\w+(?=,|$)|"
    r"(?:in|within|for|over|during) (?:(?:a|the) (?:\w+ )?(?:period|interval)|"
    r"(?:(?:a|the) )?(?:\w+ )?(?:time|date) (?:range|frame|span)))\b"
)
_CUT_AS = re.compile(r"\sas\b")
_AS_WHAT = frozenset("mark flag label classify treat designate".split())  # verbs that say nothing without it
_LEFT_OPEN = re.compile(
    r"\s(?:and|or|but|then)(?: (?:how|when|where|why|what|which|who))?$"
)  # "cancel an order and, if wanted, notify": an order
_LIST_OF = re.compile(
    r"^(?:an? |the )?(?:[a-z]+ )?(?:list|collection) of (?=(?:the |your |all )?\w+(?:['\u2019]s)? ?\w*s\b)|"
    r"^(?:an?|the) (?:single )?(?:instance|representation) of (?=an?\b|the\b)"
)
_RESOURCE = re.compile(r"^((?:an?|the) (?:(?!(?:of|for|in|an?|the) )[\w-]+ )+)resource$")
_SEARCHED = re.compile(
    r"^((?:the )?(?:[\w./-]+ ){0,3}[\w./-]*[^s\W]) for ((?:[\w/-]+ ){0,2}[\w/-]+s)(?![\w/])"
)  # a place and what is in it
_AND_REPLACE = re.compile(r"^(?:find|search)s?(?: for)?(?: \w+){0,3} and replaces? ", re.I)
_SEARCHES = re.compile(r"(?:perform|do|execute|run|conduct)s? (?:\w+ ){0,4}(?:searches|queries)\b", re.I)
_BEFORE_TAIL = re.compile(r"^(.+) (?:from|by|via|using|as) ")
_ACROSS = re.compile(r"^(?:across|through|over|within) (?=.*s\b)")
_WITHIN = re.compile(r"^(?:within|through|over) (?=\S)")
_TERMS = re.compile(
    r" for (?:any \w+|anything|text|terms?|keywords?|matches|"
    r"an? (?:given )?(?:keyword|term|query|pattern|string|phrase|text)|"
    r"(?:[\w-]+ ){0,3}(?:information|content|results|answers|data))\b.*$"
)
EITHER = re.compile(r"\b(\w+)(?: or |/)(?:un|de|dis)\1\b", re.I)  # "lock or unlock": the value says which
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
_I = re.compile(r"(?<!\ba )\b(?:the )?(?:current )?user (?=\w+s\b)")
_I_HAVE = re.compile(rf"\b(?:the |a )?(?:{_WHO})?user (has|is|can|own|follow|like|manage)s?\b")
_PERFORMS = re.compile(r"^(?:perform|do|execute|carry out|initiate)s? (?:an? |the )?(?=(\w+)\b)", re.I)
_OR_VERB = re.compile(r"^(?:(?:/ ?|or |and |and/or )\w+\s*)+(?:up\s+(?=\w))?")
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
_INNER_ADVERB = re.compile(
    r" (?:immediately|manually|automatically|permanently|directly|securely|safely|instantly|quickly|easily)\b(?!-)"
)
_AT_A_GIVEN_ONE = re.compile(
    r" (?:at|in|to|from|into|with) (?:the |an? )?(?:specified|given|provided) "
    r"(?:path|location|directory|folder|url|address|state|name|file|date|time)s?$"
)
"""Finds a place at the end of a sentence that a value says."""

_ME = re.compile(rf"\bthe (?:{_WHO})?user\b|\bcurrent user\b")
_OF_ME = re.compile(r"^(?:the )?(\w+) (?:of|about|for) me$")
_OF_CLAUSES = frozenset("how what which who whom where when why".split())
_WITHOUT_A_NOUN = frozenset("a an the new all".split())
_BARE_TAIL = re.compile(
    r"\b(to|from|in|into) "
    r"(?![A-Z]|(?:full|detail|bulk|total|one|the|a|an|my|our|your|its|their|me|next|previous|all|some|any|every|another|each|this|that|in|on|by|for|from|of|at|"
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
_ADVERB = re.compile(
    r"^(?:(?:(?:forward|reverse)(?= geocod)|(?!(?:re|ap|sup|multi)ply)\w+ly|bulk|batch)\s+(?=\w)|"
    r"(?:emergency|force|hard|soft)[ -](?=\w+ (?:an?|the|all|every)\b))",
    re.I,
)
_LATE_ADVERB = re.compile(
    r"(?<!\bis)(?<!\bare)\s(?:\w+ly|now|again|grouped|sorted|filtered|ordered|ranked|organized|limited|restricted|categorized|aggregated)$"
)
_PERSON = re.compile(r"(?:ies|(?<=ss|sh|ch|zz)es|(?<=[xo])es|(?<![sui])s)$")  # no focus, no analysis
_PLAIN_ENDINGS = {"ies": "y"}
_AFTER_NOUNS = frozenset(("of", "about"))  # words that a noun stands before, as in "Details of an order"
_AFTER_VERBS = frozenset("a an the all two multiple".split())  # what stands behind no noun at the start of a sentence
_CALLED_TOOLS = re.compile(
    r"^(?:an? )?(?:tool|function|utility|endpoint|method|command)(?: (?:that|which))?(?: (?:can|will|is))?"
    r"(?: (?:be )?used)?(?: (?:to|allows (?:you )?to|lets you)\b|(?<=that)|(?<=which)) |"
    r"^use (?:this|the) (?:tool|function) (?:to|for|when)\s+|"
    r"^(?:this|the) (?:tool|function|endpoint|api|method)\s+"
    r"(?:is used to|will|can|allows you to|helps(?: you)?(?: to)?)?\s*",
    re.I,
)


def described_task(description: str, name: list[str], *, is_mine: bool) -> ToolTask | None:
    """Return the task that a description's first sentence tells; None where it tells less than the name."""
    sentence = _first_sentence(description)
    if name[0] in lexicon().verbs and (EITHER.search(sentence) or _SEARCHES.match(sentence)):
        return None
    if (act := _PERFORMS.match(sentence)) and act[1].lower() in name:
        sentence = sentence[act.end() :]
    first, _, rest = sentence.partition(" ")
    first = first.partition("/")[0]
    if _CAMEL.search(first):  # the name of a product is no verb
        return None
    first = first.lower()
    words = _lowered(rest).split()
    verb = _verb(first, name, *words[:1] or [""])
    if not verb and is_phrasal(first, words):
        verb = first
    if not verb or not rest or words[0] in _AFTER_NOUNS:
        return None
    is_clause = verb == "ask" and not (_OF_CLAUSES | {"to"}).isdisjoint(words)
    if is_clause or (name[0] in lexicon().verbs and _NAME_OF_SEVERAL.search(rest)):
        return None
    verb, verb_class, words = parted(_second(verb, words), words)
    rest = _OR_VERB.sub("", " ".join(words)).removeprefix("only ")
    if verb_class.name in _ASKING_WHETHER or verb in _ASKING_WHETHER:
        rest = re.sub("^that (?=the |an? |all )", "whether ", rest)
    rest = _EITHER_OR_ALL.sub(r"all \1", _EITHER_WORD.sub(r"\1", rest))
    if verb in _TESTING:
        rest = _THAT_IT_WORKS.sub(r"whether \1s", rest)
    if rest.startswith(("if ", "whether ")):
        verb_class = lexicon().verbs["check_if"]
        rest = re.sub(r"\bI (\w+?)s\b", r"I \1", _I.sub("I ", rest).replace("I has ", "I have "))
    rest = _RESOURCE.sub(lambda match: match[1].strip(), rest)
    if verb_class.name in ("find", "think"):
        rest = _SEARCHED.sub(r"\2 in \1", rest.removeprefix("for ").removeprefix("about "))
    rest = _without_asides(_of_mine(rest) if is_mine else rest, verb, name)
    words = _named_thing(_as_object(rest, verb_class), named_task(name)).split()
    is_noun = not PREPOSITIONS.issuperset(words) and words[-1] not in _WITHOUT_A_NOUN
    is_thing = is_noun and words[0] not in (_OF_CLAUSES | {"operations"})
    is_whole = is_thing and len(words) <= _LONGEST_OBJECT
    return ToolTask(verb, verb_class, tuple(words), is_described=True) if is_whole else None


def _second(verb: str, words: Sequence[str]) -> str:
    """Return the verb that the thing behind two verbs goes with: who analyzes and provides feedback provides it."""
    joined, *second = words[:2]
    if joined == "and" and second[-1:] and second[-1].rstrip("s") in _PROVIDING:
        return "get"
    return verb


_PROVIDING = ("provide", "suggest", "recommend")
_EITHER_OR_ALL = re.compile(
    r"\b(?:one|an?|a single|a specific) [a-z]+ or all (?:the |of the |your )?((?:[a-z]+ )?[a-z]+s)\b"
)
"""Finds one thing or all of them, which are all of them where no value says which one."""

_THAT_IT_WORKS = re.compile(r"^((?:the |an? |my )?(?:[\w-]+ ){1,4}?(?:work|exist|run|respond))s?(?= |$)")
"""Finds a sentence behind what checks: "verify the token works"."""

_NAME_OF_SEVERAL = re.compile(r"\b[A-Z][a-z]+ of [A-Z][a-z]+ [a-z]")
"""Finds a name of several words before what is of it, which no phrase takes apart: a House of Commons division."""

_CAMEL = re.compile("[a-z][A-Z]")
_TESTING = ("check", "verify", "validate", "test", "ensure", "confirm")
_ASKING_WHETHER = ("check", "look", "find", "ensure", "confirm", "make")  # that something is so


def _first_sentence(description: str) -> str:
    """Return the first sentence of a description without marks and without what is said of every tool."""
    line = _PLURAL_IN_BRACKETS.sub(r"\1", summary(description).partition("\n")[0].strip())
    sentence = _CALLED_TOOLS.sub("", _ADVERB.sub("", _MARKUP.sub("", line)))
    sentence = _END_OF_SENTENCE.split(sentence, maxsplit=1)[0].strip()
    return _ON_OR_OFF.sub("", _ON_AND_OFF.sub("Turn ", _AND_REPLACE.sub("Replace ", sentence)))


def _of_mine(text: str) -> str:
    """Return a text with the one who asks in the first person: "the current user's orders" are mine."""
    text = _I_HAVE.sub(r"I \1", text).replace("I has", "I have").replace("I is", "I am")
    text = _OF_ME.sub(r"my \1", _ME.sub("me", _MINE.sub("my", _MY_OWN.sub("my ", text))))
    return re.sub("^(?:the )?me$", "my profile", re.sub(r"(?<!\bthank )\b[Yy]ou (?=[a-z]+ )", "I ", text))


def _without_asides(text: str, verb: str, name: Sequence[str]) -> str:
    """Return what a task is done to without how, why and what else; empty where half of it is lost by that."""
    text = _INNER_ADVERB.sub("", text)
    kept, left_out = _cut(_GIVEN.sub("", _LIST_OF.sub("", _OF_SEVERAL.sub("", _AT_A_GIVEN_ONE.sub("", text)))))
    if _OPENED.match(left_out):
        kept = _OPEN_PARTICIPLE.sub("", kept).strip()
    kept += "".join(_named_tail(left_out, name))
    if verb not in _AS_WHAT:
        kept = _CUT_AS.split(kept, maxsplit=1)[0].strip()
    if verb == "search":
        kept = _ACROSS.sub("something across ", _TERMS.sub("", kept))
        kept = _WITHIN.sub("something in ", kept)
        kept = _searched_place().sub(r"something in \1", kept)
        kept = re.sub(r"^something in (?=the (?:\w+ )?(?:web|internet)$)", "something on ", kept)
    if left_out.startswith(" that ") and " " not in kept and kept not in name:  # areas that can be reached
        return ""
    is_half = left_out.startswith((" or ", " and/or ")) or (left_out.startswith(",") and " " not in kept)
    if not is_half:
        return kept
    # "A manifest from a string or a file" is a manifest; "the flat rate or percentage discount" is not the flat rate.
    before = "".join(_BEFORE_TAIL.findall(kept))
    things = name[name[0] in lexicon().verbs :]
    return before or kept * (not set(things).isdisjoint(kept.split()))


_OPEN_PARTICIPLE = re.compile(
    r"(?<=\w)(?<!\b(?:is|be|an))(?<!\b(?:are|was|has|the|not|all|get|got))(?<!\ba) (?!need)[a-z]{2,}ed$"
)
_OPENED = re.compile(r" (?:to|with|by|using|via|on|in|as|for|from)\b")
"""A participle at the end and what belongs to it behind: "a summary tailored" is left of one tailored to something."""


def _named_tail(left_out: str, name: Sequence[str]) -> list[str]:
    """Return what a name says of its things too: " with problems" of `get_plugins_with_problems`."""
    return [tail for tail in _WITH.findall(left_out) if set(tail.split()[1:]) <= set(name)]


_WITH = re.compile(r"^ with \w+s\b")


def _as_object(text: str, verb_class: VerbClass) -> str:
    """Return what is done something to, as it stands behind a verb of a class."""
    if verb_class.name == "change":
        text = _OF_CHANGES.sub("", text)
    if verb_class.name in ("make", "book"):
        text = re.sub("^the ", "a ", _CUT_OF_NEW.split(text, maxsplit=1)[0].strip())
    if verb_class.name != "wait":
        text = with_articles(_BARE_NOUN.sub(_with_the, _BARE_TAIL.sub(_tail_with_the, text))).strip()
    return _COUNT.sub("", _ANY_NUMBER.sub("", _LATE_ADVERB.sub("", text)))


_ANY_NUMBER = re.compile(r"\b(?:[nNxX]|\d+ ?[-\u2013] ?\d+) (?=(?:[a-z]+ )?[a-z]+s\b)")  # the top N cars, 2-3 hotels
_COUNT = re.compile(r"^(?:several|multiple|single) (?=.)")


def _tail_with_the(match: re.Match[str]) -> str:
    """Return a preposition and its noun with an article; nothing of a verb: "a job to run"."""
    preposition, noun = match.groups()
    first = noun.split()[0]
    if preposition == "to" and first in ("be", "have", "do"):
        return match[0]
    deeds = (lexicon().verbs.keys() - lexicon().verb_nouns) | {"run", "use"}
    return "" if preposition == "to" and first in deeds else f"{preposition} the {noun}"


def _with_the(match: re.Match[str]) -> str:
    """Return a preposition and a noun with an article where that is one thing: "for seated guest"."""
    preposition, words, noun = match.groups()
    article = "the " * (noun in lexicon().countable and not is_determiner(words.split()[0]))
    return f"{preposition} {article}{words}"


def _named_thing(text: str, named: ToolTask) -> str:
    """Return a task whose thing is called by the tool's name, where the text only says that it is an item."""
    noun = "".join(named.words[-1:])
    vague = _VAGUE_THING.match(text)
    if vague is None or noun in ("", *vague[0].split(), *LIGHT):
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


def asked_task(description: str) -> ToolTask | None:
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


def warned_task(description: str) -> ToolTask | None:
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


_AND = re.compile(r"(?<!\w)(\w+),? and (?:(?:then|optionally|also|automatically|optional) )?(\w+)(?: (\w+))?")


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
    names += (name for name in OWNERS.findall(text) if name.lower()[:-2] not in lexicon().countable)
    names += [word for word in text.split() if word.isupper() and len(word) > 1 and word.lower() not in _STRESSED]
    parted = _IN_ONE_WORD.sub(lambda word: " ".join(name_words(word[0])), text)
    return " ".join(word if word.rstrip(",") in names else word.lower() for word in parted.split())


_IN_ONE_WORD = re.compile(r"\b[a-z]{3,}(?:[A-Z][a-z]+)+\b")  # objectType
_STRESSED = frozenset("all and any both each every must new not off on one only or your".split())
_IN_CAPITALS = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*|^[A-Z]\w+(?= for [^A-Z]*$)")  # GitHub; what is searched: Wikipedia
_NAME = re.compile(r"\b(?:in|from|to|on|into) ([A-Z][a-z]\w*)(?=[ ,]|$)")
_NO_VERBS = frozenset(
    """
    news top best next recent latest last current average mean median total daily weekly monthly live full once when
    whenever after before if for with in on as while using given by from this these those that during upon at
    """.split()
)
"""Words that names and sentences begin with and that say nothing of what is done."""


def _verb(word: str, name: list[str], followed: str) -> str:
    verbs = lexicon().verbs
    if word in _NO_VERBS:
        return ""
    plain = [word, word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y"]
    if listed := next((form for form in plain if form in verbs), ""):
        return dict.fromkeys(_GIVES.difference(name), "get").get(listed, listed)
    if word in lexicon().adjectives or not (word.isalpha() and word.isascii()):
        return ""
    if name[0] in {*plain} - {word}:  # "clicks on an element", of `click`
        return name[0]
    is_third_person = _PERSON.search(word) is not None and len(word) > 4 and word not in name
    if is_third_person and followed not in PREPOSITIONS:  # but minutes from here are no verb
        return _PERSON.sub(lambda ending: _PLAIN_ENDINGS.get(ending[0], ""), word)
    return word if followed in _AFTER_VERBS else ""
