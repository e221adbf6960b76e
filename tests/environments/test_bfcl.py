"""BFCL's conversations through us against the leaderboard's own runner, on the same outputs."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewards import ToolCall
from rlvr.config import BFCLConfig
from rlvr.environments.bfcl import CATEGORIES, episodes, verdict_on
from rlvr.environments.bfcl_package import is_installed, package
from rlvr.environments.conversation import hold, scripted
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment
from rlvr.errors import UserError
from rlvr.evaluation.bfcl import Suite

pytestmark = pytest.mark.skipif(not is_installed(), reason="bfcl-eval is not installed")

Result = list[list[Any]]


def right(episode: Episode) -> Result:
    """The solution as the leaderboard stores it: a list of steps for each request."""
    requests: Result = [[]]
    for step in episode.solution:
        if step.calls:
            requests[-1].append([{call.name: json.dumps(call.arguments)} for call in step.calls])
        else:
            requests[-1].append(step.text)
            requests.append([])
    return requests[:-1]


def variants(episode: Episode, rng: random.Random) -> Iterator[Any]:
    """Right, and wrong in one way each."""
    yield right(episode)
    yield broken(right(episode), rng)
    yield rng.choice(
        [
            right(episode)[:-1],  # given up at the last request
            [[] for _ in right(episode)],
            [[step for step in steps for _ in range(2)] for steps in right(episode)],
            [[[call] for step in steps if isinstance(step, list) for call in step] for steps in right(episode)],
            [[[{"no_such_tool": "{}"}], *steps] for steps in right(episode)],
            [[*steps, [{"cd": '{"folder": ".."}'}]] for steps in right(episode)],
            [[*steps, [{"cd": "{not JSON"}]] for steps in right(episode)],
            "Error during inference",
        ]
    )


def broken(result: Result, rng: random.Random) -> Result:
    """One call left out, repeated, or with another value."""
    steps = [(steps, place) for steps in result for place, step in enumerate(steps) if isinstance(step, list)]
    chosen, place = rng.choice(steps)
    calls = chosen[place]
    call = rng.randrange(len(calls))
    ((name, text),) = calls[call].items()
    arguments = json.loads(text)
    changed = {key: "something else" if isinstance(value, str) else 7 for key, value in arguments.items()}
    calls[call : call + 1] = rng.choice([[], [calls[call]] * 2, [{name: json.dumps(changed)}]])
    return result


def official_wrong(category: str, results: list[dict[str, Any]], folder: Path) -> set[str]:
    """The ids that the leaderboard's runner writes down as wrong."""
    package()
    pytest.importorskip("overrides", reason="the official runner's own")
    runner = importlib.import_module("bfcl_eval.eval_checker.eval_runner")
    handling = importlib.import_module("bfcl_eval.model_handler.utils")

    class Handler:
        def decode_execute(self, result: Any, has_tool_call_tag: bool) -> Any:
            return handling.convert_to_function_call(result)  # as that of OpenAI's chat completions does

    ids = {each["id"] for each in results}
    prompts = [each for each in package().utils.load_dataset_entry(category) if each["id"] in ids]
    answers = [each for each in package().utils.load_ground_truth_entry(category) if each["id"] in ids]
    # The runner keeps back ends under the model's name, and would go on with those of the round before.
    runner.multi_turn_runner(Handler(), results, prompts, answers, f"official_{folder.name}", category, folder)
    (path,) = folder.rglob("*_score.json")
    return {json.loads(line)["id"] for line in path.read_text().splitlines()[1:]}


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("n", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_verdicts_are_those_of_the_official_runner(category: str, n: int, tmp_path: Path) -> None:
    rng = random.Random(0)
    some = episodes(category, n)
    listed = [list(variants(episode, rng)) for episode in some]
    n_wrong = 0
    for number, outputs in enumerate(zip(*listed, strict=True)):
        results = [
            {"id": episode.options["entry"], "result": output} for episode, output in zip(some, outputs, strict=True)
        ]
        ours = {each["id"] for each in results if verdict_on(each["id"], each["result"]) is not None}
        assert ours == official_wrong(category, results, tmp_path / f"{category}_{n}_{number}")
        n_wrong += len(ours)
    assert n <= n_wrong < 3 * n


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_ground_truth_reaches_its_goal_and_doing_nothing_does_not(category: str) -> None:
    suite = Suite.load(BFCLConfig(categories=[category], rows=2))
    for episode in suite.conversations:
        environment = open_environment(episode)
        (held,) = hold([(episode, environment)], scripted(episode))
        environment.close()
        assert held.outcome.is_reached, held
        assert held.end == "over"
        assert held.changes
        output = suite.output_of(episode, held)
        (score,) = suite.score([output])
        assert score.valid
        assert [[step for step in steps if step] for steps in output.result] == right(episode)
        idle = Episode(episode.prompt, episode.tools, "bfcl", episode.options)
        environment = open_environment(idle)
        assert not hold([(idle, environment)], scripted(idle))[0].outcome.is_reached
        environment.close()


def test_candidates_do_not_see_each_other_and_nothing_is_left_behind() -> None:
    (episode,) = episodes("multi_turn_base", 1)
    before = set(vars(package().multi_turn))
    pair = [open_environment(episode) for _ in range(2)]
    pair[0].answer(ToolCall("cd", {"folder": "document"}))
    assert "temp" in pair[0].answer(ToolCall("mkdir", {"dir_name": "temp"})).content + pair[0].changes()[0]
    assert pair[1].changes() == ()
    assert pair[1].answer(ToolCall("cd", {"folder": "nowhere"})).is_error
    for environment in pair:
        environment.outcome()
        environment.close()
    assert set(vars(package().multi_turn)) == before


@pytest.mark.parametrize(
    "call",
    [
        ToolCall("__import__('os').system", {"command": "touch ran"}),
        ToolCall("open", {"file": "ran", "mode": "w"}),
        ToolCall("cd", {"folder=open('ran', 'w') or 'x', y": 1}),
        ToolCall("_load_scenario", {"scenario": {}}),
        ToolCall("ls(); open", {"file": "ran", "mode": "w"}),
    ],
)
def test_code_in_a_call_is_not_run(call: ToolCall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (episode,) = episodes("multi_turn_base", 1)
    environment = open_environment(episode)
    assert environment.answer(call).is_error
    assert not environment.outcome().is_reached
    environment.close()
    assert verdict_on("multi_turn_base_0", [[[{call.name: json.dumps(call.arguments)}]]] * 4) is not None
    assert not list(tmp_path.iterdir())


def test_functions_that_come_later_are_offered_then() -> None:
    (episode,) = episodes("multi_turn_miss_func", 1)
    environment = open_environment(episode)
    offered: list[int] = []
    solution = scripted(episode)

    def policy(requests: Any) -> Any:
        offered.append(len(requests[0].tools))
        return solution(requests)

    hold([(episode, environment)], policy)
    environment.close()
    assert offered[0] + 1 == offered[-1]


def test_an_entry_that_does_not_exist_is_named() -> None:
    for entry in ("multi_turn_base_999", "memory_kv_0"):
        with pytest.raises(UserError, match="a bfcl cannot begin: ValueError: no "):
            open_environment(Episode([], [], "bfcl", {"entry": entry}))
    with pytest.raises(UserError, match="category 'multi_turn_bas' not found; did you mean 'multi_turn_base'"):
        episodes("multi_turn_bas")
