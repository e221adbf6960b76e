"""A run folder on conversations as `rlvr train` leaves it, without the training: scripted policies in real worlds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rewards import ToolCall
from rlvr import config
from rlvr.config import Config, EvaluationConfig
from rlvr.data import saved_rollouts
from rlvr.environments.conversation import OpenTurn, PolicyTurn, hold, scripted
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment
from rlvr.environments.scoring import EpisodeReward, counts
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.evaluation.breakdown import breakdown
from rlvr.evaluation.metrics import summarize
from rlvr.evaluation.run import evaluate, write_results
from rlvr.sampler import Completion, Request
from rlvr.training.episodes import RecordedEpisodes
from rlvr.training.run_folder import RunFolder

REWARD = EpisodeReward()


def tool(name: str, **properties: str) -> dict[str, Any]:
    """A tool with parameters of these types; an order and a reason are required."""
    types = {parameter: {"type": kind} for parameter, kind in properties.items()}
    required = [parameter for parameter in properties if parameter in ("order_id", "reason")]
    return {"name": name, "parameters": {"type": "object", "properties": types, "required": required}}


TOOLS = [
    tool("find_orders", email="string"),
    tool("update_order", order_id="string", email="string"),
    tool("cancel_order", order_id="string", reason="string"),
]


class Scripted:
    """Plays the solutions of some episodes, and says "Done." at once in the others."""

    name = "scripted"
    wire = None

    def __init__(self, episodes: Sequence[Episode], n_solved: int) -> None:
        self.solutions = {json.dumps(each.prompt): each.solution for each in episodes[:n_solved]}

    def sample(self, requests: Sequence[Request], progress: Any = None) -> Iterator[tuple[int, list[Completion]]]:
        for place, request in enumerate(requests):
            yield place, [self._turn(list(request.messages))]

    def _turn(self, messages: list[Any]) -> Completion:
        n_turns = sum(message["role"] == "assistant" for message in messages)
        first = next(place for place, message in enumerate(messages) if message["role"] == "user")
        solution = self.solutions.get(json.dumps(messages[: first + 1]), ())
        if n_turns >= len(solution):
            return Completion("Done.", 2)
        step = solution[n_turns]
        if not step.calls:
            return Completion(step.text, 5)
        calls = [{"function": {"name": c.name, "arguments": json.dumps(c.arguments)}} for c in step.calls]
        return Completion("", 9, message={"role": "assistant", "content": "", "tool_calls": calls})

    def close(self) -> None:
        """Nothing is open."""


def write_talks(path: Path, *, episodes: int = 16) -> RunFolder:
    """Write config, the rollouts of one step, and evaluations before and after."""
    folder, evaluation = RunFolder(path), EvaluationConfig(n_bootstrap=100, samples=2)
    path.mkdir(parents=True)
    config.save(Config(run_dir=str(path), pipeline=["grpo"], evaluation=evaluation), folder.config)
    held = list(generate(Recipe(TOOLS, rows=episodes)))
    _write_rollouts(folder, held)
    rows = [episode.row for episode in held]
    summaries = {}
    for stage, n_solved in (("base", 1), ("grpo", episodes - 2)):
        done = evaluate(Scripted(held, n_solved), rows, REWARD, evaluation)
        write_results(folder.evaluation(stage, "worlds"), done)
        summaries[stage] = summarize(done, evaluation, breakdown(done, evaluation)).to_json()
    folder.summaries.write_text(json.dumps({"worlds": summaries}))
    return folder


def _write_rollouts(folder: RunFolder, episodes: Sequence[Episode]) -> None:
    """Of each episode four candidates: solved twice, nothing done, and a call that no tool answers, thrice."""
    lines = folder.rollouts("grpo")
    lines.parent.mkdir()
    recorded = RecordedEpisodes(REWARD, lines, candidates=4)
    for place, episode in enumerate(episodes):
        policies = [scripted(episode), scripted(episode), scripted(Episode([], [], "", {})), _lost]
        environments = [open_environment(episode) for _ in policies]
        held = [hold([(episode, each)], policy)[0] for each, policy in zip(environments, policies, strict=True)]
        arrow = episode.row.to_arrow()
        recorded(
            ["the prompt"] * len(held),
            conversation=held,
            counts=[counts(*pair) for pair in zip(held, environments, strict=True)],
            trainer_state=SimpleNamespace(global_step=0),
            row=[place] * len(held),
            tools=[arrow["tools"]] * len(held),
            reward_model=[arrow["reward_model"]] * len(held),
            prompt_messages=[json.dumps(episode.prompt)] * len(held),
        )
    saved_rollouts.pack(lines)


def _lost(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
    call = ToolCall("no_such_tool", {"text": "<img src=x onerror=window.hacked=1>"})
    message = {"function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
    return [PolicyTurn({"role": "assistant", "content": "", "tool_calls": [message]}) for _ in requests]
