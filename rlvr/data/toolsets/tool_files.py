"""Tools from a file: one that lists them, as providers, MCP and data sets do, or an OpenAPI document."""

from __future__ import annotations

import shlex
from pathlib import Path

from rewards.tool_forms import TYPE_NAMES
from rlvr.data.document import read_document
from rlvr.data.formats.documents import tools_below
from rlvr.data.formats.schema_walk import mapped_schema
from rlvr.data.formats.schemas import JSON_TYPES, UNNAMED, builtin_name, parameters_in, split_tools, tools_of
from rlvr.data.json_values import object_of, parts_of
from rlvr.data.toolsets import mcp_server, openapi
from rlvr.data.toolsets.loaded import LoadedTools, Selection, Skipped, ToolSource
from rlvr.errors import RowError, UserError, unknown
from rlvr.files import Json, JsonObject, Where

_OTHER_DOCUMENTS = {
    "__schema": "a GraphQL schema",
    "data": "an answer of an API, such as a GraphQL schema",
    "discoveryVersion": "a Google API discovery document",
    "asyncapi": "an AsyncAPI document",
    "arazzo": "an Arazzo document of workflows, which names the OpenAPI document of its steps",
    "name_for_model": "a plugin's manifest, which names the OpenAPI document of its API",
    "item": "a Postman collection",
    "__export_format": "an export of Insomnia",
    "nodes": "a workflow of nodes, such as n8n's, Langflow's or Flowise's",
    "interactionModel": "a model of Alexa's, whose intents have no schemas",
    "skills": "an agent's card, whose skills have no schemas",
    "intents": "an agent of intents, such as Rasa's or Dialogflow's",
    "swaggerVersion": "a Swagger 1 document",
    "shapes": "an AWS service model",
    "manifest_version": "an extension's manifest, whose tools have no schemas",
    "messages": "a conversation, which rlvr data import reads",
}
"""Documents that describe an API in other words, by a key at their top."""


def tools(source: str, selection: Selection) -> LoadedTools:
    """Return the tools that a file describes.

    Raises:
        UserError: it cannot be read, or holds something else.
    """
    path = Path(source)
    document = read_document(path)
    if openapi.is_openapi(document):
        return openapi.tools(document, path, selection)
    _refuse_servers(document, source)
    return selection.of_names(_listed(document, Where(path)))


def _refuse_servers(document: Json, source: str) -> None:
    """Say how to have the servers that a configuration or a registry names started, which reading a file should not."""
    servers = mcp_server.configured_servers(document)
    if servers:
        example = next(iter(servers.values())).source
        raise UserError(
            f"{source}: the configuration of an MCP client, which starts {', '.join(servers)}; to have their tools say "
            f"mcp:{source}, or mcp:{shlex.quote(example)} for that of one"
        )
    if command := mcp_server.registered_server(document):
        raise UserError(f"{source}: an entry of MCP's registry; its server says its tools: mcp:{shlex.quote(command)}")


def _listed(document: Json, where: Where) -> LoadedTools:
    """Return the tools of a list, or of an object that holds one; built-in tools are left out with a word.

    Raises:
        UserError: it is neither.
    """
    loaded = LoadedTools()
    values = None if _is_no_tool(document) else split_tools(document)
    if values is None:
        keys = set(document) if isinstance(document, dict) else set()
        kind = next((kind for key, kind in _OTHER_DOCUMENTS.items() if key in keys), None)
        if kind is not None:
            raise UserError(f"{where.path}: is {kind}, which is not read; convert it to OpenAPI or to a list of tools")
        values = split_tools(tools_below(document)) if keys else None
    if values is None:
        raise UserError(
            f"{where.path}: is no list of tools, no object with 'tools', 'functions' or 'functionDeclarations', and no "
            "OpenAPI document"
        )
    for index, value in enumerate(values):
        place = f"tools[{index}]"
        if (builtin := builtin_name(value)) is not None:
            reason = f"{builtin} is built into a provider and takes no arguments by schema"
            loaded.skipped.append(Skipped(place, reason))
            continue
        try:
            loaded.tools += tools_of([value], where)
            loaded.notes += _unknown_types(value)
        except RowError as error:
            loaded.skipped.append(Skipped(place, error.message or UNNAMED))
    return loaded


def _unknown_types(tool: Json) -> list[Skipped]:
    """Return a note for each type in a tool's schema that nothing knows, as a misspelt one."""
    function = object_of(object_of(tool).get("function", tool))
    notes = []

    def noted(schema: JsonObject) -> JsonObject:
        kind = str(schema.get("type"))
        if kind.islower() and kind.isalpha() and kind not in TYPE_NAMES:
            reason = unknown("type", kind, JSON_TYPES, place="JSON Schema has")
            notes.append(Skipped(str(function.get("name")), f"{reason}; any value is admitted"))
        return schema

    mapped_schema(parameters_in(function), noted)
    return notes


def _is_no_tool(document: Json) -> bool:
    """Tell whether a document is one object with a name that has more to it than a tool without parameters has."""
    is_alone = split_tools(document) == [document] and "function" not in object_of(document)
    return is_alone and parameters_in(object_of(document)) is None and any(map(parts_of, parts_of(document)))


SOURCE = ToolSource("a file: JSON, JSON lines, YAML, OpenAPI", lambda source: True, tools)
