"""Rows as a trainer takes them, made when they are asked for.

Of many rows a run trains on some, and a row's tokens take more memory than the row. What a chat template refuses is
found before that, by one row of each shape.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from rlvr.chat import render_prompt
from rlvr.errors import UserError
from rlvr.files import JsonObject
from rlvr.records.message import calls_of
from rlvr.records.row import Row
from rlvr.training.checks import RunRows


class ExamplesOnDemand(Dataset):
    """A dataset of rows, each made into an example whenever it is asked for. Its methods that change a dataset, such as
    `map`, know nothing of the examples.

    Args:
        tokenizer: the policy's.
        rows: the stage's.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row]) -> None:
        super().__init__(Dataset.from_dict({"row": range(len(rows))}).data)
        self._tokenizer = tokenizer
        self._rows = rows

    @abstractmethod
    def example(self, place: int) -> JsonObject:
        """Return the example of the row at this place."""

    def __getitem__(self, key: Any) -> Any:
        return self.example(key) if isinstance(key, int) else super().__getitem__(key)

    def __getitems__(self, keys: Sequence[int]) -> list[JsonObject]:
        return list(map(self.example, keys))

    def __iter__(self) -> Iterator[JsonObject]:
        return map(self.example, range(len(self._rows)))


def check_rendering(rows: RunRows, tokenizer: PreTrainedTokenizerBase) -> None:
    """Render the first prompt of each shape: a template that refuses messages does so by their roles and calls.

    Raises:
        UserError: the chat template refuses a row; names the set and the row.
    """
    shapes = set()
    for name, some in rows.named().items():
        for place, row in enumerate(some):
            shape = (*map(_shape, row.prompt), bool(row.tools))
            if shape in shapes:
                continue
            shapes.add(shape)
            try:
                render_prompt(tokenizer, row)
            except UserError as error:
                raise UserError(f"data.{name.replace('/', '.')}: row {place + 1}: {error}") from error


def _shape(message: Mapping[str, Any]) -> tuple[str, bool, int]:
    return message["role"], bool(message.get("content")), len(calls_of(message))
