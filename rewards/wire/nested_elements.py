"""Lists and objects as elements inside of elements: `<tags><item>a</item></tags>`, `<where><x>1</x></where>`.

An element that holds others is a list where its schema admits one and all of them are called `item`; it is an object
elsewhere.
"""

import re
from collections.abc import Mapping

from rewards.brief import brief
from rewards.limits import MAX_JSON_DEPTH
from rewards.strict_json import Json, JsonMapping, JsonObject, skip_space
from rewards.toolset import Tool
from rewards.types import ToolCall
from rewards.wire.completion import MalformedCallError
from rewards.wire.escape import rendered_json
from rewards.wire.untyped import ANY, alternatives_of, text_of, types_of, value_of

Element = str | list[tuple[str, "Element"]]
"""What an element holds: a text, or other elements by name."""

_ITEM = "item"
_EMPTY: Mapping[frozenset[str], Json] = {frozenset({"array"}): [], frozenset({"object"}): {}}
_WRITABLE_NAME = re.compile(r"(?!/)[^\s<>\"]+")


def read(text: str, position: int, tag: re.Pattern[str], closing: str, depth: int = 0) -> tuple[Element, int]:
    """Return what an element holds whose tag ends at a position, and where its closing tag begins.

    Args:
        text: of the completion.
        position: behind the element's tag.
        tag: of an element; its first group is the name.
        closing: the tag that ends an element, with `{}` for the name.
        depth: how many elements it stands in.

    Raises:
        MalformedCallError: an element inside of it is not closed, or they are nested too deep.
    """
    if depth > MAX_JSON_DEPTH:
        raise MalformedCallError(f"elements nested deeper than {MAX_JSON_DEPTH}")
    start = skip_space(text, position)
    inner = tag.match(text, start)
    if inner is None:
        mark = closing.partition("/")[0]
        end = text.find(mark, position)
        return text[position:end], end
    elements: list[tuple[str, Element]] = []
    while inner:
        element, end = read(text, inner.end(), tag, closing, depth + 1)
        end_tag = closing.format(inner[1])
        if not text.startswith(end_tag, end):  # nor does it where `end` is -1
            raise MalformedCallError(f"element {brief(inner[1])} is not closed")
        elements.append((inner[1], element))
        start = skip_space(text, end + len(end_tag))
        inner = tag.match(text, start)
    return elements, start


def typed_call(name: str, elements: Mapping[str, Element], tool: Tool) -> ToolCall:
    """Return the call of a tool whose arguments were written as elements, typed by its schema.

    Raises:
        MalformedCallError: a member of an object is given twice.
    """
    arguments: JsonObject = {}
    untold = []
    for key, element in elements.items():
        arguments[key], is_told = _value(element, tool.properties.get(key), tool.parameters)
        if not is_told:
            untold.append(key)
    return ToolCall(name, arguments, frozenset(untold))


def written(value: Json, key: str, tool: Tool, tag: str, closing: str) -> str:
    """Return an argument's value as elements where these read back, and else as JSON or a text."""
    text = _as_elements(value, tag, closing)
    pattern = re.compile(re.escape(tag).replace(r"\{\}", f"({_WRITABLE_NAME.pattern})"))
    try:
        element, _ = read(text + closing, 0, pattern, closing)
        read_back, _ = _value(element, tool.properties.get(key), tool.parameters)
    except MalformedCallError:
        return text_of(value)
    return text if rendered_json(read_back) == rendered_json(value) else text_of(value)


def _as_elements(value: Json, tag: str, closing: str) -> str:
    if isinstance(value, list):
        parts = [(_ITEM, item) for item in value]
    elif isinstance(value, dict):
        parts = list(value.items())
    else:
        return text_of(value)
    return "".join(
        f"{tag.format(name)}{_as_elements(part, tag, closing)}{closing.format(name)}" for name, part in parts
    )


def _value(element: Element, schema: object, root: JsonMapping) -> tuple[Json, bool]:
    """Return the value of an element, and whether the schema tells the types of all its texts."""
    types = types_of(schema, root)
    if isinstance(element, str):
        if element.strip() or types - {"null"} not in _EMPTY:
            return value_of(element, types)
        return _EMPTY[types - {"null"}], True
    names = [name for name, _ in element]
    is_list = "array" in types and set(names) == {_ITEM}
    if not is_list and len(set(names)) < len(names):
        raise MalformedCallError("a member of an object is given twice")
    values, told = [], types != ANY
    for name, inner in element:
        value, is_told = _value(inner, _part(schema, root, name, is_list), root)
        values.append(value)
        told &= is_told
    return values if is_list else dict(zip(names, values, strict=True)), told


def _part(schema: object, root: JsonMapping, name: str, is_item: bool) -> object:
    """Return the schema of a list's items, or of an object's member; None where nothing tells it."""
    for alternative in alternatives_of(schema, root):
        members = alternative.get("properties", {})
        part = alternative.get("items") if is_item else members.get(name, alternative.get("additionalProperties"))
        if part is not None:
            return part
    return None
