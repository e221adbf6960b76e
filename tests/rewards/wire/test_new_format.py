"""CONTRIBUTING's recipe for a new wire format, followed: one module that ends with a `Format`, and one line."""

import shutil
import subprocess
import sys
from pathlib import Path

import rewards

MODULE = """
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<<call>>", "<</call>>", holds="list", is_single=True)
FORMAT = Format(
    "new",
    _BLOCKS.find,
    _BLOCKS.parse,
    _BLOCKS.render,
    marks=("<<call>>", "<</call>>"),
    ends=("<<end>>",),
    reasoning=(("<<hm>>", "<</hm>>"),),
)
"""

CHECKS = """
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
"""


def test_a_module_and_a_line_are_all_that_a_format_needs(tmp_path):
    package = tmp_path / "rewards"
    shutil.copytree(Path(rewards.__file__).parent, package)
    (package / "wire" / "new_format.py").write_text(MODULE)
    table = package / "wire" / "formats.py"
    lines = table.read_text().replace("    nemotron,\n", "    nemotron,\n    new_format,\n", 1)
    table.write_text(
        lines.replace("        nemotron.FORMAT,\n", "        nemotron.FORMAT,\n        new_format.FORMAT,\n")
    )
    subprocess.run([sys.executable, "-c", CHECKS], cwd=tmp_path, check=True)
