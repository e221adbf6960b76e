"""What a person is told of broken calls, in every format: `damaged.txt` and `broken.txt` hold the sentences.

A line of `damaged.txt` is a format, what was done to two rendered calls, how many are read and how many are malformed,
and why; the last one of a format has what remains as text. A line of `broken.txt` says why for a case of `BROKEN`, in
its order. `python -m tests.rewards.wire.test_damaged NAME` prints a format's lines of the first, and of the second on
standard error: read them before they go into the files.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rewards import wire
from tests.rewards.wire.completions import written_in
from tests.rewards.wire.test_formats import BROKEN, NAME, TOOLS, TWO

DAMAGES: dict[str, Callable[[str], str]] = {
    "cut in half": lambda text: text[: len(text) // 2],
    "cut at the end": lambda text: text[:-1],
    "begun again": lambda text: text + text[: len(text) // 3],
    "no name": lambda text: text.replace(NAME, "", 1),
    "no parameter": lambda text: text.replace("city", "", 1),
    "written twice": lambda text: f"{text}\n{text}",
    "half a character": lambda text: text.replace("Paris", "\ud800", 1),
}


def lines_of(file: str, name: str) -> list[str]:
    lines = Path(__file__).with_name(file).read_text("utf-8").splitlines()
    return [line for line in lines if line.partition(",")[0] == name]


def broken(name: str) -> list[str]:
    parsed = [wire.parse(text, name, TOOLS) for text, *_ in BROKEN[name]]
    return [f"{name}, {'; '.join(each.reasons)}".rstrip(", ") for each in parsed]


def damaged(name: str) -> list[str]:
    text = wire.render(written_in(name, TWO), name, TOOLS)
    lines = []
    for damage, done in DAMAGES.items():
        parsed = wire.parse(done(text), name, TOOLS)
        reasons = "; ".join(parsed.reasons)
        lines.append(f"{name}, {damage}: {len(parsed.calls)} + {parsed.malformed}: {reasons}".rstrip(": "))
    parsed = wire.parse(f"Let me see.\n{text}\nDone.", name, TOOLS)
    lines.append(f"{name}, said beside: {len(parsed.calls)} + {parsed.malformed}: {parsed.text!r}")
    return lines


@pytest.mark.parametrize("name", list(wire.FORMATS))
def test_what_is_said_of_damaged_calls(name: str) -> None:
    assert damaged(name) == lines_of("damaged.txt", name)


@pytest.mark.parametrize("name", list(BROKEN))
def test_what_is_said_of_broken_calls(name: str) -> None:
    assert broken(name) == lines_of("broken.txt", name)


if __name__ == "__main__":
    for format_name in sys.argv[1:]:
        sys.stdout.writelines(f"{line}\n" for line in damaged(format_name))
        sys.stderr.writelines(f"{line}\n" for line in (broken(format_name) if format_name in BROKEN else ()))
