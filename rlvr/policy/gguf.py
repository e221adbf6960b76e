"""Models in a GGUF file, as llama.cpp and Ollama keep them: unpacked, they train and save as any other model."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

from rlvr.config import ModelConfig
from rlvr.errors import UserError
from rlvr.files import JsonObject

SUFFIX = ".gguf"
MAGIC = b"GGUF"
DAMAGED_FILE_ERRORS = (struct.error, IndexError, KeyError)
"""What transformers' reader raises on a file that ends too early or lacks entries, besides ValueError."""


def is_gguf(path: str) -> bool:
    """Return whether a model's path names a GGUF file."""
    return path.endswith(SUFFIX)


def check_gguf(config: ModelConfig) -> None:
    """Check what can be checked of a GGUF file before anything is loaded.

    Raises:
        UserError: the package `gguf` is missing, the file is missing or is no GGUF file, or it is to be quantized anew.
    """
    path = Path(config.path)
    if not path.is_file():
        raise UserError(f"model.path: no file {path}")
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise UserError(f"model.path: {path} is not a GGUF file: it does not begin with {MAGIC.decode()}")
    check_installed(f"model.path: {path}")
    if config.quantization is not None:
        raise UserError(
            f"model.quantization: {config.quantization} of a GGUF file; leave it out, or give the original weights"
        )


def check_installed(what: str) -> None:
    """Check that the package which reads GGUF files is there.

    Raises:
        UserError: it is not; `what` needs it.
    """
    if importlib.util.find_spec("gguf") is None:
        raise UserError(f"{what} needs the package gguf: pip install 'rlvr[gguf]'")


def unpacked() -> JsonObject:
    """Return the arguments with which transformers unpacks a GGUF file's weights as it reads them.

    Where transformers can keep weights packed it does so by default, and such a model neither trains nor saves.
    """
    import transformers

    packed = getattr(transformers, "GgufConfig", None)
    return {} if packed is None else {"quantization_config": packed(dequantize=True)}
