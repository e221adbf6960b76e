"""`rlvr data synth`: the generated data set as files."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from rlvr import config
from rlvr.data.synth import write_datasets

HELP = """\
usage: rlvr data synth [out=FOLDER] [seed=N]

Write the generated data set: train.jsonl, and the held-out same_tools.jsonl and unseen_tools.jsonl.
The same seed gives the same files, byte for byte.

  out    where to write  (default: {out})
  seed   which rows      (default: {seed})
"""


@dataclass(frozen=True)
class SynthOptions:
    """What `rlvr data synth` takes."""

    out: str = "data"
    seed: int = 0


def run(arguments: list[str]) -> None:
    """Write the data set where `out` says."""
    if {"-h", "--help"} & set(arguments):
        print(HELP.format(**dataclasses.asdict(SynthOptions())), end="")
        return
    options = config.from_arguments(SynthOptions, arguments)
    for path in write_datasets(Path(options.out), options.seed).values():
        print(f"wrote {path}")
