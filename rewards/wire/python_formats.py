"""Formats that write calls as Python, with literal arguments."""

import re

from rewards.strict_json import MalformedJsonError
from rewards.toolset import Toolset
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.format import Format
from rewards.wire.python_blocks import PythonBlocks
from rewards.wire.python_calls import read_lines, read_list, write

# <|tool_call_start|>
# ```python
# get_weather(city="Paris")
# ```
# <|tool_call_end|>
# LFM2 has the same tokens: the fence tells the two apart.
# Source: the chat templates of MiniCPM3-4B, MiniCPM4 and 4.1, and the leaderboard's reader of the first.
MINICPM4 = Format.of(
    "minicpm4",
    PythonBlocks("<|tool_call_start|>\n```python", "```\n<|tool_call_end|>", padding="\n"),
    marks=("<|tool_call_start|>", "<|tool_call_end|>"),
    ends=("<|im_end|>",),
    reasoning=(("<|thought_start|>", "<|thought_end|>"),),
    reasoning_block=("<|thought_start|>\n", "\n<|thought_end|>\n"),
)

# <|tool_call_start|>[get_weather(city="Paris")]<|tool_call_end|>
# Source: the chat templates of LFM2 and LFM2.5.
LFM2 = Format.of(
    "lfm2",
    PythonBlocks("<|tool_call_start|>", "<|tool_call_end|>", is_list=True, takes_line_breaks=True),
    marks=("<|tool_call_start|>", "<|tool_call_end|>"),
    vllm=("lfm2",),
    sglang=("lfm2",),
)

# <function_calls>
# get_weather(city="Paris")
# get_time()
# </function_calls>
# Source: the chat template of Olmo-3-7B-Instruct.
OLMO3 = Format.of(
    "olmo3",
    PythonBlocks("<function_calls>", "</function_calls>", is_by_line=True, padding="\n"),
    inner=("<function_calls>", "</function_calls>"),
    vllm=("olmo3",),
)

# <code>
# get_weather(city="Paris")
# </code>
# With JSON tools it writes Hermes. Source: the chat template of SmolLM3-3B.
SMOLLM3_PYTHON = Format.of(
    "smollm3_python",
    PythonBlocks("<code>", "</code>", may_print=True, padding="\n"),
    is_unmarked=True,  # <code> is HTML too
)

# ```tool_code
# print(get_weather(city="Paris"))
# ```
# Source: Google's notebook on function calling with Gemma 3.
TOOL_CODE = Format.of("tool_code", PythonBlocks("```tool_code\n", "\n```", may_print=True), ends=("<end_of_turn>",))

START, END = "<|python_start|>", "<|python_end|>"
_LIST = re.compile(
    r"^\[\s*+[^\W\d][\w.\-]*+(?:\(|\s++\(\s*+(?:\)|\*\*|[\w\-]++\s*+=))",  # prose has "[see (1)]"
    re.MULTILINE,
)


def _find_list(text: str) -> int:
    tag = text.find(START)
    if "[" not in text or not (text.startswith("[") or "\n[" in text):
        return tag
    match = _LIST.search(text)
    return tag if match is None or 0 <= tag < match.start() else match.start()


def _parse_list(text: str, tools: Toolset | None) -> ParsedCompletion:
    """Return the calls of a text that is one list of calls; with text before or after it they are malformed."""
    start = _find_list(text)
    if start < 0:
        return ParsedCompletion(text=text)
    begin = start + len(START) if text.startswith(START, start) else start
    is_tagged = begin > start
    try:
        calls, end = read_list(text, begin)
    except (MalformedCallError, MalformedJsonError) as error:
        # A list further down that is not even one of calls is prose.
        if start > 0 and not is_tagged:
            return ParsedCompletion(text=text)
        return ParsedCompletion(malformed=1, text=text[:start] + text[begin + 1 :], reasons=(str(error),))
    after = text[end:].removeprefix(END).strip()
    if after.startswith("(") and not is_tagged:  # a link of Markdown, whose text happens to be a call
        return ParsedCompletion(text=text)
    if start > 0 or after:
        beside = f"{text[:start]}\n{after}".strip()
        return ParsedCompletion(malformed=len(calls), text=beside, reasons=("text beside the list of calls",))
    return ParsedCompletion(tuple(calls))


# [get_weather(city="Paris"), get_time()]
# Llama 4, ToolACE and several small models write it; Llama 4 may put the tags around it.
# Source: Meta's prompt formats for Llama 3.2 and Llama 4.
PYTHONIC = Format(
    "pythonic",
    _find_list,
    _parse_list,
    lambda calls, tools: write(calls, is_list=True),
    marks=(START, END),
    ends=("<|eot|>", "<|eom|>"),
    vllm=("pythonic", "llama4_pythonic"),
    sglang=("pythonic",),
)

_FIRST_CALL = re.compile(r"[^\W\d][\w.\-]*+\(\s*+(?:\)|[^\W\d]\w*+\s*+=)")


def _parse_lines(text: str, tools: Toolset | None) -> ParsedCompletion:
    if _FIRST_CALL.match(text) is None:
        return ParsedCompletion(text=text)
    try:
        return ParsedCompletion(tuple(read_lines(text)))
    except (MalformedCallError, MalformedJsonError):
        return ParsedCompletion(text=text)


# get_weather(city="Paris")
# A text that is one call on each line and nothing else. Granite 3.3 writes it when it is prompted in Python, as do some
# models that were trained on BFCL's answers.
PYTHON_LINES = Format(
    "python_lines",
    lambda text: 0 if _FIRST_CALL.match(text) else -1,
    _parse_lines,
    lambda calls, tools: write(calls, is_list=False),
    is_unmarked=True,
)
