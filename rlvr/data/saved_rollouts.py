"""A stage's rollouts on disk: lines of JSON while it trains, one parquet file once it is done.

Lines can be added at every step and cut back after an interruption; parquet takes a fraction of the room. Both hold
the same records: a prompt with its candidates, their rewards, components and reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rlvr.files import Json, JsonObject, Where, read_objects, replacing, writing_lines
from rlvr.records.rollout import Rollout

SUFFIXES = (".parquet", ".jsonl")
"""In the order of preference: a run that was stopped while it packed has both, with the same records."""

_RECORDS_PER_ROW_GROUP = 1024


def _schema() -> Any:
    import pyarrow as pa

    candidate = pa.struct(
        [
            ("completion", pa.string()),
            ("transcript", pa.string()),
            ("n_tokens", pa.int32()),
            ("reward", pa.float64()),
            ("components", pa.map_(pa.string(), pa.float64())),
            ("behavior", pa.string()),
            ("reasons", pa.list_(pa.string())),
        ]
    )
    texts = [(name, pa.string()) for name in ("prompt", "messages", "tools", "expected")]
    return pa.schema([("step", pa.int32()), ("row", pa.int32()), *texts, ("candidates", pa.list_(candidate))])


def pack(lines: Path) -> Path:
    """Put the parquet file in the place of the lines, which go once it is whole.

    Args:
        lines: `STAGE.jsonl`, as a stage leaves it.

    Returns:
        `STAGE.parquet` beside it.
    """
    import pyarrow as pa
    from pyarrow import parquet

    packed, schema = lines.with_suffix(".parquet"), _schema()
    with replacing(packed) as temporary, parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
        rows = (Rollout.from_json(value, where).to_arrow() for where, value in read_objects(lines, may_be_empty=True))
        while some := list(islice(rows, _RECORDS_PER_ROW_GROUP)):
            writer.write_table(pa.Table.from_pylist(some, schema))
    lines.unlink()
    return packed


def unpack(lines: Path) -> None:
    """Put the lines back in the place of the parquet file, so that a stage can add to them again.

    Args:
        lines: `STAGE.jsonl`; does nothing where there is no parquet file beside it.
    """
    packed = lines.with_suffix(".parquet")
    if not packed.exists():
        return
    if not lines.exists():
        with writing_lines(lines) as write:
            for rollout in read(packed):
                write(rollout.to_json())
    packed.unlink()


def files(run: Path) -> list[Path]:
    """Return the file of each stage that has rollouts, by the stage's name."""
    by_stage = {path.stem: path for suffix in reversed(SUFFIXES) for path in (run / "rollouts").glob(f"*{suffix}")}
    return [by_stage[stage] for stage in sorted(by_stage)]


def read(path: Path) -> Iterator[Rollout]:
    """Yield the rollouts of a file of either kind, in the order in which they were written.

    Raises:
        RowError: the file cannot be read, or holds what is no rollout.
    """
    return (Rollout.from_json(value, where) for where, value in read_places(path))


def read_places(path: Path) -> Iterable[tuple[Where, Json]]:
    """Yield the records of a file of either kind, each with its place: the line, or the record's number from 1.

    Raises:
        RowError: the file cannot be read, or a line is not JSON.
    """
    return _records(path) if path.suffix == ".parquet" else read_objects(path)


def _records(path: Path) -> Iterator[tuple[Where, JsonObject]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except FileNotFoundError:
        raise Where(path).error(None, "no such file") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise Where(path).error(None, f"not a parquet file: {str(error).splitlines()[0]}") from None
    with file:
        number = 0
        for batch in file.iter_batches(batch_size=_RECORDS_PER_ROW_GROUP):
            for row in batch.to_pylist(maps_as_pydicts="strict"):
                number += 1
                yield Where(path, number), row
