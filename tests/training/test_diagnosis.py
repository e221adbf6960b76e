from __future__ import annotations

import pytest

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.records.rollout import Candidate, Rollout
from rlvr.training.diagnosis import count, findings

LIMIT = 96


CALL = GroundTruth(Behavior.EXECUTE, (ToolCall("f", {}),))
REFUSAL = GroundTruth(Behavior.REFUSE, text="I can't 'execute' that.")


def candidate(reward: float | None, behavior: str = "execute", n_tokens: int = 30, wire: float = 1.0) -> Candidate:
    if reward is None:
        return Candidate("", n_tokens)
    return Candidate("", n_tokens, reward, {"wire_format": wire}, Behavior(behavior))


def group(*candidates: Candidate, expected: GroundTruth = CALL) -> Rollout:
    return Rollout(1, 0, "", "[]", expected, candidates)


MIXED = group(candidate(1.0), candidate(0.3))
RIGHT = group(candidate(1.0), candidate(1.0))
WRONG = group(candidate(0.3), candidate(0.3))
SILENT = group(candidate(0.1, "answer"), candidate(0.0, "refuse"))
CLIPPED = group(candidate(0.3, n_tokens=96), candidate(0.1, n_tokens=96))
MALFORMED = group(candidate(0.3, wire=0.0), candidate(0.1, wire=0.0))
CASES = {
    "mixed": ([MIXED] * 9 + [RIGHT], []),
    "all-right": ([RIGHT] * 62 + [MIXED] * 38, ["62% of groups are all right"]),
    "all-alike": ([WRONG] * 7 + [MIXED] * 3, ["70% of groups earn one and the same reward"]),
    "half-is-no-finding": ([RIGHT] * 5 + [WRONG] * 5, []),
    "silent": ([SILENT] * 10, ["100% of the candidates that should call a tool do not"]),
    "clipped": ([CLIPPED] * 3 + [MIXED] * 7, ["30% of candidates are cut at 96 tokens"]),
    "malformed": ([MALFORMED] * 3 + [MIXED] * 7, ["30% of candidates call in a form that cannot be read"]),
    "no-rewards": ([group(candidate(None), candidate(None))], []),
    "no-groups": ([], []),
}


@pytest.mark.parametrize("name", CASES)
def test_findings_name_what_keeps_a_run_from_learning(name: str) -> None:
    records, expected = CASES[name]
    lines = findings(count(records, LIMIT), LIMIT)
    assert len(lines) == len(expected), lines
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))


@pytest.mark.parametrize(("end", "n_lines"), [("over", 0), ("truncated", 1)])
def test_a_conversation_is_cut_where_it_says_so(end: str, n_lines: int) -> None:
    """Its tokens are those of all its turns and of what the tools said, the limit is of one turn."""
    talks = [
        Candidate(f"Done.\n[{end}]", 300, reward, {"goal": reward}, Behavior.EXECUTE, (), "[]") for reward in (1.0, 0.2)
    ]
    lines = findings(count([group(*talks)] * 10, LIMIT), LIMIT)
    assert len(lines) == n_lines
    assert all("training.most_episode_tokens" in line for line in lines)


def test_refusals_are_no_silence() -> None:
    refusals = [group(candidate(1.0, "refuse"), candidate(0.0, "answer"), expected=REFUSAL)] * 10
    assert findings(count(refusals, LIMIT), LIMIT) == []
