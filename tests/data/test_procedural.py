"""Procedural tools: reproducible, never a reserved tool, and every row's ground truth is right."""

import json
from random import Random

import pytest

from rewards import Behavior, Tiered
from rlvr.data.synth import five_tools, procedural, unseen_tools

OWNED_TOOLS = [*five_tools.TOOLS, *unseen_tools.TOOLS]


def parameter_names(tool: dict) -> set[str]:
    return set(tool["function"]["parameters"]["properties"])


def test_reserved_names_are_the_tools_of_the_other_sets() -> None:
    assert {tool["function"]["name"] for tool in OWNED_TOOLS} == procedural.RESERVED_NAMES
    assert set().union(*map(parameter_names, OWNED_TOOLS)) == procedural.RESERVED_PARAMETERS


def test_no_tool_or_parameter_of_the_other_sets_is_ever_made() -> None:
    rng = Random(0)
    tools = [procedural.random_tool(rng).schema() for _ in range(20_000)]
    owned = set().union(*map(parameter_names, OWNED_TOOLS))
    assert not {tool["function"]["name"] for tool in tools} & procedural.RESERVED_NAMES
    assert not set().union(*map(parameter_names, tools)) & owned


def test_rows_are_a_function_of_the_seed() -> None:
    first, again, other = ([row.to_json() for row in procedural.rows(50, seed)] for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.fixture(scope="module")
def some_rows():
    return procedural.rows(400, seed=1)


def test_behaviors_follow_the_mix(some_rows) -> None:
    counts = [sum(row.ground_truth.behavior is b for row in some_rows) for b in Behavior]
    assert dict(zip(Behavior, counts, strict=True)) == {
        Behavior.EXECUTE: 240,
        Behavior.CLARIFY: 100,
        Behavior.REFUSE: 60,
        Behavior.ANSWER: 0,
    }


def test_no_row_twice(some_rows) -> None:
    assert len({json.dumps([row.prompt, row.tools]) for row in some_rows}) == len(some_rows)


def test_every_ground_truth_earns_one(some_rows) -> None:
    reward = Tiered()
    for row in some_rows:
        truth = row.to_json()["reward_model"]["ground_truth"]
        result = reward(truth, ground_truth=row.ground_truth, tools=row.tools)
        assert result.value == 1.0, (row.to_json(), result.reasons)


def test_every_argument_is_in_the_request(some_rows) -> None:
    for row in some_rows:
        text = row.prompt[-1]["content"]
        for call in row.ground_truth.calls:
            for name, value in call.arguments.items():
                shown = name.replace("_", " ") if value is True else str(value)
                assert shown.lower() in text.lower(), (text, call)


def test_a_missing_argument_is_required_and_left_out(some_rows) -> None:
    for row in (row for row in some_rows if row.ground_truth.behavior is Behavior.CLARIFY):
        required = set().union(*(tool["function"]["parameters"]["required"] for tool in row.tools))
        assert row.ground_truth.missing
        assert set(row.ground_truth.missing) <= required
