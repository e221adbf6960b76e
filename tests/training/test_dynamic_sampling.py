from __future__ import annotations

from typing import Any

import torch

from rlvr.training.dynamic_sampling import Candidates, further_rows, refill, teaching_groups

NAN = torch.nan
SIZE = 2


def test_a_group_teaches_where_its_rewards_differ() -> None:
    rewards = torch.tensor(
        [
            [0.5, 0.5], [0.5, 0.5],  # all alike
            [0.0, 1.0], [1.0, 0.0],  # alike in sum, not in parts
            [0.5, NAN], [0.5, 0.2],  # 0.5 and 0.7
            [NAN, NAN], [0.3, NAN],  # one candidate without a reward
            [NAN, NAN], [NAN, NAN],  # none with one
        ]
    )  # fmt: skip
    weights = torch.tensor([1.0, 1.0])
    assert teaching_groups(rewards, weights, SIZE, by_function=False).tolist() == [False, False, True, False, False]
    assert teaching_groups(rewards, weights, SIZE, by_function=True).tolist() == [False, True, False, False, False]
    first_only = torch.tensor([1.0, 0.0])
    assert teaching_groups(rewards[2:4], first_only, SIZE, by_function=False).tolist() == [True]
    assert teaching_groups(rewards[:2], first_only, SIZE, by_function=True).tolist() == [False]


def test_further_rows_are_each_process_s_own_and_the_seed_s() -> None:
    dataset = [{"prompt": str(i)} for i in range(10)]
    tried = dataset[:3]
    parts = [list(further_rows(dataset, tried, "0 1", process=p, n_processes=2)) for p in (0, 1)]
    assert sorted(row["prompt"] for part in parts for row in part) == [str(i) for i in range(3, 10)]
    assert list(further_rows(dataset, tried, "0 1")) == list(further_rows(dataset, tried, "0 1"))
    assert list(further_rows(dataset, tried, "0 1")) != list(further_rows(dataset, tried, "0 2"))


def sampled(rows: list[Any]) -> Candidates:
    """Rows are numbers; the candidates of odd ones differ in reward."""
    rewards = [float(row % 2 * (i % SIZE)) for i, row in enumerate(rows)]
    texts = [f"{row}.{i % SIZE}" for i, row in enumerate(rows)]
    ids = [[row] for row in rows]
    return Candidates(
        list(rows), list(ids), list(ids), texts, list(ids), torch.tensor(rewards)[:, None], {"said": texts}
    )


def refilled(numbers: list[int], further: list[int], max_rounds: int) -> Any:
    return refill(
        sampled([n for n in numbers for _ in range(SIZE)]),
        iter(further),
        sampled,
        lambda rewards: teaching_groups(rewards, torch.ones(1), SIZE, by_function=False),
        lambda _, value: value,
        size=SIZE,
        max_rounds=max_rounds,
    )


def test_silent_groups_are_replaced_round_by_round() -> None:
    result = refilled([1, 2, 3, 4], [6, 7, 8, 9, 11], max_rounds=5)
    # Round 1 draws 6 and 7 for 2 and 4; round 2 draws 8, round 3 draws 9, for the one that is left.
    assert (result.rounds, result.n_drawn, result.n_silent) == (3, 4, 0)
    assert result.candidates.rows == [1, 1, 7, 7, 3, 3, 9, 9]
    assert result.candidates.completions == ["1.0", "1.1", "7.0", "7.1", "3.0", "3.1", "9.0", "9.1"]
    assert result.candidates.extra == {"said": result.candidates.completions}
    assert result.candidates.logprobs == result.candidates.prompt_ids == [[row] for row in result.candidates.rows]
    assert result.candidates.rewards_NF[:, 0].tolist() == [0.0, 1.0] * 4


def test_rounds_and_prompts_are_bounded() -> None:
    bounded = refilled([1, 2], [4, 6, 8], max_rounds=2)
    assert (bounded.rounds, bounded.n_drawn, bounded.n_silent) == (2, 2, 1)
    assert bounded.candidates.rows == [1, 1, 2, 2], "what cannot be replaced stays"
    exhausted = refilled([2], [4], max_rounds=9)
    assert (exhausted.rounds, exhausted.n_drawn, exhausted.n_silent) == (1, 1, 1)
    assert refilled([1, 3], [5], max_rounds=9).rounds == 0
