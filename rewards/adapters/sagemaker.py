"""Any reward as the Lambda that scores for SageMaker RLVR and Amazon Nova's reinforcement fine-tuning.

Deploy a zip of this package with its one dependency, `jsonschema-rs`, and name the handler
`rewards.adapters.sagemaker.lambda_handler`; for another reward, a file with `lambda_handler = handler(Binary())`.

Source: Amazon SageMaker AI developer guide, "Implementing reward functions", interface format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rewards.adapters.row import component_names, numbers, truth_and_tools
from rewards.presets import Tiered
from rewards.strict_json import JsonObject
from rewards.types import Reward

ASSISTANTS = ("assistant", "nova_assistant")
"""Roles that the generated turns may carry."""


@dataclass(frozen=True)
class Handler:
    """A reward, callable as AWS Lambda calls it. Make one with `handler`."""

    reward: Reward
    names: tuple[str, ...] = field(repr=False)

    def __call__(self, event: object, context: object = None) -> list[JsonObject]:
        """Score a batch.

        Args:
            event: samples, each with `id`, `messages` (the generated turn last) and the row's own fields, at its top
                or under `metadata`: `reference_answer` or `reward_model`, `tools`, each as an object or its JSON.
            context: not read.

        Returns:
            For each sample `id`, `aggregate_reward_score` in [0, 1] and `metrics_list`: the components, and
            `is_scored`, which is 0 where the ground truth cannot be scored.

        Raises:
            ValueError: the event is not a list of samples, or a sample's tools are not tools; names the sample.
        """
        if not isinstance(event, Sequence) or isinstance(event, str):
            raise ValueError(f"event: a {type(event).__name__} is not a list of samples")
        return [self._score(sample, position) for position, sample in enumerate(event)]

    def _score(self, sample: object, position: int) -> JsonObject:
        if not isinstance(sample, Mapping) or "id" not in sample:
            raise ValueError(f"event[{position}]: a sample is an object with an 'id' and 'messages'")
        truth, tools = truth_and_tools(sample, sample.get("metadata"), sample.get("extra_info"))
        try:
            result = self.reward(completion_of(sample.get("messages")), ground_truth=truth, tools=tools)
        except ValueError as error:
            raise ValueError(f"event[{position}] (id {sample['id']!r}): {error}") from error
        values = numbers(result, self.names)
        score = values.pop("score")
        metrics = [
            {"name": name, "value": value, "type": "Metric" if name == "is_scored" else "Reward"}
            for name, value in values.items()
        ]
        return {"id": sample["id"], "aggregate_reward_score": score, "metrics_list": metrics}


def completion_of(messages: object) -> list[JsonObject]:
    """Return the assistant's turns that end a conversation, under the role that rewards read."""
    turns: list[JsonObject] = []
    for message in reversed(messages if isinstance(messages, Sequence) else ()):
        if not isinstance(message, Mapping) or message.get("role") not in ASSISTANTS:
            break
        turns.append({**message, "role": "assistant"})
    return turns[::-1]


def handler(reward: Reward) -> Handler:
    """Return the reward as a Lambda handler."""
    return Handler(reward, component_names(reward))


lambda_handler = handler(Tiered())
"""The default reward, for the Lambda's handler setting."""
