"""`rlvr reward try`: score completions that exist already, and say why, tier by tier."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.text import Text

from rewards import Behavior, GroundTruth, Reward, RewardResult, Toolset, wire
from rewards.types import GroundTruthError
from rlvr.config import build_reward, reward_name
from rlvr.data import saved_rollouts
from rlvr.data.json_values import is_number, json_in
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.progress import standard_console
from rlvr.records.evaluated_row import NOTHING
from rlvr.records.row import read_truth
from rlvr.scoring import call_reward
from rlvr.tables import FittedTable

NOTHING_TO_SCORE = "give completion= and ground_truth=, or a file of rows, or the folder of a run"
_OF_MESSAGES = frozenset(("role", "choices", "candidates", "output"))
"""Members that messages and responses have, and calls have not."""

MOST_REASONS_SHOWN = 10
"""The most common reasons in a summary."""


@dataclass(frozen=True)
class Options:
    """The completions to score. Of the ways to name completions exactly one is chosen."""

    completion: str | None = None
    """What the model wrote, or the JSON of a message or of a server's response; - reads it from standard input."""
    ground_truth: str | None = None
    """A JSON list of calls, a text, or the JSON of a reward_model."""
    tools: str | None = None
    """The JSON of a list of tools."""
    rows: str | None = None
    """A JSONL file of rows, each with a "completion", or of saved rollouts."""
    row: int | None = None
    """One line of that file, from 1."""
    run: str | None = None
    """A run, whose saved rollouts are scored again."""
    json: bool = False
    """Print JSON."""


@dataclass(frozen=True)
class Trial:
    """One completion with what it is scored against, and the reward that a file has recorded for it."""

    completion: Json
    truth: GroundTruth
    tools: Toolset | None
    where: Where | None = None
    recorded: float | None = None


@dataclass(frozen=True)
class Scored:
    """A trial and its result."""

    trial: Trial
    result: RewardResult

    def to_json(self) -> JsonObject:
        """Return plain data."""
        plain: JsonObject = {}
        if self.trial.where is not None:
            plain = {"file": str(self.trial.where.path), "line": self.trial.where.line}
        plain |= {
            "expected": self.trial.truth.behavior,
            "behavior": self.result.behavior,
            "reward": self.result.value,
            "components": dict(self.result.components),
            "reasons": [reason.to_json() for reason in self.result.reasons],
        }
        if self.trial.recorded is not None:
            plain["recorded"] = self.trial.recorded
        return plain


def command(options: Options, reward_config: JsonMapping, console: Console | None = None) -> None:
    """Score what the options name and print the result.

    Raises:
        UserError: options that do not go together, or a file that cannot be used; names file, line and field.
    """
    from rlvr.sampling.judge import judge_of, say_tally  # an HTTP client, which --help does without

    reward = build_reward(dict(reward_config))
    scored = [Scored(trial, _score(reward, trial)) for trial in trials(options)]
    names_one = options.completion is not None or options.row is not None
    is_single = names_one and len(scored) == 1
    console = console or standard_console()
    if not options.json:
        console.print(explanation(reward, scored[0]) if is_single else overview(reward, scored))
        say_tally(reward, console)
        return
    plain = [each.to_json() for each in scored]
    data = plain[0] if is_single else {**summary(scored), "completions": plain}
    judge = judge_of(reward)
    if judge is not None:
        data["judge"] = judge.tally.metrics()
    console.print(json.dumps(data, ensure_ascii=False, indent=2), soft_wrap=True, markup=False, highlight=False)


def trials(options: Options) -> list[Trial]:
    """Return the completions that the options name.

    Raises:
        UserError: as `command` raises.
    """
    named = {name for name, value in vars(options).items() if value is not None}
    if "row" in named and "rows" not in named:
        raise UserError("--row: needs --rows FILE, the file whose line it is")
    if options.run is not None:
        if named & {"rows", "completion", "ground_truth"}:
            raise UserError("--run: scores the run's own rollouts; leave out --rows, --completion and --ground-truth")
        return list(chain.from_iterable(map(_of_file, _rollouts(Path(options.run)))))
    if options.rows is not None:
        if named & {"ground_truth", "tools"}:
            raise UserError("--rows: the file holds ground truth and tools; leave out --ground-truth and --tools")
        if "completion" in named and "row" not in named:
            raise UserError("--completion: with --rows it needs --row N, the line to score it against")
        return _of_file(Path(options.rows), options.row, options.completion)
    if options.completion is None or options.ground_truth is None:
        raise UserError(f"nothing to score: {NOTHING_TO_SCORE}")
    return [_of_arguments(options.completion, options.ground_truth, options.tools)]


def summary(scored: Sequence[Scored]) -> JsonObject:
    """Return means and counts over all completions, and by expected behavior."""
    by_behavior: dict[Behavior, list[Scored]] = {behavior: [] for behavior in Behavior}
    recorded: list[float] = []
    kinds: Counter[str] = Counter()
    for each in scored:
        by_behavior[each.trial.truth.behavior].append(each)
        kinds.update(list(dict.fromkeys(reason.without_values for reason in each.result.reasons)))
        if each.trial.recorded is not None:
            recorded.append(each.trial.recorded)
    data = _means(scored)
    if recorded:
        data["recorded"] = sum(recorded) / len(recorded)
    data["by_behavior"] = {behavior: _of_behavior(group) for behavior, group in by_behavior.items() if group}
    data["reasons"] = dict(kinds.most_common())
    return data


def _of_behavior(scored: Sequence[Scored]) -> JsonObject:
    did = Counter(str(each.result.behavior or NOTHING) for each in scored)
    return {**_means(scored), "did": dict(did.most_common())}


def explanation(reward: Reward, scored: Scored) -> RenderableType:
    """Return one completion: what it did, and each tier with its reasons."""
    result = scored.result
    did = f"expected {scored.trial.truth.behavior}, got {result.behavior or NOTHING}"
    parts: list[RenderableType] = [Text(f"{reward_name(reward)}: {result.value:.3f}; {did}", style="bold")]
    reasons = _by_tier(result)
    if not isinstance(scored.trial.completion, str):
        parts.append(Text("The completion is read as messages. As a text, in a trainer, its JSON is no call."))
    if result.components:
        parts.append(_tier_table(result, getattr(reward, "weights", {}), reasons))
    parts.extend(map(Text, reasons.get("", ())))
    return Group(*parts)


def _tier_table(
    result: RewardResult, weights: Mapping[str, float], reasons: Mapping[str, Sequence[str]]
) -> FittedTable:
    titles = ["tier", "share", "weight", "why"] if weights else ["tier", "share", "why"]
    table = FittedTable(titles, sentences="why")
    for name, share in result.components.items():
        cells = {"tier": name, "share": f"{share:.2f}", "why": "\n".join(reasons.get(name, ()))}
        cells["weight"] = f"{weights[name]:g}" if name in weights else ""
        table.add_row(*(cells[title] for title in titles))
    return table


def overview(reward: Reward, scored: Sequence[Scored]) -> RenderableType:
    """Return the view of many completions: means, what was done by what was expected, and the most common reasons."""
    data = summary(scored)
    recorded = f" (recorded {data['recorded']:.3f})" if "recorded" in data else ""
    numbers = f"{data['n']:,} completions, mean reward {data['reward']:.3f}{recorded}, {data['exact']:.1%} exact"
    names = (*Behavior, NOTHING)
    table = FittedTable(["expected", "n", "reward", "exact", *(f"did {name}" for name in names)])
    for behavior, group in data["by_behavior"].items():
        did = [str(group["did"].get(name, 0)) for name in names]
        table.add_row(behavior, str(group["n"]), f"{group['reward']:.3f}", f"{group['exact']:.1%}", *did)
    parts: list[RenderableType] = [Text(f"{reward_name(reward)}: {numbers}", style="bold"), table]
    if data["reasons"]:
        parts.append(Text("most common reasons", style="bold"))
    for reason, count in islice(data["reasons"].items(), MOST_REASONS_SHOWN):
        parts.append(Text(f"{count:>6}  {reason}"))
    return Group(*parts)


def _score(reward: Reward, trial: Trial) -> RewardResult:
    result = call_reward(reward, trial.completion, ground_truth=trial.truth, tools=trial.tools)
    if result is None:
        message = f"{reward_name(reward)} cannot score this ground truth"
        raise trial.where.error("reward_model", message) if trial.where else UserError(f"--ground-truth: {message}")
    return result


def _of_arguments(completion: str, ground_truth: str, tools: str | None) -> Trial:
    try:
        toolset = Toolset.of(tools)
    except ValueError as error:
        raise UserError(f"--tools: {error}") from None
    try:
        truth = GroundTruth.parse(ground_truth)
    except GroundTruthError as error:
        raise UserError(f"--ground-truth: {error}") from None
    for call in truth.calls:
        if toolset is not None and call.name not in toolset:
            raise UserError(f"--ground-truth: calls {call.name!r}, but --tools offers {', '.join(toolset.names)}")
    return Trial(_message_or_text(completion), truth, toolset)


def _message_or_text(completion: str) -> Json:
    """Return the message, the messages or the response whose JSON a text is; any other text as it is."""
    value = json_in(completion)
    match value:
        case [dict() as message, *_] | (dict() as message) if _OF_MESSAGES & message.keys():
            return value
    return completion


def _of_file(path: Path, line: int | None = None, completion: str | None = None) -> list[Trial]:
    trials: list[Trial] = []
    lines = []
    for where, value in saved_rollouts.read_places(path):
        lines.append(where.line)
        if line in (None, where.line):
            trials.extend(_of_object(value, where, completion))
    if line is not None and line not in lines:
        raise Where(path, line).error(None, f"no row on this line; the file has rows on {_span(lines)}")
    return trials


def _of_object(value: Json, where: Where, completion: str | None) -> Iterator[Trial]:
    """Yield a row with a completion, or a line of saved rollouts or of an evaluation, where `expected` is
    `reward_model`."""
    if not isinstance(value, dict):
        raise where.error(None, "not an object; a line is a row with a 'completion', or saved rollouts")
    if "reward_model" not in value and "expected" in value:
        value = {**value, "reward_model": value["expected"]}
    is_without_tools = value.get("tools") is None
    offered, truth = read_truth({**value, "tools": _called(value)} if is_without_tools else value, where)
    tools = None if is_without_tools else Toolset.of(offered)
    if completion is not None:
        yield Trial(completion, truth, tools, where)
        return
    if "candidates" not in value:
        yield _trial(value, truth, tools, where, "completion")
        return
    where.expect(value["candidates"], list, "candidates", "a list")
    for index, candidate in enumerate(value["candidates"]):
        yield _trial(candidate, truth, tools, where, f"candidates[{index}].completion")


def _trial(candidate: Json, truth: GroundTruth, tools: Toolset | None, where: Where, field: str) -> Trial:
    """Return a row or a saved candidate as it is to be scored; `field` is where its completion stands."""
    candidate = candidate if isinstance(candidate, dict) else {}
    if candidate.get("transcript") or candidate.get("episode"):
        raise where.error(field, "a conversation; its reward is of what became of its world, and stands beside it")
    text = candidate.get("completion")
    if text is None:
        raise where.error(field, "missing; it must be a text or a list of chat messages")
    if not isinstance(text, str):
        try:
            wire.parse(text)
        except TypeError as error:
            raise where.error(field, str(error)) from None
    recorded = candidate.get("reward")
    return Trial(text, truth, tools, where, float(recorded) if is_number(recorded) else None)


def _called(value: JsonMapping) -> list[JsonObject]:
    """Return the tools that a row's ground truth calls: they are taken as offered where it names none."""
    try:
        calls = GroundTruth.parse(value.get("reward_model")).calls
    except GroundTruthError:
        return []  # `read_truth` words this one
    return [{"name": name} for name in dict.fromkeys(call.name for call in calls)]


def _rollouts(run: Path) -> list[Path]:
    paths = saved_rollouts.files(run)
    if not paths:
        raise UserError(
            f"--run: {run} has no rollouts/*.parquet or *.jsonl; name the folder of a run that has trained with GRPO"
        )
    return paths


def _span(lines: Sequence[int | None]) -> str:
    return f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]} to {lines[-1]}"


def _means(scored: Sequence[Scored]) -> JsonObject:
    values = [each.result.value for each in scored]
    return {"n": len(values), "reward": sum(values) / len(values), "exact": values.count(1.0) / len(values)}


def _by_tier(result: RewardResult) -> dict[str, list[str]]:
    """Return the reasons by the tier that gave them; under "" those of no tier."""
    grouped: dict[str, list[str]] = {}
    for reason in result.reasons:
        tier = reason.tier if reason.tier in result.components else ""
        grouped.setdefault(tier, []).append(str(reason))
    return grouped
