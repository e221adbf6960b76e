"""What serves a policy: its wire format, the servers' parsers of it, their commands; an export's serve.json.

vLLM is started by its module, `python -m vllm.entrypoints.openai.api_server`: the command `vllm` looks up a package of
that name, which the builds for CPUs have not.
"""

from __future__ import annotations

import importlib.metadata as metadata
import json
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import rlvr
from rewards.wire import FORMATS
from rlvr.errors import UserError, unknown
from rlvr.files import JsonMapping, JsonObject
from rlvr.policy.gguf import SUFFIX
from rlvr.sampling.vllm import tried_versions

FILE = "serve.json"
TEMPLATE_FILE = "chat_template.jinja"
HOST = "127.0.0.1"
PORT = 8000
VLLM_MODULE = "vllm.entrypoints.openai.api_server"
_WORD = re.compile(r"[^\W_-][^\x00-\x1f\x7f]*|[_/.][^\x00-\x1f\x7f]*")
_VERSIONS = ("transformers", "tokenizers", "torch", "peft", "safetensors")


@dataclass(frozen=True)
class Manifest:
    """How a policy is served.

    Args:
        name: what requests call the model.
        wire: the wire format of its calls, a name in `rewards.wire.FORMATS`.
        stops: the texts that end a turn.
        dtype: the number type of the weights, which the server shall keep.
        vllm_parser, sglang_parser: the servers' parsers of the format; None where a server has none.
        base: for an adapter that is not merged, the model that it belongs on.
        rank: the adapter's rank.
        versions: of what wrote the folder.
    """

    name: str
    wire: str
    stops: tuple[str, ...]
    dtype: str
    vllm_parser: str | None
    sglang_parser: str | None
    base: str | None = None
    rank: int | None = None
    versions: dict[str, str] | None = None

    def vllm_arguments(
        self, folder: str, *, host: str = HOST, port: int = PORT, lean: bool = False, template: str | None = None
    ) -> list[str]:
        """Return what vLLM's server is called with.

        Args:
            folder: where the policy is.
            host: the address to listen at.
            port: the port to listen at.
            lean: no compilation and a small cache, as on a CPU.
            template: the file of the chat template; None takes the folder's.
        """
        arguments = [
            "--model",
            self.base or folder,
            "--served-model-name",
            f"{self.name}-base" if self.base else self.name,
        ]
        if self.base is not None:
            arguments += ["--enable-lora", "--lora-modules", f"{self.name}={folder}", "--max-lora-rank", str(self.rank)]
            arguments += ["--tokenizer", folder]
        arguments += ["--host", host, "--port", str(port), "--dtype", self.dtype]
        arguments += ["--chat-template", template] if template else _template(folder, "--chat-template")
        if self.vllm_parser is not None:
            arguments += ["--enable-auto-tool-choice", "--tool-call-parser", self.vllm_parser]
        if lean:
            arguments += ["--enforce-eager", "--kv-cache-memory-bytes", str(2**30), "--no-enable-chunked-prefill"]
        return arguments

    def vllm_command(self, folder: str, *, python: str = "python", **options: Any) -> list[str]:
        """Return the command that starts vLLM; the options are those of `vllm_arguments`."""
        return [python, "-m", VLLM_MODULE, *self.vllm_arguments(folder, **options)]

    def sglang_command(self, folder: str, *, host: str = HOST, port: int = PORT) -> list[str]:
        """Return the command that starts SGLang."""
        command = ["python", "-m", "sglang.launch_server", "--model-path", self.base or folder]
        command += ["--served-model-name", self.name, "--host", host, "--port", str(port), "--dtype", self.dtype]
        if self.base is not None:
            command += ["--tokenizer-path", folder, "--lora-paths", f"{self.name}={folder}"]
        command += _template(folder, "--chat-template")
        return command + (["--tool-call-parser", self.sglang_parser] if self.sglang_parser else [])

    def gguf(self, folder: str | Path) -> Path:
        """Return the GGUF file of the policy in a folder; an export holds it where it was asked for."""
        return Path(folder) / (self.name.replace("/", "-") + SUFFIX)

    def llama_cpp_command(self, folder: str, *, host: str = HOST, port: int = PORT) -> list[str]:
        """Return the command that starts llama.cpp's server, which tells the format from the template."""
        command = ["llama-server", "--model", str(self.gguf(folder)), "--alias", self.name]
        return [*command, "--host", host, "--port", str(port), "--jinja"]

    def commands(self, folder: str, *, host: str = HOST, port: int = PORT) -> dict[str, str]:
        """Return the servers' commands as lines for a shell."""
        lines = {
            "vllm": self.vllm_command(folder, host=host, port=port),
            "sglang": self.sglang_command(folder, host=host, port=port),
        }
        if self.base is None:
            lines["llama.cpp"] = self.llama_cpp_command(folder, host=host, port=port)
        return {server: shlex.join(command) for server, command in lines.items()}

    def for_vllm(self, parsers: Collection[str]) -> Manifest:
        """Return the same for a vLLM that has these parsers: the first of the format's that it has, or none."""
        if not parsers or self.vllm_parser in parsers:
            return self
        there = (parser for parser in FORMATS[self.wire].vllm if parser in parsers)
        return replace(self, vllm_parser=next(there, None))

    def unread_by(self) -> Iterator[str]:
        """Yield what to tell of each server that has no parser of the format."""
        if self.vllm_parser is None:
            yield (
                f"vLLM has no parser for the format {self.wire}: it takes tools only with tool_choice=none in the "
                "request, and answers with calls as text, which rewards.wire.parse reads"
            )
        if self.sglang_parser is None:
            yield f"SGLang has no parser for the format {self.wire}: it answers with calls as text"

    def to_json(self, folder: str = ".") -> JsonObject:
        """Return what serve.json holds: the fields, and the commands as they are typed inside of the folder."""
        tried = {"vllm": tried_versions()}
        return {**asdict(self), "servers": tried, "commands": self.commands(folder)}


def manifest(
    name: str,
    wire: str,
    stops: Sequence[str],
    dtype: str,
    *,
    parser: str | None = None,
    base: str | None = None,
    rank: int | None = None,
) -> Manifest:
    """Return how a policy of a wire format is served.

    Args:
        name, wire, stops, dtype, base, rank: as in `Manifest`.
        parser: vLLM's parser, where it shall not be the first of the format's.

    Raises:
        UserError: the format has parsers in vLLM and this is none of them.
    """
    form = FORMATS[wire]
    if parser is not None and form.vllm and parser not in form.vllm:
        raise UserError(unknown(f"the parser of {wire}", parser, form.vllm, place="vLLM's parsers of the format are"))
    versions = {"rlvr": rlvr.__version__, **{package: metadata.version(package) for package in _VERSIONS}}
    return Manifest(
        name=name,
        wire=wire,
        stops=tuple(dict.fromkeys(stops)),
        dtype=dtype,
        vllm_parser=parser or next(iter(form.vllm), None),
        sglang_parser=next(iter(form.sglang), None),
        base=base,
        rank=rank,
        versions=versions,
    )


def read(folder: Path) -> Manifest | None:
    """Return what an exported folder's serve.json says; None where there is none.

    Raises:
        UserError: it is not one.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        fields = {name: plain[name] for name in Manifest.__dataclass_fields__}
        _check_words(fields)
        return Manifest(**{**fields, "stops": tuple(fields["stops"])})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: is no manifest of an exported policy ({error}); export it again") from None


def _check_words(fields: JsonMapping) -> None:
    """Raise ValueError for what is more than a value on a server's command line: the folder may be a stranger's."""
    for name in ("name", "wire", "dtype", "vllm_parser", "sglang_parser", "base"):
        word, may_be_absent = fields[name], name in ("vllm_parser", "sglang_parser", "base")
        if not (word is None and may_be_absent) and not (isinstance(word, str) and _WORD.fullmatch(word)):
            raise ValueError(f"{name} is {word!r:.80}")
    if fields["wire"] not in FORMATS:
        raise ValueError(unknown("wire", fields["wire"], FORMATS))
    if not isinstance(fields["rank"], int | None):
        raise ValueError(f"rank is {fields['rank']!r:.80}")


def _template(folder: str, flag: str) -> list[str]:
    path = Path(folder) / TEMPLATE_FILE
    return [flag, str(path)] if folder == "." or path.is_file() else []
