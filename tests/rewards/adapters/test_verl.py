import asyncio
import json
import pickle
from pathlib import Path

import pytest

from rewards import Binary
from rewards.adapters.verl import KeepingMarks, compute_score, score_function, without_observations
from tests.rewards.tools import ALL, PARIS, RIGHT, CharacterTokenizer, block

TINY = Path(__file__).parents[3] / "rlvr" / "policy" / "tiny"
CALLS = PARIS.to_json()["ground_truth"]
WRONG = block('{"city": "Rome"}')
QUESTION = {"ground_truth": "Which city?", "behavior": "clarify", "missing": ["city"]}


@pytest.mark.parametrize(
    ("completion", "ground_truth", "extra_info", "score"),
    [
        (RIGHT, CALLS, {"tools": ALL}, 1.0),
        (RIGHT, CALLS, {"tools": json.dumps(ALL)}, 1.0),
        (RIGHT, CALLS, None, 1.0),
        (RIGHT, json.dumps(PARIS.to_json()), {"tools": ALL, "index": 3}, 1.0),
        (WRONG, CALLS, {"tools": ALL}, 0.6 * (0.1 + 0.25 + 0.1 + 0.1)),
        ("Which city?", "Which city?", {"tools": ALL, "behavior": "clarify", "missing": ["city"]}, 1.0),
        ("Could you clarify?", json.dumps(QUESTION), {"tools": ALL}, 0.6 * 0.3),
        (RIGHT, "", {"tools": ALL}, 0.0),
    ],
    ids=["right", "tools as text", "no extra_info", "whole reward_model", "wrong", "spread", "question", "unscorable"],
)
def test_scores(completion, ground_truth, extra_info, score):
    result = compute_score("mine", completion, ground_truth, extra_info)
    assert result["score"] == pytest.approx(score)
    assert result["is_scored"] == float(ground_truth != "")
    assert result.keys() == compute_score("mine", RIGHT, CALLS).keys()
    assert all(type(value) is float for value in result.values())


FINAL = "It is sunny in Paris."
TRAJECTORIES = {
    "Qwen": f"{RIGHT}<|im_end|>\n<|im_start|>user\n<tool_response>\n{{}}\n</tool_response><|im_end|>\n"
    f"<|im_start|>assistant\n{FINAL}",
    "Qwen without special tokens": f"{RIGHT}\nuser\n<tool_response>\n{{}}\n</tool_response>\nassistant\n{FINAL}",
    "an answer with calls in it": f"{RIGHT}\nuser\n<tool_response>\n{WRONG}\n</tool_response>\nassistant\n{FINAL}",
    "two answers": f"{RIGHT}\nuser\n<tool_response>\n{WRONG}</tool_response>\n<tool_response>\n{WRONG}"
    f"</tool_response>\nassistant\n{FINAL}",
    "an answer that is cut off": f"{RIGHT}\nuser\n<tool_response>\n{WRONG[:40]}",
    "Llama": '{"name": "get_weather_forecast", "parameters": {"city": "Paris"}}<|eot_id|><|start_header_id|>ipython'
    f"<|end_header_id|>\n\n{WRONG}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n{FINAL}",
    "a recipe's": f"{RIGHT}\n<information>{WRONG}</information>\n{FINAL}",
}


@pytest.mark.parametrize("name", [name for name in TRAJECTORIES if name != "Llama"])
def test_what_tools_answered_is_not_the_completion(name):
    assert compute_score("mine", TRAJECTORIES[name], CALLS, {"tools": ALL})["score"] == 1.0


CALL = '{"name": "get_weather_forecast", "parameters": {"city": "Paris"}}'


@pytest.mark.parametrize(
    ("text", "wrote"),
    [
        ("a<tool_response>b</tool_response>c", "a\nc"),
        ("a\n<tool_response>b</tool_response>\nc", "a\n\n\nc"),
        ("a\nuser\n<tool_response>b</tool_response>\nassistant\nc", "a\nc"),
        ("a\ntool\n<tool_response>b</tool_response><tool_response>b</tool_response>\nassistant\nc", "a\n\nc"),
        (TRAJECTORIES["Qwen"], f"{RIGHT}\n{FINAL}"),
        ("a<tool_response>b", "a\n"),
        (f"{CALL}\nipython\n\n{{}}assistant\n\n{FINAL}", f"{CALL}\n\n{FINAL}"),
        (f"{CALL} ipython\n\n{{}}assistant\n\nipython\n\nb", f"{CALL} \nipython\n\nb"),
        ("a[TOOL_RESULTS]b[/TOOL_RESULTS]c", "a\nc"),
        ("a<｜tool▁outputs▁begin｜>b<｜tool▁outputs▁end｜>c", "a\nc"),
        ("a<observation>b</observation>c<observation>d</observation>e", "a\nc\ne"),
        ("a<information>b</information>c<tool_response>d</tool_response>e", "a\nc\ne"),
    ],
)
def test_what_the_policy_wrote_is_what_is_left_without_answers(text, wrote):
    assert without_observations(text) == wrote


@pytest.mark.parametrize("text", [RIGHT, "Ask the user", "I ran it in ipython\n\nand it works", ""])
def test_what_the_policy_wrote_stays(text):
    assert without_observations(text) == text


def test_a_right_call_after_an_answer_counts():
    rome = '[{"name": "get_weather_forecast", "arguments": {"city": "Rome"}}]'
    text = f"{RIGHT}\nuser\n<tool_response>\n{{}}\n</tool_response>\nassistant\n{WRONG}"
    both = json.dumps(json.loads(CALLS) + json.loads(rome))
    assert compute_score("mine", text, both, {"tools": ALL})["score"] == 1.0
    assert compute_score("mine", text, CALLS, {"tools": ALL})["score"] < 0.6


def test_numpy_values_are_read():
    numpy = pytest.importorskip("numpy")
    calls = numpy.array([{"name": "get_weather_forecast", "arguments": {"city": "Paris", "days": numpy.int64(3)}}])
    tools = numpy.array(ALL, dtype=object)
    assert compute_score("mine", RIGHT, calls, {"tools": tools})["score"] == 1.0
    missing = {"tools": tools, "behavior": "clarify", "missing": numpy.array(["city"], dtype=object)}
    assert compute_score("mine", "Which city?", "Which city?", missing)["score"] == 1.0


def test_another_reward_and_pickling():
    function = score_function(Binary())
    assert function("mine", WRONG, CALLS, {"tools": ALL})["score"] == 0.0
    assert pickle.loads(pickle.dumps(function)) == function


def test_the_marks_of_calls_are_kept_and_nothing_else_of_the_tokens_that_verl_drops():
    tokenizer = CharacterTokenizer(("[TOOL_CALLS]", "</s>"))
    keeping = KeepingMarks(tokenizer, "mistral")
    ids = tokenizer.ids("[TOOL_CALLS]", "f{}", "</s>")
    assert keeping.decode(ids) == "[TOOL_CALLS]f{}"
    assert keeping.decode(ids, skip_special_tokens=False) == "[TOOL_CALLS]f{}</s>"
    assert keeping.decode(tokenizer.ids("Sunny.", "</s>")) == "Sunny."


def test_a_tokenizer_keeps_the_marks_of_calls():
    np = pytest.importorskip("numpy")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(TINY)
    tokenizer.add_tokens(["[TOOL_CALLS]", "[ARGS]"], special_tokens=True)
    keeping = KeepingMarks(tokenizer, "mistral")
    call = '[TOOL_CALLS]get_weather_forecast[ARGS]{"city": "Paris"}'
    ids = tokenizer(call)["input_ids"]
    numbers = np.array([*ids, tokenizer.eos_token_id])
    assert keeping.decode(numbers) == call
    assert keeping.decode(numbers, skip_special_tokens=False) == call + tokenizer.eos_token
    assert keeping.decode(tokenizer("It is sunny.")["input_ids"]) == "It is sunny."


def test_verl_itself_loads_and_calls_it():
    pytest.importorskip("verl", reason="verl is not installed: pip install verl")
    import numpy as np
    import torch
    from omegaconf import OmegaConf
    from verl import DataProto
    from verl.experimental.reward_loop.reward_manager import NaiveRewardManager
    from verl.trainer.ppo.reward import get_custom_reward_fn

    class Characters:
        """A tokenizer: a token for each character."""

        def decode(self, ids, skip_special_tokens):
            return "".join(map(chr, ids.tolist()))

    path = "pkg://rewards.adapters.verl"
    config = {"reward": {"custom_reward_function": {"path": path, "name": "compute_score"}}}
    function = get_custom_reward_fn(OmegaConf.create(config))

    async def scored(completion):
        ids = torch.tensor([[ord(character) for character in completion]])
        data = DataProto.from_dict(
            tensors={"responses": ids, "attention_mask": torch.ones_like(ids)},
            non_tensors={
                "data_source": np.array(["mine"], dtype=object),
                "reward_model": np.array([{"ground_truth": CALLS, "style": "rule"}], dtype=object),
                "extra_info": np.array([{"tools": json.dumps(ALL)}], dtype=object),
            },
        )
        manager = NaiveRewardManager(OmegaConf.create({}), Characters(), function)
        return await manager.run_single(data)

    right = asyncio.run(scored(RIGHT))
    assert right["reward_score"] == 1.0
    assert right["reward_extra_info"]["arguments"] == 1.0
    assert asyncio.run(scored(WRONG))["reward_score"] == pytest.approx(0.33)


def test_the_policy_s_wire_format_is_an_option():
    bare = '[{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}]'
    truth = json.dumps([{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}])
    assert compute_score("d", bare, truth, {"tools": ALL})["score"] == 1.0
    assert compute_score("d", bare, truth, {"tools": ALL}, wire="hermes")["score"] < 0.6
