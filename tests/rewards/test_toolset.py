import builtins
import contextlib
import copy
import http.server
import json
import pickle
import socket
import threading
import urllib.request
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Literal

import pydantic
import pytest
from typing_extensions import TypedDict  # pydantic reads typing's from Python 3.12 on

from rewards import Tiered, Toolset
from rewards.tool_forms import TYPE_NAMES, json_schema
from tests.rewards.tools import ALL, WEATHER

CALL = '[{"name": "f", "arguments": {"x": "a"}}]'


def schema(**parameters):
    return [{"name": "f", "parameters": parameters}]


def test_forms_of_tools_compile_to_the_same():
    bare = [tool["function"] for tool in ALL]
    assert Toolset(ALL) == Toolset(bare) == Toolset.of(json.dumps(ALL))
    assert Toolset(ALL).names == ("get_weather_forecast", "search_flights", "translate_text", "send_email")
    assert Toolset.of(None) is None


@pytest.mark.parametrize(
    "tool",
    [
        # xLAM's data has no schema, but a mapping: read as a schema it would have no parameters
        {"name": "f", "parameters": {"x": {"type": "str, optional", "default": "a"}, "type": {"type": "int"}}},
        {"name": "f", "parameters": {"x": {"type": "str", "default": "a", "required": False}, "type": {"type": "int"}}},
        # Bedrock's Converse
        {
            "toolSpec": {
                "name": "f",
                "inputSchema": {
                    "json": {
                        "type": "object",
                        "properties": {"x": {"type": "string", "default": "a"}, "type": {"type": "integer"}},
                    }
                },
            }
        },
    ],
    ids=["xlam", "flags", "bedrock"],
)
def test_other_forms_of_parameters_are_read(tool):
    compiled = Toolset([tool])["f"]
    assert compiled.properties["x"]["default"] == "a"
    assert compiled.admits({"x": "b", "type": 1})
    assert not compiled.admits({"type": "1"})
    result = Tiered()(
        '<tool_call>{"name": "f", "arguments": {"x": "a", "type": 1}}</tool_call>',
        **{
            "ground_truth": [{"name": "f", "arguments": {"type": 1}}],
            "tools": [tool],
        },
    )
    assert result.value == 1.0  # the default, spelled out


@pytest.mark.parametrize(
    "parameters",
    [
        {"$ref": "#/definitions/F", "definitions": {"F": {"type": "object", "properties": {"x": {"default": "a"}}}}},
        {"type": "object", "allOf": [{"properties": {"x": {"default": "a"}}}, {"properties": {"y": True}}]},
        {"type": "object", "properties": {"x": {"$ref": "#/$defs/X"}}, "$defs": {"X": {"default": "a"}}},
        {"type": "object", "properties": {"x": {"allOf": [{"default": "a"}]}}},
        {
            "$ref": "#/$defs/F",
            "$defs": {"F": {"properties": {"x": {"default": "a"}}, "allOf": [{"$ref": "#/$defs/F"}]}},
        },
    ],
    ids=["root reference", "root allOf", "reference", "allOf", "circle"],
)
def test_defaults_are_seen_behind_references(parameters):
    # zod and pydantic write such schemas; a default that is spelled out cost a right call its reward
    spelled_out = '<tool_call>{"name": "f", "arguments": {"x": "a"}}</tool_call>'
    result = Tiered()(spelled_out, ground_truth=[{"name": "f", "arguments": {}}], tools=schema(**parameters))
    assert result.value == 1.0, result.reasons


def test_compiling_is_cached_by_content():
    compiled = Toolset.of(ALL)
    assert Toolset.of(copy.deepcopy(ALL)) is compiled
    assert Toolset.of(compiled) is compiled


def test_a_tool_list_changed_after_compiling_is_compiled_anew():
    tools = copy.deepcopy([WEATHER])
    Toolset.of(tools)
    tools[0]["function"]["name"] = "renamed"
    assert Toolset.of(tools).names == ("renamed",)


def test_a_toolset_pickles():
    restored = pickle.loads(pickle.dumps(Toolset(ALL)))
    assert restored == Toolset(ALL)
    assert not restored.get("get_weather_forecast").admits({"city": 5})


def test_names_are_exact():
    tools = Toolset(ALL)
    assert tools.get("get_weather_forecast").required == {"city"}
    for name in (
        "Get_Weather_Forecast",
        "get-weather-forecast",
        "functions.get_weather_forecast",
        "get_weather_forecast ",
    ):
        assert tools.get(name) is None


def doubling(keyword):
    """Thirty definitions, each of which asks for the next one twice: 2^30 steps for one text."""
    definitions = {f"d{i}": {keyword: [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(30)}
    end = {"d30": {"type": "string", "minLength": 3}}
    return schema(type="object", properties={"x": {"$ref": "#/$defs/d0"}}, **{"$defs": {**definitions, **end}})


def test_a_schema_that_refers_to_itself_is_no_expansion():
    tree = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    assert Toolset(schema(**tree)).names == ("f",)


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        (schema(type="map"), "tool 'f': parameters.type: 'map'"),
        (schema(type="object", properties={"x": {"type": "real"}}), "tool 'f': parameters.properties.x.type: 'real'"),
        (schema(type="object", required="x"), "tool 'f': parameters.required"),
        (schema(type="object", properties={"x": {"pattern": "("}}), "tool 'f': parameters"),
        (schema(type="string"), "tool 'f': parameters.type"),
        ([{"name": "f", "parameters": "none"}], "tool 'f': parameters"),
        (
            [{"name": "f", "params": {"type": "object"}}],
            "tool 'f': its schema is called 'params'; call it 'parameters'",
        ),
        ([{"name": ""}], r"tools\[0\].name"),
        ([{"name": "f"}, {"name": "f", "description": "another"}], r"tools\[1\].*twice"),
        ([5], r"tools\[0\]"),
        ("not json", "tools: not JSON"),
        ({"x": 1}, "tools: an object of 'x' is no tool, nor a list of them"),
        ({}, "tools: an object of nothing is no tool"),
        (3, "tools: a int is no tool, nor a list of them"),
        (schema(**{"$ref": "#/$defs/absent"}), "tool 'f'"),
        (doubling("anyOf"), "parameters: its \\$refs and combinators lead to more than 10,000 schemas"),
        (doubling("oneOf"), "parameters: its \\$refs and combinators lead to more than 10,000 schemas"),
    ],
    ids=str,
)
def test_what_is_not_a_tool_is_named(tools, said):
    with pytest.raises(ValueError, match=said):
        Toolset.of(tools) if isinstance(tools, str) else Toolset(tools)


@pytest.fixture
def server():
    """A server on this machine that serves a schema to whoever asks, and lists what was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

        def log_message(self, *_):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()


@pytest.mark.parametrize(
    "parameters",
    [
        {"properties": {"x": {"$ref": "URL/x.json"}}},
        {"properties": {"x": {"$ref": "URL/x.json#/$defs/a"}}},
        {"properties": {"x": {"type": "array", "items": {"anyOf": [{"$ref": "URL/x.json"}]}}}},
        {"$id": "URL/base.json", "properties": {"x": {"$ref": "x.json"}}},
        {"properties": {"x": {"$dynamicRef": "URL/x.json"}}},
        {"$schema": "URL/meta.json", "properties": {"x": {"type": "string"}}},
        {"$schema": "URL/meta.json", "properties": {"x": {"type": 5}}},
    ],
    ids=str,
)
def test_nothing_is_fetched_from_a_server_that_would_answer(server, parameters):
    url, asked = server
    tools = json.loads(json.dumps(schema(type="object", **parameters)).replace("URL", url))
    with contextlib.suppress(ValueError):  # a reference that is not followed is not resolved either
        compiled = Toolset(tools)
        compiled.get("f").admits({"x": "a"})
        compiled.get("f").objection({"x": 5})
        Tiered()('<tool_call>{"name": "f", "arguments": {"x": "A"}}</tool_call>', ground_truth=CALL, tools=tools)
    assert asked == []
    with urllib.request.urlopen(f"{url}/is-there") as answer:
        assert answer.status == 200
    assert asked == ["/is-there"]


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x.json", "https://example.com/x", "file:///etc/passwd"])
def test_remote_references_are_not_fetched(reference, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ValueError, match="tool 'f'"):
        Toolset(schema(type="object", properties={"x": {"$ref": reference}}))


def test_a_tool_of_a_request_is_compiled_when_it_is_called():
    broken = {"name": "g", "parameters": {"type": "map"}}
    tools = Toolset.of(json.dumps([*ALL, broken]), is_lazy=True)
    assert not tools["get_weather_forecast"].admits({"city": 5})
    for ask in (lambda: tools.get("g"), tools.compile, lambda: list(tools)):
        with pytest.raises(ValueError, match=r"tool 'g': parameters\.type: 'map'"):
            ask()


def test_right_calls_need_no_compiled_tool():
    broken = schema(type="map")
    right = Tiered()('<tool_call>{"name": "f", "arguments": {"x": "a"}}</tool_call>', ground_truth=CALL, tools=broken)
    assert right.value == 1.0
    with pytest.raises(ValueError, match="tool 'f'"):
        Tiered()('<tool_call>{"name": "f", "arguments": {"x": "b"}}</tool_call>', ground_truth=CALL, tools=broken)


def test_a_tool_without_parameters_takes_none():
    tool = Toolset([{"name": "now"}]).get("now")
    assert tool.admits({})
    assert tool.properties == {}


def test_an_objection_names_place_and_not_the_value():
    objection = Toolset(ALL).get("get_weather_forecast").objection({"city": 10**3000})
    assert objection == ("city", 'city: the value is not of type "string"')


@pytest.mark.parametrize(
    ("given", "converted"),
    [
        ({"type": "dict", "properties": {}}, {"type": "object", "properties": {}}),
        ({"type": "float", "default": 1}, {"type": "number", "default": 1}),
        ({"type": "tuple", "items": {"type": "any"}}, {"type": "array", "items": {}}),
        ({"type": "ArrayList", "items": {"type": "String"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": ["float", "null"]}, {"type": ["number", "null"]}),
        ({"type": ["float", "double"]}, {"type": ["number"]}),
        ({"type": ["any", "null"]}, {}),
        ({"properties": {"type": {"type": "bool"}}}, {"properties": {"type": {"type": "boolean"}}}),
        ({"anyOf": [{"type": "long"}, {"type": "null"}]}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ({"$defs": {"a": {"type": "HashMap"}}}, {"$defs": {"a": {"type": "object"}}}),
        ({"type": "OBJECT", "properties": {}}, {"type": "object", "properties": {}}),
        ({"type": "str"}, {"type": "string"}),
        ({"type": "List[int]"}, {"type": "array"}),
        ({"type": "Dict[str, Any]"}, {"type": "object"}),
        ({"type": "str, optional"}, {"type": "string"}),
        ({"type": "int (optional)"}, {"type": "integer"}),
        ({"type": "Optional[str]"}, {}),
        ({"type": "str | None", "description": "x"}, {"description": "x"}),
        ({"type": "STRING", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": None, "default": None}, {"type": "string"}),
        ({"properties": {"a": {"type": "string"}, "b": None}}, {"properties": {"a": {"type": "string"}}}),
        ({"type": "object", "required": None, "properties": None}, {"type": "object"}),
    ],
    ids=str,
)
def test_other_words_become_json_schema(given, converted):
    before = copy.deepcopy(given)
    assert json_schema(given) == converted
    assert given == before


@pytest.mark.parametrize(
    "schema",
    [
        ALL[0]["function"]["parameters"],
        {"enum": [{"type": "float"}], "default": {"type": "dict"}, "const": {"type": "any"}},
        {"properties": {"float": {"type": "number"}}},
        {"type": 5},
        {"type": ["integer", "null"], "default": None},
        {"const": None},
        {"type": "object", "nullable": False},
        {},
        True,
    ],
    ids=str,
)
def test_other_schemas_are_left_as_they_are(schema):
    assert json_schema(schema) is schema


def test_every_name_of_a_type_compiles():
    properties = {f"x{index}": {"type": kind} for index, kind in enumerate(TYPE_NAMES)}
    tools = Toolset(schema(type="dict", properties=properties))
    assert tools.get("f").admits({"x0": {}})
    assert not tools.get("f").admits({"x0": 5})


class BookTable(pydantic.BaseModel):
    """Book a table."""

    place: str = pydantic.Field(description="Name of the restaurant")
    guests: Annotated[int, pydantic.Field(ge=1)] = 2


def set_light(room: str, level: int = 100, mode: Literal["warm", "cold"] = "warm", *, tags: list[str] | None = None):
    """Set a lamp.

    It answers at once.

    Args:
        room (str): Name of the room,
            as people call it.
        level: Percent.

    Returns:
        mode: not an argument.
    """


def dim(room, level: float):
    """Dim a lamp.

    :param room: Name of the room
    :param float level: Percent
    :returns: nothing
    """


def test_pydantic_models_are_tools():
    tool = Toolset([BookTable]).get("BookTable")
    assert tool.description == "Book a table."
    assert tool.required == {"place"}
    assert tool.properties["guests"]["default"] == 2
    assert tool.admits({"place": "Roma", "guests": 1})
    assert not tool.admits({"place": "Roma", "guests": 0})


def test_callables_are_tools():
    tool = Toolset([set_light]).get("set_light")
    assert tool.description == "Set a lamp.\n\nIt answers at once."
    assert tool.required == {"room"}
    assert tool.properties["room"]["description"] == "Name of the room, as people call it."
    assert tool.properties["level"]["description"] == "Percent."
    assert "description" not in tool.properties["mode"]
    assert tool.admits({"room": "a", "mode": "cold", "tags": ["x"]})
    assert not tool.admits({"room": "a", "mode": "hot"})
    assert not tool.admits({"room": "a", "colour": "red"})
    dimmed = Toolset([dim]).get("dim")
    assert dimmed.description == "Dim a lamp."
    assert {name: part["description"] for name, part in dimmed.properties.items()} == {
        "room": "Name of the room",
        "level": "Percent",
    }


LAMP = {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}
BARE = {"name": "light", "parameters": LAMP}


class Room(pydantic.BaseModel):
    room: str


class Dumped(pydantic.BaseModel):
    """A client's model of a tool, as Mistral, Cohere and Ollama have it."""

    type: str = "function"
    function: dict = BARE
    strict: bool | None = None


@dataclass
class light:  # noqa: N801 - the tool's name
    room: str


def switch(room: str):
    pass


class Light(TypedDict):
    room: str


WAYS_TO_GIVE = {
    "one": BARE,
    "openai": {"type": "function", "function": BARE},
    "request": {"model": "m", "tools": [BARE]},
    "json of one": json.dumps(BARE),
    "json of json": json.dumps(json.dumps([BARE])),
    "a function as json": [{"type": "function", "function": json.dumps(BARE)}],
    "a list of json": [json.dumps({"type": "function", "function": BARE})],
    "by name": {"light": {"description": "", "parameters": LAMP}},
    "schemas by name": {"light": LAMP},
    "functions by name": {"light": switch},
    "vercel": {"light": {"inputSchema": {"jsonSchema": LAMP}}},
    "bedrock's spec": [{"name": "light", "inputSchema": {"json": LAMP}}],
    "gemini's declarations": {"functionDeclarations": [{"name": "light", "parametersJsonSchema": LAMP}]},
    "mcp's answer": SimpleNamespace(tools=[SimpleNamespace(name="light", description=None, inputSchema=LAMP)]),
    "langchain": SimpleNamespace(name="light", description="d", args_schema=Room, metadata=None),
    "agents": [SimpleNamespace(name="light", params_json_schema=LAMP)],
    "pydantic-ai": [SimpleNamespace(name="light", tool_def=SimpleNamespace(name="light", parameters_json_schema=LAMP))],
    "llamaindex": [SimpleNamespace(metadata=SimpleNamespace(name="light", fn_schema=Room))],
    "smolagents": [SimpleNamespace(name="light", inputs={"room": {"type": "string"}})],
    "autogen": [SimpleNamespace(name="light", schema=BARE)],
    "strands": [SimpleNamespace(tool_name="light", tool_spec={"name": "light", "inputSchema": {"json": LAMP}})],
    "a client's model": [Dumped()],
    "dataclass": light,
}


@pytest.mark.parametrize("tools", WAYS_TO_GIVE.values(), ids=WAYS_TO_GIVE)
def test_each_way_to_give_a_tool_is_read(tools):
    (tool,) = Toolset.of(tools)
    assert tool.name == "light"
    assert tool.admits({"room": "attic"})
    assert not tool.admits({"room": 3})


def test_a_typed_dict_is_a_tool():
    assert Toolset([Light]).get("Light").required == {"room"}


def test_a_tool_object_is_not_changed():
    given = {"type": "object", "properties": {"room": {"type": "string"}}}
    tool = SimpleNamespace(name="light", description="Light it.\n\nArgs:\n    room: Its name.", input_schema=given)
    assert Toolset([tool]).get("light").properties["room"]["description"] == "Its name."
    assert given == {"type": "object", "properties": {"room": {"type": "string"}}}


def test_real_tools_of_mcp_are_read():
    types = pytest.importorskip("mcp.types")
    answer = types.ListToolsResult(tools=[types.Tool(name="light", inputSchema=LAMP)])
    assert Toolset.of(answer).names == ("light",)


def test_forms_mix_and_are_kept():
    tools = [set_light, BookTable, ALL[0]]
    assert Toolset(tools).names == ("set_light", "BookTable", "get_weather_forecast")
    assert Toolset.of([set_light, BookTable]) is Toolset.of([set_light, BookTable])
    assert pickle.loads(pickle.dumps(Toolset([set_light, BookTable]))) == Toolset([set_light, BookTable])


def test_a_reward_takes_callables():
    completion = '<tool_call>{"name": "set_light", "arguments": {"room": "Kitchen", "level": 100}}</tool_call>'
    truth = '[{"name": "set_light", "arguments": {"room": "kitchen"}}]'
    assert Tiered()(completion, ground_truth=truth, tools=[set_light]).value == 1.0


def by_position(room, /):
    pass


def of_unknown_type(room: "Nowhere"):  # noqa: F821
    pass


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda room: room, "has no name"),
        (by_position, "'by_position': takes arguments by position"),
        (of_unknown_type, "'of_unknown_type': its signature has no JSON Schema"),
        (int, "'int': a class that holds no data"),
        (5, r"tools\[0\]: a int is no tool"),
        ("light", r"tools\[0\]: a str is no tool"),
        ("[1]", r"tools\[0\]: a list is no tool"),
    ],
)
def test_what_cannot_be_called_by_json_is_named(given, said):
    with pytest.raises(ValueError, match=said):
        Toolset([given])


def test_without_pydantic_a_callable_says_what_to_do(monkeypatch):
    imported = builtins.__import__

    def without_pydantic(name, *rest):
        if name.startswith("pydantic"):
            raise ImportError(name)
        return imported(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pydantic)
    with pytest.raises(ValueError, match="'dim': pydantic reads the signatures of Python callables; install it"):
        Toolset([dim])
