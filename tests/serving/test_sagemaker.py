"""The exported Lambda scores as the run's reward does, where nothing of rlvr and nothing else is installed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rlvr import config as configuration
from rlvr.cli import main
from rlvr.config import Config, DataConfig, Source
from rlvr.files import read_objects

CLEAN = """
import json, sys
import lambda_function
print(json.dumps(lambda_function.lambda_handler(json.load(sys.stdin), None)))
print(sorted(name for name in sys.modules if name.split(".")[0] in ("rlvr", "torch", "site", "yaml")), file=sys.stderr)
"""


def run_folder(folder: Path, **options: Any) -> Path:
    folder.mkdir()
    (folder / "metrics.jsonl").touch()
    data = DataConfig(
        train={"made": Source(synth="five_tools", rows=20)},
        evaluation={"unseen": Source(synth="unseen_tools", split="held_out", rows=5)},
    )
    configuration.save(Config(name="clinic", run_dir=str(folder), data=data, **options), folder / "config.yaml")
    return folder


def test_the_lambda_runs_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_folder(tmp_path / "run", reward={"_target_": "rewards.Tiered", "partial_cap": 0.4})
    out = tmp_path / "out"
    assert main(["export", str(run), f"out={out}", "format=sagemaker"]) == 0
    assert "handler lambda_function.lambda_handler" in capsys.readouterr().out
    with zipfile.ZipFile(out / "reward_lambda.zip") as archive:
        archive.extractall(tmp_path / "lambda")
    rows = [record for _, record in read_objects(out / "train.jsonl")]
    assert len(rows) == 20
    assert len(list(read_objects(out / "evaluation.jsonl"))) == 5
    row = next(row for row in rows if row["reward_model"].get("behavior") == "execute")
    (call, *_) = json.loads(row["reward_model"]["ground_truth"])
    texts = [
        f"<tool_call>\n{json.dumps(call)}\n</tool_call>",
        f"<tool_call>\n{json.dumps({**call, 'arguments': {}})}\n</tool_call>",
        json.dumps([call]),  # right in another format, which the policy's server shows as text
        "",
    ]
    event = [
        {**row, "id": str(place), "messages": [*row["prompt"], {"role": "assistant", "content": text}]}
        for place, text in enumerate(texts)
    ]
    # -I -S: no variables, no site-packages, no folder of the user's: only the zip.
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.')\n{CLEAN}"]
    done = subprocess.run(command, input=json.dumps(event), capture_output=True, text=True, cwd=tmp_path / "lambda")
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"
    right, wrong, other, nothing = (entry["aggregate_reward_score"] for entry in json.loads(done.stdout))
    assert right == 1.0
    assert 0 < wrong <= 0.4
    assert other < 0.2
    assert nothing == 0.0


def test_the_same_reward_gives_the_same_zip(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    zips = []
    for name in ("a", "b"):
        assert main(["export", str(run), f"out={tmp_path / name}", "format=sagemaker"]) == 0
        zips.append((tmp_path / name / "reward_lambda.zip").read_bytes())
    assert zips[0] == zips[1]


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (
            {"_target_": "mine.Reward"},
            "the reward mine.Reward is none of rewards'; export another one and put yours in",
        ),
        (
            {"_target_": "rewards.Tiered", "judge": {"endpoint": "http://localhost:1/v1"}},
            "reward.judge asks a server, which is not reached from there",
        ),
    ],
)
def test_what_cannot_run_there_is_said_and_not_run_here(
    reward: dict[str, object], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(tmp_path / "run", reward=reward)
    assert main(["export", str(run), f"out={tmp_path / 'out'}", "format=sagemaker"]) == 2
    assert not (tmp_path / "out").exists()
    assert message in capsys.readouterr().err


def test_no_run_and_no_form_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "tiny", f"out={tmp_path / 'out'}", "format=sagemaker"]) == 2
    assert "format=sagemaker: tiny is no run's folder, and its rows and reward are the run's" in capsys.readouterr().err
    assert main(["export", "tiny", f"out={tmp_path / 'out'}", "format=sagmaker"]) == 2
    assert "format 'sagmaker' not found; did you mean 'sagemaker'?" in capsys.readouterr().err
