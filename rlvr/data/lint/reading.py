"""One line of a data file as the checks see it, or the findings that say why it cannot be used."""

from __future__ import annotations

import json
import marshal
import re
from functools import lru_cache
from typing import NamedTuple

from rewards import Behavior, GroundTruth, ToolCall, Toolset
from rewards.strict_json import MalformedJsonError, decode
from rewards.types import GroundTruthError
from rlvr.data.json_values import member, object_of
from rlvr.data.lint.findings import Finding
from rlvr.files import Json, JsonMapping, JsonObject, kind_of
from rlvr.records.message import function_of
from rlvr.records.row import ROLES

_KEPT_TOOLSETS = 4096
_PLAIN = frozenset(["ground_truth", "behavior"])
_SHORT_CALLS = 4096
_FEW_CALLS = 16


class Offered(NamedTuple):
    """The tools of a row, compiled, and what lint asks of them again and again."""

    tools: Toolset  # compiled
    names: tuple[str, ...]  # of the tools, in their order
    undescribed: tuple[str, ...]  # names of the tools that have no description
    given: list[JsonObject]  # as the row has them


class Read(NamedTuple):
    """A row as the checks see it."""

    prompt: list[JsonObject]
    offered: Offered
    key: bytes  # equal where the tools are equal
    truth: GroundTruth  # what is expected
    reward_model: JsonMapping  # the mapping it was read from
    extra_info: Json
    episode: Json = None  # of a conversation to be held; None for other rows


class UnusableError(Exception):
    """A line that no check can go on with, and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def read(line: bytes | None) -> Read:
    """Return the row that a line holds.

    Raises:
        UnusableError: it holds none; says why.
    """
    if line is None:
        raise UnusableError(Finding("not_json", "the line is longer than a row may be (16 MiB)"))
    line = line.strip()
    known = _with_known_tools(line)
    if known is None:
        row = _loaded(line)
        if not isinstance(row, dict):
            raise _unusable("bad_row", f"a row is a JSON object, not {kind_of(row)}")
        prompt = _prompt(row.get("prompt"))
        offered, key = _offered(_decoded(row.get("tools") or [], "tools"))
        _remember_tools(line, offered, key)
    else:
        row, (offered, key) = known
        prompt = _prompt(row.get("prompt"))
    model = _decoded(row.get("reward_model"), "reward_model")
    if not isinstance(model, dict) or model.get("ground_truth") is None:
        raise _unusable("bad_row", "reward_model.ground_truth: missing; it is a JSON list of calls, or a text")
    truth = _plain_calls(model)
    if truth is None:
        try:
            truth = GroundTruth.parse(model)
        except GroundTruthError as error:
            kind = "duplicate_key" if "duplicate key" in error.message else "bad_truth"
            raise _unusable(kind, f"reward_model.{error}") from None
    return Read(prompt, offered, key, truth, model, row.get("extra_info"), row.get("episode"))


_known_tools: dict[bytes, tuple[Offered, bytes]] = {}
_TOOLS = b'"tools": ['
_END_OF_TOOLS = re.compile(rb'\}\](?=, "|\})')


def _with_known_tools(line: bytes) -> tuple[JsonObject, tuple[Offered, bytes]] | None:
    """Return the row without its tools, and the tools; None where their text has not been read before.

    Most of a line is its tools, and most lines have tools that another line had. An unescaped `"tools": ` is a key
    wherever it stands, and what follows it is read alike wherever it is the same text.
    """
    place = _place_of_tools(line)
    if place is None or (known := _known_tools.get(line[slice(*place)])) is None:
        return None
    rest = line[: place[0]] + b"null" + line[place[1] :]
    try:
        row = _loaded(rest)
    except UnusableError:
        return None  # a second reading of the whole line says at which column
    is_its_own = isinstance(row, dict) and "tools" in row and row["tools"] is None
    return (row, known) if is_its_own else None


def _remember_tools(line: bytes, offered: Offered, key: bytes) -> None:
    place = _place_of_tools(line)
    if place is None or not offered.names:
        return
    text = line[slice(*place)]
    try:
        is_whole = marshal.dumps(json.loads(text), 2) == key
    except ValueError:
        return  # the end was one within
    if is_whole:
        if len(_known_tools) >= _KEPT_TOOLSETS:
            _known_tools.clear()
        _known_tools[text] = offered, key


def _place_of_tools(line: bytes) -> tuple[int, int] | None:
    start = line.find(_TOOLS)
    if start < 0 or line.count(b'"tools"') > 1:
        return None
    start += len(_TOOLS) - 1
    end = _END_OF_TOOLS.search(line, start)
    return (start, end.end()) if end else None


def _plain_calls(model: JsonObject) -> GroundTruth | None:
    """Return what `GroundTruth.parse` makes of a few short calls and nothing else; None where there is more to it.

    Most rows are like that, and what JSON of this length decodes to needs none of the checks that any value needs.
    """
    text = model["ground_truth"]
    if not _PLAIN.issuperset(model) or model.get("behavior") != "execute" or type(text) is not str:
        return None
    if len(text) > _SHORT_CALLS or text[:1] != "[":
        return None
    try:
        decoded = decode(text)
    except MalformedJsonError:
        return None
    calls = []
    for item in decoded:
        if type(item) is not dict or len(item) != 2 or type(item.get("arguments")) is not dict:
            return None
        name = item.get("name")
        if type(name) is not str:
            return None
        calls.append(ToolCall(name, item["arguments"]))
    if not 0 < len(calls) <= _FEW_CALLS:
        return None
    truth = object.__new__(GroundTruth)
    truth.__dict__.update(
        behavior=Behavior.EXECUTE, calls=tuple(calls), text=None, missing=(), alternatives=(), also=()
    )
    return truth


def _unusable(kind: str, message: str) -> UnusableError:
    return UnusableError(Finding(kind, message))


def _loaded(line: bytes) -> Json:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise _unusable("damaged_text", f"not UTF-8 at byte {error.start}") from None
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        raise _unusable("not_json", f"{error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise _unusable("not_json", str(error)) from None
    if end != len(text):
        raise _unusable("not_json", f"more than one JSON value: text follows at column {end + 1}")
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _unusable("duplicate_key", "an object has a key twice; all but the last value are lost")
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)


def _decoded(value: Json, field: str) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return decode(value)
    except MalformedJsonError as error:
        kind = "duplicate_key" if "duplicate key" in str(error) else "bad_row"
        raise _unusable(kind, f"{field}: {error}") from None


def _prompt(prompt: Json) -> list[JsonObject]:
    if not isinstance(prompt, list) or not prompt:
        raise _unusable("bad_row", f"prompt: must be a non-empty list of messages, not {kind_of(prompt)}")
    for index, message in enumerate(prompt):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            role = message.get("role") if isinstance(message, dict) else message
            raise _unusable("bad_row", f"prompt[{index}].role: {role!r:.60} is not one of {', '.join(ROLES)}")
        if not isinstance(message.get("content"), str) and not message.get("tool_calls"):
            raise _unusable("bad_row", f"prompt[{index}].content: must be a text")
    return prompt


def _offered(tools: Json) -> tuple[Offered, bytes]:
    if not isinstance(tools, list):
        raise _unusable("bad_row", f"tools: must be a list of tools, not {kind_of(tools)}")
    try:
        key = marshal.dumps(tools, 2)
    except ValueError:
        raise _unusable("bad_tool", "tools: nested too deeply") from None
    offered = _compiled(key)
    if isinstance(offered, Finding):
        raise UnusableError(offered)
    return offered, key


@lru_cache(maxsize=_KEPT_TOOLSETS)
def _compiled(key: bytes) -> Offered | Finding:
    tools = marshal.loads(key)  # noqa: S302 - bytes that `_offered` has just written
    if name := _with_nulls(tools):
        return Finding("null_schema", f"tool {name!r}: parameters are null; keep tools as JSON strings", name)
    names = list(map(_name, tools))
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        return Finding("same_name", f"{names.count(twice)} tools are called {twice!r}", twice)
    try:
        compiled = Toolset(tools)
    except ValueError as error:
        return Finding("bad_tool", str(error))
    undescribed = tuple(tool.name for tool in compiled if not tool.description.strip())
    return Offered(compiled, compiled.names, undescribed, tools)


def _name(tool: Json) -> str | None:
    name = function_of(tool).get("name")
    return name if isinstance(name, str) else None


def _with_nulls(tools: list[Json]) -> str | None:
    """Return a tool of which a property is null: Arrow gives all structs of a column the same members."""
    for tool in tools:
        properties = member(function_of(tool).get("parameters"), "properties")
        if None in object_of(properties).values():
            return _name(tool) or "?"
    return None
