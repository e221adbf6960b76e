"""When two argument values mean the same."""

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rewards.limits import MAX_NORMALISED_CHARS, MAX_SCHEMA_STEPS, MAX_UNORDERED_ITEMS, NUMBER_TOLERANCE

_ABSENT: Any = object()
_ABSOLUTE_TOLERANCE = 1e-12
_SHORT_TEXT = 256  # what is worth keeping: the same values are expected, and given, again and again
_COMBINATORS = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_VERBATIM_KEYWORDS = frozenset({"enum", "const", "pattern", "format", "contentEncoding", "contentMediaType"})
_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ID_WORDS = frozenset(
    "id ids uid uuid guid key token code codes hash sku isbn iban vin ticker symbol email mail url uri link path file "
    "filename folder dir directory username user login password passwd secret number regex pattern query sql "
    "expression branch commit version checksum slug handle hostname domain".split()
)
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
    "null": (type(None),),
}


def values_equal(expected: Any, predicted: Any, schema: Mapping[str, Any], root: Mapping[str, Any], name: str) -> bool:
    """Whether two JSON values mean the same under a parameter's schema.

    Args:
        expected: the ground truth's value.
        predicted: the completion's value.
        schema: of the parameter; `{}` where unknown, which folds no case.
        root: the schema that local `$ref`s point into.
        name: of the parameter; ids and codes are told by it.
    """
    if expected is None or predicted is None or isinstance(expected, bool) or isinstance(predicted, bool):
        return expected is predicted
    if isinstance(expected, str):
        return isinstance(predicted, str) and (
            expected == predicted or _texts_equal(expected, predicted, _resolved(schema, root, expected), name)
        )
    if isinstance(expected, int | float):
        return isinstance(predicted, int | float) and (
            expected == predicted or _numbers_close(expected, predicted, _resolved(schema, root, expected))
        )
    if isinstance(expected, dict):
        return isinstance(predicted, dict) and _objects_equal(
            expected, predicted, _resolved(schema, root, expected), root
        )
    return (
        isinstance(predicted, list)
        and len(expected) == len(predicted)
        and _lists_equal(expected, predicted, _resolved(schema, root, expected), root, name)
    )


def differ_always(a: Any, b: Any) -> bool:
    """Whether two scalars of one type are unequal under every schema; False where only the schema can tell."""
    if type(a) is str:
        return len(a) <= _SHORT_TEXT and len(b) <= _SHORT_TEXT and _folded(a)[1] != _folded(b)[1]
    if type(a) is float:
        return not math.isclose(a, b, rel_tol=NUMBER_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)
    return bool(a != b)


def name_words(name: str) -> list[str]:
    """The lower-case words of an identifier: `targetLanguage` and `target_language` are target, language."""
    return [word.lower() for word in _NAME_WORD.findall(name)]


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """The schema with references followed, `allOf` merged and the alternative taken that admits the value."""
    if _COMBINATORS.isdisjoint(schema):
        return schema
    return _resolved_within(schema, root, value, itertools.count())


def _resolved_within(
    schema: Mapping[str, Any], root: Mapping[str, Any], value: Any, steps: "itertools.count[int]"
) -> Mapping[str, Any]:
    if _COMBINATORS.isdisjoint(schema):
        return schema
    if next(steps) >= MAX_SCHEMA_STEPS:  # shared by all branches: schemas may refer to themselves many times over
        return {}
    merged: dict[str, Any] = {}
    if isinstance(target := _at(root, schema.get("$ref")), dict):
        merged.update(_resolved_within(target, root, value, steps))
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            merged.update(_resolved_within(part, root, value, steps))
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if isinstance(branch, dict) and _admits(chosen := _resolved_within(branch, root, value, steps), value):
            merged.update(chosen)
            break
    return {**merged, **{key: item for key, item in schema.items() if key not in _COMBINATORS}}


def _at(root: Mapping[str, Any], reference: Any) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    place: Any = root
    for step in reference[1:].strip("/").split("/") if len(reference) > 2 else ():
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, dict) or step not in place:
            return None
        place = place[step]
    return place


def _admits(schema: Mapping[str, Any], value: Any) -> bool:
    if "const" in schema:
        return _is_same(schema["const"], value)
    if "enum" in schema:
        return any(_is_same(item, value) for item in schema["enum"])
    types = _types(schema)
    if not types:
        return True
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return True
    return any(isinstance(value, _JSON_TYPES.get(kind, ())) for kind in types)


def _is_same(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    given = schema.get("type", ())
    return (given,) if isinstance(given, str) else given


def _texts_equal(expected: str, predicted: str, schema: Mapping[str, Any], name: str) -> bool:
    if max(len(expected), len(predicted)) > MAX_NORMALISED_CHARS:
        return expected.split() == predicted.split()
    expected, folded_expected = _folded(expected)
    predicted, folded_predicted = _folded(predicted)
    return expected == predicted or (folded_expected == folded_predicted and _is_free_text(schema, name))


def _folded(text: str) -> tuple[str, str]:
    """The text in one Unicode form and with single spaces, and that without regard to case."""
    return _folded_short(text) if len(text) <= _SHORT_TEXT else _folded_short.__wrapped__(text)


@lru_cache(maxsize=2**14)
def _folded_short(text: str) -> tuple[str, str]:
    normalised = " ".join(unicodedata.normalize("NFKC", text).split())
    return normalised, normalised.casefold()


def _is_free_text(schema: Mapping[str, Any], name: str) -> bool:
    return (
        "string" in _types(schema) and _VERBATIM_KEYWORDS.isdisjoint(schema) and _ID_WORDS.isdisjoint(name_words(name))
    )


def _numbers_close(expected: float, predicted: float, schema: Mapping[str, Any]) -> bool:
    if _is_integral(expected) and _is_integral(predicted):
        return False  # exact comparison has already told them apart
    types = _types(schema)
    if "integer" in types and "number" not in types:
        return False
    if any(isinstance(number, int) and number.bit_length() > 1000 for number in (expected, predicted)):
        return False  # beyond any float
    return math.isclose(expected, predicted, rel_tol=NUMBER_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)


def _is_integral(number: float) -> bool:
    return isinstance(number, int) or number.is_integer()


def _objects_equal(
    expected: Mapping[str, Any], predicted: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any]
) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for key in expected.keys() | predicted.keys():
        member = properties.get(key, others)
        member = member if isinstance(member, dict) else {}
        default = member.get("default", _ABSENT)
        wanted, got = expected.get(key, default), predicted.get(key, default)
        if wanted is _ABSENT or got is _ABSENT or not values_equal(wanted, got, member, root, key):
            return False
    return True


def _lists_equal(
    expected: Sequence[Any], predicted: Sequence[Any], schema: Mapping[str, Any], root: Mapping[str, Any], name: str
) -> bool:
    prefix = schema.get("prefixItems", ())
    items = schema.get("items", {})
    if isinstance(items, list):
        prefix, items = items, schema.get("additionalItems", {})
    rest = items if isinstance(items, dict) else {}
    if schema.get("uniqueItems") is True or schema.get("x-unordered") is True:
        return _bags_equal(expected, predicted, rest, root, name)
    return all(
        values_equal(a, b, prefix[index] if index < len(prefix) else rest, root, name)
        for index, (a, b) in enumerate(zip(expected, predicted, strict=True))
    )


def _bags_equal(
    expected: Sequence[Any], predicted: Sequence[Any], items: Mapping[str, Any], root: Mapping[str, Any], name: str
) -> bool:
    if len(expected) > MAX_UNORDERED_ITEMS:
        ordered = sorted(expected, key=_sort_key), sorted(predicted, key=_sort_key)
        return all(values_equal(a, b, items, root, name) for a, b in zip(*ordered, strict=True))
    left = list(predicted)
    for value in expected:
        found = next((index for index, other in enumerate(left) if values_equal(value, other, items, root, name)), None)
        if found is None:
            return False
        del left[found]
    return True


def _sort_key(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return "text", _folded(value)[1]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", hex(int(value)) if _is_integral(value) else float(value).hex()
    if isinstance(value, list):
        return "list", repr([_sort_key(item) for item in value])
    if isinstance(value, dict):
        return "object", repr(sorted((key, _sort_key(item)) for key, item in value.items()))
    return "constant", repr(value)
