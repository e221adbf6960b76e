"""Several runs as one table: what was varied and what came of it, as means over seeds where there are several."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group
from rich.text import Text

from rlvr import trust
from rlvr.config import flat
from rlvr.evaluation.metrics import Interval, Summary, read_summaries
from rlvr.evaluation.table import stage_name
from rlvr.files import JsonObject
from rlvr.tables import FittedTable

SEED = "seed"
BASE = "base"
# Where a run writes and what it is called is no reason for its results.
_NO_REASON = ("run_dir", "resume", "name")
# What the numbers of an evaluation depend on besides the policy and the rows.
_SETTINGS = ("evaluation.max_new_tokens", "reward.", "hardware.bf16", "model.chat_template", "rollout.judge")


@dataclass(frozen=True)
class Outcome:
    """The means that one combination of options earned on one evaluation set.

    Attributes:
        options: what was varied, the seed aside, as `reward=Tiered lr=0.001`; "base" for what the runs began with.
        runs: over how many runs the mean is.
        stage: whose policy it is.
        reward, exact: means; over several runs with an interval by Student's t over the runs' means, of one run with
            the bootstrap interval over its rows.
    """

    options: str
    runs: int
    stage: str
    reward: Interval
    exact: Interval


def runs_of(folder: Path) -> list[Path]:
    """Return the run folders in a sweep's folder, in the order in which they ran; empty for any other folder."""
    if not folder.is_dir() or (folder / "config.yaml").is_file():
        return []
    return sorted((path.parent for path in folder.glob("*/config.yaml") if path.is_file()), key=_order)


def _order(run: Path) -> tuple[float, Path]:
    """Return what sorts runs by their numbers, those without one behind them."""
    return (int(run.name) if run.name.isdigit() else math.inf), run


def differences(folders: Sequence[Path]) -> list[dict[str, str]]:
    """Return what of each run's options is not the same in all of them: option -> value, both as short as is clear."""
    configs = list(map(_options, folders))
    short_names = _short_names(_varied(configs))
    each = []
    for config in configs:
        each.append({short: _short_value(name, config.get(name, "-")) for name, short in short_names.items()})
    return each


def settings_that_differ(folders: Mapping[str, Path]) -> list[str]:
    """Return a line for each setting that changes an evaluation's numbers and is not the same everywhere.

    Args:
        folders: the policies' names and the folders of their runs or evaluations; those without a config are passed
            over.
    """
    configs = {name: _options(folder) for name, folder in folders.items() if (folder / "config.yaml").is_file()}
    lines = []
    for key in _varied(list(configs.values())):
        if not key.startswith(_SETTINGS):
            continue
        names: dict[str, list[str]] = defaultdict(list)
        for name, config in configs.items():
            names[config.get(key, "-")].append(name)
        each = ", ".join(f"{value} in {' and '.join(of_value)}" for value, of_value in names.items())
        lines.append(f"evaluated differently: {key} is {each}")
    return lines


def _varied(configs: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the options that are not the same in all configs."""
    names = dict.fromkeys(chain.from_iterable(configs))
    return [name for name in names if len({config.get(name) for config in configs}) > 1]


def outcomes(folders: Sequence[Path], confidence: float) -> dict[str, list[Outcome]]:
    """Return by evaluation set what each combination earned, the base first, then by reward; runs that have not been
    evaluated are passed over."""
    by_set: dict[str, dict[str, list[tuple[str, Summary]]]] = defaultdict(lambda: defaultdict(list))
    for folder, varied in zip(folders, differences(folders), strict=True):
        varied.pop(SEED, None)
        options = " ".join(f"{name}={value}" for name, value in varied.items()) or "all runs"
        for name, by_stage in read_summaries(folder / "evaluation.json").items():
            stages = list(by_stage.items())
            if len(stages) > 1:
                by_set[name][BASE].append(stages[0])
            by_set[name][options].append(stages[-1])
    ranked = {}
    for name, by_options in by_set.items():
        rows = [_outcome(options, stages, confidence) for options, stages in by_options.items()]
        ranked[name] = sorted(rows, key=lambda row: (row.options != BASE, -row.reward.mean))
    return ranked


def view(outcomes: Mapping[str, Sequence[Outcome]], n_runs: int, confidence: float) -> Group:
    """Return the tables of a sweep, one for each evaluation set."""
    parts: list[Any] = []
    for name, rows in outcomes.items():
        title = f"{name}: {n_runs} runs, means with {confidence:.0%} intervals (over runs, of one over rows)"
        table = FittedTable(["options", "runs", "policy", "tool-call reward", "exact match"], title)
        table.left = ("policy", "tool-call reward", "exact match")
        for row in rows:
            table.add_row(row.options, str(row.runs), stage_name(row.stage), str(row.reward), str(row.exact))
        parts += [table, Text(verdict(rows), style="bold"), Text("")]
    return Group(*parts)


def to_json(outcomes: Mapping[str, Sequence[Outcome]]) -> JsonObject:
    """Return plain data."""
    return {name: list(map(asdict, rows)) for name, rows in outcomes.items()}


def verdict(rows: Sequence[Outcome]) -> str:
    """Return one line: which options earned most, and whether that is beyond doubt."""
    if len({row.reward.mean for row in rows}) == 1:
        return "no best: all earn the same"
    first, second = sorted(rows, key=lambda row: -row.reward.mean)[:2]
    if first.reward.is_above(second.reward):
        return f"highest: {first.options}, its interval above every other's"
    return f"highest: {first.options}, but its interval and that of {second.options} overlap"


def _outcome(options: str, summaries: Sequence[tuple[str, Summary]], confidence: float) -> Outcome:
    rewards = _over_runs([summary.reward for _, summary in summaries], confidence)
    exact = _over_runs([summary.exact for _, summary in summaries], confidence)
    stage, _ = summaries[0]
    return Outcome(options, len(summaries), stage, rewards, exact)


def _over_runs(intervals: Sequence[Interval], confidence: float) -> Interval:
    """Return the mean of several runs with Student's t interval; of one run, or of equal ones, its own interval."""
    means = [interval.mean for interval in intervals]
    if len(set(means)) == 1:
        return intervals[0]
    from scipy import stats  # takes a second, which what is refused before need not wait for

    margin = float(stats.t.ppf(0.5 + confidence / 2, len(means) - 1) * np.std(means, ddof=1) / len(means) ** 0.5)
    mean = float(np.mean(means))
    return Interval(mean, max(0.0, mean - margin), min(1.0, mean + margin), len(means))


def _options(folder: Path) -> dict[str, str]:
    options = flat(trust.read_stored(folder / "config.yaml"))
    for name in _NO_REASON:
        options.pop(name, None)
    return options


def _short_names(names: Sequence[str]) -> dict[str, str]:
    """Return each option by its last part, or by all of it where two share one; a reward's `_target_` is the reward."""
    last = [name.removesuffix("._target_").rpartition(".")[2] for name in names]
    counts = Counter(last)
    return {name: part if counts[part] == 1 else name for name, part in zip(names, last, strict=True)}


def _short_value(name: str, value: str) -> str:
    """Return a class without its module, and a number that a search has drawn with six of its digits."""
    if name.endswith("_target_"):
        return value.rpartition(".")[2]
    return f"{float(value):.6g}" if _DRAWN.fullmatch(value) else value


_DRAWN = re.compile(r"-?\d+\.\d{7,}(e-?\d+)?")
