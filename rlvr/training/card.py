"""The model card of a stage: what was trained from what, on how much of what, and how to go on with it."""

from __future__ import annotations

import rlvr
from rlvr.config import Config
from rlvr.evaluation.table import stage_name
from rlvr.policy.checks import TINY, is_local

FILE = "README.md"

_WHAT = {
    "sft": "supervised fine-tuning on the expected completions",
    "dpo": "preference training on pairs of a right and a nearly right completion",
    "grpo": "GRPO: candidates for each prompt, moved toward those above their group's mean reward",
}


def text(config: Config, stage: str) -> str:
    """Return the card as Markdown, with the header that the model hub reads."""
    base = config.model.path
    on_hub = base != TINY and not is_local(base)
    header = ["---", *([f"base_model: {base}"] if on_hub else []), "library_name: transformers"]
    header += ["tags:", "- tool-calling", f"- {stage}", "- rlvr", "---"]
    before = config.pipeline[: config.pipeline.index(stage)]
    path = " → ".join(["base", *map(stage_name, before), stage_name(stage)])
    named = "the embedded policy of rlvr" if base == TINY else f"`{base}`"
    lines = [
        f"# {config.name}, after {stage_name(stage)}",
        "",
        f"{named[0].upper()}{named[1:]}, trained to call tools by rlvr {rlvr.__version__}: {path}.",
        f"This stage is {_WHAT[stage]}.",
        "",
        f"- reward: `{config.reward['_target_']}`" if stage == "grpo" else f"- options: `{stage}.args` in config.yaml",
        f"- training sets: {', '.join(config.data.train)}; seed {config.seed}",
        "- weights: " + ("a LoRA adapter, merged" if config.policy.lora is not None else "all trained"),
        "",
        "The run's folder has every option (config.yaml), what it was measured to do (table.txt, report.html) and",
        "where it comes from (provenance.json). The license is that of the model it began with.",
    ]
    return "\n".join([*header, "", *lines]) + "\n"
