"""TRL's conversational sets: `prompt` and `completion`, or `prompt`, `chosen` and `rejected`, with `tools`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlvr.data.formats.conversation import messages_of, row_of
from rlvr.data.formats.exchanges import written
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import decoded
from rlvr.data.formats.schemas import tools_of
from rlvr.records.preference import GIVEN, Preference
from rlvr.records.row import Row

if TYPE_CHECKING:
    from rlvr.files import JsonMapping, Where


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield one row, and of a preference set the preference. `reward_model`, where there is one, is the ground
    truth."""
    tools = tools_of(record.get("tools"), where) or options.tools
    field = "completion" if "completion" in record else "chosen"
    prompt = messages_of(record.get("prompt"), tools, where, "prompt")
    completion = messages_of(record.get(field), tools, where, field)
    if len(completion) != 1 or completion[0]["role"] != "assistant":
        raise where.error(field, f"must be one turn of the assistant, not {len(completion)} messages")
    info = record.get("extra_info") or {"source": "trl", "line": where.line}
    info = decoded(info, "extra_info", where) if isinstance(info, str) else dict(info)
    if record.get("reward_model") is not None:
        truth = {"reward_model": record["reward_model"], "extra_info": info}
        row = Row.from_json({"prompt": prompt, "tools": tools, **truth}, where)
    else:
        row = row_of(prompt, completion[0], tools, info, where, field)
    yield row
    if field == "chosen":
        rejected = messages_of(record.get("rejected"), tools, where, "rejected")
        kind = record.get("kind")
        yield Preference.of_row(row, written(completion), written(rejected), kind if isinstance(kind, str) else GIVEN)


def _recognises(record: JsonMapping) -> bool:
    answers = [record.get(name) for name in ("completion", "chosen")]
    return isinstance(record.get("prompt"), list) and any(isinstance(answer, list) for answer in answers)


FORMAT = Format(
    name="trl",
    summary="TRL's conversational prompt-completion and preference sets, with tools",
    recognises=_recognises,
    read=read,
    keys=("prompt", "completion", "chosen", "rejected"),
)
