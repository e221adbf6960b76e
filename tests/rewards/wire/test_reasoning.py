"""What is left of a text without reasoning and without the tokens that end a turn."""

import pytest

from rewards import wire
from rewards.limits import MAX_END_TOKENS, MAX_REASONING_TAGS

HALF = MAX_REASONING_TAGS // 2


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<think>b</think>c", "ac"),
        ("b</think>c", "c"),
        ("<think>b", ""),
        ("a<think>b", "a"),
        ("a<think>b<think>c</think>d", "ad"),
        ("a<thinking>b</think>c", "ac"),
        ("a</think>b<think>c</think>d", "bd"),
        ("a<think>b</think>c</think>d", "d"),
        ("a<think>b</think>c<think>d</think>e", "ace"),
        (" <think>b</think>\n c \n", "c"),
        ("Hi<|im_end|>", "Hi"),
        ("Hi<|im_end|>\n <|endoftext|> ", "Hi"),
        ("<|im_end|>", ""),
        ("Hi<|im_end|> there", "Hi<|im_end|> there"),
        ("<think>b</think>Hi<|im_end|>", "Hi"),
        ("<think>b<|im_end|>", ""),
        ("Hi" + "<|im_end|>" * MAX_END_TOKENS, "Hi"),
        ("Hi" + "<|im_end|>" * (MAX_END_TOKENS + 1), "Hi<|im_end|>"),
        ("a<think>b</think>" * HALF + "c", "a" * HALF + "c"),
        ("a<think>b</think>" * (HALF + 1) + "c", "c"),
        ("a<think>" * (MAX_REASONING_TAGS + 1) + "c", "a"),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_left_of_a_text(text, left):
    assert wire.parse(text) == wire.ParsedCompletion(text=left)


@pytest.mark.parametrize(
    "value", ["a </think> b", "<think>", "a <think>b</think> c", "</think><|im_end|>", "<think> \ue000 \ue001"]
)
def test_a_tag_in_an_argument_is_the_argument_s(value):
    call = f'<tool_call>{{"name": "f", "arguments": {{"x": "{value}"}}}}</tool_call>'
    for text, left in ((call, ""), (f"Well. {call}", "Well."), (f"a<think>b</think>{call}<|im_end|>", "a")):
        parsed = wire.parse(text)
        assert [(each.name, each.arguments) for each in parsed.calls] == [("f", {"x": value})]
        assert (parsed.malformed, parsed.text) == (0, left)
    parsed = wire.parse(f"<think>{call}</think>Which city?")
    assert (parsed.calls, parsed.malformed) == ((), 0)
