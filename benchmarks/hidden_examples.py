"""How often a drawn value has the form of what an API's own author wrote as an example.

    python benchmarks/hidden_examples.py SOURCE ... [--meanings 20] [--print 40]

SOURCE is what `rlvr data tools` reads, such as OpenAPI documents, or a file of ToolBench, whose defaults are examples.
The examples of parameters that are texts are hidden, and values drawn as `rlvr data synth` draws them: from names and
descriptions. Two values are of one form where both are dates, ids, addresses, words and so on. An example may be a key
that no name tells (`guardian` as a newspaper's id), so that not every difference is a wrong value. With --print, some
that differ follow.
"""

from __future__ import annotations

import argparse
import copy
import re
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from rlvr.data.described import is_placeholder
from rlvr.data.document import read_document
from rlvr.data.json_values import list_of
from rlvr.data.synth.any_tools.toolset import SpokenToolset
from rlvr.data.toolsets import load_tools
from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlvr.files import JsonObject

DRAWS = 3  # values drawn, one of which has to be of the form of an example
MOST_TOOLS = 300  # of one source
LONGEST = 200  # characters of an example

_FORMS = (
    ("date", r"\d{4}-\d\d-\d\d"),
    ("moment", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"),
    ("time", r"\d{1,2}:\d\d(:\d\d)?"),
    ("email", r"\S+@\S+\.\w+"),
    ("url", r"[a-z]+://.*"),
    ("ip", r"\d{1,3}(\.\d{1,3}){3}(/\d+)?"),
    ("phone", r"(?!\d+$)\+?[\d ()-]{7,}"),
    ("decimal", r"-?\d+\.\d+"),
    ("short code", r"[A-Za-z]{2,3}"),
    ("locale", r"[a-z]{2}[-_][A-Z]{2}"),
    ("host", r"[^/ ]*\.\w{2,4}"),
    ("path", r"[^ ]*/[^ ]*"),
    ("id", r"[\w:-]*\d[\w:-]*"),
    ("slug", r"[a-z0-9]+([-_][a-z0-9]+)+"),
    ("word", r"\S+"),
    ("words", r"(?s).*"),
)
_ALIKE = (
    {"word", "words", "slug"},
    {"id", "slug"},
    {"path", "host"},
    {"host", "slug"},
    {"url", "host"},
)

_TYPES_OF_TOOLBENCH = {"NUMBER": "number", "BOOLEAN": "boolean", "OBJECT": "object", "ARRAY": "array"}


class Outcome(NamedTuple):
    """What became of one parameter whose examples were hidden.

    Args:
        place: tool and parameter.
        meaning: what it was taken for; `asked for`, `left out` or `no rows` where nothing is drawn.
        examples: those of the API's author.
        drawn: the values drawn.
    """

    place: str
    meaning: str
    examples: list[str]
    drawn: list[str]

    @property
    def is_alike(self) -> bool:
        """Return whether a value drawn has the form of an example."""
        forms = {form_of(value) for value in self.examples}
        return any(_is_one_form(form_of(value), form) for value in self.drawn for form in forms)


def form_of(value: str) -> str:
    """Return of which form a text is."""
    text = value.strip()
    return next(name for name, pattern in _FORMS if re.fullmatch(pattern, text))


def _is_one_form(form: str, other: str) -> bool:
    return form == other or any({form, other} <= alike for alike in _ALIKE)


def tools_of(source: str) -> list[JsonObject]:
    """Return the tools of a source, ToolBench's files included."""
    document = read_document(Path(source)) if source.endswith(".json") else None
    if isinstance(document, dict) and isinstance(document.get("api_list"), list):
        return list({tool["name"]: tool for tool in map(_of_toolbench, document["api_list"])}.values())
    return load_tools(source).tools[:MOST_TOOLS]


def _of_toolbench(api: JsonObject) -> JsonObject:
    required, optional = (api.get(f"{kind}_parameters") or [] for kind in ("required", "optional"))
    properties = {}
    for parameter in [*required, *optional]:
        kind = _TYPES_OF_TOOLBENCH.get(str(parameter.get("type")).upper(), "string")
        schema = {"type": kind, "description": parameter.get("description"), "example": parameter.get("default")}
        properties[parameter["name"]] = {key: value for key, value in schema.items() if value not in (None, "")}
    name = re.sub(r"\W+", "_", api["name"]).strip("_")[:60] or "call"
    parameters = {"type": "object", "properties": properties, "required": [each["name"] for each in required]}
    return {"name": name, "description": str(api.get("description") or ""), "parameters": parameters}


def outcomes(source: str) -> Iterator[Outcome]:
    """Yield what becomes of each parameter of a source that has an example."""
    tools, hidden = copy.deepcopy(tools_of(source)), {}
    for tool in tools:
        function = tool.get("function", tool)
        for name, schema in function["parameters"].get("properties", {}).items():
            examples = [*list_of(schema.pop("examples", None)), schema.pop("example", None)]
            texts = [value for value in examples if isinstance(value, str) and value.strip()]
            texts = [value for value in texts if len(value) < LONGEST and not is_placeholder(value)]
            if schema.get("type") == "string" and "enum" not in schema and texts:
                hidden[function["name"], name] = texts
    toolset = SpokenToolset(tools, is_guessing=False)
    for index, tool in enumerate(tools):
        called = tool.get("function", tool)["name"]
        spoken = toolset[index]
        parameters = {each.key: each for each in spoken.parameters} if spoken else {}
        for (name, parameter), examples in hidden.items():
            if name != called:
                continue
            known = parameters.get(parameter)
            if known is None or not known.is_known:
                fate = "asked for" if known else "left out"
                yield Outcome(f"{name}.{parameter}", fate if spoken else "no rows", examples, [])
                continue
            drawn = [str(known.draw(Random(number))) for number in range(DRAWS)]
            yield Outcome(f"{name}.{parameter}", known.meaning.name, examples, drawn)


def main() -> None:
    """Print how many parameters are drawn, and how many of another form, by what they were taken for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--meanings", type=int, default=20)
    parser.add_argument("--print", type=int, default=0, dest="printed")
    options = parser.parse_args()
    seen: dict[tuple[str, str, str], Outcome] = {}
    n_read = 0
    for source in options.sources:
        try:
            for each in outcomes(source):
                parameter = each.place.rpartition(".")[2]
                seen.setdefault((source, parameter, each.examples[0]), each)
        except (UserError, KeyError, TypeError, AttributeError) as error:
            print(f"left out: {source}: {error!s:.100}")
            continue
        n_read += 1
    fates = Counter(each.meaning if not each.drawn else "drawn" for each in seen.values())
    by_meaning: dict[str, list[Outcome]] = defaultdict(list)
    for each in seen.values():
        if each.drawn:
            by_meaning[each.meaning].append(each)
    drawn = [each for several in by_meaning.values() for each in several]
    other = [each for each in drawn if not each.is_alike]
    print(
        f"{n_read:,} sources, {len(seen):,} parameters with examples: "
        + ", ".join(f"{k} {n:,}" for k, n in fates.most_common())
    )
    print(f"drawn: {len(drawn):,}, of another form {len(other):,} ({len(other) / max(1, len(drawn)):.1%})")
    for meaning, several in sorted(by_meaning.items(), key=lambda entry: -len(entry[1]))[: options.meanings]:
        n_other = sum(not each.is_alike for each in several)
        print(f"  {meaning}: {len(several):,}, of another form {n_other / len(several):.0%}")
    for each in Random(0).sample(other, min(options.printed, len(other))):
        print(f"  {each.place}: {each.examples[0]!r:.50} is shown, {each.drawn[0]!r:.50} drawn")


if __name__ == "__main__":
    main()
