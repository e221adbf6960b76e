"""Requests that are refused, and how; `refusals.toml` has them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rlvr.data.synth.phrasing import lines

_LISTED = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text("utf-8"))


@dataclass(frozen=True)
class RefusedRequests:
    """The verb phrases of one side."""

    harmful: tuple[str, ...]
    out_of_scope: tuple[str, ...]


REQUESTS: Mapping[str, RefusedRequests] = {
    side: RefusedRequests(lines(kinds["harmful"]), lines(kinds["out_of_scope"]))
    for side, kinds in _LISTED["requests"].items()
}
"""By side: train, held_out, and procedural for procedural rows and the embedded policy's corpus."""

ANSWERS: Mapping[str, tuple[str, ...]] = {kind: tuple(texts) for kind, texts in _LISTED["answers"].items()}
"""How to refuse: harmful, out_of_scope, and no_tool, where `~` is the task of the tool that is not offered."""
