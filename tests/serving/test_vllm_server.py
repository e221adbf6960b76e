"""A policy through a real vLLM server on the CPU: it calls there as it was evaluated, plain and streamed. Needs vLLM.

The server's parser is the judge of what a call is; what the model wrote is read from the very tokens of its answers.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from rewards import Toolset, wire
from rlvr.cli import main
from rlvr.data.synth import synthesize
from rlvr.serving.server import CPU_ENVIRONMENT, free_port
from tests import without_rlvr

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]
N_ROWS = 40


def test_an_exported_policy_calls_as_it_was_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = synthesize("unseen_tools", rows=N_ROWS, seed=0, split="held_out")
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row.to_json()) + "\n" for row in rows))
    out = tmp_path / "exported"
    assert main(["export", "tiny", f"out={out}", "dtype=float32"]) == 0
    options = [f"port={free_port()}", f"python={sys.executable}", f"out={tmp_path / 'differing.jsonl'}"]
    code = main(["serve", str(out), *options, "--check", str(path), "--max-num-seqs", "16"])
    shown = capsys.readouterr()
    assert code == 0, shown.out + shown.err
    lines = {line.rsplit(maxsplit=2)[0]: line.split()[-2:] for line in shown.out.splitlines() if line[-2:-1].isdigit()}
    assert lines["rows"] == [str(N_ROWS)] * 2
    assert lines["the same calls"] == [str(N_ROWS)] * 2
    assert lines["prompts of other tokens"] == ["0", "0"]
    assert lines["other calls: left as text"] == ["0", "0"]
    assert lines["finish reasons that do not fit"] == ["0", "0"]
    assert int(lines["finished: tool_calls"][0]) >= N_ROWS // 4  # else nothing is proven
    assert (tmp_path / "differing.jsonl").read_text() == ""


BOTH = """
import json

from transformers import AutoModelForCausalLM, AutoTokenizer
from vllm import LLM, SamplingParams

rows = json.load(open("rows.json"))
tokenizer, plain = AutoTokenizer.from_pretrained("."), AutoModelForCausalLM.from_pretrained(".")
model = LLM(".", enforce_eager=True, kv_cache_memory_bytes=2**28)
for row in rows:
    asked = {"tools": row["tools"], "add_generation_prompt": True}
    prompt = tokenizer.apply_chat_template(row["prompt"], **asked, return_dict=True, return_tensors="pt")
    n_prompt = prompt["input_ids"].shape[1]
    by_transformers = plain.generate(**prompt, max_new_tokens=128, do_sample=False)[0, n_prompt:].tolist()
    greedy = SamplingParams(temperature=0, max_tokens=128)
    (by_vllm,) = model.chat(row["prompt"], greedy, tools=row["tools"], use_tqdm=False)
    assert by_vllm.prompt_token_ids == prompt["input_ids"][0].tolist()
    assert list(by_vllm.outputs[0].token_ids) == by_transformers
    print(json.dumps(tokenizer.decode(by_transformers)))
"""


def test_an_export_loads_in_plain_transformers_and_vllm_where_rlvr_cannot_be_imported(tmp_path: Path) -> None:
    out = tmp_path / "exported"
    assert main(["export", "tiny", f"out={out}", "dtype=float32"]) == 0
    rows = synthesize("five_tools", rows=4, seed=0, split="held_out")
    asked = [{"prompt": row.prompt, "tools": list(row.tools)} for row in rows]
    (out / "rows.json").write_text(json.dumps(asked))
    lines = without_rlvr.run(BOTH, out, CPU_ENVIRONMENT).splitlines()
    texts = [json.loads(line) for line in lines if line.startswith('"')]
    assert len(texts) == len(rows)
    assert any(wire.parse(text, "hermes", Toolset(row.tools)).calls for text, row in zip(texts, rows, strict=True))
