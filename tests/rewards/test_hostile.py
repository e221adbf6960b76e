"""No completion raises, hangs, or grows without bound."""

import gc
import sys
import time

import pytest

from rewards import BFCL, GroundTruth, Tiered, ToolCall, ToolRL
from rewards.text import read_text
from tests.rewards.tools import ALL, PARIS, REFUSE, RIGHT

OPEN, CLOSE = "<tool_call>", "</tool_call>"
CALL = '{"name": "get_weather_forecast", "arguments": '
# The figure to keep is 50 ms of processor time on a quiet machine; a shared one is given more, and three tries.
LIMIT_S = 0.15
TRIES = 3


def doubling():
    value: list = []
    for _ in range(60):
        value = [value, value]
    return value


def message(arguments):
    return [
        {"role": "assistant", "tool_calls": [{"function": {"name": "get_weather_forecast", "arguments": arguments}}]}
    ]


HOSTILE = {
    "questions without end": ("what is your a b " * 110 + "? ") * 32,
    "questions in Japanese": ("れば" * 900 + "？") * 32,
    "digits without end": "1" * 100_000,
    "deep array": OPEN + CALL + "[" * 100_000 + CLOSE,
    "deep object": OPEN + CALL + '{"a":' * 10_000,
    "deep but closed": OPEN + CALL + '{"a":' * 10_000 + "1" + "}" * 10_001 + CLOSE,
    "10 MB string": OPEN + CALL + '{"city": "' + "a" * 10**7 + '"}}' + CLOSE,
    "10 MB integer": OPEN + CALL + '{"days": ' + "9" * 10**7 + "}}" + CLOSE,
    "5,000 digits": OPEN + CALL + '{"days": ' + "9" * 5000 + "}}" + CLOSE,
    "100,000 digits": OPEN + CALL + '{"days": ' + "9" * 100_000 + "}}" + CLOSE,
    "long fraction": OPEN + CALL + '{"days": 0.' + "9" * 100_000 + "}}" + CLOSE,
    "huge exponent": OPEN + CALL + '{"days": 1e999999999}}' + CLOSE,
    "many calls": RIGHT * 100_000,
    "a thousand calls": RIGHT * 1000,
    "many tags": OPEN * 10**6,
    "ten thousand tags": OPEN * 11_900,
    "tags in prose": "a <tool_call> b " * 8000,
    "many broken calls": (OPEN + "{") * 10_900,
    "closing tags": CLOSE * 10**6,
    "wide array": OPEN + CALL + '{"city": [' + "[]," * 40_000 + "1]}}" + CLOSE,
    "wide object": OPEN + CALL + "{" + ",".join(f'"{i}":{i}' for i in range(9000)) + "}}" + CLOSE,
    "reasoning blocks": "<think></think>" * 600_000 + RIGHT,
    "open reasoning": "<think>" * 10**6,
    "open reasoning with calls": "<think>" + "<tool_call>" * 10_000,
    "openings of one element": '<function name="f">' * 5000 + "</function>",
    "nested elements": f'<function name="f">{"<a>" * 18_000}{"</a>" * 18_000}</function>',
    "parameters without end": f'<function name="f">{"<param>" * 16_000}</function>',
    "closed reasoning": "</think>" * 10**6,
    "escaped quotes": OPEN + CALL + '"' + '\\"' * 60_000,
    "open strings": OPEN + CALL + "[[" * 33 + '"\\' * 40_000,
    "10 MB of questions": "which city? " * 800_000,
    "refusals": "i cannot " * 15_000,
    "question marks": "?" * 10**6,
    "spaces": " " * 10**7,
    "lines": "\n" * 10**7,
    "one long word": "i " + "a" * 10**6,
    "expanding characters": "\ufdfa" * 100_000,
    "expanding argument": OPEN + CALL + '{"city": "' + "\ufdfa" * 100_000 + '"}}' + CLOSE,
    "sentence ends": '."' * 60_000,
    "politeness": "could you please kindly " * 6000 + "please " * 6000,
    "end tokens": "<|im_end|>" * 10**6,
    "spaced end tokens": "a" + "</s> " * 20_000,
    "quotation marks": "'\"“«" * 4000,
    "open quotations": "'a " * 8000,
    "accents": "a" + "\u0301" * 100_000,
    "10 MB of German questions": "Welche Stadt? " * 700_000,
    "10 MB of Chinese": "我无法" * 3_300_000,
    "open German phrases": "ich kann " * 2000,
    "open Dutch phrases": "ik kan u je " * 1300,
    "open Japanese phrases": "申し訳" * 5000,
    "open Korean phrases": "죄송 제가 저는 " * 1600,
    "open Hindi phrases": "मैं मुझे कृपया " * 1000,
    "one-letter sentences": "我？" * 8000,
    "sentences in turn": "Ich kann. Je ne. 我不。私は。" * 900,
    "consonants": "bcdfgh" * 2700,
    "distinct words": " ".join(f"w{i}" for i in range(100_000)),
    "offers": "would you like to " * 900,
    "contrasts": "i cannot, but " * 1200,
    "lone surrogate": OPEN + CALL + '{"city": "\\ud800"}}' + CLOSE,
    "raw surrogates": "\ud800" * 1000,
    "surrogate key": OPEN + CALL + '{"\ud800": 1}}' + CLOSE,
    "duplicate key": OPEN + CALL + '{"city": "Rome", "city": "Paris"}}' + CLOSE,
    "not a number": OPEN + CALL + '{"city": NaN}}' + CLOSE,
    "null characters": "\x00" * 1000,
    "bare deep list": '[{"name": "x", "arguments": ' + "[" * 100_000,
    "bare long list": "[" + (CALL + "{}},") * 2000 + "{}]",
    "nested in a string": OPEN + CALL + '"' + '{\\"a\\":' * 10_000 + '"}' + CLOSE,
    "many tool_calls": [
        {"role": "assistant", "tool_calls": [{"function": {"name": "x", "arguments": '{"a":'}}] * 100_000}
    ],
    "doubling tool_call": message({"a": doubling()}),
    "unprintable tool_call": message({1: {object(): float("nan")}}),
    "many messages": [{"role": "assistant", "content": RIGHT}] * 10_000,
    "no messages": [1, None, {"role": 5}, {"content": [{"text": 5}]}, {"tool_calls": 5}, {"content": {}}],
}
# What stands before and after the value of an argument in each format.
XML = "<tool_call>\n<function=get_weather_forecast>\n<parameter={}>\n"
XML_END = "\n</parameter>\n</function>\n</tool_call>"
FRAMES = {
    "qwen3_coder text": (XML.format("city"), XML_END),
    "qwen3_coder number": (XML.format("days"), XML_END),
    "qwen3_coder any": (XML.format("other"), XML_END),
    "llama3_json": ('<|python_tag|>{"name": "get_weather_forecast", "parameters": {"city": ', "}}"),
    "pythonic": ("[get_weather_forecast(city=", ")]"),
    "mistral": ('[TOOL_CALLS]get_weather_forecast[ARGS]{"city": ', "}"),
    "mistral stripped": ('get_weather_forecast{"city": ', "}"),
    "mistral list": ('[TOOL_CALLS][{"name": "get_weather_forecast", "arguments": {"city": ', "}}]"),
    "phi4_mini": ('<|tool_call|>[{"name": "get_weather_forecast", "arguments": {"city": ', "}}]<|/tool_call|>"),
    "functools": ('functools[{"name": "get_weather_forecast", "arguments": {"city": ', "}}]"),
    "deepseek_v3": (
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather_forecast\n```json\n{"city": ',
        "}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    "harmony": ('<|channel|>commentary to=functions.get_weather_forecast json<|message|>{"city": ', "}<|call|>"),
    "harmony stripped": ('commentary to=functions.get_weather_forecast json{"city": ', "}"),
    "json": ('[{"name": "get_weather_forecast", "arguments": {"city": ', "}}]"),
}
VALUES = {
    "open lists": "[" * 10_000,
    "open objects": '{"a":' * 10_000,
    "deep lists": "[" * 10_000 + "]" * 10_000,
    "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "deep tuples": "(" * 10_000 + ")" * 10_000,
    "10 MB": '"' + "a" * 10**7 + '"',
    "100 kB": '"' + "a" * 10**5 + '"',
    "5,000 digits": "9" * 5000,
    "100,000 digits": "9" * 10**5,
    "underscored digits": "9_" * 50_000 + "9",
    "huge exponent": "1e999999999",
    "not a number": "NaN",
    "lone surrogate": '"\\ud800"',
    "raw surrogate": '"\ud800"',
    "duplicate key": '{"a": 1, "a": 1}',
    "wide list": "[" + "[]," * 30_000 + "[]]",
    "wide strings": "[" + "'a'," * 30_000 + "'a']",
    "adjacent strings": "'a'" * 40_000,
    "escapes": '"' + "\\n" * 50_000 + '"',
    "escaped quotes": '"' + '\\"' * 60_000,
    "backslashes": '"' + "\\" * 65_535 + '"',
    "open string": "'" + "a" * 100_000,
    "triple quotes": "'''" * 40_000,
    "signs": "-" * 100_000,
    "spaces": " " * 100_000,
    "null": "null",
    "ends of parameters": "</parameter>" * 10_000,
}
FORMATS = {
    f"{frame}, {value}": before + VALUES[value] + after for frame, (before, after) in FRAMES.items() for value in VALUES
}
CALL_V3 = "<｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
OPENINGS = [
    *("<tool_call><function=", "<function=f>", "<tool_call>\n<function=f>\n<parameter=x>", "<parameter=x>"),
    *('<function name="f">', '<function name="f"><param name="x">', '<function name="f"></function>'),
    *("<|python_tag|>", "<|python_tag|>{", '{"name": "f", "parameters": {}}; '),
    *("[f(", "[f(),", "\n[f(", "\n[f()]", "\n["),
    *("f{}", "f{", "[TOOL_CALLS]", "[TOOL_CALLS]f", "[TOOL_CALLS][", "[TOOL_CALLS][]", "[THINK]", "[/THINK]"),
    *("<|tool_call|>", "<|tool_call|>[", "<|tool_call|>[]", "functools[", "functools[{"),
    *("<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁calls▁begin｜>" + CALL_V3, CALL_V3),
    *("<|channel|>final<|message|>", "<|message|>", "<|start|>assistant", "<|end|>", "<|call|>", "to=functions.f "),
    *("<|channel|>commentary to=functions.f<|message|>{", "<|channel|>commentary to=functions.f<|message|>{}<|call|>"),
    *("commentary to=functions.f {}assistant", "commentary to=functions.f {", "analysisassistantfinal"),
]
REPEATED = {
    f"{count} times {opening!r}": opening * count
    for opening in OPENINGS
    for count in (100_000 // len(opening), 2_000_000 // len(opening))
}
TRUTHS = {
    "execute": PARIS,
    "clarify": GroundTruth("clarify", missing=("city",)),
    "refuse": REFUSE,
    "answer": GroundTruth("answer", text="The capital of France is Paris. " * 1000),
}


def timed(completion, truth, tools=ALL, reward=Tiered()):  # noqa: B008 - a frozen value
    elapsed = float("inf")
    gc.disable()  # a search for garbage goes through all that the tests hold, not what the reward makes
    try:
        for _ in range(TRIES):
            start = time.process_time()
            result = reward(completion, ground_truth=truth, tools=tools)
            elapsed = min(elapsed, time.process_time() - start)
            if elapsed < LIMIT_S:
                break
    finally:
        gc.enable()
    return result, elapsed


@pytest.mark.parametrize("completion", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_completions_are_answered(completion):
    Tiered()("warm-up", ground_truth=PARIS, tools=ALL)
    for truth in TRUTHS.values():
        result, elapsed = timed(completion, truth)
        assert 0.0 <= result.value <= 1.0
        assert sum(len(str(reason)) for reason in result.reasons) < 8000
        assert all(str(reason).isprintable() for reason in result.reasons)
        assert elapsed < LIMIT_S, f"{elapsed:.3f} s"


@pytest.mark.parametrize("completion", [*FORMATS.values(), *REPEATED.values()], ids=[*FORMATS, *REPEATED])
def test_hostile_completions_in_every_format_are_answered(completion):
    result, elapsed = timed(completion, PARIS)
    assert 0.0 <= result.value < 1.0
    assert sum(len(str(reason)) for reason in result.reasons) < 8000
    assert elapsed < LIMIT_S, f"{elapsed:.3f} s"


MANY = GroundTruth("execute", calls=tuple(ToolCall("get_weather_forecast", {"city": f"City {i}"}) for i in range(64)))
MANY_CALLS = "".join(RIGHT.replace("Paris", f"City {i}") for i in range(63)) + RIGHT


@pytest.mark.parametrize("reward", [BFCL(), ToolRL()], ids=lambda reward: type(reward).__name__)
@pytest.mark.parametrize("completion", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_completions_are_answered_by_the_other_presets(completion, reward):
    reward("warm-up", ground_truth=PARIS, tools=ALL)
    for truth in (PARIS, REFUSE):
        result, elapsed = timed(completion, truth, reward=reward)
        assert 0.0 <= result.value <= 1.0
        assert sum(len(str(reason)) for reason in result.reasons) < 8000
        assert elapsed < LIMIT_S, f"{elapsed:.3f} s"


@pytest.mark.parametrize("reward", [Tiered(), BFCL(), ToolRL()], ids=lambda reward: type(reward).__name__)
def test_as_many_calls_as_there_may_be_are_answered(reward):
    result, elapsed = timed(MANY_CALLS, MANY, reward=reward)
    assert 0.0 <= result.value < 1.0
    assert elapsed < LIMIT_S, f"{elapsed:.3f} s"


def test_a_pattern_that_backtracks_is_answered():
    tools = [
        {
            "name": "f",
            "parameters": {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(?=a)(a|aa)+$"}}},
        }
    ]
    truth = '[{"name": "f", "arguments": {"x": "a"}}]'
    completion = OPEN + '{"name": "f", "arguments": {"x": "' + "a" * 5000 + '!"}}' + CLOSE
    result, elapsed = timed(completion, truth, tools)
    assert result.value < 0.6
    assert elapsed < LIMIT_S


def test_no_long_text_is_held_on_to_once_others_are_read():
    text = "I will not. " * 100_000
    held = sys.getrefcount(text)
    for each in (text, *(f"{number} others that no test has read" for number in range(4))):
        read_text(each)
    assert sys.getrefcount(text) == held
