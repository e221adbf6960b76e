"""What stands for a value in a prompt, rule by rule: each has a text that gives the value and one that does not."""

from typing import Any

import pytest

from rlvr.data.lint.grounding import Said, is_grounded, is_plainly_said


@pytest.mark.parametrize(
    ("value", "text", "is_said"),
    [
        ("Rome", "a table in Rome", True),
        ("Rome", "a table in Oslo", False),
        ("premium_economy", "in premium economy", True),
        (True, "", True),
        (None, "", True),
        (4, "a table for 4", True),
        (4, "4 people", True),
        (4, "for 42", False),
        (4, "1 4 2", True),
        (4, "4, not 42", True),
        (4, "for 14", False),
        (2.5, "2.5 kg", True),
        (7, "for four", False),
        ([4], "for 4", False),
    ],
)
def test_what_stands_in_the_text_as_it_is(value: Any, text: str, is_said: bool) -> None:
    assert is_plainly_said(value, text) is is_said


@pytest.mark.parametrize(
    ("value", "schema", "is_right"),
    [
        (None, {}, True),
        (False, {}, True),
        (5, {"default": 5}, True),
        (6, {"default": 5}, False),
        (6, {"const": 6}, True),
        ("Quito", {"default": "Quito"}, True),
        ("Quito", {"default": "Lima"}, False),
        ("metric", {"description": "'metric' or 'imperial'"}, True),
        ("metric", {"description": "Metric or imperial."}, True),
        ("Metric", {"description": "'metric' or 'imperial'"}, True),
        ("Quito", {"description": "'metric' or 'imperial'"}, False),
        (["Zanzibar"], {"items": {"default": "Zanzibar"}}, True),
        ({"a": "Zanzibar", "b": "Quito"}, {"properties": {"b": {"default": "Quito"}}}, True),
        ({"a": "Zanzibar", "b": "Quito"}, {"properties": {"c": {"default": "Quito"}}}, False),
    ],
)
def test_a_schema_may_give_the_value(value: Any, schema: dict[str, Any], is_right: bool) -> None:
    assert is_grounded(value, "value", schema, Said("a table")) is is_right


@pytest.mark.parametrize(
    ("value", "text", "is_right"),
    [
        (["Rome", "Zanzibar"], "Rome", True),
        (["Rome", "Zanzibar", "Brobdingnag"], "Rome", False),
        ([], "Rome", True),
        ({"city": "Rome", "area": "Zanzibar"}, "Rome", True),
        ({"city": "Zanzibar", "area": "Brobdingnag"}, "Rome", False),
        ({"title": "Trip of everyone to Rome and back", "area": "Brobdingnag"}, "a trip", True),
        ({"area": "Trip of everyone to Rome and back", "title": "Brobdingnag"}, "a trip", False),
    ],
)
def test_half_of_the_parts_ground_the_whole(value: Any, text: str, is_right: bool) -> None:
    assert is_grounded(value, "places", {}, Said(text)) is is_right


@pytest.mark.parametrize(
    ("value", "text", "is_right"),
    [
        (0, "a table", True),
        (1, "11 of them", True),
        (2, "11 of them", False),
        (24, "a table", False),
        (1e300, "a table", True),
        (12, "gate B12", True),
        (46, "twelve adults and 34 children", True),
        (21, "twenty-one", True),
        (25, "twenty five", True),
        (25, "twenty-five", True),
        (23, "twenty five", False),
        (70, "seventy", True),
        (19, "nineteen", True),
        (3, "the third", True),
        (2, "in twos", True),
        (1234, "1,234 of them", True),
        (0.5, "30 minutes", True),
        (90, "1.5 hours", True),
        (46, "12 adults and 34 children", True),
        (22, "12 adults and 34 children", True),
        (408, "12 adults and 34 children", True),
        (47, "12 adults and 34 children", False),
        (54, "3, 11 and 40", True),
        (55, "3, 11 and 40", False),
        (4, "3.7 of it", True),
        (5, "3.7 of it", False),
        ("1234", "number 1,234", True),
        ("1,234", "number 1234", True),
        ("1234", "number 617", True),
        ("246913578", "number 123456789", False),
    ],
)
def test_numbers_are_said_in_words_in_other_units_and_as_sums(value: Any, text: str, is_right: bool) -> None:
    assert is_grounded(value, "amount", {}, Said(text)) is is_right


@pytest.mark.parametrize(
    ("value", "text", "is_right"),
    [
        ("2026-03-04", "on the 4th of March", True),
        ("2026-03-04", "on Mar 4", True),
        ("2026-09-04", "on Sept 4", True),
        ("2026-09", "in Sept", True),
        ("2026-09", "in March", False),
        ("2026-03-21", "on the twenty first of March", True),
        ("2026-03-30", "between ten and twenty March", False),
        ("2026-03-01", "in March", True),
        ("2026-03-04", "in March", False),
        ("2026-03-04", "on 4/3", True),
        ("2026-03-04", "on 5/3", False),
        ("2026-03-04", "tomorrow", True),
        ("2026-13-40", "on 13/40", False),
        ("19:00", "at 7", True),
        ("19:00", "at 19", True),
        ("19:00", "at 8", False),
        ("00:30", "at 12 30 am", True),
        ("12:30", "at 11", False),
        ("19:00", "this evening", True),
        ("Room 7", "tomorrow", False),
        ("4 March 2026", "tomorrow", True),
        ("4 March 2026", "on the 4th", True),
        ("4 March 2026", "at Luigi's", False),
        ("03/04/2026 7 pm", "at 7", True),
        ("March", "tomorrow", False),
    ],
)
def test_dates_and_times_are_said_in_many_ways(value: str, text: str, is_right: bool) -> None:
    assert is_grounded(value, "when", {}, Said(text)) is is_right


@pytest.mark.parametrize(
    ("value", "text", "is_right"),
    [
        ("North Lake House Garden Tower", "by the lake, with a tower", True),
        ("North Lake House Garden Tower", "by the lake", False),
        ("bookings", "I am booking it", True),
        ("Cart hall", "cartons", True),
        ("Zen hut", "a table", False),
        ("Carts hall", "a cartload", True),
        ("Transport desk", "a transfer", False),
        ("Gardening corner", "the gardener", True),
        ("cartons", "by car", False),
        ("Gravel", "of type g", False),
        ("Gate 12", "in twelve", True),
        ("Gate 12", "in 13", False),
        ("B", "from Berlin", True),
        ("BRSLS", "to Brussels", True),
        ("BRSSLS", "to Brussels", False),
        ("TBD", "to be decided", True),
        ("BTD", "to be decided", False),
        ("EUR", "20€", True),
        ("cartons", "in a cart", True),
        ("Room 12", "in 12", True),
        ("the", "a table", True),
        ("none", "a table", True),
        ("Málaga", "in malaga", True),
        ("Great Britain", "from GB", True),
        ("GB", "from Great Britain", True),
        ("GB", "from the UK", True),
        ("GB", "from Oslo", False),
        ("SEK", "20 kronas", True),
        ("SEK", "20 pounds", False),
        ("USD", "20 dollars", True),
        ("USD", "US$20", True),
        ("USD", "20 of them", False),
        ("USD", "20 in my house", False),
        ("EUR", "20 pounds", False),
        ("lb", "20 pounds", True),
        ("kg", "20 pounds", False),
        ("SFO", "from San Francisco", True),
        ("LAX", "from San Francisco", False),
        ("A1", "an aisle seat", False),
    ],
)
def test_texts_share_words_or_letters(value: str, text: str, is_right: bool) -> None:
    assert is_grounded(value, "place", {}, Said(text)) is is_right


@pytest.mark.parametrize(
    ("value", "text", "is_right"),
    [
        ("Weekly trip report of everyone", "report it", True),
        ("Weekly trip report of everyone", "book it", False),
        ("Große Reise", "book it", True),
        ("Trip 7", "book 3", True),
        ("Trip 7", "book it", False),
    ],
)
def test_what_is_composed_for_the_call_needs_one_word(value: str, text: str, is_right: bool) -> None:
    assert is_grounded(value, "title", {}, Said(text)) is is_right
    assert not is_grounded("Weekly trip report of everyone", "name", {}, Said("report it"))


@pytest.mark.parametrize(
    ("value", "text", "is_right"),
    [
        ("on_sale", "what is in stock?", False),
        ("In_Stock", "what is in stock?", True),
        ("on_sale", "what is there?", True),
        ("on_sale", "what is in stock, and what sale is on?", True),
        ("on_sale", "is it old?", True),
        ("on_sale", "is it sold?", False),
    ],
    ids=[
        *("another is named", "it is named", "none is named", "a word of it is said"),
        *("a short one tells nothing", "four letters do"),
    ],
)
def test_a_value_of_an_enum_is_implied_unless_another_is_named(value: str, text: str, is_right: bool) -> None:
    schema = {"enum": ["In_Stock", "on_sale", "old", "sold", 3]}
    assert is_grounded(value, "state", schema, Said(text)) is is_right


def test_text_in_other_letters_is_never_judged() -> None:
    assert is_grounded(73, "amount", {}, Said("서울 날씨"))
    assert not is_grounded(73, "amount", {}, Said("a café in a long street of the old town"))
    assert not is_grounded(73, "amount", {}, Said("a café beside 서 in a long street of the old town"))
    assert not is_grounded(73, "amount", {}, Said("cafe 서"))  # one letter in five
    assert is_grounded(73, "amount", {}, Said("caf 서"))


@pytest.mark.parametrize(
    ("text", "folded", "words"),
    [
        ("San_Francisco -  CA", "san francisco ca", {"san", "francisco", "ca"}),
        ("Ｒｏｍｅ\nStraße", "rome strasse", {"rome", "strasse"}),
        ("São Paulo", "são paulo", {"sao", "paulo"}),
    ],
)
def test_texts_are_compared_in_one_form(text: str, folded: str, words: set[str]) -> None:
    assert (Said(text).folded, Said(text).words) == (folded, words)
