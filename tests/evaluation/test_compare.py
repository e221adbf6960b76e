from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlvr.cli import main
from rlvr.evaluation.breakdown import COUNTED
from rlvr.evaluation.compare import Options, Variant, compare, read_variant, view
from rlvr.progress import standard_console

N = 60
CALL = '[{"name": "f", "arguments": {}}]'
KINDS = ("execute", "clarify", "refuse", "answer")


def record(index: int, right: bool, did: str | None = None) -> dict[str, object]:
    expected = KINDS[index % 4]
    return {
        "index": index,
        "prompt": [{"role": "user", "content": f"request {index}"}],
        "tools": [],
        "expected": {"ground_truth": CALL if expected == "execute" else "...", "behavior": expected},
        "predicted_behavior": did or (expected if right else "execute"),
        "completion": "right" if right else "wrong \x1b[31m",
        "reward": 1.0 if right else 0.2,
        "is_exact": right,
        "reasons": [] if right else ["behavior: wrong"],
    }


def write(path: Path, rights: list[bool]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record(i, right)) + "\n" for i, right in enumerate(rights)))
    return path


def run_of(folder: Path, **stages: list[bool]) -> Path:
    for stage, rights in stages.items():
        write(folder / "evaluations" / stage / "mine.jsonl", rights)
    (folder / "evaluation.json").write_text(json.dumps({"mine": {stage: {} for stage in stages}}))
    return folder


HALF = [i % 2 == 0 for i in range(N)]
ALL = [True] * N
NEARLY = [True] * (N - 1) + [False]


def test_a_better_variant_is_named_best_and_its_rows_are_counted(tmp_path: Path) -> None:
    base = read_variant("base", {"mine": write(tmp_path / "a.jsonl", HALF)})
    good = read_variant("good", {"mine": write(tmp_path / "b.jsonl", ALL)})
    (comparison,) = compare([base, good], Options())
    assert (comparison.best, comparison.n) == ("good", N)
    last = comparison.standings[1]
    assert (len(last.gained), len(last.lost)) == (N // 2, 0)
    # half of the rows go from 0.2 to 1.0
    assert last.reward_difference is not None
    assert last.reward_difference.mean == pytest.approx(0.4)
    assert last.gained[0].reasons == ("behavior: wrong",)


def test_conversations_are_paired_by_their_worlds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same request is made in two worlds, and the second file has them the other way round."""

    def talk(world: str, right: bool, turns: int) -> dict[str, object]:
        row = record(0, right)
        call = {"function": {"name": "find_order", "arguments": '{"id": 7}'}}
        said = [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "none"},
            {"role": "assistant", "content": "It is done."},
        ]
        counted = {**dict.fromkeys(COUNTED, 0), "turns": turns, "of": world}
        samples = [{"completion": "", "reward": 1.0, "is_exact": is_exact} for is_exact in (right, True)]
        return {**row, "completion": said, "episode": counted, "samples": samples}

    files = {
        "before": [talk("one", True, 2), talk("two", False, 5)],
        "after": [talk("two", True, 3), talk("one", True, 2)],
    }
    for name, rows in files.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    variants = [read_variant(name, {"mine": tmp_path / f"{name}.jsonl"}) for name in files]
    (comparison,) = compare(variants, Options())
    after = comparison.standings[1]
    assert (len(after.gained), len(after.lost)) == (1, 0)
    assert after.gained[0].before == 'find_order {"id": 7}; It is done.'
    before_turns, after_turns, difference = after.conversations["turns"]
    assert (before_turns.mean, after_turns.mean, difference.mean) == (3.5, 2.5, -1.0)
    # Both samples are right of the first row before, and of both after.
    assert [interval.mean for interval in after.sampled["pass^2"]] == [0.5, 1.0, 0.5]
    standard_console().print(view([comparison], Options()))
    assert "a conversation" in capsys.readouterr().out


def test_samples_are_compared_where_both_have_as_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def variant(name: str, *rows: list[float]) -> Variant:
        records = []
        for number, rewards in enumerate(rows):
            samples = [{"completion": "", "reward": reward, "is_exact": reward == 1} for reward in rewards]
            records.append({**record(number, True), "samples": samples})
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in records))
        return read_variant(name, {"mine": path})

    before = variant("before", [1.0, 0.4], [0.2, 0.2])
    after = variant("after", [1.0, 1.0], [1.0, 0.2])
    once = variant("once", [1.0], [0.2])
    (comparison,) = compare([before, after, once], Options())
    _, sampled, fewer = comparison.standings
    means = {name: [interval.mean for interval in paired] for name, paired in sampled.sampled.items()}
    assert means["avg@2 reward"] == pytest.approx([0.45, 0.8, 0.35])
    assert means["avg@2 exact"] == [0.25, 0.75, 0.5]
    assert means["pass^2"] == [0, 0.5, 0.5]
    assert fewer.sampled == {}
    standard_console().print(view([comparison], Options()))
    assert "avg@2 reward" in capsys.readouterr().out


def test_no_variant_is_best_where_the_difference_is_noise(tmp_path: Path) -> None:
    paths = {name: write(tmp_path / f"{name}.jsonl", rights) for name, rights in (("a", ALL), ("b", NEARLY))}
    (comparison,) = compare([read_variant(name, {"mine": path}) for name, path in paths.items()], Options())
    assert (comparison.best, comparison.leader) == (None, "a")


def test_the_best_must_be_above_every_other(tmp_path: Path) -> None:
    rights = {"base": HALF, "one": ALL, "two": NEARLY}
    variants = [read_variant(name, {"mine": write(tmp_path / f"{name}.jsonl", r)}) for name, r in rights.items()]
    assert compare(variants, Options())[0].best is None


def test_the_tax_is_what_was_right_before_and_is_no_more(tmp_path: Path) -> None:
    calls_only = [i % 4 == 0 for i in range(N)]
    base = read_variant("base", {"mine": write(tmp_path / "a.jsonl", ALL)})
    tuned = read_variant("tuned", {"mine": write(tmp_path / "b.jsonl", calls_only)})
    tax = compare([base, tuned], Options())[0].standings[1].tax
    assert tax is not None
    assert tax.abstention is not None
    assert tax.answers is not None
    assert tax.calls is not None
    assert [interval.mean for interval in tax.abstention] == [1.0, 0.0, -1.0]
    assert (tax.abstention[0].n, tax.answers[0].n) == (N // 2, N // 4)
    assert [interval.mean for interval in tax.calls] == [0.0, 1.0, 1.0]


def test_rows_are_paired_by_what_they_ask_and_not_by_their_place(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", HALF)
    lines = first.read_text().splitlines(keepends=True)
    second = tmp_path / "b.jsonl"
    second.write_text("".join(reversed(lines[:-2])))
    variants = [read_variant("a", {"mine": first}), read_variant("b", {"mine": second})]
    (comparison,) = compare(variants, Options())
    assert (comparison.n, comparison.left_out) == (N - 2, 2)
    last = comparison.standings[1]
    assert last.reward_difference is not None
    assert (last.reward_difference.mean, len(last.gained), len(last.lost)) == (0.0, 0, 0)


def test_the_stages_of_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of(tmp_path / "run", base=HALF, sft=NEARLY, grpo=ALL)
    assert main(["compare", str(run), "--flips", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"note: {run} is not done, grpo stands for it; go on with: rlvr train resume={run}\n")
    (run / "table.txt").write_text("")  # what a run writes last
    assert main(["compare", str(run), "--flips", "1"]) == 0
    out = capsys.readouterr().out
    assert "is not done" not in out
    assert "mine: 60 rows, differences to base paired by row" in out
    assert "no best: grpo leads, but not significantly at 95%" in out
    assert "specialization tax" in out
    assert "grpo gained 30 rows, the first 1" in out
    assert "\x1b" not in out


def test_several_runs_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = run_of(tmp_path / "one", base=HALF, grpo=HALF)
    two = run_of(tmp_path / "two", base=HALF, grpo=ALL)
    alone = write(tmp_path / "alone" / "mine.jsonl", HALF).parent
    assert main(["compare", str(one), str(two), str(alone), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)["mine"]
    assert [standing["name"] for standing in data["standings"]] == ["base", "one", "two", "alone"]
    assert (data["best"], len(data["standings"][2]["gained"])) == ("two", N // 2)


def test_evaluations_of_policies_in_folders_are_named_by_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, path in (("first", "/runs/a/sft/final"), ("second", "/runs/b/sft/final"), ("base", "/runs/c/sft/final")):
        write(tmp_path / name / "mine.jsonl", HALF)
        (tmp_path / name / "config.yaml").write_text(f"model: {{path: {path}}}\n")
    run = run_of(tmp_path / "run", base=HALF, grpo=ALL)
    (run / "config.yaml").write_text("model: {path: tiny}\n")
    folders = [str(run), *(str(tmp_path / name) for name in ("first", "second", "base"))]
    assert main(["compare", *folders, "--json"]) == 0
    standings = json.loads(capsys.readouterr().out)["mine"]["standings"]
    assert [standing["name"] for standing in standings] == ["base", "run", "first", "second", folders[-1]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "nothing to compare: name a run folder"),
        (["absent"], "absent: no such folder"),
        (["alone", "other", "./alone"], "alone other ./alone name a folder twice; name each of them once"),
        (["alone"], "alone holds one evaluation; name another folder"),
        (["alone", "empty"], "empty holds no evaluation"),
        (["alone", "run/sft"], "run/sft is a stage's folder; name its run, as in rlvr compare run"),
        (["alone", "other"], "no row that all were evaluated on (alone: mine; other: yours)"),
        (["alone", "broken"], "mine.jsonl:1: not a row of a saved evaluation"),
        (["alone", "alone", "--jsn"], "flag '--jsn' not found; did you mean '--json'?"),
        (["alone", "--flips", "x"], "flips: expected a whole number, got 'x'"),
        (["alone", "--confidence", "2"], "confidence: 2.0 is not between 0 and 1"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    expected: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("alone/mine.jsonl"), HALF)
    write(Path("other/yours.jsonl"), HALF)
    for folder in ("empty", "broken", "run/sft", "run/evaluations"):
        Path(folder).mkdir(parents=True)
    Path("broken/mine.jsonl").write_text("{}\n")
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert expected in captured.err
