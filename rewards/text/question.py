"""One question: the things that it names, the kinds that it asks for, and where it points."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from rewards.limits import MAX_QUESTIONS
from rewards.text.parameters import Lexicon
from rewards.text.vocabulary import (
    AFTER_HOW_MUCH,
    ASKING_WORDS,
    DETERMINERS,
    ENGLISH_WORDS,
    EVERYDAY,
    KINDS,
    NAMELESS,
    OBJECT_ENDS,
    PARTICLES,
    PURPOSES,
    clock_of,
    kinds_of,
)
from rewards.text.words import WORD, stem, stems

_PARTICLE_REACH = 4
_TOWARDS = re.compile(
    r"\b(?:into|towards|to (?:which|what|where|whom)|where to|"
    r"(?:like|want|wish|love|plan(?:ning)?) to (?:fly|go|travel|visit|head)(?! out| from)|get(?:ting)? off|alight|"
    r"(?:flying|going|travell?ing|heading|headed|fly|go|travel|convert|translate|transfer|"
    r"send)(?: \w+){0,3} to(?!\w| (?!and |or )))|"
    r"\bwhere (?:are|will|would|do) you (?:be |want to |like to |plan to )?"
    r"(?:headed|heading|going|go|travell?ing)\b(?! from)|"
    r"^whom? (?:should|shall|do|would|can|may) [^?,]{1,80} to\?|\b(?:want|like|wish|need)(?: \w+){0,4} to[.?]?$"
)
_AWAY = re.compile(
    r"\bfrom (?:which|what|where|whom)\b|\b(?:which|what|where|whom?)\b[^,?]{1,80} from(?:\W*$| and\b| or\b)|"
    r"\b(?:fly|go|travel|take|head)(?:ing)? out of\b|\bget(?:ting)? on\b|\bboard(?:ing)?\b"
)
KINDS_NAMED = frozenset({"place", "time"})  # what a question asks for by naming one: `which city`
_FOCUS = re.compile(r"\b(?:which|what) (?:(?:sort|kind|type)s? of (?:an? )?)?([^\W_]+(?: [^\W_]+)?)")
_HOW_MUCH = re.compile(
    r"\bhow much ([^\W_]+)(?= (?:do|does|did|would|should|shall|can|could|will|is|are)\b| ?[?.!,]| ?$)"
)
_PURPOSE = re.compile(
    r"^(?:in order )?to (?!wh)[^,?]{1,120}, |"
    r"(?<=,) (?:i|we) (?:can|will|could) (?:then )?(?!(?:also|still|just|first|only)? ?(?:need|require|have|ask))[^?]*$"
)
"""`To find the right flight, ...` and `Once I have it, I can ...`: what it is for, and not what is asked for."""

_SPECIFIC = re.compile(r"\b(?:any|an?|some) (?:specific|particular|certain|preferred) (?=[^\W_])")
"""`Is there a specific movie that you would like to see` asks which movie."""

_PURPOSE_ABROAD = re.compile(rf"(?:{'|'.join(PURPOSES)})[^?]*")
_FORM = re.compile(r" ?\((?:with|without|including|incl|in|as|optional|if|preferably)\b[^)]*\)?")
"""`A phone number (with area code)` asks for no area."""

_GIVEN = re.compile(
    r"(?:^|(?<=[,:]))[^,:(]*\("
    r"(?:already|provided|given|known|you (?:have )?(?:already )?(?:provided|gave|given|mentioned|said|told))\b[^,)]*|"
    r"(?:^|,? but |,? and |; ?)(?:i|we) (?:only|already|currently|just) (?:have|know|see|got) (?!to\b)[^,.:?]*"
)
"""What has been given: `employee ID (you provided 7)`, `..., but I only have the user ID`."""

_SEVERAL_TIMES = re.compile(
    r"\b(?:which|what|your|the|some|any) (?:(?!how\b|which\b|what\b)[^\W_]+ ){0,6}?(?:(dates|days)|times|hours)\b"
)
_ALTERNATIVES = re.compile(r"\b(?:one|either|any) (?:or more )?of (?:the following|these|those)\b|, or, ")
_BY_ADVERB = re.compile(
    r"\W*(?:(?:and|so|ok|okay|sure|great) ?,? ?)?(?:(?:from|to|for|at|by|since|until|till|with) )?"
    r"(?:when|where|whom?)\b(?! (?:is|are|was|were) (?:the|your|this|that)\b)(?!.*\?.)"
)
_BRACKETS = re.compile(r"\([^)]*\)?")
_OWNER = re.compile(r"\b([^\W_]+)'s? (?=[^\W_])")  # `the user's email` asks for no user
_IS_OF = re.compile(
    r"\b([^\W_]+) (?:of|does|(?:is |shown |printed )?on) (?:the|your|this|that|an?|my) ([^\W_]+)(?: ([^\W_]+))?"
)
_INFINITIVE = re.compile(r"\bto ([^\W_]+)")
_COUNTED = re.compile(r"\b(?:how many|number of|amount of) ([^\W_]+)")
_HOW = re.compile(r"\bhow ([^\W_]+)")
_TIME_OF_DAY = re.compile(r"\btime of (?:the )?day\b")
_TIME = frozenset({stem("time")})
_NEXT_QUESTION = re.compile(
    r"(?:,? (?:and|or|but)(?: also)?|,) (?=(?:(?:for|from|to|in|at|by|on|until|till|with) )?"
    r"(?:which|what|where|when|whom?|how)\b)"
)
_QUESTION_BEHIND = re.compile(
    r"(?<=[^\W_]) (?=(?:(?:for|from|to|in|at|by|on) )?(?:which|what|how (?:many|much|long)) [^\W_])"
)
_ASKS_ALREADY = re.compile(r"\b(?:which|what|where|when|whom?|how)\b")
_ITEM_END = re.compile(r", (?:and |or )?(?![^(]*\))")
_FEWEST_ITEMS = 3
_SEGMENT_END = re.compile(r"[,;:?.!()\"]| and | or |&")
_CONJUNCTION = re.compile(r",| and | or ")
_INTERROGATIVE = {
    "place": "where",
    "time": "when",
    "person": "who(?:m|se)?",
    "count": "how many",
    "amount": "how much",
    "duration": "how long",
}
_BEFORE_INTERROGATIVE = (
    r"(?:^|[,;:.?!] ?|\b(?:and|or|know|me|us|specify|confirm|clarify|to|from|for|with|by|until|sure|about|on|at|say|"
    r"provide|exactly|is|please|tell|of|in|so|but|ok|okay|ask) )"
)
_QUESTION_WORDS = {kind: re.compile(rf"{_BEFORE_INTERROGATIVE}{words}\b") for kind, words in _INTERROGATIVE.items()}
_EVERYDAY = {
    kind: re.compile(
        "|".join(
            _BEFORE_INTERROGATIVE + rf"{each}\b" if each in ("who", "where", "when", "why") else re.escape(each)
            for each in phrases
        )
    )
    for kind, phrases in EVERYDAY.items()
}


class Question(NamedTuple):
    """One sentence that asks.

    Args:
        sentence: itself.
        joins: whether it may join several things.
        is_alternative: whether an answer to another question will do instead: `your order ID, or your email`.
        stems: of its words.
        phrases: its stems with a particle after them.
        neighbours: its stems, each with the next, and with what it has: `order's number`, `number of your order`.
        focus: the stems that say what it is about.
        objects: the stems of the things that it asks for, without what is said about them.
        subjects: stems right after `which` or `what`.
        counted: stems of what `how many` counts.
        infinitives: stems right after `to`, which say what is to be done and not what is asked for.
        qualities: stems of what `how` may ask for: `brightness` of `how bright`.
        nouns: the kinds that it names.
        asked: the kinds that it asks for.
        asks_by_adverb: whether it asks when, where or for whom something is, and for nothing else that it names.
        clock: "day" or "hour" where it speaks of only one of the two, else "".
        clock_of_several: the same where it asks for several at once; None where it does not.
        leads_to: whether it asks for where something goes.
        leads_from: whether it asks for where something comes from.
    """

    sentence: str
    joins: bool
    is_alternative: bool
    stems: frozenset[str]
    phrases: frozenset[tuple[str, ...]]
    neighbours: frozenset[tuple[str, ...]]
    focus: frozenset[str]
    objects: frozenset[str]
    subjects: frozenset[str]
    counted: frozenset[str]
    infinitives: frozenset[str]
    qualities: frozenset[str]
    nouns: frozenset[str]
    asked: frozenset[str]
    asks_by_adverb: bool
    clock: str
    clock_of_several: str | None
    leads_to: bool
    leads_from: bool


def questions_in(sentences: Iterable[str], lexicon: Lexicon) -> list[Question]:
    """Return the questions in some sentences; one sentence may join several: `where from, and when`."""
    return list(islice(_each_question(sentences, lexicon), MAX_QUESTIONS))


def _each_question(sentences: Iterable[str], lexicon: Lexicon) -> Iterator[Question]:
    for sentence in sentences:
        is_alternative = _ALTERNATIVES.search(sentence) is not None
        for whole in _items_of(_PURPOSE_ABROAD.sub("", _PURPOSE.sub("", _GIVEN.sub("", sentence)))):
            for joined in _NEXT_QUESTION.split(whole):
                for part in filter(None, _unjoined(joined)):
                    yield read_question(part, lexicon)._replace(is_alternative=is_alternative)


def _unjoined(sentence: str) -> list[str]:
    """Return the questions in a sentence that nothing joins: `which city what date`."""
    parts: list[str] = []
    pieces = _QUESTION_BEHIND.split(sentence) if sentence.isascii() else sentence.split(",")
    for part in pieces:
        if parts and _ASKS_ALREADY.search(parts[-1]) is None:
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


def _items_of(sentence: str) -> list[str]:
    """Return what a sentence lists behind a colon, item by item; what is said of one is said of no other."""
    lead, colon, listed = sentence.partition(":")
    items = _ITEM_END.split(listed)
    if not colon or len(items) < _FEWEST_ITEMS:
        return [sentence]
    return [lead, *items]


def read_question(sentence: str, lexicon: Lexicon) -> Question:
    """Return a sentence as one question."""
    sentence = _SPECIFIC.sub("which ", _FORM.sub("", _PURPOSE.sub("", sentence)))
    sentence = _without_how_much(sentence, lexicon)
    in_order = stems([sentence])
    owners_first = _OWNER.sub(r"\1 ", _IS_OF.sub(r"\2 \1, \3 \1", sentence))
    every = frozenset(in_order)
    subjects = frozenset(stem(match[1].split()[0]) for match in _FOCUS.finditer(sentence))
    asked = {kind for kind, phrases in _EVERYDAY.items() if phrases.search(sentence)}
    objects = _objects(sentence)
    things = subjects | (objects & _TIME)
    asked |= kinds_of(things, KINDS) & KINDS_NAMED
    if subjects - ENGLISH_WORDS - lexicon.name_stems - lexicon.tool_stems:
        asked.add("thing")  # "which coat" asks for an item
    nouns = kinds_of(every, KINDS)
    if asked & {"count", "duration"}:
        nouns.discard("time")  # "how many hours" asks for no time of day
    focus = [each for match in _FOCUS.finditer(sentence) for each in stems([match[1]])]
    names_something = not lexicon.name_stems.union(*KINDS.values()).isdisjoint(focus)
    joins = _CONJUNCTION.search(sentence) is not None
    return Question(
        sentence=sentence,
        joins=joins,
        is_alternative=False,
        stems=every,
        phrases=frozenset(
            (word, particle)
            for place, word in enumerate(in_order)
            for particle in in_order[place + 1 : place + _PARTICLE_REACH]
            if particle in PARTICLES
        ),
        neighbours=frozenset((*pairwise(in_order), *pairwise(stems([owners_first])))),
        focus=frozenset(focus) if names_something and not joins else every,
        objects=objects,
        subjects=subjects,
        counted=frozenset(stem(match[1]) for match in _COUNTED.finditer(sentence)) - NAMELESS,
        infinitives=frozenset(stem(match[1]) for match in _INFINITIVE.finditer(sentence)),
        qualities=frozenset(stems(map(_nouns_of, _HOW.findall(sentence)))),
        nouns=frozenset(nouns),
        asked=frozenset(asked),
        asks_by_adverb=not joins and _BY_ADVERB.match(sentence) is not None,
        clock=clock_of(stems([_TIME_OF_DAY.sub("time", sentence)])),
        clock_of_several=_clock_of_several(sentence),
        leads_to=_TOWARDS.search(sentence) is not None,
        leads_from=_AWAY.search(sentence) is not None,
    )


def _clock_of_several(sentence: str) -> str | None:
    several = _SEVERAL_TIMES.search(sentence)
    if several is None:
        return None
    return "day" if several[1] else "hour"


def _without_how_much(sentence: str, lexicon: Lexicon) -> str:
    """Return a sentence with `which space` for `how much space`, which asks for no money."""
    how_much = _HOW_MUCH.search(sentence)
    if how_much is None:
        return sentence
    thing = how_much[1]
    if thing in AFTER_HOW_MUCH or stem(thing) in KINDS["amount"]:
        return sentence
    is_of_tool = any(stem(thing) in parameter.said_of for parameter in lexicon.parameters.values())
    asked = f"which {thing}" if is_of_tool else f"which amount of {thing}"
    return sentence.replace(how_much[0], "how long" if thing == "time" else asked)


def _nouns_of(adjective: str) -> str:
    """Return what an adjective's noun may be: `brightness`, `difficulty`, `severity`, `urgency` or `importance`."""
    stem_of_ity, stem_of_cy = adjective.removesuffix("e"), adjective.removesuffix("t")
    return f"{adjective}ness {adjective}y {stem_of_ity}ity {stem_of_cy}cy {stem_of_cy}ce"


def _objects(sentence: str) -> frozenset[str]:
    """Return the stems of the things that a sentence asks for: `province ID` of `tell me the province ID for ...`."""
    objects: set[str] = set()
    for segment in _SEGMENT_END.split(_BRACKETS.sub("", _OWNER.sub("", sentence))):
        words = WORD.findall(segment)
        asking = [place for place, (before, word) in enumerate(pairwise(["", *words])) if _asks_for(before, word)]
        for start in [place + 1 for place in asking] or [0]:
            thing: set[str] = set()
            for word in words[start:]:
                if word in OBJECT_ENDS or (word == "of" and not NAMELESS.issuperset(thing)):
                    break
                thing.add(stem(word))
            objects |= thing
    return frozenset(objects)


def _asks_for(before: str, word: str) -> bool:
    """Tell whether a word asks for what follows it; `the name` and `your state` are names themselves."""
    return word in ASKING_WORDS and before not in DETERMINERS


def kinds_by_question_word(questions: Iterable[Question]) -> set[str]:
    """Return the kinds for which questions have a question word, whatever else they name."""
    return {
        kind for kind, word in _QUESTION_WORDS.items() if any(word.search(question.sentence) for question in questions)
    }
