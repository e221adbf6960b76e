"""The synthesized sets: exact shares, nothing twice, fully grounded, and each ground truth scored 1.0."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from synth_sets import NAMES, SETS, SIZES, TOOLS, any_of, arguments, masked, request, rows_of

from rewards import Behavior, Tiered, wire
from rlvr.data.synth import built_in, synthesize, write_datasets
from rlvr.data.synth.assembly import Family, family_rows
from rlvr.data.synth.phrasing import STYLES, OptionalClauses, phrasing, written
from rlvr.data.synth.worded import Ask, WordedTool, alone, lines_by_style, opened
from rlvr.records.row import read_rows

FAMILIES = {
    "train": built_in.family("five_tools", "train"),
    "same tools": built_in.family("five_tools", "held_out"),
    "unseen": built_in.family("unseen_tools", "held_out"),
}
DATE = r"\b\d{4}-\d\d-\d\d\b"


def occurs(value: str, text: str) -> bool:
    """Whether the value stands in the text as a whole: no letter, digit or decimals touch it."""
    return re.search(rf"(?<![\w.]){re.escape(value)}(?![\w]|\.\d)", text) is not None


each_set = pytest.mark.parametrize("which", SETS)


@each_set
def test_shares_of_behaviors_are_exact_and_styles_even(which: str) -> None:
    rows = rows_of(which)
    n = SIZES[which]
    behaviors = Counter(row.ground_truth.behavior for row in rows)
    assert behaviors == {
        Behavior.EXECUTE: n * 60 // 100,
        Behavior.CLARIFY: n * 25 // 100,
        Behavior.REFUSE: n * 15 // 100,
    }
    styles = Counter(row.extra_info["style"] for row in rows)
    assert set(styles) == set(STYLES)
    assert max(styles.values()) - min(styles.values()) <= len(behaviors)


@each_set
def test_tools_take_even_shares(which: str) -> None:
    called = Counter(row.ground_truth.calls[0].name for row in rows_of(which) if row.ground_truth.calls)
    assert set(called) == {tool.name for tool in FAMILIES[which].tools}
    assert max(called.values()) - min(called.values()) <= len(STYLES)


@each_set
@pytest.mark.parametrize("seed", [0, 1])
def test_no_request_occurs_twice(which: str, seed: int) -> None:
    requests = [request(row) for row in rows_of(which, seed)]
    assert len(set(requests)) == len(requests)


@each_set
@pytest.mark.parametrize("seed", [0, 1])
def test_ground_truth_earns_everything(which: str, seed: int) -> None:
    reward = Tiered()
    for row in rows_of(which, seed):
        truth = row.ground_truth
        completion = wire.render(truth.calls) if truth.calls else truth.text
        result = reward(completion, ground_truth=truth, tools=row.tools)
        assert result is not None
        assert result.value == 1.0, (request(row), completion, result.reasons)


@each_set
def test_every_argument_stands_in_the_request(which: str) -> None:
    for row in rows_of(which):
        if not row.ground_truth.calls:
            continue
        tool = TOOLS[row.extra_info["tool"]]
        for name, value in arguments(row).items():
            assert occurs(written(value, name in tool.enums), request(row)), (name, value, request(row))


@each_set
def test_calls_offer_their_tool_among_one_to_three(which: str) -> None:
    for row in rows_of(which):
        names = [tool["function"]["name"] for tool in row.tools]
        assert 1 <= len(set(names)) == len(names) <= 3
        tool = row.extra_info["tool"]
        assert (tool in names) == (row.ground_truth.behavior is not Behavior.REFUSE)


@each_set
def test_about_half_of_the_calls_give_optional_values(which: str) -> None:
    calls = [row for row in rows_of(which) if row.ground_truth.calls]
    optional = [row for row in calls if set(arguments(row)) - set(TOOLS[row.extra_info["tool"]].required)]
    assert 0.4 <= len(optional) / len(calls) <= 0.65


SIGNS = {
    **{kind: any_of(names) for kind, names in NAMES.items()},
    "number": r"(?<![\w-])\d+(?:\.\d+)?(?![\w-])",
    "date": DATE,
    "quote": '"',
    "code": r"\b(?:[A-Z]{2}\d{8}|[A-Z]{3,4})\b",
}
"""What a request shows where it gives a value of some kind."""

SIGN_OF = {
    ("get_weather_forecast", "city"): "city",
    ("search_flights", "origin"): "city",
    ("search_flights", "destination"): "city",
    ("search_flights", "departure_date"): "date",
    ("translate_text", "text"): "quote",
    ("currency_convert", "amount"): "number",
    ("currency_convert", "from_currency"): "currency",
    ("currency_convert", "to_currency"): "currency",
    ("get_statistics", "metric"): "metric",
    ("book_hotel_room", "hotel_city"): "city",
    ("book_hotel_room", "check_in"): "date",
    ("book_hotel_room", "nights"): "number",
    ("order_meal", "dish"): "dish",
    ("order_meal", "delivery_address"): "street",
    ("schedule_meeting", "title"): "quote",
    ("schedule_meeting", "meeting_date"): "date",
    ("set_reminder", "remind_on"): "date",
    ("find_recipe", "ingredient"): "ingredient",
    ("track_package", "tracking_number"): "code",
    ("transfer_money", "recipient"): "person",
    ("transfer_money", "transfer_amount"): "number",
    ("get_stock_price", "ticker"): "code",
    ("play_song", "song_title"): "quote",
    ("rent_car", "pickup_city"): "city",
    ("rent_car", "pickup_date"): "date",
    ("rent_car", "rental_days"): "number",
}


@each_set
def test_clarify_requests_do_lack_what_is_missing(which: str) -> None:
    n_checked = 0
    for row in rows_of(which):
        tool, missing, text = row.extra_info["tool"], row.ground_truth.missing, request(row)
        for name in set(missing) & {parameter for owner, parameter in SIGN_OF if owner == tool}:
            kind = SIGN_OF[tool, name]
            given = [other for other in TOOLS[tool].required if other not in missing]
            allowed = sum(SIGN_OF.get((tool, other)) == kind for other in given)
            allowed += kind == "date" and re.search(r"return|back", text) is not None
            shown = re.findall(SIGNS[kind], text if kind == "date" else re.sub(DATE, "", text))
            assert len(shown) <= allowed, (name, text)
            n_checked += 1
    assert n_checked >= 0.5 * 0.25 * SIZES[which]


@each_set
def test_clarify_rows_ask_for_what_is_missing(which: str) -> None:
    clarify = [row for row in rows_of(which) if row.ground_truth.behavior is Behavior.CLARIFY]
    for row in clarify:
        assert set(row.ground_truth.missing) <= set(TOOLS[row.extra_info["tool"]].required)
        assert row.ground_truth.text is not None
        assert row.ground_truth.text.endswith("?")
    two = sum(len(row.ground_truth.missing) == 2 for row in clarify)
    assert 0.08 <= two / len(clarify) <= 0.25


@each_set
def test_requests_are_short_sentences(which: str) -> None:
    for row in rows_of(which):
        text = request(row)
        assert 2 <= len(text.split()) <= 30
        assert not re.search(r"[{}\[\]~|]|  | [,.?]|,,|\?\.$|,\.", text.replace('?".', "")), text
        if row.extra_info["style"] != "terse":
            assert text[-1] in ".?"
            assert not text[0].islower()


def test_training_rows_use_hundreds_of_phrasings() -> None:
    worded = [row for row in rows_of("train") if row.extra_info["kind"] in ("call", "missing")]
    assert len({row.extra_info["phrasing"] for row in worded}) >= 400
    assert len({masked(row) for row in worded}) >= 600  # optional clauses and what is left out counted too
    assert len({row.extra_info["phrasing"] for row in rows_of("train") if row.extra_info["kind"] == "harmful"}) >= 15


def test_every_required_value_can_be_left_out_in_every_style() -> None:
    for tool in (tool for family in FAMILIES.values() for tool in family.tools):
        for style in STYLES:
            droppable = frozenset().union(*(line.taken_apart.droppable for line in tool.lines[style]))
            assert droppable >= set(tool.required), (tool.name, style)


def test_every_line_says_every_required_value_once() -> None:
    for tool in (tool for family in FAMILIES.values() for tool in family.tools):
        for line in (line for style in STYLES for line in tool.lines[style]):
            taken_apart = phrasing(line.text, "casual")
            assert taken_apart.slots == set(tool.required), line.text
            assert taken_apart.refused | taken_apart.clause_places <= set(tool.optional), line.text


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_every_optional_value_has_clauses(tool: WordedTool) -> None:
    for table in (tool.clauses.full, tool.clauses.terse):
        assert {names for names, _ in table if len(names) == 1} == {(name,) for name in tool.optional}
    assert all(tool.ask(name).questions for name in tool.required)


@pytest.mark.parametrize("n", [1, 7, 100, 8000])
def test_any_number_of_rows(n: int) -> None:
    rows = synthesize("five_tools", rows=n, seed=3)
    assert len({request(row) for row in rows}) == n


def test_more_rows_than_there_are_requests_is_an_error() -> None:
    line = opened(["open[ the {door}| a] door"], ("Please ~.",))
    tool = WordedTool(
        {
            "type": "function",
            "function": {
                "name": "open_door",
                "description": "Open a door",
                "parameters": {
                    "type": "object",
                    "properties": {"door": {"type": "string"}},
                    "required": ["door"],
                },
            },
        },
        task="open doors",
        sample=lambda rng: {"door": rng.choice(("front", "back"))},
        lines=lines_by_style(line, line, alone(["open[ the {door}| a] door"])),
        clauses=OptionalClauses(full=(), terse=()),
        ask=lambda key: Ask("the door", ("Which door?",)),
    )
    openings = {"formal": ("Please ~.",), "casual": ("Hey, ~.",), "terse": ("~",)}
    family = Family("doors", "train", (tool,), {"harmful": ("break it",), "out_of_scope": ("carry it",)}, openings)
    with pytest.raises(ValueError, match=r"synth 'doors', split 'train': no new \w+ request after \d+ rows"):
        family_rows(family, 50, seed=0)


def test_rows_are_the_same_in_any_process() -> None:
    code = (
        "import hashlib, json; from rlvr.data.synth import synthesize;"
        "rows = [row.to_json() for row in synthesize('five_tools', rows=200, seed=5)];"
        "print(hashlib.sha256(json.dumps(rows).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1


def test_another_seed_gives_other_rows() -> None:
    assert rows_of("train", 0) != rows_of("train", 1)


def test_data_sets_are_written_and_read_back(tmp_path: Path) -> None:
    paths = write_datasets(tmp_path / "data", seed=0)
    assert {name: path.name for name, path in paths.items()} == {name: name for name in paths}
    assert read_rows(paths["train.jsonl"]) == rows_of("train")
    assert read_rows(paths["same_tools.jsonl"]) == rows_of("same tools")
    assert read_rows(paths["unseen_tools.jsonl"]) == rows_of("unseen")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(paths)
