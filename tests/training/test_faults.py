"""Runs that are killed, cut off, or meet a full or read-only disk: what is left goes on, or says in one line why not.

Seeded: the same moments and the same bytes every time.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from forked import forked
from safetensors.torch import load_file
from small_run import run_saved, small_run

from rlvr import config as configuration
from rlvr.cli import main
from rlvr.config import Config
from rlvr.data import saved_rollouts
from rlvr.training import checkpoint, pipeline
from rlvr.training.run_folder import LOCK

REWARD = {"_target_": "small_run.LetterE"}
BUFFERED = {"per_device_train_batch_size": 4, "steps_per_generation": 4}


def grpo_run(policy: Path, run_dir: Path, steps: int, **args: object) -> Config:
    """GRPO on 8 rows, four steps an epoch, without evaluations."""
    config = small_run(policy, run_dir, steps)
    training = replace(config.training, args={**config.training.args, "save_steps": 1, **args})
    train = {name: replace(source, rows=8) for name, source in config.data.train.items()}
    data = replace(config.data, train=train, evaluation={})
    return replace(config, pipeline=["grpo"], data=data, training=training)


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return load_file(run_dir / "grpo" / "final" / "model.safetensors")


def assert_same_run(straight: Path, other: Path) -> None:
    first, second = weights(straight), weights(other)
    assert [name for name, tensor in first.items() if not torch.equal(tensor, second[name])] == []
    rollouts = [list(saved_rollouts.read(run / "rollouts" / "grpo.parquet")) for run in (straight, other)]
    assert rollouts[0] == rollouts[1]


@pytest.mark.slow
@pytest.mark.parametrize("args", [{}, BUFFERED], ids=["plain", "buffered"])
def test_a_run_killed_at_random_moments_ends_as_one_left_alone(
    random_policy: Path, tmp_path: Path, args: dict[str, object]
) -> None:
    """SIGKILL after a checkpoint, in the first, second and third epoch: in a step, in a save, between them."""
    rng = random.Random(f"kill {sorted(args)}")
    pipeline.run(grpo_run(random_policy, tmp_path / "straight", 10, **args))
    killed = tmp_path / "killed"
    configuration.save(grpo_run(random_policy, killed, 10, **args), tmp_path / "killed.yaml")
    process = forked(tmp_path, run_saved, tmp_path / "killed.yaml", REWARD)
    deadline = time.monotonic() + 240
    wanted = rng.randrange(2, 8)
    while process.is_alive() and time.monotonic() < deadline:
        newest = next(iter(checkpoint.checkpoints(killed / "grpo")), None)
        if newest is not None and checkpoint.step_of(newest) >= wanted:
            break
        time.sleep(0.01)
    time.sleep(rng.uniform(0.0, 0.3))
    process.kill()
    assert process.end() == -signal.SIGKILL, process.errors
    pipeline.run(Config(resume=str(killed), reward=REWARD))
    assert_same_run(tmp_path / "straight", killed)


@pytest.fixture(scope="module")
def stopped(random_policy: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished run, and one with its checkpoints of steps 2 and 3 and no final policy."""
    folder = tmp_path_factory.mktemp("stopped")
    pipeline.run(grpo_run(random_policy, folder / "straight", 4, save_total_limit=3))
    shutil.copytree(folder / "straight", folder / "stopped")
    shutil.rmtree(folder / "stopped" / "grpo" / "final")
    shutil.rmtree(folder / "stopped" / "grpo" / "checkpoint-4")
    return folder / "straight", folder / "stopped"


@pytest.mark.slow
def test_a_run_killed_before_its_rollouts_are_packed_packs_them(stopped: tuple[Path, Path], tmp_path: Path) -> None:
    straight, _ = stopped
    run = tmp_path / "run"
    shutil.copytree(straight, run)
    saved_rollouts.unpack(run / "rollouts" / "grpo.jsonl")
    pipeline.run(Config(resume=str(run), reward=REWARD))
    assert_same_run(straight, run)
    assert sorted(path.name for path in (run / "rollouts").iterdir()) == ["grpo.parquet"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["missing", "cut", "emptied", "flipped", "zero page"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    stopped: tuple[Path, Path], tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file is damaged in every way, and noticed; a run goes on from one case of each kind."""
    straight, template = stopped
    run = tmp_path / "run"
    shutil.copytree(template, run)
    newest = run / "grpo" / "checkpoint-3"
    names = [path.name for path in newest.iterdir() if path.name != checkpoint.MANIFEST]
    assert {"model.safetensors", "optimizer.pt", "rng_state.pth", "scheduler.pt", "trainer_state.json"} <= set(names)
    for name in names:
        content = (newest / name).read_bytes()
        damage(newest / name, kind)
        reason = checkpoint.damage(newest)
        assert reason is not None, name
        assert name in reason
        (newest / name).write_bytes(content)
        assert checkpoint.damage(newest) is None
    damage(newest / random.Random(kind).choice(sorted(names)), kind)
    pipeline.run(Config(resume=str(run), reward=REWARD))
    assert "checkpoint-3 is not used: " in capsys.readouterr().out
    assert_same_run(straight, run)


def damage(path: Path, kind: str) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if kind == "missing":
        path.unlink()
        return
    if kind == "cut":
        content = content[:middle]
    elif kind == "emptied":
        content.clear()
    elif kind == "flipped":
        content[middle] ^= 1
    else:
        content[middle : middle + 4096] = bytes(len(content[middle : middle + 4096]))
    path.write_bytes(content)


@pytest.mark.slow
def test_what_a_crash_leaves_beside_checkpoints_is_mended(
    stopped: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    straight, _ = stopped
    run = tmp_path / "run"
    shutil.copytree(straight, run)
    (run / "grpo" / "final" / "model.safetensors").write_bytes(b"half")
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"stage": "grpo", "st')
    pipeline.run(Config(resume=str(run), reward=REWARD))
    assert "final is made again: model.safetensors has 4 bytes" in capsys.readouterr().out
    assert_same_run(straight, run)
    assert all(json.loads(line) for line in (run / "metrics.jsonl").read_text().split("\n") if line)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, as small as a test asks for."""
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def command_line(config: Config) -> list[str]:
    args = config.training.args
    return [
        "train", f"model.path={config.model.path}", f"run_dir={config.run_dir}", "pipeline=[grpo]", "tracking=none",
        "data.train.five_tools.rows=8", "~data.evaluation.same_tools", "~data.evaluation.unseen_tools",
        "reward._target_=small_run.LetterE", "hardware.use_cpu=true",
        *(f"++training.args.{name}={value}" for name, value in args.items()),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_goes_on_when_there_is_room(
    random_policy: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = grpo_run(random_policy, small_disk / "run", 4)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(1_000_000))
    assert main(command_line(config)) == 1
    captured = capsys.readouterr()
    (line,) = captured.err.strip().splitlines()
    assert line.startswith("rlvr: error: ")
    assert "no room for a checkpoint" in line or "No space left" in line or "cut off" in line
    assert f"rlvr train resume={small_disk / 'run'}" in captured.out
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert main(["train", f"resume={small_disk / 'run'}", "reward._target_=small_run.LetterE"]) == 0
    assert checkpoint.damage(small_disk / "run" / "grpo" / "final") is None


@pytest.mark.slow
def test_a_read_only_disk_is_one_line(
    random_policy: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert main(command_line(grpo_run(random_policy, small_disk / "run", 2))) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "Read-only file system" in line


def test_one_folder_has_one_run(random_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with (run / LOCK).open("a+") as held:
        held.write("process 1234 on host\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(command_line(grpo_run(random_policy, run, 2))) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert (
            line == f"rlvr: error: {run}: process 1234 on host is running in it; wait until it ends, or stop it first"
        )
        configuration.save(grpo_run(random_policy, run, 2), run / "config.yaml")
        assert main(["train", f"resume={run}", "reward._target_=small_run.LetterE"]) == 2
        assert "process 1234 on host is running in it" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGUSR1, 138)])
def test_a_signal_saves_the_last_finished_step(
    random_policy: Path, stopped: tuple[Path, Path], tmp_path: Path, signum: int, code: int,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """It comes while the candidates of the third step are scored; a machine that is taken away does not wait for it."""
    from rlvr.training.grpo import RecordedReward

    straight, _ = stopped
    original = RecordedReward.__call__

    def interrupting(self: RecordedReward, *args: object, **columns: object) -> object:
        scored = original(self, *args, **columns)  # type: ignore[arg-type]
        if columns["trainer_state"].global_step == 2:  # type: ignore[attr-defined]
            signal.raise_signal(signum)
        return scored

    monkeypatch.setattr(RecordedReward, "__call__", interrupting)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    run = tmp_path / "run"
    try:
        arguments = command_line(grpo_run(random_policy, run, 4, save_steps=1000, save_total_limit=3))
        assert main(arguments) == code
        assert f"Stopped. To go on from the last checkpoint: rlvr train resume={run}" in capsys.readouterr().out
        assert [path.name for path in checkpoint.checkpoints(run / "grpo")] == ["checkpoint-2"]
        monkeypatch.setattr(RecordedReward, "__call__", original)
        assert main(["train", f"resume={run}", "reward._target_=small_run.LetterE"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    first, second = weights(straight), weights(run)
    assert [name for name, tensor in first.items() if not torch.equal(tensor, second[name])] == []
