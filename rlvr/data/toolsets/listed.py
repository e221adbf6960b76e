"""Tools from a document that lists them, as OpenAI, Anthropic, Gemini, Bedrock, MCP and data sets write such lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlvr.data.formats.schemas import UNNAMED, builtin_name, split_tools, tools_of
from rlvr.data.toolsets.loaded import LoadedTools, Skipped
from rlvr.errors import RowError, UserError

if TYPE_CHECKING:
    from rlvr.files import Where


def listed(document: Any, where: Where) -> LoadedTools:
    """Return the tools of a list, or of an object that holds one; built-in tools are left out with a word.

    Raises:
        UserError: it is neither.
    """
    loaded = LoadedTools()
    values = split_tools(document)
    if values is None:
        raise UserError(
            f"{where.path}: is no list of tools, no object with 'tools', 'functions' or 'functionDeclarations', and no "
            "OpenAPI document"
        )
    for index, value in enumerate(values):
        place = f"tools[{index}]"
        if (builtin := builtin_name(value)) is not None:
            loaded.skipped.append(
                Skipped(place, f"{builtin} is built into a provider and takes no arguments by schema")
            )
            continue
        try:
            loaded.tools += tools_of([value], where)
        except RowError as error:
            loaded.skipped.append(Skipped(place, error.message or UNNAMED))
    return loaded
