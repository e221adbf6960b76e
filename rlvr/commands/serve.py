"""`rlvr serve`: a trained policy behind OpenAI's API, and the proof that it calls there as it was evaluated."""

from __future__ import annotations

import ipaddress
import os
import shlex
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr import config
from rlvr.commands.arguments import read_words
from rlvr.errors import RunError, UserError, unknown
from rlvr.progress import say, standard_console, task, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from rlvr.progress import Task
    from rlvr.records.row import Row
    from rlvr.serving.answers import Answer, Asking
    from rlvr.serving.check import Compared, Offline, Outcome
    from rlvr.serving.served import Served
    from rlvr.serving.server import Installation, Server
    from rlvr.serving.trained import Trained

HELP = """\
usage: rlvr serve RUN [option=value] [--check [ROWS.jsonl]] [--dry-run] [--vllm-flag ...]

Start vLLM on a trained policy: with the tool parser of its wire format, its chat template and its number type. The
exact command is shown first, with SGLang's; Ctrl-C ends it. From the first flag on that is not rlvr's, everything goes
to vLLM, as in --max-model-len 4096.

  RUN  a run's folder, an exported folder, or that of a stage or a model

--check asks the server for the rows of a file, plain and streamed, and holds each answer against what the policy does
offline. Without a file it takes the rows that the run has evaluated the policy on. It shows why rows differ, and ends
with exit code 1 where more differ than may.

--dry-run only shows the commands.
"""
DRY_RUN, CHECK = "--dry-run", "--check"
NOW, RECORDED = "now", "recorded"
KEY_VARIABLE = "VLLM_API_KEY"
"""The environment variable from which vLLM's server takes its key."""
MOST_SHOWN = 5
"""Rows that differ and are shown; `out` holds all of them."""


@dataclass(frozen=True)
class ServeOptions:
    """The options of `rlvr serve`."""

    stage: str | None = None
    """Which of the run's policies: sft, dpo or grpo; null is the last."""
    host: str = "127.0.0.1"
    """The address to listen at."""
    port: int = 8000
    """The port to listen at."""
    name: str | None = None
    """What requests call the model; null is the run's name."""
    dtype: str | None = None
    """float32, bfloat16 or float16; null is as the weights are saved, but float32 on a CPU that is slow at bfloat16."""
    parser: str | None = None
    """vLLM's tool parser; null is the first one of the policy's format."""
    python: str | None = None
    """The environment that has vLLM, or its Python; null is rlvr's own, else that of RLVR_VLLM_VENV."""
    timeout_s: float = 600.0
    """How long the server may take to answer."""
    endpoint: str | None = None
    """With --check: a server that runs already, such as http://localhost:8000/v1."""
    rows: int | None = None
    """With --check: how many rows of each file; null is all."""
    offline: str = "now"
    """With --check, now: completed here, in the number type that is served; or recorded: as an evaluation's file
    (RUN/evaluations/STAGE/SET.jsonl) holds them."""
    max_differing: float = 0.01
    """With --check: the share of rows whose calls may differ."""
    out: str | None = None
    """With --check: a JSONL file for the rows that differ, with both texts."""


OPTIONS = ServeOptions


@dataclass
class _Request:
    """The command line, in parts."""

    path: str
    options: ServeOptions
    is_dry_run: bool = False
    is_check: bool = False
    check_file: Path | None = None
    for_vllm: list[str] = field(default_factory=list)


def run(arguments: list[str]) -> None:
    """Serve the policy that the arguments name until Ctrl-C, or check a server of it."""
    request = _read(arguments)
    if request.options.offline not in (NOW, RECORDED):
        raise UserError(unknown("offline", request.options.offline, (NOW, RECORDED)))
    console = standard_console()
    from rlvr.serving import checks, server, trained

    options = request.options
    policy = trained.find(request.path, options.stage)
    checks.check_parser(options.parser)
    if request.check_file is not None and not request.check_file.is_file():
        raise UserError(f"--check: {request.check_file}: no such file")
    vllm = None
    if options.endpoint is None and not request.is_dry_run:
        _check_public(request)
        vllm = server.installation(options.python)
        server.check_port(options.host, options.port)
    with waiting(console, "reading the policy"):
        from rlvr.quiet import quiet_libraries
        from rlvr.serving import served
    with quiet_libraries():
        shown = served.served(policy, name=options.name, dtype=options.dtype, parser=options.parser)
    if options.dtype is None and vllm is not None and vllm.is_cpu:
        shown = _fast_on_this_cpu(shown, console)
    if request.is_check and not request.is_dry_run:
        _check(request, policy, shown, vllm, console)
        return
    command, environment = _commands(request, shown, vllm, console)
    if request.is_dry_run:
        return
    with _started(request, command, environment, console) as running:
        say(console, f"serving {shown.manifest.name} at {running.url}; Ctrl-C ends it")
        running.wait()


def _fast_on_this_cpu(shown: Served, console: Console) -> Served:
    """Return how the policy is served: in float32 where this processor has no instructions for its bfloat16."""
    from rlvr.policy.precision import SLOW, bf16_slowdown

    if shown.manifest.dtype != "bfloat16" or bf16_slowdown() < SLOW:
        return shown
    say(
        console,
        f"note: this processor multiplies bfloat16 {bf16_slowdown():.0f} times slower than float32, so the policy is "
        "served in float32; dtype=bfloat16 serves it as it is saved",
    )
    return replace(shown, manifest=replace(shown.manifest, dtype="float32"))


def _read(arguments: list[str]) -> _Request:
    """Take the command line apart: from the first flag on that is not rlvr's, all is vLLM's.

    Raises:
        UserError: no run is named, or an option is none.
    """
    for_rlvr: list[str] = []
    is_dry_run, is_check, check_file = False, False, None
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == DRY_RUN:
            is_dry_run = True
        elif argument == CHECK or argument.startswith(f"{CHECK}="):
            is_check = True
            named = argument.partition("=")[2]
            if not named and left and _is_rows(left[0]):
                named = left.pop(0)
            check_file = Path(named) if named else None
        elif argument == "--":
            break
        elif argument.startswith("-"):
            _check_order(argument, left)
            left = [argument, *left]
            break
        else:
            for_rlvr.append(argument)
    (path,), options = read_words(ServeOptions, for_rlvr, "RUN")
    if not is_check and (alone := _of_check(options)):
        raise UserError(f"{alone}: goes with --check, which asks a server for rows; add --check, or leave {alone} out")
    return _Request(path, options, is_dry_run, is_check, check_file, left)


def _of_check(options: ServeOptions) -> str | None:
    """Return an option that was set and that only a check reads."""
    plain = ServeOptions()
    for name in ("endpoint", "rows", "offline", "max_differing", "out"):
        if getattr(options, name) != getattr(plain, name):
            return name
    return None


def _check_order(flag: str, after: list[str]) -> None:
    """Check that no option of rlvr's stands among what goes to vLLM, which would take it for its model's name."""
    names = ServeOptions.__dataclass_fields__
    for argument in after:
        if argument.partition("=")[0] in names and "=" in argument:
            raise UserError(f"{argument} stands after {flag}, from where on all goes to vLLM; put it before {flag}")


def _check_public(request: _Request) -> None:
    """Raise UserError where everybody who reaches this machine would be answered."""
    host = request.options.host
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    has_key = os.environ.get(KEY_VARIABLE) or any(flag.partition("=")[0] == "--api-key" for flag in request.for_vllm)
    if not is_loopback and not has_key:
        raise UserError(
            f"host: at {host} it would answer everybody who reaches this machine; set {KEY_VARIABLE} to a key that "
            "requests must then bring, or listen at 127.0.0.1"
        )


def _is_rows(argument: str) -> bool:
    return not argument.startswith("-") and Path(argument).suffix in (".jsonl", ".json", ".gz", ".parquet")


def _commands(
    request: _Request, shown: Served, vllm: Installation | None, console: Console
) -> tuple[list[str], dict[str, str]]:
    """Show the servers' commands, and what they cannot read; return vLLM's, with its environment."""
    options, manifest = request.options, shown.manifest
    if vllm is not None:
        manifest = manifest.for_vllm(vllm.parsers)
    for warning in manifest.unread_by():
        say(console, f"note: {warning}")
    command = manifest.vllm_command(
        shown.folder,
        python="python" if vllm is None else vllm.python,
        host=options.host,
        port=options.port,
        lean=vllm is not None and vllm.is_cpu,
        template=str(shown.template),
    )
    command += request.for_vllm
    environment = {} if vllm is None else {k: v for k, v in vllm.environment.items() if k not in os.environ}
    set_first = "".join(f"{name}={value} " for name, value in environment.items())
    say(console, f"vllm: {set_first}{shlex.join(command)}")
    others = manifest.commands(shown.folder, host=options.host, port=options.port)
    say(console, f"sglang: {others['sglang']}")
    if manifest.gguf(shown.folder).is_file():
        say(console, f"llama.cpp: {others['llama.cpp']}")
    return command, environment


@contextmanager
def _started(request: _Request, command: list[str], environment: dict[str, str], console: Console) -> Iterator[Server]:
    from rlvr.serving import server

    options = request.options
    with ExitStack() as stack:
        with waiting(console, "starting vLLM"):
            running = stack.enter_context(
                server.running(command, environment, options.host, options.port, timeout_s=options.timeout_s)
            )
        say(console, f"vLLM answers after {running.seconds:.0f} s (its log: {running.log})")
        yield running


def _check(request: _Request, policy: Trained, shown: Served, vllm: Installation | None, console: Console) -> None:
    """Ask a server for every row and show how its answers compare.

    Raises:
        RunError: more rows differ than may.
    """
    from rlvr.serving.answers import Asking

    model = _model(request, shown)
    offline = _offline(request, policy, shown, console)
    if request.options.endpoint is not None:
        asking = Asking(request.options.endpoint.rstrip("/"), model, offline.most_tokens)
        outcome = _compared(asking, shown, offline, lambda: None, console)
    else:
        command, environment = _commands(request, shown, vllm, console)
        with _started(request, command, environment, console) as running:
            asking = Asking(running.url, model, offline.most_tokens)
            outcome = _compared(asking, shown, offline, running.check_alive, console)
    _report(request, shown, offline, outcome, console)


def _offline(request: _Request, policy: Trained, shown: Served, console: Console) -> Offline:
    from rlvr.quiet import quiet_libraries
    from rlvr.serving import offline
    from rlvr.serving.check import Offline

    options = request.options
    files = offline.recorded_files(policy) if request.check_file is None else [request.check_file]
    rows: list[Row] = []
    texts: list[str] = []
    most_tokens = 0
    for file in files:
        held = offline.read(file, options.rows)
        rows += held.rows
        texts += held.texts
        most_tokens = max(most_tokens, held.cut_at)
    most_tokens = most_tokens or _most_tokens(policy)
    named = ", ".join(file.name for file in files)
    if options.offline == RECORDED:
        if not texts:
            raise UserError(f"offline: {named} holds rows alone; leave out offline=recorded to complete them now")
        say(console, f"offline: {len(rows):,} recorded completions of {named}")
        return Offline(rows, texts, offline.recorded_dtype(policy), most_tokens)
    dtype = shown.manifest.dtype if shown.manifest.dtype in config.DTYPES else "bfloat16"
    with task(console, f"completing {named} offline in {dtype}", len(rows)) as progress, quiet_libraries():
        return offline.completed(policy, rows, dtype, most_tokens, progress.advance)


def _most_tokens(policy: Trained) -> int:
    return config.EvaluationConfig.max_new_tokens if policy.config is None else policy.config.evaluation.max_new_tokens


def _compared(
    asking: Asking, shown: Served, offline: Offline, check_alive: Callable[[], None], console: Console
) -> Outcome:
    from rlvr.serving.check import Checker, Outcome

    checker = Checker(shown.tokenizer, offline, shown.manifest.dtype)
    compared = {}
    for way in ("plain", "streamed"):
        with task(console, f"asking the server, {way}", len(offline.rows)) as progress:

            def done(answer: Answer, progress: Task = progress) -> None:
                if answer.problem is not None:
                    check_alive()
                progress.advance(1)

            stream = way == "streamed"
            try:
                asked = asking.for_server(stream=stream)
            except UserError:
                check_alive()
                raise
            compared[way] = checker.check(asked, stream=stream, on_done=done)
    return Outcome(compared)


def _model(request: _Request, shown: Served) -> str:
    """Return what requests call the model; a server that runs already is asked for it.

    Raises:
        UserError: it does not answer.
    """
    if request.options.endpoint is None:
        return shown.manifest.name
    from rlvr.sampling.endpoint import Endpoint

    return Endpoint.open(request.options.endpoint, request.options.name, option="endpoint", retries=0).model


def _report(request: _Request, shown: Served, offline: Offline, outcome: Outcome, console: Console) -> None:
    from rlvr.files import write_lines
    from rlvr.serving.check import Cause, mean_rewards

    console.print(outcome.table(f"{shown.manifest.name} served against offline"))
    reward = config.build_reward({"_target_": "rewards.Tiered"}, shown.manifest.wire)
    means = mean_rewards(reward, offline, outcome.compared["plain"])
    if means is not None:
        say(console, f"mean tool-call reward: offline {means[0]:.3f}, served {means[1]:.3f}")
    for way, row in outcome.differing[:MOST_SHOWN]:
        say(console, f"row {row.index + 1}, {way}: {row.cause}{_apart(row)}")
        say(console, f"  offline: {row.offline!r}")
        served = row.answer.problem or (row.answer.text if row.written is None else row.written)
        say(console, f"  served:  {served!r}")
        if row.cause is Cause.READ_OTHERWISE:
            say(console, f"  handed over: {row.handed_over}")
    if request.options.out is not None:
        write_lines(request.options.out, ({"way": way, **row.to_json()} for way, row in outcome.differing))
        say(console, f"wrote {request.options.out}: {len(outcome.differing)} differing rows")
    share = outcome.differing_share
    if share > request.options.max_differing:
        most = request.options.max_differing
        raise RunError(f"{share:.1%} of the rows are served with other calls, more than max_differing={most:g}")
    say(console, f"{1 - share:.1%} of the rows are served with the calls that were evaluated")


def _apart(row: Compared) -> str:
    """Say how much likelier the server's first other token is than the offline one."""
    if row.gap is None:
        return ""
    return f", {row.gap:.3f} nats apart" if isfinite(row.gap) else ", the offline token is not among the likeliest"
