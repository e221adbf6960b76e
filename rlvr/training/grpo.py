"""GRPO with TRL: candidates for each prompt, and the policy moves toward those above their group's mean reward."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from transformers import PreTrainedTokenizerBase, TrainerState
from trl import GRPOConfig

from rewards import Reward, RewardResult
from rewards.adapters.row import component_names
from rewards.adapters.trl import reward_function
from rewards.wire import AUTO, parse
from rlvr.chat import chat_format, render_prompt
from rlvr.config import Config, build_reward, reward_name
from rlvr.environments.episode import Episode
from rlvr.environments.opening import factories_of
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.policy.load import Policy, device_for, peft_config
from rlvr.progress import say
from rlvr.records.rollout import Candidate, Rollout
from rlvr.records.row import Row
from rlvr.sampling.grammar import call_syntax
from rlvr.sampling.judge import judge_of
from rlvr.sampling.vllm import check_usable
from rlvr.scoring import call_reward, limited
from rlvr.training.arguments import stage_arguments
from rlvr.training.candidates import in_rollouts, log_behaviors, record, show_group
from rlvr.training.diagnosis import Watch
from rlvr.training.episodes import EpisodeRollout, RecordedEpisodes, check_template
from rlvr.training.examples import ExamplesOnDemand
from rlvr.training.grpo_trainer import GRPOTrainer
from rlvr.training.vllm_trainer import why_not_ahead


def arguments(config: Config, output_dir: Path) -> GRPOConfig:
    """TRL's configuration of the stage."""
    rollout = config.rollout
    if rollout.backend == "vllm":
        check_usable(config.training.args, on_cpu=device_for(config.hardware).type == "cpu")
    preferred = _by_component(build_reward(config.reward)) if config.training.normalize_components else {}
    preferred["use_vllm"] = rollout.backend in ("vllm", "server")
    args = stage_arguments(GRPOConfig, "training.args", config.training.args, config, output_dir, **preferred)
    reason = why_not_ahead(args) if rollout.ahead else None
    if reason is not None:
        raise UserError(f"rollout.ahead: {reason}")
    return args


def _by_component(reward: Reward) -> JsonObject:
    """TRL's arguments for training on components; they weigh as in the reward where it has weights for them."""
    names = component_names(reward)
    weights = getattr(reward, "weights", None)
    options = [weights[name] for name in names] if isinstance(weights, Mapping) and set(names) <= set(weights) else None
    return {"multi_objective_aggregation": "normalize_then_sum", "reward_weights": options}


class RenderedRows(ExamplesOnDemand):
    """Rows with their prompts rendered: TRL renders one list of tools for all rows, ours have each their own."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row]) -> None:
        super().__init__(tokenizer, rows)
        self._last: tuple[int, JsonObject] = (-1, {})

    def example(self, place: int) -> JsonObject:
        """Return a row's columns as TRL's trainer takes them."""
        # The candidates of a prompt follow each other.
        if self._last[0] != place:
            row = self._rows[place]
            arrow = row.to_arrow()
            example = {
                "prompt": render_prompt(self._tokenizer, row),
                "prompt_messages": json.dumps(row.prompt, ensure_ascii=False),
                "tools": arrow["tools"],
                "reward_model": arrow["reward_model"],
                "row": place,
            }
            self._last = (place, example)
        return dict(self._last[1])


def dataset(policy: Policy, rows: Sequence[Row]) -> RenderedRows:
    """Rows as TRL's trainer takes them."""
    return RenderedRows(policy.tokenizer, rows)


def chosen_rows(rows_by_source: Mapping[str, Sequence[Row]], n: int | None, seed: int) -> list[Row]:
    """All training rows, or `n` of them drawn at random by the seed."""
    rows = [row for source in rows_by_source.values() for row in source]
    if n is None or n >= len(rows):
        return rows
    return random.Random(seed).sample(rows, n)


@dataclass
class RecordedReward:
    """A reward for TRL that also writes down each prompt with its candidates and their rewards.

    Attributes:
        reward: what scores the candidates.
        path: the JSONL file, one line for each prompt and step.
        candidates: completions of each prompt, which TRL passes one after the other.
        tokenizer: the policy's, to bring back the special tokens of the wire format; None scores what TRL has decoded.
        console: where a group is shown, the first and then one every `show_every` steps; None shows none.
        partial_cap_end: what the reward's `partial_cap` moves to, linearly from the first step to the last; None
            leaves it where it is.
    """

    reward: Reward
    path: Path
    candidates: int
    tokenizer: PreTrainedTokenizerBase | None = None
    console: Console | None = None
    show_every: int | None = None
    partial_cap_end: float | None = None

    def __post_init__(self) -> None:
        # TRL names the logged means after this.
        self.__name__ = reward_name(self.reward).lower()
        self._next_shown = 1
        self._watch = Watch(reward_name(self.reward))
        self._has_said_unread = False
        self._remembering = _Remembering(self.reward)
        self._score = reward_function(self._remembering, tokenizer=self.tokenizer)

    def __call__(
        self, prompts: list[str], completions: list[str], completion_ids: list[list[int]], **columns: Any
    ) -> list[float | None]:
        """TRL's reward function: one value for each completion."""
        self._remembering.scored.clear()
        self._remembering.rows = columns.get("row", [])
        if self.partial_cap_end is not None:
            self._remembering.reward = annealed = self._annealed(columns["trainer_state"])
            columns["log_metric"]("reward/partial_cap", annealed.partial_cap)
        with limited(self.reward):
            rewards = self._score(prompts=prompts, completions=completions, completion_ids=completion_ids, **columns)
        step = columns["trainer_state"].global_step + 1
        self._count_unread(step, columns.get("log_metric"))
        log_behaviors([result for _, result in self._remembering.scored], columns.get("log_metric"))
        judge = judge_of(self.reward)
        if judge is not None and columns.get("log_metric") is not None:
            for name, value in judge.tally.metrics().items():
                columns["log_metric"](f"judge/{name}", value)
        rollouts = self._rollouts(step, prompts, list(map(len, completion_ids)), columns)
        record(self.path, rollouts)
        self._watch.look([candidate.reward for each in rollouts for candidate in each.candidates], self.candidates)
        # Not every step generates, so that a step divisible by `show_every` may never come here.
        if self.console is not None and self.show_every is not None and step >= self._next_shown:
            self._next_shown = step + self.show_every
            show_group(self.console, step, prompts[0], str(columns["reward_model"][0]), rollouts[0].candidates)
        return rewards

    def _rollouts(
        self, step: int, prompts: Sequence[str], lengths: Sequence[int], columns: JsonMapping
    ) -> list[Rollout]:
        """Return each prompt of the step with its candidates as they were scored."""
        candidates = [
            Candidate.of_result(completion, n_tokens, result)
            for (completion, result), n_tokens in zip(self._remembering.scored, lengths, strict=True)
        ]
        return in_rollouts(step, prompts, candidates, self.candidates, columns)

    def _count_unread(self, step: int, log_metric: Callable[[str, float], None] | None) -> None:
        """Log the share of completions with markup of calls that nothing reads, and say so the first time."""
        wire = self._remembering.wire
        unread = [text for text, _ in self._remembering.scored if parse(text, wire).unread]
        if log_metric is not None:
            log_metric("wire/unread_calls", len(unread) / max(1, len(self._remembering.scored)))
        if unread and not self._has_said_unread and self.console is not None:
            self._has_said_unread = True
            shown = repr(unread[0])[:120]
            say(self.console, f"note: step {step}: nothing reads the call in {shown}; the wire format is {wire}")

    def results(self) -> list[RewardResult | None]:
        """The results of the last batch."""
        return [result for _, result in self._remembering.scored]

    def components(self) -> list[RecordedComponent]:
        """TRL's reward functions for training on the reward's components."""
        names = component_names(self.reward)
        return [RecordedComponent(self, name, is_first=name == names[0]) for name in names]

    def _annealed(self, state: TrainerState) -> Any:
        """The reward with the cap of this step."""
        start = cast("Any", self.reward).partial_cap
        share = min(1.0, state.global_step / max(1, state.max_steps - 1))
        return replace(cast("Any", self.reward), partial_cap=start + share * (self.partial_cap_end - start))


@dataclass
class RecordedComponent:
    """One component of a recorded reward for TRL, which calls the first one first: that one scores for all."""

    recorded: RecordedReward
    component: str
    is_first: bool

    def __post_init__(self) -> None:
        self.__name__ = self.component

    def __call__(self, **batch: Any) -> list[float | None]:
        """The component of each completion; None where it does not apply or nothing can be scored."""
        if self.is_first:
            values = [value for value in self.recorded(**batch) if value is not None]
            # What TRL logs of a reward that it trains on as a whole.
            batch["log_metric"](f"rewards/{self.recorded.__name__}/mean", sum(values) / max(1, len(values)))
        return [None if result is None else result.components.get(self.component) for result in self.recorded.results()]


@dataclass
class _Remembering:
    """A reward that keeps each completion as it was scored, and the result."""

    reward: Reward
    scored: list[tuple[str, RewardResult | None]] = field(default_factory=list)
    rows: Sequence[int] = ()

    @property
    def wire(self) -> str:
        return getattr(self.reward, "wire", AUTO)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        where = f"row {self.rows[len(self.scored)] + 1}" if len(self.scored) < len(self.rows) else ""
        result = call_reward(self.reward, completion, ground_truth=ground_truth, tools=tools, where=where)
        self.scored.append((completion, result))
        return result


def check_rows(
    config: Config, output_dir: Path, rows_by_source: Mapping[str, Sequence[Row]], tokenizer: PreTrainedTokenizerBase
) -> None:
    """Look at the rows before the model is loaded.

    Raises:
        UserError: fewer rows than one batch takes, where TRL would train on nothing, without a word; conversations
            that the chat template cannot go on with; or calls to be constrained that no grammar can be made for.
    """
    args = arguments(config, output_dir)
    n = len(chosen_rows(rows_by_source, config.training.rows, config.seed))
    needed = args.generation_batch_size // args.num_generations
    if n < needed:
        raise UserError(
            f"training: {n} rows, and a batch takes {needed} prompts ({args.generation_batch_size} candidates, "
            f"{args.num_generations} of each prompt); add rows, or lower training.args.per_device_train_batch_size, "
            "steps_per_generation or gradient_accumulation_steps"
        )
    first = next(row for rows in rows_by_source.values() for row in rows)
    if first.episode is not None:
        check_template(tokenizer, Episode.of(first))
    if config.rollout.constrain_calls:
        call_syntax(tokenizer)


def trainer(
    policy: Policy,
    rows_by_source: Mapping[str, Sequence[Row]],
    config: Config,
    output_dir: Path,
    rollouts: Path,
    console: Console | None = None,
) -> GRPOTrainer:
    """The GRPO trainer on the stage's rows, with the run's reward; groups are shown on `console` if asked for."""
    training, args = config.training, arguments(config, output_dir)
    rows = chosen_rows(rows_by_source, training.rows, config.seed)
    recorded = RecordedReward(
        build_reward(config.reward, chat_format(policy.tokenizer).wire),
        rollouts,
        args.num_generations,
        policy.tokenizer,
        console,
        training.show_candidates,
        training.partial_cap_end,
    )
    episodes = _episodes(config, rows, policy)
    scoring: Any = recorded.components() if training.normalize_components else recorded
    try:
        return GRPOTrainer(
            model=policy.model,
            reward_funcs=RecordedEpisodes(episodes.reward, rollouts, args.num_generations) if episodes else scoring,
            rollout_func=episodes,
            args=args,
            train_dataset=dataset(policy, rows),
            processing_class=policy.tokenizer,
            peft_config=peft_config(config.policy),
            shared_prefix=training.shared_prefix,
            skip_zero_advantages=training.skip_zero_advantages,
            dynamic_sampling_rounds=training.dynamic_sampling_rounds,
            trained_candidates=training.trained_candidates,
            rest_epochs=training.rest_epochs,
            rollout=config.rollout,
        )
    except ConnectionError as error:  # TRL's, of a vLLM server that does not answer
        raise UserError(f"training.args.vllm_mode: {error}") from error


def _episodes(config: Config, rows: Sequence[Row], policy: Policy) -> EpisodeRollout | None:
    """Return what holds the conversations of rows that are episodes; None for rows that ask for one turn."""
    if rows[0].episode is None:
        return None
    factories = factories_of(config.environment)
    return EpisodeRollout(rows, policy.tokenizer, config.training.most_episode_tokens, factories)
