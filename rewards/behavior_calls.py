"""Asking and declining as calls of two tools, an option beside text: nothing to read, in any language.

A row takes the option by offering `BEHAVIOR_TOOLS` with its own tools. Its ground truth stays as it is: `clarify` with
the parameters that are `missing`, or `refuse`. A call of `ask_user` is then what clarifies, a call of `decline` what
refuses, and a text without calls is an answer, whatever it says.
"""

from collections.abc import Sequence

from rewards.strict_json import JsonObject
from rewards.toolset import Toolset
from rewards.types import Behavior, GroundTruth, ToolCall

ASK_USER = "ask_user"
DECLINE = "decline"


def _tool(name: str, description: str, **properties: JsonObject) -> JsonObject:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}

BEHAVIOR_TOOLS: tuple[JsonObject, ...] = (
    _tool(
        ASK_USER,
        "Ask the user for values that a tool requires and that the request does not give.",
        parameters={**_NAMES, "description": "The names of the parameters whose values are missing."},
        question={"type": "string", "description": "The question, as the user reads it."},
    ),
    _tool(
        DECLINE,
        "Decline a request that is harmful, or that none of the tools can serve.",
        reason={"type": "string", "description": "The reason, as the user reads it."},
    ),
)
"""The two tools, in OpenAI's form."""

_PROPERTIES = {tool["function"]["name"]: tool["function"]["parameters"]["properties"].keys() for tool in BEHAVIOR_TOOLS}
_BEHAVIORS = {ASK_USER: Behavior.CLARIFY, DECLINE: Behavior.REFUSE}


def are_offered(tools: Toolset | None) -> bool:
    """Tell whether the tools hold both of `BEHAVIOR_TOOLS`, by their names and the names of their parameters."""
    if tools is None or ASK_USER not in tools or DECLINE not in tools:
        return False
    return all(tools[name].properties.keys() == properties for name, properties in _PROPERTIES.items())


def behavior_of_calls(calls: Sequence[ToolCall]) -> Behavior:
    """Return what calls do where the two tools are offered: one other call among them executes."""
    behaviors = {_BEHAVIORS.get(call.name, Behavior.EXECUTE) for call in calls}
    return behaviors.pop() if len(behaviors) == 1 else Behavior.EXECUTE


def asked_share(calls: Sequence[ToolCall], missing: Sequence[str], tools: Toolset) -> float:
    """Return how well calls of `ask_user` ask for what is missing.

    F1 = 2 |asked and missing| / (|asked| + |missing|), every name counted as often as it is asked for; 0 where a call
    is not valid. Where nothing is known to be missing, any one valid call is whole.
    """
    if not all(tools[call.name].admits(call.arguments) for call in calls):
        return 0.0
    asked = [name for call in calls for name in call.arguments["parameters"]]
    if not missing:
        return float(len(calls) == 1)
    hits = len(set(asked) & set(missing))
    return 2 * hits / (len(asked) + len(missing))


def declined_share(calls: Sequence[ToolCall], tools: Toolset) -> float:
    """Return 1.0 for one valid call of `decline`, else 0.0."""
    return float(len(calls) == 1 and tools[DECLINE].admits(calls[0].arguments))


def target_calls(truth: GroundTruth, tools: object) -> tuple[ToolCall, ...]:
    """Return the calls that a right completion makes: the expected ones, or where the two tools are offered theirs.

    Raises:
        ValueError: the tools are not tools.
    """
    if truth.calls or truth.behavior is Behavior.ANSWER or not are_offered(Toolset.of(tools)):
        return truth.calls
    if truth.behavior is Behavior.CLARIFY and truth.missing:
        return (ToolCall(ASK_USER, {"parameters": list(truth.missing), "question": truth.text or ""}),)
    if truth.behavior is Behavior.REFUSE:
        return (ToolCall(DECLINE, {"reason": truth.text or ""}),)
    return ()
