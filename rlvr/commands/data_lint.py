"""`rlvr data lint`: what would spoil a run, found before it does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from json import dumps
from pathlib import Path
from typing import TextIO

from rlvr import config
from rlvr.commands.arguments import read_words
from rlvr.data.formats.importing import read_file
from rlvr.data.lint import Context, LintReport, lint, show
from rlvr.data.lint.findings import Finding
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject, check_is_lines, check_not_read, copy_lines, write_text
from rlvr.policy.checks import check_model, source_of
from rlvr.progress import standard_console, task
from rlvr.terminal import PrintableConsole

HELP = """\
usage: rlvr data lint FILE.jsonl [out=CLEAN.jsonl] [against=[HELD_OUT.jsonl,...]] [--strict] [--json] [html=PAGE.html]

Read a data file once and report what would spoil a run: calls that no schema admits, values that come from nowhere,
questions whose answer is in the prompt, rows that come twice or leak from held-out files, ground truth that does not
earn 1.0, and how the rows are spread over behaviors and tools. Advice is marked as such. Conversations to be held are
begun and their solutions played: each reaches its goal, needs all that it changes, and is not given away.

With out=CLEAN.jsonl the rows that have no error are written there, as they are and in their order. Rows with advice
alone stay. Of rows with the same prompt and tools the first one without another error stays.

"""

SHOW_PROGRESS_BYTES = 50 * 2**20
"""Smaller files are read before a bar would be of use."""


@dataclass(frozen=True)
class LintOptions:
    """The options of `rlvr data lint`."""

    file: str | None = None
    """The file; its name alone says the same."""
    out: str | None = None
    """Write the rows that have no error to this file."""
    against: list[str] = field(default_factory=list)
    """Held-out files, whose prompts must not be in FILE."""
    unseen: list[str] = field(default_factory=list)
    """Held-out files, whose prompts and tools must not be in FILE."""
    reward: JsonObject = field(default_factory=lambda: {"_target_": "rewards.Tiered"})
    """What each ground truth must earn 1.0 under: reward._target_=rewards.BFCL."""
    model: str | None = None
    """A model whose context each prompt must fit under its own chat template: a folder, or a hub name."""
    context: int | None = None
    """Tokens that the model has room for; null is what its config says."""
    completion: int = 256
    """Tokens of it to keep free for the completion."""
    html: str | None = None
    """Write the report as one HTML page."""
    json: bool = False
    """Print JSON."""
    strict: bool = False
    """Exit with 1 if there is any finding, and not only if no line is a row; advice never counts."""


OPTIONS = LintOptions


def run(arguments: list[str]) -> None:
    """Lint a file and print what was found."""
    options = _options(arguments)
    if options.file is None:
        raise UserError("no file to lint: rlvr data lint FILE.jsonl")
    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data
    _check_outputs(options)
    report = _linted(options)
    if options.html is not None:
        write_text(options.html, show.to_html(report), options.file)
    if options.json:
        print(dumps(show.to_json(report), ensure_ascii=False, indent=2))
    else:
        standard_console().print(show.renderable(report))
    if not report.statistics.n_rows:
        print(_advice(options.file), file=sys.stderr)
        sys.exit(1)
    if options.out is not None:
        _write(report, options.out, sys.stderr if options.json else sys.stdout)
    if options.strict and not report.is_clean:
        sys.exit(1)


def _check_outputs(options: LintOptions) -> None:
    """Raise UserError where a file that is read would be replaced, or rows cannot be written, before a long reading."""
    if options.out is None:
        return
    check_is_lines(options.out)
    for source in (options.file, *options.against, *options.unseen):
        check_not_read(options.out, str(source))
    if Path(str(options.file)).is_fifo():
        raise UserError(f"{options.file}: is a pipe, and out=FILE reads the rows twice; write them to a file first")


def _write(report: LintReport, out: str, messages: TextIO) -> None:
    """Write the rows that have no error, and say which rules the others break."""
    if not report.n_without_error:
        raise UserError(f"every row has an error; {out} is not written")
    copy_lines(report.path, out, report.is_without_error)
    by_rule = report.findings.lines_with_error()
    print(f"wrote {out}: {report.n_without_error:,} rows", file=messages)
    if by_rule:
        rules = ", ".join(f"{kind} {count:,}" for kind, count in by_rule.most_common())
        print(f"left out {by_rule.total():,}, by their first error: {rules}", file=messages)


def _advice(file: str) -> str:
    """Return what to do with a file in which no line is a row."""
    try:
        summary, _ = read_file(file)
    except UserError as error:
        return f"no line is a row, and rlvr data import makes none of them: {error}"
    return f"no line is a row; rlvr data import {file} makes rows of its format, {summary.format}"


def _listed(argument: str) -> str:
    """Put brackets around a list that is written with commas alone."""
    name, _, value = argument.partition("=")
    is_list = name.strip("-") in ("against", "unseen")
    return f"{name}=[{value}]" if is_list and value and not value.startswith("[") else argument


def _options(arguments: list[str]) -> LintOptions:
    """Read the arguments; the file is the word without a name, and lists may be written with commas."""
    words, options = read_words(LintOptions, list(map(_listed, arguments)), many=True)
    if options.completion < 0 or (options.context is not None and options.context < 1):
        name = "completion" if options.completion < 0 else "context"
        raise UserError(f"{name}: {getattr(options, name)} is not a number of tokens")
    if len(words) > 1:
        raise UserError(f"expected one FILE, got {' '.join(words)}; lint each, or join them with rlvr data import")
    return replace(options, file=words[0]) if words else options


def _linted(options: LintOptions) -> LintReport:
    path = Path(str(options.file))
    reward = config.build_reward({"_target_": "rewards.Tiered", **options.reward})
    context = None if options.model is None else _context(options)
    n_bytes = path.stat().st_size if path.is_file() else 0
    console = PrintableConsole(stderr=True)
    is_long = n_bytes > SHOW_PROGRESS_BYTES
    with task(console, "read (MB)", n_bytes >> 20) if is_long else nullcontext() as bar:
        left = 0

        def advance(n: int) -> None:
            nonlocal left
            left += n
            if bar is not None and left >= 2**20:
                bar.advance(left >> 20)
                left &= 2**20 - 1

        return lint(
            path,
            against=options.against,
            unseen=options.unseen,
            reward=reward,
            context=context,
            conversations=_conversations,
            advance=advance,
        )


def _conversations(row: JsonMapping) -> Iterator[Finding]:
    """Look at a conversation to be held; the environments are loaded when the first one comes."""
    from rlvr.environments.checks import findings

    return findings(row)


def _context(options: LintOptions) -> Context:
    """Return the room of a model for prompts, by its own tokenizer and chat template."""
    check_model(config.ModelConfig(path=str(options.model)))
    from transformers import AutoConfig, AutoTokenizer

    from rewards import Behavior, GroundTruth
    from rlvr.chat import render_prompt
    from rlvr.records.row import Row

    name = str(options.model)
    source = source_of(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        most = options.context or AutoConfig.from_pretrained(source).max_position_embeddings
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(
            f"model: cannot read the tokenizer and config of {name!r}: {str(error).splitlines()[0]}"
        ) from None
    if not tokenizer.chat_template:
        raise UserError(f"model: {name!r} has no chat template; use an instruction-tuned model")
    truth = GroundTruth(Behavior.ANSWER)

    def n_tokens(prompt: Sequence[JsonMapping], tools: Sequence[JsonMapping]) -> int:
        row = Row(list(map(dict, prompt)), list(map(dict, tools)), truth)
        return len(tokenizer(render_prompt(tokenizer, row))["input_ids"])

    return Context(name, n_tokens, most - options.completion)
