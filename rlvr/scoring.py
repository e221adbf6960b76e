"""Call a reward and look at what it returns: a reward of the user's own can return anything, at any call.

Unlooked at, a NaN takes the step's gradient with it without a word, 7.0 counts as seven times right, and the text "0.5"
fails where nobody looks for a reward.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from numbers import Real

from rewards import Behavior, Reward, RewardResult
from rewards.wire import AUTO
from rlvr.alarm import alarm
from rlvr.config import build_reward, reward_name
from rlvr.errors import RunError, UserError
from rlvr.files import Json, JsonObject
from rlvr.records.row import Row

BATCH_LIMIT_S = 900.0
"""How long the rewards of one batch may take: one that waits for ever would stop a run without a word."""

_LONGEST_SHOWN = 80


class RewardError(RunError):
    """A reward raised, took too long, or returned what is no reward; names the reward, what came, and for what."""


def try_reward(options: JsonObject, sets: Iterable[Sequence[Row]]) -> None:
    """Call a reward of the user's own on one row, before anything is loaded that takes time.

    Args:
        options: the config's `reward`.
        sets: rows, the first of which is tried, with an empty completion.

    Raises:
        UserError: it raised, or returned what is no reward.
    """
    row = next((row for rows in sets for row in rows), None)
    if row is None or str(options.get("_target_")).startswith("rewards."):
        return
    try:
        call_reward(build_reward(options), "", ground_truth=row.ground_truth, tools=row.tools, where="the first row")
    except RewardError as error:
        raise UserError(str(error)) from error


def call_reward(
    reward: Reward, completion: Json, *, ground_truth: Json, tools: Json, where: str = ""
) -> RewardResult | None:
    """Return the reward of one completion, checked; numbers such as numpy's as Python's own.

    Args:
        reward: any reward.
        completion, ground_truth, tools: what it is called with.
        where: which row it is, for errors.

    Raises:
        RewardError: it raised, or returned neither None nor a `RewardResult` with a value in [0, 1], components that
            are finite numbers by name, reasons in a list, and a behavior that exists.
    """
    try:
        result = reward(completion, ground_truth=ground_truth, tools=tools)
    except RewardError:
        raise
    except (Exception, SystemExit) as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        said = f"raised {type(error).__name__}: {_short(error)} ({at.filename}:{at.lineno})"
        raise _refused(reward, said, completion, where) from error
    if result is None:
        return None
    wrong = _wrong_type(result)
    if wrong is not None:
        raise _refused(reward, wrong, completion, where)
    return _plain(result)


def wire_of(reward: Reward) -> str:
    """Return the wire format that a reward reads calls in; `auto` where it has no such option."""
    return getattr(reward, "wire", AUTO)


@contextmanager
def limited(reward: Reward, limit_s: float = BATCH_LIMIT_S) -> Iterator[None]:
    """Within this the rewards of one batch are computed, and not for longer than the limit.

    Outside of the main thread, where no alarm can be set, there is no limit.

    Raises:
        RewardError: it took longer.
    """
    error = RewardError(
        f"reward {reward_name(reward)}: took more than {limit_s:.0f} s for one batch; if it calls a model or a server, "
        "give that a time limit of its own"
    )
    with alarm(limit_s, error):
        yield


def _wrong_type(result: Json) -> str | None:
    """Return what is wrong with what a reward returned; None where nothing is."""
    if not isinstance(result, RewardResult):
        return f"returned {_short(result)}, a {type(result).__name__}; return a rewards.RewardResult, or None"
    value = result.value
    if not _is_finite(value):
        return f"returned the value {_short(value)}, a {type(value).__name__}; it must be a number from 0 to 1"
    if not 0 <= value <= 1:
        return f"returned the value {value}; it must be from 0 to 1"
    if not isinstance(result.components, Mapping):
        return f"returned components {_short(result.components)}; they must be numbers by name"
    for name, component in result.components.items():
        if not isinstance(name, str) or not _is_finite(component):
            return f"returned the component {_short(name)}: {_short(component)}; it must be a finite number"
    if not isinstance(result.reasons, list | tuple):
        return f"returned reasons {_short(result.reasons)}; they must be a list"
    if result.behavior is not None and result.behavior not in tuple(Behavior):
        allowed = ", ".join(behavior.value for behavior in Behavior)
        return f"returned the behavior {_short(result.behavior)}; it must be one of {allowed}, or None"
    return None


def _is_finite(value: Json) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def _plain(result: RewardResult) -> RewardResult:
    """Numbers as Python's own, which JSON can write; the same object where they are."""
    behavior = None if result.behavior is None else Behavior(result.behavior)
    numbers = (result.value, *result.components.values())
    if all(type(number) in (float, int) for number in numbers) and behavior is result.behavior:
        return result
    components = {name: float(value) for name, value in result.components.items()}
    return replace(result, value=float(result.value), components=components, behavior=behavior)


def _refused(reward: Reward, said: str, completion: Json, where: str) -> RewardError:
    of = f" of {where}" if where else ""
    return RewardError(f"reward {reward_name(reward)}: {said}; for the completion{of} {_short(completion)}")


def _short(value: Json) -> str:
    text = value if isinstance(value, Exception) else repr(value)
    text = " ".join(str(text).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
