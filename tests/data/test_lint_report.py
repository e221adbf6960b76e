"""What the whole file teaches besides its task, and how a report is shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rlvr.data.lint import lint, show
from rlvr.data.lint.findings import Finding
from rlvr.data.lint.run import LintReport
from rlvr.data.lint.statistics import Statistics, ToolCounts

NAMES = ("book", "find", "pay")


def row(n: int, called: str | None, names: tuple[str, ...] = NAMES, **truth: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tools = [{"name": name, "description": f"To {name}", "parameters": parameters} for name in names]
    if called is not None:
        truth = {"ground_truth": json.dumps([{"name": called, "arguments": {"n": n}}]), "behavior": "execute"}
    return {"prompt": [{"role": "user", "content": f"Number {n}"}], "tools": tools, "reward_model": truth}


def advice(path: Path, make: Callable[[int], dict[str, Any]], rows: int = 100) -> list[str]:
    path.write_text("".join(json.dumps(make(n)) + "\n" for n in range(rows)))
    kinds = ("no_negatives", "unbalanced", "no_missing")
    offenders = lint(path).findings.offenders
    findings = [finding for kind in kinds for _, finding in offenders.get(kind, ())]
    return [f"{each.kind}: {each.message}" + (f" @{each.tool}" if each.tool else "") for each in findings]


REFUSAL = {"ground_truth": "I cannot do that.", "behavior": "refuse"}
QUESTION = {"ground_truth": "Which number?", "behavior": "clarify"}


def turned(n: int) -> tuple[str, ...]:
    """The tools in an order that says nothing."""
    return NAMES[n % 3 :] + NAMES[: n % 3]


def called_by_turns(n: int) -> str:
    return NAMES[n % 7 % 3]


BALANCED: dict[str, tuple[Callable[[int], dict[str, Any]], list[str]]] = {
    "one in ten refuses": (
        lambda n: row(n, called_by_turns(n), turned(n)) if n % 10 else row(n, None, turned(n), **REFUSAL),
        [],
    ),
    "one in twenty refuses": (
        lambda n: row(n, called_by_turns(n), turned(n)) if n % 20 else row(n, None, turned(n), **REFUSAL),
        [],
    ),
    "one in a hundred refuses": (
        lambda n: row(n, called_by_turns(n), turned(n)) if n else row(n, None, turned(n), **REFUSAL),
        [
            "no_negatives: 1 of 100 rows expect no call: this model will call tools on everything; add "
            "rows to clarify, refuse and answer"
        ],
    ),
    "nearly all refuse": (
        lambda n: row(n, called_by_turns(n), turned(n)) if n % 100 < 8 else row(n, None, turned(n), **REFUSAL),
        ["unbalanced: 92% of rows expect refuse"],
    ),
    "nine in ten refuse": (
        lambda n: row(n, called_by_turns(n), turned(n)) if n % 10 == 1 else row(n, None, turned(n), **REFUSAL),
        [],
    ),
    "the called tool stands first": (
        lambda n: row(n, turned(n)[0], turned(n)) if n % 10 else row(n, None, turned(n), **REFUSAL),
        ["unbalanced: the called tool stands first in 100% of rows: shuffle the tools"],
    ),
    "a tool is called wherever it is offered": (
        lambda n: (
            row(n, "pay", ("pay", f"f{n}", f"g{n}")[:: 1 if n % 2 else -1])
            if n % 10 < 6
            else row(n, None, ("book", "find"), **REFUSAL)
        ),
        ["no_negatives: 'pay' is called whenever it is offered (60 rows) @pay"],
    ),
    "a tool is never called": (
        lambda n: row(n, NAMES[n % 2], turned(n)) if n % 10 else row(n, None, turned(n), **REFUSAL),
        ["unbalanced: 'pay' is offered in 100 rows and never called @pay"],
    ),
    "a tool is called far less than another": (
        lambda n: (
            row(n, ("find" if n % 5 == 2 else "book") if n != 1 else "pay", turned(n))
            if n % 10
            else row(n, None, turned(n), **REFUSAL)
        ),
        ["unbalanced: 'pay' is called 1 times, another tool 69 @pay"],
    ),
    "most questions do not say what is missing": (
        lambda n: (
            row(n, called_by_turns(n), turned(n))
            if n % 10
            else row(n, None, turned(n), **QUESTION, missing=["n"] if n > 60 else [])
        ),
        ["no_missing: 'missing' is empty in 7 of 10 clarify rows"],
    ),
    "half of the questions say what is missing": (
        lambda n: (
            row(n, called_by_turns(n), turned(n))
            if n % 10
            else row(n, None, turned(n), **QUESTION, missing=["n"] if n >= 50 else [])
        ),
        [],
    ),
}


@pytest.mark.parametrize(("make", "expected"), BALANCED.values(), ids=BALANCED.keys())
def test_advice_on_how_rows_are_spread(
    tmp_path: Path, make: Callable[[int], dict[str, Any]], expected: list[str]
) -> None:
    assert advice(tmp_path / "rows.jsonl", make) == expected


def test_few_rows_show_nothing(tmp_path: Path) -> None:
    assert advice(tmp_path / "rows.jsonl", lambda n: row(n, "book", ("book", "find")), rows=49) == []
    assert len(advice(tmp_path / "rows.jsonl", lambda n: row(n, "book", ("book", "find")), rows=50)) == 4


def report() -> LintReport:
    """A file of 1,200 rows with two kinds of errors and one of advice."""
    made = LintReport(Path("data/<rows>.jsonl"), n_lines=1200)
    for line in range(1, 8):
        made.findings.add(line, Finding("unknown_tool", f"calls 'f<{line}>'", "f<1>"))
    made.findings.add(3, Finding("bad_row", "no prompt"))
    made.findings.add(None, Finding("unbalanced", "92% of rows expect refuse"))
    made.statistics = Statistics(n_rows=1000, tools={"g": ToolCounts(5, 0, 2), "f<1>": ToolCounts(1100, 50, 900)})
    made.statistics.behaviors.update({"execute": 80, "refuse": 920})
    return made


def test_a_report_for_programs() -> None:
    data = show.to_json(report())
    assert data["findings"][1] == {
        "kind": "bad_row",
        "title": "a field is missing or is of the wrong type",
        "is_advice": False,
        "count": 1,
        "first": [{"line": 3, "message": "no prompt", "tool": None}],
    }
    assert [(kind["kind"], kind["count"], kind["is_advice"]) for kind in data.pop("findings")] == [
        ("unknown_tool", 7, False),
        ("bad_row", 1, False),
        ("unbalanced", 1, True),
    ]
    assert data == {
        "file": "data/<rows>.jsonl",
        "rows": 1200,
        "usable_rows": 1000,
        "is_clean": False,
        "behaviors": {"execute": 80, "clarify": 0, "refuse": 920, "answer": 0},
        "tools": {
            "g": {"offered": 5, "called": 0, "no_call": 2, "findings": {}},
            "f<1>": {"offered": 1100, "called": 50, "no_call": 900, "findings": {"unknown_tool": 7}},
        },
    }


def shown(made: LintReport) -> list[str]:
    console = Console(width=110, color_system=None)
    with console.capture() as capture:
        console.print(show.renderable(made))
    return [" ".join(line.split()) for line in capture.get().splitlines() if line.strip()]


def test_a_report_on_a_terminal() -> None:
    lines = shown(report())
    assert lines[-1] == "data/<rows>.jsonl: 1,200 rows, 8 findings, 1 advice"
    for line in (
        "kind count what it is",
        "tool offered called no call findings",
        "unknown_tool 7 the ground truth calls a tool that is not offered",
        "bad_row 1 a field is missing or is of the wrong type",
        "unbalanced 1 the rows are out of balance (advice)",
        "line 1: unknown_tool: calls 'f<1>'",
        "line 3: bad_row: no prompt",
        "file: unbalanced: 92% of rows expect refuse",
        "behaviors: execute 80 (8%), clarify 0 (0%), refuse 920 (92%), answer 0 (0%)",
        "f<1> 1,100 50 900 unknown_tool 7",
        "g 5 0 2",
    ):
        assert line in lines
    assert not any(line.startswith("line 6") for line in lines), "five of a kind are enough"
    assert lines.index("f<1> 1,100 50 900 unknown_tool 7") < lines.index("g 5 0 2"), "the most offered comes first"


def test_a_report_of_a_clean_file_is_its_last_line() -> None:
    assert shown(LintReport(Path("rows.jsonl"), n_lines=1)) == ["rows.jsonl: 1 rows, no findings, 0 advice"]
    made = LintReport(Path("rows.jsonl"), n_lines=1)
    made.findings.add(1, Finding("bad_row", "no prompt"))
    assert shown(made)[-1] == "rows.jsonl: 1 rows, 1 finding, 0 advice"


def test_a_terminal_shows_thirty_tools() -> None:
    made = report()
    made.statistics.tools = {f"f{n:02d}": ToolCounts(5) for n in range(32)}
    lines = shown(made)
    assert "f29 5 0 0" in lines
    assert "f30 5 0 0" not in lines
    assert "and 2 more" in lines
    made.statistics.tools.popitem()
    made.statistics.tools.popitem()
    assert not any("more" in line for line in shown(made))


def test_a_report_as_a_page() -> None:
    page = show.to_html(report())
    for part in (
        "<title>Lint of &lt;rows&gt;.jsonl</title>",
        "<h1>Lint of <code>data/&lt;rows&gt;.jsonl</code></h1>",
        '<p class="error">data/&lt;rows&gt;.jsonl: 1,200 rows, 8 findings, 1 advice</p>',
        "<h2>Findings</h2><table><thead><tr><th>kind</th><th>count</th><th>what it is</th></tr></thead>",
        '<tr><td><span class="error">bad_<wbr>row</span></td><td class="n">1</td>'
        "<td>a field is missing or is of the wrong type</td></tr>",
        '<td><span class="advice">unbalanced</span></td><td class="n">1</td><td>the rows are out of balance (advice)',
        "<h2>First offenders</h2><table><thead><tr><th>kind</th><th>line</th><th>what was found</th></tr></thead>",
        '<tr><td>unknown_<wbr>tool</td><td class="n">1</td><td>calls &#x27;f&lt;1&gt;&#x27;</td></tr>',
        '<tr><td>unbalanced</td><td class="n"></td><td>92% of rows expect refuse</td></tr>',
        "<h2>Behaviors</h2><p>behaviors: execute 80 (8%), clarify 0 (0%), refuse 920 (92%), answer 0 (0%)</p>",
        "<h2>Tools</h2><table><thead><tr><th>tool</th><th>offered</th><th>called</th><th>no call</th><th>findings</th>",
        '<td>f&lt;1&gt;</td><td class="n">1,100</td><td class="n">50</td><td class="n">900</td><td>unknown_tool 7</td>',
    ):
        assert part in page
    assert page.startswith('<!doctype html><html lang="en"><head><meta charset="utf-8">')
    clean = show.to_html(LintReport(Path("rows.jsonl"), n_lines=1))
    assert '<p class="ok">rows.jsonl: 1 rows, no findings, 0 advice</p></body></html>' in clean
