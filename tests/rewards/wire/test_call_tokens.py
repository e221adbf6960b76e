"""Every format through a tokenizer that holds its marks as special tokens, decoded with them and without."""

from pathlib import Path

import pytest

from rewards import ToolCall, Toolset, wire
from rewards.wire.call_tokens import CallTokens
from tests.rewards.tools import ALL, CharacterTokenizer
from tests.rewards.wire.completions import written_in

TINY = Path(__file__).parents[3] / "rlvr" / "policy" / "tiny"
TOOLS = Toolset(ALL)
CALLS = (ToolCall("get_weather_forecast", {"city": "Paris", "days": 2}), ToolCall("search_flights", {"origin": "Rome"}))
MARKED = [name for name, known in wire.FORMATS.items() if known.marks]
# What is left of the calls of these is a text that other servers would read, or one that nothing else writes.
READ_WITHOUT_MARKS = {
    *("hermes", "toolrl", "llama3_json", "pythonic", "mistral", "phi4_mini", "granite", "granite_20b", "harmony"),
    *("gemma", "function_gemma", "lfm2", "nemotron", "hunyuan", "internlm", "kimi_k2", "longcat", "openpangu"),
    *("minimax_m1", "gigachat3", "deepseek_v31"),
}
# These write no mark of theirs around calls, so that none can be missed.
UNMARKED_CALLS = {"llama3_json", "pythonic"}


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ("mistral", "[TOOL_CALLS]f[ARGS]{}"),
        ("auto", "[TOOL_CALLS]f[ARGS]{}<|tool_call|>"),
        ("hermes", None),  # none of its marks is a special token
        ("phi4_mini", "f[ARGS]{}<|tool_call|>"),
    ],
)
def test_of_the_special_tokens_those_that_mark_calls_are_kept(chosen, text):
    special = ("[TOOL_CALLS]", "</s>", "<|tool_call|>", "[THINK]")
    tokenizer = CharacterTokenizer(special, plain=("[ARGS]", "<tool_call>"))
    ids = tokenizer.ids("[TOOL_CALLS]", "f", "[ARGS]", "{}", "<|tool_call|>", "</s>")
    assert CallTokens(tokenizer, chosen).text(ids) == text
    assert CallTokens(tokenizer, chosen).text(tokenizer.ids("f", "[ARGS]", "<tool_call>", "</s>")) is None
    thought = tokenizer.ids("[THINK]", "hm", "</s>")
    assert CallTokens(tokenizer).text(thought) == "[THINK]hm"
    assert CallTokens(tokenizer, "hermes").text(thought) is None


def test_no_tokenizer_holds_the_marks_of_an_unknown_format():
    with pytest.raises(ValueError, match="wire 'xml' not found"):
        CallTokens(CharacterTokenizer(), "xml")


@pytest.fixture(scope="module")
def decoded():
    """Each format's calls, with the marks that `CallTokens` keeps and without any special token."""
    transformers = pytest.importorskip("transformers")
    texts = {}
    for name in MARKED:
        known = wire.FORMATS[name]
        tokenizer = transformers.AutoTokenizer.from_pretrained(TINY)
        tokenizer.add_tokens(sorted({*known.marks, *known.ends, *sum(known.reasoning, ())}), special_tokens=True)
        ids = tokenizer(wire.render(written_in(name, CALLS), name, TOOLS) + "".join(known.ends[:1]))["input_ids"]
        stripped = tokenizer.decode(ids, skip_special_tokens=True)
        texts[name] = CallTokens(tokenizer, name).text(ids) or stripped, stripped
    return texts


@pytest.mark.parametrize("name", MARKED)
def test_calls_are_read_with_the_marks_that_are_kept(name, decoded):
    for chosen in (name, "auto"):
        parsed = wire.parse(decoded[name][0], chosen, TOOLS)
        assert (parsed.calls, parsed.malformed, parsed.text) == (written_in(name, CALLS), 0, ""), parsed.reasons


@pytest.mark.parametrize("name", MARKED)
def test_calls_without_their_marks_are_none_to_the_server(name, decoded):
    parsed = wire.parse(decoded[name][1], name, TOOLS)
    assert parsed.calls == (CALLS if name in UNMARKED_CALLS else ())
    parsed = wire.parse(decoded[name][1], "auto", TOOLS)
    assert parsed.calls == (written_in(name, CALLS) if name in READ_WITHOUT_MARKS else ())
