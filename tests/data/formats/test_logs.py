"""Production logs: what a successful conversation teaches, what a failed call followed by a right one teaches more."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import Tiered, ToolCall, wire
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.logs import failed, read
from rlvr.data.formats.outcome import DEFAULTS
from rlvr.data.formats.redaction import check_kinds, redacted
from rlvr.errors import RowError, UserError
from rlvr.files import Where
from rlvr.records.preference import Preference
from rlvr.records.row import Row

HERE = Where(Path("logs.jsonl"), 3)
BOOK = {
    "type": "function",
    "function": {
        "name": "book",
        "parameters": {"type": "object", "properties": {"room": {"type": "string"}, "nights": {"type": "integer"}}},
    },
}


def call(identity: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": "book", "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": identity, "type": "function", "function": function}],
    }


def result(identity: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def log(request: str, *turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": request}, *turns], "tools": [BOOK], "reward": 1.0, **more}


RECOVERY = (
    call("1", room="blue", nights=2),
    result("1", "Error: room blue is taken"),
    call("2", room="red", nights=2),
    result("2", '{"booked": "red"}'),
    {"role": "assistant", "content": "The red room is yours."},
)


def test_a_result_that_is_nested_too_deep_is_read_as_text() -> None:
    assert not failed('{"a":' * 100_000)


def found(record: dict[str, Any], options: ReadOptions = DEFAULTS) -> tuple[list[Row], list[Preference], list[str]]:
    try:
        outcomes = list(read(record, HERE, options))
    except RowError as error:
        outcomes = [error]
    return (
        [each for each in outcomes if isinstance(each, Row)],
        [each for each in outcomes if isinstance(each, Preference)],
        [each.message for each in outcomes if isinstance(each, RowError)],
    )


def test_a_failed_call_is_no_row_and_its_correction_is_one_of_recovery() -> None:
    rows, _, rejected = found(log("Book a room for 2 nights.", *RECOVERY))
    assert rejected == ["the call failed"]
    recovery, answer = rows
    assert recovery.ground_truth.calls == (ToolCall("book", {"room": "red", "nights": 2}),)
    assert recovery.extra_info["kind"] == "error_recovery"
    assert recovery.prompt[-1]["content"] == "Error: room blue is taken"
    assert answer.ground_truth.text == "The red room is yours."


@pytest.mark.parametrize(
    ("request_text", "kind", "turns"),
    [
        ("Book the red room for 2 nights, or the blue one.", "failed_call", 1),
        ("Book a room for 2 nights.", "repeated_failure", 3),
    ],
    ids=["the right value was known before", "it was not"],
)
def test_a_correction_is_preferred_where_it_could_be_known(request_text: str, kind: str, turns: int) -> None:
    _, (pair,), _ = found(log(request_text, *RECOVERY))
    assert (pair.kind, len(pair.prompt)) == (kind, turns)
    assert pair.rejected == wire.render([ToolCall("book", {"room": "blue", "nights": 2})])
    scores = [Tiered()(text, ground_truth=pair.ground_truth, tools=pair.tools) for text in (pair.chosen, pair.rejected)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0].value == 1.0 > scores[1].value


def test_the_same_call_again_is_no_correction() -> None:
    again = (call("1", room="red"), result("1", "Error: timeout"), call("2", room="red"), result("2", "ok"))
    (row,), pairs, _ = found(log("Book the red room.", *again))
    assert "kind" not in row.extra_info
    assert pairs == []


def test_an_unsuccessful_conversation_teaches_nothing() -> None:
    assert found(log("Book.", *RECOVERY, reward=0.4))[2] == ["the conversation ended with 0.4, below min_score=1"]
    assert found(log("Book.", *RECOVERY, reward=0.4), ReadOptions(min_score=0.4))[0]
    assert found(log("Book.", *RECOVERY, reward=False))[2] == ["the conversation ended with 0, below min_score=1"]
    assert "is not a number" in found(log("Book.", *RECOVERY, reward="good"))[2][0]


def test_a_log_without_scores_is_kept_whole() -> None:
    record = log("Book a room for 2 nights.", *RECOVERY)
    del record["reward"]
    assert len(found(record)[0]) == 2


def test_tools_come_from_outside_where_a_log_has_none() -> None:
    record = log("Book.", *RECOVERY, tools=None)
    assert found(record)[2] == ["the log names no tools; give them with tools=FILE"]
    assert found(record, ReadOptions(tools=[BOOK]))[0]


def test_a_call_without_a_result_is_no_success() -> None:
    assert "no result" in found(log("Book the red room.", call("1", room="red")))[2][0]


@pytest.mark.parametrize(
    ("content", "is_failure"),
    [
        ("Error: no such room", True),
        ("ValueError: bad", True),
        ("Traceback (most recent call last):", True),
        ('{"error": "no such room"}', True),
        ('{"error": null, "rooms": []}', False),
        ('{"status": "failed"}', True),
        ('{"success": false}', True),
        ("HTTP 503", True),
        ('{"booked": "red"}', False),
        ("No errors were found.", False),
        ("", False),
    ],
)
def test_what_says_that_a_call_failed(content: str, is_failure: bool) -> None:
    assert failed(content) is is_failure


def test_a_pattern_of_ones_own_says_it_too() -> None:
    assert failed("NOT OK 17", r"^NOT OK")
    assert found(log("Book.", call("1", room="x"), result("1", "NOT OK")), ReadOptions(error_pattern="NOT OK"))[2]


def test_redaction_keeps_what_belongs_together() -> None:
    messages = [
        {"role": "user", "content": "I am ann.lee@corp.example, card 4111 1111 1111 1111, order 1234567890123456."},
        {
            "role": "assistant",
            "tool_calls": [{"function": {"name": "f", "arguments": {"mail": "ann.lee@corp.example"}}}],
        },
        {"role": "user", "content": "Not bob@corp.example. Call +44 20 7946 0958 or (555) 123-4567, from 10.1.2.3."},
    ]
    clean = redacted(messages, check_kinds(["all"]))
    assert clean[0]["content"] == "I am user1@example.com, card 0000000000000001, order 1234567890123456."
    assert clean[1]["tool_calls"][0]["function"]["arguments"] == {"mail": "user1@example.com"}
    assert clean[2]["content"] == "Not user2@example.com. Call +1 555 010 0001 or +1 555 010 0002, from 192.0.2.1."
    assert redacted(clean, check_kinds(["all"])) == clean


def test_redaction_by_a_pattern_of_ones_own() -> None:
    assert redacted("id mia_li_3668 and mia_li_3668", check_kinds([r"re:[a-z]+_[a-z]+_\d{4}"])) == (
        "id [REDACTED-1] and [REDACTED-1]"
    )


@pytest.mark.parametrize("kind", ["emial", "re:("])
def test_a_kind_that_does_not_exist_is_named(kind: str) -> None:
    with pytest.raises(UserError, match="redact"):
        check_kinds([kind])


def test_a_redacted_log_is_still_grounded() -> None:
    turns = (call("1", room="ann@corp.example"), result("1", "ok for ann@corp.example"))
    (row,), _, _ = found(log("Book for ann@corp.example", *turns), ReadOptions(redact=("email",)))
    assert row.ground_truth.calls[0].arguments == {"room": "user1@example.com"}
    assert row.prompt[0]["content"] == "Book for user1@example.com"
