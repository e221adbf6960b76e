"""When two values of an argument are the same: exactly, unless the schema or the text itself says otherwise.

Texts are equal if they are the same. Case, white space and Unicode forms are forgiven only

- where the parameter has `x-compare: text`, or
- where its name, its description and both values show words for a person, and nothing in its schema (`enum`, `const`,
  `pattern`, `format`, `x-compare: exact`) says that a machine reads them.

A text in a form that has a standard, such as a `date-time` or a `uri`, is what the standard says that it is, and one
that holds JSON is what it holds: `forms`. An integral float is an integer, other numbers have a tolerance, a boolean is
no number.
Lists have an order unless `uniqueItems` or `x-unordered` takes it away. Members of objects have defaults, and null is
leaving out where a member is optional and may be null: `filled`.
"""

import itertools
import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from rewards.limits import MAX_NORMALISED_CHARS, MAX_SCHEMA_STEPS, MAX_UNORDERED_ITEMS, NUMBER_TOLERANCE
from rewards.matching.forms import JSON, form_of, same_in_form
from rewards.names import local_target, name_words
from rewards.strict_json import Json, JsonMapping, JsonObject, MalformedJsonError, decode, json_types

ABSENT: Any = object()
"""Stands for a value that was not given."""

_NO_SCHEMA: JsonMapping = {}
_ABSOLUTE_TOLERANCE = 1e-12
_NAMES_KEPT = 1024  # the same parameters are compared again and again
_WORDING = tomllib.loads((Path(__file__).parent / "wording.toml").read_text(encoding="utf-8"))
_WORDS = {group: frozenset(words.split()) for group, words in _WORDING.items()}
_COMBINATORS = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_KEYWORDS_FOR_MACHINES = frozenset({"enum", "const", "pattern", "format", "contentEncoding", "contentMediaType"})
_SIGNS_OF_CODE = (
    r"[_\\=<>{}\[\]|`~^@#*/+]"  # signs that prose does without
    r"|(?<!\S)-{1,2}\w"  # an option
    r"|[$%]\w*[^\W\d]"  # $HOME, %Y
    r"|[^\W\d_]\d"  # CO2, v1
    r"|[^\W\d_]{2}[.:]{1,2}[^\W\d_]{2}"  # a.txt, key:value
    r"|[^\W\d_]\("  # a call
    r"|;\s*(?:\n|$)"  # the end of a statement
    r"|\n[ \t]+\S"  # indentation
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_NO_PROSE = re.compile(_SIGNS_OF_CODE)
_NO_PLAIN_SEARCH = re.compile(rf"{_SIGNS_OF_CODE}|\b(?:AND|OR|NOT)\b")  # engines take these for operators
_WIDE_FORMS = re.compile("[\uff00-\uffef]+")
_TYPED_SIGNS = str.maketrans("\u2018\u2019\u201c\u201d\u2010\u2011\u2013\u2014", "''\"\"----")
"""Quotes and dashes as people's devices set them, and as keyboards have them."""


class Parameter(NamedTuple):
    """What is known of a value: the name of its parameter or member, and its schema.

    Args:
        name: of the parameter; for items of a list, that of the list.
        schema: `{}` where unknown.
        root: the schema that local `$ref`s point into.
        description: of the parameter, or of the list that it is an item of.
        compare: the `x-compare` of the parameter, or of what it is a part of; None where nothing says.
    """

    name: str
    schema: JsonMapping = _NO_SCHEMA
    root: JsonMapping = _NO_SCHEMA
    description: str = ""
    compare: str | None = None

    @classmethod
    def of(cls, name: str, schema: JsonMapping, root: JsonMapping) -> "Parameter":
        """Describe a tool's parameter."""
        description = schema.get("description")
        return cls(name, schema, root, description if isinstance(description, str) else "", schema.get("x-compare"))

    def part(self, name: str, schema: object) -> "Parameter":
        """Describe a member or an item of the value."""
        schema = schema if isinstance(schema, Mapping) else {}
        description = schema.get("description")
        if not isinstance(description, str):
            description = self.description if name == self.name else ""
        return Parameter(name, schema, self.root, description, schema.get("x-compare", self.compare))

    def under(self, value: object) -> JsonMapping:
        """Return the schema with references followed, `allOf` merged and the alternative taken that admits `value`."""
        if _COMBINATORS.isdisjoint(self.schema):
            return self.schema
        return _resolved(self.schema, self.root, value, itertools.count())


def values_equal(expected: Json, predicted: Json, parameter: Parameter) -> bool:
    """Tell whether two JSON values mean the same to the parameter."""
    if expected is None or predicted is None or isinstance(expected, bool) or isinstance(predicted, bool):
        return expected is predicted
    if isinstance(expected, str):
        return isinstance(predicted, str) and (
            expected == predicted or _texts_equal(expected, predicted, parameter.under(expected), parameter)
        )
    if isinstance(expected, int | float):
        return isinstance(predicted, int | float) and (
            expected == predicted or _numbers_close(expected, predicted, parameter.under(expected))
        )
    if isinstance(expected, dict):
        return isinstance(predicted, dict) and _objects_equal(expected, predicted, parameter)
    return (
        isinstance(predicted, list)
        and len(expected) == len(predicted)
        and _lists_equal(expected, predicted, parameter.under(expected), parameter)
    )


def written_alike(expected: Json, predicted: Json, parameter: Parameter) -> bool:
    """Tell whether two values are the same where nothing tells their type: then "3" is 3, as both are written alike."""
    if values_equal(expected, predicted, parameter):
        return True
    if isinstance(expected, str) == isinstance(predicted, str):
        return bool(_as_texts(expected) == _as_texts(predicted))
    text, value = (expected, predicted) if isinstance(expected, str) else (predicted, expected)
    try:
        return values_equal(decode(text), value, parameter)
    except MalformedJsonError:
        return False


def _as_texts(value: Json) -> Json:
    """Return a value with a text in the place of each that is neither a list nor an object."""
    if isinstance(value, dict):
        return {key: _as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_as_texts, value))
    return value if isinstance(value, str) else json.dumps(value)


def is_identical(a: Json, b: Json) -> bool:
    """Tell whether two JSON values are the same without any schema's help: `1`, `1.0` and `true` are three values."""
    if type(a) is not type(b) or a != b:
        return False
    if isinstance(a, dict):
        return all(map(is_identical, a.values(), map(b.get, a)))
    return not isinstance(a, list) or all(map(is_identical, a, b))


def filled(value: object, parameter: Parameter, is_required: bool) -> Json:
    """Return the value with which a tool is left: a default for what is absent, and null where it may be left out."""
    if value is not ABSENT and value is not None:
        return value
    default = parameter.under(None).get("default", ABSENT)
    if not is_required and (default is ABSENT or default is None) and is_nullable(parameter):
        return ABSENT if value is None else value
    return default if value is ABSENT else value


def is_nullable(parameter: Parameter) -> bool:
    """Tell whether the schema says that the value may be null."""
    schema = parameter.under(None)
    return "null" in _types(schema) or (isinstance(schema.get("enum"), list) and None in schema["enum"])


# --- texts


def _texts_equal(expected: str, predicted: str, schema: JsonMapping, parameter: Parameter) -> bool:
    compare = schema.get("x-compare", parameter.compare)
    if compare == "exact" or max(len(expected), len(predicted)) > MAX_NORMALISED_CHARS:
        return False
    if compare == "text":
        return _folded(expected) == _folded(predicted)
    form = form_of(schema, parameter.description)
    if form == JSON:
        return _json_texts_equal(expected, predicted, parameter.part(parameter.name, schema.get("contentSchema")))
    if form is not None:
        return same_in_form(expected, predicted, form)
    if "string" not in _types(schema) or not _KEYWORDS_FOR_MACHINES.isdisjoint(schema):
        return False
    signs = _signs_against_words(parameter.name, parameter.description)
    return (
        signs is not None
        and _folded(expected) == _folded(predicted)
        and _are_words(expected, signs)
        and _are_words(predicted, signs)
    )


def _json_texts_equal(expected: str, predicted: str, content: Parameter) -> bool:
    """Tell whether two texts hold the same JSON, under the schema of what they hold."""
    try:
        return values_equal(decode(expected), decode(predicted), content)
    except MalformedJsonError:
        return False


@lru_cache(maxsize=_NAMES_KEPT)
def _signs_against_words(name: str, description: str) -> re.Pattern[str] | None:
    """Return the signs of a value that is no words, where name and description show words; None elsewhere."""
    words = _singulars(name_words(name))
    described = _singulars(re.findall(r"[^\W_]+", description.lower()))
    shown = words | described
    if words & _WORDS["technical_names"] or shown & _WORDS["technical"]:
        return None
    if words & _WORDS["for_search"] and "search" in shown:
        return _NO_PLAIN_SEARCH
    if words & _WORDS["for_search"]:
        return None
    if words & _WORDS["for_people"] or ("name" in words and words & _WORDS["parts_of_names"]):
        return _NO_PROSE
    if words & _WORDS["ambiguous"] and described & _WORDS["for_people"]:
        return _NO_PROSE
    return None


def _singulars(words: Iterable[str]) -> set[str]:
    """Return the words, and what they may be the plural of."""
    forms = set()
    for word in words:
        forms.add(word)
        if word.endswith("s"):
            forms.update((word[:-1], word.removesuffix("es"), word.removesuffix("ies") + "y"))
    return forms


def _are_words(text: str, signs: re.Pattern[str]) -> bool:
    return signs.search(text) is None and any(map(str.isalpha, text))


def _folded(text: str) -> str:
    """Return the text without regard to case, white space, composed or wide letters, and curly quotes and dashes."""
    if text.isascii():
        return " ".join(text.lower().split())
    text = _WIDE_FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", " ".join(text.translate(_TYPED_SIGNS).split()).casefold())


# --- numbers


def _numbers_close(expected: float, predicted: float, schema: JsonMapping) -> bool:
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


# --- objects and lists


def _objects_equal(expected: JsonMapping, predicted: JsonMapping, parameter: Parameter) -> bool:
    schema = parameter.under(expected)
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    for key in expected.keys() | predicted.keys():
        member = parameter.part(key, properties.get(key, schema.get("additionalProperties")))
        wanted = filled(expected.get(key, ABSENT), member, key in required)
        got = filled(predicted.get(key, ABSENT), member, key in required)
        if wanted is ABSENT or got is ABSENT:
            if wanted is not got:
                return False
        elif not values_equal(wanted, got, member):
            return False
    return True


def _lists_equal(
    expected: Sequence[Json], predicted: Sequence[Json], schema: JsonMapping, parameter: Parameter
) -> bool:
    first = schema.get("prefixItems", ())
    rest = schema.get("items")
    if isinstance(rest, list):
        first, rest = rest, schema.get("additionalItems")
    if schema.get("uniqueItems") is True or schema.get("x-unordered") is True:
        return _bags_equal(expected, predicted, parameter.part(parameter.name, rest))
    for index, (wanted, got) in enumerate(zip(expected, predicted, strict=True)):
        item = parameter.part(parameter.name, first[index] if index < len(first) else rest)
        if not values_equal(wanted, got, item):
            return False
    return True


def _bags_equal(expected: Sequence[Json], predicted: Sequence[Json], item: Parameter) -> bool:
    if len(expected) > MAX_UNORDERED_ITEMS:
        pairs = zip(sorted(expected, key=_sort_key), sorted(predicted, key=_sort_key), strict=True)
        return all(values_equal(wanted, got, item) for wanted, got in pairs)
    left = list(predicted)
    for wanted in expected:
        index = next((index for index, got in enumerate(left) if values_equal(wanted, got, item)), None)
        if index is None:
            return False
        del left[index]
    return True


def _sort_key(value: object) -> tuple[str, str]:
    if isinstance(value, str):
        return "text", _folded(value[:MAX_NORMALISED_CHARS])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", hex(int(value)) if _is_integral(value) else float(value).hex()
    if isinstance(value, list):
        return "list", repr(list(map(_sort_key, value)))
    if isinstance(value, dict):
        return "object", repr(sorted((key, _sort_key(item)) for key, item in value.items()))
    return "constant", repr(value)


# --- schemas


def _resolved(schema: JsonMapping, root: JsonMapping, value: object, steps: "itertools.count[int]") -> JsonMapping:
    if _COMBINATORS.isdisjoint(schema):
        return schema
    if next(steps) >= MAX_SCHEMA_STEPS:  # shared by all branches: schemas may refer to themselves many times over
        return {}
    merged: JsonObject = {}
    if isinstance(target := local_target(schema.get("$ref"), root), dict):
        merged.update(_resolved(target, root, value, steps))
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            merged.update(_resolved(part, root, value, steps))
    branches = (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
    alternatives = [_resolved(branch, root, value, steps) for branch in branches if isinstance(branch, dict)]
    admitting = [alternative for alternative in alternatives if _admits(alternative, value)]
    if admitting:
        likest: JsonMapping = max(admitting, key=partial(_likeness, value))
        merged.update(likest)
    return {**merged, **{key: item for key, item in schema.items() if key not in _COMBINATORS}}


def _admits(schema: JsonMapping, value: object) -> bool:
    if "const" in schema:
        return _is_same(schema["const"], value)
    if "enum" in schema:
        return any(_is_same(item, value) for item in schema["enum"])
    types = _types(schema)
    return not types or any(kind in types for kind in json_types(value))


def _likeness(value: object, schema: JsonMapping) -> tuple[bool, int]:
    """Tell how well an alternative describes an object: with the words and members it asks for; how many it knows."""
    if not isinstance(value, dict):
        return True, 0
    properties = schema.get("properties", {})
    known = [key for key in value if isinstance(properties.get(key), dict)]
    is_told = value.keys() >= set(schema.get("required", ()))
    return is_told and all(_admits(properties[key], value[key]) for key in known), len(known)


def _is_same(a: object, b: object) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _types(schema: JsonMapping) -> Sequence[str]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else types
