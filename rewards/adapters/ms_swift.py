"""Any reward as a reward function of ms-swift's GRPO.

The guide "Your trainer" has the plugin file, of four lines. A row has `messages`, `tools`, and `reward_model` or one of
its other names.

Source: ms-swift 4.6.0, "Reward Function" of its documentation and `swift.rl_core.grpo_algorithm`.
"""

from collections.abc import Callable, Sequence

from rewards.adapters.trl import reward_function
from rewards.strict_json import Json
from rewards.types import Reward

Score = Callable[..., list[float | None]]
"""Score a batch: the completions, and by name the columns of their rows; None where nothing can be scored."""


def orm(reward: Reward) -> Callable[..., Score]:
    """Return the reward as an item of `swift.rewards.orms`: called with the trainer's arguments, it gives a function.

    The function is named after the reward, as are its metrics: `rewards/tiered/mean`.
    """
    score_columns = reward_function(reward)

    def score(completions: Sequence[Json], **columns: Json) -> list[float | None]:
        return score_columns(completions=completions, **columns)

    score.__name__ = score_columns.__name__

    def made(args: object = None) -> Score:
        return score

    return made
