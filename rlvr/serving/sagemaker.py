"""A run's experiment for SageMaker RLVR: its reward as a Lambda that runs as it is, and its rows."""

from __future__ import annotations

import importlib.metadata as metadata
import platform
import sysconfig
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement

import rewards
import rlvr
from rlvr.config import Config, Source
from rlvr.data import source as rows_source
from rlvr.data.formats.writing import WriteOptions, write_file
from rlvr.errors import UserError
from rlvr.files import Json
from rlvr.serving.experiment import named_reward
from rlvr.training.checkpoint import save_whole

ZIP, HANDLER = "reward_lambda.zip", "lambda_function"
DEPENDENCIES = ("jsonschema-rs",)
"""What `rewards` imports while it scores."""

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip: the same reward gives the same zip."""
_ADAPTER = {
    "imports": "from rewards.adapters.sagemaker import handler",
    "variable": "lambda_handler",
    "adapter": "handler",
}
_README = """\
# {name} for SageMaker RLVR

- `{zip}`: the reward, with all that it imports. Runtime {runtime}, architecture {machine}, handler
  `{handler}.lambda_handler`; a timeout of a minute and 512 MB are ample. It asks no network.
- {files}: the rows.

Written by rlvr {version}. The reward is `{reward.target}` with {reward.options}; `wire` is the format that the model
writes calls in.
"""


def export(config: Config, wire: str, out: Path) -> list[str]:
    """Write a run's reward and rows for SageMaker RLVR.

    Args:
        config: the run's options.
        wire: the wire format of its policy.
        out: the folder; it appears whole or not at all.

    Returns:
        The names of the files.

    Raises:
        UserError: the reward is not one of `rewards`, asks a server, or there are no rows.
    """
    reward = named_reward(config, wire, "sagemaker")
    sets = {"train": config.data.train, "evaluation": config.data.evaluation}
    rows = {f"{part}.jsonl": _rows(sources) for part, sources in sets.items() if sources}
    if "train.jsonl" not in rows:
        raise UserError("format=sagemaker: the run has no training rows")

    def write(folder: Path) -> None:
        for name, some in rows.items():
            write_file(some, folder / name, "sagemaker", WriteOptions(wire=wire))
        _write_zip(folder / ZIP, reward.as_file(config.name, "AWS Lambda", **_ADAPTER))
        papers = {"name": config.name, "zip": ZIP, "handler": HANDLER, "version": rlvr.__version__}
        machine = {"runtime": f"python{sysconfig.get_python_version()}", "machine": _architecture()}
        files = " and ".join(f"`{name}`" for name in rows)
        (folder / "README.md").write_text(_README.format(**papers, **machine, reward=reward, files=files))

    save_whole(out, write)
    return [ZIP, *rows]


def _rows(sources: Mapping[str, Source]) -> list[Json]:
    return [row for source in sources.values() for row in rows_source.load(source)]


def _architecture() -> str:
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _write_zip(path: Path, handler: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, f"{HANDLER}.py", handler.encode())
        for name, file in sorted({**_own_files(), **dict(_dependency_files())}.items()):
            _add(archive, name, file.read_bytes())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.external_attr = 0o644 << 16  # Lambda runs as another user
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _own_files() -> dict[str, Path]:
    package = Path(rewards.__file__).parent
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"rewards/{path.relative_to(package).as_posix()}": path for path in files}


def _dependency_files() -> Iterator[tuple[str, Path]]:
    """Yield what is installed of the dependencies and of theirs, as it would be imported."""
    seen: set[str] = set()
    left = list(DEPENDENCIES)
    while left:
        name = left.pop().lower()
        if name in seen:
            continue
        seen.add(name)
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            is_inside = not file.is_absolute() and ".." not in file.parts
            if is_inside and "__pycache__" not in file.parts:
                yield file.as_posix(), Path(str(file.locate()))
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                left.append(requirement.name)
