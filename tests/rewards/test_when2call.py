"""The figures that benchmarks/speech.py reports, where its data is at hand."""

import json
from pathlib import Path

import pytest

speech = pytest.importorskip("benchmarks.speech", reason="benchmarks/ is not in a source distribution")
KINDS, done, rewards_of, texts_of = speech.KINDS, speech.done, speech.rewards_of, speech.texts_of
DATA = Path(__file__).parents[3] / "shared" / "data" / "when2call_dev.jsonl"


@pytest.fixture(scope="module")
def rows():
    if not DATA.exists():
        pytest.skip("no ../shared/data/when2call_dev.jsonl beside the repository")
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


def test_the_four_kinds_are_told_apart(rows):
    shares = [sum(done(texts_of(row)[name]) == kind for row in rows) / len(rows) for name, kind in KINDS.items()]
    assert sum(shares) / len(shares) >= 0.98  # 99.1% on 2026-11-20


@pytest.mark.parametrize("given", ["reference", "missing"])
def test_the_right_kind_earns_strictly_most(rows, given):
    n_strict = 0
    for row in rows:
        rewards = rewards_of(row, given)
        right = rewards.pop(row["correct_answer"])
        n_strict += all(right > other for other in rewards.values())
    assert n_strict / len(rows) >= 0.97  # 157 of 160 on 2026-11-20
