import copy
import json
import pickle
import socket

import pytest

from rewards import Toolset
from tests.rewards.tools import ALL, WEATHER


def schema(**parameters):
    return [{"name": "f", "parameters": parameters}]


def test_forms_of_tools_compile_to_the_same():
    bare = [tool["function"] for tool in ALL]
    assert Toolset(ALL) == Toolset(bare) == Toolset.of(json.dumps(ALL))
    assert Toolset(ALL).names == ("get_weather_forecast", "search_flights", "translate_text", "send_email")
    assert Toolset.of(None) is None


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


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        (schema(type="map"), "tool 'f': parameters.type: 'map'"),
        (schema(type="object", properties={"x": {"type": "real"}}), "tool 'f': parameters.properties.x.type: 'real'"),
        (schema(type="object", required="x"), "tool 'f': parameters.required"),
        (schema(type="object", properties={"x": {"pattern": "("}}), "tool 'f': parameters"),
        (schema(type="string"), "tool 'f': parameters.type"),
        ([{"name": "f", "parameters": "none"}], "tool 'f': parameters"),
        ([{"name": ""}], r"tools\[0\].name"),
        ([{"name": "f"}, {"name": "f"}], r"tools\[1\].*twice"),
        ([5], r"tools\[0\]"),
        ("not json", "tools: not JSON"),
        ({"name": "f"}, "not a list"),
        (schema(**{"$ref": "#/$defs/absent"}), "tool 'f'"),
    ],
    ids=str,
)
def test_what_is_not_a_tool_is_named(tools, said):
    with pytest.raises(ValueError, match=said):
        Toolset.of(tools) if isinstance(tools, str) else Toolset(tools)


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x.json", "https://example.com/x", "file:///etc/passwd"])
def test_remote_references_are_not_fetched(reference, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ValueError, match="tool 'f'"):
        Toolset(schema(type="object", properties={"x": {"$ref": reference}}))


def test_check_reads_the_schemas_as_jsonschema_does():
    Toolset(ALL).check()


def test_a_tool_without_parameters_takes_none():
    tool = Toolset([{"name": "now"}]).get("now")
    assert tool.admits({})
    assert tool.properties == {}


def test_an_objection_names_place_and_not_the_value():
    objection = Toolset(ALL).get("get_weather_forecast").objection({"city": 10**3000})
    assert objection == 'city: the value is not of type "string"'
