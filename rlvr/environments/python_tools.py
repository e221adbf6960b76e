"""Python objects whose public methods are tools: the classes that TRL takes as `environment_factory`, as they are."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from itertools import takewhile
from typing import Any

from rewards import ToolCall, Toolset
from rlvr.alarm import alarm
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import Outcome, ToolResult, User, UserTurn
from rlvr.environments.user import Knowledge, SimulatedUser
from rlvr.errors import RAISED_BY_OTHERS, RunError, UserError, one_line
from rlvr.files import Json, JsonObject
from rlvr.records.message import openai_tools

MOST_CHARS = 80
MOST_CHARS_BEFORE = 20
"""Of a value that has changed, how much is shown, and how much of that before the change."""

RESET_LIMIT_S = 300.0
"""How long `reset` may take."""

_NO_TOOLS = frozenset({"reset", "get_reward", "close", "state"})


class PythonEnvironment:
    """An object whose public methods are tools; they may be coroutines.

    Like TRL, `reset(**fields)` is called first, where there is one, and a text that it returns ends the prompt.
    `get_reward()` scores the episode: 1 or more is the goal, anything between is progress. Without it the goal is that
    the episode's `expected` calls were made. Without these the attribute `reward` scores it, which TRL's examples keep.

    Args:
        instance: the object.
        episode: whose `reset` fields, `expected` calls and `user` it takes.

    Attributes:
        observation: what `reset` says.

    Raises:
        RunError: `reset` raised something.
        UserError: nothing says what the episode is worth.
    """

    def __init__(self, instance: Any, episode: Episode) -> None:
        self.instance = instance
        self.methods = methods_of(instance)
        self.toolset = Toolset.of(episode.tools)
        self.user: User = SimulatedUser(Knowledge.from_json(episode.user), self.toolset)
        self.expected = [(call["name"], call.get("arguments", {})) for call in episode.options.get("expected", ())]
        self.calls: list[tuple[str, JsonObject]] = []
        self._stack = ExitStack()
        self._portal: Any = None
        self.observation = self._begun(episode)
        self._began = attributes_of(instance)
        if not self.expected and not any(hasattr(instance, name) for name in ("get_reward", "reward")):
            self.close()
            raise UserError(
                f"environment: {type(instance).__name__} has no get_reward(), and the row no expected calls; give it "
                "one that returns 1.0 where the goal is reached"
            )

    def _begun(self, episode: Episode) -> str:
        reset = getattr(self.instance, "reset", None)
        if not callable(reset):
            return ""
        fields = dict(episode.options.get("reset", {}))
        if "prompt" in inspect.signature(reset).parameters:
            fields.setdefault("prompt", episode.prompt)
        name = type(self.instance).__name__
        try:
            with alarm(RESET_LIMIT_S, TimeoutError(f"no answer in {RESET_LIMIT_S:.0f} s")):
                said = self._result(reset(**fields))
        except RAISED_BY_OTHERS as error:
            with suppress(*RAISED_BY_OTHERS):  # what `reset` did not get to make cannot be closed, and is no news
                self.close()
            raise RunError(f"environment: {name}.reset() raised {type(error).__name__}: {one_line(error)}") from error
        return said if isinstance(said, str) else ""

    def _result(self, value: Any) -> Any:
        """Return a value, or what a coroutine comes to; all run in one loop, as clients of servers ask for."""
        if not inspect.isawaitable(value):
            return value
        if self._portal is None:
            from anyio.from_thread import start_blocking_portal

            self._portal = self._stack.enter_context(start_blocking_portal())
        return self._portal.call(_awaited, value)

    @classmethod
    def begin(cls, episode: Episode, factory: Callable[[], object]) -> PythonEnvironment:
        """Return the environment of an episode, with an object of its own; raises as `instance_of`, too."""
        return cls(instance_of(factory), episode)

    def answer(self, call: ToolCall) -> ToolResult:
        """Call the method. What it raises is the tool's error, and no failure of the environment."""
        method = self.methods.get(call.name)
        if method is None:
            return ToolResult.failed(f"there is no tool named {call.name!r:.80}")
        self.calls.append((call.name, call.arguments))
        try:
            value = self._result(method(**call.arguments))
        except RAISED_BY_OTHERS as error:
            return ToolResult.failed(f"{type(error).__name__}: {error}")
        return ToolResult(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))

    def reply(self, text: str) -> UserTurn:
        """Return what the user says."""
        return self.user.reply(text)

    def changes(self) -> tuple[str, ...]:
        """Return how the object's public attributes differ from those that it began with."""
        return changed_lines(self._began, attributes_of(self.instance))

    def outcome(self) -> Outcome:
        """Ask the object for its reward; without one hold the calls against the expected ones."""
        if callable(get_reward := getattr(self.instance, "get_reward", None)):
            return _outcome_of(self._result(get_reward()))
        if not self.expected:
            return _outcome_of(getattr(self.instance, "reward", None))
        missing = [call for call in self.expected if call not in self.calls]
        progress = 1.0 - len(missing) / len(self.expected)
        return Outcome(not missing, progress, tuple(f"missing: {name}({arguments})" for name, arguments in missing))

    def close(self) -> None:
        """Close the object, where it can be closed."""
        with self._stack:
            if callable(close := getattr(self.instance, "close", None)):
                self._result(close())


def instance_of(factory: Callable[[], object]) -> Any:
    """Return an object of the user's own class.

    Raises:
        RunError: the class raised something.
    """
    try:
        return factory()
    except RAISED_BY_OTHERS as error:
        raise RunError(f"environment: the class cannot be made: {type(error).__name__}: {one_line(error)}") from error


def _outcome_of(reward: Any) -> Outcome:
    """Return the outcome that a reward stands for; None is that of a game which has not come to one."""
    value = 0.0 if reward is None else float(reward)
    progress = min(1.0, max(0.0, value))
    return Outcome(progress >= 1.0, progress, () if progress >= 1.0 else (f"the reward is {value:g}",))


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def attributes_of(instance: Any) -> dict[str, str]:
    """Return the object's public attributes as texts."""
    attributes = getattr(instance, "__dict__", {})
    return {name: _written(value) for name, value in attributes.items() if not name.startswith("_")}


def changed_lines(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return how attributes differ, each in a line, from a little before their first difference on."""
    lines = []
    for name, value in now.items():
        earlier = before.get(name, "nothing")
        if value != earlier:
            same = takewhile(lambda pair: pair[0] == pair[1], zip(earlier, value, strict=False))
            start = max(0, len(list(same)) - MOST_CHARS_BEFORE)
            dots = "..." if start else ""
            lines.append(f"{name}: {dots}{earlier[start:]:.{MOST_CHARS}} -> {dots}{value[start:]:.{MOST_CHARS}}")
    return tuple(lines)


def _written(value: Json) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that are no texts, or a circle
        return repr(value)


def methods_of(instance: Any) -> Mapping[str, Callable[..., Any]]:
    """Return the methods of an object that are tools."""
    members = inspect.getmembers(instance, inspect.ismethod)
    return {name: method for name, method in members if not name.startswith("_") and name not in _NO_TOOLS}


def tools_of(instance: Any) -> list[JsonObject]:
    """Return an object's tools in OpenAI's form, read off signatures and docstrings."""
    return openai_tools(Toolset(list(methods_of(instance).values())))
