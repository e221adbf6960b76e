"""Composition of conf/, and what a user reads where an option, a choice or a value does not exist."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import pytest

import rewards
from rlvr import config, processes
from rlvr.errors import UserError

NEEDED = {("reward", "judge"): ["reward.judge.endpoint=http://localhost:8000/v1"]}
"""What a choice cannot do without."""

CHOICES = [(group, choice) for group, choices in config.groups().items() for choice in choices]


@functools.cache
def composed_choice(group: str, choice: str) -> config.Config:
    """Compose a choice once for the tests that look at it: a composition takes a tenth of a second."""
    return config.compose([f"{group}={choice}", *NEEDED.get((group, choice), ())])


def error_of(*overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        config.compose(overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


SERVER = "rollout=server rollout.endpoint=http://localhost:8000/v1"


@pytest.mark.parametrize(("group", "choice"), CHOICES, ids=[f"{group}={choice}" for group, choice in CHOICES])
def test_every_choice_composes(group: str, choice: str) -> None:
    composed = composed_choice(group, choice)
    assert isinstance(config.build_reward(composed.reward), rewards.Reward)


@pytest.mark.slow
@pytest.mark.parametrize(("group", "choice"), CHOICES, ids=[f"{group}={choice}" for group, choice in CHOICES])
def test_every_choice_instantiates_the_trainers_arguments(
    group: str, choice: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from rlvr.policy.load import peft_config
    from rlvr.training import arguments, dpo, grpo, sft

    if choice == "fsdp2":  # for several processes with GPUs
        monkeypatch.setattr(arguments, "SHARDS_ON", ("cpu",))
        monkeypatch.setattr(processes, "launched", lambda: 2)
    if choice == "vllm":
        pytest.importorskip("vllm", reason="vLLM is not installed")
    # bf16 needs a GPU (or a CPU with it) and is checked by torch when the arguments are built
    composed = composed_choice(group, choice)
    composed = dataclasses.replace(composed, hardware=dataclasses.replace(composed.hardware, bf16=False, use_cpu=True))
    assert sft.arguments(composed, tmp_path).seed == composed.seed
    assert grpo.arguments(composed, tmp_path).num_generations == composed.training.args["num_generations"]
    assert dpo.arguments(composed, tmp_path).beta == composed.dpo.args["beta"]
    assert (peft_config(composed.policy) is None) == (composed.policy.lora is None)


@pytest.mark.parametrize("name", [path.stem for path in config.config_folder().glob("*.yaml")])
def test_every_primary_config_composes(name: str) -> None:
    assert config.compose(config_name=name).model == config.ModelConfig()


def test_every_section_of_the_config_has_choices() -> None:
    sections = {field.name for field in dataclasses.fields(config.Config) if f"{field.type}".endswith("Config")}
    assert sections | {"reward", "experiment", "sweep"} == set(config.groups())


def test_evaluate_starts_without_rows() -> None:
    assert config.compose(config_name="evaluate").data == config.DataConfig()


def test_shell_overrides_reach_every_kind_of_option() -> None:
    composed = config.compose(
        [
            "model=qwen3-0.6b",
            "policy=lora",
            "policy.lora.r=4",
            "data=none",
            "data.evaluation.mine.path=rows.jsonl",
            "training.args.learning_rate=1",
            "sft.args.max_steps=3",
            "reward.partial_cap=0.5",
            "evaluation.confidence=0.9",
            "pipeline=[grpo]",
            "hardware.use_cpu=null",
            "name=7",
        ]
    )
    assert composed.model == config.ModelConfig(path="Qwen/Qwen3-0.6B", dtype="bfloat16")
    assert composed.policy.lora == config.LoraConfig(r=4)
    assert composed.data.evaluation == {"mine": config.Source(path="rows.jsonl")}
    assert composed.training.args["learning_rate"] == 1
    assert composed.sft.args["max_steps"] == 3
    assert config.build_reward(composed.reward) == rewards.Tiered(partial_cap=0.5)
    assert composed.evaluation.confidence == 0.9
    assert composed.pipeline == ["grpo"]
    assert composed.name == "7"


def test_one_option_of_an_adapter_is_enough_to_have_one() -> None:
    assert config.compose(["policy.lora.r=4"]).policy.lora == config.LoraConfig(r=4)


def test_a_choice_replaces_another_whole() -> None:
    assert config.compose(["reward=binary"]).reward == {"_target_": "rewards.Binary"}


@pytest.mark.parametrize(
    ("override", "nearest", "listed"),
    [
        ("sed=1", "'seed'", "pipeline"),
        ("+sed=1", "'seed'", "pipeline"),
        ("rewrad=binary", "'reward'", "training"),
        ("reward=tierd", "'tiered'", "binary"),
        ("experiment=dem", "'demo'", "conf/experiment has"),
        ("model.pth=x", "'model.path'", "model.dtype"),
        ("training.arg.max_steps=1", "'training.args'", "training.rows"),
        ("policy.lora.rr=1", "'policy.lora.r'", "policy.lora.lora_alpha"),
        ("data.train.mine.pth=x", "'data.train.mine.path'", "data.train.mine.synth"),
        ("reward.partail_cap=0.5", "'reward.partial_cap'", "reward."),
        ("model.dtype=fp32", "'float32'", "bfloat16"),
        ("pipeline=[stf]", "'sft'", "grpo"),
    ],
)
def test_a_misspelt_name_says_the_nearest_and_lists_what_is_allowed(override: str, nearest: str, listed: str) -> None:
    message = error_of(override)
    assert f"did you mean {nearest}?" in message
    assert listed in message.split("did you mean")[1]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seed=abc", "seed: expected a whole number, got 'abc'"),
        ("seed=1.5", "seed: expected a whole number, got 1.5"),
        ("seed=true", "seed: expected a whole number, got True"),
        ("hardware.bf16=1", "hardware.bf16: expected true or false, got 1"),
        ("model.path=null", "model.path: expected text, got null"),
        ("pipeline=3", "pipeline: expected a list, as in [a,b], got 3"),
        ("data.train=null", "data.train: expected a mapping, got null"),
        ("model.path=[a]", "model.path: expected text, got ['a']"),
        ("training.rows=0", "training.rows: 0 is less than 1"),
        ("training.dynamic_sampling_rounds=-1", "training.dynamic_sampling_rounds: -1 is less than 0"),
        ("training.partial_cap_end=2", "training.partial_cap_end: 2.0 is not in [0, 1]"),
        ("training.partial_cap_end=0 reward=binary", "training.partial_cap_end: Binary has no partial_cap; leave it"),
        ("training.partial_cap_end=0 training=gdpo", "normalize_components trains on components, which have no cap"),
        (
            "training.trained_candidates=1",
            "trained_candidates: 1 is not between 2 and the 8 that are generated",
        ),
        ("training.trained_candidates=5 training.args.num_generations=4", "5 is not between 2 and the 4 that are"),
        ("sft.rows_per_prefix=0", "sft.rows_per_prefix: 0 is less than 1"),
        ("data.train.five_tools.stages=[rl]", "data.train.five_tools.stages: 'rl' not found; allowed: dpo, grpo, sft"),
        ("data.train.five_tools.stages=[sft]", "data.train: no rows for grpo: every set is for other stages only"),
        ("policy.lora.r=0", "policy.lora.r: 0 is less than 1"),
        ("evaluation.confidence=1", "evaluation.confidence: 1.0 is not between 0 and 1"),
        ("rollout.backend=sglang", "rollout.backend: 'sglang' not found; allowed: hf, server, vllm"),
        ("rollout.ahead=true", "rollout.ahead: it is for a vLLM server; take rollout=server, or leave it out"),
        ("rollout=vllm rollout.endpoint=http://a/v1", "rollout.endpoint: it is for a vLLM server; take rollout=server"),
        (f"{SERVER} training.args.vllm_mode=server", "training.args.vllm_mode: it is of vLLM without rollout=server"),
        (f"{SERVER} rollout.engine.seed=1", "rollout.engine: the server has been started already; leave it out"),
        (
            f"{SERVER} rollout.ahead=true training.dynamic_sampling_rounds=1",
            "training.dynamic_sampling_rounds: rollout.ahead draws before it could; set it to 0",
        ),
        (
            f"{SERVER} policy=lora model.quantization=nf4",
            "rollout=server: it cannot be given quantized weights from an earlier stage; train that in a run of its",
        ),
        ("rollout.constrain_calls=true", "rollout.constrain_calls: hf has no grammars; take rollout=vllm"),
        (
            "rollout=vllm rollout.constrain_calls=true model.endpoint=http://localhost:8000/v1",
            "rollout.constrain_calls: it is for weights in vLLM, not for model.endpoint; leave it out",
        ),
        (
            "rollout=vllm rollout.constrain_calls=true training.args.vllm_mode=server",
            "training.args.vllm_mode: server does not go with constrained calls: a server takes one grammar for all",
        ),
        (
            "rollout=vllm rollout.constrain_calls=true training.args.vllm_importance_sampling_correction=false",
            "training.args.vllm_importance_sampling_correction: False does not go with constrained calls: the loss has",
        ),
        ("model.quantization=int4", "model.quantization: 'int4' not found; did you mean 'int8'? allowed: int8, nf4"),
        ("gate.max_abstention_fall=2", "gate.max_abstention_fall: 2.0 is not between 0 and 1; null lets every stage"),
        ("dpo.confusable=2", "dpo.confusable: 2.0 is not between 0 and 1; it is the share of the rows"),
        ("dpo.method=ipo", "dpo.method: 'ipo' not found"),
        ("+data.pairs.mine.synth=x", "data.pairs.mine: give path, a JSONL file"),
        ("name=a/b", "name: 'a/b' names a file or a folder; give it 1 to 64 letters"),
        (
            "pipeline=[grpo,sft]",
            "['grpo', 'sft'] is out of order or repeats; the order is ['sft', 'dpo', 'grpo']",
        ),
        ("data.train.mine.rows=3", "data.train.mine: give either path (a JSONL file) or synth (a generator), one"),
        ("data.train.five_tools.path=x", "data.train.five_tools: give either path (a JSONL file) or synth"),
        ("data.train.five_tools.rows=0", "data.train.five_tools.rows: 0 is less than 1"),
        ("reward._target_=rewards.Nope", "reward._target_: cannot import 'rewards.Nope'"),
        ("reward._target_=Tiered", "reward._target_: expected the import path of a reward class, such as"),
        ("reward._target_=rewards.presets.__name__", "is not a class, a function or a reward"),
        ("reward.partial_cap=3", "reward (rewards.Tiered): partial_cap"),
        ("seed=0,1", "seed=0,1: several values; add -m to run each"),
        ("seed", "'seed' is not of the form option=value"),
        ("sft=null", "a group takes one of its choices, not null; the groups: data,"),
        ("seed=${nope}", "seed: Interpolation key 'nope' not found"),
        ("training=???", "You must specify 'training'"),
    ],
)
def test_a_wrong_value_is_one_line(override: str, expected: str) -> None:
    assert expected in error_of(*override.split(" "))


def test_a_saved_config_loads_equal(tmp_path: Path) -> None:
    composed = config.compose(["experiment=demo", "policy=lora", "seed=3"])
    config.save(composed, tmp_path / "config.yaml")
    assert config.load(tmp_path / "config.yaml") == composed


def test_an_absent_config_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; a run folder holds"):
        config.load(tmp_path / "config.yaml")


@pytest.mark.parametrize("text", ["- a\n- b\n", "seed: [", "sed: 3\n", ""], ids=["list", "not YAML", "typo", "empty"])
def test_a_file_that_holds_no_config_is_a_users_mistake(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UserError):
        config.load(path)


def test_a_reward_of_the_users_own_is_built_by_its_import_path() -> None:
    reward = config.build_reward({"_target_": "rewards.presets.Tiered", "partial_cap": 0.25})
    assert reward == rewards.Tiered(partial_cap=0.25)


def test_the_weights_of_a_combination_are_options() -> None:
    composed = config.compose(["reward=weighted", "reward.weights.arguments=0.7", "+reward.weights.bfcl=0.1"])
    weights = {"behavior": 0.2, "tool_name": 0.3, "arguments": 0.7, "bfcl": 0.1}
    assert config.build_reward(composed.reward) == rewards.Weighted(weights)
    assert "reward 'argument' not found; there are: behavior" in error_of(
        "reward=weighted", "+reward.weights.argument=1"
    )


OWN_REWARDS = """
from dataclasses import dataclass
from rewards import RewardResult

@dataclass(frozen=True)
class Fixed:
    value: float = 0.5
    def __call__(self, completion, *, ground_truth, tools=None):
        return RewardResult(self.value, None, {}, ())

def plain(completion, *, ground_truth, tools=None, scale=1.0):
    return RewardResult(0.5 * scale, None, {}, ())

def make(value=0.25):
    return Fixed(value)

instance = Fixed(0.75)
"""


@pytest.mark.parametrize(
    ("options", "value", "name"),
    [
        ({"_target_": "own_rewards.Fixed"}, 0.5, "Fixed"),
        ({"_target_": "own_rewards.Fixed", "value": 0.1}, 0.1, "Fixed"),
        ({"_target_": "own_rewards.plain"}, 0.5, "plain"),
        ({"_target_": "own_rewards.plain", "scale": 0.5}, 0.25, "plain"),
        ({"_target_": "own_rewards.make"}, 0.25, "Fixed"),
        ({"_target_": "own_rewards.instance"}, 0.75, "Fixed"),
    ],
)
def test_a_reward_is_a_class_a_function_or_an_instance(
    options: dict[str, object], value: float, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_rewards.py").write_text(OWN_REWARDS)
    monkeypatch.syspath_prepend(tmp_path)
    reward = config.build_reward(options)
    result = reward("text", ground_truth="[]")
    assert result is not None
    assert result.value == value
    assert config.reward_name(reward) == name


def test_options_of_a_reward_that_takes_none_are_a_users_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_rewards.py").write_text(OWN_REWARDS)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"own_rewards\.instance is one reward with its options set; it takes no value"):
        config.build_reward({"_target_": "own_rewards.instance", "value": 1})
    with pytest.raises(UserError, match=r"'reward\.scal' not found; did you mean 'reward\.scale'"):
        config.build_reward({"_target_": "own_rewards.plain", "scal": 1})


@pytest.mark.parametrize(
    ("override", "place"),
    [
        ("learning_rate=1e-5", "training.args.learning_rate"),
        ("training.max_steps=5", "training.args.max_steps"),
        ("sft.learning_rate=1", "sft.args.learning_rate"),
        ("dpo.beta=0.1", "dpo.args.beta"),
        ("num_generations=4", "training.args.num_generations"),
        ("max_new_tokens=64", "evaluation.max_new_tokens"),
        ("lr=1e-5", "training.args.learning_rate"),
        ("model_name=x", "model.path"),
        ("model.name=x", "model.path"),
        ("partial_cap_end=0", "training.partial_cap_end"),
        ("dtype=float32", "model.dtype"),
    ],
)
def test_an_option_in_the_wrong_place_is_told_its_place(override: str, place: str) -> None:
    name = override.partition("=")[0]
    assert f"option {name!r} not found; did you mean {place!r}?" in error_of(override)


def test_a_reward_reads_the_policys_own_wire_format_unless_the_config_names_one() -> None:
    tiered = {"_target_": "rewards.Tiered"}
    assert config.build_reward(tiered, "glm") == rewards.Tiered(wire="glm")
    assert config.build_reward({**tiered, "wire": "auto"}, "glm") == rewards.Tiered()
    assert config.build_reward(tiered) == rewards.Tiered()


@pytest.mark.parametrize(
    "text",
    [
        "rows (1).jsonl",
        "a=b.jsonl",
        "it's.jsonl",
        "ünï & co.jsonl",
        "C:\\rows (1).jsonl",
        "100%.jsonl",
        "a;b",
        "c\\\\'d;",
        "e;\\\\",
        "x: y",
    ],
)
def test_a_text_that_the_grammar_does_not_take_is_quoted(text: str) -> None:
    assert config.compose([f"data.evaluation.mine.path={text}"]).data.evaluation["mine"].path == text


def test_a_text_is_a_list_of_one() -> None:
    assert config.compose(["pipeline=sft"]).pipeline == ["sft"]


@pytest.mark.parametrize("override", ["pipeline=[sft,grpo", "training.args={a:1", "name='x", "name=", "rows (1).jsonl"])
def test_what_is_no_text_is_left_to_the_grammar(override: str) -> None:
    assert config.quoted_where_needed(override) == override
