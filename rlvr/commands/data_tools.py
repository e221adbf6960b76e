"""`rlvr data tools`: a toolset from what describes it already."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rlvr.commands.arguments import read_words
from rlvr.data.toolsets import LoadedTools, Selection, Skipped, load_tools
from rlvr.files import replacing

HELP = """\
usage: rlvr data tools SOURCE [out=FILE] [include=PATTERNS] [exclude=PATTERNS]

Write the tools that SOURCE describes as a JSON list, in OpenAI's form, each schema checked. What cannot be used is left
out and named.

  tools.json, .jsonl, .yaml  a list of tools, or an object or lines that hold one, as OpenAI, Anthropic, Gemini, Vertex,
                             Bedrock and MCP write them
  openapi.json, .yaml        an OpenAPI document: one tool for each operation; files beside it are read, nothing is
                             fetched. Parameters of authentication are left out
  https://...                such a file at its address on the web
  FILE.py                    a Python file's functions with a docstring, or its lists of tools; the file is run
  module:name, FILE.py:name  Python functions, pydantic models, tool objects (LangChain, OpenAI Agents, smolagents and
                             the like), or lists of them
  'mcp:COMMAND', mcp:URL     an MCP server that this command starts, or that answers at this URL; needs the extra mcp
  mcp:FILE                   the MCP servers of a client's configuration file, each started
"""

MOST_LISTED = 20
"""Tools left out, and notes, that are listed one by one."""


@dataclass(frozen=True)
class ToolsOptions:
    """The options of `rlvr data tools`."""

    out: str = "tools.json"
    """Where to write."""
    include: list[str] = field(default_factory=list)
    """Only tools that one of these patterns meets: name, or in OpenAPI also operation, path, method or tag, such as
    include=[repos,'/users/*']; * stands for any text."""
    exclude: list[str] = field(default_factory=list)
    """Leave out the tools that one of these meets."""


OPTIONS = ToolsOptions


def run(arguments: list[str]) -> None:
    """Write the tools where `out` says and list their names, and what was left out."""
    (source,), options = read_words(ToolsOptions, arguments, "SOURCE")
    loaded = load_tools(source, Selection(options.include, options.exclude), with_responses=True)
    with replacing(options.out, source=source) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write("[")
        for index, tool in enumerate(loaded.tools):
            file.write(",\n" if index else "\n")
            file.write(json.dumps(tool, ensure_ascii=False, indent=1))
        file.write("\n]\n")
    for tool in loaded.tools:
        function = tool["function"]
        parameters = function.get("parameters") or {}
        required = parameters.get("required") or ()
        names = [name if name in required else f"[{name}]" for name in parameters.get("properties", {})]
        print(f"  {function['name']}({', '.join(names)})")
    for line in left_out(loaded):
        print(line)
    print(f"wrote {options.out}: {len(loaded.tools):,} tools" + _count("left out", loaded.skipped))


def left_out(loaded: LoadedTools) -> list[str]:
    """Return one line for each part of a source that gives no tool, and for each note; the rest counted by reason."""
    lines = []
    for what, entries in (("left out", loaded.skipped), ("note", loaded.notes)):
        lines += [f"  {what}: {entry.place}: {entry.reason}" for entry in entries[:MOST_LISTED]]
        if rest := Counter(entry.reason for entry in entries[MOST_LISTED:]):
            (reason, count), *others = rest.most_common()
            more = f", {len(others):,} other reasons" if others else ""
            lines.append(f"  {what}: {rest.total():,} more ({count:,} times {reason}{more})")
    return lines


def _count(what: str, entries: Sequence[Skipped]) -> str:
    return f", {len(entries):,} {what}" if entries else ""
