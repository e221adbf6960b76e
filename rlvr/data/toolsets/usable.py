"""The last step for tools of any source: what can be mended is, with a note; the rest is left out, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rewards import Toolset
from rewards.limits import MAX_REGEX_BACKTRACKS
from rlvr.data.toolsets.loaded import LoadedTools, Skipped

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_VALUES = ("enum", "default", "const", "examples", "required")


def add_usable(tools: Iterable[dict[str, Any]], loaded: LoadedTools) -> None:
    """Add the tools whose schemas can be used; say of the others why not."""
    names: set[str] = set()
    for tool in tools:
        function = tool["function"]
        name = function["name"]
        if name in names:
            loaded.skipped.append(Skipped(name, f"the name {name!r} is given twice"))
            continue
        dropped: list[str] = []
        parameters = _without_bad_patterns(function.get("parameters"), dropped)
        if dropped:
            tool = {**tool, "function": {**function, "parameters": parameters}}
            loaded.notes += [Skipped(name, f"the pattern {pattern!r:.80} is left out: no regular expression that this "
                                           "library reads") for pattern in dict.fromkeys(dropped)]  # fmt: skip
        try:
            Toolset([tool])
        except ValueError as error:
            loaded.skipped.append(Skipped(name, str(error).removeprefix(f"tool {name!r}: ")))
            continue
        names.add(name)
        loaded.tools.append(tool)


def _without_bad_patterns(schema: Any, dropped: list[str]) -> Any:
    """The schema without the patterns that cannot be compiled; the same object where there are none."""
    if isinstance(schema, list):
        items = [_without_bad_patterns(item, dropped) for item in schema]
        return items if any(new is not old for new, old in zip(items, schema, strict=True)) else schema
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    for key, item in schema.items():
        if key in _NAMED and isinstance(item, dict):
            members = {
                name: _without_bad_patterns(each, dropped)
                for name, each in item.items()
                if key != "patternProperties" or _compiles(name, dropped)
            }
            if len(members) < len(item) or any(members[name] is not item[name] for name in members):
                changed[key] = members
        elif key == "pattern" and isinstance(item, str):
            if not _compiles(item, dropped):
                changed[key] = None
        elif key not in _VALUES and (new := _without_bad_patterns(item, dropped)) is not item:
            changed[key] = new
    if not changed:
        return schema
    return {key: item for key, item in {**schema, **changed}.items() if key != "pattern" or item is not None}


def _compiles(pattern: str, dropped: list[str]) -> bool:
    if not _is_regex(pattern):
        dropped.append(pattern)
        return False
    return True


@lru_cache(maxsize=4096)
def _is_regex(pattern: str) -> bool:
    import jsonschema_rs

    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_REGEX_BACKTRACKS)
    try:
        jsonschema_rs.validator_for({"pattern": pattern}, offline=True, pattern_options=options)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
