"""Procedural tools: reproducible, never a reserved tool, and every row's ground truth is right."""

import json
from itertools import combinations
from random import Random

import pytest

from rewards import Behavior, Tiered
from rlvr.data.synth import five_tools, procedural, unseen_tools
from rlvr.data.synth.procedural_requests import phrases, request
from rlvr.data.synth.procedural_tools import RESERVED_NAMES, RESERVED_PARAMETERS, random_tool

OWNED_TOOLS = [*five_tools.TOOLS, *unseen_tools.TOOLS]


def parameter_names(tool: dict) -> set[str]:
    return set(tool["function"]["parameters"]["properties"])


def test_reserved_names_are_the_tools_of_the_other_sets() -> None:
    assert {tool["function"]["name"] for tool in OWNED_TOOLS} == RESERVED_NAMES
    assert set().union(*map(parameter_names, OWNED_TOOLS)) == RESERVED_PARAMETERS


def test_no_tool_or_parameter_of_the_other_sets_is_ever_made() -> None:
    rng = Random(0)
    tools = [random_tool(rng).schema() for _ in range(20_000)]
    owned = set().union(*map(parameter_names, OWNED_TOOLS))
    assert not {tool["function"]["name"] for tool in tools} & RESERVED_NAMES
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
        text = row.prompt[-1]["content"].lower()
        for call in row.ground_truth.calls:
            for name, value in call.arguments.items():
                # Choices are written with spaces, as people write them; a flag is said by its name.
                shown = (name if value is True else str(value)).lower()
                assert shown in text or shown.replace("_", " ") in text, (text, call)


def test_what_is_missing_is_required_and_in_no_call(some_rows) -> None:
    for row in (row for row in some_rows if row.ground_truth.behavior is Behavior.CLARIFY):
        required = set().union(*(tool["function"]["parameters"]["required"] for tool in row.tools))
        assert row.ground_truth.missing
        assert set(row.ground_truth.missing) <= required


def test_a_request_with_something_missing_does_not_say_it() -> None:
    rng = Random(4)
    for _ in range(500):
        tool = random_tool(rng)
        asked = request(rng, tool, n_missing=1)
        assert not {argument.name for argument in asked.missing} & set(asked.arguments)
        required = {argument.name for argument in tool.arguments if argument.is_required}
        assert required <= {argument.name for argument in asked.missing} | set(asked.arguments)


def test_arguments_of_one_shape_are_said_differently() -> None:
    """Two places that a request both says as "in X" could not be told apart."""
    rng = Random(5)
    tools = [random_tool(rng) for _ in range(2000)]
    pairs = [
        (tool, first, second)
        for tool in tools
        for first, second in combinations(tool.arguments, 2)
        if first.shape == second.shape and not first.choices
    ]
    assert len(pairs) > 100
    for tool, first, second in pairs:
        shared = set(phrases(tool, first)) & set(phrases(tool, second))
        assert all("{f}" in phrase for phrase in shared), (tool.name, shared)


def test_values_are_within_their_bounds() -> None:
    rng = Random(6)
    bounded = 0
    for _ in range(1000):
        for argument in random_tool(rng).arguments:
            value = argument.draw(rng)
            assert value >= argument.schema.get("minimum", value)
            assert value <= argument.schema.get("maximum", value)
            bounded += "maximum" in argument.schema
    assert bounded > 50
