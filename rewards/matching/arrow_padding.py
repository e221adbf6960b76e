"""The nulls that Arrow invents in calls: each struct of a column has the members of all, null where it had none.

Those of tools' schemas are taken out by `tool_forms.json_schema`.
"""

from rewards.matching.equality import Parameter, is_nullable
from rewards.strict_json import Json, JsonMapping, JsonObject
from rewards.toolset import Tool


def without_padding(arguments: JsonMapping, tool: Tool) -> JsonObject:
    """Return the arguments without the nulls that Arrow invents: those that their schema does not know or admit."""
    return _members_without_padding(arguments, Parameter("", tool.parameters, tool.parameters))


def _without_padding(value: Json, parameter: Parameter) -> Json:
    if isinstance(value, list):
        item = parameter.part(parameter.name, parameter.under(value).get("items"))
        return [_without_padding(entry, item) for entry in value]
    return _members_without_padding(value, parameter) if isinstance(value, dict) else value


def _members_without_padding(value: JsonMapping, parameter: Parameter) -> JsonObject:
    properties = parameter.under(value).get("properties", {})
    members = {key: parameter.part(key, properties.get(key)) for key in value}
    return {
        key: _without_padding(entry, members[key])
        for key, entry in value.items()
        if entry is not None or is_nullable(members[key]) or (key in properties and "type" not in members[key].schema)
    }
