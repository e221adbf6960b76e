"""What a question asks for, held against the parameters that are missing.

A parameter is recognised by its name's words, their everyday synonyms, its enum's values, its description's words, and
by the question word that fits it (where, when, who, how many, how much).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from rewards.limits import MAX_QUESTIONS
from rewards.text.acts import read_text
from rewards.text.parameters import (
    AFTER_HOW_MUCH,
    ASKING_WORDS,
    DETERMINERS,
    DIRECTION_WORDS,
    ENGLISH_WORDS,
    EVERYDAY,
    KINDS,
    KINDS_BY_LAST_WORD,
    NAMELESS,
    OBJECT_ENDS,
    OTHER_KINDS_BY_LAST_WORD,
    PARTICLES,
    PURPOSES,
    WEAK_KINDS,
    Lexicon,
    Parameter,
    clock_of,
    kinds_of,
    lexicon_of,
    stems,
    synonyms,
)
from rewards.text.words import WORD, stem, words_of
from rewards.toolset import Toolset

GENERIC_CREDIT = 0.3  # for a question that names nothing
WRONG_PARAMETER_CREDIT = 0.2  # for a question about a parameter that is not missing

MAX_QUESTION_WORDS = 60
"""Words in all the sentences that ask, for each missing parameter. More count as asking for one thing too many."""

BY_NAME, BY_WORD, BY_KIND = 3, 2, 1
"""How a question tells which parameter it asks for: by all words of its name, by one of them, by a question word."""

ENOUGH_OF_DESCRIPTION = 0.75  # share of a description's words by which a question asks for the parameter
_FEWEST_WORDS = 2
_NOTHING = frozenset[str]()
_NOUNS_OF_FORM = frozenset(map(stem, ("number", "name", "type", "string", "value")))
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
_FOCUS = re.compile(r"\b(?:which|what) (?:(?:sort|kind|type)s? of (?:an? )?)?([^\W_]+(?: [^\W_]+)?)")
_HOW_MUCH = re.compile(
    r"\bhow much ([^\W_]+)(?= (?:do|does|did|would|should|shall|can|could|will|is|are)\b| ?[?.!,]| ?$)"
)
_PURPOSE = re.compile(
    r"^(?:in order )?to (?!wh)[^,?]{1,120}, |"
    r"(?<=,) (?:i|we) (?:can|will|could) (?:then )?(?!(?:also|still|just|first|only)? ?(?:need|require|have|ask))[^?]*$"
)
"""`To find the right flight, ...` and `Once I have it, I can ...`: what it is for, and not what is asked for."""

_PURPOSE_ABROAD = re.compile(rf"(?:{'|'.join(PURPOSES)})[^?]*")
_FORM = re.compile(r" ?\((?:with|without|including|incl|in|as|optional|if|preferably)\b[^)]*\)?")
"""`A phone number (with area code)` asks for no area."""

_GIVEN = re.compile(
    r"(?:^|(?<=[,:]))[^,:(]*\("
    r"(?:already|provided|given|known|you (?:have )?(?:already )?(?:provided|gave|given|mentioned|said|told))\b[^,)]*"
)
"""An item of a list that has been given: `employee ID (you provided 7)`."""

_BRACKETS = re.compile(r"\([^)]*\)?")
_OF_USER = re.compile(
    r"(?:^ ?|[,;:.] ?|\b(?:and|also|plus|have|know|need|get|tell|me|us|provide|share|give|send|say|name|specify|"
    r"confirm|enter|state|(?:me|us) with|"
    r"как|(?:what|which|wie) (?:is|are|was|est|es|jest|ist)(?: (?:il|la|o|a))?) )your ((?:[^\W_]+ ){0,2}?[^\W_]+)"
    r"(?= ?(?:$|[,;:.?!)]| and\b| please\b| is\b))"
)
"""What is asked of the user directly: `what is your name`, but not `which of your channels`."""

_BEFORE_YOURS = re.compile(r",? and (?=your\b)")
_OWNER = re.compile(r"\b([^\W_]+)'s? (?=[^\W_])")  # `the user's email` asks for no user
_IS_OF = re.compile(
    r"\b([^\W_]+) (?:of|does|(?:is |shown |printed )?on) (?:the|your|this|that|an?|my) ([^\W_]+)(?: ([^\W_]+))?"
)
_INFINITIVE = re.compile(r"\bto ([^\W_]+)")
_COUNTED = re.compile(r"\b(?:how many|number of|amount of) ([^\W_]+)")
_HOW = re.compile(r"\bhow ([^\W_]+)")
_COUNTED_KINDS = ("count", "duration")
_KINDS_NAMED = frozenset({"place", "time"})
_NO_COUNTS = OTHER_KINDS_BY_LAST_WORD["count"]
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
_CONJUNCTION = re.compile(r",| and | or ")
_ITEM_END = re.compile(r", (?:and |or )?(?![^(]*\))")
_FEWEST_ITEMS = 3
_SEGMENT_END = re.compile(r"[,;:?.!()\"]| and | or |&")
_BARE_QUESTIONS = frozenset("what which where when who whom whose how why huh pardon sorry".split())
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
        clock: "day" or "hour" where it speaks of only one of the two, else "".
        leads_to: whether it asks for where something goes.
        leads_from: whether it asks for where something comes from.
    """

    sentence: str
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
    clock: str
    leads_to: bool
    leads_from: bool


def question_credit(
    questions: tuple[str, ...], missing: tuple[str, ...], reference: str | None, tools: Toolset | None
) -> tuple[float, str | None]:
    """Return how well the questions ask for what is missing, and why it is not 1.

    Args:
        questions: the sentences that ask, as `read_text` gives them.
        missing: parameter names; where empty, what the reference text's questions ask for stands in, if anything.
        reference: the ground truth's text.
        tools: what was offered; None where unknown.

    Returns:
        F1 = 2 |asked and missing| / (|asked| + |missing|), as a call that asks earns it, or one of the credits above
        where nothing missing was asked for; and the reason, None where it is 1.
    """
    lexicon = lexicon_of(tools, missing)
    if not missing:
        return _credit_by_reference(questions, reference, lexicon)
    if not any(map(_says_more, questions)):
        return GENERIC_CREDIT, "a bare question word"
    read = _questions(questions, lexicon)
    asked = _asked(read, lexicon, frozenset(missing))
    hits = asked.keys() & set(missing)
    surplus = _surplus(read, asked, missing, lexicon)
    wanted = ", ".join(map(repr, missing))
    if not hits and max(asked.values(), default=0) <= BY_KIND and _is_likeliest(read, missing, lexicon):
        return 1.0, None
    if not hits:
        if surplus or asked.keys() - set(missing):
            return WRONG_PARAMETER_CREDIT, f"asks for something else than {wanted}"
        return GENERIC_CREDIT, f"does not ask for {wanted}"
    share = max(GENERIC_CREDIT, 2 * len(hits) / (len(hits) + surplus + len(missing)))
    if share == 1.0:
        return 1.0, None
    return share, f"asks for more or less than {wanted}"


def parameters_asked_for(questions: Iterable[str], tools: Toolset | None, among: Iterable[str]) -> frozenset[str]:
    """Return which of some parameters the questions ask for.

    Args:
        questions: the sentences that ask, as `read_text` gives them.
        tools: that have the parameters.
        among: their names.
    """
    names = tuple(among)
    lexicon = lexicon_of(tools, names)
    read = [_question(sentence, lexicon) for sentence in questions]
    return frozenset(_asked(read, lexicon, frozenset(names))) & frozenset(names)


def _says_more(question: str) -> bool:
    """Tell whether a question is more than a bare question word."""
    words = words_of(question)
    return len(words) > 1 or any(word not in _BARE_QUESTIONS for word in words)


def _credit_by_reference(
    questions: tuple[str, ...], reference: str | None, lexicon: Lexicon
) -> tuple[float, str | None]:
    wanted = read_text(reference).questions if reference else ()
    if not wanted:
        return 1.0, None
    model, read = _questions(wanted, lexicon), _questions(questions, lexicon)
    of_model = _asked(model, lexicon, _NOTHING)
    expected = frozenset(of_model)
    if expected:
        asked = _asked(read, lexicon, expected)
        hits = len(asked.keys() & expected)
        is_for_one_thing = not asked and not _things(model).isdisjoint(_things(read))  # the channel: a Slack channel
        if not hits and not is_for_one_thing:
            return GENERIC_CREDIT, "asks for something else than the reference does"
        names = tuple(expected)
        surplus = _surplus(read, asked, names, lexicon) - _surplus(model, of_model, names, lexicon)
        if surplus <= 0:
            return 1.0, None
        return max(GENERIC_CREDIT, 2 * hits / (2 * hits + surplus)), "asks for more than the reference does"
    content = _content(wanted)
    if not content or _shares_content(content, _content(questions)):
        return 1.0, None
    if not _content(questions):
        return GENERIC_CREDIT, "a question that names nothing"
    return GENERIC_CREDIT, "asks for something else than the reference does"


def _things(questions: Iterable[Question]) -> frozenset[str]:
    """Return the stems of what questions ask for, without words that name nothing."""
    return frozenset[str]().union(*(question.objects for question in questions)) - NAMELESS


def _content(questions: Iterable[str]) -> set[str]:
    return {each for each in stems(questions) if each not in NAMELESS}


def _shares_content(expected: set[str], content: set[str]) -> bool:
    """Tell whether two questions have a word in common, or cannot be held against each other: they differ in script."""
    if any(synonyms(each) & content for each in expected) or any(synonyms(each) & expected for each in content):
        return True
    return bool(content) and "".join(expected).isascii() != "".join(content).isascii()


def _asked(questions: Iterable[Question], lexicon: Lexicon, missing: frozenset[str]) -> dict[str, int]:
    """Return the parameters that the questions ask for, with how each is told."""
    asked: dict[str, int] = {}
    for question in questions:
        evidence = {
            name: level
            for name, parameter in lexicon.parameters.items()
            if (level := _evidence(parameter, question, lexicon))
        }
        least = BY_NAME if _is_for_one_by_name(question, evidence, lexicon) else BY_KIND
        for name, level in evidence.items():
            if level >= least and (level > BY_KIND or not _is_explained(name, evidence, lexicon, missing)):
                asked[name] = max(level, asked.get(name, 0))
    return asked


def _is_for_one_by_name(question: Question, evidence: Mapping[str, int], lexicon: Lexicon) -> bool:
    """Tell whether a question for one thing has a name of several words in full: `the customer's email address`."""
    named = [lexicon.parameters[name] for name, level in evidence.items() if level == BY_NAME]
    is_full = any(parameter.is_concerned and len(parameter.words) > 1 for parameter in named)
    return is_full and _CONJUNCTION.search(question.sentence) is None


def _questions(sentences: Iterable[str], lexicon: Lexicon) -> list[Question]:
    """Return the questions in some sentences; one sentence may join several: `where from, and when`."""
    wholes = [whole for sentence in sentences for whole in _items_of(_PURPOSE_ABROAD.sub("", _GIVEN.sub("", sentence)))]
    parts = [part for whole in wholes for joined in _NEXT_QUESTION.split(whole) for part in _unjoined(joined)]
    return [_question(part, lexicon) for part in islice(filter(None, parts), MAX_QUESTIONS)]


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


def _question(sentence: str, lexicon: Lexicon) -> Question:
    sentence = _FORM.sub("", _PURPOSE.sub("", sentence))
    sentence = _without_how_much(sentence, lexicon)
    in_order = stems([sentence])
    owners_first = _OWNER.sub(r"\1 ", _IS_OF.sub(r"\2 \1, \3 \1", sentence))
    every = frozenset(in_order)
    subjects = frozenset(stem(match[1].split()[0]) for match in _FOCUS.finditer(sentence))
    asked = {kind for kind, phrases in _EVERYDAY.items() if phrases.search(sentence)}
    objects = _objects(sentence)
    things = subjects | (objects & _TIME)
    asked |= kinds_of(things, KINDS) & _KINDS_NAMED
    if subjects - ENGLISH_WORDS - lexicon.name_stems - lexicon.tool_stems:
        asked.add("thing")  # "which coat" asks for an item
    nouns = kinds_of(every, KINDS)
    if asked & {"count", "duration"}:
        nouns.discard("time")  # "how many hours" asks for no time of day
    focus = [each for match in _FOCUS.finditer(sentence) for each in stems([match[1]])]
    names_something = not lexicon.name_stems.union(*KINDS.values()).isdisjoint(focus)
    is_focused = names_something and not _CONJUNCTION.search(sentence)
    return Question(
        sentence=sentence,
        stems=every,
        phrases=frozenset(
            (word, particle)
            for place, word in enumerate(in_order)
            for particle in in_order[place + 1 : place + _PARTICLE_REACH]
            if particle in PARTICLES
        ),
        neighbours=frozenset((*pairwise(in_order), *pairwise(stems([owners_first])))),
        focus=frozenset(focus) if is_focused else every,
        objects=objects,
        subjects=subjects,
        counted=frozenset(stem(match[1]) for match in _COUNTED.finditer(sentence)) - NAMELESS,
        infinitives=frozenset(stem(match[1]) for match in _INFINITIVE.finditer(sentence)),
        qualities=frozenset(stems(map(_nouns_of, _HOW.findall(sentence)))),
        nouns=frozenset(nouns),
        asked=frozenset(asked),
        clock=clock_of(stems([_TIME_OF_DAY.sub("time", sentence)])),
        leads_to=_TOWARDS.search(sentence) is not None,
        leads_from=_AWAY.search(sentence) is not None,
    )


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


def _evidence(parameter: Parameter, question: Question, lexicon: Lexicon) -> int:
    """Return how the question tells that it asks for the parameter; 0 where it does not."""
    is_open = not parameter.direction or _is_marked(parameter, question)
    if len(parameter.gist) >= _FEWEST_WORDS and is_open and _is_described(parameter, question):
        return BY_WORD
    if _is_about_sibling(parameter, question, lexicon):
        return 0
    if _is_way_asked(parameter, question) or (is_open and _is_described(parameter, question)):
        return BY_WORD
    if parameter.words == ("to",):  # too common a word: "what would you like the subject to be"
        return 0
    if _is_named(parameter, question):
        return BY_NAME
    if _is_asked_by_a_word(parameter, question, lexicon) or _is_among_things(parameter, question, lexicon):
        return BY_WORD
    if _counts_another(parameter, question, lexicon):
        return 0
    if _kinds_asked(parameter, question):
        return BY_WORD if parameter.direction and is_open else BY_KIND
    kinds = question.nouns | question.asked
    if question.focus & parameter.described:
        return BY_WORD
    if parameter.kinds and kinds and parameter.kinds.isdisjoint(kinds):
        return 0
    if question.focus & parameter.head_words:
        return BY_WORD
    modifiers = parameter.modifiers - lexicon.tool_stems - DIRECTION_WORDS - _NOUNS_OF_FORM
    is_modified = kinds <= parameter.kinds and any(question.focus & synonyms(word) for word in modifiers)
    return BY_KIND * (is_modified or _is_only_one_of_kind(parameter, question, lexicon))


def _is_way_asked(parameter: Parameter, question: Question) -> bool:
    """Tell whether the parameter is called `to` or `from`, and the question asks where to or from where."""
    if parameter.words == ("from",):
        return question.leads_from
    if parameter.words != ("to",):
        return False
    return question.leads_to or not question.focus.isdisjoint(parameter.described)


def _is_among_things(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the parameter, or a part of it, is one of the things that are asked for: `Which film and time?`."""
    if parameter.parts & question.objects - lexicon.name_stems - NAMELESS:
        return True
    is_listed = _CONJUNCTION.search(question.sentence) is not None
    return is_listed and not (question.objects - NAMELESS).isdisjoint(parameter.head_words)


def _is_named(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question has all words of the name, or says `order number` for an `order_id`."""
    if parameter.words and question.focus.issuperset(parameter.words):
        return True
    return not question.neighbours.isdisjoint(parameter.other_names)


def _kinds_asked(parameter: Parameter, question: Question) -> frozenset[str]:
    """Return the kinds of the parameter that the question words ask for."""
    asked = parameter.kinds & question.asked
    gives_way = asked <= WEAK_KINDS and question.nouns and parameter.kinds.isdisjoint(question.nouns)
    return _NOTHING if gives_way else asked


def _counts_another(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether `how many` counts what another parameter stands for, and not this one."""
    if parameter.kinds.isdisjoint(_COUNTED_KINDS) or question.counted <= parameter.said_of:
        return False
    counts_time = not question.counted.isdisjoint(KINDS["duration"])
    return any(
        (question.counted & each.said_of and _NO_COUNTS.isdisjoint(each.words[-1:]))
        or (counts_time and "duration" in each.kinds - parameter.kinds)
        for each in lexicon.parameters.values()
    )


def _is_described(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question asks for what the parameter's description says, nearly word for word."""
    gist = parameter.gist
    if len(gist) < _FEWEST_WORDS:
        return bool(gist) and gist <= question.objects
    return len(gist & question.stems) >= ENOUGH_OF_DESCRIPTION * len(gist)


def _is_asked_by_a_word(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether one word settles it: an allowed value, a measure, `which image` for an `image_path`, a direction."""
    if any(map((question.stems - question.infinitives).issuperset, parameter.enum)):
        return True
    subjects = question.subjects - NAMELESS
    if subjects & parameter.head_words or question.stems & parameter.measures:
        return True
    if question.subjects & parameter.carried or question.counted & parameter.units:
        return True
    if question.qualities & parameter.head_words:
        return True
    is_about_tool = not subjects.isdisjoint(lexicon.tool_stems) and subjects.isdisjoint(lexicon.name_stems)
    if is_about_tool and parameter.plain_word in KINDS_BY_LAST_WORD["title"] and not parameter.modifiers - subjects:
        return True
    if question.nouns & parameter.kinds and question.stems & parameter.direction_words:
        return True
    return _is_only_one_called(parameter, question, lexicon)


def _is_only_one_called(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the sentence asks for a `number` or a `type`, and this is the only parameter that is called so.

    A `plate number` is that of a `license_plate` and not of any `policy_number`.
    """
    if synonyms(parameter.plain_word).isdisjoint((question.subjects | question.objects) & NAMELESS):
        return False
    rest = question.stems - NAMELESS - parameter.said_of
    if _CONJUNCTION.search(question.sentence) is not None:
        rest = _NOTHING
    return not any(
        sibling.plain_word == parameter.plain_word or sibling.head in rest
        for sibling in lexicon.parameters.values()
        if sibling is not parameter
    )


def _is_only_one_of_kind(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the sentence names a place or a time, and its tool has no other parameter that is one."""
    kinds = parameter.kinds & question.nouns & _KINDS_NAMED
    return bool(kinds) and not any(
        each.is_concerned and each is not parameter and each.kinds & kinds for each in lexicon.parameters.values()
    )


def _is_likeliest(questions: Sequence[Question], missing: tuple[str, ...], lexicon: Lexicon) -> bool:
    """Tell whether what is missing has more words in common with the questions than any other parameter of its tool."""
    if len(missing) != 1:
        return False
    asked = frozenset[str]().union(*(question.asked for question in questions)) - WEAK_KINDS
    if asked and asked.isdisjoint(lexicon.parameters[missing[0]].kinds):
        return False
    words = frozenset[str]().union(*(question.stems for question in questions)) - (NAMELESS - _NOUNS_OF_FORM)
    common = {
        name: len(words & parameter.said) for name, parameter in lexicon.parameters.items() if parameter.is_concerned
    }
    best = common.pop(missing[0])
    rivals = [name for name, count in common.items() if count >= best]
    return best > 0 and all(len(name) == 1 == len(missing[0]) for name in rivals)


def _is_about_sibling(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether what is said of this kind of thing is said of another parameter: a return date, not a departure."""
    is_other_clock = {parameter.clock, question.clock} == {"day", "hour"}
    for sibling in lexicon.parameters.values():
        if sibling.name == parameter.name:
            continue
        if is_other_clock and sibling.is_concerned and sibling.clock == question.clock:
            return True
        if not sibling.is_concerned and _is_named_instead(sibling, parameter, question):
            return True
        if not _is_alike(sibling, parameter):
            continue
        if _is_phrased(sibling, question) and parameter.phrasal and not _is_phrased(parameter, question):
            return True
        if _is_marked(sibling, question) and not _is_marked(parameter, question):
            return True
        if set(sibling.words) < set(parameter.words) <= question.stems | (parameter.modifiers - question.stems):
            return not _is_marked(parameter, question)
    return False


def _is_named_instead(sibling: Parameter, parameter: Parameter, question: Question) -> bool:
    """Tell whether another tool's parameter of the same kind is named in full, and this one not or only as part."""
    if sibling.kinds.isdisjoint(parameter.kinds) or len(sibling.words) < 2:
        return False
    if not question.stems.issuperset(sibling.words):
        return False
    return not question.stems.issuperset(parameter.words) or set(parameter.words) < set(sibling.words)


def _is_alike(sibling: Parameter, parameter: Parameter) -> bool:
    """Tell whether the two could be taken for each other: in one tool by head or direction, in two by direction."""
    is_of_one_kind = not sibling.kinds.isdisjoint(parameter.kinds)
    if not sibling.is_concerned:
        return bool(sibling.direction) and not parameter.direction and is_of_one_kind
    return sibling.head == parameter.head or (bool(sibling.direction and parameter.direction) and is_of_one_kind)


def _is_phrased(parameter: Parameter, question: Question) -> bool:
    return not question.phrases.isdisjoint(parameter.phrasal)


def _is_marked(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question has a word that sets the parameter apart from those like it."""
    ways = {"to": question.leads_to, "from": question.leads_from}
    if ways.get(parameter.direction) and "time" not in parameter.kinds:
        return True
    return not question.stems.isdisjoint(parameter.marks)


def _is_explained(name: str, evidence: Mapping[str, int], lexicon: Lexicon, missing: frozenset[str]) -> bool:
    """Tell whether a question word that fits this parameter belongs to another one that the sentence names."""
    explained = lexicon.parameters[name]
    for rival, level in evidence.items():
        parameter = lexicon.parameters[rival]
        if level < BY_WORD or rival == name or rival in missing:
            continue
        if _are_day_and_hour(parameter, explained):
            continue
        if parameter.is_concerned and parameter.kinds & explained.kinds:
            return True
    return False


def _are_day_and_hour(parameter: Parameter, other: Parameter) -> bool:
    """Tell whether the two are the day and the hour of one thing, so that `when` asks for either."""
    return {parameter.clock, other.clock} == {"day", "hour"} and "to" not in {parameter.direction, other.direction}


def _surplus(
    questions: Sequence[Question], asked: Mapping[str, int], missing: tuple[str, ...], lexicon: Lexicon
) -> int:
    """Return how many things too many are asked for. One that a question word alone asks for is taken as courtesy."""
    things = frozenset[str]().union(*(question.objects for question in questions))
    wanted = [lexicon.parameters[name] for name in missing]
    wanted_kinds = frozenset[str]().union(*(parameter.kinds for parameter in wanted))
    explained = lexicon.tool_stems.union(*(parameter.said_of for parameter in wanted))
    named = [
        parameter
        for name, parameter in lexicon.parameters.items()
        if name not in missing
        and (parameter.is_concerned or wanted_kinds.isdisjoint(parameter.kinds))  # `city` of a tool that is not meant
        and asked.get(name, 0) >= BY_WORD
        and things.issuperset(parameter.words)
        and set(parameter.words) - explained - NAMELESS
    ]
    explained = explained.union(*(parameter.words for parameter in named))
    kinds_named = {kind for kind, words in KINDS.items() if kind not in wanted_kinds and things & (words - explained)}
    kinds_asked = _surplus_question_words(questions, wanted_kinds)
    given = [
        parameter
        for name, parameter in lexicon.parameters.items()
        if parameter.is_required and name not in missing and parameter not in named
    ]
    kinds_given = {kind for kind in kinds_asked if any(kind in parameter.kinds for parameter in given)}
    doubtful = len((kinds_asked | kinds_named) - kinds_given)
    length = sum(len(question.sentence.split()) for question in questions)
    is_long = length > MAX_QUESTION_WORDS * len(missing)
    beside_the_point = _count_beside_the_point(questions, lexicon)
    return len(named) + len(kinds_given) + max(beside_the_point, doubtful - 1) + is_long


def _count_beside_the_point(questions: Iterable[Question], lexicon: Lexicon) -> int:
    """Count the user's things that are asked for and that no offered tool takes: `And what is your name?`."""
    count = 0
    for question in questions:
        if "your" not in question.sentence:
            continue
        for part in _BEFORE_YOURS.split(question.sentence)[:MAX_QUESTIONS]:
            things = [stems([thing])[-1] for thing in _OF_USER.findall(part)]
            if things and not _asked([_question(part, lexicon)], lexicon, _NOTHING):
                count += len(things)
    return count


def _surplus_question_words(questions: Sequence[Question], wanted: frozenset[str]) -> set[str]:
    """Return the kinds that question words ask for besides those that are wanted."""
    kinds = {
        kind for kind, word in _QUESTION_WORDS.items() if any(word.search(question.sentence) for question in questions)
    }
    return kinds - wanted if kinds & wanted or len(kinds) > 1 else set()
