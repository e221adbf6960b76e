"""The package `bfcl-eval`: the Berkeley Function Calling Leaderboard's data, back ends and checkers."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from rlvr.errors import UserError

INSTALL = (
    "pip install --no-deps bfcl-eval==2026.3.23 && "
    "pip install tenacity python-dotenv tree-sitter==0.21.3 tree-sitter-java==0.21.0 tree-sitter-javascript==0.21.4"
)
"""All that the checker needs. What else `bfcl-eval` asks for is for hosted models, and pins numpy to an old version."""

# How the leaderboard's table of models is asked whether dots in function names become underscores.
TOOLS_MODEL = "rlvr-FC"
PROMPT_MODEL = "rlvr"


def is_installed() -> bool:
    """Tell whether the leaderboard's package is there."""
    return importlib.util.find_spec("bfcl_eval") is not None


class Package:
    """The parts of the package that are used."""

    def __init__(self) -> None:
        # It makes folders for results and locks as it is imported, by default beside the installed package.
        os.environ.setdefault("BFCL_PROJECT_ROOT", str(Path(tempfile.gettempdir()) / "rlvr-bfcl"))
        self.utils: Any = importlib.import_module("bfcl_eval.utils")
        self.mapping: Any = importlib.import_module("bfcl_eval.constants.category_mapping")
        self.enums: Any = importlib.import_module("bfcl_eval.constants.enums")
        self.handling: Any = importlib.import_module("bfcl_eval.model_handler.utils")
        models = self._models()
        flag = types.SimpleNamespace
        models.setdefault(TOOLS_MODEL, flag(underscore_to_dot=True))
        models.setdefault(PROMPT_MODEL, flag(underscore_to_dot=False))
        self.more_functions: str = importlib.import_module(
            "bfcl_eval.constants.default_prompts"
        ).DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC
        in_several_turns = "bfcl_eval.eval_checker.multi_turn_eval"
        self.multi_turn: Any = importlib.import_module(f"{in_several_turns}.multi_turn_utils")
        self.multi_turn_checker: Any = importlib.import_module(
            f"{in_several_turns}.multi_turn_checker"
        ).multi_turn_checker
        self.ast_checker: Any = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker

    @staticmethod
    def _models() -> dict[str, Any]:
        """Return the table of hosted models, which the checker imports to read one flag, and with it every provider's
        SDK.

        Where those are not installed, an empty table stands in.
        """
        name = "bfcl_eval.constants.model_config"
        try:
            module = importlib.import_module(name)
        except ImportError:
            module = types.ModuleType(name)
            module.MODEL_CONFIG_MAPPING = {}  # type: ignore[attr-defined]
            sys.modules[name] = module
        models: dict[str, Any] = module.MODEL_CONFIG_MAPPING
        return models

    def tools_of(self, functions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return functions as the leaderboard gives them to OpenAI's chat completions, dots in names as underscores."""
        mapping = importlib.import_module("bfcl_eval.constants.type_mappings").GORILLA_TO_OPENAPI
        style = self.enums.ModelStyle.OPENAI_COMPLETIONS
        tools: list[dict[str, Any]] = self.handling.convert_to_tool(functions, mapping, style)
        return tools

    def language(self, category: str) -> str:
        """Return the name of a category's language, as the package's enums have it."""
        if self.utils.is_js(category):
            return "JAVASCRIPT"
        return "JAVA" if self.utils.is_java(category) else "PYTHON"


@lru_cache(maxsize=1)
def package() -> Package:
    """Return the package, loaded once.

    Raises:
        UserError: it is not installed, or cannot be used.
    """
    if not is_installed():
        raise UserError(f"BFCL needs the package bfcl-eval; {INSTALL}")
    try:
        return Package()
    except ImportError as error:
        raise UserError(f"bfcl-eval cannot be used: {error}; {INSTALL}") from None
