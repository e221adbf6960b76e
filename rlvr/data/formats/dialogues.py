"""Conversations turn by turn, without ids of calls: of `from` and `value`, or written as one text.

- sharegpt: APIGen-MT, LLaMA-Factory's tool data, Hermes function calling. Turns of function_call and observation, or
  calls that the assistant's text writes out in a wire format; tools in `tools` or in the system prompt.
- toolace: tools as JSON in the system prompt, calls as `[Name of tool(argument="value"), ...]`. Names hold spaces and
  slashes there, so calls are found by the names of the tools that are offered.
- glaive: Glaive function calling v2. Functions as JSON objects in `system`, the conversation as one text in `chat`; the
  arguments of a `<functioncall>` are JSON in single quotes, which makes the whole no JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from rewards import ToolCall, Toolset, wire
from rewards.strict_json import MalformedJsonError
from rewards.wire.completion import MalformedCallError
from rewards.wire.python_literals import Scanner
from rlvr.data.formats.conversation import Dialogue, decisions
from rlvr.data.formats.messages import json_or_python, marks_of, role_named
from rlvr.data.formats.openai import transcript
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import decoded
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.spelled import MESSAGE
from rlvr.data.formats.system_tools import tools_in_system, with_json_calls
from rlvr.data.formats.xlam import call_in
from rlvr.data.json_values import first_of, items_of, json_in, list_of, object_of
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.row import Row

_RESPONSE_TAGS = re.compile(r"(?:(?<!\s)\s*+)?</?tool_response>\s*")

Turn = tuple[str, str, JsonMapping]  # a role, a text, and whether it is to be learned from
Heard = tuple[Sequence[ToolCall], str]  # the calls that a text of the assistant writes out, and what it says besides


def _read_turns(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant in a conversation of `from` and `value`."""
    turns = record.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise where.error("conversations", "must be a non-empty list of turns")
    if any(map(_has_calls, turns)):  # ComplexFuncBench has calls beside roles, as OpenAI's messages have
        messages, tools, end = transcript(record, "conversations", where, options)
        yield from decisions(messages, tools, {"source": "sharegpt", "id": record.get("id", where.line)}, where, end)
        return
    turns = [_turn(turn, where, f"conversations[{index}]") for index, turn in enumerate(turns)]
    system = str(record.get("system") or "")
    if turns[0][0] == "system":
        system = turns.pop(0)[1]
    prompt, tools = system, tools_of(record.get("tools"), where)
    if not tools:
        prompt, tools = _listed_tools(system, where)
    tools = tools or options.tools
    is_toolace = BEFORE_TOOLS in system
    hear = _by_names(tools) if is_toolace else _by_wire(tools, where)
    yield from _rows(turns, prompt, tools, hear, where, ("toolace" if is_toolace else "sharegpt", record.get("id")))


def _rows(
    turns: Sequence[Turn],
    system: str,
    tools: list[JsonObject],
    hear: Callable[[str], Heard],
    where: Where,
    origin: tuple[str, Json],
) -> Iterator[Row | RowError]:
    """Yield a row for each turn of the assistant.

    `hear` takes a text of the assistant's apart; `origin` is the data set, and the record's name in it.
    """
    dialogue = Dialogue(system)
    for index, (role, text, marks) in enumerate(turns):
        field = f"conversations[{index}]"
        kind = role_named(role)
        if kind == "user":
            dialogue.say("user", text)
        elif kind == "tool":
            for result in _results(_RESPONSE_TAGS.sub("", text), dialogue.waiting):
                dialogue.result(result)
        elif kind == "call":
            dialogue.call([call_in(item, where, field) for item in items_of(json_or_python(text))])
        elif kind == "assistant":
            try:
                calls, said = hear(text)
            except (MalformedCallError, MalformedJsonError) as error:
                raise where.error(field, f"holds a malformed call: {error}") from None
            if calls:
                dialogue.call(calls, said)
            else:
                dialogue.say("assistant", text)
            dialogue.messages[-1].update(marks)
        else:
            raise where.error(
                f"{field}.from", f"{role!r} is no role; there are: human, gpt, function_call, observation"
            )
    source, identity = origin
    info = {"source": source, "id": where.line if identity is None else identity}
    yield from decisions(dialogue.messages, tools, info, where)


def _has_calls(turn: Json) -> bool:
    return "role" in object_of(turn) and not object_of(turn).keys().isdisjoint(MESSAGE.calls)


def _turn(turn: Json, where: Where, field: str) -> Turn:
    role, text = (first_of(object_of(turn), names, str) for names in (("from", "role"), ("value", "content")))
    if not isinstance(role, str) or not isinstance(text, str):
        raise where.error(field, "is no turn: it needs 'from' and 'value'")
    return role, text, marks_of(turn)


def _results(text: str, waiting: int) -> list[str]:
    """Return one text for each call that waits, where the turn is a JSON list of as many results."""
    results = list_of(json_in(text))
    if len(results) != waiting or waiting < 2:
        return [text]
    return [json.dumps(result, ensure_ascii=False) for result in results]


def _listed_tools(system: str, where: Where) -> tuple[str, list[JsonObject]]:
    """Return the system prompt and the tools that it lists, in the words of Qwen, Hermes or ToolACE."""
    prompt, tools = tools_in_system(system, where)
    return (prompt, tools) if tools or BEFORE_TOOLS not in system else _toolace_system(system, where)


def _by_wire(tools: list[JsonObject], where: Where) -> Callable[[str], Heard]:
    """Return what finds calls in any wire format; a text with a malformed one is left as it is."""
    try:
        toolset = Toolset.of(tools)
    except ValueError as error:
        raise where.error("tools", str(error)) from None

    def hear(text: str) -> Heard:
        parsed = wire.parse(with_json_calls(text), tools=toolset)
        return ((), text) if parsed.malformed else (parsed.calls, parsed.text)

    return hear


BEFORE_TOOLS = "list of functions in JSON format that you can invoke"
_KEY = re.compile(r"([^\s=(),]+)\s*=(?!=)")


def _by_names(tools: list[JsonObject]) -> Callable[[str], Heard]:
    names = sorted((tool["function"]["name"] for tool in tools), key=len, reverse=True)
    return lambda text: (calls_in(text, names) or (), "")


def calls_in(text: str, names: Sequence[str]) -> list[ToolCall] | None:
    """Return the calls of a text that is one list of calls, such as `[Market Trends API(country="us")]`; else None.

    Raises:
        MalformedCallError: a list that begins with a call of these tools, longest name first, and cannot be read.
        MalformedJsonError: a value in it that JSON does not have.
    """
    scanner = Scanner(text, 0)
    if not scanner.takes("["):
        return None
    calls: list[ToolCall] = []
    while True:
        scanner.skip_space()
        name = next((name for name in names if re.match(rf"{re.escape(name)}\s*\(", text[scanner.position :])), None)
        if name is None:
            if not calls and not re.match(r"[^\[\]()=]+\(", text[scanner.position :]):
                return None
            raise MalformedCallError(f"calls no offered tool: {text[scanner.position :][:60]!r}")
        scanner.takes(name)
        scanner.takes("(")
        calls.append(ToolCall(name, _arguments(scanner, name)))
        if not scanner.takes(","):
            break
    if not scanner.takes("]") or text[scanner.position :].strip():
        raise MalformedCallError("the list of calls is not closed, or text follows it")
    return calls


def _arguments(scanner: Scanner, name: str) -> JsonObject:
    arguments: JsonObject = {}
    while not scanner.takes(")"):
        if arguments:
            scanner.expect(",", f"arguments of call {name[:60]!r} are not closed")
        match = scanner.match(_KEY)
        if match is None or match[1] in arguments:
            raise MalformedCallError(f"call {name[:60]!r} has an argument without a name, or one twice")
        arguments[match[1]] = scanner.value()
    return arguments


def _toolace_system(text: str, where: Where) -> tuple[str, list[JsonObject]]:
    """Return the system prompt without ToolACE's prose about tools, which is all of it, and the tools that it lists."""
    begin = text.find("[{", text.find(BEFORE_TOOLS))
    if begin < 0:
        return text, []
    try:
        listed, _ = json.JSONDecoder().raw_decode(text, begin)
    except ValueError as error:
        raise where.error("system", f"the list of tools is not JSON: {error}") from None
    return "", tools_of(listed, where, "system")


_TURN = re.compile(r"^[^\S\n]*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*", re.MULTILINE)
_CALL = "<functioncall>"
_QUOTED = re.compile(r"\"arguments\"\s*:\s*'(.*)'\s*\}\s*$", re.DOTALL)
_NAME = re.compile(r"\"name\"\s*:\s*\"([^\"]+)\"")
_FIRST_FUNCTION = re.compile(r"^[^\S\n]*\{", re.MULTILINE)
_OFFER = re.compile(r"(?:(?<!\s)\s*+)?with access to the following functions.*$", re.DOTALL)


def _read_chat(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant in a conversation that is one text."""
    system, tools = _glaive_system(str(record.get("system") or ""), where)
    chat = record.get("chat")
    parts = _TURN.split(chat.replace("<|endoftext|>", ""))[1:] if isinstance(chat, str) else []
    if not parts:
        raise where.error("chat", "holds no turn; turns begin with USER:, ASSISTANT: and FUNCTION RESPONSE:")
    turns: list[Turn] = [(role, text.strip(), {}) for role, text in zip(parts[::2], parts[1::2], strict=True)]

    def hear(text: str) -> Heard:
        said, mark, call = text.partition(_CALL)
        return ([_quoted_call(call.strip(), where)] if mark else [], said.strip())

    yield from _rows(turns, system, tools or options.tools, hear, where, ("glaive", None))


def _quoted_call(text: str, where: Where) -> ToolCall:
    quoted, name = _QUOTED.search(text), _NAME.search(text)
    if quoted and name:
        arguments = decoded(quoted[1].replace("\\'", "'"), "chat", where)
        return call_in({"name": name[1], "arguments": arguments}, where, "chat")
    value = decoded(text, "chat", where)
    return call_in({"arguments": {}, **value} if isinstance(value, Mapping) else value, where, "chat")


def _glaive_system(text: str, where: Where) -> tuple[str, list[JsonObject]]:
    """Return the system prompt and the functions that stand behind it, one JSON object after the other."""
    text = text.removeprefix("SYSTEM:").strip()
    match = _FIRST_FUNCTION.search(text)
    if match is None:
        return text, []
    position, functions = match.end() - 1, []
    while position < len(text):
        try:
            function, position = json.JSONDecoder().raw_decode(text, position)
        except ValueError as error:
            raise where.error("system", f"a function is not JSON: {error}") from None
        functions.append(function)
        rest = text[position:]
        position += len(rest) - len(rest.lstrip(" \t\r\n,"))
    return _OFFER.sub(".", text[: match.start()].strip()), tools_of(functions, where, "system")


FORMATS = (
    Format(
        name="glaive",
        summary="Glaive function calling v2: system and chat",
        recognises=lambda record: "chat" in record and "system" in record,
        read=_read_chat,
        keys=("system", "chat"),
    ),
    Format(
        name="toolace",
        summary="ToolACE: tools in the system prompt, calls as [Name(argument=value)]",
        recognises=lambda record: "conversations" in record and BEFORE_TOOLS in str(record.get("system")),
        read=_read_turns,
        keys=("system", "conversations"),
    ),
    Format(
        name="sharegpt",
        summary="conversations of from and value: APIGen-MT, LLaMA-Factory, Hermes function calling",
        recognises=lambda record: "conversations" in record,
        read=_read_turns,
        keys=("conversations", "tools"),
    ),
)
