"""Random completions are the same for a seed, and what goes wrong on one of them is kept."""

from __future__ import annotations

import itertools

from benchmarks import fuzz
from rewards import GroundTruth, Tiered


def test_the_same_seed_gives_the_same_completions_and_none_raises() -> None:
    first, again = (list(itertools.islice(fuzz.completions(seed=3, count=200), 200)) for _ in range(2))
    assert first == again
    assert len({completion for completion, _, _ in first}) > 150
    tally = fuzz.Tally()
    for completion, reward, truth in first:
        fuzz.score(completion, reward, truth, tally)
    assert tally.scored == 200
    assert [failure for failure in tally.failures if " ms on " not in failure] == []


def test_what_raises_is_kept_with_its_completion() -> None:
    def broken(text: str, truth: GroundTruth) -> None:
        raise RuntimeError("boom")

    tally = fuzz.Tally()
    fuzz.score("Es geht nicht, aber vielleicht doch? 你好", Tiered(judge=broken), GroundTruth("refuse"), tally)
    fuzz.score("Je ne peux pas. Quelle ville?", Tiered(judge=broken), GroundTruth("refuse"), tally)
    assert tally.failures
    assert all("boom" in failure and " in auto" in failure for failure in tally.failures)
