"""What holds for every test: one thread, no network, no model hub. Set before torch or transformers load."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import defaultdict
from functools import cache
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

START_VLLM = {
    "tests/data/test_writer.py",
    "tests/sampling/test_vllm_environment.py",
    "tests/sampling/test_vllm_rollout_server.py",
    "tests/serving/test_vllm_judge.py",
}
"""Files whose tests start vLLM where RLVR_VLLM_VENV names it: it takes every core."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give pytest-xdist's processes the files first whose tests may take longest, so that all have work to the end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    longest: dict[Path, float] = defaultdict(float)
    for item in items:
        if item.get_closest_marker("slow"):
            limit = item.get_closest_marker("timeout")
            longest[item.path] = max(longest[item.path], limit.args[0] if limit else 1.0)
    items.sort(key=lambda item: -longest[item.path])


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a parameter of bytes by its argument: gzip writes the time into them, and processes must agree on names."""
    return argname if isinstance(val, bytes) else None


@cache
def _forks(path: Path) -> bool:
    """Tell whether a file's tests fork a process by tests/forked.py."""
    return "\nfrom forked import " in path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each of pytest-xdist's processes whole files in their order.

    Those that start vLLM go to one of them, and so do those that fork: the process that they fork has loaded torch and
    TRL, which takes longer than most of their tests.
    """
    if config.option.dist != "load":  # what -n takes by itself
        return None
    from xdist.scheduler import LoadFileScheduling

    class WholeFiles(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            if path in START_VLLM:
                return "vLLM"
            return "forked" if _forks(config.rootpath / path) else path

    config.option.loadscopereorder = False
    return WholeFiles(config, log)


gc.disable()  # until every test is loaded: what they load stays


def pytest_collection_finish() -> None:
    """Take what is loaded by now out of the search for garbage, which every training makes several times."""
    gc.collect()
    gc.freeze()
    gc.enable()


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


@pytest.fixture(scope="session")
def two_layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random policy of two layers, for files that must notice where one layer gets what belongs to the other."""
    from random_policy import save_random_policy

    return save_random_policy(tmp_path_factory.mktemp("two_layers"), layers=2)
