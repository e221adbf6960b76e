"""JSON as RFC 8259 and I-JSON have it: no NaN, no Infinity, no duplicate keys, no lone surrogates, within limits."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rewards.limits import MAX_INTEGER_DIGITS, MAX_JSON_DEPTH, MAX_JSON_NODES

Json = Any
"""A JSON value as it was read: nothing of it is checked, so that whoever takes it apart asks for its type first."""

JsonObject = dict[str, Any]
"""A JSON object, or the options of a YAML file, as read: nothing of it is checked but the type of its keys."""

JsonMapping = Mapping[str, Any]
"""The same, to be read only."""

_SHORT_INTEGER_DIGITS = 640  # the lowest limit Python lets a process set for int(str)
_TO_BRACKET = re.compile(r'(?:"(?:[^"\\]++|\\.)*+"?|[^"\[\]{}]++)*+([\[\]{}]|\Z)', re.DOTALL)
_CONTAINERS = (dict, list)
_SCALARS = frozenset({str, int, float, bool, type(None)})  # numpy's are subclasses of these
_BLANKS = " \t\n\r"
_SPACE = re.compile(f"[{_BLANKS}]*")


encode: Callable[[Json], str] = json.JSONEncoder(ensure_ascii=False).encode
"""Write a value as JSON, letters of all languages as they are: `json.dumps` makes an encoder for each text."""


class MalformedJsonError(ValueError):
    """The text is not the JSON that a tool call may be written in. The message says why, for a person."""


def decode(text: str, *, is_own: bool = False) -> Json:
    """Return the one JSON value that `text` holds, white space around it allowed.

    Args:
        text: of any kind.
        is_own: the text is the user's own and no policy's: of duplicate keys the last one counts, and it may be nested
            as deep as Python reads it. Long texts take a third of the time.

    Raises:
        MalformedJsonError: anything else, whatever the text is.
    """
    text = text.strip(_BLANKS)
    value, end = decode_at(text, 0, is_own=is_own)
    if end != len(text):
        raise MalformedJsonError("text follows the JSON value")
    return value


def decoded(value: Json, *, is_own: bool = False) -> Json:
    """Return what a text holds where it is JSON; any other value, and a text that is none, as it is."""
    if not isinstance(value, str):
        return value
    try:
        return decode(value, is_own=is_own)
    except MalformedJsonError:
        return value


def decode_at(text: str, start: int, *, is_own: bool = False) -> tuple[Json, int]:
    """Return the JSON value that begins at `start`, and the index after it.

    Raises:
        MalformedJsonError: no well-formed value begins there.
    """
    if is_own:
        scan = _scan_any_keys
    elif text.count("[", start) + text.count("{", start) > MAX_JSON_DEPTH and _is_too_deep(text, start):
        raise MalformedJsonError(f"nested deeper than {MAX_JSON_DEPTH}")
    else:
        scan = _scan_short if len(text) <= _SHORT_INTEGER_DIGITS else _scan_long
    try:
        value, end = scan(text, start)
    except json.JSONDecodeError as error:
        raise MalformedJsonError(f"not JSON: {error.msg}") from None
    except StopIteration:
        raise MalformedJsonError("not JSON: Expecting value") from None
    except RecursionError:
        raise MalformedJsonError(f"nested deeper than {MAX_JSON_DEPTH}") from None
    span = text[start:end]
    if ("\\u" in span or is_unencodable(span)) and any(map(is_unencodable, strings(value))):
        raise MalformedJsonError("a lone surrogate in a string")
    return value, end


def skip_space(text: str, start: int) -> int:
    """Return the index of the first character at or after `start` that is not JSON white space."""
    if text[start : start + 1] == "\n":  # the common case: one line break, and then something else
        start += 1
    if text[start : start + 1] > " ":
        return start
    match = _SPACE.match(text, start)
    return match.end() if match else start


def why_not_json(value: object) -> str | None:
    """Say why a Python value is not a JSON value within the limits; None where it is one. Cyclic values end too."""
    level: list[Json] = [value]
    nodes, depth = 1, 0
    while level:
        below: list[Json] = []
        for item in level:
            if type(item) is str and item.isascii():  # most of what a schema holds
                continue
            if not isinstance(item, _CONTAINERS):
                if (reason := _why_not_scalar(item)) is not None:
                    return reason
                continue
            nodes += len(item)
            if nodes > MAX_JSON_NODES:
                return f"more than {MAX_JSON_NODES} values"
            if depth == MAX_JSON_DEPTH:
                return f"nested deeper than {MAX_JSON_DEPTH}"
            if isinstance(item, dict):
                try:
                    keys = "".join(item)
                except TypeError:
                    return "an object key that is not a string"
                if not keys.isascii():
                    below += item
                item = item.values()
            below += item
        level, depth = below, depth + 1
    return None


def plain(value: object, depth: int = 0) -> Json:
    """Return dicts and lists for other mappings and sequences, and for numpy's, which parquet readers hand out."""
    if type(value) in _SCALARS or depth > MAX_JSON_DEPTH:
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item, depth + 1) for item in value]
    return value


def _why_not_scalar(item: object) -> str | None:
    if isinstance(item, str):
        return "a lone surrogate in a string" if is_unencodable(item) else None
    if item is None or isinstance(item, bool):
        return None
    if isinstance(item, int):
        is_long = item.bit_length() > MAX_INTEGER_DIGITS * math.log2(10)
        return f"an integer of more than {MAX_INTEGER_DIGITS} digits" if is_long else None
    if isinstance(item, float):
        return None if math.isfinite(item) else "NaN or Infinity"
    return f"a {type(item).__name__}, which is not JSON"


def _is_too_deep(text: str, start: int) -> bool:
    depth = 0
    for match in _TO_BRACKET.finditer(text, start):
        depth += 1 if match[1] in ("[", "{") else -1
        if not 0 < depth <= MAX_JSON_DEPTH:
            return depth > 0
    return False


def is_unencodable(text: str) -> bool:
    """Tell whether a text holds a lone surrogate."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def json_types(value: object) -> tuple[str, ...]:
    """Return JSON Schema's names for the type of a JSON value; an integral number has two."""
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int | float):
        return ("integer", "number") if isinstance(value, int) or value.is_integer() else ("number",)
    return ("array",) if isinstance(value, list) else ("object",) if isinstance(value, dict) else ("string",)


def strings(value: object) -> Iterable[str]:
    """Yield every string of a JSON value, keys included."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            pending.extend(item)
            pending.extend(item.values())


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJsonError("a duplicate key")
    return members


def integer(literal: str) -> int:
    """Return the integer that a literal of JSON stands for.

    Raises:
        MalformedJsonError: it has too many digits.
    """
    if len(literal) <= _SHORT_INTEGER_DIGITS:
        return int(literal)
    if len(literal.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise MalformedJsonError(f"an integer of more than {MAX_INTEGER_DIGITS} digits")
    return int(Decimal(literal))  # int(str) would depend on what the process allows


def finite_float(literal: str) -> float:
    """Return the finite number that a literal of JSON stands for.

    Raises:
        MalformedJsonError: it is too large for a float.
    """
    number = float(literal)
    if math.isinf(number):
        raise MalformedJsonError("a number too large for a float")
    return number


def _constant(literal: str) -> Json:
    raise MalformedJsonError(f"{literal} is not JSON")


def _scanner(**options: Any) -> Callable[[str, int], tuple[Json, int]]:
    # What `raw_decode` calls, without a Python function between.
    scan: Callable[[str, int], tuple[Json, int]] = json.JSONDecoder(**options).scan_once  # type: ignore[attr-defined]
    return scan


_scan_short = _scanner(object_pairs_hook=_object, parse_float=finite_float, parse_constant=_constant)
_scan_long = _scanner(object_pairs_hook=_object, parse_float=finite_float, parse_int=integer, parse_constant=_constant)
_scan_any_keys = _scanner(parse_float=finite_float, parse_int=integer, parse_constant=_constant)
