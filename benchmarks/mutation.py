"""Mutants of the code: how many of a random sample the tests kill, by part.

    python -m venv /tmp/mutmut && /tmp/mutmut/bin/pip install mutmut==3.8.1  # and a .pth to this project's packages
    /tmp/mutmut/bin/python -m benchmarks.mutation rewards --folder /tmp/mutation --count 400 --seed 0

mutmut writes the mutants: one operator, literal or argument of one function is another in each. The copy that they
stand in is loaded once, and each mutant is tried in a fork of that process, which has run no test: caches are cold. A
mutant meets the tests that reach its function, a case of each first, as many as the time allows. One whose function
runs only while modules are imported meets the tests of its folder in a process in which it stands from the first import
on. What was killed once is not tried again. Mutants that no test could kill stand in a file of lines `name: reason`,
and are counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

PARTS = {
    "rewards": {
        "source_paths": ["rewards"],
        "also_copy": ["rlvr", "conf", "benchmarks"],
        "pytest_add_cli_args_test_selection": ["tests/rewards"],
    },
    "rlvr": {
        "source_paths": ["rlvr"],
        "only_mutate": [
            *("rlvr/training/shared_prefix.py", "rlvr/training/common_prefix.py", "rlvr/policy/flat_row.py"),
            *("rlvr/training/gate.py", "rlvr/data/split.py", "rlvr/data/lint/*.py"),
        ],
        "also_copy": ["rewards", "conf", "benchmarks", "examples"],
        "pytest_add_cli_args_test_selection": [
            *("tests/training/test_shared_prefix.py", "tests/training/test_common_prefix.py"),
            *("tests/training/test_gate.py", "tests/data/test_split.py", "tests/environments/test_checks.py"),
            *("tests/data/test_lint.py", "tests/data/test_lint_style.py", "tests/data/test_lint_grounding.py"),
            *("tests/data/test_lint_given.py", "tests/data/test_lint_rows.py", "tests/data/test_lint_report.py"),
        ],
    },
}
OPTIONS = (
    *("-q", "-q", "--rootdir=.", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"),
    # tests of time, which mutmut's detours take too, and tests of many seconds each
    *("--ignore=tests/rewards/test_import.py", "--ignore=tests/rewards/test_hostile.py"),
    "--ignore=tests/rewards/test_properties.py",
    "--deselect=tests/rewards/adapters/test_trl.py::test_trl_itself_takes_it",
    "--deselect=tests/rewards/wire/test_round_trip.py::test_a_second_format_is_no_second_voice",
    "--deselect=tests/rewards/test_presets.py::test_results_are_the_same_in_any_process",
)
SLOWER = 5
"""A mutant with which the tests take so many times as long is killed."""

MOST_BYTES = 12 << 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--folder", type=Path, required=True, help="where the copy of the last commit is made")
    parser.add_argument("--count", type=int, default=400, help="how many mutants are drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--seconds",
        type=float,
        default=10.0,
        help="how long the tests of a mutant may take together",
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many mutants are tried side by side")
    parser.add_argument("--names", type=Path, help="try the mutants that this file lists instead")
    parser.add_argument("--equivalent", type=Path, help="lines of name: reason")
    parser.add_argument("--only", nargs="+", help="patterns of the part's files to take mutants of")
    parser.add_argument("--tests", nargs="+", help="files or folders of tests instead of the part's")
    options = parser.parse_args()
    settings = dict(PARTS[options.part])
    if options.only:
        settings["only_mutate"] = options.only
    if options.tests:
        settings["pytest_add_cli_args_test_selection"] = options.tests
    lines = options.equivalent.read_text(encoding="utf-8").splitlines() if options.equivalent else []
    equivalent = {line.partition(": ")[0] for line in lines}
    listed = options.names.read_text(encoding="utf-8").split() if options.names else None
    folder = (options.folder / options.part).absolute()
    prepare(folder, settings)
    os.chdir(folder)
    names = mutants()
    drawn = listed or sample(names, options.count, options.seed)
    surviving = tried(
        drawn,
        options.seconds,
        options.jobs,
        folder / "mutants",
        settings["pytest_add_cli_args_test_selection"],
    )
    os.chdir(folder)
    show(surviving)
    print("\n".join(table(drawn, surviving, equivalent)))
    print(f"\n{len(drawn)} of {len(names):,} mutants of {options.part}, seed {options.seed}, {date.today()}")


def prepare(folder: Path, settings: dict[str, list[str]]) -> None:
    """Copy the last commit, with mutmut's settings; a folder that is there already stays as it is."""
    if folder.exists():
        return
    subprocess.run(["git", "clone", "-q", ".", str(folder)], check=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["\n[tool.mutmut]", *lines, ""]))


def mutants() -> list[str]:
    """Write the mutants beside the copy, and return their names."""
    from mutmut import __main__ as engine  # reads its settings from the working folder

    os.makedirs("mutants", exist_ok=True)
    engine.copy_src_dir()
    engine.copy_also_copy_files()
    engine.create_mutants(1)
    metas = sorted(Path("mutants").rglob("*.meta"))
    keys = [key for meta in metas for key in json.loads(meta.read_text())["exit_code_by_key"]]
    return [key.replace("__init__.", "") for key in keys]


def sample(names: list[str], count: int, seed: int) -> list[str]:
    """Draw every n-th mutant from a random start, so that each module has its share; their order is random."""
    rng = random.Random(seed)
    step = len(names) / count
    start = rng.uniform(0, step)
    drawn = [names[int(start + place * step)] for place in range(count)]
    return rng.sample(drawn, count)


def show(names: list[str]) -> None:
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    for name in names:
        print(f"# {name}\n{get_diff_for_mutant(name)}")


def tried(drawn: list[str], most_s: float, jobs: int, copy: Path, tests: list[str]) -> list[str]:
    """Return the mutants that no test killed."""
    from mutmut.mutation.trampoline import set_mutant_under_test

    os.chdir(copy)
    # the working folder is that of `python -m`, whose code has no mutants
    sys.path[:] = [str(copy), *sys.path[1:]]
    set_mutant_under_test("stats")
    trial = Trial(drawn, most_s, jobs)
    pytest.main([*OPTIONS, *tests], plugins=[trial])
    return trial.surviving


class Trial:
    """A plug-in of pytest that runs the collected tests once for each mutant."""

    def __init__(self, drawn: list[str], most_s: float, jobs: int) -> None:
        from mutmut.state import state

        self.most_s = most_s
        self.jobs = jobs
        self.reached = state()._stats
        self.drawn = drawn
        self.surviving: list[str] = []
        self.reaching: dict[str, list[int]] = defaultdict(list)
        self.seconds: dict[int, float] = {}
        self.breadth: dict[int, int] = {}
        self.measured = Path("../tests.json").absolute()
        self.noted = Path("../killed.txt").absolute()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        at_import = set(self.reached)
        self.measure(session.items)
        print(f"{len(self.seconds)} tests in {sum(self.seconds.values()):.0f} s", flush=True)
        killed = set(self.noted.read_text().split()) if self.noted.exists() else set()
        running: dict[int, str] = {}
        for name in self.drawn:
            if name in killed:
                continue
            if len(running) == self.jobs:
                self.finish(running, at_import)
            running[self.start(session.items, name)] = name
        while running:
            self.finish(running, at_import)
        return True

    def finish(self, running: dict[int, str], at_import: set[str]) -> None:
        """Wait for one of the mutants that run, and note what became of it."""
        child, status = os.wait()
        name = running.pop(child)
        is_killed = status != 0
        if not is_killed and function_of(name) in at_import and not self.reaching[function_of(name)]:
            is_killed = self.is_killed_alone(name)
        print(name, "killed" if is_killed else "survives", flush=True)
        if is_killed:
            with self.noted.open("a") as file:
                file.write(f"{name}\n")
        else:
            self.surviving.append(name)

    def measure(self, items: list[pytest.Item]) -> None:
        """Note which tests reach which function and how long they take; what an earlier run noted is kept."""
        known = json.loads(self.measured.read_text()) if self.measured.exists() else {}
        new = [item for item in items if item.nodeid not in known]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(writing, "w") as pipe:
                for item in new:
                    self.reached.clear()
                    started = time.process_time()
                    if not has_failed(item):
                        noted = item.nodeid, time.process_time() - started, sorted(self.reached)
                        pipe.write(json.dumps(noted) + "\n")
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            known |= {nodeid: noted for nodeid, *noted in map(json.loads, pipe)}
        os.waitpid(child, 0)
        self.measured.write_text(json.dumps(known))
        for place, item in enumerate(items):
            if item.nodeid in known:
                self.seconds[place], functions = known[item.nodeid]
                self.breadth[place] = len(functions)
                for function in functions:
                    self.reaching[function].append(place)

    def start(self, items: list[pytest.Item], name: str) -> int:
        """Try a mutant in a process of its own, which ends with 0 where it survives, and return its number."""
        from mutmut.mutation import trampoline

        left_s, places = self.most_s, []
        for place in self.in_turn(items, self.reaching[function_of(name)]):
            if self.seconds[place] <= left_s:
                left_s -= self.seconds[place]
                places.append(place)
        limit_s = 5 + int(SLOWER * sum(self.seconds[place] for place in places))
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            os.environ["MUTANT_UNDER_TEST"] = name
            trampoline.get_mutant_under_test = lambda: name  # the variable is read at every call otherwise
            os._exit(any(has_failed(items[place]) for place in places))
        return child

    def in_turn(self, items: list[pytest.Item], places: list[int]) -> list[int]:
        """Order tests: the first case of each test function, then the second of each, those that reach little first."""
        turns = Counter[str]()
        turn_of: dict[int, int] = {}
        for place in places:
            test = items[place].nodeid.partition("[")[0]
            turns[test] += 1
            turn_of[place] = turns[test]
        return sorted(places, key=lambda place: (turn_of[place], self.breadth[place]))

    def is_killed_alone(self, name: str) -> bool:
        """Tell whether a test fails in a process in which the mutant stands from the first import on."""
        environment = {**os.environ, "MUTANT_UNDER_TEST": name}
        command = [sys.executable, "-m", "pytest", "-x", *OPTIONS, str(tests_of(name))]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=600)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode not in (0, pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)


def tests_of(name: str) -> Path:
    """Return the folder of tests that mirrors a mutant's module, or the nearest above it that is there."""
    folder = Path("tests", *name.split(".")[:-2])
    return folder if folder.is_dir() else next(filter(Path.is_dir, folder.parents))


def has_failed(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def table(drawn: list[str], surviving: list[str], equivalent: set[str]) -> Iterator[str]:
    yield "| part | mutants | equivalent | killed | share |"
    yield "|---|---|---|---|---|"
    same = [name for name in surviving if name in equivalent]
    drawn_in, surviving_in, same_in = (Counter(map(part_of, names)) for names in (drawn, surviving, same))
    for part in [*sorted(drawn_in), "all"]:
        n, n_surviving, n_same = (
            column.get(part, column.total()) if part == "all" else column[part]
            for column in (drawn_in, surviving_in, same_in)
        )
        share = f"{(n - n_surviving) / (n - n_same):.0%}" if n > n_same else ""
        yield f"| {part} | {n} | {n_same} | {n - n_surviving} | {share} |"


def function_of(name: str) -> str:
    return name.rpartition("__mutmut_")[0]


def part_of(name: str) -> str:
    """Return the folder of a mutant's module, or the module where it stands alone in `rewards`."""
    return ".".join(name.split(".")[: 2 if name.startswith("rewards") else 3])


if __name__ == "__main__":
    main()
