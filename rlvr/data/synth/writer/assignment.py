"""Read off a drawn row what its request has to say: the calls that are wished for, and what is kept back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rewards import Behavior, Tool, ToolCall, Toolset
from rewards.names import name_words
from rlvr.data.json_values import leaves
from rlvr.files import Json, JsonMapping, JsonObject
from rlvr.records.row import Row

Stated = tuple[str, JsonMapping]  # a tool's name, and the arguments that a request states for it


@dataclass(frozen=True)
class Assignment:
    """A drawn row with its rule's sentence, to be written anew."""

    row: Row

    @cached_property
    def tools(self) -> dict[str, Tool]:
        """The offered tools by name."""
        return {tool.name: tool for tool in Toolset.of(list(self.row.tools)) or ()}

    @cached_property
    def place(self) -> int:
        """Return where the request stands in the prompt: the first message of the user's."""
        return next(place for place, message in enumerate(self.row.prompt) if message["role"] == "user")

    @property
    def draft(self) -> str:
        """The rule's sentence."""
        return str(self.row.prompt[self.place].get("content") or "")

    @cached_property
    def calls(self) -> tuple[Stated, ...]:
        """Return what the request states, call by call; empty where it speaks of no offered tool."""
        truth, arguments = self.row.ground_truth, self.row.extra_info.get("given")
        earlier = list(_earlier_calls(self.row))
        if truth.behavior is Behavior.EXECUTE:
            names = {call.name for call in truth.calls}
            before = [stated for stated in earlier if stated[0] not in names]  # one of the same tool has failed
            return (*before, *((call.name, self._without_results(call)) for call in truth.calls))
        if earlier:
            return tuple(earlier)
        tool = self.row.extra_info.get("tool")
        is_asked = bool(truth.missing) and isinstance(tool, str) and isinstance(arguments, Mapping)
        return ((str(tool), arguments or {}),) if is_asked else ()

    @cached_property
    def from_results(self) -> tuple[tuple[str, str], ...]:
        """(tool, parameter) of the values that come from an earlier call's result."""
        stated = [(name, key) for name, arguments in self.calls for key in arguments]
        wanted = [(call.name, key) for call in self.row.ground_truth.calls for key in call.arguments]
        return tuple(pair for pair in wanted if pair not in stated)

    @cached_property
    def values(self) -> list[tuple[str, str, Any]]:
        """(tool, parameter, value) of everything that the request has to state."""
        return [(name, key, value) for name, arguments in self.calls for key, value in arguments.items()]

    @property
    def withheld(self) -> tuple[str, ...]:
        """The parameters that the request must not give, since the reply asks for them."""
        return tuple(self.row.ground_truth.missing or ())

    def words_for(self, tool: str, parameter: str) -> str:
        """Return what a parameter stands for, as a person would say it: its description, else its name's words."""
        schema = self.tools[tool].properties.get(parameter) if tool in self.tools else None
        description = schema.get("description") if isinstance(schema, Mapping) else None
        return " ".join(str(description).split())[:200] if description else " ".join(name_words(parameter))

    def _without_results(self, call: ToolCall) -> JsonObject:
        results = list(_results(self.row))

        def is_of_a_result(value: Json) -> bool:
            return any(value == leaf and type(value) is type(leaf) for leaf in results)

        arguments = call.arguments.items()
        return {name: value for name, value in arguments if str(value) in self.draft or not is_of_a_result(value)}


def _earlier_calls(row: Row) -> Iterator[Stated]:
    for message in row.prompt:
        for call in message.get("tool_calls") or ():
            function = call.get("function", call)
            arguments = function.get("arguments") or {}
            yield function["name"], json.loads(arguments) if isinstance(arguments, str) else arguments


def _results(row: Row) -> Iterator[Any]:
    for message in row.prompt:
        if message["role"] == "tool":
            try:
                yield from leaves(json.loads(str(message.get("content"))))
            except ValueError:
                continue
