from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from peft import get_peft_model

from rlvr.config import HardwareConfig, LoraConfig, ModelConfig, PolicyConfig
from rlvr.errors import UserError
from rlvr.policy.checks import check_model
from rlvr.policy.load import device_for, load_policy, peft_config

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_loads_ready_to_generate(random_policy: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    assert policy.stop == "<|im_end|>"
    assert policy.model.generation_config.eos_token_id == [policy.tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert policy.tokenizer.padding_side == "left"
    assert not policy.model.training
    assert policy.model.dtype == torch.float32


def test_saving_and_loading_gives_the_same_weights(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    policy.save(tmp_path)
    again = load_policy(ModelConfig(path=str(tmp_path)))
    weights = again.model.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in policy.model.state_dict().items())
    assert again.tokenizer.chat_template == policy.tokenizer.chat_template


def test_a_run_folder_stands_for_its_last_stage(random_policy: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").touch()
    load_policy(ModelConfig(path=str(random_policy))).save(tmp_path / "sft" / "final")
    assert load_policy(ModelConfig(path=str(tmp_path))).stop == "<|im_end|>"


def test_the_folder_of_a_stage_stands_for_its_policy(random_policy: Path, tmp_path: Path) -> None:
    load_policy(ModelConfig(path=str(random_policy))).save(tmp_path / "sft" / "final")
    check_model(model := ModelConfig(path=str(tmp_path / "sft")))
    assert load_policy(model).stop == "<|im_end|>"


def test_a_run_without_a_finished_stage_says_how_to_finish(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").touch()
    with pytest.raises(UserError, match=f"rlvr train resume={tmp_path}"):
        load_policy(ModelConfig(path=str(tmp_path)))


def test_a_path_without_a_model_is_a_user_s_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"model\.path .* cannot be loaded") as caught:
        load_policy(ModelConfig(path=str(tmp_path / "nothing")))
    assert "no such folder is here" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_adapters_folder_loads_merged_into_its_model(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    adapter = get_peft_model(policy.model, peft_config(PolicyConfig(lora=LoraConfig(r=2))))
    torch.manual_seed(0)
    for name, weight in adapter.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.1)
    adapter.save_pretrained(tmp_path)
    ids = torch.arange(12)[None]
    with torch.no_grad():
        base = load_policy(ModelConfig(path=str(random_policy))).model(ids).logits
        expected = adapter(ids).logits
        found = load_policy(ModelConfig(path=str(tmp_path))).model(ids).logits
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(found, base, atol=1e-2)


def test_an_adapter_trained_with_added_tokens_loads_with_them(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    policy.tokenizer.add_tokens(["<new_mark>"])
    policy.model.resize_token_embeddings(len(policy.tokenizer))
    lora = LoraConfig(r=2, modules_to_save=["embed_tokens", "lm_head"])
    adapter = get_peft_model(policy.model, peft_config(PolicyConfig(lora=lora)))
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in adapter.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                weight += 0.1 * torch.randn_like(weight)
        adapter.save_pretrained(tmp_path)
        policy.tokenizer.save_pretrained(tmp_path)
        loaded = load_policy(ModelConfig(path=str(tmp_path)))
        ids = torch.tensor([loaded.tokenizer("Paris<new_mark>")["input_ids"]])
        assert ids[0, -1] == len(loaded.tokenizer) - 1
        torch.testing.assert_close(loaded.model(ids).logits, adapter(ids).logits, atol=1e-4, rtol=1e-4)


def test_use_cpu_wins_over_any_accelerator() -> None:
    assert device_for(HardwareConfig(use_cpu=True)) == torch.device("cpu")


def test_an_adapter_takes_its_options_from_the_config() -> None:
    adapter = peft_config(PolicyConfig(lora=LoraConfig(r=4, lora_alpha=8)))
    assert adapter is not None
    assert (adapter.r, adapter.lora_alpha, adapter.task_type) == (4, 8, "CAUSAL_LM")
    assert peft_config(PolicyConfig()) is None


def test_tokens_that_the_model_has_no_rows_for_get_some(random_policy: Path, tmp_path: Path) -> None:
    small = load_policy(ModelConfig(path=str(random_policy)))
    rows = small.model.get_input_embeddings().num_embeddings
    small.tokenizer.add_tokens([f"<|new{n}|>" for n in range(rows + 2 - len(small.tokenizer))])
    small.save(tmp_path)
    grown = load_policy(ModelConfig(path=str(tmp_path)))
    weight = grown.model.get_input_embeddings().weight
    assert weight.shape[0] == len(grown.tokenizer) == rows + 2
    assert torch.equal(weight[:rows], small.model.get_input_embeddings().weight)


def test_a_template_of_the_user_s_own_and_its_defaults_are_saved_with_the_policy(
    random_policy: Path, tmp_path: Path
) -> None:
    template = tmp_path / "template.jinja"
    own = load_policy(ModelConfig(path=str(random_policy))).tokenizer.chat_template
    template.write_text(own.replace('"You are a helpful assistant."', "persona"))
    config = ModelConfig(
        path=str(random_policy), chat_template=str(template), chat_template_kwargs={"persona": "You are curt."}
    )
    policy = load_policy(config)
    policy.save(tmp_path / "saved")
    again = load_policy(ModelConfig(path=str(tmp_path / "saved"))).tokenizer
    assert "You are curt." in again.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    with pytest.raises(UserError, match=r"model\.chat_template: .*absent.jinja cannot be read"):
        load_policy(ModelConfig(path=str(random_policy), chat_template=str(tmp_path / "absent.jinja")))
