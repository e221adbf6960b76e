"""What a run that goes on may change, and what must be as it was when the run began."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from rlvr import config as configuration
from rlvr import processes, trust
from rlvr.config import Config
from rlvr.errors import RowError, UserError
from rlvr.files import JsonObject, read_json, write_json
from rlvr.records.row import Row
from rlvr.training.checks import RunRows
from rlvr.training.provenance import version_of
from rlvr.training.run_folder import RunFolder, check_links

MAY_CHANGE = re.compile(
    r"(gate|tracking)\..*"
    r"|(sft|dpo|training)\.args\.(max_steps|num_train_epochs|save_steps|save_strategy|save_total_limit|logging_steps)"
    r"|training\.show_candidates|evaluation\.(batch_size|prices|every|rows_while_training)"
    r"|hardware\.(threads|use_cpu|device)|rollout\.(endpoint|sync_dir)"
)
"""Options that leave what is trained on, and with what, as it was."""

SHOWN_CHANGES = (
    "gate, tracking, hardware, rollout.endpoint, and under sft.args, dpo.args and training.args max_steps and "
    "save_steps"
)
_VERSIONS = ("rlvr", "torch", "transformers", "trl", "peft", "accelerate", "datasets", "vllm")


def resumed(given: Config, named: Collection[str] = ()) -> Config:
    """Return the configuration of the run that `given.resume` names, with the changes that a run may take.

    Args:
        given: `resume`, and what the person has set besides.
        named: dotted options that stand on the command line. Others count as set where they are no default.

    Raises:
        UserError: no run there, a link that leads out of it, a stored option that has to be named again, or a change
            that a run cannot take.
    """
    folder = RunFolder(Path(str(given.resume)))
    check_links(folder.path)
    stored = configuration.load(folder.config, given)
    if given.run_dir is not None and Path(given.run_dir) != folder.path:
        raise UserError(f"run_dir: a run goes on in its own folder, {folder.path}; leave run_dir out")
    plain = dataclasses.asdict(stored)
    before = dict(trust.leaves(plain))
    refused = []
    for place, value in _set_by_person(given, named):
        if place in ("resume", "run_dir") or before.get(place) == value:
            continue
        if not MAY_CHANGE.fullmatch(place):
            refused.append(f"{place} was {json.dumps(before.get(place))} and is {json.dumps(value)} now")
        _put(plain, place.split("."), value)
    if refused:
        raise UserError(
            f"{folder.path}: {'; '.join(refused)}. A run goes on as it began: leave that out, or start a new run from "
            f"its policy with model.path={folder.path}. It may change {SHOWN_CHANGES}"
        )
    return dataclasses.replace(configuration.from_plain(plain), resume=given.resume)


def command(folder: RunFolder) -> str:
    """Return the line that goes on with a run, with what has to be named again."""
    options = trust.to_name(trust.read_stored(folder.config))
    return " ".join([_start(), *map(shlex.quote, [f"resume={folder.path}", *options])])


def _start() -> str:
    """Return how as many processes as these are started; the addresses of nodes are the launcher's own flags."""
    if processes.count() == 1:
        return "rlvr train"
    on_a_node = int(os.environ.get("LOCAL_WORLD_SIZE") or processes.count())
    nodes = f"--nnodes {processes.count() // on_a_node} " if on_a_node < processes.count() else ""
    return f"torchrun {nodes}--nproc-per-node {on_a_node} -m rlvr train"


def note_inputs(folder: RunFolder, rows: RunRows, config: Config) -> None:
    """Write down what the run began with: how many rows of each set, their sums, the versions and the processes."""
    inputs = {"rows": _sums(rows, config), "versions": _versions(), "processes": processes.count()}
    write_json(folder.inputs, inputs, indent=1)


def check_same_rows(rows: RunRows, config: Config) -> None:
    """Raise UserError where the processes of a run do not see the same rows; names the set."""
    if processes.count() == 1:
        return
    first, *others = processes.gathered(_sums(rows, config))
    for place, sums in enumerate(others, start=1):
        for name, of_first in first.items():
            if sums[name] != of_first:
                raise UserError(
                    f"data.{name}: process {place} sees other rows than the first one ({sums[name]['n']} and "
                    f"{of_first['n']} rows); every node needs the same files"
                )


def changed_inputs(folder: RunFolder, rows: RunRows, config: Config) -> list[str]:
    """Compare with what the run began with.

    Returns:
        A line where versions differ, which may change the last bits of what follows.

    Raises:
        UserError: rows differ, and names the set; or the number of processes does.
    """
    if not folder.inputs.exists():
        return []
    try:
        began = read_json(folder.inputs)
        sums, versions = dict(began["rows"]), dict(began["versions"])
        n_processes = int(began.get("processes", 1))
    except (RowError, ValueError, KeyError, TypeError):
        return [f"{folder.inputs} cannot be read: whether data and versions are as they were is not known"]
    if n_processes != processes.count():
        raise UserError(
            f"{folder.path}: began with {n_processes} processes and would go on with {processes.count()}, whose "
            f"batches are others; start {n_processes}, or start a new run from its policy with model.path={folder.path}"
        )
    for name, now in _sums(rows, config).items():
        then = sums.get(name)
        if then != now and isinstance(then, dict):
            difference = "" if then.get("n") == now["n"] else f" ({then.get('n')} rows then, {now['n']} now)"
            raise UserError(
                f"data.{name}: not the rows that the run began with{difference}; bring them back, or start a new run "
                f"from its policy with model.path={folder.path}"
            )
    changed = {name: (versions.get(name), now) for name, now in _versions().items() if versions.get(name) != now}
    if not changed:
        return []
    notes = ", ".join(f"{name} {then or 'none'} then, {now or 'none'} now" for name, (then, now) in changed.items())
    return [f"other versions than those that the run began with: {notes}; what follows may differ in its last bits"]


def _set_by_person(given: Config, named: Collection[str]) -> list[tuple[str, Any]]:
    """Return the options that differ from every default, those of `Config` and of `conf/`, or that were named."""
    defaults = [dict(trust.leaves(dataclasses.asdict(base))) for base in (Config(), configuration.compose())]

    def is_default(place: str, value: Any) -> bool:
        return any(base.get(place, _NOTHING) == value for base in defaults) or value == {}

    return [
        (place, value)
        for place, value in trust.leaves(dataclasses.asdict(given))
        if place in named or not is_default(place, value)
    ]


_NOTHING = object()


def _put(plain: JsonObject, keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = plain.get(key)
        plain[key] = inner if isinstance(inner, dict) else {}
        plain = plain[key]
    plain[keys[-1]] = value


def _sums(rows: RunRows, config: Config) -> dict[str, JsonObject]:
    sets: dict[str, Sequence[Row]] = {f"train.{name}": of_set for name, of_set in rows.training.items()}
    sets |= {f"evaluation.{name}": of_set for name, of_set in rows.evaluation.items()}
    sums: dict[str, JsonObject] = {name: {"n": len(of_set), "sha256": _sum(of_set)} for name, of_set in sets.items()}
    for name, source in config.data.pairs.items():
        content = Path(str(source.path)).read_bytes()
        sums[f"pairs.{name}"] = {"n": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
    return sums


def _sum(rows: Sequence[Row]) -> str:
    total = hashlib.sha256()
    for row in rows:
        total.update(json.dumps(row.to_json(), ensure_ascii=True).encode() + b"\n")
    return total.hexdigest()


def _versions() -> Mapping[str, str | None]:
    return {"python": platform.python_version(), **{name: version_of(name) for name in _VERSIONS}}
