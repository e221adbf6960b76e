"""What a user can get wrong about a model and its machine, looked at before torch is loaded."""

from __future__ import annotations

import difflib
import importlib.util
import sys
from importlib.resources import files
from pathlib import Path

from rlvr.config import HardwareConfig, ModelConfig
from rlvr.errors import UserError
from rlvr.policy.gguf import check_gguf, is_gguf
from rlvr.policy.packaged import PACKAGED, folder_of

TINY = "tiny"
"""`model.path` of the embedded policy."""

# What Linux shows of an accelerator: NVIDIA, AMD, WSL, Intel and other GPUs, TPUs and NPUs.
_ACCELERATORS = ("nvidia[0-9]*", "nvidiactl", "kfd", "dxg", "dri/render*", "accel*", "davinci*", "vfio/[0-9]*")


def check_model(model: ModelConfig) -> None:
    """Check that local files exist and that the libraries which the model needs are installed.

    Raises:
        UserError: a folder or a file that is not there, or a library that is not installed.
    """
    if model.endpoint is None:
        _check_path(model)
    if model.chat_template is not None and not Path(model.chat_template).is_file():
        raise UserError(f"model.chat_template: {_absent(model.chat_template)}; give a Jinja file")
    if model.quantization is not None and importlib.util.find_spec("bitsandbytes") is None:
        raise UserError(
            f"model.quantization: {model.quantization} needs bitsandbytes; install it with `pip install "
            "'rlvr[qlora]'`, or set model.quantization=null"
        )


def _check_path(model: ModelConfig) -> None:
    """Check that a model can be where the path leads; a name on the hub is not asked for."""
    path = Path(model.path)
    if not model.path:
        raise UserError(f"model.path: is empty; {_PLACES}")
    if model.path in PACKAGED:
        folder_of(model.path)
    if is_local(model.path) and not path.exists():
        raise UserError(f"model.path: {_absent(model.path)}; {_PLACES}")
    if is_gguf(model.path):
        check_gguf(model)
    elif path.is_file():
        raise UserError(f"model.path: {model.path} is a file, and no GGUF file; {_PLACES}")
    elif model.path != TINY and path.is_dir() and not any(next(path.glob(mark), None) for mark in _MARKS_OF_MODELS):
        raise UserError(f"model.path: {model.path} is a folder without a model's config.json; {_PLACES}")


_PLACES = f"give a folder with a model, a run, a model's name on the hub, or '{TINY}'"
_MARKS_OF_MODELS = ("config.json", "adapter_config.json", "metrics.jsonl", "config.yaml", "final/*.json")


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


def is_on_hub(path: str) -> bool:
    """Tell whether a model's path is a name on the hub."""
    return path != TINY and path not in PACKAGED and not is_local(path)


def source_of(path: str) -> str:
    """Return what transformers loads: the embedded folder for "tiny", the cache's for a packaged model, a stage's
    policy for its folder, the last stage's for a run folder."""
    if path == TINY:
        return str(files("rlvr.policy") / TINY)
    if path in PACKAGED:
        return str(folder_of(path))
    folder = Path(path)
    if (folder / "final" / "config.json").exists() or (folder / "final" / "adapter_config.json").exists():
        return str(folder / "final")
    if not (folder / "metrics.jsonl").exists() or (folder / "config.json").exists():
        return path
    finals = sorted(folder.glob("*/final"), key=lambda final: final.stat().st_mtime)
    if not finals:
        raise UserError(f"model.path: the run {path} has no finished stage; go on with: rlvr train resume={path}")
    return str(finals[-1])


def _absent(name: str) -> str:
    """Return a path that is not there, with the nearest of its neighbors."""
    path = Path(name)
    neighbors = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, neighbors, n=1)
    return f"{name}: no such file or folder" + (f" (near it is {path.parent / near[0]})" if near else "")
