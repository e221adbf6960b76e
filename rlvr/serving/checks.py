"""What a user can get wrong about an export, looked at before torch is loaded."""

from __future__ import annotations

from pathlib import Path

from rewards.wire import FORMATS
from rlvr.config import DTYPES
from rlvr.errors import UserError, unknown
from rlvr.serving import manifest
from rlvr.serving.trained import WEIGHTS_AS_SAVED, Trained

LORA = ("merge", "keep")


def check(trained: Trained, out: Path, *, lora: str, dtype: str, parser: str | None, gguf: bool) -> None:
    """Check the options of an export before anything is loaded.

    Raises:
        UserError: see `export`.
    """
    if lora not in LORA:
        raise UserError(unknown("lora", lora, LORA))
    if dtype not in (WEIGHTS_AS_SAVED, *DTYPES):
        raise UserError(unknown("dtype", dtype, (WEIGHTS_AS_SAVED, *DTYPES)))
    if lora == "keep" and trained.adapter is None:
        raise UserError(f"lora: keep, and {trained.source} has no adapter: all weights were trained; use lora=merge")
    if lora == "keep" and dtype != WEIGHTS_AS_SAVED:
        raise UserError(f"dtype: {dtype} of an adapter that is kept; leave dtype out, or use lora=merge")
    if gguf and lora == "keep":
        raise UserError("gguf: an adapter that is kept has no weights to write; use lora=merge")
    check_parser(parser)
    check_folder(out, manifest.FILE)


def check_parser(parser: str | None) -> None:
    """Check that vLLM has a parser of this name, for whichever format.

    Raises:
        UserError: it has none.
    """
    parsers = sorted({name for form in FORMATS.values() for name in form.vllm})
    if parser is not None and parser not in parsers:
        raise UserError(unknown("parser", parser, parsers, place="vLLM has"))


def check_folder(out: Path, mark: str) -> None:
    """Check that an export may stand there: nothing does, or an earlier one, which holds a file of this name.

    Raises:
        UserError: something else stands there.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / mark).is_file()):
        raise UserError(f"out: {out} holds something else than an export; name a folder that is not there yet")
