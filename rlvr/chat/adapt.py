"""Templates that show no tools, or write no calls, are given a preamble that does both.

Gemma 3 and Phi-3.5 have no tools in their templates at all; Phi-4-mini's takes them with the system message; DeepSeek
V3's leaves them to the caller. The preamble turns tools, calls and results into messages that such a template writes.
It becomes part of the tokenizer's template and is saved with it, so that what serves the policy shows it what training
showed it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tokenizers import AddedToken

from rewards import ToolCall, wire
from rlvr.chat.template import (
    TEMPLATE_ERRORS,
    around_objects,
    chat_format,
    is_one_token,
    shows_tools,
    takes_system,
    templated,
    writes_calls,
)
from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import PreTrainedTokenizerBase

    from rlvr.files import Json, JsonMapping

_MARK = "{#- what the template below lacks: tools and calls as messages -#}\n"
_EXAMPLE = ToolCall("function_name", {"parameter": "value"})

_CALLS = """\
{%- set shown = namespace(messages=[], is_result=false) %}
{%- for message in messages %}
    {%- if message.tool_calls %}
        {%- set said = namespace(text=message.content or '') %}
        {%- for call in message.tool_calls %}
            {%- set call = call.function if call.function is defined else call %}
            {%- set arguments = call.arguments if call.arguments is string else call.arguments | tojson %}
            {%- set said.text = said.text ~ (FIRST if loop.first else BETWEEN) ~ '{"name": ' ~ (call.name | tojson)
                ~ ', "arguments": ' ~ arguments ~ '}' %}
        {%- endfor %}
        {%- set shown.messages = shown.messages + [{'role': 'assistant', 'content': said.text ~ LAST}] %}
        {%- set shown.is_result = false %}
    {%- elif message.role == 'tool' and shown.is_result %}
        {%- set before = shown.messages[-1] %}
        {%- set result = before.content ~ '\\n' ~ OPEN ~ message.content ~ CLOSE %}
        {%- set shown.messages = shown.messages[:-1] + [{'role': before.role, 'content': result}] %}
    {%- elif message.role == 'tool' %}
        {%- set shown.messages = shown.messages + [{'role': RESULT, 'content': OPEN ~ message.content ~ CLOSE}] %}
        {%- set shown.is_result = true %}
    {%- else %}
        {%- set shown.messages = shown.messages + [message] %}
        {%- set shown.is_result = false %}
    {%- endif %}
{%- endfor %}
{%- set messages = shown.messages %}
"""

_TOOLS = """\
{%- if tools %}
    {%- set offered = namespace(text=BEFORE) %}
    {%- for tool in tools %}
        {%- set offered.text = offered.text ~ '\\n'
            ~ ((tool.function if tool.function is defined else tool) | tojson) %}
    {%- endfor %}
    {%- set offered.text = offered.text ~ AFTER %}
    {%- if messages[0].role == ROLE %}
        {%- set first = {'role': ROLE, 'content': JOINED} %}
        {%- set messages = [first] + messages[1:] %}
    {%- else %}
        {%- set messages = [{'role': ROLE, 'content': offered.text}] + messages %}
    {%- endif %}
{%- endif %}
"""

_PHI_TOOLS = """\
{%- if tools %}
    {%- set offered = namespace(functions=[]) %}
    {%- for tool in tools %}
        {%- set offered.functions = offered.functions + [tool.function if tool.function is defined else tool] %}
    {%- endfor %}
    {%- set is_system = messages[0].role == 'system' %}
    {%- set content = messages[0].content if is_system else 'You are a helpful assistant with some tools.' %}
    {%- set first = {'role': 'system', 'content': content, 'tools': offered.functions | tojson} %}
    {%- set messages = [first] + (messages[1:] if is_system else messages) %}
{%- endif %}
"""


def adapt(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Give the tokenizer's template what it lacks.

    Returns:
        What was added, for a person; nothing where the template shows tools and writes calls itself.

    Raises:
        UserError: no template, or one that writes calls in a format that nothing here reads.
    """
    template = str(tokenizer.chat_template or "")
    if not template:
        raise UserError("the tokenizer has no chat template; use an instruction-tuned model")
    has_tools, has_calls = shows_tools(tokenizer), writes_calls(tokenizer)
    spoken = chat_format(tokenizer).wire
    if has_tools and has_calls:
        return ()
    preamble, notes = "", []
    if not has_calls:
        preamble += _calls_preamble(spoken)
        notes.append(f"the chat template writes no calls: they are written as text, in the format {spoken}")
    if not has_tools:
        preamble += _PHI_TOOLS if _takes_tools_with_system(tokenizer) else _tools_preamble(tokenizer, spoken)
        notes.append("the chat template shows no tools: they are written into the first message")
    tokenizer.chat_template = _MARK + preamble + template
    if not shows_tools(tokenizer):
        raise UserError("the chat template shows no tools, and takes none in its first message; give it another one")
    return tuple(notes)


def with_defaults(tokenizer: PreTrainedTokenizerBase, values: JsonMapping) -> None:
    """Let the template take these values where its caller gives none, such as `enable_thinking: false` for Qwen3.

    They become part of the template, so that the saved policy is served as it was trained.

    Raises:
        UserError: a name that cannot be a template's variable.
    """
    template = str(tokenizer.chat_template or "")
    lines = []
    for name, value in sorted(values.items()):
        if not name.isidentifier():
            raise UserError(f"model.chat_template_kwargs: {name!r} is not the name of a template's variable")
        lines.append(f"{{%- if {name} is not defined %}}{{%- set {name} = {_jinja(value)} %}}{{%- endif %}}\n")
    preamble = "".join(lines)
    if preamble and not template.startswith(preamble):
        tokenizer.chat_template = preamble + template


def add_missing_marks(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Make each mark of the format's calls a token of its own; which were not. The policy has yet to learn them."""
    spoken = chat_format(tokenizer).wire
    written = "".join(wire.render([_EXAMPLE], spoken))
    marks = [mark for mark in wire.FORMATS[spoken].marks if mark in written]
    missing = [mark for mark in marks if not is_one_token(tokenizer, mark)]
    tokenizer.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in missing])
    return missing


def _calls_preamble(spoken: str) -> str:
    names = ("FIRST", "BETWEEN", "LAST", "RESULT", "OPEN", "CLOSE")
    texts = (*around_objects(spoken), *wire.FORMATS[spoken].results)
    return _filled(_CALLS, dict(zip(names, texts, strict=True)))


def _tools_preamble(tokenizer: PreTrainedTokenizerBase, spoken: str) -> str:
    role = "system" if takes_system(tokenizer) else "user"
    example = wire.render([_EXAMPLE], spoken)
    before = "# Tools\n\nYou may call one or more of these functions:\n<tools>"
    after = f"\n</tools>\n\nTo call a function, write its name and its arguments like this:\n{example}"
    joined = "messages[0].content ~ '\\n\\n' ~ offered.text"
    if role == "user":
        joined = "offered.text ~ '\\n\\n' ~ messages[0].content"
    return _filled(_TOOLS.replace("JOINED", joined), {"BEFORE": before, "AFTER": after, "ROLE": role})


def _takes_tools_with_system(tokenizer: PreTrainedTokenizerBase) -> bool:
    message = {"role": "system", "content": "probe", "tools": "probe-tools"}
    try:
        return "probe-tools" in templated(tokenizer, [message, {"role": "user", "content": "probe"}], prompt=True)
    except TEMPLATE_ERRORS:
        return False


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(name, _jinja(value))
    return template


def _jinja(value: Json) -> str:
    """Return a value as a literal of Jinja, which reads JSON but for the escapes in its strings."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    return json.dumps(value)
