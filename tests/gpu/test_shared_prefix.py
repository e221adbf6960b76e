"""The shared prefix on a GPU in bf16, at the widths of real models."""

from __future__ import annotations

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM
from trl.trainer.utils import add_fused_lm_head

from rlvr.policy import attention
from rlvr.training import self_check, shared_prefix

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")]

N_PROMPT, N_TOKENS, GROUP = 300, 40, 8


def test_what_it_is_apart_from_the_stock_path_is_rounding() -> None:
    config = Qwen2Config(
        vocab_size=4096, hidden_size=896, intermediate_size=4864, num_hidden_layers=6, num_attention_heads=14,
        num_key_value_heads=2,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(config).to("cuda", torch.bfloat16)
    add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    attention.prepare(model)
    ids = torch.randint(0, 4096, (GROUP, N_PROMPT + N_TOKENS), device="cuda")
    ids[:, :N_PROMPT] = ids[0, :N_PROMPT]
    mask = torch.ones_like(ids)

    def stock(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        labels = ids.clone()
        labels[:, :-N_TOKENS] = -100
        out = model(ids, attention_mask=mask, labels=labels, fused_lm_head=True)
        return out.log_probs[:, -N_TOKENS:]

    def shared(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        prompts, candidates = ids[:, :N_PROMPT].tolist(), ids[:, N_PROMPT:].tolist()
        flat = shared_prefix.flat_groups(prompts, candidates, ids.device)
        return shared_prefix.logps_and_entropies(model, flat, GROUP, N_TOKENS)[0]

    assert self_check.difference(stock, shared, ids, mask) is None
    shared(ids, mask).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())
