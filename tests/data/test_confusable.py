"""Values made nearly equal: what the request says, what is expected and what is thought of it still agree."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import SequenceMatcher
from random import Random

import pytest
from synth_sets import rows_of

from rewards import GroundTruth, Tiered, ToolCall
from rlvr.data.confusable import with_confusable_values
from rlvr.records.row import Row

PROPERTIES = {
    "sender": {"type": "string"},
    "recipient": {"type": "string"},
    "sent": {"type": "string", "format": "date"},
    "due": {"type": "string", "format": "date"},
    "pages": {"type": "integer", "maximum": 40},
    "copies": {"type": "integer"},
    "old_part": {"type": "string"},
    "new_part": {"type": "string"},
    "color": {"type": "string", "enum": ["red", "blue"]},
    "paper": {"type": "string", "enum": ["white", "cream"]},
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "post_letter",
            "description": "Post a letter",
            "parameters": {"type": "object", "properties": PROPERTIES, "required": []},
        },
    }
]


def row(request: str, **arguments: object) -> Row:
    truth = GroundTruth.parse([{"name": "post_letter", "arguments": arguments}])
    reasoning = "\n".join(["post_letter", *(f"{name}: {value}" for name, value in arguments.items())])
    return Row([{"role": "user", "content": request}], TOOLS, truth, {"reasoning": reasoning})


@pytest.mark.parametrize(
    ("request_", "arguments", "near"),
    [
        ("from Marek to Johanna", {"sender": "Marek", "recipient": "Johanna"}, r"M\w{3,5}k?|J\w{5,7}"),
        ("swap A41-7 for B90-2", {"old_part": "A41-7", "new_part": "B90-2"}, r"A[41\d]{2}-\d|B[90\d]{2}-\d"),
        ("12 pages, 30 copies", {"pages": 12, "copies": 30}, r"11|13|22|29|31|40"),
    ],
)
def test_two_values_of_one_shape_become_alike(request_: str, arguments: dict[str, object], near: str) -> None:
    for seed in range(20):
        made = with_confusable_values(row(request_, **arguments), Random(seed))
        assert made is not None
        (call,) = made.ground_truth.calls
        ((changed, value),) = ((name, value) for name, value in call.arguments.items() if value != arguments[name])
        (kept,) = (str(value) for name, value in call.arguments.items() if name != changed)
        assert re.fullmatch(near, str(value))
        if isinstance(value, str):
            assert value != kept
            assert SequenceMatcher(None, value, kept).ratio() >= 0.8
        assert str(made.prompt[-1]["content"]) == request_.replace(str(arguments[changed]), str(value))
        assert all(f"{name}: {value}" in made.extra_info["reasoning"] for name, value in call.arguments.items())


def test_dates_are_a_day_or_a_week_apart() -> None:
    letter = row("posted 2026-03-04, due 2026-11-30", sent="2026-03-04", due="2026-11-30")
    dates = set()
    for seed in range(40):
        made = with_confusable_values(letter, Random(seed))
        assert made is not None
        dates |= set(made.ground_truth.calls[0].arguments.values())
    apart = {"2026-03-03", "2026-03-05", "2026-03-11", "2026-11-29", "2026-12-01", "2026-12-07"}
    assert dates == {"2026-03-04", "2026-11-30"} | apart


@pytest.mark.parametrize(
    ("request_", "arguments"),
    [
        ("on red and white paper", {"color": "red", "paper": "white"}),  # what no enum admits
        ("from Marek on 2026-03-04", {"sender": "Marek", "sent": "2026-03-04"}),
        ("from Marek to Marek's aunt Johanna", {"sender": "Marek", "recipient": "Johanna"}),  # which Marek?
        ("from him to Johanna", {"sender": "Marek", "recipient": "Johanna"}),
        ("from Marek", {"sender": "Marek"}),
        ("from Marek to himself", {"sender": "Marek", "recipient": "Marek"}),
    ],
)
def test_what_has_no_two_values_of_one_shape_is_left_alone(request_: str, arguments: dict[str, object]) -> None:
    assert all(with_confusable_values(row(request_, **arguments), Random(seed)) is None for seed in range(20))


def test_only_one_call_and_no_question_can_be_made_confusable() -> None:
    calls = (ToolCall("post_letter", {"sender": "Marek", "recipient": "Johanna"}),) * 2
    twice = Row([{"role": "user", "content": "from Marek to Johanna, twice"}], TOOLS, GroundTruth("execute", calls))
    assert with_confusable_values(twice, Random(0)) is None
    asks = Row([{"role": "user", "content": "from Marek"}], TOOLS, GroundTruth("clarify", missing=("recipient",)))
    assert with_confusable_values(asks, Random(0)) is None


def test_what_is_a_part_of_another_value_or_said_before_stays() -> None:
    months = row("12 months at 7.13 percent over 13 years", pages=12, copies=13, sender="x", recipient="y")
    assert with_confusable_values(months, Random(0)) is None  # 13 is stated twice, once inside 7.13
    overlapping = row("7.13 percent over 12 years", old_part="7.13", copies=13, pages=12)
    assert with_confusable_values(overlapping, Random(0)) is None  # 13 is stated inside 7.13 alone
    letter = row("from Marek to Johanna", sender="Marek", recipient="Johanna")
    said_before = [
        {"role": "user", "content": "I am Marek. My aunt is Johanna."},
        {"role": "assistant", "content": "Yes?"},
    ]
    assert with_confusable_values(replace(letter, prompt=[*said_before, *letter.prompt]), Random(0)) is None
    from_a_tool = [{"role": "tool", "name": "find", "content": "from Marek to Johanna"}]
    assert with_confusable_values(replace(letter, prompt=from_a_tool), Random(0)) is None


def test_a_reasoning_in_other_words_keeps_the_row_as_it_is() -> None:
    letter = row("from Marek to Johanna", sender="Marek", recipient="Johanna")
    thinks = replace(letter, extra_info={"reasoning": "Marek writes to Johanna, so I post it."})
    assert with_confusable_values(thinks, Random(0)) is None
    says_nothing = with_confusable_values(replace(letter, extra_info={"source": "mine"}), Random(0))
    assert says_nothing is not None
    assert says_nothing.extra_info == {"source": "mine"}


@pytest.mark.parametrize("which", ["same tools", "unseen"])
def test_their_own_ground_truth_earns_everything(which: str) -> None:
    reward = Tiered()
    made = [new for old in rows_of(which) if (new := with_confusable_values(old, Random(0))) is not None]
    assert len(made) > 20
    for new in made:
        score = reward(new.completion(), ground_truth=new.ground_truth, tools=new.tools)
        assert score is not None
        assert score.value == 1.0
