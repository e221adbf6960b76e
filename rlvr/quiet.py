"""Keep the libraries' own bars and notices out of a run that shows its own progress. Errors still come through."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import transformers

_NOISY_LOGGERS = ("trl", "accelerate", "datasets", "peft", "huggingface_hub", "torch.distributed", "vllm")


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Raise the libraries' log level to errors and drop their warnings while the block runs.

    Set RLVR_VERBOSE=1 to see everything they say.
    """
    if os.environ.get("RLVR_VERBOSE"):
        yield
        return
    loggers = {name: logging.getLogger(name) for name in _NOISY_LOGGERS}
    levels = {name: logger.level for name, logger in loggers.items()}
    verbosity = transformers.logging.get_verbosity()
    for logger in loggers.values():
        logger.setLevel(logging.ERROR)
    transformers.logging.set_verbosity(logging.ERROR)
    transformers.logging.disable_progress_bar()
    # Loading `datasets` takes a second and more, and to serve, export or talk to a policy needs none.
    datasets: Any = sys.modules.get("datasets")
    shows_bars = datasets is not None and not datasets.utils.are_progress_bars_disabled()
    if shows_bars:
        datasets.disable_progress_bars()
    else:
        os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")  # read when it is loaded
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, logger in loggers.items():
            logger.setLevel(levels[name])
        transformers.logging.set_verbosity(verbosity)
        transformers.logging.enable_progress_bar()
        if shows_bars:
            datasets.enable_progress_bars()
