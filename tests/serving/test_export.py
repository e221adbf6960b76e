"""An exported policy is the trained one: same weights, tokens and template, with the papers that a stranger needs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
import yaml
from peft import get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from rewards import wire
from rewards.wire import FORMATS
from rlvr import config as configuration
from rlvr.cli import main
from rlvr.config import Config, DataConfig, LoraConfig, ModelConfig, PolicyConfig, Source
from rlvr.errors import RunError, UserError
from rlvr.policy.load import Policy, load_policy, peft_config
from rlvr.serving import card, export, manifest
from rlvr.serving.served import served as ready_to_serve
from rlvr.serving.trained import find
from tests import without_rlvr

INTERVAL = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 30}
SUMMARY = {"reward": INTERVAL, "exact": INTERVAL, "by_behavior": {"execute": INTERVAL}}


def adapted(policy: Path) -> tuple[Policy, Any]:
    """A policy, and its model under an adapter that changes what it computes."""
    loaded = load_policy(ModelConfig(path=str(policy)))
    torch.manual_seed(1)
    model = get_peft_model(loaded.model, peft_config(PolicyConfig(lora=LoraConfig(r=2))))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data.normal_()
    return loaded, model


@pytest.fixture
def run(random_policy: Path, tmp_path: Path) -> Path:
    """A run's folder as `rlvr train policy=lora` leaves it: SFT with an adapter, then GRPO."""
    folder = tmp_path / "run"
    trained = {"mine": Source(path="data/clinic.jsonl"), "made": Source(synth="five_tools")}
    config = Config(
        name="clinic",
        run_dir=str(folder),
        model=ModelConfig(path=str(random_policy)),
        policy=PolicyConfig(LoraConfig(r=2)),
        data=DataConfig(train=trained),
    )
    folder.mkdir()
    (folder / "metrics.jsonl").touch()
    configuration.save(config, folder / "config.yaml")
    (folder / "evaluation.json").write_text(json.dumps({"unseen": {"base": SUMMARY, "sft": SUMMARY, "grpo": SUMMARY}}))
    loaded, model = adapted(random_policy)
    loaded.save(folder / "grpo" / "final")
    final = folder / "sft" / "final"
    model.save_pretrained(final / "adapter")
    replace(loaded, model=model.merge_and_unload()).save(final)
    return folder


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor([[5, 6, 7, 8]])).logits


def test_an_export_loads_without_rlvr_and_is_the_policy(tmp_path: Path) -> None:
    out = tmp_path / "out"
    served = export.export(find("tiny"), out)
    policy = load_policy(ModelConfig(path="tiny", dtype="bfloat16"))
    model = AutoModelForCausalLM.from_pretrained(out)
    tokenizer = AutoTokenizer.from_pretrained(out)
    assert model.dtype == torch.bfloat16  # as the embedded weights are saved
    assert all(
        torch.equal(a, b) for a, b in zip(model.state_dict().values(), policy.model.state_dict().values(), strict=True)
    )
    assert tokenizer.chat_template == policy.tokenizer.chat_template
    assert tokenizer.get_vocab() == policy.tokenizer.get_vocab()
    assert model.generation_config.eos_token_id == policy.model.generation_config.eos_token_id
    assert (served.wire, served.vllm_parser, served.dtype) == ("hermes", "hermes", "bfloat16")
    assert manifest.read(out) == served
    assert all(file.stat().st_mode & 0o044 == 0o044 for file in out.iterdir())


ELSEWHERE = """
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer, model = AutoTokenizer.from_pretrained("."), AutoModelForCausalLM.from_pretrained(".")
weather = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tool = {"type": "function", "function": {"name": "get_weather", "description": "The weather.", "parameters": weather}}
messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
inputs = tokenizer.apply_chat_template(
    messages, tools=[tool], add_generation_prompt=True, return_dict=True, return_tensors="pt"
)
ids = model.generate(**inputs, max_new_tokens=60, do_sample=False)[0, inputs["input_ids"].shape[1] :]
print(tokenizer.decode(ids))
"""


def test_an_export_calls_in_plain_transformers_where_rlvr_cannot_be_imported(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export.export(find("tiny"), out)
    text = without_rlvr.run(ELSEWHERE, out)
    assert text.rstrip().endswith("<|im_end|>")  # the generation config ends the turn
    calls = wire.parse(text, "hermes").calls
    assert [(call.name, call.arguments) for call in calls] == [("get_weather", {"city": "Oslo"})]


def test_the_weights_can_be_written_in_another_type(tmp_path: Path) -> None:
    export.export(find("tiny"), tmp_path / "out", dtype="float32")
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "out").dtype == torch.float32
    read = manifest.read(tmp_path / "out")
    assert read is not None
    assert read.dtype == "float32"


def test_the_last_stage_is_exported_or_the_named_one(run: Path, random_policy: Path) -> None:
    assert find(str(run)).stage in ("sft", "grpo")
    assert find(str(run), "sft").source == str(run / "sft" / "final")
    assert find(str(run / "sft")).source == str(run / "sft" / "final")
    assert find(str(run / "sft" / "final")).name == "clinic"
    assert find(str(random_policy)).run is None
    with pytest.raises(UserError, match=r"stage: .* has no finished 'dpo'; it has: sft, grpo"):
        find(str(run), "dpo")
    with pytest.raises(UserError, match="is no run's folder; leave stage out"):
        find(str(random_policy), "sft")


def test_an_adapter_is_merged_or_kept(run: Path, random_policy: Path, tmp_path: Path) -> None:
    _, model = adapted(random_policy)
    expected = logits(model)
    adapter = find(str(run / "sft" / "final" / "adapter"))
    assert adapter.is_adapter_alone

    export.export(adapter, tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    torch.testing.assert_close(logits(merged), expected, rtol=1e-4, atol=1e-4)

    served = export.export(find(str(run), "sft"), tmp_path / "kept", lora="keep")
    assert not (tmp_path / "kept" / "model.safetensors").exists()
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "kept")  # transformers puts it on its base
    torch.testing.assert_close(logits(loaded), expected, rtol=1e-4, atol=1e-4)
    command = " ".join(served.vllm_command(str(tmp_path / "kept")))
    assert f"--model {random_policy}" in command
    assert f"--lora-modules clinic={tmp_path / 'kept'} --max-lora-rank 2" in command


def test_the_card_says_what_it_is(run: Path, tmp_path: Path) -> None:
    export.export(find(str(run), "sft"), tmp_path / "out", name="clinic-1")
    _, header, body = (tmp_path / "out" / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(header)["tags"] == ["tool-calling", "function-calling", "sft", "rlvr"]
    assert "# clinic-1\n" in body
    assert "stages: base → SFT; seed 0" in body
    assert "a LoRA adapter of rank 2, alpha 32" in body
    assert "training rows `mine`: the file `clinic.jsonl`" in body
    assert "| SFT (this policy) | 0.50 [0.40, 0.60] | 0.50 [0.40, 0.60] | 0.50 [0.40, 0.60] |" in body
    assert "not stated by the model's card; look it up" in body
    assert "--tool-call-parser hermes" in body
    assert "None" not in body
    assert str(run) not in body  # where the run stood is nobody's business


@pytest.mark.parametrize(
    ("base", "licence"),
    [
        ("tiny", "apache-2.0"),
        ("smollm2-135m", "apache-2.0"),
        ("apache", "apache-2.0"),
        ("own", "llama3.2"),
        ("silent", None),
        ("broken", None),
        ("dated", None),
        ("laughing", None),
        ("deep", None),
        ("absent", None),
    ],
)
def test_the_licence_is_that_of_the_base(
    base: str, licence: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cards = {
        "apache": "---\nlicense: apache-2.0\n---\n",
        "own": "---\nlicense: other\nlicense_name: llama3.2\n---\n",
        "silent": "# A model\nlicense: mit\n",
        "broken": "---\n{license: [\n---\n",
        "dated": "---\nlicense: 2025-99-99\n---\n",
        "laughing": "---\n"
        + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9 if n else 'x'}]\n" for n in range(30))
        + "license: *a29\n---\n",
        "deep": "---\nlicense: " + "[" * 5_000 + "\n---\n",
    }
    for name, written in cards.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(written)
    assert card.licence_of(base if base not in cards else f"./{base}") == licence


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_who_reads_it(name: str) -> None:
    served = manifest.manifest("mine", name, ("<|end|>",), "bfloat16")
    commands = served.commands("folder")
    parser = next(iter(FORMATS[name].vllm), None)
    assert ("--enable-auto-tool-choice" in commands["vllm"]) == (parser is not None)
    unread = [warning.partition(" ")[0] for warning in served.unread_by()]
    assert unread == ["vLLM"] * (parser is None) + ["SGLang"] * (not FORMATS[name].sglang)


def test_what_stood_there_stays_where_the_export_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    export.export(find("tiny"), out)
    before = sorted((path.name, path.stat().st_mtime_ns) for path in out.iterdir())

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(card, "text", full)
    with pytest.raises(RunError, match="No space left on device"):
        export.export(find("tiny"), out, dtype="float32")
    assert sorted((path.name, path.stat().st_mtime_ns) for path in out.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["./absent", "out=x"], "absent: no such file or folder"),
        (["tiny"], "out: name the folder to write"),
        (["tiny", "out=x", "lora=mrege"], "lora 'mrege' not found; did you mean 'merge'?"),
        (["tiny", "out=x", "lora=keep"], "has no adapter: all weights were trained; use lora=merge"),
        (["tiny", "out=x", "dtype=fp16"], "dtype 'fp16' not found; did you mean 'float16'?"),
        (["tiny", "out=x", "stage=sft"], "tiny, which is no run's folder; leave stage out"),
        (["tiny", "out=x", "parser=hermess"], "did you mean 'hermes'? vLLM has (nearest): hermes"),
        (["tiny", "out=full"], "full holds something else than an export"),
        (["unfinished", "out=x"], "has no finished stage; go on with: rlvr train resume="),
        (["tiny", "out=x", "shape=x"], "option 'shape' not found"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "metrics.jsonl").touch()
    assert main(["export", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_a_push_goes_to_a_private_repository_or_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").touch()
    with pytest.raises(RunError, match=r"push: me/mine: the hub did not take it: .*offline"):
        export.push(tmp_path, "me/mine")
    with pytest.raises(UserError, match="is no repository's name, OWNER/NAME"):
        export.push(tmp_path, "me/mine/else")

    done: list[tuple[str, dict[str, Any]]] = []

    class Hub:
        def create_repo(self, repository: str, **options: Any) -> None:
            done.append((repository, options))

        def upload_folder(self, **options: Any) -> Any:
            done.append(("upload", options))
            return type("Commit", (), {"repo_url": "https://huggingface.co/me/mine"})

    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    assert export.push(tmp_path, "me/mine") == "https://huggingface.co/me/mine"
    upload = {"repo_id": "me/mine", "folder_path": tmp_path, "ignore_patterns": ["manifest.json"]}
    assert done == [("me/mine", {"private": True, "exist_ok": True}), ("upload", upload)]


def test_a_run_with_a_reward_of_its_own_is_exported_without_running_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "stranger.py").write_text("open('ran', 'w').close()\nReward = None\n")
    plain = (run / "config.yaml").read_text().replace("rewards.Tiered", "stranger.Reward")
    (run / "config.yaml").write_text(plain.replace("trust_remote_code: false", "trust_remote_code: true"))
    trained = find(str(run), "grpo")
    assert trained.config is not None
    assert not trained.config.model.trust_remote_code
    export.export(trained, tmp_path / "out")
    assert "- reward: `stranger.Reward`" in (tmp_path / "out" / "README.md").read_text()
    assert not (tmp_path / "ran").exists()


def test_a_kept_adapter_is_served_with_the_template_that_it_was_trained_with(run: Path, tmp_path: Path) -> None:
    plain = (run / "config.yaml").read_text().replace("chat_template_kwargs: {}", "chat_template_kwargs: {tone: dry}")
    (run / "config.yaml").write_text(plain)
    adapter = find(str(run / "sft" / "final" / "adapter"))
    kept = export.export(adapter, tmp_path / "kept", lora="keep")
    ready = ready_to_serve(find(str(tmp_path / "kept")))
    assert 'set tone = "dry"' in str(ready.tokenizer.chat_template).replace("'", '"')
    assert ready.template == tmp_path / "kept" / "chat_template.jinja"
    assert ready.template.read_text() == ready.tokenizer.chat_template
    assert (ready.manifest.name, ready.manifest.base, ready.manifest.rank) == ("clinic", kept.base, 2)
    with pytest.raises(UserError, match="is an adapter alone; export it first: rlvr export"):
        ready_to_serve(adapter)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dtype", "--trust-remote-code"),
        ("vllm_parser", "--tool-parser-plugin=evil.py"),
        ("name", "-x"),
        ("name", "a\nb"),
        ("name", None),
        ("base", ["a", "--trust-remote-code"]),
        ("rank", "16 --trust-remote-code"),
        ("wire", "no such"),
        ("stops", 5),
    ],
)
def test_a_stranger_s_serve_json_is_values_and_no_flags(field: str, value: Any, tmp_path: Path) -> None:
    plain = manifest.manifest("clinic", "hermes", ["<|im_end|>"], "bfloat16", base="/models/base", rank=8).to_json()
    (tmp_path / manifest.FILE).write_text(json.dumps(plain))
    assert manifest.read(tmp_path) is not None
    (tmp_path / manifest.FILE).write_text(json.dumps({**plain, field: value}))
    with pytest.raises(UserError, match="is no manifest of an exported policy"):
        manifest.read(tmp_path)


def test_a_template_that_rlvr_completes_is_handed_over_as_a_file(random_policy: Path) -> None:
    """The random policy's own template writes no calls."""
    ready = ready_to_serve(find(str(random_policy)))
    assert ready.template.parent != random_policy
    assert ready.template.read_text() == ready.tokenizer.chat_template
    assert "tool_calls" in ready.template.read_text()
    assert (ready.manifest.dtype, ready.manifest.vllm_parser) == ("float32", "hermes")
