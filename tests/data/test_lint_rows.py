"""What lint says of one row: a small row, changed in one way, and the kinds and sentences that come of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rewards import GroundTruth, RewardResult, Toolset
from rewards.strict_json import decode
from rlvr.data.lint import lint
from rlvr.data.lint.checks import call_findings, everything_said
from rlvr.data.lint.findings import Finding, Findings
from rlvr.data.lint.history import findings as history_findings
from rlvr.data.lint.reading import UnusableError, read
from rlvr.data.lint.repeats import Repeats, said_in

BOOK = {
    "name": "book",
    "description": "Book a table",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "seats": {"type": "integer"}, "note": {"type": "string"}},
        "required": ["city"],
    },
}
FIND = {"name": "find", "description": "Find it", "parameters": {"type": "object", "properties": {"city": {}}}}
WRITE = {
    "name": "write",
    "description": "Write a letter",
    "parameters": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "lines": {"type": "integer", "default": 73},
            "to": {"type": "string"},
        },
        "required": ["title", "to"],
    },
}
OPEN = {"name": "open", "description": "Any", "parameters": {"type": "object", "additionalProperties": True}}


def row(text: str = "A table in Rome for 4", **changed: Any) -> dict[str, Any]:
    call = {"name": "book", "arguments": {"city": "Rome", "seats": 4}}
    return {
        "prompt": [{"role": "user", "content": text}],
        "tools": [BOOK, FIND, OPEN],
        "reward_model": {"ground_truth": json.dumps([call]), "behavior": "execute"},
        **changed,
    }


def calling(*calls: tuple[str, dict[str, Any]], tools: Any = (BOOK, FIND, OPEN), **more: Any) -> dict[str, Any]:
    written = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return row(tools=list(tools), reward_model={"ground_truth": json.dumps(written), "behavior": "execute", **more})


def asking(*missing: str) -> dict[str, Any]:
    return row(
        "A table",
        reward_model={
            "ground_truth": f"Which {' and '.join(missing)}?",
            "behavior": "clarify",
            "missing": list(missing),
        },
    )


def said(path: Path, *rows: dict[str, Any]) -> list[str]:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    offenders = lint(path).findings.offenders
    findings = [finding for found in offenders.values() for _, finding in found]
    return [f"{each.kind}: {each.message}" + (f" @{each.tool}" if each.tool else "") for each in findings]


ROME = {"city": "Rome"}
SEARCHED = [
    {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "find", "arguments": {"city": "Rome"}}}]},
    {"role": "tool", "tool_call_id": "1", "content": "7 tables"},
]
MADE_UP = {"city": "Zanzibar", "seats": 4}
MANY = [{"name": f"f{n}", "description": f"Do {n}", "parameters": {"type": "object"}} for n in range(9)]
CALL_IN_A_RESULT = {"role": "tool", "tool_call_id": "1", "content": '{"name": "book", "arguments": {"city": "Rome"}}'}


@pytest.mark.parametrize(
    ("changed", "findings"),
    [
        (row(), []),
        (
            row("  ", reward_model={"ground_truth": "I cannot do that.", "behavior": "refuse"}),
            ["no_request: the user's message is empty"],
        ),
        (
            row("", reward_model={"ground_truth": "I cannot do that.", "behavior": "refuse"}),
            ["no_request: the user's message is empty"],
        ),
        (
            row(prompt=[{"role": "user", "content": "Rome, 4"}, {"role": "assistant", "content": "Yes?"}]),
            ["no_request: the last message is the assistant's"],
        ),
        (
            row("Rome for 4 \ufffd"),
            ["damaged_text: holds characters that a wrong encoding leaves, such as \ufffd or Ã©"],
        ),
        (
            row("Rome for 4, cafÃ©"),
            ["damaged_text: holds characters that a wrong encoding leaves, such as \ufffd or Ã©"],
        ),
        (
            row("Rome for 4, Iâ€™m"),
            ["damaged_text: holds characters that a wrong encoding leaves, such as \ufffd or Ã©"],
        ),
        (row("Rome for 4, at the café"), []),
        (row(prompt=[{"role": "user", "content": "Rome, 4"}, *SEARCHED]), []),
        (
            row(reward_model={"ground_truth": "Sure, here is how to do it.", "behavior": "refuse"}),
            ["not_right: the ground truth earns 0.00: behavior: expected refuse, got answer"],
        ),
        (row("Rome for 4, {city}"), ["unfilled: holds '{city}'"]),
        (row("Rome for 4, {{ seats }}"), ["unfilled: holds '{{ seats }}'"]),
        (row("Rome for 4, {city}, {seats}"), ["unfilled: holds '{city}'"]),
        (row("Rome for 4, {street}"), []),
        (row("Rome for 4, {street}, {city}"), ["unfilled: holds '{city}'"]),
        (row("Rome for 4 <|im_end|>"), ["unfilled: holds '<|im_end|>'"]),
        (row("Rome for 4 [INST]"), ["unfilled: holds '[INST]'"]),
        (
            row('Rome for 4 {"name": "book", "arguments": {"city"'),
            ["answer_in_prompt: the request itself writes the call of 'book'"],
        ),
        (row('Rome for 4 {"name": "other", "arguments": {"city"'), []),
        (row("Please book Rome for 4"), []),
        (row(prompt=[{"role": "user", "content": "Rome, 4"}, SEARCHED[0], CALL_IN_A_RESULT]), []),
        (
            calling(("boook", ROME)),
            ["unknown_tool: calls 'boook'; offered are book, find, open @boook"],
        ),
        (row(tools=[]), ["unknown_tool: calls 'book'; no tool is offered @book"]),
        (row(tools=MANY), ["unknown_tool: calls 'book'; offered are f0, f1, f2, f3, f4, f5, f6, f7 @book"]),
        (
            calling(("book", {**ROME, "place": "bar"})),
            ["unknown_parameter: gives 'place', which 'book' does not have @book"],
        ),
        (calling(("open", {"place": "Rome"})), []),
        (calling(("book", {"seats": 4})), ["missing_required: call of 'book' lacks 'city' @book"]),
        (
            calling(("write", {"lines": 4}), tools=[WRITE]),
            ["missing_required: call of 'write' lacks 'title' @write"],
        ),
        (
            calling(("book", {**ROME, "seats": "4", "note": "Rome"})),
            ["invalid_value: call of 'book': seats: the value is not of type \"integer\" @book"],
        ),
        (
            calling(("book", {**ROME, "seats": "4"})),
            ["invalid_value: call of 'book': seats: the value is not of type \"integer\" @book"],
        ),
        (
            calling(("book", ROME), ("book", ROME)),
            ["repeated_call: calls 'book' twice with the same arguments @book"],
        ),
        (
            calling(("book", ROME), ("book", ROME), ("book", ROME), ("find", ROME), ("find", ROME)),
            ["repeated_call: calls 'book' twice with the same arguments @book"],
        ),
        (calling(("book", ROME), ("find", ROME)), []),
        (
            calling(("boook", ROME), ("book", {**ROME, "place": "bar"})),
            [
                "unknown_tool: calls 'boook'; offered are book, find, open @boook",
                "unknown_parameter: gives 'place', which 'book' does not have @book",
            ],
        ),
        (calling(("book", MADE_UP)), ["ungrounded: 'city' is 'Zanzibar', which the prompt does not say @book"]),
        (
            calling(("book", {**ROME, "seats": 73})),
            ["ungrounded_optional: 'seats' is 73, which the prompt does not say @book"],
        ),
        (
            row(
                "A table in Rome for four",
                reward_model={
                    "ground_truth": '[{"name": "book", "arguments": {"seats": 4, "city": "Zanzibar"}}]',
                    "behavior": "execute",
                },
            ),
            ["ungrounded: 'city' is 'Zanzibar', which the prompt does not say @book"],
        ),
        (
            calling(("open", {"place": "Zanzibar"})),
            ["ungrounded_optional: 'place' is 'Zanzibar', which the prompt does not say @open"],
        ),
        (calling(("write", {"title": "Report on tables", "lines": 73, "to": "Rome"}), tools=[WRITE]), []),
        (
            calling(
                ("write", {"title": "Report on tables", "lines": 74, "to": "Report on tables in a row"}), tools=[WRITE]
            ),
            [
                "ungrounded_optional: 'lines' is 74, which the prompt does not say @write",
                "ungrounded: 'to' is 'Report on tables in a row', which the prompt does not say @write",
            ],
        ),
        (
            calling(("book", ROME), alternatives=[{"place": {"values": ["bar"]}}]),
            ["bad_alternative: 'place' is no parameter of 'book' @book"],
        ),
        (
            calling(("book", {**ROME, "seats": 4}), alternatives=[{"seats": {"values": [5, "four"]}}]),
            ["bad_alternative: 'seats' may not be 'four' @book"],
        ),
        (calling(("book", {**ROME, "seats": 4}), alternatives=[{"seats": {"values": [5, 6]}}]), []),
        (calling(("open", {"place": "Rome"}), alternatives=[{"x": {"values": ["bar"]}}]), []),
        (
            calling(("book", {**ROME, "seats": "4"}), alternatives=[{"note": {"values": ["at the bar"]}}]),
            ["invalid_value: call of 'book': seats: the value is not of type \"integer\" @book"],
        ),
        (
            calling(("book", ROME), alternatives=[{"place": {"values": ["bar"]}, "seats": {"values": ["four"]}}]),
            ["bad_alternative: 'place' is no parameter of 'book' @book"],
        ),
        (
            calling(("boook", ROME), ("book", ROME), alternatives=[{}, {"place": {"values": ["bar"]}}]),
            [
                "unknown_tool: calls 'boook'; offered are book, find, open @boook",
                "bad_alternative: 'place' is no parameter of 'book' @book",
            ],
        ),
        (asking("planet"), ["not_a_parameter: 'missing' names 'planet', which no offered tool takes"]),
        (asking("seats"), ["not_required: 'missing' names 'seats', which 'book' does not require"]),
        (asking("city"), []),
        (
            row(prompt=[{"role": "user", "content": "Rome, 4"}, {"role": "tool", "content": "7 tables"}]),
            ["bad_history: a tool result answers no call"],
        ),
        (row(tools=[{**BOOK, "description": " "}, FIND]), ["undescribed_tool: 'book' has no description @book"]),
    ],
)
def test_what_lint_says_of_a_row(tmp_path: Path, changed: dict[str, Any], findings: list[str]) -> None:
    assert said(tmp_path / "rows.jsonl", changed) == findings


@pytest.mark.parametrize(
    "schema",
    [
        {"patternProperties": {"^x": {}}},
        {"anyOf": [{"required": ["city"]}, {"required": ["place"]}]},
        {"oneOf": [{"required": ["city"]}]},
        {"allOf": [{"required": ["city"]}]},
        {"$ref": "#/$defs/more", "$defs": {"more": {"type": "object"}}},
        {"additionalProperties": {"type": "string"}},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_a_schema_that_may_name_parameters_elsewhere_has_no_unknown_ones(
    tmp_path: Path, schema: dict[str, Any]
) -> None:
    tool = {**FIND, "parameters": {**FIND["parameters"], **schema}}
    assert said(tmp_path / "rows.jsonl", calling(("find", {**ROME, "place": "table"}), tools=[tool])) == []
    closed = {**FIND, "parameters": {**FIND["parameters"], "additionalProperties": False}}
    (finding,) = said(tmp_path / "rows.jsonl", calling(("find", {**ROME, "place": "table"}), tools=[closed]))
    assert finding == "unknown_parameter: gives 'place', which 'find' does not have @find"


class Half:
    """A reward that never gives everything."""

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any) -> RewardResult:
        return RewardResult(0.5, {}, ())


def test_each_ground_truth_is_held_against_the_reward_that_is_configured(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    wrong = calling(("boook", ROME))
    path.write_text("".join(json.dumps(each) + "\n" for each in (row(), asking("seats"), asking("planet"), wrong)))
    offenders = lint(path, reward=Half()).findings.offenders
    earned = "the ground truth earns 0.50: no reason given"
    assert offenders["not_right"] == [(1, Finding("not_right", earned)), (2, Finding("not_right", earned))]
    assert "not_right" not in lint(path).findings.offenders


def test_a_question_that_is_expected_again_is_held_against_the_tools_that_are_offered_with_it(tmp_path: Path) -> None:
    question = {"ground_truth": "How many seats?", "behavior": "clarify", "missing": ["city"]}
    refusal = {"ground_truth": "Sure, here it is.", "behavior": "refuse"}
    rows = [
        row("A table", reward_model=question),
        row("A table", reward_model=question, tools=[FIND]),
        row("A room", reward_model=question),
        row("A table", reward_model=refusal),
        row("A room", reward_model=refusal, tools=[FIND]),
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    assert [(line, finding.message) for line, finding in lint(path).findings.offenders["not_right"]] == [
        (1, "the ground truth earns 0.12: behavior: asks for something else than 'city'"),
        (2, "the ground truth earns 0.18: behavior: does not ask for 'city'"),
        (3, "the ground truth earns 0.12: behavior: asks for something else than 'city'"),
        (4, "the ground truth earns 0.00: behavior: expected refuse, got answer"),
        (5, "the ground truth earns 0.00: behavior: expected refuse, got answer"),
    ]


NESTED = json.dumps([{"name": "book", "arguments": {"city": "Rome"}}])
ARROW = {**BOOK, "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "date": None}}}


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        (None, "not_json", "the line is longer than a row may be (16 MiB)"),
        (b"[1]", "bad_row", "a row is a JSON object, not a list"),
        (b"7", "bad_row", "a row is a JSON object, not a number"),
        (b"null", "bad_row", "a row is a JSON object, not nothing"),
        (b'"row"', "bad_row", "a row is a JSON object, not a text"),
        (b"true", "bad_row", "a row is a JSON object, not a boolean"),
        (b"1.5", "bad_row", "a row is a JSON object, not a number"),
        (b'{"a":' * 100_000, "not_json", ""),
        (b'{"a": ' + b"9" * 5000 + b"}", "not_json", ""),
        (b"{", "not_json", "Expecting property name enclosed in double quotes at column 2"),
        (b"{} {}", "not_json", "more than one JSON value: text follows at column 3"),
        (b'{"a": NaN}', "not_json", "NaN is not a JSON number"),
        (b'{"a": "\xff"}', "damaged_text", "not UTF-8 at byte 7"),
        (row(prompt=[]), "bad_row", "prompt: must be a non-empty list of messages, not an empty list"),
        (row(prompt={}), "bad_row", "prompt: must be a non-empty list of messages, not an object"),
        (row(prompt=["hi"]), "bad_row", "prompt[0].role: 'hi' is not one of "),
        (
            row(prompt=[{"role": "user", "content": "hi"}, None]),
            "bad_row",
            "prompt[1].role: None is not one of system, ",
        ),
        (row(prompt=[{"role": "human", "content": "hi"}]), "bad_row", "prompt[0].role: 'human' is not one of "),
        (row(prompt=[{"role": "user", "content": 7}]), "bad_row", "prompt[0].content: must be a text"),
        (
            row(prompt=[{"role": "user", "content": "hi"}, {"role": "user"}]),
            "bad_row",
            "prompt[1].content: must be a text",
        ),
        (row(tools={}), None, None),
        (row(tools=[[[]]]), "bad_tool", ""),
        (row(tools=7), "bad_row", "tools: must be a list of tools, not a number"),
        (row(tools="{"), "bad_row", "tools: "),
        (row(tools='[{"name": "f", "name": "f"}]'), "duplicate_key", "tools: a duplicate key"),
        (row(tools=[BOOK, FIND, BOOK]), "same_name", "2 tools are called 'book'"),
        (row(tools=[{"parameters": ARROW["parameters"]}]), "null_schema", "tool '?': parameters are null; keep tools"),
        (row(tools=[FIND, ARROW]), "null_schema", "tool 'book': parameters are null; keep tools as JSON strings"),
        (row(tools=[{"name": "f", "parameters": {"type": "objekt"}}]), "bad_tool", ""),
        (
            row(reward_model={}),
            "bad_row",
            "reward_model.ground_truth: missing; it is a JSON list of calls, or a text",
        ),
        (row(reward_model=7), "bad_row", "reward_model.ground_truth: missing; it is a JSON list of calls, or a text"),
        (row(reward_model="{"), "bad_row", "reward_model: "),
        (row(reward_model={"ground_truth": NESTED, "behavior": "refuse"}), "bad_truth", "reward_model.ground_truth: "),
        (
            row(reward_model={"ground_truth": '[{"name": "a", "name": "b"}]', "behavior": "execute"}),
            "duplicate_key",
            "reward_model.ground_truth",
        ),
        (
            json.dumps(row()).replace('"role"', '"role": "user", "role"', 1).encode(),
            "duplicate_key",
            "an object has a key twice; all but the last value are lost",
        ),
    ],
)
def test_what_makes_a_line_unusable(line: Any, kind: str | None, message: str) -> None:
    text = json.dumps(line).encode() if isinstance(line, dict) else line
    if kind is None:
        assert read(text).offered.names == ()
        return
    with pytest.raises(UnusableError) as caught:
        read(text)
    assert (caught.value.finding.kind, str(caught.value)[: len(message)]) == (kind, message)


def written(extra_info: Any, tools: Any, model: Any) -> str:
    """A row's line, with a name once that the test writes twice."""
    record = {"once": 1, **row(tools=tools, reward_model=model)}
    return json.dumps(record if extra_info is None else {**record, "extra_info": extra_info})


PLAIN_MODEL = {"ground_truth": NESTED, "behavior": "execute"}


@pytest.mark.parametrize("extra_info", [None, {"row": 1}, {"row": {"of": 2}}])
@pytest.mark.parametrize("tools", [[BOOK], json.dumps([BOOK]), None])
@pytest.mark.parametrize("model", [PLAIN_MODEL, json.dumps(PLAIN_MODEL), {**PLAIN_MODEL, "also": [], "ordered": True}])
def test_a_key_that_stands_twice_is_seen_beside_whatever_else_stands_there(
    extra_info: Any, tools: Any, model: Any
) -> None:
    once = written(extra_info, tools, model)
    twice = once.replace('"once": 1', '"once": 1, "once": 1')
    for _ in range(2):  # its tools are new, then known
        assert read(once.encode()).truth.calls[0].name == "book"
        with pytest.raises(UnusableError) as caught:
            read(twice.encode())
        assert caught.value.finding.kind == "duplicate_key"


@pytest.mark.parametrize("line", [row(), row(tools=json.dumps([BOOK])), row(extra_info={"row": 1}), row(tools=None)])
def test_a_usual_row_is_read_once(line: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A million rows feel it: no second reader that looks for keys that come twice, no reader of any ground truth."""
    text = json.dumps(line).encode()
    strictly: list[str] = []
    monkeypatch.setattr("rlvr.data.lint.reading.decode", lambda text: (strictly.append(text), decode(text))[1])
    monkeypatch.setattr("rewards.GroundTruth.parse", None)
    first, again = read(text), read(b"  " + text + b" \r")
    assert text.decode() not in strictly
    assert again == first
    if isinstance(line["tools"], list):
        assert again.key is first.key, "the tools of an earlier line are known by their text"


def test_a_conversation_is_read_with_its_episode() -> None:
    assert read(json.dumps(row(episode={"seed": 1})).encode()).episode == {"seed": 1}


@pytest.mark.parametrize("truth", [{"behavior": "execute"}, {}, {"behavior": "execute", "ordered": True}])
@pytest.mark.parametrize("calls", [1, 2, 16, 17])
def test_calls_are_read_alike_on_either_way(truth: dict[str, Any], calls: int) -> None:
    written = json.dumps([{"name": "book", "arguments": {"city": f"c{n}"}} for n in range(calls)])
    read_truth = read(json.dumps(row(reward_model={"ground_truth": written, **truth})).encode()).truth
    assert [call.arguments["city"] for call in read_truth.calls] == [f"c{n}" for n in range(calls)]
    assert (read_truth.behavior, read_truth.ordered) == ("execute", truth.get("ordered", False))


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "book", "arguments": {}}]',
        '[{"name": "book", "arguments": "{}"}]',
        '[{"name": "book", "arguments": []}]',
        '[{"name": "book", "arguments": {}, "id": "1"}]',
        '[{"name": "book", "args": {}}]',
        '[{"name": "book"}]',
        '[{"name": 5, "arguments": {}}]',
        '{"name": "book", "arguments": {}}',
        ' [{"name": "book", "arguments": {}}]',
        '[{"name": "book", "arguments": {"a": 1, "a": 1}}]',
        '[["name", "arguments"]]',
        "[5]",
        "[]",
        "[",
        "A table.",
        json.dumps([{"name": "book", "arguments": {"city": "x" * 5000}}]),
    ],
    ids=lambda text: text[:50],
)
@pytest.mark.parametrize("behavior", ["execute", "answer", None])
def test_a_ground_truth_is_read_as_everywhere_else(text: str, behavior: str | None) -> None:
    model = {"ground_truth": text, **({} if behavior is None else {"behavior": behavior})}
    line = json.dumps(row(reward_model=model)).encode()
    try:
        expected = GroundTruth.parse(model)
    except ValueError as error:
        with pytest.raises(UnusableError, match=re.escape(f"reward_model.{error}")):
            read(line)
    else:
        assert read(line).truth == expected


def call(name: Any = "book", arguments: Any = None, call_id: str | None = None) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"id": call_id, "function": {"name": name, "arguments": arguments}}]}


def result(call_id: str | None) -> dict[str, Any]:
    return {"role": "tool", "content": "{}", **({} if call_id is None else {"tool_call_id": call_id})}


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([call(call_id="1"), result("1")], None),
        ([call(call_id="1"), result(None)], None),
        ([call(), result("9")], None),
        ([call(call_id="1"), call(call_id="2"), result("1"), result("2")], None),
        ([call(call_id="1"), result("2")], "a tool result answers no call"),
        ([call(), call(call_id="1"), result("2")], "a tool result answers no call"),
        ([result(None)], "a tool result answers no call"),
        ([call(name=None)], "an earlier call has no name"),
        ([{"role": "assistant", "tool_calls": ["book"]}], "an earlier call has no name"),
        ([call(name="cook")], "an earlier call is of 'cook', which is not offered"),
        ([call(arguments='{"city": "Rome"}')], None),
        ([call(arguments="")], None),
        ([call(arguments={"city": "Rome"})], None),
        ([call(arguments=["Rome"])], "an earlier call's arguments are no object"),
        ([call(arguments="[]")], "an earlier call's arguments are no object"),
        ([call(arguments="{city}")], "the arguments of an earlier call of 'book' are not JSON: "),
        ([call(name="cook"), call(name="look")], "an earlier call is of 'cook', which is not offered"),
    ],
)
def test_earlier_turns_fit_the_tools_and_each_other(messages: list[dict[str, Any]], message: str | None) -> None:
    line = json.dumps(row(prompt=[*messages, {"role": "user", "content": "A table"}])).encode()
    found = list(history_findings(read(line)))
    assert [finding.kind for finding in found] == (["bad_history"] if message else [])
    assert all(finding.message.startswith(message or "") for finding in found)


def test_what_was_said_is_what_people_tools_and_calls_say() -> None:
    turns = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Rome?"},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "find", "arguments": {"city": "Köln"}}]},
        {"role": "tool", "content": "sunny"},
    ]
    assert everything_said(turns) == ('Be kind.\nRome?\n[{"name": "find", "arguments": {"city": "Köln"}}]\nsunny')
    assert everything_said([{"role": "user"}]) == ""
    assert everything_said(turns[:2]) == "Be kind.\nRome?"
    assert said_in(turns) == "Rome?\nNone[{'name': 'find', 'arguments': {'city': 'Köln'}}]\nsunny"
    assert said_in([{"role": "developer", "content": "Be kind."}, turns[1]]) == "Rome?"


@pytest.mark.parametrize(
    ("calls", "is_valid"),
    [
        ([("book", ROME)], True),
        ([("find", ROME)], True),
        ([("book", ROME), ("find", ROME)], True),
        ([("book", ROME), ("book", ROME)], False),
        ([("cook", ROME)], False),
        ([("book", {**ROME, "x": 1})], False),
        ([("book", {"city": 7})], False),
    ],
)
def test_nothing_is_found_in_valid_calls(calls: list[tuple[str, dict[str, Any]]], is_valid: bool) -> None:
    truth = read(json.dumps(calling(*calls)).encode()).truth
    assert (list(call_findings(truth, Toolset([BOOK, FIND]))) == []) is is_valid


def test_repetitions_name_what_they_repeat() -> None:
    repeats = Repeats({hash("held out"): "test.jsonl"}, {"find": "test.jsonl"})
    long = "would you please book a table for four people in the old town of Rome this evening"
    assert repeats.find(3, "a", "tools", "truth") is None
    assert repeats.find(4, long, "tools", "truth") is None
    assert repeats.find(5, "held out", "tools", "truth") == Finding("prompt_leak", "the prompt is also in test.jsonl")
    assert repeats.find(6, "a", "tools", "truth") == Finding("duplicate", "the same as line 3")
    assert repeats.find(7, "a", "tools", "other") == Finding(
        "contradiction", "asks the same as line 3, and expects something else"
    )
    assert repeats.find(8, "a", "other tools", "truth") is None
    assert repeats.find(9, long.title(), "tools", "truth") == Finding("near_duplicate", "nearly the same as line 4")
    assert repeats.find(10, long.upper(), "other tools", "truth") is None
    assert list(repeats.leaking(["book", "find"])) == [Finding("tool_leak", "'find' is also in test.jsonl", "find")]


def test_findings_are_counted_by_kind_and_tool_and_the_first_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.findings.MOST_TOOLS", 2)
    findings = Findings()
    for line, tool in enumerate(["f", "g", "h", "i", "f", None, None], 1):
        findings.add(line, Finding("unknown_tool", "calls it", tool))
    findings.add(None, Finding("unbalanced", "too many"))
    assert findings.counts == {"unknown_tool": 7, "unbalanced": 1}
    assert findings.by_tool == {
        "f": {"unknown_tool": 2},
        "g": {"unknown_tool": 1},
        "(other tools)": {"unknown_tool": 2},
    }
    assert [line for line, _ in findings.offenders["unknown_tool"]] == [1, 2, 3, 4, 5]
    assert (findings.n_errors(), findings.n_advice()) == (7, 1)
