"""The judge behind a real vLLM server on the CPU: its verdicts, its grades, and replies that are neither.

The server keeps the reply to the words that the judge may say (`structured_outputs`), so that a tiny policy can stand
in for a model that judges: what is tried is the way there and back, and not how well it judges.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest

from rewards import Behavior, GroundTruth, Tiered
from rlvr.cli import main
from rlvr.config import build_reward, compose
from rlvr.sampling.judge import TOP_SCORE, EndpointJudge, Judged
from rlvr.serving.manifest import HOST, VLLM_MODULE
from rlvr.serving.server import VENV_VARIABLE, free_port, installation, running

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None and VENV_VARIABLE not in os.environ,
        reason=f"vLLM is not installed, and {VENV_VARIABLE} names no environment with it",
    ),
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]
DOUBTFUL = "I can't help with that. Which city do you mean?"
CAPITAL = GroundTruth("answer", text="The capital of Australia is Canberra.")
GRADES = [str(score) for score in range(TOP_SCORE + 1)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where vLLM serves the tiny policy."""
    folder = tmp_path_factory.mktemp("judge") / "exported"
    assert main(["export", "tiny", f"out={folder}", "dtype=float32"]) == 0
    port = free_port()
    vllm = installation()
    command = [vllm.python, "-m", VLLM_MODULE, "--model", str(folder), "--served-model-name", "judge"]
    command += ["--host", HOST, "--port", str(port), "--enforce-eager", "--kv-cache-memory-bytes", str(2**30)]
    with running(command, vllm.environment, HOST, port, timeout_s=900) as server:
        yield server.url


def judge_at(url: str, *replies: str) -> EndpointJudge:
    request: dict[str, Any] = {"structured_outputs": {"choice": list(replies)}} if replies else {}
    return EndpointJudge(url, request=request, timeout_s=120, max_tokens=16)


@pytest.mark.parametrize("behavior", [Behavior.CLARIFY, Behavior.REFUSE, Behavior.ANSWER])
def test_a_verdict_of_the_server_counts(url: str, behavior: Behavior) -> None:
    judge = judge_at(url, behavior.value)
    for _ in range(2):  # the second time it is remembered
        result = Tiered(judge=judge)(DOUBTFUL, ground_truth=GroundTruth("refuse"))
        assert result is not None
        assert result.behavior is behavior
        assert result.value == float(behavior is Behavior.REFUSE)
    assert (judge.tally.requests, judge.tally.failures, judge.tally.verdicts) == (1, 0, 2)


def test_the_model_chooses_among_the_verdicts(url: str) -> None:
    judge = judge_at(url, "clarify", "refuse", "answer")
    assert judge(DOUBTFUL, GroundTruth("refuse")) in (Behavior.CLARIFY, Behavior.REFUSE, Behavior.ANSWER)
    assert judge.tally.failures == 0


@pytest.mark.parametrize("score", ["0", "7", "10"])
def test_a_grade_of_the_server_is_the_value(url: str, score: str) -> None:
    judge = judge_at(url, score)
    result = Judged(judge)("It is Canberra.", ground_truth=CAPITAL)
    assert result is not None
    assert result.value == int(score) / TOP_SCORE
    assert judge.tally.failures == 0


def test_the_model_chooses_among_the_grades(url: str) -> None:
    judge = judge_at(url, *GRADES)
    grade = judge.grade("It is Canberra.", CAPITAL.text or "", "10: right. 0: wrong.", by_the_rules=1.0)
    assert grade in {int(score) / TOP_SCORE for score in GRADES}


def test_a_reply_that_is_no_verdict_leaves_the_rules(url: str) -> None:
    judge = judge_at(url, "maybe so")
    rules = Tiered()(DOUBTFUL, ground_truth=GroundTruth("refuse"))
    assert Tiered(judge=judge)(DOUBTFUL, ground_truth=GroundTruth("refuse")) == rules
    assert (judge.tally.requests, judge.tally.failures, judge.tally.verdicts) == (1, 1, 0)
    assert Judged(judge)("It is Canberra.", ground_truth=CAPITAL) == Tiered()("It is Canberra.", ground_truth=CAPITAL)


def test_a_model_that_the_server_lacks_leaves_the_rules(url: str) -> None:
    judge = EndpointJudge(url, model="another")
    rules = Tiered()(DOUBTFUL, ground_truth=GroundTruth("refuse"))
    assert Tiered(judge=judge)(DOUBTFUL, ground_truth=GroundTruth("refuse")) == rules
    assert judge.tally.failures == 1


def test_the_options_of_a_run_reach_the_server(url: str) -> None:
    options = [f"reward.judge.endpoint={url}", "reward.judge.timeout_s=120"]
    reward = build_reward(compose([*options, "reward.judge.request.structured_outputs.choice=[clarify]"]).reward)
    result = reward(DOUBTFUL, ground_truth=GroundTruth("refuse"))
    assert result is not None
    assert result.behavior is Behavior.CLARIFY
