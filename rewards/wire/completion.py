"""What every wire format shares: the parsed completion, reasoning, and the reading of one call object."""

import json
import re
from dataclasses import dataclass
from typing import Any

from rewards.limits import MAX_END_TOKENS, MAX_REASONING_TAGS
from rewards.strict_json import MalformedJsonError, decode, why_not_json
from rewards.types import ToolCall

_REASONING_TAG = re.compile(r"<(/?)think(?:ing)?>|\[(/?)THINK\]")
_REASONING_ENDS = ("</think>", "</thinking>", "[/THINK]")
_END_OF_TURN = (
    *("<|im_end|>", "<|endoftext|>", "</s>"),
    *("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|eot|>", "<|eom|>"),  # Llama 3; Llama 4
    *("<|end|>", "<|call|>", "<|return|>"),  # Phi-4-mini and harmony
    "<｜end▁of▁sentence｜>",  # DeepSeek
    *("<|observation|>", "<|user|>"),  # GLM
    *("<turn|>", "<|tool_response>", "<end_of_turn>", "<start_function_response>"),  # Gemma
)
_ANGLED_TAG = re.compile(
    r"(?:tool_call|think|thinking|arg_key|arg_value|escape|(?:start|end)_function_call)>|tool_call\||"
    r"</?(?:function|parameter)[=>]|<[|｜]"
)
_SQUARE_TAG = re.compile(r"(THINK|TOOL_CALLS|ARGS|CALL_ID)\]")


@dataclass(frozen=True, init=False)
class ParsedCompletion:
    """A completion, read.

    Args:
        calls: the well-formed calls, in order.
        malformed: attempts to call that are not well-formed.
        text: what was said besides, without call blocks and reasoning.
        reasons: why each malformed attempt is malformed, for a person; may be fewer than `malformed`.
    """

    calls: tuple[ToolCall, ...] = ()
    malformed: int = 0
    text: str = ""
    reasons: tuple[str, ...] = ()

    def __init__(
        self, calls: tuple[ToolCall, ...] = (), malformed: int = 0, text: str = "", reasons: tuple[str, ...] = ()
    ) -> None:
        # One is made for every completion, and this is twice as fast as what dataclass writes.
        members = self.__dict__
        members["calls"] = calls
        members["malformed"] = malformed
        members["text"] = text
        members["reasons"] = reasons

    @property
    def attempts(self) -> int:
        """Calls tried, well-formed or not."""
        return len(self.calls) + self.malformed


class MalformedCallError(ValueError):
    """An attempt to call that no dispatcher would run. The message says why, for a person."""


def may_reason(text: str) -> bool:
    """False where the text has no reasoning tag, told at once; True says nothing."""
    return "think" in text or "THINK]" in text


def visible(text: str) -> str:
    """The text without reasoning blocks and end-of-turn tokens.

    What precedes a closing tag that nothing opened is reasoning (templates open it in the prompt); what follows an
    opening tag that nothing closes is too (it was cut off).
    """
    text = _without_reasoning(text) if may_reason(text) else text
    text = text.strip()
    if not text.endswith(_END_OF_TURN):
        return text
    end = len(text)
    for _ in range(MAX_END_TOKENS):
        while end and text[end - 1].isspace():
            end -= 1
        token = next((token for token in _END_OF_TURN if text.endswith(token, 0, end)), None)
        if token is None:
            break
        end -= len(token)
    return text[:end].strip()


def _without_reasoning(text: str) -> str:
    kept: list[str] = []
    position = 0
    is_inside = False
    for count, match in enumerate(_REASONING_TAG.finditer(text)):
        if count == MAX_REASONING_TAGS:
            ends = [text.rfind(tag) + len(tag) for tag in _REASONING_ENDS if tag in text]
            return text[max(ends) :] if ends else "".join(kept)
        if match[1] or match[2]:
            if not is_inside:
                kept.clear()
            is_inside = False
        elif not is_inside:
            kept.append(text[position : match.start()])
            is_inside = True
        position = match.end()
    return "".join(kept) if is_inside else "".join([*kept, text[position:]])


def call_of(value: Any, alias: str | None = None) -> ToolCall:
    """The call that a JSON object `{"name": ..., "arguments": {...}}` makes. Arguments may be a JSON string.

    Args:
        value: the decoded object.
        alias: another name that the format allows for `arguments`.

    Raises:
        MalformedCallError: it makes none.
    """
    if not isinstance(value, dict):
        raise MalformedCallError("a call is not a JSON object")
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise MalformedCallError("a call has no 'name'")
    key = "arguments" if alias is None or "arguments" in value else alias
    if key not in value:
        raise MalformedCallError(f"call {name[:60]!r} has no {key!r}")
    arguments = value[key]
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments)
        except MalformedJsonError as error:
            raise MalformedCallError(f"arguments of call {name[:60]!r}: {error}") from None
    if not isinstance(arguments, dict):
        raise MalformedCallError(f"arguments of call {name[:60]!r} are not an object")
    return ToolCall(name, arguments)


def object_of(call: ToolCall) -> dict[str, Any]:
    """The JSON object that `call_of` reads back."""
    return {"name": call.name, "arguments": call.arguments}


def rendered_json(value: Any) -> str:
    """JSON in which no string can be taken for a tag of any format."""
    payload = json.dumps(value, ensure_ascii=False)
    # In JSON, "<" stands in strings only, where it may be escaped. Plain text keeps it: that is what policies write.
    if "<" in payload and _ANGLED_TAG.search(payload):
        payload = payload.replace("<", "\\u003c")
    # And "]" follows a letter in strings only.
    return _SQUARE_TAG.sub(r"\1\\u005d", payload) if "]" in payload else payload


def call_of_message(value: Any) -> ToolCall:
    """The call that one item of a chat message's `tool_calls` makes.

    Raises:
        MalformedCallError: it makes none.
    """
    function = value.get("function", value) if isinstance(value, dict) else value
    if reason := why_not_json(function):
        raise MalformedCallError(f"a call holds {reason}")
    return call_of(function)
