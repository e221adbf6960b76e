"""How fast data is linted and synthesized, how much memory lint takes, and what of planted defects it finds.

    python benchmarks/data.py [--rows 20000] [--bytes 1000000000] [--results benchmarks/results/data.md]

Rates are rows a second of processor time, in the fastest of several runs; beside lint's stands what reading the same
lines takes with `json.loads`, and what validating the same calls takes with `jsonschema`.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import jsonschema

from rlvr.data.lint import findings, lint, repeats
from rlvr.data.synth import any_tools, built_in, synthesize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
REPEATS = 3
PER_KIND = 50
_USER = '"role": "user", "content": "'
TOOLS = [dict(schema) for name in built_in.SPLITS for schema in built_in.schemas(name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--only", default="synthesis,throughput,memory,detectors", help="the parts to run")
    parser.add_argument("--peak", type=Path, help="lint this file and print the peak of memory alone")
    parser.add_argument("--full", action="store_true", help="with --peak: after as many rows as are ever remembered")
    arguments = parser.parse_args()
    if arguments.peak:
        seen = repeats.Repeats()
        for line in range(repeats.MOST_REMEMBERED + 1 if arguments.full else 0):
            seen.find(line, f"Please book flight number {line} for passenger {line * 7919}", b"", line)
        report = lint(arguments.peak)
        print(report.n_lines, _peak_mb())
        return
    lines = [
        f"# Data\n\n`python benchmarks/data.py --rows {arguments.rows} --bytes {arguments.bytes}`, "
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, one core.\n"
    ]
    with tempfile.TemporaryDirectory() as folder:
        for part in [part for part in PARTS if part.__name__ in arguments.only.split(",")]:
            lines += [*part(arguments, Path(folder)), ""]
            print("\n".join(lines[-8:]), flush=True)
    if arguments.results:
        arguments.results.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _peak_mb() -> float:
    """The most memory that this process has held; `getrusage` would begin with that of the process that started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def rate(n: int, work: Callable[[], Any]) -> float:
    """Rows a second of processor time in the fastest of a few runs: other work on the machine only ever adds to it."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return n / min(seconds)


def synthesis(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    yield "## Synthesis\n"
    n = arguments.rows
    for name, behaviors in (("all kinds of behavior", {}), ("single calls", {"single": 1.0})):

        def work(behaviors: dict[str, float] = behaviors) -> None:
            for _ in any_tools.generate(any_tools.Recipe(TOOLS, n, behaviors=behaviors)):
                pass

        yield f"- {name}: {rate(n, work):,.0f} rows/s ({n:,} rows, {len(TOOLS)} tools)"


def throughput(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    yield "## Lint: speed\n"
    n = arguments.rows
    single, mixed = folder / "single.jsonl", folder / "mixed.jsonl"
    for path, behaviors in ((single, {"single": 1.0}), (mixed, {})):
        made = any_tools.generate(any_tools.Recipe(TOOLS, n, behaviors=behaviors, masked=0.0))
        path.write_text("".join(f"{each.line}\n" for each in made), encoding="utf-8")
    raw = single.read_bytes().split(b"\n")[:-1]

    def load() -> None:
        for line in raw:
            json.loads(line)

    json_rate = rate(n, load)
    validators = {
        tool["function"]["name"]: jsonschema.Draft202012Validator(tool["function"]["parameters"]) for tool in TOOLS
    }

    def validate() -> None:
        for line in raw:
            for call in json.loads(json.loads(line)["reward_model"]["ground_truth"]):
                validators[call["name"]].is_valid(call["arguments"])

    lint_rate, peer_rate = rate(n, lambda: lint(single)), rate(n, validate)
    yield f"- single-call rows ({single.stat().st_size / n:,.0f} bytes each): {lint_rate:,.0f} rows/s"
    ratio = json_rate / lint_rate
    yield f"- `json.loads` of the same lines: {json_rate:,.0f} rows/s; lint takes {ratio:.1f} times as long"
    yield (
        f"- `json.loads` and `jsonschema` on each call, and nothing else: {peer_rate:,.0f} rows/s; "
        f"lint takes {peer_rate / lint_rate:.2f} times as long"
    )
    yield f"- rows of all kinds: {rate(n, lambda: lint(mixed)):,.0f} rows/s"


def memory(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    yield "## Lint: memory\n"
    made = any_tools.generate(any_tools.Recipe(TOOLS, 2000, behaviors={"single": 1.0}))
    lines = [each.line for each in made]
    small = _written(folder / "small.jsonl", lines)
    for n_bytes in (arguments.bytes // 10, arguments.bytes):
        path = folder / "large.jsonl"
        written = index = 0
        with path.open("w", encoding="utf-8") as file:
            while written < n_bytes:
                place, line = index // len(lines), lines[index % len(lines)]
                written += file.write(line.replace(_USER, f"{_USER}No {place}. ", 1) + "\n")
                index += 1
        command = [sys.executable, __file__, "--peak", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows, peak = done.stdout.split()
        yield f"- {n_bytes / 1e6:,.0f} MB, {int(rows):,} rows: peak {float(peak):,.0f} MB"
    command = [sys.executable, __file__, "--full", "--peak", str(small)]
    _, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    yield (
        f"- once {repeats.MOST_REMEMBERED:,} rows are remembered, the most there ever are: peak {float(peak):,.0f} MB"
    )


def detectors(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    sys.path.insert(0, str(ROOT / "tests"))
    from planted import PLANTS

    yield "## Lint: detectors\n"
    findings.MOST_OFFENDERS = 10**6
    names = (("five_tools", "train", 4000), ("five_tools", "held_out", 600), ("unseen_tools", "held_out", 1000))
    clean = [row.to_json() for name, split, n in names for row in synthesize(name, rows=n, seed=1, split=split)]
    rng = Random(0)
    rng.shuffle(clean)
    alarms = lint(_written(folder / "clean.jsonl", [json.dumps(record) for record in clean])).findings.n_errors()
    executing = [record for record in clean if record["reward_model"]["behavior"] == "execute"]
    lines, planted = [], []
    for kind, plant in PLANTS.values():
        made = 0
        while made < PER_KIND:
            try:
                row = plant(json.loads(json.dumps(executing.pop())), rng)
            except LookupError:
                continue
            lines.append(row if isinstance(row, str) else json.dumps(row))
            planted.append(kind)
            made += 1
    report = lint(_written(folder / "planted.jsonl", lines))
    found = {(line, kind) for kind, first in report.findings.offenders.items() for line, _ in first}
    missed = Counter(kind for line, kind in enumerate(planted, start=1) if (line, kind) not in found)
    share = 1 - sum(missed.values()) / len(planted)
    what = f"{len(planted):,} planted defects of {len(PLANTS)} kinds"
    yield f"- recall: {share:.1%} of {what}; missed: {dict(missed) or 'none'}"
    yield f"- false alarms: {alarms} on {len(clean):,} clean rows"


def _written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


PARTS = (synthesis, throughput, memory, detectors)


if __name__ == "__main__":
    main()
