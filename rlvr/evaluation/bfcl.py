"""The Berkeley Function Calling Leaderboard: its data, its prompts and its checker, run on our policies.

Everything that decides comes from the package `bfcl-eval` (Patil et al., ICML 2025). Single-turn categories only: the
non-live and live ones, Python, Java and JavaScript, relevance and irrelevance. Outputs are kept in the leaderboard's
own layout, so that its runner can score them again.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import tempfile
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from rewards import Behavior, GroundTruth, Toolset, wire
from rlvr.errors import UserError, unknown
from rlvr.evaluation.untrusted_python import check_harmless
from rlvr.files import write_json, write_lines
from rlvr.records.row import Row
from rlvr.tables import FittedTable

if TYPE_CHECKING:
    from rlvr.config import BFCLConfig
    from rlvr.sampler import Completion

INSTALL = (
    "pip install --no-deps bfcl-eval==2026.3.23 && "
    "pip install tenacity python-dotenv tree-sitter==0.21.3 tree-sitter-java==0.21.0 tree-sitter-javascript==0.21.4"
)
"""All that the checker needs. What else `bfcl-eval` asks for is for hosted models, and pins numpy to an old version."""

# How the leaderboard's table of models is asked whether dots in function names become underscores.
_TOOLS_MODEL = "rlvr-FC"
_PROMPT_MODEL = "rlvr"

Result = str | list[dict[str, str]]
"""What the leaderboard stores of an output: a text, or calls as `{function: JSON of its arguments}`."""


@dataclass(frozen=True)
class Output:
    """One saved output: the entry's id, its category and its result; no result where a server gave no answer."""

    id: str
    category: str
    result: Result | None


@dataclass(frozen=True)
class Score:
    """The verdict on one output, and why it is wrong."""

    id: str
    category: str
    valid: bool
    error_type: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Suite:
    """The entries that are run, with what the checker needs of each.

    Attributes:
        mode: `tools` or `prompt`, as in `BFCLConfig`.
        entries: the leaderboard's own, prompts prepared as it prepares them.
        functions: id -> the functions as the checker takes them.
        possible: id -> the admissible calls; absent for relevance and irrelevance.
        is_partial: whether some categories were cut.
    """

    mode: str
    entries: tuple[Mapping[str, Any], ...]
    functions: Mapping[str, list[dict[str, Any]]]
    possible: Mapping[str, list[dict[str, Any]]]
    is_partial: bool = False
    tools: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def load(cls, config: BFCLConfig) -> Suite:
        """Return the entries that the options name.

        Raises:
            UserError: `bfcl-eval` is not installed, or a category does not exist or is not single-turn.
        """
        official = _official()
        entries: list[Mapping[str, Any]] = []
        functions: dict[str, Any] = {}
        possible: dict[str, Any] = {}
        tools: dict[str, Any] = {}
        for category in _categories(config.categories):
            asked = official.utils.load_dataset_entry(category)[: config.rows]
            plain = official.utils.load_dataset_entry(category, include_language_specific_hint=False)
            functions |= {entry["id"]: entry["function"] for entry in plain[: config.rows]}
            if "relevance" not in category:
                answers = official.utils.load_ground_truth_entry(category)
                pairs = zip(plain[: config.rows], answers, strict=False)
                possible |= {entry["id"]: answer["ground_truth"] for entry, answer in pairs}
            for entry in asked:
                messages = entry["question"][0]
                if config.mode == "prompt":
                    make = official.handling.system_prompt_pre_processing_chat_model
                    messages = make(messages, entry["function"], entry["id"])
                else:
                    tools[entry["id"]] = official.tools_of(entry["function"])
                entries.append({"id": entry["id"], "category": category, "messages": messages})
        is_partial = config.rows is not None
        return cls(config.mode, tuple(entries), functions, possible, is_partial, tools)

    def rows(self) -> list[Row]:
        """Return what a policy is given: the messages and, in the mode `tools`, the functions as tools."""
        nothing = GroundTruth(Behavior.ANSWER)
        return [Row(entry["messages"], self.tools.get(entry["id"], []), nothing) for entry in self.entries]

    def output(self, entry: Mapping[str, Any], completion: Completion | None, wire_format: str = wire.AUTO) -> Output:
        """Return a completion as the leaderboard stores it: calls that a server, or the wire format, took out of it."""
        if completion is None:
            return Output(entry["id"], entry["category"], None)
        if self.mode == "prompt":
            return Output(entry["id"], entry["category"], completion.text)
        if completion.message is not None:
            functions = [call.get("function") or {} for call in completion.message["tool_calls"]]
            calls = [{str(one.get("name")): _as_text(one.get("arguments"))} for one in functions]
            return Output(entry["id"], entry["category"], calls or completion.text)
        parsed = wire.parse(completion.text, wire_format, Toolset.of(self.tools[entry["id"]]))
        if parsed.malformed or not parsed.calls:
            return Output(entry["id"], entry["category"], completion.text)
        calls = [{call.name: json.dumps(call.arguments, ensure_ascii=False)} for call in parsed.calls]
        return Output(entry["id"], entry["category"], calls)

    def score(self, outputs: Iterable[Output]) -> list[Score]:
        """Return the verdict of the leaderboard's checker on each output; without a result there is none."""
        return [self._score(output) for output in outputs if output.result is not None]

    def _score(self, output: Output) -> Score:
        official = _official()
        language = official.language(output.category)
        where = (output.id, output.category)
        is_relevance = "relevance" in output.category
        try:
            # Relevance is decoded as Python whatever its functions are.
            decoded = self._decoded(output.result, "PYTHON" if is_relevance else language)
        except Exception as error:  # noqa: BLE001 - to the official runner any failure to decode is the model's
            if is_relevance:
                return _relevance(where, calls=False)
            return Score(*where, False, "ast_decoder:decoder_failed", f"{type(error).__name__}: {error}"[:200])
        if is_relevance:
            return _relevance(where, calls=not official.utils.is_empty_output(decoded))
        if not official.utils.is_function_calling_format_output(decoded):
            return Score(*where, False, "ast_decoder:decoder_wrong_output_format", str(decoded)[:200])
        model = _PROMPT_MODEL if self.mode == "prompt" else _TOOLS_MODEL
        functions, possible = self.functions[output.id], self.possible[output.id]
        try:
            verdict = official.ast_checker(
                functions, decoded, possible, official.enum(language), output.category, model
            )
        except (AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
            # The official runner ends here, with the outputs after this one unscored.
            return Score(*where, False, "checker:raised", f"{type(error).__name__}: {error}"[:200])
        if verdict["valid"]:
            return Score(*where, True)
        return Score(*where, False, verdict["error_type"], "; ".join(map(str, verdict["error"]))[:200])

    def _decoded(self, result: Any, language: str) -> Any:
        official = _official()
        if self.mode == "prompt":
            if language == "PYTHON":
                check_harmless(result)
            return official.handling.default_decode_ast_prompting(result, official.return_format(language), False)
        decoded = []
        for call in result:
            name = next(iter(call.keys()))
            decoded.append({name: json.loads(call[name])})
        return decoded

    def write(self, folder: Path, label: str, outputs: Sequence[Output], scores: Sequence[Score]) -> None:
        """Keep outputs in the leaderboard's layout, `bfcl/result/MODEL/GROUP/`, and the verdicts as bfcl.json."""
        official = _official()
        home = folder / "bfcl" / "result" / label.replace("/", "_")
        for category in dict.fromkeys(output.category for output in outputs):
            answers = [
                {"id": output.id, "result": output.result}
                for output in outputs
                if output.category == category and output.result is not None
            ]
            name = official.utils.get_file_name_by_category(category, is_result_file=True)
            write_lines(home / official.utils.get_directory_structure_by_category(category) / name, answers)
        data = {
            "bfcl_eval": version("bfcl-eval"),
            "mode": self.mode,
            "model": label,
            "is_partial": self.is_partial,
            "unanswered": sum(output.result is None for output in outputs),
            **summary(scores),
            "wrong": [vars(score) for score in scores if not score.valid],
        }
        write_json(folder / "bfcl.json", data, indent=2)


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Accuracy of each category, and the leaderboard's two averages where all their categories were run.

    `non_live` is the unweighted mean of simple (itself that of Python, Java and JavaScript), multiple, parallel and
    parallel_multiple; `live` weighs its four categories by their entries.
    """
    by_category: dict[str, list[bool]] = {}
    for score in scores:
        by_category.setdefault(score.category, []).append(score.valid)
    accuracy = {name: sum(valid) / len(valid) for name, valid in by_category.items()}
    found: dict[str, Any] = {
        "categories": {name: {"accuracy": accuracy[name], "n": len(valid)} for name, valid in by_category.items()}
    }
    simple = ("simple_python", "simple_java", "simple_javascript")
    others = ("multiple", "parallel", "parallel_multiple")
    if accuracy.keys() >= {*simple, *others}:
        mean = sum(accuracy[name] for name in simple) / len(simple)
        found["non_live"] = (mean + sum(accuracy[name] for name in others)) / 4
    live = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
    if accuracy.keys() >= set(live):
        valid = [one for name in live for one in by_category[name]]
        found["live"] = sum(valid) / len(valid)
    return found


def table(label: str, scores: Sequence[Score], suite: Suite) -> Group:
    """Accuracy by category, with the version of the checker that gave it."""
    part = ", part of the entries" if suite.is_partial else ""
    title = f"BFCL with bfcl-eval {version('bfcl-eval')}, mode {suite.mode}{part}: {label}"
    shown = FittedTable(["category", "n", "accuracy"], title)
    found = summary(scores)
    for name, category in found["categories"].items():
        shown.add_row(name, str(category["n"]), f"{category['accuracy']:.2%}")
    for name in ("non_live", "live"):
        if name in found:
            shown.add_row(f"{name} (average)", "", f"{found[name]:.2%}", style="bold")
    return Group(shown, Text(""))


def is_installed() -> bool:
    """Tell whether the leaderboard's package is there."""
    return importlib.util.find_spec("bfcl_eval") is not None


def _relevance(where: tuple[str, str], *, calls: bool) -> Score:
    is_right = calls != ("irrelevance" in where[1])
    kind = "irrelevance_error:decoder_success" if calls else "relevance_error:decoder_failed"
    return Score(*where, is_right, None if is_right else kind)


def _as_text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _categories(names: Sequence[str]) -> list[str]:
    mapping = _official().mapping
    single = list(mapping.SINGLE_TURN_CATEGORY)
    groups = {name: part for name, part in mapping.TEST_COLLECTION_MAPPING.items() if set(part) <= set(single)}
    chosen: list[str] = []
    for name in names:
        if name not in groups and name not in single:
            raise UserError(f"evaluation.bfcl.categories: {unknown('category', name, [*groups, *single])}")
        chosen.extend(groups.get(name, [name]))
    return list(dict.fromkeys(chosen))


class _Official:
    """What is used of the package."""

    def __init__(self) -> None:
        # It makes folders for results and locks as it is imported, by default beside the installed package.
        os.environ.setdefault("BFCL_PROJECT_ROOT", str(Path(tempfile.gettempdir()) / "rlvr-bfcl"))
        self.utils: Any = importlib.import_module("bfcl_eval.utils")
        self.mapping: Any = importlib.import_module("bfcl_eval.constants.category_mapping")
        self.enums: Any = importlib.import_module("bfcl_eval.constants.enums")
        self.handling: Any = importlib.import_module("bfcl_eval.model_handler.utils")
        models = self._models()
        flag = types.SimpleNamespace
        models.setdefault(_TOOLS_MODEL, flag(underscore_to_dot=True))
        models.setdefault(_PROMPT_MODEL, flag(underscore_to_dot=False))
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
        """Functions as the leaderboard gives them to OpenAI's chat completions, dots in names as underscores."""
        mapping = importlib.import_module("bfcl_eval.constants.type_mappings").GORILLA_TO_OPENAPI
        style = self.enums.ModelStyle.OPENAI_COMPLETIONS
        tools: list[dict[str, Any]] = self.handling.convert_to_tool(functions, mapping, style)
        return tools

    def language(self, category: str) -> str:
        """Return the name of a category's language, as the package's enums have it."""
        if self.utils.is_js(category):
            return "JAVASCRIPT"
        return "JAVA" if self.utils.is_java(category) else "PYTHON"

    def enum(self, language: str) -> Any:
        """Return the checker's language."""
        return self.enums.Language[language]

    def return_format(self, language: str) -> Any:
        """Return the decoder's language."""
        return self.enums.ReturnFormat[language]


@lru_cache(maxsize=1)
def _official() -> _Official:
    if not is_installed():
        raise UserError(f"evaluation.suites: bfcl needs the package bfcl-eval; {INSTALL}")
    try:
        return _Official()
    except ImportError as error:
        raise UserError(f"evaluation.suites: bfcl-eval cannot be used: {error}; {INSTALL}") from None
