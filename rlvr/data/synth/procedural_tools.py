"""Tools made up for one row each, so that nothing can be learned from them but how to use a tool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rlvr.data.synth.domains import Domain, Parameter, domains
from rlvr.data.synth.procedural_words import COUNTED, ENUMS, KINDS, VERBS, Kind, any_word, invented_word, singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

# Tools that training or held-out sets own: the embedded policy must never have met them.
RESERVED_NAMES = frozenset(
    """get_weather_forecast search_flights translate_text currency_convert get_statistics book_hotel_room order_meal
    schedule_meeting set_reminder find_recipe track_package transfer_money get_stock_price play_song
    rent_car""".split()
)
RESERVED_PARAMETERS = frozenset(
    """city date days units origin destination departure_date return_date passengers cabin_class text target_language
    source_language formality amount from_currency to_currency dataset metric column group_by hotel_city check_in nights
    room_type dish quantity delivery_address title meeting_date duration_minutes reminder_text remind_on ingredient
    cuisine max_minutes tracking_number carrier recipient transfer_amount account_type ticker price_date song_title
    artist volume pickup_city pickup_date rental_days car_class""".split()
)


@dataclass(frozen=True, eq=False)
class Argument:
    """One parameter of a procedural tool, with the kind that knows its values and phrasings."""

    name: str
    kind: Kind
    schema: dict[str, Any]
    is_required: bool
    choices: tuple[str, ...] = ()
    unit: str = ""
    key: str = ""
    """What the lines of its domain call it, where the tool belongs to one."""

    @property
    def words(self) -> str:
        """The name as people would say it."""
        return self.name.replace("_", " ")

    @property
    def shape(self) -> str:
        """What its values look like; a unit or a list of choices makes them unlike any other's."""
        return f"{self.kind.shape} {self.unit}" if self.unit else self.kind.shape

    def draw(self, rng: Random) -> Any:
        """A value that the parameter's schema allows."""
        if self.choices:
            return rng.choice(self.choices)
        value = self.kind.value(rng)
        return max(self.schema.get("minimum", value), min(self.schema.get("maximum", value), value))


@dataclass(frozen=True)
class ProceduralTool:
    """An invented tool; `verb` and `noun` are how requests speak of it."""

    name: str
    verb: str
    noun: str
    description: str
    arguments: tuple[Argument, ...]
    domain: Domain | None = None
    """What people ask it for, where that is something everyday."""

    def schema(self) -> dict[str, Any]:
        """The tool as an OpenAI function tool."""
        function: dict[str, Any] = {"name": self.name}
        if self.description:
            function["description"] = self.description
        function["parameters"] = {
            "type": "object",
            "properties": {argument.name: argument.schema for argument in self.arguments},
            "required": [argument.name for argument in self.arguments if argument.is_required],
        }
        return {"type": "function", "function": function}


_ENUM_KIND = Kind(
    {"type": "string"},
    (),
    lambda rng: "",
    "choice",
    ("in {v}", "as {v}", "with {v} {f}", "{v} {f}", "make it {v}", "{f} {v}", "{f}: {v}", "by {v}", "the {v} one"),
    ("One of these", "Which one"),
    is_bare=True,
    before_noun=("{v}", "{v}"),
)
_COUNTED_KIND = Kind(
    {"type": "integer"},
    (),
    KINDS["generic_count"].value,
    "count of",
    ("for {v} {u}", "for {v} {u}", "{v} {u}", "with {v} {u}", "up to {v} {u}", "over {v} {u}", "under {v} {u}"),
    ("How many {u}", "Number of {u}", "Count"),
    is_bare=True,
    before_noun=("{v} {u}",),
    vague=("for some {u}", "for a few {u}"),
)
# The share of tools that are for something everyday; the others are made of words that have nothing in common.
EVERYDAY_SHARE = 0.6
# What says nothing without the word before it.
VAGUE_LAST_WORDS = ("name", "text", "wanted", "do", "what", "many", "by", "on", "n")
_COUNTED_NAMES = ("{s}_count", "number_of_{u}", "num_{u}", "max_{s}_count", "{s}_total", "total_{u}", "n_{u}", "{u}")

# How often each kind of argument appears in a tool; sets such as from/to come together.
_SINGLES = (
    ["place"] * 5
    + ["person"] * 3
    + ["text"] * 3
    + ["task"] * 2
    + ["title"] * 3
    + ["thing"] * 5
    + ["source"] * 2
    + ["grouping"]
    + ["date"] * 5
    + ["time"]
    + ["generic_count"] * 2
    + ["level"]
    + ["number"] * 3
    + ["code"] * 3
    + ["language"]
    + ["flag"]
    + ["enum"] * 6
    + ["counted"] * 5
)
_SETS = (
    ("from_place", "to_place"),
    ("from_place", "to_place", "date"),
    ("date", "end_date"),
    ("number", "from_code", "to_code"),
    ("text", "from_language", "language"),
    ("thing", "source", "grouping"),
    ("enum", "thing", "source"),
)


def _named(rng: Random, name: str, kind: Kind) -> tuple[str, bool]:
    """Often another name, and whether it says what it is for: a list of names would be learnt by heart."""
    draw = rng.random()
    if draw < 0.07:
        return any_word(rng), False
    if draw < 0.5:
        return name, True
    if kind.renamed:
        return rng.choice(kind.renamed).format(w=any_word(rng)), True
    *front, last = name.split("_")
    is_vague = bool(front) and last in VAGUE_LAST_WORDS
    return f"{any_word(rng)}_{front[-1]}_{last}" if is_vague else f"{any_word(rng)}_{last}", True


def _choices(rng: Random) -> tuple[str, tuple[str, ...]]:
    """A name and what may be chosen from: a list that there is, or words that have nothing in common."""
    name, pool = rng.choice(sorted(ENUMS.items()))
    if rng.random() < 0.4:
        joined = rng.random() < 0.2
        pool = tuple({f"{any_word(rng)}_{any_word(rng)}" if joined else any_word(rng): None for _ in range(5)})
    if rng.random() < 0.2:
        name = rng.choice(("type", "option", "choice", "variant", "class")) if rng.random() < 0.5 else f"{name}_type"
    return name, tuple(rng.sample(pool, min(len(pool), rng.choice((2, 3, 3, 4)))))


def _bounds(rng: Random, kind: Kind) -> dict[str, Any]:
    """A range around most of what the kind draws; what falls outside is moved to its end."""
    draw = rng.random()
    if draw < 0.5:
        return {}
    low = {"minimum": rng.choice((0, 1))}
    high = {"maximum": rng.choice((12, 14, 30, 50, 100) if kind.schema["type"] == "integer" else (500, 10_000, 50_000))}
    return low if draw < 0.65 else {**low, **high}


def _argument(rng: Random, kind_name: str, taken: set[str]) -> Argument | None:
    choices: tuple[str, ...] = ()
    unit = ""
    if kind_name == "enum":
        kind = _ENUM_KIND
        name, choices = _choices(rng)
        schema: dict[str, Any] = {"type": "string", "enum": list(choices)}
    elif kind_name == "counted":
        unit, kind = rng.choice(COUNTED), _COUNTED_KIND
        name = rng.choice(_COUNTED_NAMES).format(u=unit, s=singular(unit))
        schema = dict(kind.schema)
    else:
        kind = KINDS[kind_name]
        name, schema = rng.choice(kind.names), dict(kind.schema)
    # A unit is what a request says, so its parameter keeps the word.
    name, is_telling = (name, True) if unit and rng.random() < 0.85 else _named(rng, name, kind)
    if name in taken or name in RESERVED_PARAMETERS:
        return None
    is_required = kind_name != "flag" and rng.random() < 0.65
    if rng.random() < 0.45 or not is_telling:
        schema["description"] = rng.choice(kind.descriptions).format(u=unit)
    if schema["type"] in ("integer", "number"):
        schema.update(_bounds(rng, kind))
    if not is_required and rng.random() < 0.3:
        default = rng.choice(choices) if choices else {"integer": 1, "boolean": False}.get(schema["type"])
        if default is not None:
            schema["default"] = default
    return Argument(name, kind, schema, is_required, choices, unit)


def _fits(argument: Argument, others: list[Argument]) -> bool:
    """Whether a reader can tell the argument's values from the others'."""
    chosen = {choice for other in others for choice in other.choices}
    is_clash = any((a.unit and a.unit == argument.unit) or (a.kind.is_last and argument.kind.is_last) for a in others)
    return not is_clash and not chosen & set(argument.choices)


def _arguments(rng: Random) -> tuple[Argument, ...]:
    """One to five parameters; at least one is required, unless there is nothing but a boolean (then none at all)."""
    kinds: list[str] = list(rng.choice(_SETS)) if rng.random() < 0.35 else []
    n_singles = rng.choice((0, 1, 1, 2)) if kinds else rng.choice((1, 2, 2, 3, 3, 4))
    kinds.extend(rng.choice(_SINGLES) for _ in range(n_singles))
    arguments: list[Argument] = []
    for kind_name in kinds:
        if any(argument.kind is KINDS.get(kind_name) for argument in arguments) and rng.random() < 0.9:
            continue
        argument = _argument(rng, kind_name, {argument.name for argument in arguments})
        if argument is not None and _fits(argument, arguments):
            arguments.append(argument)
    if any(argument.is_required for argument in arguments):
        return tuple(arguments)
    first = next((i for i, argument in enumerate(arguments) if argument.schema["type"] != "boolean"), None)
    if first is None:
        return ()
    schema = {key: value for key, value in arguments[first].schema.items() if key != "default"}
    arguments[first] = replace(arguments[first], schema=schema, is_required=True)
    return tuple(arguments)


def _name_words(rng: Random) -> tuple[list[str], str, str]:
    """The words of a tool's name, its verb, and the rest of the name as people would say it."""
    verb = rng.choice(sorted(VERBS))
    words = [verb, any_word(rng)]
    if rng.random() < 0.25:
        words.append(any_word(rng))
    if rng.random() < 0.12:
        words = [*words[1:], verb]
    if rng.random() < 0.08:
        words[rng.randrange(len(words))] = invented_word(rng)
    noun = " ".join(words[1:] if words[0] == verb else words[:-1]).replace("_", " ")
    return words, verb, noun


def _description(rng: Random, verb: str, noun: str) -> str:
    said = rng.choice(VERBS[verb]) if rng.random() < 0.5 else verb
    pattern = rng.choice(("{v} a {n}", "{v} the {n}", "{v} {n}", "{v} {n} for the user", "{n}: {v}", "{n}"))
    text = pattern.format(v=said, n=noun)
    return text[0].upper() + text[1:]


def _everyday_argument(rng: Random, parameter: Parameter, taken: set[str]) -> Argument:
    while True:
        name, is_telling = rng.choice(parameter.names), True
        if rng.random() < 0.6:
            name, is_telling = _named(rng, name, parameter.kind)
        if name not in taken and name not in RESERVED_PARAMETERS:
            break
    schema = dict(parameter.kind.schema)
    if parameter.choices:
        schema["enum"] = rng.sample(parameter.choices, len(parameter.choices))
    if parameter.description and (not is_telling or rng.random() < 0.45):
        schema["description"] = parameter.description
    if schema["type"] in ("integer", "number"):
        schema.update(_bounds(rng, parameter.kind))
    if not parameter.is_required and parameter.choices and rng.random() < 0.3:
        schema["default"] = rng.choice(parameter.choices)
    return Argument(name, parameter.kind, schema, parameter.is_required, parameter.choices, key=parameter.key)


def everyday_tool(rng: Random) -> ProceduralTool:
    """A tool for something everyday, under a name and parameter names drawn for it."""
    domain = rng.choice(domains())
    while True:
        verb, noun = rng.choice(domain.verbs), rng.choice(domain.nouns)
        parts = [verb, noun] if rng.random() < 0.85 else [noun, verb]
        if rng.random() < 0.1:
            parts.insert(rng.randrange(3), any_word(rng))
        name = "_".join(parts)
        if name not in RESERVED_NAMES:
            break
    arguments: list[Argument] = []
    for parameter in domain.parameters:
        if parameter.is_required or rng.random() < 0.6:
            arguments.append(_everyday_argument(rng, parameter, {argument.name for argument in arguments}))
    if rng.random() < 0.3:
        rng.shuffle(arguments)
    description = domain.description if rng.random() < 0.75 else ""
    return ProceduralTool(name, verb, noun.replace("_", " "), description, tuple(arguments), domain)


def random_tool(rng: Random) -> ProceduralTool:
    """A tool that never existed: one to five typed parameters under an invented name."""
    if rng.random() < EVERYDAY_SHARE:
        return everyday_tool(rng)
    while True:
        words, verb, noun = _name_words(rng)
        name = "_".join(words)
        if rng.random() < 0.06:
            first, *others = name.split("_")
            name = first + "".join(word.capitalize() for word in others)
        description = ""
        if rng.random() < 0.7:
            # Some tools are asked for by a word that only their description has.
            noun = any_word(rng) if rng.random() < 0.12 else noun
            description = _description(rng, verb, noun)
        arguments = _arguments(rng)
        if arguments and name not in RESERVED_NAMES:
            return ProceduralTool(name, verb, noun, description, arguments)


def random_toolset(rng: Random, n_tools: int | None = None) -> list[ProceduralTool]:
    """One to three tools of different names."""
    tools: dict[str, ProceduralTool] = {}
    for _ in range(n_tools or rng.choice((1, 2, 2, 3))):
        tool = random_tool(rng)
        if tool.name not in tools and not is_for_the_same(tool, tools.values()):
            tools[tool.name] = tool
    return list(tools.values())


def is_for_the_same(tool: ProceduralTool, others: Iterable[ProceduralTool]) -> bool:
    """Whether one of `others` serves what people ask `tool` for."""
    return tool.domain is not None and any(other.domain is tool.domain for other in others)


def unavailable_tool(rng: Random, offered: Sequence[ProceduralTool]) -> ProceduralTool:
    """A tool that is not among those offered, nor is any for the same."""
    while is_for_the_same(tool := random_tool(rng), offered):
        pass
    return tool
