"""bfloat16 is computed in where it is asked for, and where the processor is not slow at it."""

from pathlib import Path

import pytest
from trl import SFTConfig

from rlvr.config import Config, HardwareConfig
from rlvr.policy import precision
from rlvr.policy.precision import SLOW, bf16_slowdown, in_bf16, precision_notes
from rlvr.training.arguments import stage_arguments

ASKED = HardwareConfig(use_cpu=True, bf16=True)
NOT_ASKED = HardwareConfig(use_cpu=True)


@pytest.fixture(params=[0.4, 50.0], ids=["fast", "slow"])
def slowdown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Make this processor one that takes so many times as long in bfloat16, whatever it is."""
    taken: float = request.param
    monkeypatch.setattr(precision, "bf16_slowdown", lambda: taken)
    return taken


def test_a_cpu_that_is_slow_at_bfloat16_computes_in_float32(slowdown: float, tmp_path: Path) -> None:
    is_fast = slowdown < SLOW
    assert in_bf16(ASKED) is is_fast
    assert in_bf16(NOT_ASKED) is False
    args = stage_arguments(SFTConfig, "sft.args", {}, Config(hardware=ASKED), tmp_path)
    assert args.bf16 is is_fast


def test_a_person_is_told_of_it(slowdown: float) -> None:
    assert precision_notes(NOT_ASKED) == ()
    notes = precision_notes(ASKED)
    assert len(notes) == (slowdown >= SLOW)
    assert all("50 times slower" in note and "float32" in note for note in notes)


def test_this_processor_is_measured() -> None:
    assert bf16_slowdown() > 0
    assert bf16_slowdown() == bf16_slowdown(), "a run asks several times, and must hear the same"
