"""Every form that a ground truth comes in, read into `GroundTruth`."""

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any, TypeGuard

from rewards import wire
from rewards.limits import MAX_ADMISSIBLE_OBJECTS
from rewards.strict_json import Json, JsonMapping, JsonObject, MalformedJsonError, decode, decoded, plain, why_not_json
from rewards.text import read_text
from rewards.types import Alternative, Behavior, GroundTruth, GroundTruthError, ToolCall, behavior_named
from rewards.wire.completion import ARGUMENTS, MalformedCallError
from rewards.wire.python_calls import read_list
from rewards.wire.python_literals import Scanner

_ALTERNATIVES = '{argument: {"values": [...], "may_omit": true or false}}'
_FIELDS = frozenset(("behavior", "calls", "text", "missing", "alternatives", "also", "ordered"))
"""Names of a GroundTruth's own fields, which a mapping may have in the place of `ground_truth`."""

_ANY_NAME = r"[^\s\[\](){}=,'\"][^\[\](){}=,'\"\n]*+"
_LISTED_CALL = re.compile(rf"({_ANY_NAME})\(")
_PYTHON_LIST = rf"\s*(?:API-Request:\s*)?(\[\s*{_ANY_NAME}\(\s*(?:\)|\w+\s*=).*\])\s*"
_PYTHON_CALLS = re.compile(rf"{_PYTHON_LIST}|\s*([\w.]+\(\s*\w+\s*=.*\))\s*", re.DOTALL)
"""Calls as Python writes them: a list, as ToolACE and API-Bank have them, whose names may hold blanks and slashes, or
one call that names an argument; another may be a text that is to be said."""

_MARKED_CALL = re.compile(r"<(?:tool_call|functioncall)>\s*(.*?)\s*(?:</tool_call>|<\|endoftext\|>|\Z)", re.DOTALL)
"""A call as Hermes' and Glaive's data sets mark it; what they hold is Python's more often than JSON."""

_MEMBERS = (("api", "parameters"), ("Action", "Action_Input"), ("action", "action_input"))
"""What a call's name and arguments are called by Seal-Tools, ToolAlpaca and LangChain's agents."""

_JSON_OF_JSON = re.compile(r'\s*"\s*[\[{].*"\s*', re.DOTALL)

_NO_CALL = 'a call must be {"name": ..., "arguments": {...}}'
_AS_JSON = "give calls as JSON, or behavior 'answer' where the text is to be said"
_POSSIBLE_ANSWER = "[{function: {argument: [admissible, ...]}}, ...]"


def parse(value: object, behavior: str | None = None) -> GroundTruth:
    """Read any JSON form of a ground truth, as `GroundTruth.parse` says.

    Raises:
        GroundTruthError: it cannot be scored; names the field and what it may be.
    """
    if isinstance(value, GroundTruth):
        if behavior is not None and behavior_named(behavior) is not value.behavior:
            raise GroundTruthError("behavior", f"{behavior!r} contradicts {value.behavior.value!r}")
        return value
    value = _reward_model_or_text(value) if isinstance(value, str) else plain(value)
    if not _is_reward_model(value):
        value = {"ground_truth": value}
    return _of_reward_model(value, behavior)


def from_bfcl(possible_answer: object) -> GroundTruth:
    """Read a `possible_answer` of the leaderboard, as `GroundTruth.from_bfcl` says.

    Raises:
        GroundTruthError: it is not of that form.
    """
    if isinstance(possible_answer, str):
        try:
            possible_answer = decode(possible_answer)
        except MalformedJsonError as error:
            raise GroundTruthError("possible_answer", f"not a JSON list of calls ({error})") from None
    if possible_answer is None:
        return GroundTruth(Behavior.REFUSE, also=(Behavior.ANSWER, Behavior.CLARIFY))
    if reason := why_not_json(possible_answer):
        raise GroundTruthError("possible_answer", f"holds {reason}")
    if not isinstance(possible_answer, list) or not possible_answer:
        raise GroundTruthError("possible_answer", f"must be {_POSSIBLE_ANSWER}, or None where any call is wrong")
    calls, alternatives = zip(*map(_bfcl_call, possible_answer), strict=True)
    return GroundTruth(Behavior.EXECUTE, calls, alternatives=alternatives if any(alternatives) else ())


def _reward_model_or_text(text: str) -> Json:
    """Return the mapping that a text of JSON holds, where it holds a `reward_model`; any other text as it is.

    JSON may have been written as JSON once more.
    """
    if _JSON_OF_JSON.fullmatch(text):
        text = decoded(text)
    if text.lstrip()[:1] != "{":
        return text
    value = decoded(text)
    return value if _is_reward_model(value) else text


def _is_said(value: object) -> bool:
    """Tell whether a ground truth comes as an assistant's messages, in any form of them, and not as calls or text."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        is_call = first.get("name") or first.get("function") or _is_possible_answer(first)
        return "role" in first or not is_call
    return not isinstance(first, ToolCall | list | str | int | float | None)


def _said_in(messages: Json) -> list[ToolCall] | str:
    """Return the calls of the assistant's messages, or their text."""
    try:
        parsed = wire.parse(messages)
    except TypeError:
        raise GroundTruthError("ground_truth", _NO_CALL) from None
    return _written_calls(parsed) or parsed.text


def _written_calls(parsed: wire.ParsedCompletion) -> list[ToolCall]:
    """Return the calls of a text or a message.

    Raises:
        GroundTruthError: one is malformed, or its format does not tell the type of a value: is `3` a number?
    """
    if parsed.malformed:
        raise GroundTruthError("ground_truth", f"makes a malformed call: {parsed.reasons[0]}; {_AS_JSON}")
    if any(call.untold for call in parsed.calls):
        raise GroundTruthError("ground_truth", f"makes a call whose format tells no types; {_AS_JSON}")
    return list(parsed.calls)


def _is_reward_model(value: object) -> TypeGuard[JsonMapping]:
    """Tell whether a value is a `reward_model`, or has a behavior and else only a GroundTruth's own fields."""
    if not isinstance(value, dict):
        return False
    return "ground_truth" in value or ("behavior" in value and value.keys() <= _FIELDS)


def _of_reward_model(model: JsonMapping, behavior: str | None) -> GroundTruth:
    expected = model.get("behavior")
    if expected is None:
        expected = behavior
    elif behavior is not None and behavior_named(expected) is not behavior_named(behavior):
        raise GroundTruthError("behavior", f"{behavior!r} contradicts {expected!r}")
    missing = _listed(model, "missing", "a list of parameter names")
    alternatives = _listed(model, "alternatives", "a list parallel to the expected calls")
    also = _listed(model, "also", "a list of behaviors")
    ordered = model.get("ordered")
    if ordered is None:
        ordered = False
    if expected is not None:
        expected = behavior_named(expected)
    elif missing:
        expected = Behavior.CLARIFY
    said = model.get("ground_truth", model.get("calls") or model.get("text"))
    calls, text = _calls_or_text(said, expected)
    if expected is None:
        expected = Behavior.EXECUTE if calls else _inferred(text)
    expected_calls = tuple(call for call, _ in calls)
    admissible = tuple(map(_alternatives_of_call, alternatives))
    if not admissible and any(of_call for _, of_call in calls):
        admissible = tuple(of_call for _, of_call in calls)
    return GroundTruth(expected, expected_calls, text or None, missing, admissible, also, ordered)


def _listed(model: JsonMapping, field: str, shape: str) -> tuple[Json, ...]:
    items = model.get(field)
    if items is None or items == "":
        return ()
    if not isinstance(items, list):
        raise GroundTruthError(field, f"must be {shape}")
    return tuple(items)


_Call = tuple[ToolCall, dict[str, Alternative]]
"""An expected call, and what else some of its arguments may be."""


def _calls_or_text(value: object, expected: Behavior | None) -> tuple[list[_Call], str | None]:
    if isinstance(value, list) and set(map(type, value)) == {str}:
        value = f"[{', '.join(value)}]"
    if isinstance(value, str):
        calls = _decoded_calls(value, expected)
        if calls is None:
            return [], value
        value = calls
    value = list(map(_renamed, value)) if isinstance(value, list) else _renamed(value)
    if _is_said(value):
        value = _said_in(value)
        if isinstance(value, str):
            return [], value
    if isinstance(value, dict | ToolCall):
        value = [value]
    if value is None:
        return [], None
    if not isinstance(value, list):
        raise GroundTruthError("ground_truth", f"a {type(value).__name__} is neither a list of calls nor a text")
    return [_bfcl_call(item) if _is_possible_answer(item) else (_call(item), {}) for item in value], None


def _is_possible_answer(item: object) -> bool:
    """Tell whether a call is given as the leaderboard does: `{function: {argument: [admissible, ...]}}`."""
    if not isinstance(item, dict) or len(item) != 1:
        return False
    ((name, arguments),) = item.items()
    if name in ("function", *ARGUMENTS):
        return False
    return isinstance(arguments, dict) and all(isinstance(listed, list) for listed in arguments.values())


def _decoded_calls(text: str, expected: Behavior | None) -> Json:
    """Return what a text holds where it is the JSON of calls; None where it is a text to be said."""
    is_text = expected not in (None, Behavior.EXECUTE)
    if not is_text and (written := _python_calls(text)):
        return written
    if text.lstrip()[:1] not in ("[", "{"):
        calls = None if is_text else _marked_calls(text)
        if expected is Behavior.EXECUTE and not calls:
            raise GroundTruthError("ground_truth", "behavior 'execute' needs a JSON list of calls, not a text")
        return calls or None
    try:
        calls = _json_or_python(text)
    except MalformedJsonError as error:
        if is_text:
            return None
        raise GroundTruthError("ground_truth", f"neither a JSON list of calls nor a text ({error})") from None
    return None if is_text and not _are_calls(calls) else calls


def _python_calls(text: str) -> list[ToolCall]:
    """Return the calls of a text that is nothing but calls as Python writes them; none where it is not."""
    match = _PYTHON_CALLS.fullmatch(text)
    if match is None:
        return []
    listed = match[1] or f"[{match[2]}]"
    try:
        calls, end = read_list(listed, 0, name=_LISTED_CALL)
    except (MalformedCallError, MalformedJsonError):
        return []
    return calls if end == len(listed) else []


def _marked_calls(text: str) -> Json:
    """Return the calls that are marked in a text as in a model's completion, or as data sets mark them.

    Raises:
        GroundTruthError: one is malformed, or its format does not tell the type of a value.
    """
    parsed = wire.parse(text)
    if parsed.malformed and (marked := _MARKED_CALL.findall(text)):
        try:
            return _json_or_python(f"[{', '.join(marked)}]")
        except MalformedJsonError:
            pass
    return _written_calls(parsed)


def _json_or_python(text: str) -> Json:
    """Return the value of a text of JSON, or of Python's literals, as `str` writes a list.

    Raises:
        MalformedJsonError: it is neither.
    """
    try:
        return decode(text)
    except MalformedJsonError as error:
        no_json = error
    scanner = Scanner(text, 0)
    try:
        value = scanner.value()
    except (MalformedCallError, MalformedJsonError):
        raise no_json from None
    if text[scanner.position :].strip():
        raise no_json
    return value


def _renamed(item: Json) -> Json:
    """Return a call with its members named as everywhere; what is no call that names them otherwise, as it is."""
    for name, arguments in _MEMBERS:
        if isinstance(item, dict) and name in item and arguments in item:
            return {"name": item[name], "arguments": item[arguments]}
    return item


def _are_calls(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(isinstance(item, dict) and item.keys() >= {"name", "arguments"} for item in items)


def _call(item: object) -> ToolCall:
    if isinstance(item, ToolCall):
        return item
    if isinstance(item, dict) and isinstance(item.get("function"), dict):
        item = item["function"]
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise GroundTruthError("ground_truth", _NO_CALL)
    arguments = _arguments(item)
    if arguments in (None, ""):
        arguments = {}
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments)
        except MalformedJsonError as error:
            raise GroundTruthError("ground_truth", f"arguments of call {item['name']!r}: {error}") from None
    if not isinstance(arguments, dict):
        raise GroundTruthError("ground_truth", f"arguments of call {item['name']!r} must be an object")
    return ToolCall(item["name"], dict(arguments))


def _arguments(item: JsonMapping) -> Json:
    """Return a call's arguments, under whatever name; None where it has none."""
    for name in (*ARGUMENTS, "kwargs"):  # tau-bench's
        if item.get(name) is not None:
            return item[name]
    for name, value in item.items():
        if isinstance(value, dict):
            raise GroundTruthError("ground_truth", f"call {item['name']!r} has no 'arguments', but {name!r}; rename it")
    return None


def _alternatives_of_call(by_name: object) -> dict[str, Alternative]:
    if by_name is None:
        return {}
    if not isinstance(by_name, dict):
        raise GroundTruthError("alternatives", f"each entry must be {_ALTERNATIVES}")
    return {name: _alternative(name, item) for name, item in by_name.items() if item is not None}


def _alternative(name: str, item: object) -> Alternative:
    if isinstance(item, Alternative):
        return item
    if not isinstance(item, dict) or not set(item) <= {"values", "may_omit"}:
        raise GroundTruthError("alternatives", f"argument {name!r} must be given as in {_ALTERNATIVES}")
    values, may_omit = item.get("values") or (), item.get("may_omit") or False
    if not isinstance(values, list | tuple) or not isinstance(may_omit, bool):
        raise GroundTruthError("alternatives", f"argument {name!r} must be given as in {_ALTERNATIVES}")
    if values and (reason := why_not_json(list(values))):
        raise GroundTruthError("alternatives", f"argument {name!r} holds {reason}")
    return Alternative(tuple(values), may_omit)


def _inferred(text: str | None) -> Behavior:
    if not text or not text.strip():
        raise GroundTruthError("ground_truth", "is empty; give calls, a text, or a behavior")
    acts = read_text(text)
    if acts.asks and acts.refuses:
        raise GroundTruthError("behavior", "the text both asks and refuses; give 'clarify' or 'refuse'")
    return acts.behavior


def _bfcl_call(item: object) -> _Call:
    if not isinstance(item, dict) or len(item) != 1 or not isinstance(listed := next(iter(item.values())), dict):
        raise GroundTruthError("possible_answer", f"must be {_POSSIBLE_ANSWER}; {item!s:.80} is no call of that form")
    arguments: JsonObject = {}
    alternatives: dict[str, Alternative] = {}
    for name, admissible in listed.items():
        if not isinstance(admissible, list):
            raise GroundTruthError("possible_answer", f"argument {name!r} must be a list of admissible values")
        values = [value for choice in admissible if choice != "" for value in _values(choice, name)]
        if values:
            arguments[name] = values[0]
        if len(values) != 1 or "" in admissible:
            alternatives[name] = Alternative(tuple(values[1:]), may_omit="" in admissible)
    return ToolCall(next(iter(item)), arguments), alternatives


def _values(choice: object, name: str) -> list[Json]:
    """Return every value that an admissible one stands for: members of objects are lists of alternatives."""
    if isinstance(choice, dict):
        options = []
        for key, listed in choice.items():
            if not isinstance(listed, list):
                raise GroundTruthError("possible_answer", f"argument {name!r}: {key!r} must be a list of values")
            options.append([{key: item} for item in listed if item != ""] + [{}] * ("" in listed))
        return [dict(itertools.chain(*(member.items() for member in chosen))) for chosen in _product(options, name)]
    if isinstance(choice, list) and any(isinstance(item, dict) for item in choice):
        return list(map(list, _product([_values(item, name) for item in choice], name)))
    return [choice]


def _product(options: Sequence[Sequence[Any]], name: str) -> "itertools.product[tuple[Any, ...]]":
    if math.prod(map(len, options)) > MAX_ADMISSIBLE_OBJECTS:
        raise GroundTruthError("possible_answer", f"argument {name!r} has more than {MAX_ADMISSIBLE_OBJECTS} values")
    return itertools.product(*options)
