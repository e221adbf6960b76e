"""Requests that are worded nearly alike: sketches of their word pairs, which lint, split and synthesis compare.

Source: Broder 1997, "On the resemblance and containment of documents": the smallest hashes of a set stand for it.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from zlib import crc32

from rlvr.data.json_values import leaves
from rlvr.records.message import text_of
from rlvr.records.row import Row

ALIKE = 0.65  # share of word pairs that two wordings have in common, from which they count as nearly alike
_SKETCH = 32  # hashes by which the share is estimated
_KEYS = 8  # pairs of neighbouring hashes by which sketches are looked up
_WORD = re.compile(rb"[a-z0-9_\x80-\xff]+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_POLITE = frozenset(
    b"please could can would will you kindly i me my need want like to hi hello hey thanks thank a an the just".split()
)
_CHARS_READ = 800  # of a long conversation the last words tell rows apart
_FEW_WORDS = 3
_MIX = 0x9E3779B1
_32_BITS = 0xFFFFFFFF
_ENOUGH_WORDS = 8
_SHORTEST_VALUE = 2


def request_of(row: Row) -> str:
    """Return what the user first asks, in lower case and single spaces; of very short openings the next turns too."""
    return " ".join(_opening(row).lower().split())


def wording_of(row: Row) -> str:
    """Return the request with its values left open: those that the expected calls take from it, and all numbers."""
    text = request_of(row)
    values = (value for call in row.ground_truth.calls for value in leaves(call.arguments))
    texts = {value if isinstance(value, str) else json.dumps(value) for value in values if not isinstance(value, bool)}
    for value in sorted(texts, key=len)[::-1]:
        if len(value) >= _SHORTEST_VALUE:
            text = text.replace(" ".join(value.lower().split()), "_")
    return _NUMBER.sub("_", text)


def sketch(text: str, n: int = 3) -> tuple[int, ...]:
    """Return the `n` smallest hashes of a text's word pairs, politeness aside: numbers that nearly equal texts share.

    Two texts share all of them with about the nth power of their Jaccard similarity.
    """
    words = [word for word in _WORD.findall(text[-_CHARS_READ:].lower().encode()) if word not in _POLITE]
    if len(words) <= _FEW_WORDS:
        return (crc32(b" ".join(words)),)
    hashes = list(map(crc32, words))
    pairs = {(a * 31 ^ b) * _MIX & _32_BITS for a, b in itertools.pairwise(hashes)}
    return tuple(sorted(pairs)[:n])


def resemblance(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Return the share of word pairs that the texts of two sketches of `n` hashes have in common, as they tell it."""
    smallest = sorted({*a, *b})[: max(len(a), len(b))]
    return len({*smallest} & {*a} & {*b}) / len(smallest)


class Clusters:
    """Things put together one by one: those that share a key, and those whose wordings are nearly alike.

    Memory is bounded by the number of things, not by their size.
    """

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._by_key: dict[bytes, int] = {}
        self._by_hashes: dict[tuple[int, ...], int] = {}
        self._sketches: dict[int, tuple[int, ...]] = {}

    def add(self, keys: Iterable[Hashable], wording: str | None = None) -> int:
        """Add one thing; the number that `root` takes.

        Args:
            keys: whatever shares one of them belongs together.
            wording: whatever is worded nearly alike belongs together; None compares no wording.
        """
        number = len(self._parents)
        self._parents.append(number)
        for key in keys if wording is None else (*keys, ("wording", wording)):
            digest = blake2b(repr(key).encode(), digest_size=8).digest()
            self._join(number, self._by_key.setdefault(digest, number))
        if wording is not None:
            self._join_alike(number, sketch(wording, _SKETCH))
        return number

    def root(self, number: int) -> int:
        """Return the number that stands for all that belongs together with this one."""
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number

    def _join(self, number: int, earlier: int) -> None:
        low, high = sorted((self.root(number), self.root(earlier)))
        self._parents[high] = low

    def _join_alike(self, number: int, hashes: tuple[int, ...]) -> None:
        self._sketches[number] = hashes
        is_first = False
        keys: list[tuple[int, ...]] = [*itertools.pairwise(hashes[: _KEYS + 1])] or [hashes]
        for key in keys:
            earlier = self._by_hashes.setdefault(key, number)
            is_first = is_first or earlier == number
            if earlier != number and resemblance(hashes, self._sketches[earlier]) >= ALIKE:
                self._join(number, earlier)
        if not is_first:
            del self._sketches[number]


def _opening(row: Row) -> str:
    texts: list[str] = []
    for message in row.prompt:
        if message["role"] == "user":
            texts.append(text_of(message))
            if sum(len(text.split()) for text in texts) >= _ENOUGH_WORDS:
                break
    return "\n".join(texts)
