"""Rows made by rule: the five published tools, ten unseen ones, and tools made up at random."""

from pathlib import Path

from rlvr.data.synth import built_in
from rlvr.data.synth.assembly import family_rows
from rlvr.errors import UserError
from rlvr.records.row import Row, write_rows

SPLITS = {**built_in.SPLITS, "procedural": ("train",)}
DEFAULT_ROWS = {"train": 1500, "held_out": 300}
FILES = {
    "train.jsonl": ("five_tools", "train"),
    "same_tools.jsonl": ("five_tools", "held_out"),
    "unseen_tools.jsonl": ("unseen_tools", "held_out"),
}


def synthesize(name: str, *, rows: int, seed: int, split: str = "train", rows_per_toolset: int = 1) -> list[Row]:
    """Rows from a named generator: the same for the same arguments, on any machine.

    Args:
        name: five_tools (splits train and held_out), unseen_tools (held_out) or procedural (train).
        rows: how many; 60% execute, 25% clarify and 15% refuse in the first two.
        seed: any integer; another seed draws other rows from the same phrasings and values.
        split: whose phrasings and values the rows are made of.
        rows_per_toolset: of procedural, how many rows share the tools made up for them.

    Raises:
        UserError: no such generator or split, fewer rows than one, or more than the generator can make; rows that share
            tools, of a generator whose tools are fixed.
    """
    if name not in SPLITS:
        raise UserError(f"synth {name!r} not found; there are: {', '.join(SPLITS)}")
    if split not in SPLITS[name]:
        raise UserError(f"synth {name!r} has no split {split!r}; it has: {', '.join(SPLITS[name])}")
    if rows < 1:
        raise UserError(f"synth {name!r}: rows is {rows}; ask for at least 1")
    if rows_per_toolset < 1 or (rows_per_toolset > 1 and name != "procedural"):
        raise UserError(f"synth {name!r}: rows_per_toolset is {rows_per_toolset}; it is 1, or more with procedural")
    if name == "procedural":
        from rlvr.data.synth import procedural

        return procedural.rows(rows, seed, rows_per_toolset)
    family = built_in.family(name, split)
    try:
        return family_rows(family, rows, seed)
    except ValueError as error:
        raise UserError(str(error)) from None


def write_datasets(folder: str | Path, seed: int) -> dict[str, Path]:
    """The training set (1,500 rows) and both held-out sets (300 each) as JSONL files; the paths by file name.

    Nothing is written before all rows are made.

    Raises:
        UserError: the folder cannot be written to.
    """
    rows_by_file = {
        file: synthesize(name, rows=DEFAULT_ROWS[split], seed=seed, split=split)
        for file, (name, split) in FILES.items()
    }
    return {file: write_rows(Path(folder) / file, rows) for file, rows in rows_by_file.items()}
