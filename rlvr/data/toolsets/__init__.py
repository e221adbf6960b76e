"""Toolsets from what describes them already: files of tools, Python, OpenAPI documents, MCP servers."""

from __future__ import annotations

from rlvr.data.json_values import without
from rlvr.data.returned import RESPONSE
from rlvr.data.toolsets import mcp_server, python_objects, tool_files, web
from rlvr.data.toolsets.loaded import LoadedTools, Selection, Skipped, ToolSource
from rlvr.data.toolsets.usable import add_usable
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject

__all__ = ["SOURCES", "LoadedTools", "Selection", "Skipped", "ToolSource", "load_tools"]

SOURCES: tuple[ToolSource, ...] = (
    mcp_server.SOURCE,
    python_objects.SOURCE,
    python_objects.FILE_SOURCE,
    web.SOURCE,
    tool_files.SOURCE,
)
"""Every kind of source; the first that reads one is taken, and files come last."""

_ALL = Selection()


def load_tools(source: str, selection: Selection = _ALL, *, with_responses: bool = False) -> LoadedTools:
    """Return the tools that a source describes, in OpenAI's form, each schema compiled once.

    Args:
        source: a JSON, JSON lines or YAML file, or its address on the web, which holds tools or is an OpenAPI document;
            `module:name,name` or `FILE.py:name,name` for Python functions, pydantic models, tool objects of agent
            frameworks, or lists of them; a Python file for all of its own; `mcp:COMMAND`, `mcp:URL` or `mcp:FILE` for
            an MCP server, or for those of an MCP client's configuration file.
        selection: which tools are wanted.
        with_responses: keep what an OpenAPI document says of responses, which synthesis reads and no prompt needs.

    Raises:
        UserError: the source cannot be read, or nothing in it can be used.
    """
    described = next(kind for kind in SOURCES if kind.reads(source)).tools(source, selection)
    loaded = LoadedTools(skipped=described.skipped, notes=described.notes)
    add_usable(described.tools, loaded)
    if not with_responses:
        loaded.tools = list(map(_without_response, loaded.tools))
    if not loaded.tools:
        raise _without_tools(source, selection, loaded)
    if len(loaded.tools) > 1 and not any(map(_takes_anything, loaded.tools)):
        loaded.notes.append(Skipped(source, "no tool says what it takes: a catalogue of names has no schemas"))
    return loaded


def _without_response(tool: JsonObject) -> JsonObject:
    function = without(tool["function"], RESPONSE)
    return {**tool, "function": function}


def _takes_anything(tool: JsonMapping) -> bool:
    parameters = tool["function"].get("parameters") or {}
    return bool(parameters.keys() - {"type", "additionalProperties", "$schema"} and parameters.get("properties") != {})


def _without_tools(source: str, selection: Selection, loaded: LoadedTools) -> UserError:
    if loaded.skipped:
        first = loaded.skipped[0]
        more = f" (and {len(loaded.skipped) - 1:,} more)" if len(loaded.skipped) > 1 else ""
        return UserError(f"{source}: no tool can be used: {first.place}: {first.reason}{more}")
    if selection.include or selection.exclude:
        return UserError(
            f"{source}: include and exclude leave no tool; they meet names, operations, paths, methods, tags"
        )
    return UserError(f"{source}: describes no tools")
