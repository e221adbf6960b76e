"""The words of identifiers, and what references name."""

import re
from collections.abc import Mapping

from rewards.strict_json import Json, JsonMapping

_WORD = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def name_words(name: str) -> list[str]:
    """Return the lower-case words of an identifier: `targetLanguage` and `target_language` are target, language."""
    return [word.lower() for word in _WORD.findall(name)]


def local_target(reference: object, root: JsonMapping) -> Json:
    """Return what a local `$ref` points to in a schema; None for any other, and where there is nothing."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    place: Json = root
    for step in reference[1:].split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        place = place.get(step) if isinstance(place, Mapping) else None
    return place
