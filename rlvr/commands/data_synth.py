"""`rlvr data synth`: the generated data set as files, or rows for any toolset."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr import config
from rlvr.commands.synth_writer import WriterOptions, written_rows
from rlvr.data.synth import write_datasets
from rlvr.errors import UserError
from rlvr.files import replacing
from rlvr.wrapping import fitted

if TYPE_CHECKING:
    from collections.abc import Iterable

HELP = """\
usage: rlvr data synth [out=FOLDER] [seed=N]
       rlvr data synth tools=SOURCE out=ROWS.jsonl [rows=N] [behaviors.KIND=W] [seed=N]

Write the generated data set: train.jsonl, and the held-out same_tools.jsonl and unseen_tools.jsonl. Or, with tools,
write rows for your own toolset, made from its schemas by rule. The same seed gives the same files, byte for byte.

  out          where to write  (default: {out}); with tools a file  (default: {tools_out})
  seed         which rows      (default: {seed})

With tools:

  tools        what `rlvr data tools` reads: a JSON or YAML list, an OpenAPI document, module:name, 'mcp:COMMAND'
  rows         how many  (default: {rows})
  behaviors    weights of the kinds of row, instead of the shares below; what is not named is left out
  distractors  at most this many other tools beside the needed one  (default: {distractors})
  masked       share of rows whose tool and parameter names stand for nothing  (default: {masked})
  workers      processes; the rows are the same for any number  (default: {workers})

With writer.endpoint, a model writes each row's request, and its question, refusal or answer. A text is kept where it
states every value that was drawn and none besides, names no tool or parameter, and is not nearly one before it.

  writer.endpoint      any server that speaks OpenAI's chat completions, such as http://localhost:8000/v1
  writer.model         its model  (default: the one that it serves)
  writer.reader        a second server, whose model has to read each request for calls into just the calls drawn
  writer.reader_model  its model  (default: the one that it serves)
  writer.api_key_env   the environment variable that holds the key  (default: {writer[api_key_env]})
  writer.request       further fields of each request, such as writer.request.max_tokens=2000
  writer.fallback      rows that are not written: rule keeps the rule's sentence, drop leaves them out  (default: rule)
  writer.attempts      how often a row is written before that  (default: {writer[attempts]})
  writer.concurrency, writer.timeout_s, writer.retries  as evaluation has them
  writer.prices        a price table, as evaluation.prices takes it

Answers are kept beside the rows as they come: after Ctrl-C or a dead server the same command goes on.

Kinds: {kinds}
"""


@dataclass(frozen=True)
class SynthOptions:
    """What `rlvr data synth` takes."""

    out: str | None = None
    seed: int = 0
    tools: str | None = None
    rows: int = 1000
    behaviors: dict[str, float] = field(default_factory=dict)
    distractors: int = 3
    masked: float = 0.1
    workers: int = 1
    writer: WriterOptions = field(default_factory=WriterOptions)


_FOLDER = "data"
_FILE = "synth.jsonl"


def run(arguments: list[str]) -> None:
    """Write the data set, or rows for a toolset, where `out` says."""
    if {"-h", "--help"} & set(arguments):
        from rlvr.data.synth.any_tools import BEHAVIORS

        kinds = ", ".join(f"{kind} {share:.0%}" for kind, (_, share) in BEHAVIORS.items())
        shown = {**dataclasses.asdict(SynthOptions()), "out": _FOLDER, "tools_out": _FILE, "kinds": kinds}
        print(fitted(HELP.format(**shown)), end="")
        return
    options = config.from_arguments(SynthOptions, arguments)
    if options.tools is not None:
        _for_tools(options, Path(options.out or _FILE))
        return
    needless = [a.partition("=")[0] for a in arguments if a.partition("=")[0] not in ("out", "seed")]
    if needless:
        raise UserError(f"{needless[0]}: goes with tools=TOOLS.json, your own toolset")
    for path in write_datasets(Path(options.out or _FOLDER), options.seed).values():
        print(f"wrote {path}")


def _for_tools(options: SynthOptions, out: Path) -> None:
    from rlvr.commands.data_tools import left_out
    from rlvr.data.synth import any_tools
    from rlvr.data.toolsets import Skipped, load_tools

    if options.workers < 1:
        raise UserError(f"workers: {options.workers} is not at least 1")
    loaded = load_tools(str(options.tools))
    recipe = any_tools.Recipe(
        loaded.tools,
        options.rows,
        options.seed,
        options.behaviors,
        options.distractors,
        options.masked,
    )
    made = any_tools.generate(recipe, options.workers)
    kinds: Counter[str] = Counter()
    if options.writer.endpoint is None:
        lines = (_counted(each.line, each.row.extra_info["kind"], kinds) for each in made)
    else:
        drawn = (each.row for each in made)
        rows = written_rows(drawn, options.rows, options.writer, out, options.seed)
        lines = (_counted(json.dumps(row.to_json(), ensure_ascii=False), row.extra_info["kind"], kinds) for row in rows)
    _write(out, lines, str(options.tools))
    loaded.skipped += [Skipped(name, reason) for name, reason in recipe.world.tools.unusable.items()]
    for line in left_out(loaded):
        print(line)
    n_tools = len(recipe.tools) - len(recipe.world.tools.unusable)
    print(f"wrote {out}: {kinds.total():,} rows for {n_tools:,} tools")
    print("  " + ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()))


def _counted(line: str, kind: str, kinds: Counter[str]) -> str:
    kinds[kind] += 1
    return line


def _write(path: Path, lines: Iterable[str], source: str) -> None:
    """JSONL that appears complete or not at all."""
    with replacing(path, source) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
