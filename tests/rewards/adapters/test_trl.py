import json
import pickle
from pathlib import Path

import pytest

from rewards import Binary, RewardResult, Tiered, wire
from rewards.adapters.trl import reward_function, reward_functions
from tests.rewards.tools import ALL, PARIS, REFUSE, RIGHT, CharacterTokenizer, block

REFUSAL = "I'm sorry, I can't help with that."
ROWS = [json.dumps(PARIS.to_json()), json.dumps(REFUSE.to_json()), '{"ground_truth": ""}']


def test_a_batch_is_scored_as_the_reward_scores_it():
    function = reward_function(Tiered())
    tools = [json.dumps(ALL), ALL, None]
    assert function(prompts=["p"] * 3, completions=[RIGHT, REFUSAL, RIGHT], reward_model=ROWS, tools=tools) == [
        1.0,
        1.0,
        None,
    ]


def test_chat_completions_are_scored():
    completions = [[{"role": "assistant", "content": text}] for text in (RIGHT, REFUSAL)]
    assert reward_function(Binary())(prompts=[[], []], completions=completions, reward_model=ROWS[:2]) == [1.0, 1.0]


def test_components_and_reasons_are_logged():
    metrics: dict[str, float] = {}
    extra: dict[str, list[str]] = {}
    reward_function(Tiered())(
        prompts=["p"] * 3,
        completions=[RIGHT, RIGHT, RIGHT],
        reward_model=ROWS,
        tools=[ALL] * 3,
        log_metric=metrics.__setitem__,
        log_extra=extra.__setitem__,
        trainer_state=None,
        completion_ids=[[1]] * 3,
    )
    assert metrics["reward_components/behavior"] == 0.5  # one of the two that can be scored
    assert metrics["reward_components/arguments"] == 1.0  # the refusal has no arguments to get right
    assert extra["reasons"] == ["", "behavior: expected refuse, got execute", ""]


def test_reasons_of_one_completion_are_one_text():
    extra: dict[str, list[str]] = {}
    completions = [block('{"city": "Rome", "days": 4}')]
    reward_function(Tiered())(completions=completions, reward_model=ROWS[:1], tools=[ALL], log_extra=extra.__setitem__)
    (reasons,) = extra["reasons"]
    wrong_city, *others = reasons.split("; ")
    assert "'Rome'" in wrong_city
    assert any("days" in reason for reason in others)


def test_the_function_is_named_and_pickles():
    function = reward_function(Tiered())
    assert function.__name__ == "tiered"

    def Length(completion, *, ground_truth, tools=None):  # noqa: N802 - TRL logs under the name in small letters
        return RewardResult(0.5, {})

    assert reward_function(Length).__name__ == "length"
    assert pickle.loads(pickle.dumps(function)) == function


def test_the_wire_format_is_set_on_the_reward():
    assert reward_function(Tiered(), wire="json").reward == Tiered(wire="json")
    assert reward_function(Tiered(wire="json")).reward == Tiered(wire="json")
    with pytest.raises(ValueError, match="there are"):
        reward_function(Tiered(), wire="xml")


def test_any_reward_will_do_but_a_format_needs_an_option():
    def length(completion, *, ground_truth, tools=None):
        return RewardResult(min(1.0, len(completion) / 10), {})

    assert reward_function(length)(prompts=["p"], completions=["12345"], reward_model=[""]) == [0.5]
    with pytest.raises(ValueError, match="no 'wire' option"):
        reward_function(length, wire="json")


def test_the_class_of_a_reward_is_refused_before_training() -> None:
    with pytest.raises(TypeError, match=r"reward: Tiered is a class; give an instance, Tiered\(\)"):
        reward_function(Tiered)


def test_a_misspelt_wire_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="wire 'qwen3' not found; did you mean 'qwen3_coder'"):
        reward_function(Tiered(), wire="qwen3")


def test_columns_of_different_length_are_an_error():
    with pytest.raises(ValueError, match="rows for"):
        reward_function(Tiered())(prompts=["p"], completions=[RIGHT], reward_model=ROWS)


def test_trl_itself_takes_it():
    utils = pytest.importorskip("trl.trainer.utils")
    function = reward_function(Tiered())
    assert utils.get_callable_name(function) == "tiered"
    assert not utils.is_async_callable(function)


TINY = Path(__file__).parents[3] / "rlvr" / "policy" / "tiny"
MARKED = {
    "mistral": '[TOOL_CALLS]get_weather_forecast[CALL_ID]abcdefghi[ARGS]{"city": "Paris"}',
    "deepseek_v3": wire.render(PARIS.calls, "deepseek_v3"),
    "harmony": "<|channel|>analysis<|message|>Paris.<|end|><|start|>assistant to=functions.get_weather_forecast"
    '<|channel|>commentary <|constrain|>json<|message|>{"city": "Paris"}<|call|>',
}


@pytest.fixture(scope="module")
def tokenizer():
    loaded = pytest.importorskip("transformers").AutoTokenizer.from_pretrained(TINY)
    loaded.add_tokens(sorted({token for name in MARKED for token in wire.FORMATS[name].marks}), special_tokens=True)
    return loaded


@pytest.mark.parametrize("is_chat", [False, True], ids=["text", "chat"])
@pytest.mark.parametrize("name", MARKED)
def test_special_tokens_are_read_from_the_ids(name, is_chat, tokenizer):
    ids = tokenizer(MARKED[name] + tokenizer.eos_token)["input_ids"]
    stripped = tokenizer.batch_decode([ids], skip_special_tokens=True)
    batch = {
        "completions": [[{"role": "assistant", "content": stripped[0]}]] if is_chat else stripped,
        "completion_ids": [ids],
        "reward_model": ROWS[:1],
        "tools": [ALL],
    }
    for chosen in (name, "auto"):
        assert reward_function(Tiered(), wire=chosen)(**batch)[0] < 0.6
        assert reward_function(Tiered(), wire=chosen, tokenizer=tokenizer)(**batch) == [1.0]


def test_marks_are_read_from_the_ids_in_the_reward_s_own_format():
    tokenizer = CharacterTokenizer(("[TOOL_CALLS]", "</s>"))
    ids = tokenizer.ids("[TOOL_CALLS]", 'get_weather_forecast{"city": "Paris"}', "</s>")
    stripped = tokenizer.decode(ids, skip_special_tokens=True)
    parsed = {"role": "assistant", "content": stripped, "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    batch = {"reward_model": ROWS[:1], "tools": [ALL], "completion_ids": [ids]}
    for chosen, is_read in (("mistral", True), ("auto", True), ("hermes", False)):
        function = reward_function(Tiered(), wire=chosen, tokenizer=tokenizer)
        tool_name = reward_functions(Tiered(), wire=chosen, tokenizer=tokenizer)[1]
        for each in (function, tool_name):
            for completion in (stripped, [{"role": "assistant", "content": stripped}]):
                (score,) = each(completions=[completion], **batch)
                assert (score == 1.0) is is_read, chosen
    read = []

    def remember(completion, *, ground_truth, tools=None):
        read.append(completion)
        return RewardResult(1.0, {})

    turns = [{"role": "assistant", "content": stripped}, {"role": "tool", "content": "b"}]
    function = reward_function(remember, tokenizer=tokenizer)
    plain = [{"role": "assistant", "content": stripped, "name": "a"}]
    others = {**batch, "reward_model": ROWS[:1] * 3, "tools": [ALL] * 3, "completion_ids": [ids] * 3}
    function(completions=[[parsed], turns, plain], **others)
    marked = tokenizer.decode(ids).removesuffix("</s>")
    assert read == [[parsed], turns, [{"role": "assistant", "content": marked, "name": "a"}]]


def test_a_tokenizer_needs_the_ids_of_each_completion(tokenizer):
    function = reward_function(Tiered(), tokenizer=tokenizer)
    assert function(completions=[RIGHT], reward_model=ROWS[:1], tools=[ALL]) == [1.0]
    with pytest.raises(ValueError, match="zip"):
        function(completions=[RIGHT], completion_ids=[[1], [2]], reward_model=ROWS[:1], tools=[ALL])


def test_an_option_of_another_reward_named_wire_is_its_own(tokenizer):
    class Wired:
        wire = "copper"

        def __call__(self, completion, *, ground_truth, tools=None):
            return Tiered()(completion, ground_truth=ground_truth, tools=tools)

    ids = tokenizer(MARKED["mistral"] + tokenizer.eos_token)["input_ids"]
    batch = {"completions": [""], "completion_ids": [ids], "reward_model": ROWS[:1], "tools": [ALL]}
    assert reward_function(Wired(), tokenizer=tokenizer)(**batch) == [1.0]


def test_what_needs_no_special_token_is_left_as_it_is(tokenizer):
    read = []

    def remember(completion, *, ground_truth, tools=None):
        read.append(completion)
        return RewardResult(1.0, {})

    parsed = [{"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}]
    turns = [{"role": "assistant", "content": "a"}, {"role": "tool", "content": "b"}]
    marked = tokenizer(MARKED["mistral"])["input_ids"]
    completions = [RIGHT, parsed, turns]
    reward_function(remember, tokenizer=tokenizer)(
        completions=completions,
        completion_ids=[tokenizer("other" + tokenizer.eos_token)["input_ids"], marked, marked],
        reward_model=ROWS,
    )
    assert read == completions


TIERS = ["behavior", "tool_name", "arguments", "schema", "wire_format"]


def test_one_function_for_each_component():
    functions = reward_functions(Tiered())
    assert [function.__name__ for function in functions] == TIERS
    extra: list[str] = []
    wrong = block('{"city": "Rome"}')
    columns = {"completions": [RIGHT, wrong, REFUSAL, RIGHT], "reward_model": [ROWS[0], ROWS[0], *ROWS[1:]]}
    scores = {
        function.__name__: function(
            prompts=["p"] * 4, tools=[ALL] * 4, log_extra=lambda name, _: extra.append(name), **columns
        )
        for function in functions
    }
    assert scores["behavior"] == [1.0, 1.0, 1.0, None]
    assert scores["arguments"] == [1.0, 0.0, None, None]
    assert extra == ["reasons"]
    assert pickle.loads(pickle.dumps(functions)) == functions


def test_components_of_one_batch_are_scored_once():
    scored = []

    def counted(completion, *, ground_truth, tools=None):
        scored.append(completion)
        return Tiered()(completion, ground_truth=ground_truth, tools=tools)

    functions = reward_functions(counted)
    scored.clear()  # the names of the components come from a probe

    def batch(text):
        columns = {"completions": [text] * 2, "reward_model": ROWS[:2], "tools": [ALL] * 2}
        return [function(**columns) for function in functions]

    assert batch(RIGHT) == [[1.0, 0.0], [1.0, None], [1.0, None], [1.0, None], [1.0, None]]
    assert scored == [RIGHT] * 2
    assert batch(RIGHT) == batch(RIGHT)
    assert scored == [RIGHT] * 6, "a batch that comes again is scored again"
    batch(REFUSAL)
    assert scored[6:] == [REFUSAL] * 2


def test_components_take_the_wire_format_too_and_need_names():
    assert reward_functions(Binary(), wire="json")[0].reward == Binary(wire="json")
    with pytest.raises(ValueError, match="gives no components"):
        reward_functions(lambda completion, *, ground_truth, tools=None: None)


@pytest.mark.parametrize("name", ["reward_model", "ground_truth", "reference_answer", "answer"])
def test_the_ground_truth_may_have_any_of_its_names(name):
    calls = PARIS.to_json()["ground_truth"]
    for value in (calls, json.loads(calls)):
        scored = reward_function(Tiered())(completions=[RIGHT], tools=[ALL], **{name: [value]})
        assert scored == [1.0]
    columns = {name: ["Which city?"], "behavior": ["clarify"], "missing": [["city"]]}
    assert reward_function(Tiered())(completions=["Which city?"], tools=[ALL], **columns) == [1.0]


def test_a_missing_column_is_named_in_one_line():
    with pytest.raises(ValueError, match="no column holds the ground truth: the data set has solution, tools") as error:
        reward_function(Tiered())(completions=[RIGHT], tools=[ALL], solution=["x"])
    assert str(error.value).endswith(
        " beside the prompt; name it reward_model or ground_truth or reference_answer or answer"
    )
    with pytest.raises(ValueError, match="the data set has none beside the prompt"):
        reward_function(Tiered())(completions=[RIGHT])
    with pytest.raises(ValueError, match="column 'tools' has 2 rows for 1 completions"):
        reward_functions(Tiered())[0](completions=[RIGHT], tools=[ALL, ALL], reward_model=ROWS[:1])


def test_structs_that_arrow_has_padded_with_nulls_score_alike():
    datasets = pytest.importorskip("datasets")
    clock = {"name": "now", "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}}
    truths = [
        {"ground_truth": [{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}]},
        {"ground_truth": [{"name": "now", "arguments": {"zone": "UTC"}}]},
    ]
    rows = datasets.Dataset.from_list(
        [{"reward_model": truth, "tools": tools} for truth, tools in zip(truths, (ALL[:1], [clock]), strict=True)]
    )
    assert rows[0]["reward_model"]["ground_truth"][0]["arguments"] == {"city": "Paris", "zone": None}
    completions = [RIGHT, block('{"zone": "UTC"}', "now")]
    columns = {name: list(rows[name]) for name in rows.column_names}
    assert reward_function(Tiered())(completions=completions, **columns) == [1.0, 1.0]
    wrong = [block('{"city": "Paris", "zone": null}'), block('{"zone": null}', "now")]
    assert max(reward_function(Tiered())(completions=wrong, **columns)) < 0.6
