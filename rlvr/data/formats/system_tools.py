"""Tools that a system prompt lists, as Qwen's and Hermes' templates write them, and calls that such texts write."""

from __future__ import annotations

import json
import re

from rlvr.data.formats.marked import marked
from rlvr.data.formats.messages import json_or_python
from rlvr.data.formats.schemas import tools_of
from rlvr.data.json_values import items_of, json_in
from rlvr.files import Json, JsonObject, Where, split_lines
from rlvr.records.message import Message

_BLOCK = re.compile(r"<(tools|AVAILABLE_TOOLS)>")
_QWEN_SECTION = re.compile(r"# Tools\s+You (?:may call|are provided with|have access)")
"""What Qwen's template puts behind the system prompt; a template writes it again for the tools of the row."""

_CALL = re.compile(r"<(tool_call)>")


def tools_in_system(system: str, where: Where) -> tuple[str, list[JsonObject]]:
    """Return the system prompt without Qwen's list of tools, and the tools that the first block with any holds.

    Raises:
        RowError: there are blocks, but none holds tools.
    """
    blocks = [part.text.strip() for part in marked(system, _BLOCK)]
    for block in blocks:
        values = _values(block)
        if values:
            return _without_section(system), tools_of(values, where, "system")
    if any("{" in block for block in blocks):
        raise where.error("system", "lists tools between <tools> tags, but not as JSON")
    return system, []


def _without_section(system: str) -> str:
    """Return the system prompt up to Qwen's section of tools."""
    section = _QWEN_SECTION.search(system)
    return system if section is None else system[: section.start()].rstrip()


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


def _values(block: str) -> list[Json]:
    """Return the tools of a block: a list, objects a line, or objects over several lines."""
    whole = json_or_python(block)
    if isinstance(whole, list | dict):
        return items_of(whole)
    values: list[Json] = []
    decoder, position = json.JSONDecoder(), 0
    while (position := block.find("{", position)) >= 0:
        try:
            value, position = decoder.raw_decode(block, position)
        except ValueError:
            break
        values.append(value)
    if values:
        return values
    lines = list(map(json_or_python, split_lines(block)))
    return lines if all(isinstance(line, dict) for line in lines) else []


def with_json_calls(text: str) -> str:
    """Return the text with calls that are written as Python dicts, in single quotes, as JSON."""
    kept, position = [], 0
    for part in marked(text, _CALL):
        call = _in_json(part.text.strip())
        if call is not None:
            kept += [text[position : part.start], f"<tool_call>{call}</tool_call>"]
            position = part.end
    return "".join([*kept, text[position:]])


def _in_json(call: str) -> str | None:
    """Return a call that is written as a Python dict as JSON; None where it is JSON, or no such dict."""
    if not call.startswith("{") or isinstance(json_in(call), dict):
        return None
    value = json_or_python(call)
    try:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else None
    except (TypeError, ValueError):  # it holds what JSON does not
        return None
