"""What a question asks for, held against the parameters that are missing.

A parameter is recognised by its name's words, their everyday synonyms, its enum's values, its description's words, and
by the question word that fits it (where, when, who, how many, how much).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from rewards.equality import name_words
from rewards.text import acts as speech
from rewards.text.question_words import (
    CARRIERS,
    COMPOUNDS,
    DIRECTION_WORDS,
    DIRECTIONS,
    EVERYDAY,
    FILLER,
    KINDS,
    MEASURES,
    NO_AMOUNTS,
    QUESTION_WORDS,
    SYNONYMS,
    WEAK_KINDS,
    stem,
)
from rewards.toolset import Tool, Toolset

GENERIC_CREDIT = 0.3
"""For a question that names nothing."""

WRONG_PARAMETER_CREDIT = 0.2
"""For a question about a parameter that is not missing."""

MAX_QUESTION_WORDS = 60
"""Words in all the sentences that ask. A longer question counts as asking for one thing too many."""

_NOTHING = frozenset[str]()
_PARTICLES = frozenset({"in", "out", "up", "off", "on"})
_PARTICLE_REACH = 4
_WORDS_READ = 400
_ENUM_VALUES_READ = 64
_DESCRIPTION_WORDS_READ = 64
_TOWARDS = re.compile(
    r"\b(?:into|towards|to (?:which|what|where|whom)|where to|"
    r"(?:like|want|wish|love|plan(?:ning)?) to (?:fly|go|travel|visit|head)|"
    r"(?:flying|going|travell?ing|heading|headed|fly|go|travel|convert|translate|transfer|"
    r"send)(?: \w+){0,3} to(?!\w| ))"
)
_FOCUS = re.compile(r"\b(?:which|what) ([^\W_]+(?: [^\W_]+)?)")
_BARE_QUESTIONS = frozenset("what which where when who whom whose how why huh pardon sorry".split())
_CONJUNCTION = re.compile(r",| and | or ")


@dataclass(frozen=True)
class Parameter:
    """What a question may call one parameter of the offered tools.

    Args:
        name: as the schema has it.
        words: stems of its name, in order.
        head: the stem that says what it is; the last of `words` that says anything.
        modifiers: the other stems that set it apart, such as `departure` in `departure_date`.
        kinds: everyday kinds it belongs to: place, time, person, count, amount, duration, text.
        direction: "from", "to", or "" for a parameter that has none.
        phrasal: verbs of its name with their particles, such as check, in of `check_in_date`.
        enum: stems of each allowed value.
        described: stems that only its description has.
        is_required: whether every tool that what is missing may belong to requires it.
        is_concerned: whether such a tool has it.
    """

    name: str
    words: tuple[str, ...]
    head: str
    modifiers: frozenset[str]
    kinds: frozenset[str]
    direction: str
    phrasal: tuple[tuple[str, str], ...] = ()
    enum: tuple[frozenset[str], ...] = ()
    described: frozenset[str] = frozenset()
    is_required: bool = False
    is_concerned: bool = True


@dataclass(frozen=True)
class Lexicon:
    """The parameters that a question may be about, and the words that the tools themselves bring along."""

    parameters: Mapping[str, Parameter]
    tool_stems: frozenset[str]
    name_stems: frozenset[str]


class _Heard(NamedTuple):
    """One sentence that asks.

    Args:
        sentence: itself.
        phrases: its words with a particle after them.
        stems: of its words.
        focus: those that say what it is about.
        subjects: those right after `which` or `what`.
        plain_subjects: those of them that name little, such as `number`.
        nouns: the kinds that it names.
        asked: the kinds that it asks for.
    """

    sentence: str
    phrases: frozenset[tuple[str, str]]
    stems: frozenset[str]
    focus: frozenset[str]
    subjects: frozenset[str]
    plain_subjects: frozenset[str]
    nouns: frozenset[str]
    asked: frozenset[str]


def question_credit(
    questions: tuple[str, ...], missing: tuple[str, ...], reference: str | None, tools: Toolset | None
) -> tuple[float, str | None]:
    """How well the questions ask for what is missing.

    Args:
        questions: the sentences that ask, as `speech.read_text` gives them.
        missing: parameter names; where empty, what the reference text's questions ask for stands in, if anything.
        reference: the ground truth's text.
        tools: what was offered; None where unknown.

    Returns:
        |asked and missing| / |asked or missing|, or one of the credits above where nothing missing was asked for;
        and why it is not 1, None where it is.
    """
    lexicon = _lexicon(tools, missing)
    if not missing:
        return _credit_by_reference(questions, reference, lexicon)
    if not any(map(_says_more, questions)):
        return GENERIC_CREDIT, "behavior: a bare question word"
    asked = _asked(questions, lexicon, frozenset(missing))
    hit = asked.keys() & set(missing)
    surplus = _surplus(questions, asked, missing, lexicon)
    wanted = ", ".join(repr(name) for name in missing)
    if not hit:
        if surplus or asked.keys() - set(missing):
            return WRONG_PARAMETER_CREDIT, f"behavior: asks for something else than {wanted}"
        return GENERIC_CREDIT, f"behavior: does not ask for {wanted}"
    share = max(GENERIC_CREDIT, len(hit) / (len(missing) + surplus))
    if share == 1.0:
        return 1.0, None
    return share, f"behavior: asks for more or less than {wanted}"


def _says_more(question: str) -> bool:
    """Whether a question is more than a bare question word."""
    words = speech.words_of(question)
    return len(words) > 1 or any(word not in _BARE_QUESTIONS for word in words)


def _credit_by_reference(
    questions: tuple[str, ...], reference: str | None, lexicon: Lexicon
) -> tuple[float, str | None]:
    wanted = speech.read_text(reference).questions if reference else ()
    expected = frozenset(_asked(wanted, lexicon, frozenset()))
    if expected:
        if _asked(questions, lexicon, expected).keys() & expected:
            return 1.0, None
        return GENERIC_CREDIT, "behavior: asks for something else than the reference does"
    content = _content(wanted)
    if content and not _content(questions):
        return GENERIC_CREDIT, "behavior: a question that names nothing"
    return 1.0, None


def _content(questions: Iterable[str]) -> set[str]:
    return {stem for stem in _stems(questions) if stem not in FILLER}


def _asked(questions: Iterable[str], lexicon: Lexicon, missing: frozenset[str]) -> dict[str, int]:
    """Parameters that the sentences ask for, with the strength of the evidence: 3 its name, 2 its words, 1 its kind."""
    asked: dict[str, int] = {}
    for sentence in questions:
        heard = _heard(sentence, lexicon)
        strength = {name: _strength(parameter, heard, lexicon) for name, parameter in lexicon.parameters.items()}
        for name, level in strength.items():
            if level == 1 and _is_explained(name, strength, lexicon, missing):
                continue
            asked[name] = max(level, asked.get(name, 0))
    return {name: level for name, level in asked.items() if level}


def _heard(sentence: str, lexicon: Lexicon) -> "_Heard":
    in_order = _stems([sentence])
    stems = frozenset(in_order)
    nouns = {kind for kind, words in KINDS.items() if stems & words}
    asked = {kind for kind, phrases in EVERYDAY.items() if any(phrase in sentence for phrase in phrases)}
    if asked & {"count", "duration"}:
        nouns.discard("time")  # "how many hours" asks for no time of day
    known = lexicon.name_stems.union(*KINDS.values())
    focus = [stem for match in _FOCUS.finditer(sentence) for stem in _stems([match[1]])]
    is_focused = bool(known.intersection(focus)) and not _CONJUNCTION.search(sentence)
    about = frozenset(focus) if is_focused else stems
    subjects = frozenset(stem(match[1].split()[0]) for match in _FOCUS.finditer(sentence))
    return _Heard(
        sentence=sentence,
        phrases=frozenset(
            (word, particle)
            for place, word in enumerate(in_order)
            for particle in in_order[place + 1 : place + _PARTICLE_REACH]
            if particle in _PARTICLES
        ),
        stems=stems,
        focus=about,
        subjects=subjects - FILLER,
        plain_subjects=subjects & FILLER,
        nouns=frozenset(nouns),
        asked=frozenset(asked),
    )


def _strength(parameter: Parameter, heard: "_Heard", lexicon: Lexicon) -> int:
    if _is_about_sibling(parameter, heard, lexicon):
        return 0
    if parameter.words == ("to",):  # too common a word: "what would you like the subject to be"
        return 2 * bool(_TOWARDS.search(heard.sentence) or heard.focus & parameter.described)
    if parameter.words and heard.focus.issuperset(parameter.words):
        return 3
    if any(value and heard.stems >= value for value in parameter.enum) or heard.subjects & _synonyms(parameter.head):
        return 2
    if heard.stems & MEASURES.get(parameter.head, _NOTHING) or _is_only_one(parameter, heard, lexicon):
        return 2
    if parameter.head in CARRIERS and heard.subjects.intersection(parameter.words):
        return 2
    if parameter.direction and heard.nouns & parameter.kinds and heard.stems & DIRECTIONS[parameter.direction]:
        return 2
    asked = parameter.kinds & heard.asked
    if asked <= WEAK_KINDS and heard.nouns and parameter.kinds.isdisjoint(heard.nouns):
        asked = frozenset()
    if asked:
        return 2 if parameter.direction and _is_marked(parameter, heard) else 1
    kinds = heard.nouns | heard.asked
    if parameter.kinds and kinds and parameter.kinds.isdisjoint(kinds):
        return 0
    if heard.focus & (_synonyms(parameter.head) | parameter.described):
        return 2
    modifiers = parameter.modifiers - lexicon.tool_stems - DIRECTION_WORDS
    return int(kinds <= parameter.kinds and any(heard.focus & _synonyms(word) for word in modifiers))


def _is_only_one(parameter: Parameter, heard: "_Heard", lexicon: Lexicon) -> bool:
    """Whether the sentence asks `what number` or `which type`, and this is the only parameter that ends so."""
    last = parameter.words[-1] if parameter.words else ""
    if last not in heard.plain_subjects:
        return False
    return not any(other.words[-1:] == (last,) for other in lexicon.parameters.values() if other is not parameter)


def _synonyms(word: str) -> frozenset[str]:
    return SYNONYMS.get(word, frozenset({word}))


def _is_about_sibling(parameter: Parameter, heard: "_Heard", lexicon: Lexicon) -> bool:
    """Whether what is said of this kind of thing is said of another parameter: a return date, not a departure."""
    for sibling in lexicon.parameters.values():
        if sibling.name == parameter.name:
            continue
        if not sibling.is_concerned and _is_named_instead(sibling, parameter, heard):
            return True
        if not _is_alike(sibling, parameter):
            continue
        if _is_phrased(sibling, heard) and parameter.phrasal and not _is_phrased(parameter, heard):
            return True
        if _is_marked(sibling, heard) and not _is_marked(parameter, heard):
            return True
    return False


def _is_named_instead(sibling: Parameter, parameter: Parameter, heard: "_Heard") -> bool:
    """Whether a parameter of another tool is named in full where this one, of the same kind, is not or only as part."""
    if sibling.kinds.isdisjoint(parameter.kinds) or len(sibling.words) < 2 or not heard.stems.issuperset(sibling.words):
        return False
    return not heard.stems.issuperset(parameter.words) or set(parameter.words) < set(sibling.words)


def _is_alike(sibling: Parameter, parameter: Parameter) -> bool:
    """Whether the two could be taken for each other: in one tool by head or direction, in two by direction."""
    is_of_one_kind = not sibling.kinds.isdisjoint(parameter.kinds)
    if not sibling.is_concerned:
        return bool(sibling.direction) and not parameter.direction and is_of_one_kind
    return sibling.head == parameter.head or (bool(sibling.direction and parameter.direction) and is_of_one_kind)


def _is_phrased(parameter: Parameter, heard: "_Heard") -> bool:
    return not heard.phrases.isdisjoint(parameter.phrasal)


def _is_marked(parameter: Parameter, heard: "_Heard") -> bool:
    if parameter.direction == "to" and _TOWARDS.search(heard.sentence):
        return True
    if parameter.direction and heard.stems & DIRECTIONS[parameter.direction]:
        return True
    return any(heard.stems & _synonyms(word) for word in parameter.modifiers - DIRECTION_WORDS)


def _is_explained(name: str, strength: Mapping[str, int], lexicon: Lexicon, missing: frozenset[str]) -> bool:
    """Whether a question word that fits this parameter belongs to another one of its tool that the sentence names."""
    kinds = lexicon.parameters[name].kinds
    return any(
        level >= 2
        and other != name
        and other not in missing
        and lexicon.parameters[other].is_concerned
        and lexicon.parameters[other].kinds & kinds
        for other, level in strength.items()
    )


def _surplus(questions: tuple[str, ...], asked: Mapping[str, int], missing: tuple[str, ...], lexicon: Lexicon) -> int:
    """How many things too many are asked for. One that the request may not have given is taken as courtesy."""
    stems = set(_stems(questions))
    explained = set(lexicon.tool_stems)
    for name in missing:
        parameter = lexicon.parameters[name]
        explained |= parameter.described | set(parameter.words)
        for word in parameter.words:
            explained |= SYNONYMS.get(word, frozenset())
        for value in parameter.enum:
            explained |= value
    others = [
        parameter
        for name, parameter in lexicon.parameters.items()
        if name not in missing and asked.get(name, 0) == 3 and set(parameter.words) - explained
    ]
    wanted = frozenset[str]().union(*(lexicon.parameters[name].kinds for name in missing))
    explained |= _all_stems(others)
    spoken = {kind for kind, word in QUESTION_WORDS.items() if any(word.search(question) for question in questions)}
    spoken = spoken - wanted if spoken & wanted or len(spoken) > 1 else set()
    named = {kind for kind, words in KINDS.items() if kind not in wanted and stems & (words - explained)}
    given = {kind for kind in spoken if any(kind in other.kinds for other in _given(lexicon, missing, others))}
    certain = sum(parameter.is_required for parameter in others) + len(given)
    doubtful = sum(not parameter.is_required for parameter in others) + len((spoken | named) - given)
    length = sum(len(question.split()) for question in questions)
    return certain + max(0, doubtful - 1) + (length > MAX_QUESTION_WORDS)


def _given(lexicon: Lexicon, missing: tuple[str, ...], others: list[Parameter]) -> list[Parameter]:
    """Required parameters that are not missing, so that the request has given them; `others` are counted already."""
    return [
        parameter
        for name, parameter in lexicon.parameters.items()
        if parameter.is_required and name not in missing and parameter not in others
    ]


def _all_stems(parameters: Iterable[Parameter]) -> frozenset[str]:
    return frozenset(word for parameter in parameters for word in parameter.words)


@lru_cache(maxsize=1024)
def _lexicon(tools: Toolset | None, missing: tuple[str, ...]) -> Lexicon:
    offered = list(tools) if tools is not None else []
    concerned = [tool for tool in offered if all(name in tool.properties for name in missing)] or offered
    schemas: dict[str, Mapping[str, Any]] = {}
    for tool in [*concerned, *offered]:
        for name, schema in tool.properties.items():
            schemas.setdefault(name, schema)
    for name in missing:
        schemas.setdefault(name, {})
    tool_stems = frozenset(stem(word) for tool in offered for word in _tool_words(tool))
    required = frozenset[str].intersection(*(tool.required for tool in concerned)) if concerned else frozenset()
    named = frozenset(stem(word) for name in schemas for word in name_words(name))
    near = {*missing, *(name for tool in concerned for name in tool.properties)}
    return Lexicon(
        {
            name: replace(
                _parameter(name, schema, tool_stems | named), is_required=name in required, is_concerned=name in near
            )
            for name, schema in schemas.items()
        },
        tool_stems,
        named,
    )


def _tool_words(tool: Tool) -> list[str]:
    return [*name_words(tool.name), *speech.words_of(tool.description)[:_DESCRIPTION_WORDS_READ]]


def _parameter(name: str, schema: Mapping[str, Any], elsewhere: frozenset[str]) -> Parameter:
    words = tuple(stem(word) for word in name_words(name))
    telling = [word for word in words if word not in FILLER and word not in DIRECTION_WORDS] or list(words[-1:])
    described = schema.get("description")
    stems = _stems([described]) if isinstance(described, str) else []
    known = FILLER | elsewhere | DIRECTION_WORDS
    enum = schema.get("enum")
    values = enum[:_ENUM_VALUES_READ] if isinstance(enum, list) else []
    head = telling[-1] if telling else ""
    kinds = _kinds(words, schema)
    return Parameter(
        name=name,
        words=words,
        head=head,
        modifiers=frozenset(word for word in words if word != head),
        kinds=kinds,
        direction=_direction(words, kinds),
        phrasal=(
            *((verb, particle) for verb, particle in pairwise(words) if particle in _PARTICLES),
            *(COMPOUNDS[word] for word in words if word in COMPOUNDS),
        ),
        enum=tuple(frozenset(_stems([value])) for value in values if isinstance(value, str)),
        described=frozenset(stems[:_DESCRIPTION_WORDS_READ]) - known,
    )


def _direction(words: tuple[str, ...], kinds: frozenset[str]) -> str:
    if "to" in words or DIRECTIONS["to"] & set(words) or ("end" in words and "place" in kinds):
        return "to"
    return "from" if DIRECTIONS["from"] & set(words) else ""


def _kinds(words: tuple[str, ...], schema: Mapping[str, Any]) -> frozenset[str]:
    kinds = {kind for kind, stems in KINDS.items() if stems & set(words)}
    if schema.get("format") in ("date", "date-time", "time"):
        kinds = (kinds - {"place"}) | {"time"}
    if schema.get("type") == "integer":
        kinds.add("count")
    if schema.get("type") == "number" and NO_AMOUNTS.isdisjoint(words):
        kinds.add("amount")
    return frozenset(kinds)


def _stems(texts: Iterable[str]) -> list[str]:
    return [stem(word) for text in texts for word in speech.words_of(text[: _WORDS_READ * 16])[:_WORDS_READ]]
