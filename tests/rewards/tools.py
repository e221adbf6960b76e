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


class Token:
    """A token that a tokenizer has been given beside its own, as `transformers` holds it."""

    def __init__(self, text, special):
        self.text, self.special = text, special

    def __str__(self):
        return self.text


class CharacterTokenizer:
    """A tokenizer with a token for each character, and tokens for some texts besides."""

    def __init__(self, special=(), plain=()):
        self.added_tokens_decoder = {
            place: Token(text, place < len(special)) for place, text in enumerate((*special, *plain))
        }

    def ids(self, *parts):
        """Return the ids of texts, each of which is a token of its own or characters."""
        added = {str(token): place for place, token in self.added_tokens_decoder.items()}
        return [each for part in parts for each in ([added[part]] if part in added else map(ord, part))]

    def decode(self, ids, skip_special_tokens=False):
        tokens = [self.added_tokens_decoder.get(each) or Token(chr(each), False) for each in ids]
        return "".join(str(token) for token in tokens if not (skip_special_tokens and token.special))
