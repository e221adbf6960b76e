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
from rlvr.data.lint.reading import read
from rlvr.data.lint.style import Style
from rlvr.data.stated_forms import form_of_values
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


def said(path: Path, rows: list[dict[str, Any]]) -> list[tuple[int | None, str, str, str | None]]:
    """Return the advice on style: line, kind, message and tool."""
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    offenders = lint(path).findings.offenders
    kinds = ("dictated", "tool_words", "one_value", "unlisted_value", "unreal_result")
    return [(line, kind, finding.message, finding.tool) for kind in kinds for line, finding in offenders.get(kind, ())]


def test_advice_names_the_parameter_and_its_tool(tmp_path: Path) -> None:
    rows = [with_one_value(text, "", n) for n, (text, _) in enumerate(NATURAL)]
    rows[3] = row("Rain in Linz? golden", {"city": "Linz", "branch_type": "golden"})
    rows[4]["reward_model"]["ground_truth"] = json.dumps(
        [{"name": "unheard_of", "arguments": {}}, {"name": "get_forecast", "arguments": {"branch_type": "x" * 90}}]
    )
    assert said(tmp_path / "rows.jsonl", rows) == [
        (None, "one_value", "'city' is 'Linz' in all of 59 calls looked at", "get_forecast"),
        (
            4,
            "unlisted_value",
            "'branch_type' is 'golden'; its description lists feature, bugfix, hotfix",
            "get_forecast",
        ),
        (
            5,
            "unlisted_value",
            f"'branch_type' is '{'x' * 59}; its description lists feature, bugfix, hotfix",
            "get_forecast",
        ),
    ]


FORMS: list[tuple[str, list[str], list[str]]] = [  # a description, values of its form, values of another
    (
        "Date as DD.MM.YYYY",
        ["02.11.2026", "today", "31.01.2026"],
        ["2026-11-02", "11.31.2026", "2 November 2026", "2.11.2026"],
    ),
    (
        "Due date in YYYY-MM-DD format",
        ["2026-11-02", "2026-11-01 to 2026-11-02", "in 7 days", "v1.2"],
        ["02.11.2026", "11/02/2026", "20261102", "Nov 2, 2026", "2026-11-02T10:00", "2026-13-02", "20026-11-2"],
    ),
    ("Day (MM/DD/YYYY)", ["12/31/2026"], ["31/12/2026", "12-31-2026"]),
    ("Start (HH:MM)", ["09:30", "9:30", "noon"], ["09:30:15", "930 am", "9 pm"]),
    ("Track length, MM:SS", ["45:10"], ["01:45:10"]),
    (
        "When, as YYYY-MM-DD HH:mm:ss",
        ["2026-11-02 10:45:30", "2026-11-02T10:45:30Z"],
        ["2026-11-02", "02.11.2026 10:45:30"],
    ),
    ("As YYYY/MM/DD_HHmmss", ["2026/11/02_104530"], ["2026/11/02 10:45:30"]),
    ("Saved as `YYYY-MM-DD-hh-mm-ss`", ["2026-11-02-10-45-30"], ["2026-11-02 10:45:30"]),
    ("Date YYYY-MM-DD, time HH:MM", ["2026-11-02 10:45", "10:45"], ["02.11.2026 10:45"]),
    (
        "ISO 8601 (YYYY-MM-DD)",
        ["2026-11-02", "2026-11-02T10:00:00+01:00", "P3D", "2026-W45"],
        ["02.11.2026", "11/02/2026"],
    ),
    ("Only actions before this date (ISO 8601) or action ID", ["5f3a9c1b2d4e", "42"], ["11/02/2026 10:00"]),
    (
        "Phone in E.164 format",
        ["+14155550123", "whatsapp:+14155550123", "extension 12"],
        ["(415) 555-0123", "0043 1 5550123"],
    ),
    (
        "Reference in op://vault/item/field format",
        ["op://private/mail/password"],
        ["private/mail/password", "op://private/mail"],
    ),
    ("Policy number (format: DEV-XXX)", ["DEV-123", "DEV-1234", "unknown"], ["P-123", "123"]),
]
UNSTATED = [  # descriptions that state no form of their values, or allow others
    "A date",
    "Date as YYYY-MM-DD (e.g. '02/11/2026')",
    "Start: YYYY-MM-DD or a Unix timestamp",
    "Phone, in E.164; numbers in other formats will be parsed",
    "Price, followed by the ISO currency code",
    "Filed on, in the format of MM-DD-YYY",
    "Quarter as YYYY-Qn",
    "Transaction date - YYYY:MM::DDThh:mm:ss.sTZD",
    "Write it in http://host/path format",
    "Type of file, in pdf/docx format",
]  # fmt: skip


@pytest.mark.parametrize(("description", "right", "wrong"), FORMS, ids=[description for description, *_ in FORMS])
def test_a_value_has_the_form_that_its_description_states(description: str, right: list[str], wrong: list[str]) -> None:
    form = form_of_values(description)
    assert form is not None
    assert list(filter(form.is_missed_by, [*right, *wrong])) == wrong


@pytest.mark.parametrize("description", UNSTATED)
def test_a_description_that_states_no_form_asks_for_none(description: str) -> None:
    assert form_of_values(description) is None


def test_a_value_of_another_form_is_advice(tmp_path: Path) -> None:
    """A schema that has a format or a pattern is what values are held against."""
    day = {"type": "string", "description": "Day, as DD.MM.YYYY"}
    tool = {**TOOL, "parameters": {"properties": {"day": day, "other": {**day, "format": "date"}}}}
    days = [{"day": "02.11.2026"}, {"day": "2026-11-02"}, {"other": "2026-11-02"}, {"day": ["2026-11-02"]}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({**row(f"On {each}", each), "tools": [tool]}) + "\n" for each in days))
    ((line, finding),) = lint(path).findings.offenders["other_form"]
    assert (line, finding.tool) == (2, "get_forecast")
    assert finding.message == "'day' is '2026-11-02'; its description states the form DD.MM.YYYY"


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"arguments": 50, "dictated": 30}, None),
        ({"arguments": 50, "dictated": 31}, "the parameter's name stands in the request for 62% of the arguments"),
        ({"arguments": 49, "dictated": 49}, None),
        ({"calls": 50, "with_tool_words": 15}, None),
        ({"calls": 50, "with_tool_words": 16}, "32% of the requests hold all words of the name of the tool to call"),
        ({"calls": 49, "with_tool_words": 49}, None),
        ({"results": 20, "unreal": 10}, None),
        ({"results": 20, "unreal": 11}, "55% of the tool results say no more than that all is well"),
        ({"results": 19, "unreal": 19}, None),
    ],
)
def test_shares_at_both_sides_of_where_they_are_too_large(counts: dict[str, int], message: str | None) -> None:
    assert [finding.message for finding in Style(**counts).advice()] == ([] if message is None else [message])


def counted(*rows: dict[str, Any]) -> Style:
    style = Style()
    for each in rows:
        list(style.add(read(json.dumps(each).encode())))
    return style


@pytest.mark.parametrize(
    ("text", "arguments", "n_arguments", "n_dictated"),
    [
        ("The branch type is x", {"branch_type": "x"}, 1, 1),
        ("The branch_type is x", {"branch_type": "x"}, 1, 1),
        ("BRANCH TYPE x", {"branch_type": "x"}, 1, 1),
        ("A branch of the type x", {"branch_type": "x"}, 1, 0),
        ("The city x, id 7", {"city": "x", "branch_type": "x", "id": 7}, 2, 1),
        ("For a day", {"day": 1, "to": 2}, 1, 1),
    ],
)
def test_arguments_are_dictated_where_the_request_says_their_names(
    text: str, arguments: dict[str, Any], n_arguments: int, n_dictated: int
) -> None:
    style = counted(row(text, arguments))
    assert (style.arguments, style.dictated) == (n_arguments, n_dictated)


@pytest.mark.parametrize(
    ("text", "n"), [("Get the FORECAST", 1), ("The forecast", 0), ("forecast? get it", 1), ("", 0)]
)
def test_requests_hold_all_words_of_the_tool(text: str, n: int) -> None:
    style = counted(row(text, {}), row(text, {}))
    assert (style.calls, style.with_tool_words) == (2, 2 * n)


def test_only_what_people_write_is_held_against_names() -> None:
    turned = row("Get the forecast", {"city": "Linz"}, "ok")
    turned["prompt"].append(turned["prompt"].pop(0))
    turned["prompt"].append({"role": "tool", "tool_call_id": "1", "content": "Get the forecast, city"})
    style = counted(turned)
    assert (style.calls, style.arguments, style.results) == (0, 0, 2)


@pytest.mark.parametrize(
    ("content", "is_unreal"),
    [
        ("ok", True),
        ("OK", True),
        ("true", True),
        ("null", True),
        ("{}", False),
        ("[]", True),
        ('"Done"', True),
        ('{"status": "success"}', True),
        ('{"Status": "success", "message": {}}', True),
        ('{"result": null}', True),
        ('{"result": []}', True),
        ('{"result": 7}', False),
        ('{"mm": true}', False),
        ('{"mm": true, "status": "ok"}', False),
        ("false", False),
        ("7 mm", False),
        ('{"result": true' + " " * 44 + "}", True),
        ('{"result": true' + " " * 45 + "}", False),  # too long to say nothing
        ("", False),
    ],
)
def test_results_that_say_no_more_than_that_all_is_well(content: str, is_unreal: bool) -> None:
    for style in (
        counted(row("Rain?", {}, content)),
        counted({**row("", {}, content), "prompt": row("", {}, content)["prompt"][:3]}),
    ):
        assert (style.results, style.unreal) == (1, int(is_unreal))


@pytest.mark.parametrize(
    ("schema", "value", "is_told"),
    [
        ({}, "Linz", True),
        ({}, 7, True),
        ({}, 0.5, True),
        ({}, True, False),
        ({}, ["Linz"], False),
        ({"const": "Linz"}, "Linz", False),
        ({"default": "Linz"}, "Linz", False),
        ({"default": "Graz"}, "Linz", True),
        ({"enum": ["Linz"]}, "Linz", False),
        ({"enum": ["Linz", "Graz"]}, "Linz", True),
    ],
)
def test_one_value_in_all_calls(schema: dict[str, Any], value: Any, is_told: bool) -> None:
    tool = {**TOOL, "parameters": {"type": "object", "properties": {"city": schema}}}
    rows = [{**row(f"Rain {n}?", {"city": value}), "tools": [tool]} for n in range(20)]
    told = [finding.tool for finding in counted(*rows).advice() if finding.kind == "one_value"]
    assert told == (["get_forecast"] if is_told else [])
    assert not [finding for finding in counted(*rows[:19]).advice() if finding.kind == "one_value"]
    other = {**row("Rain?", {"city": "Graz" if value == "Linz" else "Linz"}), "tools": [tool]}
    assert not [finding for finding in counted(*rows, other, *rows).advice() if finding.kind == "one_value"]


def test_of_many_rows_one_in_ten_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.style.ALL_COUNTED", 25)
    rows = [row(f"Rain {n}?", {"city": "Linz"}, "ok") for n in range(100)]
    style = counted(*rows)
    assert (style.rows, style.calls, style.results) == (100, 33, 33)  # 25, and of the others 30, 40 … 100
    (told,) = [finding.message for finding in style.advice() if finding.kind == "one_value"]
    assert told == "'city' is 'Linz' in all of 33 calls looked at"


def test_parameters_and_tools_beyond_the_most_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.style.MOST_PARAMETERS", 1)
    monkeypatch.setattr("rlvr.data.lint.style.MOST_TOOLS_KEPT", 1)
    tools = [{**TOOL, "name": f"get_{n}"} for n in range(3)]
    truths = [json.dumps([{"name": tool["name"], "arguments": {"branch_type": "x"}}]) for tool in tools]
    style = Style()
    for n in range(60):
        record = {**row(f"Rain {n}?", {}), "tools": tools}
        record["reward_model"]["ground_truth"] = truths[n % 3]
        assert [finding.tool for finding in style.add(read(json.dumps(record).encode()))] == [f"get_{n % 3}"]
        assert len(style.described) == 1
    assert [finding.tool for finding in style.advice() if finding.kind == "one_value"] == ["get_0"]


def test_what_an_enum_lists_is_the_schema_s_to_say(tmp_path: Path) -> None:
    listing = {**BRANCH, "enum": ["feature", "golden"]}
    tool = {
        **TOOL,
        "parameters": {"type": "object", "properties": {"branch_type": listing, "note": {"description": 7}}},
    }
    rows = [{**row("A golden one", {"branch_type": "golden"}), "tools": [tool]}]
    assert said(tmp_path / "rows.jsonl", rows) == []
    assert said(tmp_path / "rows.jsonl", [row("7", {"branch_type": 7})]) == []


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
