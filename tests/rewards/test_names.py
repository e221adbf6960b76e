"""Words of identifiers, and local references of schemas."""

import pytest

from rewards.names import local_target, name_words

ROOT = {"$defs": {"a/b": {"type": "string"}, "c~d": {"items": [1]}}}


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("#", ROOT),
        ("#/$defs/a~1b", {"type": "string"}),
        ("#/$defs/c~0d/items", [1]),
        ("#/$defs/absent/items", None),
        ("#/$defs/c~0d/items/0/1", None),
        ("https://example.com/schema#/$defs", None),
        (None, None),
        (["#"], None),
    ],
)
def test_a_local_reference_names_a_part_of_the_schema(reference, target):
    assert local_target(reference, ROOT) == target


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("targetLanguage", ["target", "language"]),
        ("DropletIDs", ["droplet", "ids"]),
        ("URLsToFetch", ["urls", "to", "fetch"]),
        ("HTTPServer", ["http", "server"]),
        ("isAs", ["is", "as"]),
    ],
)
def test_capitals_of_several_things_are_one_word(name, words):
    assert name_words(name) == words
