"""ChatGPT's data export, `conversations.json`: each conversation a tree of messages.

What leads to the current node is read; branches that were asked or answered anew are left out. ChatGPT's own tools
(python, web, images) take texts for which there is no schema: a conversation is read up to the first of them, as it is
up to the first picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations, early_end
from rlvr.data.json_values import list_of, member, object_of, text_in
from rlvr.files import Json, JsonMapping, Where

_ROLES = ("system", "user", "assistant")
_TO_ALL = ("all", None)
_SILENT = ("thoughts", "reasoning_recap", "user_editable_context", "model_editable_context")
"""Kinds of content that are no turn: what was thought, and what ChatGPT knows of its user."""


def _conversation(record: JsonMapping, where: Where) -> Exchanges:
    turns = [turn for turn in _turns(record) if turn["content"] != ""]
    plain = list[Json](takewhile(_is_plain, turns))
    reasons = [turn["what"] for turn in turns[len(plain) :]]
    end = where.error("mapping", f"{''.join(reasons[:1])}, so the conversation is read up to there")
    yield Exchange(plain, end=early_end(plain, turns, end))


def _turns(record: JsonMapping) -> Iterator[JsonMapping]:
    """Yield the messages that lead to the current node, the content of each as one text, or None where it has none."""
    for node in _path(record):
        message = object_of(node.get("message"))
        content, author = object_of(message.get("content")), object_of(message.get("author"))
        if content.get("content_type") in _SILENT or not message:
            continue
        role, recipient = author.get("role"), message.get("recipient")
        turn = {"role": role, "content": _text(content)}
        if role not in _ROLES or recipient not in _TO_ALL:
            yield {**turn, "what": f"{author.get('name') or recipient} is a tool of ChatGPT's own", "content": None}
        else:
            yield {**turn, "what": f"a {content.get('content_type')} holds other than text"}


def _path(record: JsonMapping) -> list[JsonMapping]:
    """Return the nodes from the root to the current node; to the last one without children where none is named."""
    nodes = object_of(record.get("mapping"))
    leaves = [name for name, node in nodes.items() if not member(node, "children")]
    node = object_of(nodes.get(text_in(record, "current_node") or "".join(leaves[-1:])))
    path: list[JsonMapping] = []
    while node and len(path) < len(nodes):
        path.insert(0, node)
        node = object_of(nodes.get(str(node.get("parent"))))
    return path


def _text(content: JsonMapping) -> str | None:
    """Return the text of a message; None where a part of it is none, such as a picture."""
    parts = content.get("parts") or [content.get("text")]
    texts = [part if isinstance(part, str) else text_in(part, "text") for part in list_of(parts)]
    return None if None in texts else "".join(filter(None, texts))


def _is_plain(turn: JsonMapping) -> bool:
    return turn["content"] is not None


FORMAT = conversations(
    name="chatgpt",
    summary="ChatGPT's data export: conversations.json",
    recognises=lambda record: any("message" in object_of(node) for node in object_of(record.get("mapping")).values()),
    find=_conversation,
    is_repeating=False,
    keys=("mapping", "current_node", "title"),
)
