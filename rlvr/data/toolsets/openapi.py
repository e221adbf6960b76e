"""Tools from an OpenAPI document, 3.0, 3.1 or 2.0: one for each operation, its parameters and its JSON body together.

References are followed inside the document and into the files beside it; nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from rewards.names import name_words
from rlvr.data.described import is_authentication, is_protocol
from rlvr.data.json_values import items_of, list_of, member, object_of, parts_of, without
from rlvr.data.returned import RESPONSE, shortened
from rlvr.data.toolsets.loaded import LoadedTools, Selection, Skipped
from rlvr.data.toolsets.openapi_schemas import MAX_INLINED_VALUES, Schema, Schemas, short_hash, usable_examples
from rlvr.data.toolsets.references import Documents, Node, UnusableError
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject

MAX_NAME_LENGTH = 64  # characters of a tool's name that every provider takes
BODY = "body"  # the parameter that takes a body which is no object, or one whose members are named as parameters are
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "query")
_PLACES = ("path", "query", "header", "cookie", "formData")
_ONLY_BODY = ("put", "patch")  # what these methods do is in their body alone, known or not
_SWAGGER_ONLY = ("name", "in", "required", "collectionFormat", "allowEmptyValue")
_OPEN = {"additionalProperties": True}
_OBJECT_KEYWORDS = frozenset({"type", "properties", "required", "description", "title", "examples"})


def is_openapi(document: Json) -> bool:
    """Return whether a document says that it is one."""
    return isinstance(document, Mapping) and ("openapi" in document or "swagger" in document)


def tools(document: JsonMapping, path: Path, selection: Selection) -> LoadedTools:
    """Return one tool for each operation that is wanted and usable, in the document's order.

    Raises:
        UserError: it has no paths.
    """
    if not object_of(document.get("paths")):
        only = " but with webhooks, which the API itself calls" if document.get("webhooks") else ""
        raise UserError(f"{path}: an OpenAPI document without paths{only}; no operation is there to call")
    reader = _Reader(Documents(path, document))
    loaded = LoadedTools()
    names: set[str] = set()
    for operation in reader.operations(loaded.skipped):
        if not selection.admits(operation.labels):
            continue
        try:
            function = reader.function(operation)
        except UnusableError as error:
            loaded.skipped.append(Skipped(operation.title, str(error)))
        except RecursionError:
            loaded.skipped.append(Skipped(operation.title, "is nested too deep"))
        else:
            function["name"] = _distinct(function["name"], names)
            names.add(function["name"])
            loaded.tools.append({"type": "function", "function": function})
    return loaded


class _Operation(NamedTuple):
    """One operation."""

    path: str  # of its URL
    method: str  # in lower case
    item: Node  # the path's own value, for the parameters that its operations share
    node: Node

    @property
    def title(self) -> str:
        operation = self.node.value.get("operationId")
        return f"{self.method.upper()} {self.path}" + (f" ({operation})" if operation else "")

    @property
    def identifier(self) -> str:
        return str(self.node.value.get("operationId") or f"{self.method}_{self.path}")

    @property
    def labels(self) -> list[str]:
        """Return what `include` and `exclude` are held against."""
        tags = list(map(str, list_of(self.node.value.get("tags"))))
        return [self.identifier, _name(self.identifier), self.path, self.method, f"{self.method} {self.path}", *tags]


class _Reader:
    """A document's operations as functions."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._inlining = Schemas(documents)
        self._referring = Schemas(documents, is_inlining=False)
        self._read = Schemas(documents, is_read=True)
        self._secrets = _secret_names(documents.root.value)
        self._flats: dict[tuple[Schemas, str], Schema] = {}

    def operations(self, skipped: list[Skipped]) -> Iterator[_Operation]:
        root = self._documents.root
        for path, item in root.value["paths"].items():
            try:
                item_node = self._documents.resolved(Node(item, root.file))
            except UnusableError as error:
                skipped.append(Skipped(path, str(error)))
                continue
            for method in _METHODS:
                if not isinstance(item_node.value.get(method), Mapping):
                    continue
                try:
                    operation = self._documents.resolved(Node(item_node.value[method], item_node.file))
                except UnusableError as error:
                    skipped.append(Skipped(f"{method.upper()} {path}", str(error)))
                else:
                    yield _Operation(path, method, item_node, operation)

    def function(self, operation: _Operation) -> JsonObject:
        """Return the operation as a function dict.

        Raises:
            UnusableError: why it cannot be one.
        """
        parameters, size = self._parameters_schema(operation, self._inlining)
        if size > MAX_INLINED_VALUES:
            parameters, _ = self._parameters_schema(operation, self._referring)
        about = [operation.node.value.get("summary"), operation.node.value.get("description")]
        texts = filter(None, (text.strip() for text in about if isinstance(text, str)))
        name = _name(operation.identifier) or _name(f"{operation.method}_{operation.path}") or operation.method
        function = {"name": name, "description": "\n".join(dict.fromkeys(texts)), "parameters": parameters}
        response = self._response(operation)
        return {**function, RESPONSE: response} if response else function

    def _response(self, operation: _Operation) -> JsonObject:
        """Return a short schema of what the operation answers where all went well; empty where it does not say."""
        responses = object_of(operation.node.value.get("responses"))
        code = next((code for code in responses if str(code).startswith("2")), None)
        if code is None:
            return {}
        try:
            answer = self._documents.resolved(Node(responses[code], operation.node.file))
            holder = answer.value if "schema" in answer.value else _json_content(answer.value.get("content"))
            return shortened(self._flat(Node((holder or {}).get("schema") or {}, answer.file), self._read).value)
        except (UnusableError, RecursionError):
            return {}

    def _parameters_schema(self, operation: _Operation, schemas: Schemas) -> tuple[JsonObject, int]:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for node in self._parameters(operation):
            parameter = node.value
            name, place = str(parameter.get("name")), parameter.get("in")
            schema = _described(name, _parameter_schema(node, schemas), operation.path)
            if self._is_credential(name, schema, str(place)):
                continue
            if name in properties:
                name = f"{name}_{place}"
            properties[name] = schema
            if place == "path" or parameter.get("required") in (True, "true"):
                required.append(name)
        outside_body = set(properties)
        self._add_body(operation, schemas, properties, required)
        for name in properties.keys() - outside_body:
            if self._is_credential(name, properties[name]):
                del properties[name]
        value: JsonObject = {"type": "object"}
        value["properties"] = {name: schema.value for name, schema in properties.items()}
        if required := list(filter(properties.__contains__, dict.fromkeys(required))):
            value["required"] = required
        needs = frozenset[str]().union(*(schema.needs for schema in properties.values()))
        size = 1 + sum(schema.size for schema in properties.values())
        complete = schemas.complete(Schema(value, size, needs))
        return complete.value, complete.size

    def _is_credential(self, name: str, schema: Schema, place: str = BODY) -> bool:
        """Tell whether the program gives a value, and no call does.

        What stands in some of the paths is what those operations are about, such as the token that one deletes.
        """
        if not {"boolean", "object", "array"}.isdisjoint(map(str, items_of(member(schema.value, "type")))):
            return False
        description, is_header = member(schema.value, "description"), place in ("header", "cookie")
        is_named = name.lower() in self._secrets or is_authentication(name, description, is_header=is_header)
        paths = self._documents.root.value["paths"]
        return is_named and (place != "path" or " ".join(paths).count(f"{{{name}}}") > len(paths) / 2)

    def _parameters(self, operation: _Operation) -> list[Node]:
        """Those of path, query, headers, cookies and form; an operation's own replace those of its path."""
        by_name: dict[tuple[str, str], Node] = {}
        for owner in (operation.item, operation.node):
            for value in list_of(owner.value.get("parameters")):
                node = self._documents.resolved(Node(value, owner.file))
                by_name[str(node.value.get("name")), str(node.value.get("in"))] = node
        for (name, place), node in list(by_name.items()):
            is_of_protocol = place == "header" and _is_fixed(node.value)
            if is_of_protocol or place not in _PLACES:
                del by_name[name, place]
        return list(by_name.values())

    def _add_body(
        self, operation: _Operation, schemas: Schemas, properties: dict[str, Schema], required: list[str]
    ) -> None:
        body = self._body(operation)
        if body is None:
            return
        content, holder = body
        schema = _with_examples(self._flat(Node(content.value.get("schema") or {}, content.file), schemas), content)
        value = object_of(schema.value)
        is_needed = operation.method in _ONLY_BODY and holder.get("required") is True and "properties" not in value
        if _is_empty_object(value) and not is_needed:
            return
        members = object_of(value.get("properties"))
        is_object = value.get("type", "object") == "object" and not value.keys() & {"$ref", "oneOf", "anyOf", "allOf"}
        if is_object and members and not members.keys() & properties.keys():
            sizes = schema.size // len(members)
            properties.update({name: Schema(item, sizes, schema.needs) for name, item in members.items()})
            names = list(filter(members.__contains__, map(str, list_of(value.get("required")))))
        else:
            names = [BODY if BODY not in properties else f"request_{BODY}"]
            properties[names[0]] = schema
        # Most documents leave out whether a body is required; one that has required members then is.
        if holder.get("required", bool(value.get("required"))):
            required.extend(names)

    def _body(self, operation: _Operation) -> tuple[Node, JsonMapping] | None:
        """Return the object that holds the body's schema, and the one that may say whether the body is required."""
        owner = operation.node
        if owner.value.get("requestBody"):
            body = self._documents.resolved(Node(owner.value["requestBody"], owner.file))
            content = _json_content(body.value.get("content"))
            return None if content is None else (Node(content, body.file), body.value)
        for value in list_of(owner.value.get("parameters")):
            parameter = self._documents.resolved(Node(value, owner.file))
            if parameter.value.get("in") == "body":
                return parameter, parameter.value
        return None

    def _flat(self, node: Node, schemas: Schemas) -> Schema:
        """Return the body's schema with its own reference followed and an `allOf` of objects merged, so that members
        show."""
        node = self._documents.resolved(node)
        if not node.place:
            return self._merged(node, schemas)
        key = schemas, node.place
        if key not in self._flats:
            self._flats[key] = self._merged(node, schemas)
        return self._flats[key]

    def _merged(self, node: Node, schemas: Schemas) -> Schema:
        value = node.value
        if not isinstance(value.get("allOf"), list) or value.get("oneOf") or value.get("anyOf"):
            return schemas.converted(node)
        parts = [self._flat(Node(part, node.file), schemas) for part in value["allOf"]]
        parts.append(schemas.converted(Node(without(value, "allOf"), node.file)))
        whole: JsonObject = {"type": "object", "properties": {}}
        required: list[Json] = []
        for part in parts:
            if without(part.value, *_OBJECT_KEYWORDS) not in ({}, _OPEN):
                return schemas.converted(node)
            whole["properties"].update(object_of(part.value.get("properties")))
            required += list_of(part.value.get("required"))
        for source in (*value["allOf"], value):  # each may require what another has
            required += list_of(self._documents.resolved(Node(source, node.file)).value.get("required"))
        whole["required"] = list(filter(whole["properties"].__contains__, dict.fromkeys(map(str, required))))
        needs = frozenset[str]().union(*(part.needs for part in parts))
        return Schema(whole, sum(part.size for part in parts), needs)


def _json_content(contents: Json) -> JsonMapping | None:
    """Return what is there as JSON, else as anything; None where nothing is."""
    kinds = list(object_of(contents))
    kind = next((kind for kind in kinds if "json" in kind), "".join(kinds[:1]))
    content = member(contents, kind)
    return content if isinstance(content, Mapping) else None


def _is_empty_object(schema: JsonMapping) -> bool:
    """Return whether a body is an object of no known members, which says nothing that a call could give."""
    if schema.keys() - {*_OBJECT_KEYWORDS, "additionalProperties"} or schema.get("properties"):
        return False
    return schema.get("type", "object") == "object" and not schema.get("additionalProperties")


def _is_fixed(header: JsonMapping) -> bool:
    """Tell whether a header is of the protocol, or has a value of its own, so that no call gives it."""
    name = str(header.get("name"))
    has_value = member(header.get("schema"), "default") is not None
    return name.lower() == "accept" or is_protocol(name) or has_value


def _parameter_schema(node: Node, schemas: Schemas) -> Schema:
    parameter = node.value
    content = parameter.get("content")
    if "schema" in parameter:
        value = parameter["schema"]
    elif isinstance(content, Mapping):
        value = member(next(iter(content.values()), None), "schema")
    else:  # Swagger 2.0 has the schema's keywords in the parameter itself
        value = without(parameter, *_SWAGGER_ONLY)
    schema = schemas.converted(Node(object_of(value), node.file))
    extra: JsonObject = {}
    if description := str(parameter.get("description") or "").strip():
        extra["description"] = description
    examples = usable_examples([parameter["example"]] if "example" in parameter else parameter.get("examples"))
    if examples:
        extra["examples"] = examples
    return Schema({**schema.value, **extra}, schema.size + len(extra), schema.needs)


_OF_ANYTHING = re.compile(
    r"(?:the )?(?:unique )?(?:id|identifier)(?: of (?:the |an? )?(?:resource|object|entity))?", re.I
)


def _described(name: str, schema: Schema, path: str) -> Schema:
    """Return the schema of a bare `id` with what its path says that it is of, where its description does not."""
    description = str(schema.value.get("description") or "id").rstrip(". ")
    owner = re.search(rf"([\w-]{{3,}})/\{{{re.escape(name)}\}}", path)
    if name != "id" or owner is None or not _OF_ANYTHING.fullmatch(description):
        return schema
    of = " ".join(name_words(re.sub(r"(?<=[^s])s$", "", re.sub("ies$", "y", owner[1]))))
    return schema._replace(value={**schema.value, "description": f"The ID of the {of}"})


def _with_examples(schema: Schema, content: Node) -> Schema:
    """Return the body's schema, its members with the values that the body's example gives them."""
    example = object_of(content.value.get("example"))
    members = object_of(member(schema.value, "properties"))
    shown = dict(members)
    for name in filter(example.__contains__, members):
        examples, inner = usable_examples([example[name]]), members[name]
        if examples and isinstance(inner, dict):
            shown[name] = {**inner, "examples": inner.get("examples", examples)}
    return schema._replace(value={**schema.value, "properties": shown}) if members else schema


def _secret_names(document: JsonMapping) -> set[str]:
    """Names, in lower case, of the parameters that the document's security schemes take."""
    schemes = member(document.get("components"), "securitySchemes") or document.get("securityDefinitions")
    keys = (scheme for scheme in parts_of(schemes) if member(scheme, "type") == "apiKey")
    return {str(scheme.get("name")).lower() for scheme in keys}


def _name(text: str) -> str:
    """Return a name that every provider takes; one that is too long is cut and ends in what tells it from others."""
    name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_-]", "_", text)).strip("_")
    if len(name) <= MAX_NAME_LENGTH:
        return name
    return f"{name[: MAX_NAME_LENGTH - 9].rstrip('_-')}_{short_hash(text)}"


def _distinct(name: str, taken: set[str]) -> str:
    number, distinct = 1, name
    while distinct in taken:
        number += 1
        distinct = f"{name[: MAX_NAME_LENGTH - 1 - len(str(number))]}_{number}"
    return distinct
