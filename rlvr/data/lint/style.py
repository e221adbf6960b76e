"""How requests, values and results of a file read, where that shows that no person and no server made them.

Shares of real data, for comparison: a parameter's name stands in the request for 19 to 42% of the arguments, all words
of the tool's name in 3 to 5% of the requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from rewards import Tool, ToolCall
from rewards.names import name_words
from rlvr.data.described import listed_values, tool_words
from rlvr.data.json_values import is_number, json_in
from rlvr.data.lint.findings import Finding
from rlvr.data.lint.reading import Read
from rlvr.data.stated_forms import StatedForm, form_of_values
from rlvr.files import Json, JsonMapping
from rlvr.records.message import text_of

MOST_DICTATED = 0.6
"""Share of arguments whose parameter's name stands in the request, above which requests read like forms."""

MOST_TOOL_WORDS = 0.3
"""Share of calls whose request holds all words of the tool's name, above which a model learns to look for those."""

MOST_UNREAL = 0.5
"""Share of tool results that say no more than that all is well, above which a model learns nothing from results."""

FEWEST = 50  # with fewer of a kind nothing is said about shares
FEWEST_VALUES = 20  # calls that give a parameter, below which one value in all of them may be chance
MOST_PARAMETERS = 20_000
MOST_TOOLS_KEPT = 4096
ALL_COUNTED = 5_000  # rows that are all counted for shares; of later ones one of `ONE_OF` is
ONE_OF = 10
_DICTATED = "the parameter's name stands in the request for {:.0%} of the arguments"
_TOOL_WORDS = "{:.0%} of the requests hold all words of the name of the tool to call"
_UNREAL = "{:.0%} of the tool results say no more than that all is well"
_ALL_IS_WELL = frozenset(("ok", "success", "true", "done", "completed", "status", "result", "message"))
_LONGEST_STATUS = 60
_SHORTEST_NAME = 3
_LONGEST_LISTING = 80
_FORMS_OF_SCHEMAS = frozenset(("format", "pattern"))  # which the schema itself holds values against


@dataclass
class _Values:
    """The values of one parameter: the first, how many calls give it, and whether all are the same."""

    first: Json
    count: int = 1
    is_one: bool = True


_Described = Mapping[str, tuple[tuple[str, ...], StatedForm | None]]
"""What descriptions say of the values of a tool's parameters: all of them, or their form."""


@dataclass
class Style:
    """Counts over all rows."""

    rows: int = 0
    arguments: int = 0
    dictated: int = 0
    calls: int = 0
    with_tool_words: int = 0
    results: int = 0
    unreal: int = 0
    values: dict[tuple[str, str], _Values] = field(default_factory=dict)
    described: dict[int, tuple[Tool, _Described]] = field(default_factory=dict)

    def add(self, row: Read) -> Iterator[Finding]:
        """Count a row, and say what of it alone is wrong."""
        self.rows += 1
        is_counted = self.rows <= ALL_COUNTED or self.rows % ONE_OF == 0
        if is_counted:
            for message in row.prompt:
                if message["role"] == "tool":
                    self._add_result(message.get("content"))
        for call in row.truth.calls:
            tool = row.offered.tools.get(call.name)
            if tool is None:
                continue
            if is_counted:
                self._add_request(call, row.prompt[-1])
                self._add_values(call, tool)
            if described := self._described(tool):
                yield from _undescribed(call, described)

    def advice(self) -> Iterator[Finding]:
        """Say what the shares of the whole file show."""
        for kind, part, whole, fewest, most, message in (
            ("dictated", self.dictated, self.arguments, FEWEST, MOST_DICTATED, _DICTATED),
            ("tool_words", self.with_tool_words, self.calls, FEWEST, MOST_TOOL_WORDS, _TOOL_WORDS),
            ("unreal_result", self.unreal, self.results, FEWEST_VALUES, MOST_UNREAL, _UNREAL),
        ):
            if whole >= fewest and part > most * whole:
                yield Finding(kind, message.format(part / whole))
        for (tool, name), values in self.values.items():
            if values.is_one and values.count >= FEWEST_VALUES:
                yield Finding(
                    "one_value", f"{name!r} is {values.first!r:.60} in all of {values.count:,} calls looked at", tool
                )

    def _add_request(self, call: ToolCall, request: JsonMapping) -> None:
        if request["role"] != "user":
            return
        text = text_of(request).lower()
        self.calls += 1
        words = tool_words(call.name)
        self.with_tool_words += bool(words) and all(word in text for word in words)
        for name in call.arguments:
            spoken = _spoken(name)
            if len(spoken) >= _SHORTEST_NAME:
                self.arguments += 1
                self.dictated += spoken in text or name in text

    def _add_values(self, call: ToolCall, tool: Tool) -> None:
        for name, value in call.arguments.items():
            if isinstance(value, str) or is_number(value):
                self._count(call.name, name, value, tool.properties.get(name) or {})

    def _described(self, tool: Tool) -> _Described:
        """Return what descriptions say of the values of a tool's parameters, by parameter, where they do."""
        key = id(tool)
        if key not in self.described:
            if len(self.described) >= MOST_TOOLS_KEPT:
                self.described.clear()
            self.described[key] = tool, _described(tool)  # the tool with it, so that its id stays its own
        return self.described[key][1]

    def _count(self, tool: str, name: str, value: Json, schema: JsonMapping) -> None:
        counted = self.values.get((tool, name))
        if counted is not None:
            counted.count += 1
            counted.is_one = counted.is_one and counted.first == value
        elif len(self.values) < MOST_PARAMETERS and "const" not in schema and schema.get("default") != value:
            is_free = not isinstance(schema.get("enum"), list) or len(schema["enum"]) > 1
            self.values[tool, name] = _Values(value, is_one=is_free)

    def _add_result(self, content: Json) -> None:
        self.results += 1
        if isinstance(content, str) and len(content) <= _LONGEST_STATUS:
            self.unreal += _says_only_that_all_is_well(content)


def _described(tool: Tool) -> _Described:
    described = {}
    for name, schema in tool.properties.items():
        text = schema.get("description")
        if isinstance(text, str) and "enum" not in schema:
            form = None if _FORMS_OF_SCHEMAS & schema.keys() else form_of_values(text)
            described[name] = listed_values(text), form
    return {name: says for name, says in described.items() if any(says)}


def _undescribed(call: ToolCall, described: _Described) -> Iterator[Finding]:
    """Yield the values of a call that are none of those that descriptions list, or have another form."""
    for name, (listed, form) in described.items():
        value = call.arguments.get(name)
        if not isinstance(value, str):
            continue
        if listed and value.lower() not in map(str.lower, listed):
            message = f"{name!r} is {value!r:.60}; its description lists {', '.join(listed)[:_LONGEST_LISTING]}"
            yield Finding("unlisted_value", message, call.name)
        elif form and form.is_missed_by(value):
            message = f"{name!r} is {value!r:.60}; its description states the form {form.text}"
            yield Finding("other_form", message, call.name)


@lru_cache(maxsize=16_384)
def _spoken(name: str) -> str:
    return " ".join(name_words(name))


@lru_cache(maxsize=4096)
def _says_only_that_all_is_well(content: str) -> bool:
    value = json_in(content)
    if isinstance(value, dict):
        keys = {str(key).lower() for key in value}
        return bool(keys) and keys <= _ALL_IS_WELL and all(map(_is_nothing, value.values()))
    return _is_nothing(value)


def _is_nothing(value: Json) -> bool:
    return value is True or value is None or value in ({}, []) or str(value).lower() in _ALL_IS_WELL
