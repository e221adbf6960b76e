"""One run in two processes on the CPU: the losses of one process, one run folder, one line where it ends."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from forked import Forked, forked, in_two
from rich.console import Console
from safetensors.torch import load_file
from sharded_on_cpu import run_spread
from with_set_candidates import run_each

from rlvr import processes
from rlvr.cli import main
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import read_log
from rlvr.training import interruption, resume
from rlvr.training.checks import RunRows

HERE = Path(__file__).parent
POLICIES = ("full", "lora")
STEPS = 3
"""Of each stage: one more than an epoch of SFT and of DPO has."""
ROWS, CANDIDATES = 4, 8
"""Of a step, over all processes."""


@pytest.fixture(scope="module")
def random_policy(two_layers: Path) -> Path:
    return two_layers


def options(policy: Path, run_dir: Path, n_processes: int, *more: str) -> list[str]:
    steps = f"max_steps: {STEPS}, learning_rate: 1e-3, per_device_train_batch_size: "
    rows, candidates = (f"{steps}{n // n_processes}" for n in (ROWS, CANDIDATES))
    return [
        *("train", f"run_dir={run_dir}", f"model.path={policy}", "tracking=none", "hardware=cpu", "gate=off"),
        *("reward={_target_: small_run.LetterE}", "pipeline=[sft,dpo,grpo]", "data=none"),
        *("data.train.five.synth=five_tools", "data.train.five.rows=8"),
        *("data.evaluation.unseen.synth=unseen_tools", "data.evaluation.unseen.split=held_out"),
        *("data.evaluation.unseen.rows=5", "evaluation.max_new_tokens=4", "evaluation.n_bootstrap=20"),
        *(f"sft.args={{{rows}}}", f"dpo.args={{{rows}}}", "evaluation.every=2"),
        f"training.args={{{candidates}, num_generations: 4, max_completion_length: 6}}",
        *more,
    ]


@pytest.fixture(scope="module")
def in_one_process(random_policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Train a policy in this process, once for both ways in which two share it."""
    folder = tmp_path_factory.mktemp("one")

    @functools.cache
    def run(policy: str) -> Path:
        assert run_each(options(random_policy, folder / policy, 1, f"policy={policy}")) == 0
        return folder / policy

    return run


def logged(run: Path) -> dict[tuple[str, int], dict[str, float]]:
    """What was logged of each step; fails where a step was logged twice."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for record in read_log(run / "metrics.jsonl"):
        if "loss" in record:
            assert (record["stage"], record["step"]) not in found
            found[record["stage"], record["step"]] = record
    return found


def weights(run: Path, stage: str) -> torch.Tensor:
    state = load_file(run / stage / "final" / "model.safetensors")
    return torch.cat([state[name].flatten() for name in sorted(state)])


HEAP_BROKEN = "malloc(): "
"""What a process says that ends in the all_gather of torch 2.13, seen once, as FSDP2 saved the optimizer on a CPU."""


@pytest.fixture(scope="module", params=["DDP", "FSDP2"])
def in_two_processes(
    request: pytest.FixtureRequest,
    random_policy: Path,
    tmp_path_factory: pytest.TempPathFactory,
    in_one_process: Callable[[str], Path],
) -> Path:
    """Train each of the policies in the same two processes, beside this one."""
    stages = ("sft", "dpo", "training") if request.param == "FSDP2" else ()
    spread = [f"{stage}.args.fsdp=true" for stage in stages]
    for _ in range(2):
        folder = tmp_path_factory.mktemp("two")
        lines = [options(random_policy, folder / policy, 2, f"policy={policy}", *spread) for policy in POLICIES]
        process = forked(folder, in_two, *([run_spread] if spread else []), run_each, *lines)
        for policy in POLICIES:
            in_one_process(policy)
        if process.end() == 0 or HEAP_BROKEN not in process.errors:
            break
    assert process.exitcode == 0, process.errors[-3000:]
    assert len(re.findall(r"weights put together: [1-9]", process.output)) == len(POLICIES) * len(spread)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_two_processes_have_the_losses_of_one(
    policy: str, random_policy: Path, in_one_process: Callable[[str], Path], in_two_processes: Path
) -> None:
    one, two = in_one_process(policy), in_two_processes / policy
    of_one, of_two = logged(one), logged(two)
    assert list(of_one) == list(of_two) == [(stage, n) for stage in ("sft", "dpo", "grpo") for n in range(1, STEPS + 1)]
    for step, record in of_one.items():
        assert of_two[step]["loss"] == pytest.approx(record["loss"], abs=1e-5), step
        assert of_two[step]["grad_norm"] == pytest.approx(record["grad_norm"], rel=1e-4), step
    assert max(record["reward_std"] for (stage, _), record in of_two.items() if stage == "grpo") > 0
    start = load_file(random_policy / "model.safetensors")
    for stage in ("sft", "dpo", "grpo"):
        # AdamW moves a weight of hardly any gradient by its sign, which is noise.
        moved = weights(one, stage) - torch.cat([start[name].flatten() for name in sorted(start)])
        assert (weights(one, stage) - weights(two, stage)).norm() < 1e-2 * moved.norm()
    rollouts = [list(map(json.dumps, json_rollouts(run))) for run in (one, two)]
    assert sorted(rollouts[0]) == sorted(rollouts[1])
    for stage in ("base", "grpo"):
        assert [row["index"] for row in read_log(two / "evaluations" / stage / "unseen.jsonl")] == [0, 1, 2, 3, 4]
    assert (two / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["torchrun --nproc-per-node 2", "accelerate launch --multi_gpu --num_processes 2"])
def test_both_launchers_start_the_processes_of_a_run(launcher: str, random_policy: Path, tmp_path: Path) -> None:
    name, *flags = launcher.split()
    more = ["pipeline=[sft,grpo]", "sft.args.max_steps=1", "training.args.max_steps=2", "evaluation.every=null"]
    arguments = options(random_policy, tmp_path / "run", 2, *more)
    command = [str(Path(sys.executable).with_name(name)), *flags, "-m", "handed_on", *arguments]
    with socket.create_server(("localhost", 0)) as server, (tmp_path / "launcher.txt").open("w") as said:
        server.settimeout(300)
        env = {**os.environ, "PYTHONPATH": str(HERE.parent), "HANDED_TO": str(server.getsockname()[1])}
        started = subprocess.Popen(command, env=env, stdout=said, stderr=said)
        launched = [server.accept()[0] for _ in range(2)]
        ranks = [run_as_launched(connection, tmp_path / str(n)) for n, connection in enumerate(launched)]
        codes = [rank.end() for rank in ranks]
        for connection, code in zip(launched, codes, strict=True):
            connection.sendall(f"{code}\n".encode())
    assert started.wait(timeout=120) == 0, (tmp_path / "launcher.txt").read_text()[-3000:]
    assert codes == [0, 0], ranks[0].errors[-3000:] + ranks[1].errors[-3000:]
    assert list(logged(tmp_path / "run")) == [("sft", 1), ("grpo", 1), ("grpo", 2)]
    # 8 candidates a step over both processes, in groups of 4.
    assert len(list(json_rollouts(tmp_path / "run"))) == 2 * 2


def run_as_launched(connection: socket.socket, folder: Path) -> Forked:
    """Start what a launcher's process was to run, with its arguments and in its environment."""
    arguments, environment = json.loads(connection.makefile().readline())
    folder.mkdir()
    return forked(folder, main, arguments, environment=environment)


@pytest.mark.slow
def test_spread_weights_generate_and_go_on_from_a_checkpoint(random_policy: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    more = ["pipeline=[grpo]", "training.args.fsdp=true", "training.args.max_steps=3", "training.args.save_steps=1"]
    arguments = [*options(random_policy, run, 2), *more, "evaluation.every=null"]
    process = forked(tmp_path, in_two, run_spread, main, arguments)
    assert process.end() == 0, process.errors[-3000:]
    before = logged(run)
    shutil.rmtree(run / "grpo" / "final")
    shutil.rmtree(run / "grpo" / "checkpoint-3")
    again = forked(tmp_path, in_two, run_spread, main, ["train", f"resume={run}", "reward._target_=small_run.LetterE"])
    assert again.end() == 0, again.errors[-3000:]
    names = ("loss", "grad_norm", "reward", "completions/mean_length")
    for step, record in logged(run).items():
        assert [record[name] for name in names] == [before[step][name] for name in names]
    assert (run / "grpo" / "final").is_dir()


def json_rollouts(run: Path) -> Iterator[Any]:
    from rlvr.data import saved_rollouts

    for path in saved_rollouts.files(run):
        for rollout in saved_rollouts.read(path):
            yield rollout.to_json()


@pytest.mark.slow
def test_the_death_of_a_process_ends_the_others_and_the_run_goes_on(random_policy: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    more = ["pipeline=[sft]", "sft.args.max_steps=2000", "sft.args.save_steps=2", "evaluation.every=null"]
    process = forked(tmp_path, in_two, main, [*options(random_policy, run, 2), *more])
    wait_for(lambda: any((run / "sft").glob("checkpoint-*/manifest.json")), process)
    os.kill(rank_of(process, 1), signal.SIGKILL)
    killed = time.monotonic()
    assert process.end(timeout_s=120) != 0
    assert time.monotonic() - killed < 30
    said = [line for line in process.errors.splitlines() if line.startswith("rlvr: error:")]
    assert len(said) == 1, process.errors
    assert f"torchrun --nproc-per-node 2 -m rlvr train resume={run}" in said[0]
    before = max(step for _, step in logged(run))
    longer = ["train", f"resume={run}", f"sft.args.max_steps={before + 2}"]
    again = forked(tmp_path, in_two, main, [*longer, "reward._target_=small_run.LetterE"])
    assert again.end() == 0, again.errors[-3000:]
    assert [step for _, step in logged(run)] == list(range(1, before + 3))
    assert (run / "sft" / "final").is_dir()


def wait_for(is_there: Callable[[], bool], process: Forked) -> None:
    while not is_there():
        assert process.is_alive(), process.errors[-3000:]
        time.sleep(0.2)


def rank_of(process: Forked, rank: int) -> int:
    """The id of one of a launcher's processes, which it has started in their order."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[rank])


@pytest.mark.slow
def test_a_batch_that_does_not_divide_is_one_line_of_one_process(random_policy: Path, tmp_path: Path) -> None:
    odd = [*options(random_policy, tmp_path / "run", 2), "training.args.per_device_train_batch_size=3"]
    process = forked(tmp_path, in_two, main, odd)
    assert process.end(timeout_s=120) != 0
    said = [line for line in process.errors.splitlines() if line.startswith("rlvr: error:")]
    assert len(said) == 1, process.errors
    assert "a batch of 6 candidates" in said[0]
    assert "2 processes) does not divide into groups of 4" in said[0]
    assert not (tmp_path / "run").exists()


def test_one_process_asks_nobody() -> None:
    assert processes.count() == 1
    assert processes.is_first()
    assert processes.may_speak()
    assert processes.highest(3) == 3
    assert processes.joined([1, 2]) == [1, 2]
    assert processes.from_first(lambda: "mine") == processes.together(lambda: "mine") == "mine"


def test_processes_that_see_other_rows_are_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = [{"train.mine": {"n": 2, "sha256": "a"}}, {"train.mine": {"n": 3, "sha256": "b"}}]
    monkeypatch.setattr(processes, "count", lambda: 2)
    monkeypatch.setattr(processes, "gathered", lambda value: sums)
    config = cast("Config", SimpleNamespace(data=SimpleNamespace(pairs={})))
    with pytest.raises(UserError, match=r"train.mine: process 1 sees other rows than the first one \(3 and 2 rows\)"):
        resume.check_same_rows(RunRows({}, {}), config)


def test_what_one_of_several_processes_raises_all_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "count", lambda: 2)
    monkeypatch.setattr(processes, "gathered", lambda value: [None, UserError("no model here")])
    with pytest.raises(UserError, match="process 1 of 2: no model here"):
        processes.together(lambda: "mine")


def test_a_signal_after_another_process_has_died_leaves_time_for_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        interruption.interruptible(Console()) as stop,
        pytest.raises(RuntimeError, match="the other one is gone"),
        stop.training(lambda: False),
    ):
        raise RuntimeError("the other one is gone")
    monkeypatch.setattr(processes, "count", lambda: 2)
    stop.request(signal.SIGTERM, None)
    monkeypatch.setattr(processes, "count", lambda: 1)
    with pytest.raises(interruption.Stopped):
        stop.request(signal.SIGTERM, None)
