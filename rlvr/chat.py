"""From a row to the text that the policy reads and writes, through the policy's own chat template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from rewards import wire
from rlvr.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from rlvr.data.row import Row

_PROBE_ANSWER = "probe-answer"
_PROBE_CALL = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'


def render_prompt(tokenizer: PreTrainedTokenizerBase, row: Row) -> str:
    """The row's messages and tools as text, up to where the assistant's turn begins.

    The text carries no token that the tokenizer would add again: `tokenizer(text)`, which is what TRL calls on string
    prompts, gives exactly the tokens that the template meant.
    """
    text = _templated(tokenizer, [_with_parsed_arguments(message) for message in row.prompt], row.tools, prompt=True)
    bos = tokenizer.bos_token
    if bos and text.startswith(bos) and tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]:
        return text.removeprefix(bos)
    return text


def render_completion(row: Row) -> str:
    """What the policy should have written: the expected calls in the Hermes wire format, or the expected text.

    Where the row's extra_info has a `reasoning`, it comes first, as a reasoning block.
    """
    truth = row.ground_truth
    said = wire.render(truth.calls, wire="hermes") if truth.calls else truth.text or ""
    reasoning = row.extra_info.get("reasoning")
    return f"{reasoning_block(reasoning)}{said}" if isinstance(reasoning, str) and reasoning else said


def reasoning_block(reasoning: str) -> str:
    """Reasoning as Qwen3 and most templates since write it, ahead of what the user gets to see."""
    return f"<think>\n{reasoning}\n</think>\n\n"


def end_of_turn(tokenizer: PreTrainedTokenizerBase) -> str:
    """The token with which the chat template closes an assistant's turn; where it has none, the tokenizer's EOS."""
    conversation = [{"role": "user", "content": "probe"}, {"role": "assistant", "content": _PROBE_ANSWER}]
    after = _templated(tokenizer, conversation, [], prompt=False).rpartition(_PROBE_ANSWER)[2]
    ids = tokenizer(after.strip(), add_special_tokens=False)["input_ids"]
    if ids and ids[0] in tokenizer.added_tokens_decoder:
        return str(tokenizer.convert_ids_to_tokens(ids[0]))
    return str(tokenizer.eos_token)


def training_tokens(tokenizer: PreTrainedTokenizerBase, row: Row, stop: str) -> tuple[list[int], list[int]]:
    """The row as (prompt tokens, completion tokens), the completion ending with `stop`.

    The two are tokenized apart because generation does so too: there the prompt is tokenized before any completion
    exists, so no merge may cross the boundary.
    """
    prompt_ids = tokenizer(render_prompt(tokenizer, row))["input_ids"]
    completion_ids = tokenizer(render_completion(row) + stop, add_special_tokens=False)["input_ids"]
    return prompt_ids, completion_ids


def check_tokenizer(tokenizer: PreTrainedTokenizerBase, name: str) -> None:
    """Raise UserError where the tokenizer cannot carry tool calls: no template, or markers lost in decoding."""
    if not tokenizer.chat_template:
        raise UserError(f"model {name}: its tokenizer has no chat template; use an instruction-tuned model")
    ids = tokenizer(_PROBE_CALL, add_special_tokens=False)["input_ids"]
    if str(tokenizer.decode(ids, skip_special_tokens=True)).strip() != _PROBE_CALL:
        raise UserError(
            f"model {name}: <tool_call> does not survive decoding; "
            "add <tool_call> and </tool_call> to the tokenizer as non-special tokens"
        )
    if tokenizer("x")["input_ids"][-1:] != tokenizer("x", add_special_tokens=False)["input_ids"][-1:]:
        raise UserError(f"model {name}: its tokenizer appends a token after every text; set add_eos_token to false")


def _templated(
    tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, Any]], tools: list[dict[str, Any]], *, prompt: bool
) -> str:
    text = tokenizer.apply_chat_template(
        messages,
        tools=list(tools) or None,  # some templates announce tools even where the list is empty
        add_generation_prompt=prompt,
        tokenize=False,
    )
    return cast("str", text)


def _with_parsed_arguments(message: dict[str, Any]) -> dict[str, Any]:
    """Chat templates write the arguments of earlier calls as JSON; logs hold them as JSON already."""
    if not message.get("tool_calls"):
        return message
    calls = []
    for call in message["tool_calls"]:
        function = call.get("function", call)
        function = {**function, "arguments": _parsed(function.get("arguments", {}))}
        calls.append({**call, "function": function} if "function" in call else function)
    return {**message, "tool_calls": calls}


def _parsed(arguments: Any) -> Any:
    """Arguments as a mapping; what is not JSON stays the text that the log holds."""
    try:
        return json.loads(arguments or "{}") if isinstance(arguments, str) else arguments
    except json.JSONDecodeError:
        return arguments
