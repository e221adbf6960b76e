"""Production logs: OpenAI-style transcripts with tool results and, where there is one, a score of how it ended.

Of a successful conversation every turn of the assistant is a row, but for calls that failed. Where a failed call was
followed by one of the same tool that worked, that one is a row of error recovery, and a preference: to the failed call
where all that changed could be known before, else to making the same mistake again after its error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards import ToolCall, wire
from rlvr.data.formats.conversation import call_of, read_exchange, require_tools, row_of
from rlvr.data.formats.exchanges import transcript_in
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions, failed, successful_score
from rlvr.data.formats.redaction import redacted
from rlvr.data.json_values import leaves
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import Message
from rlvr.records.preference import Preference
from rlvr.records.row import Row

SCORES = ("reward", "score", "outcome", "success", "rating")
"""Where a record may say how it ended, first come first served."""

_MESSAGES = ("messages", "traj", "transcript", "conversation")


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield what can be learned from one conversation; an unsuccessful one is rejected as a whole."""
    score = successful_score(record, SCORES, where, options)
    name = next((name for name in _MESSAGES if record.get(name)), "messages")
    messages, tools, end = read_exchange(transcript_in(record, name), where, options, name)
    require_tools(messages, tools, where)
    if options.redact:
        messages = redacted(messages, options.redact)
    info: JsonObject = {"source": "logs", "line": where.line}
    if score is not None:
        info["score"] = score
    yield from _Log(messages, tools, info, where, options, name).outcomes()
    if end is not None:
        yield end


@dataclass(frozen=True)
class _Failure:
    """A turn whose calls failed: where it stands and what it called."""

    index: int
    calls: tuple[ToolCall, ...]


@dataclass
class _Log:
    messages: list[Message]
    tools: list[JsonObject]
    info: JsonObject
    where: Where
    options: ReadOptions
    field: str

    def outcomes(self) -> Outcomes:
        failures: dict[str, _Failure] = {}
        for index, turn in enumerate(self.messages):
            if turn["role"] != "assistant" or turn.get("weight", 1) == 0:
                continue
            try:
                yield from self._turn(index, turn, failures)
            except RowError as error:
                yield error

    def _turn(self, index: int, turn: Message, failures: dict[str, _Failure]) -> Outcomes:
        place = f"{self.field}[{index}]"
        calls = tuple(call_of(call) for call in turn.get("tool_calls") or ())
        results = self._results(index)
        if calls and not results:
            raise self.where.error(place, "the call has no result, so nothing says that it worked")
        if any(failed(result, self.options.error_pattern) for result in results):
            for call in calls:
                failures[call.name] = _Failure(index, calls)
            raise self.where.error(place, "the call failed")
        info = {**self.info, "turn": index}
        mistake = next((failures.pop(call.name) for call in calls if call.name in failures), None)
        if mistake is None or mistake.calls == calls:
            yield row_of(self.messages[:index], turn, self.tools, info, self.where, place)
            return
        info["kind"] = "error_recovery"
        row = row_of(self.messages[:index], turn, self.tools, info, self.where, place)
        yield row
        yield self._preference(row, mistake, turn, info, place)

    def _preference(self, row: Row, mistake: _Failure, turn: Message, info: JsonObject, place: str) -> Preference:
        """Return the correction against the mistake, where it could be known; else against the mistake once more."""
        chosen, rejected = wire.render(row.ground_truth.calls), wire.render(mistake.calls)
        before = self.messages[: mistake.index]
        if _is_grounded(row.ground_truth.calls, mistake.calls, before):
            info = {**info, "turn": mistake.index}
            row = row_of(before, turn, self.tools, info, self.where, place)
            return Preference.of_row(row, chosen, rejected, "failed_call")
        return Preference.of_row(row, chosen, rejected, "repeated_failure")

    def _results(self, index: int) -> list[str]:
        results = []
        for message in self.messages[index + 1 :]:
            if message["role"] != "tool":
                break
            results.append(message.get("content") or "")
        return results


def _is_grounded(right: Sequence[ToolCall], wrong: Sequence[ToolCall], before: Sequence[Message]) -> bool:
    """Tell whether every value in which the calls differ stands in the conversation before the mistake."""
    known = {json.dumps(value) for call in wrong for value in leaves(call.arguments)}
    text = "\n".join(json.dumps(message, ensure_ascii=False).lower() for message in before)
    changed = [value for call in right for value in leaves(call.arguments) if json.dumps(value) not in known]
    return all(_stands_in(value, text) for value in changed)


def _stands_in(value: Json, text: str) -> bool:
    if isinstance(value, bool):
        return True
    written = json.dumps(str(value), ensure_ascii=False)[1:-1].lower()
    return re.search(rf"(?<!\w){re.escape(written)}(?!\w)", text) is not None


FORMAT = Format(
    name="logs",
    summary="production logs: transcripts with tool results and a score; successes, recoveries and preferences",
    recognises=lambda record: any(name in record for name in _MESSAGES) and any(name in record for name in SCORES),
    read=read,
    keys=("messages", "tools", "reward"),
)
