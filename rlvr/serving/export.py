"""A trained policy as a folder that transformers and servers load without rlvr: whole, or not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from rlvr.errors import RunError, UserError
from rlvr.policy.load import load_policy, load_tokenizer
from rlvr.serving import card, checks, gguf_file, manifest
from rlvr.serving.manifest import Manifest
from rlvr.serving.served import of_tokenizer
from rlvr.serving.trained import ADAPTER_FILE, WEIGHTS_AS_SAVED, Trained
from rlvr.training.checkpoint import MANIFEST, save_whole

_ADAPTER_FILES = (ADAPTER_FILE, "adapter_model.safetensors")


def export(
    trained: Trained,
    out: Path,
    *,
    lora: str = "merge",
    dtype: str = WEIGHTS_AS_SAVED,
    name: str | None = None,
    parser: str | None = None,
    gguf: bool = False,
) -> Manifest:
    """Write a policy to a folder, with its tokenizer, template, generation config, model card and serve.json.

    Args:
        trained: the policy.
        out: the folder; an earlier export there is replaced once the new one is whole.
        lora: `merge` a LoRA adapter into its base, or `keep` it an adapter.
        dtype: the weights' number type; `auto` keeps theirs.
        name: what to serve it as; None takes the run's.
        parser: vLLM's tool parser, where it shall not be the format's first.
        gguf: write it as a GGUF file, too.

    Returns:
        What serve.json says.

    Raises:
        UserError: an option that is none, a folder with other things in it, an adapter to keep where there is none, or
            a policy that cannot be loaded.
        RunError: the disk is full or cannot be written; what stood there is still there.
    """
    checks.check(trained, out, lora=lora, dtype=dtype, parser=parser, gguf=gguf)
    served_as = name or trained.name
    if lora == "keep":
        return _export_adapter(trained, out, served_as, parser)
    policy = load_policy(trained.model_config(dtype))
    dtype_served = str(policy.model.dtype).removeprefix("torch.")
    served = of_tokenizer(policy.tokenizer, served_as, dtype_served, parser)
    if gguf:
        gguf_file.check(policy)

    def write(folder: Path) -> None:
        policy.save(folder)
        if gguf:
            gguf_file.write(policy, served.gguf(folder), served.name, served.dtype)
        _write_papers(folder, trained, served)

    save_whole(out, write)
    return served


def push(folder: Path, repository: str) -> str:
    """Upload an exported folder to the model hub, to a private repository where there is none yet.

    Args:
        folder: the export.
        repository: OWNER/NAME.

    Returns:
        The address.

    Raises:
        UserError: not a repository's name.
        RunError: the hub cannot be reached or refuses it; the folder stays as it is.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    api = HfApi()
    try:
        api.create_repo(repository, private=True, exist_ok=True)
        commit = api.upload_folder(repo_id=repository, folder_path=folder, ignore_patterns=[MANIFEST])
    except HFValidationError as error:
        raise UserError(f"push: {repository!r} is no repository's name, OWNER/NAME: {_first_line(error)}") from None
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx2.HTTPError, OSError) as error:
        reason = f"{_first_line(error)}; {folder} is whole, and `hf auth login` then push again may help"
        raise RunError(f"push: {repository}: the hub did not take it: {reason}") from None
    return str(commit.repo_url)


def _export_adapter(trained: Trained, out: Path, name: str, parser: str | None) -> Manifest:
    """Write the adapter as it was trained, with the tokenizer and template that go with it."""
    from peft import PeftConfig

    adapter = trained.adapter
    if adapter is None:
        raise ValueError("no adapter")
    declared = PeftConfig.from_pretrained(str(adapter))
    tokenizer, _ = load_tokenizer(trained.model_config())
    dtype = trained.config.model.dtype if trained.config is not None else WEIGHTS_AS_SAVED
    base = str(declared.base_model_name_or_path)
    served = of_tokenizer(tokenizer, name, dtype, parser, base=base, rank=int(getattr(declared, "r", 16)))

    def write(folder: Path) -> None:
        for file in _ADAPTER_FILES:
            shutil.copyfile(adapter / file, folder / file)
        tokenizer.save_pretrained(folder)
        _write_papers(folder, trained, served)

    save_whole(out, write)
    return served


def _write_papers(folder: Path, trained: Trained, served: Manifest) -> None:
    (folder / card.FILE).write_text(card.text(trained, served), encoding="utf-8")
    plain = json.dumps(served.to_json(), indent=2, ensure_ascii=False)
    (folder / manifest.FILE).write_text(plain + "\n", encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)  # weights are saved for their owner alone, and servers run as others


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
