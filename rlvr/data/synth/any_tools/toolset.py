"""A toolset to draw from: a tool is put into words when it is first drawn, so that the size of the set costs nothing.

A tool that no call can be drawn for is passed over, and why is kept.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from random import Random
from typing import NamedTuple

from rewards import Toolset
from rewards.names import name_words
from rlvr.data.described import description_of, documented
from rlvr.data.json_values import object_of
from rlvr.data.synth.any_tools.drawn_calls import draw_arguments
from rlvr.data.synth.any_tools.examples import Examples, with_examples
from rlvr.data.synth.any_tools.schema_values import objection
from rlvr.data.synth.any_tools.spoken import SpokenTool, spoken
from rlvr.data.synth.any_tools.strings import UNTOLD
from rlvr.data.synth.lexicon import lexicon
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject

NEAREST = 50  # tools that are compared closely with one, of those that share the most words with it
_FEWEST_OF_A_NAMESPACE = 3
_SHARE_OF_A_TRADE = 0.3  # of the tools of a set, from which all of them are about it
NO_CALLS = f"of what it must be given {UNTOLD}; guesses=true draws something all the same"
"""Why nothing calls a tool that is only asked about."""

SHARE_OF_BARE = 0.25
"""How often a tool of which nothing is said but its name is drawn, of a tool's turns: all its requests are alike."""

ALIKE = 0.7  # likeness from which another tool might well serve in a tool's place


class _Sketch(NamedTuple):
    """What likeness goes by, read without compiling a schema."""

    name: str
    name_words: frozenset[str]
    parameters: frozenset[str]


class SpokenToolset:
    """The tools of a set as people speak of them, each when it is first asked for.

    Args:
        tools: OpenAI tool dicts or bare function dicts.
        is_guessing: whether values may be guessed from any word of a parameter's name.
        examples: values that somebody wrote down, by tool and parameter.

    Raises:
        UserError: one has no name, or two have the same.
    """

    def __init__(
        self, tools: Sequence[JsonMapping], *, is_guessing: bool = True, examples: Examples | None = None
    ) -> None:
        self._is_guessing = is_guessing
        self._examples = examples or {}
        functions = [dict(tool.get("function", tool)) for tool in tools]
        self._schemas: list[JsonObject] = [{"type": "function", "function": function} for function in functions]
        self._sketches = [_sketch(schema["function"]) for schema in self._schemas]
        for name, count in Counter(sketch.name for sketch in self._sketches).items():
            if name and count > 1:
                raise UserError(f"tools: the name {name!r} is given twice")
        self._namespace = namespace_of([sketch.name for sketch in self._sketches])
        self._trades = trades_of(self._schemas)
        self._spoken: dict[int, SpokenTool | None] = {}
        self._nearest: dict[int, list[int]] = {}
        self.different = cache(self._different)
        self.unusable: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._schemas)

    def __getitem__(self, index: int) -> SpokenTool | None:
        """The tool of this place; None where no call of it can be drawn, for the reason that `unusable` then has."""
        if index not in self._spoken:
            try:
                self._spoken[index] = self._usable(self._schemas[index])
            except (ValueError, UserError) as error:
                name = self._sketches[index].name
                self.unusable[name or f"tools[{index}]"] = str(error).removeprefix(f"tool {name!r}: ")
                self._spoken[index] = None
        return self._spoken[index]

    def _usable(self, schema: JsonObject) -> SpokenTool:
        """The tool in words.

        Raises:
            ValueError: its schema is not one, or no arguments are found that it admits.
        """
        (compiled,) = Toolset([with_examples(_with_documented(schema), self._examples)])
        tool = spoken(schema, compiled, self._namespace, self._trades, is_guessing=self._is_guessing)
        try:
            if not tool.unknown:
                draw_arguments(tool, Random(f"probe/{tool.name}"))
        except LookupError:
            reasons = (objection(name, compiled.properties[name], compiled.parameters) for name in compiled.properties)
            reason = next(filter(None, reasons), "no arguments found that its schema admits")
            raise ValueError(reason) from None
        return tool

    def usable(self, indices: Iterable[int]) -> tuple[SpokenTool, ...]:
        """Return the tools of these places that can be drawn from."""
        return tuple(tool for index in indices if (tool := self[index]) is not None)

    def unspoken(self, indices: Iterable[int]) -> list[JsonObject]:
        """Return the tools of these places that no call can be drawn of, and that a prompt can still offer."""
        return [self._schemas[index] for index in indices if self[index] is None and _is_offered(self._schemas[index])]

    def any_index(self, rng: Random, *, is_called: bool = True) -> int:
        """Return the place of a random tool that calls can be drawn of, or that can at least be asked about.

        Raises:
            UserError: there is none.
        """
        for _ in range(50 * len(self) + 100):
            index = rng.randrange(len(self))
            tool = self[index]
            is_able = tool is not None and not (is_called and tool.unknown)
            if tool is not None and is_able and (tool.parameters or rng.random() < SHARE_OF_BARE):
                return index
            if len(self.unusable) == len(self):
                break
        name, reason = next(iter(self.unusable.items()), (self._sketches[0].name, NO_CALLS))
        raise UserError(f"tool {name!r}: {reason}")

    def untold(self) -> dict[str, dict[str, str]]:
        """Return the parameters of which nothing tells their values, with their descriptions, by the names of tools."""
        listed: dict[str, dict[str, str]] = {}
        for index, schema in enumerate(self._schemas):
            function = _with_documented(schema)["function"]
            properties = object_of(object_of(function.get("parameters")).get("properties"))
            names = list(filter(properties.__contains__, self._untold_of(index)))
            if names:
                listed[function["name"]] = {name: description_of(object_of(properties[name])) for name in names}
        return listed

    def _untold_of(self, index: int) -> Iterator[str]:
        """Yield the parameters of a tool of which nothing tells their values, or the words of why it has no calls."""
        tool = self[index]
        if tool is not None:
            yield from sorted(tool.unknown)
            yield from (name for name, reason in tool.left_out.items() if UNTOLD in reason)
            return
        reason = self.unusable[self._sketches[index].name or f"tools[{index}]"]
        if UNTOLD in reason:
            yield from re.findall(r"[\w-]+", reason.replace(UNTOLD, ""))

    def words(self) -> set[str]:
        """Return the content words of all names and descriptions."""
        words: set[str] = set()
        for sketch, schema in zip(self._sketches, self._schemas, strict=True):
            words |= sketch.name_words
            words.update(re.findall(r"[a-z]{3,}", str(schema["function"].get("description") or "").lower()))
        return words

    def nearest(self, index: int) -> list[int]:
        """Return the places of the tools most easily taken for this one, the likest first."""
        if index not in self._nearest:
            others: Iterable[int] = (place for place in range(len(self)) if place != index)
            if len(self) > NEAREST + 1:
                sketch = self._sketches[index]
                others = sorted(heapq.nlargest(NEAREST, others, lambda place: _shared(sketch, self._sketches[place])))
            self._nearest[index] = sorted(others, key=lambda place: -self.likeness(index, place))
        return self._nearest[index]

    def _different(self, index: int) -> list[int]:
        """Return the places of the tools that could not serve in this one's place; `different` looks once for each."""
        twins = {place for place in self.nearest(index) if self.likeness(index, place) > ALIKE}
        return [place for place in range(len(self)) if place != index and place not in twins]

    def likeness(self, index: int, place: int) -> float:
        """Return how easily two tools are taken for each other, in [0, 1]: names and parameters they share."""
        first, second = self._sketches[index], self._sketches[place]
        names = SequenceMatcher(None, first.name, second.name).ratio()
        return 0.5 * _overlap(first.parameters, second.parameters) + 0.5 * names


def namespace_of(names: Sequence[str]) -> str:
    """Return the first word that most of a set's names share, such as the server's: it says nothing of one tool."""
    firsts = Counter(words[0] for name in names if len(words := name_words(name)) > 1)
    word, count = firsts.most_common(1)[0] if firsts else ("", 0)
    return word if count >= _FEWEST_OF_A_NAMESPACE and count > len(names) / 2 and word not in lexicon().verbs else ""


def trades_of(schemas: Sequence[JsonObject]) -> frozenset[str]:
    """Return what a whole set works on, such as workbooks, which not each of its tools has to say."""
    texts = [str(schema).lower() for schema in schemas]
    counts = {trade: sum(map(bool, map(pattern.search, texts))) for trade, pattern in lexicon().trades.items()}
    return frozenset(trade for trade, count in counts.items() if count > _SHARE_OF_A_TRADE * len(texts))


def spoken_tools(tools: Sequence[JsonMapping]) -> tuple[SpokenTool, ...]:
    """Return every tool of a set that can be drawn from."""
    toolset = SpokenToolset(tools)
    return toolset.usable(range(len(toolset)))


def _with_documented(schema: JsonObject) -> JsonObject:
    """Return a tool whose parameters have the descriptions that its own lists below "Args:"."""
    function = schema["function"]
    said = documented(str(function.get("description") or ""))
    parameters = object_of(function.get("parameters"))
    properties = object_of(parameters.get("properties"))
    described = {name: {"description": said[name], **object_of(properties[name])} for name in said.keys() & properties}
    if not described:
        return schema
    return {**schema, "function": {**function, "parameters": {**parameters, "properties": {**properties, **described}}}}


def _is_offered(schema: JsonObject) -> bool:
    try:
        Toolset([schema])
    except ValueError:
        return False
    return True


def _sketch(function: JsonMapping) -> _Sketch:
    name = str(function.get("name") or "")
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    names = frozenset(map(str, properties)) if isinstance(properties, Mapping) else frozenset[str]()
    return _Sketch(name, frozenset(name_words(name)), names)


def _shared(first: _Sketch, second: _Sketch) -> float:
    return _overlap(first.name_words, second.name_words) + _overlap(first.parameters, second.parameters)


def _overlap(mine: frozenset[str], theirs: frozenset[str]) -> float:
    return len(mine & theirs) / max(1, len(mine | theirs))
