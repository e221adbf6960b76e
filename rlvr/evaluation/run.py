"""Evaluate a policy: completions of each row, greedy and sampled, scored by the same reward that trains it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any

from rich.console import Console

from rewards import Binary, Reward
from rewards.wire import AUTO
from rlvr import processes
from rlvr.config import Config, EvaluationConfig, reward_name
from rlvr.environments.conversation import Conversation
from rlvr.environments.opening import Factory, factories_of
from rlvr.environments.scoring import EpisodeReward
from rlvr.errors import RunError
from rlvr.evaluation.episodes import UNANSWERED, Held, hold_rows
from rlvr.evaluation.verdict import judge
from rlvr.files import Json, write_lines
from rlvr.progress import Advance, say, task
from rlvr.records.evaluated_row import EvaluatedRow, Sample
from rlvr.records.row import Row
from rlvr.sampler import GREEDY, Completion, Request, Sampler, Sampling, unwatched
from rlvr.sampling.judge import say_tally
from rlvr.scoring import call_reward, wire_of


@dataclass(frozen=True)
class Evaluation:
    """All rows of one evaluation set, in their order, without those that could not be scored.

    Attributes:
        results: the scored rows.
        unscored: rows whose ground truth cannot be scored.
        seconds: how long all of it took.
        greedy_seconds: how long the greedy completions took.
        failed: rows for which the server gave no answer.
        is_stopped: Ctrl-C came; rows that the server had not answered by then count as failed.
    """

    results: tuple[EvaluatedRow, ...]
    unscored: int
    seconds: float
    greedy_seconds: float = 0.0
    failed: int = 0
    is_stopped: bool = False


def evaluate(
    sampler: Sampler,
    rows: Sequence[Row],
    reward: Reward,
    config: EvaluationConfig,
    *,
    seed: int = 0,
    keeps_partial: bool = False,
    progress: Advance = unwatched,
    factories: Mapping[str, Factory] | None = None,
) -> Evaluation:
    """Complete every row, greedily and as often as asked by sampling, and score what comes out.

    Several processes take every n-th row each, and all of them return the whole.

    Args:
        sampler: what completes the rows.
        rows: the evaluation set.
        reward: the reward that trains the policy.
        config: length limit and sampling.
        seed: of the samples.
        keeps_partial: Ctrl-C ends the evaluation with the rows that are done, if any.
        progress: called with the number of rows that are done since the last call, and a note; each row counts twice
            with samples.
        factories: for rows that are conversations in Python, as `open_environment` takes them.
    """
    places = range(processes.rank(), len(rows), processes.count())
    share = _Share(
        sampler, [rows[place] for place in places], places, reward, config, seed, keeps_partial, progress, factories
    )
    evaluation = _merged(processes.gathered(share.evaluate()))
    if rows and not evaluation.results:
        raise RunError(
            f"reward {reward_name(reward)}: scores none of the {evaluation.unscored} completions"
            + (f", and {evaluation.failed} requests had no answer" if evaluation.failed else "")
            + "; it returned None for each, as for a ground truth that it cannot read"
        )
    return evaluation


@dataclass(frozen=True)
class _Share:
    """The rows that one process evaluates, with their places in the set; other fields are as `evaluate` takes them."""

    sampler: Sampler
    rows: Sequence[Row]
    places: Sequence[int]
    reward: Reward
    config: EvaluationConfig
    seed: int
    keeps_partial: bool
    progress: Advance
    factories: Mapping[str, Factory] | None

    def evaluate(self) -> Evaluation:
        """Complete the rows, or hold them where they are conversations, and score what comes out."""
        has_conversations = any(row.episode is not None for row in self.rows)
        draw, score_row = (self._hold, _conversation_result) if has_conversations else (self._complete, self._score)
        started = time.perf_counter()
        greedy, is_stopped = draw(1, GREEDY)
        greedy_seconds = time.perf_counter() - started
        sampled: Sequence[Any] = [[]] * len(self.rows)
        if self.config.samples > 1 and not is_stopped:
            try:
                sampled, is_stopped = draw(self.config.samples, self._sampling())
            except KeyboardInterrupt:
                if not self.keeps_partial:
                    raise
                is_stopped = True
        results: list[EvaluatedRow] = []
        unscored = failed = 0
        for place, row, first, samples in zip(self.places, self.rows, greedy, sampled, strict=True):
            if not first or samples is None:
                failed += 1
                continue
            result = score_row(place, row, first[0], samples)
            if result is None:
                unscored += 1
            else:
                results.append(result)
        seconds = time.perf_counter() - started
        return Evaluation(tuple(results), unscored, seconds, greedy_seconds, failed, is_stopped)

    def _complete(self, n: int, sampling: Sampling) -> tuple[Sequence[Any], bool]:
        """Return the completions of each row, None where it has no answer, and whether Ctrl-C came before the last."""
        requests = requests_of(self.rows, self.reward, self.config, n=n, sampling=sampling, seed=self.seed)
        completed: list[list[Completion] | None] = [None] * len(self.rows)
        try:
            for index, completions in self.sampler.sample(requests, self.progress):
                completed[index] = completions
        except KeyboardInterrupt:
            # Of rows that are drawn from several times, what is there is no whole.
            if n > 1 or not (self.keeps_partial and any(completed)):
                raise
            return completed, True
        return completed, False

    def _hold(self, n: int, sampling: Sampling) -> tuple[Sequence[Any], bool]:
        """Return the conversations of each row, none where one has not ended, and whether Ctrl-C came before that."""
        wire = wire_of(self.reward)
        turn = Request([], max_tokens=self.config.max_new_tokens, wire=wire, n=n, sampling=sampling, seed=self.seed)
        held = hold_rows(self.rows, self.sampler, turn, self.progress, self.factories, keeps_ended=self.keeps_partial)
        return list(map(_whole, held)), [] in map(_whole, held)

    def _score(self, place: int, row: Row, first: Completion, samples: Sequence[Completion]) -> EvaluatedRow | None:
        return score(place, row, first, self.reward, samples)

    def _sampling(self) -> Sampling:
        return Sampling(self.config.temperature, top_p=self.config.top_p)


def _merged(shares: Sequence[Evaluation]) -> Evaluation:
    """Return what the processes have evaluated, in the rows' order; it took as long as the slowest."""
    results = chain.from_iterable(share.results for share in shares)
    return Evaluation(
        results=tuple(sorted(results, key=attrgetter("index"))),
        unscored=sum(share.unscored for share in shares),
        seconds=max(share.seconds for share in shares),
        greedy_seconds=max(share.greedy_seconds for share in shares),
        failed=sum(share.failed for share in shares),
        is_stopped=any(share.is_stopped for share in shares),
    )


def requests_of(rows: Sequence[Row], reward: Reward, config: EvaluationConfig, **fields: Any) -> list[Request]:
    """Return what is asked for each row, greedily where `fields`, as `Request` takes them, say nothing else."""
    fields = {"max_tokens": config.max_new_tokens, "wire": wire_of(reward), **fields}
    return [Request(row.prompt, row.tools, **fields) for row in rows]


def _whole(of_row: list[Held]) -> list[Held] | None:
    """Return a row's conversations; none where Ctrl-C came before all had ended, None where an answer is missing."""
    ends = [conversation.end for conversation, _ in of_row]
    if UNANSWERED in ends:
        return None
    return [] if "stopped" in ends else of_row


def _conversation_result(index: int, row: Row, greedy: Held, samples: Sequence[Held]) -> EvaluatedRow:
    """Score a row's conversation; exact is that the goal is reached."""
    held, counts = greedy
    scored = EpisodeReward()(held)
    return EvaluatedRow(
        index=index,
        prompt=row.prompt,
        tools=row.tools,
        ground_truth=row.ground_truth,
        predicted=scored.behavior,
        reward=scored.value,
        is_exact=held.outcome.is_reached,
        is_truncated=held.end == "truncated",
        n_tokens=counts["tokens"],
        components=dict(scored.components),
        reasons=scored.reasons,
        completion=held.transcript(),
        samples=tuple(_conversation_sample(conversation) for conversation, _ in samples),
        episode={"kind": row.extra_info.get("kind", ""), "of": _digest(row.episode), **counts},
    )


def _conversation_sample(held: Conversation) -> Sample:
    return Sample(held.transcript(), EpisodeReward()(held).value, held.outcome.is_reached)


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def score(
    index: int, row: Row, completion: Completion, reward: Reward, samples: Sequence[Completion] = ()
) -> EvaluatedRow | None:
    """Score one completion, and its samples, against their row; None where the ground truth cannot be scored."""
    result = call_reward(
        reward, completion.scored, ground_truth=row.ground_truth, tools=row.tools, where=f"row {index + 1}"
    )
    is_exact = _is_exact(row, completion, reward)
    if result is None or is_exact is None:
        return None
    return EvaluatedRow(
        index=index,
        prompt=row.prompt,
        tools=row.tools,
        ground_truth=row.ground_truth,
        predicted=result.behavior,
        reward=result.value,
        is_exact=is_exact,
        is_truncated=completion.is_truncated,
        n_tokens=completion.n_tokens,
        components=dict(result.components),
        reasons=result.reasons,
        completion=completion.scored,
        n_prompt_tokens=completion.n_prompt_tokens,
        latency_s=completion.latency_s,
        verdict=judge(completion.scored, row.ground_truth, row.tools, result.behavior, wire=wire_of(reward)),
        samples=tuple(_sample(row, sample, reward) for sample in samples),
    )


def _sample(row: Row, completion: Completion, reward: Reward) -> Sample:
    result = call_reward(reward, completion.scored, ground_truth=row.ground_truth, tools=row.tools)
    value = 0.0 if result is None else result.value
    return Sample(completion.scored, value, _is_exact(row, completion, reward) or False)


def _is_exact(row: Row, completion: Completion, reward: Reward) -> bool | None:
    """Tell whether a completion is exactly right; None where the ground truth cannot be scored."""
    exact = Binary(wire=wire_of(reward))(completion.scored, ground_truth=row.ground_truth, tools=row.tools)
    return None if exact is None else exact.value == 1.0


def evaluate_sets(
    sampler: Sampler,
    sets: Mapping[str, Sequence[Row]],
    reward: Reward,
    config: Config,
    console: Console,
    *,
    label: str,
    keeps_partial: bool = False,
) -> Iterator[tuple[str, Evaluation]]:
    """Evaluate one set after the other, showing the progress of each; `label` names the policy there."""
    for name, rows in sets.items():
        passes = 2 if config.evaluation.samples > 1 else 1
        n_rows = len(range(processes.rank(), len(rows), processes.count()))
        with task(console, f"evaluating {label} on {name}", passes * n_rows) as shown:
            evaluation = evaluate(
                sampler,
                rows,
                reward,
                config.evaluation,
                seed=config.seed,
                keeps_partial=keeps_partial,
                progress=shown.advance,
                factories=factories_of(config.environment),
            )
        say_tally(reward, console)
        say_unread(evaluation, wire_of(reward), console, is_served=sampler.wire is None)
        yield name, evaluation
        if evaluation.is_stopped:
            say(console, f"stopped: {len(evaluation.results)} of the {len(rows)} rows of {name} are evaluated")
            raise KeyboardInterrupt


def say_unread(evaluation: Evaluation, wire: str, console: Console, *, is_served: bool = False) -> None:
    """Say in how many completions a call is written as nothing reads it, if in any; of a server, that it has not."""
    unread = sum(result.verdict.unread > 0 for result in evaluation.results)
    if not unread:
        return
    share = f"{unread} of {len(evaluation.results)} completions"
    if is_served:
        say(console, f"note: {share} hold calls that the server left as text: look at its tool parser")
        return
    wire_format = "" if wire == AUTO else f" in the wire format {wire}"
    say(console, f"note: {share} hold markup of calls that nothing reads{wire_format}; a server would show it as text")


def write_results(path: Path, evaluation: Evaluation) -> None:
    """Write a line of JSON for each scored row: the request, what was expected, what came, and how it scored.

    Nothing of it depends on the clock: the same policy and rows give the same file.
    """
    write_lines(path, (row.to_json() for row in evaluation.results))
