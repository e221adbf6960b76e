"""Rows that come again: within a file, nearly so, and in files that are held out. Memory is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rlvr.data.lint.findings import Finding
from rlvr.data.similar import sketch
from rlvr.files import Json, JsonMapping

MOST_REMEMBERED = 500_000
"""Rows remembered at most, the latest ones, and at least half as many: what comes again later goes unseen."""

_64_BITS = 0xFFFFFFFFFFFFFFFF


@dataclass
class _Latest:
    """A map of keys to what came with their first occurrence, which forgets the oldest half when it is full."""

    firsts: dict[int, int] = field(default_factory=dict)
    older: dict[int, int] = field(default_factory=dict)

    def first(self, key: int, value: int) -> int | None:
        """Return what came with the key's first occurrence; None where this is it."""
        earlier = self.firsts.get(key)
        if earlier is None and self.older:
            earlier = self.older.get(key)
        if earlier is not None:
            return earlier
        if 2 * len(self.firsts) >= MOST_REMEMBERED:
            self.older, self.firsts = self.firsts, {}
        self.firsts[key] = value
        return None


@dataclass
class Repeats:
    """What has been seen so far, and what is held out."""

    held_out: dict[int, str] = field(default_factory=dict)  # prompt keys of held-out files to the file's name
    unseen_tools: dict[str, str] = field(default_factory=dict)  # tools that no row should have, to the file's name
    tasks: _Latest = field(default_factory=_Latest)
    sketches: _Latest = field(default_factory=_Latest)

    def find(self, line: int, said: str, tools: Json, truth: Json, *, is_wrong: bool = False) -> Finding | None:
        """Return a repetition, the gravest first. `tools` and `truth` are hashable stand-ins for the row's.

        A row that is wrong by itself is not held against later ones: a right one that comes after it stays.
        """
        prompt = hash(said)
        if prompt in self.held_out:
            return Finding("prompt_leak", f"the prompt is also in {self.held_out[prompt]}")
        if is_wrong:
            return None
        # One number holds the line and what was expected there: a million tuples would keep the garbage collector busy.
        expected = hash(truth) & _64_BITS
        earlier = self.tasks.first(hash((prompt, tools)), line << 64 | expected)
        if earlier is not None:
            if earlier & _64_BITS == expected:
                return Finding("duplicate", f"the same as line {earlier >> 64}")
            return Finding("contradiction", f"asks the same as line {earlier >> 64}, and expects something else")
        near = self.sketches.first(hash((sketch(said), tools)), line)
        return None if near is None else Finding("near_duplicate", f"nearly the same as line {near}")

    def leaking(self, names: Iterable[str]) -> Iterable[Finding]:
        """Yield the offered tools that should be unseen."""
        for name in names:
            if name in self.unseen_tools:
                yield Finding("tool_leak", f"{name!r} is also in {self.unseen_tools[name]}", name)


def said_in(prompt: Sequence[JsonMapping]) -> str:
    """Return what a prompt says apart from system messages: its key when rows are compared."""
    return "\n".join(
        [
            str(message.get("content")) + (str(message["tool_calls"]) if message.get("tool_calls") else "")
            for message in prompt
            if message["role"] not in ("system", "developer")
        ]
    )
