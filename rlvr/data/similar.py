"""Which requests are worded nearly alike, values aside: MinHash signatures, compared where one of their bands agrees.

Source: Broder 1997, "On the resemblance and containment of documents"; Leskovec, Rajaraman and Ullman, "Mining of
Massive Datasets", chapter 3, for the bands.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Hashable, Iterable, Iterator
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from rlvr.records.row import Row

ALIKE = 0.65
"""Share of equal positions of two signatures from which two wordings count as nearly alike: an estimate of the share of
word pairs that both have."""

_POSITIONS, _BAND = 32, 4
_PRIME = (1 << 61) - 1
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_ENOUGH_WORDS = 8
_WORDS_READ = 256
_SHORTEST_VALUE = 2
_random = Random("minhash")
_COEFFICIENTS = [(_random.randrange(1, _PRIME), _random.randrange(_PRIME)) for _ in range(_POSITIONS)]


def request_of(row: Row) -> str:
    """Return what the user first asks, in lower case and single spaces; of very short openings the next turns too."""
    return " ".join(_opening(row).lower().split())


def wording_of(row: Row) -> str:
    """Return the request with its values left open: those that the expected calls take from it, and all numbers."""
    text = request_of(row)
    for value in sorted({value for call in row.ground_truth.calls for value in _texts(call.arguments)}, key=len)[::-1]:
        if len(value) >= _SHORTEST_VALUE:
            text = text.replace(" ".join(value.lower().split()), "_")
    return _NUMBER.sub("_", text)


def signature(text: str) -> array[int]:
    """Return the MinHash signature of a text's word pairs: 32 positions that nearly equal texts mostly share."""
    words = _WORD.findall(text)[:_WORDS_READ]
    pairs = {f"{a} {b}" for a, b in zip(["", *words], [*words, ""], strict=True)}
    hashes = [crc32(pair.encode()) for pair in pairs]
    return array("Q", [min((a * each + b) % _PRIME for each in hashes) for a, b in _COEFFICIENTS])


class Clusters:
    """Things put together one by one: those that share a key, and those whose wordings are nearly alike.

    Memory is bounded by the number of things, not by their size.
    """

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._by_key: dict[bytes, int] = {}
        self._by_band: dict[int, int] = {}
        self._signatures: dict[int, array[int]] = {}

    def add(self, keys: Iterable[Hashable], wording: str | None = None) -> int:
        """Add one thing; the number that `root` takes.

        Args:
            keys: whatever shares one of them belongs together.
            wording: whatever is worded nearly alike belongs together; None compares no wording.
        """
        number = len(self._parents)
        self._parents.append(number)
        for key in keys:
            digest = blake2b(repr(key).encode(), digest_size=8).digest()
            self._join(number, self._by_key.setdefault(digest, number))
        if wording is not None:
            self._join_alike(number, signature(wording))
        return number

    def root(self, number: int) -> int:
        """Return the number that stands for all that belongs together with this one."""
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number

    def _join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parents[high] = low

    def _join_alike(self, number: int, own: array[int]) -> None:
        is_first = False
        for position in range(0, _POSITIONS, _BAND):
            band = crc32(own[position : position + _BAND].tobytes(), position) << 5 | position
            earlier = self._by_band.setdefault(band, number)
            if earlier == number:
                is_first = True
            elif sum(a == b for a, b in zip(own, self._signatures[earlier], strict=True)) >= ALIKE * _POSITIONS:
                self._join(number, earlier)
        if is_first:
            self._signatures[number] = own


def _opening(row: Row) -> str:
    said: list[str] = []
    for message in row.prompt:
        if message["role"] == "user":
            said.append(str(message.get("content") or ""))
            if sum(len(text.split()) for text in said) >= _ENOUGH_WORDS:
                break
    return "\n".join(said)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
    elif not isinstance(value, bool) and value is not None:
        yield json.dumps(value)
