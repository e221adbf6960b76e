"""Any reward as a Python grader of OpenAI's reinforcement fine-tuning and evals.

OpenAI runs one self-contained Python file of at most 256 kB, without network, that defines `grade`. This module is no
such file: it needs the package around it. In your own pipeline, call it as it is. To run it at OpenAI, upload a file
that carries the package's source as text (a base64 zip of it takes about 50 kB) and imports it from there; for
`jsonschema-rs`, which is compiled, that file must stand in another validator. OpenAI takes new jobs until 6 January
2027 and has closed its evals on 30 November 2026.

Source: OpenAI API documentation, "Graders", Python graders, and "Deprecations".
"""

from collections.abc import Callable

from rewards.adapters.row import truth_and_tools
from rewards.presets import Tiered
from rewards.strict_json import JsonMapping, JsonObject
from rewards.types import Reward


def grader(reward: Reward) -> Callable[[JsonMapping, JsonMapping], float]:
    """Return the reward as a `grade(sample, item)`, as OpenAI calls it."""

    def grade(sample: JsonMapping, item: JsonMapping) -> float:
        """Score one sample.

        Args:
            sample: the completion: `output_text` and `output_tools`, the calls that the API parsed.
            item: the row: `reward_model` or one of its other names, and `tools`, as objects or their JSON.

        Returns:
            The reward in [0, 1]; 0 where the ground truth cannot be scored.

        Raises:
            ValueError: the tools are not tools.
        """
        message: JsonObject = {"role": "assistant", "content": sample.get("output_text") or ""}
        if calls := sample.get("output_tools"):
            message["tool_calls"] = calls
        truth, tools = truth_and_tools(item, item.get("extra_info"))
        result = reward([message], ground_truth=truth, tools=tools)
        return 0.0 if result is None else result.value

    return grade


grade = grader(Tiered())
"""The default reward as a grader."""
