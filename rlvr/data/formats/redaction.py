"""Personal data in conversations replaced by stand-ins of its kind, one value by one stand-in throughout.

So a value in a call is still the one in the request, and still what a schema's `format` asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from rlvr.errors import UserError, unknown
from rlvr.files import Json

_KINDS: Mapping[str, tuple[str, Callable[[int], str]]] = {
    "email": (r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", lambda n: f"user{n}@example.com"),
    "secret": (
        r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}"
        r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|(?<=Bearer )[\w.~+/-]{16,}",
        lambda n: f"SECRET-{n}",
    ),
    "iban": (r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", lambda n: f"XX00 {n:012d}"),
    "card": (r"(?<![\w.])\d(?:[ -]?\d){12,18}(?!\w|\.\d)", lambda n: f"{n:016d}"),
    "ssn": (r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", lambda n: f"000-00-{n:04d}"),
    "ip": (r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)", lambda n: f"192.0.2.{n % 256}"),
    "phone": (
        r"(?<![\w-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
        r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[ .-]\d{3}[ .-]\d{4})(?![\w-])",
        lambda n: f"+1 555 010 {n:04d}",
    ),
}
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
    rules = [
        (kind, re.compile(_KINDS[kind][0] if kind in _KINDS else kind[3:]), _KINDS.get(kind, ("", _anything))[1])
        for kind in kinds
    ]

    def replaced(text: str) -> str:
        for kind, pattern, stand_in in rules:
            text = pattern.sub(lambda match: _stand_in(match[0], kind, stand_in), text)  # noqa: B023 - used at once
        return text

    def _stand_in(found: str, kind: str, stand_in: Callable[[int], str]) -> str:
        if found in stand_ins.values() or (kind == "card" and not _is_card(found)):
            return found
        if (kind, found) not in stand_ins:
            stand_ins[kind, found] = stand_in(1 + sum(other == kind for other, _ in stand_ins))
        return stand_ins[kind, found]

    return _mapped(value, replaced)


def _mapped(value: Json, replaced: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return replaced(value)
    if isinstance(value, dict):
        return {key: _mapped(item, replaced) for key, item in value.items()}
    return [_mapped(item, replaced) for item in value] if isinstance(value, list) else value


def _anything(number: int) -> str:
    return f"[REDACTED-{number}]"


def _is_card(text: str) -> bool:
    """Tell whether the digits meet Luhn's check, as those of every payment card do."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and any(digits)
