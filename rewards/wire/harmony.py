"""Harmony, as gpt-oss writes it: messages on channels, of which those to `functions.*` are calls.

The models also address an offered tool by its name alone, which vLLM and SGLang take for the same. LLM-jp-4.1 writes a
blank after every token.

    <|channel|>analysis<|message|>The user wants...<|end|>
    <|start|>assistant<|channel|>commentary to=functions.forecast <|constrain|>json<|message|>{"city": "Oslo"}<|call|>

The analysis channel is reasoning, which nobody reads; the final channel, and commentary to nobody, is text.
Source: OpenAI's description of the harmony response format.
"""

import re
from collections.abc import Sequence

from rewards.brief import brief
from rewards.limits import MAX_CALLS, MAX_TAGS
from rewards.strict_json import JsonObject, MalformedJsonError, decode_at, is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

MESSAGE = "<|message|>"
FUNCTIONS = "functions."
_SIGN = re.compile(
    r"<\|start\|>\s*+assistant|<\|channel\|>\s*+(?:analysis|commentary|final)|\bto=functions\.[^\s<]++\s*+<\|"
)
_ENDS = re.compile(r"<\|(?:end|call|return|start|channel)\|>")
_ENDS_OF_CALL = re.compile(r"<\|(?:end|call|return)\|>")
_HEADER = re.compile(r"<\|(?:start|channel)\|>|\bto=")
_ROLE = re.compile(r"<\|start\|>\s*+([^\s<]*+)")
_CHANNEL = re.compile(r"<\|channel\|>\s*+(\w++)")
_RECIPIENT = re.compile(r"\bto=([^\s<]++)")
_START_OF_HEADER = r"<\|start\|>\s*+assistant"
_REST_OF_HEADER = r"""\s*+
    (?: to=[^\s<]++ \s*+ (?: <\|channel\|> \s*+ [^\s<]++ )?+
      | <\|channel\|> \s*+ [^\s<]++ \s++ to=[^\s<]++ \s*+ (?: <\|channel\|> \s*+ [^\s<]++ )?+ )
    \s*+ (?: <\|constrain\|> )?+ \s*+ [^\s<=]*+ \s*+"""
_CALL_HEADERS = (
    re.compile(f"(?:{_START_OF_HEADER})?+{_REST_OF_HEADER}", re.VERBOSE),
    re.compile(f"{_START_OF_HEADER}{_REST_OF_HEADER}", re.VERBOSE),
)
"""The header of a first message, whose start the prompt holds, and of a later one: behind others vLLM reads no call."""
_STRIPPED_CALL = re.compile(r"commentary to=functions\.([\w.\-]++)(?:\s++(?:json|code))?+\s*+(?=\{)")
_STRIPPED_TURN = re.compile(r"assistant(?=analysis|commentary|final)")


def _find(text: str) -> int:
    if "<|" in text:
        match = _SIGN.search(text)
        return match.start() if match else -1
    return 0 if _is_stripped(text) else -1


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    if _find(text) < 0:
        return ParsedCompletion(text=text)
    return _parse_stripped(text) if "<|" not in text else _parse_messages(text, tools)


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    # From where the template's own `<|start|>assistant` ends.
    return "<|start|>assistant".join(
        f"<|channel|>commentary to={FUNCTIONS}{call.name} <|constrain|>json{MESSAGE}"
        f"{rendered_json(call.arguments)}<|call|>"
        for call in calls
    )


def _parse_messages(text: str, tools: Toolset | None) -> ParsedCompletion:
    calls: list[ToolCall] = []
    reasons: list[str] = []
    texts: list[str] = []
    malformed = position = seen = 0
    while (mark := text.find(MESSAGE, position)) >= 0:
        seen += 1
        if len(calls) + malformed >= MAX_CALLS or seen > MAX_TAGS:
            malformed += text.count(f"to={FUNCTIONS}", position)
            reasons.append(f"more than {MAX_CALLS} calls or {MAX_TAGS} messages")
            position = len(text)
            break
        before, header = _header(text[position:mark])
        texts.append(before)
        body = mark + len(MESSAGE)
        end = _ENDS.search(text, body)
        position = end.start() if end else len(text)
        recipient = _RECIPIENT.search(header)
        if recipient is None or recipient[1] == "assistant":  # a tool's answer is addressed to the assistant
            if not _is_reasoning(header):
                texts.append(text[body:position])
        else:
            try:
                name = _tool_name(recipient[1], tools)
                _check_header(before.strip() + header, name, is_first=seen == 1)
                call, position = _call(text, name, body)
                calls.append(call)
            except (MalformedCallError, MalformedJsonError) as error:
                malformed += 1
                reasons.append(str(error))
        position = _after_end(text, position)
    before, header = _header(text[position:])
    if not before.strip() and _RECIPIENT.search(header):
        malformed += 1
        reasons.append("a call is cut off before its arguments")
    else:
        texts.append(before + header)
    return ParsedCompletion(tuple(calls), malformed, _joined(texts), tuple(reasons))


def _header(text: str) -> tuple[str, str]:
    # What stands between two messages: text outside of any, then the header of the second.
    match = _HEADER.search(text)
    return (text[: match.start()], text[match.start() :]) if match else (text, "")


def _is_reasoning(header: str) -> bool:
    channel = _CHANNEL.search(header)
    return channel is not None and channel[1] == "analysis"


def _after_end(text: str, position: int) -> int:
    # `<|start|>` and `<|channel|>` belong to the next header.
    match = _ENDS.match(text, position)
    return match.end() if match and match[0] not in ("<|start|>", "<|channel|>") else position


def _tool_name(recipient: str, tools: Toolset | None) -> str:
    """Return the name of the tool that a message is addressed to.

    Raises:
        MalformedCallError: it is addressed to none.
    """
    name = recipient.removeprefix(FUNCTIONS)
    is_offered = tools is not None and name in tools
    if not name or is_unencodable(name) or (name == recipient and not is_offered):
        raise MalformedCallError(f"a call to {brief(recipient)}, not to {FUNCTIONS}*")
    return name


def _check_header(header: str, name: str, *, is_first: bool) -> None:
    """Make sure that a server reads the header of a call, and whatever stands before it.

    Raises:
        MalformedCallError: it does not.
    """
    role = _ROLE.search(header)
    if role is not None and role[1] != "assistant":
        raise MalformedCallError(f"a call by the role {brief(role[1])}")
    if _CALL_HEADERS[not is_first].fullmatch(header) is None:
        raise MalformedCallError(f"the header of call {brief(name)} is broken, or text stands before it")


def _call(text: str, name: str, body: int) -> tuple[ToolCall, int]:
    arguments, end = _arguments(text, name, body)
    if end != len(text) and not _ENDS_OF_CALL.match(text, end):
        raise MalformedCallError(f"text follows the arguments of call {brief(name)}")
    return ToolCall(name, arguments), end


def _arguments(text: str, name: str, start: int) -> tuple[JsonObject, int]:
    begin = skip_space(text, start)
    if not text.startswith("{", begin):
        raise MalformedCallError(f"arguments of call {brief(name)} are not an object")
    arguments, end = decode_at(text, begin)
    return arguments, skip_space(text, end)


def _is_stripped(text: str) -> bool:
    if text.startswith("analysis"):
        return "assistantfinal" in text or "assistantcommentary" in text
    return text.startswith(f"commentary to={FUNCTIONS}")


def _parse_stripped(text: str) -> ParsedCompletion:
    # Decoding without special tokens leaves the channels' names, each glued to the text before and after it.
    calls: list[ToolCall] = []
    reasons: list[str] = []
    texts: list[str] = []
    malformed = position = 0
    while position < len(text):
        start = position
        if match := _STRIPPED_CALL.match(text, position):
            try:
                if len(calls) + malformed >= MAX_CALLS:
                    raise MalformedCallError(f"more than {MAX_CALLS} calls")
                arguments, position = _arguments(text, match[1], match.end())
                calls.append(ToolCall(match[1], arguments))
            except (MalformedCallError, MalformedJsonError) as error:
                malformed += 1
                reasons.append(str(error))
        turn = _STRIPPED_TURN.search(text, position)
        end = turn.start() if turn else len(text)
        rest = text[position:end]
        if position == start and match is None and not rest.startswith("analysis"):
            if rest.startswith(f"commentary to={FUNCTIONS}"):
                malformed += 1
                reasons.append("a call without arguments")
            else:
                texts.append(rest.removeprefix("final").removeprefix("commentary"))
        elif position > start and rest:
            malformed += 1
            reasons.append("text follows the arguments of a call")
        position = turn.end() if turn else len(text)
    return ParsedCompletion(tuple(calls), malformed, _joined(texts), tuple(reasons[:MAX_CALLS]))


def _joined(texts: list[str]) -> str:
    return "\n".join(part for item in texts if (part := item.strip()))


FORMAT = Format(
    "harmony",
    _find,
    _parse,
    _render,
    marks=("<|start|>", "<|channel|>", "<|constrain|>", MESSAGE, "<|end|>", "<|call|>", "<|return|>"),
    needed=(MESSAGE,),
    ends=("<|end|>", "<|call|>", "<|return|>"),
    reasoning_block=("<|channel|>analysis<|message|>", "<|end|><|start|>assistant"),
    beside="<|channel|>commentary<|message|>{}<|end|><|start|>assistant",
    vllm=("openai",),
    sglang=("gpt-oss",),
)
