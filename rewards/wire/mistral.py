"""Mistral: calls after `[TOOL_CALLS]`, in one JSON list or one by one as `name[ARGS]{...}`.

    [TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Paris"}, "id": "abcdefghi"}]
    [TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}
    [TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{"city": "Paris"}

Source: mistral-common; the list up to its tokenizer version 7, the others from version 11 on.
"""

import re
from collections.abc import Sequence

from rewards.brief import brief
from rewards.strict_json import decode_at, is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks, read_only_calls
from rewards.wire.completion import CallShape, MalformedCallError, ParsedCompletion, calls_of
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

TAG = "[TOOL_CALLS]"
CALL_ID = "[CALL_ID]"
ARGS = "[ARGS]"
_SHAPE = CallShape(may_lack=True)
_TAGS = Tags(TAG, "", re.compile(r"\s*(?:[\[{]|[\w.\-]+\s*(?:\[ARGS\]|\[CALL_ID\]|\{|\Z))"))
_NAME = re.compile(r"\s*+([^\s\[\]{}<>\"']++)(?:\[CALL_ID\]\w*+)?+\s*+(?:\[ARGS\])?+\s*+(?=\{)")
_LIST = re.compile(rf"{re.escape(TAG)}\s*\[")
_STRIPPED = re.compile(r"[^\W\d][\w.\-]*+(?:\[CALL_ID\]\w*+)?+(?:\[ARGS\])?+\{")


def _find(text: str) -> int:
    tag = text.find(TAG)
    return 0 if tag != 0 and _STRIPPED.match(text) else tag


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    if TAG in text:
        parsed = read_blocks(text, _TAGS, _block)
        if _LIST.search(text) and text.count(TAG) > 1:  # servers take one list, and nothing beside it
            calls = parsed.malformed + len(parsed.calls)
            return ParsedCompletion((), calls, parsed.text, (*parsed.reasons, "more than one list of calls"))
        return parsed
    return _parse_stripped(text, tools) if _STRIPPED.match(text) else ParsedCompletion(text=text)


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return "".join(f"{TAG}{call.name}{ARGS}{rendered_json(call.arguments)}" for call in calls)


def _block(text: str, inside: int) -> Block:
    begin = skip_space(text, inside)
    if not text.startswith("[", begin):
        call, end = _named_call(text, begin)
        end = skip_space(text, end)
        if end != len(text) and not text.startswith(TAG, end):
            raise MalformedCallError(f"text follows the arguments of call {brief(call.name)}")
        return ParsedCompletion((call,)), end
    items, end = decode_at(text, begin)
    if not items:
        raise MalformedCallError("an empty list of calls")
    return calls_of(items, _SHAPE.call), end


def _named_call(text: str, begin: int) -> tuple[ToolCall, int]:
    match = _NAME.match(text, begin)
    if match is None or is_unencodable(match[1]):
        raise MalformedCallError("neither a list of calls nor a name with its arguments")
    arguments, end = decode_at(text, match.end())
    return ToolCall(match[1], arguments), end


def _parse_stripped(text: str, tools: Toolset | None) -> ParsedCompletion:
    """Return the calls of a text that is `name{...}` all over; one that only begins so tries to call if a tool has that
    name.
    """
    parsed = read_only_calls(text, _named_call)
    match = _NAME.match(text)
    is_meant = not parsed.malformed or (tools is not None and match is not None and match[1] in tools)
    return parsed if is_meant else ParsedCompletion(text=text)


FORMAT = Format(
    "mistral",
    _find,
    _parse,
    _render,
    marks=(TAG, CALL_ID, ARGS),
    needed=(TAG,),
    ends=("</s>",),
    reasoning=(("[THINK]", "[/THINK]"),),
    ends_reasoning=True,
    reasoning_block=("[THINK]", "[/THINK]"),
    vllm=("mistral",),
    sglang=("mistral",),
)
