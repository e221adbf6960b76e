"""Any reward as verl's `compute_score`.

In verl's configuration, with the default `Tiered`:

    reward.custom_reward_function.path=pkg://rewards.adapters.verl
    reward.custom_reward_function.name=compute_score

For another reward, a file of your own with `compute_score = score_function(Binary())`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rewards.adapters.row import component_names, numbers, truth_and_tools
from rewards.presets import Tiered
from rewards.types import Reward


@dataclass(frozen=True)
class ScoreFunction:
    """A reward, callable as verl calls it. Make one with `score_function`."""

    reward: Reward
    names: tuple[str, ...] = field(repr=False)

    def __call__(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: Any,
        extra_info: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, float]:
        """Score one completion.

        Args:
            data_source: not read.
            solution_str: the completion. verl decodes it without special tokens.
            ground_truth: `reward_model["ground_truth"]`: a JSON list of calls, a text, or the JSON of the whole
                `reward_model`, which is the only field of it that verl passes on.
            extra_info: the row's; `tools` is read from it, as a list or its JSON, and so are `behavior`, `also`,
                `missing` and `alternatives`.

        Returns:
            `score` in [0, 1], `is_scored`, and each component, always under the same keys: verl stacks them. Where
            the ground truth cannot be scored all are 0.

        Raises:
            ValueError: the tools are not tools.
        """
        truth, tools = truth_and_tools({"ground_truth": ground_truth}, extra_info)
        return numbers(self.reward(solution_str, ground_truth=truth, tools=tools), self.names)


def score_function(reward: Reward) -> ScoreFunction:
    """The reward as a `custom_reward_function` of verl."""
    return ScoreFunction(reward, component_names(reward))


compute_score = score_function(Tiered())
"""The default reward, for `custom_reward_function.name`."""
