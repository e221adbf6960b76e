"""Advice on what no person asked and no server answered, and texts that no rule may stumble over."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlvr.data.lint import lint
from rlvr.data.lint.grounding import Said, is_grounded
from rlvr.errors import UserError
from rlvr.files import split_lines

CITIES = ("Linz", "Graz", "Oslo", "Bergen", "Turin")
BRANCH = {"type": "string", "description": "Kind of branch: one of 'feature', 'bugfix' or 'hotfix'."}
TOOL = {
    "name": "get_forecast",
    "description": "Get it.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "branch_type": BRANCH}},
}


def row(text: str, arguments: dict[str, Any], result: str | None = None) -> dict[str, Any]:
    prompt: list[dict[str, Any]] = [{"role": "user", "content": text}]
    if result is not None:
        call = {"id": "1", "type": "function", "function": {"name": "get_forecast", "arguments": {}}}
        prompt = [{"role": "user", "content": "First the other."}, {"role": "assistant", "tool_calls": [call]},
                  {"role": "tool", "tool_call_id": "1", "content": result}, *prompt]  # fmt: skip
    truth = {"ground_truth": json.dumps([{"name": "get_forecast", "arguments": arguments}]), "behavior": "execute"}
    return {"prompt": prompt, "tools": [TOOL], "reward_model": truth}


def kinds(path: Path, rows: list[dict[str, Any]]) -> dict[str, int]:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    found = lint(path).findings.counts
    return {kind: found[kind] for kind in ("dictated", "tool_words", "one_value", "unlisted_value", "unreal_result")}


Make = Callable[[str, str, int], dict[str, Any]]
NATURAL = [(f"Will it rain in {city} on day {n}?", {"city": city}) for n in range(12) for city in CITIES]


def dictating(text: str, city: str, n: int) -> dict[str, Any]:
    return row(f"Rain with city {city} {n}?", {"city": city})


def with_tool_words(text: str, city: str, n: int) -> dict[str, Any]:
    return row(f"{text} Get the forecast.", {"city": city})


def with_one_value(text: str, city: str, n: int) -> dict[str, Any]:
    return row(f"{text} Linz.", {"city": "Linz"})


def with_an_unlisted_value(text: str, city: str, n: int) -> dict[str, Any]:
    return row(f"{text} golden", {"city": city, "branch_type": "golden" if n % 2 else "Hotfix"})


def with_an_empty_result(text: str, city: str, n: int) -> dict[str, Any]:
    return row(text, {"city": city}, '{"status": "ok"}')


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (dictating, {"dictated": 1}),
        (with_tool_words, {"tool_words": 1}),
        (with_one_value, {"one_value": 1}),
        (with_an_unlisted_value, {"unlisted_value": 30}),
        (with_an_empty_result, {"unreal_result": 1}),
    ],
)
def test_advice_on_how_rows_read(tmp_path: Path, make: Make, expected: dict[str, int]) -> None:
    rows = [make(text, arguments["city"], n) for n, (text, arguments) in enumerate(NATURAL)]
    found = kinds(tmp_path / "rows.jsonl", rows)
    assert {kind: count for kind, count in found.items() if count} == expected


def test_natural_rows_get_none_of_it(tmp_path: Path) -> None:
    rows = [row(text, arguments, f'{{"mm": {n}}}') for n, (text, arguments) in enumerate(NATURAL)]
    assert not any(kinds(tmp_path / "rows.jsonl", rows).values())


TEXTS = st.text(st.sampled_from("0123456789²½٣-+.,:/TZapm eE_%$€\u2028\u0085"), max_size=14)


@settings(max_examples=400, deadline=None)
@given(value=TEXTS, said=TEXTS, name=st.sampled_from(["month", "phone", "query", "date"]))
def test_no_text_crashes_grounding(value: str, said: str, name: str) -> None:
    assert is_grounded(value, name, {}, Said(said)) in (True, False)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("2021-12", "Rainfall of the last month of 2021?", False),
        ("2021-12", "Rainfall of December 2021?", True),
        ("2021-12", "Rainfall of 12/2021?", True),
        ("2021-12", "Rainfall of last month?", True),
        ("555-0199", "Call Mara.", False),
        ("555-0199", "Call 555 0199.", True),
    ],
)
def test_months_and_numbers_with_hyphens(value: str, text: str, expected: bool) -> None:
    assert is_grounded(value, "month", {}, Said(text)) is expected


def test_a_file_without_json_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear all,\nno rows here.\n")
    with pytest.raises(UserError, match="lint reads JSON lines, as `rlvr data import` writes them"):
        lint(tmp_path / "notes.txt")


def test_other_line_breaks_inside_a_value_do_not_tear_a_record(tmp_path: Path) -> None:
    text = "Rain in Linz?\u2028Or\u0085in Graz?"
    (tmp_path / "rows.jsonl").write_text(json.dumps(row(text, {"city": "Linz"}), ensure_ascii=False) + "\n")
    report = lint(tmp_path / "rows.jsonl")
    assert (report.n_lines, report.is_clean) == (1, True)
    assert split_lines('{"a": "\u2028"}\n\n{"b": "\u0085"}\n') == ['{"a": "\u2028"}', '{"b": "\u0085"}']
