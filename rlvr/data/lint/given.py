"""Whether a request that is answered with a question already gives what the question asks for.

A value that no rule can recognise is never claimed: what counts is an enum's value, a value next to its parameter's
name, a date or a count where only one parameter can take it, and values that other rows of the file give to the same
parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rewards import Tool, Toolset
from rewards.names import name_words
from rlvr.data.json_values import list_of
from rlvr.files import JsonMapping

MOST_VALUES = 2_000  # values remembered of one parameter
MOST_PARAMETERS = 2_000
MOST_WAITING = 20_000
"""Questions kept until the end, when all values of the file are known; later ones are held against those known then."""

_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_NUMBER = re.compile(r"(?<![\w.:/-])\d+(?:\.\d+)?(?![\w:/-])")
_TELLING = re.compile(r"[A-Z0-9]")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_LONGEST_READ = 2000  # characters of a request in which known values are looked for
_MOST_WORDS = 4  # of a known value
_NAMES_OF_TEXTS = frozenset(
    "text message body content query note title subject description prompt question comment".split()
)


@dataclass(frozen=True)
class Asked:
    """A question that is expected: where, of which tool, for what, and the request that it answers."""

    line: int
    tool: Tool
    missing: tuple[str, ...]
    text: str


@dataclass
class KnownValues:
    """What rows that call a tool give to each of its parameters, and the questions that wait to be held against it."""

    values: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    waiting: list[Asked] = field(default_factory=list)

    def learn(self, tool: str, arguments: JsonMapping) -> None:
        """Remember the texts that a call gives. Only those that begin like a name tell a value from a common word."""
        for name, value in arguments.items():
            if type(value) is not str or not 1 < len(value) < 60 or not (value[0].isupper() or value[0].isdigit()):
                continue
            values = self.values.get((tool, name))
            if values is None:
                if len(self.values) >= MOST_PARAMETERS:
                    continue
                values = self.values[tool, name] = set()
            if len(values) < MOST_VALUES:
                values.add(value)

    def given(self, asked: Asked) -> str | None:
        """Return the first parameter that is asked for although the request gives it, with its value; None where none
        is."""
        for name in asked.missing:
            schema = asked.tool.properties.get(name)
            if schema is None:
                continue
            value = _enum_value(schema, name, asked) or _named(name, asked.text) or _counted(name, asked)
            value = value or _only_date(name, asked) or self._known(name, asked)
            if value:
                return f"asks for {name!r}, but the request says {value!r}"
        return None

    def _known(self, name: str, asked: Asked) -> str | None:
        """Return a value of this parameter in other rows, where more such values are said than other parameters can
        take."""
        vocabulary = self.values.get((asked.tool.name, name))
        if not vocabulary:
            return None
        stated = list(filter(vocabulary.__contains__, _phrases(asked.text)))
        if not stated:
            return None
        takers = [
            other
            for other in asked.tool.properties
            if not vocabulary.isdisjoint(self.values.get((asked.tool.name, other), ()))
        ]
        free = [other for other in asked.tool.properties if _takes_any_text(asked.tool, other)]
        is_certain = len(set(stated)) >= len(takers) and not (set(free) - set(takers))
        return stated[-1] if is_certain else None


def concerned(tools: Toolset, missing: tuple[str, ...]) -> Tool | None:
    """Return the one offered tool that has all of the missing parameters; None where none has, or several."""
    having = tools.with_parameters(missing)
    return having[0] if missing and len(having) == 1 else None


def _takes_any_text(tool: Tool, name: str) -> bool:
    """Tell whether the parameter may hold whole sentences, so that a name in the request may belong to it."""
    schema = tool.properties[name]
    is_text = schema.get("type", "string") == "string" and not {"enum", "format", "pattern"} & schema.keys()
    return is_text and not _NAMES_OF_TEXTS.isdisjoint(name_words(name))


def _enum_value(schema: JsonMapping, name: str, asked: Asked) -> str | None:
    folded = asked.text.casefold().replace("_", " ")
    others = [sibling for key, sibling in asked.tool.properties.items() if key != name]
    for value in list_of(schema.get("enum")):
        if not isinstance(value, str) or len(value) < 4:
            continue
        word = value.casefold().replace("_", " ")
        is_elsewhere = any(value in list_of(sibling.get("enum")) for sibling in others)
        is_topic = word in asked.tool.name.casefold().replace("_", " ") or word in asked.tool.description.casefold()
        if not is_elsewhere and not is_topic and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", folded):
            return value
    return None


def _named(name: str, text: str) -> str | None:
    """Return the parameter's name with a value next to it: `city: Paris`, `party size = 4`, `the city is Paris`."""
    words = r"[ _-]?".join(map(re.escape, name_words(name)))
    match = re.search(rf"(?<!\w){words}\s*(?:=|:|\bis\b)\s*[\"']?([A-Z0-9][\w.-]*)", text, re.I) if words else None
    return match[1] if match and _TELLING.search(match[1]) else None


def _counted(name: str, asked: Asked) -> str | None:
    """Return a number next to the unit that names the parameter: `3 nights` for `nights`."""
    kind = asked.tool.properties[name].get("type")
    words = name_words(name)
    if kind not in ("integer", "number") or not words:
        return None
    unit = words[-1].rstrip("s")
    if len(unit) < 3 or sum(unit in (w.rstrip("s") for w in name_words(other)) for other in asked.tool.properties) > 1:
        return None
    match = re.search(rf"(?<![\w.:/-])\d+(?:\.\d+)? {re.escape(unit)}s?\b", asked.text, re.I)
    return match[0] if match else None


def _only_date(name: str, asked: Asked) -> str | None:
    if not _is_date(asked.tool.properties[name]):
        return None
    takers = sum(_takes_date(other, schema) for other, schema in asked.tool.properties.items())
    dates = _DATE.findall(asked.text)
    return dates[-1] if len(set(dates)) >= takers else None


def _is_date(schema: JsonMapping) -> bool:
    return schema.get("format") == "date" or "YYYY-MM-DD" in str(schema.get("description"))


def _takes_date(name: str, schema: JsonMapping) -> bool:
    return _is_date(schema) or schema.get("format") == "date-time" or "date" in name_words(name)


def _phrases(text: str) -> Iterator[str]:
    """Yield every run of one to four words, the text's own spaces and marks between them."""
    spans = [match.span() for match in _WORD.finditer(text[:_LONGEST_READ])]
    for start, (begin, _) in enumerate(spans):
        for _, end in spans[start : start + _MOST_WORDS]:
            yield text[begin:end]
