"""What the held-out sets hold out: phrasings, values, refused requests and, in the unseen set, the tools."""

import json
from typing import Any

import pytest
from synth_sets import arguments, masked, request, rows_of

from rlvr.data.synth import built_in
from rlvr.records.row import Row


@pytest.mark.parametrize("which", ["same tools", "unseen"])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_phrasing_is_shared_with_training(which: str, seed: int) -> None:
    train = {row.extra_info["phrasing"] for row in rows_of("train", seed)}
    assert not train & {row.extra_info["phrasing"] for row in rows_of(which, seed)}
    shared = {masked(row) for row in rows_of("train", seed)} & {masked(row) for row in rows_of(which, seed)}
    assert not shared
    assert not {request(row) for row in rows_of("train", seed)} & {request(row) for row in rows_of(which, seed)}


def lines_of(family: Any) -> set[str]:
    return {
        opening.replace("~", line.text)
        for tool in family.tools
        for lines in tool.lines.values()
        for line in lines
        for opening in line.openings
    }


def test_no_line_or_refused_request_is_written_for_both_sides() -> None:
    train = built_in.family("five_tools", "train")
    for held_out in (built_in.family(name, "held_out") for name in built_in.SPLITS):
        assert not lines_of(train) & lines_of(held_out)
        assert not set(train.refused["harmful"]) & set(held_out.refused["harmful"])
        assert not set(train.refused["out_of_scope"]) & set(held_out.refused["out_of_scope"])
        for style in ("formal", "casual"):
            assert not set(train.openings[style]) & set(held_out.openings[style])


def values_of(rows: list[Row], *names: str) -> set[Any]:
    return {arguments(row)[name] for row in rows if row.ground_truth.calls for name in names if name in arguments(row)}


@pytest.mark.parametrize(
    "names",
    [
        ("city", "origin", "destination"),
        ("text",),
        ("dataset",),
        ("column",),
        ("group_by",),
        ("amount",),
        ("date", "departure_date", "return_date"),
    ],
    ids="/".join,
)
@pytest.mark.parametrize("seed", [0, 1])
def test_open_values_are_held_out(names: tuple[str, ...], seed: int) -> None:
    held_out = values_of(rows_of("same tools", seed), *names)
    assert len(held_out) >= 5
    assert not held_out & values_of(rows_of("train", seed), *names)


def test_no_value_of_an_unseen_row_is_a_training_value() -> None:
    cities = values_of(rows_of("unseen"), "hotel_city", "pickup_city")
    dates = values_of(rows_of("unseen"), "check_in", "meeting_date", "remind_on", "price_date", "pickup_date")
    assert not cities & values_of(rows_of("train"), "city", "origin", "destination")
    assert not dates & values_of(rows_of("train"), "date", "departure_date", "return_date")


@pytest.mark.parametrize("names", [("target_language",), ("from_currency", "to_currency")], ids="/".join)
def test_half_of_the_held_out_languages_and_currencies_are_new(names: tuple[str, ...]) -> None:
    held_out, train = values_of(rows_of("same tools"), *names), values_of(rows_of("train"), *names)
    assert len(held_out - train) >= len(held_out) / 2


def test_unseen_tools_share_no_name_with_the_five() -> None:
    def names(tools: Any) -> tuple[set[str], set[str]]:
        functions = [tool["function"] for tool in tools]
        return {f["name"] for f in functions}, {name for f in functions for name in f["parameters"]["properties"]}

    (five, five_parameters), (ten, ten_parameters) = (names(built_in.schemas(name)) for name in built_in.SPLITS)
    assert len(ten) == 10
    assert not five & ten
    assert not five_parameters & ten_parameters
    for row in rows_of("train"):
        words = json.dumps(row.to_json())
        assert not any(name in words for name in ten)
