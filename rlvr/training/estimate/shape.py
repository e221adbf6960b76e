"""The measures of a model's architecture, counted on a model without weights or known of the models of `conf/`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig

from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.policy.checks import source_of
from rlvr.policy.multimodal import causal_lm_config


@dataclass(frozen=True)
class Shape:
    """The measures of a model's architecture that the formulas need."""

    parameters: int
    linear: tuple[tuple[int, int], ...]
    hidden: int
    layers: int
    cache_per_token: int
    vocabulary: int

    @property
    def linear_parameters(self) -> int:
        """Weights of the layers that an adapter covers and that quantization packs."""
        return sum(rows * columns for rows, columns in self.linear)


# (hidden, layers, heads, key-value heads, head size, intermediate, vocabulary, tied), from the models' config.json:
# models of conf/ that are estimated without the hub.
KNOWN = {
    "Qwen/Qwen2.5-1.5B-Instruct": (1536, 28, 12, 2, 128, 8960, 151936, True),
    "Qwen/Qwen2.5-3B-Instruct": (2048, 36, 16, 2, 128, 11008, 151936, True),
    "Qwen/Qwen2.5-7B-Instruct": (3584, 28, 28, 4, 128, 18944, 152064, False),
    "Qwen/Qwen3-0.6B": (1024, 28, 16, 8, 128, 3072, 151936, True),
    "Qwen/Qwen3-4B-Instruct-2507": (2560, 36, 32, 8, 128, 9728, 151936, True),
    "HuggingFaceTB/SmolLM3-3B": (2048, 36, 16, 4, 128, 11008, 128256, True),
    "meta-llama/Llama-3.2-1B-Instruct": (2048, 16, 32, 8, 64, 8192, 128256, True),
    "meta-llama/Llama-3.2-3B-Instruct": (3072, 28, 24, 8, 128, 8192, 128256, True),
    "microsoft/Phi-4-mini-instruct": (3072, 32, 24, 8, 128, 8192, 200064, True),
}


def shape_of(config: Config) -> Shape:
    """The model's shape: counted on a model without weights, or of the models of `conf/` from what is known.

    Raises:
        UserError: neither a config file nor a known name.
    """
    path = source_of(config.model.path)
    try:
        configuration = declared(config)
    except (OSError, ValueError) as error:
        if path in KNOWN:
            return _known_shape(*KNOWN[path])
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"model.path {path!r}: its config cannot be loaded, to be estimated: {reason}") from error
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(configuration, trust_remote_code=config.model.trust_remote_code)
    text = configuration.get_text_config()
    head = model.get_output_embeddings()
    linear = [
        (int(module.out_features), int(module.in_features))
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    ]
    kv_heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    head_size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    parameters = {id(parameter): parameter.numel() for parameter in model.parameters()}
    if text.tie_word_embeddings and head is not None and head.weight is not model.get_input_embeddings().weight:
        parameters.pop(id(head.weight), None)
    return Shape(
        parameters=sum(parameters.values()),
        linear=tuple(linear),
        hidden=text.hidden_size,
        layers=text.num_hidden_layers,
        cache_per_token=2 * text.num_hidden_layers * kv_heads * head_size,
        vocabulary=text.vocab_size,
    )


def declared(config: Config) -> PretrainedConfig:
    """Return the configuration of the model's text part; raises OSError or ValueError where it is not to be had."""
    path, trusts = source_of(config.model.path), config.model.trust_remote_code
    return causal_lm_config(AutoConfig.from_pretrained(path, trust_remote_code=trusts))


def trained_parameters(config: Config, shape: Shape) -> int:
    """Count the parameters that the update changes: all, or the adapter's r (in + out) for each linear layer."""
    lora = config.policy.lora
    return shape.parameters if lora is None else sum(lora.r * (rows + columns) for rows, columns in shape.linear)


def _known_shape(
    hidden: int, layers: int, heads: int, kv_heads: int, head_size: int, inner: int, vocabulary: int, tied: bool
) -> Shape:
    attention = [(heads * head_size, hidden), *[(kv_heads * head_size, hidden)] * 2, (hidden, heads * head_size)]
    linear = (*attention, (inner, hidden), (inner, hidden), (hidden, inner)) * layers
    embeddings = vocabulary * hidden * (1 if tied else 2)
    return Shape(
        parameters=sum(rows * columns for rows, columns in linear) + embeddings + (2 * layers + 1) * hidden,
        linear=linear,
        hidden=hidden,
        layers=layers,
        cache_per_token=2 * layers * kv_heads * head_size,
        vocabulary=vocabulary,
    )
