"""What a user can get wrong about a model and its machine, looked at before torch is loaded."""

from __future__ import annotations

import difflib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr.errors import UserError
from rlvr.policy.gguf import check_gguf, is_gguf
from rlvr.policy.packaged import PACKAGED, folder_of

if TYPE_CHECKING:
    from rlvr.config import HardwareConfig, ModelConfig

TINY = "tiny"
"""`model.path` of the embedded policy."""

# What Linux shows of an accelerator: NVIDIA, AMD, WSL, Intel and other GPUs, TPUs and NPUs.
_ACCELERATORS = ("nvidia[0-9]*", "nvidiactl", "kfd", "dxg", "dri/render*", "accel*", "davinci*", "vfio/[0-9]*")


def check_model(model: ModelConfig) -> None:
    """Check that local files exist and that the libraries which the model needs are installed.

    Raises:
        UserError: a folder or a file that is not there, or a library that is not installed.
    """
    if model.endpoint is None and model.path in PACKAGED:
        folder_of(model.path)
    if model.endpoint is None and is_local(model.path) and not Path(model.path).exists():
        raise UserError(f"model.path: {_absent(model.path)}; give a folder, a model on the hub, or '{TINY}'")
    if model.endpoint is None and is_gguf(model.path):
        check_gguf(model)
    if model.chat_template is not None and not Path(model.chat_template).is_file():
        raise UserError(f"model.chat_template: {_absent(model.chat_template)}; give a Jinja file")
    if model.quantization is not None and importlib.util.find_spec("bitsandbytes") is None:
        raise UserError(
            f"model.quantization: {model.quantization} needs bitsandbytes; install it with `pip install "
            "'rlvr[qlora]'`, or set model.quantization=null"
        )


def check_hardware(hardware: HardwareConfig) -> None:
    """Check that a GPU that is asked for can be there: on Linux, where nothing in /dev is one, there is none.

    Raises:
        UserError: `hardware.use_cpu=false` on a machine without an accelerator.
    """
    if hardware.use_cpu is not False or sys.platform != "linux":
        return
    if not any(next(Path("/dev").glob(pattern), None) for pattern in _ACCELERATORS):
        raise no_accelerator()


def no_accelerator() -> UserError:
    """Return the line for a GPU that is asked for where there is none."""
    return UserError("hardware.use_cpu: false asks for a GPU, and this machine has none; use hardware=auto or cpu")


def is_local(path: str) -> bool:
    """Tell whether a model's path cannot be a name on the hub, which is `name` or `owner/name`."""
    parts = Path(path).parts
    if path == TINY or not parts:
        return False
    return path.startswith((".", "/", "~")) or len(parts) > 2 or (len(parts) == 2 and Path(parts[0]).is_dir())


def _absent(name: str) -> str:
    """Return a path that is not there, with the nearest of its neighbors."""
    path = Path(name)
    neighbors = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, neighbors, n=1)
    return f"{name}: no such file or folder" + (f" (near it is {path.parent / near[0]})" if near else "")
