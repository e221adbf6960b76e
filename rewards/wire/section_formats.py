"""Formats that write a section of calls between special tokens, and need nothing else."""

import re

from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.sections import Sections

_PLAMO = "<|plamo:{}:plamo|>".format
_PLAMO_HEAD = (
    *(_PLAMO("begin_tool_name"), _PLAMO("end_tool_name")),
    _PLAMO("begin_tool_arguments") + "<|plamo:constrain|>json<|plamo:msg|>",
    _PLAMO("end_tool_arguments"),
)


def _write_plamo(call: ToolCall, place: int) -> str:
    name, name_end, arguments, arguments_end = _PLAMO_HEAD
    return f"{name}{call.name}{name_end}{arguments}{rendered_json(call.arguments)}{arguments_end}"


_PLAMO_SECTIONS = Sections(
    *(_PLAMO("begin_tool_requests"), _PLAMO("end_tool_requests")),
    *(_PLAMO("begin_tool_request"), _PLAMO("end_tool_request")),
    heads=(
        (
            re.compile(r"\s*{}([^\s<>]+){}\s*{}".format(*map(re.escape, _PLAMO_HEAD[:3]))),
            _PLAMO_HEAD[3],
        ),
    ),
    write=_write_plamo,
)

# <|plamo:begin_tool_requests:plamo|><|plamo:begin_tool_request:plamo|>
# <|plamo:begin_tool_name:plamo|>get_weather<|plamo:end_tool_name:plamo|>
# <|plamo:begin_tool_arguments:plamo|><|plamo:constrain|>json<|plamo:msg|>{"city": "Paris"}
# <|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|><|plamo:end_tool_requests:plamo|>
# All of it on one line. Source: vLLM's parser of PLaMo 3.
PLAMO3 = Format.of(
    "plamo3",
    _PLAMO_SECTIONS,
    marks=(
        *(_PLAMO("begin_tool_requests"), _PLAMO("end_tool_requests")),
        *(_PLAMO("begin_tool_request"), _PLAMO("end_tool_request")),
        *(*_PLAMO_HEAD[:2], _PLAMO("begin_tool_arguments"), _PLAMO_HEAD[3]),
    ),
    inner=("<|plamo:constrain|>", "<|plamo:msg|>"),
    ends=("<|plamo:tag|>",),
    reasoning=((_PLAMO("begin_think"), _PLAMO("end_think")),),
    ends_reasoning=True,
    reasoning_block=(_PLAMO("begin_think"), _PLAMO("end_think")),
    vllm=("plamo3",),
)

_SOLAR_NAME, _SOLAR_ARGUMENTS = "<|tool_call:name|>", "<|tool_call:args|>"
_SOLAR_SPEECH = ("<|content|>", "<|flush|>")


def _write_solar(call: ToolCall, place: int) -> str:
    return f"{place}{_SOLAR_NAME}{call.name}{_SOLAR_ARGUMENTS}{rendered_json(call.arguments)}"


_SOLAR_SECTIONS = Sections(
    *("<|tool_calls|>", ""),
    *("<|tool_call:begin|>", "<|tool_call:end|>"),
    heads=((re.compile(rf"[^\s<>]*+{re.escape(_SOLAR_NAME)}([^\s<>]+){re.escape(_SOLAR_ARGUMENTS)}"), ""),),
    write=_write_solar,
)


def _parse_solar(text: str, tools: Toolset | None) -> ParsedCompletion:
    parsed = _SOLAR_SECTIONS.parse(text, tools)
    spoken = parsed.text
    for mark in _SOLAR_SPEECH:
        spoken = spoken.replace(mark, "")
    return parsed._replace(text=spoken.strip())


# <|tool_calls|><|tool_call:begin|>0<|tool_call:name|>get_weather<|tool_call:args|>{"city": "Paris"}<|tool_call:end|>
# What stands before the name is the call's id. <|calls|> ends the turn. Source: the chat template of Solar Open 100B.
SOLAR_OPEN = Format.of(
    "solar_open",
    _SOLAR_SECTIONS,
    parse=_parse_solar,
    marks=(
        *("<|tool_calls|>", "<|tool_call:begin|>", "<|tool_call:end|>", _SOLAR_NAME, _SOLAR_ARGUMENTS),
        *_SOLAR_SPEECH,
    ),
    ends=("<|calls|>", "<|end|>", "<|flush|>"),
    reasoning=(("<|think|>", "<|end|><|begin|>assistant"),),
    reasoning_block=("<|think|>", "<|end|><|begin|>assistant"),
)
