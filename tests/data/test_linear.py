"""What is read of a text takes time that grows with it: marks that nothing closes, blanks, quotes, long words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlvr.data import described
from rlvr.data.formats import FORMATS, ReadOptions
from rlvr.data.formats.logs import failed
from rlvr.data.formats.redaction import KINDS, redacted
from rlvr.data.formats.rendered import rendered_messages
from rlvr.data.formats.streams import events_of
from rlvr.data.formats.written import with_json_calls
from rlvr.errors import RowError
from rlvr.files import Where

CHARACTERS = 30_000
TOOL = {"type": "function", "function": {"name": "find_train", "parameters": {"type": "object", "properties": {}}}}


def rows_of(name: str, record: dict[str, Any]) -> list[str]:
    try:
        return list(map(str, FORMATS[name].read(record, Where(Path("x"), 1), ReadOptions(tools=[TOOL]))))
    except RowError as error:
        return [str(error)]


def sharegpt(text: str) -> list[str]:
    turns = [{"from": role, "value": text} for role in ("human", "observation", "gpt")]
    return rows_of("sharegpt", {"system": text, "conversations": turns})


def glaive(text: str) -> list[str]:
    return rows_of("glaive", {"system": text, "chat": f"USER: {text}\nASSISTANT: {text}"})


READERS: dict[str, Callable[[str], Any]] = {
    "the events of a stream": events_of,
    "a rendered text": rendered_messages,
    "calls in a text": with_json_calls,
    "a conversation of ShareGPT's": sharegpt,
    "a conversation of Glaive's": glaive,
    "a failed result": failed,
    "personal data": lambda text: redacted(text, KINDS),
    "markup": described.plain_text,
    "listed values": described.listed_values.__wrapped__,
    "examples": described.shown_examples.__wrapped__,
}
UNITS = (
    *(
        "a",
        "1",
        " ",
        "\n",
        " \n",
        "a.",
        "a-",
        "sk-",
        "a@",
        ": a ",
        ":a\n",
        "[",
        "[a](",
        "'a', ",
        "such as 'a', ",
        "kind ",
    ),
    *("<tool_response>", "<tool_call>{", "[INST]", "USER:", "{\n", "# Tools ", "with access to ", "Error "),
)
OPENINGS = ("for example:", "one of", "status:", "format:", "such as 'a'", "USER:", "[INST]", "# Tools", "Error:")
"""What blanks may follow; they are skipped by more than one part of a pattern."""


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_text(name: str) -> None:
    """Each unit is said again and again: 30,000 characters take milliseconds, or minutes where each place reads on."""
    for unit in UNITS:
        READERS[name](unit * (CHARACTERS // len(unit)) + "\x01")
    for opening in OPENINGS:
        READERS[name](opening + " " * CHARACTERS + "\x01")
