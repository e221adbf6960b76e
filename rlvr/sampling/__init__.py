"""From prompts to completions. A backend is one module with an `open_sampler`, and one line here: its name, which as
`NAME://` in `model.endpoint` chooses it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from rlvr.config import Config
    from rlvr.sampler import Sampler

BACKENDS = {
    "hf": "rlvr.sampling.hf",
    "vllm": "rlvr.sampling.vllm_weights",
    "server": "rlvr.sampling.hf",  # which draws for a training alone: an evaluation has weights in a folder
    "endpoint": "rlvr.sampling.endpoint",
}


def open_sampler(config: Config) -> Sampler:
    """Return the model that `config.model` names: what a server serves, what the backend of `NAME://` does, or weights
    in what `config.rollout` names.

    Raises:
        UserError: it cannot be loaded or reached.
    """
    backend = config.rollout.backend
    if config.model.endpoint is not None:
        scheme = urlsplit(config.model.endpoint).scheme
        backend = scheme if scheme in BACKENDS else "endpoint"
    sampler: Sampler = importlib.import_module(BACKENDS[backend]).open_sampler(config)
    return sampler
