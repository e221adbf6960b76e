"""What can be wrong with one row, each check alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from rewards import GroundTruth, Reward, Tool, ToolCall, Toolset
from rewards.brief import brief
from rlvr.data.lint.findings import Finding
from rlvr.data.lint.grounding import Said, is_grounded, is_plainly_said
from rlvr.data.lint.reading import Read
from rlvr.data.shortfall import is_surely_right, shortfall
from rlvr.files import JsonObject
from rlvr.records.message import text_of

_PLACEHOLDER = re.compile(r"\{\{? ?(\w{2,40}) ?\}?\}|<\|(?:im_start|im_end|endoftext|eot_id)\|>|\[INST\]")
_FUNCTION = re.compile(r'"arguments"\s*:\s*\{')
_SHORT = 4000


def everything_said(prompt: list[JsonObject]) -> str:
    """Return all texts of a prompt in one, with the arguments of earlier calls: what a value may be taken from."""
    if len(prompt) == 1:
        return text_of(prompt[0])
    parts = []
    for message in prompt:
        content = message.get("content")
        if isinstance(content, str):
            parts.append(content)
        if message.get("tool_calls"):
            parts.append(json.dumps(message["tool_calls"], ensure_ascii=False))
    return "\n".join(parts)


def text_findings(row: Read, text: str) -> Iterator[Finding]:
    """Yield the prompt itself: damage, templates, answers, and whether anything is asked."""
    last = row.prompt[-1]
    if last["role"] not in ("user", "tool"):
        yield Finding("no_request", f"the last message is the {last['role']}'s")
    elif last["role"] == "user" and not text_of(last).strip() and not _gives_tasks(row):
        yield Finding("no_request", "the user's message is empty")
    if "\ufffd" in text or "Ã©" in text or "â€" in text:
        yield Finding("damaged_text", "holds characters that a wrong encoding leaves, such as \ufffd or Ã©")
    yield from _template_findings(row, text)


def _gives_tasks(row: Read) -> bool:
    """Tell whether the row is of a Python class, whose `reset` may end the prompt."""
    return isinstance(row.episode, Mapping) and row.episode.get("environment") == "python"


def _template_findings(row: Read, text: str) -> Iterator[Finding]:
    for match in _PLACEHOLDER.finditer(text[:_SHORT]):
        if match[1] is None or any(match[1] in tool.properties for tool in row.offered.tools):
            yield Finding("unfilled", f"holds {match[0]!r}")
            return
    last = row.prompt[-1]
    asked = str(last.get("content"))
    is_asked = last["role"] == "user" and row.truth.calls
    if is_asked and row.truth.calls[0].name in asked and _FUNCTION.search(asked):
        yield Finding("answer_in_prompt", f"the request itself writes the call of {row.truth.calls[0].name!r}")


def call_findings(truth: GroundTruth, tools: Toolset) -> Iterator[Finding]:
    """Yield each expected call against its tool's schema."""
    for call in truth.calls:
        tool = tools.get(call.name)
        if tool is None:
            offered = f"offered are {', '.join(tools.names[:8])}" if len(tools) else "no tool is offered"
            yield Finding("unknown_tool", f"calls {call.name!r}; {offered}", call.name)
        else:
            if not tool.properties.keys() >= call.arguments.keys() and _is_closed(tool):
                unknown = next(name for name in call.arguments if name not in tool.properties)
                yield Finding("unknown_parameter", f"gives {unknown!r}, which {call.name!r} does not have", call.name)
            elif not tool.admits(call.arguments):
                yield _schema_finding(call, tool)
    yield from _repeated(truth)


def _is_closed(tool: Tool) -> bool:
    """Tell whether a tool names all of its parameters. Without `additionalProperties` a dispatcher takes no others."""
    keywords = {"patternProperties", "anyOf", "oneOf", "allOf", "$ref"}
    return not tool.parameters.get("additionalProperties") and keywords.isdisjoint(tool.parameters)


def _schema_finding(call: ToolCall, tool: Tool) -> Finding:
    lacking = sorted(tool.required - call.arguments.keys())
    if lacking:
        return Finding("missing_required", f"call of {call.name!r} lacks {lacking[0]!r}", call.name)
    _, objection = tool.objection(call.arguments)
    return Finding("invalid_value", f"call of {call.name!r}: {objection}", call.name)


def _repeated(truth: GroundTruth) -> Iterator[Finding]:
    seen = []
    for call in truth.calls:
        if call in seen:
            yield Finding("repeated_call", f"calls {call.name!r} twice with the same arguments", call.name)
            return
        seen.append(call)


def alternative_findings(truth: GroundTruth, tools: Toolset) -> Iterator[Finding]:
    """Admissible values that the tool's schema would not admit, or of arguments that do not exist."""
    for call, others in zip(truth.calls, truth.alternatives, strict=False):
        tool = tools.get(call.name)
        if tool is None:
            continue
        for name, alternative in others.items():
            if name not in tool.properties and _is_closed(tool):
                yield Finding("bad_alternative", f"{name!r} is no parameter of {call.name!r}", call.name)
                return
            for value in alternative.values:
                if not tool.admits({**call.arguments, name: value}) and tool.admits(call.arguments):
                    yield Finding("bad_alternative", f"{name!r} may not be {brief(value)}", call.name)
                    return


def grounding_findings(truth: GroundTruth, tools: Toolset, text: str) -> Iterator[Finding]:
    """Yield the values that come from nowhere, of calls of tools that are offered."""
    said: Said | None = None
    for call in truth.calls:
        tool = tools[call.name]
        for name, value in call.arguments.items():
            if is_plainly_said(value, text):
                continue
            said = said or Said(text)
            if is_grounded(value, name, tool.properties.get(name) or {}, said):
                continue
            kind = "ungrounded" if name in tool.required else "ungrounded_optional"
            yield Finding(kind, f"{name!r} is {brief(value)}, which the prompt does not say", call.name)


def missing_findings(truth: GroundTruth, tools: Toolset) -> Iterator[Finding]:
    """Tell whether what a question should ask for is there to be asked for."""
    for name in truth.missing:
        having = [tool for tool in tools if name in tool.properties]
        if not having:
            yield Finding("not_a_parameter", f"'missing' names {name!r}, which no offered tool takes")
        elif not any(name in tool.required for tool in having):
            yield Finding("not_required", f"'missing' names {name!r}, which {having[0].name!r} does not require")


def reward_finding(row: Read, reward: Reward) -> Finding | None:
    """Tell whether the ground truth earns what a right completion should."""
    if row.truth.calls and is_surely_right(row.truth, reward):
        return None
    why = shortfall(row.truth, row.offered.tools, reward)
    return None if why is None else Finding("not_right", why)
