from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rewards import Tiered
from rlvr.chat import render_completion
from rlvr.cli import main
from rlvr.config import Config, DataConfig, EvaluationConfig, HardwareConfig, ModelConfig, Source
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.evaluation.command import command
from rlvr.evaluation.run import evaluate, score, write_results
from rlvr.policy.load import load_policy
from rlvr.records.row import write_rows
from rlvr.sampler import Completion
from rlvr.sampling.hf import HfSampler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rlvr.sampler import Request

ROWS = synthesize("unseen_tools", rows=40, seed=1, split="held_out")


def test_the_expected_completion_is_exactly_right() -> None:
    for index, row in enumerate(ROWS):
        result = score(index, row, Completion(render_completion(row), 9), Tiered())
        assert result is not None
        assert (result.reward, result.is_exact, result.predicted) == (1.0, True, row.ground_truth.behavior)


def test_an_empty_completion_earns_nothing() -> None:
    result = score(0, ROWS[0], Completion("", 1), Tiered())
    assert result is not None
    assert (result.reward, result.is_exact, result.predicted) == (0.0, False, None)


def test_rows_are_completed_scored_and_written(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    done: list[int] = []
    options = EvaluationConfig(max_new_tokens=3)
    sampler = HfSampler(policy, batch_size=2)
    evaluation = evaluate(sampler, ROWS[:3], Tiered(), options, progress=lambda n, note="": done.append(n))
    assert sum(done) == 3
    assert [result.index for result in evaluation.results] == [0, 1, 2]
    assert evaluation.unscored == 0
    write_results(tmp_path / "new" / "rows.jsonl", evaluation)
    records = [json.loads(line) for line in (tmp_path / "new" / "rows.jsonl").read_text().splitlines()]
    assert [record["expected"] for record in records] == [row.to_json()["reward_model"] for row in ROWS[:3]]
    assert [record["reward"] for record in records] == [result.reward for result in evaluation.results]


def test_evaluate_prints_a_table_for_each_set(
    random_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(
        run_dir=str(tmp_path / "rows"),
        model=ModelConfig(path=str(random_policy)),
        data=DataConfig(evaluation={"mine": Source(synth="five_tools", split="held_out", rows=4)}),
        evaluation=EvaluationConfig(max_new_tokens=2, n_bootstrap=50),
        hardware=HardwareConfig(use_cpu=True),
    )
    command(config)
    assert "mine: 4 rows, means with 95% bootstrap intervals" in capsys.readouterr().out
    assert len((tmp_path / "rows" / "mine.jsonl").read_text().splitlines()) == 4


def test_what_was_not_kept_is_said_and_a_batch_has_no_latency(
    random_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path / "mine.jsonl", ROWS[:2])
    settings = ["evaluation.max_new_tokens=2", "evaluation.n_bootstrap=20", "hardware.use_cpu=true"]
    rows = f"data.evaluation.mine.path={tmp_path / 'mine.jsonl'}"
    assert main(["evaluate", f"model.path={random_policy}", rows, *settings]) == 0
    printed = capsys.readouterr().out
    assert "Nothing was kept; run_dir=FOLDER keeps every row" in " ".join(printed.split())
    assert "latency" not in printed


class Interrupted:
    """A sampler that answers rightly until Ctrl-C comes, after some answers of its last call."""

    name, wire = "stopped", "hermes"

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)

    def sample(self, requests: list[Request], progress: object = None) -> Iterator[tuple[int, list[Completion]]]:
        n = self.answers.pop(0)
        for index, request in enumerate(requests[:n]):
            row = next(row for row in ROWS if row.prompt == request.messages)
            yield index, [Completion(render_completion(row), 9)] * request.n
        if not self.answers:
            raise KeyboardInterrupt

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("samples", "answers", "kept"), [(1, [2], 2), (3, [4, 1], 4)], ids=["greedy", "samples"])
def test_ctrl_c_keeps_the_rows_that_are_done(
    samples: int, answers: list[int], kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("rlvr.evaluation.command.open_sampler", lambda config: Interrupted(*answers))
    write_rows(tmp_path / "mine.jsonl", ROWS[:4])
    config = Config(
        run_dir=str(tmp_path / "run"),
        data=DataConfig(evaluation={"mine": Source(path=str(tmp_path / "mine.jsonl"))}),
        evaluation=EvaluationConfig(samples=samples, n_bootstrap=20),
    )
    with pytest.raises(KeyboardInterrupt):
        command(config)
    assert f"stopped: {kept} of the 4 rows of mine are evaluated" in capsys.readouterr().out
    assert len((tmp_path / "run" / "mine.jsonl").read_text().splitlines()) == kept
    stored = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    assert stored["mine"]["stopped"]["exact"]["mean"] == 1.0
    assert stored["mine"]["stopped"]["reward"]["n"] == kept
    assert (tmp_path / "run" / "config.yaml").exists()


def test_evaluate_without_rows_says_how_to_name_some() -> None:
    with pytest.raises(UserError, match=r"data\.evaluation\.NAME\.path=ROWS\.jsonl"):
        command(Config())
