"""Check on probes what must hold of a tokenizer and its chat template before anything is trained with them.

Rendered calls read back identical; the tokens that are trained on decode to the text that a server reads; the marks of
calls are single tokens. A model trained on one format and served as if it spoke another never calls anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rewards import Behavior, GroundTruth, ToolCall, Toolset, wire
from rlvr.chat.render import completion_tokens, render_calls, render_prompt, served_text
from rlvr.chat.template import chat_format, is_one_token, shows_tools
from rlvr.errors import UserError
from rlvr.records.row import Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from rlvr.chat.template import ChatFormat

_TOOL = {
    "type": "function",
    "function": {
        "name": "book_table",
        "description": "Book a table.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "The restaurant."},
                "guests": {"type": "integer", "description": "How many."},
                "budget": {"type": "number", "description": "In euros."},
                "outside": {"type": "boolean", "description": "Outside or not."},
                "wishes": {"type": "array", "items": {"type": "string"}, "description": "Anything else."},
                "contact": {
                    "type": "object",
                    "description": "Whom to call.",
                    "properties": {"name": {"type": "string"}, "phone": {"type": "string"}},
                },
            },
            "required": ["place"],
        },
    },
}
_TOOLSET = Toolset([_TOOL])
_CALLS = (
    ToolCall("book_table", {"place": "Chez Renée"}),
    ToolCall("book_table", {"place": 'The "Old" Mill\nback room', "guests": 12, "budget": 80.5, "outside": False}),
    ToolCall("book_table", {"place": "東京 <b> {x}", "wishes": ["a, b", "c: d"]}),
    ToolCall("book_table", {"place": "3", "contact": {"name": "O'Neil", "phone": "+44 20"}, "wishes": []}),
    ToolCall("book_table", {}),
)
_TEXT = "For how many guests shall I book?"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Args:
        check: what was looked at.
        said: what was found, for a person.
        is_fine: nothing needs to be done.
    """

    check: str
    said: str
    is_fine: bool = True


def prove(tokenizer: PreTrainedTokenizerBase, name: str) -> list[Finding]:
    """Check all that training relies on.

    Args:
        tokenizer: the policy's, after `adapt`.
        name: the model's, for error messages.

    Returns:
        What was found; what is not fine costs quality but can be trained.

    Raises:
        UserError: something that makes training useless: calls that do not read back, tools that are not shown.
    """
    try:
        spoken = chat_format(tokenizer)
        _prove_tokenizer(tokenizer)
        if not shows_tools(tokenizer):
            raise UserError("its chat template shows no tools")
        _prove_round_trip(tokenizer, spoken)
    except UserError as error:
        raise UserError(f"model {name}: {error}") from error
    ends = spoken.stop if spoken.stop == spoken.call_stop else f"{spoken.stop}, calls {spoken.call_stop}"
    return [
        Finding("wire format", spoken.wire),
        Finding("a turn ends with", ends),
        Finding("render, parse, render", f"{len(_CALLS) + 1} probes identical"),
        _marks(tokenizer, spoken),
    ]


def _prove_tokenizer(tokenizer: PreTrainedTokenizerBase) -> None:
    if tokenizer("x")["input_ids"][-1:] != tokenizer("x", add_special_tokens=False)["input_ids"][-1:]:
        raise UserError("its tokenizer appends a token after every text; set add_eos_token to false")


def _prove_round_trip(tokenizer: PreTrainedTokenizerBase, spoken: ChatFormat) -> None:
    row = Row([{"role": "user", "content": "A table, please."}], [_TOOL], GroundTruth(Behavior.EXECUTE, _CALLS[:1]))
    prompt = render_prompt(tokenizer, row)
    probes: list[tuple[ToolCall, ...]] = [(call,) for call in _CALLS]
    for calls in [*probes, _CALLS]:
        rendered = render_calls(tokenizer, calls, tools=[_TOOL])
        parsed = wire.parse(rendered, spoken.wire, _TOOLSET)
        if parsed.calls != calls or parsed.malformed or parsed.text:
            raise UserError(f"calls in the format {spoken.wire} do not read back: {rendered!r}")
        if render_calls(tokenizer, parsed.calls, tools=[_TOOL]) != rendered:
            raise UserError(f"calls in the format {spoken.wire} are not written the same way twice: {rendered!r}")
        served = served_text(tokenizer, completion_tokens(tokenizer, rendered, has_calls=True))
        if wire.parse(served, spoken.wire, _TOOLSET).calls != calls:
            raise UserError(
                f"calls do not survive tokenization and decoding: {rendered!r} comes back as {served!r}; "
                "add the marks of its calls to the tokenizer as tokens that are not special"
            )
    text = render_calls(tokenizer, (), _TEXT)
    served = served_text(tokenizer, completion_tokens(tokenizer, text, has_calls=False))
    if wire.parse(served, spoken.wire).text != _TEXT:
        raise UserError(f"a text does not survive rendering and decoding: {text!r} comes back as {served!r}")
    if _begins_with_bos_twice(tokenizer, prompt):
        raise UserError(
            f"its chat template and its tokenizer both write the BOS token, {tokenizer.bos_token}, before a prompt; "
            "take one away: set the tokenizer's add_bos_token to false, or edit model.chat_template"
        )


def _begins_with_bos_twice(tokenizer: PreTrainedTokenizerBase, prompt: str) -> bool:
    """Return whether only white space stands between two BOS tokens that a prompt begins with.

    A later one is the template's own business: ChatML models whose BOS is <|im_start|> open every turn with it.
    """
    tokens = tokenizer(prompt)["input_ids"]
    if tokenizer.bos_token_id is None or tokens[:1] != [tokenizer.bos_token_id]:
        return False
    return str(tokenizer.decode(tokens[1:])).lstrip().startswith(str(tokenizer.bos_token))


def _marks(tokenizer: PreTrainedTokenizerBase, spoken: ChatFormat) -> Finding:
    """Tell whether each mark of a call is one token: else the policy has to spell it, and a server may not see it."""
    written = render_calls(tokenizer, _CALLS[:2], tools=[_TOOL])
    marks = [token for token in wire.FORMATS[spoken.wire].marks if token in written]
    spelt = [mark for mark in marks if not is_one_token(tokenizer, mark)]
    if spelt:
        finding = f"not single tokens: {', '.join(spelt)}; model.add_missing_tokens=true adds them"
        return Finding("marks of calls", finding, is_fine=False)
    finding = f"single tokens: {', '.join(marks)}" if marks else "the format has none"
    return Finding("marks of calls", finding)
