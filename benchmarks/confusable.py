"""Rows whose values are easily taken for others: what the DPO stage is measured on (`benchmarks/stages.py`).

Four kinds, as many rows of each: near spellings (names with twins such as Marek and Marec), numbers and codes of one
shape beside one another, units of one family, and relative dates after a day that the request names. The tools and
their parameters occur in no training row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from rewards import GroundTruth
from rlvr.records.row import Row

_TWINS = [name.split("/") for name in """
    Marek/Marec Nadja/Nadia Jonson/Johnson Sofiya/Sofia Karlsen/Carlsen Kathrin/Catrin Filipe/Felipe Aishah/Aisha
    Hansson/Hanson Elisabet/Elizabeth Mikael/Michael Petersen/Pederson Liliana/Lilyana Oskar/Oscar Zoey/Zoe
    Steffen/Stephen Rebekka/Rebecca Kristof/Christoph Tomasz/Thomas Annika/Anika
""".split()]  # fmt: skip
_UNITS = {
    "length": ("mm", "cm", "dm", "m", "km"),
    "mass": ("mg", "g", "dag", "kg", "t"),
    "volume": ("ml", "cl", "dl", "l", "hl"),
}
_DAYS = {"today": 0, "tomorrow": 1, "the day after tomorrow": 2, "yesterday": -1, "in a week": 7}


def _tool(name: str, description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_TEXT, _INTEGER = {"type": "string"}, {"type": "integer"}
_DATE = {"type": "string", "format": "date"}


def _spelling(rng: Random) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    (sender, _), (recipient, twin) = rng.sample(_TWINS, 2)
    if rng.random() < 0.5:
        sender = twin
    tool = _tool("forward_letter", "Forward a letter", letter_sender=_TEXT, letter_recipient=_TEXT)
    text = rng.choice(
        ["Forward the letter from {} to {}.", "the letter by {} goes to {}", "Could you forward {}'s letter to {}?"]
    )
    return [tool], text.format(sender, recipient), {"letter_sender": sender, "letter_recipient": recipient}


def _shape(rng: Random) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    old = f"{rng.choice('ABCDEFGH')}{rng.randrange(100, 1000)}-{rng.randrange(10, 100)}"
    digits = list(old)
    place = rng.choice([1, 2, 3, 5, 6])
    digits[place] = str((int(digits[place]) + rng.randrange(1, 10)) % 10)
    new = "".join(digits)
    count = rng.randrange(10, 100)
    tool = _tool(
        "swap_spare_part", "Swap a spare part", removed_part=_TEXT, fitted_part=_TEXT, spare_count=_INTEGER
    )  # fmt: skip
    text = rng.choice(
        [
            "Swap {2} spare parts: {0} out, {1} in.",
            "replace part {0} with part {1}, {2} of them",
            "Take out {0} and fit {1}, {2} pieces.",
        ]
    )
    return [tool], text.format(old, new, count), {"removed_part": old, "fitted_part": new, "spare_count": count}


def _unit(rng: Random) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    quantity = rng.choice(list(_UNITS))
    source, target = rng.sample(_UNITS[quantity], 2)
    amount = rng.randrange(2, 2000)
    unit = {"type": "string", "enum": list(_UNITS[quantity])}
    tool = _tool(
        "change_unit", f"Express a {quantity} in another unit", amount=_INTEGER, given_unit=unit, wanted_unit=unit
    )
    text = rng.choice(["How much is {} {} in {}?", "{} {} in {}", "Please express {} {} in {}."])
    return [tool], text.format(amount, source, target), {"amount": amount, "given_unit": source, "wanted_unit": target}


def _relative_date(rng: Random) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    present = date(2026, 1, 1) + timedelta(rng.randrange(365))
    said = rng.choice(list(_DAYS))
    person = rng.choice(rng.choice(_TWINS))
    tool = _tool("note_absence", "Note somebody's absence", absent_person=_TEXT, absence_date=_DATE)
    text = rng.choice(["Note that {} is away {}.", "{} is absent {}, note it", "Please note {}'s absence {}."])
    when = (present + timedelta(_DAYS[said])).isoformat()
    request = f"Today is {present.isoformat()}. " + text.format(person, said)
    return [tool], request, {"absent_person": person, "absence_date": when}


KINDS: dict[str, Callable[[Random], tuple[list[dict[str, Any]], str, dict[str, Any]]]] = {
    "near spelling": _spelling,
    "same shape": _shape,
    "unit": _unit,
    "relative date": _relative_date,
}


def rows(per_kind: int = 100, seed: int = 0) -> list[Row]:
    """Distinct rows, kind by kind; `extra_info` names the kind."""
    made: dict[str, Row] = {}
    for kind, make in KINDS.items():
        rng = Random(f"confusable/{kind}/{seed}")
        until = len(made) + per_kind
        while len(made) < until:
            tools, request, arguments = make(rng)
            calls = [{"name": tools[0]["function"]["name"], "arguments": arguments}]
            prompt = [{"role": "user", "content": request}]
            made.setdefault(request, Row(prompt, tools, GroundTruth.parse(calls), {"kind": kind}))
    return list(made.values())
