"""A row's tools as a grammar: what a policy of each format may write with it. Most of it needs xgrammar, as vLLM."""

from __future__ import annotations

import importlib.util
import logging
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from chat_families import CALLS_WITHOUT_FENCE, SPOKEN, family_tokenizer, tokenizer_with
from random_policy import CHAT_TEMPLATE

from rewards import ToolCall, Toolset, wire
from rlvr.chat import adapt, chat_format, render_calls
from rlvr.errors import UserError
from rlvr.sampling.grammar import WIRES, Grammars, call_syntax

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PreTrainedTokenizerFast

needs_xgrammar = pytest.mark.skipif(importlib.util.find_spec("xgrammar") is None, reason="xgrammar is not installed")


def tool(name: str, properties: dict[str, Any], **schema: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, **schema}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}


TOOLS = [
    tool(
        "book_table",
        {
            "guests": {"type": "integer", "minimum": 1},
            "place": {"enum": ["in", "out"]},
            "note": {"type": ["string", "null"]},
            "dishes": {"type": "array", "items": {"$ref": "#/$defs/dish"}},
        },
        required=["guests", "place"],
        **{"$defs": {"dish": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}},
    ),
    tool("cancel", {}),
]
RIGHT = (
    ToolCall("book_table", {"guests": 3, "place": "in"}),
    ToolCall("book_table", {"guests": 12, "place": "out", "note": 'by the "river"\n', "dishes": [{"name": "crêpe"}]}),
    ToolCall("book_table", {"guests": 1, "place": "in", "note": None}),
    ToolCall("cancel", {}),
)
WRONG = (
    ToolCall("book_tables", {"guests": 3, "place": "in"}),
    ToolCall("book", {"guests": 3, "place": "in"}),
    ToolCall("book_table", {"guests": 3}),
    ToolCall("book_table", {"guests": "3", "place": "in"}),
    ToolCall("book_table", {"guests": 0, "place": "in"}),
    ToolCall("book_table", {"guests": 3, "place": "roof"}),
    ToolCall("book_table", {"guests": 3, "place": "in", "smoking": False}),
    ToolCall("book_table", {"guests": 3, "place": "in", "dishes": [{}]}),
    # A grammar has one order, the schema's.
    ToolCall("book_table", {"place": "in", "guests": 3}),
    ToolCall("cancel", {"guests": 3}),
)
# Those that no template of a family here writes are told by their marks.
FAMILIES = [family for family, name in SPOKEN.items() if name in WIRES and family != "mistral"]
BY_MARKS = [name for name in WIRES if name not in {SPOKEN[family] for family in FAMILIES}]


@cache
def policy(name: str) -> PreTrainedTokenizerFast:
    """The tokenizer of a family, or of a policy of a format that its template does not write."""
    is_family = name in SPOKEN
    template = CALLS_WITHOUT_FENCE if name == "deepseek_v31" else CHAT_TEMPLATE
    tokenizer = family_tokenizer(name) if is_family else tokenizer_with(template, wire.FORMATS[name].marks)
    adapt(tokenizer)
    assert chat_format(tokenizer).wire == (SPOKEN[name] if is_family else name)
    return tokenizer


@cache
def reader(name: str) -> Callable[[str], tuple[bool, bool]]:
    """Whether a policy may write a text, and whether it may end its turn there."""
    from xgrammar import GrammarCompiler, GrammarMatcher, TokenizerInfo

    tokenizer = policy(name)
    (tag,), n_refused = Grammars(tokenizer).of_each([TOOLS])
    assert (tag is None, n_refused) == (False, 0)
    info = TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(tokenizer))
    grammar = GrammarCompiler(info).compile_structural_tag(tag)

    def read(text: str) -> tuple[bool, bool]:
        matcher = GrammarMatcher(grammar)
        may_write = matcher.accept_string(text)
        return may_write, may_write and matcher.accept_token(tokenizer.eos_token_id)

    return read


@needs_xgrammar
@pytest.mark.parametrize("name", [*FAMILIES, *BY_MARKS])
def test_a_policy_may_write_right_calls_and_no_others(name: str) -> None:
    tokenizer, read = policy(name), reader(name)
    syntax, lead = call_syntax(tokenizer), chat_format(tokenizer).lead

    def written(*calls: ToolCall) -> str:
        return render_calls(tokenizer, calls).removeprefix(lead)

    may_be_several = chat_format(tokenizer).has_parallel
    for text in ("", "Which place, in or out?", "A <b>bold</b> {word} [1]", *map(written, RIGHT)):
        assert read(text) == (True, True), text
    for calls in (RIGHT[:2], RIGHT[::-1]) if may_be_several else ():
        assert read(written(*calls)) == (True, True), written(*calls)
        assert wire.parse(written(*calls), SPOKEN.get(name, name), Toolset(TOOLS)).calls == calls
    assert read("I will book it.\n" + written(RIGHT[0])) == (True, True)
    for call in WRONG:
        assert read(written(call)) == (False, False), written(call)
        if may_be_several:
            assert read(written(RIGHT[0], call)) == (False, False)
    assert read(f"{syntax.mark} is a mark") == (False, False)
    begun = written(RIGHT[0]).partition('"in"')[0]
    assert read(begun) == (True, False), "a turn ends within a call"


@pytest.mark.parametrize("family", [family for family, name in SPOKEN.items() if name not in WIRES] + ["mistral"])
def test_a_format_without_a_grammar_is_one_line(family: str) -> None:
    with pytest.raises(UserError) as caught:
        call_syntax(policy(family))
    assert f"no grammar for calls in the format {SPOKEN[family]}" in str(caught.value)
    assert "there is one for hermes, mistral, phi4_mini" in str(caught.value)
    assert "\n" not in str(caught.value)


@needs_xgrammar
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (tool("pick", {"it": False}, required=["it"]), "cannot accept any value"),
        (tool("pick", {"it": {"type": "integer", "minimum": 5, "maximum": 4}}, required=["it"]), "minimum"),
        (tool("pick", {"it": {"type": "string", "pattern": r"^(a)\1$"}}), "Backreference is not supported"),
        (tool("pick", {"it": {"type": "string", "pattern": "^([a-z]+)*[0-9]{1,200}$"}}), "Check failed"),
        (tool("pick it up", {}), "the name 'pick it up' is not of letters, digits"),
    ],
)
def test_rows_that_xgrammar_refuses_are_counted_and_said_once(
    bad: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    grammars = Grammars(policy("qwen3"))
    with caplog.at_level(logging.WARNING):
        tags, n_refused = grammars.of_each([TOOLS, [*TOOLS, bad], [], [bad], None])
        assert grammars.of_each([[bad]]) == ([None], 1)
    assert [tag is not None for tag in tags] == [True, False, False, False, False]
    assert n_refused == 2
    (said,) = [record.getMessage() for record in caplog.records]
    assert "for the tools of 2 of 5 prompts, whose calls stay free" in said
    assert reason in said


@needs_xgrammar
def test_white_space_between_arguments_has_an_end() -> None:
    read = reader("qwen3")
    pretty = '<tool_call>\n{"name": "book_table", "arguments": {\n    "guests": 3,\n    "place": '
    assert read(pretty) == (True, False)
    assert read(pretty + " " * 40) == (False, False)
