"""ToolRL: tools and dialogue as prose in the prompt, calls with `parameters` between `<tool_call>` tags.

Its SFT rows have `instruction`, `input` and `output`; its verl rows the same texts as `prompt` and ground truth.
Source: Qian et al. 2025, arXiv:2504.13958.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rewards import ToolCall
from rlvr.data.formats.conversation import row_of
from rlvr.data.formats.marked import marked
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import decoded, opened
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.written import call_message, with_written
from rlvr.data.formats.xlam import call_in
from rlvr.data.json_values import member
from rlvr.files import JsonMapping, JsonObject, Where, split_lines
from rlvr.records.message import Message

_TOOLS_HEADING = "**Available Tools**"
_HISTORY_HEADING = "**Dialogue Records History**"
_TOOL = re.compile(
    r"^\d+\. Name: (?P<name>.*?)\nDescription: (?P<description>.*?)\nParameters: (?P<parameters>\{.*?\})\s*?$"
    r"(?=\n\d+\. Name: |\s*\Z)",
    re.MULTILINE | re.DOTALL,
)
_ROLES = {"user": "user", "obs": "tool", "response": "assistant"}
_PART = re.compile(r"<(user|think|tool_call|response|obs)>")


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield one row; the prose about tools and tags leaves the prompt, and so does reasoning."""
    instruction, history, output = _texts(record, where)
    about, _, rest = instruction.partition(_TOOLS_HEADING)
    listed = rest.split("**Steps for Each Turn**")[0]
    tools = _tools(listed, where) or options.tools
    messages: list[Message] = [{"role": "system", "content": about.strip()}] if about.strip() else []
    for kind, text in _parts(history):
        if kind == "tool_call":
            messages.append(call_message(_calls(text, where, "input")))
        elif kind in _ROLES:
            messages.append({"role": _ROLES[kind], "content": text.strip()})
    info = {"source": "toolrl", "line": where.line}
    yield row_of(with_written(messages, tools, where), _answer(output, where), tools, info, where, "output")


def _texts(record: JsonMapping, where: Where) -> tuple[str, str, str]:
    if "instruction" in record:
        texts = [record.get(name) for name in ("instruction", "input", "output")]
    else:
        truth = opened(record.get("reward_model"), "reward_model", where)
        contents = [message.get("content") for message in record["prompt"] if isinstance(message, Mapping)]
        texts = [*contents[:2], member(truth, "ground_truth")]
    if len(texts) != 3 or not all(isinstance(text, str) for text in texts):
        raise where.error("instruction", "must be a text, and so must the dialogue and the output")
    return str(texts[0]), str(texts[1]), str(texts[2])


def _tools(text: str, where: Where) -> list[JsonObject]:
    tools = []
    listed = text.strip()
    for match in _TOOL.finditer(listed):
        parameters = decoded(match["parameters"], "instruction.parameters", where)
        tools.append({"name": match["name"], "description": match["description"], "parameters": parameters})
    if len(tools) != len(re.findall(r"^\d+\. Name: ", listed, re.MULTILINE)):
        raise where.error("instruction", "a listed tool has no name, description and parameters")
    return tools_of(tools, where, "instruction")


def _parts(history: str) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in marked(history.split(_HISTORY_HEADING, 1)[-1], _PART)]


def _answer(output: str, where: Where) -> JsonObject:
    reply = output.split("</think>", 1)[-1]  # reasoning may mention the tags
    parts = dict(_parts(reply))
    if "tool_call" in parts:
        calls = _calls(parts["tool_call"], where, "output")
        return call_message(calls, content=parts.get("response", "").strip())
    if "response" not in parts:
        raise where.error("output", "holds neither a <tool_call> nor a <response> after its reasoning")
    return {"role": "assistant", "content": parts["response"].strip()}


def _calls(text: str, where: Where, field: str) -> list[ToolCall]:
    lines = split_lines(text)
    return [call_in(decoded(line.strip(), field, where), where, field) for line in lines]


def _recognises(record: JsonMapping) -> bool:
    match record:
        case {"instruction": str(text)} | {"prompt": [{"content": str(text)}, *_]}:
            return _TOOLS_HEADING in text and "<tool_call>" in text
    return False


FORMAT = Format(
    name="toolrl",
    summary="ToolRL's prose prompts: instruction, input, output, or its verl rows",
    recognises=_recognises,
    read=read,
)
