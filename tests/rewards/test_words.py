"""Words as texts are compared by: in one form, and without their endings."""

import pytest

from rewards.limits import MAX_SPEECH_CHARS
from rewards.text.words import ends, plain, stem, words_of


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("cities", "city"),
        ("dies", "die"),
        ("flights", "flight"),
        ("cats", "cat"),
        ("gas", "gas"),
        ("class", "class"),
        ("status", "status"),
        ("basis", "basis"),
        ("leaving", "leav"),
        ("notes", "note"),
        ("not", "not"),
        ("leave", "leav"),
        ("booking", "book"),
        ("going", "going"),
        ("string", "str"),
        ("booked", "book"),
        ("speed", "speed"),
        ("needed", "need"),
        ("parties", "party"),
        ("names", "nam"),
        ("name", "nam"),
        ("the", "the"),
        ("tie", "tie"),
        ("", ""),
    ],
)
def test_endings_are_taken_off(word, stemmed):
    assert stem(word) == stemmed


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("I’m  HERE – can't\tstay", "i am here , cannot stay"),
        ("a - b — c", "a, b , c"),
        ("`Tis\u00a0so", "'tis so"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("Ｗｉｄｅ", "wide"),
        ("im here", "i am here"),
    ],
)
def test_texts_are_read_in_one_form(text, read):
    assert plain(text) == read


def test_words_are_without_marks():
    assert words_of("Don't: snake_case, 3.5 km!") == ["do", "not", "snake", "case", "3", "5", "km"]


def test_of_a_very_long_text_both_ends_are_read():
    half = MAX_SPEECH_CHARS // 2
    assert ends("a" * MAX_SPEECH_CHARS) == "a" * MAX_SPEECH_CHARS
    assert ends("a" * half + "bbb" + "c" * half) == "a" * half + "\n" + "c" * half
