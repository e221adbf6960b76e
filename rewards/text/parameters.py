"""What people call the parameters of the offered tools: the everyday words of `data/questions.toml`, by parameter."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, islice, pairwise
from operator import add

from rewards.names import name_words
from rewards.strict_json import JsonMapping
from rewards.text.everyday import english_of_name, in_english_of_any
from rewards.text.vocabulary import (
    CARRIERS,
    COMPOUNDS,
    CONTAINERS,
    DIRECTION_WORDS,
    DIRECTIONS,
    ENDS,
    ENGLISH_WORDS,
    EVERYDAY,
    IDENTIFIERS,
    JOINED_ENDINGS,
    JOINED_WORDS,
    KINDS,
    KINDS_BY_DEFAULT,
    KINDS_BY_LAST_WORD,
    MEASURES,
    NAMELESS,
    NO_AMOUNTS,
    OTHER_KINDS_BY_LAST_WORD,
    PARTICLES,
    SPEAKERS,
    UNITS,
    clock_of,
    kinds_of,
    synonyms,
)
from rewards.text.words import WORDS_READ, stem, stems, words_of
from rewards.toolset import Tool, Toolset

_ENUM_VALUES_READ = 64
_DESCRIPTION_WORDS_READ = 64
_PARTS_READ = 64
_GIST_CHARS = 200
_FEWEST_OF_PREFIX = 3  # parameters that begin with one word
_ENOUGH_FOREIGN = 3  # names in another language, with which the others are too
_SHORTEST_HEAD = 3  # letters of the first word of a joined name
_SHORTEST_TELLING = 4  # letters of a word of a name that tells that the name is not English
_CLAUSE_END = re.compile(r"[.,;:(]|\b(?:such as|in the form|for example|e\.g|which|that|where|to be)\b")
_HEAD_END = re.compile(r"[.,;:(]|\b(?:of|for|to|in|at|on|by|from|with|that)\b|(?<= )(?:when|which|where)\b")
_NOTHING = frozenset[str]()


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
        clock: "day" or "hour" where it is only a day or only a time of day, else "".
        parts: stems of the names of what an object, or each object of a list, is made of.
        plain_word: the last word of its name but for `list` and its like.
        described: stems that only its description has.
        said: all stems of its name and description.
        gist: stems of its description's first clause that say something.
        is_required: whether every tool that what is missing may belong to requires it.
        is_concerned: whether such a tool has it.
    """

    name: str
    words: tuple[str, ...]
    head: str
    modifiers: frozenset[str]
    kinds: frozenset[str]
    direction: str
    phrasal: tuple[tuple[str, ...], ...] = ()
    enum: tuple[frozenset[str], ...] = ()
    clock: str = ""
    parts: frozenset[str] = frozenset()
    plain_word: str = ""
    described: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    gist: frozenset[str] = frozenset()
    is_required: bool = False
    is_concerned: bool = True

    @cached_property
    def head_words(self) -> frozenset[str]:
        """The stems that may stand for its head."""
        return synonyms(self.head)

    @cached_property
    def measures(self) -> frozenset[str]:
        """The stems of what it is measured by: `warm` for a temperature."""
        return MEASURES.get(self.head, _NOTHING)

    @cached_property
    def units(self) -> frozenset[str]:
        """The stems of what is counted where it is asked how many."""
        return _NOTHING.union(*(UNITS.get(word, _NOTHING) for word in self.words))

    @cached_property
    def carried(self) -> frozenset[str]:
        """The stems of what a carrier carries: `image` for an `image_path`; none for any other parameter."""
        return frozenset(self.words) if self.head in CARRIERS else _NOTHING

    @cached_property
    def other_names(self) -> frozenset[tuple[str, ...]]:
        """The two words by which people call it: `order number` an `order_id`, `your name` a `customer_name`."""
        *_, owner, thing = ("", "", *self.words)
        forms = IDENTIFIERS if owner and thing in IDENTIFIERS else _NOTHING
        own = [("your", thing)] if owner in SPEAKERS else []
        return frozenset([*own, *((owner, form) for form in forms)])

    @cached_property
    def direction_words(self) -> frozenset[str]:
        """The stems that say its direction."""
        return DIRECTIONS.get(self.direction, _NOTHING)

    @cached_property
    def marks(self) -> frozenset[str]:
        """The stems that set it apart from those like it."""
        ends = ENDS if "time" in self.kinds and not ENDS.isdisjoint(self.words) else _NOTHING
        return self.described.union(ends, self.direction_words, *map(synonyms, self.modifiers - DIRECTION_WORDS))

    @cached_property
    def said_of(self) -> frozenset[str]:
        """The stems that a question for it may use."""
        return self.described.union(self.words, self.parts, *map(synonyms, self.words), *self.enum)


@dataclass(frozen=True)
class Lexicon:
    """The parameters that a question may be about.

    Args:
        parameters: by name.
        tool_stems: stems of the tools' names and descriptions.
        name_stems: stems of the parameters' names.
    """

    parameters: Mapping[str, Parameter]
    tool_stems: frozenset[str]
    name_stems: frozenset[str]


@dataclass(frozen=True)
class _Offered:
    """What all offered tools together say, whatever is missing.

    Args:
        tool_stems: stems of the tools' names and descriptions.
        prefixes: stems that most parameters of a tool begin with.
        english: English for the names in another language, by parameter.
    """

    tool_stems: frozenset[str]
    prefixes: frozenset[str]
    english: Mapping[str, list[str]]


@lru_cache(maxsize=1024)
def _offered(tools: Toolset) -> _Offered:
    english: dict[str, list[str]] = {}
    for tool in tools:
        english |= _english_of(tool.properties)
    tool_stems = frozenset(stem(word) for tool in tools for word in _tool_words(tool))
    return _Offered(tool_stems, frozenset[str]().union(*map(_prefixes, tools)), english)


_NO_TOOLS = Toolset([])


def lexicon_of(tools: Toolset | None, missing: tuple[str, ...]) -> Lexicon:
    """Return what the offered tools' parameters may be called, and the missing ones even if no tool has them."""
    tools = _NO_TOOLS if tools is None else tools
    concerned = tuple(tool.name for tool in tools.with_parameters(missing))
    no_tool_has = tuple(name for name in missing if not tools.with_parameters([name]))
    return _lexicon(tools, concerned, no_tool_has)


@lru_cache(maxsize=1024)
def _lexicon(tools: Toolset, concerned_tools: tuple[str, ...], no_tool_has: tuple[str, ...]) -> Lexicon:
    """Return the same for all that is missing of the same tools: a lexicon of 200 tools takes 10 ms."""
    offered = _offered(tools)
    concerned = [tool for tool in tools if tool.name in concerned_tools] or list(tools)
    schemas: dict[str, JsonMapping] = {}
    for tool in [*concerned, *tools]:
        for name, schema in tool.properties.items():
            schemas.setdefault(name, schema)
    for name in no_tool_has:
        schemas.setdefault(name, {})
    required = frozenset[str].intersection(*(tool.required for tool in concerned)) if concerned else _NOTHING
    concerned_names = {*no_tool_has, *(name for tool in concerned for name in tool.properties)}
    name_stems = frozenset(stem(word) for name in schemas for word in name_words(name))
    described = {name: frozenset(_described(schema)) for name, schema in schemas.items()}
    counts = Counter(chain.from_iterable(described.values()))
    shared = {word for word, count in counts.items() if count > 1}
    unspecific = NAMELESS | DIRECTION_WORDS | offered.tool_stems | name_stems | shared
    parameters = {
        name: replace(
            _parameter(name, schema, described[name], offered),
            described=described[name] - unspecific,
            said=described[name] | set(map(stem, name_words(name))),
            is_required=name in required,
            is_concerned=name in concerned_names,
        )
        for name, schema in schemas.items()
    }
    concerned_parameters = [parameter for parameter in parameters.values() if parameter.is_concerned]
    for name, parameter in parameters.items():
        if parameter.direction and not _has_opposite(parameter, concerned_parameters):
            parameters[name] = replace(parameter, direction="")
    return Lexicon(parameters, offered.tool_stems, name_stems)


def _english_of(names: Collection[str]) -> Mapping[str, list[str]]:
    """Return English for parameters' names where several or most are in another language: `data_partenza`."""
    english = {name: english_of_name(name_words(name)) for name in names}
    foreign = [name for name in names if any(map(_tells_language, set(name_words(name)).difference(english[name])))]
    is_foreign = len(foreign) >= _ENOUGH_FOREIGN or 0 < len(names) <= 2 * len(foreign)
    return english if is_foreign else {}


def _tells_language(word: str) -> bool:
    return len(word) >= _SHORTEST_TELLING and stem(word) not in ENGLISH_WORDS


def _has_opposite(parameter: Parameter, parameters: Iterable[Parameter]) -> bool:
    """Tell whether another parameter has a direction or the same kind, so that the direction sets the two apart."""
    return any(
        each.name != parameter.name and (each.direction or not each.kinds.isdisjoint(parameter.kinds))
        for each in parameters
    )


def _description(schema: JsonMapping) -> str:
    """Return a schema's description, with English words for everyday words of other languages."""
    description = schema.get("description")
    if not isinstance(description, str):
        return ""
    if description.isascii():
        return description
    return in_english_of_any(description[: WORDS_READ * 16])


def _gist(schema: JsonMapping) -> frozenset[str]:
    clause = _CLAUSE_END.split(_description(schema)[:_GIST_CHARS])[0]
    return frozenset(stems([clause])) - NAMELESS


def _described_kinds(schema: JsonMapping) -> set[str]:
    """Return what a description says that a parameter is: a time as `Leaving time of the tram` or `When it leaves`."""
    clause = _HEAD_END.split(_description(schema)[:_GIST_CHARS])[0]
    head = set(stems([clause])[-1:])
    return {
        kind
        for kind, kind_stems in KINDS.items()
        if kind_stems & head or clause.lower().startswith(tuple(EVERYDAY.get(kind, ())))
    }


def _parts(schema: JsonMapping) -> frozenset[str]:
    items = schema.get("items")
    properties = (items if isinstance(items, Mapping) else schema).get("properties")
    names = islice(properties, _PARTS_READ) if isinstance(properties, Mapping) else ()
    return frozenset(stem(word) for name in names for word in name_words(name))


def _described(schema: JsonMapping) -> list[str]:
    return stems([_description(schema)])[:_DESCRIPTION_WORDS_READ]


def _tool_words(tool: Tool) -> list[str]:
    return [*name_words(tool.name), *words_of(tool.description)[:_DESCRIPTION_WORDS_READ]]


def _prefixes(tool: Tool) -> frozenset[str]:
    """Return the stems that most of a tool's parameters begin with, which set none apart: `payment_amount`, ..."""
    counts = Counter(stem(name_words(name)[0]) for name in tool.properties if name_words(name))
    return frozenset(
        word for word, count in counts.items() if count >= _FEWEST_OF_PREFIX and 2 * count > len(tool.properties)
    )


def _parameter(name: str, schema: JsonMapping, described: frozenset[str], offered: _Offered) -> Parameter:
    spelled = [JOINED_WORDS.get(word) or _unjoined(word) for word in offered.english.get(name) or name_words(name)]
    words = tuple(map(stem, " ".join(spelled).split()))
    if len(words) > 1 and words[0] in offered.prefixes:
        words = words[1:]
    contents = [word for word in words if word not in CONTAINERS] or list(words[-1:])
    unit_or_filler = {*NAMELESS, *DIRECTION_WORDS, *(word for word in contents if len(word) == 1)}
    telling = [word for word in contents if word not in unit_or_filler] or contents[-1:]
    enum = schema.get("enum")
    values = enum[:_ENUM_VALUES_READ] if isinstance(enum, list) else []
    head = "".join(telling[-1:])
    kinds = _kinds(words, schema, described)
    if name_words(name)[-1:] == ["day"]:  # but days are counted
        kinds |= {"time"}
    return Parameter(
        name=name,
        words=words,
        head=head,
        modifiers=frozenset(word for word in words if word != head),
        kinds=kinds,
        direction=_direction(words, kinds),
        phrasal=(
            *((verb, particle) for verb, particle in pairwise(words) if particle in PARTICLES),
            *(COMPOUNDS[word] for word in words if word in COMPOUNDS),
        ),
        enum=tuple(filter(None, (frozenset(stems([value])) for value in values if isinstance(value, str)))),
        clock=clock_of(words) * ("time" in kinds),
        parts=_parts(schema),
        gist=_gist(schema),
        plain_word="".join(contents[-1:]),
    )


def _unjoined(word: str) -> str:
    """Return `channel name` for `channelname`: an everyday word before an ending. `username` is a word itself."""
    if _is_everyday(word):
        return word
    for ending in JOINED_ENDINGS:
        head = word.removesuffix(ending)
        if head != word and len(head) >= _SHORTEST_HEAD and _is_everyday(head):
            return f"{head} {ending}"
    return word


def _is_everyday(word: str) -> bool:
    return not ENGLISH_WORDS.isdisjoint((word, stem(word)))


def _direction(words: tuple[str, ...], kinds: frozenset[str]) -> str:
    if "to" in words or DIRECTIONS["to"] & set(words) or ("end" in words and "place" in kinds):
        return "to"
    return "from" if DIRECTIONS["from"] & set(words) else ""


def _kinds(words: tuple[str, ...], schema: JsonMapping, described: frozenset[str]) -> frozenset[str]:
    joined = (*words, *map(add, words, words[1:]))  # `check_in` is a `checkin`
    kinds = kinds_of(joined, KINDS)
    if schema.get("format") in ("date", "date-time", "time"):
        kinds = (kinds - {"place"}) | {"time"}
    kinds |= kinds_of(words[-1:], KINDS_BY_LAST_WORD)
    if not kinds:
        kinds = _described_kinds(schema) or kinds_of(words[-1:], KINDS_BY_DEFAULT)
    kinds -= kinds_of(words[-1:], OTHER_KINDS_BY_LAST_WORD)
    if "time" in kinds and not ENDS.isdisjoint(joined):
        kinds.add("duration")
    if schema.get("type") in ("integer", "number") and not KINDS["duration"].isdisjoint(described):
        kinds.add("duration")
    if schema.get("type") == "integer":
        kinds.add("count")
    if schema.get("type") == "number" and NO_AMOUNTS.isdisjoint(words):
        kinds.add("amount")
    return frozenset(kinds)
