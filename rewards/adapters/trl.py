"""Any reward as a reward function for TRL's trainers."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards import wire as wires
from rewards.adapters.row import COMPANIONS, GROUND_TRUTHS, component_names, truth_and_tools
from rewards.strict_json import Json, JsonMapping
from rewards.types import Reward, RewardResult
from rewards.wire.call_tokens import CallTokens


@dataclass(frozen=True)
class RewardFunction:
    """A reward, callable as an item of `reward_funcs`. Make one with `reward_function`."""

    reward: Reward
    tokenizer: Any = field(default=None, compare=False, repr=False)

    @property
    def __name__(self) -> str:
        return getattr(self.reward, "__name__", type(self.reward).__name__).lower()

    def __call__(
        self,
        prompts: Sequence[Json] | None = None,
        completions: Sequence[Json] = (),
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Score a batch.

        Args:
            prompts: not read.
            completions: texts or lists of chat messages.
            columns: the data set's: `reward_model`, `ground_truth`, `reference_answer` or `answer`, the first that it
                has, and `tools` if it has them, as objects or their JSON. Others are not read.
            log_metric: given by TRL; receives the mean of each component.
            log_extra: given by TRL; receives each completion's reasons.
            completion_ids: given by TRL; with a tokenizer, special tokens of the wire format are read from them.

        Returns:
            A reward in [0, 1] for each completion; None where its ground truth cannot be scored.

        Raises:
            ValueError: no column holds the ground truth, or one differs in length; names it.
        """
        results = _results(self, completions, columns, completion_ids)
        if log_metric is not None:
            for name, mean in component_means(results).items():
                log_metric(f"reward_components/{name}", mean)
        if log_extra is not None:
            log_extra("reasons", _reasons(results))
        return [result.value if result is not None else None for result in results]


class _LastBatch:
    """Return the results of the batch that a reward's component functions are called with one after the other."""

    def __init__(self) -> None:
        self.batch: tuple[Any, ...] | None = None
        self.results: list[RewardResult | None] = []
        self.given_to: set[str] = set()

    def results_for(
        self, component: str, batch: tuple[Any, ...], score: Callable[[], list[RewardResult | None]]
    ) -> list[RewardResult | None]:
        """Return the results of `batch`: of the last scoring, if that was it and this component has not had them."""
        if batch != self.batch or component in self.given_to:
            self.results, self.batch, self.given_to = score(), batch, set()
        self.given_to.add(component)
        return self.results

    def __reduce__(self) -> Any:
        return (_LastBatch, ())


@dataclass(frozen=True)
class ComponentFunction:
    """One component of a reward, callable as an item of `reward_funcs`. Make them with `reward_functions`."""

    reward: Reward
    component: str
    logs_reasons: bool = False
    tokenizer: Any = field(default=None, compare=False, repr=False)
    _last: _LastBatch = field(default_factory=_LastBatch, compare=False, repr=False)

    @property
    def __name__(self) -> str:
        return self.component

    def __call__(
        self,
        prompts: Sequence[Json] | None = None,
        completions: Sequence[Json] = (),
        log_extra: Callable[[str, list[Any]], None] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Score a batch by this component; the arguments are those of `RewardFunction`.

        The reward itself is called once for all components that are asked for the same batch in turn.

        Returns:
            The component in [0, 1] for each completion; None where it does not apply or nothing can be scored.
        """
        batch = (list(completions), {name: list(column) for name, column in _read_columns(columns).items()})
        results = self._last.results_for(
            self.component, batch, lambda: _results(self, completions, columns, completion_ids)
        )
        if log_extra is not None and self.logs_reasons:
            log_extra("reasons", _reasons(results))
        return [result.components.get(self.component) if result is not None else None for result in results]


def reward_function(reward: Reward, wire: str = wires.AUTO, tokenizer: object = None) -> RewardFunction:
    """Return the reward as an item of TRL's `reward_funcs`.

    Args:
        reward: any reward.
        wire: the wire format to read completions in; `auto` leaves the reward's own.
        tokenizer: the policy's, of `transformers`. TRL decodes completions without special tokens; where those mark
            calls, as they do for Mistral and gpt-oss, only a tokenizer can bring them back.

    Raises:
        ValueError: no such wire format, or a reward that has no `wire` option to set.
        TypeError: the class of a reward.
    """
    wires.check(wire)
    if isinstance(reward, type):
        raise TypeError(f"reward: {reward.__name__} is a class; give an instance, {reward.__name__}()")
    if wire == wires.AUTO:
        return RewardFunction(reward, tokenizer)
    if not dataclasses.is_dataclass(reward) or "wire" not in {field.name for field in dataclasses.fields(reward)}:
        raise ValueError(f"{type(reward).__name__} has no 'wire' option; leave wire='auto'")
    return RewardFunction(dataclasses.replace(reward, wire=wire), tokenizer)


def reward_functions(reward: Reward, wire: str = wires.AUTO, tokenizer: object = None) -> list[ComponentFunction]:
    """One item of TRL's `reward_funcs` for each component of the reward.

    For `GRPOConfig(multi_objective_aggregation="normalize_then_sum")`, which normalises each within its group before it
    adds them up. The reward's own composition is not applied then: no partial credit is capped, and the weights are
    TRL's, such as `GRPOConfig(reward_weights=[*Tiered().weights.values()])`.

    Args:
        reward: any reward that names its components.
        wire: as `reward_function` takes it.
        tokenizer: as `reward_function` takes it.

    Raises:
        ValueError: as `reward_function` raises, or a reward without components.
    """
    chosen = reward_function(reward, wire).reward
    names = component_names(chosen)
    if not names:
        raise ValueError(f"{type(reward).__name__} gives no components; use reward_function")
    last = _LastBatch()
    return [ComponentFunction(chosen, name, name == names[0], tokenizer, last) for name in names]


def _read_columns(columns: JsonMapping) -> dict[str, Sequence[Json]]:
    """Return the columns that a reward reads, of all that TRL hands over."""
    names = (*GROUND_TRUTHS, *COMPANIONS, "tools")
    return {name: columns[name] for name in names if columns.get(name) is not None}


def _results(
    function: RewardFunction | ComponentFunction,
    completions: Sequence[Json],
    columns: JsonMapping,
    completion_ids: Sequence[Sequence[int]] | None,
) -> list[RewardResult | None]:
    read = _read_columns(columns)
    if not any(name in read for name in GROUND_TRUTHS):
        raise ValueError(
            f"no column holds the ground truth: the data set has {', '.join(sorted(columns)) or 'none'} beside the "
            f"prompt; name it {' or '.join(GROUND_TRUTHS)}"
        )
    for name, column in read.items():
        if len(column) != len(completions):
            raise ValueError(f"column {name!r} has {len(column)} rows for {len(completions)} completions")
    if function.tokenizer is not None and completion_ids is not None:
        completions = _decoded_again(function.reward, function.tokenizer, completions, completion_ids)
    results = []
    for row, completion in enumerate(completions):
        truth, tools = truth_and_tools({name: column[row] for name, column in read.items()})
        results.append(function.reward(completion, ground_truth=truth, tools=tools))
    return results


def _reasons(results: Sequence[RewardResult | None]) -> list[str]:
    return ["; ".join(map(str, result.reasons)) if result is not None else "" for result in results]


def component_means(results: Sequence[RewardResult | None]) -> dict[str, float]:
    """Return the mean of each component over the results that have it."""
    shares: dict[str, list[float]] = {}
    for result in filter(None, results):
        for name, share in result.components.items():
            shares.setdefault(name, []).append(share)
    return {name: sum(values) / len(values) for name, values in shares.items()}


def _decoded_again(
    reward: Reward, tokenizer: object, completions: Sequence[Json], completion_ids: Sequence[Sequence[int]]
) -> list[Json]:
    # TRL decodes without special tokens, which takes the marks of calls away in some formats.
    wire = getattr(reward, "wire", wires.AUTO)
    call_tokens = CallTokens(tokenizer, wire if wire in wires.FORMATS else wires.AUTO)
    texts = map(call_tokens.text, completion_ids)
    return [
        completion if text is None else _with_text(completion, text)
        for completion, text in zip(completions, texts, strict=True)
    ]


def _with_text(completion: Json, text: str) -> Json:
    if isinstance(completion, str):
        return text
    # Several messages hold tools' answers too, and parsed calls are what TRL itself has read.
    is_plain = len(completion) == 1 and isinstance(completion[0].get("content"), str)
    return [{**completion[0], "content": text}] if is_plain and not completion[0].get("tool_calls") else completion
