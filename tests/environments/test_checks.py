"""Lint of conversations: each defect planted in episodes that have none."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rlvr.data.lint import lint
from rlvr.environments.checks import findings
from rlvr.environments.worlds.generate import Recipe, generate

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows(shop: list[Row]) -> list[Row]:
    return [json.loads(json.dumps(episode.to_json())) for episode in generate(Recipe(shop, rows=40))]


def kinds(row: Row) -> list[str]:
    return [finding.kind for finding in findings(row)]


def with_(rows: list[Row], is_fit: Any) -> Row:
    return copy.deepcopy(next(row for row in rows if is_fit(row["episode"])))


def test_generated_episodes_have_no_defect(rows: list[Row]) -> None:
    assert [kinds(row) for row in rows] == [[]] * len(rows)


def test_an_episode_that_cannot_begin(rows: list[Row]) -> None:
    row = copy.deepcopy(rows[0])
    del row["episode"]["goal"]
    assert kinds(row) == ["bad_episode"]
    assert kinds({**row, "episode": {"environment": "wrold"}}) == ["bad_episode"]


def test_a_solution_that_does_not_reach_its_goal(rows: list[Row]) -> None:
    row = with_(rows, lambda episode: episode["goal"]["changes"] and not episode["user"]["hidden"])
    solution = row["episode"]["solution"]
    row["episode"]["solution"] = solution[-1:]
    assert kinds(row) == ["unsolved"]
    row["episode"]["solution"] = []
    assert kinds(row) == ["unsolved"]


def test_a_solution_that_calls_what_is_not_offered() -> None:
    recorded = {"name": "fly", "arguments": {}, "result": "ok"}
    solution = [{"calls": [{"name": "fly", "arguments": {}}]}, {"say": "Done."}]
    row = {
        "prompt": [{"role": "user", "content": "Fly."}],
        "tools": [{"type": "function", "function": {"name": "walk", "parameters": {}}}],
        "episode": {"environment": "recording", "calls": [recorded], "solution": solution},
    }
    (finding,) = findings(row)
    assert "its solution calls a tool that is not offered: tool 'fly' not found; allowed: walk" in finding.message
    row["tools"][0]["function"]["name"] = "fly"
    assert list(findings(row)) == []


def test_a_goal_that_is_reached_from_the_start(rows: list[Row]) -> None:
    row = copy.deepcopy(rows[0])
    row["episode"]["goal"] = {"changes": [], "told": [], "declined": False}
    assert kinds(row) == ["nothing_to_do"]


def test_a_step_that_the_goal_does_not_need(rows: list[Row]) -> None:
    """The same change of an order made twice: the second changes nothing further, so either can be left out."""
    row = with_(rows, lambda episode: any(change["what"] == "changed" for change in episode["goal"]["changes"]))
    solution = row["episode"]["solution"]
    changing = max(place for place, step in enumerate(solution) if "calls" in step)
    solution.insert(changing, copy.deepcopy(solution[changing]))
    assert kinds(row) == ["needless_step"]


def test_a_request_that_says_what_is_to_be_asked_for(rows: list[Row]) -> None:
    row = with_(rows, lambda e: any(isinstance(v, str) and len(v) > 3 for v in e["user"]["hidden"].values()))
    value = next(v for v in row["episode"]["user"]["hidden"].values() if isinstance(v, str) and len(v) > 3)
    row["prompt"][-1]["content"] += f" ({value})"
    assert "given_away" in kinds(row)


def test_an_answer_that_stands_in_the_request(rows: list[Row]) -> None:
    row = with_(rows, lambda episode: any(len(text) > 3 for text in episode["goal"]["told"]))
    told = next(text for text in row["episode"]["goal"]["told"] if len(text) > 3)
    row["prompt"][-1]["content"] += f", is it {told}?"
    assert "given_away" in kinds(row)


def test_the_file_is_linted_with_its_conversations(rows: list[Row], tmp_path: Path) -> None:
    elsewhere = copy.deepcopy(rows[1])
    elsewhere["episode"]["seed"] += 1
    path = tmp_path / "episodes.jsonl"
    path.write_text("\n".join(map(json.dumps, [*rows, rows[0], elsewhere])))
    report = lint(path, conversations=findings)
    assert report.findings.counts["duplicate"] == 1
    assert report.findings.counts["contradiction"] == 0
