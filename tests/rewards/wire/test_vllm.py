"""Each format against the parser that vLLM serves it with, on generated and broken completions. Needs vLLM.

What is compared is what a tool would be handed. Where a completion reads as right, vLLM must hand over the same calls;
where it reads as text, vLLM must hand over none. Where it reads as malformed it is not paid in full, and vLLM may be
more lenient: it repairs what was cut off, and drops what is too much. `DIFFERENCES` and `LENIENT` name each kind of
difference with its reason; any other fails.

Not compared: Command, whose parser is a package of its own; Nemotron, Functionary's tags and the formats of prompted
models, which vLLM has no parser for.

`python -m benchmarks.wire 10000` prints the table of benchmarks/results/wire.md.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rewards import ToolCall, wire
from rewards.wire import mistral, phi4_mini, python_formats
from tests.rewards.wire.completions import PROPERTIES, TOOLS, TOOLSET, Completion, completions, written_in

pytest.importorskip("vllm", reason="vLLM is not installed")

from transformers import AutoTokenizer
from vllm.entrypoints.generate.base.protocol import FunctionCall
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.entrypoints.openai.parser.harmony_utils import get_encoding
from vllm.parser.harmony import HarmonyParser
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager
from vllm.tool_parsers.gptoss_tool_parser import GptOssToolParser

TINY = Path(__file__).parents[3] / "rlvr" / "policy" / "tiny"
OFFERED = {tool["function"]["name"] for tool in TOOLS}
Writer = Callable[[tuple[ToolCall, ...]], str]


def rendered(name: str) -> Writer:
    return lambda calls: wire.render(calls, name, TOOLSET)


def mistral_list(calls: tuple[ToolCall, ...]) -> str:
    items = [{"name": call.name, "arguments": call.arguments, "id": "abcdefghi"} for call in calls]
    return f"{mistral.TAG} {json.dumps(items, ensure_ascii=False)}"


def functools(calls: tuple[ToolCall, ...]) -> str:
    return "functools" + wire.render(calls, "phi4_mini").removeprefix(phi4_mini.OPEN).removesuffix(phi4_mini.CLOSE)


FORMS: dict[str, tuple[str, str, Writer]] = {
    "hermes": ("hermes", "hermes", rendered("hermes")),
    "hermes, granite4": ("hermes", "granite4", rendered("hermes")),
    "hermes, ernie45": ("hermes", "ernie45", rendered("hermes")),
    "longcat": ("longcat", "longcat", rendered("longcat")),
    "qwen3_coder": ("qwen3_coder", "qwen3_coder", rendered("qwen3_coder")),
    "qwen3_coder, step3p5": ("qwen3_coder", "step3p5", rendered("qwen3_coder")),
    "mimo": ("mimo", "mimo", rendered("mimo")),
    "seed_oss": ("seed_oss", "seed_oss", rendered("seed_oss")),
    "glm": ("glm", "glm47", rendered("glm")),
    "glm47": ("glm47", "glm47", rendered("glm47")),
    "glm, ling3": ("glm", "ling3", rendered("glm")),
    "glm, poolside": ("glm", "poolside_v1", rendered("glm")),
    "k2_horizon": ("k2_horizon", "k2_horizon", rendered("k2_horizon")),
    "hunyuan_v3": ("hunyuan_v3", "hy_v3", rendered("hunyuan_v3")),
    "hunyuan_v4": ("hunyuan_v4", "hy_v4", rendered("hunyuan_v4")),
    "plamo3": ("plamo3", "plamo3", rendered("plamo3")),
    "gigachat3": ("gigachat3", "gigachat3", rendered("gigachat3")),
    "gigachat3, older": (
        "gigachat3",
        "gigachat3",
        lambda calls: rendered("gigachat3")(calls).replace("<|function_call|>", "function call<|role_sep|>\n"),
    ),
    "inkling": ("inkling", "inkling", rendered("inkling")),
    "llama3_json": ("llama3_json", "llama3_json", rendered("llama3_json")),
    "pythonic": ("pythonic", "pythonic", rendered("pythonic")),
    "pythonic, tagged": (
        "pythonic",
        "llama4_pythonic",
        lambda calls: python_formats.START + rendered("pythonic")(calls) + python_formats.END,
    ),
    "lfm2": ("lfm2", "lfm2", rendered("lfm2")),
    "olmo3": ("olmo3", "olmo3", rendered("olmo3")),
    "mistral": ("mistral", "mistral", rendered("mistral")),
    "mistral, list": ("mistral", "mistral", mistral_list),
    "phi4_mini, functools": ("phi4_mini", "phi4_mini_json", functools),
    "deepseek_v3": ("deepseek_v3", "deepseek_v3", rendered("deepseek_v3")),
    "deepseek_v31": ("deepseek_v31", "deepseek_v31", rendered("deepseek_v31")),
    "deepseek_v32": ("deepseek_v32", "deepseek_v32", rendered("deepseek_v32")),
    "deepseek_v4": ("deepseek_v4", "deepseek_v4", rendered("deepseek_v4")),
    "deepseek_v41": ("deepseek_v41", "deepseek_v41", rendered("deepseek_v41")),
    "gemma": ("gemma", "gemma4", rendered("gemma")),
    "function_gemma": ("function_gemma", "functiongemma", rendered("function_gemma")),
    "granite": ("granite", "granite", rendered("granite")),
    "granite_20b": ("granite_20b", "granite-20b-fc", rendered("granite_20b")),
    "hunyuan": ("hunyuan", "hunyuan_a13b", rendered("hunyuan")),
    "hunyuan, jamba": ("hunyuan", "jamba", rendered("hunyuan")),
    "internlm": ("internlm", "internlm", rendered("internlm")),
    "apertus": ("apertus", "apertus", rendered("apertus")),
    "kimi_k2": ("kimi_k2", "kimi_k2", rendered("kimi_k2")),
    "kimi_k3": ("kimi_k3", "kimi_k3", rendered("kimi_k3")),
    "dots": ("dots", "dots", rendered("dots")),
    "minimax_m2": ("minimax_m2", "minimax_m2", rendered("minimax_m2")),
    "minicpm5": ("minicpm5", "minicpm5", rendered("minicpm5")),
    "step3": ("step3", "step3", rendered("step3")),
    "muse_glimmer": ("muse_glimmer", "muse_glimmer", rendered("muse_glimmer")),
    "minimax_m3": ("minimax_m3", "minimax_m3", rendered("minimax_m3")),
    "xlam": ("xlam", "xlam", rendered("xlam")),
    "harmony": ("harmony", "openai", rendered("harmony")),
}
"""How calls are written: our format, vLLM's parser, and the writer."""

Calls = tuple[tuple[str, Any], ...]


def unknown_tool(form: str, text: str, ours: Calls, theirs: Calls) -> bool:
    return any(name not in OFFERED for name, _ in (*ours, *theirs))


def holds_no_json(text: str) -> bool:
    """Tell whether a pair's value begins as a list or an object does, and is none of JSON."""
    for value in re.findall(r"<arg_value>\s*([\[{].*?)</arg_value>", text, re.DOTALL):
        try:
            json.loads(value)
        except ValueError:
            return True
    return False


def holds_reasoning_tag(form: str, text: str, ours: Calls, theirs: Calls) -> bool:
    return len(ours) < max(1, len(theirs)) and re.search(r"</?(?:\w+:)?think(?:ing)?>", text) is not None


DIFFERENCES: dict[str, tuple[str, Callable[[str, str, Calls, Calls], bool]]] = {
    "a tool that is not offered": (
        "vLLM types no argument of it, or drops the call; it is never the expected one",
        unknown_tool,
    ),
    "a reasoning tag in a broken call": (
        "what precedes it is cut away as reasoning, as vLLM's reasoning parsers do before its tool parsers run",
        holds_reasoning_tag,
    ),
    "NaN in plain text": (
        "vLLM hands it over as a number; it is no JSON, and equals nothing that is expected",
        lambda form, text, ours, theirs: "NaN" in text,
    ),
    "a list inside of functools": (
        'vLLM ends the list of calls at the first "]", and so loses calls that hold one',
        lambda form, text, ours, theirs: form.startswith("phi4") and "]" in text[10:-1],
    ),
    "DeepSeek's arguments on several lines": (
        "vLLM reads them from 0.33 on, and SGLang does",
        lambda form, text, ours, theirs: (
            form in ("deepseek_v3", "deepseek_v31") and re.search(r"[\[{},\]]\n(?!```)|>\n(?!<｜)", text) is not None
        ),
    ),
    "a parameter that MiniCPM5's tool lacks": (
        "vLLM leaves it out, SGLang takes the call for text",
        lambda form, text, ours, theirs: (
            form == "minicpm5" and any(arguments.keys() - PROPERTIES.keys() for _, arguments in ours)
        ),
    ),
    "a comma behind a value of MiniCPM5's": (
        "vLLM takes it for a tuple of one; here it leaves a text, which no schema of a list admits",
        lambda form, text, ours, theirs: form == "minicpm5" and re.search(r",\s*(?:\]\]>)?</param>", text) is not None,
    ),
    "FunctionGemma's numbers": (
        "vLLM drops what stands outside of <escape>, where the chat template writes numbers, lists and objects, "
        "and reads JSON inside of it whatever the schema says",
        lambda form, text, ours, theirs: form == "function_gemma",
    ),
    "Step-3's lists": (
        "vLLM leaves lists, objects and what may be of two types as text, and reads one section; SGLang reads them",
        lambda form, text, ours, theirs: form == "step3",
    ),
    "the sign of a list in Python": (
        "vLLM looks for it by a regular expression that knows no comma after the last call, no space before a "
        "parenthesis, no dot in a name and no name that begins with _; what reads the list then knows them",
        lambda form, text, ours, theirs: form.startswith(("pythonic", "olmo3")) and not theirs,
    ),
    "a closing tag too many": (
        "Granite 4's parser gives up at it, Hermes' does not",
        lambda form, text, ours, theirs: form == "hermes, granite4" and text.count("</tool") > text.count("<tool"),
    ),
    "parallel calls of InternLM": (
        "vLLM fails on a second block, though the models write it",
        lambda form, text, ours, theirs: form == "internlm" and text.count("<|plugin|>") > 1,
    ),
    "Laguna's lists and objects": (
        "vLLM's parser of poolside's models reads them as Python writes them, too, and drops a call with other ones",
        lambda form, text, ours, theirs: form == "glm, poolside",
    ),
    "Hunyuan's lists and objects": (
        "vLLM's parsers of it read them as Python writes them, too",
        lambda form, text, ours, theirs: form.startswith("hunyuan_v") and holds_no_json(text),
    ),
    "1 and 0 for a boolean": (
        "vLLM takes them; here a boolean is never a number",
        lambda form, text, ours, theirs: any(
            isinstance(arguments, dict) and type(arguments.get("urgent")) in (int, str) for _, arguments in ours
        ),
    ),
    "white space around a name of Hunyuan's": (
        "its parsers take it for a part of the name",
        lambda form, text, ours, theirs: form.startswith("hunyuan_v") and re.search(r"<arg_key>\s", text) is not None,
    ),
    "null for Hunyuan": (
        "its parsers leave null a text where the schema admits a text, too",
        lambda form, text, ours, theirs: form.startswith("hunyuan_v") and ">null<" in text,
    ),
    "null for a text": (
        "the parser for dots takes it for null, whatever the schema says",
        lambda form, text, ours, theirs: form == "dots" and ">null<" in text,
    ),
    "white space behind a token of harmony": (
        "LLM-jp-4.1 writes it, and vLLM reads no call behind it",
        lambda form, text, ours, theirs: (
            form == "harmony" and re.search(r"<\|(?:start|channel|constrain)\|>\s", text) is not None
        ),
    ),
    "a bare word in a container": (
        "vLLM leaves a number or null text where no schema types it; here the missing quotes tell",
        lambda form, text, ours, theirs: form == "gemma",
    ),
}
"""Why a completion that reads as right, or as text, is something else to vLLM."""

LENIENT = {
    "is cut off": r"not closed|cut off|Unterminated|Expecting|no value where|is not a literal|no literal",
    "is not JSON": r"not JSON|duplicate key|twice|surrogate|too large|broken escape|no key|without a value",
    "has text beside it": r"text follows|text beside|text stands|line break|nothing parts",
    "has a second block": r"second|more than one|outside of|in the format",
    "has its arguments in a text": r"arguments of call .* are not an object",  # of which Granite 4's parser makes JSON
    "lacks a part": r"name|arguments|not an object|does not begin|is due|does not hold|nothing|has no value",
    "calls no tool that is offered": r"no tool is called|not to functions|by the role",
}
"""What is malformed here that vLLM may still hand over, by our reasons. A policy must not learn to rely on it: the next
server, or the same one while it streams, does not repair it."""


class Servers:
    """vLLM's parsers with a tokenizer that has every format's marks; Mistral's older ones have no `[ARGS]`."""

    def __init__(self) -> None:
        logging.disable(logging.CRITICAL)
        HarmonyParser.tool_parser_cls = GptOssToolParser
        marks = {"<think>", "</think>", "<response>", "</response>"}
        for known in wire.FORMATS.values():
            marks.update(known.marks, *known.reasoning)
        marks -= {mark for mark in marks if ":opensource" in mark}  # by which Hunyuan's parsers tell their own marks
        self.request = ChatCompletionRequest(messages=[{"role": "user", "content": "x"}], model="m", tools=TOOLS)
        self.tokenizers = {}
        for is_old, left_out in ((False, set()), (True, {mistral.ARGS})):
            self.tokenizers[is_old] = AutoTokenizer.from_pretrained(TINY)
            self.tokenizers[is_old].add_tokens(sorted(marks - left_out), special_tokens=True)

    def calls(self, form: str, text: str) -> Calls:
        """Return the calls that vLLM hands over; none where it fails, or where a client cannot use one of them."""
        parser = ToolParserManager.get_tool_parser(FORMS[form][1])(
            self.tokenizers[form == "mistral, list"], self.request.tools
        )
        try:
            if form == "harmony":
                found = self.harmony_calls(text)
            else:
                found = [call.function for call in parser.extract_tool_calls(text, self.request).tool_calls]
            calls = tuple((call.name, json.loads(call.arguments)) for call in found)
        except Exception:  # noqa: BLE001 - whatever it is, a server answers with an error
            return ()
        return calls if all(isinstance(arguments, dict) for _, arguments in calls) else ()

    def harmony_calls(self, text: str) -> list[FunctionCall]:
        """Return the calls that vLLM reads from tokens of gpt-oss' own vocabulary, which its package holds."""
        tokens = get_encoding().encode(text, allowed_special="all")
        return HarmonyParser(self.tokenizers[False], self.request.tools).parse("", self.request, True, tokens)[2] or []


def drawn(form: str, number: int, seed: int) -> Iterator[Completion]:
    """Yield completions of a form, generated and broken."""
    name, _, write = FORMS[form]
    return completions(lambda calls: write(written_in(name, calls)), number, seed)


def verdict(servers: Servers, form: str, completion: Completion) -> str:
    """Say how our reading and vLLM's compare: "same", the name of a difference, or "unexplained"."""
    text = completion.text
    parsed = wire.parse(text, FORMS[form][0], TOOLSET)
    ours = tuple((call.name, call.arguments) for call in parsed.calls)
    theirs = servers.calls(form, text)
    if parsed.malformed:
        if not theirs:
            return "same"
        reasons = "; ".join(parsed.reasons)
        kind = next((kind for kind, pattern in LENIENT.items() if re.search(pattern, reasons)), None)
        return f"lenient: {kind}" if kind else "unexplained"
    if same(ours, theirs):
        return "same"
    return next(
        (name for name, (_, explains) in DIFFERENCES.items() if explains(form, text, ours, theirs)), "unexplained"
    )


def same(ours: Any, theirs: Any) -> bool:
    """Equal as JSON: True is not 1, and 12.0 is 12."""
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list | tuple):
        return isinstance(theirs, list | tuple) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    return isinstance(ours, bool) == isinstance(theirs, bool) and bool(ours == theirs)


@pytest.fixture(scope="module")
def servers():
    yield Servers()
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("form", FORMS)
def test_completions_read_as_vllm_reads_them(form, servers):
    for completion in drawn(form, 60, seed=0):
        assert verdict(servers, form, completion) != "unexplained", completion


@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_is_read_by_vllm(form, servers):
    """What `render` writes reads back here, and vLLM hands over the same, where the format can hold the values."""
    parallel = (ToolCall("get_weather", {"city": "Rome"}), ToolCall("f"), ToolCall("search", {"city": 'Zürich, "x"'}))
    held = parallel[:1] if form == "internlm" else written_in(FORMS[form][0], parallel)
    for calls in ((parallel[0],), (parallel[1],), held):
        text = FORMS[form][2](calls)
        for chosen in (FORMS[form][0], "auto"):
            assert wire.parse(text, chosen, TOOLSET).calls == calls
        assert same(servers.calls(form, text), [(call.name, call.arguments) for call in calls])


REASONING = {
    **{
        "hermes": "qwen3",
        "qwen3_coder": "qwen3",
        "seed_oss": "seed_oss",
        "glm": "glm45",
        "glm47": "glm45",
        "kimi_k2": "kimi_k2",
    },
    **{
        "glm47": "glm45",
        "gemma": "gemma4",
        "deepseek_v4": "deepseek_v4",
        "minimax_m2": "minimax_m2",
        "mistral": "mistral",
    },
    **{"deepseek_v3": "deepseek_r1", "deepseek_v31": "deepseek_r1", "k2_horizon": "k2_horizon"},
}
"""vLLM's parser of the reasoning that stands before calls."""


@pytest.mark.parametrize("form", REASONING)
def test_a_call_ends_open_reasoning_where_vllm_ends_it(form, servers):
    name, _, write = FORMS[form]
    opening, _ = wire.FORMATS[name].reasoning[0]
    text = f"{opening}They ask for Rome.\n{write((ToolCall('get_weather', {'city': 'Rome'}),))}"
    parser = ReasoningParserManager.get_reasoning_parser(REASONING[form])(servers.tokenizers[False])
    _, content = parser.extract_reasoning(text, servers.request)
    ours = [(call.name, call.arguments) for call in wire.parse(text, name, TOOLSET).calls]
    assert same(servers.calls(form, content or ""), ours)
