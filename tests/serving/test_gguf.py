"""An exported GGUF file holds the policy: read back by transformers, it has the same logits, tokens and template."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from rewards import Toolset, wire
from rlvr.chat import render_prompt
from rlvr.cli import main
from rlvr.config import ModelConfig
from rlvr.data.synth import synthesize
from rlvr.policy import packaged
from rlvr.policy.gguf import unpacked
from rlvr.policy.load import load_policy, load_tokenizer
from rlvr.sampling.endpoint import tools_of
from rlvr.sampling.hf import completions
from rlvr.serving import export, gguf_file
from rlvr.serving.trained import find

gguf = pytest.importorskip("gguf")
N_CHECKED = 8
SHAPE = {
    "vocab_size": 1100,  # more rows than tokens, as padded embeddings have
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}


def small(folder: Path, kind: str) -> str:
    """A random model of an architecture with the embedded policy's tokenizer."""
    torch.manual_seed(0)
    if kind == "llama":
        model = LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=False, rope_theta=5e5))
    else:
        model = Qwen2ForCausalLM(Qwen2Config(**SHAPE, tie_word_embeddings=True))
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.data.normal_()
    model.save_pretrained(folder)
    tokenizer, _ = load_tokenizer(ModelConfig())
    tokenizer.save_pretrained(folder)
    return str(folder)


def logits(model: torch.nn.Module) -> torch.Tensor:
    ids = torch.randint(0, 999, (2, 24), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return model.float()(ids).logits


@pytest.mark.parametrize("kind", ["tiny", "llama", "qwen2"])
def test_transformers_reads_back_the_same_logits(kind: str, tmp_path: Path) -> None:
    path = "tiny" if kind == "tiny" else small(tmp_path / "model", kind)
    out = tmp_path / "out"
    assert main(["export", path, f"out={out}", "gguf=true", "name=small"]) == 0
    # transformers' reader passes over the size of a Qwen3's heads, so that the configuration is the export's.
    config = AutoConfig.from_pretrained(out)
    read = AutoModelForCausalLM.from_pretrained(out, gguf_file="small.gguf", config=config, **unpacked())
    expected = load_policy(ModelConfig(path=path))
    torch.testing.assert_close(logits(read), logits(expected.model), atol=2e-4, rtol=1e-4)
    fields = gguf.GGUFReader(out / "small.gguf").fields
    tokens = [bytes(fields["tokenizer.ggml.tokens"].parts[at]).decode() for at in fields["tokenizer.ggml.tokens"].data]
    ids = expected.tokenizer('<tool_call>\n{"name": "x1"}\n</tool_call><|im_end|>')["input_ids"]
    assert [tokens[at] for at in ids] == expected.tokenizer.convert_ids_to_tokens(ids)
    assert fields["tokenizer.chat_template"].contents() == expected.tokenizer.chat_template
    assert fields["tokenizer.ggml.eos_token_id"].contents() == expected.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert fields["tokenizer.ggml.pre"].contents() == ("qwen2" if kind == "qwen2" else "smollm")
    command = json.loads((out / "serve.json").read_text())["commands"]["llama.cpp"]
    assert "small.gguf" in command


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded policy with its GGUF file."""
    out = tmp_path_factory.mktemp("gguf") / "out"
    export.export(find("tiny"), out, dtype="float32", gguf=True, name="small")
    return out


@pytest.fixture(scope="module")
def llama_cpp(exported: Path) -> Any:
    """llama.cpp's own server on that file, started as docs/serve.md says."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="llama.cpp is not installed: pip install xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.port = str(exported / "small.gguf"), 0
    parameters.n_ctx, parameters.n_parallel, parameters.use_jinja, parameters.warmup = 2048, 1, True, False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    return xllamacpp.Server(parameters)


def test_llama_cpp_itself_calls_as_the_policy_does(exported: Path, llama_cpp: Any) -> None:
    server = llama_cpp
    policy = load_policy(ModelConfig(path=str(exported)))
    rows = synthesize("five_tools", rows=8, seed=3)
    prompts = [render_prompt(policy.tokenizer, row) for row in rows]
    greedy = completions(policy, prompts, max_new_tokens=128, batch_size=4)
    n_calls = 0
    for row, prompt, (offline,) in zip(rows, prompts, greedy, strict=True):
        ids = policy.tokenizer(prompt)["input_ids"]
        bare = server.handle_completions({"prompt": ids, "max_tokens": 128, "temperature": 0})
        assert bare["choices"][0]["text"] == offline.text
        request = {"messages": row.prompt, "tools": tools_of(row.tools), "max_tokens": 128, "temperature": 0}
        assert httpx2.post(f"{server.listening_address}/apply-template", json=request).json()["prompt"] == prompt
        answer = server.handle_chat_completions(request)
        tools = Toolset(row.tools)
        calls = wire.parse(offline.text, "hermes", tools).calls
        # llama.cpp holds calls to the tools' schemas while they are written, and of added tokens that overlap, which
        # this policy has, it reads the longest where transformers reads the first.
        is_admitted = all(call.name in tools and tools[call.name].admits(call.arguments) for call in calls)
        if is_admitted and answer["usage"]["prompt_tokens"] == len(ids):
            n_calls += len(calls)
            sent = answer["choices"][0]["message"].get("tool_calls") or []
            assert wire.parse([{"role": "assistant", "content": "", "tool_calls": sent}]).calls == calls
    assert n_calls > 0


def test_what_llama_cpp_serves_is_checked(
    exported: Path, llama_cpp: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    synthesized = synthesize("five_tools", rows=N_CHECKED, seed=3)
    rows.write_text("".join(json.dumps(row.to_json()) + "\n" for row in synthesized))
    address = f"endpoint={llama_cpp.listening_address}/v1"
    main(["serve", str(exported), address, "max_differing=1", f"out={tmp_path / 'other.jsonl'}", "--check", str(rows)])
    shown = capsys.readouterr()
    assert shown.err == ""
    lines = {line.rsplit(maxsplit=2)[0]: line.split()[-2:] for line in shown.out.splitlines() if line[-2:-1].isdigit()}
    assert lines["other calls: left as text"] == ["0", "0"]
    assert lines["no answer"] == ["0", "0"]
    assert int(lines["finished: tool_calls"][0]) >= N_CHECKED // 4  # else nothing is proven
    # Each row that differs is one whose tokens llama.cpp reads otherwise, or one whose call its schemas do not admit.
    causes = {json.loads(line)["cause"] for line in (tmp_path / "other.jsonl").read_text().splitlines()}
    assert causes <= {"other prompt", "read otherwise"}


def test_numbers_are_kept_in_their_type(tmp_path: Path) -> None:
    for dtype, kind in (("bfloat16", "BF16"), ("float16", "F16"), ("float32", "F32")):
        out = tmp_path / dtype
        export.export(find("tiny"), out, dtype=dtype, gguf=True, name="small")
        tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(out / "small.gguf").tensors}
        assert tensors["token_embd.weight"].tensor_type.name == kind
        assert tensors["output_norm.weight"].tensor_type.name == "F32"


@pytest.mark.slow
def test_smollm2_as_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not packaged.is_fetched("smollm2-135m"):
        pytest.skip("SmolLM2 is not fetched")
    # transformers opens the file twice, and lists the names of its tensors anew for each module of the model.
    for name in ("GGUFReader", "get_tensor_name_map"):
        monkeypatch.setattr(gguf, name, cache(getattr(gguf, name)))
    out = tmp_path / "out"
    assert main(["export", "smollm2-135m", f"out={out}", "gguf=true", "name=smol"]) == 0
    read = AutoModelForCausalLM.from_pretrained(out, gguf_file="smol.gguf", **unpacked())
    expected = load_policy(ModelConfig(path=str(out)))
    torch.testing.assert_close(logits(read), logits(expected.model), atol=1e-3, rtol=1e-3)


CONVERTER = """
import pathlib, sys
folder, options = pathlib.Path(sys.argv[1]), dict(zip(sys.argv[2::2], sys.argv[3::2]))
assert (folder / "model.safetensors").is_file() and (folder / "chat_template.jinja").is_file()
{body}
"""


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('pathlib.Path(options["--outfile"]).write_text(options["--outtype"])', ""),
        ('sys.exit("Model FooForCausalLM is not supported")', "Model FooForCausalLM is not supported"),
        ("pass", "it wrote no file"),
    ],
    ids=["converts", "refuses", "silent"],
)
def test_llama_cpp_s_converter_is_used_where_it_is_named(
    body: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / gguf_file.CONVERTER).write_text(CONVERTER.format(body=body))
    monkeypatch.setenv("LLAMA_CPP", str(tmp_path))
    out = tmp_path / "out"
    code = main(["export", "tiny", f"out={out}", "gguf=true"])
    if not says:
        assert code == 0
        assert (out / "tiny.gguf").read_text() == "bf16"
        return
    assert code == 1
    assert says in capsys.readouterr().err
    assert not out.exists()


def test_what_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gguf_file, "ARCHITECTURES", {"llama": "LLAMA"})
    assert main(["export", "tiny", f"out={tmp_path / 'out'}", "gguf=true"]) == 2
    error = capsys.readouterr().err
    assert "gguf: models of the type qwen3 are not written, llama are; set LLAMA_CPP" in error
    monkeypatch.setenv("LLAMA_CPP", str(tmp_path / "nowhere"))
    assert main(["export", "tiny", f"out={tmp_path / 'out'}", "gguf=true"]) == 2
    assert "has no convert_hf_to_gguf.py; name the folder of llama.cpp's sources" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
