"""What every adapter does: find a row's ground truth and tools, and turn a result into plain numbers."""

from collections.abc import Mapping
from typing import Any

from rewards.strict_json import Json, JsonObject, plain
from rewards.types import Behavior, GroundTruth, Reward, RewardResult, ToolCall

GROUND_TRUTHS = ("reward_model", "ground_truth", "reference_answer", "answer")
"""Fields that may hold a ground truth, first come first served."""

ABSENT = (None, "", "null")
"""What stands in a field that a row does not have: a table's empty cell, and None written as JSON."""

COMPANIONS = ("behavior", "also", "missing", "alternatives", "ordered")
"""Fields of `reward_model` that a trainer may have put beside the ground truth."""


def truth_and_tools(*places: Any) -> tuple[Json, Json]:
    """Return the ground truth and the tools of a row whose fields a trainer has spread over several mappings.

    Args:
        places: mappings that may hold one of `GROUND_TRUTHS`, `COMPANIONS` and `tools`, each as an object or as its
            JSON; the first that has a field wins, and one of `ABSENT` is none. What is no mapping is passed over.

    Returns:
        Both as a reward takes them; None for what no place holds.
    """
    fields: JsonObject = {}
    for place in places:
        if isinstance(place, Mapping):
            for name in (*GROUND_TRUTHS, *COMPANIONS, "tools"):
                value = plain(place.get(name))
                if name not in fields and value not in ABSENT:
                    fields[name] = value
    truth = next((fields[name] for name in GROUND_TRUTHS if name in fields), None)
    companions = {name: fields[name] for name in COMPANIONS if name in fields}
    is_whole = isinstance(truth, Mapping | str) and "ground_truth" in truth
    if companions and not is_whole:
        truth = {"ground_truth": truth, **companions}
    return truth, fields.get("tools")


def component_names(reward: Reward) -> tuple[str, ...]:
    """Return every component that a reward may give, in its order: those it gives where a call was expected."""
    result = reward("", ground_truth=GroundTruth(Behavior.EXECUTE, calls=(ToolCall("probe"),)))
    return tuple(result.components) if result is not None else ()


def numbers(result: RewardResult | None, names: tuple[str, ...]) -> dict[str, float]:
    """Write a result as numbers under the same keys whatever the row, for trainers that stack them in columns.

    Args:
        result: None where the ground truth cannot be scored.
        names: the components to give, as `component_names` has them. One that does not apply, since no call was
            expected, is 1 for a text without calls and 0 otherwise.

    Returns:
        `score`; `is_scored`, which is 0 where the ground truth cannot be scored (all else is then 0 too, for every
        candidate of the group, so that a group-relative trainer learns nothing from it); and each component.
    """
    if result is None:
        return {"score": 0.0, "is_scored": 0.0, **dict.fromkeys(names, 0.0)}
    abstains = float(result.behavior not in (None, Behavior.EXECUTE))
    components = {name: float(result.components.get(name, abstains)) for name in names}
    return {"score": float(result.value), "is_scored": 1.0, **components}
