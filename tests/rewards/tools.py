"""The tools that the tests of `rewards` offer."""

from typing import Any

from rewards import GroundTruth, ToolCall


def tool(name: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TEXT = {"type": "string"}
DATE = {"type": "string", "format": "date"}
WEATHER = tool(
    "get_weather_forecast",
    "Weather forecast for a city",
    {
        "city": {"type": "string", "description": "City name"},
        "date": DATE,
        "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
        "units": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
    },
    ["city"],
)
FLIGHTS = tool(
    "search_flights",
    "Search for flights",
    {
        "origin": TEXT,
        "destination": TEXT,
        "departure_date": DATE,
        "return_date": DATE,
        "passengers": {"type": "integer", "default": 1},
        "cabin_class": {"type": "string", "enum": ["economy", "premium_economy", "business", "first"]},
    },
    ["origin", "destination", "departure_date"],
)
TRANSLATE = tool(
    "translate_text",
    "Translate text",
    {
        "text": TEXT,
        "target_language": TEXT,
        "source_language": TEXT,
        "formality": {"type": "string", "enum": ["formal", "informal"]},
    },
    ["text", "target_language"],
)
EMAIL = tool(
    "send_email", "Send an email", {"recipient": TEXT, "subject": TEXT, "body": TEXT}, ["recipient", "subject", "body"]
)
ALL = [WEATHER, FLIGHTS, TRANSLATE, EMAIL]

PARIS = GroundTruth("execute", calls=(ToolCall("get_weather_forecast", {"city": "Paris"}),))
REFUSE = GroundTruth("refuse")


def block(arguments: str, name: str = "get_weather_forecast") -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


RIGHT = block('{"city": "Paris"}')
