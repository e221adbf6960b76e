"""Every family's chat template: what it speaks is found out, and what is rendered reads back identical."""

from __future__ import annotations

import inspect
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trl
from chat_families import CALLS_WITHOUT_FENCE, SPOKEN, family_tokenizer, tokenizer_with
from random_policy import CHAT_TEMPLATE
from trl.chat_template_utils import add_response_schema

from rewards import Behavior, GroundTruth, ToolCall, Toolset, wire
from rlvr.chat import (
    adapt,
    add_missing_marks,
    chat_format,
    completion_tokens,
    in_own_format,
    prove,
    render_calls,
    render_completion,
    render_prompt,
    served_text,
    training_tokens,
    with_defaults,
)
from rlvr.errors import UserError
from rlvr.records.row import Row
from rlvr.serving import manifest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

ROWS = 500
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "create_event",
            "description": "Create an event.",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "The title."},
                    "guests": {"type": "integer", "description": "How many."},
                    "price": {"type": "number", "description": "In euros."},
                    "public": {"type": "boolean", "description": "For all or not."},
                    "tags": {"type": "array", "items": {"type": "string"}, "description": "Labels."},
                    "place": {"type": "object", "description": "Where.", "properties": {"city": {"type": "string"}}},
                    "note": {"type": ["string", "null"], "description": "Anything."},
                },
                "required": ["title"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "list_events",
            "description": "List events.",
            "parameters": {"type": "object", "properties": {}},
        },
    },
]
TOOLSET = Toolset(TOOLS)
TEXTS = (
    "Café at 5", 'the "big" one', "it's\nlate", "  spaced  ", "東京 – 大阪", "🎉 party", "3", "true", "null", "{}",
    "[1, 2]", "a <b>tag</b>", "<tool_call>", "</tool_call>", "back\\slash", "tab\there", "", "100%", "{{ jinja }}",
    "a; b", "name: x",
)  # fmt: skip
BESIDE = ("I will look.", "Einen Moment – ich schaue nach.")
NO_TEXT_BESIDE = ("llama3_json", "pythonic", "json")


@cache
def adapted(family: str) -> PreTrainedTokenizerFast:
    tokenizer = family_tokenizer(family)
    adapt(tokenizer)
    return tokenizer


def generated_calls(rng: random.Random) -> tuple[ToolCall, ...]:
    def text() -> str:
        return rng.choice(TEXTS)

    def one() -> ToolCall:
        if rng.random() < 0.15:
            return ToolCall("list_events", {})
        values: dict[str, Any] = {
            "title": text(),
            "guests": rng.choice((0, 7, -3, 10**12)),
            "price": rng.choice((0.5, 12.0, 1e-7, 1e21)),
            "public": rng.random() < 0.5,
            "tags": [text() for _ in range(rng.randrange(3))],
            "place": {"city": text(), "rooms": [{"floor": rng.randrange(9), "free": None}]},
            "note": rng.choice((None, "Bring a friend.")),  # plain text tells no "null" from null
        }
        return ToolCall("create_event", {name: values[name] for name in rng.sample(list(values), rng.randrange(8))})

    return tuple(one() for _ in range(rng.choice((1, 1, 1, 2, 3))))


def same(calls: tuple[ToolCall, ...], others: tuple[ToolCall, ...]) -> bool:
    """Equal as JSON: unlike in Python, True is not 1 and 1 is not 1.0. A template may sort the names."""
    return [(c.name, sorted(map(repr, c.arguments.items()))) for c in calls] == [
        (c.name, sorted(map(repr, c.arguments.items()))) for c in others
    ]


@pytest.mark.slow
@pytest.mark.parametrize("family", SPOKEN)
def test_rendering_parsing_and_rendering_again_is_the_identity(family: str) -> None:
    tokenizer = adapted(family)
    spoken = chat_format(tokenizer)
    rng = random.Random(0)
    for number in range(ROWS):
        calls = generated_calls(rng)
        if spoken.wire == "glm" and "</tool_call>" in repr(calls):
            continue  # ends the block, whatever it stands in
        text = rng.choice(BESIDE) if number % 5 == 0 and spoken.wire not in NO_TEXT_BESIDE else ""
        rendered = render_calls(tokenizer, calls, text, TOOLS)
        parsed = wire.parse(rendered, spoken.wire, TOOLSET)
        assert same(parsed.calls, calls), (rendered, parsed.reasons)
        assert (parsed.malformed, parsed.text) == (0, text)
        assert same(wire.parse(rendered, tools=TOOLSET).calls, calls), f"not recognised: {rendered}"
        assert render_calls(tokenizer, parsed.calls, parsed.text, TOOLS) == rendered
        if number % 10 == 0:
            served = served_text(tokenizer, completion_tokens(tokenizer, rendered, has_calls=True))
            assert same(wire.parse(served, spoken.wire, TOOLSET).calls, calls), served


@pytest.mark.parametrize("family", SPOKEN)
def test_a_family_is_told_by_what_its_template_writes(family: str) -> None:
    assert chat_format(adapted(family)).wire == SPOKEN[family]
    assert all(finding.is_fine for finding in prove(adapted(family), family))


def test_ministral_3_s_own_template_is_proven_too() -> None:
    """Mistral's library writes it, where it is installed: beside vLLM."""
    chat_templates = pytest.importorskip("mistral_common.integrations.chat_templates.chat_templates")
    version = pytest.importorskip("mistral_common.tokens.tokenizers.base").TokenizerVersion.v13
    unset = dict.fromkeys(inspect.signature(chat_templates.generate_chat_template).parameters)
    wanted = {"spm": False, "tokenizer_version": version, "image_support": True, "use_special_token_variables": True}
    tokenizer = tokenizer_with(chat_templates.generate_chat_template(**unset | wanted))
    assert adapt(tokenizer) == ()
    assert chat_format(tokenizer).wire == "mistral"
    assert all(finding.is_fine for finding in prove(tokenizer, "ministral3"))


@pytest.mark.parametrize(
    ("family", "stop", "call_stop"),
    [
        ("qwen2_5", "<|im_end|>", "<|im_end|>"),
        ("llama3_1", "<|eot_id|>", "<|eot_id|>"),
        ("phi4_mini", "<|end|>", "<|end|>"),
        ("gptoss", "<|return|>", "<|call|>"),
        ("deepseekv3", "<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
        ("glm4moe", "<|user|>", "<|observation|>"),
        ("gemma3", "<end_of_turn>", "<end_of_turn>"),
        ("gemma4", "<turn|>", "<|tool_response>"),
        ("function_gemma", "<end_of_turn>", "<start_function_response>"),
        ("lfm2_2_5_v2", "<|im_end|>", "<|im_end|>"),
        ("granite4", "<|end_of_text|>", "<|end_of_text|>"),
    ],
)
def test_what_ends_a_turn_is_the_template_s_own(family: str, stop: str, call_stop: str) -> None:
    spoken = chat_format(adapted(family))
    assert (spoken.stop, spoken.call_stop) == (stop, call_stop)


@pytest.mark.parametrize("family", SPOKEN)
def test_training_and_serving_see_the_same_tokens(family: str) -> None:
    tokenizer = adapted(family)
    calls = (ToolCall("create_event", {"title": 'Renée\'s "party"', "guests": 12}),)
    row = Row([{"role": "user", "content": "A party."}], TOOLS, GroundTruth(Behavior.EXECUTE, calls))
    prompt_ids, completion_ids = training_tokens(tokenizer, row)
    prompt = render_prompt(tokenizer, row)
    assert "create_event" in prompt
    assert "guests" in prompt
    assert tokenizer(text=[prompt])["input_ids"] == [prompt_ids]
    assert same(wire.parse(served_text(tokenizer, completion_ids), tools=TOOLSET).calls, calls)
    assert tokenizer.convert_ids_to_tokens(completion_ids[-1]) == chat_format(tokenizer).call_stop


@pytest.mark.parametrize("family", ["qwen2_5", "qwen3", "qwen3_5_nothink", "llama3_1", "gptoss", "glm4moe", "gemma4"])
def test_transformers_own_parser_reads_what_is_rendered(family: str) -> None:
    """`parse_response`, with the description that TRL gives for the template, is what a server may read with."""
    tokenizer = adapted(family)
    add_response_schema(tokenizer)
    calls = (ToolCall("create_event", {"title": "Quarterly review", "guests": 7}),)
    prompt = tokenizer(render_prompt(tokenizer, Row([{"role": "user", "content": "x"}], TOOLS, GroundTruth.parse("y"))))
    completion = completion_tokens(tokenizer, render_calls(tokenizer, calls, tools=TOOLS), has_calls=True)
    parsed = tokenizer.parse_response(completion, prefix=prompt["input_ids"], tools=TOOLS)
    functions = [call["function"] for call in parsed["tool_calls"]]
    assert [(function["name"], function["arguments"]) for function in functions] == [
        (call.name, call.arguments) for call in calls
    ]


@pytest.mark.parametrize("family", ["phi3_5", "gemma3", "gemma", "phi4_mini", "deepseekv3"])
def test_a_template_without_tools_is_given_them_and_keeps_them_when_saved(family: str, tmp_path: Any) -> None:
    tokenizer = family_tokenizer(family)
    assert "create_event" not in tokenizer.apply_chat_template(
        [{"role": "user", "content": "x"}], tools=TOOLS, tokenize=False
    )
    assert adapt(tokenizer)
    tokenizer.save_pretrained(tmp_path)
    again = type(tokenizer).from_pretrained(tmp_path)
    assert adapt(again) == ()
    call = {"id": "call00000", "type": "function", "function": {"name": "list_events", "arguments": {}}}
    conversation = [
        {"role": "system", "content": "Be brief."} if family != "gemma" else {"role": "user", "content": "Be brief."},
        *([] if family == "gemma" else [{"role": "user", "content": "What is on?"}]),
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call00000", "name": "list_events", "content": "a fair"},
    ]
    prompt = render_prompt(again, conversation, TOOLS)
    assert all(said in prompt for said in ("Be brief.", "create_event", "list_events", "a fair"))


def test_a_format_that_nothing_reads_is_an_error_that_shows_it() -> None:
    tokenizer = family_tokenizer("lfm2_v2")
    tokenizer.chat_template = str(tokenizer.chat_template).replace("<|tool_call_start|>[", "<|tool_call_start|>(")
    with pytest.raises(UserError, match=r"none of .*hermes.* reads: .*probe_tool\("):
        adapt(tokenizer)


def test_marks_that_are_not_tokens_are_named_and_can_be_added() -> None:
    bare = family_tokenizer("glm4moe")
    bare.chat_template = family_tokenizer("gemma4").chat_template
    adapt(bare)
    (marks,) = [finding for finding in prove(bare, "m") if finding.check == "marks of calls"]
    assert not marks.is_fine
    assert "<|tool_call>" in marks.said
    assert "<|tool_call>" in add_missing_marks(bare)
    assert all(finding.is_fine for finding in prove(bare, "m"))


def test_a_default_of_the_template_closes_the_reasoning_and_is_saved() -> None:
    tokenizer = family_tokenizer("qwen3_5_think")
    assert chat_format(tokenizer).lead == "\n</think>\n\n"
    with_defaults(tokenizer, {"enable_thinking": False})
    assert chat_format(tokenizer).lead == ""
    template = tokenizer.chat_template
    with_defaults(tokenizer, {"enable_thinking": False})
    assert tokenizer.chat_template == template
    with pytest.raises(UserError, match="not the name of a template's variable"):
        with_defaults(tokenizer, {"a b": 1})


@pytest.mark.parametrize(
    ("family", "before", "behind"),
    [
        ("qwen3", "<think>\n", "\n</think>\n\n"),
        ("ministral3", "[THINK]", "[/THINK]"),
        ("gemma4", "<|channel>thought\n", "\n<channel|>"),
        ("gptoss", "<|channel|>analysis<|message|>", "<|end|><|start|>assistant"),
        ("qwen3_5_think", "", ""),
    ],
)
def test_reasoning_is_written_as_the_format_has_it(family: str, before: str, behind: str) -> None:
    truth = GroundTruth(Behavior.EXECUTE, (ToolCall("list_events"),))
    row = Row([{"role": "user", "content": "x"}], TOOLS, truth, extra_info={"reasoning": "They ask."})
    completion = render_completion(row, adapted(family))
    assert completion.startswith(f"{before}They ask.{behind}")
    parsed = wire.parse(completion, SPOKEN[family], TOOLSET)
    assert (parsed.calls, parsed.malformed, parsed.text) == (truth.calls, 0, "")


def test_a_completion_is_translated_into_the_policy_s_own_format() -> None:
    row = Row([{"role": "user", "content": "x"}], TOOLS, GroundTruth(Behavior.EXECUTE, (ToolCall("list_events"),)))
    hermes = render_completion(row)
    llama = adapted("llama3_1")
    assert in_own_format(adapted("qwen2_5"), hermes, TOOLS) == hermes
    assert in_own_format(llama, hermes, TOOLS) == '{"name": "list_events", "parameters": {}}'
    assert in_own_format(llama, "Which one?", TOOLS) == "Which one?"
    assert in_own_format(llama, hermes[:-5], TOOLS) is None, "a broken call has no counterpart"
    assert in_own_format(adapted("gptoss"), "Which one?") == "<|channel|>final<|message|>Which one?"


CALLS_ON_ONE_LINE = """{%- for m in messages -%}<|{{ m.role }}|>{{ m.content or '' }}
{%- for c in m.tool_calls or [] -%}<tool_call>{{ c.function.name }}
{%- for k, v in c.function.arguments.items() -%}
<arg_key>{{ k }}</arg_key><arg_value>{{ v if v is string else v | tojson }}</arg_value>
{%- endfor -%}</tool_call>{%- endfor -%}<|observation|>
{%- endfor -%}{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"""


def test_of_two_formats_that_read_a_template_the_one_that_writes_so_is_named() -> None:
    # of SGLang's parsers `glm` needs the line breaks that GLM-4.7 no longer writes, and `glm47` takes none
    assert chat_format(family_tokenizer("glm4moe")).wire == "glm"
    tokenizer = tokenizer_with(CALLS_ON_ONE_LINE)
    assert chat_format(tokenizer).wire == "glm47"
    assert wire.FORMATS["glm47"].sglang[0] == "glm47"


def test_of_formats_with_the_same_marks_a_base_model_gets_one_that_a_server_reads() -> None:
    assert wire.FORMATS["minimax_m1"].marks == wire.FORMATS["hunyuan"].marks
    assert chat_format(tokenizer_with(CHAT_TEMPLATE, wire.FORMATS["hunyuan"].marks)).wire == "hunyuan"


def test_deepseek_s_calls_without_a_fence_are_served_by_the_parser_that_reads_them() -> None:
    assert chat_format(family_tokenizer("deepseekv3")).wire == "deepseek_v3"
    spoken = chat_format(tokenizer_with(CALLS_WITHOUT_FENCE))
    assert (spoken.wire, spoken.is_plain, spoken.has_parallel) == ("deepseek_v31", True, True)
    served = manifest.manifest("mine", spoken.wire, (spoken.stop,), "bfloat16")
    assert (served.vllm_parser, served.sglang_parser) == ("deepseek_v31", "deepseekv31")


def test_calls_in_messages_to_tools_are_told_from_messages_to_the_user() -> None:
    template = (Path(trl.__file__).parent / "chat_templates" / "muse_glimmer.jinja").read_text("utf-8")
    assert chat_format(tokenizer_with(template)).wire == "muse_glimmer"


def test_a_template_that_needs_tools_is_refused() -> None:
    family = family_tokenizer("qwen2_5")
    family.chat_template = "{% for tool in tools %}{% endfor %}" + str(family.chat_template)
    with pytest.raises(UserError, match="no conversation without tools: 'NoneType'"):
        chat_format(family)
