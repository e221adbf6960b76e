"""Toolsets from files, Python, OpenAPI documents and a real MCP server."""

import http.server
import json
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from rewards import Toolset
from rlvr.data import document as documents
from rlvr.data.toolsets import load_tools
from rlvr.errors import UserError

FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}
TOOL = {"type": "function", "function": FUNCTION}


def tools_of(source: str) -> list[dict[str, Any]]:
    return load_tools(source).tools


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tools.json", json.dumps([TOOL])),
        ("tools.json", json.dumps({"tools": [FUNCTION]})),
        ("tools.json", "\ufeff" + json.dumps(FUNCTION)),
        ("tools.yaml", yaml.safe_dump([TOOL])),
        ("tools.yml", yaml.safe_dump({"functions": [FUNCTION]})),
    ],
    ids=["list", "object", "one function with a BOM", "YAML", "functions"],
)
def test_a_file_of_tools(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert tools_of(str(tmp_path / name)) == [TOOL]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "not JSON"),
        ("{}", "is no list of tools, no object with 'tools', 'functions' or 'functionDeclarations', and no OpenAPI"),
        ("[]", "describes no tools"),
        ('[{"description": "d"}]', "is no tool: it has no name"),
        ('[{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "strng"}}, "x": 1}}]', None),
    ],
    ids=["broken", "something else", "empty", "nameless", "unknown type"],
)
def test_a_file_that_describes_no_tools_says_so(tmp_path: Path, content: str, message: str | None) -> None:
    path = tmp_path / "tools.json"
    path.write_text(content)
    if message is None:  # a type that nobody knows admits every value
        assert tools_of(str(path))[0]["function"]["parameters"]["properties"] == {"a": {}}
        return
    with pytest.raises(UserError, match=message):
        tools_of(str(path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n", "is empty"),
        ("[]".encode("utf-16"), "is UTF-16; convert it"),
        (b"\x1f\x8b\x08", "is compressed with gzip; unpack it first"),
        (b"PK\x03\x04", "is a zip archive; unpack it first"),
    ],
    ids=["empty", "UTF-16", "gzip", "zip"],
)
def test_a_file_of_tools_in_another_form_says_what_to_do(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "tools.json").write_bytes(content)
    with pytest.raises(UserError, match=reason):
        tools_of(str(tmp_path / "tools.json"))


def test_a_folder_is_no_file_of_tools(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder; name a file in it"):
        tools_of(str(tmp_path))


MODULE = '''
from typing import Literal
from pydantic import BaseModel, Field

def get_weather(city: str, days: int = 3, unit: Literal["C", "F"] = "C") -> str:
    """The weather.

    Args:
        city: where
    """

class Booking(BaseModel):
    """Book a room."""
    room: str = Field(description="which")

TOOLS = [get_weather, {"type": "function", "function": {"name": "g", "parameters": {"type": "object"}}}]
NUMBER = 3
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "module_of_tools.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "module_of_tools", raising=False)
    return "module_of_tools"


def test_python_functions_models_and_lists(module: str) -> None:
    weather, booking = tools_of(f"{module}:get_weather,Booking")
    parameters = weather["function"]["parameters"]
    assert parameters["required"] == ["city"]
    assert parameters["properties"]["days"]["default"] == 3
    assert parameters["properties"]["unit"]["enum"] == ["C", "F"]
    assert parameters["properties"]["city"]["description"] == "where"
    assert booking["function"]["description"] == "Book a room."
    assert [tool["function"]["name"] for tool in tools_of(f"{module}:TOOLS")] == ["get_weather", "g"]


def test_more_names_than_a_file_name_has_characters_are_python(module: str) -> None:
    names = ",".join(["Book"] * 100)
    with pytest.raises(UserError, match="not found"):
        load_tools(f"{module}:{names},Bok")


FUNCTIONS = '''
from __future__ import annotations
import os
import sqlite3
from dataclasses import dataclass
from typing import Optional
from pydantic import BaseModel
from neighbour import limit

@dataclass
class Order:
    number: str

class Booking(BaseModel):
    """Book a room."""
    room: str

def refund(order: Order, amount: Optional[float] = None) -> dict:
    """Refund an order."""

async def close(number: str) -> dict:
    """Close an order."""

def helper(x):
    return x

def query(connection: sqlite3.Connection, sql: str) -> list:
    """Run a query."""

def _private(x: int) -> int:
    """Nothing."""
'''


def test_a_python_file_gives_its_own_functions(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text('def limit(x: int) -> int:\n    """Another file\'s."""\n')
    (tmp_path / "json.py").write_text(FUNCTIONS)
    loaded = load_tools(str(tmp_path / "json.py"))
    assert [tool["function"]["name"] for tool in loaded.tools] == ["refund", "close"]
    assert loaded.tools[0]["function"]["parameters"]["$defs"]["Order"]["properties"]["number"]["type"] == "string"
    assert [(place, "docstring" in reason) for place, reason in loaded.skipped] == [("helper", True), ("query", False)]


def test_a_python_file_of_a_package_imports_its_neighbours(tmp_path: Path) -> None:
    folder = tmp_path / "desk_of_tests" / "agent"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    (folder / "prices.py").write_text("PRICE = 3\n")
    text = 'from .prices import PRICE\ndef price(room: str = str(PRICE)) -> int:\n    """Tell a price."""\n'
    (folder / "tools.py").write_text(text)
    (tool,) = tools_of(str(folder / "tools.py"))
    assert tool["function"]["parameters"]["properties"]["room"]["default"] == "3"


def test_a_python_file_gives_its_lists_of_tools_alone(module: str, tmp_path: Path) -> None:
    assert [tool["function"]["name"] for tool in tools_of(f"{module}.py")] == ["get_weather", "g"]


def test_a_python_file_without_functions_gives_its_models(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(
        'from pydantic import BaseModel\nclass Book(BaseModel):\n    """Book a room."""\n    room: str\n'
    )
    assert [tool["function"]["name"] for tool in tools_of(str(tmp_path / "models.py"))] == ["Book"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:", "SyntaxError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_python_file_that_cannot_be_run_says_so(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(UserError, match=message):
        tools_of(str(tmp_path / "broken.py"))


def test_python_that_gives_no_tools_says_so(module: str) -> None:
    with pytest.raises(UserError, match="name 'get_wether' not found; did you mean 'get_weather'"):
        tools_of(f"{module}:get_wether")
    with pytest.raises(UserError, match="a int is no tool"):
        tools_of(f"{module}:NUMBER")
    with pytest.raises(UserError, match="cannot import 'no_such_module'"):
        tools_of("no_such_module:f")


ROOM, TREE = {"$ref": "#/components/schemas/Room"}, {"$ref": "#/components/schemas/Tree"}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/rooms/{room_id}": {
            "parameters": [{"$ref": "#/components/parameters/RoomId"}],
            "get": {
                "operationId": "get_room",
                "summary": "One room.",
                "description": "With its beds.",
                "parameters": [
                    {"name": "day", "in": "query", "schema": {"type": "string", "format": "date", "example": "x"}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {},
            },
            "put": {
                "operationId": "change_room",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Room"}}},
                },
                "responses": {},
            },
        },
        "/rooms": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Room"}}
                        }
                    },
                },
                "responses": {},
            },
        },
        "/trees": {
            "post": {
                "operationId": "plant",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
                "responses": {},
            },
        },
    },
    "components": {
        "parameters": {"RoomId": {"name": "room_id", "in": "path", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Base": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}, "required": ["id"]},
            "Room": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {
                        "type": "object",
                        "required": ["beds"],
                        "properties": {
                            "beds": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                            "note": {"type": "string", "nullable": True},
                            "kind": {"$ref": "#/components/schemas/Kind"},
                        },
                    },
                ]
            },
            "Kind": {"type": "string", "enum": ["single", "double"]},
            "Tree": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "branches": {"type": "array", "items": TREE}},
            },
        },
    },
}


@pytest.fixture(params=["json", "yaml"])
def document(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / f"api.{request.param}"
    path.write_text(json.dumps(DOCUMENT) if request.param == "json" else yaml.safe_dump(DOCUMENT, sort_keys=False))
    return str(path)


def test_an_openapi_document_gives_one_tool_for_each_operation(document: str) -> None:
    tools = {tool["function"]["name"]: tool["function"] for tool in tools_of(document)}
    assert list(tools) == ["get_room", "change_room", "post_rooms", "plant"]
    assert tools["get_room"]["description"] == "One room.\nWith its beds."
    assert tools["get_room"]["parameters"] == {
        "type": "object",
        "properties": {
            "room_id": {"type": "integer"},
            "day": {"type": "string", "format": "date", "examples": ["x"]},
            "X-Trace": {"type": "string"},
        },
        "required": ["room_id"],
    }
    changed = tools["change_room"]["parameters"]
    assert changed["required"] == ["room_id", "beds"]
    assert changed["properties"] == {
        "room_id": {"type": "integer"},
        "beds": {"type": "integer", "exclusiveMinimum": 0},
        "note": {"type": ["string", "null"]},
        "kind": {"type": "string", "enum": ["single", "double"]},
    }
    assert tools["post_rooms"]["parameters"]["required"] == ["body"]


def test_a_schema_that_contains_itself_stays_a_reference(document: str) -> None:
    tools = tools_of(document)
    plant = Toolset(tools).get("plant")
    assert plant is not None
    assert plant.admits({"name": "oak", "branches": [{"name": "a", "branches": [{"name": "b"}]}]})
    assert not plant.admits({"branches": [{"branches": [{"name": 3}]}]})


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("https://example.com/room.json", "leads to the network, and nothing is fetched"),
        ("other.yaml#/Room", "names no file beside the document"),
        ("../api.yaml#/Room", "leads out of the document's folder"),
        ("#/components/schemas/Rom", "leads nowhere"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_named(tmp_path: Path, reference: str, message: str) -> None:
    body = {"content": {"application/json": {"schema": {"$ref": reference}}}}
    api = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}}
    (tmp_path / "api.json").write_text(json.dumps(api))
    with pytest.raises(UserError, match=f"POST /a: the reference '{reference}' {message}"):
        tools_of(str(tmp_path / "api.json"))


def test_swagger_2_has_its_body_among_the_parameters(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    parameters = [
        {"name": "limit", "in": "query", "type": "integer", "required": True, "description": "how many"},
        {"name": "pet", "in": "body", "required": True, "schema": schema},
    ]
    api = {"swagger": "2.0", "paths": {"/pets": {"post": {"operationId": "add pet", "parameters": parameters}}}}
    (tmp_path / "api.json").write_text(json.dumps(api))
    (tool,) = tools_of(str(tmp_path / "api.json"))
    assert tool["function"]["name"] == "add_pet"
    assert tool["function"]["parameters"]["required"] == ["limit", "name"]
    assert tool["function"]["parameters"]["properties"]["limit"] == {"type": "integer", "description": "how many"}


TRAIN = {"type": "object", "properties": {"origin": {"type": "string"}}, "required": ["origin"]}
GEMINI = {"type": "OBJECT", "properties": {"origin": {"type": "STRING", "nullable": True}}}
ENTRY = {"name": "find_train", "description": "Find trains."}
FOLDER = {"type": "object", "properties": {"parent": {"$ref": "#/definitions/Folder"}}}


@pytest.mark.parametrize(
    ("document", "properties"),
    [
        ([{"functionDeclarations": [{**ENTRY, "parameters": TRAIN}]}], TRAIN["properties"]),
        ({"tools": [{"function_declarations": [{**ENTRY, "parameters": GEMINI}]}]}, {"origin": ["string", "null"]}),
        ({"functionDeclarations": [{**ENTRY, "parametersJsonSchema": TRAIN}]}, TRAIN["properties"]),
        ({"toolConfig": {"tools": [{"toolSpec": {**ENTRY, "inputSchema": {"json": TRAIN}}}]}}, TRAIN["properties"]),
        ({"jsonrpc": "2.0", "id": 1, "result": {"tools": [{**ENTRY, "inputSchema": TRAIN}]}}, TRAIN["properties"]),
        ([{**ENTRY, "input_schema": TRAIN}], TRAIN["properties"]),
        (
            [{**ENTRY, "parameters": {"$ref": "#/definitions/Folder", "definitions": {"Folder": FOLDER}}}],
            FOLDER["properties"],
        ),
    ],
    ids=[
        "Gemini",
        "Vertex, types in capitals",
        "Gemini with JSON Schema",
        "Bedrock",
        "MCP",
        "Anthropic",
        "a root $ref",
    ],
)
def test_lists_of_tools_as_providers_write_them(tmp_path: Path, document: Any, properties: Any) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(document))
    (tool,) = tools_of(str(tmp_path / "tools.json"))
    assert tool["function"]["name"] == "find_train"
    found = tool["function"]["parameters"]["properties"]
    assert {
        name: found[name]["type"] if isinstance(properties[name], list) else found[name] for name in found
    } == properties


def test_one_tool_a_line_and_pages_of_an_mcp_server(tmp_path: Path) -> None:
    pages = [{"result": {"tools": [{"name": name, "inputSchema": TRAIN}]}} for name in ("a", "b")]
    for lines in ([{"name": "a"}, {"name": "b"}], pages):
        (tmp_path / "tools.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
        assert [tool["function"]["name"] for tool in tools_of(str(tmp_path / "tools.jsonl"))] == ["a", "b"]


def test_what_cannot_be_used_is_left_out_by_name_and_the_rest_is_kept(tmp_path: Path) -> None:
    tools = [
        {"type": "web_search"},
        {"type": "bash_20250124", "name": "bash"},
        {"googleSearch": {}},
        FUNCTION,
        {"description": "nameless"},
        FUNCTION,
        {"name": "g", "parameters": {"type": "object", "properties": {"a": {"type": "string", "minLength": "one"}}}},
        {"name": "h", "parameters": {"type": "object", "properties": {"a": {"pattern": "^.{0,262144}$"}}}},
    ]
    (tmp_path / "tools.json").write_text(json.dumps(tools))
    loaded = load_tools(str(tmp_path / "tools.json"))
    assert [tool["function"]["name"] for tool in loaded.tools] == ["f", "h"]
    assert [f"{entry.place}: {entry.reason}" for entry in loaded.skipped] == [
        "tools[0]: web_search is built into a provider and takes no arguments by schema",
        "tools[1]: bash_20250124 is built into a provider and takes no arguments by schema",
        "tools[2]: googleSearch is built into a provider and takes no arguments by schema",
        "tools[4]: is no tool: it has no name, but description",
        "f: the name 'f' is given twice",
        "g: parameters.properties.a.minLength: 'one' is not of type \"integer\"",
    ]
    (note,) = loaded.notes
    assert note.place == "h"
    assert "the pattern '^.{0,262144}$' is left out" in note.reason
    assert loaded.tools[1]["function"]["parameters"]["properties"] == {"a": {}}


ORIGIN, SEATS = {"type": "string", "description": "where from"}, {"type": "integer"}


@pytest.mark.parametrize(
    "tool",
    [
        {"name": "find_train", "arguments": [
            {"name": "origin", "type": "string", "desc": "where from"},
            {"name": "seats", "type": "integer", "optional": True}]},
        {"name": "find_train", "params": [
            {"name": "origin", "description": "where from", "schema": {"type": "string"}},
            {"name": "seats", "required": False, "schema": {"type": "integer"}}]},
        {"api_name": "find_train", "required_parameters": [{"name": "origin", "type": "STRING",
                                                            "description": "where from"}],
         "optional_parameters": [{"name": "seats", "type": "int"}]},
        {"api_name": "find_train", "required": ["origin"], "parameters": {
            "origin": {"type": "str", "description": "where from"}, "seats": {"type": "int"}}},
        {"name": "find_train", "parameter_definitions": {
            "origin": {"type": "str", "description": "where from", "required": True},
            "seats": {"type": "int", "required": False}}},
        {"name": "find_train", "parameters": {"type": "object", "properties": {
            "origin": {**ORIGIN, "required": True}, "seats": {**SEATS, "required": False}}}},
        {"name": "find_train", "humanized_name": "Trains", "env_vars": [], "init_params_schema": {"type": "object"},
         "run_params_schema": {"properties": {"origin": ORIGIN, "seats": SEATS}, "required": ["origin"],
                               "type": "object"}},
        {"id": "tool-0", "name": "find_train", "tags": [], "json_schema": {"name": "find_train", "parameters": {
            "type": "object", "properties": {"origin": ORIGIN, "seats": SEATS}, "required": ["origin"]}}},
        {"name": "Trains", "tool_description": "Trains.", "api_list": [
            {"name": "find_train", "required_parameters": [{"name": "origin", "type": "STRING",
                                                            "description": "where from"}],
             "optional_parameters": [{"name": "seats", "type": "int"}]}]},
    ],
    ids=["Docker's MCP catalogue", "OpenRPC", "ToolBench", "Seal-Tools", "Cohere", "draft 3", "CrewAI", "Letta",
         "T-Eval"],
)  # fmt: skip
def test_parameters_under_other_names_and_in_lists(tmp_path: Path, tool: Any) -> None:
    (tmp_path / "tools.json").write_text(json.dumps([tool]))
    (loaded,) = tools_of(str(tmp_path / "tools.json"))
    assert loaded["function"]["name"] == "find_train"
    assert loaded["function"]["parameters"] == {
        "type": "object",
        "properties": {"origin": ORIGIN, "seats": SEATS},
        "required": ["origin"],
    }


def test_parameters_called_type_and_properties_and_examples_as_a_text(tmp_path: Path) -> None:
    flat = {"properties": {"type": "str", "description": "what it is made of"}, "type": {"type": "str"}}
    shown = {"type": "object", "properties": {"kind": {"type": "string", "examples": "oak, pine"}}}
    tools = [{"name": "saw", "parameters": flat}, {"name": "plane", "parameters": shown}]
    (tmp_path / "tools.json").write_text(json.dumps(tools))
    saw, plane = tools_of(str(tmp_path / "tools.json"))
    assert saw["function"]["parameters"]["properties"] == {
        "properties": {"type": "string", "description": "what it is made of"}, "type": {"type": "string"}
    }  # fmt: skip
    assert plane["function"]["parameters"]["properties"]["kind"]["examples"] == ["oak, pine"]


def test_exclusive_bounds_of_draft_4_are_numbers(tmp_path: Path) -> None:
    """Source: tools of MCP servers, whose items had `"exclusiveMinimum": true`."""
    pages = {"type": "integer", "exclusiveMinimum": True, "minimum": 0, "maximum": 9, "exclusiveMaximum": False}
    tool = {"name": "f", "inputSchema": {"type": "object", "properties": {"pages": {"type": "array", "items": pages}}}}
    (tmp_path / "tools.json").write_text(json.dumps([tool]))
    (loaded,) = tools_of(str(tmp_path / "tools.json"))
    items = loaded["function"]["parameters"]["properties"]["pages"]["items"]
    assert items == {"type": "integer", "exclusiveMinimum": 0, "maximum": 9}


def test_a_catalogue_without_schemas_is_noted(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps([{"name": "a"}, {"name": "b", "arguments": []}]))
    (note,) = load_tools(str(tmp_path / "tools.json")).notes
    assert note.reason == "no tool says what it takes: a catalogue of names has no schemas"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"__schema": {"types": []}}, "is a GraphQL schema, which is not read; convert it to OpenAPI"),
        ({"discoveryVersion": "v1", "resources": {}}, "is a Google API discovery document"),
        ({"openapi": "3.1.0", "webhooks": {"newPet": {}}}, "without paths but with webhooks"),
        ({"name": "Diary", "description": "Books.", "nodes": [{"name": "Chat"}]}, "is a workflow of nodes"),
        ({"name": "local", "variables": [{"name": "host"}]}, "is no list of tools"),
        ({"_type": "export", "__export_format": 4, "resources": []}, "is an export of Insomnia"),
        ({"interactionModel": {"languageModel": {}}}, "is a model of Alexa's"),
        ({"name": "Triage", "url": "x", "skills": [{"id": "a", "name": "b"}]}, "is an agent's card"),
    ],
)
def test_other_descriptions_of_an_api_are_named(tmp_path: Path, document: Any, message: str) -> None:
    (tmp_path / "api.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match=message):
        load_tools(str(tmp_path / "api.json"))


def test_a_tool_alone_may_have_no_parameters(tmp_path: Path) -> None:
    (tmp_path / "tool.json").write_text(json.dumps({"name": "now", "description": "The time."}))
    (loaded,) = tools_of(str(tmp_path / "tool.json"))
    assert loaded["function"]["name"] == "now"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def test_dates_and_a_bare_equals_sign_of_yaml_are_texts(tmp_path: Path) -> None:
    yaml_text = "[{name: f, parameters: {type: object, properties: {a: {enum: [=, '<', 2026-11-30]}}}}]"
    (tmp_path / "tools.yaml").write_text(yaml_text)
    (tool,) = load_tools(str(tmp_path / "tools.yaml")).tools
    assert tool["function"]["parameters"]["properties"]["a"]["enum"] == ["=", "<", "2026-11-30"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "holds more than 20,000,000 values once its aliases are followed"),
        ("a: &a [*a]", "an anchor holds an alias of itself"),
        ("[" * 300 + "]" * 300, "nested more than 200 levels deep"),
    ],
    ids=["billions of aliases", "an alias of itself", "deep"],
)
def test_a_hostile_document_ends_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "api.yaml").write_text(content)
    with pytest.raises(UserError, match=message):
        load_tools(str(tmp_path / "api.yaml"))


def test_a_document_without_end_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 1_000_000)
    with pytest.raises(UserError, match="/dev/zero: more than 1 MB, which no document has"):
        load_tools("/dev/zero")


def test_a_tool_that_nothing_could_hold_is_named_and_the_others_kept(tmp_path: Path) -> None:
    """Its schema would be followed inward level by level, or name by name."""
    nested: dict[str, Any] = {"type": "string"}
    for _ in range(90):
        nested = {"type": "object", "properties": {"x": nested}}
    wide = {"type": "object", "properties": {f"p{index}": {"type": "string"} for index in range(6_000)}}
    tools = [{"name": name, "parameters": schema} for name, schema in (("deep", nested), ("wide", wide), ("f", {}))]
    (tmp_path / "tools.json").write_text(json.dumps(tools))
    loaded = load_tools(str(tmp_path / "tools.json"))
    assert [tool["function"]["name"] for tool in loaded.tools] == ["f"]
    reasons = {skipped.place: skipped.reason for skipped in loaded.skipped}
    assert reasons == {"tools[0]": "nested deeper than 64", "wide": "its schema holds more than 10,000 values"}


FRAMEWORK_MODULE = '''
from pydantic import BaseModel

class Arguments(BaseModel):
    sku: str

class LangChainTool:
    name, description, args_schema = "lookup_price", "Look up a price.", Arguments
    def __call__(self): ...

class AgentsTool:
    name, description = "refund", "Refund an order."
    params_json_schema = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}

class SmolTool:
    name, description = "forecast", "Tell the weather."
    inputs = {
        "city": {"type": "string", "description": "Where."},
        "days": {"type": "integer", "description": "How many.", "nullable": True},
    }

TOOLS = [LangChainTool(), AgentsTool(), SmolTool()]

def numpy(city: str, days: int = 3) -> None:
    """Get the forecast.

    Parameters
    ----------
    city : str
        Name of the
        city.
    days : int, optional
        How many days.
    """
'''


@pytest.fixture
def frameworks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "module_of_objects.py").write_text(FRAMEWORK_MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "module_of_objects", raising=False)
    return "module_of_objects"


def test_tool_objects_of_agent_frameworks(frameworks: str) -> None:
    functions = [tool["function"] for tool in tools_of(f"{frameworks}:TOOLS")]
    assert [(each["name"], each["description"], each["parameters"]["required"]) for each in functions] == [
        ("lookup_price", "Look up a price.", ["sku"]),
        ("refund", "Refund an order.", ["order"]),
        ("forecast", "Tell the weather.", ["city"]),
    ]
    assert functions[2]["parameters"]["properties"]["days"] == {"type": "integer", "description": "How many."}


def test_a_numpy_docstring_describes_the_parameters(frameworks: str) -> None:
    (tool,) = tools_of(f"{frameworks}:numpy")
    assert tool["function"]["description"] == "Get the forecast."
    described = {name: each["description"] for name, each in tool["function"]["parameters"]["properties"].items()}
    assert described == {"city": "Name of the city.", "days": "How many days."}


def test_the_configuration_of_an_mcp_client_says_how_to_start_its_servers(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text(
        json.dumps({"mcpServers": {"clock": {"command": "clock-server", "args": ["--zone", "Europe/Vienna"]}}})
    )
    with pytest.raises(
        UserError, match=f"starts clock; to have their tools say mcp:{path}, or mcp:'clock-server --zone"
    ):
        load_tools(str(path))


SERVER = '''
from mcp.server.mcpserver import MCPServer

server = MCPServer("rooms")

@server.tool()
def book(room: str, nights: int = 1) -> str:
    """Book a room."""
    return room

@server.tool()
def cancel(room: str) -> str:
    """Cancel a booking."""
    return room

server.run()
'''


@pytest.mark.slow
def test_the_tools_of_a_real_mcp_server(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    (tmp_path / "server.py").write_text(SERVER)
    book, cancel = tools_of(f"mcp:{sys.executable} {tmp_path / 'server.py'}")
    assert (book["function"]["name"], book["function"]["description"]) == ("book", "Book a room.")
    assert book["function"]["parameters"]["required"] == ["room"]
    assert book["function"]["parameters"]["properties"]["nights"]["default"] == 1
    assert cancel["function"]["name"] == "cancel"


@pytest.mark.slow
def test_the_servers_of_a_client_configuration_are_asked_one_by_one(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    (tmp_path / "server.py").write_text(SERVER)
    server = {"command": sys.executable, "args": [str(tmp_path / "server.py")]}
    servers = {"first": server, "second": server, "broken": {"command": "no-such-server"}, "off": {"disabled": True}}
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    loaded = load_tools(f"mcp:{tmp_path / 'mcp.json'}")
    names = [tool["function"]["name"] for tool in loaded.tools]
    assert names == ["book", "cancel", "second_book", "second_cancel"]
    assert [entry.place for entry in loaded.skipped] == ["broken"]


@pytest.mark.slow
def test_the_tools_of_a_server_that_answers_over_http(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    text = SERVER.replace("server.run()", f"server.run(transport='streamable-http', host='127.0.0.1', port={port})")
    (tmp_path / "server.py").write_text(text)
    process = subprocess.Popen([sys.executable, str(tmp_path / "server.py")], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        tools = tools_of(f"mcp:http://127.0.0.1:{port}/mcp")
    finally:
        process.terminate()
        process.wait()
    assert [tool["function"]["name"] for tool in tools] == ["book", "cancel"]


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


@pytest.mark.slow
def test_a_server_that_does_not_start_is_one_line() -> None:
    pytest.importorskip("mcp")
    with pytest.raises(UserError, match="no program 'no-such-server'"):
        tools_of("mcp:no-such-server --stdio")
    with pytest.raises(UserError, match="the server failed") as raised:
        tools_of(f"mcp:{sys.executable} -c 'raise SystemExit(3)'")
    assert "\n" not in str(raised.value)


def test_an_entry_of_mcps_registry_says_how_its_server_is_started(tmp_path: Path) -> None:
    entry = {"name": "io.github.x/y", "description": "d", "packages": [{"registryType": "npm", "identifier": "y-mcp"}]}
    (tmp_path / "server.json").write_text(json.dumps(entry))
    with pytest.raises(UserError, match=r"an entry of MCP's registry.*mcp:'npx -y y-mcp'"):
        load_tools(str(tmp_path / "server.json"))


def test_servers_that_do_not_speak_http_are_no_mcp_servers(tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text(json.dumps({"servers": {"P": {"url": "wss://x"}}}))
    with pytest.raises(UserError, match="is no list of tools"):
        load_tools(str(tmp_path / "servers.json"))


def test_tools_in_groups_by_name_are_one_list(tmp_path: Path) -> None:
    tool = {"name": "area", "description": "d", "parameters": [{"name": "base", "type": "number", "required": True}]}
    groups = {"geometry": {"description": "g", "tools": [tool]}, "more": {"tools": [{**tool, "name": "volume"}]}}
    (tmp_path / "groups.json").write_text(json.dumps(groups))
    assert [tool["function"]["name"] for tool in load_tools(str(tmp_path / "groups.json")).tools] == ["area", "volume"]


@pytest.mark.parametrize(
    "document",
    [
        {"name": "trains", "version": "1", "tools": [{**ENTRY, "inputSchema": TRAIN}]},
        {"labels": {"primary": "Travel"}, "metadata": {"answer": {"tools": [{**ENTRY, "input_schema": TRAIN}]}}},
        {"system_message": "Help.", "tool_set_message": [{**ENTRY, "parameters": TRAIN}]},
    ],
    ids=["a server with its name", "deep inside", "under a name of its own"],
)
def test_the_tools_of_a_saved_server_are_found(tmp_path: Path, document: Any) -> None:
    """Sources: the test servers of Gemini CLI; the server snapshots of Toucan."""
    (tmp_path / "server.json").write_text(json.dumps(document))
    (tool,) = load_tools(str(tmp_path / "server.json")).tools
    assert (tool["function"]["name"], tool["function"]["parameters"]) == ("find_train", TRAIN)


def test_parameters_of_which_texts_say_what_they_are(tmp_path: Path) -> None:
    """Source: Gorilla's API zoo."""
    tool = {"api_name": "find_train", "api_arguments": {"origin": "where from", "seats": "int"}}
    (tmp_path / "tools.json").write_text(json.dumps([tool]))
    (loaded,) = tools_of(str(tmp_path / "tools.json"))
    properties = {"origin": {"description": "where from"}, "seats": {"type": "integer"}}
    assert loaded["function"]["parameters"]["properties"] == properties


@pytest.mark.parametrize(
    ("key", "reason"), [("arazzo", "an Arazzo document of workflows"), ("name_for_model", "a plugin's manifest")]
)
def test_a_document_beside_an_openapi_document_is_named(tmp_path: Path, key: str, reason: str) -> None:
    (tmp_path / "other.json").write_text(json.dumps({key: "1.0.0"}))
    with pytest.raises(UserError, match=reason):
        load_tools(str(tmp_path / "other.json"))


def test_what_a_tool_says_to_its_program_is_in_no_prompt(tmp_path: Path) -> None:
    """Source: the configuration of Google's MCP Toolbox, which has each tool's SQL."""
    tool = {"kind": "sql", "source": "db", "statement": "SELECT $1", "description": "Find trains.", "strict": True}
    parameters = [{"name": "origin", "type": "string", "description": "where from"}]
    (tmp_path / "tools.yaml").write_text(json.dumps({"tools": {"find_train": {**tool, "parameters": parameters}}}))
    (loaded,) = load_tools(str(tmp_path / "tools.yaml")).tools
    assert loaded["function"].keys() == {"name", "strict", "description", "parameters"}


def test_limits_that_are_written_as_texts_are_read_as_numbers(tmp_path: Path) -> None:
    limits = {"type": "integer", "maximum": "50"}
    schema = {"type": "object", "properties": {"seats": limits}, "additionalProperties": "false"}
    (tmp_path / "tools.json").write_text(json.dumps([{"name": "f", "parameters": schema}]))
    loaded = load_tools(str(tmp_path / "tools.json"))
    parameters = loaded.tools[0]["function"]["parameters"]
    assert (parameters["properties"]["seats"]["maximum"], parameters["additionalProperties"]) == (50, False)
    assert "maximum: a text is read as the value that it holds" in [note.reason for note in loaded.notes]


@pytest.mark.parametrize("form", ["openai", "anthropic"])
def test_slips_of_the_pen_in_a_schema_are_noted(tmp_path: Path, form: str) -> None:
    """A misspelt type admits any value, and neither rows nor lint would say so."""
    properties = {
        "seats": {"type": "intger"},
        "type": {"type": "str"},
        "days": {"type": "array", "items": {"type": "dat"}},
    }
    schema = {"type": "object", "properties": properties, "required": ["seat", "days"]}
    tool = {"name": "book", "input_schema": schema}
    if form == "openai":
        tool = {"type": "function", "function": {"name": "book", "parameters": schema}}
    (tmp_path / "tools.json").write_text(json.dumps([tool]))
    loaded = load_tools(str(tmp_path / "tools.json"))
    assert [note.place for note in loaded.notes] == ["book"] * 3
    misspelt, unheard_of, stranger = (note.reason for note in loaded.notes)
    assert misspelt.startswith("type 'intger' not found; did you mean 'integer'? ")
    assert misspelt.endswith("; any value is admitted")
    assert unheard_of.startswith("type 'dat' not found")
    assert stranger == "requires seat, which no property of it is"
    assert loaded.tools[0]["function"]["parameters"]["properties"]["seats"] == {}


def test_an_agent_that_names_its_tools_is_no_tool(tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_text(json.dumps({"name": "Clerk", "model": "m", "tools": ["shop.tools:sell"]}))
    with pytest.raises(UserError, match=r"tools\[0\]: 'shop.tools:sell' is a name alone"):
        load_tools(str(tmp_path / "agent.json"))


def test_a_command_with_quotes_is_quoted_for_the_shell(tmp_path: Path) -> None:
    server = {"command": "bash", "args": ["-c", "exec 'my server'"]}
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": {"x": server}}))
    with pytest.raises(UserError) as raised:
        load_tools(str(tmp_path / "mcp.json"))
    command = str(raised.value).rpartition("or mcp:")[2].removesuffix(" for that of one")
    assert shlex.split(shlex.split(command)[0]) == ["bash", "-c", "exec 'my server'"]


MODELS = """
from pydantic import BaseModel

class Refund(BaseModel):
    "Refund an order."
    order_id: str

class Order(BaseModel):
    order_id: str

tools = [Refund]
models = [Order]

def look_up(order_id: str) -> Order:
    "Look an order up."
"""


def test_a_list_of_models_is_of_tools_where_its_name_says_so(tmp_path: Path) -> None:
    path = tmp_path / "crew.py"
    path.write_text(MODELS)
    assert [tool["function"]["name"] for tool in tools_of(str(path))] == ["Refund"]
    path.write_text(MODELS.replace("tools = [Refund]", ""))
    assert [tool["function"]["name"] for tool in tools_of(str(path))] == ["look_up"]


def test_names_of_a_python_file(tmp_path: Path) -> None:
    (path := tmp_path / "crew.py").write_text(MODELS)
    assert [tool["function"]["name"] for tool in tools_of(f"{path}:look_up,tools")] == ["look_up", "Refund"]
    with pytest.raises(UserError, match=r"none\.py: no such file"):
        tools_of(f"{tmp_path / 'none.py'}:tools")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A web server's address; what it answers lies in a folder."""
    (tmp_path / "tools.json").write_text(json.dumps([TOOL]))
    (tmp_path / "page.html").write_text("<html></html>")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_document_on_the_web_is_read_as_a_file(web: str) -> None:
    assert tools_of(f"{web}/tools.json") == [TOOL]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.json", "none.json: answers with HTTP 404$"),
        ("page.html", "page.html: is a page to be read; name the document itself"),
    ],
)
def test_what_is_no_document_on_the_web_is_said(web: str, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        tools_of(f"{web}/{name}")


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(UserError, match=r"^http://127\.0\.0\.1:9/tools\.json: cannot be brought: "):
        tools_of("http://127.0.0.1:9/tools.json")
