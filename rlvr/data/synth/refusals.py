"""Requests that are refused, and how; `refusals.toml` has them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from rlvr.data.synth.phrasing import lines

_LISTED = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text("utf-8"))

Refused = Mapping[str, tuple[str, ...]]
"""Verb phrases that ask for what is refused, by kind: harmful, out_of_scope."""

REQUESTS: Mapping[str, Refused] = {
    side: {kind: lines(text) for kind, text in kinds.items()} for side, kinds in _LISTED["requests"].items()
}
"""By side: train, held_out, and procedural for procedural rows and the embedded policy's corpus."""

ANSWERS: Mapping[str, tuple[str, ...]] = {kind: tuple(texts) for kind, texts in _LISTED["answers"].items()}
"""How to refuse: harmful, out_of_scope, and no_tool, where `~` is the task of the tool that is not offered."""
