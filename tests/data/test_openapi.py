"""OpenAPI documents as they are found: with mistakes, in several files, of any size."""

import json
from pathlib import Path
from typing import Any

import pytest

from rlvr.data.toolsets import LoadedTools, Selection, load_tools
from rlvr.errors import UserError

ALL = Selection()


def operation(name: str | None, *parameters: dict[str, Any], body: Any = None, **others: Any) -> dict[str, Any]:
    value: dict[str, Any] = {"summary": "Do it.", "parameters": list(parameters), **others}
    if name is not None:
        value["operationId"] = name
    if body is not None:
        value["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return value


def parameter(name: str, place: str = "query", **others: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}, **others}


def load(folder: Path, paths: dict[str, Any], selection: Selection = ALL, **others: Any) -> LoadedTools:
    (folder / "api.json").write_text(json.dumps({"openapi": "3.1.0", "paths": paths, **others}))
    return load_tools(str(folder / "api.json"), selection)


def properties(loaded: LoadedTools) -> dict[str, Any]:
    (tool,) = loaded.tools
    return dict(tool["function"]["parameters"]["properties"])


def names(loaded: LoadedTools) -> list[str]:
    return [tool["function"]["name"] for tool in loaded.tools]


def test_operations_that_cannot_be_used_are_named_and_the_others_kept(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        {
            "/a": {"get": operation("good", parameter("id"))},
            "/b": {"get": operation("lost", {"$ref": "#/components/parameters/None"})},
            "/c": {"put": operation("bad", body={"type": "string", "required": True})},
            "/d": {"$ref": "#/paths/~1e"},
        },
    )
    assert names(loaded) == ["good"]
    assert [f"{entry.place}: {entry.reason}" for entry in loaded.skipped] == [
        "GET /b (lost): the reference '#/components/parameters/None' leads nowhere",
        "/d: the reference '#/paths/~1e' leads nowhere",
        'bad: parameters.properties.body.required: True is not of type "array"',
    ]


def test_values_of_another_type_than_they_should_be_end_in_no_traceback(tmp_path: Path) -> None:
    bad = operation("bad", {"name": ["id"], "in": {}, "schema": {}}, responses=True)
    body = operation("listed", body={"properties": ["a"], "required": {"a": 1}})
    paths = {"/a": {"get": operation("good", parameter("id"))}, "/b": {"get": bad}, "/c": {"post": body}}
    assert "good" in names(load(tmp_path, paths))


def test_what_stands_in_a_path_is_required_whatever_the_document_says(tmp_path: Path) -> None:
    places = [parameter("id", "path", required=False), parameter("q", required="true"), parameter("n", required=False)]
    (tool,) = load(tmp_path, {"/a/{id}": {"get": operation("f", *places)}}).tools
    assert tool["function"]["parameters"]["required"] == ["id", "q"]


def test_names_are_distinct_and_no_longer_than_providers_take(tmp_path: Path) -> None:
    long = "orgs/shared-settings-for-projects-create-or-update-organization-definition"
    loaded = load(
        tmp_path,
        {
            "/a": {"put": operation(long), "get": operation("same name")},
            "/b": {"put": operation(f"{long}s"), "get": operation("same_name")},
            "/\u65e5": {"get": operation("\u65e5\u672c")},
        },
    )
    found = names(loaded)
    assert len(set(found)) == 5
    assert max(map(len, found)) <= 64
    assert found[0] == "same_name"
    assert found[2] == "same_name_2"
    assert found[4] == "get"


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["users"], [], ["list_users", "drop_user"]),
        (["/USERS*"], ["delete"], ["list_users"]),
        (["get *"], [], ["list_users", "list_rooms"]),
        (["*_rooms"], [], ["list_rooms"]),
        ([], ["users"], ["list_rooms"]),
    ],
    ids=["tag", "path without a method", "method and path", "name", "all but a tag"],
)
def test_a_selection(tmp_path: Path, include: list[str], exclude: list[str], expected: list[str]) -> None:
    users, user = operation("list_users", tags=["users"]), operation("drop_user", tags=["users"])
    paths = {"/users": {"get": users}, "/users/{id}": {"delete": user}, "/rooms": {"get": operation("list_rooms")}}
    assert names(load(tmp_path, paths, Selection(include, exclude))) == expected


def test_a_selection_that_meets_nothing_says_what_it_is_held_against(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="include and exclude leave no tool; they meet names, operations, paths"):
        load(tmp_path, {"/a": {"get": operation("a")}}, Selection(["b"]))


@pytest.mark.parametrize("body", [{}, {"type": "object"}, {"type": "object", "properties": {}}, {"description": "d"}])
def test_a_body_of_no_known_members_is_no_parameter(tmp_path: Path, body: Any) -> None:
    assert properties(load(tmp_path, {"/a": {"post": operation("a", body=body)}})) == {}


@pytest.mark.parametrize(
    ("method", "required", "body", "expected"),
    [
        ("patch", True, {"type": "object", "description": "A patch."}, ["body"]),
        ("put", True, {}, ["body"]),
        ("put", True, {"type": "object", "properties": {}}, []),
        ("put", False, {}, []),
    ],
)
def test_a_body_that_may_be_anything_is_a_parameter_where_it_is_all_that_is_done(
    tmp_path: Path, method: str, required: bool, body: Any, expected: list[str]
) -> None:
    request = {"required": required, "content": {"application/json": {"schema": body}}}
    assert list(properties(load(tmp_path, {"/a": {method: operation("a", requestBody=request)}}))) == expected


def test_a_secret_in_the_path_of_few_operations_is_what_they_are_about(tmp_path: Path) -> None:
    token = parameter("token", "path", description="An access token.")
    automount = {"type": ["boolean", "null"], "description": "Whether an API token is mounted."}
    members = {"automountToken": automount, "accessToken": {"type": "string"}, "apiKey": {"type": "object"}}
    body = {"type": "object", "properties": members}
    put, get = operation("mount", token, body=body), operation("list")
    few = {"/tokens/{token}": {"put": put}, "/tokens": {"get": get}, "/apps": {}}
    loaded = load(tmp_path, few)
    assert [list(tool["function"]["parameters"]["properties"]) for tool in loaded.tools] == [
        ["token", "automountToken", "apiKey"],
        [],
    ]
    assert list(properties(load(tmp_path, {"/bot{token}/send": {"post": put}}))) == ["automountToken", "apiKey"]


def test_members_of_several_parts_are_parameters_but_for_those_that_nobody_writes(tmp_path: Path) -> None:
    schemas = {
        "Id": {"type": "string", "readOnly": True},
        "Base": {"type": "object", "additionalProperties": True, "properties": {"name": {"type": "string"}}},
    }
    members = {"size": {"type": "integer"}, "id": {"$ref": "#/components/schemas/Id"}}
    parts = [{"$ref": "#/components/schemas/Base"}, {"properties": members, "required": ["id", "name"]}]
    path = parameter("id", "path", description=" ", schema={"type": "string", "description": "Which."})
    put = operation("a", path, body={"allOf": parts})
    loaded = load(tmp_path, {"/a/{id}": {"put": put}}, components={"schemas": schemas})
    assert list(properties(loaded)) == ["id", "name", "size"]
    assert properties(loaded)["id"]["description"] == "Which."
    assert loaded.tools[0]["function"]["parameters"]["required"] == ["id", "name"]


def test_an_enum_beside_an_array_is_of_its_items(tmp_path: Path) -> None:
    fields = {"type": "array", "items": {"type": "string"}, "enum": ["name", "tags"]}
    loaded = load(tmp_path, {"/a": {"get": operation("a", parameter("fields", schema=fields))}})
    assert properties(loaded)["fields"] == {"type": "array", "items": {"enum": ["name", "tags"], "type": "string"}}
    assert loaded.notes[0].reason == "the enum beside the type 'array' is taken as that of its items"


def test_a_name_that_stands_in_two_places_gives_two_parameters(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, {"/a/{id}": {"get": operation("a", parameter("id", "path"), parameter("id"), parameter("id"))}}
    )
    assert loaded.tools[0]["function"]["parameters"]["required"] == ["id", "id_query"]


def test_a_bare_id_is_described_by_its_path_and_a_header_of_the_protocol_is_no_parameter(tmp_path: Path) -> None:
    path = parameter("id", "path", description="The ID of the resource.")
    headers = [parameter("Api-Version", "header"), {**parameter("Beta", "header"), "schema": {"default": "yes"}}]
    loaded = load(tmp_path, {"/status-pages/{id}/posts": {"get": operation("a", path, *headers)}})
    assert {name: schema["description"] for name, schema in properties(loaded).items()} == {
        "id": "The ID of the status page"
    }


def test_headers_and_cookies_are_parameters_but_for_those_of_authentication_and_protocol(tmp_path: Path) -> None:
    parameters = [
        parameter("X-Tenant", "header"),
        parameter("theme", "cookie"),
        parameter("X-API-Key", "header"),
        parameter("session", "cookie"),
        parameter("Accept", "header"),
        parameter("token", description="Authentication token bearing required scopes."),
        parameter("appid", description="Yours."),
        parameter("key", description="The key of the song, such as C minor."),
        parameter("page_token"),
    ]
    security = {"securitySchemes": {"app": {"type": "apiKey", "in": "query", "name": "appid"}}}
    loaded = load(tmp_path, {"/a": {"get": operation("a", *parameters)}}, components=security)
    assert list(properties(loaded)) == ["X-Tenant", "theme", "key", "page_token"]
    assert loaded.tools[0]["function"]["parameters"]["required"] == ["X-Tenant", "theme", "key", "page_token"]


FILTER = {"type": "object", "properties": {"any": {"type": "array", "items": {"$recursiveRef": "#"}}}}
TREE = {"type": "object", "properties": {"next": {"$dynamicRef": "#node"}}}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"$recursiveAnchor": True, **FILTER}, {"any": [{"any": []}]}, {"any": [{"any": 3}]}),
        ({"$dynamicAnchor": "node", **TREE}, {"next": {"next": {}}}, {"next": {"next": 3}}),
        ({"$anchor": "node", **TREE}, {"next": {"next": {}}}, {"next": {"next": 3}}),
    ],
    ids=["$recursiveRef", "$dynamicRef", "an anchor"],
)
def test_schemas_that_contain_themselves_in_newer_words(tmp_path: Path, schema: Any, good: Any, bad: Any) -> None:
    from rewards import Toolset

    body = {"type": "object", "properties": {"filter": {"$ref": "#/components/schemas/Filter"}}}
    loaded = load(tmp_path, {"/a": {"post": operation("a", body=body)}}, components={"schemas": {"Filter": schema}})
    tool = Toolset(loaded.tools).get("a")
    assert tool is not None
    assert tool.admits({"filter": good})
    assert not tool.admits({"filter": bad})


def test_a_document_in_several_files(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "rooms.yaml").write_text(
        "get: {operationId: rooms, parameters: [{$ref: 'parts.json#/day'}]}\npost:\n  operationId: book\n"
        "  requestBody: {content: {application/json: {schema: {$ref: 'parts.json#/Room'}}}}\n"
    )
    parts = {
        "day": parameter("day"),
        "Room": {"type": "object", "properties": {"beds": {"$ref": "#/Beds"}}},
        "Beds": {"type": "integer", "minimum": 1},
    }
    (tmp_path / "shared" / "parts.json").write_text(json.dumps(parts))
    loaded = load(tmp_path, {"/rooms": {"$ref": "./shared/rooms.yaml"}})
    found = {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in loaded.tools}
    assert found == {"rooms": {"day": {"type": "string"}}, "book": {"beds": {"type": "integer", "minimum": 1}}}


def test_examples_are_kept_where_they_are_short_and_plain(tmp_path: Path) -> None:
    parameters = [
        parameter("a", schema={"type": "string", "example": "7mQx"}),
        parameter("b", example="AT"),
        parameter("c", examples={"one": {"value": 1}, "two": {"value": 2}}),
        parameter("d", example={"deep": True}),
    ]
    body = {"content": {"application/json": {"schema": {"properties": {"e": {}}}, "example": {"e": "x", "f": 1}}}}
    loaded = load(tmp_path, {"/a": {"post": operation("a", *parameters, requestBody=body)}})
    examples = {name: schema.get("examples") for name, schema in properties(loaded).items()}
    assert examples == {"a": ["7mQx"], "b": ["AT"], "c": [1, 2], "d": None, "e": ["x"]}


def test_a_schema_that_would_grow_exponentially_keeps_its_references(tmp_path: Path) -> None:
    schemas: dict[str, Any] = {"S0": {"type": "object", "properties": {"value": {"type": "string"}}}}
    for level in range(1, 40):
        reference = {"$ref": f"#/components/schemas/S{level - 1}"}
        schemas[f"S{level}"] = {"type": "object", "properties": {"left": reference, "right": reference}}
    body = {"$ref": "#/components/schemas/S39"}
    loaded = load(tmp_path, {"/a": {"post": operation("a", body=body)}}, components={"schemas": schemas})
    assert len(json.dumps(loaded.tools)) < 20_000
    from rewards import Toolset

    tool = Toolset(loaded.tools).get("a")
    assert tool is not None
    assert tool.admits({"left": {"right": {}}})
    assert not tool.admits({"left": {"right": 3}})


def test_an_operation_that_no_prompt_could_hold_is_named(tmp_path: Path) -> None:
    body = {"type": "object", "properties": {f"p{index}": {"type": "string"} for index in range(6_000)}}
    loaded = load(tmp_path, {"/a": {"post": operation("a", body=body), "get": operation("b")}})
    assert names(loaded) == ["b"]
    assert loaded.skipped[0].reason == "its schema holds more than 10,000 values"


def test_responses_are_kept_in_short_for_synthesis_alone(tmp_path: Path) -> None:
    members = {f"member_{number}": {"type": "string"} for number in range(20)}
    order = {
        "type": "object",
        "required": ["member_19"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            **members,
            "next": {"$ref": "#/components/schemas/O"},
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/O"}}}
    paths = {
        "/o": {"get": operation("get", responses={"200": {"content": content}, "404": {"description": "none"}})},
        "/p": {"delete": operation("drop", responses={"204": {"description": "gone"}})},
    }
    (tmp_path / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"O": order}}})
    )
    first, second = load_tools(str(tmp_path / "api.json"), with_responses=True).tools
    kept = first["function"]["x-response"]["properties"]
    assert [name for name in kept if name in ("id", "member_19")] == ["id", "member_19"]
    assert len(kept) == 8
    assert "x-response" not in second["function"]
    assert all("x-response" not in tool["function"] for tool in load_tools(str(tmp_path / "api.json")).tools)


@pytest.mark.parametrize(
    ("says", "members", "expected"),
    [
        ({}, ["name"], ["name"]),
        ({}, [], None),
        ({"required": True}, ["name"], ["name"]),
        ({"required": False}, ["name"], None),
    ],
    ids=["left out", "left out, all optional", "required", "optional"],
)
def test_a_body_that_is_not_called_optional_is_required_where_a_member_is(
    tmp_path: Path, says: dict[str, Any], members: list[str], expected: list[str] | None
) -> None:
    body = {"type": "object", "properties": {"name": {"type": "string"}, "public": {"type": "boolean"}}}
    schema = {**body, "required": members} if members else body
    request = {**says, "content": {"application/json": {"schema": schema}}}
    loaded = load(tmp_path, {"/playlists": {"post": operation("add", requestBody=request)}})
    assert loaded.tools[0]["function"]["parameters"].get("required") == expected
