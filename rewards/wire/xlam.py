"""xLAM: a JSON list of calls, in a fence or bare.

    ```json
    [{"name": "get_weather", "arguments": {"city": "Paris"}}]
    ```

A fence may as well show an example: it is read only where it is the whole text.
Source: the model cards of xLAM and xLAM-2.
"""

import re
from collections.abc import Sequence

from rewards.strict_json import MalformedJsonError, decode
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire import json_list
from rewards.wire.blocks import calls_of
from rewards.wire.completion import MESSAGE_CALL, ParsedCompletion
from rewards.wire.format import Format

_FENCE = re.compile(r"```(?:json)?\s*+(\[.*\])\s*```", re.DOTALL)


def find(text: str) -> int:
    """Return 0 where the text is one fence around a JSON list of calls; -1 where it is not."""
    return 0 if text.startswith("```") and '"name"' in text and _FENCE.fullmatch(text) else -1


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of a text that is one fence around a list, or one bare list."""
    if text.startswith("["):
        return json_list.parse(text, tools)
    fence = _FENCE.fullmatch(text)
    if fence is None:
        return ParsedCompletion(text=text)
    try:
        items = decode(fence[1])
    except MalformedJsonError as error:
        return ParsedCompletion(malformed=1, reasons=(str(error),))
    calls, _, malformed, reasons = calls_of(items, len(text), MESSAGE_CALL)
    return ParsedCompletion(calls, malformed, "", reasons)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls in a fence; inside a string three backticks are escaped."""
    return f"```json\n{json_list.render(calls).replace('```', chr(92) + 'u0060``')}\n```"


FORMAT = Format("xlam", find, parse, render, is_unmarked=True, vllm=("xlam",), families=("xLAM", "xLAM 2"))
