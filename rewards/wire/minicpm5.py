"""MiniCPM5: a call is an element, and so is each argument; servers read it as XML, or by its tags where it is none.

    <function name="get_weather"><param name="city">Paris</param><param name="days">3</param></function>
    <function name="note"><param name="text"><![CDATA[a < b]]></param></function>

What is no text is written as Python. Source: the chat template of MiniCPM5-1B.
"""

import html
import re
from collections.abc import Sequence
from xml.etree import ElementTree

from rewards.brief import brief
from rewards.strict_json import Json, MalformedJsonError, decode, is_unencodable
from rewards.toolset import Tool, Toolset, tool_of
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.python_literals import Scanner, written
from rewards.wire.untyped import typed_call, types_of

_OPENING, _CLOSING = "<function name=", "</function>"
_TAGS = Tags(_OPENING, _CLOSING, re.compile(r"[\"'][^\"'<>]*+(?:\Z|[\"']>\s*+(?:<|\Z))"))
_HEAD = re.compile(_OPENING + r"[\"']([^\"'<>]++)[\"']\s*+>\s*+")
_PARAMETER = re.compile(r"<param name=[\"']([^\"'<>]++)[\"']>(.*?)</param>\s*+", re.DOTALL)
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_MARKUP = re.compile(r"[<&\n]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_CDATA = re.compile(f"\r|{_CDATA_END}|{_CLOSING}")

_Texts = list[tuple[str, str]]
"""The parameters of a call, each with what is written for it."""


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    return read_blocks(text, _TAGS, lambda text, inside: _block(text, inside, tools))


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return "\n".join(map(_rendered, calls))


def _rendered(call: ToolCall) -> str:
    texts = dict(zip(call.arguments, map(_text, call.arguments.values()), strict=True))
    is_xml = _NOT_IN_XML.search("".join([call.name, *texts, *texts.values()])) is None
    write = _marked_up if is_xml else _between_tags
    parameters = "".join(f'<param name="{name}">{write(text)}</param>' for name, text in texts.items())
    return f'{_OPENING}"{call.name}">{parameters}{_CLOSING}'


def _text(value: Json) -> str:
    return value if isinstance(value, str) else written(value)


def _marked_up(text: str) -> str:
    if _NOT_IN_CDATA.search(text):
        return html.escape(text, quote=False).replace("\r", "&#13;")
    return f"{_CDATA}{text}{_CDATA_END}" if _MARKUP.search(text) else text


def _between_tags(text: str) -> str:
    """Return a text as it is read where the element is no XML: nothing is unescaped, and its edges are stripped.

    A text that would end its parameter cannot be written; escaped, it is read as another text.
    """
    if "</param>" in text or _CLOSING in text:
        return html.escape(text, quote=False)
    return f"{_CDATA}{text}{_CDATA_END}" if _MARKUP.search(text) or text != text.strip() else text


def _block(text: str, inside: int, tools: Toolset | None) -> Block:
    end = text.find(_CLOSING, inside) + len(_CLOSING)
    element = text[inside - len(_OPENING) : end]
    if end < inside or _OPENING in element[1:] or is_unencodable(element):
        raise MalformedCallError("a function element is not closed, or holds a lone surrogate")
    name, texts = _read_as_xml(element) or _read_by_tags(element)
    tool = tool_of(tools, name)
    if tools is not None and name not in tools:
        raise MalformedCallError(f"no tool is called {brief(name)}")  # servers drop the call
    arguments = dict(texts)
    if len(arguments) < len(texts):
        raise MalformedCallError(f"call {brief(name)} gives a parameter twice")
    arguments = {key: value if _is_text(key, tool) else _as_json(value) for key, value in arguments.items()}
    return ParsedCompletion((typed_call(name, arguments, tool, {}),)), end


def _read_as_xml(element: str) -> tuple[str, _Texts] | None:
    try:
        root = ElementTree.fromstring(element)  # noqa: S314 - an element begins it, so that no entity can be declared
    except ElementTree.ParseError:
        return None
    parameters = list(root)
    beside = [root.text, *(parameter.tail for parameter in parameters)]
    is_flat = all(item.tag == "param" and item.get("name") and not len(item) for item in parameters)
    if not is_flat or any(text and text.strip() for text in beside):
        raise MalformedCallError("text beside the parameters of a call, or other elements")
    name = root.get("name", "").strip()
    if not name:
        raise MalformedCallError("a function element does not begin with a name")
    return name, [(item.get("name", ""), item.text or "") for item in parameters]


def _read_by_tags(element: str) -> tuple[str, _Texts]:
    head = _HEAD.match(element)
    if head is None:
        raise MalformedCallError("a function element does not begin with a name")
    texts: _Texts = []
    position = head.end()
    while parameter := _PARAMETER.match(element, position):
        name, value = parameter.groups()
        is_cdata = value.startswith(_CDATA) and value.endswith(_CDATA_END)
        if "<param" in value and not is_cdata:
            break
        texts.append((name, value[len(_CDATA) : -len(_CDATA_END)] if is_cdata else value.strip()))
        position = parameter.end()
    if not element.startswith(_CLOSING, position):
        raise MalformedCallError("text beside the parameters of a call, or one that is not closed")
    return head[1], texts


def _is_text(parameter: str, tool: Tool) -> bool:
    return types_of(tool.properties.get(parameter), tool.parameters) == {"string"}


def _as_json(text: str) -> str:
    """Return a Python literal as JSON; the text itself where it is JSON already, a string, a set, or no literal."""
    try:
        decode(text)
    except MalformedJsonError:
        scanner = Scanner(text, 0)
    else:
        return text
    try:
        value = scanner.mapping() if text.lstrip().startswith("{") else scanner.value()
    except (MalformedCallError, MalformedJsonError):
        return text
    scanner.skip_space()
    is_whole = scanner.position == len(text)
    return rendered_json(value) if is_whole and not isinstance(value, str) else text


FORMAT = Format(
    "minicpm5",
    lambda text: text.find(_OPENING),
    _parse,
    _render,
    marks=("<function", _CLOSING, "<param", "</param>"),
    inner=(_OPENING,),
    ends=("<|im_end|>",),
    is_untyped=True,
    vllm=("minicpm5",),
    sglang=("minicpm5",),
)
