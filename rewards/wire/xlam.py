"""xLAM: a JSON list of calls, in a fence or bare.

    ```json
    [{"name": "get_weather", "arguments": {"city": "Paris"}}]
    ```

A fence may as well show an example: it is read only where it is the whole text.
Source: the model cards of xLAM and xLAM-2.
"""

import re
from collections.abc import Sequence

from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire import json_list
from rewards.wire.completion import ParsedCompletion
from rewards.wire.format import Format

_FENCE = re.compile(r"```(?:json)?\s*+(\[.*\])\s*```", re.DOTALL)


def find(text: str) -> int:
    """Return 0 where the text is one fence around a JSON list of calls; -1 where it is not."""
    return 0 if text.startswith("```") and '"name"' in text and _FENCE.fullmatch(text) else -1


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of a text that is one fence around a list, or one bare list."""
    fence = _FENCE.fullmatch(text)
    if fence is None and not text.startswith("["):
        return ParsedCompletion(text=text)
    return json_list.parse(fence[1] if fence else text, tools)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls in a fence; inside a string three backticks are escaped."""
    return f"```json\n{json_list.render(calls).replace('```', chr(92) + 'u0060``')}\n```"


FORMAT = Format("xlam", find, parse, render, is_unmarked=True, vllm=("xlam",))
