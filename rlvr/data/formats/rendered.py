"""Conversations that a chat template has rendered as one text: ChatML, Llama, Gemma, Mistral and Phi, as tuning sets
have them under `text`, or as a prompt with its completion.

Source: the chat templates of Qwen 2.5, Llama 2 and 3.1, Gemma 3, Mistral 7B v0.3 and Phi 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rlvr.data.formats.conversation import Exchange, rows_of
from rlvr.data.formats.exchanges import tools_in
from rlvr.data.formats.logs import SCORES
from rlvr.data.formats.marked import marked, without_marked
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions, successful_score
from rlvr.data.formats.spelled import role_named
from rlvr.data.json_values import first_of
from rlvr.files import Json, JsonMapping, Where
from rlvr.records.message import Message

_TEXTS = ("text", "prompt", "input", "content", "formatted_text", "conversation")
_COMPLETIONS = ("completion", "response", "output", "chosen", "answer")
_BEGIN = re.compile(r"(?:<s>|<bos>|<\|begin_of_text\|>|\[AVAILABLE_TOOLS\].*?\[/AVAILABLE_TOOLS\]|\s)*", re.DOTALL)
_END = re.compile(r"<\|(?:im_end|eot_id|eom_id|end|end_of_text|endoftext)\|>|<end_of_turn>|<eos>|</s>(?:\s|<s>)*+\Z")
_HEADS = (
    r"<\|im_start\|>\s*(\w+)[ \t]*\n?",
    r"<\|start_header_id\|>(\w+)<\|end_header_id\|>",
    r"<start_of_turn>(\w+)\n?",
    r"<\|(system|user|assistant|tool|observation)\|>",
)
"""What begins a turn in each template, with its role."""

_TURNS = tuple(re.compile(rf"{head}(.*?)(?={head}|\Z)", re.DOTALL) for head in _HEADS)
_MISTRAL = re.compile(r"\[(INST|TOOL_RESULTS|SYSTEM_PROMPT)\]")
_MISTRAL_TOOLS = re.compile(r"\[(AVAILABLE_TOOLS)\]")
_MISTRAL_END = "[/{}]"
_MISTRAL_ROLES = {"INST": "user", "TOOL_RESULTS": "tool", "SYSTEM_PROMPT": "system"}
_LLAMA_2_SYSTEM = re.compile(r"(?:\s*<<SYS>>(.*?)<</SYS>>)?(.*)", re.DOTALL)


def rendered_messages(text: Json) -> list[Message]:
    """Return the turns of a text that a chat template has rendered; none for any other value.

    A turn without text is none: a prompt ends with one for its completion.
    """
    if not isinstance(text, str):
        return []
    rest = text[_BEGIN.match(text).end() :]  # type: ignore[union-attr]
    turns = ((role_named(role) or role, without_end(said).strip()) for role, said in _turns(rest))
    return [{"role": role, "content": said} for role, said in turns if said]


def _turns(text: str) -> Iterator[tuple[str, str]]:
    """Yield the role and the text of each turn."""
    for pattern in _TURNS:
        if pattern.match(text):
            for match in pattern.finditer(text):
                yield match[1], match[2]
            return
    yield from _mistral_turns(text)


def without_end(text: str) -> str:
    """Return a turn's text without the mark that ends it, and what follows."""
    return _END.split(text, maxsplit=1)[0]


def _mistral_turns(text: str) -> Iterator[tuple[str, str]]:
    """Yield the turns of a text in which only those of the assistant have no marks around them."""
    position = 0
    for part in marked(text, _MISTRAL, _MISTRAL_END):
        if part.start > position == 0:
            return
        yield "assistant", text[position : part.start]
        system, said = _LLAMA_2_SYSTEM.fullmatch(part.text).groups("")  # type: ignore[union-attr]
        yield "system", system
        yield _MISTRAL_ROLES[part.kind], said
        position = part.end
    if position:
        yield "assistant", without_marked(text[position:], _MISTRAL_TOOLS, _MISTRAL_END)


def _read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the conversation that a record's text is, with the completion beside a prompt.

    A rollout, such as verl's, says by its score whether there is anything to learn from it.
    """
    successful_score(record, SCORES, where, options)
    text = _text_of(record)
    messages: list[Json] = list(rendered_messages(text))
    if not messages:
        raise where.error(None, "holds no text with the marks of a chat template, as records before it do")
    completion = first_of(record, _COMPLETIONS, str)
    if completion is not None and messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": without_end(completion).strip()})
    listed = next(marked(str(text), _MISTRAL_TOOLS, _MISTRAL_END), None)
    exchange = Exchange(messages, tools_in(record) or (listed and listed.text), is_written=True)
    yield from rows_of(exchange, {"source": "rendered", "line": where.line}, where, options)


def _text_of(record: JsonMapping) -> str | None:
    return next(filter(rendered_messages, map(record.get, _TEXTS)), None)


FORMAT = Format(
    name="rendered",
    summary="conversations as one text that a chat template has rendered: ChatML, Llama, Gemma, Mistral, Phi",
    recognises=lambda record: bool(rendered_messages(_text_of(record))),
    read=_read,
    is_repeating=True,
)
