"""A policy as a GGUF file for llama.cpp and Ollama, with its chat template inside.

Written with the package `gguf` for the architectures below, laid out as llama.cpp's own converter does; any other goes
through that converter, where LLAMA_CPP names llama.cpp's folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlvr.errors import RunError, UserError
from rlvr.policy.gguf import check_installed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import gguf
    import torch
    from transformers import PreTrainedTokenizerBase

    from rlvr.policy.load import Policy

VARIABLE = "LLAMA_CPP"
CONVERTER = "convert_hf_to_gguf.py"
TYPES = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}

ARCHITECTURES = {"llama": "LLAMA", "qwen2": "QWEN2", "qwen3": "QWEN3"}
"""transformers' model types -> the package's names of those that are written here."""

_DIGITS = {"type": "Digits", "individual_digits": True}
_BYTES = {"type": "ByteLevel", "use_regex": True}
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPLITS = {"gpt-2": [_BYTES], "smollm": [_DIGITS, _BYTES]}
"""llama.cpp's names of how text is split into words -> the steps of tokenizer.json."""
_PATTERNS = {"qwen2": _WORDS % r"\p{N}", "llama-bpe": _WORDS % r"\p{N}{1,3}"}


@dataclass(frozen=True)
class _Tokens:
    """A tokenizer as GGUF keeps it."""

    texts: list[str]
    types: list[int]
    merges: list[str]
    split: str


def check(policy: Policy) -> None:
    """Check that a policy can be written.

    Raises:
        UserError: neither the package `gguf` nor the converter can, or LLAMA_CPP names another folder.
    """
    if _converter() is None:
        check_installed("gguf=true")
        _architecture(policy)
        _tokens(policy.tokenizer, int(policy.model.config.vocab_size))


def write(policy: Policy, path: Path, name: str, dtype: str) -> None:
    """Write the file of a policy beside its weights, in their number type.

    Args:
        policy: the policy.
        path: the file, in the folder where its weights, tokenizer and template are written already.
        name: what servers call it.
        dtype: the weights' number type.

    Raises:
        UserError: see `check`.
        RunError: the converter fails.
    """
    converter = _converter()
    if converter is not None:
        _convert(converter, path, TYPES[dtype])
    else:
        _write(policy, path, name)


def _converter() -> Path | None:
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    converter = Path(named) / CONVERTER
    if not converter.is_file():
        raise UserError(f"{VARIABLE}: {named} has no {CONVERTER}; name the folder of llama.cpp's sources")
    return converter


def _convert(converter: Path, path: Path, kind: str) -> None:
    command = [sys.executable, str(converter), str(path.parent), "--outfile", str(path), "--outtype", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - named by the user
    if done.returncode or not path.is_file():
        lines = done.stderr.strip().splitlines() or ["it wrote no file"]
        raise RunError(f"{converter} cannot write {path.name}: {lines[-1][:300]}")


def _architecture(policy: Policy) -> str:
    config = policy.model.config
    remedy = f"set {VARIABLE} to the folder of llama.cpp's sources, whose converter is used then"
    if config.model_type not in ARCHITECTURES:
        written = ", ".join(ARCHITECTURES)
        raise UserError(f"gguf: models of the type {config.model_type} are not written, {written} are; {remedy}")
    rope = str((config.rope_parameters or {}).get("rope_type", "default"))
    if rope != "default":
        raise UserError(f"gguf: positions scaled as {rope!r} are not written; {remedy}")
    return ARCHITECTURES[config.model_type]


def _write(policy: Policy, path: Path, name: str) -> None:
    import gguf

    architecture = gguf.MODEL_ARCH[_architecture(policy)]
    config = policy.model.config
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
    writer.add_name(name)
    _add_shape(writer, config)
    _add_tokenizer(writer, policy)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    weights = policy.model.state_dict()
    if config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)
    for key, weight in weights.items():
        named = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if named is None:
            raise UserError(f"gguf: the weight {key} has no name in the format; set {VARIABLE}")
        _add_weight(writer, named, _as_stored(key, weight, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: gguf.GGUFWriter, config: Any) -> None:
    head_size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(float((config.rope_parameters or {}).get("rope_theta", 10000.0)))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _add_tokenizer(writer: gguf.GGUFWriter, policy: Policy) -> None:
    tokenizer = policy.tokenizer
    tokens = _tokens(tokenizer, int(policy.model.config.vocab_size))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(tokens.split)
    writer.add_token_list(tokens.texts)
    writer.add_token_types(tokens.types)
    writer.add_token_merges(tokens.merges)
    writer.add_eos_token_id(tokenizer.get_vocab()[policy.stop])  # what ends a turn
    if tokenizer.bos_token_id is not None:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    if tokenizer.pad_token_id is not None:
        writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id])
    writer.add_chat_template(str(tokenizer.chat_template))


def _tokens(tokenizer: PreTrainedTokenizerBase, size: int) -> _Tokens:
    """Return every token by its place; places that the tokenizer leaves empty are padding."""
    import gguf

    described = json.loads(tokenizer.backend_tokenizer.to_str())
    kinds = gguf.TokenType
    texts = [f"[PAD{place}]" for place in range(size)]
    types = [int(kinds.UNUSED)] * size
    for text, place in described["model"]["vocab"].items():
        texts[place], types[place] = text, int(kinds.NORMAL)
    for token in described["added_tokens"]:
        kind = kinds.CONTROL if token["special"] else kinds.USER_DEFINED
        texts[token["id"]], types[token["id"]] = token["content"], int(kind)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in described["model"].get("merges") or ()]
    return _Tokens(texts, types, merges, _split_of(described))


def _split_of(described: Mapping[str, Any]) -> str:
    """Return llama.cpp's name of how a tokenizer splits text.

    Raises:
        UserError: it has none that is known here.
    """
    splitting = described.get("pre_tokenizer") or {}
    steps = splitting.get("pretokenizers") or [splitting]
    is_bytes = described["model"]["type"] == "BPE" and not described.get("normalizer")
    for name, known in _SPLITS.items():
        if is_bytes and len(steps) == len(known) and all(map(_has, steps, known)):
            return name
    patterns = [step["pattern"].get("Regex") for step in steps if step.get("type") == "Split"]
    for name, pattern in _PATTERNS.items():
        if patterns == [pattern]:
            return name
    raise UserError(f"gguf: this tokenizer splits text in a way that is not known here; set {VARIABLE}")


def _has(step: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    return known.items() <= step.items()


def _as_stored(key: str, weight: torch.Tensor, config: Any) -> torch.Tensor:
    """Return a weight as llama.cpp keeps it: a Llama's queries and keys with the halves of each head interleaved."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    n_heads = next((n for part, n in heads.items() if f".{part}." in key), None)
    if config.model_type != "llama" or n_heads is None:
        return weight
    halves = weight.reshape(n_heads, 2, weight.shape[0] // n_heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def _add_weight(writer: gguf.GGUFWriter, name: str, weight: torch.Tensor) -> None:
    import gguf
    import torch

    if weight.dtype is torch.float16 and weight.dim() > 1:
        writer.add_tensor(name, weight.cpu().numpy())
    elif weight.dtype is torch.bfloat16 and weight.dim() > 1:
        kind = gguf.GGMLQuantizationType.BF16
        writer.add_tensor(name, gguf.quants.quantize(weight.float().cpu().numpy(), kind), raw_dtype=kind)
    else:  # norms and biases are kept in full
        writer.add_tensor(name, weight.float().cpu().numpy())
