"""The text of token ids with the special tokens that mark calls: decoding without special tokens loses them."""

from collections.abc import Sequence
from typing import Any

from rewards.wire import AUTO, FORMATS, check


class CallTokens:
    """What a tokenizer has of a wire format's marks as special tokens, as Mistral's, DeepSeek's and gpt-oss's have.

    Args:
        tokenizer: of `transformers`; or anything with its `added_tokens_decoder` and `decode`.
        wire: the format whose marks are looked for; under `auto` those of every format.

    Raises:
        ValueError: no such wire format.
    """

    def __init__(self, tokenizer: Any, wire: str = AUTO) -> None:
        check(wire)
        formats = FORMATS.values() if wire == AUTO else [FORMATS[wire]]
        marks = {mark for wire_format in formats for mark in (*wire_format.marks, *sum(wire_format.reasoning, ()))}
        special = {at: str(token) for at, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._tokenizer = tokenizer
        self._marking = {at for at, token in special.items() if token in marks}
        self._dropped = special.keys() - self._marking

    def text(self, token_ids: Sequence[int]) -> str | None:
        """Return the text with the marks and without any other special token; None where it has no mark to keep."""
        if self._marking.isdisjoint(token_ids):
            return None
        return str(self._tokenizer.decode([at for at in token_ids if at not in self._dropped]))
