"""GRPO on calls that vLLM constrains: what comes out, and that each token's weight is what the grammar allowed of the
policy's probability. Needs vLLM: `make test-vllm`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
import trl

from rewards import Toolset, wire
from rlvr.chat import served_text
from rlvr.cli import main
from rlvr.config import RolloutConfig, compose
from rlvr.data.synth import synthesize
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.files import read_log
from rlvr.policy.load import load_policy
from rlvr.sampling.grammar import Grammars
from rlvr.training import GRPOTrainer, grpo
from rlvr.training.vllm_trainer import GAP, LEFT_FREE, RATIO

if TYPE_CHECKING:
    from rlvr.records.row import Row

pytest.importorskip("vllm", reason="vLLM is not installed")

CANDIDATES = 8
OPTIONS = [
    "data=none",
    "pipeline=[grpo]",
    "rollout=vllm",
    "rollout.constrain_calls=true",
    "hardware=cpu",
    "training.skip_zero_advantages=false",
    "training.args.max_completion_length=128",
    "training.args.per_device_train_batch_size=8",
    "training.args.gradient_accumulation_steps=1",
    "training.args.max_steps=2",
]
# The order of their sums apart, vLLM and the trainer agree in float32.
ROUNDING = 5e-5
REFUSED = {"type": "function", "function": {"name": "no name", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Tools that the embedded policy has not seen, so that it often calls others; one row has no grammar."""
    first, *rest = synthesize("procedural", rows=4, seed=3)
    return [replace(first, tools=[*first.tools, REFUSED]), *rest]


@pytest.fixture(scope="module")
def sampled(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> tuple[GRPOTrainer, dict[str, Any]]:
    """A trainer and eight candidates of each row, row by row."""
    folder, config = tmp_path_factory.mktemp("constrained"), compose(OPTIONS)
    made = grpo.trainer(load_policy(config.model), {"made_up": rows}, config, folder / "grpo", folder / "r.jsonl")
    made.vllm_generation.sync_weights()
    made.model.train()
    inputs = [made.train_dataset[place // CANDIDATES] for place in range(len(rows) * CANDIDATES)]
    return made, made._generate_and_score_completions(inputs)


def log_mass(made: GRPOTrainer, tools: list[Any], prompt: list[int], completion: list[int]) -> torch.Tensor:
    """For each token of a completion, the log of the policy's probability of all tokens that the grammar allows there.

    Computed with transformers and a grammar of its own: nothing of vLLM is asked.
    """
    import xgrammar

    size = made.model.config.vocab_size
    logits_K_V = made.model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1].float()
    logits_K_V = logits_K_V / made.temperature
    (tag,), _ = Grammars(made.processing_class).of_each([tools])
    if tag is None:
        return torch.zeros(len(completion))
    info = xgrammar.TokenizerInfo.from_huggingface(made.processing_class, vocab_size=size)
    matcher = xgrammar.GrammarMatcher(xgrammar.GrammarCompiler(info).compile_structural_tag(tag))
    allowed_K_V = logits_K_V.clone()
    for place, token in enumerate(completion):
        bits = xgrammar.allocate_token_bitmask(1, size)
        matcher.fill_next_token_bitmask(bits)
        xgrammar.apply_token_bitmask_inplace(allowed_K_V[place : place + 1], bits)
        assert matcher.accept_token(token), "vLLM drew what the grammar forbids"
    return allowed_K_V.logsumexp(-1) - logits_K_V.logsumexp(-1)


@torch.no_grad()
def test_the_weight_of_each_token_is_what_the_grammar_allowed(
    rows: list[Row], sampled: tuple[GRPOTrainer, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, batch = sampled
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    attended = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    logps_NK, *_ = made._get_per_token_logps_and_entropies(made.model, ids, attended, batch["completion_ids"].shape[1])
    differences = logps_NK - batch["sampling_per_token_logps"]
    weights, masses = [], []
    for place, row_mask in enumerate(batch["completion_mask"].bool()):
        prompt = batch["prompt_ids"][place][batch["prompt_mask"][place].bool()].tolist()
        completion = batch["completion_ids"][place][row_mask].tolist()
        row_mass = log_mass(made, rows[place // CANDIDATES].tools, prompt, completion)
        torch.testing.assert_close(differences[place][row_mask], row_mass, rtol=0, atol=ROUNDING)
        masses.append(row_mass)
        weights.append(row_mass.sum().exp().item())
    every = torch.cat(masses)
    assert every.min() < torch.tensor(0.5).log(), "the grammar never mattered"
    assert (every.abs() < ROUNDING).float().mean() > 0.5, "text is not free"
    assert torch.cat(masses[:CANDIDATES]).abs().max() == 0, "the row without a grammar was constrained"
    assert made._metrics["train"][LEFT_FREE] == [1 / len(rows)]

    # TRL's default weighs whole candidates, and cuts off weights above 3 alone.
    monkeypatch.setattr(made, "current_gradient_accumulation_steps", 1, raising=False)
    made._metrics["train"].clear()
    made._compute_loss(made.model, batch)
    logged = {name: values[-1] for name, values in made._metrics["train"].items()}
    assert logged[f"{RATIO}/mean"] == pytest.approx(sum(weights) / len(weights), rel=1e-3)
    assert logged[f"{RATIO}/min"] == pytest.approx(min(weights), rel=1e-2)
    assert logged[f"{RATIO}/max"] == pytest.approx(1.0, abs=1e-3)
    assert logged[f"{GAP}/max"] < ROUNDING, "the gap counts what the grammar forbids"


def test_a_call_that_ends_is_one_of_the_row_s_tools_by_its_schema(
    rows: list[Row], sampled: tuple[GRPOTrainer, dict[str, Any]]
) -> None:
    made, batch = sampled
    n_calls = 0
    for place, mask in enumerate(batch["completion_mask"].bool()):
        ids = batch["completion_ids"][place][mask].tolist()
        if place < CANDIDATES or ids[-1] not in made.eos_token_ids:
            continue
        toolset = Toolset.of(rows[place // CANDIDATES].tools)
        parsed = wire.parse(served_text(made.processing_class, ids), "hermes", toolset)
        assert parsed.malformed == 0, parsed
        for call in parsed.calls:
            assert toolset is not None
            assert toolset[call.name].admits(call.arguments), call
            n_calls += 1
    assert n_calls >= 4
    made.vllm_generation.llm.llm_engine.engine_core.shutdown()


def test_a_run_and_its_evaluation_are_constrained(rows: list[Row], tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row.to_json()) + "\n" for row in rows))
    data = [f"+data.{part}.made_up.path={path}" for part in ("train", "evaluation")]
    options = [*OPTIONS, *data, "tracking=none", "gate=off", "training.dynamic_sampling_rounds=1"]
    assert main(["train", *options, f"run_dir={tmp_path}/run"]) == 0
    metrics = read_log(tmp_path / "run" / "metrics.jsonl")
    largest = [record[f"{RATIO}/max"] for record in metrics if f"{RATIO}/max" in record]
    assert largest == pytest.approx([1.0] * 2, abs=0.1)
    held = ["evaluate", "rollout=vllm", "rollout.constrain_calls=true", "hardware=cpu", "data=none", data[1]]
    assert main([*held, "evaluation.max_new_tokens=48", f"run_dir={tmp_path}/held"]) == 0
    assert len((tmp_path / "held" / "made_up.jsonl").read_text().splitlines()) == len(rows)


def test_conversations_are_constrained_turn_by_turn(tmp_path: Path) -> None:
    tools = [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]
    config = compose([*OPTIONS, "training.most_episode_tokens=120"])
    rows = [each.row for each in generate(Recipe(tools, rows=2))]
    made = grpo.trainer(load_policy(config.model), {"worlds": rows}, config, tmp_path / "grpo", tmp_path / "r.jsonl")
    made.model.train()
    batch = made._generate_and_score_completions([made.train_dataset[place // CANDIDATES] for place in range(16)])
    assert batch["tool_mask"].min() == 0, "no conversation went on after its first turn"
    assert set(made._metrics["train"][LEFT_FREE]) == {0.0}
    assert all(made.vllm_generation.tags)
    made.vllm_generation.llm.llm_engine.engine_core.shutdown()


def test_a_policy_whose_calls_have_no_grammar_is_refused_before_it_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("rlvr.training.pipeline.load_policy", "vllm.LLM"):
        monkeypatch.setattr(module, lambda *_, **__: pytest.fail("the model is loaded"))
    template = Path(trl.__file__).parent / "chat_templates" / "llama3_1.jinja"
    data = [f"+data.{part}.five={{synth: five_tools, rows: 8}}" for part in ("train", "evaluation")]
    for command in ("train", "evaluate"):
        options = (
            [*OPTIONS, "data.long_prompts=drop"]
            if command == "train"
            else ["rollout=vllm", "rollout.constrain_calls=true", "data=none"]
        )
        parts = data if command == "train" else data[1:]
        assert (
            main([command, *options, f"model.chat_template={template}", *parts, f"run_dir={tmp_path}/{command}"]) == 2
        )
        error = capsys.readouterr().err
        assert "rollout.constrain_calls: there is no grammar for calls in the format llama3_json" in error


def test_a_trainer_needs_each_row_s_tools_and_the_correction(random_policy: Path, tmp_path: Path) -> None:
    from datasets import Dataset

    def build(**args: Any) -> GRPOTrainer:
        return GRPOTrainer(
            model=str(random_policy),
            reward_funcs=lambda completions, **_: [0.0] * len(completions),
            args=trl.GRPOConfig(str(tmp_path), use_vllm=True, use_cpu=True, bf16=False, report_to="none", **args),
            train_dataset=Dataset.from_dict({"prompt": ["a"] * 8}),
            rollout=RolloutConfig(backend="vllm", constrain_calls=True),
        )

    with pytest.raises(ValueError, match="vllm_importance_sampling_correction: False does not go with constrained"):
        build(vllm_importance_sampling_correction=False)
    with pytest.raises(ValueError, match="the data set has no column `tools`"):
        build()
