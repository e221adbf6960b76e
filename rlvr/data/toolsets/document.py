"""A JSON or YAML file as JSON values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from rlvr.errors import UserError


class _JsonLoader(yaml.SafeLoader):
    """YAML without dates, which JSON does not have: they stay the texts they are written as."""


_JsonLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> Any:
    """The value that a file holds; keys are texts.

    Raises:
        UserError: the file cannot be read, or is neither JSON nor YAML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; tools also come from module:function and mcp:COMMAND") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start + 1}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if path.suffix.lower() not in (".yaml", ".yml"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            if path.suffix.lower() == ".json":
                raise UserError(f"{path}: not JSON: {error}") from None
    try:
        return _with_text_keys(yaml.load(text, Loader=_JsonLoader))  # noqa: S506 - a SafeLoader without dates
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())[:200]}") from None


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value
