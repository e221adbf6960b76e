"""Any reward for a resources server of NeMo Gym, which NeMo RL and other trainers ask for a rollout's reward.

The guide "Your trainer" has the server, an `app.py` of a few lines. A row has `responses_create_params`, with `input`
and `tools`, and beside it `reward_model` or one of its other names.

Source: NeMo Gym 0.7.0, `nemo_gym.base_resources_server`.
"""

from collections.abc import Callable

from rewards.adapters.row import component_names, numbers, truth_and_tools
from rewards.strict_json import Json, JsonMapping, JsonObject
from rewards.types import Reward


def verifier(reward: Reward) -> Callable[[JsonMapping], JsonObject]:
    """Return a function of a request's `model_dump()` that gives what the server's `verify` adds to it.

    That is `reward` in [0, 1]; `mask_sample`, true where the ground truth cannot be scored; and each component as
    `behavior_reward` and so on, which Gym averages. They are no `reward_components`, whose sum must be the reward.
    """
    names = component_names(reward)

    def verified(request: JsonMapping) -> JsonObject:
        offered = {"tools": request["responses_create_params"].get("tools")}
        truth, tools = truth_and_tools(request, request.get("verifier_metadata"), offered)
        result = reward([message_of(request["response"]["output"])], ground_truth=truth, tools=tools)
        components = numbers(result, names)
        score = components.pop("score")
        is_masked = not components.pop("is_scored")
        fields = {f"{name}_reward": share for name, share in components.items()}
        return {"reward": score, "mask_sample": is_masked, **fields}

    return verified


def message_of(output: Json) -> JsonObject:
    """Return the items of a response as one message: the texts, and the calls that the model's server has read.

    Reasoning and what tools answered are left out. A call in a text is one that the server did not read.
    """
    texts = [part for item in output if item["type"] == "message" for part in item["content"]]
    calls = [item for item in output if item["type"] == "function_call"]
    return {"role": "assistant", "content": texts, "tool_calls": calls}
