"""A served model as the policy of conversations: a real HTTP server, asked turn by turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_server import Answer, Server, completion, serve
from talks_run import TOOLS, Scripted

from rewards import Tiered
from rlvr.cli import main
from rlvr.config import EvaluationConfig
from rlvr.environments.episode import Episode
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.evaluation.run import Evaluation, evaluate
from rlvr.sampler import Completion, Request

__all__ = ["serve"]

N = 8
N_SOLVED = 6


@pytest.fixture(scope="module")
def episodes() -> list[Episode]:
    return list(generate(Recipe(TOOLS, rows=N)))


def playing(policy: Scripted) -> Answer:
    """A server that plays it, and refuses what OpenAI's API does not know."""

    def answer(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        known = {"role", "content", "tool_calls", "tool_call_id"}
        if any(message.keys() - known for message in body["messages"]):
            return 400, {}, {"error": {"message": "unknown field"}}
        ((_, (turn,)),) = policy.sample([Request(body["messages"])])
        message = turn.message or {"role": "assistant", "content": turn.text}
        return 200, {}, completion(message, "tool_calls" if turn.message else "stop")

    return answer


def evaluated(folder: Path, server: Server, *options: str) -> list[dict[str, Any]]:
    arguments = [f"model.endpoint={server.url}", "data=none", f"+data.evaluation.worlds.path={folder}/episodes.jsonl"]
    assert main(["evaluate", *arguments, f"run_dir={folder}/out", *options]) == 0
    return [json.loads(line) for line in (folder / "out" / "worlds.jsonl").read_text().splitlines()]


def test_conversations_are_held_with_a_served_model(
    tmp_path: Path, episodes: list[Episode], serve: Callable[[Answer], Server], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "episodes.jsonl").write_text("".join(json.dumps(each.to_json()) + "\n" for each in episodes))
    server = serve(playing(Scripted(episodes, N_SOLVED)))
    rows = evaluated(tmp_path, server, "evaluation.samples=2")
    assert [row["is_exact"] for row in rows] == [True] * N_SOLVED + [False] * (N - N_SOLVED)
    assert [row["episode"]["turns"] for row in rows[:N_SOLVED]] == [len(e.solution) for e in episodes[:N_SOLVED]]
    assert all(body["tools"] for body in server.asked)
    assert max(len(body["messages"]) for body in server.asked) >= 4
    out = " ".join(capsys.readouterr().out.split())
    assert "all of k samples right: pass^2 0.75" in out


def test_a_turn_without_an_answer_is_no_wrong_one_and_is_asked_for_alone(
    tmp_path: Path, episodes: list[Episode], serve: Callable[[Answer], Server], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "episodes.jsonl").write_text("".join(json.dumps(each.to_json()) + "\n" for each in episodes))
    longest = max(episodes, key=lambda episode: len(episode.solution))
    play = playing(Scripted(episodes, N))
    is_failing = True

    def answer(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        is_late = (
            len(body["messages"]) > len(longest.prompt) and body["messages"][: len(longest.prompt)] == longest.prompt
        )
        return (400, {}, {}) if is_failing and is_late else play(body, n)

    server = serve(answer)
    rows = evaluated(tmp_path, server)
    assert [row["index"] for row in rows] == [place for place in range(N) if episodes[place] is not longest]
    assert all(row["is_exact"] for row in rows)
    out = " ".join(capsys.readouterr().out.split())
    assert "1 rows got no answer from the server and are in no number here" in out
    assert "the same command asks for the 1 missing answers alone" in out
    is_failing, n_asked = False, len(server.asked)
    rows = evaluated(tmp_path, server)
    assert [row["is_exact"] for row in rows] == [True] * N
    assert len(server.asked) - n_asked == len(longest.solution) - 1


class Interrupted(Scripted):
    """Is stopped by Ctrl-C when it is asked for the n-th time."""

    left = 0

    def sample(self, requests: Sequence[Request], progress: Any = None) -> Iterator[tuple[int, list[Completion]]]:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().sample(requests, progress)


def stopped(episodes: list[Episode], n_requests: int, *, samples: int = 1) -> Evaluation:
    policy = Interrupted(episodes, N)
    policy.left = n_requests
    rows = [episode.row for episode in episodes]
    return evaluate(policy, rows, Tiered(), EvaluationConfig(samples=samples), keeps_partial=True)


def test_ctrl_c_keeps_the_conversations_that_have_ended(episodes: list[Episode]) -> None:
    evaluation = stopped(episodes, 3)
    short = [place for place, episode in enumerate(episodes) if len(episode.solution) <= 2]
    assert 0 < len(short) < N
    assert [result.index for result in evaluation.results] == short
    assert all(result.is_exact for result in evaluation.results)
    assert (evaluation.is_stopped, evaluation.failed) == (True, N - len(short))


def test_ctrl_c_among_the_samples_keeps_all_rows(episodes: list[Episode]) -> None:
    longest = max(len(episode.solution) for episode in episodes)
    evaluation = stopped(episodes, longest + 3, samples=2)
    assert evaluation.is_stopped
    assert {len(result.samples) for result in evaluation.results} == {0, 2}
    assert len(stopped(episodes, longest + 1, samples=2).results) == N


def test_ctrl_c_before_any_has_ended_is_raised(episodes: list[Episode]) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped(episodes, 1)
