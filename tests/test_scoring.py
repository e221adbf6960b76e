"""What a reward returns is looked at, at every call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rewards import Behavior, RewardResult
from rlvr.errors import RunError
from rlvr.scoring import RewardError, call_reward, limited
from rlvr.training.diagnosis import MOST_BATCHES_ALIKE, MOST_UNSCORED_BATCHES, Watch


def returning(value: Any) -> Callable[..., Any]:
    def my_reward(completion: Any, *, ground_truth: Any, tools: Any = None) -> Any:
        return value

    return my_reward


def result(value: Any = 0.5, components: Any = None, reasons: Any = (), behavior: Any = None) -> RewardResult:
    return RewardResult(value, {} if components is None else components, reasons, behavior)


WRONG: dict[str, tuple[Any, str]] = {
    "NaN": (result(float("nan")), "returned the value nan, a float; it must be a number from 0 to 1"),
    "inf": (result(float("inf")), "returned the value inf"),
    "seven": (result(7.0), r"returned the value 7\.0; it must be from 0 to 1"),
    "negative": (result(-0.1), r"returned the value -0\.1"),
    "text": (result("0.5"), r"returned the value '0\.5', a str"),
    "tensor": (result(torch.tensor(0.5)), r"returned the value tensor\(0\.5000\), a Tensor"),
    "None in a result": (RewardResult(None, {}), "returned the value None"),  # type: ignore[arg-type]
    "plain float": (0.5, r"returned 0\.5, a float; return a rewards\.RewardResult, or None"),
    "plain text": ("good", "returned 'good', a str"),
    "dict": ({"value": 1.0}, "a dict; return a"),
    "components text": (result(components="abc"), "returned components 'abc'"),
    "components list": (result(components=[1.0]), r"returned components \[1\.0\]"),
    "component NaN": (result(components={"a": float("nan")}), "returned the component 'a': nan"),
    "component by number": (result(components={1: 0.5}), "returned the component 1"),
    "reasons None": (result(reasons=None), "returned reasons None"),
    "behavior": (result(behavior="jumps"), "returned the behavior 'jumps'; it must be one of execute, clarify"),
}


@pytest.mark.parametrize(("returned", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_reward_is_refused(returned: Any, said: str) -> None:
    with pytest.raises(RewardError, match=f"^reward my_reward: .*{said}") as caught:
        call_reward(returning(returned), "the completion", ground_truth="x", tools=None, where="row 7")
    assert "for the completion of row 7 'the completion'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_text_as_reasons_is_refused_where_it_is_given() -> None:
    def my_reward(completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult:
        return result(reasons="wrong city")

    with pytest.raises(RewardError, match="raised TypeError: reasons must be a list, not the text 'wrong city'"):
        call_reward(my_reward, "", ground_truth="", tools=None)


def test_numbers_of_numpy_become_pythons() -> None:
    numbers = result(np.float32(0.5), {"a": np.float64(0.25), "b": np.int64(1)}, ["x"], "execute")
    checked = call_reward(returning(numbers), "", ground_truth="", tools=None)
    assert checked is not None
    assert type(checked.value) is float
    assert [type(value) for value in checked.components.values()] == [float, float]
    assert checked.behavior is Behavior.EXECUTE


def test_what_is_right_is_handed_on_as_it_is() -> None:
    right = result(1.0, {"a": 1})
    assert call_reward(returning(right), "", ground_truth="", tools=None) is right
    assert call_reward(returning(None), "", ground_truth="", tools=None) is None


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), SystemExit(0)])
def test_what_a_reward_raises_names_the_reward_and_the_line(error: BaseException) -> None:
    def my_reward(completion: Any, *, ground_truth: Any, tools: Any = None) -> Any:
        raise error

    with pytest.raises(RewardError, match=rf"reward my_reward: raised {type(error).__name__}: .*test_scoring\.py:\d+"):
        call_reward(my_reward, "", ground_truth="", tools=None)


def test_a_batch_has_a_time_limit() -> None:
    with pytest.raises(RewardError, match="took more than 0 s for one batch"), limited(returning(None), 0.05):
        time.sleep(5)
    with limited(returning(None), 0.05):
        pass
    time.sleep(0.1)  # the alarm is off


def test_a_training_without_rewards_ends() -> None:
    watch = Watch("mine")
    for _ in range(MOST_UNSCORED_BATCHES - 1):
        watch.look([None, None], 2)
    watch.look([None, 0.5], 2)
    for _ in range(MOST_UNSCORED_BATCHES - 1):
        watch.look([None, None], 2)
    with pytest.raises(RunError, match=r"reward mine: scored none of the candidates of 3 batches"):
        watch.look([None, None], 2)


@pytest.mark.parametrize(
    ("rewards", "said"),
    [
        ([0.0] * 4, "there is nothing to learn from. Warm up with SFT"),
        ([1.0] * 4, "the policy does all that the reward"),
    ],
)
def test_a_training_without_differences_ends(rewards: list[float | None], said: str) -> None:
    watch = Watch("mine")
    for _ in range(MOST_BATCHES_ALIKE - 1):
        watch.look(rewards, 2)
    watch.look([0.0, 0.5, 1.0, 1.0], 2)
    for _ in range(MOST_BATCHES_ALIKE - 1):
        watch.look(rewards, 2)
    with pytest.raises(RunError, match=said):
        watch.look(rewards, 2)
