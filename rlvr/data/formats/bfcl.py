"""The Berkeley Function Calling Leaderboard: a file of questions, its `possible_answer/` of the same name beside it.

`bfcl:CATEGORY` stands for a file of the installed package `bfcl-eval`. Its multi-turn categories are conversations to
be held, not rows: see `rlvr.environments.bfcl`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewards import GroundTruth, GroundTruthError
from rlvr.data.formats.conversation import messages_of
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
    "multi_turn": "to be held: rlvr evaluate evaluation=bfcl, rlvr.environments.bfcl.episodes",
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
    """Yield one row."""
    identity = record.get("id")
    if not isinstance(identity, str):
        raise where.error("id", "missing; it names the question")
    category = _category(identity)
    if category in _NOT_READ:
        raise where.error(None, f"category {category}: {_NOT_READ[category]}")
    info = {"source": "bfcl", "id": identity, "category": category}
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


FORMAT = Format(
    name="bfcl",
    summary="the Berkeley Function Calling Leaderboard: questions with possible_answer/ beside them, or bfcl:CATEGORY",
    recognises=lambda record: "question" in record and ("function" in record or "involved_classes" in record),
    read=read,
)
