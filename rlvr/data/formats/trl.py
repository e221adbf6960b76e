"""TRL's conversational sets: `prompt` and `completion`, or `chosen` and `rejected`, with `tools`.

Preferences are read in the forms of LLaMA-Factory and ms-swift too: the two sides are completions after a prompt, or
whole conversations that differ in the last turn.
"""

from __future__ import annotations

from collections.abc import Mapping

from rlvr.data.formats.conversation import messages_of, row_of
from rlvr.data.formats.exchanges import system_text, written
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import opened
from rlvr.data.formats.rendered import rendered_messages, without_end
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.written import with_written
from rlvr.data.json_values import first_of, member, without
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import Message
from rlvr.records.preference import GIVEN, Preference
from rlvr.records.row import Row

_PROMPTS = ("prompt", "conversations", "messages", "question", "instruction")
_CHOSEN = ("completion", "chosen", "chosen_messages", "chosen_response", "messages")
_REJECTED = ("rejected", "rejected_messages", "rejected_response")


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield one row, and of a preference set the preference. `reward_model`, where there is one, is the ground
    truth."""
    tools = tools_of(record.get("tools"), where) or options.tools
    field = next((name for name in _CHOSEN if record.get(name) is not None), "chosen")
    completion = _messages(record.get(field), "assistant", tools, where, field)
    if completion[0]["role"] == "assistant":
        prompt = _messages(first_of(record, _PROMPTS), "user", tools, where, "prompt")
        if (system := system_text(record)) and prompt[0]["role"] != "system":
            prompt.insert(0, {"role": "system", "content": system})
    else:
        prompt, completion = completion[:-1], completion[-1:]
    _check_is_turn(completion, where, field)
    info = opened(record.get("extra_info") or {"source": "trl", "line": where.line}, "extra_info", where)
    where.expect(info, Mapping, "extra_info", "an object")
    info = dict(info)
    if record.get("reward_model") is not None:
        truth = {"reward_model": record["reward_model"], "extra_info": info}
        row = Row.from_json({"prompt": prompt, "tools": tools, **truth}, where)
    else:
        row = row_of(prompt, completion[0], tools, info, where, field)
    yield row
    if (worse := first_of(record, _REJECTED)) is not None:
        rejected = _messages(worse, "assistant", tools, where, "rejected")
        if rejected[:-1] == prompt:
            rejected = rejected[-1:]
        _check_is_turn(rejected, where, "rejected")
        kind = record.get("kind")
        yield Preference.of_row(row, written(completion), written(rejected), kind if isinstance(kind, str) else GIVEN)


def _messages(value: Json, role: str, tools: list[JsonObject], where: Where, field: str) -> list[Message]:
    """Return the messages of a list, of an object that holds one, of one turn, or of a text that this role says."""
    if isinstance(listed := member(value, "messages"), list):
        value = listed
    if isinstance(value, str) and not value.lstrip().startswith("[{"):
        turns = rendered_messages(value)
        value = with_written(turns, tools, where) if turns else {"role": role, "content": without_end(value)}
    messages = messages_of([value] if isinstance(value, dict) else value, tools, where, field)
    return [without(message, "weight") for message in messages]


def _check_is_turn(side: list[Message], where: Where, field: str) -> None:
    if len(side) != 1 or side[0]["role"] != "assistant":
        raise where.error(field, f"must be one turn of the assistant, not {len(side)} messages")


def _recognises(record: JsonMapping) -> bool:
    if isinstance(record.get("prompt"), list) and any(isinstance(record.get(name), list) for name in _CHOSEN[:2]):
        return True
    keys = record.keys()
    has_sides = not keys.isdisjoint(_REJECTED) and not keys.isdisjoint(_CHOSEN[1:])
    return has_sides and "reward_model" not in record


FORMAT = Format(
    name="trl",
    summary="TRL's conversational prompt-completion and preference sets, with tools; those of LLaMA-Factory, ms-swift",
    recognises=_recognises,
    read=read,
    keys=("prompt", "completion", "chosen", "rejected"),
)
