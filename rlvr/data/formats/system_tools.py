"""Tools that a system prompt lists, as Qwen's and Hermes' templates write them, and calls that such texts write."""

from __future__ import annotations

import json
import re

from rlvr.data.formats.messages import json_or_python
from rlvr.data.formats.schemas import tools_of
from rlvr.data.json_values import items_of, json_in
from rlvr.files import Json, JsonObject, Where, split_lines
from rlvr.records.message import Message

_BLOCK = re.compile(r"<(tools|AVAILABLE_TOOLS)>(.*?)</\1>", re.DOTALL)
_QWEN_SECTION = re.compile(r"\s*# Tools\s+You (?:may call|are provided with|have access).*\Z", re.DOTALL)
"""What Qwen's template puts behind the system prompt; a template writes it again for the tools of the row."""

_CALL = re.compile(r"(<tool_call>\s*)(\{.*?\})(\s*</tool_call>)", re.DOTALL)


def tools_in_system(system: str, where: Where) -> tuple[str, list[JsonObject]]:
    """Return the system prompt without Qwen's list of tools, and the tools that the first block with any holds.

    Raises:
        RowError: there are blocks, but none holds tools.
    """
    blocks = [block for match in _BLOCK.finditer(system) if (block := match[2].strip())]
    for block in blocks:
        values = _values(block)
        if values:
            return _QWEN_SECTION.sub("", system), tools_of(values, where, "system")
    if any("{" in block for block in blocks):
        raise where.error("system", "lists tools between <tools> tags, but not as JSON")
    return system, []


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

    def in_json(match: re.Match[str]) -> str:
        value = json_or_python(match[2])
        if isinstance(json_in(match[2]), dict) or not isinstance(value, dict):
            return match[0]
        try:
            return f"{match[1]}{json.dumps(value, ensure_ascii=False)}{match[3]}"
        except (TypeError, ValueError):  # it holds what JSON does not
            return match[0]

    return _CALL.sub(in_json, text) if "<tool_call>" in text else text
