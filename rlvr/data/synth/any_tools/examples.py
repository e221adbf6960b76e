"""Values that somebody wrote down for parameters of which a toolset tells none, and the file to write them into."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rewards import Tool, Toolset
from rlvr.data.document import is_yaml, read_document
from rlvr.data.json_values import list_of, object_of, without
from rlvr.data.synth.any_tools.resolving import resolved, type_of
from rlvr.data.synth.any_tools.schema_values import WRITTEN_DOWN
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping, JsonObject, write_text

Examples = Mapping[str, Mapping[str, Sequence[Json]]]
"""Values by tool and by parameter."""

_HEAD = """\
# The toolset does not tell what these values are like. Write some that people would give into the brackets, such as
# ["quarterly report", "hiring plan"]. Rows draw from them, no prompt shows them; what stays empty is only asked for.
"""
_LONGEST_NOTE = 90  # characters of a description that stand beside a parameter


def read_examples(path: str | Path, tools: Sequence[JsonMapping]) -> Examples:
    """Return the values of a YAML or JSON file, checked against the tools; an empty list tells nothing.

    Raises:
        UserError: the file cannot be read, or names a tool or a parameter that the toolset lacks, or a value that a
            schema does not admit.
    """
    document = read_document(Path(path))
    if not isinstance(document, Mapping):
        raise UserError(f"{path}: is no list of tools with their parameters; see the file that this option writes")
    compiled = {tool.name: tool for schema in tools for tool in Toolset([schema])}
    for name, parameters in document.items():
        if name not in compiled:
            raise UserError(f"{path}: {unknown('tool', str(name), compiled)}")
        if not isinstance(parameters, Mapping):
            raise UserError(f"{path}: {name}: has to hold parameters with their values, not {parameters!r:.80}")
        for parameter, values in parameters.items():
            _check(f"{path}: {name}", compiled[name], parameter, values)
    return document


def _check(tool_place: str, tool: Tool, parameter: str, values: Json) -> None:
    if parameter not in tool.properties:
        raise UserError(f"{tool_place}: {unknown('parameter', parameter, tool.properties)}")
    place = f"{tool_place}.{parameter}"
    if not isinstance(values, list):
        raise UserError(f"{place}: {values!r:.80} is no list; put values in brackets: [{values!r:.40}]")
    is_of_items = _are_items(tool.properties[parameter], tool.parameters, values)
    for value in values:
        for error in tool.validator.iter_errors({parameter: [value] if is_of_items else value}):
            if parameter in map(str, error.instance_path):
                raise UserError(f"{place}: {value!r:.80} is not admitted by its schema: {error.message:.120}")


def _are_items(schema: JsonMapping, root: JsonMapping, values: Sequence[Json]) -> bool:
    """Tell whether values are of the items of a list, and not lists themselves."""
    is_list = type_of(resolved(schema, root)) == "array"
    return is_list and not any(isinstance(value, list) for value in values)


def with_examples(schema: JsonObject, examples: Examples) -> JsonObject:
    """Return a tool's schema with what is written down for its parameters, to draw from."""
    function = schema["function"]
    written = {name: list_of(values) for name, values in examples.get(str(function.get("name")), {}).items() if values}
    if not written:
        return schema
    parameters = object_of(function.get("parameters"))
    properties = object_of(parameters.get("properties"))
    for name, values in written.items():
        property_schema = object_of(properties[name])
        drawn_from: JsonObject = {WRITTEN_DOWN: values, "examples": values}
        if _are_items(property_schema, parameters, values):
            drawn_from = {"examples": values, "items": {**object_of(property_schema.get("items")), **drawn_from}}
        properties = {**properties, name: {**without(property_schema, "anyOf", "oneOf"), **drawn_from}}
    return {**schema, "function": {**function, "parameters": {**parameters, "properties": properties}}}


def write_template(path: str | Path, untold: Mapping[str, Mapping[str, str]]) -> None:
    """Write a file to be filled in, of the parameters of tools with their descriptions.

    Raises:
        UserError: the file's name promises no YAML, which alone has room for the descriptions.
    """
    if not is_yaml(Path(path)):
        raise UserError(f"examples: {path} does not exist; name a .yaml file, which is written to be filled in")
    lines = [_HEAD]
    for name, parameters in untold.items():
        lines.append(f"{json.dumps(name)}:\n")
        for parameter, description in parameters.items():
            note = " ".join(description.split())[:_LONGEST_NOTE]
            lines.append(f"  {json.dumps(parameter)}: []" + f"  # {note}" * bool(note) + "\n")
    write_text(path, "".join(lines))
