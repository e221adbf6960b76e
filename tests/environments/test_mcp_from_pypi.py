"""A server of other people, `mcp-server-time` from PyPI: called once, recorded, and trained against without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rewards import ToolCall
from rlvr.cli import main
from rlvr.data.toolsets.mcp_server import Server, tools
from rlvr.environments.episode import Episode, Step
from rlvr.environments.recording import Recorder

pytest.importorskip("mcp")
COMMAND = shutil.which("mcp-server-time")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMMAND is None, reason="needs mcp-server-time (pip install mcp-server-time) on the PATH"),
]

TIMES = ("09:00", "12:30", "18:45", "23:59")
ZONES = (("Europe/Berlin", "Asia/Tokyo"), ("Asia/Kolkata", "Asia/Tokyo"))


def test_a_real_server_is_recorded_and_trained_against_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rlvr.environments.mcp_server import McpEnvironment

    server = Server((str(COMMAND), "--local-timezone", "UTC"))
    offered = tools(server.source).tools
    assert {tool["function"]["name"] for tool in offered} == {"get_current_time", "convert_time"}
    live = McpEnvironment(server)
    episodes = []
    try:
        for source, target in ZONES:
            for time in TIMES:
                recorder = Recorder(live)
                arguments = {"source_timezone": source, "time": time, "target_timezone": target}
                call = ToolCall("convert_time", arguments)
                assert not recorder.answer(call).is_error
                assert recorder.answer(ToolCall("convert_time", {**arguments, "source_timezone": "Nowhere"})).is_error
                right, wrong = (each.to_json() for each in recorder.recorded)
                options = {"calls": [right, {**wrong, "is_expected": False}]}
                prompt = [{"role": "user", "content": f"What is {time} of {source} in {target}?"}]
                solution = (Step((call,)), Step(text="Here it is."))
                episodes.append(Episode(prompt, offered, "recording", options, solution))
    finally:
        live.close()

    (tmp_path / "episodes.jsonl").write_text("".join(json.dumps(each.to_json()) + "\n" for each in episodes))
    monkeypatch.setenv("PATH", "/nowhere")
    options = [
        "pipeline=[grpo]",
        "data=none",
        "tracking=none",
        f"run_dir={tmp_path}/run",
        f"+data.train.time.path={tmp_path}/episodes.jsonl",
        f"+data.evaluation.time.path={tmp_path}/episodes.jsonl",
        "training.args.max_steps=2",
        "training.args.per_device_train_batch_size=16",
        "training.args.gradient_accumulation_steps=1",
        "training.args.max_completion_length=64",
        "evaluation.max_new_tokens=64",
        "hardware.use_cpu=true",
    ]
    assert main(["train", *options]) == 0
    steps = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert sum("episode/turns" in step for step in steps) == 2
