"""Rows: what is read is what was written, and every mistake names its file, line and field."""

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.errors import RowError, UserError
from rlvr.records import sharing
from rlvr.records.row import Row, read_rows, write_rows
from rlvr.records.sharing import SharedTools

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = '[{"name": "get_weather", "arguments": {"city": "Oslo"}}]'
GOOD = {
    "prompt": [{"role": "user", "content": "Weather in Oslo"}],
    "tools": [TOOL],
    "reward_model": {"ground_truth": CALL, "behavior": "execute"},
    "extra_info": {"style": "terse"},
}


def good(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**GOOD, **changes}.items() if value is not None}


def with_schema(schema: Any) -> dict[str, Any]:
    return good(tools=[{"type": "function", "function": {"name": "get_weather", "parameters": schema}}])


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


BAD_ROWS = {
    "not JSON": ("{prompt: 1}", None, "not JSON"),
    "NaN": ('{"prompt": NaN}', None, "NaN is not a JSON number"),
    "nested without end": ("[" * 100_000, None, "not JSON"),
    "not an object": ([1, 2], None, "a row is a JSON object, not a list"),
    "no prompt": (good(prompt=None), "prompt", "missing"),
    "empty prompt": (good(prompt=[]), "prompt", "not an empty list"),
    "prompt as text": (good(prompt="Weather in Oslo"), "prompt", "not a text"),
    "message without role": (good(prompt=[{"content": "hi"}]), "prompt[0].role", "system, developer, user"),
    "message without content": (good(prompt=[{"role": "user"}]), "prompt[0].content", "not nothing"),
    "no reward_model": (good(reward_model=None), "reward_model", "missing"),
    "reward_model as list": (good(reward_model=[1]), "reward_model", "not a list"),
    "no ground truth": (good(reward_model={"behavior": "refuse"}), "reward_model.ground_truth", "missing"),
    "unknown behavior": (
        good(reward_model={"ground_truth": CALL, "behavior": "exec"}),
        "reward_model.behavior",
        "'exec' is not one of execute, clarify, refuse, answer",
    ),
    "calls without end": (good(reward_model={"ground_truth": CALL[:-4]}), "reward_model.ground_truth", "neither"),
    "tool not offered": (
        good(reward_model={"ground_truth": CALL.replace("get_weather", "get_wether")}),
        "reward_model.ground_truth",
        "calls 'get_wether', but the row offers get_weather",
    ),
    "no tools offered": (good(tools=None), "reward_model.ground_truth", "but the row offers no tools"),
    "tools as object": (good(tools={"name": "f"}), "tools", "not an object"),
    "tools as broken JSON": (good(tools="[{"), "tools", "not JSON"),
    "tool without name": (good(tools=[{"type": "function", "function": {}}]), "tools", "name"),
    "schema of unknown type": (with_schema({"type": "strin"}), "tools", "get_weather"),
    "property that is no schema": (with_schema({"type": "object", "properties": {"city": 5}}), "tools", "get_weather"),
    "extra_info as list": (good(extra_info=[1]), "extra_info", "must be an object, not a list"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_row_names_file_line_and_field(tmp_path: Path, case: str) -> None:
    line, field, message = BAD_ROWS[case]
    path = write(tmp_path / "rows.jsonl", GOOD, line)
    with pytest.raises(RowError) as error:
        read_rows(path)
    assert (error.value.path, error.value.line, error.value.field) == (path, 2, field)
    assert message in error.value.message
    assert str(error.value).startswith(f"{path}:2: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", ["", "\n \n"], ids=["no bytes", "blank lines"])
def test_empty_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    with pytest.raises(RowError, match="empty") as error:
        read_rows(path)
    assert error.value.line is None


def test_absent_file_and_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RowError, match="no such file"):
        read_rows(tmp_path / "absent.jsonl")
    with pytest.raises(RowError, match="is a folder"):
        read_rows(tmp_path)


def test_bytes_that_are_not_utf8_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b'\n{"prompt": "\xff"}\n')
    with pytest.raises(RowError, match="not UTF-8") as error:
        read_rows(path)
    assert error.value.line == 2


def test_blank_lines_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\n")
    assert read_rows(path) == [Row.from_json(GOOD)]


def test_fields_may_be_json_strings_as_in_arrow() -> None:
    in_strings = {key: value if key == "prompt" else json.dumps(value) for key, value in GOOD.items()}
    assert Row.from_json(in_strings) == Row.from_json(GOOD)


def test_optional_fields_may_be_absent() -> None:
    row = Row.from_json({"prompt": GOOD["prompt"], "reward_model": {"ground_truth": "Which city do you mean?"}})
    assert row.ground_truth.behavior is Behavior.CLARIFY
    assert row.tools == []
    assert row.extra_info == {}


ROWS = [
    Row.from_json(GOOD),
    Row(
        prompt=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Wétter?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"type": "function", "function": {"name": "get_weather", "arguments": {"city": "A"}}}],
            },
            {"role": "tool", "content": "rain"},
        ],
        tools=[TOOL],
        ground_truth=GroundTruth(Behavior.CLARIFY, text="Which city?", missing=("city",)),
    ),
    Row(
        prompt=[{"role": "user", "content": "[1] \u2028 quoted"}],
        tools=[TOOL],
        ground_truth=GroundTruth.parse(
            {
                "ground_truth": [{"name": "get_weather", "arguments": {"city": "Oslo"}}],
                "alternatives": [{"city": {"values": ["Oslo, Norway"], "may_omit": False}}],
            }
        ),
        extra_info={"n": 1},
    ),
]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "made" / "rows.jsonl", ROWS)
    assert read_rows(path) == ROWS
    assert [entry.name for entry in path.parent.iterdir()] == ["rows.jsonl"]


def test_a_row_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", ROWS[:1])
    unserializable = Row(ROWS[0].prompt, [], ROWS[0].ground_truth, {"when": object()})
    with pytest.raises(TypeError):
        write_rows(path, [ROWS[1], unserializable])
    assert read_rows(path) == ROWS[:1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_folder_that_cannot_be_made_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_rows(tmp_path / "file" / "rows.jsonl", ROWS)


def test_a_name_taken_by_a_folder_is_a_user_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").mkdir()
    with pytest.raises(UserError, match="cannot write"):
        write_rows(tmp_path / "rows.jsonl", ROWS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]


def test_dataset_keeps_json_free_of_invented_keys() -> None:
    dataset = Dataset.from_list([row.to_arrow() for row in ROWS])
    assert dataset.column_names == ["prompt", "tools", "reward_model", "extra_info"]
    assert json.loads(dataset[0]["tools"]) == [TOOL]
    assert GroundTruth.parse(dataset[2]["reward_model"]) == ROWS[2].ground_truth
    call = dataset[1]["prompt"][2]["tool_calls"][0]["function"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "A"})
    assert dataset[0]["prompt"][0]["content"] == "Weather in Oslo"


def test_an_execute_row_holds_its_calls() -> None:
    assert Row.from_json(GOOD).ground_truth.calls == (ToolCall("get_weather", {"city": "Oslo"}),)


def test_rows_share_equal_tools_and_equal_parts_of_others(tmp_path: Path) -> None:
    """What is shared is equal to what stands in the file: 1, 1.0 and true are three values."""

    def tool(name: str, default: object) -> dict[str, object]:
        parameters = {"type": "object", "properties": {"x": {"type": "string"}, "y": {"default": default}}}
        return {"type": "function", "function": {"name": name, "parameters": parameters}}

    tools = [tool("a", 1), tool("b", 1.0), tool("c", True), tool("d", -0.0), tool("e", 0.0), tool("a", 1)]
    lines = [{**GOOD, "tools": [TOOL, one]} for one in tools]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = read_rows(path)
    assert [json.dumps(row.tools) for row in rows] == [json.dumps(line["tools"]) for line in lines]
    assert len({id(row.tools[0]) for row in rows}) == 1
    assert rows[0].tools[1] is rows[5].tools[1]
    parts = [row.tools[1]["function"]["parameters"]["properties"]["x"] for row in rows]
    assert len({id(part) for part in parts}) == 1


def test_what_rows_share_is_forgotten_where_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_REMEMBERED", 3)
    shared = SharedTools()
    lists = [[{"name": f"tool_{n}", "parameters": {"properties": {f"p{n}": {"type": "string"}}}}] for n in range(9)]
    assert [shared.tools(tools) for tools in lists * 2] == lists * 2
