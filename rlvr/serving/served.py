"""How a policy on disk is served: its manifest, its tokenizer, and the template file that a server shall read."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from rlvr.chat import chat_format
from rlvr.config import DTYPES
from rlvr.errors import UserError, unknown
from rlvr.policy.load import load_tokenizer
from rlvr.serving import manifest
from rlvr.serving.manifest import TEMPLATE_FILE, Manifest
from rlvr.serving.trained import WEIGHTS_AS_SAVED, Trained


@dataclass(frozen=True)
class Served:
    """A policy, ready to be served.

    Args:
        folder: what the server loads: a folder, or a name on the hub.
        manifest: how.
        tokenizer: the policy's, with the template that it was trained with.
        template: the file of that template.
    """

    folder: str
    manifest: Manifest
    tokenizer: PreTrainedTokenizerBase
    template: Path


def of_tokenizer(
    tokenizer: PreTrainedTokenizerBase,
    name: str,
    dtype: str,
    parser: str | None = None,
    *,
    base: str | None = None,
    rank: int | None = None,
) -> Manifest:
    """Return how the policy of this tokenizer is served."""
    spoken = chat_format(tokenizer)
    stops = (spoken.stop, spoken.call_stop)
    return manifest.manifest(name, spoken.wire, stops, dtype, parser=parser, base=base, rank=rank)


def served(trained: Trained, *, name: str | None = None, dtype: str | None = None, parser: str | None = None) -> Served:
    """Return how a policy is served.

    Args:
        trained: the policy.
        name, dtype, parser: where they shall not be what an export's serve.json or the policy itself says.

    Raises:
        UserError: an adapter that has not been exported, or an option that is none.
    """
    if dtype is not None and dtype not in DTYPES:
        raise UserError(unknown("dtype", dtype, DTYPES))
    exported = manifest.read(Path(trained.source))
    if exported is None and trained.is_adapter_alone:
        raise UserError(
            f"{trained.path} is an adapter alone; export it first: rlvr export {trained.path} out=exported "
            "(lora=keep leaves it an adapter)"
        )
    tokenizer, _ = load_tokenizer(trained.model_config())
    if exported is None:
        described = of_tokenizer(tokenizer, trained.name, _dtype_of(trained.source), parser)
    else:
        described = of_tokenizer(
            tokenizer,
            exported.name,
            exported.dtype,
            parser or exported.vllm_parser,
            base=exported.base,
            rank=exported.rank,
        )
    chosen = replace(described, name=name or described.name, dtype=dtype or described.dtype)
    return Served(trained.source, chosen, tokenizer, _template_file(trained.source, str(tokenizer.chat_template)))


def _dtype_of(source: str) -> str:
    """Return the number type of a folder's weights; `auto` where its config does not name it."""
    path = Path(source) / "config.json"
    if not path.is_file():
        return WEIGHTS_AS_SAVED
    config = json.loads(path.read_text(encoding="utf-8"))
    inner = config.get("text_config") or {}
    named = config.get("dtype") or config.get("torch_dtype") or inner.get("dtype") or inner.get("torch_dtype")
    return named if named in DTYPES else WEIGHTS_AS_SAVED


def _template_file(source: str, template: str) -> Path:
    """Return the file of a template: the folder's own, or one written for it where rlvr has completed that one."""
    own = Path(source) / TEMPLATE_FILE
    if own.is_file() and own.read_text(encoding="utf-8") == template:
        return own
    digest = hashlib.sha256(template.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"rlvr-template-{digest}.jinja"
    path.write_text(template, encoding="utf-8")
    return path
