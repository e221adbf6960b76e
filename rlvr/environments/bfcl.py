"""BFCL's multi-turn back ends as environments: file system, messages, tickets, trading, travel and cars.

Calls are carried out, and the verdict is given, by the leaderboard's own code, the package `bfcl-eval` (Patil et al.,
ICML 2025). A row names an entry of it: `{"environment": "bfcl", "entry": "multi_turn_base_0"}`.
"""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rewards import ToolCall
from rlvr.environments.bfcl_package import package
from rlvr.environments.episode import Episode, Step
from rlvr.environments.protocol import Outcome, ToolResult, UserTurn
from rlvr.environments.python_tools import attributes_of, changed_lines
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping

CATEGORIES = ("multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context")
MOST_STEPS = 20
"""Turns with calls after one request, after which the leaderboard's own runner gives an entry up."""

_UNKNOWN = "no_such_function()"
"""What a call stands for that the back ends have no method for; to run it as it is written would run a model's code."""

_numbers = itertools.count()


class BfclEnvironment:
    """An entry's back ends, its requests one after the other, and the leaderboard's verdict as the outcome.

    Args:
        entry: as `load_dataset_entry` of the package gives it.
        ground_truth: for each request the calls that the leaderboard holds the policy's against.
    """

    def __init__(self, entry: JsonMapping, ground_truth: Sequence[Sequence[str]]) -> None:
        self.entry = entry
        self.ground_truth = ground_truth
        self.backends = _Backends(entry)
        self.methods = self.backends.methods()
        self.requests: list[list[str]] = [[]]
        self._began = self._attributes()

    @classmethod
    def begin(cls, episode: Episode) -> BfclEnvironment:
        """Return the environment of an episode, as it begins."""
        name = episode.options["entry"]
        entries = _entries(category_of(name))
        if name not in entries:
            raise ValueError(f"no entry {name!r}")
        return cls(*entries[name])

    def answer(self, call: ToolCall) -> ToolResult:
        """Carry out a call."""
        text = written(call, self.methods)
        self.requests[-1].append(text)
        if text == _UNKNOWN:
            return ToolResult(f"Error during execution: name {call.name!r:.80} is not defined", is_error=True)
        result = self.backends.carry_out(text)
        return ToolResult(result, result.startswith(("Error", '{"error"')))

    def reply(self, text: str) -> UserTurn:
        """Return the next request; a text ends what the policy does about the one before."""
        number = len(self.requests)
        if number == len(self.entry["question"]):
            return UserTurn("", is_over=True)
        self.requests.append([])
        more = self.entry.get("missed_function", {}).get(str(number))
        if more:
            return UserTurn(package().more_functions, tools=tuple(package().tools_of(more)))
        return UserTurn("\n".join(message["content"] for message in self.entry["question"][number]))

    def changes(self) -> tuple[str, ...]:
        """Return how the back ends differ from those that the entry began with."""
        return changed_lines(self._began, self._attributes())

    def outcome(self) -> Outcome:
        """Ask the leaderboard's checker. Progress is all or nothing, as its score is."""
        steps = [[[call] for call in calls] for calls in self.requests]
        error = verdict(self.entry, self.ground_truth, steps)
        if error is None:
            return Outcome(is_reached=True, progress=1.0)
        return Outcome(is_reached=False, progress=0.0, reasons=(error,))

    def close(self) -> None:
        """Let go of the back ends."""
        self.backends.close()

    def _attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = {}
        for name, backend in self.backends.instances().items():
            attributes |= {f"{name}.{key}": value for key, value in attributes_of(backend).items()}
        return attributes


class _Backends:
    """An entry's back ends, which the package keeps among its module's globals under the name of the model."""

    def __init__(self, entry: JsonMapping) -> None:
        self.entry = entry
        self.name = f"rlvr_{next(_numbers)}"

    def carry_out(self, call: str) -> str:
        """Evaluate one call, which `written` has written."""
        (result,), _ = self._execute([call])
        return result

    def instances(self) -> Mapping[str, Any]:
        """Return the objects by the names of their classes."""
        _, instances = self._execute([])
        return instances

    def methods(self) -> frozenset[str]:
        """Return the names that calls may have, those that the package maps to its objects."""
        names: set[str] = set()
        for backend in self.instances().values():
            names.update(dict(inspect.getmembers(backend, inspect.ismethod)))
        return frozenset(name for name in names if not name.startswith("_"))

    def _execute(self, calls: Sequence[str]) -> tuple[list[str], Mapping[str, Any]]:
        answers: tuple[list[str], Mapping[str, Any]] = package().multi_turn.execute_multi_turn_func_call(
            func_call_list=list(calls),
            initial_config=self.entry["initial_config"],
            involved_classes=self.entry["involved_classes"],
            model_name=self.name,
            test_entry_id=self.entry["id"],
            long_context="long_context" in self.entry["id"],
        )
        return answers

    def close(self) -> None:
        """Drop the objects."""
        _forget(self.name)


def episodes(category: str, rows: int | None = None) -> list[Episode]:
    """Return the entries of a category, or the first of them, as episodes; their solutions are the ground truths.

    Raises:
        UserError: no such category, or `bfcl-eval` is not installed.
    """
    if category not in CATEGORIES:
        raise UserError(unknown("category", category, CATEGORIES))
    return [_episode(*pair) for pair in itertools.islice(_entries(category).values(), rows)]


def _episode(entry: JsonMapping, ground_truth: Sequence[Sequence[str]]) -> Episode:
    options = {"entry": entry["id"], "most_turns": (MOST_STEPS + 2) * len(entry["question"])}
    tools = package().tools_of(entry["function"])
    extra_info = {"kind": category_of(entry["id"])}
    return Episode(entry["question"][0], tools, "bfcl", options, _solution(entry, ground_truth), extra_info)


def _solution(entry: JsonMapping, ground_truth: Sequence[Sequence[str]]) -> tuple[Step, ...]:
    later = itertools.chain.from_iterable(entry.get("missed_function", {}).values())
    functions = [*entry["function"], *later]
    parameters = {function["name"]: list(function["parameters"]["properties"]) for function in functions}
    steps = []
    for calls in ground_truth:
        if calls:
            steps += [Step(tuple(_call(text, parameters) for text in calls)), Step(text="That is done.")]
        else:
            steps.append(Step(text="I cannot do that with what I have."))
    return tuple(steps)


def _call(text: str, parameters: Mapping[str, list[str]]) -> ToolCall:
    """Return a call as the ground truths write it, in Python: `sort('final_report.pdf')`."""
    expression = ast.parse(text, mode="eval").body
    if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Name):
        raise ValueError(f"not a call: {text:.80}")
    values = dict(zip(parameters[expression.func.id], expression.args, strict=False))
    values.update((str(keyword.arg), keyword.value) for keyword in expression.keywords)
    return ToolCall(expression.func.id, {name: ast.literal_eval(value) for name, value in values.items()})


def category_of(entry: str) -> str:
    """Return the category of an entry by its id."""
    return entry.rpartition("_")[0]


def written(call: ToolCall, methods: frozenset[str]) -> str:
    """Return a call as the back ends take it, in Python, which they evaluate: nothing but a known method gets there."""
    if call.name not in methods or not all(map(str.isidentifier, call.arguments)):
        return _UNKNOWN
    (text,) = package().handling.convert_to_function_call([{call.name: call.arguments}])
    return str(text)


def verdict_on(entry_id: str, result: Json) -> str | None:
    """Score an output as the leaderboard stores it: for each request the steps, each a list of `{name: arguments}`.

    Returns:
        None where it is right, else the leaderboard's type of error.
    """
    entry, ground_truth = _entries(category_of(entry_id))[entry_id]
    if not isinstance(result, list):
        return "multi_turn:inference_error"
    backends = _Backends(entry)
    try:
        methods = backends.methods()
    finally:
        backends.close()
    decoded = []
    for steps in result:
        calls = [_decoded(step, methods) for step in steps]
        decoded.append(list(filter(None, calls)))  # steps without calls are passed over
    return verdict(entry, ground_truth, decoded)


def _decoded(step: Json, methods: frozenset[str]) -> list[str]:
    """Return a step's calls; none where they cannot be read, as the leaderboard's runner passes over them."""
    calls = []
    try:
        for name, value in itertools.chain.from_iterable(call.items() for call in step):
            arguments = json.loads(value) if isinstance(value, str) else value
            calls.append(written(ToolCall(name, arguments), methods))
    except (AttributeError, TypeError, ValueError):
        return []
    return calls


def verdict(
    entry: JsonMapping, ground_truth: Sequence[Sequence[str]], decoded: Sequence[Sequence[Sequence[str]]]
) -> str | None:
    """Ask the leaderboard's checker about calls by request and step; None where they are right, else its error."""
    if len(decoded) != len(ground_truth):
        return "multi_turn:force_terminated"
    # The checker keeps its back ends under the model's name, and would go on with those of an earlier verdict.
    name = f"rlvr_{next(_numbers)}"
    try:
        answer = package().multi_turn_checker(
            copy.deepcopy(decoded), ground_truth, entry, category_of(entry["id"]), name
        )
    finally:
        _forget(name)
    return None if answer["valid"] else str(answer["error_type"])


def _forget(name: str) -> None:
    """Drop the back ends that the package keeps under a model's name."""
    kept = vars(package().multi_turn)
    for key in list(kept):
        if key.startswith(f"{name}_"):
            del kept[key]


@lru_cache(maxsize=len(CATEGORIES))
def _entries(category: str) -> Mapping[str, tuple[JsonMapping, Sequence[Sequence[str]]]]:
    """Return a category's entries by their ids, each with its ground truth."""
    if category not in CATEGORIES:
        raise ValueError(f"no category {category!r} of several turns")
    entries = package().utils.load_dataset_entry(category, include_language_specific_hint=False)
    answers = {each["id"]: each["ground_truth"] for each in package().utils.load_ground_truth_entry(category)}
    return {entry["id"]: (entry, answers[entry["id"]]) for entry in entries}
