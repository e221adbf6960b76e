"""Tools from a document that lists them, as OpenAI, Anthropic, Gemini, Bedrock, MCP and data sets write such lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlvr.data.formats.schemas import UNNAMED, builtin_name, split_tools, tools_of
from rlvr.data.toolsets.loaded import LoadedTools, Skipped
from rlvr.errors import RowError, UserError

if TYPE_CHECKING:
    from rlvr.files import Where


_OTHER_DOCUMENTS = {
    "__schema": "a GraphQL schema",
    "data": "an answer of an API, such as a GraphQL schema",
    "discoveryVersion": "a Google API discovery document",
    "asyncapi": "an AsyncAPI document",
    "item": "a Postman collection",
    "swaggerVersion": "a Swagger 1 document",
    "shapes": "an AWS service model",
    "manifest_version": "an extension's manifest, whose tools have no schemas",
    "messages": "a conversation, which rlvr data import reads",
}
"""Documents that describe an API in other words, by a key at their top."""


def listed(document: Any, where: Where) -> LoadedTools:
    """Return the tools of a list, or of an object that holds one; built-in tools are left out with a word.

    Raises:
        UserError: it is neither.
    """
    loaded = LoadedTools()
    values = split_tools(document)
    if values is None:
        keys = set(document) if isinstance(document, dict) else set()
        kind = next((kind for key, kind in _OTHER_DOCUMENTS.items() if key in keys), None)
        if kind is not None:
            raise UserError(f"{where.path}: is {kind}, which is not read; convert it to OpenAPI or to a list of tools")
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
