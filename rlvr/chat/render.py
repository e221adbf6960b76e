"""From a row to the text that the policy reads and writes, through the policy's own chat template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewards import Toolset, wire
from rewards.wire.call_tokens import CallTokens
from rlvr.chat.template import TEMPLATE_ERRORS, block_of, chat_format, templated
from rlvr.errors import UserError
from rlvr.records.message import with_arguments
from rlvr.records.row import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from rewards import ToolCall
    from rlvr.files import Json, JsonMapping, JsonObject
    from rlvr.records.message import Message, ToolSchema

_USER = {"role": "user", "content": "probe"}


def render_prompt(
    tokenizer: PreTrainedTokenizerBase, row: Row | Sequence[JsonObject], tools: Sequence[ToolSchema] = ()
) -> str:
    """Return the messages and tools as text, up to where the assistant's turn begins.

    The text carries no token that the tokenizer would add again: `tokenizer(text)`, which is what TRL calls on string
    prompts, gives exactly the tokens that the template meant.

    Args:
        tokenizer: the policy's.
        row: a row, or chat messages.
        tools: what is offered with messages; a row has its own.

    Raises:
        UserError: the template refuses the messages, such as several calls in one turn of Llama 3.
    """
    prompt, offered = (row.prompt, row.tools) if isinstance(row, Row) else (row, tools)
    messages = [_in_the_template_s_shape(tokenizer, message) for message in prompt]
    try:
        text = templated(tokenizer, messages, offered, prompt=True)
    except TEMPLATE_ERRORS as error:
        roles = ", ".join(str(message.get("role")) for message in prompt)
        raise UserError(f"the chat template refuses a row's messages ({roles}): {error}") from error
    bos = tokenizer.bos_token
    if bos and text.startswith(bos) and tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]:
        return text.removeprefix(bos)
    return text


def render_completion(row: Row, tokenizer: PreTrainedTokenizerBase | None = None) -> str:
    """Return what the policy should have written: the expected calls, or the expected text.

    Where the row's extra_info has a `reasoning`, it comes first, as a reasoning block.

    Args:
        row: the task.
        tokenizer: the policy's, whose chat template says how calls are written; None writes Hermes.
    """
    reasoning = row.extra_info.get("reasoning")
    completion = row.completion() if tokenizer is None else render_calls(tokenizer, *row.target, row.tools)
    return with_reasoning(tokenizer, reasoning, completion)


def with_reasoning(tokenizer: PreTrainedTokenizerBase | None, reasoning: Json, said: str) -> str:
    """Return a text after its reasoning, as the chat template has it; the text alone where there is no reasoning."""
    if not isinstance(reasoning, str) or not reasoning:
        return said
    if tokenizer is None:
        return reasoning_block(reasoning) + said
    spoken = chat_format(tokenizer)
    if spoken.lead:  # the prompt has opened the block, and the lead closes it
        return f"{reasoning}{said}"
    return reasoning_block(reasoning, spoken.wire) + said


def reasoning_block(reasoning: str, spoken: str = "hermes") -> str:
    """Return reasoning as a policy of this wire format writes it, ahead of what the user gets to see."""
    before, behind = wire.FORMATS[spoken].reasoning_block
    return f"{before}{reasoning}{behind}"


def render_calls(
    tokenizer: PreTrainedTokenizerBase,
    calls: Sequence[ToolCall],
    text: str = "",
    tools: Sequence[ToolSchema] = (),
) -> str:
    """Return an assistant's turn with these calls, or with a text, as the template goes on after its prompt.

    The template writes the calls. Where it writes fewer than it is given, or a string cuts them short, the wire format
    writes them: what comes out always reads back as the calls that went in.

    Args:
        tokenizer: the policy's.
        calls: the calls; none for a turn of text.
        text: what is said; beside calls, where the format has a place for it.
        tools: the tools offered; formats that write every argument as plain text need the types.
    """
    spoken = chat_format(tokenizer)
    if not calls:
        return spoken.lead + spoken.text_lead + text
    if spoken.is_plain and not text:
        toolset = Toolset.of(list(tools)) if tools and wire.FORMATS[spoken.wire].is_untyped else None
        return spoken.lead + wire.render(calls, spoken.wire, toolset)
    toolset = Toolset.of(list(tools)) if tools else None
    by_template = _by_template(tokenizer, calls, text)
    if by_template is not None:
        parsed = wire.parse(by_template, spoken.wire, toolset)
        if parsed.calls == tuple(calls) and not parsed.malformed and parsed.text == text.strip():
            return spoken.lead + by_template
    rendered = wire.render(calls, spoken.wire, toolset).removesuffix(spoken.call_stop)
    after_text = wire.FORMATS[spoken.wire].beside.format(text) + rendered
    if text and not wire.parse(after_text, spoken.wire, toolset).malformed:
        return spoken.lead + after_text
    return spoken.lead + rendered


def in_own_format(tokenizer: PreTrainedTokenizerBase, completion: str, tools: Sequence[ToolSchema] = ()) -> str | None:
    """Return a completion written in any wire format, in the tokenizer's own.

    Returns:
        The completion; None where it holds a broken call of another format, which has no counterpart.
    """
    spoken = chat_format(tokenizer)
    toolset = Toolset.of(list(tools)) if tools else None
    parsed = wire.parse(completion, tools=toolset)
    if parsed.malformed:
        return spoken.lead + completion if wire.FORMATS[spoken.wire].find(completion) >= 0 else None
    if not parsed.calls:
        return spoken.lead + spoken.text_lead + completion
    if spoken.is_plain and wire.parse(completion, spoken.wire, toolset) == parsed:
        return spoken.lead + completion
    return render_calls(tokenizer, parsed.calls, parsed.text, tools)


def end_of_turn(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the token with which the chat template closes a turn; where it has none, the tokenizer's EOS."""
    return chat_format(tokenizer).stop


def turn_boundary(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], turn: int, tools: Sequence[ToolSchema]
) -> str | None:
    """Return what stands between the token that ends an assistant's turn and the beginning of the next one.

    Args:
        tokenizer: the policy's.
        messages: a conversation; the assistant's next turn comes after the last of them.
        turn: the place of the assistant's message.
        tools: what is offered.

    Returns:
        The text: the rest of the turn's end, tool results, the user's words, and the opening of the next turn; None
        where the template writes the earlier turn otherwise once others follow.
    """
    shaped = [_in_the_template_s_shape(tokenizer, message) for message in messages]
    spoken = chat_format(tokenizer)
    stop = spoken.call_stop if messages[turn].get("tool_calls") else spoken.stop
    try:
        closed = templated(tokenizer, shaped[: turn + 1], tools)
        whole = templated(tokenizer, shaped, tools, prompt=True)
    except TEMPLATE_ERRORS as error:
        raise UserError(f"the chat template refuses a conversation: {error}") from error
    head, mark, _ = closed.rpartition(stop)
    if not mark or not whole.startswith(head + mark):
        return None
    return whole[len(head) + len(mark) :]


def training_tokens(tokenizer: PreTrainedTokenizerBase, row: Row) -> tuple[list[int], list[int]]:
    """Return the row as (prompt tokens, completion tokens), the completion closed as the template closes it.

    The two are tokenized apart because generation does so too: there the prompt is tokenized before any completion
    exists, so no merge may cross the boundary.
    """
    prompt_ids = tokenizer(render_prompt(tokenizer, row))["input_ids"]
    has_calls = bool(row.ground_truth.calls)
    return prompt_ids, completion_tokens(tokenizer, render_completion(row, tokenizer), has_calls=has_calls)


def completion_tokens(tokenizer: PreTrainedTokenizerBase, completion: str, *, has_calls: bool) -> list[int]:
    """Return a completion's tokens, closed by the token that ends a turn of calls, or one of text."""
    spoken = chat_format(tokenizer)
    stop = spoken.call_stop if has_calls else spoken.stop
    return list(tokenizer(completion + stop, add_special_tokens=False)["input_ids"])


def served_text(tokenizer: PreTrainedTokenizerBase, token_ids: list[int]) -> str:
    """Return a completion as evaluation and GRPO read it: without special tokens other than the marks of calls."""
    kept = CallTokens(tokenizer, chat_format(tokenizer).wire).text(token_ids)
    return str(tokenizer.decode(token_ids, skip_special_tokens=True)) if kept is None else kept


def _by_template(tokenizer: PreTrainedTokenizerBase, calls: Sequence[ToolCall], text: str) -> str | None:
    spoken = chat_format(tokenizer)
    if len(calls) > 1 and not spoken.has_parallel:
        return None
    try:
        written = templated(tokenizer, [_USER, spoken.message(calls, text)])
    except TEMPLATE_ERRORS:
        return None
    head = spoken.call_head
    return block_of(written[len(head) :], spoken) if head and written.startswith(head) else None


def _in_the_template_s_shape(tokenizer: PreTrainedTokenizerBase, message: Message) -> JsonObject:
    """Return a message as the template takes it: arguments of calls mostly as mappings, where logs hold JSON."""
    if not message.get("tool_calls"):
        return message
    spoken = chat_format(tokenizer)
    shaped = with_arguments(message, lambda arguments: spoken.arguments({} if arguments is None else arguments))
    shaped["tool_calls"] = list(map(_typed, shaped["tool_calls"]))
    shaped["content"] = message.get("content") or spoken.empty_content
    return shaped


def _typed(call: JsonMapping) -> JsonMapping:
    return {"type": "function", **call} if "function" in call else call
