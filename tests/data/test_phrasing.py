"""The language of phrasings: each of its marks, rendered."""

from random import Random

import pytest

from rlvr.data.synth.phrasing import OptionalClauses, Phrasing, clauses, render, written
from rlvr.data.synth.worded import opened

CLAUSES = OptionalClauses(
    full=clauses("""
        for {days:day} from {date}
        on {date}
        for {days:day}
        , in {units}
    """),
    terse=clauses("""
        {date}
        {days:day}
        {units}
    """),
)


def said(line: str, style: str = "casual", missing: tuple[str, ...] = (), **values: object) -> str:
    optional = [name for name in values if name in ("date", "days", "units")]
    chosen = CLAUSES.choose(Random(0), style, optional)
    return render(
        Phrasing(line, style), {name: str(value) for name, value in values.items()}, frozenset(missing), chosen
    )


@pytest.mark.parametrize(
    ("line", "values", "missing", "expected"),
    [
        ("weather[ in {city}]?", {"city": "Oslo"}, (), "Weather in Oslo?"),
        ("weather[ in {city}]?", {"city": "Oslo"}, ("city",), "Weather?"),
        ("convert[ {amount}| some] USD.", {"amount": 5}, (), "Convert 5 USD."),
        ("convert[ {amount}| some] USD.", {"amount": 5}, ("amount",), "Convert some USD."),
        ("weather[ in {city}]?", {"city": "Oslo", "date": "2026-01-02"}, (), "Weather in Oslo on 2026-01-02?"),
        ("weather{?date}[ in {city}]?", {"city": "Oslo", "date": "2026-01-02"}, (), "Weather on 2026-01-02 in Oslo?"),
        ("go{*}, is it cold?", {"days": 2, "units": "celsius"}, (), "Go for 2 days, in celsius, is it cold?"),
        ("weather", {"days": 3, "date": "2026-01-02"}, (), "Weather for 3 days from 2026-01-02"),
        ("stay[ for {nights:night}]", {"nights": 1}, (), "Stay for 1 night"),
        ("stay[ for {nights:night}]", {"nights": 2}, (), "Stay for 2 nights"),
    ],
)
def test_marks(line: str, values: dict[str, object], missing: tuple[str, ...], expected: str) -> None:
    assert said(line, missing=missing, **values) == expected


def test_terse_requests_keep_their_case_and_have_their_own_clauses() -> None:
    assert said("weather[ {city}]", style="terse", city="Oslo", date="2026-01-02") == "weather Oslo 2026-01-02"


def test_openings_take_the_clauses_inside() -> None:
    (line,) = opened(["check the weather[ in {city}]"], ("Could you ~ for me?",))
    assert (
        said(line.openings[0].replace("~", line.text), city="Oslo", units="celsius")
        == "Could you check the weather in Oslo, in celsius for me?"
    )


def test_a_phrasing_knows_its_values() -> None:
    phrasing = Phrasing("{origin} flights[ to {destination}]{?cabin}.{!date}", "casual")
    assert phrasing.slots == {"origin", "destination"}
    assert phrasing.droppable == {"destination"}
    assert phrasing.clause_places == {"cabin"}
    assert phrasing.refused == {"date"}
    assert said(phrasing.source, origin="Oslo", destination="Rome") == "Oslo flights to Rome."


def test_a_value_without_a_clause_is_an_error() -> None:
    with pytest.raises(ValueError, match="no clause says \\['color'\\]"):
        CLAUSES.choose(Random(0), "formal", ["color"])


def test_enum_values_are_written_as_words() -> None:
    assert written("premium_economy", is_enum=True) == "premium economy"
    assert written("sales_2021", is_enum=False) == "sales_2021"
