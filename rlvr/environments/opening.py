"""The environment of an episode, by the kind that its row names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from rlvr.data.toolsets.python_objects import import_own
from rlvr.environments.bfcl import BfclEnvironment
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import Environment
from rlvr.environments.python_tools import PythonEnvironment
from rlvr.environments.recording import RecordingEnvironment
from rlvr.environments.worlds.environment import WorldEnvironment
from rlvr.errors import RAISED_BY_OTHERS, UserError, unknown
from rlvr.files import Where
from rlvr.records.row import Row

Factory = Callable[[], object]
"""Makes an object whose methods are tools."""

_BEGIN: dict[str, Callable[[Episode], Environment]] = {
    "world": WorldEnvironment.begin,
    "recording": RecordingEnvironment.begin,
    "bfcl": BfclEnvironment.begin,
}

_NEEDED: dict[str, dict[str, tuple[type, str]]] = {
    "world": {"seed": (int, "a whole number"), "goal": (Mapping, "an object of what shall change and be told")},
    "recording": {"calls": (list, "a list of calls with their answers")},
    "bfcl": {"entry": (str, "the id of one of the leaderboard's entries")},
}
"""The options that an environment cannot do without."""


def factories_of(environment: str | None) -> dict[str, Factory]:
    """Return the classes that rows of Python environments may ask for: by its own name, and by none.

    Args:
        environment: `MODULE:CLASS`, importable from here; None gives no class.

    Raises:
        UserError: the module cannot be imported, or has no such class.
    """
    if environment is None:
        return {}
    module, _, name = environment.partition(":")
    if not module or not name:
        raise UserError(f"environment: {environment!r} is not MODULE:CLASS, such as bank:Bank")
    attributes = vars(import_own(module, "environment"))
    if not callable(factory := attributes.get(name)):
        classes = [key for key, value in attributes.items() if inspect.isclass(value)]
        raise UserError(f"environment: {unknown('class', name, classes, place=f'{module} has')}")
    return {"": factory, name: factory}


def open_environment(episode: Episode, factories: Mapping[str, Factory] | None = None) -> Environment:
    """Return an episode's environment, as it begins.

    A row never names code: the classes of Python environments are given here, by whoever runs it.

    Args:
        episode: its row.
        factories: for Python environments, by the name that the row gives as `class`; "" is for rows that give none.

    Raises:
        UserError: the row asks for a class that is not given, or its options cannot be used.
    """
    begin = _BEGIN.get(episode.environment)
    if begin is None:
        return PythonEnvironment.begin(episode, _factory_of(episode, factories or {}))
    for name, (kind, words) in _NEEDED[episode.environment].items():
        if not isinstance(value := episode.options.get(name), kind):
            raise UserError(f"episode.{name}: a {episode.environment} needs {words}, not {value!r:.60}")
    try:
        return begin(episode)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"episode: a {episode.environment} cannot begin: {type(error).__name__}: {error}") from None


@contextmanager
def opened(episodes: Iterable[Episode], factories: Mapping[str, Factory] | None = None) -> Iterator[list[Environment]]:
    """Give the environments of several episodes, each as it begins, and close them all in the end.

    Args:
        episodes: each gets an environment of its own.
        factories: as `open_environment` takes them.

    Raises:
        UserError: as `open_environment`; those that have begun are closed.
    """
    environments = []
    with ExitStack() as stack:
        for episode in episodes:
            environments.append(open_environment(episode, factories))
            stack.callback(_close, environments[-1])
        yield environments


def _close(environment: Environment) -> None:
    with suppress(*RAISED_BY_OTHERS):  # the conversation has been held, whatever a class raises now
        environment.close()


def _factory_of(episode: Episode, factories: Mapping[str, Factory]) -> Factory:
    name = str(episode.options.get("class", ""))
    if name not in factories:
        raise UserError(f"episode: needs the class {name or 'of its environment'}; give environment=MODULE:CLASS")
    return factories[name]


def check_episodes(name: str, rows: Sequence[Row], factories: Mapping[str, Factory]) -> bool:
    """Tell whether the rows of a set are conversations, and look for what would keep them from beginning.

    Classes of the user's own are looked for, and not made: they may start servers.

    Args:
        name: the set's, for errors.
        rows: of the set.
        factories: as `open_environment` takes them.

    Raises:
        UserError: some rows are conversations and some are not, or the first that cannot begin.
    """
    places = [place for place, row in enumerate(rows) if row.episode is not None]
    if places and len(places) < len(rows):
        raise UserError(
            f"{name}: {len(places)} of {len(rows)} rows are conversations; give them a set of their own, which is used "
            "alone"
        )
    for place in places:
        episode = Episode.of(rows[place], Where(Path(name), place + 1))
        try:
            if episode.environment == "python":
                _factory_of(episode, factories)
            else:
                open_environment(episode)
        except UserError as error:
            raise UserError(f"{name}, row {place + 1}: {error}") from None
    return bool(places)
