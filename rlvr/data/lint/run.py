"""Lint: one pass over a file, in bounded memory."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rewards import Behavior, GroundTruth, Reward, Tiered
from rlvr.data.lint import checks
from rlvr.data.lint.findings import KINDS, MOST_TOOLS, Finding, Findings
from rlvr.data.lint.given import MOST_WAITING, Asked, KnownValues, concerned
from rlvr.data.lint.reading import Read, UnusableError, read
from rlvr.data.lint.repeats import Repeats, said_in
from rlvr.data.lint.statistics import Statistics
from rlvr.data.lint.style import Style
from rlvr.errors import UserError
from rlvr.files import EMPTY, JsonMapping, read_lines

_KEPT_TEXTS = 4096
_TIERED = Tiered()
_CHECKS: tuple[Callable[[Read], Iterator[Finding]], ...] = tuple(
    importlib.import_module(kind.module).findings for kind in KINDS.values() if kind.module
)


def _nothing(row: JsonMapping) -> tuple[Finding, ...]:
    return ()


@dataclass(frozen=True)
class Context:
    """A model's room for prompts.

    Args:
        model: how reports name it.
        n_tokens: tokens of a prompt with its tools, under the model's own chat template.
        most: tokens that fit, the completion's share taken off.
    """

    model: str
    n_tokens: Callable[[Sequence[JsonMapping], Sequence[JsonMapping]], int]
    most: int


@dataclass
class LintReport:
    """What lint has found in a file."""

    path: Path
    n_lines: int = 0
    last_line: int = 0
    findings: Findings = field(default_factory=Findings)
    statistics: Statistics = field(default_factory=Statistics)

    @property
    def is_clean(self) -> bool:
        """Tell whether there is nothing but advice."""
        return self.findings.n_errors() == 0

    @property
    def n_without_error(self) -> int:
        """The lines that have nothing but advice."""
        return self.n_lines - self.findings.lines_with_error().total()

    def is_without_error(self, line: int) -> bool:
        """Tell whether a line was looked at and has nothing but advice."""
        return line <= self.last_line and not self.findings.has_error(line)


def lint(
    path: str | Path,
    *,
    against: Sequence[str | Path] = (),
    unseen: Sequence[str | Path] = (),
    reward: Reward = _TIERED,
    context: Context | None = None,
    conversations: Callable[[JsonMapping], Iterable[Finding]] = _nothing,
    advance: Callable[[int], None] = lambda n_bytes: None,
) -> LintReport:
    """Return everything that would spoil a run on a data file.

    Args:
        path: a JSONL file of rows.
        against: held-out files, whose prompts should not be in it.
        unseen: held-out files whose tools should not be in it either.
        reward: what each ground truth should earn 1.0 under.
        context: a model whose context prompts must fit; None does not look.
        conversations: looks for what would spoil a row with an `episode` beyond its first turn.
        advance: told the bytes that have been read, for a progress bar.

    Raises:
        UserError: a file cannot be read, is empty, or has no line that is JSON.
    """
    pass_ = _Pass(LintReport(Path(path)), reward, context, _repeats(against, unseen), conversations)
    for line in read_lines(Path(path)):
        pass_.report.n_lines += 1
        pass_.report.last_line = line.number
        pass_.line(line.number, line.content)
        advance(line.n_bytes)
    if not pass_.report.n_lines:
        raise UserError(f"{path}: {EMPTY}")
    if pass_.report.findings.counts["not_json"] == pass_.report.n_lines:
        _, first = pass_.report.findings.offenders["not_json"][0]
        raise UserError(
            f"{path}: no line is JSON ({first.message}); lint reads JSON lines, as `rlvr data import` writes them"
        )
    pass_.end()
    return pass_.report


def _repeats(against: Sequence[str | Path], unseen: Sequence[str | Path]) -> Repeats:
    repeats = Repeats()
    for path in (*against, *unseen):
        for line in read_lines(Path(path)):
            try:
                row = read(line.content)
            except UnusableError:
                continue  # a lint of its own is for that
            repeats.held_out[hash(said_in(row.prompt))] = str(path)
            if path in unseen:
                repeats.unseen_tools.update(dict.fromkeys(row.offered.names, str(path)))
    return repeats


@dataclass
class _Pass:
    """One pass over a file."""

    report: LintReport
    reward: Reward
    context: Context | None
    repeats: Repeats
    conversations: Callable[[JsonMapping], Iterable[Finding]] = _nothing
    known: KnownValues = field(default_factory=KnownValues)
    style: Style = field(default_factory=Style)
    undescribed: set[str] = field(default_factory=set)
    scored_texts: dict[tuple[GroundTruth, bytes], Finding | None] = field(default_factory=dict)

    def line(self, number: int, line: bytes | None) -> None:
        """Check one line."""
        try:
            row = read(line)
        except UnusableError as unusable:
            self.report.findings.add(number, unusable.finding)
            return
        self.report.statistics.add(row)
        for finding in self._findings(number, row):
            self.report.findings.add(number, finding)
        for finding in self._findings_among_rows(number, row):
            self.report.findings.add(number, finding)
        for finding in self.style.add(row):
            self.report.findings.add(number, finding)

    def end(self) -> None:
        """Check what only the whole file can tell."""
        for asked in self.known.waiting:
            if found := self.known.given(asked):
                self.report.findings.add(asked.line, Finding("has_everything", found, asked.tool.name))
        for finding in (*self.report.statistics.advice(), *self.style.advice()):
            self.report.findings.add(None, finding)

    def _findings(self, number: int, row: Read) -> Iterator[Finding]:
        truth, tools = row.truth, row.offered.tools
        text = checks.everything_said(row.prompt)
        yield from checks.text_findings(row, text)
        if truth.calls:
            wrong = list(checks.call_findings(truth, tools))
            yield from wrong
            if not wrong:
                yield from checks.grounding_findings(truth, tools, text)
                for call in truth.calls:
                    self.known.learn(call.name, call.arguments)
            if truth.alternatives:
                yield from checks.alternative_findings(truth, tools)
            is_scored = not wrong
        else:
            wrong = list(checks.missing_findings(truth, tools))
            yield from wrong
            is_scored = not any(finding.kind == "not_a_parameter" for finding in wrong)
            self._question(number, row)
        for findings in _CHECKS:
            yield from findings(row)
        if is_scored and (finding := self._reward_finding(row)):
            yield finding
        if row.episode is not None:
            info = row.extra_info if isinstance(row.extra_info, dict) else {}
            yield from self.conversations(
                {"prompt": row.prompt, "tools": row.offered.given, "episode": row.episode, "extra_info": info}
            )
        if self.context is not None and (n := self.context.n_tokens(row.prompt, row.offered.given)) > self.context.most:
            yield Finding("too_long", f"{n:,} tokens; {self.context.model} has room for {self.context.most:,}")

    def _findings_among_rows(self, number: int, row: Read) -> Iterator[Finding]:
        # The same request in another world is another task.
        key = row.key if row.episode is None else (row.key, str(row.episode))
        truth = str(row.reward_model["ground_truth"])
        is_wrong = self.report.findings.has_error(number)
        if finding := self.repeats.find(number, said_in(row.prompt), key, truth, is_wrong=is_wrong):
            yield finding
        if self.repeats.unseen_tools:
            yield from self.repeats.leaking(row.offered.names)
        for name in row.offered.undescribed:
            if name not in self.undescribed and len(self.undescribed) < MOST_TOOLS:
                self.undescribed.add(name)
                yield Finding("undescribed_tool", f"{name!r} has no description", name)

    def _reward_finding(self, row: Read) -> Finding | None:
        truth = row.truth
        if truth.calls or not truth.text or type(self.reward) is not Tiered:
            return checks.reward_finding(row, self.reward)
        # The same texts are expected again and again; what they earn depends on the tools where a question asks for
        # their parameters, and nowhere else.
        is_question = truth.behavior is Behavior.CLARIFY or Behavior.CLARIFY in truth.also
        key = (truth, row.key if is_question else b"")
        if key not in self.scored_texts:
            if len(self.scored_texts) >= _KEPT_TEXTS:
                self.scored_texts.clear()
            self.scored_texts[key] = checks.reward_finding(row, self.reward)
        return self.scored_texts[key]

    def _question(self, number: int, row: Read) -> None:
        truth = row.truth
        if truth.behavior is not Behavior.CLARIFY or not truth.missing:
            return
        tool = concerned(row.offered.tools, truth.missing)
        last = row.prompt[-1]
        if tool is None or len(row.prompt) > 2 or last["role"] != "user" or not isinstance(last.get("content"), str):
            return
        asked = Asked(number, tool, truth.missing, last["content"])
        if len(self.known.waiting) < MOST_WAITING:
            self.known.waiting.append(asked)
        elif found := self.known.given(asked):
            self.report.findings.add(number, Finding("has_everything", found, tool.name))
