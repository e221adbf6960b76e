"""A JSON, JSON lines or YAML file as JSON values."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import yaml

from rlvr.errors import UserError
from rlvr.files import GZIP, Json, other_kind, split_lines

MAX_DOCUMENT_BYTES = 100_000_000  # bytes of a document, many times the longest OpenAPI document that is known
MAX_DOCUMENT_VALUES = 20_000_000
"""Values that a document may hold once its YAML aliases are written out: a bomb of a few lines holds billions."""

_YAML = (".yaml", ".yml")

MAX_DEPTH = 200  # levels that a document may be nested
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_NOT_JSON = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")


class _JsonLoader(_SAFE_LOADER):
    """YAML without dates and without a bare `=` as a mark, which JSON does not have: both stay texts."""


_JsonLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_JSON]
    for letter, resolvers in _SAFE_LOADER.yaml_implicit_resolvers.items()
}
_JsonLoader.add_constructor("!binary", _SAFE_LOADER.construct_yaml_binary)  # as Ruby writes it


def is_yaml(path: Path) -> bool:
    """Tell whether a file's name promises YAML."""
    return path.suffix.lower() in _YAML


def read_document(path: Path) -> Json:
    """Return the value that a file holds, its keys as texts; JSON lines, and several documents of YAML, give a list.

    Raises:
        UserError: the file cannot be read, is neither JSON nor YAML, or goes past a limit above.
    """
    text = _text(path)
    if not is_yaml(path):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            if (values := _json_lines(text)) is not None:
                return values
            if path.suffix.lower() in (".json", ".jsonl"):
                raise UserError(f"{path}: not JSON: {error}") from None
    try:
        values = list(yaml.load_all(text, Loader=_JsonLoader))
        return _Expansion(path).of(values[0] if len(values) == 1 else values, 0)[0]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())[:200]}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_DOCUMENT_BYTES + 1)
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file; tools also come from FILE.py, module:function and mcp:COMMAND"
        ) from None
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder; name a file in it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if not content.strip():
        raise UserError(f"{path}: is empty")
    if (complaint := other_kind(content[:8])) is not None:
        raise UserError(f"{path}: {complaint}")
    if content.startswith(GZIP):
        raise UserError(f"{path}: is compressed with gzip; unpack it first: gunzip")
    if len(content) > MAX_DOCUMENT_BYTES:
        raise UserError(f"{path}: more than {MAX_DOCUMENT_BYTES / 1e6:.0f} MB, which no document has")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start + 1}") from None


def _json_lines(text: str) -> list[Json] | None:
    """Return the value of each line; None unless there are several lines and each is a JSON object or list."""
    lines = split_lines(text)
    if len(lines) < 2 or lines[0].lstrip()[0] not in "[{":
        return None
    try:
        values = [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return None
    return values if all(isinstance(value, dict | list) for value in values) else None


def _bytes_text(value: bytes) -> str:
    """Return the text that bytes of YAML are in UTF-8; their base64, as JSON would hold it, where they are none."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


class _Expansion:
    """YAML's values with texts for keys, each alias read once and counted as often as it stands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._converted: dict[int, tuple[Json, int]] = {}
        self._open: set[int] = set()

    def of(self, value: Json, depth: int) -> tuple[Json, int]:
        """Return the value and how many values it holds."""
        if isinstance(value, bytes):
            return _bytes_text(value), 1
        if not isinstance(value, dict | list):
            return value, 1
        key = id(value)
        if key in self._converted:
            return self._converted[key]
        if key in self._open:
            raise UserError(f"{self._path}: an anchor holds an alias of itself, which JSON cannot say")
        if depth > MAX_DEPTH:
            raise UserError(f"{self._path}: nested more than {MAX_DEPTH} levels deep")
        self._open.add(key)
        if isinstance(value, dict):
            members = {str(name): self.of(item, depth + 1) for name, item in value.items()}
            converted: Json = {name: item for name, (item, _) in members.items()}
            count = 1 + sum(number for _, number in members.values())
        else:
            items = [self.of(item, depth + 1) for item in value]
            converted, count = [item for item, _ in items], 1 + sum(number for _, number in items)
        self._open.discard(key)
        if count > MAX_DOCUMENT_VALUES:
            raise UserError(
                f"{self._path}: holds more than {MAX_DOCUMENT_VALUES:,} values once its aliases are followed"
            )
        self._converted[key] = converted, count
        return self._converted[key]
