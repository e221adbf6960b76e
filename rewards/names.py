"""The words of identifiers."""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def name_words(name: str) -> list[str]:
    """Return the lower-case words of an identifier: `targetLanguage` and `target_language` are target, language."""
    return [word.lower() for word in _WORD.findall(name)]
