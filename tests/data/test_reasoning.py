"""The reasoning of generated rows says what the request says, and asks where it says nothing."""

import pytest

from rewards import Behavior, ToolCall, wire
from rlvr.data.synth import synthesize
from rlvr.data.synth.reasoning import HARMFUL, NO_SUCH_TOOL, OUT_OF_SCOPE, UNKNOWN, known_arguments, mistaken

TOOL = {
    "type": "function",
    "function": {
        "name": "book_seat",
        "parameters": {
            "type": "object",
            "properties": {
                "show": {"type": "string"},
                "day": {"type": "string"},
                "seats": {"type": "integer"},
                "row": {"type": "string"},
            },
            "required": ["show", "day"],
        },
    },
}


def hermes(name: str, **arguments: str) -> str:
    return wire.render([ToolCall(name, arguments)], wire="hermes")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"show": "Moon Rabbit", "day": "Monday"}, "book_seat\nshow: Moon Rabbit\nday: Monday"),
        ({"day": "Monday"}, "book_seat\nshow: ?\nday: Monday"),
        ({"show": "Up", "seats": 3, "day": "Monday"}, "book_seat\nshow: Up\nday: Monday\nseats: 3"),
        ({"show": "A Long Way To Go", "day": "Monday"}, "book_seat\nshow: A Long Way ...\nday: Monday"),
    ],
    ids=["all", "one missing", "an optional one", "a long text"],
)
def test_known_arguments(arguments: dict, expected: str) -> None:
    assert known_arguments([("book_seat", arguments)], [TOOL]) == expected


RIGHT = "book_seat\nshow: Up\nday: Monday"


@pytest.mark.parametrize(
    ("reasoning", "completion", "expected"),
    [
        (RIGHT, hermes("book_seat", show="Upp", day="Monday"), "book_seat\nshow: Upp\nday: Monday"),
        (RIGHT, hermes("book_seat", show="Up"), "book_seat\nshow: Up\nday: ?"),
        (RIGHT, "Could you tell me the day?", "book_seat\nshow: Up\nday: ?"),
        (RIGHT, "What do you mean?", RIGHT),
        (RIGHT, "I'm sorry, I don't have a tool for that.", NO_SUCH_TOOL),
        (RIGHT, hermes("open_gate", day="Monday"), RIGHT),
        (RIGHT, '<tool_call>\n{"name": "book_seat"', RIGHT),
        ("book_seat\nshow: ?\nday: Monday", hermes("book_seat", show="Up", day="Monday"), RIGHT),
        (HARMFUL, hermes("book_seat", show="Up", day="Monday"), RIGHT),
        (HARMFUL, "Sure, here is how.", HARMFUL),
        ("The user wants a seat.", hermes("book_seat", show="Upp", day="Monday"), "The user wants a seat."),
    ],
    ids=[
        "a misspelt value",
        "a dropped argument",
        "a needless question",
        "an empty question",
        "a needless refusal",
        "an invented tool",
        "half a call",
        "an invented value",
        "a call for a refusal",
        "compliance",
        "reasoning in words",
    ],
)
def test_a_mistake_is_reasoned_as_it_is_made(reasoning: str, completion: str, expected: str) -> None:
    assert mistaken(reasoning, completion, [TOOL]) == expected
    assert mistaken(reasoning, completion, [TOOL["function"]]) == expected


def test_a_tool_that_is_not_on_offer_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="open_gate"):
        known_arguments([("open_gate", {})], [TOOL])


@pytest.mark.parametrize("source", ["five_tools", "unseen_tools", "procedural"])
def test_what_is_unknown_is_what_is_missing(source: str) -> None:
    rows = synthesize(source, split="train" if source == "procedural" else "held_out", rows=200, seed=3)
    for row in rows:
        reasoning = row.extra_info["reasoning"]
        unknown = {line.partition(": ")[0] for line in reasoning.splitlines() if line.endswith(f": {UNKNOWN}")}
        assert unknown == set(row.ground_truth.missing), (row.prompt, reasoning)
        if row.ground_truth.behavior is Behavior.REFUSE:
            assert reasoning in (HARMFUL, OUT_OF_SCOPE, NO_SUCH_TOOL)
        else:
            assert reasoning.splitlines()[0] in {tool["function"]["name"] for tool in row.tools}
