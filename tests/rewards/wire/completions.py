"""Completions by the thousand, from a seed: calls with odd values as a format writes them, and broken in many ways."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rewards import ToolCall, Toolset, wire

PROPERTIES: dict[str, Any] = {
    "city": {"type": "string"},
    "days": {"type": "integer"},
    "degrees": {"type": "number"},
    "urgent": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "where": {"type": "object", "properties": {"x": {"type": "number"}, "name": {"type": "string"}}},
    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "size": {"type": ["integer", "string"]},
}
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": PROPERTIES}}}
    for name in ("get_weather", "search", "f")
]
TOOLSET = Toolset(TOOLS)
TEXTS = (
    *(
        "Paris",
        "Zürich, 東京 😀",
        "the \"old\" town, it's 'fine'",
        "back\\slash \\n",
        "one\ntwo\n\n\tthree ",
        " spaced ",
    ),
    *(
        "a < b > c & <b>d</b>",
        '{"a": [1, 2]}',
        "007",
        "",
        "3",
        "true",
        "null",
        "None",
        "]",
        "}",
        "}}",
        "[1]",
        "a, b: c",
    ),
    *(
        "what does </think> mean",
        "<think>",
        "f(x=1)",
        "```json\n[]\n```",
        "key=value; other",
        "100%",
        "\u2028",
        "\u00a0",
    ),
    *("x</tool_call>", "<tool_call>", "[TOOL_CALLS]", "</parameter>", "<arg_key>", "<|tool_call|>", "#", "# not", "é"),
)


@dataclass(frozen=True)
class Completion:
    """A completion, what was done to it, and the calls that it was written from."""

    text: str
    mutation: str
    calls: tuple[ToolCall, ...]


ALIKE = (
    *({"glm", "glm47"}, {"qwen3_coder", "mimo"}, {"muse", "muse_glimmer"}, {"deepseek_v3", "deepseek_v31"}),
    *({"glm", "hunyuan_v4"}, {"glm47", "hunyuan_v4"}),
)
"""Formats that one reader reads, so that a call in the other is one: white space, or tags around, tell them apart."""


def are_alike(name: str, other: str) -> bool:
    """Tell whether one reader reads two formats."""
    return any({name, other} <= formats for formats in ALIKE)


def written_in(name: str, calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
    """Return those of the calls that one completion of a format holds."""
    return calls[:1] if wire.FORMATS[name].is_one_call else calls


def generated_calls(rng: random.Random) -> tuple[ToolCall, ...]:
    """Draw one to three calls whose arguments their schemas admit."""
    return tuple(_call(rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))


def _call(rng: random.Random) -> ToolCall:
    def text() -> str:
        return rng.choice(TEXTS)

    values: dict[str, Any] = {
        "city": text(),
        "days": rng.choice((0, 1, -3, 7, 10**12)),
        "degrees": rng.choice((0.5, -2.5, 12, 1e-7, 1e21)),
        "urgent": rng.choice((True, False)),
        "tags": [text() for _ in range(rng.randrange(4))],
        "where": rng.choice(({}, {"x": 1.5}, {"name": text()}, {"x": 2, "name": text()})),
        "note": rng.choice(("none so far", None)),
        "size": rng.choice((5, "large")),
    }
    names = rng.sample(list(values), rng.choice((0, 1, 1, 2, 3, 8)))
    return ToolCall(rng.choice(("get_weather", "search", "f")), {name: values[name] for name in names})


def completions(write: Callable[[tuple[ToolCall, ...]], str], number: int, seed: int) -> Iterator[Completion]:
    """Yield completions of one format, a third of them as they were written and the others broken once or twice.

    Args:
        write: writes calls as the format does.
        number: how many.
        seed: the same gives the same.
    """
    rng = random.Random(seed)
    for _ in range(number):
        calls = generated_calls(rng)
        text, done = write(calls), []
        for name in rng.sample(list(MUTATIONS), rng.choice((0, 1, 1, 2))):
            mutated = MUTATIONS[name](text, rng)
            if mutated != text:
                text = mutated
                done.append(name)
        yield Completion(text, " + ".join(done) or "none", calls)


def _at(text: str, rng: random.Random, pattern: str, new: str) -> str:
    """The text with one match of a pattern, drawn at random, replaced."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + match.expand(new) + text[match.end() :]


MUTATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "cut off": lambda text, rng: text[: rng.randrange(len(text) + 1)],
    "words before": lambda text, rng: f"{rng.choice(('Let me look.', 'I will call f(x=1).', '{} first: '))}\n{text}",
    "words after": lambda text, rng: text + rng.choice((" Done.", " trailing }", "\n\nShall I go on?", " ]")),
    "doubled braces": lambda text, rng: _at(text, rng, r"\{(.*)\}", r"{{\1}}"),
    "single quotes": lambda text, rng: text.replace('"', "'"),
    "trailing comma": lambda text, rng: _at(text, rng, r"[}\])]", r",\g<0>"),
    "text for an object": lambda text, rng: _at(text, rng, r'"(arguments|parameters)": (\{[^{}"]*\})', r'"\1": "\2"'),
    "null arguments": lambda text, rng: _at(text, rng, r'"(arguments|parameters)": \{[^{}]*\}', r'"\1": null'),
    "a list for an object": lambda text, rng: _at(text, rng, r'"(arguments|parameters)": (\{[^{}]*\})', r'"\1": [\2]'),
    "no mark": lambda text, rng: _at(text, rng, r"<[^<>\s]{3,}>|\[[A-Z_]+\]", ""),
    "a mark twice": lambda text, rng: _at(text, rng, r"<[^<>\s]{3,}>|\[[A-Z_]+\]", r"\g<0>\g<0>"),
    "twice": lambda text, rng: text + text,
    "on a new line twice": lambda text, rng: f"{text}\n{text}",
    "other key": lambda text, rng: _at(
        text, rng, "arguments|parameters", rng.choice(("args", "parameters", "arguments"))
    ),
    "no name": lambda text, rng: _at(text, rng, r'"name": "\w+", ', ""),
    "not a number": lambda text, rng: _at(text, rng, r"(?<=[:=,\[ ])-?\d+(?=[,}\]\)])", "NaN"),
    "a key twice": lambda text, rng: _at(text, rng, r'"days": [^,{}]+', r"\g<0>, \g<0>"),
    "spaces": lambda text, rng: _at(text, rng, r"[:,]", r"\g<0>  "),
    "no line breaks": lambda text, rng: text.replace("\n", ""),
    "a line break": lambda text, rng: _at(text, rng, r"[{}\[\],>]", "\\g<0>\n"),
    "other name": lambda text, rng: _at(text, rng, "get_weather|search", rng.choice(("no_such_tool", "get-weather"))),
    "a letter less": lambda text, rng: text[: (place := rng.randrange(len(text) + 1))] + text[place + 1 :],
    "a sign more": lambda text, rng: (
        text[: (place := rng.randrange(len(text) + 1))] + rng.choice("{}[]()<>\"',:=`| \n\\") + text[place:]
    ),
}
