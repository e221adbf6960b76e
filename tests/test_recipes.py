"""The recipes of docs/guides/extending.md, followed to the letter: the page's own code, in a copy of the packages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guides" / "extending.md").read_text(encoding="utf-8")
BLOCK = re.compile(r'^```(python|diff) title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)

CHECKS = {
    "A wire format": """
from rewards import Tiered, ToolCall, wire
calls = (ToolCall("f", {"x": "a"}), ToolCall("g"))
text = f"<<hm>>A question?<</hm>>{wire.render(calls, 'new')}<<end>>"
for chosen in ("new", "auto"):
    assert wire.parse(text, chosen) == wire.ParsedCompletion(calls), chosen
assert wire.parse(text, "hermes").unread == 2
right = {"ground_truth": [{"name": "f", "arguments": {"x": "a"}}]}
assert Tiered(wire="new")(wire.render(calls[:1], "new"), ground_truth=right).value == 1.0
marked = (ToolCall("f", {"x": "<<call>>"}),)
assert "<<call>>" not in wire.render(marked, "hermes"), "the others escape its marks"
assert wire.parse(wire.render(marked, "hermes"), "auto").calls == marked
""",
    "A tier": """
from rlvr import config
composed = config.compose(["reward=weighted", "+reward.weights.brevity=0.1"])
reward = config.build_reward(composed.reward)
truth = [{"name": "f", "arguments": {}}]
short = '[{"name": "f", "arguments": {}}]'
assert reward(short, ground_truth=truth).components["brevity"] == 1.0
assert reward(short + " " * 200, ground_truth=truth).components["brevity"] == 0.0
""",
    "A lint check": """
import json
from pathlib import Path
from rlvr.data.lint import lint
row = {"prompt": [{"role": "user", "content": "WHAT NOW?"}], "tools": [],
       "reward_model": {"ground_truth": "Nothing.", "behavior": "answer"}}
calm = {**row, "prompt": [{"role": "user", "content": "What now?"}]}
Path("rows.jsonl").write_text(json.dumps(row) + "\\n" + json.dumps(calm) + "\\n")
report = lint("rows.jsonl")
assert report.findings.counts["shouting"] == 1, report.findings.counts
assert report.findings.offenders["shouting"][0][0] == 1
""",
    "A source of toolsets": """
from pathlib import Path
from rlvr.data.toolsets import load_tools
Path("tools.csv").write_text("name,description\\nf,Do f.\\ng,Do g.\\n")
assert [tool["function"]["name"] for tool in load_tools("tools.csv").tools] == ["f", "g"]
""",
    "A data format": """
from pathlib import Path
from rlvr.data.formats.importing import read_any
Path("tickets.jsonl").write_text('{"text": "The line is down", "team": "network"}\\n{"text": "?", "team": ""}\\n')
rows, summary = read_any("tickets.jsonl")
assert summary.format == "tickets"
assert rows[0].ground_truth.calls[0].arguments == {"team": "network"}
assert summary.n_rejected == 1
""",
    "A backend that completes prompts": """
from rlvr import config
from rlvr.sampler import Request
from rlvr.sampling import open_sampler
sampler = open_sampler(config.compose(["model.endpoint=echo://anything"]))
request = Request([{"role": "user", "content": "twice"}], n=2)
((place, completions),) = sampler.sample([request])
assert [completion.text for completion in completions] == ["twice", "twice"]
""",
}


def sections() -> dict[str, str]:
    """Each recipe's text by its heading."""
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def apply(diff: str, path: Path) -> None:
    """Put each line that begins with + below the line before it."""
    lines = path.read_text(encoding="utf-8").split("\n")
    place = -1
    for line in diff.splitlines():
        if line.startswith("+"):
            place += 1
            lines.insert(place, line[1:])
        else:
            place = lines.index(line[1:], place + 1)
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with every recipe followed: they do not get in each other's way."""
    folder = tmp_path_factory.mktemp("fork")
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    for package in ("rewards", "rlvr", "conf"):
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for kind, place, text in BLOCK.findall(PAGE):
        path = folder / place
        if kind == "python":
            assert not path.exists(), f"{place} is there already"
            path.write_text(text, encoding="utf-8")
        else:
            apply(text, path)
    return folder


def test_every_recipe_is_tried_and_is_one_module_and_one_line() -> None:
    assert sections().keys() == CHECKS.keys()
    for name, text in sections().items():
        blocks = [(kind, block) for kind, _, block in BLOCK.findall(text)]
        assert [kind for kind, _ in blocks] == ["python", "diff"], name
        added = [line for line in blocks[1][1].splitlines() if line.startswith("+")]
        assert len(added) <= 2, f"{name}: a line in the table, and where that needs one its import"


@pytest.mark.parametrize("name", CHECKS)
def test_a_recipe_gives_what_it_says(name: str, packages: Path, tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(packages)!r})\n{CHECKS[name]}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
