"""How fast `rewards` scores, and how often it agrees with the Berkeley Function Calling Leaderboard.

    python benchmarks/rewards [--repeats 7] [--seed 0] [--out benchmarks/results/rewards.md]

The leaderboard's part needs `bfcl-eval` (`pip install --no-deps bfcl-eval tree_sitter==0.21.3 tree-sitter-java==0.21.0
tree-sitter-javascript==0.21.4 tenacity tqdm filelock pydantic python-dotenv overrides`, and `requests openai` for its
Qwen decoder); without it that part is left out, and a line says so.

Times are CPU time of this process, one core, median over the repeats. Ground truths and tools are given as the JSON
strings that a TRL trainer passes, as new string objects for each completion, as a data set hands them out, in batches
of 256 that the scorers take in turn.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import random
import statistics
import subprocess
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bfcl_rows

from rewards import BFCL, GroundTruth, Tiered, ToolCall
from rewards.wire import render

ROOT = Path(__file__).resolve().parents[2]

RIGHT_KINDS = ("right", "alternative", "omitted", "order", "int or float", "no call")
WRONG_KINDS = (
    *("missing call", "duplicated call", "duplicated for another", "extra call", "wrong tool", "extra argument"),
    *("missing argument", "wrong value", "wrong type", "a call", "two calls"),
)
QUESTIONS = 2000
BATCH = 256
ABOUT_ROWS = """\
Rows: each question has eight answers, Hermes blocks without prose. Invented: 2,000 expected calls of four tools; three
answers as expected and as chat templates write them, one as expected with its keys in another order, two with a wrong
value or type, one with another tool, one without an argument. Leaderboard: its questions that expect one call; four
right answers drawn from all right kinds below, the first as the data has it, and four from the wrong kinds. The
leaderboard's scorers get tools and possible answers as Python objects, `rewards` gets JSON strings. Reasons are found
when they are looked at; the second column looks at all of them."""
ABOUT_KINDS = """\
Where `BFCL` differs: the checker gives each expected call the first answer that fits it, so that its verdict depends on
the order of the answers; `BFCL` finds a place for all where there is one.

Where `Tiered` differs from the leaderboard by design: it takes 3.0 for 3, and a default that is given for one that is
left out ("missing argument"); it keeps punctuation, and case where the schema or the name says that case matters; it
takes no empty text for an argument left out. In seven questions the checker calls the data's own answer wrong, as its
function lacks an argument of the answer, requires one that the answer leaves out, or no value is admissible; and it
takes an empty list for one that may be left out ("wrong value"), and genotype AA for Aa ("duplicated for another")."""
Scorer = Callable[[tuple[Any, ...]], Any]
CITIES = "Paris Rome Oslo Lima Quito Accra Hanoi Perth Turin Basel".split()


@dataclass(frozen=True)
class Work:
    """One completion to score, in every form that a scorer wants it in."""

    completion: str
    prompted: str
    truth: str
    tools: str
    functions: list[dict[str, Any]]
    possible_answer: list[dict[str, Any]]


def parameter(kind: str, **rest: Any) -> dict[str, Any]:
    return {"type": kind, "description": "what its name says", **rest}


def function(name: str, required: int, **parameters: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "dict", "properties": parameters, "required": list(parameters)[:required]}
    return {"name": name, "description": f"Calls {name}.", "parameters": schema}


FUNCTIONS = [
    function(
        *("get_weather", 1),
        city=parameter("string"), days=parameter("integer", default=3),
        units=parameter("string", enum=["celsius", "fahrenheit"], default="celsius"),
    ),
    function(*("transfer", 2), account_id=parameter("string"), amount=parameter("float"), note=parameter("string")),
    function(
        *("create_event", 2),
        title=parameter("string"), date=parameter("string", format="date"), duration_minutes=parameter("integer"),
        guests=parameter("array", items={"type": "string"}),
    ),
    function(*("set_light", 2), room=parameter("string"), is_on=parameter("boolean"), level=parameter("integer")),
]  # fmt: skip


def invented_call(rng: random.Random) -> tuple[str, dict[str, Any]]:
    number = rng.randint(1, 10**6)
    return rng.choice(
        [
            ("get_weather", {"city": f"{rng.choice(CITIES)} {number}", "days": number % 14 + 1, "units": "celsius"}),
            ("transfer", {"account_id": f"AC-{number}", "amount": number / 100, "note": f"Invoice {number}"}),
            (
                "create_event",
                {"title": f"Review {number}", "date": f"2026-0{number % 9 + 1}-17", "guests": ["Ann", f"Bo {number}"]},
            ),
            ("set_light", {"room": f"Room {number}", "is_on": number % 2 == 0, "level": number % 100}),
        ]
    )


def changed(arguments: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The arguments with one of them wrong: another value, or one of another type."""
    name = rng.choice(list(arguments))
    value = arguments[name]
    if isinstance(value, str):
        others = [f"not {value}", 7]
    elif isinstance(value, bool):
        others = [not value, "yes"]
    else:
        others = [value[:1], "all"] if isinstance(value, list) else [value + 1, str(value)]
    return {**arguments, name: rng.choice(others)}


def completions(calls: list[tuple[str, dict[str, Any]]], rng: random.Random) -> list[list[tuple[str, dict[str, Any]]]]:
    """Eight answers: three as expected, one with its keys in another order, three wrong in one call, one lacking it."""
    index = rng.randrange(len(calls))
    name, arguments = calls[index]
    others = [other["name"] for other in FUNCTIONS if other["name"] != name]
    replaced = [
        (name, dict(reversed(arguments.items()))),
        (name, changed(arguments, rng)),
        (name, changed(arguments, rng)),
        (rng.choice(others), arguments),
    ]
    lacking = {key: value for key, value in arguments.items() if key != next(iter(arguments))}
    return [calls] * 3 + [[*calls[:index], call, *calls[index + 1 :]] for call in [*replaced, (name, lacking)]]


def invented_work(calls_each: int, seed: int) -> list[Work]:
    rng = random.Random(seed)
    work = []
    for _ in range(QUESTIONS // calls_each):
        calls = [invented_call(rng) for _ in range(calls_each)]
        possible = [{name: {key: [value] for key, value in arguments.items()}} for name, arguments in calls]
        for answer in completions(calls, rng):
            work.append(work_of(answer, FUNCTIONS, possible))
    return work


def leaderboard_work(seed: int) -> list[Work]:
    """Eight answers to each of the leaderboard's questions that expect one call: half right, half wrong."""
    by_question = defaultdict(list)
    for row in bfcl_rows.rows(seed):
        if row.possible_answer is not None and len(row.possible_answer) == 1:
            by_question[row.category, row.truth, row.tools].append(row)
    rng = random.Random(seed)
    work = []
    for answers in by_question.values():
        right = [row for row in answers if row.kind in RIGHT_KINDS]
        wrong = [row for row in answers if row.kind in WRONG_KINDS and row.calls]
        for row in [right[0], *rng.choices(right, k=3), *rng.choices(wrong, k=4)]:
            calls = [next(iter(call.items())) for call in row.calls]
            work.append(work_of(calls, row.functions, row.possible_answer))
    return work


def work_of(calls: list[tuple[str, Any]], functions: list[dict[str, Any]], possible: list[dict[str, Any]]) -> Work:
    prompted = [f"{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})" for name, given in calls]
    return Work(
        completion=render([ToolCall(*call) for call in calls], "hermes"),
        prompted=f"[{', '.join(prompted)}]",
        truth=json.dumps(GroundTruth.from_bfcl(possible).to_json()),
        tools=json.dumps(functions),
        functions=functions,
        possible_answer=possible,
    )


def per_second(measured: Sequence[Scorer], work: list[Work], repeats: int) -> list[float]:
    """Completions per second of CPU time for each scorer, medians over the repeats, after one that warms up.

    The scorers take turns at each batch, so that what else the machine does falls on all of them alike.
    """
    rates: list[list[float]] = [[] for _ in measured]
    for _ in range(repeats + 1):
        seconds = [0.0] * len(measured)
        for start in range(0, len(work), BATCH):
            for index, score in enumerate(measured):
                seconds[index] += seconds_for(score, work[start : start + BATCH])
        for index, taken in enumerate(seconds):
            rates[index].append(len(work) / taken)
    return [statistics.median(rate[1:]) for rate in rates]


def seconds_for(score: Scorer, batch: list[Work]) -> float:
    items = [(w.completion[:-1] + ">", w.truth[:-1] + "}", w.tools[:-1] + "]", w) for w in batch]  # new strings
    started = time.process_time()
    for item in items:
        score(item)
    return time.process_time() - started


def scorers() -> dict[str, Scorer]:
    tiered, bfcl = Tiered(), BFCL()
    return {
        "`Tiered`": lambda item: tiered(item[0], ground_truth=item[1], tools=item[2]),
        "`Tiered`, reasons read": lambda item: tiered(item[0], ground_truth=item[1], tools=item[2]).reasons,
        "`BFCL`": lambda item: bfcl(item[0], ground_truth=item[1], tools=item[2]),
        **(official_scorers() if bfcl_rows.is_installed() else {}),
    }


def official_scorers() -> dict[str, Scorer]:
    """The leaderboard's decoders, each followed by its checker. It is handed tools and answers already decoded."""
    check = bfcl_rows.official_check()
    decode = importlib.import_module("bfcl_eval.model_handler.utils").default_decode_ast_prompting

    def score(decoded: Any, work: Work) -> Any:
        category = "parallel" if len(work.possible_answer) > 1 else "multiple"
        return check(work.functions, decoded, work.possible_answer, category)

    found = {"leaderboard, default decoder": lambda item: score(decode(item[3].prompted), item[3])}
    try:
        qwen = importlib.import_module("bfcl_eval.model_handler.local_inference.qwen_fc").QwenFCHandler
    except ImportError:
        return found
    handler = types.SimpleNamespace(_extract_tool_calls=qwen._extract_tool_calls)
    found["leaderboard, Qwen decoder"] = lambda item: score(qwen.decode_ast(handler, item[0], None, False), item[3])
    return found


def throughput(repeats: int, seed: int) -> list[str]:
    sets = {"invented, one call": invented_work(1, seed), "invented, eight calls": invented_work(8, seed)}
    if bfcl_rows.is_installed():
        sets["leaderboard, one call"] = leaderboard_work(seed)
    measured = scorers()
    lines = ["| rows | completions | " + " | ".join(measured) + " |", "|---|---|" + "---|" * len(measured)]
    for name, work in sets.items():
        rates = per_second([*measured.values()], work, repeats)
        cells = [
            f"{rate:,.0f}" + (f" ({rates[0] / rate:.1f}×)" if index > 2 else "") for index, rate in enumerate(rates)
        ]
        lines.append(f"| {name} | {len(work):,} | " + " | ".join(cells) + " |")
    return lines


def import_time(repeats: int) -> str:
    script = (
        "import time; started = time.process_time(); import rewards, sys\n"
        "print(time.process_time() - started, 'torch' in sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in range(repeats)
    ]
    seconds = statistics.median(float(run.stdout.split()[0]) for run in runs)
    has_torch = any(run.stdout.split()[1] == "True" for run in runs)
    return f"`import rewards`: {seconds * 1000:.0f} ms, {'with' if has_torch else 'without'} torch."


def agreement(seed: int) -> list[str]:
    verdict, bfcl, tiered = bfcl_rows.official_checker(), BFCL(), Tiered()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    disagreements = []
    for row in bfcl_rows.rows(seed):
        official = bool(verdict(row))
        ours = bfcl(row.completion, ground_truth=row.truth, tools=row.tools)
        exact = tiered(row.completion, ground_truth=row.truth, tools=row.tools).value == 1.0
        counts[row.kind].update(n=1, official=official, agrees=(ours.value == 1.0) == official, exact=exact)
        counts[row.kind].update(tiered_agrees=exact == official, is_faulty=row.kind == "right" and not official)
        if (ours.value == 1.0) != official:
            disagreements.append(f"- {row.identity}: leaderboard {official}, `BFCL` {ours.value} {ours.reasons}")
    return [*agreement_table(counts), "", *(disagreements or ["No disagreement."])]


def agreement_table(counts: dict[str, Counter[str]]) -> list[str]:
    def total(kinds: Iterable[str]) -> Counter[str]:
        return sum((counts[kind] for kind in kinds), Counter())

    lines = ["| answers | rows | leaderboard: right | `BFCL` agrees | `Tiered` = 1.0 |", "|---|---|---|---|---|"]
    by_design = [kind for kind in counts if kind not in (*RIGHT_KINDS, *WRONG_KINDS)]
    for kind in (*RIGHT_KINDS, *WRONG_KINDS, *by_design):
        c = counts[kind]
        lines.append(f"| {kind} | {c['n']:,} | {c['official']:,} | {c['agrees']:,} | {c['exact']:,} |")
    every, right, wrong = total(counts), total(RIGHT_KINDS), total(WRONG_KINDS)
    lines.append(f"| **all** | {every['n']:,} | {every['official']:,} | {every['agrees']:,} | {every['exact']:,} |")
    kept = wrong["n"] - wrong["exact"]
    return [
        *lines,
        "",
        f"`BFCL` agrees on {every['agrees'] / every['n']:.3%} of {every['n']:,} rows.",
        f"`Tiered` gives 1.0 to {right['exact'] / right['n']:.3%} of the {right['n']:,} answers made to be right and "
        f"less to {kept / wrong['n']:.3%} of the {wrong['n']:,} made to be wrong: "
        f"{(right['exact'] + kept) / (right['n'] + wrong['n']):.3%} of both.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    without = "bfcl-eval is not installed: the leaderboard's part is left out."
    packages = ("jsonschema-rs", *(("bfcl-eval",) if bfcl_rows.is_installed() else ()))
    lines = [
        "# What `rewards` reaches",
        "",
        f"{date.today()}, `python benchmarks/rewards --repeats {options.repeats} --seed {options.seed}`, Python "
        f"{platform.python_version()}, one core, " + ", ".join(f"{name} {version(name)}" for name in packages),
        "",
        "Completions scored per second of CPU time (in brackets: how many times as many `Tiered` scores):",
        "",
        *throughput(options.repeats, options.seed),
        "",
        ABOUT_ROWS,
        "",
        import_time(options.repeats),
        "",
        *([*agreement(options.seed), "", ABOUT_KINDS] if bfcl_rows.is_installed() else [without]),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
