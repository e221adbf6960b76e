"""What holds for every test: one thread, no network, no model hub. Set before torch or transformers load."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # what waits for another thread burns its core, and models are tiny here
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"

# A shell starts what runs in its background with Ctrl-C ignored, and so would be what tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Take what is loaded by now out of the search for garbage, which every training makes several times."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def untimed_layers() -> Iterator[None]:
    """Let no run in this process time a model's layers, to say beforehand how long it will take."""

    def untimed(*_: Any, **__: Any) -> None:
        raise ValueError("left out in tests")

    stages = sys.modules.get("rlvr.training.estimate.stages")
    with pytest.MonkeyPatch.context() as patch:
        if stages is not None:
            patch.setattr(stages, "FewLayers", untimed)
        yield


@pytest.fixture(scope="session")
def random_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained policy of the embedded one's kind, small enough to train in a test."""
    from random_policy import save_random_policy

    return save_random_policy(tmp_path_factory.mktemp("random_policy"))
