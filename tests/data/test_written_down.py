"""Values that a user writes down for parameters of which the toolset tells none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlvr.cli import main
from rlvr.data.synth import any_tools
from rlvr.files import write_json

TEXT = {"type": "string"}


def tool(name: str, required: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    description = f"{name.replace('_', ' ').capitalize()}."
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TOOLS = [
    tool("search_memory", "query", query={**TEXT, "description": "What to # look for in C#"}),
    tool("order_pizza", "spices", spices={"type": "array", "items": TEXT}),
    tool("get_order", "order_id", order_id=TEXT, filter={"type": "object", "properties": {"blurb": TEXT}}),
    tool("list_orders"),
]


def run(folder: Path, written: str | None, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    write_json(folder / "tools.json", TOOLS)
    values = folder / "values.yaml"
    if written is not None:
        values.write_text(written)
    arguments = [f"tools={folder}/tools.json", f"out={folder}/rows.jsonl", "rows=60", f"examples={values}"]
    code = main(["data", "synth", *arguments])
    output = capsys.readouterr()
    return code, output.out + output.err


def test_what_is_lacking_is_written_to_be_filled_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(tmp_path, None, capsys)
    assert code == 0
    assert "3 parameters of 3 tools" in said
    assert not (tmp_path / "rows.jsonl").exists()
    template = (tmp_path / "values.yaml").read_text()
    assert '"query": []  # What to # look for in C#\n' in template
    empty = any_tools.read_examples(tmp_path / "values.yaml", TOOLS)
    assert empty == {"search_memory": {"query": []}, "order_pizza": {"spices": []}, "get_order": {"filter": []}}
    code, said = run(tmp_path, None, capsys)  # what stays empty is only asked for
    assert code == 0
    assert "search_memory.query: only asked for" in said
    assert (tmp_path / "values.yaml").read_text() == template


def test_a_file_of_another_format_is_read_but_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tools, values = tmp_path / "tools.json", tmp_path / "values.json"
    write_json(tools, TOOLS)
    arguments = ["data", "synth", f"tools={tools}", f"out={tmp_path}/rows.jsonl", "rows=20", f"examples={values}"]
    assert main(arguments) == 2
    assert "values.json does not exist; name a .yaml file" in capsys.readouterr().err
    assert not values.exists()
    write_json(values, {"search_memory": {"query": ["blue door"]}})
    assert main(arguments) == 0


def test_a_toolset_that_lacks_nothing_gets_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(tmp_path / "tools.json", [tool("get_weather", "city", city=TEXT)])
    arguments = [f"{what}={tmp_path}/{file}" for what, file in (("tools", "tools.json"), ("out", "rows.jsonl"))]
    assert main(["data", "synth", *arguments, "rows=20", f"examples={tmp_path}/values.yaml"]) == 0
    assert "20 rows for 1 tools" in capsys.readouterr().out
    assert not (tmp_path / "values.yaml").exists()


def test_rows_draw_from_what_is_written_and_no_prompt_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = "search_memory: {query: [blue door, old well]}\norder_pizza: {spices: [sumac, dill]}\n"
    code, said = run(tmp_path, written, capsys)
    assert code == 0
    assert "only asked for" not in said
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").open()]
    truths = [row["reward_model"]["ground_truth"] for row in rows]
    calls = [call for truth in truths if truth.startswith("[{") for call in json.loads(truth)]
    queries = {call["arguments"]["query"] for call in calls if call["name"] == "search_memory"}
    assert queries == {"blue door", "old well"}
    lists = [call["arguments"]["spices"] for call in calls if call["name"] == "order_pizza"]
    assert {len(spices) for spices in lists} == {1, 2}
    assert {spice for spices in lists for spice in spices} == {"sumac", "dill"}
    assert not any(word in json.dumps(row["tools"]) for row in rows for word in ("sumac", "blue door", "written"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("serch_memory: {query: [a]}", "tool 'serch_memory' not found; did you mean 'search_memory'?"),
        ("search_memory: {qery: [a]}", "search_memory: parameter 'qery' not found; did you mean 'query'?"),
        ("search_memory: {query: a}", "search_memory.query: 'a' is no list; put values in brackets: ['a']"),
        ("search_memory: {query: [5]}", "search_memory.query: 5 is not admitted by its schema"),
        ("order_pizza: {spices: [5]}", "order_pizza.spices: 5 is not admitted by its schema"),
        ("get_order: {filter: [{blurb: 5}]}", "get_order.filter: {'blurb': 5} is not admitted"),
        ("search_memory: [a]", "search_memory: has to hold parameters with their values, not ['a']"),
        ("[query]", "is no list of tools with their parameters"),
        ("search_memory: {query: [a", "values.yaml"),
    ],
)
def test_a_mistake_names_its_place_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, said: str
) -> None:
    code, output = run(tmp_path, written, capsys)
    assert code == 2
    assert said in output
    assert output.count("\n") == 1
    assert not (tmp_path / "rows.jsonl").exists()
