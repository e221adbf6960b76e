"""`rlvr export`: a trained policy as a folder that loads and serves without rlvr."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr.commands.arguments import read_words
from rlvr.errors import UserError, unknown
from rlvr.progress import loading_libraries, say, standard_console, waiting

if TYPE_CHECKING:
    from rich.console import Console

    from rlvr.config import Config

HELP = """\
usage: rlvr export RUN out=FOLDER [option=value]

Write a trained policy as a folder that transformers, vLLM and SGLang load without rlvr: safetensors, tokenizer, chat
template as trained, generation config, a model card with what was measured, and serve.json with the servers' commands.

  RUN  a run's folder, or that of a stage, a checkpoint, an adapter or a model
"""


@dataclass(frozen=True)
class ExportOptions:
    """The options of `rlvr export`."""

    out: str = ""
    """The folder to write; it appears whole or not at all."""
    stage: str | None = None
    """Which of the run's policies: sft, dpo or grpo; null is the last."""
    lora: str = "merge"
    """merge, or keep: write the adapter alone."""
    dtype: str = "auto"
    """float32, bfloat16, float16, or auto: as saved."""
    name: str | None = None
    """What servers call it; null is the run's name."""
    parser: str | None = None
    """vLLM's tool parser; null is the first one of the policy's format."""
    gguf: bool = False
    """Also write NAME.gguf for llama.cpp and Ollama, with the chat template inside: of Llama, Qwen2 and Qwen3, and of
    others where LLAMA_CPP names the folder of llama.cpp."""
    push: str | None = None
    """OWNER/NAME: then upload it to the model hub, into a private repository where there is none."""
    register: str | None = None
    """A model's name: then add it to MLflow's registry (MLFLOW_TRACKING_URI, or the local one) with its signature."""
    format: str = "hf"
    """hf; or the run's experiment for another trainer: sagemaker, its reward as a Lambda that runs as it is, and rows;
    verl, its rows, reward, configuration and launch script."""


FORMATS = ("hf", "sagemaker", "verl")
_OTHER_FORMATS = {
    "gguf": "; gguf=true writes a GGUF file beside the folder's",
    **dict.fromkeys(("openai", "trl"), "; rows are written by rlvr data export FILE format=NAME out=FILE"),
}
OPTIONS = ExportOptions


def run(arguments: list[str]) -> None:
    """Write the folder that the arguments ask for, and say what serves it."""
    (path,), options = read_words(ExportOptions, arguments, "RUN")
    if not options.out:
        raise UserError(f"out: name the folder to write, as in rlvr export {path} out=exported")
    if options.format not in FORMATS:
        hint = _OTHER_FORMATS.get(options.format, "")
        raise UserError(unknown("format", options.format, FORMATS) + hint)
    console = standard_console()
    if options.format != "hf":
        _export_experiment(path, options.format, Path(options.out), console)
        return
    if options.push is not None and options.push.count("/") != 1:
        raise UserError(f"push: {options.push!r} is not OWNER/NAME")
    from rlvr.serving import checks, trained

    policy, out = trained.find(path, options.stage), Path(options.out)
    checks.check(policy, out, lora=options.lora, dtype=options.dtype, parser=options.parser, gguf=options.gguf)
    if options.register is not None:
        from rlvr.serving import registry

        registry.check()
    with loading_libraries(console, "PyTorch"):
        from rlvr.quiet import quiet_libraries
        from rlvr.serving import export
    with waiting(console, f"exporting {policy.source}"), quiet_libraries():
        served = export.export(
            policy,
            out,
            lora=options.lora,
            dtype=options.dtype,
            name=options.name,
            parser=options.parser,
            gguf=options.gguf,
        )
    megabytes = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 1e6
    say(console, f"wrote {out} ({megabytes:,.1f} MB, {served.dtype}, calls in the format {served.wire})")
    for warning in served.unread_by():
        say(console, f"note: {warning}")
    for server, command in served.commands(str(out)).items():
        if server != "llama.cpp" or options.gguf:
            say(console, f"{server}: {command}")
    if options.push is not None:
        with waiting(console, f"uploading to {options.push}"):
            address = export.push(out, options.push)
        say(console, f"pushed to {address}")
    if options.register is not None:
        with waiting(console, f"registering {options.register}"):
            version = registry.register(out, policy, served, options.register)
        say(console, f"registered as {version}")


def _export_experiment(path: str, form: str, out: Path, console: Console) -> None:
    from rlvr.serving.experiment import experiment

    run, config = experiment(path, form)
    with loading_libraries(console, "PyTorch"):
        from rlvr.serving import checks, sagemaker, verl
    checks.check_folder(out, sagemaker.ZIP if form == "sagemaker" else verl.CONFIG)
    if form == "sagemaker":
        _export_for_sagemaker(config, out, console)
        return
    with waiting(console, f"exporting {path}"):
        exported = verl.export(run, config, out)
    say(console, f"wrote {out}: {', '.join(exported.files)}; start it with: bash {out / verl.LAUNCH}")
    for note in exported.notes:
        say(console, f"note: {note}")


def _export_for_sagemaker(config: Config, out: Path, console: Console) -> None:
    from rlvr.chat import chat_format
    from rlvr.policy.load import load_tokenizer
    from rlvr.serving import sagemaker

    tokenizer, _ = load_tokenizer(config.model)
    files = sagemaker.export(config, chat_format(tokenizer).wire, out)
    handler = f"{sagemaker.HANDLER}.lambda_handler"
    say(console, f"wrote {out}: {', '.join(files)}; the Lambda's handler {handler}, its README.md says the rest")
