"""Equal tools of many rows as one object: a file of 100,000 rows rarely holds more than some hundred tools."""

from __future__ import annotations

import json
from typing import Any

from rlvr.files import Json, JsonObject

_REMEMBERED = 20_000
"""Tools and parts of tools that are looked up; where there are more, looking up begins anew."""


class SharedTools:
    """Gives equal tools, and equal parts of tools that differ, the same object. They must not be changed after that."""

    def __init__(self) -> None:
        self._by_json: JsonObject = {}
        self._texts: dict[str, str] = {}
        # By the identities of their parts, which are kept alive by the values of these tables.
        self._parts: dict[tuple[Any, ...], Any] = {}

    def tools(self, tools: list[Json]) -> list[Json]:
        """Return an equal list, of tools as they were met first."""
        return list(map(self._tool, tools))

    def text(self, text: str) -> str:
        """Return an equal text, as it was met first."""
        if len(self._texts) >= _REMEMBERED:
            self._forget()
        return self._texts.setdefault(text, text)

    def _tool(self, tool: Json) -> Json:
        key = json.dumps(tool)
        shared = self._by_json.get(key)
        if shared is None:
            if max(len(self._by_json), len(self._parts)) >= _REMEMBERED:
                self._forget()
            shared = self._by_json[key] = self._part(tool)
        return shared

    def _part(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            inner = {self.text(name): self._part(part) for name, part in value.items()}
            key: tuple[Any, ...] = (dict, *((id(name), id(part)) for name, part in inner.items()))
            return self._parts.setdefault(key, inner)
        if isinstance(value, list):
            items = list(map(self._part, value))
            return self._parts.setdefault((list, *map(id, items)), items)
        return value

    def _forget(self) -> None:
        self._by_json.clear()
        self._texts.clear()
        self._parts.clear()
