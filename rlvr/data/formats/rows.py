"""Rows of rlvr, SageMaker RLVR and verl: `prompt`, `reward_model`, and tools.

Tools stand at the top, in `extra_info` or in the prompt. Lines of preference pairs are read too: each is a row, and a
preference for its right completion.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import decoded, opened
from rlvr.data.formats.schema_walk import repaired_arguments, repaired_schema
from rlvr.data.formats.schemas import once, tools_of
from rlvr.data.formats.written import tools_in_system
from rlvr.data.json_values import first_of, list_of, member, without, without_nulls
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import function_of
from rlvr.records.preference import GIVEN, Preference
from rlvr.records.row import Row

_NO_FILE = Where(Path("verl"))
_OWN = "rlvr"  # where the writer for verl keeps, inside `extra_info`, what the columns have no place for, as JSON


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield the record as a row: as it is, but for a prompt that is a text, and for the nulls of Arrow."""
    info = opened(record.get("extra_info") or {}, "extra_info", where)
    if not isinstance(info, Mapping):
        raise where.error("extra_info", "must be an object")
    tools = _tools(record, info, where, options)
    values = decoded(info[_OWN], f"extra_info.{_OWN}", where) if isinstance(info.get(_OWN), str) else {}
    prompt = values.get("prompt", record.get("prompt"))
    if isinstance(prompt, str):
        is_messages = prompt.lstrip().startswith("[{")
        prompt = decoded(prompt, "prompt", where) if is_messages else [{"role": "user", "content": prompt}]
    extra_info = dict(values.get("extra_info", info))
    if "tools" not in record and not values:
        extra_info.pop("tools", None)
    prompt = [_message(item, tools, where) for item in prompt] if isinstance(prompt, list) else prompt
    row = Row.from_json(
        {"prompt": prompt, "tools": tools, "reward_model": _truth(record, where), "extra_info": extra_info}, where
    )
    yield row
    if isinstance(record.get("chosen"), str) and isinstance(record.get("rejected"), str):
        yield Preference.of_row(row, record["chosen"], record["rejected"], str(record.get("kind") or GIVEN))


def _truth(record: JsonMapping, where: Where) -> Json:
    truth = record.get("reward_model")
    if truth is None and record.get("reference_answer") is not None:  # Amazon Nova's name for it
        return {"ground_truth": record["reference_answer"]}
    truth = opened(truth, "reward_model", where)
    if not isinstance(truth, Mapping):
        return truth
    truth = without(truth, "style")
    inner = truth.get("ground_truth")
    if isinstance(inner, str) and inner.startswith('{"ground_truth"'):
        return decoded(inner, "reward_model.ground_truth", where)
    return truth


def _tools(record: JsonMapping, info: JsonMapping, where: Where, options: ReadOptions) -> list[JsonObject]:
    offered = first_of({**info, **without_nulls(record)}, ("tools",))
    if offered is None:
        offered = _tools_in_prompt(list_of(record.get("prompt")), where)
    if not offered and options.tools:
        return options.tools
    if isinstance(offered, str):
        offered = decoded(offered, "tools", where) if offered.strip() else []
    if not isinstance(offered, list):
        return offered or []
    if str in map(type, offered):
        return tools_of(offered, where)
    return once(offered, lambda listed: list(map(_repaired, listed)), "rows")


def _repaired(tool: Json) -> Json:
    """Return the tool without what Arrow put in: what a row was scored with is kept as it was."""
    function = function_of(tool)
    if not function:
        return tool
    fixed = without_nulls({**function, "parameters": repaired_schema(function.get("parameters"))})
    return {**without_nulls(tool), "function": fixed} if "function" in tool else fixed


def _tools_in_prompt(prompt: list[Json], where: Where) -> Json:
    """Return the tools that a message lists between `<tools>` tags."""
    for message in prompt:
        content = member(message, "content")
        if isinstance(content, str) and (tools := tools_in_system(content, where)[1]):
            return tools
    return None


def _message(message: Json, tools: list[JsonObject], where: Where) -> Json:
    """Return the message without null members; arguments of calls that are JSON strings, as Arrow needs them, as
    objects."""
    if not isinstance(message, Mapping):
        return message
    new = without_nulls(message)
    calls = opened(new.get("tool_calls"), "prompt.tool_calls", where)
    if isinstance(calls, list):
        functions = filter(None, map(function_of, list_of(tools)))
        schemas = {str(function.get("name")): function.get("parameters") for function in functions}
        new["tool_calls"] = [_call(call, schemas, where) for call in calls]
    return new


def message_of_struct(struct: JsonMapping) -> JsonObject:
    """Return the message that is read from a struct of a parquet file, in which every message has the same members."""
    calls = [without_nulls(call) for call in struct["tool_calls"] or ()]
    return dict(_message({**struct, "tool_calls": calls or None}, [], _NO_FILE))


def _call(call: Json, schemas: Mapping[str, Json], where: Where) -> Json:
    function = function_of(call)
    if not function:
        return call
    arguments = function.get("arguments")
    if isinstance(arguments, str) and arguments.lstrip().startswith("{"):
        arguments = decoded(arguments, "prompt.tool_calls.arguments", where)
    if isinstance(arguments, dict):
        arguments = repaired_arguments(arguments, schemas.get(str(function.get("name"))))
    new = {**function, "arguments": arguments} if arguments is not None else dict(function)
    return {**call, "function": new} if "function" in call else new


FORMAT = Format(
    name="rows",
    summary="rows of rlvr, SageMaker RLVR and verl (JSONL or parquet): prompt, reward_model, tools, extra_info",
    recognises=lambda record: "prompt" in record and ("reward_model" in record or "reference_answer" in record),
    read=read,
    keys=("prompt", "reward_model"),
)
