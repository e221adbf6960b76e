"""What the documentation names is there: commands, options, files, pages; its commands are typed as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import rlvr
from rlvr import config
from rlvr.cli import COMMANDS
from rlvr.errors import UserError

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"\brlvr ((?:data |reward )?[a-z]+)\b")
COMPOSED = ("train", "evaluate")
HYPOTHETICAL = ("reward._target_=mine", "reward.weights.brevity")
"""Options of what a reader is about to write."""


def texts(path: Path) -> list[str]:
    """What stands between backquotes: lines of shell, and code in a sentence."""
    page = path.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(?:bash)?\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    joined = "\n".join(fenced).replace("\\\n", " ")
    return [*joined.splitlines(), *(re.sub(r"\s+", " ", text) for text in re.findall(r"`([^`]+)`", page))]


SPOKEN = ("rlvr", "rewards", "conf", "docs", "examples", "benchmarks")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_names_is_there(path: Path) -> None:
    groups = {name.partition(" ")[0] for name in COMMANDS if " " in name}
    for text in texts(path):
        for command in COMMAND.findall(text) if text.startswith(("rlvr ", ".venv/bin/rlvr ")) else ():
            assert command in COMMANDS or command.partition(" ")[0] in {*COMMANDS, *groups}, text
        if re.fullmatch(r"(rewards|rlvr|conf|examples|tests|benchmarks)/[\w/.*-]*(\.\w+|/)", text):
            assert list(ROOT.glob(text.rstrip("/"))), f"{path.name}: {text}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_option_that_a_page_gives_to_a_run_composes(path: Path) -> None:
    for text in texts(path):
        command, _, rest = text.partition("#")[0].removeprefix(".venv/bin/").removeprefix("rlvr ").partition(" ")
        if not text.removeprefix(".venv/bin/").startswith("rlvr ") or command not in COMPOSED:
            continue
        overrides = [word for word in shlex.split(rest) if "=" in word and not word.startswith(("resume=", "-"))]
        if "-m" in shlex.split(rest):
            overrides = [re.sub(r"=([^\[,]*),.*", r"=\1", word) for word in overrides]
        try:
            config.compose(
                [word for word in overrides if not word.startswith(HYPOTHETICAL)],
                config_name="evaluate" if command == "evaluate" else "config",
            )
        except UserError as error:
            pytest.fail(f"{text}: {error}")


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    listed = set(re.findall(r'"([\w/]+\.md)"', navigation))
    assert listed == {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}


def test_every_measured_result_has_a_page() -> None:
    results = {path.name for path in (ROOT / "benchmarks" / "results").glob("*.md")}
    assert results == {path.name for path in (ROOT / "docs" / "measured").glob("*.md")}


def test_the_citation_has_the_version() -> None:
    assert f"version: {rlvr.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_one_word_for_behavior() -> None:
    """Options, reasons and files have the American spelling, so what a user reads has it too."""
    sources = [*(path for folder in SPOKEN for path in (ROOT / folder).rglob("*")), *ROOT.glob("*.md")]
    texts = [path for path in sources if path.suffix in (".py", ".md", ".yaml", ".js", ".html", ".css", ".ipynb")]
    assert len(texts) > 300
    assert not [path for path in texts if "behaviour" in path.read_text(encoding="utf-8").lower()]
