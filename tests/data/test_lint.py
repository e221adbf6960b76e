"""Lint: it finds what was planted, and finds nothing in clean rows."""

import gzip
import json
import os
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from planted import COPIES, PLANTS
from synth_sets import rows_of

from rewards import BFCL, Binary, GroundTruth, Tiered, ToolCall, wire
from rlvr.cli import main
from rlvr.data.lint import KINDS, Context, lint, show
from rlvr.data.lint.grounding import Said, is_grounded
from rlvr.data.lint.reading import UnusableError, read
from rlvr.data.lint.repeats import Repeats
from rlvr.data.shortfall import is_surely_right
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.files import MAX_LINE_BYTES
from rlvr.records.row import Row, write_rows

PER_KIND = 20
SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@cache
def clean() -> tuple[dict[str, Any], ...]:
    rows = [*rows_of("train"), *rows_of("same tools"), *rows_of("unseen")]
    return tuple(json.loads(json.dumps(row.to_json())) for row in rows)


def kinds_by_line(path: Path, **options: Any) -> dict[int | None, set[str]]:
    """All findings but advice, by line: one lint for each of as many files as it takes."""
    found: dict[int | None, set[str]] = defaultdict(set)
    report = lint(path, **options)
    for kind, offenders in report.findings.offenders.items():
        if not KINDS[kind].is_advice:
            for line, _ in offenders:
                found[line].add(kind)
    return found


def test_what_is_planted_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.findings.MOST_OFFENDERS", 10_000)
    executing = [record for record in clean() if record["reward_model"]["behavior"] == "execute"]
    rng = Random(0)
    rng.shuffle(executing)
    lines, planted = [], {}
    for kind, plant in PLANTS.values():
        made = 0
        while made < PER_KIND:
            record = json.loads(json.dumps(executing.pop()))
            try:
                row = plant(record, rng)
            except LookupError:
                continue
            lines.append(row if isinstance(row, str) else json.dumps(row))
            planted[len(lines)] = kind
            made += 1
    held_out = [executing.pop() for _ in range(PER_KIND)]
    for kind in COPIES.values():
        for index in range(PER_KIND):
            record = held_out[index] if kind == "prompt_leak" else executing.pop()
            if kind != "prompt_leak":
                lines.append(json.dumps(record))
            if kind == "contradiction":
                record = {
                    **record,
                    "reward_model": {"ground_truth": "I'm sorry, I can't do that.", "behavior": "refuse"},
                }
            lines.append(json.dumps(record))
            planted[len(lines)] = kind
    path, other = tmp_path / "planted.jsonl", tmp_path / "held_out.jsonl"
    path.write_text("\n".join(lines) + "\n")
    other.write_text("\n".join(map(json.dumps, held_out)) + "\n")
    found = kinds_by_line(path, against=[other])
    missed = Counter(kind for line, kind in planted.items() if kind not in found[line])
    assert sum(missed.values()) <= 0.02 * len(planted), missed
    assert not set(found) - set(planted), "rows without a defect are left alone"
    assert len(set(planted.values())) >= 20


def test_clean_rows_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "clean.jsonl"
    path.write_text("\n".join(map(json.dumps, clean())))
    assert lint(path).findings.n_errors() == 0
    report = lint(write_rows(tmp_path / "procedural.jsonl", synthesize("procedural", rows=500, seed=11)))
    assert report.is_clean, show.to_json(report)["findings"]


TOOL = {
    "type": "function",
    "function": {
        "name": "book_table",
        "description": "Book a table",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "party_size": {"type": "integer"},
                "date": {"type": "string", "format": "date"},
                "time": {"type": "string"},
                "area": {"type": "string", "enum": ["indoors", "terrace", "bar"]},
            },
            "required": ["city", "party_size"],
        },
    },
}


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (4, "party_size", "a table for four"),
        (12, "guests", "a dozen of us"),
        (3, "people", "my wife, our son and me: three"),
        (2, "people", "a table for my wife and me"),
        (5000, "amount", "send 5k"),
        (120, "minutes", "for two hours"),
        (0.05, "rate", "at 5%"),
        (21, "nights", "three weeks"),
        ("2026-03-04", "date", "on the 4th of March"),
        ("2026-03-04", "date", "on 3/4/2026"),
        ("2026-03-04", "date", "tomorrow at noon"),
        ("19:00", "time", "at 7 pm"),
        ("12:30", "time", "at half past twelve"),
        ("San Francisco, CA", "city", "a table in San Francisco"),
        ("São Paulo", "city", "a table in Sao Paulo"),
        ("New York", "city", "dinner in NYC"),
        ("NYC", "city", "dinner in New York City"),
        ("USD", "currency", "20 dollars"),
        ("fr", "language", "translate it into French"),
        ("premium_economy", "cabin", "in premium economy"),
        ("Seoul", "city", "서울 날씨 어때?"),
        (True, "terrace", "we love sitting outside"),
        (None, "note", "a table in Rome"),
        (["tomatoes", "basil"], "ingredients", "something with tomato and basil"),
        ({"street": "Main Street", "number": 5}, "address", "to 5 Main Street"),
        ("sales by region in 2024", "query", "how did the regions sell in 2024"),
    ],
)
def test_values_said_in_other_words_are_grounded(value: Any, name: str, text: str) -> None:
    assert is_grounded(value, name, {}, Said(text))


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (7, "party_size", "a table in Rome for four"),
        ("Zanzibar", "city", "a table in Rome for four"),
        ("2031-11-27", "date", "a table in Rome for four"),
        ("AB-1234", "order_id", "where is my order?"),
        ("Anna Smith", "recipient", "send 50 to my landlord"),
        (["Oslo", "Bergen"], "cities", "a table in Rome for four"),
    ],
)
def test_values_from_nowhere_are_not(value: Any, name: str, text: str) -> None:
    assert not is_grounded(value, name, {}, Said(text))


def test_an_enum_is_ungrounded_only_where_the_prompt_names_another_value() -> None:
    schema = TOOL["function"]["parameters"]["properties"]["area"]  # type: ignore[index]
    assert is_grounded("indoors", "area", schema, Said("it looks like rain"))
    assert not is_grounded("indoors", "area", schema, Said("on the terrace, please"))


def clarify(text: str, missing: str) -> Row:
    truth = GroundTruth.parse({"ground_truth": f"What is the {missing}?", "behavior": "clarify", "missing": [missing]})
    return Row([{"role": "user", "content": text}], [TOOL], truth)


def execute(city: str) -> Row:
    call = ToolCall("book_table", {"city": city, "party_size": 4})
    return Row([{"role": "user", "content": f"A table for 4 in {city}"}], [TOOL], GroundTruth("execute", (call,)))


@pytest.mark.parametrize(
    ("text", "missing", "is_given"),
    [
        ("A table for 4, city: Rome", "city", True),
        ("A table for 4 in Rome", "city", True),  # other rows say that Rome is a city
        ("A table for 4 at Luigi's", "city", False),
        ("A table in Rome, party size 4", "party_size", False),
        ("A table in Rome, party size: 4", "party_size", True),
        ("A table in Rome", "party_size", False),
    ],
)
def test_questions_are_held_against_the_request(tmp_path: Path, text: str, missing: str, is_given: bool) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [clarify(text, missing), execute("Rome"), execute("Oslo")])
    assert (lint(path).findings.counts["has_everything"] == 1) is is_given


def test_questions_beyond_those_that_wait_are_held_against_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlvr.data.lint.run.MOST_WAITING", 1)
    rows = [clarify(text, "city") for text in ("A table, city: Rome", "For 4, city: Rome", "For 4 in Oslo")]
    path = write_rows(tmp_path / "rows.jsonl", [*rows, execute("Oslo")])
    findings = lint(path).findings
    assert [(line, finding.tool) for line, finding in findings.offenders["has_everything"]] == [
        (2, "book_table"),
        (1, "book_table"),
    ]


def test_advice_never_fails_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cities = [row.ground_truth.calls[0].arguments["city"] for row in rows_of("train") if "city" in str(row.to_json())
              and row.ground_truth.calls and "city" in row.ground_truth.calls[0].arguments]  # fmt: skip
    path = write_rows(tmp_path / "rows.jsonl", [execute(city) for city in dict.fromkeys(cities)])
    assert main(["data", "lint", str(path), "--strict"]) == 0
    out = " ".join(capsys.readouterr().out.split())  # a long path wraps the lines
    assert "will call tools on everything" in out
    assert "no findings" in out


def test_strict_fails_on_a_finding_and_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [execute("Rome"), execute("Oslo"), execute("Rome")])
    with pytest.raises(SystemExit) as exit_:
        main(["data", "lint", str(path), "--strict"])
    assert exit_.value.code == 1
    assert "line 3: duplicate: the same as line 1" in capsys.readouterr().out
    assert main(["data", "lint", str(path)]) == 0


def to_clean(folder: Path) -> tuple[Path, list[str], list[str]]:
    """Write a file with mistakes, and return it, the lines that are to stay, and why each of the others is to go."""
    rome, oslo, bonn = (json.dumps(execute(city).to_json()) for city in ("Rome", "Oslo", "Bonn"))
    wrong = bonn.replace('"book_table\\"', '"book_tables\\"')
    question = json.dumps(clarify("A table, city: Rome", "city").to_json())
    kept = [rome.replace('{"prompt"', '{ "note":  1.50, "prompt"'), oslo, bonn]
    lines = [kept[0], "not json", wrong, question, oslo, "", rome, bonn, "[]"]
    path = folder / "rows.jsonl"
    path.write_bytes("\r\n".join(lines).encode())
    return path, kept, ["not_json", "bad_row", "unknown_tool", "has_everything", "duplicate"]


def test_rows_without_an_error_are_written_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong row does not make the right one that asks the same a contradiction, and advice leaves nothing out."""
    path, kept, rules = to_clean(tmp_path)
    out = tmp_path / "clean.jsonl"
    out.write_text("old\n")
    with pytest.raises(SystemExit) as ended:
        main(["data", "lint", str(path), f"out={out}", "--strict"])
    assert ended.value.code == 1
    assert out.read_text() == "".join(f"{line}\n" for line in kept)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"wrote {out}: 3 rows",
        "left out 5, by their first error: " + ", ".join(f"{rule} 1" for rule in rules),
    ]
    assert main(["data", "lint", str(out), "--strict", "--json", f"out={tmp_path / 'again.jsonl'}"]) == 0
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert (report["rows_without_error"], report["rows_with_error"]) == (3, {})
    assert printed.err.startswith("wrote ")


@pytest.mark.parametrize(
    ("out", "content", "message"),
    [
        ("rows.jsonl", None, "is the file that is read"),
        ("held_out.jsonl", None, "is the file that is read"),
        ("clean.csv", None, "name it "),
        ("clean.jsonl", "[]\n{}\n", ""),
        (
            "clean.jsonl",
            json.dumps(
                {
                    "prompt": [{"role": "user", "content": ""}],
                    "reward_model": {"ground_truth": "Hi", "behavior": "answer"},
                }
            ),
            "every row has an error; ",
        ),
    ],
    ids=["input", "held out", "csv", "no row", "no right row"],
)
def test_no_file_that_was_read_is_replaced_and_none_is_written_without_rows(
    tmp_path: Path, out: str, content: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, _, _ = to_clean(tmp_path)
    path.write_text(content or path.read_text())
    (tmp_path / "held_out.jsonl").write_bytes(path.read_bytes())
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    try:
        code = main(["data", "lint", str(path), f"against={tmp_path / 'held_out.jsonl'}", f"out={tmp_path / out}"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert (code, message in capsys.readouterr().err) == (2 if message else 1, True)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_lines_that_come_while_a_file_is_read_are_not_written(tmp_path: Path) -> None:
    path, kept, _ = to_clean(tmp_path)
    report = lint(path)
    with path.open("a") as file:
        file.write("\n" + kept[0] + "\n")
    assert [number for number in range(1, 12) if report.is_without_error(number) and number != 6] == [1, 5, 8]


def test_a_pipe_cannot_be_read_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main(["data", "lint", str(tmp_path / "pipe"), f"out={tmp_path / 'clean.jsonl'}"]) == 2
    assert "reads the rows twice" in capsys.readouterr().err


def test_json_and_html_hold_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, page = tmp_path / "rows.jsonl", tmp_path / "page.html"
    evil = "<script>alert(1)</script>"
    row = execute("Rome").to_json()
    row["reward_model"]["ground_truth"] = json.dumps([{"name": evil, "arguments": {}}])
    path.write_text(json.dumps(row) + "\n")
    assert main(["data", "lint", str(path), "--json", f"html={page}"]) == 0
    report = json.loads(capsys.readouterr().out)
    (finding,) = report["findings"]
    assert (finding["kind"], finding["count"], finding["first"][0]["line"]) == ("unknown_tool", 1, 1)
    assert report["tools"]["book_table"]["offered"] == 1
    html = page.read_text()
    assert "unknown_<wbr>tool" in html
    assert evil not in html
    assert "http" not in html  # nothing is loaded from elsewhere


def test_tools_that_should_be_unseen(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.jsonl", [execute("Rome")])
    held_out = write_rows(tmp_path / "held_out.jsonl", [execute("Oslo")])
    assert lint(train, against=[held_out]).is_clean
    assert lint(train, unseen=[held_out]).findings.counts == {"tool_leak": 1}


def test_prompts_beyond_the_context(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [execute("Rome"), execute("Llanfairpwllgwyngyll")])
    context = Context("counter", lambda prompt, tools: len(prompt[-1]["content"]), 25)
    assert lint(path, context=context).findings.counts["too_long"] == 1


def test_a_model_s_own_template_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [execute("Rome")])
    assert main(["data", "lint", str(path), "model=tiny", "context=300"]) == 0
    assert "too_long" in capsys.readouterr().out
    assert main(["data", "lint", str(path), "model=tiny"]) == 0
    assert "too_long" not in capsys.readouterr().out


def test_files_in_other_clothes(tmp_path: Path) -> None:
    text = "\r\n".join(json.dumps(execute(city).to_json()) for city in ("Rome", "Oslo"))
    packed, marked = tmp_path / "rows.jsonl.gz", tmp_path / "rows.jsonl"
    packed.write_bytes(gzip.compress(text.encode()))
    marked.write_bytes(b"\xef\xbb\xbf" + text.encode())
    for path in (packed, marked):
        report = lint(path)
        assert (report.n_lines, report.is_clean) == (2, True)


def test_a_line_without_end_is_a_finding_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("[" * (MAX_LINE_BYTES + 1) + "\n" + json.dumps(execute("Rome").to_json()) + "\n")
    report = lint(path)
    assert (report.n_lines, report.findings.counts) == (2, {"not_json": 1})


@pytest.mark.parametrize("text", ["hello\n", '{"prompt":\n', "[1, 2]\n", "name,age\nAnn,3\n"])
def test_a_file_without_a_single_row_fails_without_strict(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    try:
        code = main(["data", "lint", str(path)])
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code > 0


@pytest.mark.parametrize(
    ("record", "advice"),
    [
        ({"messages": [{"role": "user", "content": "Hi"}]}, "rlvr data import {} makes rows of its format, openai"),
        ({"name": "f"}, "rlvr data import makes none of them: {}: no format has records with name"),
    ],
    ids=["a log", "something else"],
)
def test_a_file_that_holds_no_rows_says_what_makes_them(
    record: Any, advice: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(record) + "\n")
    with pytest.raises(SystemExit):
        main(["data", "lint", str(path)])
    assert advice.format(path) in capsys.readouterr().err


def test_memory_of_earlier_rows_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.data.lint.repeats.MOST_REMEMBERED", 10)
    repeats = Repeats()
    for line in range(1000):
        assert repeats.find(line, f"request number {line} of many", b"", "") is None
        again = repeats.find(line, f"request number {max(0, line - 4)} of many", b"", "")
        assert again is not None
        assert len(repeats.tasks.firsts) + len(repeats.tasks.older) <= 10


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_a_mistake(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match="empty"):
        lint(path)


def test_a_short_way_to_the_ground_truth_gives_what_the_long_way_gives() -> None:
    for record in clean()[:300]:
        row = read(json.dumps(record).encode())
        assert row.truth == GroundTruth.parse(record["reward_model"])


@pytest.mark.parametrize(
    "value", ["plain", "a < b", "</tool_call>", "<think>", "[TOOL_CALLS]", "\\", '"', "é\u2028", 10**17]
)
def test_calls_that_are_surely_right_earn_everything(value: Any) -> None:
    truth = GroundTruth("execute", (ToolCall("book_table", {"city": value, "party_size": 2}),))
    for reward in (Tiered(), Binary()):
        if is_surely_right(truth, reward):
            result = reward(wire.render(truth.calls), ground_truth=truth, tools=[TOOL])
            assert result is not None
            assert result.value == 1.0
    assert not is_surely_right(truth, Tiered(wire="pythonic"))


@pytest.mark.parametrize(
    ("value", "is_sure"),
    [
        (["a", 2, False], True),
        ({"street": "Main", "number": 4, "tags": ["x"]}, True),
        (2669.7, True),
        (-1.5e-7, True),
        ([], True),
        ("x" * 4000, True),
        ("x" * 4001, False),
        (2**63, True),
        (-(2**63) - 1, False),
        (list(range(63)), True),
        (list(range(64)), False),
        ({f"a{n}": n for n in range(63)}, True),
        ({f"a{n}": n for n in range(64)}, False),
        (["</tool_call>"], False),
        ({"<tool_call>": 1}, False),
        ({"deep": [{"text": "a < b"}]}, False),
        (1e300, False),
        (None, False),
        (list(range(500)), False),
    ],
)
def test_whole_values_are_surely_right_too(value: Any, is_sure: bool) -> None:
    tool = {"name": "keep", "description": "Keep it.", "parameters": {"type": "object", "properties": {"value": {}}}}
    truth = GroundTruth("execute", (ToolCall("keep", {"value": value}),))
    assert is_surely_right(truth, Tiered()) is is_sure
    assert not is_surely_right(truth, BFCL()), "only what is read back identical and then surely earns everything"
    assert not is_surely_right(GroundTruth("execute", (ToolCall("<keep", {}),)), Tiered())
    for reward in (Tiered(), Binary()):
        result = reward(wire.render(truth.calls), ground_truth=truth, tools=[tool])
        assert result is not None
        assert result.value == 1.0


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared trial data is absent")
def test_real_logs_are_grounded(tmp_path: Path) -> None:
    tools = json.loads((SHARED / "tau_airline_tools.json").read_text())
    rows = []
    for line in (SHARED / "tau_airline_logs.jsonl").read_text().splitlines()[:20]:
        record = json.loads(line)
        messages = next(record[name] for name in ("messages", "traj") if name in record)
        for index, message in enumerate(messages):
            for call in message.get("tool_calls") or ():
                function = call["function"]
                expected = [{"name": function["name"], "arguments": json.loads(function["arguments"])}]
                truth = {"ground_truth": json.dumps(expected), "behavior": "execute"}
                rows.append({"prompt": messages[:index], "tools": tools, "reward_model": truth})
    path = tmp_path / "logs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert lint(path).findings.counts["ungrounded"] == 0


def a_line(**changed: Any) -> bytes:
    return json.dumps({**execute("Oslo").to_json(), **changed}).encode()


def test_masked_names_are_one_line_of_the_table(tmp_path: Path) -> None:
    tools = [{"name": f"tool_{n}", "description": f"Do {n}", "parameters": {"type": "object"}} for n in range(60)]
    truth = {"ground_truth": "I cannot do that.", "behavior": "refuse"}
    prompt = [{"role": "user", "content": "Do it"}]
    row = {"prompt": prompt, "reward_model": truth}
    rows = [{**row, "tools": [tool], "extra_info": {"masked": True}} for tool in tools]
    rows.append({**row, "tools": [{**tools[0], "name": "do_it"}]})
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = show.to_json(lint(path))
    assert report["tools"] == {
        "(masked names)": {"offered": 60, "called": 0, "no_call": 60, "findings": {}},
        "do_it": {"offered": 1, "called": 0, "no_call": 1, "findings": {}},
    }


def test_tools_that_were_read_before_are_read_alike() -> None:
    first, again = read(a_line()), read(a_line(extra_info={"row": 2}))
    assert again.offered is first.offered
    assert (again.key, again.truth, again.extra_info) == (first.key, first.truth, {"row": 2})


@pytest.mark.parametrize("place", ["extra_info", "prompt"])
def test_known_tools_in_another_place_are_not_the_row_s(place: str) -> None:
    tools = execute("Oslo").tools
    read(a_line())
    nested: dict[str, Any] = {"extra_info": {"tools": tools}}
    if place == "prompt":
        nested = {"prompt": [{"role": "user", "content": json.dumps({"tools": tools})}]}
    assert read(a_line(tools=None, **nested)).offered.names == ()
    without = json.loads(a_line(**nested))
    del without["tools"]
    assert read(json.dumps(without).encode()).offered.names == ()


def test_what_is_wrong_beside_known_tools_is_named_as_ever() -> None:
    line = a_line()
    read(line)
    with pytest.raises(UnusableError, match=f"column {len(line)}"):
        read(line[:-1])
    with pytest.raises(UnusableError) as twice:
        read(line.replace(b'"behavior"', b'"behavior": "execute", "behavior"'))
    assert twice.value.finding.kind == "duplicate_key"
