"""Completion text to tool calls and back. One module per wire format; `formats.FORMATS` lists them."""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from rewards.limits import MAX_COMPLETION_CHARS
from rewards.strict_json import strings
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import ParsedCompletion, call_of_message, calls_of, merged
from rewards.wire.format import Format
from rewards.wire.formats import FORMATS
from rewards.wire.messages import turns
from rewards.wire.reasoning import visible

__all__ = ["AUTO", "FORMATS", "Format", "ParsedCompletion", "check", "parse", "render"]

AUTO = "auto"
_SIGN = re.compile(r"[<\[{(]|assistant(?:final|commentary)|to=functions\.|Action Input:")
"""No format writes a call without one of these, not even where decoding took its marks; nor does a ReAct prompt."""

_ELEMENT_CALL = re.compile(r"<[^<>]{0,24}\binvoke name=[\"'][^\"'<>]++[\"']\s*+>\s*+<")
"""A call as an element, whatever mark it has: models misspell the marks, and `DSML` comes in many kinds of bars."""

_REACT_CALL = re.compile(r"^[ \t]*+Action:.*+\n\s*+Action Input:", re.MULTILINE)
_CALLS_BY_NAME = (
    re.compile(r"<([\w.-]++)(?:\s++|>\s*+<)([\w.-]++)"),
    re.compile(r"<[^<>\s]{1,48}+>\s*+([\w.-]++)\s*+<(?!/|br)[^<>]{1,32}+>\s*+([\w.-]++)\s*+<"),
    re.compile(r"(?<![\w.-])([\w.-]{1,128}+)(?:[(>]|\n)\s*+\{\s*+[\"']([\w.-]++)[\"']\s*+:"),
    re.compile(r"^[ \t]*+([\w.-]++)\(\s*+([\w.-]++)\s*+=(?!=).*\)[ \t]*+$", re.MULTILINE),
)
"""A tool's name with a parameter's: an element and its attribute or first element, a name and a key in tags, a function
or a tag with an object behind it, and a line of Python.

Prompts of agents ask for calls so, some clients write earlier calls so, and new models have marks of their own.
"""

_NAME_OF_OBJECT_CALL = re.compile(r"""["'](?:name|tool_name|tool|action)["']""")
_ARGUMENTS_OF_OBJECT_CALL = re.compile(r"""["'](?:arguments|action_input|tool_input)["']|["']args["']\s*+:\s*+\{""")
"""What a call's members are called where no format says; a command's `args` are a list."""

_PROGRAM_CODE = re.compile(
    r"```(?:python|py|javascript|js|typescript|ts|java|kotlin|go|rust|c|cpp|csharp|ruby|php|swift|bash|sh|shell)\n.*?```",
    re.DOTALL,
)


def check(wire: str) -> str:
    """Return the name itself.

    Raises:
        ValueError: no such wire format; says which there are.
    """
    if wire != AUTO and wire not in FORMATS:
        raise _not_found(wire, [AUTO, *FORMATS])
    return wire


def _not_found(wire: str, names: Sequence[str]) -> ValueError:
    nearest = "".join(f" did you mean {name!r}?" for name in difflib.get_close_matches(wire, names, n=1))
    return ValueError(f"wire {wire!r} not found;{nearest} there are: {', '.join(names)}")


def parse(completion: object, wire: str = AUTO, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls and the text of a completion.

    A completion speaks one format: the named one, or under `auto` the one that comes first in the text among those
    that read anything in it. A call block in any other is a malformed attempt, so that nothing is gained by mixing.

    Args:
        completion: raw text, chat messages (with or without parsed `tool_calls`), what else `messages.turns` reads, or
            None for nothing. A message with `tool_calls`, be it an empty list, has been read by a
            server: a call in its text is one that nobody reads.
        wire: the format that calls are written in, or `auto`.
        tools: what was offered. Formats that write every argument as plain text read the types off its schemas.

    Raises:
        ValueError: no such wire format.
        TypeError: not a completion at all, such as a number.
    """
    check(wire)
    if isinstance(completion, str):
        return _parse_text(completion, wire, tools)
    if isinstance(completion, ParsedCompletion):
        return completion
    if completion is None:
        return ParsedCompletion()
    return _parse_messages(completion, wire, tools)


def render(calls: Sequence[ToolCall], wire: str = "hermes", tools: Toolset | None = None) -> str:
    """Write the calls as a policy that uses this format writes them.

    Args:
        calls: what to write.
        wire: the format.
        tools: as for `parse`, which reads the text back when it is given the same.

    Raises:
        ValueError: no such wire format.
    """
    if wire not in FORMATS:
        raise _not_found(wire, list(FORMATS))
    return FORMATS[wire].render(calls, tools)


def _parse_text(text: str, wire: str, tools: Toolset | None) -> ParsedCompletion:
    def argument_texts(text: str) -> Iterable[str]:
        if len(text) > MAX_COMPLETION_CHARS:
            return ()
        # Under `auto` of all formats, as junk in one may stand before the calls in another.
        readings = [_read(text, wire, tools)] if wire != AUTO else _readings(text, tools)
        return strings([call.arguments for parsed, _ in readings for call in parsed.calls])

    text = visible(text, FORMATS.get(wire), argument_texts)
    if len(text) > MAX_COMPLETION_CHARS:
        return _parse_overlong(text)
    parsed, wire_format = _read(text, wire, tools)
    return _with_unread_calls(parsed, wire_format, tools) if parsed.text else parsed


def _read(text: str, wire: str, tools: Toolset | None) -> tuple[ParsedCompletion, Format | None]:
    """Return what a text without reasoning says, and in which format; None where `auto` finds none."""
    if wire != AUTO:
        return _as_served(text, FORMATS[wire], tools), FORMATS[wire]
    return next(_readings(text, tools), (ParsedCompletion(text=text), None))


def _readings(text: str, tools: Toolset | None) -> Iterator[tuple[ParsedCompletion, Format]]:
    """Yield what a text says in each format that reads anything in it, in the order in which they come in the text."""
    if _SIGN.search(text) is None:
        return
    later: list[tuple[int, Format]] = []
    for wire_format in FORMATS.values():
        at = wire_format.find(text)
        if at > 0:
            later.append((at, wire_format))
        elif at == 0 and (parsed := _spoken(text, wire_format, tools)):
            yield parsed, wire_format
    for _, wire_format in sorted(later, key=itemgetter(0)):
        if parsed := _spoken(text, wire_format, tools):
            yield parsed, wire_format


def _spoken(text: str, wire_format: Format, tools: Toolset | None) -> ParsedCompletion | None:
    """Return what a text says in a format that it has signs of; None where the format reads nothing in it."""
    parsed = wire_format.parse(text, tools)
    if wire_format.is_unmarked and not _calls_only(parsed, tools):
        return None
    return parsed if parsed.attempts or parsed.text != text else None


def _as_served(text: str, wire_format: Format, tools: Toolset | None) -> ParsedCompletion:
    """Return what a text says in the format that its server reads, which shows calls without their mark as text."""
    parsed = wire_format.parse(text, tools)
    needed = wire_format.needed
    if not parsed.calls or not needed or any(mark in text for mark in needed):
        return parsed
    reason = f"a call without {needed[0]}, which its server looks for; decoding without special tokens drops it"
    return ParsedCompletion((), parsed.attempts, parsed.text, (*parsed.reasons, reason), parsed.attempts)


def _calls_only(parsed: ParsedCompletion, tools: Toolset | None) -> bool:
    """Tell whether a text without marks makes calls of offered tools, and none that is broken."""
    is_whole = bool(parsed.calls) and not parsed.malformed
    return tools is not None and is_whole and all(call.name in tools for call in parsed.calls)


def _with_unread_calls(parsed: ParsedCompletion, spoken: Format | None, tools: Toolset | None) -> ParsedCompletion:
    """Add the calls that the text still holds, in other formats than the completion's or in none, as malformed."""
    rest = parsed.text
    if _SIGN.search(rest) is None and "```" not in rest:
        return parsed
    for wire_format in FORMATS.values():
        if spoken is None or wire_format is spoken or wire_format.find(rest) < 0:
            continue
        stray = wire_format.parse(rest, tools)
        if stray.attempts and (not wire_format.is_unmarked or (not parsed.attempts and _calls_only(stray, tools))):
            parsed = _with_unread(parsed, stray.attempts, f"a call in the format {wire_format.name}, not {spoken.name}")
            rest = stray.text
    by_name = not parsed.malformed and _calls_tool_by_name(rest, tools)
    if by_name or _is_call_of_no_format(_without_samples(rest, tools)):
        return _with_unread(parsed, 1, "a call outside of its wire format")
    return parsed


def _without_samples(text: str, tools: Toolset | None) -> str:
    """Return a text without its blocks of program code that name no offered tool: an answer may show how to call."""

    def left(block: re.Match[str]) -> str:
        if tools is None or any(name in block[0] for name in tools.names):
            return block[0]
        return ""

    return _PROGRAM_CODE.sub(left, text)


def _is_call_of_no_format(text: str) -> bool:
    """Tell whether a text holds what is no call to a dispatcher and no text to a person: an object, an element, ReAct.

    A tool's schema, which an answer may show, has a name and parameters too.
    """
    has_parameters = '"parameters"' in text and '"properties"' not in text
    has_arguments = has_parameters or _ARGUMENTS_OF_OBJECT_CALL.search(text) is not None
    is_object = has_arguments and "{" in text and _NAME_OF_OBJECT_CALL.search(text) is not None
    is_element = "invoke name=" in text and _ELEMENT_CALL.search(text) is not None
    return is_object or is_element or _REACT_CALL.search(text) is not None


def _calls_tool_by_name(text: str, tools: Toolset | None) -> bool:
    """Tell whether a text holds an element or a function with the name of an offered tool and one of its parameters."""
    if tools is None:
        return False
    pairs = itertools.chain.from_iterable(pattern.findall(text) for pattern in _CALLS_BY_NAME)
    return any(tool in tools and part in tools[tool].properties for tool, part in pairs)


def _with_unread(parsed: ParsedCompletion, attempts: int, reason: str) -> ParsedCompletion:
    return merged([parsed, ParsedCompletion(malformed=attempts, reasons=(reason,), unread=attempts)], parsed.text)


def _parse_overlong(text: str) -> ParsedCompletion:
    ends = (text[:MAX_COMPLETION_CHARS], text[-MAX_COMPLETION_CHARS:])
    if any(wire_format.find(end) >= 0 for wire_format in FORMATS.values() for end in ends):
        return ParsedCompletion(malformed=1, reasons=(f"longer than {MAX_COMPLETION_CHARS} characters",))
    return ParsedCompletion(text=text)


def _parse_messages(completion: object, wire: str, tools: Toolset | None) -> ParsedCompletion:
    parts = []
    for turn in turns(completion):
        part = _parse_text(turn.text, wire, tools)
        if turn.calls is not None:
            # Whoever parsed these, if only into an empty list, has left a call in the text unread.
            reasons = ("a call in the text beside 'tool_calls'",) if part.calls else ()
            parts.append(ParsedCompletion((), part.attempts, part.text, part.reasons + reasons, part.attempts))
            part = _parse_tool_calls(turn.calls)
        parts.append(part)
    return merged(parts, "\n".join(part.text for part in parts if part.text))


def _parse_tool_calls(tool_calls: object) -> ParsedCompletion:
    if not isinstance(tool_calls, list | tuple):
        return ParsedCompletion(malformed=1, reasons=("'tool_calls' is not a list",))
    return calls_of(tool_calls, call_of_message)
