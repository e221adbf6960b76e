"""From your tools to a trained policy in Python: rows from schemas, tools held out, SFT, GRPO, a comparison.

    python own_tools.py                              # the embedded policy, some minutes of one core
    python own_tools.py model.path=Qwen/Qwen3-0.6B   # further arguments are options of `rlvr train`

On the command line these are `rlvr data synth`, `rlvr data split`, `rlvr train` and `rlvr compare`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rlvr import config
from rlvr.cli import main
from rlvr.data.split import plan
from rlvr.data.synth.any_tools import rows
from rlvr.records.row import Row, write_rows
from rlvr.training import pipeline


def function(name: str, description: str, required: list[str], properties: dict[str, dict[str, str]]) -> dict:
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TEXT, NUMBER, DATE = {"type": "string"}, {"type": "integer"}, {"type": "string", "format": "date"}
TOOLS = [
    function("find_patient", "Find a patient by name.", ["name"], {"name": TEXT, "born": DATE}),
    function("book_visit", "Book a visit with a doctor.", ["doctor", "day"], {"doctor": TEXT, "day": DATE}),
    function("cancel_visit", "Cancel a booked visit.", ["visit_id"], {"visit_id": NUMBER}),
    function("renew_prescription", "Renew a prescription.", ["drug"], {"drug": TEXT, "weeks": NUMBER}),
]


if __name__ == "__main__":
    folder = Path("clinic")
    made = rows(TOOLS, 600, seed=0)
    split = plan(made, "tool", {"train": 0.7, "test": 0.3})  # some of the tools are called in the test part only
    parts: dict[str, list[Row]] = {"train": [], "test": []}
    for index, row in enumerate(made):
        if (placed := split.placed(index, row)) is not None:
            parts[placed[0]].append(placed[1])
    for name, part in parts.items():
        write_rows(folder / f"{name}.jsonl", part)
    options = [
        "data=none",
        f"data.train.mine.path={folder}/train.jsonl",
        f"data.evaluation.mine.path={folder}/test.jsonl",
        f"run_dir={folder}/run",
        "training.args.max_steps=10",
        "training.args.max_completion_length=96",
    ]
    run = pipeline.run(config.compose([*options, *sys.argv[1:]]))
    sys.exit(main(["compare", str(run)]))
