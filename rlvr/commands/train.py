"""`rlvr train`, and `rlvr demo`, which is a choice of it."""

from __future__ import annotations

import importlib
import os
from dataclasses import replace
from pathlib import Path

from rlvr import processes
from rlvr.commands.composed import named_options, with_config
from rlvr.config import Config, Source
from rlvr.errors import UserError
from rlvr.progress import loading_libraries, say, standard_console, waiting
from rlvr.records.row import Row
from rlvr.terminal import PrintableConsole

ESTIMATE = "--estimate"


def demo(arguments: list[str]) -> None:
    """Train and evaluate the embedded tiny policy."""
    run(["experiment=demo", *arguments])


def run(arguments: list[str]) -> None:
    """Train as the config says, or with `--estimate` say what that would need."""
    if processes.launched() > 1 and {"-m", "--multirun"} & set(arguments):
        raise UserError(
            f"WORLD_SIZE is {processes.launched()}: the processes of one run cannot sweep; leave out -m, and start "
            "each run by itself"
        )
    if ESTIMATE in arguments:
        with_config(_estimate, "config", [argument for argument in arguments if argument != ESTIMATE])
    else:
        with_config(_train, "config", arguments)


def _estimate(config: Config) -> None:
    from rlvr.data import source as rows_source
    from rlvr.data.synth import DEFAULT_ROWS
    from rlvr.policy.checks import check_model

    console = standard_console()
    check_model(replace(config.model, quantization=None))  # what this machine lacks is another question

    stand_ins = []

    def load(source: Source, split: str) -> list[Row]:
        if source.path is not None and source.synth is None and not Path(source.path).exists():
            # What a run will need is asked before there is data for it.
            stand_in = Source(synth="five_tools", split=split, rows=source.rows or DEFAULT_ROWS[split])
            stand_ins.append(f"{source.path}: no such file yet; {stand_in.rows:,} rows of five_tools stand in for it")
            source = stand_in
        return rows_source.load(source)

    training = {name: load(source, "train") for name, source in config.data.train.items()}
    evaluation = {name: load(source, "held_out") for name, source in config.data.evaluation.items()}
    with waiting(console, "estimating"):
        from rlvr.quiet import quiet_libraries
        from rlvr.training.estimate import estimate, lines

        with quiet_libraries():
            needs = estimate(config, training, evaluation)
    print("\n".join([*stand_ins, *lines(needs)]))


def _train(config: Config) -> float:
    """Train, report, and return the mean reward of the last policy."""
    # oneDNN keeps a kernel with its buffers for each of the last 1,024 shapes; batches of language come in more
    # shapes than that, and few come again. Read when torch is loaded.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

    from rlvr.training import checks, resume

    if processes.launched() > 1:
        with loading_libraries(PrintableConsole(quiet=True), "PyTorch and TRL"):
            importlib.import_module("rlvr.training.pipeline")
            from rlvr.policy.load import device_for

        processes.join(on_cpu=device_for(config.hardware).type == "cpu")
    console = standard_console()
    if config.resume is not None:
        named = named_options()
        config = processes.together(lambda: resume.resumed(config, named))
    rows = processes.together(lambda: checks.check(config))
    with loading_libraries(console, "PyTorch and TRL"):
        from rlvr.report import page
        from rlvr.training import pipeline, tracking
        from rlvr.training.run_folder import RunFolder

    folder = pipeline.run(config, console, rows)
    if processes.is_first():
        say(console, f"Report: {page.write(folder)}")
        tracking.keep_report(config, RunFolder(folder), console)
    processes.leave()
    return RunFolder(folder).mean_reward()
