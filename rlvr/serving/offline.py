"""What a policy does offline on rows: recorded when it was evaluated, or completed now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rlvr.chat import chat_format, render_prompt
from rlvr.config import EvaluationConfig
from rlvr.errors import UserError
from rlvr.files import JsonObject, read_objects
from rlvr.policy.load import load_policy
from rlvr.progress import Advance
from rlvr.records.row import Row, read_rows
from rlvr.sampler import unwatched
from rlvr.sampling.hf import completions
from rlvr.serving.check import Offline
from rlvr.serving.trained import Trained


@dataclass(frozen=True)
class Held:
    """The held-out rows of a file.

    Args:
        rows: the rows.
        texts: the completions that an evaluation recorded of them; empty for a file of rows alone.
        cut_at: the most tokens of such a completion; 0 where none was cut.
    """

    rows: list[Row]
    texts: list[str]
    cut_at: int = 0


def read(path: Path, most: int | None) -> Held:
    """Read rows, or an evaluation's record of them.

    Args:
        path: the file.
        most: how many of its first rows; None takes all.

    Raises:
        UserError: the file cannot be read, or its completions are a server's.
    """
    lines = list(read_objects(path))
    if not lines or "completion" not in lines[0][1] or "expected" not in lines[0][1]:
        return Held(read_rows(path)[:most], [])
    rows, texts, cut_at = [], [], 0
    for where, record in lines[:most]:
        completion = record.get("completion")
        if not isinstance(completion, str):
            raise where.error("completion", "is no text: it was evaluated through a server, not offline")
        truth: JsonObject = {"reward_model": record.get("expected")}
        rows.append(Row.from_json({"prompt": record.get("prompt"), "tools": record.get("tools"), **truth}, where))
        texts.append(completion)
        if record.get("is_truncated"):
            cut_at = max(cut_at, int(record.get("n_tokens") or 0))
    return Held(rows, texts, cut_at)


def recorded_files(trained: Trained) -> list[Path]:
    """Return the evaluations that a run has recorded of a policy, one file for each set.

    Raises:
        UserError: it has none.
    """
    files = []
    if trained.run is not None and trained.stage is not None:
        files = sorted((trained.run.path / "evaluations" / trained.stage).glob("*.jsonl"))
    if not files:
        raise UserError(f"--check: {trained.path} has no recorded evaluation; name rows, --check rows.jsonl")
    return files


def recorded_dtype(trained: Trained) -> str:
    """Return the number type in which a run's evaluation was computed."""
    if trained.config is None or trained.config.hardware.bf16:
        return "bfloat16"
    return trained.config.model.dtype


def completed(
    trained: Trained, rows: list[Row], dtype: str, max_new_tokens: int, progress: Advance = unwatched
) -> Offline:
    """Complete rows with the policy's weights, greedily, in the number type in which they will be served."""
    policy = load_policy(replace(trained.model_config(dtype), dtype=dtype))
    greedy = completions(
        policy,
        [render_prompt(policy.tokenizer, row) for row in rows],
        max_new_tokens=max_new_tokens,
        batch_size=EvaluationConfig.batch_size,
        wire=chat_format(policy.tokenizer).wire,
        progress=progress,
    )
    return Offline(rows, [completion.text for (completion,) in greedy], dtype, max_new_tokens)
