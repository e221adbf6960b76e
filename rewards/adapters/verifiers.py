"""Any reward for environments of the `verifiers` package, in both of its generations.

    --env.taskset.task.rewards.tiered.fn rewards.adapters.verifiers:task_reward     # verifiers.v1, from 0.3
    --env.taskset.task.metrics.tiers.fn rewards.adapters.verifiers:task_metrics
    vf.Rubric(**rubric_arguments(Tiered()))              # before 0.4, which has no Rubric any more

The row's `reward_model` (or `answer`) and `tools` are read from the data set's `info` or from the task's own fields,
each as an object or its JSON.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from rewards.adapters.row import component_names, numbers, truth_and_tools
from rewards.presets import Tiered
from rewards.strict_json import Json, decoded
from rewards.types import Reward, RewardResult


def rubric_arguments(reward: Reward) -> dict[str, list[Any]]:
    """Return what `verifiers.Rubric` takes: the reward with weight 1, and each component with weight 0, as a metric."""
    names = component_names(reward)

    def scored(completion: Json, answer: Json, info: Json) -> dict[str, float]:
        return numbers(_result(reward, completion, decoded(info, is_own=True), {"answer": answer}), names)

    def function(key: str, name: str) -> Callable[..., Awaitable[float]]:
        async def score(completion: Json, answer: Json = None, info: Json = None) -> float:
            return scored(completion, answer, info)[key]

        score.__name__ = name
        return score

    funcs = [function("score", type(reward).__name__.lower()), *(function(name, name) for name in names)]
    return {"funcs": funcs, "weights": [1.0, *(0.0 for _ in names)]}


def reward_of_task(reward: Reward) -> Callable[[Any, Any], Awaitable[float]]:
    """Return the reward as a `@vf.reward` of `verifiers.v1`: an async function of the task's data and its trace."""

    async def score(task: Any, trace: Any) -> float:
        result = _result_of_trace(reward, task, trace)
        return 0.0 if result is None else result.value

    return score


def metrics_of_task(reward: Reward) -> Callable[[Any, Any], Awaitable[dict[str, float]]]:
    """Return the reward's components as a `@vf.metric` of `verifiers.v1`."""
    names = component_names(reward)

    async def measure(task: Any, trace: Any) -> dict[str, float]:
        measured = numbers(_result_of_trace(reward, task, trace), names)
        return {name: value for name, value in measured.items() if name != "score"}

    return measure


task_reward = reward_of_task(Tiered())
"""The default reward, for a task's `rewards.NAME.fn`."""

task_metrics = metrics_of_task(Tiered())
"""The default reward's components, for a task's `metrics.NAME.fn`."""


def _result_of_trace(reward: Reward, task: Any, trace: Any) -> RewardResult | None:
    fields = task.model_dump()
    return _result(reward, trace.assistant_messages[-1:], fields, decoded(fields.get("info"), is_own=True))


def _result(reward: Reward, completion: Json, *places: Any) -> RewardResult | None:
    truth, tools = truth_and_tools(*places)
    return reward(completion, ground_truth=truth, tools=tools)
