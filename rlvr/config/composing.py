"""How `conf/`, the shell and stored files become a checked `Config`."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import hydra
import yaml
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from rlvr import trust
from rlvr.config.checks import check
from rlvr.config.options import Config
from rlvr.config.typed import fields_of, not_found, to_dataclass
from rlvr.errors import UserError, one_line, unknown
from rlvr.files import JsonObject, write_text

HYDRA_VERSION = "1.3"
"""The Hydra behavior that `conf/` is written for."""

SEARCH: JsonObject = {
    "_target_": "hydra_plugins.rlvr.Search",
    "max_batch_size": None,
    "params": None,
    "n_trials": 20,
    "seed": 0,
}
"""The options of `rlvr.commands.search.Search`, as hydra.sweeper; Hydra takes plugins by its own package's name."""

T = TypeVar("T")

COMPOSITION_ERRORS = (HydraException, OmegaConfBaseException, ValueError)
"""What Hydra raises while it composes; `explain` turns them into a `UserError`."""
_OF_TEXT = re.compile(r"""[+~]*[\w.@/-]+=(?=[^\s\[{'"])""")
_BEFORE_QUOTE = re.compile(r"(\\*)'")
_ROW_FILES = {".jsonl", ".json", ".parquet", ".csv", ".gz"}


def config_folder() -> Path:
    """`conf/`, inside the installed package or at the root of the checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise FileNotFoundError(f"rlvr is installed without its conf/ folder (looked in {package} and {package.parent})")


def groups() -> dict[str, list[str]]:
    """The choices that `conf/` ships: group -> names, e.g. `reward` -> `binary`, `tiered`."""
    folders = sorted(path for path in config_folder().iterdir() if path.is_dir())
    return {folder.name: _stems(folder) for folder in folders}


@cache
def register() -> None:
    """Give Hydra the defaults of `Config` under the name `schema`, which `conf/config.yaml` builds on.

    Every section is left open: what Hydra lets through, `from_hydra` checks against the dataclasses, so that keys from
    the shell and keys from YAML meet the same judge and the same message.
    """
    defaults = OmegaConf.create(dataclasses.asdict(Config()))
    for section in defaults.values():
        if isinstance(section, DictConfig):
            OmegaConf.set_struct(section, False)
    ConfigStore.instance().store(name="schema", node=defaults)
    ConfigStore.instance().store(group="hydra/sweeper", name="search", node=dict(SEARCH))


def quoted_where_needed(override: str) -> str:
    """Return an override with quotes around a text that Hydra's grammar does not take, such as `rows (1).jsonl`.

    A list, a mapping and what has quotes already are left to Hydra, which says what is wrong with them.
    """
    name = _OF_TEXT.match(override)
    if name is None:
        return override
    try:
        OverridesParser.create().parse_override(override)
    except HydraException:
        return name[0] + quoted(override[name.end() :])
    return override


def quoted(text: str) -> str:
    """Return a text as an override takes it whatever is in it.

    Within quotes Hydra reads a backslash as it stands, but for those before a quote.
    """
    escaped = _BEFORE_QUOTE.sub(r"\1\1\\'", text + "'")  # backslashes at the end stand before the closing quote
    return f"'{escaped[:-2]}'"


def compose(overrides: Sequence[str] = (), *, config_name: str = "config") -> Config:
    """The config that `conf/<config_name>.yaml` and these overrides give.

    Raises:
        UserError: an option, a choice or a value that does not exist.
    """
    return from_hydra(_composed(overrides, config_name))


def compose_with_hydra(overrides: Sequence[str], *, config_name: str) -> DictConfig:
    """Return the config that `compose` checks, unchecked, with Hydra's own part under `hydra`.

    Raises:
        UserError: as `compose`.
    """
    return _composed(overrides, config_name, return_hydra_config=True)


def _composed(overrides: Sequence[str], config_name: str, **options: bool) -> DictConfig:
    register()
    running = GlobalHydra.instance()
    outer, running.hydra = running.hydra, None  # within a command Hydra is at work, and would not start again
    try:
        with hydra.initialize_config_dir(str(config_folder()), version_base=HYDRA_VERSION):
            return hydra.compose(config_name, list(map(quoted_where_needed, overrides)), **options)
    except COMPOSITION_ERRORS as error:
        raise explain(error) from error
    finally:
        GlobalHydra.instance().hydra = outer


def from_hydra(composed: DictConfig) -> Config:
    """Return what Hydra composed, as a checked `Config`.

    Raises:
        UserError: an option that does not exist, a value of the wrong type or out of its range.
    """
    return from_plain(_plain(composed))


def load(path: Path, given: Config | None = None) -> Config:
    """The config that `save` wrote, which may be a stranger's: see `rlvr.trust`.

    Args:
        path: the file.
        given: what the person has named: options that would run code or send data count only if they are named here.

    Raises:
        UserError: the file is absent, is not plain YAML, does not hold a config, or holds what has to be named.
    """
    stored = trust.read_stored(path)
    trust.check_stored(stored, {} if given is None else dataclasses.asdict(given), path)
    return from_plain(stored)


def from_plain(value: JsonObject) -> Config:
    """Nested options as a checked `Config`.

    Raises:
        UserError: an option that does not exist, a value of the wrong type or out of its range.
    """
    config = to_dataclass(Config, value, place="")
    check(config)
    return config


def save(config: Config, path: Path) -> None:
    """Write the config as YAML, every option resolved."""
    text = yaml.safe_dump(dataclasses.asdict(config), sort_keys=False, allow_unicode=True)
    write_text(path, text)


def flat(value: Any) -> dict[str, str]:
    """Nested options by their dotted names, each as text."""
    return {place: str(item) for place, item in trust.leaves(value)}


def from_arguments(options: type[T], arguments: Iterable[str], texts: Mapping[str, str]) -> T:
    """Return `key=value` arguments as an instance of a dataclass of options, for commands that need no `conf/`.

    Args:
        options: the dataclass.
        arguments: as the command line has them; values are YAML.
        texts: options whose values are texts, taken as they are.

    Raises:
        UserError: an argument of another form, an option that does not exist, a value of the wrong type.
    """
    arguments = list(arguments)
    for argument in arguments:
        if "=" not in argument or argument.startswith("-"):
            names = fields_of(options)
            option = next((name for name in ("tools", "rows") if name in names), "")
            advice = f"did you mean {option}={argument}? " if option and Path(argument).is_file() else ""
            raise UserError(f"{argument!r} is not of the form option=value; {advice}options: {', '.join(names)}")
    try:
        plain = _plain(OmegaConf.from_dotlist(arguments))
    except yaml.YAMLError:
        raise UserError(f"one of {arguments!r} has a value that cannot be read; quote special characters") from None
    return to_dataclass(options, {**plain, **texts}, place="")


def explain(error: Exception) -> UserError:
    """One of `COMPOSITION_ERRORS` as the one line that a user can act on."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _unknown_choice(error.missing_cfg_file, error.options or ())
    if isinstance(error, OverrideParseException):
        return _misshapen_override(str(error.override))
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, ConfigKeyError | ConfigAttributeError) and cause.full_key:
        return _unknown_option(str(cause.full_key))
    if isinstance(cause, OmegaConfBaseException):
        place = f"{cause.full_key}: " if cause.full_key else ""
        return UserError(place + one_line(cause.msg or cause))
    message = str(error)
    if message.startswith("Ambiguous value"):
        argument = message.split("'")[1]
        return UserError(f"{argument}: several values; add -m to run each, or write a list as option=[value,value]")
    if message.startswith("Config group override must be"):
        return UserError(f"a group takes one of its choices, not null; the groups: {', '.join(groups())}")
    return UserError(" ".join(message.split()))


def _unknown_choice(missing: str, choices: Sequence[str]) -> UserError:
    ours = (name for name in groups() if missing.startswith(f"{name}/"))
    group = next(ours, missing.rpartition("/")[0])
    if not group:
        return UserError(unknown("config", missing, _stems(config_folder()), place="conf/ has"))
    choice = missing.removeprefix(f"{group}/")  # which may hold slashes itself, as a model's name on the hub does
    mark, option = _VALUES_BESIDE_CHOICES.get(group, ("", ""))
    if option and (mark in choice or Path(choice).exists()):
        return UserError(f"{group}: {choice!r} is no choice of conf/{group}; write {option}={choice}")
    return UserError(unknown(group, choice, choices, place=f"conf/{group} has"))


_VALUES_BESIDE_CHOICES = {
    "model": ("/", "model.path"),
    "data": (".", "data=none data.train.mine.path"),
    "reward": (".", "reward._target_"),
}
"""What shows that a group was given a value in the place of one of its choices, and where such a value goes."""


def _misshapen_override(override: str) -> UserError:
    if Path(override).is_dir():
        return UserError(f"{override!r}: a model or a run goes under model.path={shlex.quote(override)}")
    if Path(override).suffix in _ROW_FILES:
        under_data = shlex.quote(f"data.evaluation.mine.path={override}")
        return UserError(f"{override!r}: rows go under data, as in {under_data}")
    return UserError(f"{override!r} is not of the form option=value; quote a value with special characters")


def _unknown_option(dotted: str) -> UserError:
    """A key that Hydra itself refused: one at the top, or one of Hydra's own."""
    top, *inner = dotted.split(".")
    if top in fields_of(Config) or (top == "hydra" and inner):
        return UserError(f"option {dotted!r} not found")
    return not_found(top, list(fields_of(Config)))


def _plain(composed: DictConfig) -> Any:
    """Interpolations resolved, containers as Python's own."""
    try:
        return OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise explain(error) from error


def _stems(folder: Path) -> list[str]:
    """The choices in one folder of YAML files."""
    return sorted(path.stem for path in folder.glob("*.yaml"))
