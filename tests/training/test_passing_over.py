"""Passing over prompts that taught nothing, before candidates are drawn for them."""

from __future__ import annotations

import pytest

from rlvr.cli import main
from rlvr.training.passing_over import PromptHistory


def history(rest_epochs: int = 1) -> PromptHistory:
    """After an epoch in which prompts 0 and 2 of four taught nothing."""
    after_one = PromptHistory(rest_epochs)
    after_one.note([0, 1, 2, 3], [False, True, False, True], epoch=0)
    return after_one


def test_prompts_that_taught_nothing_rest_and_others_take_their_places() -> None:
    order, n_passed_over = history().order([3, 2, 1, 0], epoch=1)
    assert n_passed_over == 2
    assert order[:2] == [3, 1]
    assert sorted(order) == [1, 1, 3, 3]


@pytest.mark.parametrize(("rest_epochs", "resting"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3])])
def test_a_rest_is_as_long_as_asked_for(rest_epochs: int, resting: list[int]) -> None:
    assert [epoch for epoch in range(1, 6) if history(rest_epochs).is_passed_over(0, epoch)] == resting


def test_what_an_epoch_finds_out_does_not_change_its_own_order() -> None:
    """Resumed in its middle, an epoch has the order that it began with."""
    at_start = history()
    order = at_start.order([0, 1, 2, 3], epoch=1)
    at_start.note([1, 3], [False, False], epoch=1)
    assert at_start.order([0, 1, 2, 3], epoch=1) == order
    assert at_start.order([0, 1, 2, 3], epoch=2) == ([0, 2, 2, 0], 2)


def test_a_prompt_that_teaches_again_is_drawn_again() -> None:
    tried = history()
    tried.note([0], [True], epoch=2)
    assert not tried.is_passed_over(0, 3)


def test_where_all_would_rest_none_does() -> None:
    nothing_taught = PromptHistory(1)
    nothing_taught.note([0, 1], [False, False], epoch=0)
    assert nothing_taught.order([1, 0], epoch=1) == ([1, 0], 0)


def test_fewer_epochs_than_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "training.rest_epochs=-1"]) == 2
    assert capsys.readouterr().err == "rlvr: error: training.rest_epochs: -1 is less than 0\n"
