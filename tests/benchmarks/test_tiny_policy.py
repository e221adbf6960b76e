"""The script that made the embedded policy, and the conversations that it learns from."""

from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.tiny_policy import corpus, pretrain
from rlvr.config import ModelConfig
from rlvr.policy.load import load_policy


def test_the_corpus_is_a_function_of_its_seed() -> None:
    first, again, other = (list(islice(corpus.conversations(seed), 30)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.slow
def test_the_script_trains_and_writes_a_policy_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain, "TOKENIZER_CONVERSATIONS", 500)
    monkeypatch.setattr(pretrain, "MEASURED_CALLS", 8)
    monkeypatch.setattr(pretrain, "build_model", partial(pretrain.build_model, hidden_size=64, layers=2))
    measured = pretrain.pretrain(tmp_path, 150_000, seed=3, is_compiled=False)
    # A uniform guess over the vocabulary of about a thousand tokens has a loss of ln(1024) = 6.93.
    assert measured["answer_loss"] < 6.85
    policy = load_policy(ModelConfig(path=str(tmp_path)))
    assert policy.model.config.vocab_size == len(policy.tokenizer)
