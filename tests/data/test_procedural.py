"""Procedural tools: reproducible, never a reserved tool, and every row's ground truth is right."""

import json
from itertools import combinations, cycle, repeat
from random import Random

import pytest

from rewards import Behavior, Tiered
from rlvr.data.synth import assembly, built_in, made_up, procedural
from rlvr.data.synth.assembly import clarify
from rlvr.data.synth.phrasing import STYLES

OWNED_TOOLS = [schema for name in built_in.SPLITS for schema in built_in.schemas(name)]


def parameter_names(tool: dict) -> set[str]:
    return set(tool["function"]["parameters"]["properties"])


def test_no_tool_or_parameter_of_the_other_sets_is_ever_made() -> None:
    rng = Random(0)
    tools = [made_up.any_tool(rng).schema for _ in range(20_000)]
    assert not {tool["function"]["name"] for tool in tools} & {tool["function"]["name"] for tool in OWNED_TOOLS}
    assert not set().union(*map(parameter_names, tools)) & set().union(*map(parameter_names, OWNED_TOOLS))


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
    for turn in range(500):
        family = procedural.family(rng)
        asked = clarify(family, rng, STYLES[turn % len(STYLES)], turn)
        missing = [asked.arguments[name] for name in asked.ground_truth.missing]
        said = [value for name, value in asked.arguments.items() if name not in asked.ground_truth.missing]
        for value in (value for value in missing if isinstance(value, str) and len(value) > 6):
            assert value not in asked.text or any(value in str(each) for each in said)


def test_arguments_of_one_shape_are_said_differently() -> None:
    """Two places that a request both says as "in X" could not be told apart."""
    rng = Random(5)
    n_pairs = 0
    for _ in range(2000):
        parameters = made_up.parameters_of(rng)
        for first, second in combinations(parameters, 2):
            if first.shape != second.shape or "enum" in first.schema:
                continue
            n_pairs += 1
            shared = set(made_up.phrases(first, parameters)) & set(made_up.phrases(second, parameters))
            assert all("{f}" in phrase for phrase in shared), (first.name, second.name, shared)
    assert n_pairs > 100


def test_values_are_within_their_bounds() -> None:
    rng = Random(6)
    bounded = 0
    for _ in range(1000):
        for parameter in made_up.parameters_of(rng):
            value = parameter.draw(rng)
            assert value >= parameter.schema.get("minimum", value)
            assert value <= parameter.schema.get("maximum", value)
            bounded += "maximum" in parameter.schema
    assert bounded > 50


def test_rows_of_one_toolset_share_tools_and_system_message() -> None:
    rows = procedural.rows(40, seed=2, rows_per_toolset=8)
    shared = {json.dumps([row.tools, row.prompt[:-1]]) for row in rows}
    assert len(shared) == 5


def test_a_family_whose_requests_are_used_up_leaves_its_row_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(5)
    empty, other = procedural.family(rng), procedural.family(rng)
    fresh = assembly._fresh
    monkeypatch.setattr(assembly, "_fresh", lambda family, *rest: None if family is empty else fresh(family, *rest))
    families = cycle((empty, other))
    rows = list(assembly.rows_of(families, 6, Random(1)))
    assert len(rows) == 6
    with pytest.raises(ValueError, match=r"no new .* request after 0 rows; ask for fewer rows"):
        list(assembly.rows_of(repeat(empty), 6, Random(1)))
