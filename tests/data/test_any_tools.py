"""Rows for any toolset: what they ask, that they are right, and that they come out the same."""

import itertools
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rewards import Behavior, Tiered, Toolset, wire
from rlvr.cli import main
from rlvr.data.lint import lint, show
from rlvr.data.synth import any_tools, built_in
from rlvr.data.synth.any_tools import scenes, toolset
from rlvr.data.synth.any_tools.drawn_calls import draw_arguments
from rlvr.data.synth.any_tools.schema_values import value_source
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.toolset import SpokenToolset, spoken_tools
from rlvr.errors import UserError
from rlvr.records.row import Row, read_rows

N = 600


def tool(name: str, description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"name": name, "description": description, "parameters": parameters}


SHOP = [
    tool(
        "create_order",
        "Creates an order.",
        {
            "customer_email": {"type": "string", "format": "email"},
            "items": {
                "type": "array",
                "minItems": 1,
                "maxItems": 2,
                "items": {
                    "type": "object",
                    "properties": {
                        "sku": {"type": "string", "description": "Stock code, such as 'AB-123'"},
                        "quantity": {"type": "integer", "minimum": 1, "maximum": 9},
                    },
                    "required": ["sku", "quantity"],
                },
            },
            "shipping": {"$ref": "#/$defs/speed"},
            "gift_wrap": {"type": "boolean", "default": False},
        },
        "customer_email",
        "items",
    ),
    tool("get_order", "Look up an order by its number", {"order_number": {"type": "string"}}, "order_number"),
    tool(
        "cancel_order",
        "Cancel an order",
        {"order_number": {"type": "string"}, "reason": {"type": "string"}},
        "order_number",
    ),
    tool(
        "schedule_pickup",
        "Schedule a pickup",
        {
            "city": {"type": "string"},
            "date": {"type": "string", "format": "date"},
            "window_hours": {"type": "number", "exclusiveMinimum": 0, "maximum": 8},
            "phone": {"type": ["string", "null"]},
        },
        "city",
        "date",
    ),
]
SHOP[0]["parameters"]["$defs"] = {"speed": {"type": "string", "enum": ["standard", "next_day"]}}
TOOLSETS = {"five tools": list(built_in.schemas("five_tools")), "shop": SHOP, "one tool": SHOP[1:2]}


@cache
def made(which: str) -> tuple[any_tools.Made, ...]:
    return tuple(any_tools.generate(any_tools.Recipe(TOOLSETS[which], N if which != "one tool" else 80)))


def request(row: Row) -> str:
    return next(str(message["content"]) for message in row.prompt if message["role"] == "user")


@pytest.mark.parametrize("which", TOOLSETS)
def test_every_ground_truth_earns_everything(which: str) -> None:
    reward = Tiered()
    for row, _, _ in made(which):
        truth = row.ground_truth
        text = wire.render(truth.calls) if truth.calls else truth.text
        result = reward(text, ground_truth=truth, tools=row.tools)
        assert result is not None
        assert result.value == 1.0, (request(row), text, result.reasons)


@pytest.mark.parametrize("which", TOOLSETS)
def test_lint_finds_nothing(which: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(each.line + "\n" for each in made(which)))
    report = lint(path)
    assert report.is_clean, show.to_json(report)["findings"]


def test_a_line_is_the_row() -> None:
    for row, line, _ in made("shop"):
        assert Row.from_json(json.loads(line)) == row
        assert json.loads(line) == json.loads(json.dumps(row.to_json()))


def test_the_shares_are_those_that_are_told() -> None:
    kinds = [each.row.extra_info["kind"] for each in made("shop")]
    for kind, (_, share) in any_tools.BEHAVIORS.items():
        assert kinds.count(kind) == pytest.approx(share * N, abs=5 if kind == "single" else 3)
    only = any_tools.rows(SHOP, 30, behaviors={"clarify": 2, "refuse": 1})
    behaviors = [row.ground_truth.behavior for row in only]
    assert (behaviors.count(Behavior.CLARIFY), behaviors.count(Behavior.REFUSE)) == (20, 10)


def test_rows_of_each_kind_are_what_they_are_called() -> None:
    by_kind: dict[str, list[Row]] = {}
    for row, _, _ in made("shop"):
        by_kind.setdefault(row.extra_info["kind"], []).append(row)
    assert set(by_kind) == set(any_tools.BEHAVIORS)
    assert all(len(row.ground_truth.calls) in (2, 3) for row in by_kind["parallel"])
    assert all(len(row.ground_truth.missing) == 1 for row in by_kind["clarify"])
    assert all(len(row.ground_truth.missing) > 1 for row in by_kind["clarify_several"])
    for row in by_kind["chain"]:
        result = json.loads(row.prompt[-1]["content"])
        (call,) = row.ground_truth.calls
        linked = [value for value in call.arguments.values() if str(value) not in request(row)]
        assert linked
        assert all(json.dumps(value) in json.dumps(result) for value in linked)
    for row in by_kind["recovery"]:
        assert "error" in json.loads(row.prompt[-1]["content"])
        (wrong,) = row.prompt[-2]["tool_calls"]
        (call,) = row.ground_truth.calls
        tools = Toolset(row.tools)
        found = tools.get(call.name)
        assert found is not None
        assert not found.admits(json.loads(wrong["function"]["arguments"]))
        assert found.admits(call.arguments)
    for row in by_kind["unavailable"]:
        assert row.ground_truth.behavior is Behavior.REFUSE


def test_masked_rows_have_names_that_say_nothing() -> None:
    masked = any_tools.rows(SHOP, 60, masked=1.0, behaviors={"single": 1.0})
    names = [tool["function"]["name"] for row in masked for tool in row.tools]
    assert all(name.startswith("tool_") for name in names)
    assert all(
        call.name in {t["function"]["name"] for t in row.tools} for row in masked for call in row.ground_truth.calls
    )
    assert all(tool["function"]["description"] for row in masked for tool in row.tools)


def test_the_same_seed_gives_the_same_rows() -> None:
    lines, again, others = (
        [line for _, line, _ in any_tools.generate(any_tools.Recipe(SHOP, 300, seed=seed))] for seed in (7, 7, 8)
    )
    assert lines == again
    assert lines != others


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("level", {"enum": ["low", "high"]}),
        ("code", {"const": 7}),
        ("when", {"type": "string", "format": "date-time"}),
        ("id", {"type": "string", "format": "uuid"}),
        ("host", {"type": "string", "format": "ipv4"}),
        ("n", {"type": "integer", "minimum": 3, "exclusiveMaximum": 5}),
        ("n", {"type": "integer", "multipleOf": 7, "minimum": 20, "maximum": 50}),
        ("x", {"type": "number", "minimum": -1, "maximum": 1}),
        ("nick", {"type": "string", "minLength": 3, "maxLength": 6}),
        ("either", {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 900}]}),
        ("both", {"allOf": [{"type": "string"}, {"enum": ["a", "b"]}]}),
        ("pair", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
        ("tags", {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}),
        ("deep", {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "boolean"}},
                  "required": ["b"]}}, "required": ["a"]}),
        ("node", {"$ref": "#/$defs/node"}),
    ],
)  # fmt: skip
def test_values_are_valid_under_any_schema(name: str, schema: dict[str, Any]) -> None:
    node = {"type": "object", "properties": {"label": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}
    root = {"type": "object", "properties": {name: schema}, "required": [name], "$defs": {"node": node}}
    (compiled,) = Toolset([{"name": "t", "parameters": root}])
    draw, rng = value_source(name, schema, root), Random(0)
    for _ in range(50):
        assert compiled.admits({name: (value := draw(rng))}), value


def test_patterns_are_followed() -> None:
    pytest.importorskip("rstr")
    schema = {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4}$"}
    draw, rng = value_source("plate", schema, {}), Random(0)
    (compiled,) = Toolset([{"name": "t", "parameters": {"type": "object", "properties": {"plate": schema}}}])
    drawn = {draw(rng) for _ in range(20)}
    assert len(drawn) > 10
    assert all(compiled.admits({"plate": value}) for value in drawn)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"tools": []}, "empty"),
        ({"rows": 0}, "rows: 0"),
        ({"behaviors": {"singel": 1.0}}, "did you mean 'single'"),
        ({"behaviors": {"single": 0.0}}, "all weights are 0"),
        ({"masked": 1.5}, "masked: 1.5"),
        ({"tools": [tool("f", "", {"x": {"type": "integer", "enum": ["a"]}}, "x")]}, "none of its enum's values"),
        ({"tools": [{"name": "f", "parameters": {"type": "objekt"}}]}, "objekt"),
    ],
)
def test_what_cannot_be_made_is_said(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        list(any_tools.generate(any_tools.Recipe(**{"tools": SHOP, "rows": 5, **options})))


def test_made_up_tools_beside_a_small_toolset_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one name are no toolset: a row that offered them stopped the whole set."""
    names = itertools.cycle(("get_order", "book_boat", "book_boat", "sell_boat"))
    any_tool = scenes.any_tool

    def named(rng: Random) -> Any:
        return replace(any_tool(rng), schema={"type": "function", "function": tool(next(names), "Boats", {})})

    monkeypatch.setattr(scenes, "any_tool", named)
    for row in any_tools.rows(SHOP[:2], 60, distractors=3):
        offered = [each["function"]["name"] for each in row.tools]
        assert len(set(offered)) == len(offered)


def test_a_toolset_can_be_used_up() -> None:
    ping = tool("ping", "Ping the server", {})
    with pytest.raises(UserError, match="no new request"):
        any_tools.rows([ping], 5000, behaviors={"single": 1.0}, masked=0.0, distractors=0)


def test_the_command_writes_rows_for_a_toolset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tools, out = tmp_path / "tools.yaml", tmp_path / "rows.jsonl"
    tools.write_text(json.dumps({"tools": SHOP}))
    assert main(["data", "synth", f"tools={tools}", f"out={out}", "rows=40", "seed=3"]) == 0
    assert "40 rows for 4 tools" in capsys.readouterr().out
    assert read_rows(out) == any_tools.rows(SHOP, 40, seed=3)
    assert main(["data", "synth", "rows=40"]) == 2
    assert main(["data", "synth", "tools=absent.json"]) == 2


def test_the_command_takes_every_source_of_tools(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    city = {"name": "city", "in": "query", "required": True, "schema": {"type": "string"}}
    get = {"operationId": "get_weather", "summary": "Get the weather", "parameters": [city], "responses": {}}
    document.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/weather": {"get": get}}}))
    out = tmp_path / "rows.jsonl"
    assert main(["data", "synth", f"tools={document}", f"out={out}", "rows=5", "behaviors.single=1", "masked=0"]) == 0
    assert {call.name for row in read_rows(out) for call in row.ground_truth.calls} == {"get_weather"}


def test_tools_are_spoken_of_in_words() -> None:
    spoken = {tool.name: tool.task for tool in spoken_tools(SHOP)}
    assert spoken["create_order"] == "create an order"
    assert spoken["get_order"].startswith("look")


LAT_LNG = {"type": "object", "properties": {"lat": {"type": "number"}, "lng": {"type": "number"}}, "required": ["lat"]}
ADDRESS = {"type": "object", "properties": {"address": {"type": "string"}}, "required": ["address"]}
BY_SENDER = {"type": "object", "properties": {"sender": {"type": "string"}}}
BY_TITLE = {"type": "object", "properties": {"title": {"type": "string"}}}
OVERLAPPING = {"oneOf": [BY_SENDER, BY_TITLE]}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("origin", {"allOf": [LAT_LNG, ADDRESS, {"properties": {"lat": {"minimum": 3, "maximum": 9}}}]}),
        ("level", {"allOf": [{"enum": ["a", "b", "c"]}, {"enum": ["b", "c", "d"]}, {"enum": ["c"]}]}),
        ("by", {"oneOf": [{**BY_SENDER, "required": ["sender"]}, {**BY_TITLE, "required": ["title"]}]}),
        ("by", {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}),
        ("n", {"oneOf": [{"type": "number"}, {"type": "integer"}]}),
        ("pin", {"type": "string", "pattern": "^[0-9]+$", "minLength": 6, "maxLength": 8}),
        ("slug", {"type": "string", "pattern": "^[a-z0-9-]*$", "maxLength": 10}),
        ("country", {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["AT"]}),
        ("labels", {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2}),
        ("free", {"type": "object", "required": ["key"]}),
    ],
)  # fmt: skip
def test_values_are_valid_under_combined_schemas(name: str, schema: dict[str, Any]) -> None:
    test_values_are_valid_under_any_schema(name, schema)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (OVERLAPPING, "no value found that exactly one branch of its 'oneOf' admits"),
        ({"type": "string", "pattern": "^[a-z]{9}$", "maxLength": 4}, "no string found for the pattern"),
        ({"type": "string", "pattern": "^\\p{Lu}+$"}, "the pattern '^\\\\p{Lu}+$' is none that Python reads"),
        ({"type": "integer", "minimum": 9, "maximum": 3}, "no value found that its schema admits"),
        (
            {"type": "string", "minLength": 10**12},
            "a string of 1,000,000,000,000 characters is asked for; at most 10,000",
        ),
        ({"type": "array", "minItems": 10**9}, "a list of 1,000,000,000 items is asked for; at most 100 are made"),
        (
            {"type": "array", "minItems": 50, "items": {"type": "array", "minItems": 3, "items": {"type": "string"}}},
            "a list of 150 items is asked for; at most 100 are made",
        ),
    ],
)
def test_a_tool_that_cannot_be_drawn_is_passed_over_for_its_reason(schema: dict[str, Any], reason: str) -> None:
    bad = {"name": "bad", "parameters": {"type": "object", "properties": {"by": schema}, "required": ["by"]}}
    recipe = any_tools.Recipe([bad, *SHOP], 40)
    assert "bad" not in {call.name for made in any_tools.generate(recipe) for call in made.row.ground_truth.calls}
    assert f"parameter 'by': {reason}" in recipe.world.tools.unusable["bad"]
    with pytest.raises(UserError, match="tool 'bad': parameter 'by'"):
        any_tools.rows([bad], 5)


def test_a_large_toolset_costs_what_its_rows_need(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[Any] = []
    put_into_words = toolset.spoken

    def counted(*tool: Any, **options: Any) -> SpokenTool:
        spoken.append(tool)
        return put_into_words(*tool, **options)

    monkeypatch.setattr(toolset, "spoken", counted)
    names = [f"get_{name}_{number}" for number in range(600) for name in ("order", "user", "room", "page", "song")]
    tools = [tool(name, "Get it", {"id": {"type": "string"}}, "id") for name in names]
    assert len(any_tools.rows(tools, 30)) == 30
    assert len(spoken) < 600


DESCRIBED = {
    "city": {"type": "string", "description": "The city, such as 'Springfield'."},
    "email": {"type": "string", "examples": ["somebody@example.com"]},
    "country": {"type": "string", "description": "The country, such as 'USA'."},
    "market": {"type": "string", "examples": ["AT"]},
    "id": {"type": "string", "examples": ["7mQx2LkPZc0aVt"]},
    "order": {"type": "string", "description": "The order, e.g. 'ORD-10042'."},
    "size": {"type": "integer", "examples": [20]},
    "uris": {"type": "string", "description": "For example: `uris=spotify:track:4iV5W9uYEdYUVa7,spotify:show:13Wl`"},
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_example_is_one_of_many_values_of_its_form(name: str) -> None:
    draw, rng = value_source(name, DESCRIBED[name], {}), Random(0)
    drawn = [draw(rng) for _ in range(200)]
    assert max(map(drawn.count, drawn)) < 100
    forms = {"country": "[A-Z]{3}", "market": "[A-Z]{2}", "id": r"\w{14}", "order": r"[A-Z]{3}-\d{5}", "email": ".+@.+"}
    forms["uris"] = r"spotify:track:\w{15},spotify:show:\w{4}"
    assert all(re.fullmatch(forms.get(name, ".+"), str(value)) for value in drawn)


def test_values_that_a_description_lists_are_the_only_ones() -> None:
    schema = {"type": "string", "description": "Kind of branch. One of 'feature', 'bugfix' or 'hotfix'."}
    draw, rng = value_source("branch_type", schema, {}), Random(0)
    assert {draw(rng) for _ in range(50)} == {"feature", "bugfix", "hotfix"}


def test_no_user_is_asked_for_what_says_who_calls() -> None:
    token = {"type": "string", "description": "Authentication token bearing required scopes."}
    properties = {"token": token, "api_key": {"type": "string"}, "name": {"type": "string"}}
    tools = [
        tool("add_user", "Add a user", properties, "name"),
        tool("find_user", "Find a user", properties, "token", "name"),
    ]
    world = SpokenToolset(tools)
    rows = any_tools.rows(tools, 100, masked=0.0, guesses=True)
    assert {name for row in rows for name in row.ground_truth.missing} == {"name"}
    assert not any({"api_key", "token"} & call.arguments.keys() for row in rows for call in row.ground_truth.calls)
    assert world[1] is None
    assert "give it where the tool runs" in world.unusable["find_user"]


CLINIC = [
    tool(
        "look_up_patient",
        "Look up a patient in the register.",
        {"full_name": {"type": "string"}, "born": {"type": "string", "format": "date", "description": "Date of birth"}},
        "full_name", "born",
    ),
    tool(
        "list_visits",
        "List visits of a doctor.",
        {
            "doctor": {"type": "string"},
            "from_date": {"type": "string", "format": "date"},
            "to_date": {"type": "string", "format": "date"},
        },
        "doctor", "from_date", "to_date",
    ),
    tool(
        "cancel_visit",
        "Cancel a visit of a patient.",
        {
            "visit_id": {"type": "string"},
            "visit_reason": {"type": "string", "description": "Why the patient comes"},
            "status": {"type": "string", "enum": ["no_show", "on_time"]},
        },
        "visit_id", "visit_reason", "status",
    ),
]  # fmt: skip


def test_values_of_a_toolset_are_those_of_its_trade() -> None:
    rows = any_tools.rows(CLINIC, 300, masked=0.0, behaviors={"single": 1.0})
    calls = {name: [] for name in ("look_up_patient", "list_visits", "cancel_visit")}
    for row in rows:
        call = row.ground_truth.calls[0]
        calls[call.name].append((row.prompt[-1]["content"], call.arguments))
    assert all("1940" <= arguments["born"][:4] <= "2010" for _, arguments in calls["look_up_patient"])
    assert all(arguments["from_date"] <= arguments["to_date"] for _, arguments in calls["list_visits"])
    reasons = {arguments["visit_reason"] for _, arguments in calls["cancel_visit"]}
    assert len(reasons) > 10
    assert not any("order" in reason or "arrived" in reason or "cheaper" in reason for reason in reasons)
    assert not any("no_show" in request or "on_time" in request for request, _ in calls["cancel_visit"])
    texts = [request for each in calls.values() for request, _ in each]
    assert not any(" the up " in f" {text} " for text in texts)
    forms = {
        re.sub(r"\d+", "9", re.sub("[A-Za-z]{3,}", "May", said))
        for request, _ in calls["look_up_patient"]
        for said in re.findall(r"born (?:on )?([\w ,.-]+?\d{4}|\d{4}[\d-]+)", request)
    }
    assert len(forms) > 2, "dates are said as people say them, and not in ISO's form alone"


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("find_patient", "Look up a patient.", "look up a patient"),
        ("look_up_order", "", "look up the order"),
        ("lights", "Turns off the lights.", "turn off the lights"),
        ("set_up_meeting", "Set up a meeting", "set up a meeting"),
        ("sign_up", "Sign up a member for a course", "sign up a member for a course"),
        ("check_in", "Check in a passenger.", "check in a passenger"),
        ("roll_back", "", "roll back"),
        ("log_out", "Log out.", "log out"),
        ("deployment", "Roll back a deployment.", "roll back a deployment"),
        ("back_up", "Back up the database", "back up the database"),
        ("search", "Search in the files", "search in the files"),
    ],
)
def test_a_verb_of_two_words_stays_whole(name: str, description: str, task: str) -> None:
    (spoken,) = spoken_tools([tool(name, description, {})])
    assert spoken.task == task


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("cancel_visit", "Cancel a visit and, unless told otherwise, text the patient.", "cancel a visit"),
        ("list_slots", "List the free slots of one day.", "list the free slots"),
    ],
)
def test_what_a_sentence_leaves_open_is_not_said(name: str, description: str, task: str) -> None:
    (spoken,) = spoken_tools([tool(name, description, {})])
    assert spoken.task == task


OPERATIONS = [
    tool(
        "restart_service",
        "Restart a service in one environment.",
        {
            "service": {"type": "string", "description": "name of the service"},
            "environment": {"type": "string", "enum": ["staging", "production"]},
            "reason": {"type": "string"},
        },
        *("service", "environment"),
    ),
    tool(
        "toggle_feature_flag",
        "Turn a feature flag on or off, optionally for a share of the users.",
        {"flag": {"type": "string"}, "enabled": {"type": "boolean"}},
        *("flag", "enabled"),
    ),
    tool(
        "page_oncall",
        "Page whoever is on call for a team.",
        {"team": {"type": "string"}, "message": {"type": "string"}},
        *("team", "message"),
    ),
]


def test_what_a_team_runs_has_names_of_its_own() -> None:
    rows = any_tools.rows(OPERATIONS, 200, masked=0.0, behaviors={"single": 1.0})
    texts = [row.prompt[-1]["content"] for row in rows]
    assert any(re.search(r"service \w+-\w+ (?:in|on) (?:staging|production)", text) for text in texts)
    assert any(re.search(r"flag [\w-]+ (?:on|off)\b", text) for text in texts)
    assert not any(re.search(r"\bon on\b|\bon off\b|one environment|the whoever|United", text) for text in texts)


def test_what_moves_goes_to_the_new_date() -> None:
    dates = {"lesson_date": {"type": "string", "format": "date"}, "new_date": {"type": "string", "format": "date"}}
    moved = tool("move_lesson", "Move a lesson to another date.", dates, "lesson_date", "new_date")
    rows = any_tools.rows([moved], 100, masked=0.0, behaviors={"single": 1.0})
    texts = [row.prompt[-1]["content"] for row in rows]
    assert all(re.search(r" to (?:the )?\S*\d|\bto [A-Z][a-z]+ \d|with new date", text) for text in texts), texts[:3]


def test_what_is_moved_comes_from_elsewhere() -> None:
    ends = {"sku": {"type": "string"}, "from_warehouse": {"type": "string"}, "to_warehouse": {"type": "string"}}
    moved = tool("move_stock", "Move an article from one warehouse to another.", ends, *ends)
    for row in any_tools.rows([moved], 100, masked=0.0, behaviors={"single": 1.0}):
        (call,) = row.ground_truth.calls
        source, target = call.arguments["from_warehouse"], call.arguments["to_warehouse"]
        assert source != target
        assert f"from {source}" in row.prompt[-1]["content"]
        assert f"to {target}" in row.prompt[-1]["content"]


def test_a_first_and_a_last_day_are_a_span() -> None:
    days = {name: {"type": "string", "format": "date"} for name in ("first_day", "last_day")}
    leave = tool("request_leave", "File a leave request.", days, *days)
    for row in any_tools.rows([leave], 60, masked=0.0, behaviors={"single": 1.0}):
        (call,) = row.ground_truth.calls
        assert call.arguments["first_day"] < call.arguments["last_day"]
        assert re.search(r"(?:from|starting) .*(?:until|up to|to) ", row.prompt[-1]["content"])


@pytest.mark.parametrize(
    ("description", "task"),
    [
        ("Where is a parcel?", "check where a parcel is"),
        ("Who is out of office on a day?", "check who is out of office"),
        ("How many hours a teacher has taught in a month.", "check how many hours a teacher has taught"),
        ("What is the balance of an account?", "check what the balance of an account is"),
        ("Which rooms are free?", "check which rooms are free"),
        ("When is the waste collected in a street?", "check when the waste is collected"),
        ("Minutes from a flat to a place.", "get the cost"),
        ("Notify if the price of a stock changes.", "notify you if the price of a stock changes"),
        ("What does it cost?", "get the cost"),
    ],
)
def test_a_description_that_asks_is_found_out(description: str, task: str) -> None:
    (spoken,) = spoken_tools([tool("cost", description, {})])
    assert spoken.task == task


def test_an_insured_value_is_no_price() -> None:
    value = {"insured_value": {"type": "number", "description": "in euros"}}
    shipment = tool("create_shipment", "Create a shipment.", value, "insured_value")
    rows = any_tools.rows([shipment], 40, masked=0.0, behaviors={"single": 1.0}, guesses=True)
    assert all("insured value of" in row.prompt[-1]["content"] for row in rows)


BANK = [
    tool("balance", "Current balance of an account.", {"account": {"type": "string"}}, "account"),
    tool(
        "transfer",
        "Transfer money to another account.",
        {
            "from_account": {"type": "string", "description": "nickname or IBAN"},
            "to_iban": {"type": "string"},
            "amount": {"type": "number", "description": "in euros"},
        },
        *("from_account", "to_iban", "amount"),
    ),
    tool(
        "block_card",
        "Block a card.",
        {"last_four": {"type": "string"}, "why": {"type": "string", "enum": ["lost", "stolen"]}},
        *("last_four", "why"),
    ),
]


def test_a_bank_s_accounts_and_cards_are_said_as_its_customers_say_them() -> None:
    texts = {"balance": "", "transfer": "", "block_card": ""}
    for row in any_tools.rows(BANK, 200, masked=0.0, behaviors={"single": 1.0}):
        texts[row.ground_truth.calls[0].name] += row.prompt[-1]["content"] + "\n"
    assert re.search(r"(?:for|of) my \w+ account", texts["balance"])
    assert re.search(
        r"to [A-Z]{2}\d{2}\w+ .*from my \w+ account|from my \w+ account .*to [A-Z]{2}\d", texts["transfer"]
    )
    assert "another account" not in texts["transfer"]
    assert re.search(r"ending in \d{4}", texts["block_card"])
    assert "why" not in texts["block_card"]


def test_who_locks_does_not_unlock() -> None:
    lock = tool("lock_doors", "Lock the doors of the car.", {"unlock": {"type": "boolean"}}, "unlock")
    rows = any_tools.rows([lock], 40, masked=0.0, behaviors={"single": 1.0})
    assert {row.ground_truth.calls[0].arguments["unlock"] for row in rows} == {False}
    assert not any("unlock" in row.prompt[-1]["content"] for row in rows)


def test_a_least_price_is_below_the_most_whatever_the_type() -> None:
    prices = {name: {"type": "number"} for name in ("min_price", "max_price")}
    search = tool("find_stocks", "Find stocks.", prices, *prices)
    for row in any_tools.rows([search], 100, masked=0.0, behaviors={"single": 1.0}):
        (call,) = row.ground_truth.calls
        assert call.arguments["min_price"] <= call.arguments["max_price"]


def test_a_city_b_is_where_it_goes_to() -> None:
    cities = {name: {"type": "string", "description": "a city"} for name in ("cityA", "cityB")}
    distance = tool("estimate_distance", "Estimate the distance.", cities, *cities)
    for row in any_tools.rows([distance], 40, masked=0.0, behaviors={"single": 1.0}):
        arguments = row.ground_truth.calls[0].arguments
        assert f"from {arguments['cityA']}" in row.prompt[-1]["content"]
        assert f"to {arguments['cityB']}" in row.prompt[-1]["content"]


def test_people_have_no_degrees() -> None:
    rows = any_tools.rows([tool("pay", "Pay an employee.", {"employee": {"type": "string"}}, "employee")], 200)
    names = [call.arguments.get("employee", "") for row in rows for call in row.ground_truth.calls]
    assert not any(re.search(r" (?:MD|DDS|DVM|PhD|Jr\.?|Sr\.?)$", name) for name in names)


def test_a_described_range_is_kept() -> None:
    draw, rng = (
        value_source("minutes", {"type": "integer", "description": "Length in minutes, 10 to 60"}, {}),
        Random(0),
    )
    values = [draw(rng) for _ in range(200)]
    assert min(values) == 10
    assert max(values) == 60


def test_the_unit_in_a_name_is_said_once() -> None:
    dose = {"dose_mg": {"type": "number", "description": "Strength of one tablet in mg"}}
    rows = any_tools.rows([tool("order_refill", "Order a refill.", dose, "dose_mg")], 60, masked=0.0)
    texts = [row.prompt[-1]["content"] for row in rows]
    assert any(re.search(r"dose of \d", text) for text in texts)
    assert not any("dose mg" in text for text in texts)


def test_html_in_a_description_is_not_said() -> None:
    (spoken,) = spoken_tools([tool("PostBalance", "<p>Creates a <b>balance</b> for a customer.</p>", {})])
    assert spoken.task == "create a balance"


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("^(([a-z0-9]+)*)*#$", 500),
        ("^((((a+)+)+)+)+$", 5000),
        ("^.{0,2000}$", 50),
        ("^[+*]{2}[a-z]+$", 50),
        ("^[A-Z]{3}-[0-9]{4,}$", 50),
    ],
)
def test_patterns_without_bounds_give_short_strings_and_are_no_trap(pattern: str, longest: int) -> None:
    draw, rng = value_source("code", {"type": "string", "pattern": pattern}, {}), Random(0)
    values = [draw(rng) for _ in range(20)]
    assert max(map(len, values)) <= longest
    assert all(re.search(pattern, value) for value in values if len(value) < 20)


def test_a_pattern_that_asks_for_a_million_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="asks for too long strings"):
        value_source("code", {"type": "string", "pattern": "^(a{1000}){1000}$"}, {})


ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["open", "shipped"]},
        "total": {"type": "number"},
        "self": {"type": "string", "format": "uri"},
    },
    "required": ["id", "status", "total", "self"],
}


def described_orders() -> list[dict[str, Any]]:
    """Two tools that say what they answer with, as an OpenAPI document and an MCP server do."""
    text = {"type": "string"}
    listing = tool("list_orders", "List the orders of a customer.", {"customer_id": text}, "customer_id")
    detail = tool("get_order", "Get the details of an order.", {"order_id": text}, "order_id")
    listing["x-response"] = {"type": "array", "items": ORDER}
    detail["outputSchema"] = ORDER
    return [listing, detail]


def test_results_are_drawn_from_response_schemas_and_from_the_call() -> None:
    for row in any_tools.rows(described_orders(), 60, behaviors={"report": 1.0}, masked=0.0):
        (call,) = row.prompt[-2]["tool_calls"]
        result = json.loads(row.prompt[-1]["content"])
        arguments = json.loads(call["function"]["arguments"])
        if call["function"]["name"] == "get_order":
            assert result["id"] == arguments["order_id"]
        records = result if isinstance(result, list) else [result]
        assert all(record.keys() == {"id", "status", "total", "self"} for record in records)
        told = "id" if isinstance(result, list) else "total"
        assert all(str(record[told]) in str(row.ground_truth.text) for record in records)
        assert not any(record["self"] in str(row.ground_truth.text) for record in records)


def test_a_chain_takes_its_value_from_a_result_of_the_schema() -> None:
    for row in any_tools.rows(described_orders(), 40, behaviors={"chain": 1.0}, masked=0.0):
        first = json.loads(row.prompt[-1]["content"])[0]
        assert first["id"] == row.ground_truth.calls[0].arguments["order_id"]
        assert "the first order" in request(row)


def test_no_prompt_offers_what_a_tool_says_of_its_results() -> None:
    for row in any_tools.rows(described_orders(), 30):
        assert not any({"x-response", "outputSchema"} & offered["function"].keys() for offered in row.tools)


def test_values_stand_where_the_description_names_them_and_are_said_as_what_they_are() -> None:
    tools = json.loads((Path(__file__).parent.parent / "clinic_tools.json").read_text(encoding="utf-8"))
    rows = any_tools.rows(tools, N, masked=0.0)
    asked = [row.prompt[-1]["content"] if len(row.prompt) < 3 else "" for row in rows]
    text = "\n".join(asked)
    assert not re.search(r"\b(\w+) \1\b", text)  # "of a drug drug ramipril"
    assert "of person" not in text
    assert " in a period" not in text
    assert "strength mg" not in text
    assert "buy laboratory" not in text
    assert re.search(r"\d+ hours before", text)
    for row, request in zip(rows, asked, strict=True):
        for call in row.ground_truth.calls if request else ():
            if "hours_before" in call.arguments:
                assert f"{call.arguments['hours_before']} hours before" in request
            if call.name == "find_patient":
                assert f"with {call.arguments['full_name']}" not in request
    questions = [row.ground_truth.text for row in rows if row.ground_truth.missing == ("doctor",)]
    assert questions
    assert all("doctor's name" in question for question in questions)


ISSUES = tool(
    "update_issue",
    "Update an issue.",
    {
        "issue_id": {"type": "string"},
        "icon": {"type": "string"},
        "extra": {"type": "object"},
        "filter": {"type": "string", "description": "A JQL query"},
        "title": {"type": "string"},
        "X-Api-Version": {"type": "string", "default": "2026-01-01"},
    },
    "issue_id",
    "X-Api-Version",
)


def test_a_value_is_drawn_only_where_something_tells_what_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (each,) = spoken_tools([ISSUES])
    assert list(each.left_out) == ["icon", "extra", "filter"]
    drawn = [
        call
        for made in any_tools.generate(any_tools.Recipe([ISSUES, *SHOP], 200))
        for call in made.row.ground_truth.calls
    ]
    assert {frozenset(call.arguments) for call in drawn if call.name == "update_issue"} == {
        frozenset(("issue_id", "title", "X-Api-Version"))  # of a change something is said, and what none gives is there
    }
    (tmp_path / "tools.json").write_text(json.dumps([ISSUES, *SHOP]))
    assert main(["data", "synth", f"tools={tmp_path / 'tools.json'}", f"out={tmp_path / 'rows.jsonl'}", "rows=20"]) == 0
    assert "note: update_issue.icon: no values: nothing tells what its values are" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("schema", "drawn"),
    [
        ({"type": "string"}, None),
        ({"type": "string", "pattern": "^[a-zA-Z0-9_-]+$"}, None),
        ({"type": "string", "description": "A regular expression"}, None),
        ({"type": "string", "pattern": "^[A-Z]{2}-[0-9]{2}$"}, r"[A-Z]{2}-\d\d"),
        ({"type": "string", "examples": ["thick"]}, "thick"),
        ({"type": "string", "description": "How it is cut (e.g. 'thick', 'thin' or 'in dice')."}, "thick|thin|in dice"),
        ({"type": "string", "description": "How it is cut (e.g., thick, thin)."}, "thick|thin"),
        ({"type": "array", "items": {"type": "string"}, "examples": [["thick"]]}, r"\['thick'\]"),
        ({"type": "object", "examples": [{"cut": "thick"}]}, r"\{'cut': 'thick'\}"),
    ],
)
def test_a_required_value_that_nothing_tells_leaves_its_tool_out(schema: dict[str, Any], drawn: str | None) -> None:
    toolset = SpokenToolset([tool("cut", "Cut the bread.", {"cut": schema}, "cut")])
    if drawn is None:
        assert toolset[0] is None
        assert "parameter 'cut': nothing tells what its values are; an `examples` entry" in toolset.unusable["cut"]
        return
    assert toolset[0] is not None
    values = [str(draw_arguments(toolset[0], Random(seed))["cut"]) for seed in range(20)]
    assert all(re.fullmatch(drawn, value) for value in values)


@pytest.mark.parametrize(
    ("name", "description", "properties", "said"),
    [
        ("add_note", "Add a note to an issue.", {"issue_id": {}, "text": {}, "limit": {"type": "integer"}}, {"text"}),
        ("search_issues", "Search issues.", {"query": {}, "limit": {"type": "integer"}}, {"query"}),
        ("move_page", "Move a page.", {"page_id": {}, "parent_id": {}}, {"parent_id"}),
    ],
)
def test_what_is_written_looked_for_or_moved_is_said(
    name: str, description: str, properties: dict[str, Any], said: set[str]
) -> None:
    strings = {key: {"type": "string", **schema} for key, schema in properties.items()}
    (each,) = spoken_tools(
        [tool(name, description, strings, *(key for key in strings if key in ("issue_id", "page_id")))]
    )
    assert all(said <= draw_arguments(each, Random(seed)).keys() for seed in range(20))


def test_what_a_choice_names_is_there_and_nothing_else_that_it_could_name() -> None:
    parent = {
        "type": "object",
        "properties": {
            "type": {"enum": ["page_id", "database_id"]},
            "page_id": {"type": "string"},
            "database_id": {"type": "string"},
        },
    }
    draw = value_source("parent", parent, {})
    for value in (draw(Random(seed)) for seed in range(30)):
        given = value.keys() - {"type"}
        assert len(given) == 1
        assert value.get("type", *given) in given


def test_names_that_are_cut_short_are_said_whole() -> None:
    """`order_no` is an order's number; what a description says by "how many" is no thing, so the name says it."""
    refund = tool("refund", "Refund an order.", {"order_no": {"type": "string"}}, "order_no")
    stock = tool(
        "set_stock",
        "Set how many pieces are there.",
        {"sku": {"type": "string"}, "qty": {"type": "integer"}},
        "sku",
        "qty",
    )
    asked = any_tools.rows([refund], 20, behaviors={"clarify": 1.0}, masked=0.0)
    assert {re.search("order n[a-z]+", row.ground_truth.text or "order number")[0] for row in asked} == {"order number"}
    said = [request(row) for row in any_tools.rows([stock], 20, behaviors={"single": 1.0}, masked=0.0)]
    assert not [text for text in said if "how many" in text or "qty" in text]


def test_a_tool_of_which_no_call_can_be_drawn_is_offered_beside_others() -> None:
    """It is deployed with them; one whose schema is none is not."""
    report = tool("run_report", "Run a query.", {"sql": {"type": "string"}}, "sql")
    broken = tool("broken", "Breaks.", {"x": {"type": "nothing"}}, "x")
    drawn = any_tools.rows([*SHOP, report, broken], 300, masked=0.0)
    offered = {each["function"]["name"] for row in drawn for each in row.tools}
    assert "run_report" in offered
    assert "broken" not in offered
    assert "run_report" not in {call.name for row in drawn for call in row.ground_truth.calls}


@pytest.mark.parametrize(
    "name", ["drug", "movie", "hotel", "sport", "exercise", "car_type", "device", "department", "breed"]
)
def test_what_people_name_every_day_has_values(name: str) -> None:
    register = tool("register", "Register it.", {name: {"type": "string", "description": f"The {name}."}}, name)
    assert SpokenToolset([register])[0] is not None
