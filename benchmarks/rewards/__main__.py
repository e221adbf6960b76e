"""How fast `rewards` scores, and how often it agrees with the Berkeley Function Calling Leaderboard.

    python benchmarks/rewards [--repeats 7] [--seed 0] [--out benchmarks/results/rewards.md]

The leaderboard's part needs `bfcl-eval` (`pip install --no-deps bfcl-eval tree_sitter==0.21.3 tree-sitter-java==0.21.0
tree-sitter-javascript==0.21.4 tenacity tqdm filelock pydantic python-dotenv overrides`, and `requests openai` for its
Qwen decoder); without it that part is left out, and a line says so.

Times are CPU time, one core, median over the repeats, each in a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import multiprocessing
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
from rewards.text.data_files import CODES
from rewards.text.languages import language
from rewards.wire import render
from rlvr.files import read_objects

ROOT = Path(__file__).resolve().parents[2]

RIGHT_KINDS = ("right", "alternative", "omitted", "order", "int or float", "no call")
WRONG_KINDS = (
    *("missing call", "duplicated call", "duplicated for another", "extra call", "wrong tool", "extra argument"),
    *("missing argument", "wrong value", "wrong type", "a call", "two calls"),
)
ITEMS_PER_TURN = 240
ONE_CALL = ("simple_python", "multiple", "live_simple", "live_multiple")
TEXT_ACTS = ("clarify", "refuse", "answer")
SENTENCES = ROOT / "tests" / "rewards" / "data" / "sentences.jsonl"
ABOUT_ROWS = """\
Cold: each scorer of `rewards` meets the leaderboard's 1,911 questions that expect one call in a process of its own,
with empty caches. The leaderboard's scorers take turns with it there, every 240 completions, and what is given is the
median of the turns' ratios: what else the machine does falls on all alike. Each question comes with its own tools and
eight candidates: four right answers drawn from all right kinds below, the first as the data has it, and four from the
wrong kinds, as Hermes blocks without prose. This is what a training step meets. Of the eight 5.5 are different texts;
`Tiered` reads equal ones once, the leaderboard's scorers each of them. `rewards` gets tools and ground truths as the
JSON strings that a TRL trainer passes, new string objects for each candidate; the leaderboard's scorers get tools and
possible answers as Python objects, already decoded, and in the column "from JSON" as the strings that a trainer would
hand them too. `Tiered` writes reasons when somebody reads them, which a trainer need not. `rlvr train` names the
policy's format; without a name all formats are looked for. Texts: every other one of the labelled sentences of
`tests/rewards/data`, each against a ground truth of its own kind, read by a process that has loaded the phrases of
all languages and read the other texts."""
ABOUT_KINDS = """\
Where `BFCL` differs: the checker gives each expected call the first answer that fits it, so that its verdict depends on
the order of the answers; `BFCL` finds a place for all where there is one.

Where `Tiered` differs from the leaderboard by design: it takes 3.0 for 3, and a default that is given for one that is
left out ("missing argument"); it keeps punctuation, and case unless name, description and value all show words for a
person; it takes no empty text for an argument left out. In seven questions the checker calls the data's own answer
wrong, as its function lacks an argument of the answer, requires one that the answer leaves out, or no value is
admissible; and it takes an empty list for one that may be left out ("wrong value"), and genotype AA for Aa
("duplicated for another")."""
Scorer = Callable[[tuple[Any, ...]], Any]


@dataclass(frozen=True)
class Work:
    """One completion to score, in every form that a scorer wants it in."""

    completion: str
    prompted: str
    truth: str
    tools: str
    functions: list[dict[str, Any]]
    possible_answer: list[dict[str, Any]]
    answer: str


def leaderboard_work(seed: int) -> list[Work]:
    """Eight answers to each of the leaderboard's questions that expect one call: half right, half wrong."""
    by_question = defaultdict(list)
    for row in bfcl_rows.rows(seed):
        if row.category in ONE_CALL:
            by_question[row.identity.removesuffix(f" {row.kind}")].append(row)
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
        answer=json.dumps(possible),
    )


def in_a_process(measure: Callable[[Any], None]) -> Any:
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    process = context.Process(target=measure, args=(results,))
    process.start()
    found = results.get()  # before the process ends: it waits until a long result is read
    process.join()
    return found


def per_second(score: Scorer, items: Sequence[tuple[Any, ...]], before: Sequence[tuple[Any, ...]] = ()) -> float:
    """Items per second of CPU time, in a process that has scored only what is to be scored before."""

    def measure(results: Any) -> None:
        for item in before:
            score(item)
        for item in items:
            list(item)  # the pages that fork shares are copied now, and not while the clock runs
        gc.collect()
        started = time.process_time()
        for item in items:
            score(item)
        results.put(len(items) / (time.process_time() - started))

    return float(in_a_process(measure))


def in_turns(score: Scorer, others: dict[str, Scorer], items: Sequence[tuple[Any, ...]]) -> dict[str, list[float]]:
    """CPU seconds of one scorer, under "", and of others for every few items, in one process that has scored nothing.

    They take turns, so that what else the machine does falls on all alike.
    """

    def measure(results: Any) -> None:
        seconds: dict[str, list[float]] = {name: [] for name in ("", *others)}
        gc.collect()
        gc.freeze()  # the collector need not go through the benchmark's own rows
        for first in range(0, len(items), ITEMS_PER_TURN):
            turn = items[first : first + ITEMS_PER_TURN]
            for item in turn:
                list(item)  # the pages that fork shares are copied now, and not while the clock runs
            for name, scorer in {"": score, **others}.items():
                started = time.process_time()
                for item in turn:
                    scorer(item)
                seconds[name].append(time.process_time() - started)
        results.put(seconds)

    return in_a_process(measure)


def ratios(seconds: dict[str, list[float]], name: str) -> list[float]:
    return [other / own for own, other in zip(seconds[""], seconds[name], strict=True)]


def scorers() -> dict[str, Scorer]:
    tiered, served, bfcl = Tiered(), Tiered(wire="hermes"), BFCL()
    return {
        "`Tiered`": lambda item: tiered(item[0], ground_truth=item[1], tools=item[2]),
        "`Tiered`, its reasons read": lambda item: tiered(item[0], ground_truth=item[1], tools=item[2]).reasons,
        "`Tiered(wire='hermes')`": lambda item: served(item[0], ground_truth=item[1], tools=item[2]),
        "`BFCL`": lambda item: bfcl(item[0], ground_truth=item[1], tools=item[2]),
    }


def official_scorers() -> dict[str, Scorer]:
    """The leaderboard's decoders, each followed by its checker. It is handed tools and answers already decoded."""
    check = bfcl_rows.official_check()
    decode = importlib.import_module("bfcl_eval.model_handler.utils").default_decode_ast_prompting

    def score(decoded: Any, work: Work) -> Any:
        return checked(decoded, work.functions, work.possible_answer)

    def checked(decoded: Any, functions: Any, possible_answer: Any) -> Any:
        category = "parallel" if len(possible_answer) > 1 else "multiple"
        return check(functions, decoded, possible_answer, category)

    def from_json(item: tuple[Any, ...]) -> Any:
        return checked(decode(item[3].prompted), json.loads(item[2]), json.loads(item[4]))

    found = {
        "leaderboard, default decoder": lambda item: score(decode(item[3].prompted), item[3]),
        "leaderboard, default decoder, from JSON": from_json,
    }
    try:
        qwen = importlib.import_module("bfcl_eval.model_handler.local_inference.qwen_fc").QwenFCHandler
    except ImportError:
        return found
    handler = types.SimpleNamespace(_extract_tool_calls=qwen._extract_tool_calls)
    found["leaderboard, Qwen decoder"] = lambda item: score(qwen.decode_ast(handler, item[0], None, False), item[3])
    return found


def throughput(repeats: int, seed: int) -> list[str]:
    tiered = Tiered()
    lines = ["| rows | items | scorer | items per second |", "|---|---|---|---|"]
    if bfcl_rows.is_installed():
        lines = cold_mix(repeats, seed)
    for code in CODES:  # which takes longer than to read a text, and is done once in a process
        language(code)
    sentences = [value for _, value in read_objects(SENTENCES)]
    texts = [(line["text"], GroundTruth(line["act"])) for line in sentences if line["act"] in TEXT_ACTS]
    text_rates = [
        per_second(lambda item: tiered(item[0], ground_truth=item[1]), texts[1::2], texts[::2]) for _ in range(repeats)
    ]
    lines.append(f"| texts | {len(texts[1::2]):,} | `Tiered` | {statistics.median(text_rates):,.0f} |")
    return lines


def cold_mix(repeats: int, seed: int) -> list[str]:
    """A line for each scorer of `rewards`, held against each of the leaderboard's in turns."""
    items = [
        (work.completion[:-1] + ">", work.truth[:-1] + "}", work.tools[:-1] + "]", work, work.answer[:-1] + "]")
        for work in leaderboard_work(seed)
    ]  # new strings
    others = official_scorers()
    lines = [
        f"| rows | items | scorer | items per second | {' | '.join(f'against {name}' for name in others)} |",
        "|---|---|---|---|" + "---|" * len(others),
    ]
    for name, score in scorers().items():
        runs = [in_turns(score, others, items) for _ in range(repeats)]
        rate = statistics.median(len(items) / sum(run[""]) for run in runs)
        shares = [statistics.median(share for run in runs for share in ratios(run, other)) for other in others]
        cells = " | ".join(f"{share:.2f}×" for share in shares)
        lines.append(f"| leaderboard, one call, cold | {len(items):,} | {name} | {rate:,.0f} | {cells} |")
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
