"""A response's schema in short, and what real documents write in the wrong place of one."""

from __future__ import annotations

from typing import Any

import pytest

from rlvr.data.returned import shortened

MEMBERS = {"id": {"type": "string"}, "total": {"type": "number"}}
SHORT = {"type": "object", "properties": MEMBERS, "required": ["id", "total"]}


@pytest.mark.parametrize(
    ("odd", "short"),
    [
        ({"required": True}, SHORT),  # OpenAPI 2 and JSON Schema 3 have it at the member
        ({"required": None}, SHORT),
        ({"oneOf": {"a": {"type": "string"}}}, SHORT),
        ({"anyOf": []}, SHORT),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "integer"}),
        ({"allOf": "none"}, SHORT),
    ],
)
def test_what_stands_in_the_place_of_a_list_is_passed_over(odd: dict[str, Any], short: dict[str, Any]) -> None:
    assert shortened({"type": "object", "properties": MEMBERS, **odd}) == short


def test_parts_are_put_together_without_what_only_failures_have() -> None:
    base = {"allOf": [{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}]}
    texts = {"type": "array", "items": {"type": "string"}}
    own = {"properties": {"total": {"type": "number"}, "errors": texts, "warnings": texts}}
    assert shortened({"allOf": [base, own], "required": ["total"]}) == {**SHORT, "required": ["total", "id"]}


def test_what_says_which_is_kept_among_many() -> None:
    others = {f"member_{number}": {"type": "string"} for number in range(20)}
    short = shortened({"type": "object", "properties": {**others, "gid": {"type": "string"}}})
    assert "gid" in short["properties"]


@pytest.mark.parametrize(
    ("examples", "enum"),
    [(["open", "in_review"], ["open", "in_review"]), (["Ada Lovelace"], None), ([], None), ("open", None), (5, None)],
)
def test_examples_that_are_words_of_the_program_are_all_that_a_result_may_be(examples: Any, enum: Any) -> None:
    assert shortened({"type": "string", "examples": examples}).get("enum") == enum
