"""What a wheel holds, and that it works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import rlvr
from rlvr import config

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # hatchling is here as a development dependency: no isolation, so no network
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_installed(installed: Path, *arguments: str) -> str:
    """Python with the wheel's copy first on its path, away from the checkout."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def files_under(folder: str) -> set[str]:
    """What the checkout holds there, compiled files apart."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in paths}


def test_the_wheel_holds_both_packages_whole_and_conf(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = files_under("rewards") | files_under("rlvr") | {f"rlvr/{path}" for path in files_under("conf")}
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_the_wheel_holds_types_policy_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tiny = {f"rlvr/policy/tiny/{name}" for name in ("config.json", "model.safetensors", "tokenizer.json")}
    assert {"rewards/py.typed", "rlvr/py.typed", "rlvr/conf/config.yaml"} | tiny <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_an_installed_copy_finds_its_own_conf_and_composes_it(installed: Path) -> None:
    code = "from rlvr import config; print(config.config_folder()); print(config.compose(['experiment=demo']).name)"
    assert run_installed(installed, "-c", code).splitlines() == [str(installed / "rlvr" / "conf"), "demo"]


def test_an_installed_copy_runs_its_command(installed: Path) -> None:
    code = "import sys; from rlvr.cli import main; sys.exit(main())"
    assert run_installed(installed, "-c", code, "--version") == f"rlvr {rlvr.__version__}\n"
    assert ", ".join(config.groups()["reward"]) in run_installed(installed, "-c", code, "train", "--help")


def test_the_constraints_pin_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    direct = project["dependencies"] + extras["train"] + extras["dev"]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line and line[0] != "#"}
    assert {name.split(">")[0].lower() for name in direct} <= pinned


def test_every_pinned_version_takes_the_oldest_python_that_rlvr_takes() -> None:
    """Debian 12 has Python 3.11.2, which one release for 3.11.5 and later had kept from installing anything."""
    refusing = {
        f"{distribution.name} {distribution.version} needs Python {needed}"
        for distribution in distributions()
        if (needed := distribution.metadata.get("Requires-Python")) and "3.11.0" not in SpecifierSet(needed)
    }
    assert not refusing
