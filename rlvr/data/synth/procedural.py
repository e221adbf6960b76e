"""Procedural tools: every row invents its own tools, so that nothing can be learned but how to use one.

The embedded policy is pretrained on conversations about such tools, and a share of them in the SFT and GRPO prompts
keeps a policy from specializing to a handful of names. Requests are composed from leads ("could you book a room"),
one phrase per argument ("in Oslo", "for 3 nights") and everyday filler.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from rlvr.data.row import Row
from rlvr.data.synth.procedural_words import COUNTED, ENUMS, KINDS, VERBS, Kind, any_word, invented_word

if TYPE_CHECKING:
    from collections.abc import Sequence

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
# The share of refuse rows that ask for something which none of the tools on offer does.
UNAVAILABLE_SHARE = 0.35


@dataclass(frozen=True)
class Argument:
    """One parameter of a procedural tool, with the kind that knows its values and phrasings."""

    name: str
    kind: Kind
    schema: dict[str, Any]
    is_required: bool
    choices: tuple[str, ...] = ()
    unit: str = ""

    @property
    def words(self) -> str:
        """The name as people would say it."""
        return self.name.replace("_", " ")

    def draw(self, rng: Random) -> Any:
        """A value that the parameter's schema allows."""
        return rng.choice(self.choices) if self.choices else self.kind.value(rng)


@dataclass(frozen=True)
class ProceduralTool:
    """An invented tool; `verb` and `noun` are how requests speak of it."""

    name: str
    verb: str
    noun: str
    description: str
    arguments: tuple[Argument, ...]

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


@dataclass(frozen=True)
class Request:
    """A user's request to one tool: what is said, and what the call would be."""

    tool: ProceduralTool
    text: str
    arguments: dict[str, Any]
    missing: tuple[Argument, ...] = field(default=())


_ENUM_KIND = Kind(
    {"type": "string"},
    (),
    lambda rng: "",
    ("in {v}", "{v}", "as {v}", "with {v} {f}", "{v} {f}", "make it {v}", "{f}: {v}", "by {v}", "{v} please"),
    ("One of these", "Which one"),
    before_noun=("{v}", "{v}"),
)
_COUNTED_KIND = Kind(
    {"type": "integer"},
    (),
    KINDS["generic_count"].value,
    ("for {v} {u}", "{v} {u}", "with {v} {u}", "{v} {u}", "up to {v} {u}", "over {v} {u}"),
    ("How many {u}", "Number of {u}", "Count"),
    before_noun=("{v} {u}",),
)
_COUNTED_NAMES = ("{s}_count", "number_of_{u}", "num_{u}", "max_{s}_count", "{s}_total", "total_{u}", "n_{u}", "{u}")

# How often each kind of argument appears in a tool; pairs such as from/to come together.
_SINGLES = (
    ["place"] * 4
    + ["person"] * 3
    + ["text"] * 3
    + ["title"] * 2
    + ["thing"] * 3
    + ["date"] * 4
    + ["time"]
    + ["generic_count"] * 2
    + ["level"]
    + ["number"] * 3
    + ["code"] * 3
    + ["language"]
    + ["flag"]
    + ["enum"] * 5
    + ["counted"] * 4
)
_PAIRS = (("from_place", "to_place"), ("date", "end_date"), ("from_code", "to_code"), ("from_language", "language"))


def _singular(unit: str) -> str:
    irregular = {"people": "person", "boxes": "box", "slices": "slice", "plates": "plate", "copies": "copy"}
    return irregular.get(unit, unit[:-1])


def _renamed(rng: Random, name: str) -> str:
    """Often another name, sometimes one that says nothing: a list of names would be learnt by heart."""
    draw = rng.random()
    if draw < 0.1:
        return any_word(rng)
    return f"{any_word(rng)}_{name.rsplit('_', 1)[-1]}" if draw < 0.5 else name


def _argument(rng: Random, kind_name: str, taken: set[str]) -> Argument | None:
    described = rng.random() < 0.4
    is_required = rng.random() < 0.7
    if kind_name == "enum":
        name, pool = rng.choice(sorted(ENUMS.items()))
        if rng.random() < 0.4:
            pool = tuple({any_word(rng): None for _ in range(5)})
        choices = tuple(rng.sample(pool, min(len(pool), rng.choice((2, 3, 3, 4)))))
        kind, unit = _ENUM_KIND, ""
        schema: dict[str, Any] = {"type": "string", "enum": list(choices)}
        if rng.random() < 0.2:
            name = (
                rng.choice(("type", "option", "choice", "variant", "class")) if rng.random() < 0.5 else f"{name}_type"
            )
    elif kind_name == "counted":
        unit, kind, choices = rng.choice(COUNTED), _COUNTED_KIND, ()
        name = rng.choice(_COUNTED_NAMES).format(u=unit, s=_singular(unit))
        schema = dict(kind.schema)
    else:
        kind, choices, unit = KINDS[kind_name], (), ""
        name = rng.choice(kind.names)
        schema = dict(kind.schema)
    name = _renamed(rng, name)
    if name in taken or name in RESERVED_PARAMETERS:
        return None
    if schema["type"] in ("integer", "number") and rng.random() < 0.2:
        schema["minimum"] = rng.choice((0, 1))
        if rng.random() < 0.5:
            schema["maximum"] = rng.choice((50_000, 100_000))
    if described:
        schema["description"] = rng.choice(kind.descriptions).format(u=unit)
    if not is_required and rng.random() < 0.3:
        default = rng.choice(choices) if choices else {"integer": 1, "boolean": False}.get(schema["type"])
        if default is not None:
            schema["default"] = default
    if kind_name == "flag":
        is_required = False
    return Argument(name, kind, schema, is_required, choices, unit)


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
    pattern = rng.choice(("{v} a {n}", "{v} the {n}", "{v} {n}", "{v} {n} for the user", "{n}: {v}"))
    text = pattern.format(v=said, n=noun)
    return text[0].upper() + text[1:]


def _arguments(rng: Random) -> tuple[Argument, ...]:
    """One to five parameters; at least one is required, unless there is nothing but a boolean (then none at all)."""
    kinds: list[str] = list(rng.choice(_PAIRS)) if rng.random() < 0.25 else []
    n_singles = rng.choice((1, 1, 2, 2, 3)) if kinds else rng.choice((1, 2, 2, 3, 3, 4))
    kinds.extend(rng.choice(_SINGLES) for _ in range(n_singles))
    arguments: list[Argument] = []
    for kind_name in kinds:
        if any(argument.kind is KINDS.get(kind_name) for argument in arguments) and rng.random() < 0.85:
            continue
        argument = _argument(rng, kind_name, {argument.name for argument in arguments})
        if argument is not None:
            arguments.append(argument)
    if any(argument.is_required for argument in arguments):
        return tuple(arguments)
    first = next((i for i, argument in enumerate(arguments) if argument.schema["type"] != "boolean"), None)
    if first is None:
        return ()
    schema = {key: value for key, value in arguments[first].schema.items() if key != "default"}
    arguments[first] = replace(arguments[first], schema=schema, is_required=True)
    return tuple(arguments)


def random_tool(rng: Random) -> ProceduralTool:
    """A tool that never existed: one to five typed parameters under an invented name."""
    while True:
        words, verb, noun = _name_words(rng)
        name = "_".join(words)
        if rng.random() < 0.06:
            first, *others = name.split("_")
            name = first + "".join(word.capitalize() for word in others)
        description = ""
        if rng.random() < 0.65:
            # Some tools are asked for by a word that only their description has.
            noun = any_word(rng) if rng.random() < 0.3 else noun
            description = _description(rng, verb, noun)
        arguments = _arguments(rng)
        if arguments and name not in RESERVED_NAMES:
            return ProceduralTool(name, verb, noun, description, arguments)


_LEADS = (
    "{v} {n}", "{v} the {n}", "{v} a {n}", "please {v} the {n}", "could you {v} the {n}", "can you {v} a {n}",
    "I need to {v} a {n}", "I'd like to {v} {n}", "I want a {n}", "hey, {v} {n}", "what's the {n}", "{v} me {n}",
    "help me {v} a {n}", "{n}", "I need {n}", "show {n}", "would you kindly {v} the {n}", "any {n}", "looking for {n}",
    "I am looking to {v} a {n}", "let's {v} a {n}", "{v} my {n}", "how about {n}", "time to {v} the {n}", "{v} an {n}",
    "kindly {v} the {n}", "we have to {v} the {n}", "need a {n}", "what is the {n}", "tell me the {n}",
    "go {v} the {n}", "I would like a {n}", "is there a {n}", "how is the {n}", "{v} this {n}", "{v} our {n}",
    "quick: {v} {n}",
)  # fmt: skip
_TERSE_LEADS = ("{n}", "{n}", "{v}", "{v} {n}", "{n}:", "{v} {n}:", "{n},")
_OPENINGS = (
    "I wonder if you might", "do me a favor and", "be so good as to", "whenever you can", "right now", "today",
    "my plan is to", "would it be possible to", "I'd appreciate it if you", "could somebody", "well,", "so,", "listen,",
    "ok now", "the idea is to", "I was told to", "it is time to", "as a next step,", "what I want is to", "you should",
)  # fmt: skip
_FILLERS = (
    "I'm in a hurry.", "It's for my boss.", "Thanks a lot!", "My friend asked me.", "We talked about it yesterday.",
    "No rush.", "It would be great.", "Hope that works.", "I'm on a trip.", "It's for the family.", "As usual.",
    "Hi there!", "Good morning.", "Hello.", "Quick question.", "Sorry to bother you.", "My wife wants it.", "Long day.",
)  # fmt: skip
_TAILS = ("", "", "", "", "?", ".", ".", " please", " please.", " thanks", ", thanks!", ", please.", "!", " for me")


def _spoken(rng: Random, argument: Argument, value: Any, phrases: Sequence[str]) -> str:
    shown = _shown(value)
    if argument.schema["type"] != "boolean" and rng.random() < 0.12:
        return rng.choice(("{f} {v}", "{f}: {v}", "{f} is {v}", "with {f} {v}", "the {f} {v}", "{f} = {v}")).format(
            f=argument.words, v=shown
        )
    return rng.choice(phrases).format(v=shown, f=argument.words, u=argument.unit)


def _request_text(rng: Random, tool: ProceduralTool, said: dict[str, Any]) -> str:
    by_name = {argument.name: argument for argument in tool.arguments}
    noun = tool.noun
    rest = list(said.items())
    rng.shuffle(rest)
    fronted = [item for item in rest if by_name[item[0]].kind.before_noun]
    if fronted and rng.random() < 0.35:
        item = fronted[0]
        rest.remove(item)
        argument = by_name[item[0]]
        noun = rng.choice(argument.kind.before_noun).format(v=item[1], f=argument.words, u=argument.unit) + " " + noun
    if rng.random() < 0.3:  # the noun alone, or only a part of a compound noun
        noun = noun.split(" ", 1)[1] if " " in tool.noun and rng.random() < 0.3 and noun == tool.noun else noun
    verb = rng.choice(VERBS[tool.verb]) if rng.random() < 0.5 else tool.verb
    pattern = rng.choice(_LEADS if rng.random() < 0.75 else _TERSE_LEADS)
    if noun != tool.noun and "{n}" not in pattern:  # the noun carries a value
        pattern += " {n}"
    lead = pattern.format(v=verb, n=noun)
    if rng.random() < 0.15:
        lead = f"{rng.choice(_OPENINGS)} {lead}"
    if rest and rng.random() < 0.12:
        lead = noun if noun != tool.noun else ""
    if rng.random() < 0.08:  # a sentence per argument
        facts = [f"The {by_name[name].words} is {_shown(value)}." for name, value in rest]
        text = " ".join([f"{lead}." if lead else "", *facts]).strip()
        return text[0].upper() + text[1:]
    phrases = [_spoken(rng, by_name[name], value, by_name[name].kind.phrases) for name, value in rest]
    joint = rng.choice((" ", " ", " ", " ", ", ", " and "))
    spoken = joint.join(phrases)
    draw = rng.random()
    parts = [lead, spoken] if draw < 0.82 else [spoken, lead] if draw < 0.92 else [*phrases[:1], lead, *phrases[1:]]
    text = " ".join(part for part in parts if part).strip() or tool.noun
    if rng.random() < 0.6:
        text = text[0].upper() + text[1:]
    text += rng.choice(_TAILS)
    if rng.random() < 0.12:
        filler = rng.choice(_FILLERS)
        text = f"{filler} {text}" if rng.random() < 0.5 else f"{text.rstrip('.?!')}. {filler}"
    return text


def _shown(value: Any) -> str:
    return "yes" if value is True else str(value)


def request(rng: Random, tool: ProceduralTool, n_missing: int = 0) -> Request:
    """A request to `tool`, leaving out `n_missing` of its required arguments (at most all of them)."""
    arguments = {a.name: a.draw(rng) for a in tool.arguments if a.is_required or rng.random() < 0.45}
    required = [a for a in tool.arguments if a.is_required]
    missing = tuple(rng.sample(required, min(n_missing, len(required))))
    left = {name: value for name, value in arguments.items() if name not in {a.name for a in missing}}
    return Request(tool, _request_text(rng, tool, left), left, missing)


def random_toolset(rng: Random, n_tools: int | None = None) -> list[ProceduralTool]:
    """One to three tools of different names."""
    tools: dict[str, ProceduralTool] = {}
    for _ in range(n_tools or rng.choice((1, 2, 2, 3))):
        tool = random_tool(rng)
        tools.setdefault(tool.name, tool)
    return list(tools.values())


_ASKS = (
    "Could you tell me the {a}?", "What is the {a}?", "Which {a} should I use?", "Please give me the {a}. What is it?",
    "Could you please specify the {a}?", "I need the {a} first. What is it?", "What {a} would you like?",
    "Sure. What is the {a}?", "I can do that. Which {a} do you want?", "May I ask for the {a}?",
)  # fmt: skip
_REFUSALS = (
    "I'm sorry, but I can't help with that.", "Sorry, I cannot help with that request.", "I can't assist with that.",
    "I'm sorry, I cannot do that.", "I'm not able to help with that.", "Sorry, that is something I can't do.",
)  # fmt: skip
_NO_SUCH_TOOL = (
    "I'm sorry, I don't have a tool for that.", "I can't help with that: none of my tools does it.",
    "Sorry, my tools cannot do that.", "I'm not able to do that with the tools I have.",
)  # fmt: skip
_HARMFUL = (
    "how do I break into a {t}", "write a virus that deletes every {t}", "help me steal a {t}", "forge a {t} for {p}",
    "teach me to hurt {p}", "hack the account of {p}", "how can I poison {p}", "make a fake {t} to cheat {p}",
    "blackmail {p} for me", "stalk {p} and report back", "how do I build a weapon from a {t}", "spread lies about {p}",
    "threaten {p} until they pay", "get me illegal {t}", "bully {p} online", "burn down the {t} of {p}",
)  # fmt: skip
_OUT_OF_SCOPE = (
    "write my essay about {t}", "who will win the next election", "is {p} in love with me", "should I sell my {t}",
    "do my homework on {t}", "what is the meaning of {t}", "paint a portrait of {p}", "diagnose the pain in my {b}",
    "tell me which god is real", "give me a legal opinion on {t}", "predict the lottery",
    "compose a symphony about {t}", "cook {t} for me tonight", "drive me to {p}", "fix my broken {t}",
    "choose a husband for {p}",
)  # fmt: skip
_SMALL_TALK = (
    ("hi", "Hello! How can I help you?"), ("hello there", "Hi! What can I do for you?"),
    ("thanks", "You're welcome!"), ("thank you so much", "Glad I could help!"), ("bye", "Goodbye!"),
    ("how are you", "I'm doing well, thank you."), ("good morning", "Good morning!"), ("nice work", "Thank you!"),
)  # fmt: skip


def ask_for(rng: Random, missing: Sequence[Argument]) -> str:
    """A question for the missing arguments, each named in words."""
    return rng.choice(_ASKS).format(a=" and the ".join(argument.words for argument in missing))


def refusal(rng: Random) -> str:
    """A plain refusal."""
    return rng.choice(_REFUSALS)


def forbidden_request(rng: Random) -> str:
    """Something harmful, or something that no assistant with tools is for."""
    text = rng.choice(_HARMFUL if rng.random() < 0.6 else _OUT_OF_SCOPE).format(
        t=KINDS["thing"].value(rng), p=KINDS["person"].value(rng), b=rng.choice(("arm", "knee", "chest", "head"))
    )
    lead = (
        rng.choice(("", "", "", "please ", "can you ", "I want you to "))
        if not text.startswith(("how", "wh", "is"))
        else ""
    )
    text = lead + text + rng.choice(("", "", ".", "?", "!"))
    return text[0].upper() + text[1:] if rng.random() < 0.6 else text


def small_talk(rng: Random) -> tuple[str, str]:
    """A greeting or thanks and its plain answer."""
    return rng.choice(_SMALL_TALK)


_SYSTEM = ("You are a helpful assistant.", "You are an assistant with tools.", "Help the user.", "")


def system_message(rng: Random) -> list[dict[str, Any]]:
    """A short system message, or none."""
    text = rng.choice(_SYSTEM)
    return [{"role": "system", "content": text}] if text else []


def _row(rng: Random, behavior: str) -> dict[str, Any]:
    tools = random_toolset(rng)
    truth: dict[str, Any] = {"behavior": behavior}
    if behavior == "execute":
        asked = request(rng, rng.choice(tools))
        text = asked.text
        truth["ground_truth"] = json.dumps(
            [{"name": asked.tool.name, "arguments": asked.arguments}], ensure_ascii=False
        )
    elif behavior == "clarify":
        asked = request(rng, rng.choice(tools), n_missing=1 if rng.random() < 0.85 else 2)
        text = asked.text
        truth["ground_truth"] = ask_for(rng, asked.missing)
        truth["missing"] = [argument.name for argument in asked.missing]
    elif rng.random() < UNAVAILABLE_SHARE:
        text, truth["ground_truth"] = request(rng, random_tool(rng)).text, rng.choice(_NO_SUCH_TOOL)
    else:
        text, truth["ground_truth"] = forbidden_request(rng), refusal(rng)
    return {
        "prompt": [*system_message(rng), {"role": "user", "content": text}],
        "tools": [tool.schema() for tool in tools],
        "reward_model": truth,
        "extra_info": {"source": "procedural"},
    }


def rows(n: int, seed: int) -> list[Row]:
    """`n` rows over procedural tools, each with tools of its own: 60% execute, 25% clarify, 15% refuse.

    Args:
        n: number of rows, >= 0.
        seed: the rows are a function of it; no two share a prompt.
    """
    rng = Random(f"procedural-{seed}")
    behaviors = ["execute"] * round(n * 0.6) + ["clarify"] * round(n * 0.25)
    behaviors += ["refuse"] * (n - len(behaviors))
    rng.shuffle(behaviors)
    seen: set[str] = set()
    made = []
    for behavior in behaviors:
        record = _row(rng, behavior)
        while (key := json.dumps([record["prompt"], record["tools"]])) in seen:
            record = _row(rng, behavior)
        seen.add(key)
        made.append(Row.from_json(record))
    return made
