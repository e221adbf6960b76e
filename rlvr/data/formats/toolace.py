"""ToolACE: tools listed as JSON in the system prompt, calls as `[Name of tool(argument="value"), ...]`.

Names hold spaces and slashes there, so calls are found by the names of the tools that are offered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rewards import ToolCall
from rewards.strict_json import MalformedJsonError
from rewards.wire.completion import MalformedCallError
from rewards.wire.python_literals import Scanner
from rlvr.data.formats.conversation import Dialogue, decisions
from rlvr.data.formats.outcome import Format, ReadOptions
from rlvr.data.formats.schemas import tools_of

if TYPE_CHECKING:
    from rlvr.errors import RowError
    from rlvr.files import Where
    from rlvr.records.preference import Preference
    from rlvr.records.row import Row

_KEY = re.compile(r"([^\s=(),]+)\s*=(?!=)")
BEFORE_TOOLS = "list of functions in JSON format that you can invoke"


def read(record: Mapping[str, Any], where: Where, options: ReadOptions) -> Iterator[Row | Preference | RowError]:
    """Yield a row for each turn of the assistant; the prose about tools and the call format leaves the system
    prompt."""
    system, tools = split_system(str(record.get("system") or ""), where)
    tools = tools or options.tools
    names = sorted((tool["function"]["name"] for tool in tools), key=len, reverse=True)
    turns = record.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise where.error("conversations", "must be a non-empty list of turns")
    dialogue = Dialogue(system)
    for index, turn in enumerate(turns):
        field = f"conversations[{index}]"
        if not isinstance(turn, Mapping) or not isinstance(turn.get("value"), str):
            raise where.error(field, "is no turn: it needs 'from' and 'value'")
        _add(dialogue, str(turn.get("from")), turn["value"], names, where, field)
    yield from decisions(dialogue.messages, tools, {"source": "toolace", "id": record.get("id", where.line)}, where)


def calls_in(text: str, names: Sequence[str]) -> list[ToolCall] | None:
    """Return the calls of a text that is one list of calls of these tools; None where it is not.

    Args:
        text: such as `[Market Trends API(country="us"), get_time()]`.
        names: of the tools, longest first.

    Raises:
        MalformedCallError: a list that begins with a call and cannot be read.
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


def _arguments(scanner: Scanner, name: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    while not scanner.takes(")"):
        if arguments and not scanner.takes(","):
            raise MalformedCallError(f"arguments of call {name[:60]!r} are not closed")
        match = scanner.match(_KEY)
        if match is None or match[1] in arguments:
            raise MalformedCallError(f"call {name[:60]!r} has an argument without a name, or one twice")
        arguments[match[1]] = scanner.value()
    return arguments


def split_system(text: str, where: Where) -> tuple[str, list[dict[str, Any]]]:
    """Return the system prompt without the prose about tools, and the tools that it lists.

    Raises:
        RowError: the list is not JSON.
    """
    begin = text.find("[{", max(text.find(BEFORE_TOOLS), 0))
    if begin < 0:
        return text, []
    try:
        listed, _ = json.JSONDecoder().raw_decode(text, begin)
    except ValueError as error:
        raise where.error("system", f"the list of tools is not JSON: {error}") from None
    prose = text[:begin]
    is_boilerplate = BEFORE_TOOLS in prose
    return "" if is_boilerplate else prose.strip(), tools_of(listed, where, "system")


def _add(dialogue: Dialogue, role: str, text: str, names: Sequence[str], where: Where, field: str) -> None:
    if role == "user":
        dialogue.say("user", text)
    elif role == "tool":
        for result in _results(text, dialogue.waiting):
            dialogue.result(result)
    elif role == "assistant":
        try:
            calls = calls_in(text, names)
        except (MalformedCallError, MalformedJsonError) as error:
            raise where.error(field, f"holds a malformed call: {error}") from None
        if calls:
            dialogue.call(calls)
        else:
            dialogue.say("assistant", text)
    else:
        raise where.error(f"{field}.from", f"{role!r} is no role; there are: user, assistant, tool")


def _results(text: str, waiting: int) -> list[str]:
    """Return one text for each call that waits, where the turn is a JSON list of as many results."""
    try:
        value = json.loads(text)
    except ValueError:
        return [text]
    if isinstance(value, list) and len(value) == waiting and waiting > 1:
        return [json.dumps(item, ensure_ascii=False) for item in value]
    return [text]


def _recognises(record: Mapping[str, Any]) -> bool:
    turns = record.get("conversations")
    if not isinstance(turns, list) or BEFORE_TOOLS not in str(record.get("system")):
        return False
    return all(isinstance(turn, Mapping) and turn.get("from") in ("user", "assistant", "tool") for turn in turns)


FORMAT = Format(
    name="toolace",
    summary="ToolACE: tools in the system prompt, calls as [Name(argument=value)]",
    recognises=_recognises,
    read=read,
    keys=("system", "conversations"),
)
