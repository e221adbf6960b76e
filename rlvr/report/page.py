"""The page: what a run holds, packed into one file that needs nothing else and loads nothing from anywhere.

What a model wrote is data here and never markup: it stands compressed in base64, becomes text nodes, and the page's
content security policy lets exactly two scripts run, by their hashes, and no request leave.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template

from plotly.offline import get_plotlyjs

import rlvr
from rlvr.config import EvaluationConfig
from rlvr.data import saved_rollouts
from rlvr.environments.scoring import EpisodeReward
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject, write_text
from rlvr.records.rollout import Rollout, outcome
from rlvr.report import curves, evaluations
from rlvr.report.groups import Columns
from rlvr.training import provenance
from rlvr.training.run_folder import RunFolder, check_links
from rlvr.trust import read_stored

_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("store.js", "overview.js", "training.js", "groups.js", "theme.js", "main.js")
_VIEWS = ("overview", "training", "groups")


def write(run: Path, out: Path | None = None) -> Path:
    """Write the report of a run, which may still be training.

    Args:
        run: the run folder.
        out: the file; None is `report.html` in the run folder.

    Returns:
        The file.

    Raises:
        UserError: no run folder, a file in it that cannot be read, or `out` cannot be written or is one of its files.
    """
    folder = RunFolder(run)
    if not folder.config.is_file():
        example = run.parent if RunFolder(run.parent).config.is_file() else "runs/mine"
        raise UserError(f"{run}: no config.yaml in it; name the folder of a run, as in rlvr report {example}")
    check_links(run)
    out = out or folder.report
    if out.suffix != ".html" and out.resolve().is_relative_to(run.resolve()):
        raise UserError(f"out: {out} is among the files of the run; give the report a name that ends in .html")
    overview, groups = read(folder)
    write_text(out, render(run.resolve().name, overview, groups))
    return out


def read(folder: RunFolder) -> tuple[JsonObject, JsonObject]:
    """Return what the page shows, as plain data: (overview, groups).

    Raises:
        UserError: a file of the run that cannot be read.
    """
    config = read_stored(folder.config)
    defaults = EvaluationConfig()
    try:
        arguments = config.get("training", {}).get("args", {})
        evaluation = config.get("evaluation") or {}
        options = {
            "n_bootstrap": evaluation.get("n_bootstrap", defaults.n_bootstrap),
            "confidence": evaluation.get("confidence", defaults.confidence),
        }
        rows = evaluations.evaluated(folder)
        rollouts: list[Rollout] = []
        columns = Columns(scale=_scale(arguments))
        for path in saved_rollouts.files(folder.path):
            of_stage = list(saved_rollouts.read(path))
            columns.add_rollouts(path.stem, of_stage)
            rollouts += of_stage
        for name, by_stage in rows.items():
            columns.add_evaluation(name, by_stage)
        overview = {
            "name": folder.path.resolve().name,
            "facts": _facts(config, arguments, rollouts),
            "confidence": options["confidence"],
            "sections": evaluations.sections(folder, rows, options),
            "logged": curves.logged(folder.metrics),
            "rollouts": curves.rolled_out(rollouts),
            "provenance": provenance.facts(folder.path),
            "config": folder.config.read_text(encoding="utf-8"),
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder.path}: not what a run of this version writes: {error!r}") from error
    return overview, columns.to_json()


def render(title: str, overview: JsonMapping, groups: JsonMapping) -> str:
    """Return the page's HTML.

    Args:
        title: the run's name.
        overview, groups: what `read` gives.
    """
    return assemble(title, _VIEWS, _SCRIPTS, {"overview": overview, "groups": groups})


def assemble(title: str, views: Sequence[str], scripts: Sequence[str], data: JsonMapping) -> str:
    """Return a page of its own: views that its scripts fill from the data that it carries.

    Args:
        title: at the top.
        views: ids of the sections; the first is shown, the others are linked where there are several.
        scripts: files of `static/`, run one after the other.
        data: plain data, which `unpack("data-NAME")` gives to the scripts.
    """
    script = '"use strict";\n(() => {\n' + "\n".join(map(_static, scripts)) + "\n})();"
    linked = views if len(views) > 1 else ()
    source_of_plotly, plotly = _plotly()
    policy = (
        f"default-src 'none'; script-src {_source(script)} {source_of_plotly}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Template(_static("page.html")).substitute(
        title=html.escape(title),
        version=rlvr.__version__,
        policy=policy,
        style=_static("style.css"),
        script=script,
        links="\n".join(map(_link, linked)),
        sections="\n".join(_section(view, title, is_hidden=view != views[0]) for view in views),
        data="\n".join(_data(name, value) for name, value in data.items()),
        plotly=plotly,
    )


@cache
def _plotly() -> tuple[str, str]:
    """Return how the policy names plotly's script, and the script packed: each page of a process has the same."""
    library = get_plotlyjs()
    return _source(library), _packed(library)


def _link(view: str) -> str:
    return f'    <a href="#{view}" data-view="{view}">{view.capitalize()}</a>'


def _section(view: str, title: str, *, is_hidden: bool) -> str:
    name = html.escape(title)
    hidden = " hidden" if is_hidden else ""
    return (
        f'  <section id="{view}" class="view" data-run="{name}" tabindex="-1" aria-label="{view.capitalize()}"{hidden}>'
        "</section>"
    )


def _data(name: str, value: Json) -> str:
    return f'<script type="application/gzip" id="data-{name}">{_packed(_json(value))}</script>'


def _facts(config: JsonMapping, arguments: JsonMapping, rollouts: Sequence[Rollout]) -> list[tuple[str, str]]:
    facts = [
        ("model", str((config.get("model") or {}).get("path"))),
        ("stages", " → ".join(["base", *config.get("pipeline", ())])),
        ("reward", _reward(config, rollouts)),
        ("seed", str(config.get("seed"))),
    ]
    if rollouts:
        n_steps = len({rollout.step for rollout in rollouts})
        n_candidates = sum(len(rollout.candidates) for rollout in rollouts)
        facts += [
            ("steps with rollouts", f"{n_steps:,}"),
            ("groups", f"{len(rollouts):,}"),
            ("candidates", f"{n_candidates:,}"),
            ("groups without variance", f"{_share_without_variance(rollouts):.0%}"),
        ]
    if "learning_rate" in arguments:
        facts.append(("learning rate", f"{arguments['learning_rate']:g}"))
    return [*facts, ("report of", f"{datetime.now():%Y-%m-%d %H:%M}")]


def _reward(config: JsonMapping, rollouts: Sequence[Rollout]) -> str:
    """Return the names of what scored the rollouts; conversations have a reward of their own."""
    configured = str((config.get("reward") or {}).get("_target_", "")).rpartition(".")[2]
    n_conversations = sum(_is_conversation(rollout) for rollout in rollouts)
    if n_conversations == 0:
        return configured
    if n_conversations == len(rollouts):
        return EpisodeReward.__name__
    return f"{configured}; {EpisodeReward.__name__} of conversations"


def _is_conversation(rollout: Rollout) -> bool:
    return any(candidate.transcript_json is not None for candidate in rollout.candidates)


def _share_without_variance(rollouts: Sequence[Rollout]) -> float:
    outcomes = Counter(outcome(rollout.rewards) for rollout in rollouts if rollout.rewards)
    return (outcomes.total() - outcomes["teaches"]) / outcomes.total() if outcomes else 0.0


def _scale(arguments: JsonMapping) -> str:
    """Return TRL's `scale_rewards`, which also takes true and false."""
    scale = arguments.get("scale_rewards", "group")
    return {"True": "group", "False": "none"}.get(str(scale), str(scale))


def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _source(script: str) -> str:
    """Return how a content security policy names a script: by the hash of its text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _json(value: Json) -> str:
    # Escaped, since half of a surrogate pair cannot be encoded otherwise.
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()
