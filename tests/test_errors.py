"""The lines that users read."""

from __future__ import annotations

import pickle

import pytest

from rlvr.errors import MOST_NAMES_LISTED, RowError, unknown


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        (12, "reward_model.behavior", "rows.jsonl:12: reward_model.behavior: 'exec' is not one of execute, clarify"),
        (12, None, "rows.jsonl:12: 'exec' is not one of execute, clarify"),
        (None, None, "rows.jsonl: 'exec' is not one of execute, clarify"),
    ],
)
def test_a_row_error_names_file_line_and_field(line: int | None, field: str | None, expected: str) -> None:
    error = RowError("rows.jsonl", line, field, "'exec' is not one of execute, clarify")
    assert str(error) == expected
    assert str(pickle.loads(pickle.dumps(error))) == expected


def test_unknown_names_the_nearest_first() -> None:
    assert unknown("reward", "tierd", ["tiered", "binary"], place="conf/reward has") == (
        "reward 'tierd' not found; did you mean 'tiered'? conf/reward has: binary, tiered"
    )


def test_unknown_without_a_near_name_lists_all() -> None:
    assert unknown("reward", "xyz", ["tiered", "binary"]) == "reward 'xyz' not found; allowed: binary, tiered"


def test_unknown_with_nothing_allowed_says_so() -> None:
    assert unknown("reward", "xyz", []) == "reward 'xyz' not found; allowed: nothing"


def test_unknown_cuts_a_long_list_to_the_nearest() -> None:
    names = [f"option_{n}" for n in range(300)] + ["learning_rate"]
    assert unknown("option", "learning_rat", names) == (
        "option 'learning_rat' not found; did you mean 'learning_rate'? allowed (nearest): learning_rate"
    )
    assert unknown("option", "zzz", names).count("_") <= MOST_NAMES_LISTED
