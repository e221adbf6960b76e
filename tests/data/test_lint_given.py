"""Whether a request gives what a question would ask for, rule by rule."""

from typing import Any

import pytest

from rewards import Toolset
from rlvr.data.lint.given import Asked, KnownValues, concerned

PROPERTIES: dict[str, dict[str, Any]] = {
    "city": {"type": "string"},
    "area": {"type": "string", "enum": ["den", 3, "indoors", "window_seat", "bar", "book", "PATIO", "sofa"]},
    "nights": {"type": "integer"},
    "days": {"type": "number"},
    "weight_kg": {"type": "number"},
    "party_size": {"type": "integer"},
    "arrival": {"type": "string", "format": "date"},
    "note": {"type": "string"},
    "_": {"type": "string"},
    "opening": {"type": "string", "description": "As YYYY-MM-DD"},
}


def asked(text: str, missing: str, properties: dict[str, Any] | None = None, **tool: Any) -> Asked:
    parameters = {"type": "object", "properties": PROPERTIES if properties is None else properties}
    described = {"name": "book_stay", "description": "Book a stay at a bar.", "parameters": parameters, **tool}
    (compiled,) = Toolset([described])
    return Asked(1, compiled, (missing,), text)


@pytest.mark.parametrize(
    ("missing", "text", "value"),
    [
        ("area", "We would like to be indoors.", "indoors"),
        ("area", "A window seat, please.", "window_seat"),
        ("area", "area window_seat", "window_seat"),
        ("area", "An indoors-like place.", None),
        ("area", "Indoorsy.", None),
        ("area", "On the patio.", "PATIO"),
        ("area", "On the Sofa.", "sofa"),
        ("area", "In the den.", None),  # three letters say too little
        ("area", "At the bar.", None),  # three letters say too little, and the tool itself is about it
        ("area", "Please book it.", None),  # the tool's name has the word
        ("city", "city: Rome", "Rome"),
        ("city", "The city is 'Rome'", "Rome"),
        ("city", "city = Rome", "Rome"),
        ("city", "City: Rome", "Rome"),
        ("city", 'City: "Rome", please', "Rome"),
        ("_", "It is Rome: Rome", None),
        ("city", "in velocity: Rome", None),
        ("city", "city: unknown", None),
        ("party_size", "party size is 4", "4"),
        ("party_size", "party-size: 4", "4"),
        ("nights", "for 3 nights", "3 nights"),
        ("nights", "for 1 night", "1 night"),
        ("nights", "for 3 Nights", "3 Nights"),
        ("days", "for 3 days", "3 days"),
        ("weight_kg", "5 kg", None),  # two letters say too little
        ("nights", "for 2.5 nights", "2.5 nights"),
        ("nights", "in room 1-3 nights", None),
        ("nights", "for three nights", None),
        ("city", "for 3 city", None),
        ("arrival", "from 2026-03-04", None),  # it may be the opening
        ("arrival", "from 2026-03-04 to 2026-03-09", "2026-03-09"),
        ("opening", "from 2026-03-04 to 2026-03-09", "2026-03-09"),
        ("arrival", "in March", None),
        ("rooms", "3 rooms, rooms: 3", None),
    ],
)
def test_what_the_request_gives(missing: str, text: str, value: str | None) -> None:
    expected = None if value is None else f"asks for {missing!r}, but the request says {value!r}"
    assert KnownValues().given(asked(text, missing)) == expected


def test_the_first_parameter_that_is_given_is_named() -> None:
    tool = asked("", "").tool
    question = Asked(1, tool, ("rooms", "city", "nights", "days"), "for 3 nights, 2 days")
    assert KnownValues().given(question) == "asks for 'nights', but the request says '3 nights'"


@pytest.mark.parametrize(
    ("tool", "is_given"),
    [
        ({"name": "find", "description": "Find a place."}, True),
        ({"name": "Window_Seat", "description": "Find a place."}, False),
        ({"name": "find", "description": "Find a Window Seat."}, False),
    ],
)
def test_what_the_tool_itself_is_about_is_no_value(tool: dict[str, str], is_given: bool) -> None:
    question = asked("A window seat, please.", "area", {"area": {"enum": ["window_seat"]}}, **tool)
    assert (KnownValues().given(question) is not None) is is_given


@pytest.mark.parametrize("schema", [{"format": "date"}, {"description": "As YYYY-MM-DD"}])
def test_a_lone_date_is_given(schema: dict[str, str]) -> None:
    question = asked("from 2026-03-04", "arrival", {"arrival": {"type": "string", **schema}})
    assert KnownValues().given(question) == "asks for 'arrival', but the request says '2026-03-04'"
    undated = asked("from today", "arrival", {"arrival": {"type": "string", **schema}})
    assert KnownValues().given(undated) is None


@pytest.mark.parametrize(
    ("other", "text", "is_given"),
    [
        ({"type": "string", "format": "date"}, "from 2026-03-04", False),
        ({"type": "string", "format": "date"}, "from 2026-03-04 to 2026-03-09", True),
        ({"type": "string", "format": "date"}, "from 2026-03-04 on, yes, 2026-03-04", False),
        ({"type": "string", "format": "date-time"}, "from 2026-03-04", False),
        ({"type": "string", "description": "YYYY-MM-DD"}, "from 2026-03-04", False),
        ({"type": "string"}, "from 2026-03-04", True),
    ],
)
def test_a_date_is_given_where_no_other_parameter_can_take_it(other: dict[str, Any], text: str, is_given: bool) -> None:
    properties = {"arrival": {"type": "string", "description": "As YYYY-MM-DD", "format": "date"}, "leaving": other}
    assert (KnownValues().given(asked(text, "arrival", properties)) is not None) is is_given


def test_a_date_may_be_that_of_a_parameter_named_so() -> None:
    properties = {"arrival": {"type": "string", "format": "date"}, "leaving_date": {"type": "string"}}
    assert KnownValues().given(asked("from 2026-03-04", "arrival", properties)) is None


def test_a_unit_of_two_parameters_gives_neither() -> None:
    properties = {"min_nights": {"type": "integer"}, "max_nights": {"type": "integer"}}
    assert KnownValues().given(asked("for 3 nights", "max_nights", properties)) is None


def test_a_value_of_an_enum_that_two_parameters_have_gives_neither() -> None:
    properties = {name: {"enum": ["indoors", "outdoors"]} for name in ("lunch", "dinner")}
    assert KnownValues().given(asked("We would like to be indoors.", "lunch", properties)) is None


CITIES = {"from_city": {"type": "string"}, "to_city": {"type": "string"}}


TO_CITY = {"to_city": {"type": "string"}}


@pytest.mark.parametrize(
    ("text", "properties", "value"),
    [
        ("A flight to New York", TO_CITY, "New York"),
        ("A flight to Rio-de-Janeiro do Brasil", TO_CITY, None),
        ("A flight to Santa Cruz de Tenerife", TO_CITY, "Santa Cruz de Tenerife"),
        ("A flight to " + "one of many " * 200 + "places: New York", TO_CITY, None),  # nobody reads so far
        ("A flight to Paris", TO_CITY, None),
        ("A flight to New York", CITIES, None),
        ("A flight from Oslo to New York", CITIES, "New York"),
        ("A flight to New York from Oslo", CITIES, "Oslo"),
        ("Oslo, Oslo", CITIES, None),
        ("Write to New York", {**TO_CITY, "message": {"type": "string"}}, None),
        ("Write to New York", {**TO_CITY, "message": {}}, None),
        ("Write to New York", {**TO_CITY, "message": {"type": "string", "enum": ["a"]}}, "New York"),
        ("Write to New York", {**TO_CITY, "message": {"type": "string", "format": "email"}}, "New York"),
        ("Write to New York", {**TO_CITY, "message": {"type": "string", "pattern": "^a"}}, "New York"),
        ("Write to New York", {**TO_CITY, "message": {"type": "integer"}}, "New York"),
        ("Write to New York", {**TO_CITY, "street": {"type": "string"}}, "New York"),
    ],
)
def test_values_of_other_rows_are_known(text: str, properties: dict[str, Any], value: str | None) -> None:
    known = KnownValues()
    known.learn("book_stay", {"to_city": "New York", "from_city": "New York"})
    known.learn("book_stay", {"to_city": "Oslo", "from_city": "Oslo"})
    known.learn("book_stay", {"to_city": "Santa Cruz de Tenerife"})
    known.learn("other_tool", {"to_city": "Paris"})
    expected = None if value is None else f"asks for 'to_city', but the request says {value!r}"
    assert known.given(asked(text, "to_city", properties)) == expected


@pytest.mark.parametrize(
    "name",
    ["text", "message_body", "content", "query", "noteText", "title", "subject", "prompt", "question", "comment"],
)
def test_a_known_value_may_be_meant_for_a_parameter_that_takes_whole_texts(name: str) -> None:
    known = KnownValues()
    known.learn("book_stay", {"to_city": "Oslo"})
    assert known.given(asked("Write to Oslo", "to_city", {**TO_CITY, name: {"type": "string"}})) is None


@pytest.mark.parametrize(
    ("value", "is_learnt"),
    [
        ("Rome", True),
        ("3rd Street", True),
        ("rome", False),
        ("R", False),
        ("R" * 60, False),
        ("R" * 59, True),
        ("Ro", True),
        (7, False),
    ],
)
def test_only_what_begins_like_a_name_is_learnt(value: Any, is_learnt: bool) -> None:
    known = KnownValues()
    known.learn("f", {"city": value})
    known.learn("f", {"nights": 7})
    assert known.values == ({("f", "city"): {value}} if is_learnt else {})


def test_what_is_learnt_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.given.MOST_PARAMETERS", 2)
    monkeypatch.setattr("rlvr.data.lint.given.MOST_VALUES", 2)
    known = KnownValues()
    known.learn("f", {"nights": 7, "city": "Rome"})
    for city in ("Rome", "Oslo", "Turin"):
        known.learn("f", {"area": city, "street": city, "city": city})
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
