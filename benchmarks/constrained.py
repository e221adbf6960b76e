"""What constraining calls to each row's tools earns in sampling, and whether its weights are those that they should be.

    python benchmarks/constrained.py [--model PATH] [--prompts 100] [--temperature 1.0] [--max-tokens 128]

Draws eight candidates of each prompt on made-up tools with vLLM, free and constrained in turns with the same weights,
and scores them as GRPO does. The weight p / q of a constrained candidate says what it stands for under the policy: its
mean has to be the share of free candidates that the grammar accepts, and the mean of weight times reward what those
earned, within their intervals. Needs vLLM: see requirements-vllm-cpu.txt.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import xgrammar

from rewards import Toolset, wire
from rlvr.chat import chat_format, render_prompt, served_text
from rlvr.config import build_reward, compose
from rlvr.data.synth import synthesize
from rlvr.policy.load import load_policy
from rlvr.quiet import quiet_libraries
from rlvr.sampling.grammar import Grammars
from rlvr.sampling.vllm import installed_version
from rlvr.training import GRPOTrainer, grpo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlvr.records.row import Row

CANDIDATES = 8
PROMPTS_AT_ONCE = 8
ARMS = ("free", "constrained")


@dataclass
class Arm:
    """What was drawn in one way; a list of each prompt's eight candidates in each field but the last two."""

    calls: list[list[bool]] = field(default_factory=list)
    fits: list[list[bool]] = field(default_factory=list)
    rewards: list[list[float]] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    is_accepted: list[list[bool]] = field(default_factory=list)
    n_tokens: int = 0
    seconds: float = 0.0


def trainer(model: str, rows: Sequence[Row], folder: Path, temperature: float, max_tokens: int) -> GRPOTrainer:
    """The trainer of a run with constrained calls, with its vLLM."""
    config = compose(
        [
            *("data=none", "pipeline=[grpo]", "rollout=vllm", "rollout.constrain_calls=true", "hardware=cpu"),
            *(f"model.path={model}", "model.dtype=float32", f"training.args.temperature={temperature}"),
            f"training.args.max_completion_length={max_tokens}",
            f"training.args.per_device_train_batch_size={CANDIDATES}",
            "training.args.gradient_accumulation_steps=1",
        ]
    )
    made = grpo.trainer(load_policy(config.model), {"made_up": rows}, config, folder / "grpo", folder / "r.jsonl")
    made.vllm_generation.sync_weights()
    made.model.train(False)
    return made


def acceptor(made: GRPOTrainer) -> Callable[[list[Any], list[int]], bool]:
    """Whether the grammar of some tools accepts tokens, as far as they go."""
    info = xgrammar.TokenizerInfo.from_huggingface(made.processing_class, vocab_size=made.model.config.vocab_size)
    compiler, grammars = xgrammar.GrammarCompiler(info), Grammars(made.processing_class)

    def accepts(tools: list[Any], ids: list[int]) -> bool:
        (tag,), _ = grammars.of_each([tools])
        if tag is None:
            return True
        matcher = xgrammar.GrammarMatcher(compiler.compile_structural_tag(tag))
        return all(map(matcher.accept_token, ids))

    return accepts


def weights_of(made: GRPOTrainer, prompt: list[int], completions: list[list[int]], logprobs: Any) -> list[float]:
    """Each completion's probability under the policy over that of the way it was drawn."""
    longest = max(map(len, completions))
    ids = torch.zeros(len(completions), len(prompt) + longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    drawn_NK = torch.zeros(len(completions), longest)
    for place, completion in enumerate(completions):
        end = len(prompt) + len(completion)
        ids[place, :end] = torch.tensor(prompt + completion)
        mask[place, :end] = 1
        drawn_NK[place, : len(completion)] = torch.tensor(logprobs[place])
    with torch.no_grad():
        logps_NK, *_ = made._get_per_token_logps_and_entropies(made.model, ids, mask, longest)
    return ((logps_NK - drawn_NK) * mask[:, len(prompt) :]).sum(-1).exp().tolist()


def draw(made: GRPOTrainer, rows: Sequence[Row], is_constrained: bool, arm: Arm, accepts: Any, reward: Any) -> None:
    """Draw and score eight candidates of some prompts."""
    tokenizer, spoken = made.processing_class, chat_format(made.processing_class).wire
    rendered = [render_prompt(tokenizer, row) for row in rows]
    prompts = [list(tokenizer(prompt)["input_ids"]) for prompt in rendered for _ in range(CANDIDATES)]
    made.vllm_generation.offer([row.tools if is_constrained else None for row in rows for _ in range(CANDIDATES)])
    started = time.perf_counter()
    _, ids, logprobs, _ = made.vllm_generation.generate(prompts=prompts, images=None, num_generations=CANDIDATES)
    arm.seconds += time.perf_counter() - started
    arm.n_tokens += sum(map(len, ids))
    for number, row in enumerate(rows):
        group = slice(number * CANDIDATES, (number + 1) * CANDIDATES)
        completions, toolset = [list(each) for each in ids[group]], Toolset.of(row.tools)
        texts = [served_text(tokenizer, each) for each in completions]
        parsed = [wire.parse(text, spoken, toolset) for text in texts]
        arm.calls.append([each.attempts > 0 for each in parsed])
        arm.fits.append(
            [
                bool(each.calls)
                and not each.malformed
                and all(call.name in toolset and toolset[call.name].admits(call.arguments) for call in each.calls)
                for each in parsed
            ]
        )
        results = [reward(text, ground_truth=row.ground_truth, tools=toolset) for text in texts]
        arm.rewards.append([result.value for result in results])
        told = [[token[0] for token in each] for each in logprobs[group]]
        arm.weights.append(weights_of(made, prompts[group.start], completions, told))
        arm.is_accepted.append([accepts(row.tools, each) for each in completions])


def mean(groups: Sequence[Sequence[float]]) -> str:
    """The mean over candidates with its 95% interval, over prompts."""
    means = [statistics.fmean(group) for group in groups]
    half = 1.96 * statistics.stdev(means) / math.sqrt(len(means))
    return f"{statistics.fmean(means):.3f} ± {half:.3f}"


def products(left: Sequence[Sequence[float]], right: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[a * b for a, b in zip(*pair, strict=True)] for pair in zip(left, right, strict=True)]


def table(arms: dict[str, Arm]) -> list[str]:
    """Markdown: both ways side by side."""
    free, constrained = arms["free"], arms["constrained"]

    def row(name: str, of: Callable[[Arm], str]) -> str:
        return f"| {name} | {of(free)} | {of(constrained)} |"

    def fitting(arm: Arm) -> str:
        calling, fit = sum(map(sum, arm.calls)), sum(map(sum, arm.fits))
        return f"{fit} of {calling} = {fit / max(1, calling):.1%}"

    def differing(arm: Arm) -> str:
        return f"{sum(max(group) > min(group) for group in arm.rewards) / len(arm.rewards):.1%}"

    def effective(arm: Arm) -> str:
        every = [weight for group in arm.weights for weight in group]
        return f"{sum(every) ** 2 / sum(weight**2 for weight in every) / len(every):.1%}"

    return [
        "| | free | constrained |",
        "|---|---|---|",
        row("candidates with a call whose every call fits its tool's schema", fitting),
        row("mean reward", lambda arm: mean(arm.rewards)),
        row("candidates that are exactly right", lambda arm: mean([[r == 1 for r in g] for g in arm.rewards])),
        row("groups whose rewards differ", differing),
        row("tokens/s", lambda arm: f"{arm.n_tokens / arm.seconds:,.0f}"),
        row("tokens of a candidate", lambda arm: f"{arm.n_tokens / len(arm.rewards) / CANDIDATES:.1f}"),
        "",
        "| | of free candidates, counted | of constrained ones, by their weights |",
        "|---|---|---|",
        f"| share that the grammar accepts | {mean(free.is_accepted)} | {mean(constrained.weights)} |",
        f"| reward that these earn, over all | {mean(products(free.is_accepted, free.rewards))} | "
        f"{mean(products(constrained.weights, constrained.rewards))} |",
        f"| largest weight | {max(map(max, free.weights)):.4f} | {max(map(max, constrained.weights)):.4f} |",
        f"| effective share of the candidates | {effective(free)} | {effective(constrained)} |",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny", help="a folder with a policy; tiny is the embedded one")
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=11, help="of the made-up tools")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--max-tokens", type=int, default=128)
    options = parser.parse_args()
    rows = synthesize("procedural", rows=options.prompts, seed=options.seed)
    arms = {name: Arm() for name in ARMS}
    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        made = trainer(options.model, rows, Path(folder), options.temperature, options.max_tokens)
        reward = build_reward({"_target_": "rewards.Tiered"}, chat_format(made.processing_class).wire)
        accepts = acceptor(made)
        for start in range(0, len(rows), PROMPTS_AT_ONCE):
            some = rows[start : start + PROMPTS_AT_ONCE]
            # In turns, so that neither always finds the prompts computed.
            for name in ARMS if start // PROMPTS_AT_ONCE % 2 else ARMS[::-1]:
                made.vllm_generation.llm.reset_prefix_cache()
                draw(made, some, name == "constrained", arms[name], accepts, reward)
            print(f"{start + len(some)} of {len(rows)} prompts", flush=True)
    print(f"\n{date.today()}, vLLM {installed_version()}, {torch.get_num_threads()} thread(s), float32\n")
    print("\n".join(table(arms)))


if __name__ == "__main__":
    main()
