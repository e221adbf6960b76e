"""How people ask for a value that a request left out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.lexicon import lexicon

_ASKED_FOR: Mapping[str, str] = {
    "street": "street address",
    "street2": "second line of the address",
    "zip": "zip code",
    "query": "search query",
    "first_name": "first name",
    "last_name": "last name",
    "birth": "date of birth",
}


_ASKED_BY = {"when": "date and time", "check in": "check-in date", "check out": "check-out date"}
"""What is asked for where a name is a question; by other words than `why` the reward does not know a reason."""

_EDGES = {
    **dict.fromkeys((("start", word) for word in ("from", "since", "after")), "start"),
    **dict.fromkeys((("end", word) for word in ("to", "until", "before")), "end"),
}
"""What is asked for where a name is only a preposition."""

_MOST = {"min": "minimum", "max": "maximum"}
_IN_CAPITALS = {"id": "ID", "ids": "IDs", "isbn": "ISBN", "url": "URL", "sku": "SKU", "iban": "IBAN", "vin": "VIN"}
_OF_A_DAY = {"date": "date"}


def _unmeasured(parameter: Parameter) -> list[str]:
    """Return the words of a name without the unit at its end: the weight of `weight_kg`."""
    words = parameter.words.split()
    return words[: len(words) - (len(words) > 1 and words[-1] in lexicon().measures)]


def asked_for(parameter: Parameter) -> str:
    """Return how people ask for a value: "order ID", "zip code"."""
    if usual := _ASKED_FOR.get(parameter.meaning.name) or _ASKED_BY.get(parameter.words):
        return usual
    asked = _EDGES.get((parameter.role_name, parameter.words), parameter.role.asked) if parameter.role else ""
    last = parameter.words.rpartition(" ")[2]
    if not asked and (parameter.role_name, last) in _EDGES:
        is_bare = parameter.words.removesuffix(f" {last}") in ("date", "time")
        asked = _EDGES[parameter.role_name, last] if is_bare else parameter.words
    if parameter.role_name in _MOST and " " in parameter.words:
        rest = " ".join(itertools.filterfalse(("min", "max", *_MOST.values()).__contains__, parameter.words.split()))
        return f"{_MOST[parameter.role_name]} {rest}"
    if asked:
        return f"{asked} {_OF_A_DAY.get(parameter.meaning.name, 'time')}"
    words = " ".join(_IN_CAPITALS.get(word, word) for word in _unmeasured(parameter))
    is_somebody = parameter.meaning.name in ("person", "professional")
    if is_somebody and not parameter.is_list and not words.endswith("name"):
        return f"{words}'s name"
    is_bare = parameter.words in ("id", "ids", "iid", "sid", "uid", "uuid", "key") and parameter.noun not in ("", words)
    return f"{parameter.noun} {words}" if is_bare else words
