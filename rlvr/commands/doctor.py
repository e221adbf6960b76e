"""`rlvr doctor`: is everything here that a run needs, and can the model be trained to call tools?"""

from __future__ import annotations

import importlib.metadata as metadata
import os
import platform
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from rlvr.commands.composed import with_config
from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlvr.config import Config

Line = tuple[bool, str, str]
"""Whether it is fine, what was looked at, what was found."""

OPTIONAL = {
    "vllm": "candidates are generated with transformers",
    "bitsandbytes": "no QLoRA (model.quantization)",
    "flash-attn": "no packing of rows in SFT",
}
"""Packages that a run can do without, and what it does without them."""


def run(arguments: list[str]) -> None:
    """Look at the installation, the machine, and the model that the arguments name."""
    with_config(_doctor, "config", arguments)


def _doctor(config: Config) -> None:
    lines = [*_packages(), *_machine()]
    trouble: UserError | None = None
    try:
        lines += _model(config)
    except UserError as error:
        trouble = error
    width = max(len(what) for _, what, _ in lines)
    for is_fine, what, found in lines:
        print(f"{'ok' if is_fine else '! '}  {what:<{width}}  {found}")
    if trouble is not None:
        raise trouble
    wrong = sum(not is_fine for is_fine, _, _ in lines)
    print("everything is in order" if not wrong else f"{wrong} of these deserve a look (marked with !)")


def _packages() -> Iterator[Line]:
    yield True, "python", platform.python_version()
    try:
        required = [Requirement(line) for line in metadata.requires("rlvr") or ()]
    except metadata.PackageNotFoundError:
        yield False, "rlvr", "not installed: run from a checkout, whose versions are not checked; pip install -e ."
        required = []
    for requirement in required:
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = _version(requirement.name)
        wanted = str(requirement.specifier) or "any version"
        if found is None:
            yield False, requirement.name, f"missing; needed is {wanted}"
        else:
            is_fine = requirement.specifier.contains(found, prereleases=True)
            yield is_fine, requirement.name, found if is_fine else f"{found}; needed is {wanted}"
    for name, without in OPTIONAL.items():
        found = _version(name)
        yield True, name, found or f"not installed: {without}"


def _machine() -> Iterator[Line]:
    import torch

    yield True, "processor", f"{os.cpu_count()} cores, torch uses {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            yield True, f"GPU {index}", f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    else:
        build = torch.version.cuda
        yield True, "GPU", "none" if build is None else f"none that torch, built for CUDA {build}, can use"


def _model(config: Config) -> Iterator[Line]:
    from rlvr.chat import prove
    from rlvr.policy.load import load_tokenizer
    from rlvr.quiet import quiet_libraries

    with quiet_libraries():
        tokenizer, notes = load_tokenizer(config.model)
        yield True, "model", config.model.path
        for finding in prove(tokenizer, config.model.path):
            yield finding.is_fine, finding.check, finding.said
        for note in notes:
            if not note.startswith("marks of calls"):
                yield False, "chat template", note


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
