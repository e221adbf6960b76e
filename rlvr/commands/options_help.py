"""`rlvr train --help` and its like: every option with the value that it has and one sentence, from the dataclasses."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from rewards.tool_objects import docstring_parts
from rlvr import config, trainer_options
from rlvr.commands.arguments import options_of
from rlvr.commands.option_docs import documentation, option_lines
from rlvr.config import Config
from rlvr.files import JsonObject
from rlvr.wrapping import fitted

_USAGE = {
    "train": """\
rlvr train [group=choice] [section.option=value] [-m]
rlvr demo  [section.option=value]                       the same with experiment=demo
""",
    "evaluate": """\
rlvr evaluate model.path=MODEL data.evaluation.NAME.path=ROWS.jsonl
rlvr evaluate model.path=MODEL data=CHOICE
rlvr evaluate model.path=MODEL evaluation=bfcl
rlvr evaluate model.path=NAME model.endpoint=http://localhost:8000/v1 data=CHOICE

MODEL is a run folder, a folder with a model or a LoRA adapter, a name on the hub, or tiny.
run_dir=FOLDER keeps every row and all numbers. An endpoint's key is read from OPENAI_API_KEY.
""",
    "doctor": """\
rlvr doctor [model.path=MODEL]

Check the installation, the machine, and whether the model's chat template can carry tool calls. Nothing is written.
""",
}

_FLAGS = """\
  --estimate                  memory and time that the run needs, without running it (hardware.device=h100)
  -m, --multirun              run every combination of comma-separated values: rlvr train -m seed=0,1,2
  -c job, --cfg job           print the composed config and stop
  -cd DIR, --config-dir DIR   also look for choices in DIR/<group>/
"""

_SECTIONS = {
    "train": tuple(field.name for field in dataclasses.fields(Config)),
    "evaluate": ("seed", "run_dir", "model", "data", "reward", "evaluation", "hardware"),
    "doctor": ("model",),
}


def show(command: str, composed: Config) -> str:
    """Return the help of a command that takes a config.

    Args:
        command: train, evaluate or doctor.
        composed: what its arguments compose to, so that `experiment=demo --help` shows what the demo runs with.
    """
    sections = _SECTIONS[command]
    parts = [_USAGE[command]]
    choices = {group: names for group, names in config.groups().items() if command == "train" or group in sections}
    width = max(map(len, choices))
    parts.append("Groups, choose with group=choice:\n")
    parts += [f"  {group:<{width}}  {', '.join(names)}" for group, names in choices.items()]
    parts.append("\nOptions, set with option=value; what stands here is what the command would run with:")
    for name in sections:
        parts += _section(name, getattr(composed, name))
    if command == "train":
        parts.append(f"\n{_FLAGS}")
    return fitted("\n".join(parts)).rstrip() + "\n"


def _section(name: str, value: Any) -> Iterator[str]:
    if name == "reward":
        yield f"\n{name}: what scores a completion; the options are those of {value['_target_']}"
        yield from option_lines(_reward_options(value))
    elif dataclasses.is_dataclass(value):
        summary = " ".join((type(value).__doc__ or "").split("\n\n")[0].split())
        yield f"\n{name}: {summary}"
        yield from option_lines(_options(name, value))
    else:
        yield from option_lines([(name, value, documentation(Config)[name])])


def _options(place: str, options: Any) -> Iterator[tuple[str, Any, str]]:
    for option, value, sentence in options_of(options, f"{place}."):
        if option == f"{place}.args":
            yield option, ..., sentence
            yield from _trainer_options(place, value)
        elif isinstance(value, dict) and any(map(dataclasses.is_dataclass, value.values())):
            yield option, ..., sentence
            for name, source in value.items():
                yield from _changed(f"{option}.{name}", source)
        else:
            yield option, value, sentence


def _changed(place: str, source: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield the options of a set of rows that have other values than their defaults."""
    defaults = {field.name: field.default for field in dataclasses.fields(source)}
    for name, value, sentence in _options(place, source):
        if value != defaults[name.rpartition(".")[2]]:
            yield name, value, sentence


def _trainer_options(stage: str, args: JsonObject) -> Iterator[tuple[str, Any, str]]:
    trainer = {"sft": "SFTConfig", "dpo": "DPOConfig", "training": "GRPOConfig"}[stage]
    options = trainer_options.options_of(trainer)
    for name, value in args.items():
        yield f"{stage}.args.{name}", value, options[name].sentence if name in options else ""


def _reward_options(reward: JsonObject) -> Iterator[tuple[str, Any, str]]:
    module, _, name = str(reward["_target_"]).rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    _, arguments = docstring_parts(inspect.getdoc(kind) or "")
    sentences = {name: _sentence(text) for names, text in arguments.items() for name in names.split(", ")}
    yield "reward._target_", reward["_target_"], "The import path of the reward: a class, a function or an instance."
    for parameter in inspect.signature(kind).parameters.values():
        if parameter.name in ("completion", "ground_truth", "tools"):
            continue
        default = reward.get(parameter.name, parameter.default)
        value = ... if default is parameter.empty or type(default).__name__.startswith("_") else default
        yield f"reward.{parameter.name}", value, sentences.get(parameter.name, "")


def _sentence(text: str) -> str:
    """Return the first sentence, as a sentence, with the words of the command line."""
    first = re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]
    return first[:1].upper() + first[1:]
