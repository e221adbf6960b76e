"""Names in a text, by where they stand: beside which word, and on which side of it."""

import re
from collections.abc import Callable, Mapping, Set

from rewards.text.words import SHORTEST_BEGINNING, folded, stem

_TOKEN = re.compile(r"[^\W_]+|[.,;:!?()\[\]\"“”/]")
_NO_WORDS = frozenset('the a an and or & . , ; : ! ? ( ) [ ] " “ ” /'.split()) | {""}

Places = Mapping[tuple[str, str], Set[str]]
"""The names behind and before each word."""


def places_of(names: Set[str], text: str, form: Callable[[str], str]) -> Places:
    """Return where names, given by their stems, stand in a text; each in this form."""
    tokens = ["", *_TOKEN.findall(text), ""]
    places: dict[tuple[str, str], set[str]] = {}
    for before, token, behind in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token[:1].isupper() and (name := stem(folded(token.lower()))) in names:
            places.setdefault(("behind", before.lower()), set()).add(form(name))
            places.setdefault(("before", behind.lower()), set()).add(form(name))
    return {place: held for place, held in places.items() if place[1] not in _NO_WORDS}


def are_replaced(expected: Places, said: Places, words_expected: Set[str], words_said: Set[str]) -> bool:
    """Tell whether a name stands where another was expected, which is not said at all: `in Oslo`, not `in Rome`."""
    return any(
        expected[place].isdisjoint(words_said) and said[place].isdisjoint(words_expected)
        for place in expected.keys() & said.keys()
    )


def are_swapped(expected: Places, said: Places) -> bool:
    """Tell whether two names have changed places: `Bob paid Kim`, not `Kim paid Bob`."""
    moved = set()
    for place in expected.keys() & said.keys():
        if expected[place].isdisjoint(said[place]):
            moved |= {(name, other) for name in expected[place] for other in said[place]}
    return any((other, name) in moved for name, other in moved)


def beginning(name: str) -> str:
    """Return what cases of one name have in common."""
    return name[: max(SHORTEST_BEGINNING, len(name) * 2 // 3)]
