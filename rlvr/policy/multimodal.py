"""Checkpoints that read more than text, such as Qwen3.5, Gemma 3 and Ministral 3: their text model is trained.

The text model is taken out with the very modules of the whole, so no weight is renamed or copied. It is saved inside of
the whole again: with the architecture, the weight names and the image processor that a server expects there.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMultimodalLM, PretrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MULTIMODAL_LM_MAPPING
from transformers.utils.hub import cached_file

_ATTRIBUTE = "enclosing_model"
_PROCESSOR_FILES = ("processor_config.json", "preprocessor_config.json", "video_preprocessor_config.json")


@dataclass(frozen=True)
class Enclosing:
    """The whole model that a text model was taken out of.

    Attributes:
        whole: as it was loaded; the rest of it stays on the CPU.
        decoder, head: where the text model's layers and its vocabulary head are in `whole`, as dotted paths.
        text_decoder, text_head: where they are in the text model.
    """

    whole: PreTrainedModel
    decoder: str
    head: str
    text_decoder: str
    text_head: str

    def __deepcopy__(self, memo: dict[int, Any]) -> Enclosing:
        return self  # a reference model is never saved

    def save(self, text: PreTrainedModel, folder: Path) -> None:
        """Write the whole model with this text model's weights, and the files of its image processor."""
        _set(self.whole, self.decoder, text.get_submodule(self.text_decoder))
        _set(self.whole, self.head, text.get_submodule(self.text_head))
        self.whole.generation_config = text.generation_config
        self.whole.save_pretrained(folder)
        for name in _PROCESSOR_FILES:
            file = cached_file(
                cast("str", self.whole.name_or_path),
                name,
                _raise_exceptions_for_gated_repo=False,
                _raise_exceptions_for_missing_entries=False,
                _raise_exceptions_for_connection_errors=False,
            )
            if file is not None:
                shutil.copyfile(file, folder / name)

    def checkpoint_name(self, parameter: str) -> str:
        """Return the name that one of the text model's parameters has in the whole model."""
        for inside, outside in ((self.text_decoder, self.decoder), (self.text_head, self.head)):
            if parameter.startswith(f"{inside}."):
                return outside + parameter.removeprefix(inside)
        return parameter


def enclosing(model: PreTrainedModel) -> Enclosing | None:
    """Return the whole model that a text model was taken out of; None for any other."""
    return cast("Enclosing | None", getattr(model, _ATTRIBUTE, None))


def load_causal_lm(source: str, **options: Any) -> PreTrainedModel:
    """Load a causal language model, of a multimodal checkpoint its text model.

    Args:
        source: a folder or a name on the hub.
        options: what transformers' `from_pretrained` takes.
    """
    of_config = {name: options[name] for name in ("trust_remote_code", "gguf_file") if name in options}
    declared = AutoConfig.from_pretrained(source, **of_config)
    if causal_lm_config(declared) is declared:
        return cast("PreTrainedModel", AutoModelForCausalLM.from_pretrained(source, **options))
    whole = AutoModelForMultimodalLM.from_pretrained(source, **options)
    return take_text_model(whole)


def causal_lm_config(declared: PretrainedConfig) -> PretrainedConfig:
    """Return the config of a checkpoint's text model where it can be taken out; else the config itself."""
    text = declared.get_text_config(decoder=True)
    if text is declared or type(declared) not in MODEL_FOR_MULTIMODAL_LM_MAPPING:
        return declared
    if type(text) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        return declared
    with torch.device("meta"):
        whole = AutoModelForMultimodalLM.from_config(declared)
        alone = AutoModelForCausalLM.from_config(text)
    is_same = type(whole.get_decoder()) is type(alone.base_model) and whole.get_output_embeddings() is not None
    return text if is_same else declared


def take_text_model(whole: PreTrainedModel) -> PreTrainedModel:
    """Return the text model of a whole one, as a causal language model on the whole's own modules."""
    decoder, head = whole.get_decoder(), whole.get_output_embeddings()
    config = whole.config.get_text_config(decoder=True)
    config.tie_word_embeddings = head.weight is decoder.get_input_embeddings().weight
    with torch.device("meta"):
        text = AutoModelForCausalLM.from_config(config)
    places = Enclosing(
        whole=whole,
        decoder=_path(whole, decoder),
        head=_path(whole, head),
        text_decoder=_path(text, text.base_model),
        text_head=_path(text, text.get_output_embeddings()),
    )
    _set(text, places.text_decoder, decoder)
    _set(text, places.text_head, head)
    text.generation_config = whole.generation_config
    text.name_or_path = whole.name_or_path
    setattr(text, _ATTRIBUTE, places)
    return cast("PreTrainedModel", text.train(whole.training))


def _path(model: torch.nn.Module, module: torch.nn.Module) -> str:
    return next(name for name, child in model.named_modules() if child is module)


def _set(model: torch.nn.Module, path: str, module: torch.nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)
