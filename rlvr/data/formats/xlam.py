"""Requests with their calls and tools, such as xLAM's function-calling-60k: `query`, `tools` and `answers`.

Parameters are a flat mapping with types by Python's names, such as `List[int]` or `str, optional`.
"""

from __future__ import annotations

from collections.abc import Mapping

from rewards import GroundTruth, ToolCall
from rewards.wire.completion import CallShape, MalformedCallError
from rlvr.data.formats.conversation import truth_of_calls
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import opened
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.spelled import CALL, SET
from rlvr.data.json_values import first_of
from rlvr.files import Json, JsonMapping, Where
from rlvr.records.message import function_of
from rlvr.records.row import Row


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield one row. Without answers no tool serves: any call is wrong, and any text is right."""
    query = first_of(record, SET.query)
    if not isinstance(query, str) or not query.strip():
        raise where.error("query", "missing; it is the user's request")
    tools = tools_of(first_of(record, SET.tools), where) or options.tools
    answers = opened(_answers_in(record), "answers", where)
    if isinstance(answers, Mapping):
        listed = first_of(answers, SET.calls, list)  # some keep them one level further in
        answers = [answers] if listed is None else listed
    where.expect(answers, list, "answers", "a list of calls, or its JSON")
    if not tools:
        raise where.error("tools", "the record names no tools; give them with tools=FILE")
    calls = [call_in(item, where, f"answers[{index}]") for index, item in enumerate(answers)]
    if len(calls) > 1 and first_of(record, SET.calls) is None:
        raise where.error("answers", "several calls of a run, which could be one turn or many")
    truth = truth_of_calls(calls, where, "answers") if calls else GroundTruth.from_bfcl(None)
    info = {"source": "xlam", "id": record.get("id", where.line)}
    yield Row.checked([{"role": "user", "content": query}], tools, truth, info, where)


def _answers_in(record: JsonMapping) -> Json:
    """Return the calls that a record names, or the one whose name and arguments stand apart; None where there are
    none."""
    name, arguments = first_of(record, SET.expected_name, str), first_of(record, SET.expected_arguments, Mapping)
    apart = None if name is None or arguments is None else {"name": name, "arguments": arguments}
    return first_of({**record, "apart": apart}, (*SET.calls, *SET.calls_of_a_run, "apart"))


def call_in(item: Json, where: Where, field: str) -> ToolCall:
    """Return the call that `{"name": ..., "arguments": {...}}` makes, the two under any of their usual names.

    Raises:
        RowError: it makes none.
    """
    call = function_of(item)
    try:
        return CallShape(takes_text=True).call(
            {"name": first_of(call, CALL.set_name), "arguments": first_of(call, CALL.set_arguments)}
        )
    except MalformedCallError as error:
        raise where.error(field, str(error)) from None


def _recognises(record: JsonMapping) -> bool:
    answers = _answers_in(record)
    is_of_calls = isinstance(answers, list | Mapping) or (isinstance(answers, str) and answers.lstrip()[:1] in "[{")
    return is_of_calls and isinstance(first_of(record, SET.query), str)


FORMAT = Format(
    name="xlam",
    summary="a request with its calls: xLAM, APIGen, Seal-Tools",
    recognises=_recognises,
    read=read,
    keys=("query", "tools", "answers"),
)
