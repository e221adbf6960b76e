"""Tools made up at random, so that nothing can be learned from them but how to use a tool.

Six in ten are for something everyday; the others are made of words that have nothing in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, NamedTuple

from rlvr.data.synth import built_in
from rlvr.data.synth.domains import Domain, domains
from rlvr.data.synth.drawing import any_word, invented_word
from rlvr.data.synth.kinds import KINDS, LISTED, OPENINGS, Kind
from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.nouns import with_articles
from rlvr.data.synth.phrasing import OptionalClauses
from rlvr.data.synth.worded import Ask, Lines, WordedTool, alone, lines_by_style, opened

EVERYDAY_SHARE = 0.6
TOGETHER_SHARE = 0.4
_VAGUE_LAST_WORDS = ("name", "text", "wanted", "do", "what", "many", "by", "on", "n")
"""What says nothing without the word before it."""

_SINGLES = {name: entry["weight"] for name, entry in LISTED["kinds"].items() if "weight" in entry}
"""How often a tool has a parameter of a kind by itself."""


class Parameter(NamedTuple):
    """One parameter of a made-up tool; `key` is what the lines that ask for it call it."""

    key: str
    name: str
    schema: Mapping[str, Any]
    is_required: bool
    kind: Kind

    @property
    def words(self) -> str:
        """The name as people would say it."""
        return self.name.replace("_", " ")

    @property
    def shape(self) -> str:
        """Return what its values look like; a unit makes them unlike any other's."""
        return f"{self.kind.shape} {self.kind.unit}"

    def draw(self, rng: Random) -> Any:
        """Return a value that the schema allows."""
        value = self.kind.draw(rng)
        return max(self.schema.get("minimum", value), min(self.schema.get("maximum", value), value))


@cache
def reserved() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of tools and of parameters that are worded by hand: no made-up tool has one."""
    functions = [schema["function"] for name in built_in.SPLITS for schema in built_in.schemas(name)]
    parameters = (name for function in functions for name in function["parameters"]["properties"])
    return frozenset(function["name"] for function in functions), frozenset(parameters)


def toolset(rng: Random, n_tools: int | None = None) -> list[WordedTool]:
    """Return one to three tools of different names, none for the same as another."""
    tools: dict[str, WordedTool] = {}
    for _ in range(n_tools or rng.choice((1, 2, 2, 3))):
        tool = any_tool(rng)
        if tool.name not in tools and not is_for_the_same(tool, tools.values()):
            tools[tool.name] = tool
    return list(tools.values())


def is_for_the_same(tool: WordedTool, others: Iterable[WordedTool]) -> bool:
    """Return whether one of `others` serves what people ask `tool` for."""
    return any(rival.lines is tool.lines for rival in others)


def unavailable_tool(rng: Random, offered: Sequence[WordedTool]) -> WordedTool:
    """Return a tool that is not among those offered, nor is any for the same."""
    while is_for_the_same(tool := any_tool(rng), offered):
        pass
    return tool


def any_tool(rng: Random) -> WordedTool:
    """Return a tool that never existed."""
    return everyday_tool(rng) if rng.random() < EVERYDAY_SHARE else random_tool(rng)


def everyday_tool(rng: Random) -> WordedTool:
    """Return a tool for something everyday, under a name and parameter names drawn for it."""
    domain = rng.choice(domains())
    parameters: list[Parameter] = []
    for key, is_required, kind in domain.parameters:
        if not is_required and rng.random() > 0.6:
            continue
        taken = {parameter.name for parameter in parameters}
        while (parameter := _parameter(rng, kind, taken, is_required=is_required, key=key)) is None:
            continue
        parameters.append(parameter)
    if rng.random() < 0.3:
        rng.shuffle(parameters)
    task = domain.description[:1].lower() + domain.description[1:]
    description = domain.description if rng.random() < 0.75 else ""
    return _tool(_everyday_name(rng, domain), description, task, parameters, domain.lines, domain.clauses)


def _everyday_name(rng: Random, domain: Domain) -> str:
    while True:
        parts = [rng.choice(domain.verbs), rng.choice(domain.nouns)]
        if rng.random() < 0.15:
            parts.reverse()
        if rng.random() < 0.1:
            parts.insert(rng.randrange(3), any_word(rng))
        if (name := "_".join(parts)) not in reserved()[0]:
            return name


def random_tool(rng: Random) -> WordedTool:
    """Return a tool of one to five typed parameters under an invented name."""
    while True:
        words, verb, noun = _name_words(rng)
        name = "_".join(words)
        if rng.random() < 0.06:
            first, *others = name.split("_")
            name = first + "".join(word.capitalize() for word in others)
        parameters = parameters_of(rng)
        if parameters and name not in reserved()[0]:
            break
    description = ""
    if rng.random() < 0.7:
        # Some tools are asked for by a word that only their description has.
        noun = any_word(rng).replace("_", " ") if rng.random() < 0.12 else noun
        description = _description(rng, verb, noun)
    clauses = _clauses(rng, parameters)
    lines = _lines(rng.choice([verb, *LISTED["verbs"][verb]]), noun)
    return _tool(name, description, f"{verb} the {noun}", parameters, lines, clauses)


def _tool(
    name: str, description: str, task: str, parameters: Sequence[Parameter], lines: Lines, clauses: OptionalClauses
) -> WordedTool:
    by_key = {parameter.key: parameter for parameter in parameters}
    schema = {
        "type": "object",
        "properties": {parameter.name: parameter.schema for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.is_required],
    }
    described = {"description": description} if description else {}

    def ask(key: str) -> Ask:
        words = by_key[key].words
        return Ask(f"the {words}", tuple(question.format(words) for question in lexicon().questions))

    return WordedTool(
        {"type": "function", "function": {"name": name, **described, "parameters": schema}},
        task=task,
        sample=lambda rng: {parameter.key: parameter.draw(rng) for parameter in parameters},
        lines=lines,
        clauses=clauses,
        ask=ask,
        names={parameter.key: parameter.name for parameter in parameters},
    )


def _parameter(rng: Random, kind: Kind, taken: set[str], *, is_required: bool, key: str = "") -> Parameter | None:
    """A parameter under a name drawn for it; None where the name is taken."""
    name, is_telling = _name(rng, kind)
    if name in taken or name in reserved()[1]:
        return None
    schema = dict(kind.schema)
    if kind.descriptions and (not is_telling or rng.random() < 0.45):
        schema["description"] = rng.choice(kind.descriptions).format(u=kind.unit)
    if schema["type"] in ("integer", "number"):
        schema.update(_bounds(rng, schema["type"]))
    if not is_required and rng.random() < 0.3 and schema["type"] != "number":
        default = {"integer": 1, "boolean": False}.get(schema["type"], rng.choice(schema.get("enum", ("",))))
        schema.update({} if default == "" else {"default": default})
    return Parameter(key or name, name, schema, is_required, kind)


def _name(rng: Random, kind: Kind) -> tuple[str, bool]:
    """A name, and whether it says what it is for: often another one, since a list of names would be learnt by heart."""
    name, draw = rng.choice(kind.names), rng.random()
    if draw < 0.07:
        return any_word(rng), False
    if draw < 0.5 or kind.unit:  # a unit is what a request says, so its parameter keeps the word
        return name, True
    if kind.renamed:
        return rng.choice(kind.renamed).format(w=any_word(rng)), True
    *front, last = name.split("_")
    is_vague = bool(front) and last in _VAGUE_LAST_WORDS
    return f"{any_word(rng)}_{front[-1]}_{last}" if is_vague else f"{any_word(rng)}_{last}", True


def _bounds(rng: Random, kind: str) -> dict[str, Any]:
    """A range around most of what is drawn; what falls outside is moved to its end."""
    draw = rng.random()
    if draw < 0.5:
        return {}
    low = {"minimum": rng.choice((0, 1))}
    high = {"maximum": rng.choice((12, 14, 30, 50, 100) if kind == "integer" else (500, 10_000, 50_000))}
    return low if draw < 0.65 else {**low, **high}


def parameters_of(rng: Random) -> tuple[Parameter, ...]:
    """Return one to five parameters, at least one of them required; none where only a boolean was drawn."""
    names: list[str] = list(rng.choice(LISTED["sets"])) if rng.random() < 0.35 else []
    n_singles = rng.choice((0, 1, 1, 2)) if names else rng.choice((1, 2, 2, 3, 3, 4))
    names += rng.choices(list(_SINGLES), list(_SINGLES.values()), k=n_singles)
    parameters: list[Parameter] = []
    for name in dict.fromkeys(names):
        kind = _kind_of_its_own(rng, name)
        # Without another one that is required the first has to be.
        is_required = name != "flag" and (rng.random() < 0.65 or not any(each.is_required for each in parameters))
        taken = {parameter.name for parameter in parameters}
        if parameter := _parameter(rng, kind, taken, is_required=is_required):
            parameters.append(parameter)
    return tuple(parameters) if any(parameter.is_required for parameter in parameters) else ()


def _kind_of_its_own(rng: Random, name: str) -> Kind:
    """A kind, with a list to choose from or a unit where it needs one."""
    kind = KINDS[name]
    if name == "counted":
        unit = rng.choice(LISTED["words"]["counted"].split())
        names = tuple(each.format(u=unit, s=unit.removesuffix("s")) for each in kind.names)
        return kind._replace(names=names, unit=unit)
    if name == "enum":
        called, choices = _choices(rng)
        schema = {"type": "string", "enum": list(choices)}
        return kind._replace(names=(called,), schema=schema, draw=lambda rng: rng.choice(choices))
    return kind


def _choices(rng: Random) -> tuple[str, tuple[str, ...]]:
    """A name and what may be chosen from: a list that there is, or words that have nothing in common."""
    name, listed = rng.choice(sorted(LISTED["enums"].items()))
    pool = listed.split()
    if rng.random() < 0.4:
        parts = 2 if rng.random() < 0.2 else 1
        pool = list(dict.fromkeys("_".join(any_word(rng) for _ in range(parts)) for _ in range(5)))
    if rng.random() < 0.2:
        name = rng.choice(("type", "option", "choice", "variant", "class", f"{name}_type"))
    return name, tuple(rng.sample(pool, min(len(pool), rng.choice((2, 3, 3, 4)))))


def _name_words(rng: Random) -> tuple[list[str], str, str]:
    """The words of a tool's name, its verb, and the rest of the name as people would say it."""
    verb = rng.choice(sorted(LISTED["verbs"]))
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
    pattern = rng.choice(("{v} a {n}", "{v} the {n}", "{v} {n}", "{v} {n} for the user", "{n}: {v}", "{n}"))
    text = pattern.format(v=rng.choice([verb, *LISTED["verbs"][verb]]), n=noun)
    return text[0].upper() + text[1:]


def _lines(verb: str, noun: str) -> Lines:
    requests, sentences, terse = (
        [with_articles(line.replace("{v}", verb).replace("{n}", noun)) for line in LISTED["lines"][form]]
        for form in ("requests", "sentences", "terse")
    )
    formal, casual = (opened(requests, OPENINGS[style]) for style in ("formal", "casual"))
    return lines_by_style(formal, casual + alone(sentences), alone(terse))


def phrases(parameter: Parameter, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    """Return the ways to say a value that no other parameter of its shape has as well."""
    rivals = [rival for rival in parameters if rival is not parameter and rival.shape == parameter.shape]
    taken = {phrase for rival in rivals for phrase in rival.kind.phrases}
    if rivals:
        taken.add("{v}")
    distinct = tuple(phrase for phrase in parameter.kind.phrases if "{f}" in phrase or phrase not in taken)
    by_name = () if parameter.schema["type"] == "boolean" else tuple(LISTED["lines"]["by_name"])
    return distinct + by_name


def _clauses(rng: Random, parameters: Sequence[Parameter]) -> OptionalClauses:
    """Return how every value is said, in an order of the tool's own."""
    full = list(_together(parameters)) if rng.random() < TOGETHER_SHARE else []
    terse = list(full)
    for parameter in rng.sample(parameters, len(parameters)):
        clauses = tuple(_clause(pattern, parameter) for pattern in phrases(parameter, parameters))
        full.append(((parameter.key,), clauses))
        if parameter.kind.is_bare and sum(each.shape == parameter.shape for each in parameters) == 1:
            bare = _clause("{v} {u}" if parameter.kind.unit else "{v}", parameter)
            clauses = (bare,) * len(clauses) + clauses
        terse.append(((parameter.key,), clauses))
    return OptionalClauses(tuple(full), tuple(terse))


def _together(parameters: Sequence[Parameter]) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the phrases for values that are said together, with the keys of these."""
    keys = {id(parameter.kind): parameter.key for parameter in parameters}
    for entry in LISTED["together"]:
        kinds = [id(KINDS[name]) for name in entry["kinds"]]
        if keys.keys() >= set(kinds):
            together = tuple(keys[kind] for kind in kinds)
            places = [f"{{{key}}}" for key in together]
            yield together, tuple(" " + phrase.format(*places) for phrase in entry["phrases"])


def _clause(pattern: str, parameter: Parameter) -> str:
    """A phrase of a kind with the marks of `phrasing`."""
    key = parameter.key
    counted = pattern.replace("{v} {u}", f"{{{key}:{parameter.kind.unit.removesuffix('s')}}}")
    return " " + counted.replace("{v}", f"{{{key}}}").replace("{f}", parameter.words)
