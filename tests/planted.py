"""Rows with one defect each: 20 kinds, planted into clean rows."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Record = dict[str, Any]


def _calls(record: Record) -> list[dict[str, Any]]:
    return json.loads(record["reward_model"]["ground_truth"])


def _with_calls(record: Record, calls: list[dict[str, Any]]) -> Record:
    record["reward_model"]["ground_truth"] = json.dumps(calls)
    return record


def _schema(record: Record, name: str) -> dict[str, Any]:
    functions = [tool["function"] for tool in record["tools"]]
    return next(function["parameters"] for function in functions if function["name"] == name)


def _ask(record: Record, text: str) -> Record:
    record["prompt"][-1]["content"] = text
    return record


def cut_short(record: Record, rng: Random) -> str:
    line = json.dumps(record)
    return line[: rng.randrange(len(line) // 3, len(line) - 2)]


def key_twice(record: Record, rng: Random) -> str:
    return json.dumps(record).replace('"role": "user"', '"role": "user", "role": "user"', 1)


def mojibake(record: Record, rng: Random) -> Record:
    return _ask(record, record["prompt"][-1]["content"] + rng.choice((" caf\ufffd", " cafÃ©", " itâ€™s late")))


def no_prompt(record: Record, rng: Random) -> Record:
    record["prompt"] = rng.choice(([], None, "text", [{"role": "human", "content": "hello"}]))
    return record


def answered_already(record: Record, rng: Random) -> Record:
    record["prompt"].append({"role": "assistant", "content": "Let me see."})
    return record


def broken_schema(record: Record, rng: Random) -> Record:
    record["tools"][0]["function"]["parameters"]["type"] = rng.choice(("objekt", 7, ["object", "objekt"]))
    return record


def nulls_of_arrow(record: Record, rng: Random) -> Record:
    record["tools"][0]["function"]["parameters"]["properties"]["elsewhere"] = None
    return record


def tool_twice(record: Record, rng: Random) -> Record:
    record["tools"].append(copy.deepcopy(record["tools"][0]))
    return record


def contradictory(record: Record, rng: Random) -> Record:
    record["reward_model"]["behavior"] = rng.choice(("clarify", "refuse", "exec", "answer"))
    return record


def tool_absent(record: Record, rng: Random) -> Record:
    name = _calls(record)[0]["name"]
    record["tools"] = [tool for tool in record["tools"] if tool["function"]["name"] != name]
    return record


def argument_absent(record: Record, rng: Random) -> Record:
    (call,) = _calls(record)
    del call["arguments"][rng.choice(_schema(record, call["name"])["required"])]
    return _with_calls(record, [call])


def argument_invented(record: Record, rng: Random) -> Record:
    (call,) = _calls(record)
    call["arguments"][rng.choice(("locale", "verbosity", "mode"))] = rng.choice(("en", 3, True))
    return _with_calls(record, [call])


def value_of_another_type(record: Record, rng: Random) -> Record:
    (call,) = _calls(record)
    name = rng.choice(list(call["arguments"]))
    call["arguments"][name] = {"value": call["arguments"][name]}
    return _with_calls(record, [call])


def value_from_nowhere(record: Record, rng: Random) -> Record:
    (call,) = _calls(record)
    properties = _schema(record, call["name"])["properties"]
    for name in rng.sample(list(call["arguments"]), len(call["arguments"])):
        schema = properties[name]
        if name not in _schema(record, call["name"])["required"] or "enum" in schema:
            continue
        if schema["type"] == "string":
            made_up = rng.choice(("Ulaanbaatar", "Zanzibar", "Quetzaltenango", "Brobdingnag"))
            call["arguments"][name] = "2031-11-27" if schema.get("format") == "date" else made_up
            return _with_calls(record, [call])
        if "maximum" not in schema:
            call["arguments"][name] = 73_519
            return _with_calls(record, [call])
    raise LookupError("no required value of this row is free")


def call_made_twice(record: Record, rng: Random) -> Record:
    return _with_calls(record, _calls(record) * 2)


def placeholder_left(record: Record, rng: Random) -> Record:
    (call,) = _calls(record)
    name = rng.choice(list(call["arguments"]))
    return _ask(record, f"{record['prompt'][-1]['content']} {{{name}}}")


def answer_given_away(record: Record, rng: Random) -> Record:
    return _ask(record, f"{record['prompt'][-1]['content']} {record['reward_model']['ground_truth']}")


def question_about_nothing(record: Record, rng: Random) -> Record:
    record["reward_model"] = {"ground_truth": "Which planet?", "behavior": "clarify", "missing": ["planet"]}
    return record


def question_whose_answer_is_there(record: Record, rng: Random) -> Record:
    (call,) = _calls(record)
    name = rng.choice(_schema(record, call["name"])["required"])
    words = name.replace("_", " ")
    _ask(record, f"{record['prompt'][-1]['content']}. The {words} is {call['arguments'][name]!s:.1}42")
    record["reward_model"] = {"ground_truth": f"What is the {words}?", "behavior": "clarify", "missing": [name]}
    return record


def refusal_that_does_not_refuse(record: Record, rng: Random) -> Record:
    record["reward_model"] = {"ground_truth": "Sure, here is how to do it.", "behavior": "refuse"}
    return record


def result_of_no_call(record: Record, rng: Random) -> Record:
    request = record["prompt"][-1]
    record["prompt"] = [request, {"role": "tool", "tool_call_id": "call_9", "content": "{}"}, request]
    return record


PLANTS: Mapping[str, tuple[str, Callable[[Record, Random], Record | str]]] = {
    "half a line": ("not_json", cut_short),
    "a key twice": ("duplicate_key", key_twice),
    "a wrong encoding": ("damaged_text", mojibake),
    "no prompt": ("bad_row", no_prompt),
    "nothing asked": ("no_request", answered_already),
    "a broken schema": ("bad_tool", broken_schema),
    "nulls of Arrow": ("null_schema", nulls_of_arrow),
    "two tools of one name": ("same_name", tool_twice),
    "a contradictory behavior": ("bad_truth", contradictory),
    "a tool not offered": ("unknown_tool", tool_absent),
    "a required argument lacking": ("missing_required", argument_absent),
    "an invented argument": ("unknown_parameter", argument_invented),
    "a value of another type": ("invalid_value", value_of_another_type),
    "a value from nowhere": ("ungrounded", value_from_nowhere),
    "a call made twice": ("repeated_call", call_made_twice),
    "a placeholder left": ("unfilled", placeholder_left),
    "the answer in the prompt": ("answer_in_prompt", answer_given_away),
    "a question about nothing": ("not_a_parameter", question_about_nothing),
    "a question whose answer is there": ("has_everything", question_whose_answer_is_there),
    "a refusal that does not refuse": ("not_right", refusal_that_does_not_refuse),
    "a result of no call": ("bad_history", result_of_no_call),
}
"""What is planted into rows that expect one call: the kind that lint should report, and how."""

COPIES: Mapping[str, str] = {
    "a row twice": "duplicate",
    "another answer": "contradiction",
    "a held-out prompt": "prompt_leak",
}
"""What is planted by a copy of another row, and the kind that lint should report."""
