"""Imports run one way, and what claims to be light is light. Both are read or run, not believed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = (
    (
        "alarm",
        "errors",
        "files",
        "heap",
        "processes",
        "progress",
        "quiet",
        "rewards",
        "secret_values",
        "stopping",
        "tables",
        "terminal",
        "trainer_options",
        "trust",
        "wrapping",
    ),
    ("config", "records", "sampler", "scoring"),
    ("data", "chat"),
    ("policy", "sampling", "environments"),
    ("training", "evaluation", "report", "serving"),
    ("commands",),
    ("cli",),
)
"""The parts of rlvr, lowest first. A part may import the parts below it, and those beside it without a circle."""

RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}

LATE_IMPORTS = {
    ("rewards.types", "rewards.ground_truth"),  # GroundTruth.parse is its short form
    ("rewards.wire.escape", "rewards.wire.formats"),  # a format's writer escapes the marks of all formats
    ("rlvr.data.synth.any_tools.requests", "rlvr.data.synth.any_tools.behaviors"),  # a type
}
"""The imports that close a circle, each with its reason."""

FORBIDDEN_IN_REWARDS = {
    "torch", "transformers", "trl", "datasets", "numpy", "rlvr",
    "asyncio", "http", "requests", "socket", "urllib",
    "multiprocessing", "os", "random", "subprocess", "time",
}  # fmt: skip

DISTRIBUTION_OF = {
    "docstring_parser": "docstring-parser",
    "huggingface_hub": "huggingface-hub",
    "hydra": "hydra-core",
    "jsonschema_rs": "jsonschema-rs",
    "mlflow": "mlflow-skinny",
    "yaml": "pyyaml",
}
"""Import name -> the name it is installed by, where the two differ."""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@cache
def imported(path: Path) -> list[str]:
    """Return every module that a file imports, wherever in it: `from rlvr import config` gives rlvr.config."""
    return list(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str | None:
    """The part of rlvr a module belongs to; None for other packages, and for rlvr itself (its version)."""
    package, _, inside = module.partition(".")
    part = inside.split(".")[0]
    return part if package == "rlvr" and not part.startswith("__") and part else None


def parts_and_imports() -> Iterator[tuple[Path, str, str]]:
    """(file, its part, a part it imports) for each import between parts of rlvr."""
    for path in modules("rlvr"):
        part = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for module in imported(path):
            other = part_of(module)
            if part is not None and other is not None and other != part:
                yield path, part, other


def test_every_part_has_its_place_in_the_picture() -> None:
    parts = {part_of(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in modules("rlvr")}
    assert parts - {None} == set(RANK)


def test_imports_run_one_way() -> None:
    upward = [
        f"{path.relative_to(ROOT)} ({part}) imports {other}"
        for path, part, other in parts_and_imports()
        if RANK[other] > RANK[part]
    ]
    assert upward == []


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def known_module(name: str, known: set[str]) -> str | None:
    """Return the module of ours that an imported name lives in: `rlvr.config.Config` lives in rlvr.config."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def test_modules_import_each_other_without_a_circle() -> None:
    """Imports for types alone count, and imports inside of functions."""
    paths = {module_name(path): path for package in ("rewards", "rlvr") for path in modules(package)}
    graph = {}
    for name, path in paths.items():
        targets = {known_module(target, set(paths)) for target in imported(path)}
        graph[name] = {target for target in targets - {None, name} if (name, target) not in LATE_IMPORTS}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", modules("rewards"), ids=lambda path: str(path.relative_to(ROOT)))
def test_rewards_imports_nothing_heavy_nothing_of_rlvr_and_no_outside_world(path: Path) -> None:
    assert {module.split(".")[0] for module in imported(path)} & FORBIDDEN_IN_REWARDS == set()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("rewards", ["torch", "transformers", "trl", "datasets", "numpy"]),
        ("rewards.adapters.trl", ["torch", "transformers", "trl", "datasets", "numpy"]),
        ("rlvr.errors", ["torch", "transformers", "trl", "datasets", "hydra", "rewards"]),
        ("rlvr.cli", ["torch", "transformers", "trl", "datasets", "hydra", "rewards"]),
        ("rlvr.config", ["torch", "transformers", "trl", "datasets"]),
    ],
)
def test_a_light_module_loads_nothing_heavy(module: str, absent: list[str]) -> None:
    code = f"import sys, {module}; print([name for name in {absent} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_declared_dependencies_are_those_that_are_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = {name.split(">")[0].split("[")[0] for name in project["dependencies"]}
    declared = core | {name.split(">")[0] for name in project["optional-dependencies"]["train"]}
    optional = {
        name.split(">")[0].split("[")[0] for extra in project["optional-dependencies"].values() for name in extra
    }
    top_level = {
        module.split(".")[0]
        for package in ("rewards", "rlvr")
        for path in modules(package)
        for module in imported(path)
    }
    third_party = top_level - set(sys.stdlib_module_names) - {"rewards", "rlvr"}
    needed = {DISTRIBUTION_OF.get(name, name) for name in third_party}
    assert declared <= needed <= declared | optional
