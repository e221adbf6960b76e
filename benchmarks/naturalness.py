"""How synthesized requests read beside real ones: names of parameters and tools in them, values outside listed choices.

    python benchmarks/naturalness.py TOOLS.json ... [--rows 2000] [--print 40]

A parameter's name stands in the request for 19 to 42% of the arguments of real data, all words of the tool's name in
3 to 5% of its requests; rows under masked names are left out. TOOLS is what `rlvr data synth` reads; with --print, rows
of each toolset follow, to be read one by one.
"""

from __future__ import annotations

import argparse
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from rewards import Toolset
from rewards.names import name_words
from rlvr.data.described import listed_values, plain_text
from rlvr.data.synth import any_tools
from rlvr.data.toolsets import load_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rlvr.records.row import Row

SHORTEST_NAME = 3
"""Letters of a name below which it may stand in any request by chance."""


class Shares(NamedTuple):
    """What was counted over rows that call tools.

    Args:
        arguments: whose names have three letters or more.
        named: those whose name stands in the request.
        calls: whose tool's name has several words.
        worded: those whose request holds all of these words.
        unlisted: values outside an enum or a list in the description.
    """

    arguments: int
    named: int
    calls: int
    worded: int
    unlisted: int


def shares(rows: Iterable[Row]) -> Shares:
    """Count over the calls that rows expect."""
    arguments = named = calls = worded = unlisted = 0
    for row in rows:
        text = _request(row).lower()
        tools = Toolset(row.tools)
        for call in row.ground_truth.calls:
            words = [word for word in name_words(call.name) if len(word) > 1]
            if len(words) > 1:
                calls += 1
                worded += all(word in text for word in words)
            tool = tools.get(call.name)
            for name, value in call.arguments.items():
                spoken = " ".join(name_words(name))
                if len(spoken) >= SHORTEST_NAME:
                    arguments += 1
                    named += _holds(text, spoken) or _holds(text, name)
                unlisted += tool is not None and _is_unlisted(value, tool.properties.get(name) or {})
    return Shares(arguments, named, calls, worded, unlisted)


def _holds(text: str, name: str) -> bool:
    """Tell whether a name stands in a text as words of its own: `start` does not in "starting"."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _request(row: Row) -> str:
    return next(str(message["content"]) for message in row.prompt if message["role"] == "user")


def _is_unlisted(value: Any, schema: Mapping[str, Any]) -> bool:
    if not isinstance(value, str):
        return False
    described = schema.get("description")
    listed = schema.get("enum") or (listed_values(plain_text(described)) if isinstance(described, str) else ())
    return bool(listed) and value not in listed


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tools", nargs="+")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--print", type=int, default=0, dest="shown")
    arguments = parser.parse_args()
    for source in arguments.tools:
        recipe = any_tools.Recipe(
            load_tools(source, with_responses=True).tools, arguments.rows, arguments.seed, masked=0.0
        )
        start = time.process_time()
        rows = [made.row for made in any_tools.generate(recipe)]
        rate = len(rows) / (time.process_time() - start)
        counted = shares(rows)
        print(
            f"{source}: parameter named {counted.named / max(1, counted.arguments):.0%} of {counted.arguments:,} "
            f"arguments, tool named {counted.worded / max(1, counted.calls):.0%} of {counted.calls:,} calls, "
            f"{counted.unlisted} values outside a list, {rate:,.0f} rows/s"
        )
        for row in rows[: arguments.shown]:
            _show(row)


def _show(row: Row) -> None:
    calls = "; ".join(f"{call.name} {dict(call.arguments)}" for call in row.ground_truth.calls)
    results = " / ".join(str(message["content"]) for message in row.prompt if message["role"] == "tool")
    print(f"- {row.extra_info['kind']}: {_request(row)}")
    if results:
        print(f"  - after {results}")
    print(f"  - {calls or row.ground_truth.text}")


if __name__ == "__main__":
    main()
