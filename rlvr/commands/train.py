"""`rlvr train`, and `rlvr demo`, which is a choice of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rlvr.commands.composed import with_config

if TYPE_CHECKING:
    from rlvr.config import Config


def demo(arguments: list[str]) -> None:
    """Train and evaluate the embedded tiny policy."""
    run(["experiment=demo", *arguments])


def run(arguments: list[str]) -> None:
    """Train as the config says."""
    with_config(_train, "config", arguments)


def _train(config: Config) -> None:
    # oneDNN keeps a kernel with its buffers for each of the last 1,024 shapes; batches of language come in more
    # shapes than that, and few come again. Read when torch is loaded.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

    from rlvr.report import page
    from rlvr.training import pipeline

    path = page.write(pipeline.run(config))
    print(f"Report: {path}")
