"""`rlvr launch`: rows to a service that fine-tunes, and its job watched until it ends."""

from __future__ import annotations

import importlib.util
import os
import shlex
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from rlvr.commands.arguments import read_words
from rlvr.errors import UserError
from rlvr.files import JsonObject
from rlvr.progress import say, standard_console

HELP = """\
usage: rlvr launch openai ROWS.jsonl model=NAME [option=value]
       rlvr launch openai job=ID

Fine-tune a model at OpenAI, or at any service that speaks its API: ROWS, or anything that `rlvr data import` reads,
become its file of conversations, which is uploaded; a job is created and watched until it ends. Ctrl-C leaves it
running; job=ID watches it again. The rows leave this machine, and the service sends a bill.
"""


@dataclass(frozen=True)
class LaunchOptions:
    """The options of `rlvr launch openai`."""

    model: str | None = None
    """The model to tune, such as gpt-4.1-nano-2025-04-14."""
    validation: str | None = None
    """Rows that the service evaluates on."""
    base_url: str | None = None
    """The service's address; null is OpenAI's."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable with its key."""
    suffix: str | None = None
    """What the tuned model's name shall hold."""
    seed: int | None = None
    """Of the job."""
    hyperparameters: JsonObject = field(default_factory=dict)
    """As the service takes them, such as 'hyperparameters={n_epochs: 2}'."""
    prices: str | None = None
    """A YAML file, {NAME: {training: 25.0}} for a million tokens: what it cost is shown at the end."""
    poll_s: float = 10.0
    """Seconds between two looks at the job."""
    job: str | None = None
    """A job that runs already, which is watched."""


OPTIONS = LaunchOptions


def run(arguments: list[str]) -> None:
    """Start the job that the arguments ask for, or find it, and watch it until it ends."""
    is_watching = any(argument.startswith("job=") for argument in arguments)
    paths, options = read_words(LaunchOptions, arguments, *(() if is_watching else ("ROWS.jsonl",)))
    if importlib.util.find_spec("openai") is None:
        raise UserError("rlvr launch openai needs the package openai: pip install 'rlvr[openai]'")
    from rlvr.evaluation.price import price_of
    from rlvr.serving import openai_tuning

    console = standard_console()
    price = price_of(options.model, options.prices) if options.model is not None else None
    service = openai_tuning.Service.open(options.base_url, os.environ.get(options.api_key_env), options.poll_s)
    job_id = options.job or _started(service, Path(paths[0]), options, console)
    job = service.watch(job_id, lambda line: say(console, f"{job_id}: {line}"))
    trained = f", {job.trained_tokens:,} tokens trained" if isinstance(job.trained_tokens, int) else ""
    say(console, f"tuned model: {job.fine_tuned_model}{trained}")
    if price is not None and trained:
        say(console, f"cost: {openai_tuning.cost(job, price.training):.2f} at {price.training:g} for a million tokens")
    address = str(service.client.base_url).rstrip("/")
    held_out = "data.evaluation.mine.path=held_out.jsonl"
    named = (f"model.path={job.fine_tuned_model}", f"model.endpoint={address}", held_out)
    say(console, f"next: {shlex.join(['rlvr', 'evaluate', *named])}")


def _started(service: Any, rows: Path, options: LaunchOptions, console: Console) -> str:
    """Write the rows as the service takes them, upload them, and create the job."""
    from rlvr.serving.openai_tuning import Order

    if options.model is None:
        raise UserError("model: name the model to tune, as in model=gpt-4.1-nano-2025-04-14")
    with tempfile.TemporaryDirectory() as folder:
        training = _written(rows, Path(folder) / "training.jsonl", console)
        validation = None
        if options.validation is not None:
            validation = _written(Path(options.validation), Path(folder) / "validation.jsonl", console)
        order = Order(options.model, options.suffix, options.seed, options.hyperparameters or None)
        job = service.start(order, training, validation)
    again = shlex.quote(f"job={job.id}")
    say(console, f"job {job.id} is {job.status}; watch it again with: rlvr launch openai {again}")
    return str(job.id)


def _written(source: Path, out: Path, console: Console) -> Path:
    from rlvr.data.formats import AUTO
    from rlvr.data.formats.importing import read_file
    from rlvr.data.formats.writing import WriteOptions, write_file

    summary, outcomes = read_file(str(source), AUTO)
    written = write_file(outcomes, out, "openai", WriteOptions(source=str(source)))
    left_out = summary.n_rejected + sum(written.left_out.values())
    without = f"; {left_out:,} left out, `rlvr data export` says why" if left_out else ""
    say(console, f"{source}: {written.rows:,} conversations{without}")
    return out
