"""`rlvr data synth writer.endpoint=URL`: the drawn rows in the words of a model that any server serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

from rlvr.data.synth.writer import Tally, Written
from rlvr.errors import UserError
from rlvr.evaluation.price import Price, price_of
from rlvr.files import JsonObject, writing_lines
from rlvr.progress import say, standard_console, task
from rlvr.records.row import Row
from rlvr.sampling.remembered import RememberingSampler


@dataclass(frozen=True)
class WriterOptions:
    """Who writes, who reads back, and what becomes of what is not kept."""

    endpoint: str | None = None
    """Any server that speaks OpenAI's chat completions, such as http://localhost:8000/v1."""
    model: str | None = None
    """Its model; null is the one that it serves."""
    reader: str | None = None
    """A second server, whose model has to read each request for calls into just the calls drawn."""
    reader_model: str | None = None
    """Its model; null is the one that it serves."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key."""
    request: JsonObject = field(default_factory=dict)
    """Further fields of each request, such as writer.request.max_tokens=2000."""
    fallback: str = "rule"
    """Rows that are not written: rule keeps the rule's sentence, drop leaves them out."""
    attempts: int = 2
    """How often a row is written before that."""
    concurrency: int = 8
    """Requests to a server at once, as evaluation has it."""
    timeout_s: float = 120.0
    """As evaluation has it."""
    retries: int = 5
    """As evaluation has it."""
    prices: str | None = None
    """A price table, as evaluation.prices takes it."""


def written_rows(rows: Iterable[Row], n_rows: int, options: WriterOptions, out: Path, seed: int) -> Iterator[Row]:
    """Yield the rows as the writer words them; say at the end what was kept, what was not and why, and what it cost.

    Answers are kept beside `out` as they come, and the texts that were not used with their reasons.

    Raises:
        UserError: an option that cannot be, or a server that cannot be asked; the answers so far are kept.
    """
    from rlvr.data.synth.writer import Tally, write_rows
    from rlvr.sampling.remembered import going_on_from

    _check(options)
    console, tally = standard_console(), Tally()
    answers = out.with_suffix(".answers.jsonl")
    writer = _opened(options, "endpoint", "model", answers)
    reader = None if options.reader is None else _opened(options, "reader", "reader_model", answers)
    models = dict.fromkeys(sampler.name for sampler in (writer, reader) if sampler is not None)
    prices = {model: price_of(model, options.prices, "writer.prices") for model in models}
    with (
        going_on_from(answers, console),
        writing_lines(_rejected_file(out)) as note_rejected,
        task(console, "writing requests", n_rows) as shown,
    ):
        many = write_rows(
            rows, writer, reader, attempts=options.attempts, seed=seed, tally=tally, progress=shown.advance
        )
        for index, written in enumerate(many):
            for rejected in _rejected(index, written):
                note_rejected(rejected)
            if written.is_written or options.fallback == "rule":
                yield written.row
    for line in _summary(tally, options, out, prices):
        say(console, line)
    if options.fallback == "drop" and not tally.n_written:
        raise UserError(f"writer.fallback=drop: none of the {tally.n_rows:,} rows passed; {_where_rejected(out)}")


def check_without_writer(options: WriterOptions) -> None:
    """Check that nothing is asked of a writer where there is none.

    Raises:
        UserError: names the option.
    """
    for each in fields(options):
        value = getattr(options, each.name)
        if value and value != getattr(WriterOptions(), each.name):
            raise UserError(
                f"writer.{each.name}: no model writes without writer.endpoint=URL; add it, or leave this out"
            )


def _check(options: WriterOptions) -> None:
    from rlvr.data.synth.writer import FALLBACKS

    if options.fallback not in FALLBACKS:
        raise UserError(f"writer.fallback: {options.fallback!r} is not one of: {', '.join(FALLBACKS)}")
    for name in ("attempts", "concurrency", "timeout_s"):
        if not getattr(options, name) > 0:
            raise UserError(f"writer.{name}: {getattr(options, name)} is not above 0")
    if options.retries < 0:
        raise UserError(f"writer.retries: {options.retries} is not at least 0")


def _opened(options: WriterOptions, place: str, model: str, answers: Path) -> RememberingSampler:
    from rlvr.sampling.endpoint import Endpoint
    from rlvr.sampling.remembered import RememberingSampler

    endpoint = Endpoint.open(
        getattr(options, place),
        getattr(options, model),
        model_option=f"writer.{model}",
        option=f"writer.{place}",
        api_key_env=options.api_key_env,
        request=options.request,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        retries=options.retries,
    )
    return RememberingSampler(endpoint, answers)


def _where_rejected(out: Path) -> str:
    return f"the texts and why not are in {_rejected_file(out)}"


def _rejected_file(out: Path) -> Path:
    return out.with_suffix(".rejected.jsonl")


def _rejected(index: int, written: Written) -> Iterator[JsonObject]:
    for text, rejection in written.rejected:
        yield {"row": index, "kind": written.row.extra_info.get("kind"), "reason": str(rejection), "text": text}


def _summary(tally: Tally, options: WriterOptions, out: Path, prices: dict[str, Price | None]) -> Iterator[str]:
    others = tally.n_rows - tally.n_written
    fate = "are left out" if options.fallback == "drop" else "keep the rule's sentence"
    yield f"{tally.n_written:,} of {tally.n_rows:,} rows are written by the model; {others:,} {fate}"
    if tally.reasons:
        reasons = ", ".join(f"{kind} {count:,}" for kind, count in tally.reasons.most_common())
        yield f"texts not kept: {reasons}; {_where_rejected(out)}"
    for model, n_requests in tally.n_requests.items():
        n_prompt_tokens, n_tokens = tally.n_prompt_tokens[model], tally.n_tokens[model]
        line = f"{model}: {n_requests:,} answers, {n_prompt_tokens:,} prompt tokens and {n_tokens:,} written"
        if price := prices[model]:
            line += f", cost {price.of_tokens(n_prompt_tokens, n_tokens):.4f}"
        yield line
