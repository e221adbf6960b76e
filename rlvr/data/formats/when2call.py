"""When2Call's test sets: `question`, `correct_answer` and `answers`. Each labelled wrong answer is a preference too.

Source: Ross et al., NAACL 2025. Its sets for tuning are messages, and preferences as TRL has them.
"""

from __future__ import annotations

from collections.abc import Mapping

from rewards import Behavior, GroundTruth, ToolCall, wire
from rlvr.data.formats.conversation import truth_of_calls
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import decoded
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.xlam import call_in
from rlvr.data.json_values import items_of
from rlvr.files import JsonMapping, Where
from rlvr.records.preference import Preference
from rlvr.records.row import Row

_BEHAVIORS = {
    "direct": Behavior.ANSWER,
    "request_for_info": Behavior.CLARIFY,
    "cannot_answer": Behavior.REFUSE,
}
_CALL = "tool_call"


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield one row, and a preference for each wrong answer that the record has."""
    tools = tools_of(record.get("tools"), where) or options.tools
    question, answers, right = record.get("question"), record.get("answers"), record["correct_answer"]
    if not isinstance(question, str) or not isinstance(answers, Mapping):
        raise where.error("question", "must be a text, with labelled answers beside it")
    if right not in (*_BEHAVIORS, _CALL) or not isinstance(answers.get(right), str):
        raise where.error("correct_answer", f"{right!r} is not one of the labelled answers: {', '.join(answers)}")
    if right == _CALL:
        truth = truth_of_calls(_calls(answers[right], where, "answers.tool_call"), where, "answers.tool_call")
    else:
        held_out = record.get("held_out_param")
        missing = (held_out,) if right == "request_for_info" and isinstance(held_out, str) and held_out else ()
        truth = GroundTruth(_BEHAVIORS[right], text=answers[right], missing=missing)
    info = {"source": "when2call", "id": record.get("uuid", where.line)}
    row = Row.checked([{"role": "user", "content": question}], tools, truth, info, where)
    yield row
    chosen = _text(right, answers[right], where)
    for kind, text in answers.items():
        if kind != right and isinstance(text, str) and kind in (*_BEHAVIORS, _CALL):
            yield Preference.of_row(row, chosen, _text(kind, text, where), f"{kind}_instead_of_{right}")


def _text(kind: str, answer: str, where: Where) -> str:
    return wire.render(_calls(answer, where, "answers.tool_call")) if kind == _CALL else answer


def _calls(text: str, where: Where, field: str) -> list[ToolCall]:
    return [call_in(item, where, field) for item in items_of(decoded(text, field, where))]


FORMAT = Format(
    name="when2call",
    summary="When2Call: test sets; wrong answers become preferences",
    recognises=lambda record: "correct_answer" in record and "answers" in record,
    read=read,
)
