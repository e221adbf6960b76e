"""What a run leaves on disk, and what of it a resumed run can build on.

config.yaml              the resolved configuration
metrics.jsonl            every logged training metric and each evaluation
rollouts/grpo.jsonl      each prompt with its candidates and their rewards; grpo.parquet once the stage is done
evaluations/STAGE/SET.jsonl   what each policy did on each evaluation row
evaluation.json, table.txt    the summaries
report.html              all of it as one page
trained_tools.json, tracking.json   which tools training rows offer; the tracker's ids of the run
STAGE/checkpoint-N/, STAGE/final/   checkpoints; the stage's policy, there once the stage is done
"""

from __future__ import annotations

import json
import math
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

BASE = "base"
# Each is written before trainer_state.json, which comes last: a checkpoint that was cut off while it was written
# lacks one of them.
_CHECKPOINT_FILES = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")


@dataclass(frozen=True)
class RunFolder:
    """The places in a run's folder."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """Training metrics and evaluations, one JSON object a line."""
        return self.path / "metrics.jsonl"

    @property
    def summaries(self) -> Path:
        """Evaluation set -> stage -> summary."""
        return self.path / "evaluation.json"

    @property
    def table(self) -> Path:
        """The tables as they are printed."""
        return self.path / "table.txt"

    @property
    def report(self) -> Path:
        """The run as one page."""
        return self.path / "report.html"

    def rollouts(self, stage: str) -> Path:
        """A stage's prompts with their candidates, while it trains; `saved_rollouts.pack` is for when it is done."""
        return self.path / "rollouts" / f"{stage}.jsonl"

    def evaluation(self, stage: str, evaluation_set: str) -> Path:
        """What a stage's policy did on each row of a set."""
        return self.path / "evaluations" / stage / f"{evaluation_set}.jsonl"

    def stage(self, stage: str) -> Path:
        """A stage's checkpoints and final policy."""
        return self.path / stage

    def final(self, stage: str) -> Path:
        """A stage's policy; it exists once the stage is done."""
        return self.stage(stage) / "final"

    def last_checkpoint(self, stage: str) -> Path | None:
        """The latest whole checkpoint of a stage, None where there is none."""
        checkpoints = (p for p in self.stage(stage).glob("checkpoint-*") if p.name.rpartition("-")[2].isdigit())
        for path in sorted(checkpoints, key=lambda p: int(p.name.rpartition("-")[2]), reverse=True):
            if all((path / name).is_file() for name in _CHECKPOINT_FILES):
                return path
        return None

    def rewards(self, stage: str, evaluation_set: str) -> list[float]:
        """The rewards that a stage's policy earned on each row of a set."""
        return [record["reward"] for record in read_jsonl(self.evaluation(stage, evaluation_set))]


def append_jsonl(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Add one line of JSON for each record. Numbers that JSON cannot write become null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(_finite(record), ensure_ascii=False, allow_nan=False) + "\n" for record in records)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """All records; none where there is no such file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def keep_records(path: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    """Rewrite a JSONL file without the records that an interrupted run wrote past its last checkpoint."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue  # the line that was being written when the run was killed
        if keep(record):
            kept.append(line + "\n")
    write_atomically(path, "".join(kept))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def save_folder(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a folder under another name, then give it its own: it exists only when it is whole."""
    temporary = path.with_name(path.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    write(temporary)
    shutil.rmtree(path, ignore_errors=True)
    os.replace(temporary, path)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
