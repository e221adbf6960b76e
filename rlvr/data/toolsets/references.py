"""References of an OpenAPI document: inside it, and into the files beside it. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from rlvr.data.document import read_document
from rlvr.errors import UserError
from rlvr.files import Json

MAX_FILES = 10_000  # files that one document may be spread over


class UnusableError(Exception):
    """A part of a document that gives no tool; its text is the reason."""


class Node(NamedTuple):
    """A value of a document."""

    value: Json
    file: Path  # the file that it stands in, which its own references start from
    place: str = ""  # file and JSON pointer of a value that a reference leads to; empty for any other


class Documents:
    """A document and the files that it refers to, each read once.

    Args:
        path: the document's file; references may not leave its folder.
        root: its value.
    """

    def __init__(self, path: Path, root: Json) -> None:
        self.root = Node(root, path.resolve())
        self._folder = path.resolve().parent
        self._files: dict[Path, Json] = {self.root.file: root}
        self._anchors: dict[Path, dict[str, str]] = {}

    def resolved(self, node: Node) -> Node:
        """Return the object itself, or the one that its references lead to.

        Raises:
            UnusableError: a reference leads nowhere, or the value is no object.
        """
        node = self._followed(node, is_alone=False)
        if not isinstance(node.value, Mapping):
            raise UnusableError(f"{node.value!r:.60} is not an object")
        return node

    def resolved_schema(self, reference: str, file: Path) -> Node:
        """Return the schema that a reference leads to, through references that stand alone.

        Raises:
            UnusableError: as `target`, or it leads to itself.
        """
        return self._followed(self.target(reference, file), is_alone=True)

    def _followed(self, node: Node, *, is_alone: bool) -> Node:
        seen = {node.place}
        while isinstance(node.value, Mapping) and isinstance(reference := node.value.get("$ref"), str):
            if is_alone and len(node.value) > 1:
                break
            node = self.target(reference, node.file)
            if node.place in seen:
                raise UnusableError(f"the reference {reference!r} leads to itself")
            seen.add(node.place)
        return node

    def target(self, reference: str, file: Path) -> Node:
        """Return what a reference that stands in a file leads to.

        Raises:
            UnusableError: it leads nowhere, out of the document's folder, or to the network.
        """
        location, _, pointer = reference.partition("#")
        if "://" in location or location.startswith("//"):
            raise UnusableError(f"the reference {reference!r} leads to the network, and nothing is fetched")
        if location:
            file = self._file(file.parent / unquote(location), reference)
        pointer = unquote(pointer)
        if pointer and not pointer.startswith("/"):
            pointer = self._anchors_of(file).get(pointer, "/" + pointer)
        value = self._files[file]
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(value, Mapping) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                raise UnusableError(f"the reference {reference!r} leads nowhere")
        return Node(value, file, f"{file}#{pointer}")

    def _file(self, path: Path, reference: str) -> Path:
        path = path.resolve()
        if path in self._files:
            return path
        if not path.is_relative_to(self._folder):
            raise UnusableError(f"the reference {reference!r} leads out of the document's folder")
        if len(self._files) >= MAX_FILES:
            raise UnusableError(f"the document is spread over more than {MAX_FILES:,} files")
        if not path.is_file():
            raise UnusableError(f"the reference {reference!r} names no file beside the document")
        try:
            self._files[path] = read_document(path)
        except UserError as error:
            raise UnusableError(str(error)) from None
        return path

    def _anchors_of(self, file: Path) -> dict[str, str]:
        """Return the pointers of a file's schemas by the `$anchor` or `$dynamicAnchor` that names them."""
        if file not in self._anchors:
            self._anchors[file] = dict(_anchors(self._files[file], ""))
        return self._anchors[file]


def _anchors(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(value.get(keyword), str):
                yield value[keyword], pointer
        for key, item in value.items():
            yield from _anchors(item, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _anchors(item, f"{pointer}/{index}")
