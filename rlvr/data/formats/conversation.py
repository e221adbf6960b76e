"""Conversations in OpenAI's chat form, one row for each of the assistant's decisions with the history before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from rewards import Behavior, GroundTruth, GroundTruthError, ToolCall, Toolset, wire
from rewards.text import read_text
from rlvr.data.formats.messages import CUT_OFF, HOSTED, cut_off, openai_messages
from rlvr.data.formats.outcome import FAILED, Format, Outcomes, ReadOptions, TurnError, failed
from rlvr.data.formats.records import opened
from rlvr.data.formats.schema_walk import repaired_arguments
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.written import may_call, with_json_calls, with_listed_tools, with_written
from rlvr.data.json_values import OBJECT, json_in, leaves, without, without_nulls
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import Message, calls_of, function_of
from rlvr.records.preference import Preference
from rlvr.records.row import Row

_MEMBERS = ("role", "content", "tool_calls", "tool_call_id", "name", "reasoning_content", "refusal", "weight", HOSTED)
"""Members of a message that are kept: what tracing adds of times and ids is in no template."""

_UNHEARD = "a tool answers the turn, so its text makes a call in a way that is not read"
_CONTINUED = (
    "the assistant goes on in the next message, so this is not all that it says, or what came between is missing"
)
_LOST = "not all calls of an earlier turn have a result, so the log has lost one"
_SILENT: Message = {"role": "assistant", "content": ""}
_UNDIVIDED = "the assistant calls again before any result, so nothing says which calls are one turn"
NO_TOOLS = "the log names no tools; give them with tools=FILE"
_REFERENCE = re.compile(r"\$var_?\d+(\.\w+)*\$")
_OTHER_CALLS = (
    ("as ReAct does,", re.compile(r"^(?:Action|Function Name): *\S.*\n+ *(?:Action|Function) Input:", re.MULTILINE)),
    ("as ReAct does,", re.compile(r"\A\s*Thought:.*^Action:\s*\w+ ?[\[(]", re.MULTILINE | re.DOTALL)),
    ("as Open WebUI shows it,", re.compile(r"<details type=\"tool_calls\"")),
    ("in a block of code", re.compile(r"^```(?:(?:function|tool)_calls?|tool_use|mswea_bash_command)\s", re.MULTILINE)),
    ("in a block of code, as smolagents does,", re.compile(r"(?:</code>|<end_code>)\s*\Z")),
    ("as Terminus does,", re.compile(r"^[ \t]*\"(?:commands|keystrokes)\": *[\[\"]", re.MULTILINE)),
    ("in tags, as Cline does,", re.compile(r"</\w+>\s*</[a-z]+_[a-z_]+>\s*\Z")),
)
"""How texts write calls in no wire format."""

_RESULT_SAID = re.compile(
    r"<returncode>|observation:\s|execution result of \[|\[[\w-]+(?: for '.*')?\] result:|tool result:|"
    r"<(?:tool_result|function_results?|tool_response|command_output)>|new terminal output:",
    re.IGNORECASE,
)
"""How a user begins who says what calls in texts gave: mini-swe-agent, ReAct, OpenHands, Cline, Terminus."""
_BEGUN_ANEW = re.compile(r"(?:\[[\w-]+\] Result:\s*)?This session is being continued from a previous conversation")
"""How the summary begins that Claude Code and Cline put in the place of what was said before."""


class Exchange(NamedTuple):
    """A conversation as a record holds it, not yet checked.

    Args:
        messages: in anyone's form.
        tools: in any form; None where the record names none.
        end: why the messages end before the conversation does.
        where: its place, if it is another than its record's.
        is_written: whether texts of it may write out calls and results, which have no ids then.
    """

    messages: list[Json]
    tools: Json = None
    end: RowError | None = None
    where: Where | None = None
    is_written: bool = False


def early_end(told: Sequence[Json], whole: Sequence[Json], error: RowError) -> RowError | None:
    """Return the error that says why what is told of a conversation ends early; None where it is the whole."""
    return error if len(told) < len(whole) else None


Exchanges = Iterator[Exchange | RowError]
"""The conversations that a record holds, and reasons why one cannot be read."""


def read_exchange(
    exchange: Exchange, where: Where, options: ReadOptions, field: str = "messages"
) -> tuple[list[Message], list[JsonObject], RowError | None]:
    """Return the messages and the tools of a conversation, and why its messages end early, if they do.

    Tools are the record's own, those that its system prompt lists, or those of the options.

    Raises:
        RowError: either cannot be read.
    """
    tools = tools_of(exchange.tools, where)
    messages, end = messages_up_to(exchange.messages, tools, where, field)
    messages, tools = with_listed_tools(messages, tools, where)
    tools = tools or options.tools
    if exchange.is_written:
        messages = with_written(messages, tools, where)
    return messages, tools, end


def rows_of(
    exchange: Exchange, info: JsonMapping, where: Where, options: ReadOptions, field: str = "messages"
) -> Outcomes:
    """Yield the rows of a conversation, and the reason why it is not read to its end, if it is not."""
    messages, tools, end = read_exchange(exchange, where, options, field)
    yield from decisions(messages, tools, info, where, end)


def conversations(
    name: str,
    summary: str,
    recognises: Callable[[JsonMapping], bool],
    find: Callable[[JsonMapping, Where], Exchanges],
    keys: tuple[str, ...] = (),
    is_repeating: bool = True,
    are_apart: bool = False,
) -> Format:
    """Return the format of records that hold conversations, with a row for each turn of the assistant in each.

    Args:
        name: see `Format`, as for the others.
        summary: see `Format`.
        recognises: see `Format`.
        find: yields the conversations of a record.
        keys: see `Format`.
        is_repeating: see `Format`.
        are_apart: whether what one conversation of a record lacks says nothing of the others.
    """

    def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
        outcomes = rows_of_each(find(record, where), name, where, options)
        return outcomes if are_apart else _told(list(outcomes), where)

    return Format(name, summary, recognises, read, is_repeating, keys)


def rows_of_each(exchanges: Exchanges, name: str, where: Where, options: ReadOptions) -> Outcomes:
    """Yield the rows of conversations; one that cannot be read keeps no other out."""
    for exchange in exchanges:
        if isinstance(exchange, RowError):
            yield exchange
            continue
        place = exchange.where or where
        try:
            if exchange.messages:
                yield from rows_of(exchange, {"source": name, "line": place.line}, place, options)
        except RowError as error:
            yield error
        if exchange.end is not None:
            yield exchange.end


def _told(outcomes: list[Row | Preference | RowError], where: Where) -> Outcomes:
    """Yield outcomes; where a conversation among them calls tools that nobody names, a text is no answer without tools
    either: they were there for it."""
    is_untold = any(isinstance(outcome, RowError) and outcome.message == NO_TOOLS for outcome in outcomes)
    for outcome in outcomes:
        if is_untold and isinstance(outcome, Row) and not outcome.tools:
            yield where.error("tools", NO_TOOLS)
        else:
            yield outcome


def messages_of(value: Json, tools: Sequence[JsonMapping], where: Where, field: str = "messages") -> list[Message]:
    """Return chat messages as rows hold them: arguments of calls as objects, contents as texts, no null members.

    The messages are a list, or its JSON, in the form of any provider that `openai_messages` reads, the legacy
    `function_call` and role `function` too. Nulls that Arrow put into arguments go, by the schemas of the tools.

    Raises:
        RowError: a message that is not one, holds other than text, or a call whose arguments are not a JSON object.
    """
    messages, end = messages_up_to(value, tools, where, field)
    if end is not None:
        raise end
    return messages


def messages_up_to(
    value: Json, tools: Sequence[JsonMapping], where: Where, field: str = "messages"
) -> tuple[list[Message], RowError | None]:
    """Return the messages as `messages_of` does, up to the first that cannot be read, and why it cannot.

    Raises:
        RowError: none of them can, or none before it is the assistant's.
    """
    value = opened(value, field, where)
    if not isinstance(value, Sequence) or not value:
        raise where.error(field, "must be a non-empty list of messages")
    items, complaint = openai_messages(value)
    end = None if complaint is None else where.error(None, f"{field}{complaint}")
    schemas = {tool["function"]["name"]: tool["function"].get("parameters") for tool in tools if "function" in tool}
    messages: list[Message] = []
    try:
        for index, item in enumerate(items):
            messages.append(_message(item, schemas, where, f"{field}[{index}]"))
    except RowError as error:
        end = error
    if end is not None and not any(map(_is_learned, messages)):
        raise end
    return _whole(messages), end


def _whole(messages: list[Message]) -> list[Message]:
    """Return the messages, a text of the assistant's in one turn with the calls that follow it."""
    whole: list[Message] = []
    for message in messages:
        if whole and message.get("tool_calls") and whole[-1]["role"] == "assistant" and "tool_calls" not in whole[-1]:
            texts = filter(None, (whole.pop().get("content"), message.get("content")))
            message = {**message, "content": "\n".join(texts)}
        whole.append(message)
    return whole


def decisions(
    messages: list[Message], tools: list[JsonObject], info: JsonMapping, where: Where, end: RowError | None = None
) -> Iterator[Row | RowError]:
    """Yield a row for each turn of the assistant, the messages before it as its prompt, its number in `extra_info`.

    A turn of `"weight": 0` is history only, as in OpenAI's fine-tuning data. `end` says why the messages end early;
    without tools nothing before it is certain, since what could not be read may be a call.
    """
    if end is not None and not tools:
        yield end
        return
    if not any(map(_is_learned, messages)):
        yield where.error(None, "no turn of the assistant is there to learn from; a prompt alone gives no row")
        return
    require_tools(messages, tools, where)
    untold = NO_TOOLS if not tools and any(map(_says_result, messages)) else None
    history: list[Message] = []
    loss = untold
    for index, message in enumerate(messages):
        if _BEGUN_ANEW.match(message["content"]):
            history, loss = list(filter(_is_system, history)), untold
        if _is_learned(message):
            place = f"messages[{index}]"
            try:
                row = row_of(list(history), message, tools, {**info, "turn": index}, where, place)
                doubt = _doubt(row, messages[index + 1 : index + 2], loss)
                if doubt is not None:
                    raise where.error(place, doubt)
                results = takewhile(_is_result, messages[index + 1 :])
                if any(failed(result["content"]) for result in results):
                    raise where.error(place, FAILED)
                yield row
            except RowError as error:
                yield TurnError(error, list(history), message)
        history.append(without(message, "weight", CUT_OFF, HOSTED))
        loss = loss or _loss(messages, index)
    if end is not None:
        yield TurnError(end, history, {})


def _loss(messages: list[Message], index: int) -> str | None:
    """Return what a log has lost or left open of the calls that a message makes; None where it has their results."""
    n_calls = len(calls_of(messages[index]))
    later = map(messages.__getitem__, range(index + 1, len(messages)))
    n_results = len(list(takewhile(_says_result, later)))
    is_lost = n_results < n_calls or messages[index] == _SILENT
    if n_results and is_lost:
        return _LOST
    return _UNDIVIDED if n_calls and any(map(calls_of, messages[index + 1 : index + 2])) else None


def _doubt(row: Row, later: list[Message], loss: str | None) -> str | None:
    """Return why it is open what a turn did, by the message after it, or else what was lost before it; None where it is
    not."""
    does_call = bool(row.ground_truth.calls)
    match later:
        case [message] if not does_call and _says_result(message):
            return _UNHEARD
        case [{"role": "assistant", "tool_calls": _}] if does_call:
            return _UNDIVIDED
        case [{"role": "assistant"} as more] if not does_call and _is_learned(more):
            return _CONTINUED
    return loss


def _is_result(message: Message) -> bool:
    return str(message["role"]) == "tool"


def _is_system(message: Message) -> bool:
    return str(message["role"]) == "system"


def _says_result(message: Message) -> bool:
    """Tell whether a message says what a call gave: a tool's, or a user's where an agent's memory keeps no calls."""
    return message["role"] == "tool" or _RESULT_SAID.match(message["content"]) is not None


def _is_learned(message: Message) -> bool:
    return message["role"] == "assistant" and bool(message.get("weight", 1))


def require_tools(messages: Sequence[Message], tools: Sequence[JsonMapping], where: Where) -> None:
    """Check that there are tools where a conversation calls any: no turn of it could be learned without them.

    Raises:
        RowError: there are none.
    """
    if not tools and any(message.get("tool_calls") for message in messages):
        raise where.error("tools", NO_TOOLS)


def row_of(
    history: list[Message],
    turn: JsonMapping,
    tools: list[JsonObject],
    info: JsonObject,
    where: Where,
    field: str,
) -> Row:
    """Return the row in which this turn of the assistant is what a right completion does.

    Raises:
        RowError: nothing stands before the turn, or it does nothing that could be expected of a completion.
    """
    speakers = [message["role"] for message in history]
    if "user" not in speakers:
        raise where.error(field, "the assistant speaks before the user does")
    if "tool" in speakers and "assistant" not in speakers[: speakers.index("tool")]:
        raise where.error(field, "the log has a tool's result without the call before it")
    if speakers[-1] == "assistant":
        raise where.error(field, "the assistant speaks after itself, so nothing says what it was to do")
    if CUT_OFF in turn:
        raise where.error(field, f"the turn was cut off ({turn[CUT_OFF]}), so it is not all that was to be said")
    if HOSTED in turn:
        raise where.error(field, f"the turn used {turn[HOSTED]}, a tool that its provider runs and no prompt shows")
    if _is_repeated(history, turn):
        raise where.error(field, "the turn makes the calls of an earlier one, ids and all, so the log holds it twice")
    truth = truth_of_turn(turn, tools, where, field)
    if truth.calls and not tools:
        raise where.error("tools", NO_TOOLS)
    return Row.checked(history, tools, truth, info, where)


def _is_repeated(history: Sequence[Message], turn: JsonMapping) -> bool:
    """Tell whether a turn makes the calls of an earlier one, by the same ids."""
    calls = calls_of(turn)
    return bool(calls) and "id" in calls[0] and calls in map(calls_of, history)


def truth_of_turn(turn: JsonMapping, tools: list[JsonObject], where: Where, field: str = "assistant") -> GroundTruth:
    """Return what a turn of the assistant does: its `tool_calls`, the calls that its text writes out, or else its text.

    Raises:
        RowError: it does nothing, or its behavior is not certain.
    """
    if turn.get("tool_calls"):
        return truth_of_calls(list(map(call_of, turn["tool_calls"])), where, field)
    return truth_of_text(turn.get("content") or "", tools, where, field)


def call_of(call: JsonMapping) -> ToolCall:
    """Return a call of a message, its arguments being an object."""
    function = function_of(call)
    return ToolCall(function["name"], function.get("arguments") or {})


def truth_of_calls(calls: Sequence[ToolCall], where: Where, field: str) -> GroundTruth:
    """Exactly these calls.

    Raises:
        RowError: they are more, or hold what JSON does not.
    """
    values = leaves([call.arguments for call in calls])
    if reference := next(filter(_is_reference, values), None):
        raise where.error(field, f"a call takes {reference}, the result of another call, so it is a turn of its own")
    try:
        return GroundTruth(Behavior.EXECUTE, tuple(calls))
    except GroundTruthError as error:
        raise where.error(field, error.message) from None


def _is_reference(value: Json) -> bool:
    """Tell whether an argument stands for another call's result, as NESTFUL has it (Basu et al. 2024)."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def truth_of_text(text: str, tools: list[JsonObject], where: Where, field: str) -> GroundTruth:
    """Return the calls that a text writes out in any wire format, or else the text, with the behavior that is heard in
    it.

    Raises:
        RowError: it is empty, writes a malformed call, or both asks and refuses.
    """
    try:
        parsed = wire.parse(with_json_calls(text), tools=Toolset.of(tools if may_call(text) else ()))
    except ValueError as error:
        raise where.error("tools", str(error)) from None
    if way := next((way for way, pattern in _OTHER_CALLS if pattern.search(text)), None):
        raise where.error(field, f"the text writes a call {way} which is no wire format")
    if parsed.malformed:
        is_json = json_in(text.strip()) != text.strip()
        what = "is JSON, and an answer or a malformed call" if is_json else "holds a malformed call"
        raise where.error(field, f"{what}: {'; '.join(parsed.reasons)[:160] or 'cannot be read'}")
    if parsed.calls:
        return truth_of_calls(parsed.calls, where, field)
    reply = parsed.text.strip()
    if not reply:
        raise where.error(field, "the assistant neither calls nor says anything")
    return GroundTruth(behavior_of(reply, where, field), text=reply)


def behavior_of(text: str, where: Where, field: str) -> Behavior:
    """Tell whether a text without calls asks, refuses or answers.

    Raises:
        RowError: it both asks and refuses.
    """
    heard = read_text(text)
    if heard.asks and heard.refuses:
        raise where.error(field, "the text both asks and refuses; its behavior is not certain")
    return heard.behavior


def _message(given: Json, schemas: JsonMapping, where: Where, field: str) -> Message:
    if not isinstance(given, OBJECT) or not isinstance(given.get("role"), str):
        raise where.error(field, "is no message: it has no role")
    message = {key: value for key, value in given.items() if key in _MEMBERS and value is not None}
    message["content"] = _text(given.get("content")) or str(given.get("refusal") or "")
    message.update(cut_off(given))
    if calls := message.pop("tool_calls", None):
        place = f"{field}.tool_calls"
        message["tool_calls"] = [_call(call, schemas, where, f"{place}[{i}]") for i, call in enumerate(calls)]
    return message


def _text(content: str | list[JsonMapping] | None) -> str:
    """Return the content of a message, which may be parts of text, as one text."""
    return "".join(part["text"] for part in content) if isinstance(content, list) else content or ""


def _call(call: Json, schemas: JsonMapping, where: Where, field: str) -> JsonObject:
    function = function_of(call)
    if not isinstance(function.get("name"), str):
        raise where.error(field, "is no call: it has no name")
    place = f"{field}.arguments"
    arguments = opened(function.get("arguments") or {}, place, where)
    arguments = opened(arguments or {}, place, where)  # some encode them twice
    if not isinstance(arguments, Mapping):
        raise where.error(place, "must be a JSON object")
    arguments = repaired_arguments(dict(arguments), schemas.get(function["name"]))
    new = {**without_nulls(function), "arguments": arguments}
    outer = without_nulls(call)
    return {**outer, "function": new} if "function" in call else {"type": "function", "function": new}
