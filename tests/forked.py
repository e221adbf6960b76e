"""Processes that are forked from one which has loaded torch and TRL, and has done nothing else.

Loading them takes a processor eight seconds. Tests that kill runs, stop them or share them between processes pay for it
once; that commands load them by themselves is held elsewhere.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from pathlib import Path

import pytest

PATHS = os.pathsep.join(map(str, (Path(__file__).parent, Path(__file__).parents[1])))
OUTPUT, ERRORS = "output.txt", "errors.txt"
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["preloaded"])


class Forked(CONTEXT.Process):
    """A process that leads a group of its own, works in a folder, and leaves there what it prints."""

    def __init__(
        self, folder: Path, function: Callable[..., int | None], *arguments: object, environment: Mapping[str, str]
    ) -> None:
        super().__init__()
        self.folder = folder
        self.function = function
        self.arguments = arguments
        paths = os.pathsep.join(filter(None, (PATHS, environment.get("PYTHONPATH"))))
        self.environment = {**environment, "PYTHONPATH": paths}
        for name in (OUTPUT, ERRORS):
            (folder / name).write_bytes(b"")

    @property
    def output(self) -> str:
        """What it has printed."""
        return (self.folder / OUTPUT).read_text(encoding="utf-8")

    @property
    def errors(self) -> str:
        """What it has printed on standard error."""
        return (self.folder / ERRORS).read_text(encoding="utf-8")

    def end(self, timeout_s: float = 600) -> int:
        """Wait for it, and return its exit code."""
        self.join(timeout_s)
        assert self.exitcode is not None, f"still running after {timeout_s} s:\n{self.errors[-3000:]}"
        return self.exitcode

    def run(self) -> None:
        assert "preloaded" in sys.modules, "nothing is gained where each of them loads TRL"
        os.setsid()
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        for stream, name in ((sys.stdout, OUTPUT), (sys.stderr, ERRORS)):
            os.dup2(os.open(name, os.O_WRONLY), stream.fileno())
        _exit_with(self.function, *self.arguments)


def forked(
    folder: Path,
    function: Callable[..., int | None],
    *arguments: object,
    environment: Mapping[str, str] = os.environ,
) -> Forked:
    """Start a process, which ends with what the function returns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PATHS)
        forkserver.ensure_running()
    process = Forked(folder, function, *arguments, environment=environment)
    process.start()
    return process


def in_two(function: Callable[..., int | None], *arguments: object) -> None:
    """Run a function in two processes, as torchrun does that with a command."""
    from torch.distributed.elastic.rendezvous import dynamic_rendezvous
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    dynamic_rendezvous.get_method_name = lambda *_: ""  # for its log, it reads the source of every module each time
    config = LaunchConfig(
        *(1, 1, 2),
        run_id="tests",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        start_method="fork",
        max_restarts=0,
    )
    elastic_launch(config, _exit_with)(function, *arguments)


def _exit_with(function: Callable[..., int | None], *arguments: object) -> None:
    try:
        code = function(*arguments)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out
    sys.exit(code or 0)


@atexit.register
def _end_what_is_left() -> None:
    """End what a failed test has left running: Python would wait for it."""
    for process in multiprocessing.active_children():
        process.kill()
