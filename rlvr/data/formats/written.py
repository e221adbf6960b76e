"""What texts write out: tools that a system prompt lists, calls, and results, as templates and data sets write them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from rewards import ToolCall, Toolset, wire
from rewards.strict_json import MalformedJsonError
from rewards.wire.completion import MalformedCallError
from rewards.wire.python_literals import Scanner
from rlvr.data.formats.marked import marked
from rlvr.data.formats.schemas import tools_of
from rlvr.data.json_values import items_of, json_in, json_or_python, list_of, without, without_nulls
from rlvr.files import Json, JsonMapping, JsonObject, Where, split_lines
from rlvr.records.message import Message, calls_of, function_of

_BLOCK = re.compile(r"<(tools|AVAILABLE_TOOLS)>")
_QWEN_SECTION = re.compile(r"# Tools\s+You (?:may call|are provided with|have access)")
"""What Qwen's template puts behind the system prompt; a template writes it again for the tools of the row."""

TOOLACE_LIST = re.compile(r"list of functions in JSON format that you can invoke[^\[]*(?=\[\{)")
_GLAIVE_LIST = re.compile(r"(?:(?<!\s)\s*+)?with access to the following functions[^{]*(?=\{)")
_CALL = re.compile(r"<(tool_call)>")
_GLAIVE_CALL = "<functioncall>"
_QUOTED = re.compile(r"\"arguments\"\s*:\s*'(.*)'\s*\}\s*$", re.DOTALL)
_NAME = re.compile(r"\"name\"\s*:\s*\"([^\"]+)\"")
_DECODER = json.JSONDecoder()
_OPENING = re.compile(r"[<\[{(]")  # of a call in any format
_RESULT = re.compile(r"<(tool_response)>")
_KEY = re.compile(r"([^\s=(),]+)\s*=(?!=)")
_NAME_IN_A_FORMAT = re.compile(r"[\w.-]+")


def with_listed_tools(
    messages: list[Message], tools: list[JsonObject], where: Where
) -> tuple[list[Message], list[JsonObject]]:
    """Return messages and tools; where there are none, those that the system prompt lists, which it no longer does.

    Raises:
        RowError: as `tools_in_system`.
    """
    if tools or messages[0]["role"] != "system":
        return messages, tools
    prompt, tools = tools_in_system(messages[0]["content"], where)
    head = [{**messages[0], "content": prompt}] if prompt else []
    return [*head, *messages[1:]], tools


def tools_in_system(system: str, where: Where) -> tuple[str, list[JsonObject]]:
    """Return the system prompt without its list of tools, and those: in tags, or as ToolACE and Glaive list them.

    Raises:
        RowError: it lists tools, but not as JSON.
    """
    blocks = [part.text.strip() for part in marked(system, _BLOCK)]
    if values := next(filter(None, map(_values, blocks)), None):
        section = _QWEN_SECTION.search(system)
        return system if section is None else system[: section.start()].rstrip(), tools_of(values, where, "system")
    if any(block.startswith(("{", "[")) for block in blocks):
        raise where.error("system", "lists tools between <tools> tags, but not as JSON")
    if (prose := TOOLACE_LIST.search(system)) is not None:  # which is all of the prompt
        return "", _tools_in_prose(system[prose.end() :], where)
    if (prose := _GLAIVE_LIST.search(system)) is not None:
        return f"{system[: prose.start()]}.", _tools_in_prose(system[prose.end() :], where)
    return system, []


def _values(block: str) -> list[Json]:
    """Return the tools of a block: a list, objects a line, or objects over several lines; none where it is no JSON."""
    whole = json_or_python(block)
    if isinstance(whole, list | dict):
        return items_of(whole)
    try:
        return _objects(block)
    except ValueError:
        lines = list(map(json_or_python, split_lines(block)))
        return lines if all(isinstance(line, dict) for line in lines) else []


def _objects(text: str) -> list[Json]:
    """Return the JSON objects that stand one after the other in a text.

    Raises:
        ValueError: what begins as one is none.
    """
    values: list[Json] = []
    position = 0
    while (position := text.find("{", position)) >= 0:
        value, position = _DECODER.raw_decode(text, position)
        values.append(value)
    return values


def _tools_in_prose(text: str, where: Where) -> list[JsonObject]:
    """Return the tools that a text begins with: a list, or objects to its end."""
    try:
        values = _DECODER.raw_decode(text)[0] if text.startswith("[") else _objects(text)
    except ValueError as error:
        raise where.error("system", f"lists tools, but not as JSON: {error}") from None
    return tools_of(values, where, "system")


def with_written(messages: list[Message], tools: Sequence[JsonMapping], where: Where) -> list[Message]:
    """Return messages with the calls and the results that their texts write out, each with an id.

    Results answer the last calls, in their order.

    Raises:
        RowError: tools that cannot be offered, or a malformed call of a tool whose name no wire format can hold.
    """
    first_id = 1
    waiting: list[tuple[str, str]] = []
    whole: list[Message] = []
    for index, message in enumerate(messages):
        if message["role"] == "assistant":
            try:
                turn = _heard(message, tools, where)
            except (MalformedCallError, MalformedJsonError) as error:
                raise where.error(f"messages[{index}]", f"holds a malformed call: {error}") from None
            if calls_of(turn):
                turn = numbered(turn, first_id)
                waiting = [(call["id"], function_of(call)["name"]) for call in turn["tool_calls"]]
                first_id += len(waiting)
            whole.append(turn)
            continue
        results = _results_in(message, len(waiting))
        for text in results:
            identity, name = waiting.pop(0) if waiting else (None, None)
            result = {"role": "tool", "content": text, "tool_call_id": identity, "name": name}
            whole.append(without_nulls({**result, **without(message, "role", "content")}))
        if not results:
            whole.append(message)
    return whole


def _results_in(message: Message, n_waiting: int) -> list[str]:
    """Return the results that a turn of a tool's or, as in Qwen's template, of the user's holds: what stands in tags,
    or the items of a JSON list of as many as calls wait, or its text."""
    text = message["content"]
    if message["role"] not in ("tool", "user"):
        return []
    results = [part.text.strip() for part in marked(text, _RESULT)]
    if results or message["role"] == "user":
        return results
    listed = list_of(json_in(text))
    if len(listed) == n_waiting > 1:
        return [json.dumps(result, ensure_ascii=False) for result in listed]
    return [text]


def _heard(turn: Message, tools: Sequence[JsonMapping], where: Where) -> Message:
    """Return a turn of the assistant with the calls that its text writes out, and as it is where one is malformed.

    Raises:
        MalformedCallError: it calls a tool whose name no wire format can hold, and cannot be read.
        MalformedJsonError: such a call has a value that JSON does not have.
        RowError: tools that cannot be offered.
    """
    text = turn["content"]
    if calls_of(turn) or not may_call(text):
        return turn
    names = sorted((function_of(tool)["name"] for tool in tools), key=len, reverse=True)
    if not all(map(_NAME_IN_A_FORMAT.fullmatch, names)) and (calls := calls_in(text, names)):
        return {**turn, **call_message(calls)}
    try:
        parsed = wire.parse(with_json_calls(text), tools=Toolset.of(tools))
    except ValueError as error:
        raise where.error("tools", str(error)) from None
    if parsed.malformed or not parsed.calls:
        return turn
    return {**turn, **call_message(parsed.calls, content=parsed.text)}


def may_call(text: str) -> bool:
    """Tell whether a text holds a mark without which no format writes a call: what holds none is read faster."""
    return _OPENING.search(text) is not None


def call_message(calls: Sequence[ToolCall], content: str = "") -> Message:
    """Return a turn of the assistant that makes these calls."""
    functions = [{"name": call.name, "arguments": call.arguments} for call in calls]
    tool_calls = [{"type": "function", "function": function} for function in functions]
    return {"role": "assistant", "content": content, "tool_calls": tool_calls}


def numbered(turn: Message, first_id: int) -> Message:
    """Return a turn of the assistant with ids for those of its calls that have none, counted on from `first_id`."""
    calls = [{"id": f"call_{number}", **call} for number, call in enumerate(calls_of(turn), start=first_id)]
    return {**turn, "tool_calls": calls}


def with_json_calls(text: str) -> str:
    """Return the text with calls that are nearly in a wire format in it: Python dicts in tags, and Glaive's calls."""
    said, mark, call = text.partition(_GLAIVE_CALL)
    if mark:
        return f"{said}<tool_call>{_glaive_call(call.strip())}</tool_call>"
    kept, position = [], 0
    for part in marked(text, _CALL):
        as_json = _in_json(part.text.strip())
        if as_json is not None:
            kept += [text[position : part.start], f"<tool_call>{as_json}</tool_call>"]
            position = part.end
    return "".join([*kept, text[position:]])


def _glaive_call(text: str) -> str:
    """Return a call of Glaive's as JSON: its arguments stand in single quotes, or are missing."""
    quoted, name = _QUOTED.search(text), _NAME.search(text)
    if quoted and name:
        arguments = quoted[1].replace("\\'", "'")
        return f'{{"name": {json.dumps(name[1])}, "arguments": {arguments}}}'
    value = json_in(text)
    if not isinstance(value, dict):
        return text
    return json.dumps({**value, "arguments": json_or_python(value.get("arguments", {}))}, ensure_ascii=False)


def _in_json(call: str) -> str | None:
    """Return a call that is written as a Python dict as JSON; None where it is JSON, or no such dict."""
    if not call.startswith("{") or isinstance(json_in(call), dict):
        return None
    value = json_or_python(call)
    try:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else None
    except (TypeError, ValueError):  # it holds what JSON does not
        return None


def calls_in(text: str, names: Sequence[str]) -> list[ToolCall] | None:
    """Return the calls of a text that is one list of calls, such as `[Market Trends API(country="us")]`; else None.

    Raises:
        MalformedCallError: a list that begins with a call of these tools, longest name first, and cannot be read.
        MalformedJsonError: a value in it that JSON does not have.
    """
    scanner = Scanner(text, 0)
    if not scanner.takes("["):
        return None
    calls: list[ToolCall] = []
    while True:
        scanner.skip_space()
        name = next((name for name in names if re.match(rf"{re.escape(name)}\s*\(", text[scanner.position :])), None)
        if name is None:
            if not calls and not re.match(r"[^\[\]()=]+\(", text[scanner.position :]):
                return None
            raise MalformedCallError(f"calls no offered tool: {text[scanner.position :][:60]!r}")
        scanner.takes(name)
        scanner.takes("(")
        calls.append(ToolCall(name, _arguments(scanner, name)))
        if not scanner.takes(","):
            break
    if not scanner.takes("]") or text[scanner.position :].strip():
        raise MalformedCallError("the list of calls is not closed, or text follows it")
    return calls


def _arguments(scanner: Scanner, name: str) -> JsonObject:
    arguments: JsonObject = {}
    while not scanner.takes(")"):
        if arguments:
            scanner.expect(",", f"arguments of call {name[:60]!r} are not closed")
        match = scanner.match(_KEY)
        if match is None or match[1] in arguments:
            raise MalformedCallError(f"call {name[:60]!r} has an argument without a name, or one twice")
        arguments[match[1]] = scanner.value()
    return arguments
