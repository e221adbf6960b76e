"""A policy: a causal language model with its tokenizer, from the hub, from a folder, or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from transformers import AutoTokenizer

from rlvr.chat import adapt, add_missing_marks, chat_format, prove, with_defaults
from rlvr.errors import UserError
from rlvr.heap import limit_kernel_cache
from rlvr.policy.checks import TINY, no_accelerator, source_of
from rlvr.policy.gguf import DAMAGED_FILE_ERRORS, check_gguf, is_gguf, unpacked
from rlvr.policy.multimodal import enclosing, load_causal_lm
from rlvr.policy.quantization import quantization_arguments

if TYPE_CHECKING:
    from peft import LoraConfig as PeftLoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from rlvr.config import HardwareConfig, ModelConfig, PolicyConfig


@dataclass(frozen=True)
class Policy:
    """A model, its tokenizer, and the token text with which it ends a turn.

    Args:
        model: the causal language model.
        tokenizer: with a chat template that shows tools and writes calls.
        stop: the token that ends a turn of text.
        notes: what a person should know about the two, a line each.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    stop: str
    notes: tuple[str, ...] = ()

    def save(self, folder: Path) -> None:
        """Write weights, tokenizer and chat template so that `load_policy` finds them.

        The architecture and the names of the weights are those that were loaded.
        """
        whole = enclosing(self.model)
        if whole is None:
            self.model.save_pretrained(folder)
        else:
            whole.save(self.model, folder)
        self.tokenizer.save_pretrained(folder)


def load_policy(config: ModelConfig, *, device: str | torch.device = "cpu") -> Policy:
    """Load the model and tokenizer that `config.path` names, ready for generation and training.

    Args:
        config: `path` is "tiny" for the embedded policy, a folder of a model, of a run or of a LoRA adapter, or a name
            on the model hub. An adapter is merged into the model that it was trained on.
        device: where the weights go.

    Raises:
        UserError: nothing is found there, its chat template or tokenizer cannot carry tool calls, or it is to be
            quantized and what does that is not installed.
    """
    limit_kernel_cache()
    tokenizer, notes = load_tokenizer(config)
    model = _load_model(config, device)
    _fit_embeddings(model, tokenizer)
    spoken = chat_format(tokenizer)
    _stop_generation_at(model, tokenizer, [spoken.stop, spoken.call_stop])
    if config.quantization is None:
        torch.nn.Module.to(model, device)  # transformers' own `to` hides its types
    model.train(False)
    return Policy(model, tokenizer, spoken.stop, notes)


def load_tokenizer(config: ModelConfig) -> tuple[PreTrainedTokenizerBase, tuple[str, ...]]:
    """Return the model's tokenizer, its chat template made fit for tools and proven, and what a person should know of
    it.

    Raises:
        UserError: nothing is found there, or the template or the tokenizer cannot carry tool calls.
    """
    tokenizer = _raw_tokenizer(config)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if config.chat_template is not None:
        try:
            tokenizer.chat_template = Path(config.chat_template).read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"model.chat_template: {config.chat_template} cannot be read: {error.strerror}") from None
    try:
        notes = adapt(tokenizer)
    except UserError as error:
        raise UserError(f"model {config.path}: {error}") from error
    with_defaults(tokenizer, config.chat_template_kwargs)
    if config.add_missing_tokens:
        added = add_missing_marks(tokenizer)
        notes += (f"added to the tokenizer, to be learnt: {', '.join(added)}",) if added else ()
    findings = prove(tokenizer, config.path)
    return tokenizer, notes + tuple(f"{finding.check}: {finding.said}" for finding in findings if not finding.is_fine)


def load_raw(config: ModelConfig) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model and its tokenizer as they are, on the CPU, to be saved in another form.

    Raises:
        UserError: nothing can be loaded from `config.path`.
    """
    return _load_model(config, "cpu"), _raw_tokenizer(config)


def _raw_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    source = source_of(config.path)
    if is_gguf(source):
        check_gguf(config)
    with _explained(config):
        base = _base_of_adapter(source)
        has_tokenizer = (Path(source) / "tokenizer_config.json").is_file()  # an adapter's may have tokens of its own
        place, file = _place_and_file(source if base is None or has_tokenizer else base)
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            place, padding_side="left", truncation_side="left", trust_remote_code=config.trust_remote_code, **file
        )
    return tokenizer


def _load_model(config: ModelConfig, device: str | torch.device) -> PreTrainedModel:
    source = source_of(config.path)
    quantization = quantization_arguments(config, device)
    if is_gguf(source):
        quantization = unpacked()
    with _explained(config):
        base = _base_of_adapter(source)
        place, file = _place_and_file(base or source)
        model = load_causal_lm(
            place,
            dtype=config.dtype,
            attn_implementation=config.attn_implementation,
            trust_remote_code=config.trust_remote_code,
            **file,
            **quantization,
        )
    if base is None:
        return model
    _fit_embeddings(model, _raw_tokenizer(config))
    with _explained(config):
        return _with_adapter(model, source)


def _place_and_file(source: str) -> tuple[str, dict[str, str]]:
    """Return the folder or name that transformers loads from and, where it is one, the GGUF file in that folder."""
    if is_gguf(source):
        return str(Path(source).parent), {"gguf_file": Path(source).name}
    return source, {}


@contextmanager
def _explained(config: ModelConfig) -> Iterator[None]:
    """Return what transformers raises where nothing can be loaded, as one line."""
    damaged = DAMAGED_FILE_ERRORS if is_gguf(config.path) else ()
    try:
        yield
    except (OSError, ValueError, ImportError, *damaged) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if not Path(config.path).exists():
            reason = f"no such folder is here, and of the hub transformers says: {reason}"
        raise UserError(
            f"model.path {config.path!r} cannot be loaded: {reason} "
            f"(give a folder, a model on the hub, or '{TINY}' for the embedded policy)"
        ) from error


def _fit_embeddings(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Rows for tokens that the tokenizer has and the model has not, each beginning as the mean of the others."""
    if len(tokenizer) > cast("torch.nn.Embedding", model.get_input_embeddings()).num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=True)


def device_for(hardware: HardwareConfig) -> torch.device:
    """Return where to compute: the accelerator that torch finds, unless `use_cpu` says otherwise.

    Raises:
        UserError: `use_cpu` is false and torch finds no accelerator.
    """
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if hardware.use_cpu is False and accelerator is None:
        raise no_accelerator()
    return torch.device("cpu") if hardware.use_cpu or accelerator is None else accelerator


def _base_of_adapter(source: str) -> str | None:
    """Return the model that a LoRA adapter's folder names; None for the folder of a model, and for a name on the
    hub."""
    folder = Path(source)
    if not (folder / "adapter_config.json").is_file() or (folder / "config.json").is_file():
        return None
    from peft import PeftConfig

    return str(PeftConfig.from_pretrained(source).base_model_name_or_path)


def _with_adapter(model: PreTrainedModel, source: str) -> PreTrainedModel:
    from peft import PeftModel

    merged: PreTrainedModel = PeftModel.from_pretrained(model, source).merge_and_unload()
    return merged


def _stop_generation_at(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, stops: list[str]) -> None:
    """Let generation end at the ends of a turn, at the tokenizer's EOS, and at what the model declares."""
    declared = model.generation_config.eos_token_id
    declared = [declared] if isinstance(declared, int) else list(declared or [])
    eos = [*map(tokenizer.convert_tokens_to_ids, stops), tokenizer.eos_token_id]
    model.generation_config.eos_token_id = list(dict.fromkeys(i for i in [*eos, *declared] if i is not None))
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id


def peft_config(config: PolicyConfig) -> PeftLoraConfig | None:
    """PEFT's configuration of the adapter, or None where all weights are trained."""
    if config.lora is None:
        return None
    from peft import LoraConfig as PeftLoraConfig

    return PeftLoraConfig(task_type="CAUSAL_LM", **vars(config.lora))
