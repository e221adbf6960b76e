"""Any reward as verl's `compute_score`.

In verl's configuration, with the default `Tiered`:

    reward.custom_reward_function.path=pkg://rewards.adapters.verl
    reward.custom_reward_function.name=compute_score
    reward.custom_reward_function.reward_kwargs.wire=hermes

For another reward, a file of your own with `compute_score = score_function(Binary())`.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any, cast

from rewards.adapters.row import component_names, numbers, truth_and_tools
from rewards.presets import Tiered
from rewards.strict_json import Json, JsonMapping
from rewards.types import Reward
from rewards.wire.call_tokens import CallTokens


@dataclass(frozen=True)
class ScoreFunction:
    """A reward, callable as verl calls it. Make one with `score_function`."""

    reward: Reward
    names: tuple[str, ...] = field(repr=False)

    def __call__(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: Json,
        extra_info: JsonMapping | None = None,
        wire: str | None = None,
        **_: Any,
    ) -> dict[str, float]:
        """Score one completion.

        Args:
            data_source: not read.
            solution_str: the completion. verl decodes it without special tokens, and with what tools answered in
                between, which is not the policy's and is not read.
            ground_truth: `reward_model["ground_truth"]`: a JSON list of calls, a text, or the JSON of the whole
                `reward_model`, which is the only field of it that verl passes on.
            extra_info: the row's; `tools` is read from it, as a list or its JSON, and so are `behavior`, `also`,
                `missing` and `alternatives`.
            wire: the policy's own wire format; None leaves the reward's, which is `auto` by default. Leave it where
                special tokens mark calls (Mistral, Kimi K2, Gemma 4, gpt-oss), unless verl's reward manager is given
                a `KeepingMarks`: only `auto` reads what is left of them.

        Returns:
            `score` in [0, 1], `is_scored`, and each component, always under the same keys: verl stacks them. Where
            the ground truth cannot be scored all are 0.

        Raises:
            ValueError: the tools are not tools.
        """
        truth, tools = truth_and_tools({"ground_truth": ground_truth}, extra_info)
        reward = self.reward if wire is None else replace(cast("Any", self.reward), wire=wire)
        return numbers(reward(without_observations(solution_str), ground_truth=truth, tools=tools), self.names)


class KeepingMarks:
    """A tokenizer for verl's reward managers: it keeps the special tokens that mark calls, which verl would drop.

    `rlvr export format=verl` writes the reward manager that uses it, where a policy's tokenizer has such tokens.

    Args:
        tokenizer: the policy's, of `transformers`.
        wire: its wire format.
    """

    def __init__(self, tokenizer: Any, wire: str) -> None:
        self._tokenizer = tokenizer
        self._marks = CallTokens(tokenizer, wire)

    def decode(self, token_ids: Any, skip_special_tokens: bool = True) -> str:
        """Return the text of a completion's tokens, a tensor or a list, with the marks of its calls."""
        plain = list(map(int, token_ids))
        text = self._marks.text(plain) if skip_special_tokens else None
        return str(self._tokenizer.decode(plain, skip_special_tokens=skip_special_tokens)) if text is None else text


def score_function(reward: Reward) -> ScoreFunction:
    """Return the reward as a `custom_reward_function` of verl."""
    return ScoreFunction(reward, component_names(reward))


_OBSERVATIONS = (
    ("<tool_response>", "</tool_response>"),
    ("<|start_header_id|>ipython<|end_header_id|>", "<|eot_id|>"),
    ("ipython\n\n", "assistant\n\n"),  # the same without special tokens
    ("[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
    ("<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>"),
    ("<observation>", "</observation>"),
    ("<information>", "</information>"),
)
"""What stands around a tool's answer in chat templates and in the recipes of verl."""

_HEADER_BEFORE = re.compile(r"(?:<\|im_end\|>)?\n(?:<\|im_start\|>)?(?:user|tool)\n?\Z")
_HEADER_AFTER = re.compile(r"\s{0,8}(?:<\|im_end\|>)?\s{0,8}(?:<\|im_start\|>)?assistant\n")


def without_observations(text: str) -> str:
    """Return what the policy wrote, of a text that holds what tools answered too."""
    for opening, closing in _OBSERVATIONS:
        first, *rest = text.split(opening)
        if not rest:
            continue
        kept = [_HEADER_BEFORE.sub("", first)]
        for part in rest:
            answer, is_closed, after = part.partition(closing)
            if not is_closed and opening[0].isalpha():  # a word of the policy's own
                kept[-1] += opening + answer
                continue
            header = _HEADER_AFTER.match(after)
            kept.append(_HEADER_BEFORE.sub("", after[header.end() if header else 0 :]))
        text = "\n".join(kept)
    return text


compute_score = score_function(Tiered())
"""The default reward, for `custom_reward_function.name`."""
