"""What evaluating costs: a price table, by the model's tokens or by the machine's hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from rlvr.data.json_values import is_number
from rlvr.errors import UserError, unknown
from rlvr.files import Json
from rlvr.records.evaluated_row import EvaluatedRow

_TOKENS = 1_000_000
_KEYS = ("input", "output", "per_hour", "training")


@dataclass(frozen=True)
class Price:
    """The price of a model, in any currency.

    Args:
        input: of a million prompt tokens.
        output: of a million completion tokens.
        per_hour: of the machine that generates, instead.
        training: of a million trained tokens, where a service tunes it.
    """

    input: float = 0.0
    output: float = 0.0
    per_hour: float = 0.0
    training: float = 0.0

    def per_1000(self, results: Sequence[EvaluatedRow], seconds: float) -> float:
        """Return the cost of 1,000 such tasks, one greedy completion each; 0.0 where there are none.

        Args:
            results: the rows that were completed.
            seconds: how long the machine took for all of them.
        """
        if not results:
            return 0.0
        n_prompt_tokens = sum(row.n_prompt_tokens for row in results)
        n_tokens = sum(row.n_tokens for row in results)
        price = self.of_tokens(n_prompt_tokens, n_tokens) + self.per_hour * seconds / 3600
        return 1000 / len(results) * price

    def of_tokens(self, n_prompt_tokens: int, n_tokens: int) -> float:
        """Return the cost of so many tokens read and written."""
        return (n_prompt_tokens * self.input + n_tokens * self.output) / _TOKENS


def _read_table(table: str, option: str) -> dict[Json, dict[Json, Json]]:
    try:
        prices: Json = yaml.safe_load(Path(table).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{option}: {table} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{option}: {table} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(prices, dict) or not all(isinstance(price, dict) for price in prices.values()):
        raise UserError(f"{option}: {table} does not hold lines like 'model: {{input: 0.15, output: 0.6}}'")
    return prices


def price_of(model: str, table: str | None, option: str = "evaluation.prices") -> Price | None:
    """Return the model's line of a price table, None where no table is given.

    Args:
        model: the model's name, as `model.path` gives it.
        table: a YAML file, `{model: {input: 0.15, output: 0.6}}` in units of currency for a million tokens, or
            `{model: {per_hour: 2.5}}` for a machine.
        option: the option that names the table, for errors.

    Raises:
        UserError: the file cannot be read, does not name the model, or holds something else.
    """
    if table is None:
        return None
    prices = _read_table(table, option)
    if model not in prices:
        raise UserError(f"{option}: {unknown('model', model, map(str, prices), place=f'{table} has')}")
    for name, value in prices[model].items():
        if name not in _KEYS:
            raise UserError(f"{option}: {unknown(f'{model}:', name, _KEYS)}")
        if not is_number(value) or value < 0:
            raise UserError(f"{option}: {table}: {model}.{name}: {value!r} is not a price")
    return Price(**{name: float(value) for name, value in prices[model].items()})
