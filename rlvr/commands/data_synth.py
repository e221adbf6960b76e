"""`rlvr data synth`: the generated data set as files, or rows for any toolset."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rlvr.commands.arguments import free_out, read
from rlvr.commands.synth_writer import WriterOptions, check_without_writer, written_rows
from rlvr.errors import UserError
from rlvr.files import replacing

HELP = """\
usage: rlvr data synth [out=FOLDER] [seed=N]
       rlvr data synth tools=SOURCE out=ROWS.jsonl [rows=N] [behaviors.KIND=W] [seed=N]

Write the generated data set: train.jsonl, and the held-out same_tools.jsonl and unseen_tools.jsonl. Or, with tools,
write rows for your own toolset, made from its schemas by rule. The same seed gives the same files, byte for byte.

With writer.endpoint, a model writes each row's request, and its question, refusal or answer. A text is kept where it
states every value that was drawn and none besides, names no tool or parameter, and is not nearly one before it.
Answers are kept beside the rows as they come: after Ctrl-C or a dead server the same command goes on.
"""


@dataclass(frozen=True)
class SynthOptions:
    """The options of `rlvr data synth`."""

    out: str | None = None
    """Where to write; null is the folder data, or with tools the file synth.jsonl."""
    seed: int = 0
    """Which rows."""
    tools: str | None = None
    """What `rlvr data tools` reads: a JSON or YAML list, an OpenAPI document, module:name, 'mcp:COMMAND'. What follows
    goes with it."""
    rows: int = 1000
    """How many."""
    behaviors: dict[str, float] = field(default_factory=dict)
    """Weights of the kinds of row, instead of the shares below; what is not named is left out."""
    distractors: int = 3
    """At most this many other tools beside the needed one."""
    masked: float = 0.1
    """Share of rows whose tool and parameter names stand for nothing."""
    examples: str | None = None
    """A YAML file of values for parameters of which the toolset tells none; no prompt shows them. Where it is absent it
    is written, to be filled in before the same command makes rows."""
    guesses: bool = False
    """Whether to draw values also where only a word of a name hints at what they are: more tools, more wrong rows."""
    writer: WriterOptions = field(default_factory=WriterOptions)


_ONLY_ASKED = "only asked for: nothing tells what its values are; examples=FILE.yaml takes some"
_FEW = 2  # tools called, at which all rows teach little more than these
_FOLDER = "data"
_FILE = "synth.jsonl"


def help_lists() -> list[str]:
    """Return the kinds of rows with their shares."""
    from rlvr.data.synth.any_tools import BEHAVIORS

    return [f"Kinds: {', '.join(f'{kind} {share:.0%}' for kind, (_, share) in BEHAVIORS.items())}"]


OPTIONS = SynthOptions


def run(arguments: list[str]) -> None:
    """Write the data set, or rows for a toolset, where `out` says."""
    options = read(SynthOptions, arguments)
    if options.tools is not None:
        _for_tools(options, Path(free_out(options.out, _FILE)))
        return
    needless = [a.partition("=")[0] for a in arguments if a.partition("=")[0] not in ("out", "seed")]
    if needless:
        raise UserError(f"{needless[0]}: goes with tools=TOOLS.json, your own toolset")
    from rlvr.data.synth import write_datasets

    for path in write_datasets(free_out(options.out, _FOLDER), options.seed).values():
        print(f"wrote {path}")


def _for_tools(options: SynthOptions, out: Path) -> None:
    from rlvr.commands.data_tools import left_out
    from rlvr.data.synth import any_tools
    from rlvr.data.toolsets import Skipped, load_tools

    if options.writer.endpoint is None:
        check_without_writer(options.writer)
    loaded = load_tools(str(options.tools), with_responses=True)
    is_given = options.examples is not None and Path(options.examples).exists()
    examples = any_tools.read_examples(str(options.examples), loaded.tools) if is_given else {}
    recipe = any_tools.Recipe(
        loaded.tools,
        options.rows,
        options.seed,
        options.behaviors,
        options.distractors,
        options.masked,
        options.guesses,
        examples,
    )
    is_wanted = options.examples is not None and not is_given
    if untold := recipe.world.tools.untold() if is_wanted else {}:
        any_tools.write_template(str(options.examples), untold)
        print(f"wrote {options.examples}: {sum(map(len, untold.values())):,} parameters of {len(untold):,} tools")
        print("  write values into it, then give the same command again")
        return
    made = any_tools.generate(recipe)
    kinds: Counter[str] = Counter()
    if options.writer.endpoint is None:
        lines = ((each.line, each.row) for each in made)
    else:
        drawn = (each.row for each in made)
        rows = written_rows(drawn, options.rows, options.writer, out, options.seed)
        lines = ((json.dumps(row.to_json(), ensure_ascii=False), row) for row in rows)
    with replacing(out, str(options.tools)) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for line, row in lines:
            file.write(f"{line}\n")
            kinds[row.extra_info["kind"]] += 1
    usable = recipe.world.tools.usable(range(len(recipe.tools)))
    loaded.skipped += [Skipped(name, reason) for name, reason in recipe.world.tools.unusable.items()]
    for tool in usable:
        reasons = dict.fromkeys(sorted(tool.unknown), _ONLY_ASKED)
        reasons |= tool.left_out
        loaded.notes += [Skipped(f"{tool.name}.{name}", why) for name, why in reasons.items()]
    for line in left_out(loaded):
        print(line)
    out_of = f" of {len(recipe.tools):,}" * bool(recipe.world.tools.unusable)
    n_asked = sum(bool(tool.unknown) for tool in usable)
    only_asked = f", {n_asked:,} of them only asked about" * bool(n_asked)
    called = [tool.name for tool in usable if not tool.unknown]
    if len(called) <= _FEW < len(recipe.tools):
        names = ", ".join(called)
        print(
            f"  note: all calls are of {len(called)} of the tools ({names}); mending what is said above brings others"
        )
    print(f"wrote {out}: {kinds.total():,} rows for {len(usable):,}{out_of} tools{only_asked}")
    print("  " + ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()))
