"""What the runs of a sweep have in common is computed by the first of them: the base's evaluation, and the SFT stage.

A run takes them from a run beside it whose options say the same about all that they depend on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rlvr import config as configuration
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.evaluation.metrics import read_summaries, write_summaries
from rlvr.evaluation.sweep import runs_of
from rlvr.files import append_log, read_log
from rlvr.training import checkpoint
from rlvr.training.run_folder import BASE, SWEEP_LOG, RunFolder

SFT = "sft"
_POLICY = ("model", "data", "environment", "hardware")
"""Sections of the options that a stage's policy depends on, besides those of the stage."""
_SCORES = (*_POLICY, "reward", "evaluation")
"""Those that the scores of one policy depend on."""


@dataclass(frozen=True)
class Common:
    """What a run can take from another.

    Args:
        base_scores: the base's evaluation.
        sft: the policy of its SFT stage.
        sft_scores: that policy's evaluation.
    """

    base_scores: bool = False
    sft: bool = False
    sft_scores: bool = False

    @property
    def count(self) -> int:
        """Return how many of these it is."""
        return sum(vars(self).values())

    def __str__(self) -> str:
        parts = {"the base's evaluation": self.base_scores, "SFT": self.sft, "its evaluation": self.sft_scores}
        return ", ".join(name for name, is_common in parts.items() if is_common)


def take(folder: RunFolder, config: Config) -> str | None:
    """Copy what a run beside this new one has computed already.

    Returns:
        A line that says what was taken, and from where; None for nothing, and for a run that is in no sweep.
    """
    if not (folder.path.parent / SWEEP_LOG).is_file():
        return None
    others = [RunFolder(path) for path in runs_of(folder.path.parent) if path != folder.path]
    in_common = {other: _common(other, config) for other in others}
    other = max(in_common, key=lambda each: in_common[each].count, default=folder)
    common = in_common.get(other, Common())
    if not common.count:
        return None
    if common.base_scores:
        _copy_scores(other, folder, BASE, config.data.evaluation)
    if common.sft:
        _copy_logged(other, folder, lambda record: record["stage"] == SFT and "evaluation" not in record)
        if common.sft_scores:
            _copy_scores(other, folder, SFT, config.data.evaluation)
        # Last, since with it the stage counts as done.
        checkpoint.save_whole(folder.final(SFT), lambda path: _copy_policy(other.final(SFT), path))
    return f"taken from {other.path}, whose options agree: {common}"


def _common(other: RunFolder, config: Config) -> Common:
    try:
        stored = configuration.load(other.config, config)
        summaries = read_summaries(other.summaries)
    except UserError:
        return Common()
    sets = config.data.evaluation
    stages_of_sets = [set(summaries.get(name, {})) for name in sets]
    scored = set.intersection(*stages_of_sets) if stages_of_sets else set()
    # Greedy completions know no seed.
    scores_agree = _agree(stored, config, _SCORES if config.evaluation.samples == 1 else (*_SCORES, "seed"))
    has_policy = other.final(SFT).is_dir() and checkpoint.damage(other.final(SFT)) is None
    is_first_stage = stored.pipeline[:1] == config.pipeline[:1] == [SFT]
    sft = has_policy and is_first_stage and _agree(stored, config, (*_POLICY, "policy", "sft", "seed"))
    return Common(BASE in scored and scores_agree, sft, sft and SFT in scored and scores_agree)


def _agree(stored: Config, config: Config, sections: tuple[str, ...]) -> bool:
    then, now = asdict(stored), asdict(config)
    return all(then[section] == now[section] for section in sections)


def _copy_scores(other: RunFolder, folder: RunFolder, stage: str, sets: Iterable[str]) -> None:
    theirs, ours = read_summaries(other.summaries), read_summaries(folder.summaries)
    for name in sets:
        target = folder.evaluation(stage, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(other.evaluation(stage, name), target)
        ours.setdefault(name, {})[stage] = theirs[name][stage]
    _copy_logged(other, folder, lambda record: record["stage"] == stage and "evaluation" in record)
    write_summaries(folder.summaries, ours)


def _copy_logged(other: RunFolder, folder: RunFolder, is_wanted: Callable[[dict[str, Any]], bool]) -> None:
    append_log(folder.metrics, filter(is_wanted, read_log(other.metrics)))


def _copy_policy(source: Path, path: Path) -> None:
    shutil.copytree(source, path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(checkpoint.MANIFEST))
