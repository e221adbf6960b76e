"""A checkpoint that reads images too is trained as its text model, and saved back as what it was."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from model_families import SIZES
from peft import get_peft_model
from random_policy import random_tokenizer
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForMultimodalLM, PreTrainedModel

from rlvr.config import LoraConfig, ModelConfig, PolicyConfig
from rlvr.policy.load import load_policy, peft_config
from rlvr.policy.multimodal import enclosing
from rlvr.sampling.adapter import why_not_synced

if TYPE_CHECKING:
    from pathlib import Path

    from rlvr.policy.load import Policy

ARCHITECTURES = {
    "qwen3_5": "Qwen3_5ForConditionalGeneration",
    "qwen3_5_moe": "Qwen3_5MoeForConditionalGeneration",
    "gemma3": "Gemma3ForConditionalGeneration",
    "gemma4": "Gemma4ForConditionalGeneration",
    "mistral3": "Mistral3ForConditionalGeneration",
    "lfm2_vl": "Lfm2VlForConditionalGeneration",
}
TEXT_SIZES = {**SIZES, "hidden_size_per_layer_input": 8, "num_kv_shared_layers": 0, "global_head_dim": 16}
VISION_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "depth": 1,
    "num_attention_heads": 2,
    "num_heads": 2,
    "head_dim": 16,
    "out_hidden_size": 64,
    "num_position_embeddings": 16,
    "image_size": 28,
    "patch_size": 14,
}
IDS = torch.arange(5, 29).view(2, 12)


def tiny_config(model_type: str, vocabulary: int) -> Any:
    """The family's defaults, made small by what its own sub-configs know."""
    plain = AutoConfig.for_model(model_type).to_dict()
    text = plain["text_config"]
    if model_type == "mistral3":  # Ministral 3's; the family's default is Mistral's
        text = plain["text_config"] = AutoConfig.for_model("ministral3").to_dict()
    text.pop("per_layer_config", None)
    kinds = list(dict.fromkeys(text.get("layer_types") or ()))
    text |= {name: size for name, size in TEXT_SIZES.items() if text.get(name) is not None}
    text |= {
        "vocab_size": vocabulary,
        "vocab_size_per_layer_input": vocabulary,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 1,
    }
    if kinds:
        text["layer_types"] = (kinds * text["num_hidden_layers"])[: text["num_hidden_layers"]]
    vision = plain["vision_config"] or AutoConfig.for_model(f"{model_type}_vision").to_dict()
    vision.pop("per_layer_config", None)
    plain["vision_config"] = vision | {name: size for name, size in VISION_SIZES.items() if name in vision}
    return AutoConfig.for_model(**plain)


FAST = ("qwen3_5", "mistral3")


@pytest.fixture(
    params=[pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in ARCHITECTURES],
)
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    tokenizer = random_tokenizer()
    torch.manual_seed(1)
    model = AutoModelForMultimodalLM.from_config(tiny_config(request.param, len(tokenizer)), dtype=torch.float32)
    assert type(model).__name__ == ARCHITECTURES[request.param]
    folder = tmp_path / "checkpoint"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text('{"image_processor_type": "Any"}')
    return folder


def whole(folder: Path) -> PreTrainedModel:
    return AutoModelForMultimodalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=False).eval()


def logits(model: PreTrainedModel) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


def test_what_is_saved_is_what_was_loaded(checkpoint: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(checkpoint)))
    assert torch.equal(logits(policy.model), logits(whole(checkpoint)))
    policy.save(tmp_path / "saved")
    before, after = whole(checkpoint), whole(tmp_path / "saved")
    assert type(before) is type(after)
    assert before.config.architectures == after.config.architectures
    weights = after.state_dict()
    assert weights.keys() == before.state_dict().keys()
    assert all(torch.equal(weight, weights[name]) for name, weight in before.state_dict().items())
    assert (tmp_path / "saved" / "preprocessor_config.json").is_file()


def with_random_adapter(policy: Policy) -> Any:
    adapter = get_peft_model(policy.model, peft_config(PolicyConfig(lora=LoraConfig(r=2))))
    for name, weight in adapter.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.1)
    return adapter.eval()


def test_a_trained_text_model_is_saved_inside_of_the_whole(checkpoint: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(checkpoint)))
    adapter = with_random_adapter(policy)
    expected = logits(adapter)
    assert "multimodal" in str(why_not_synced(adapter))
    adapter.save_pretrained(tmp_path / "adapter")
    assert not torch.allclose(expected, logits(whole(checkpoint)), atol=1e-2)
    replace(policy, model=adapter.merge_and_unload()).save(tmp_path / "saved")
    after = whole(tmp_path / "saved")
    torch.testing.assert_close(logits(after), expected, atol=1e-4, rtol=1e-4)
    unchanged = {name: weight for name, weight in after.state_dict().items() if "vision" in name or "visual" in name}
    before = whole(checkpoint).state_dict()
    assert unchanged
    assert all(torch.equal(weight, before[name]) for name, weight in unchanged.items())
    for folder in ("saved", "adapter"):
        again = load_policy(ModelConfig(path=str(tmp_path / folder)))
        torch.testing.assert_close(logits(again.model), expected, atol=1e-4, rtol=1e-4)


def test_a_token_more_than_the_checkpoint_had_is_saved_too(checkpoint: Path, tmp_path: Path) -> None:
    tokenizer = random_tokenizer()
    tokenizer.add_tokens(["<|new|>"])
    tokenizer.save_pretrained(checkpoint)
    policy = load_policy(ModelConfig(path=str(checkpoint)))
    policy.save(tmp_path / "saved")
    after = whole(tmp_path / "saved")
    assert after.config.get_text_config().vocab_size == len(tokenizer)
    assert torch.equal(logits(after), logits(policy.model))


def test_a_trainer_s_checkpoint_and_a_server_find_the_names_that_they_look_for(
    checkpoint: Path, tmp_path: Path
) -> None:
    model = load_policy(ModelConfig(path=str(checkpoint))).model
    model.save_pretrained(tmp_path / "step")
    names = {name for name, _ in model.named_parameters()}
    if "experts" not in "".join(names):  # transformers writes those one by one, and reads them back
        with safe_open(tmp_path / "step" / "model.safetensors", "pt") as weights:
            assert names <= set(weights.keys()) <= model.state_dict().keys()
    around = enclosing(model)
    assert around is not None
    assert {around.checkpoint_name(name) for name in names} <= {name for name, _ in around.whole.named_parameters()}
    assert enclosing(copy.deepcopy(model)) is around
