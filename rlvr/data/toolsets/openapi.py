"""Tools from an OpenAPI document, 3.0, 3.1 or 2.0: one for each operation, its parameters and its JSON body together.

References inside the document are resolved; nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rlvr.errors import UserError

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_PLACES = ("path", "query")
_DROPPED = (
    "xml",
    "discriminator",
    "externalDocs",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "style",
    "explode",
)
_NAMED = ("properties", "patternProperties")
_SWAGGER_ONLY = ("name", "in", "required", "collectionFormat", "allowEmptyValue")
BODY = "body"
"""The parameter that takes a body which is no object, or one whose members are named as parameters are."""


def is_openapi(document: Any) -> bool:
    """Whether a document says that it is one."""
    return isinstance(document, Mapping) and ("openapi" in document or "swagger" in document)


def tools(document: Mapping[str, Any], source: str) -> list[dict[str, Any]]:
    """One tool for each operation, in the document's order.

    Args:
        document: the document's JSON values.
        source: its name, for errors.

    Raises:
        UserError: a reference that leads out of the document or nowhere, two operations of one name.
    """
    paths = document.get("paths")
    if not isinstance(paths, Mapping):
        raise UserError(f"{source}: an OpenAPI document without paths")
    found: dict[str, dict[str, Any]] = {}
    for path, method, item, operation in _operations(paths):
        tool = _Operation(document, source, f"{method.upper()} {path}").tool(path, method, item, operation)
        name = tool["function"]["name"]
        if name in found:
            raise UserError(f"{source}: two operations give a tool of the name {name!r}; give them an operationId")
        found[name] = tool
    return list(found.values())


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    for path, item in paths.items():
        if isinstance(item, Mapping):
            for method in _METHODS:
                if isinstance(item.get(method), Mapping):
                    yield path, method, item, item[method]


class _Operation:
    """One operation, read against its document."""

    def __init__(self, document: Mapping[str, Any], source: str, place: str) -> None:
        self._document, self._source, self._place = document, source, place
        self._definitions: dict[str, Any] = {}

    def tool(self, path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        for parameter in self._parameters(item, operation):
            name = str(parameter.get("name"))
            properties[name] = self._schema_of_parameter(parameter)
            if parameter.get("required"):
                required.append(name)
        self._add_body(operation, properties, required)
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            parameters["required"] = required
        if self._definitions:
            parameters["$defs"] = self._definitions
        about = [operation.get("summary"), operation.get("description")]
        description = "\n".join(dict.fromkeys(text.strip() for text in about if isinstance(text, str) and text.strip()))
        name = _name(operation.get("operationId") or f"{method}_{path}")
        return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}

    def _parameters(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Those of the path and the query; an operation's own replace those of its path."""
        found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
        for given in (*(item.get("parameters") or ()), *(operation.get("parameters") or ())):
            parameter = self._resolved(given)
            found[parameter.get("name"), parameter.get("in")] = parameter
        return [parameter for (_, place), parameter in found.items() if place in _PLACES]

    def _schema_of_parameter(self, parameter: Mapping[str, Any]) -> dict[str, Any]:
        if "schema" in parameter:
            schema = self._schema(parameter["schema"])
        elif isinstance(parameter.get("content"), Mapping):
            schema = self._schema(next(iter(parameter["content"].values()), {}).get("schema", {}))
        else:  # Swagger 2.0 has the schema's keywords in the parameter itself
            schema = self._schema({key: value for key, value in parameter.items() if key not in _SWAGGER_ONLY})
        if isinstance(parameter.get("description"), str):
            schema = {**schema, "description": parameter["description"].strip()}
        return schema

    def _add_body(self, operation: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> None:
        schema, is_required = self._body(operation)
        if schema is None:
            return
        members = schema.get("properties")
        is_plain = schema.get("type", "object") == "object" and isinstance(members, Mapping) and members
        if is_plain and "$ref" not in schema and not set(members) & set(properties):
            properties.update(members)
            if is_required:
                required.extend(name for name in schema.get("required") or () if name in members)
        else:
            properties[BODY] = schema
            if is_required:
                required.append(BODY)

    def _body(self, operation: Mapping[str, Any]) -> tuple[dict[str, Any] | None, bool]:
        if "requestBody" in operation:
            body = self._resolved(operation["requestBody"])
            content = body.get("content") or {}
            kind = next((kind for kind in content if "json" in kind), next(iter(content), None))
            if kind is None:
                return None, False
            return self._inlined(content[kind].get("schema") or {}), bool(body.get("required"))
        for given in operation.get("parameters") or ():
            parameter = self._resolved(given)
            if parameter.get("in") == "body":
                return self._inlined(parameter.get("schema") or {}), bool(parameter.get("required"))
        form = [
            each for given in operation.get("parameters") or () if (each := self._resolved(given))["in"] == "formData"
        ]
        if not form:
            return None, False
        members = {str(each["name"]): self._schema_of_parameter(each) for each in form}
        needed = [str(each["name"]) for each in form if each.get("required")]
        return {"type": "object", "properties": members, "required": needed}, True

    def _inlined(self, schema: Any) -> dict[str, Any]:
        """The body's schema with its own reference followed and an `allOf` of objects merged, so that members show."""
        schema = self._resolved(schema)
        if isinstance(schema.get("allOf"), list) and not schema.get("oneOf") and not schema.get("anyOf"):
            parts = [self._inlined(part) for part in schema["allOf"]]
            own = self._schema({key: value for key, value in schema.items() if key != "allOf"})
            if all(isinstance(part.get("properties"), dict) for part in parts):
                merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
                for part in (*parts, own):
                    merged["properties"].update(part.get("properties") or {})
                    merged["required"] += [
                        name for name in part.get("required") or () if name not in merged["required"]
                    ]
                return merged
        return self._schema(schema)

    def _schema(self, schema: Any, inside: tuple[str, ...] = ()) -> Any:
        """A schema without what only OpenAPI has: references inlined, those that recur as `$defs`."""
        if isinstance(schema, list):
            return [self._schema(item, inside) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        if "$ref" in schema:
            return self._reference(schema, inside)
        new: dict[str, Any] = {}
        for key, value in schema.items():
            if key in _NAMED and isinstance(value, Mapping):
                members = {name: item for name, item in value.items() if not _is_read_only(item)}
                new[key] = {name: self._schema(item, inside) for name, item in members.items()}
            elif key in ("enum", "default", "const", "examples", "required"):
                new[key] = value
            elif key not in (*_DROPPED, "nullable") and not key.startswith("x-"):
                new[key] = self._schema(value, inside)
        if isinstance(new.get("required"), list) and isinstance(new.get("properties"), dict):
            new["required"] = [name for name in new["required"] if name in new["properties"]]
        return _converted(new, schema)

    def _reference(self, schema: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
        reference = str(schema["$ref"])
        name = re.sub(r"\W", "_", reference.rpartition("/")[2])
        if reference in inside:
            if name not in self._definitions:
                self._definitions[name] = {}  # stands while the definition is being read
                self._definitions[name] = self._schema(self._target(reference), (*inside, reference))
            return {"$ref": f"#/$defs/{name}"}
        others = {key: value for key, value in schema.items() if key != "$ref"}
        target = self._schema(self._target(reference), (*inside, reference))
        return {**target, **self._schema(others, inside)} if others and isinstance(target, dict) else target

    def _resolved(self, value: Any) -> Mapping[str, Any]:
        """The object itself, or the one that its references lead to."""
        seen: set[str] = set()
        while isinstance(value, Mapping) and "$ref" in value:
            reference = str(value["$ref"])
            if reference in seen:
                raise UserError(f"{self._source}: {self._place}: the reference {reference!r} leads to itself")
            seen.add(reference)
            value = self._target(reference)
        if not isinstance(value, Mapping):
            raise UserError(f"{self._source}: {self._place}: {value!r:.60} is not an object")
        return value

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise UserError(
                f"{self._source}: {self._place}: the reference {reference!r} leads out of the document, and nothing is "
                "fetched; bundle the documents into one"
            )
        value: Any = self._document
        for step in reference[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
            if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            elif isinstance(value, Mapping) and key in value:
                value = value[key]
            else:
                raise UserError(f"{self._source}: {self._place}: the reference {reference!r} leads nowhere")
        return value


def _name(text: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_-]", "_", text)).strip("_")[:64]


def _is_read_only(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("readOnly") is True


def _converted(new: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0's `nullable` and exclusive bounds as JSON Schema has them."""
    if given.get("nullable") is True and isinstance(new.get("type"), str):
        new["type"] = [new["type"], "null"]
        if isinstance(new.get("enum"), list) and None not in new["enum"]:
            new["enum"] = [*new["enum"], None]
    for bound, keyword in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if new.get(keyword) is True and bound in new:
            new[keyword] = new.pop(bound)
        elif isinstance(new.get(keyword), bool):
            del new[keyword]
    if new.get("type") == "file":
        new["type"] = "string"
    return new
