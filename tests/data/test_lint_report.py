"""What the whole file teaches besides its task, and how a report is shown."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rewards import Behavior
from rlvr.data.lint import lint, show
from rlvr.data.lint.findings import Finding, Findings
from rlvr.data.lint.run import Context, LintReport
from rlvr.data.lint.statistics import Statistics, ToolCounts
from rlvr.errors import UserError

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
    "all refuse": (
        lambda n: row(n, None, turned(n), **REFUSAL),
        ["unbalanced: 100% of rows expect refuse"],
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


SHARED: dict[str, Any] = {"n_rows": 100, "behaviors": {"execute": 60, "refuse": 40}}


@pytest.mark.parametrize(
    ("counts", "messages"),
    [
        ({}, []),
        ({"behaviors": {"execute": 95, "refuse": 5}}, []),
        ({"behaviors": {"execute": 10, "refuse": 90}}, []),
        ({"behaviors": {"execute": 9, "refuse": 91}}, ["91% of rows expect refuse"]),
        ({"several_offered": 50, "first_called": 45}, []),
        (
            {"several_offered": 50, "first_called": 46},
            ["the called tool stands first in 92% of rows: shuffle the tools"],
        ),
        ({"several_offered": 49, "first_called": 49}, []),
        ({"tools": {"f": ToolCounts(50, 49), "g": ToolCounts(49, 49)}}, []),
        ({"tools": {"f": ToolCounts(50, 50)}}, ["'f' is called whenever it is offered (50 rows)"]),
        ({"tools": {"f": ToolCounts(1000, 1000)}}, ["'f' is called whenever it is offered (1,000 rows)"]),
        ({"tools": {"f": ToolCounts(1000)}}, ["'f' is offered in 1,000 rows and never called"]),
        ({"tools": {"f": ToolCounts(1000)}, "behaviors": {"refuse": 80, "answer": 20}}, []),
        ({"tools": {"f": ToolCounts(60, 2), "g": ToolCounts(60, 40)}}, []),
        (
            {"tools": {"f": ToolCounts(6000, 2), "g": ToolCounts(6000, 1041), "h": ToolCounts(49, 1)}},
            ["'f' is called 2 times, another tool 1,041"],
        ),
        ({"tools": {"(masked names)": ToolCounts(100, 100)}}, []),
        ({"behaviors": {"execute": 50, "clarify": 50}, "without_missing": 25}, []),
        ({"behaviors": {"execute": 50, "clarify": 50}, "without_missing": 26},
         ["'missing' is empty in 26 of 50 clarify rows"]),
    ],
)  # fmt: skip
def test_shares_at_both_sides_of_where_they_are_too_large(counts: dict[str, Any], messages: list[str]) -> None:
    statistics = Statistics(**{**SHARED, **counts})
    statistics.behaviors = Counter({Behavior(name): n for name, n in statistics.behaviors.items()})
    assert [finding.message for finding in statistics.advice()] == messages


def test_counts_are_those_of_all_rows_however_many_are_spread_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        row(1, "book", ("find", "book")),
        row(2, "book", ("find", "book")),
        row(3, "find", ("find", "book")),
        row(4, None, ("book",), **REFUSAL),
        row(5, None, ("find", "book"), **REFUSAL),
        row(6, "book", ("book",)),
        {**row(7, "book", ("book",)), "extra_info": {"masked": True}},
        row(8, "pay"),
    ]
    rows[-1]["reward_model"]["ground_truth"] = json.dumps(
        [{"name": name, "arguments": {"n": 8}} for name in ("pay", "book", "pay")]
    )
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    expected = {
        "find": {"offered": 5, "called": 1, "no_call": 1},
        "book": {"offered": 7, "called": 4, "no_call": 2},
        "(masked names)": {"offered": 1, "called": 1, "no_call": 0},
        "pay": {"offered": 1, "called": 1, "no_call": 0},
    }
    for at_once in (4096, 2, 1):
        monkeypatch.setattr("rlvr.data.lint.statistics._MOST_PENDING", at_once)
        made = lint(path)
        counts = show.to_json(made)
        assert counts["usable_rows"] == 8
        assert counts["behaviors"] == {"execute": 6, "clarify": 0, "refuse": 2, "answer": 0}
        assert {name: {**tool, "findings": {}} for name, tool in counts["tools"].items()} == {
            name: {**tool, "findings": {}} for name, tool in expected.items()
        }
        assert (made.statistics.several_offered, made.statistics.first_called) == (3, 1)


def test_tools_beyond_the_most_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.statistics.MOST_TOOLS", 1)
    path = tmp_path / "rows.jsonl"
    rows = [row(1, "book", ("book",)), row(2, "book", ("find", "book"))]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    tools = show.to_json(lint(path))["tools"]
    assert {name: tool["offered"] for name, tool in tools.items()} == {"book": 2}


def findings_of(path: Path, *rows: Any, **options: Any) -> list[tuple[int | None, str, str]]:
    """Lint rows or lines, and list what was found: line, kind and message."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    offenders = lint(path, **options).findings.offenders
    return [(line, kind, finding.message) for kind, first in offenders.items() for line, finding in first]


def test_what_leaks_names_the_file_that_it_is_in(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "Number 1"},
        {"role": "assistant", "content": "Which?"},
        {"role": "user", "content": "1"},
    ]
    held_out, unseen = tmp_path / "held_out.jsonl", tmp_path / "unseen.jsonl"
    held_out.write_text("no row\n" + json.dumps({**row(1, "book"), "prompt": turns}) + "\n")
    unseen.write_text("[]\n" + json.dumps(row(2, "pay", ("pay",))) + "\n")
    rows = ({**row(1, "find"), "prompt": turns}, row(2, "find", ("find",)), row(3, "pay"), row(4, "find", ("find",)))
    assert findings_of(tmp_path / "rows.jsonl", *rows, against=[held_out], unseen=[unseen]) == [
        (1, "prompt_leak", f"the prompt is also in {held_out}"),
        (2, "prompt_leak", f"the prompt is also in {unseen}"),
        (1, "tool_leak", f"'pay' is also in {unseen}"),
        (3, "tool_leak", f"'pay' is also in {unseen}"),
    ]


def test_a_tool_without_description_is_named_once(tmp_path: Path) -> None:
    silent = row(1, "book", ("book", "find"))
    silent["tools"][1]["description"] = ""
    again = {**row(2, "find", ("book", "find")), "tools": silent["tools"]}
    third = row(3, "find", ("find", "pay"))
    third["tools"][1]["description"] = " "
    assert findings_of(tmp_path / "rows.jsonl", silent, again, third) == [
        (1, "undescribed_tool", "'find' has no description"),
        (3, "undescribed_tool", "'pay' has no description"),
    ]


@pytest.mark.parametrize(("room", "messages"), [(1234, []), (1233, ["1,234 tokens; tiny has room for 1,233"])])
def test_a_prompt_may_fill_the_context(tmp_path: Path, room: int, messages: list[str]) -> None:
    context = Context("tiny", lambda prompt, tools: 1234 if prompt[0]["content"] == tools[0]["name"] else 0, room)
    made = {**row(1, "book"), "prompt": [{"role": "user", "content": "book"}]}
    found = findings_of(tmp_path / "rows.jsonl", made, row(2, "book"), context=context)
    assert [message for _, kind, message in found if kind == "too_long"] == messages


def test_the_same_first_turn_begins_another_conversation_in_another_world(tmp_path: Path) -> None:
    worlds = [
        {**row(1, "book"), "episode": {"seed": seed}, "extra_info": info} for seed, info in enumerate([{"a": 1}, 7])
    ]
    begun: list[Any] = []

    def conversations(row: Any) -> Iterator[Finding]:
        begun.append((row["prompt"], row["tools"], row["episode"], row["extra_info"]))
        yield Finding("unsolved", "no solution")

    path = tmp_path / "rows.jsonl"
    assert findings_of(path, *worlds, row(1, "book"), worlds[0], conversations=conversations) == [
        (1, "unsolved", "no solution"),
        (2, "unsolved", "no solution"),
        (4, "unsolved", "no solution"),
    ]
    again = findings_of(path, *worlds, worlds[0])
    assert [place for *place, _ in again if place[1] == "duplicate"] == [[3, "duplicate"]]
    prompt, tools = worlds[0]["prompt"], worlds[0]["tools"]
    assert begun == [
        (prompt, tools, {"seed": 0}, {"a": 1}),
        (prompt, tools, {"seed": 1}, {}),
        (prompt, tools, {"seed": 0}, {"a": 1}),
    ]
    assert not [kind for _, kind, _ in findings_of(path, *worlds) if kind == "unsolved"]


CITY = {"type": "object", "properties": {"city": {"type": "string"}, "n": {"type": "integer"}}}
WHERE = [{"name": "book", "description": "To book", "parameters": CITY}]
SYSTEM = {"role": "system", "content": "Be kind."}
SAYS_IT = {"role": "user", "content": "A table, city: Rome"}


@pytest.mark.parametrize(
    ("prompt", "behavior", "is_found"),
    [
        ([SAYS_IT], "clarify", True),
        ([SYSTEM, SAYS_IT], "clarify", True),
        ([SYSTEM, SAYS_IT, {"role": "user", "content": "city: Rome"}], "clarify", False),
        ([SAYS_IT, {"role": "assistant", "content": "city: Rome"}], "clarify", False),
        ([SAYS_IT], "refuse", False),
    ],
)
def test_a_question_is_held_against_the_request_that_it_answers(
    tmp_path: Path, prompt: list[Any], behavior: str, is_found: bool
) -> None:
    truth = {"ground_truth": "Which city?", "behavior": behavior, "missing": ["city"] if behavior == "clarify" else []}
    found = findings_of(tmp_path / "rows.jsonl", {"prompt": prompt, "tools": WHERE, "reward_model": truth})
    said = (1, "has_everything", "asks for 'city', but the request says 'Rome'")
    assert (said in found) is is_found


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row(n, "book")) + "\n" for n in range(3)))
    told: list[int] = []
    lint(path, advance=told.append)
    assert (len(told), sum(told)) == (3, path.stat().st_size)


def test_a_file_without_json_is_told_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1\nhello\n')
    with pytest.raises(UserError) as caught:
        lint(path)
    assert str(caught.value) == (
        f"{path}: no line is JSON (Expecting ',' delimiter at column 8); lint reads JSON lines, as `rlvr data import` "
        "writes them"
    )


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
        "rows_without_error": 1193,
        "rows_with_error": {"unknown_tool": 7},
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


def test_a_terminal_shows_this_and_nothing_else() -> None:
    made = LintReport(Path("rows.jsonl"), n_lines=3)
    made.findings.add(2, Finding("repeated_call", "twice", "g"))
    made.findings.add(1, Finding("bad_row", "no " + "prompt" * 30))
    made.findings.add(1, Finding("ungrounded", "from nowhere", "g"))
    made.findings.add(3, Finding("ungrounded", "from nowhere", "g"))
    made.statistics = Statistics(n_rows=2, tools={"h": ToolCounts(2), "g": ToolCounts(2, 1, 1)})
    made.statistics.behaviors.update([Behavior.EXECUTE, Behavior.ANSWER])
    console = Console(width=110, color_system="standard", force_terminal=True)
    with console.capture() as capture:
        console.print(show.renderable(made))
    colored = capture.get()
    assert "\x1b[31mungrounded" in colored
    assert colored.rstrip().endswith("\x1b[1;31mrows.jsonl: 3 rows, 4 findings, 0 advice\x1b[0m")
    lines = [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", colored).splitlines()]
    assert [line for line in lines if not line.startswith("─")] == [
        "kind           count  what it is",
        "ungrounded         2  a required value stands nowhere in the prompt",
        "bad_row            1  a field is missing or is of the wrong type",
        "repeated_call      1  the ground truth makes the very same call twice",
        "",
        "line 1: ungrounded: from nowhere",
        "line 3: ungrounded: from nowhere",
        "line 1: bad_row: no",
        "prompt" * 18 + "pr",
        "ompt" + "prompt" * 11,
        "line 2: repeated_call: twice",
        "",
        "behaviors: execute 1 (50%), clarify 0 (0%), refuse 0 (0%), answer 1 (50%)",
        "tool  offered  called  no call  findings",
        "g           2       1        1  repeated_call 1, ungrounded 2",
        "h           2       0        0",
        "",
        "rows.jsonl: 3 rows, 4 findings, 0 advice",
    ]
    made.findings = Findings()
    made.findings.add(None, Finding("unbalanced", "too many"))
    with console.capture() as capture:
        console.print(show.renderable(made))
    assert "\x1b[33munbalanced" in capture.get()
    assert capture.get().rstrip().endswith("\x1b[1mrows.jsonl: 3 rows, no findings, 1 advice\x1b[0m")


def test_a_narrow_terminal_breaks_sentences_and_nothing_else() -> None:
    made = LintReport(Path("rows.jsonl"), n_lines=3)
    made.findings.add(2, Finding("repeated_call", "twice", "g"))
    made.findings.add(2, Finding("ungrounded", "twice", "g"))
    made.statistics = Statistics(n_rows=2, tools={"g": ToolCounts(2, 1, 1)})
    console = Console(width=60, color_system=None)
    with console.capture() as capture:
        console.print(show.renderable(made))
    lines = [line.rstrip() for line in capture.get().splitlines()]
    assert "repeated_call      1  the ground truth makes the very same" in lines
    assert "g           2       1        1  repeated_call 1," in lines


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
    clean = show.to_html(LintReport(Path("rows.jsonl"), n_lines=1))
    assert '<p class="ok">rows.jsonl: 1 rows, no findings, 0 advice</p></body></html>' in clean


def test_a_page_holds_this_and_nothing_else() -> None:
    made = LintReport(Path("data/rows.jsonl"), n_lines=2)
    made.findings.add(2, Finding("bad_row", "no <prompt>"))
    made.statistics = Statistics(n_rows=1, tools={"to_do": ToolCounts(1200)})
    made.statistics.behaviors[Behavior.REFUSE] = 1
    before, style, after = re.split(r"(?<=<style>)\n(.*)(?=</style>)", show.to_html(made), flags=re.DOTALL)
    assert before == (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Lint of rows.jsonl</title><style>"
    )
    assert ".error{" in style
    assert after == (
        "</style></head><body><h1>Lint of <code>data/rows.jsonl</code></h1>"
        '<p class="error">data/rows.jsonl: 2 rows, 1 finding, 0 advice</p>'
        "<h2>Findings</h2><table><thead><tr><th>kind</th><th>count</th><th>what it is</th></tr></thead><tbody>"
        '<tr><td><span class="error">bad_<wbr>row</span></td><td class="n">1</td>'
        "<td>a field is missing or is of the wrong type</td></tr></tbody></table>"
        "<h2>First offenders</h2><table><thead><tr><th>kind</th><th>line</th><th>what was found</th></tr></thead>"
        '<tbody><tr><td>bad_<wbr>row</td><td class="n">2</td><td>no &lt;prompt&gt;</td></tr></tbody></table>'
        "<h2>Behaviors</h2><p>behaviors: execute 0 (0%), clarify 0 (0%), refuse 1 (100%), answer 0 (0%)</p>"
        "<h2>Tools</h2><table><thead><tr><th>tool</th><th>offered</th><th>called</th><th>no call</th><th>findings</th>"
        '</tr></thead><tbody><tr><td>to_<wbr>do</td><td class="n">1,200</td><td class="n">0</td><td class="n">0</td>'
        "<td></td></tr></tbody></table></body></html>\n"
    )
