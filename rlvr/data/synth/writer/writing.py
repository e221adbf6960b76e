"""Have a model write drawn rows anew, batch by batch: ask, verify, read back, and ask once more what was not kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from rewards import Behavior
from rlvr.data.similar import sketch, wording_of
from rlvr.data.synth.writer import prompts, verify
from rlvr.data.synth.writer.assignment import Assignment
from rlvr.data.synth.writer.verify import Rejection
from rlvr.sampler import NothingAnsweredError, completions_of

if TYPE_CHECKING:
    from rlvr.progress import Advance
    from rlvr.records.row import Row
    from rlvr.sampler import Completion, Request, Sampler

FALLBACKS = ("rule", "drop")
"""What becomes of a row that the model did not write: it keeps the rule's sentence, or is left out."""

BATCH = 128  # rows that are written at a time
MANY = 8  # so many requests that all fail are not bad luck
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_NO_ANSWER = Rejection("no answer")


@dataclass(frozen=True)
class Written:
    """One row and how it came about."""

    row: Row  # in the model's words where `is_written`, else as the rule drew it
    is_written: bool  # whether the model wrote it
    rejected: tuple[tuple[str, Rejection], ...] = ()  # the texts that were not kept, with the reasons, in their order


@dataclass
class Tally:
    """Count what was asked and kept.

    Attributes:
        n_written: rows that the model wrote.
        n_rows: all rows.
        reasons: why texts were not kept.
        n_requests, n_prompt_tokens, n_tokens: by the model that was asked, answers of an earlier run included.
    """

    n_written: int = 0
    n_rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    n_requests: Counter[str] = field(default_factory=Counter)
    n_prompt_tokens: Counter[str] = field(default_factory=Counter)
    n_tokens: Counter[str] = field(default_factory=Counter)

    def count(self, sampler: Sampler, completion: Completion) -> None:
        """Count one answer."""
        self.n_requests[sampler.name] += 1
        self.n_prompt_tokens[sampler.name] += completion.n_prompt_tokens
        self.n_tokens[sampler.name] += completion.n_tokens


@dataclass
class _Draft:
    """A row on its way: what has been written of it, and what was not kept."""

    assignment: Assignment
    persona: str
    request: str = ""
    reply: str = ""
    rejected: list[tuple[str, Rejection]] = field(default_factory=list)

    def reject(self, text: str, rejection: Rejection) -> None:
        self.rejected.append((text, rejection))
        self.request = self.reply = ""

    def kept(self, text: str | Rejection, mistake_in: Callable[[str, Assignment], Rejection | None]) -> str:
        """Return a text that passes its check; "" where it does not, and what is written of the row is dropped."""
        written, rejection = ("", text) if isinstance(text, Rejection) else (text, mistake_in(text, self.assignment))
        if rejection is None:
            return written
        self.reject(written, rejection)
        return ""

    @property
    def needs_reply(self) -> bool:
        return self.assignment.row.ground_truth.behavior is not Behavior.EXECUTE

    def row(self, writer: str) -> Row:
        row = self.assignment.row
        truth = verify.replied(row.ground_truth, self.reply) if self.needs_reply else row.ground_truth
        prompt = prompts.prompt_with(self.assignment, self.request)
        return replace(row, prompt=prompt, ground_truth=truth, extra_info={**row.extra_info, "writer": writer})


def write_rows(
    rows: Iterable[Row],
    writer: Sampler,
    reader: Sampler | None = None,
    *,
    attempts: int = 2,
    seed: int = 0,
    tally: Tally | None = None,
    progress: Advance | None = None,
) -> Iterator[Written]:
    """Yield every row in order, in the writer's words where these passed all checks.

    Args:
        rows: rows with a rule's sentence.
        writer: the model that writes.
        reader: a second model, which has to read each request that expects calls into just these; None asks none.
        attempts: how often a row is written before the rule's sentence stays.
        seed: of the personas.
        tally: counts as it goes.
        progress: called with the number of rows that are done, and how many were kept.

    Raises:
        UserError: a model cannot be asked, or answers nothing of what one batch asks.
    """
    work = _Work(writer, reader, tally or Tally())
    remaining = iter(rows)
    index = 0
    while batch := list(islice(remaining, BATCH)):
        drafts = []
        for row in batch:
            drafts.append(_Draft(Assignment(row), Random(f"persona/{seed}/{index}").choice(prompts.PERSONAS)))
            index += 1
        for attempt in range(attempts):
            work.write([draft for draft in drafts if not draft.request], attempt)
        for draft in drafts:
            written = work.finished(draft)
            if progress is not None:
                progress(1, f"{work.tally.n_written} kept")
            yield written


@dataclass
class _Work:
    writer: Sampler
    reader: Sampler | None
    tally: Tally
    sketches: set[tuple[int, ...]] = field(default_factory=set)
    wordings: set[str] = field(default_factory=set)

    def write(self, drafts: Sequence[_Draft], attempt: int) -> None:
        """Have the drafts written once: the request, the reply where one is expected, and the second reading."""
        if not drafts:
            return
        asked = [prompts.request_for(draft.assignment, draft.persona, attempt) for draft in drafts]
        for draft, text in zip(drafts, self._texts(asked), strict=True):
            draft.request = draft.kept(text, verify.mistake_in_request)
        replying = [draft for draft in drafts if draft.request and draft.needs_reply]
        asked = [prompts.reply_for(draft.assignment, draft.request, attempt) for draft in replying]
        for draft, text in zip(replying, self._texts(asked), strict=True):
            draft.reply = draft.kept(text, verify.mistake_in_reply)
        self._read_back([draft for draft in drafts if draft.request and not draft.needs_reply])
        for draft in drafts:
            self._drop_repeats(draft)

    def finished(self, draft: _Draft) -> Written:
        self.tally.n_rows += 1
        self.tally.reasons.update(rejection.kind for _, rejection in draft.rejected)
        if not draft.request:
            return Written(draft.assignment.row, is_written=False, rejected=tuple(draft.rejected))
        self.tally.n_written += 1
        return Written(draft.row(self.writer.name), is_written=True, rejected=tuple(draft.rejected))

    def _read_back(self, drafts: Sequence[_Draft]) -> None:
        if self.reader is None or not drafts:
            return
        asked = [prompts.reading_of(draft.assignment, draft.request) for draft in drafts]
        for draft, completions in zip(drafts, self._answers(self.reader, asked), strict=True):
            if not completions:
                draft.reject(draft.request, Rejection("not read back"))
                continue
            self.tally.count(self.reader, completions[0])
            if not verify.reads_as_expected(completions[0].scored, draft.assignment):
                draft.reject(draft.request, Rejection("read otherwise", str(completions[0].scored)[:200]))

    def _drop_repeats(self, draft: _Draft) -> None:
        """A text that is nearly one before it, or worded just like one but for its values, is not kept."""
        if not draft.request:
            return
        words = sketch(draft.request)
        wording = f"{wording_of(draft.row(''))}\n{draft.reply}"
        if words in self.sketches or wording in self.wordings:
            draft.reject(draft.request, Rejection("near-duplicate"))
            return
        self.sketches.add(words)
        self.wordings.add(wording)

    def _answers(self, sampler: Sampler, requests: Sequence[Request]) -> list[list[Completion] | None]:
        """Ask; a few requests that all fail are none answered, many mean that the model is gone."""
        try:
            return completions_of(sampler, requests)
        except NothingAnsweredError:
            if len(requests) >= MANY or not self.tally.n_requests[sampler.name]:
                raise
            return [None] * len(requests)

    def _texts(self, requests: Sequence[Request]) -> Iterator[str | Rejection]:
        for completions in self._answers(self.writer, requests):
            if not completions:
                yield _NO_ANSWER
                continue
            (completion,) = completions
            self.tally.count(self.writer, completion)
            yield Rejection("too long", "cut at the limit") if completion.is_truncated else _bare(completion.text)


def _bare(text: str) -> str:
    """The text without thoughts, and without quotation marks around the whole."""
    text = _THOUGHT.sub("", text).strip()
    is_quoted = len(text) > 1 and text[0] in '"“' and text[-1] in '"”' and not re.search('["“”]', text[1:-1])
    return text[1:-1].strip() if is_quoted else text
