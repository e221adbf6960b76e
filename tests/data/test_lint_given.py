"""Whether a request gives what a question would ask for, rule by rule."""

from typing import Any

import pytest

from rewards import Toolset
from rlvr.data.lint.given import Asked, KnownValues, concerned

PROPERTIES: dict[str, dict[str, Any]] = {
    "city": {"type": "string"},
    "area": {"type": "string", "enum": ["indoors", "window_seat", "bar", "book"]},
    "nights": {"type": "integer"},
    "party_size": {"type": "integer"},
    "arrival": {"type": "string", "format": "date"},
    "note": {"type": "string"},
}


def asked(text: str, missing: str, properties: dict[str, Any] | None = None) -> Asked:
    parameters = {"type": "object", "properties": PROPERTIES if properties is None else properties}
    (tool,) = Toolset([{"name": "book_stay", "description": "Book a stay at a bar.", "parameters": parameters}])
    return Asked(1, tool, (missing,), text)


@pytest.mark.parametrize(
    ("missing", "text", "value"),
    [
        ("area", "We would like to be indoors.", "indoors"),
        ("area", "A window seat, please.", "window_seat"),
        ("area", "area window_seat", "window_seat"),
        ("area", "An indoors-like place.", None),
        ("area", "Indoorsy.", None),
        ("area", "At the bar.", None),  # three letters say too little, and the tool itself is about it
        ("area", "Please book it.", None),  # the tool's name has the word
        ("city", "city: Rome", "Rome"),
        ("city", "The city is 'Rome'", "Rome"),
        ("city", "city = Rome", "Rome"),
        ("city", "in velocity: Rome", None),
        ("city", "city: unknown", None),
        ("party_size", "party size is 4", "4"),
        ("party_size", "party-size: 4", "4"),
        ("nights", "for 3 nights", "3 nights"),
        ("nights", "for 1 night", "1 night"),
        ("nights", "for 2.5 nights", "2.5 nights"),
        ("nights", "in room 1-3 nights", None),
        ("nights", "for three nights", None),
        ("city", "for 3 city", None),
        ("arrival", "from 2026-03-04", "2026-03-04"),
        ("arrival", "in March", None),
        ("rooms", "3 rooms, rooms: 3", None),
    ],
)
def test_what_the_request_gives(missing: str, text: str, value: str | None) -> None:
    expected = None if value is None else f"asks for {missing!r}, but the request says {value!r}"
    assert KnownValues().given(asked(text, missing)) == expected


@pytest.mark.parametrize(
    ("other", "text", "is_given"),
    [
        ({"type": "string", "format": "date"}, "from 2026-03-04", False),
        ({"type": "string", "format": "date"}, "from 2026-03-04 to 2026-03-09", True),
        ({"type": "string", "format": "date"}, "from 2026-03-04 on, yes, 2026-03-04", False),
        ({"type": "string", "format": "date-time"}, "from 2026-03-04", False),
        ({"type": "string"}, "from 2026-03-04", True),
    ],
)
def test_a_date_is_given_where_no_other_parameter_can_take_it(other: dict[str, Any], text: str, is_given: bool) -> None:
    properties = {"arrival": {"type": "string", "description": "As YYYY-MM-DD", "format": "date"}, "leaving": other}
    assert (KnownValues().given(asked(text, "arrival", properties)) is not None) is is_given


def test_a_unit_of_two_parameters_gives_neither() -> None:
    properties = {"min_nights": {"type": "integer"}, "max_nights": {"type": "integer"}}
    assert KnownValues().given(asked("for 3 nights", "max_nights", properties)) is None


def test_a_value_of_an_enum_that_two_parameters_have_gives_neither() -> None:
    properties = {name: {"enum": ["indoors", "outdoors"]} for name in ("lunch", "dinner")}
    assert KnownValues().given(asked("We would like to be indoors.", "lunch", properties)) is None


CITIES = {"from_city": {"type": "string"}, "to_city": {"type": "string"}}


@pytest.mark.parametrize(
    ("text", "properties", "is_given"),
    [
        ("A flight to New York", {"to_city": {"type": "string"}}, True),
        ("A flight to Paris", {"to_city": {"type": "string"}}, False),
        ("A flight to New York", CITIES, False),
        ("A flight from Oslo to New York", CITIES, True),
        ("Oslo, Oslo", CITIES, False),
        ("Write to New York", {"to_city": {"type": "string"}, "message": {"type": "string"}}, False),
        ("Write to New York", {"to_city": {"type": "string"}, "message": {"type": "string", "enum": ["a"]}}, True),
        ("Write to New York", {"to_city": {"type": "string"}, "message": {"type": "integer"}}, True),
    ],
)
def test_values_of_other_rows_are_known(text: str, properties: dict[str, Any], is_given: bool) -> None:
    known = KnownValues()
    known.learn("book_stay", {"to_city": "New York", "from_city": "New York"})
    known.learn("book_stay", {"to_city": "Oslo", "from_city": "Oslo"})
    known.learn("other_tool", {"to_city": "Paris"})
    assert (known.given(asked(text, "to_city", properties)) is not None) is is_given


@pytest.mark.parametrize(
    ("value", "is_learnt"),
    [("Rome", True), ("3rd Street", True), ("rome", False), ("R", False), ("R" * 60, False), ("Ro", True), (7, False)],
)
def test_only_what_begins_like_a_name_is_learnt(value: Any, is_learnt: bool) -> None:
    known = KnownValues()
    known.learn("f", {"city": value})
    assert known.values == ({("f", "city"): {value}} if is_learnt else {})


def test_what_is_learnt_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.given.MOST_PARAMETERS", 2)
    monkeypatch.setattr("rlvr.data.lint.given.MOST_VALUES", 2)
    known = KnownValues()
    for city in ("Rome", "Oslo", "Turin"):
        known.learn("f", {"city": city, "area": city, "street": city})
    assert known.values == {("f", "city"): {"Rome", "Oslo"}, ("f", "area"): {"Rome", "Oslo"}}


@pytest.mark.parametrize(
    ("missing", "tool"),
    [(("a",), "f"), (("a", "c"), "f"), (("b",), None), (("a", "d"), None), ((), None), (("d",), "g")],
)
def test_a_question_concerns_the_one_tool_that_has_all_that_is_missing(missing: tuple[str, ...], tool: str) -> None:
    offered = {"f": ("a", "b", "c"), "g": ("b", "d")}
    tools = Toolset(
        [
            {"name": name, "parameters": {"type": "object", "properties": {key: {} for key in keys}}}
            for name, keys in offered.items()
        ]
    )
    found = concerned(tools, missing)
    assert (found.name if found else None) == tool
