"""Toolsets from files, Python, OpenAPI documents and a real MCP server."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from rewards import Toolset
from rlvr.data.toolsets import load_tools
from rlvr.errors import UserError

FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}
TOOL = {"type": "function", "function": FUNCTION}


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
    assert load_tools(str(tmp_path / name)) == [TOOL]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "not JSON"),
        ("{}", "is no list of tools, no object with 'tools', and no OpenAPI document"),
        ("[]", "describes no tools"),
        ('[{"description": "d"}]', "is no tool: it has no name"),
        (json.dumps([TOOL, TOOL]), "the name 'f' is given twice"),
        ('[{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "strng"}}, "x": 1}}]', None),
    ],
    ids=["broken", "something else", "empty", "nameless", "twice", "unknown type"],
)
def test_a_file_that_describes_no_tools_says_so(tmp_path: Path, content: str, message: str | None) -> None:
    path = tmp_path / "tools.json"
    path.write_text(content)
    if message is None:  # a type that nobody knows admits every value
        assert load_tools(str(path))[0]["function"]["parameters"]["properties"] == {"a": {}}
        return
    with pytest.raises(UserError, match=message):
        load_tools(str(path))


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
    weather, booking = load_tools(f"{module}:get_weather,Booking")
    parameters = weather["function"]["parameters"]
    assert parameters["required"] == ["city"]
    assert parameters["properties"]["days"]["default"] == 3
    assert parameters["properties"]["unit"]["enum"] == ["C", "F"]
    assert parameters["properties"]["city"]["description"] == "where"
    assert booking["function"]["description"] == "Book a room."
    assert [tool["function"]["name"] for tool in load_tools(f"{module}:TOOLS")] == ["get_weather", "g"]


def test_python_that_gives_no_tools_says_so(module: str) -> None:
    with pytest.raises(UserError, match="name 'get_wether' not found; did you mean 'get_weather'"):
        load_tools(f"{module}:get_wether")
    with pytest.raises(UserError, match="a int is no tool"):
        load_tools(f"{module}:NUMBER")
    with pytest.raises(UserError, match="cannot import 'no_such_module'"):
        load_tools("no_such_module:f")


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
    tools = {tool["function"]["name"]: tool["function"] for tool in load_tools(document)}
    assert list(tools) == ["get_room", "change_room", "post_rooms", "plant"]
    assert tools["get_room"]["description"] == "One room.\nWith its beds."
    assert tools["get_room"]["parameters"] == {
        "type": "object",
        "properties": {"room_id": {"type": "integer"}, "day": {"type": "string", "format": "date"}},
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
    tools = load_tools(document)
    plant = Toolset(tools).get("plant")
    assert plant is not None
    assert plant.admits({"name": "oak", "branches": [{"name": "a", "branches": [{"name": "b"}]}]})
    assert not plant.admits({"branches": [{"branches": [{"name": 3}]}]})


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("https://example.com/room.json", "leads out of the document, and nothing is fetched"),
        ("other.yaml#/Room", "leads out of the document, and nothing is fetched"),
        ("#/components/schemas/Rom", "leads nowhere"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_named(tmp_path: Path, reference: str, message: str) -> None:
    body = {"content": {"application/json": {"schema": {"$ref": reference}}}}
    api = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}}
    (tmp_path / "api.json").write_text(json.dumps(api))
    with pytest.raises(UserError, match=f"POST /a: the reference '{reference}' {message}"):
        load_tools(str(tmp_path / "api.json"))


def test_swagger_2_has_its_body_among_the_parameters(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    parameters = [
        {"name": "limit", "in": "query", "type": "integer", "required": True, "description": "how many"},
        {"name": "pet", "in": "body", "required": True, "schema": schema},
    ]
    api = {"swagger": "2.0", "paths": {"/pets": {"post": {"operationId": "add pet", "parameters": parameters}}}}
    (tmp_path / "api.json").write_text(json.dumps(api))
    (tool,) = load_tools(str(tmp_path / "api.json"))
    assert tool["function"]["name"] == "add_pet"
    assert tool["function"]["parameters"]["required"] == ["limit", "name"]
    assert tool["function"]["parameters"]["properties"]["limit"] == {"type": "integer", "description": "how many"}


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
    book, cancel = load_tools(f"mcp:{sys.executable} {tmp_path / 'server.py'}")
    assert (book["function"]["name"], book["function"]["description"]) == ("book", "Book a room.")
    assert book["function"]["parameters"]["required"] == ["room"]
    assert book["function"]["parameters"]["properties"]["nights"]["default"] == 1
    assert cancel["function"]["name"] == "cancel"


@pytest.mark.slow
def test_a_server_that_does_not_start_is_one_line() -> None:
    pytest.importorskip("mcp")
    with pytest.raises(UserError, match="no program 'no-such-server'"):
        load_tools("mcp:no-such-server --stdio")
    with pytest.raises(UserError, match="the server failed") as raised:
        load_tools(f"mcp:{sys.executable} -c 'raise SystemExit(3)'")
    assert "\n" not in str(raised.value)
