"""How fast files become rows, and in how much memory: rows/s of each reader on one core, against `json.loads` alone.

    python benchmarks/data_io.py [--megabytes 1000] [--repeats 3]

Each file is generated, from the synthesized rows, in the reader's format; the peak is that of a process of its own,
which imports the file as `rlvr data import` does. `json.loads` on every line is the peer: what reading costs before any
row is made or checked.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rlvr.data.formats.importing import import_files
from rlvr.data.formats.writing import WriteOptions, write_file
from rlvr.data.synth import synthesize
from rlvr.records.row import Row, write_rows

ROWS = 4000


def xlam(row: Row) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": call.arguments} for call in row.ground_truth.calls]
    tools = [tool["function"] for tool in row.tools]
    return {"query": row.prompt[-1]["content"], "tools": json.dumps(tools), "answers": json.dumps(calls)}


def files(folder: Path, made: list[Row]) -> dict[str, Path]:
    """One file of each kind, all of the same rows."""
    found = {"rows": write_rows(folder / "rows.jsonl", made)}
    for name, file in (("verl", "rows.parquet"), ("openai", "openai.jsonl"), ("trl", "trl.jsonl")):
        write_file(made, folder / file, name, WriteOptions())
        found[name] = folder / file
    found["xlam"] = folder / "xlam.jsonl"
    found["xlam"].write_text("".join(json.dumps(xlam(row)) + "\n" for row in made))
    return found


def seconds(work: Callable[[], Any], repeats: int) -> float:
    """Of processor time, so that what else the machine does is left out."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def parse_only(path: Path) -> None:
    with path.open("rb") as stream:
        for line in stream:
            json.loads(line)


def grown(path: Path, out: Path, megabytes: int) -> Path:
    """The file written again and again until it has the size."""
    content = path.read_bytes()
    with out.open("wb") as stream:
        for _ in range(max(1, megabytes * 1_000_000 // len(content))):
            stream.write(content)
    return out


def peak_mb(code: str, *arguments: str) -> tuple[float, float]:
    """Peak resident memory in MB and seconds of a Python process that runs the code."""
    began = time.perf_counter()
    script = f"{code}\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    made = synthesize("five_tools", rows=ROWS, seed=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'format':8} {'rows/s of processor time':>24} {'times json.loads':>17}", flush=True)
        for kind, path in files(folder, made).items():
            rows = []

            def run(path: Path = path, rows: list[int] = rows) -> None:
                rows.append(import_files([path], folder / "out.jsonl").kept.total())

            taken = seconds(run, options.repeats)
            parsed = None if path.suffix == ".parquet" else seconds(lambda path=path: parse_only(path), options.repeats)
            ratio = f"{taken / parsed:.1f}" if parsed else ""
            print(f"{kind:8} {rows[-1] / taken:24,.0f} {ratio:>17}", flush=True)
        small, large = folder / "rows.jsonl", grown(folder / "rows.jsonl", folder / "large.jsonl", options.megabytes)
        load = "import sys; from rlvr.data.formats.importing import import_files"
        code = f"{load}; import_files([sys.argv[1]], sys.argv[2])"
        for path in (small, large):
            peak, taken = peak_mb(code, str(path), str(folder / "out.jsonl"))
            print(f"import of {path.stat().st_size / 1e6:,.0f} MB: peak {peak:,.0f} MB, {taken:,.0f} s", flush=True)


if __name__ == "__main__":
    main()
