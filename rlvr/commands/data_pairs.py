"""`rlvr data pairs`: preference pairs from rows, or mined from a run's saved rollouts."""

from __future__ import annotations

from dataclasses import dataclass, field

from rlvr.commands.arguments import read
from rlvr.errors import UserError
from rlvr.files import JsonObject, writing_lines

FORMATS = ("rows", "trl")

HELP = """\
usage: rlvr data pairs rows=FILE.jsonl out=PAIRS.jsonl [weights.KIND=W] [per_row=N] [seed=N] [format=trl]
       rlvr data pairs run=FOLDER out=PAIRS.jsonl

Write preference pairs: from rows, each right completion against a subtle mistake; or mined from a run's saved
rollouts, the best candidate of each group against the worst. The reward must rank every pair strictly.

"""


@dataclass(frozen=True)
class PairsOptions:
    """The options of `rlvr data pairs`."""

    rows: str | None = None
    """The rows to make pairs from."""
    run: str | None = None
    """A run folder, or one file of its rollouts."""
    out: str = "pairs.jsonl"
    """Where to write."""
    weights: dict[str, float] = field(default_factory=dict)
    """How often each kind of mistake is drawn, 1 where not named, 0 never: weights.misspelt_value=3."""
    only: list[str] = field(default_factory=list)
    """Only these kinds: only=[similar_tool,dropped_argument]."""
    per_row: int = 1
    """At most this many pairs from a row."""
    confusable: float = 0.0
    """The share of the rows that get two values nearly equal first, of those that can, as dpo.confusable: Marek and
    Marec, 2027-03-14 and 2027-03-15; such pairs teach precise arguments."""
    seed: int = 0
    """Which mistakes."""
    format: str = "rows"
    """rows: the row's fields with chosen, rejected and kind; trl: what trl.DPOTrainer reads."""
    reward: JsonObject = field(default_factory=lambda: {"_target_": "rewards.Tiered"})
    """The reward that must agree, as every command takes it: reward._target_=rewards.Binary."""


_OF_ROWS = ("weights", "only", "per_row", "confusable", "seed")
_DEFAULT = vars(PairsOptions())


def help_lists() -> list[str]:
    """Return the kinds of mistakes."""
    from rlvr.data.corruption import KINDS

    return [f"Kinds: {', '.join(KINDS)}"]


OPTIONS = PairsOptions


def run(arguments: list[str]) -> None:
    """Write pairs where `out` says, and report their mix."""
    from rlvr import config
    from rlvr.data import pairs
    from rlvr.records.row import read_rows

    options = read(PairsOptions, arguments)
    if (options.rows is None) == (options.run is None):
        raise UserError("name either rows=FILE.jsonl or run=FOLDER, from which the pairs are to be made")
    if options.format not in FORMATS:
        raise UserError(f"format: {options.format!r} is not one of {', '.join(FORMATS)}")
    if options.per_row < 1:
        raise UserError(f"per_row: {options.per_row} is not at least 1")
    unused = [name for name in _OF_ROWS if getattr(options, name) != _DEFAULT[name]]
    if options.run is not None and unused:
        raise UserError(f"{unused[0]}: is for pairs made from rows; those of a run are what its policy wrote")
    reward = config.build_reward({"_target_": "rewards.Tiered", **options.reward})
    if options.rows is not None:
        rows = read_rows(options.rows)
        n_sources, what = len(rows), "rows"
        made = list(
            pairs.pairs(
                rows,
                options.seed,
                _weights(options),
                per_row=options.per_row,
                confusable=options.confusable,
                reward=reward,
            )
        )
    else:
        rollouts = list(pairs.read_rollouts(str(options.run)))
        n_sources, what = len(rollouts), "groups"
        made = list(pairs.mined(rollouts, reward))
    if not made:
        raise UserError(f"no pair that the reward ranks strictly among {n_sources:,} {what}; nothing is written")
    with writing_lines(options.out, options.rows) as write:
        for pair in made:
            write(pair.to_json() if options.format == "rows" else pair.to_arrow())
    print(f"wrote {options.out}: {len(made):,} pairs from {n_sources:,} {what}, each ranked strictly by the reward")
    width = max(map(len, pairs.mix(made)))
    for kind, count in pairs.mix(made).items():
        print(f"  {kind:<{width}}  {count:>7,}  {count / len(made):6.1%}")


def _weights(options: PairsOptions) -> dict[str, float]:
    from rlvr.data.corruption import KINDS

    if not options.only:
        return options.weights
    return {**dict.fromkeys(KINDS, 0.0), **{kind: options.weights.get(kind, 1.0) for kind in options.only}}
