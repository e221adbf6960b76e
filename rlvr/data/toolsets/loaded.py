"""What a source of tools gives: tools, what was left out of it and why, and which of it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from rlvr.files import JsonObject


class Skipped(NamedTuple):
    """A part of a source that gives no tool.

    Attributes:
        place: where, or the tool's name.
        reason: why, for a person.
    """

    place: str
    reason: str


@dataclass
class LoadedTools:
    """The tools of a source.

    Args:
        tools: OpenAI tool dicts, their names distinct.
        skipped: parts that give no tool.
        notes: what was changed in a tool so that it could be used.
    """

    tools: list[JsonObject] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Selection:
    """Which tools are wanted, by patterns with `*` and `?` that are held against a tool's labels in any case.

    Args:
        include: patterns one of which must meet a label; empty takes all.
        exclude: patterns none of which may.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def admits(self, labels: Iterable[str]) -> bool:
        """Return whether a tool of these labels is wanted: its name, and in OpenAPI its operation, path and tags."""
        lowered = [label.lower() for label in labels]
        return (not self.include or _meets(self.include, lowered)) and not _meets(self.exclude, lowered)

    def of_names(self, loaded: LoadedTools) -> LoadedTools:
        """Return what is wanted of tools whose only label is their name."""
        loaded.tools = [tool for tool in loaded.tools if self.admits([tool["function"]["name"]])]
        return loaded


@dataclass(frozen=True)
class ToolSource:
    """One kind of source.

    Args:
        summary: how it is named, for a person.
        reads: whether a source is of this kind, by its text.
        tools: what it gives of what is wanted.
    """

    summary: str
    reads: Callable[[str], bool]
    tools: Callable[[str, Selection], LoadedTools]


def _meets(patterns: Sequence[str], labels: Sequence[str]) -> bool:
    return any(fnmatchcase(label, pattern.lower()) for pattern in patterns for label in labels)
