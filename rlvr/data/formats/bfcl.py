"""The Berkeley Function Calling Leaderboard: a file of questions, its `possible_answer/` of the same name beside it.

`bfcl:CATEGORY` stands for a file of the installed package `bfcl-eval`. In its multi-turn categories every expected call
is a row whose history holds the results of the calls before it, made by running the package's own simulated tools.
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewards import Behavior, GroundTruth, GroundTruthError, ToolCall
from rlvr.data.formats.conversation import Dialogue, messages_of, truth_of_calls
from rlvr.data.formats.outcome import Format, ReadOptions
from rlvr.data.formats.records import read_records
from rlvr.data.formats.schemas import tools_of
from rlvr.errors import RowError, UserError, unknown
from rlvr.records.row import Row

if TYPE_CHECKING:
    from rlvr.files import Where
    from rlvr.records.preference import Preference

PREFIX = "bfcl:"
_FILE_PREFIX = "BFCL_v4_"
_NOT_READ = {
    "live_relevance": "relevance: any call counts as right, so there is no ground truth",
    "simple_java": "its values are Java literals; the Python categories are read",
    "simple_javascript": "its values are JavaScript literals; the Python categories are read",
    "memory": "it is graded by a final answer after many turns, not by calls",
    "web_search": "it is graded by a final answer after many turns, not by calls",
}
_NO_ANSWERS = ("irrelevance", "live_irrelevance")


def resolve(name: str) -> Path:
    """Return the package's file for `bfcl:CATEGORY`.

    Raises:
        UserError: the package is not installed, or has no such category.
    """
    spec = importlib.util.find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"{name}: needs the package bfcl-eval, which holds the data: pip install bfcl-eval")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    category = name.removeprefix(PREFIX)
    categories = [path.stem.removeprefix(_FILE_PREFIX) for path in folder.glob(f"{_FILE_PREFIX}*.json")]
    if category not in categories:
        raise UserError(unknown("BFCL category", category, categories))
    return folder / f"{_FILE_PREFIX}{category}.json"


def read(record: Mapping[str, Any], where: Where, options: ReadOptions) -> Iterator[Row | Preference | RowError]:
    """Yield one row; of a multi-turn record one for each expected call, and for each turn in which none is right."""
    identity = record.get("id")
    if not isinstance(identity, str):
        raise where.error("id", "missing; it names the question")
    category = _category(identity)
    if category in _NOT_READ:
        raise where.error(None, f"category {category}: {_NOT_READ[category]}")
    info = {"source": "bfcl", "id": identity, "category": category}
    if category.startswith("multi_turn"):
        yield from _Simulation(record, info, where).rows()
        return
    answer = None if category in _NO_ANSWERS else _answer(identity, where)
    try:
        truth = GroundTruth.from_bfcl(answer)
    except GroundTruthError as error:
        raise where.error(error.field, error.message) from None
    tools = tools_of(record.get("function"), where, "function")
    turns = record.get("question")
    if not isinstance(turns, list) or not turns:
        raise where.error("question", "must be a list of turns, each a list of messages")
    yield Row.checked(messages_of(turns[0], tools, where, "question"), tools, truth, info, where)


def _category(identity: str) -> str:
    name = identity.rpartition("_")[0] if "_" in identity else identity
    return next((category for category in _NOT_READ if name.startswith(category)), name)


def _answer(identity: str, where: Where) -> Any:
    answers = _possible_answers(where.path)
    if identity not in answers:
        raise where.error("id", f"{identity!r} has no possible answer in {where.path.parent / 'possible_answer'}")
    return answers[identity]


@lru_cache(maxsize=4)
def _possible_answers(path: Path) -> dict[str, Any]:
    answers = path.parent / "possible_answer" / path.name
    if not answers.is_file():
        raise UserError(f"{answers}: no such file; the leaderboard's answers stand beside its questions")
    return {record["id"]: record["ground_truth"] for _, record in read_records(answers) if isinstance(record, dict)}


class _Simulation:
    """One multi-turn record, its expected calls run in turn on the package's simulated tools."""

    def __init__(self, record: Mapping[str, Any], info: dict[str, Any], where: Where) -> None:
        self._info, self._where = info, where
        self._turns: list[Any] = list(record.get("question") or ())
        self._added: Mapping[str, list[str]] = record.get("missed_function") or {}
        self._expected: list[list[str]] = _answer(info["id"], where)
        self._methods: dict[str, Any] = {}
        functions = self._start(record)
        withheld = {name for names in self._added.values() for name in names}
        excluded = set(record.get("excluded_function") or ())
        self._tools = [function for function in functions if function["name"] not in excluded | withheld]
        self._withheld = {function["name"]: function for function in functions if function["name"] in withheld}

    def rows(self) -> Iterator[Row | RowError]:
        dialogue = Dialogue()
        for index, (turn, expected) in enumerate(zip(self._turns, self._expected, strict=True)):
            added = [self._withheld[name] for name in self._added.get(str(index), ()) if name in self._withheld]
            self._tools = [*self._tools, *added]
            tools = tools_of(self._tools, self._where, "function")
            for message in turn:
                dialogue.say(message["role"], message["content"])
            if not turn:
                dialogue.say("user", _said_with_new_tools())
            if not expected:
                yield self._row(dialogue, tools, self._no_call(), index, 0)
            for step, text in enumerate(expected):
                call = self._call(text)
                truth = truth_of_calls([call], self._where, "ground_truth")
                yield self._row(dialogue, tools, truth, index, step)
                dialogue.call([call])
                dialogue.result(self._run(call))

    def _row(self, dialogue: Dialogue, tools: list[dict[str, Any]], truth: GroundTruth, turn: int, step: int) -> Row:
        info = {**self._info, "turn": turn, "step": step}
        return Row.checked(list(dialogue.messages), tools, truth, info, self._where)

    def _no_call(self) -> GroundTruth:
        is_question = self._info["category"] == "multi_turn_miss_param"
        return GroundTruth(Behavior.CLARIFY) if is_question else GroundTruth.from_bfcl(None)

    def _start(self, record: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Make the tools in their initial state; their function dicts."""
        try:
            backend = importlib.import_module("bfcl_eval.constants.executable_backend_config")
        except ImportError:
            raise UserError("multi-turn categories run the tools of the package bfcl-eval; install it") from None
        documents = Path(backend.__file__ or "").parent.parent / "data" / "multi_turn_func_doc"
        is_long = self._info["category"] == "multi_turn_long_context"
        functions = []
        for name in record.get("involved_classes") or ():
            instance = getattr(importlib.import_module(backend.CLASS_FILE_PATH_MAPPING[name]), name)()
            if name not in backend.STATELESS_CLASSES:
                config = copy.deepcopy((record.get("initial_config") or {}).get(name, {}))
                instance._load_scenario(config, long_context=is_long)
            for function in _documented(documents / backend.MULTI_TURN_FUNC_DOC_FILE_MAPPING[name]):
                functions.append({key: item for key, item in function.items() if key != "response"})
                self._methods[function["name"]] = getattr(instance, function["name"])
        return functions

    def _call(self, text: str) -> ToolCall:
        """Return the call that a line of Python makes; arguments by position get their names from the function's
        schema."""
        try:
            expression = ast.parse(text.strip(), mode="eval").body
            if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Name):
                raise ValueError("is no call")
            name = expression.func.id
            names = list(self._function(name)["parameters"].get("properties", {}))
            given = zip(names, expression.args, strict=False)
            arguments = {key: ast.literal_eval(value) for key, value in given}
            arguments |= {str(key.arg): ast.literal_eval(key.value) for key in expression.keywords}
        except (SyntaxError, ValueError) as error:
            raise self._where.error("ground_truth", f"{text[:80]!r} cannot be read: {error}") from None
        return ToolCall(name, json.loads(json.dumps(arguments)))

    def _function(self, name: str) -> dict[str, Any]:
        for function in (*self._tools, *self._withheld.values()):
            if function["name"] == name:
                return function
        raise self._where.error("ground_truth", f"calls {name!r}, which is not offered")

    def _run(self, call: ToolCall) -> str:
        try:
            result = self._methods[call.name](**copy.deepcopy(call.arguments))
        except Exception as error:  # noqa: BLE001 - the leaderboard shows the model whatever the tool raised
            return f"Error during execution: {error}"
        if isinstance(result, dict):
            return json.dumps(result, default=str)
        return result if isinstance(result, str) else str(result)


@lru_cache(maxsize=16)
def _documented(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(function for _, function in read_records(path) if isinstance(function, dict))


def _said_with_new_tools() -> str:
    prompts = importlib.import_module("bfcl_eval.constants.default_prompts")
    return str(prompts.DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC)


FORMAT = Format(
    name="bfcl",
    summary="the Berkeley Function Calling Leaderboard: questions with possible_answer/ beside them, or bfcl:CATEGORY",
    recognises=lambda record: "question" in record and ("function" in record or "involved_classes" in record),
    read=read,
)
