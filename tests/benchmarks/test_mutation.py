"""The sample of mutants, and the table of what the tests do to them."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import mutation

NAMES = [f"rewards.wire.gemma.x_f__mutmut_{n}" for n in range(300)] + [
    f"rewards.tiers.x_g__mutmut_{n}" for n in range(100)
]


def test_each_module_has_its_share_of_a_sample() -> None:
    drawn = mutation.sample(NAMES, 40, seed=1)
    assert drawn == mutation.sample(NAMES, 40, seed=1) != mutation.sample(NAMES, 40, seed=2)
    assert Counter(map(mutation.part_of, drawn)) == {"rewards.wire": 30, "rewards.tiers": 10}
    assert len(set(drawn)) == 40


def test_a_mutant_at_import_meets_the_nearest_folder_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert mutation.tests_of("rewards.wire.gemma.x_f__mutmut_1") == Path("tests/rewards/wire")
    assert mutation.tests_of("rewards.text.parameters.x__stems_of__mutmut_4") == Path("tests/rewards")


def test_what_no_test_could_kill_is_counted_apart() -> None:
    wire, tiers = [name for name in NAMES if "wire" in name][:10], ["rewards.tiers.x_g__mutmut_1"]
    table = list(mutation.table([*wire, *tiers], [*wire[:2], *tiers], {wire[0], *tiers}))
    assert table[2:] == [
        "| rewards.tiers | 1 | 1 | 0 |  |",
        "| rewards.wire | 10 | 1 | 8 | 89% |",
        "| all | 11 | 2 | 8 | 89% |",
    ]
