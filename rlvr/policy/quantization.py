"""Weights in four or eight bits, under a LoRA adapter: QLoRA (Dettmers et al. 2023, arXiv:2305.14314)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from transformers import BitsAndBytesConfig

from rlvr.config import ModelConfig
from rlvr.errors import UserError
from rlvr.files import JsonObject


def quantization_arguments(config: ModelConfig, device: str | torch.device) -> JsonObject:
    """Return what `from_pretrained` takes for the model's quantization; nothing where there is none.

    Raises:
        UserError: bitsandbytes is not installed.
    """
    if config.quantization is None:
        return {}
    if find_spec("bitsandbytes") is None:
        raise UserError(
            f"model.quantization: {config.quantization} needs bitsandbytes; install it with `pip install rlvr[qlora]`, "
            "or set model.quantization=null"
        )
    compute = torch.bfloat16 if config.dtype == "float32" else getattr(torch, config.dtype)
    options = (
        BitsAndBytesConfig(load_in_8bit=True)
        if config.quantization == "int8"
        else BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=compute,
        )
    )
    # Quantized weights are placed as they are loaded, and cannot be moved afterwards.
    return {"quantization_config": options, "device_map": {"": torch.device(device)}}


def is_quantized(model: Any) -> bool:
    """Tell whether a model's weights are held in four or eight bits."""
    return bool(getattr(model, "is_loaded_in_4bit", False) or getattr(model, "is_loaded_in_8bit", False))
