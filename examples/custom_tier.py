"""A tier of your own: mix it with the reward's tiers, in TRL or in `rlvr train reward._target_=custom_tier.CONCISE`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rewards import Binary, Reason, RewardResult, Tiered, Weighted


@dataclass(frozen=True)
class Brevity:
    """1 for a right completion of at most `free_chars`, falling to 0 at `max_chars`; a wrong one earns nothing."""

    free_chars: int = 80
    max_chars: int = 400

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        correctness = Binary()(completion, ground_truth=ground_truth, tools=tools)
        if correctness is None:  # the ground truth cannot be scored
            return None
        excess = max(0, len(str(completion)) - self.free_chars)
        share = max(0.0, 1 - excess / (self.max_chars - self.free_chars))
        value = correctness.value * share
        reasons = (Reason("brevity", "other", got=f"{excess} characters too many"),) if excess else ()
        return RewardResult(value, {"brevity": value}, reasons, correctness.behavior)


CONCISE = Weighted({Tiered(): 0.9, Brevity(): 0.1})

if __name__ == "__main__":
    truth = [{"name": "get_weather", "arguments": {"city": "Paris"}}]
    call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
    for completion in (call, "I will now look that up for you. " * 8 + call, call.replace("Paris", "Rome")):
        result = CONCISE(completion, ground_truth=truth)
        if result is not None:
            print(f"{result.value:.3f}", *(f"{name} {share:.2f}" for name, share in result.components.items()))
