"""The model card of an exported policy: what it is for, what it was trained on, what was measured, its limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

import rlvr
from rewards import Behavior
from rlvr.config import Config, Source
from rlvr.evaluation.metrics import Interval
from rlvr.evaluation.table import stage_name
from rlvr.files import JsonMapping, JsonObject
from rlvr.policy.checks import TINY, is_local, is_on_hub
from rlvr.policy.packaged import PACKAGED
from rlvr.serving.manifest import Manifest
from rlvr.serving.trained import Trained
from rlvr.training import provenance
from rlvr.training.run_folder import RunFolder

FILE = "README.md"
_OF_TINY = "apache-2.0"
_UNKNOWN = "not stated by the model's card; look it up before you pass the weights on"


def text(trained: Trained, manifest: Manifest) -> str:
    """Return the card as Markdown, with the header that the model hub reads."""
    header = _header(trained, licence_of(trained.base))
    sections = [
        ["# " + manifest.name, "", _what(trained)],
        ["## How to serve it", "", *_serving(manifest)],
        ["## Intended use", "", *_use(trained)],
        ["## Training", "", *_training(trained)],
        ["## Evaluation", "", *_evaluation(trained.run, trained.stage)],
        ["## Limits", "", *_limits(manifest)],
        ["## Licence", "", *_licence(trained)],
    ]
    body = "\n\n".join(map("\n".join, sections))
    return f"---\n{yaml.safe_dump(header, sort_keys=False)}---\n\n{body}\n"


def licence_of(base: str) -> str | None:
    """Return the licence that a base model's card names, as the hub writes it; None where nothing here tells it."""
    if base == TINY:
        return _OF_TINY
    if base in PACKAGED:
        return PACKAGED[base].licence
    card = Path(base) / FILE
    if not is_local(base) and not card.is_file():
        card = _card_on_hub(base) or card
    if not card.is_file():
        return None
    return _named_licence(card.read_text(encoding="utf-8", errors="replace"))


def _card_on_hub(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(name, FILE)
    except HFValidationError:
        return None
    return Path(cached) if isinstance(cached, str) else None


def _named_licence(card: str) -> str | None:
    """Return the `license` of a card's YAML header."""
    parts = card.split("---\n", 2)
    if len(parts) < 3 or parts[0].strip():
        return None
    try:
        header = yaml.safe_load(parts[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    named = list(map(header.get, ("license_name", "license"))) if isinstance(header, dict) else []
    # Aliases can make more of a few lines than a memory holds; only a text is taken.
    return next((name for name in named if name and isinstance(name, str)), None)


def _header(trained: Trained, licence: str | None) -> JsonObject:
    header: JsonObject = {}
    if licence is not None:
        header["license"] = licence
    if is_on_hub(trained.base):
        header["base_model"] = trained.base
    library = "peft" if trained.is_adapter_alone else "transformers"
    stages = () if trained.stage is None else (trained.stage,)
    tags = ["tool-calling", "function-calling", *stages, "rlvr"]
    return {**header, "library_name": library, "pipeline_tag": "text-generation", "tags": tags}


def _what(trained: Trained) -> str:
    base = _named(trained.base)
    if trained.config is None or trained.stage is None:
        return f"{base[0].upper()}{base[1:]}, exported by rlvr {rlvr.__version__}."
    return f"{base[0].upper()}{base[1:]}, trained to call tools by rlvr {rlvr.__version__}: {_path(trained)}."


def _path(trained: Trained) -> str:
    stages = trained.config.pipeline if trained.config is not None else []
    done = stages[: stages.index(trained.stage) + 1] if trained.stage in stages else [str(trained.stage)]
    return " → ".join(map(stage_name, ["base", *done]))


def _named(base: str) -> str:
    if base == TINY:
        return "the embedded policy of rlvr"
    if base in PACKAGED:
        return PACKAGED[base].what
    return f"`{Path(base).name if is_local(base) else base}`"


def _serving(manifest: Manifest) -> Iterator[str]:
    yield f"Calls are written in the wire format `{manifest.wire}`. The commands, inside of this folder:"
    yield ""
    yield "```bash"
    yield from manifest.commands(".").values()
    yield "```"
    yield ""
    yield "llama.cpp reads a GGUF file, which its `convert_hf_to_gguf.py` makes of this folder."
    for warning in manifest.unread_by():
        yield f"**{warning}.**"
    yield "Serve it with the template of this folder and the number type above: others give other calls."


def _use(trained: Trained) -> Iterator[str]:
    yield "Choosing among tools that a request offers, and writing their arguments; asking for a required value that is"
    yield "missing; declining what is harmful or what no tool can do. Check what it calls against the tools' schemas"
    yield "before it runs, and let a person confirm what cannot be undone."
    if trained.base == TINY:
        yield "This one is a demonstration of 3.5 million parameters, and is not meant to serve anyone."


def _training(trained: Trained) -> Iterator[str]:
    if trained.config is None or trained.run is None:
        yield "No run's folder came with these weights, so that nothing is known here of how they were trained."
        return
    config = trained.config
    yield f"- stages: {_path(trained)}; seed {config.seed}"
    yield "- weights: " + _weights(config)
    if trained.stage == "grpo":
        yield f"- reward: `{config.reward['_target_']}`"
    hashes = _hashes(trained.run)
    for name, source in config.data.train.items():
        yield f"- training rows `{name}`: {_rows(source)}{hashes.get(f'train/{name}', '')}"
    for name, source in config.data.evaluation.items():
        yield f"- held-out rows `{name}`: {_rows(source)}{hashes.get(f'evaluation/{name}', '')}"


def _weights(config: Config) -> str:
    lora = config.policy.lora
    return "all were trained" if lora is None else f"a LoRA adapter of rank {lora.r}, alpha {lora.lora_alpha}"


def _rows(source: Source) -> str:
    if source.path is not None:
        return f"the file `{Path(source.path).name}`"
    return f"generated by `rlvr data synth` ({source.synth}, {source.split})"


def _hashes(run: RunFolder) -> dict[str, str]:
    starts = provenance.read(run.path)
    data = starts[-1]["data"] if starts else {}
    return {name: f", {entry['rows']:,} rows, SHA-256 {entry['sha256'][:16]}" for name, entry in data.items()}


def _evaluation(run: RunFolder | None, stage: str | None) -> Iterator[str]:
    summaries = json.loads(run.summaries.read_text(encoding="utf-8")) if run and run.summaries.is_file() else {}
    if not summaries:
        yield "Its run measured nothing. `rlvr evaluate model.path=FOLDER` measures it on your rows."
        return
    yield "Mean reward in [0, 1], share of exactly right rows, and mean reward by the behavior that is expected, with"
    yield "bootstrap intervals. Rows that were generated are a floor for your own tools, and no estimate."
    for name, by_stage in summaries.items():
        yield from ("", *_table(name, by_stage, stage))


def _table(name: str, by_stage: JsonMapping, stage: str | None) -> Iterator[str]:
    shown = {label: summary for label, summary in by_stage.items() if "reward" in summary}
    if not shown:
        return
    first = next(iter(shown.values()))
    behaviors = [str(behavior) for behavior in Behavior if str(behavior) in first["by_behavior"]]
    titles = [f"{name}: {first['reward']['n']} rows", "reward", "exact", *behaviors]
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for label, summary in shown.items():
        cells = [summary["reward"], summary["exact"], *map(summary["by_behavior"].get, behaviors)]
        mark = " (this policy)" if label == stage else ""
        yield f"| {stage_name(label)}{mark} | {' | '.join(map(_cell, cells))} |"


def _cell(interval: JsonMapping | None) -> str:
    return "" if interval is None else str(Interval(**interval))


def _limits(manifest: Manifest) -> Iterator[str]:
    yield "- It was measured on the rows above alone; other tools, languages and longer conversations are unmeasured."
    yield "- It can name a wrong tool, invent a value, or comply with a harmful request; the table says how often."
    yield f"- Its calls are read only by a parser of `{manifest.wire}`, after the chat template of this folder."


def _licence(trained: Trained) -> Iterator[str]:
    licence = licence_of(trained.base)
    yield f"That of the model it began with, {_named(trained.base)}: {licence or _UNKNOWN}."
