"""`rlvr evaluate`: how well a model does on rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlvr.commands.composed import with_config
from rlvr.errors import UserError

if TYPE_CHECKING:
    from rlvr.config import Config


def run(arguments: list[str]) -> None:
    """Evaluate as the config says."""
    with_config(_evaluate, "evaluate", arguments)


def _evaluate(config: Config) -> None:
    if not config.data.evaluation and not config.evaluation.suites:
        remedy = "name a file, data.evaluation.mine.path=rows.jsonl, or a choice, data=five_tools"
        raise UserError(f"nothing to evaluate on: {remedy}")
    from rlvr.evaluation import command

    command.command(config)
