"""Tool schemas: checked and compiled once, with what scoring asks of them."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from rewards.brief import brief
from rewards.limits import MAX_REGEX_BACKTRACKS, MAX_SCHEMA_STEPS
from rewards.names import local_target
from rewards.schema_bounds import why_too_large
from rewards.strict_json import Json, JsonMapping, JsonObject, MalformedJsonError, decode, decoded, plain, why_not_json
from rewards.tool_forms import function_dicts, json_schema, listed, parameters_of

if TYPE_CHECKING:
    from jsonschema_rs import FancyRegexOptions, ValidationError, Validator

_TOOLSETS_KEPT = 1024
_NO_PARAMETERS: JsonObject = {"type": "object", "properties": {}}
_MASK = "the value"


class _AdmitsAll:
    """The validator of a tool of which nothing is known."""

    def is_valid(self, arguments: JsonObject) -> bool:
        return True

    def iter_errors(self, arguments: JsonObject) -> "Iterator[ValidationError]":
        return iter(())


@dataclass(frozen=True)
class Tool:
    """One tool that may be called.

    Args:
        name: as a dispatcher knows it.
        description: free text; empty where none was given.
        parameters: the JSON Schema of the arguments object.
        properties: parameter name to its schema.
        required: names that a call must give.
    """

    name: str
    description: str
    parameters: JsonObject
    properties: dict[str, JsonObject]
    required: frozenset[str]
    validator: "Validator | _AdmitsAll" = field(repr=False, compare=False)

    def admits(self, arguments: JsonObject) -> bool:
        """Tell whether the arguments are valid under the tool's schema."""
        return bool(self.validator.is_valid(arguments))

    def objection(self, arguments: JsonObject) -> tuple[str | None, str]:
        """Return the first thing that the schema has against the arguments: the parameter, and what is wrong."""
        for error in self.validator.iter_errors(arguments):
            place = list(map(str, error.instance_path))
            parameter = place[0] if place else None
            return parameter, f"{'.'.join(place)}: {error.message:.120}" if place else f"{error.message:.120}"
        return None, "is not admitted"


UNKNOWN_TOOL = Tool("", "", {}, {}, frozenset(), _AdmitsAll())
"""Stands for a tool of which nothing is known: it has no parameters that anyone could name, and admits everything."""


class Toolset:
    """The tools of one request, compiled.

    Args:
        tools: one or a list of them, an object or a dict that holds such a list as `tools`, or a mapping of names. Each
            an OpenAI tool dict (`{"type": "function", "function": {...}}`), a bare function dict, Anthropic's
            (`input_schema`), Gemini's (`function_declarations`) or Bedrock's (`toolSpec`), any of these as a text of
            JSON, a pydantic model class, a Python callable (its signature and docstring, read with pydantic), or a tool
            object of LangChain, MCP, the OpenAI Agents SDK and others. Schemas may name types otherwise, such as
            `dict`, `str` or `OBJECT`, hold the nulls that Arrow invents, or be mappings of names to schemas, as xLAM's.
            A tool may be listed twice if both are alike.
        is_lazy: compile a tool when it is first looked up; what is wrong with its schema is raised there.

    Raises:
        ValueError: a tool without a name, one name for two tools, or a schema that is not one; names tool and place.
    """

    def __init__(self, tools: Any, *, is_lazy: bool = False) -> None:
        self._listed = tuple(listed(tools))
        self._functions: dict[str, JsonMapping] = {}
        self._tools: dict[str, Tool] = {}
        for position, function in enumerate(function_dicts(self._listed)):
            name = _name_of(function, position)
            if name in self._functions and _compile_tool(name, function) != self[name]:
                raise ValueError(f"tools[{position}]: the name {name!r} is given twice, to different tools")
            self._functions.setdefault(name, function)
        if not is_lazy:
            self.compile()

    @classmethod
    def of(cls, tools: Any, *, is_lazy: bool = False) -> "Toolset | None":
        """Return the compiled form of tools, from a cache by content; a Toolset is returned as it is, None as None.

        A string is read as the JSON of tools. Models, callables and tool objects are cached by themselves: what one
        has been read as stays so.
        """
        if tools is None or isinstance(tools, Toolset):
            return tools
        text = tools if isinstance(tools, str) else _written(tools) or _written(plain(tools))
        if text is None:
            objects = tuple(listed(plain(tools)))
            return _toolset_of_objects(objects) if all(map(_is_hashable, objects)) else cls(objects)
        toolset = _toolset_of_json(text)
        if not is_lazy:
            toolset.compile()
        return toolset

    @property
    def names(self) -> tuple[str, ...]:
        """The tools' names, in the order given."""
        return tuple(self._functions)

    def compile(self) -> None:
        """Compile the tools that are not compiled yet.

        Raises:
            ValueError: a schema that is not one; names tool and place.
        """
        for name in self._functions:
            self[name]

    def get(self, name: str) -> Tool | None:
        """Return the tool of exactly this name; None where there is none."""
        return self[name] if name in self._functions else None

    def with_parameters(self, names: Collection[str]) -> list[Tool]:
        """Return the tools that have parameters of all these names; every tool where no name is given."""
        return [tool for tool in self if tool.properties.keys() >= set(names)]

    def __getitem__(self, name: str) -> Tool:
        if name not in self._tools:
            self._tools[name] = _compile_tool(name, self._functions[name])
        return self._tools[name]

    def __iter__(self) -> Iterator[Tool]:
        return (self[name] for name in self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Toolset) and self._functions == other._functions and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def __repr__(self) -> str:
        return f"Toolset({', '.join(self.names)})"

    def __reduce__(self) -> tuple[type["Toolset"], tuple[tuple[JsonMapping, ...]]]:
        return type(self), (self._listed,)


def tool_of(tools: Toolset | None, name: str) -> Tool:
    """Return the tool of this name; `UNKNOWN_TOOL` where it is not offered, or nothing is known of the tools."""
    tool = tools.get(name) if tools is not None else None
    return tool or UNKNOWN_TOOL


def _is_hashable(tool: object) -> bool:
    return type(tool).__hash__ is not None


def _written(tools: Any) -> str | None:
    """Return tools as JSON; None where they hold what JSON does not have."""
    try:
        return json.dumps(tools)
    except TypeError:
        return None


@lru_cache(maxsize=_TOOLSETS_KEPT)
def _toolset_of_objects(tools: tuple[Any, ...]) -> Toolset:
    return Toolset(tools)


@lru_cache(maxsize=_TOOLSETS_KEPT)
def _toolset_of_json(text: str) -> Toolset:
    try:
        tools = decoded(decode(text, is_own=True), is_own=True)  # some write JSON as JSON once more
    except MalformedJsonError as error:
        raise ValueError(f"tools: {error}") from None
    return Toolset(tools if tools is not None else [], is_lazy=True)


def _name_of(function: object, position: int) -> str:
    if not isinstance(function, Mapping):
        raise ValueError(
            f"tools[{position}]: a {type(function).__name__} is no tool; give a tool dict with a 'function', a "
            "function dict, a pydantic model class or a callable"
        )
    name = function.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"tools[{position}].name: {name!r} is not a tool's name")
    return name


def _compile_tool(name: str, function: JsonMapping) -> Tool:
    parameters = parameters_of(function)
    if parameters is None:
        parameters = _NO_PARAMETERS
    if not isinstance(parameters, dict):
        raise ValueError(f"tool {name!r}: parameters: a {type(parameters).__name__} is not a JSON Schema object")
    if reason := why_not_json(parameters):
        raise ValueError(f"tool {name!r}: parameters: holds {reason}")
    parameters = json_schema(parameters)
    if reason := why_too_large(parameters):
        raise ValueError(f"tool {name!r}: parameters: {reason}")
    validator = _validator(name, parameters)
    if parameters.get("type", "object") != "object":
        raise ValueError(f"tool {name!r}: parameters.type: {parameters['type']!r} is not 'object'")
    properties, required = _members(parameters)
    description = function.get("description")
    return Tool(
        name=name,
        description=description if isinstance(description, str) else "",
        parameters=parameters,
        properties=properties,
        required=required,
        validator=validator,
    )


def _members(parameters: JsonObject) -> tuple[dict[str, JsonObject], frozenset[str]]:
    """Return the parameters' schemas and which are required, those behind the root's `$ref` and `allOf` too."""
    properties: dict[str, JsonObject] = {}
    required: set[str] = set()
    parts: list[Json] = [parameters]
    for part in parts:
        if not isinstance(part, dict) or len(parts) > MAX_SCHEMA_STEPS:
            continue
        required.update(part.get("required", ()))
        for name, schema in part.get("properties", {}).items():
            properties.setdefault(name, schema if isinstance(schema, dict) else {})
        parts += [*part.get("allOf", ()), local_target(part.get("$ref"), parameters)]
    return properties, frozenset(required)


def _validator(name: str, parameters: JsonObject) -> "Validator":
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for(
            parameters,
            offline=True,
            validate_formats=True,
            mask=_MASK,  # a value may be of any size, and messages hold it
            pattern_options=_pattern_options(),
        )
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"tool {name!r}: {_complaint(error)}") from None


@cache
def _pattern_options() -> "FancyRegexOptions":
    import jsonschema_rs

    return jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_REGEX_BACKTRACKS)


def _complaint(error: "ValidationError") -> str:
    """Say what is wrong with a schema, and where in it: of several alternatives, what is wrong furthest inside."""
    while context := getattr(error.kind, "context", None):
        error = max((branch[0] for branch in context), key=lambda inner: len(inner.instance_path))
    place = ".".join(["parameters", *map(str, error.instance_path)])
    return f"{place}: {error.message.replace(_MASK, brief(error.instance)):.160}"
