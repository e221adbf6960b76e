"""What rows have in common, computed once, against TRL's own SFT in fp32."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from small_models import MODELS
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig

from rlvr.policy.flat_row import n_common, runs_of_common_prefix
from rlvr.training.common_prefix import CommonPrefixCollator, CommonPrefixSampler
from rlvr.training.sft import IGNORED_LABEL, CompletionSFTTrainer


def example(prompt: list[int], completion: list[int]) -> dict[str, list[int]]:
    return {"input_ids": prompt + completion, "labels": [IGNORED_LABEL] * len(prompt) + completion}


def rows(seed: int = 0) -> list[dict[str, list[int]]]:
    """Two toolsets of 20 and 9 tokens, three rows each; a row on its own; one whose prompt is a single token."""
    generator = random.Random(seed)

    def tokens(n: int) -> list[int]:
        return [generator.randrange(2, 97) for _ in range(n)]

    made = []
    for n_tools, lengths in ((20, ((4, 3), (7, 1), (2, 9))), (9, ((1, 5), (3, 2), (5, 5)))):
        tools = tokens(n_tools)
        made += [example(tools + tokens(n_request), tokens(n)) for n_request, n in lengths]
    return [*made, example(tokens(12), tokens(4)), example(tokens(1), tokens(3))]


def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(WordLevel({str(token): token for token in range(97)}, unk_token="0"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="0", eos_token="1", unk_token="0")


def trainer(tmp_path: Any, model: Any, *, rows_per_prefix: int, **options: Any) -> CompletionSFTTrainer:
    options = {"per_device_train_batch_size": 8, "gradient_checkpointing": False, **options}
    args = SFTConfig(str(tmp_path), max_steps=2, use_cpu=True, bf16=False, report_to="none", max_length=None, **options)
    made = CompletionSFTTrainer(
        model=model, args=args, train_dataset=Dataset.from_list(rows()), processing_class=tokenizer()
    )
    if rows_per_prefix > 1:
        made.share_common_prefixes(rows_per_prefix)
    return made


def loss_and_gradients(made: CompletionSFTTrainer) -> tuple[torch.Tensor, torch.Tensor]:
    batch = made.data_collator(rows())
    n_items = batch.get("shift_labels", batch["labels"][:, 1:]).ne(IGNORED_LABEL).sum()
    model = made.model
    model.zero_grad()
    loss = made.compute_loss(model, batch, num_items_in_batch=n_items)
    loss.backward()
    return loss.detach(), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("family", MODELS)
@pytest.mark.parametrize("is_lora", [False, True], ids=["full", "lora"])
def test_loss_and_gradients_are_the_stock_trainer_s(tmp_path: Any, family: str, is_lora: bool) -> None:
    def built() -> Any:
        torch.manual_seed(1)
        model = MODELS[family]()
        if not is_lora:
            return model
        torch.manual_seed(2)
        return get_peft_model(
            model, LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", init_lora_weights=False)
        )

    stock_loss, stock = loss_and_gradients(trainer(tmp_path, built(), rows_per_prefix=1))
    shared_loss, shared = loss_and_gradients(trainer(tmp_path, built(), rows_per_prefix=4))
    torch.testing.assert_close(shared_loss, stock_loss, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(shared, stock, rtol=1e-5, atol=1e-6)


def test_gradient_checkpointing_changes_nothing(tmp_path: Any) -> None:
    torch.manual_seed(1)
    plain = loss_and_gradients(trainer(tmp_path, MODELS["llama"](), rows_per_prefix=4))
    torch.manual_seed(1)
    saving = trainer(tmp_path, MODELS["llama"](), rows_per_prefix=4, gradient_checkpointing=True)
    saving.model.gradient_checkpointing_enable()
    saving.model.train()
    torch.testing.assert_close(loss_and_gradients(saving), plain)


def test_common_tokens_stand_once_in_the_row() -> None:
    batch = CommonPrefixCollator()(rows())
    examples = rows()
    n_all = sum(len(row["input_ids"]) - 1 for row in examples)  # the last token of a row predicts nothing
    n_saved = 2 * 20 + 2 * 9
    places = sum(s.prefix + s.branches * s.length for s in batch["shared_prefix_segments"] if s.branches)
    branch_padding = (3 * 10 - (6 + 7 + 10)) + (3 * 9 - (5 + 4 + 9))  # three branches of 6, 7, 10; three of 5, 4, 9
    assert places == n_all - n_saved + branch_padding
    labels = [token for row in examples for token in row["labels"] if token != IGNORED_LABEL]
    assert [t for t in batch["shift_labels"][0].tolist() if t != IGNORED_LABEL] == labels


@pytest.mark.parametrize(
    ("first", "second", "n"), [([1, 2, 3], [1, 2, 4], 2), ([1], [2], 0), ([1, 2], [1, 2, 3], 2), ([], [1], 0)]
)
def test_n_common(first: list[int], second: list[int], n: int) -> None:
    assert n_common(first, second) == n


def test_a_run_takes_a_prompt_in_only_where_that_saves_tokens() -> None:
    tools = list(range(10))
    # Two prompts of 10 + 2 share 10; a third that shares 3 would save 2 * 3 tokens where two alone save 10.
    prompts = [[*tools, 50, 51], [*tools, 60, 61], [0, 1, 2, 70, 71]]
    assert runs_of_common_prefix(prompts) == [(10, [0, 1]), (4, [2])]
    # One prompt of other tools, with the same system message, does not draw the next tools' prompts to itself.
    system, others = [1, 2], [[1, 2, *range(20, 30), request] for request in range(3)]
    assert runs_of_common_prefix([[*system, 9, 9], *others]) == [(3, [0]), (12, [1, 2, 3])]
    # The last token of a prompt predicts one: two equal prompts share all but that.
    assert runs_of_common_prefix([[1, 2, 3], [1, 2, 3]]) == [(2, [0, 1])]
    assert runs_of_common_prefix([[*tools, 50, 51]] * 5, most=2) == [(11, [0, 1]), (11, [2, 3]), (11, [4])]


@pytest.mark.parametrize("most", [None, 1, 2, 3])
def test_no_division_into_runs_computes_fewer_tokens(most: int | None) -> None:
    rng = random.Random(7)
    for _ in range(200):
        prompts = [[rng.randrange(2) for _ in range(rng.randint(1, 6))] for _ in range(rng.randint(1, 7))]
        runs = runs_of_common_prefix(prompts, most)
        assert [index for _, members in runs for index in members] == list(range(len(prompts)))
        assert all(len({(*prompts[index][:length],) for index in members}) == 1 for length, members in runs)
        assert all(length < len(prompts[index]) for length, members in runs for index in members)
        assert all(len(members) <= (most or len(prompts)) for _, members in runs)
        saved = sum(length * (len(members) - 1) for length, members in runs)
        assert saved == max(_saved(prompts, ends) for ends in _divisions(len(prompts), most or len(prompts)))


def _divisions(n: int, most: int) -> Iterator[list[int]]:
    """Yield the ends of the runs of every division of n prompts into runs of at most so many."""
    if n == 0:
        yield []
    for last in range(1, min(n, most) + 1):
        yield from ([*ends, n] for ends in _divisions(n - last, most))


def _saved(prompts: list[list[int]], ends: list[int]) -> int:
    """Count the tokens that these runs save."""
    return sum(
        (end - start - 1) * min([*(n_common(prompts[start], each) for each in run), *(len(each) - 1 for each in run)])
        for start, end in pairwise([0, *ends])
        for run in [prompts[start:end]]
    )


def test_rows_with_a_common_prefix_are_seldom_divided_between_two_batches() -> None:
    sizes = [3, 3, 1, 3, 1, 3, 1, 1]  # batches of four: three and one, four times
    prompts = [array("i", [tools, 7, 7, request]) for tools, n in enumerate(sizes) for request in range(n)]
    n_divided = 0
    for seed in range(20):
        order = list(CommonPrefixSampler(prompts, most=4, batch_size=4, seed=seed))
        batches = [order[start : start + 4] for start in range(0, 16, 4)]
        assert sorted(order) == list(range(16))
        n_divided += sum(len({prompts[index][0] for index in batch}) for batch in batches) - len(sizes)
    assert n_divided <= 16  # 26 where runs are taken as they come


def test_every_row_is_drawn_once_an_epoch_and_its_kin_beside_it() -> None:
    prompts = [array("i", [tools, 7, 7, request]) for request in range(8) for tools in range(4)]
    sampler = CommonPrefixSampler(prompts, most=4, batch_size=4, seed=0)
    first, again = list(sampler), list(sampler)
    assert sorted(first) == list(range(32))
    assert first == again
    for start in range(0, 32, 4):
        assert len({prompts[index][0] for index in first[start : start + 4]}) == 1
    sampler.set_epoch(1)
    assert list(sampler) != first


def test_training_ends_at_the_stock_trainer_s_weights(tmp_path: Any) -> None:
    def trained(rows_per_prefix: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(1)
        made = trainer(tmp_path, MODELS["llama"](), rows_per_prefix=rows_per_prefix, optim="sgd", learning_rate=0.5)
        made.train()
        return {name: weight.detach().clone() for name, weight in made.model.named_parameters()}

    stock, shared = trained(1), trained(4)  # a batch holds all eight rows, so both see the same
    torch.manual_seed(1)
    start = dict(MODELS["llama"]().named_parameters())
    moved = max((stock[name] - start[name]).abs().max().item() for name in stock)
    assert moved > 1e-2
    for name in stock:
        torch.testing.assert_close(shared[name], stock[name], rtol=0, atol=1e-3 * moved)


def test_a_model_that_nothing_compares_keeps_trl_s_own_path(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    torch.manual_seed(1)
    model = MODELS["llama"]()
    model.config.model_type = "unheard_of"
    made = trainer(tmp_path, model, rows_per_prefix=4)
    assert not isinstance(made.data_collator, CommonPrefixCollator)
    assert "has not been compared" in caplog.text
