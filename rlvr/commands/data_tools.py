"""`rlvr data tools`: a toolset from what describes it already."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rlvr import config
from rlvr.commands.positional import positional
from rlvr.data.files import replacing
from rlvr.data.toolsets import load_tools
from rlvr.wrapping import fitted

HELP = """\
usage: rlvr data tools SOURCE [out=FILE]

Write the tools that SOURCE describes as a JSON list, in OpenAI's form, each schema checked.

  tools.json, tools.yaml   a list of tools, as OpenAI, Anthropic or MCP write them, or an object with "tools"
  openapi.json, .yaml      an OpenAPI document: one tool for each operation; nothing is fetched
  module:name,name         Python functions, pydantic models, or lists of tools
  'mcp:COMMAND'            an MCP server that this command starts and that speaks over stdio; needs the extra mcp

  out    where to write  (default: {out})
"""


@dataclass(frozen=True)
class ToolsOptions:
    """What `rlvr data tools` takes."""

    out: str = "tools.json"


def run(arguments: list[str]) -> None:
    """Write the tools where `out` says and list their names."""
    if {"-h", "--help"} & set(arguments):
        print(fitted(HELP.format(out=ToolsOptions().out)), end="")
        return
    (source,), rest = positional(arguments, "SOURCE")
    options = config.from_arguments(ToolsOptions, rest)
    tools = load_tools(source)
    with replacing(options.out) as temporary:
        temporary.write_text(json.dumps(tools, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for tool in tools:
        function = tool["function"]
        parameters = function.get("parameters") or {}
        required = parameters.get("required") or ()
        names = [name if name in required else f"[{name}]" for name in parameters.get("properties", {})]
        print(f"  {function['name']}({', '.join(names)})")
    print(f"wrote {options.out}: {len(tools)} tools")
