"""Find out what a chat template does by rendering probe conversations: no template is known by its name or text.

A probe with a call shows what the template writes for it; the wire format is the one that reads the call back. What
stands before and after tells how a turn opens and what ends it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product, takewhile
from typing import TYPE_CHECKING, cast

from jinja2 import TemplateError

from rewards import ToolCall, Toolset, wire
from rlvr.data.json_values import json_in
from rlvr.errors import UserError
from rlvr.records.message import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transformers import PreTrainedTokenizerBase

    from rlvr.files import Json, JsonObject
    from rlvr.records.message import Message, ToolSchema

PROBE_TOOL: JsonObject = {
    "type": "function",
    "function": {
        "name": "probe_tool",
        "description": "A probe.",
        "parameters": {
            "type": "object",
            "properties": {
                "probe_text": {"type": "string", "description": "A text."},
                "probe_count": {"type": "integer", "description": "A count."},
            },
            "required": ["probe_text"],
        },
    },
}
PROBE_TOOLSET = Toolset([PROBE_TOOL])
PROBE_CALLS = (
    ToolCall("probe_tool", {"probe_count": 3, "probe_text": "probé"}),
    ToolCall("probe_tool", {"probe_text": "second <b> probe"}),
)
_USUAL = "hermes"
_USER = {"role": "user", "content": "probe"}
_ANSWER = "probe-answer"
_RESULT = "probe-result"
TEMPLATE_ERRORS = (TemplateError, TypeError, KeyError, AttributeError, ValueError)
"""What a template raises on messages of a shape that it was not written for."""

_REASONING_BLOCK = re.compile(r"<think>.*?</think>\s*|\[THINK\].*?\[/THINK\]\s*", re.DOTALL)
_ADDRESS = re.compile(r"[^\S\n]*\bto=\w*\Z")
_OPENS_REASONING = re.compile(r"(<think>|\[THINK\])\s*$")
_LAST_TOKEN = re.compile(r"(<[^<>\s]+>|\[[^\[\]\s]+\])\s*$")
_FIRST_TOKEN = re.compile(r"\s*(<[^<>\s]+>|\[[^\[\]\s]+\])")


@dataclass(frozen=True)
class ChatFormat:
    """The way in which one tokenizer's chat template writes turns.

    Args:
        wire: the wire format of its calls, a name in `rewards.wire.FORMATS`.
        stop: the token that ends a turn of text.
        call_stop: the token that ends a turn of calls; for most templates the same.
        lead: what every completion begins with: the end of the reasoning block that the prompt opens, if it does.
        text_lead: what stands before a text, such as harmony's final channel.
        call_head: what the template writes before the calls of a conversation that begins with the probe's request.
        has_json_arguments: earlier calls' arguments go to the template as JSON text, not as mappings.
        empty_content: what a message of calls alone holds as its content.
        is_plain: the template writes calls exactly as `rewards.wire.render` does.
        has_parallel: the template writes several calls in one turn.
    """

    wire: str
    stop: str
    call_stop: str
    lead: str = ""
    text_lead: str = ""
    call_head: str = ""
    has_json_arguments: bool = False
    empty_content: str | None = ""
    is_plain: bool = True
    has_parallel: bool = True

    def message(self, calls: Sequence[ToolCall], text: str = "") -> JsonObject:
        """Return an assistant's message with these calls, in the shape that the template takes."""
        sent = []
        for index, call in enumerate(calls):
            function = {"name": call.name, "arguments": self.arguments(call.arguments)}
            # Mistral's templates take ids of nine characters.
            sent.append({"id": f"call{index:05d}", "type": "function", "function": function})
        return {"role": "assistant", "content": text or self.empty_content, "tool_calls": sent}

    def arguments(self, arguments: Json) -> Json:
        """Return a call's arguments as the template takes them; those of logs may be JSON already."""
        if self.has_json_arguments:
            return json_text(arguments)
        return json_in(arguments or "{}") if isinstance(arguments, str) else arguments


def templated(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Message],
    tools: Sequence[ToolSchema] = (),
    *,
    prompt: bool = False,
) -> str:
    """Return the messages as the chat template writes them; with `prompt`, up to where the assistant's turn begins."""
    text = tokenizer.apply_chat_template(
        list(messages),
        tools=list(tools) or None,  # some templates announce tools even where the list is empty
        add_generation_prompt=prompt,
        tokenize=False,
    )
    return cast("str", text)


def chat_format(tokenizer: PreTrainedTokenizerBase) -> ChatFormat:
    """Return the format of the tokenizer's chat template.

    Raises:
        UserError: there is no template, or it writes calls in a format that nothing here reads.
    """
    return _recognised(tokenizer, str(tokenizer.chat_template or ""), len(tokenizer), str(tokenizer.eos_token))


@lru_cache(maxsize=16)
def _recognised(tokenizer: PreTrainedTokenizerBase, template: str, vocabulary: int, eos: str) -> ChatFormat:
    if not template:
        raise UserError("the tokenizer has no chat template; use an instruction-tuned model")
    written = ""
    for shape, head, part in _written_calls(tokenizer, eos):
        written = written or part
        spoken = _spoken(tokenizer, part, PROBE_CALLS[:1])
        if spoken is None:
            continue
        try:
            return _completed(tokenizer, replace(shape, wire=spoken, call_head=head), part)
        except TEMPLATE_ERRORS as error:
            raise UserError(f"the chat template writes no conversation without tools: {error}") from error
    if written:
        formats = ", ".join(wire.FORMATS)
        raise UserError(
            f"the chat template writes calls in a format that none of {formats} reads: {written.strip()!r}; "
            "give the tokenizer a template that writes one of these"
        )
    try:
        return _completed(tokenizer, ChatFormat(_unwritten_wire(tokenizer), eos, eos), None)
    except TEMPLATE_ERRORS as error:
        raise UserError(f"the chat template writes no plain conversation: {error}") from error


def _unwritten_wire(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the format of calls where the template writes none: one whose marks are tokens, else the usual one.

    Of several with the same marks, the first that vLLM has a parser for.
    """
    tokens = tokenizer.get_added_vocab().keys()
    marked = [form for form in wire.FORMATS.values() if form.marks and tokens >= set(form.marks)]
    fitting = [form for form in marked if form.name != _USUAL and around_objects(form.name)]
    served = [form for form in fitting if form.vllm]
    return next((form.name for form in served + fitting), _USUAL)


def around_objects(name: str) -> list[str]:
    """Return what a format writes before, between and behind two calls that are JSON objects.

    A preamble can write such calls; none where the format writes others.
    """
    call = PROBE_CALLS[0]
    written = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    parts = wire.render([call, call], name, PROBE_TOOLSET).split(written)
    return parts if len(parts) == 3 else []


def writes_calls(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether the template writes the calls of an assistant's message, in whatever format."""
    return any(_written_calls(tokenizer, ""))


def _written_calls(tokenizer: PreTrainedTokenizerBase, eos: str) -> Iterator[tuple[ChatFormat, str, str]]:
    """Yield each shape of a message whose call the template writes, with what it writes before and for the call."""
    for has_json_arguments, empty_content in product((False, True), ("", None)):
        shape = ChatFormat("", eos, eos, has_json_arguments=has_json_arguments, empty_content=empty_content)
        part = _call_part(tokenizer, shape)
        if part is not None and PROBE_CALLS[0].name in part[1]:
            yield shape, *part


def shows_tools(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether the prompt that the template writes holds the tools' names and parameters."""
    try:
        prompt = templated(tokenizer, [_USER], [PROBE_TOOL], prompt=True)
    except TEMPLATE_ERRORS:
        return False
    return "probe_tool" in prompt and "probe_text" in prompt


def takes_system(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether the template takes a system message and writes it."""
    try:
        return _RESULT in templated(tokenizer, [{"role": "system", "content": _RESULT}, _USER], prompt=True)
    except TEMPLATE_ERRORS:
        return False


def _call_part(
    tokenizer: PreTrainedTokenizerBase,
    shape: ChatFormat,
    n: int = 1,
    tools: Sequence[ToolSchema] = (PROBE_TOOL,),
) -> tuple[str, str] | None:
    """(what precedes, what the template writes for a turn of n probe calls); None where it refuses them."""
    try:
        with_calls = templated(tokenizer, [_USER, shape.message(PROBE_CALLS[:n])], tools)
        with_text = templated(tokenizer, [_USER, {"role": "assistant", "content": _ANSWER}], tools)
    except TEMPLATE_ERRORS:
        return None
    head = common_start(with_calls, with_text)
    if head.rfind("<") > head.rfind(">"):
        # The two share the bracket with which a call and the end of an empty turn begin.
        head = head[: head.rfind("<")]
    head = _ADDRESS.sub("", head)  # of a message to a tool, and of one to the user
    return head, with_calls[len(head) :]


def _spoken(tokenizer: PreTrainedTokenizerBase, part: str, calls: Sequence[ToolCall]) -> str | None:
    """Return the wire format that reads these calls, and nothing else, in what a template wrote.

    Of several, the one that writes them so, then one whose marks stand there, then the first.
    """
    bodies = [part, *(body for body, _ in _without_endings(tokenizer, part))]
    readers = [name for name in wire.FORMATS if any(_reads(name, body, calls) for body in bodies)]
    marked = [name for name in readers if any(mark in part for mark in wire.FORMATS[name].marks)]
    writers = [name for name in marked if wire.render(calls, name, PROBE_TOOLSET) in part]
    return next(iter(writers + marked + readers), None)


def _reads(name: str, text: str, calls: Sequence[ToolCall]) -> bool:
    parsed = wire.parse(text, wire=name, tools=PROBE_TOOLSET)
    return parsed.calls == tuple(calls) and not parsed.malformed and not parsed.text


def _without_endings(tokenizer: PreTrainedTokenizerBase, part: str) -> list[tuple[str, str]]:
    """(the text before, the token) for each token that closes a text, the last first."""
    endings = []
    while (match := _LAST_TOKEN.search(part)) is not None and _is_token(tokenizer, match[1]):
        part = part[: match.start()]
        endings.append((part, match[1]))
    return endings


def _completed(tokenizer: PreTrainedTokenizerBase, shape: ChatFormat, part: str | None) -> ChatFormat:
    """Return the format with how a turn opens and ends; `part` is what the template wrote for a probe call, if any."""
    answer = {"role": "assistant", "content": _ANSWER}
    # Without tools: a template may show them before the last message only, and then the two would differ there.
    prompt = templated(tokenizer, [_USER], prompt=True)
    conversation = templated(tokenizer, [_USER, answer])
    before, _, after = conversation[len(common_start(prompt, conversation)) :].partition(_ANSWER)
    opens = _OPENS_REASONING.search(prompt)
    lead = ""
    if opens:
        closing = opens[1].replace("<", "</").replace("[", "[/")
        lead = before if closing in before else f"\n{closing}\n\n"
    stop = _ending(tokenizer, after, {"role": "user", "content": "next"}, [answer])
    text_lead = "" if opens else _REASONING_BLOCK.sub("", before).strip(" ")
    spoken = replace(shape, stop=stop, call_stop=stop, lead=lead, text_lead=text_lead)
    if part is None:
        return spoken
    spoken = replace(spoken, call_stop=_call_ending(tokenizer, part, shape))
    bare = _call_part(tokenizer, spoken, tools=())
    _, parallel = _call_part(tokenizer, spoken, 2) or ("", "")
    has_parallel = _spoken(tokenizer, parallel, PROBE_CALLS) == spoken.wire
    is_plain = _writes_as_wire(spoken, part, 1) and (not has_parallel or _writes_as_wire(spoken, parallel, 2))
    return replace(spoken, has_parallel=has_parallel, is_plain=is_plain, call_head=bare[0] if bare else "")


def _writes_as_wire(spoken: ChatFormat, part: str, n: int) -> bool:
    return block_of(part, spoken) == wire.render(PROBE_CALLS[:n], spoken.wire, PROBE_TOOLSET)


def block_of(part: str, spoken: ChatFormat) -> str:
    """Return the calls alone, of what a template writes for a turn of calls."""
    body, _, after = part.rpartition(spoken.call_stop)
    if not body or _LAST_TOKEN.sub("", after).strip():  # not closed, or the stop's letters stand inside of an argument
        body = part
    body = body.rstrip("\n")
    return body[len(spoken.lead) :] if spoken.lead and body.startswith(spoken.lead) else body.lstrip("\n")


def _call_ending(tokenizer: PreTrainedTokenizerBase, part: str, shape: ChatFormat) -> str:
    closing = [token for body, token in _without_endings(tokenizer, part) if _reads(shape.wire, body, PROBE_CALLS[:1])]
    if closing:
        return closing[-1]
    result = {"role": "tool", "tool_call_id": "call00000", "name": PROBE_CALLS[0].name, "content": _RESULT}
    return _ending(tokenizer, "", result, [shape.message(PROBE_CALLS[:1])])


def _ending(tokenizer: PreTrainedTokenizerBase, after: str, following: Message, turn: list[Message]) -> str:
    """Return the token after a turn: what closes it, or what opens the next, or the tokenizer's EOS."""
    match = _FIRST_TOKEN.match(after)
    if match is not None and _is_token(tokenizer, match[1]):
        return match[1]
    if not after.strip():
        try:
            short = templated(tokenizer, [_USER, *turn])
            long = templated(tokenizer, [_USER, *turn, following])
        except TEMPLATE_ERRORS:
            return str(tokenizer.eos_token)
        match = _FIRST_TOKEN.match(long[len(common_start(short, long)) :])
        if match is not None and _is_token(tokenizer, match[1]):
            return match[1]
    return str(tokenizer.eos_token)


def common_start(first: str, second: str) -> str:
    """Return how two texts begin alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return first[: len(list(alike))]


def is_one_token(tokenizer: PreTrainedTokenizerBase, text: str) -> bool:
    """Tell whether the tokenizer has a token for all of a text."""
    return len(tokenizer(text, add_special_tokens=False)["input_ids"]) == 1


def _is_token(tokenizer: PreTrainedTokenizerBase, text: str) -> bool:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return len(ids) == 1 and ids[0] in tokenizer.added_tokens_decoder
