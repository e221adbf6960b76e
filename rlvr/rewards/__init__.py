"""The library `rewards` under a name that nothing else can take: `from rlvr.rewards import Tiered`.

It is the same library, not a copy: `rlvr.rewards.Tiered is rewards.Tiered`. Where a `rewards.py` beside a script, or
another package of that name, hides the library, it is found here all the same, and that module stays what it is.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from rewards import *  # noqa: F403 - what a type checker sees here

HOME = Path(__file__).resolve().parents[2] / "rewards"
"""The library's folder, beside that of `rlvr`."""

_NAME = "rewards"


def foreign() -> str | None:
    """Return the file of another module that `import rewards` gives; None where that is the library."""
    loaded = sys.modules.get(_NAME)
    spec = loaded.__spec__ if loaded is not None else find_spec(_NAME)
    origin = spec.origin if spec is not None else None
    is_ours = origin is None or Path(origin).resolve().parent == HOME
    return None if is_ours else origin


def _beside(hidden: ModuleType | None) -> ModuleType:
    """Import the library with all its parts, then give its name back to the module that has taken it.

    The parts stay under their names, by which they find each other.
    """
    for name in [name for name in sys.modules if name == _NAME or name.startswith(f"{_NAME}.")]:
        del sys.modules[name]
    sys.path.insert(0, str(HOME.parent))
    try:
        library = importlib.import_module(_NAME)
        for part in pkgutil.walk_packages(library.__path__, f"{_NAME}."):
            importlib.import_module(part.name)
    finally:
        sys.path.remove(str(HOME.parent))
        del sys.modules[_NAME]
        if hidden is not None:
            sys.modules[_NAME] = hidden
    return library


class _SameModules(MetaPathFinder, Loader):
    """Gives `rlvr.rewards.X` as the very module `rewards.X`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for what is below `rlvr.rewards`."""
        return ModuleSpec(fullname, self) if fullname.startswith(f"{__name__}.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module, imported under its own name."""
        module = importlib.import_module(spec.name.removeprefix("rlvr."))
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run again; the module keeps the name that it was imported by."""
        if module.__spec__ is not None:
            module.__spec__ = self._specs.pop(module.__spec__.name, module.__spec__)

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}


sys.meta_path.insert(0, _SameModules())
sys.modules[__name__] = importlib.import_module(_NAME) if foreign() is None else _beside(sys.modules.get(_NAME))
