"""xLAM's function-calling-60k and its irrelevance set, APIGen: `query`, `tools` and `answers`, the last two as JSON.

Parameters are a flat mapping with types by Python's names, such as `List[int]` or `str, optional`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rewards import GroundTruth, ToolCall
from rewards.wire.completion import CallShape, MalformedCallError
from rlvr.data.formats.conversation import truth_of_calls
from rlvr.data.formats.outcome import Format, ReadOptions
from rlvr.data.formats.records import decoded
from rlvr.data.formats.schemas import tools_of
from rlvr.records.row import Row

if TYPE_CHECKING:
    from rlvr.errors import RowError
    from rlvr.files import Where
    from rlvr.records.preference import Preference


def read(record: Mapping[str, Any], where: Where, options: ReadOptions) -> Iterator[Row | Preference | RowError]:
    """Yield one row. Without answers no tool serves: any call is wrong, and any text is right."""
    query = record.get("query")
    if not isinstance(query, str) or not query.strip():
        raise where.error("query", "missing; it is the user's request")
    tools = tools_of(record.get("tools"), where) or options.tools
    answers = record.get("answers")
    answers = decoded(answers, "answers", where) if isinstance(answers, str) else answers
    if not isinstance(answers, list):
        raise where.error("answers", "must be a list of calls, or its JSON")
    calls = [call_in(item, where, f"answers[{index}]") for index, item in enumerate(answers)]
    truth = truth_of_calls(calls, where, "answers") if calls else GroundTruth.from_bfcl(None)
    info = {"source": "xlam", "id": record.get("id", where.line)}
    yield Row.checked([{"role": "user", "content": query}], tools, truth, info, where)


def call_in(item: Any, where: Where, field: str, alias: str | None = None) -> ToolCall:
    """Return the call that `{"name": ..., "arguments": {...}}` makes.

    Raises:
        RowError: it makes none.
    """
    try:
        return CallShape(arguments=("arguments", alias or "arguments"), takes_text=True).call(item)
    except MalformedCallError as error:
        raise where.error(field, str(error)) from None


FORMAT = Format(
    name="xlam",
    summary="xLAM and APIGen: query, tools, answers",
    recognises=lambda record: "query" in record and "answers" in record and "tools" in record,
    read=read,
    keys=("query", "tools", "answers"),
)
