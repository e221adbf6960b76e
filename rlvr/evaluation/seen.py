"""The tools that a policy was trained on, so that an evaluation can tell what it has learnt from what it remembers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from rlvr.files import Json, JsonObject, read_json, write_json
from rlvr.records.evaluated_row import EvaluatedRow
from rlvr.records.message import function_of
from rlvr.records.row import Row

FILE = "trained_tools.json"
"""The file in a run folder that lists the `tool_key`s of its training rows."""

_FOLDERS_ABOVE = 3  # RUN/STAGE/checkpoint-N and the run folder itself


def tool_key(tool: JsonObject) -> str:
    """Return a key that tools of the same name and parameters share, whatever their descriptions say."""
    function = function_of(tool)
    content = json.dumps([function["name"], _without_descriptions(function.get("parameters"))], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def trained_tools(rows: Iterable[Row]) -> frozenset[str]:
    """Return the keys of all tools that the rows offer."""
    return frozenset(tool_key(tool) for row in rows for tool in row.tools)


def is_seen(row: Row | EvaluatedRow, trained: frozenset[str]) -> bool:
    """Tell whether training rows offered every tool that the row calls, or, where it calls none, every tool it
    offers."""
    called = {call.name for call in row.ground_truth.calls}
    tools = [tool for tool in row.tools if function_of(tool)["name"] in called] if called else row.tools
    return trained.issuperset(map(tool_key, tools))


def write_trained_tools(folder: Path, trained: frozenset[str]) -> None:
    """Leave the keys in a run folder, where `find_trained_tools` finds them."""
    write_json(folder / FILE, sorted(trained))


def find_trained_tools(model: str) -> frozenset[str] | None:
    """Return the keys that the run which made a model has left; None where no run did, as for a model from the hub."""
    path = Path(model)
    if not path.exists():
        return None
    for folder in (path, *path.parents[:_FOLDERS_ABOVE]):
        if (folder / FILE).is_file():
            return frozenset(read_json(folder / FILE))
    return None


def _without_descriptions(schema: Json) -> Json:
    """Return a schema without what is only read by people; a parameter may be named `description`."""
    if isinstance(schema, list):
        return list(map(_without_descriptions, schema))
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for name, inner in schema.items():
        if name == "properties" and isinstance(inner, dict):
            kept[name] = dict(zip(inner, map(_without_descriptions, inner.values()), strict=True))
        elif name != "description" or not isinstance(inner, str):
            kept[name] = _without_descriptions(inner)
    return kept
