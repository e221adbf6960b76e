"""What `rlvr doctor` and `rlvr train --estimate` print for a newcomer."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
import torch

from rlvr.cli import main
from rlvr.commands import doctor
from rlvr.serving import server


def test_the_doctor_names_versions_the_machine_and_what_the_template_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok  ", "!   "))]
    found = {line[4:].rsplit("  ", 1)[0].strip(): line.rsplit("  ", 1)[1] for line in lines}
    assert found["wire format"] == "hermes"
    assert found["marks of calls"] == "single tokens: <tool_call>, </tool_call>"
    assert found["memory"].endswith("GiB free")
    assert {"GPU", "disk", "processor", *doctor.OPTIONAL} <= set(found)


def test_the_doctor_ends_with_what_is_wrong_with_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"model.path={tmp_path}"]) == 2
    printed = capsys.readouterr()
    assert "python" in printed.out
    assert "cannot be loaded" in printed.err


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that were printed, without the one that a slow machine waits under."""
    return [line for line in capsys.readouterr().out.splitlines() if line != "estimating ..."]


def test_an_estimate_is_printed_and_nothing_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--estimate", "data.train.five_tools.rows=20", "hardware.device=l4", "sft.rows=null"]) == 0
    lines = printed(capsys)
    assert lines[0].startswith("3.5M parameters, 3.5M trained; a row has")
    assert any("fits in 22.4 GiB" in line for line in lines)
    assert any("sft: " in line for line in lines)
    assert list(tmp_path.iterdir()) == []


def test_an_estimate_needs_no_rows_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--estimate", "data=files", "pipeline=[sft]", "hardware.device=l4"]) == 0
    absent = printed(capsys)
    assert absent[:3] == [
        "data/train.jsonl: no such file yet; 1,500 rows of five_tools stand in for it",
        "data/same_tools.jsonl: no such file yet; 300 rows of five_tools stand in for it",
        "data/unseen_tools.jsonl: no such file yet; 300 rows of five_tools stand in for it",
    ]
    assert absent[-2].startswith("evaluation: 600 rows by 2 policies, ")
    assert main(["train", "--estimate", "data.train.five_tools.rows=1500", "pipeline=[sft]", "hardware.device=l4"]) == 0
    assert printed(capsys)[:-2] == absent[3:-2]


def test_what_is_out_of_reach_has_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "_SERVE_PORT", port)
        monkeypatch.delenv("HF_HUB_OFFLINE")
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        places = list(doctor.places())
    assert [is_fine for is_fine, *_ in places] == [True, False, False]
    lines = dict(line[1:] for line in places)
    assert lines["model hub"] == "127.0.0.1 is in reach"
    assert lines["package index"].startswith(
        "127.0.0.1 is not in reach (Connection refused): pip installs from a mirror"
    )
    assert lines[f"port {port}"] == f"taken; rlvr serve RUN port={port + 1} listens at another"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in dict(line[1:] for line in doctor.places())["model hub"]


@pytest.mark.parametrize(
    ("wire", "parsers", "version", "said"),
    [
        ("hermes", {"hermes", "mistral"}, "0.32.0", [(True, "vLLM 0.32.0 of py"), (True, "hermes: hermes")]),
        (
            "hermes",
            {"mistral"},
            "0.32.0",
            [(True, "vLLM 0.32.0 of py"), (False, "vLLM 0.32.0 has none of hermes, granite4")],
        ),
        ("nemotron", {"hermes"}, "0.32.0", [(True, "vLLM 0.32.0 of py"), (False, "vLLM has none for nemotron")]),
        (
            "hermes",
            {"hermes"},
            "0.12.1",
            [(False, "vLLM 0.12.1 of py; tried are 0.22 to 0.32"), (True, "hermes: hermes")],
        ),
    ],
)
def test_the_server_and_its_parser_are_looked_at(
    wire: str, parsers: set[str], version: str, said: list[tuple[bool, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = server.Installation("py", version, True, frozenset(parsers))
    monkeypatch.setattr(server, "installation", lambda: there)
    for (is_fine, _, line), (expected, beginning) in zip(doctor.server_lines(wire), said, strict=True):
        assert is_fine == expected
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("build", "is_fine", "said"),
    [
        ("13.0", False, "an NVIDIA one with driver 535.104.05 that torch, built for CUDA 13.0, cannot use; update"),
        (None, False, "an NVIDIA one, and torch is built for CPUs; install a CUDA build"),
    ],
)
def test_a_gpu_that_torch_cannot_use_is_said(
    build: str | None, is_fine: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "version").write_text("535.104.05\n")
    monkeypatch.setattr(doctor, "_NVIDIA", tmp_path)
    monkeypatch.setattr(doctor, "_DRIVER", tmp_path / "version")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", build)
    line = next(line for line in doctor.torch_lines() if line[1] == "GPU")
    assert line[0] == is_fine
    assert line[2].startswith(said)


def test_a_disk_that_is_nearly_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100 * 2**30, 99 * 2**30, 2**30))
    assert (False, "disk", "1 of 100 GiB free here: a checkpoint may not fit") in doctor.machine_lines()


def test_an_environment_for_vllm_that_has_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_looked", lambda _: None)
    monkeypatch.setenv(server.VENV_VARIABLE, str(tmp_path))
    (line,) = doctor.server_lines("hermes")
    assert line[:2] == (False, "server")
    assert line[2].startswith(f"RLVR_VLLM_VENV: {tmp_path} has no vLLM. With a GPU: pip install")


def test_without_a_server_the_doctor_names_the_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_looked", lambda _: None)
    monkeypatch.delenv(server.VENV_VARIABLE, raising=False)
    (line,) = doctor.server_lines("hermes")
    parsers = "hermes, granite4, ernie45, qwen3_json"
    assert line == (True, "server", f"no vLLM here for rlvr serve; its parsers of hermes: {parsers}")
