"""The Berkeley Function Calling Leaderboard and ACEBench: questions, with `possible_answer/` of the same name beside.

`bfcl:CATEGORY` stands for a file of the installed package `bfcl-eval`. Its multi-turn categories are conversations to
be held, not rows: see `rlvr.environments.bfcl`. ACEBench has dialogues as one text, and one value for each argument.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from rewards import Behavior, GroundTruth, GroundTruthError, ToolCall
from rlvr.data.formats.conversation import messages_of
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import read_records
from rlvr.data.formats.schemas import tools_of
from rlvr.data.json_values import member, object_of
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.row import Row

PREFIX = "bfcl:"
_FILE_PREFIX = "BFCL_v4_"
_NOT_READ = {
    "live_relevance": "relevance: any call counts as right, so there is no ground truth",
    "simple_java": "its values are Java literals; the Python categories are read",
    "simple_javascript": "its values are JavaScript literals; the Python categories are read",
    "memory": "it is graded by a final answer after many turns, not by calls",
    "agent_multi": "it is graded by the state after many turns, not by calls",
    "special_error_param": "a completion must name the wrong value, which no behavior is",
    "multi_turn": "to be held: rlvr evaluate evaluation=bfcl, rlvr.environments.bfcl.episodes",
    "web_search": "it is graded by a final answer after many turns, not by calls",
}
_NO_ANSWERS = ("irrelevance", "live_irrelevance", "special_irrelevant")
_SPEAKER = re.compile(r"^(user|system): ?", re.MULTILINE)
"""Who speaks in ACEBench's dialogues; its system is the assistant."""


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


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield one row."""
    identity = record.get("id")
    if not isinstance(identity, str):
        raise where.error("id", "missing; it names the question")
    category = _category(identity)
    if category in _NOT_READ:
        raise where.error(None, f"category {category}: {_NOT_READ[category]}")
    info = {"source": "bfcl", "id": identity, "category": category}
    tools = tools_of(record.get("function"), where, "function")
    turns = record.get("question")
    if isinstance(turns, str):
        messages = _acebench_messages(turns, record)
    elif isinstance(turns, list) and turns:
        messages = turns[0]
    else:
        raise where.error("question", "must be a list of turns, each a list of messages")
    answer = None if category in _NO_ANSWERS else _answer(identity, where)
    try:
        is_acebench = isinstance(turns, str) and answer is not None
        truth = _acebench_truth(answer, tools) if is_acebench else GroundTruth.from_bfcl(answer)
    except GroundTruthError as error:
        raise where.error(error.field, error.message) from None
    yield Row.checked(messages_of(messages, tools, where, "question"), tools, truth, info, where)


def _acebench_messages(dialogue: str, record: JsonMapping) -> list[JsonObject]:
    """Return a dialogue that is one text as messages; what its asker is known for, and the time, come first."""
    known = [str(record[name]).strip() for name in ("time", "profile") if record.get(name)]
    _, *parts = _SPEAKER.split(dialogue)
    said = [
        {"role": "user" if speaker == "user" else "assistant", "content": text.strip()}
        for speaker, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    return [{"role": "system", "content": "\n".join(known)}, *said] if known else said


def _acebench_truth(answer: Json, tools: list[JsonObject]) -> GroundTruth:
    """Return the calls of an answer, each tool's name with its arguments; or the names of what has to be asked for.

    A tool that is called twice has a number behind its name.

    Raises:
        GroundTruthError: it is neither.
    """
    if not isinstance(answer, Mapping) or not all(isinstance(item, dict | list) for item in answer.values()):
        raise GroundTruthError("possible_answer", "must be {function: {argument: value}}, or {function: [missing]}")
    names = [name for item in answer.values() if isinstance(item, list) for name in item]
    if names:  # some are of members deep inside, which a question may name or not
        taken = {name for tool in tools for name in object_of(member(tool["function"].get("parameters"), "properties"))}
        return GroundTruth(Behavior.CLARIFY, missing=tuple(name for name in names if name in taken))
    offered = {tool["function"]["name"] for tool in tools}
    return GroundTruth(
        Behavior.EXECUTE,
        tuple(
            ToolCall(name if name in offered else re.sub(r"_\d+$", "", name), arguments)
            for name, arguments in answer.items()
        ),
    )


def _category(identity: str) -> str:
    name = identity.rpartition("_")[0] if "_" in identity else identity
    return next((category for category in _NOT_READ if name.startswith(category)), name)


def _answer(identity: str, where: Where) -> Json:
    answers = _possible_answers(where.path)
    if identity not in answers:
        raise where.error("id", f"{identity!r} has no possible answer in {where.path.parent / 'possible_answer'}")
    return answers[identity]


@lru_cache(maxsize=4)
def _possible_answers(path: Path) -> JsonObject:
    answers = path.parent / "possible_answer" / path.name
    if not answers.is_file():
        raise UserError(f"{answers}: no such file; the leaderboard's answers stand beside its questions")
    return {record["id"]: record["ground_truth"] for _, record in read_records(answers) if isinstance(record, dict)}


_OFFERS = frozenset(["function", "involved_classes"])  # where a question names what can be called

FORMAT = Format(
    name="bfcl",
    summary="the Berkeley Function Calling Leaderboard, or bfcl:CATEGORY, and ACEBench: possible_answer/ beside it",
    recognises=lambda record: {"id", "question"} <= record.keys() and not _OFFERS.isdisjoint(record),
    read=read,
)
