"""Where a run comes from: command line, versions, commit, machine, and the hashes of its data; into provenance.json."""

from __future__ import annotations

import hashlib
import importlib.metadata as metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import rlvr
from rlvr.config import Config
from rlvr.files import JsonObject, read_json, write_json
from rlvr.records.row import Row

FILE = "provenance.json"
PACKAGES = (
    *("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers", "safetensors", "numpy"),
    *("vllm", "bitsandbytes", "flash-attn"),
)


def write(folder: Path, config: Config, sets: Mapping[str, Sequence[Row]]) -> None:
    """Add one start to the run's provenance: a run that is resumed has one for each.

    Args:
        folder: the run's.
        config: the run's; the files of its sources are hashed.
        sets: name -> rows, as they were read; hashed too, since a generator has no file.
    """
    write_json(folder / FILE, [*read(folder), _start(config, sets)], indent=2)


def read(folder: Path) -> list[JsonObject]:
    """Return the starts of a run, the first one first; empty for a run of an older version."""
    path = folder / FILE
    return read_json(path) if path.is_file() else []


def facts(folder: Path) -> list[tuple[str, str]]:
    """Return the last start of a run as lines for a person: what, and its value."""
    starts = read(folder)
    if not starts:
        return []
    last = starts[-1]
    machine, commit = last["machine"], last["commit"]
    gpus = ", ".join(machine["gpus"]) or "no GPU"
    lines = [
        ("started", last["started"] + (f" (start {len(starts)} of this run)" if len(starts) > 1 else "")),
        ("command", last["command"]),
        ("versions", ", ".join([f"rlvr {last['rlvr']}", f"python {last['python']}", *_named(last["packages"])])),
        ("machine", f"{machine['system']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {gpus}"),
    ]
    if commit is not None:
        lines.append(("commit", commit["commit"] + (" with changes" if commit["is_changed"] else "")))
    for name, data in last["data"].items():
        lines.append((name, f"{data['rows']:,} rows, SHA-256 {data['sha256'][:16]}"))
    return lines


def _named(packages: Mapping[str, str]) -> list[str]:
    return [f"{name} {version}" for name, version in packages.items()]


def _start(config: Config, sets: Mapping[str, Sequence[Row]]) -> JsonObject:
    named = {**config.data.train, **config.data.evaluation, **config.data.pairs}
    files = {str(source.path): _hash_of_file(source.path) for source in named.values() if source.path is not None}
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(_without_secrets(sys.argv)),
        "rlvr": rlvr.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := version_of(name)) is not None},
        "machine": _machine(),
        "data": {name: {"rows": len(rows), "sha256": _hash_of_rows(rows)} for name, rows in sets.items()},
        "files": files,
    }


def _without_secrets(arguments: Iterable[str]) -> list[str]:
    """Return the command line as it was given; a run refuses secrets as options, so that none is in it."""
    program, *others = arguments
    return [Path(program).name, *others]


def _hash_of_file(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _hash_of_rows(rows: Iterable[Row]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row.to_json(), ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


def _commit() -> JsonObject | None:
    """Return the commit of the folder that the run is started in, and whether files differ from it; None outside of
    git."""
    try:
        commit = _git("rev-parse", "HEAD")
        return {"commit": commit, "is_changed": bool(_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    return done.stdout.strip()


def _machine() -> JsonObject:
    import torch

    gpus = list(map(torch.cuda.get_device_name, range(torch.cuda.device_count())))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gib": round(memory / 2**30, 1),
        "gpus": gpus,
    }


@cache
def version_of(package: str) -> str | None:
    """Return the installed version of a package; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
