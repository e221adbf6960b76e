"""Types by Python's names, flat parameter lists, and schemas that Arrow has filled with nulls."""

from pathlib import Path
from typing import Any

import pytest

from rewards import Toolset
from rlvr.data.formats.schema_walk import repaired_arguments, repaired_schema
from rlvr.data.formats.schemas import python_type, tools_of
from rlvr.errors import RowError
from rlvr.files import Where

HERE = Where(Path("data.jsonl"), 1)


@pytest.mark.parametrize(
    ("text", "schema", "is_optional"),
    [
        ("str", {"type": "string"}, False),
        ("int, optional", {"type": "integer"}, True),
        ("Optional[float]", {"type": "number"}, True),
        ("List[int]", {"type": "array", "items": {"type": "integer"}}, False),
        ("List[Union[int, float]]", {"type": "array", "items": {"type": ["integer", "number"]}}, False),
        ("Tuple[float, float]", {"type": "array", "items": {"type": "number"}}, False),
        ("Tuple[int, str]", {"type": "array"}, False),
        ("Dict[str, int]", {"type": "object"}, False),
        ("Literal['a', 'b']", {"enum": ["a", "b"]}, False),
        ("set", {"type": "array"}, False),
        ("str | None", {"type": ["string", "null"]}, False),
        ("bool, default is True", {"type": "boolean"}, True),
        ("Callable[[float], float]", {}, False),
        ("any", {}, False),
        ("array", {"type": "array"}, False),
        ("string", {"type": "string"}, False),
    ],
)
def test_a_type_in_pythons_words(text: str, schema: dict[str, Any], is_optional: bool) -> None:
    assert python_type(text) == (schema, is_optional)


def test_flat_parameters_become_a_schema() -> None:
    flat = {
        "name": {"type": "str", "description": "who"},
        "age": {"type": "int", "default": ""},
        "type": {"type": "str, optional", "description": "a parameter that is called type"},
    }
    (tool,) = tools_of([{"name": "find", "description": "d", "parameters": flat}], HERE)
    assert tool["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "name": {"description": "who", "type": "string"},
            "age": {"type": "integer"},
            "type": {"description": "a parameter that is called type", "type": "string"},
        },
        "required": ["name"],
    }


@pytest.mark.parametrize(
    "given",
    [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "dict", "properties": {}}}},
        {"name": "f", "parameters": {"type": "object", "properties": {}}},
        {"name": "f", "input_schema": {"type": "object", "properties": {}}},
        {"name": "f", "inputSchema": {"type": "object", "properties": {}}},
        {"name": "f", "params_json_schema": {"type": "object", "properties": {}}},
        {"type": "haystack.Tool", "data": {"name": "f", "function": "tools.f", "parameters": {}}},
        '{"name": "f", "parameters": "{}"}',
    ],
    ids=["OpenAI", "bare", "Anthropic", "MCP", "OpenAI's Agents SDK", "Haystack", "JSON in JSON"],
)
def test_tools_in_any_usual_form(given: Any) -> None:
    expected = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    assert tools_of([given], HERE) == [expected]


DIFY = {
    "identity": {"name": "find_train", "label": {"en_US": "Find a train"}},
    "description": {"human": {"en_US": "Find."}, "llm": "Find trains."},
    "parameters": [
        {"name": "origin", "type": "string", "required": True, "form": "llm", "llm_description": "where from",
         "human_description": {"en_US": "Where do you start?"}},
        {"name": "class", "type": "select", "required": False, "form": "llm", "default": "2",
         "options": [{"value": "1", "label": {"en_US": "First"}}, {"value": "2", "label": {"en_US": "Second"}}]},
        {"name": "api_key", "type": "secret-input", "required": True, "form": "form"},
    ],
}  # fmt: skip
FLOWISE = {
    "name": "find_train",
    "description": "Find trains.",
    "color": "red",
    "schema": '[{"id": 1, "property": "origin", "description": "where from", "type": "string", "required": true},'
    ' {"id": 2, "property": "class", "type": "number", "required": false}]',
    "func": "return 1",
}
ORIGIN = {"type": "string", "description": "where from"}
SMOLAGENTS = {
    "name": "find_train",
    "description": "Find trains.",
    "inputs": {"origin": ORIGIN, "class": {"type": "integer", "nullable": True}},
    "output_type": "string",
}
LANGCHAIN = {
    "name": "find_train",
    "description": "Find trains.",
    "args": {"origin": ORIGIN, "class": {"type": "integer", "default": 2}},
}


@pytest.mark.parametrize(
    ("tool", "second"),
    [
        (DIFY, {"type": "string", "enum": ["1", "2"], "default": "2"}),
        (FLOWISE, {"type": "number"}),
        (SMOLAGENTS, {"type": ["integer", "null"]}),
        (LANGCHAIN, {"type": "integer", "default": 2}),
    ],
    ids=["Dify", "Flowise", "smolagents", "LangChain and DSPy"],
)
def test_tools_of_agent_builders(tool: Any, second: Any) -> None:
    ((function),) = (tool["function"] for tool in tools_of([tool], HERE))
    assert (function["name"], function["description"]) == ("find_train", "Find trains.")
    assert function["parameters"] == {
        "type": "object", "properties": {"origin": ORIGIN, "class": second}, "required": ["origin"],
    }  # fmt: skip


def test_values_of_a_call_are_no_parameters() -> None:
    (tool,) = tools_of([{"name": "f", "args": {"origin": "Linz"}}], HERE)
    assert "parameters" not in tool["function"]


def test_a_tool_that_says_in_its_code_what_it_takes_is_refused() -> None:
    with pytest.raises(RowError, match="says in its code alone what it takes"):
        tools_of([{"provider": "FunctionTool", "config": {"name": "f", "source_code": "def f(): ..."}}], HERE)


def test_what_is_no_tool_is_named_by_its_place() -> None:
    with pytest.raises(RowError, match=r"tools\[1\]: is no tool: it has no name"):
        tools_of([{"name": "f"}, {"description": "nameless"}], HERE)


def damaged(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": ["city"], "enum": None}


def test_nulls_of_arrow_leave_a_schema() -> None:
    schema = damaged(
        city={"type": "string", "enum": None, "items": None, "default": None},
        days={"type": "integer", "enum": None, "items": None, "default": 3},
        user=None,
        phantom={"type": None, "description": None},
    )
    repaired = repaired_schema(schema)
    assert repaired == {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 3}},
        "required": ["city"],
    }
    Toolset([{"name": "f", "parameters": repaired}]).compile()


def test_a_null_that_a_schema_may_hold_stays() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "default": None},
            "b": {"enum": [None, 1]},
            "c": {"const": None},
            "default": {"type": "string"},
        },
    }
    assert repaired_schema(schema) is schema


def test_nulls_of_arrow_leave_arguments() -> None:
    parameters = {
        "properties": {
            "city": {"type": "string"},
            "note": {"type": ["string", "null"]},
            "days": {"type": "integer"},
            "stay": {"type": "object", "properties": {"from": {"type": "string"}}},
        },
        "required": ["city"],
    }
    given = {"city": "Oslo", "note": None, "days": None, "user": None, "stay": {"from": "x", "to": None}}
    assert repaired_arguments(given, parameters) == {"city": "Oslo", "note": None, "stay": {"from": "x"}}
    required = {"city": None}
    assert repaired_arguments(required, parameters) == required
