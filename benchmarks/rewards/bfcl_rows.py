"""Rows with known verdicts from the Berkeley Function Calling Leaderboard's data, and the leaderboard's own verdict.

Needs the package `bfcl-eval` for its data and its AST checker. The checker imports the table of all hosted models, and
with it every provider's SDK, to read one flag (whether a model's API forbids dots in names). Where those SDKs are not
installed, a table of one model that keeps its dots stands in; nothing else is replaced.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import random
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards import GroundTruth, ToolCall
from rewards.wire import render
from rlvr.files import read_objects

CATEGORIES = (
    *("simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance"),
    *("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple", "live_irrelevance"),
)
MODEL = "a model whose API keeps dots"
SAID = "None of the functions that you gave me can do that."

Call = dict[str, dict[str, Any]]
"""A call as the checker takes it: `{function: {argument: value}}`."""


@dataclass(frozen=True)
class Row:
    """One answer to one question of the data.

    Args:
        identity: category, question and kind, for a person.
        kind: how the answer was made from the admissible ones.
        tools: JSON of the offered functions, in BFCL's types.
        truth: JSON of the `reward_model` mapping made from the possible answer.
        completion: the answer as text.
        calls: the answer as the checker takes it.
        possible_answer: as in the data; None in the irrelevance categories.
    """

    identity: str
    kind: str
    category: str
    functions: list[dict[str, Any]]
    tools: str
    truth: str
    completion: str
    calls: list[Call]
    possible_answer: list[dict[str, Any]] | None


def is_installed() -> bool:
    return importlib.util.find_spec("bfcl_eval") is not None


def official_check() -> Callable[[list[dict[str, Any]], list[Call], list[dict[str, Any]], str], bool]:
    """The leaderboard's checker: functions, calls, possible answer and category to whether they are right."""
    try:
        importlib.import_module("bfcl_eval.constants.model_config")
    except ImportError:
        table = types.ModuleType("bfcl_eval.constants.model_config")
        table.MODEL_CONFIG_MAPPING = {MODEL: types.SimpleNamespace(underscore_to_dot=False)}  # type: ignore[attr-defined]
        sys.modules[table.__name__] = table
    checker = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker
    language = importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON
    models = sys.modules["bfcl_eval.constants.model_config"].MODEL_CONFIG_MAPPING
    model = next(name for name, model in models.items() if not model.underscore_to_dot).replace("/", "_")

    def check(functions: Any, calls: Any, possible_answer: Any, category: str) -> bool:
        return bool(checker(functions, calls, possible_answer, language, category, model)["valid"])

    return check


def official_checker() -> Callable[[Row], bool | None]:
    """The leaderboard's verdict on a row; None where its checker raises."""
    check = official_check()

    def verdict(row: Row) -> bool | None:
        if row.possible_answer is None:
            return not row.calls
        try:
            return check(row.functions, row.calls, row.possible_answer, row.category)
        except (AttributeError, KeyError, TypeError, IndexError):
            return None

    return verdict


def rows(seed: int = 0, per_category: int | None = None) -> Iterator[Row]:
    """Every answer of every kind to the questions of all ten categories, or to the first few of each."""
    folder = Path(importlib.util.find_spec("bfcl_eval").submodule_search_locations[0]) / "data"
    for category in CATEGORIES:
        questions = _lines(folder / f"BFCL_v4_{category}.json")[:per_category]
        answers = folder / "possible_answer" / f"BFCL_v4_{category}.json"
        possible = {line["id"]: line["ground_truth"] for line in _lines(answers)} if answers.exists() else {}
        for question in questions:
            yield from _rows_of(
                category, question, possible.get(question["id"]), random.Random(f"{seed} {question['id']}")
            )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [value for _, value in read_objects(path)]


def _rows_of(
    category: str, question: dict[str, Any], possible: list[dict[str, Any]] | None, rng: random.Random
) -> Iterator[Row]:
    functions = question["function"]
    tools = json.dumps(functions)
    truth = json.dumps(GroundTruth.from_bfcl(possible).to_json())
    answers = _without_calls(functions) if possible is None else _answers(functions, possible, rng)
    for kind, calls in answers:
        made = [ToolCall(name, arguments) for call in calls for name, arguments in call.items()]
        text = render(made, "hermes") if made else SAID
        yield Row(f"{question['id']} {kind}", kind, category, functions, tools, truth, text, calls, possible)


def _without_calls(functions: list[dict[str, Any]]) -> Iterator[tuple[str, list[Call]]]:
    yield "no call", []
    yield "a call", [{functions[0]["name"]: {}}] if functions else [{"invented": {}}]
    yield "two calls", [{"invented": {"x": 1}}, {"invented": {"x": 2}}]


def _answers(
    functions: list[dict[str, Any]], possible: list[dict[str, Any]], rng: random.Random
) -> Iterator[tuple[str, list[Call]]]:
    right = [_first(answer) for answer in possible]
    yield "right", right
    if len(right) > 1:
        yield "order", right[::-1]
        yield "order", rng.sample(right, len(right))
        yield "missing call", right[:-1]
        yield "duplicated for another", [*right[:-1], right[0]]
    else:
        yield "missing call", []
    yield "duplicated call", [*right, right[0]]
    yield "extra call", [*right, {rng.choice(functions)["name"]: {}}]
    for index, answer in enumerate(possible):
        function = next(function for function in functions if function["name"] == next(iter(answer)))
        for kind, call in _variants(function, answer, functions, rng):
            yield kind, [*right[:index], call, *right[index + 1 :]]


def _variants(
    function: dict[str, Any], answer: dict[str, Any], functions: list[dict[str, Any]], rng: random.Random
) -> Iterator[tuple[str, Call]]:
    (name, listed), right = next(iter(answer.items())), next(iter(_first(answer).values()))
    parameters = function["parameters"]
    yield "wrong tool", {name + "_v2": right}
    yield "wrong tool", {name.upper() if name.upper() != name else name.lower(): right}
    others = [other["name"] for other in functions if other["name"] != name]
    if others:
        yield "wrong tool", {rng.choice(others): right}
    yield "extra argument", {name: {**right, "unasked_for": 1}}
    omittable = [key for key in right if "" in listed[key]]
    if omittable:
        yield "omitted", {name: {key: value for key, value in right.items() if key not in omittable}}
    for key, value in right.items():
        kind = parameters["properties"].get(key, {}).get("type")
        rest = {other: item for other, item in right.items() if other != key}
        yield ("omitted" if key in omittable else "missing argument"), {name: rest}
        for other in _values(listed[key])[1:]:
            yield "alternative", {name: {**right, key: other}}
        for variant, new in _changed(value, kind, rng):
            if not any(new == item and type(new) is type(item) for item in _values(listed[key])):
                yield variant, {name: {**right, key: new}}
        if key in omittable:
            yield "empty for omitted", {name: {**right, key: ""}}


def _changed(value: Any, kind: str | None, rng: random.Random) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str):
        yield "case", value.swapcase()
        yield "punctuation", value.replace(" ", "-") if " " in value else f"{value}."
        yield "punctuation", value.replace(",", "").replace(".", "") + " "
        yield "wrong value", f"{value} or something else"
        yield "wrong value", "".join(rng.sample("bcdfghjklm", 8))
        yield "wrong type", 7
        yield "wrong type", [value]
    elif isinstance(value, bool):
        yield "wrong value", not value
        yield "wrong type", str(value).lower()
        yield "wrong type", int(value)
    elif isinstance(value, int):
        yield "float for integer" if kind == "integer" else "int or float", float(value)
        yield "wrong value", value + 1
        yield "wrong value", -value - 3
        yield "wrong type", str(value)
    elif isinstance(value, float):
        if value.is_integer():
            yield "int or float", int(value)
        yield "wrong value", 2 * value + 0.5
        yield "wrong type", str(value)
    elif isinstance(value, list):
        yield "case", [item.swapcase() if isinstance(item, str) else item for item in value]
        yield "wrong value", [*value, value[0] if value else 1]
        yield "wrong value", value[:-1] if len(value) > 1 else []
        if value[::-1] != value:
            yield "wrong value", value[::-1]
        if value:
            yield "wrong type", value[0]
            yield "wrong type", {"0": value[0]}
    elif isinstance(value, dict):
        yield "case", {key: item.swapcase() if isinstance(item, str) else item for key, item in value.items()}
        yield "wrong value", {**value, "unasked_for": 1}
        yield "wrong value", {**value, **dict.fromkeys(list(value)[:1], "something else")}
        yield "wrong type", json.dumps(value)
    if value is not None:
        yield "wrong type", None


def _first(answer: dict[str, Any]) -> Call:
    """The call of each argument's first admissible value."""
    name, listed = next(iter(answer.items()))
    return {name: {key: options[0] for key in listed if (options := _values(listed[key]))}}


def _values(listed: list[Any]) -> list[Any]:
    """What an argument may be, one value for each listed one and for each further choice of an object's members."""
    values = []
    for item in listed:
        if isinstance(item, dict):
            values.extend(_objects(item))
        elif isinstance(item, list) and any(isinstance(part, dict) for part in item):
            values.append([next(_objects(part)) if isinstance(part, dict) else part for part in item])
        elif item != "":
            values.append(copy.deepcopy(item))
    return values


def _objects(listed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    first = {
        key: next(item for item in items if item != "") for key, items in listed.items() if any(i != "" for i in items)
    }
    yield first
    for key, items in listed.items():
        if "" in items and key in first:
            yield {other: value for other, value in first.items() if other != key}
        for item in [item for item in items if item != ""][1:]:
            yield {**first, key: item}
