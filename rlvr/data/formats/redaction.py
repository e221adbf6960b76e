"""Personal data in conversations replaced by stand-ins of its kind, one value by one stand-in throughout.

So a value in a call is still the one in the request, and still what a schema's `format` asks for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rlvr.errors import UserError, unknown
from rlvr.files import Json

_KINDS: Mapping[str, Mapping[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_ANYTHING = {"stand_in": "[REDACTED-{0}]"}
_ADDRESSES = 256  # of a network that is for documentation
KINDS = tuple(_KINDS)
"""What can be asked for by name, in the order in which it is looked for; anything else is a regular expression."""


def check_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds to redact: `all`, names of `KINDS`, or regular expressions as `re:PATTERN`.

    Raises:
        UserError: no such kind, or a pattern that is not a regular expression.
    """
    checked: list[str] = []
    for kind in kinds:
        if kind == "all":
            checked += KINDS
        elif kind.startswith("re:"):
            try:
                re.compile(kind[3:])
            except re.error as error:
                raise UserError(f"redact: {kind[3:]!r} is not a regular expression: {error}") from None
            checked.append(kind)
        elif kind in _KINDS:
            checked.append(kind)
        else:
            raise UserError(unknown("redact:", kind, [*KINDS, "all", "re:PATTERN"]))
    return tuple(dict.fromkeys(checked))


def redacted(value: Json, kinds: Iterable[str]) -> Json:
    """Return a JSON value with every string redacted; keys stay."""
    stand_ins: dict[tuple[str, str], str] = {}
    rules = []
    for kind in kinds:
        rule = _KINDS.get(kind, {"pattern": kind[3:], **_ANYTHING})
        rules.append((kind, re.compile(rule["pattern"]), rule["stand_in"]))

    def replaced(text: str) -> str:
        for kind, pattern, stand_in in rules:
            text = pattern.sub(lambda match: _stand_in(match[0], kind, stand_in), text)  # noqa: B023 - used at once
        return text

    def _stand_in(found: str, kind: str, stand_in: str) -> str:
        if found in stand_ins.values() or (kind == "card" and not _is_card(found)):
            return found
        if (kind, found) not in stand_ins:
            number = 1 + sum(other == kind for other, _ in stand_ins)
            stand_ins[kind, found] = stand_in.format(number, number % _ADDRESSES)
        return stand_ins[kind, found]

    return _mapped(value, replaced)


def _mapped(value: Json, replaced: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return replaced(value)
    if isinstance(value, dict):
        return {key: _mapped(item, replaced) for key, item in value.items()}
    return [_mapped(item, replaced) for item in value] if isinstance(value, list) else value


def _is_card(text: str) -> bool:
    """Tell whether the digits meet Luhn's check, as those of every payment card do."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and any(digits)
