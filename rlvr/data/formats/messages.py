"""Chat messages in the words of other providers and frameworks, as OpenAI has them.

Read are those of Anthropic, OpenAI Responses, Gemini and its ADK, Bedrock Converse, OpenTelemetry, LangChain,
LlamaIndex, AutoGen, Semantic Kernel, Haystack, PydanticAI, the Vercel AI SDK, ATIF, ms-swift and LLaMA-Factory; each
item tells by its own shape whose it is, so that a list may mix them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from rlvr.data.formats.parts import (
    OF_SMOLAGENTS,
    Result,
    UnreadableError,
    call_in_part,
    call_of_item,
    calls_beside,
    holds_results,
    hosted_tool,
    is_silent,
    looks_like_call,
    of_smolagents,
    openai_call,
    part_kind,
    result_in_part,
    result_of,
    result_text,
    unwrapped_part,
)
from rlvr.data.formats.spelled import ITEM, MESSAGE, PART, ROLES, letters, role_named
from rlvr.data.json_values import (
    OBJECT,
    first_of,
    items_of,
    json_in,
    json_or_python,
    list_of,
    member,
    object_of,
    parts_of,
    without_nulls,
)
from rlvr.files import Json, JsonMapping, JsonObject
from rlvr.records.message import function_of

_PLAIN_ROLES = ("system", "developer", "user", "assistant", "tool")
_HEARD = ("user", "tool")  # roles whose messages are nothing without a content
_ITEMS = {*ITEM.called, *ITEM.hosted, *(f"{kind}_output" for kind in ITEM.called)}
_CONTENTS = {*MESSAGE.parts, *MESSAGE.content, "toolInvocations", "tool_results"}
_WRAPPERS = frozenset(
    ["kwargs", "from", "info", "tool", "Role", "Items", "content_json"]
)  # of messages that may have a role too
_BESIDE = (*MESSAGE.calls, "observation", "tool_results")  # what may stand beside a message, and not in it
_ENDED = frozenset(MESSAGE.ended)
_SHAREGPT = frozenset(["from", "value"])
_MAY_HOLD_CALLS = {*MESSAGE.role, *MESSAGE.id, *MESSAGE.calls, *MESSAGE.telling, *MESSAGE.may_hold_calls}
CUT_OFF = "finish_reason"  # member of a turn that ended before its time: why
HOSTED = "hosted_tool"  # member of a turn that used a tool of the model's provider, whose results no prompt holds


def openai_messages(items: Sequence[Json]) -> tuple[list[Json], str | None]:
    """Return the messages in OpenAI's form, up to the first item that cannot be read, and which that is and why.

    Those that are in that form already are the same objects.
    """
    reader = _Reader()
    for index, item in enumerate(items):
        try:
            reader.add(item)
        except UnreadableError as error:
            return reader.messages, f"[{index}]{error}"
    return reader.messages, None


def is_message(item: Json) -> bool:
    """Tell whether a value is a message of any of these forms."""
    match item:
        case [str(role), str()]:  # LangChain takes pairs
            return role_named(role) is not None
        case {"content": Mapping()} | {"message": Mapping()} if "role" not in item:
            inner = _unwrapped(item)
            return inner is not item and is_message(inner)
        case {"role": str(role)} | {"sender": str(role)} | {"actor": str(role)}:
            return role_named(role) is not None and not item.keys().isdisjoint(MESSAGE.telling)
        case {"source": str(), "message": str()}:  # ATIF
            return not is_event_of_openhands(item)
        case {"source": str()}:  # AutoGen
            return str(first_of(item, ("type", "kind"))).endswith(("Message", "Event"))  # and OpenHands' newer events
        case {"parts": list()}:  # PydanticAI
            return item.get("kind") in ("request", "response")
        case {"type": str(kind)} if kind in _ITEMS:
            return True
        case {"Items": _} | {"kwargs": Mapping(), "id": list()} | {"info": {"role": str()}, "parts": list()}:
            return True  # Semantic Kernel, LangChain, OpenCode
        case (
            {"type": kind, "content": _} | {"type": kind, "data": _} | {"type": kind, "call_id": _}
            | {"type": kind, "callId": _} | {"type": kind, "tool_id": _} | {"kind": kind, "content": _}
            | {"kind": kind, "tool_calls": _} | {"kind": kind, "data": Mapping()}
        ):  # fmt: skip
            return role_named(kind) is not None
    return False


def is_event_of_openhands(item: Json) -> bool:
    """Tell whether a value is an event of OpenHands: an action, or what came of one."""
    return isinstance(item, OBJECT) and "source" in item and first_of(item, ("action", "observation"), str) is not None


class _Reader:
    """Puts messages together item by item."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self._texts: list[str] = []
        self._calls: list[JsonObject] = []
        self._answered: Json = None  # the call that a message says it answers, where its parts do not say
        self._hosted: Json = None  # the provider's own tool that the turn has used
        self._held: list[Result] = []  # results that stand beside their calls, until the step of these is over
        self._step: Json = None  # its number
        self._has_steps = False  # whether the message tells where steps end

    def add(self, item: Json) -> None:
        if not isinstance(item, OBJECT):
            item = _of_pair(item)
        inner = _unwrapped(item)
        if (key := _unread_calls(inner)) is not None:
            raise UnreadableError(f".{key}: holds calls in a form that is not read")
        if _is_plain(inner):
            self.messages.append(inner)
            return
        item = of_smolagents(inner, _content(inner), self.messages)
        self._instruct(item)
        if self._is_other_item(item):
            return
        role = _role(item)
        content = _content(item)
        if role in _HEARD and _CONTENTS.isdisjoint(item):
            raise UnreadableError(f": has {', '.join(item)}, but no content")
        if "call" in (role, role_named(item.get("type"))):
            self._calls += map(openai_call, calls_beside(item) or items_of(json_or_python(item.get("content") or item)))
            self._end_turn(marks_of(item))
            if item.get("result") is not None:
                self._result(*result_of(item))
            return
        if self._was_called(role):  # LangChain's callbacks in JavaScript have a tool's name for the role
            self._result(None, role, content)
            return
        if role == "tool" and not holds_results(content):
            source = {**object_of(item.get("additional_kwargs")), **item}
            self._result(first_of(source, MESSAGE.id), source.get("name"), content)
            return
        self._add_parts(item, content, role)
        if role == "assistant":
            self._end_assistant(item)
            return
        text, self._texts = "".join(self._texts), []
        if text or not holds_results(content):
            self.messages.append({"role": role, "content": text, **marks_of(item)})

    def _end_assistant(self, item: JsonMapping) -> None:
        """Add the assistant's turn, and the results that stand in it: ATIF, ElevenLabs, Gemini CLI."""
        results = [*items_of(member(item.get("observation"), "results")), *items_of(item.get("tool_results"))]
        if self._calls or any(self._texts) or not results:
            self._end_turn(marks_of(item))
        for result in results:
            self._result(*result_of(result))
        calls = map(object_of, items_of(item.get("toolCalls")))
        for part in chain.from_iterable(list_of(call.get("result")) for call in calls):
            self._part(part, "tool")

    def _instruct(self, item: JsonMapping) -> None:
        """Put the instructions that a request of PydanticAI holds before the conversation.

        Raises:
            UnreadableError: they are not those of the requests before it.
        """
        if not isinstance(item.get("instructions"), str):
            return
        system = {"role": "system", "content": item["instructions"]}
        before = self.messages[:1] or [system]
        if before != [system]:
            raise UnreadableError(".instructions: change during the conversation")
        self.messages[:1] = before

    def _was_called(self, role: Json) -> bool:
        """Tell whether a role is the name of a tool that an earlier turn called."""
        if role in _PLAIN_ROLES:
            return False
        calls = [call for message in self.messages for call in message.get("tool_calls") or ()]
        return any(function_of(call).get("name") == role for call in calls)

    def _add_parts(self, item: JsonMapping, content: Json, role: Json) -> None:
        self._has_steps = any(letters(member(part, "type")) in PART.step for part in list_of(content))
        if "parts" not in item:  # which repeat them
            for invocation in items_of(item.get("toolInvocations")):  # of the turns before the one that the text is of
                self._part({"type": "tool-invocation", "toolInvocation": invocation}, role)
        self._answered = first_of(item, MESSAGE.id[:-1])
        for part in items_of(content):
            self._part(part, role)
        self._end_step()
        if not self._calls:
            self._calls = list(map(openai_call, calls_beside(item)))

    def _is_other_item(self, item: JsonMapping) -> bool:
        """Take an item of OpenAI's Responses API that is no message; return whether it was one, or a thought."""
        if item.get("role") is not None:
            return role_named(item["role"]) == "item"
        kind = str(item.get("type"))
        if {"call_id", "name", "arguments"} <= item.keys():  # DeepEval leaves the type out
            kind = "function_call"
        if role_named(kind) == "call" and kind not in ITEM.called:
            return False
        if kind in ITEM.called:
            self._calls = [call_of_item(item, kind)]
            if self.messages and self.messages[-1]["role"] == "assistant":
                before = self.messages.pop()
                for part in items_of(before.get("content")):
                    self._part(part, "assistant")
                self._calls = [*(before.get("tool_calls") or ()), *self._calls]
                self._hosted = self._hosted or before.get(HOSTED)
            self._end_turn({})
        elif kind.endswith("_call"):
            self._hosted = kind.removesuffix("_call")
        if kind.endswith("call_output") or (kind == "mcp_call" and "output" in item):
            self._result(first_of(item, MESSAGE.id), None, item.get("output"))
        return role_named(kind) == "item" or kind.endswith(("_call", "_output"))

    def _hold(self, call: JsonMapping, result: Result) -> None:
        """Keep a result that stands beside its call until the step that made the call is over.

        Raises:
            UnreadableError: it is another in a message that does not tell its steps.
        """
        step = call.get("step")
        if self._held and not self._has_steps and step is None:
            raise UnreadableError(": holds calls with their results, and nothing says which calls are one turn")
        if step != self._step:
            self._end_step()
        self._step = step
        self._held.append(result)

    def _end_step(self) -> None:
        """Add the turn that makes the calls of a step, and their results."""
        held, self._held = self._held, []
        if held:
            self._end_turn({})
        for identity, name, value in held:
            self._result(identity or self._answered, name, value)

    def _end_turn(self, extra: JsonMapping) -> None:
        """Add the assistant's turn that texts and calls make."""
        message: JsonObject = {"role": "assistant", "content": "".join(self._texts)}
        if self._calls:
            message["tool_calls"] = self._calls
        if self._calls or message["content"] or not (self.messages and self.messages[-1]["role"] == "tool"):
            self.messages.append(without_nulls({**message, HOSTED: self._hosted, **extra}))
        self._texts, self._calls, self._hosted = [], [], None

    def _result(self, identity: Json, name: Json, value: Json) -> None:
        message = {"role": "tool", "tool_call_id": identity, "name": name, "content": result_text(value)}
        self.messages.append(without_nulls(message))

    def _part(self, part: Json, role: Json) -> None:
        part = unwrapped_part(part)
        kind = part_kind(part)
        if kind in PART.step:
            self._end_step()
            return
        if is_silent(part, kind):
            return
        if (hosted := hosted_tool(part, kind)) is not None:
            self._hosted = hosted
            return
        call, result = call_in_part(part, kind), result_in_part(part, kind)
        if call is not None:
            if result is not None:
                self._hold(call, result)
            self._calls.append(openai_call(call))
            return
        self._end_step()
        if result is None:
            self._text_part(part, kind)
            return
        if role == "assistant" and (self._texts or self._calls):
            self._end_turn({})
        identity, name, value = result
        self._result(identity or self._answered, name, value)

    def _text_part(self, part: JsonMapping, kind: str) -> None:
        text = first_of(part, PART.holds_text, str)
        if kind == "systemprompt" and text is not None:  # PydanticAI
            self.messages.append({"role": "system", "content": text})
            return
        if kind not in ("", *PART.text) or text is None:
            named = first_of(part, PART.kind) or ", ".join(without_nulls(part))
            raise UnreadableError(f".content: holds a part of type {named!r}; only text can be used")
        self._texts.append(text)


def _of_pair(item: Json) -> JsonObject:
    """Return a pair of a role and a text, as LangChain takes them, as a message.

    Raises:
        UnreadableError: it is no such pair.
    """
    match item:
        case [str(role), str(text)]:
            return {"role": role, "content": text}
    raise UnreadableError(f": a {type(item).__name__} is no message")


def _unread_calls(item: JsonMapping) -> str | None:
    """Return the member of a message in which calls stand that no reader knows, so that they are not lost silently."""
    for key in item.keys() - _MAY_HOLD_CALLS:
        listed = [object_of(item[key]), *list_of(item[key])]
        if any(map(looks_like_call, chain(listed, *map(parts_of, listed)))):
            return key
    return None


def _is_plain(item: JsonMapping) -> bool:
    """Tell whether a message is as OpenAI has it."""
    if item.get("role") not in _PLAIN_ROLES or not item.keys().isdisjoint(MESSAGE.foreign):
        return False
    if item["role"] in _HEARD and "content" not in item:
        return False
    if not all(map(_is_plain_call, items_of(item.get("tool_calls")))):
        return False
    content = item.get("content")
    if isinstance(content, list):
        return all(map(_is_plain_part, content))
    return content is None or _is_plain_text(content)


def _is_plain_part(part: Json) -> bool:
    return member(part, "type") == "text" and _is_plain_text(part.get("text"))


def _is_plain_text(text: Json) -> bool:
    """Tell whether a value is a text in which smolagents writes no call and no result."""
    return isinstance(text, str) and not text.startswith(OF_SMOLAGENTS)


def _is_plain_call(call: Json) -> bool:
    return isinstance(member(member(call, "function"), "name"), str) and "args" not in call


def _unwrapped(item: JsonMapping) -> JsonMapping:
    """Return the message inside the wrappers of LangChain, OpenInference, LangSmith and ADK; keys begin small."""
    if "role" in item and _WRAPPERS.isdisjoint(item):
        return item
    if item.keys() >= _SHAREGPT:
        role = str(item["from"])
        return {"role": ROLES.get(role) or ROLES.get(letters(role), role), "content": item["value"], **_silence(item)}
    match item:
        case {"kwargs": Mapping() as inner, "id": [*_, kind]}:
            return {**inner, "type": kind}
        case {"data": Mapping() as inner, "type": kind} | {"data": Mapping() as inner, "kind": kind} if (
            "role" not in item
        ):
            return {**inner, "type": kind}
        case {"message": Mapping() as inner} | {"content": Mapping() as inner} if "role" not in item:
            return {**{key: item[key] for key in _BESIDE if item.get(key)}, **_unwrapped(inner)}
        case {"type": "AssistantMessage", "thought": str(text), "content": [*calls]}:  # AutoGen
            return {**item, "content": [{"type": "text", "text": text}, *calls]}
        case {"info": {"role": str(role)}, "parts": content}:  # OpenCode
            return {"role": role, "content": content}
        case {"tool": {"tool": str(), "args": Mapping()} as call}:  # Swarm, which says that the user makes it
            return {"role": "assistant", "tool_calls": [call]}
        case {"Role": _} | {"Items": _}:  # Semantic Kernel
            small = _with_small_keys(item)
            role = small.get("role")
            return {**small, "role": role.get("label") if isinstance(role, Mapping) else role}
    return _in_event(item)


def _in_event(item: JsonMapping) -> JsonMapping:
    """Return the message inside an event of OpenHands' newer log, or inside a row of Goose's database."""
    match item:
        case {"llm_message": Mapping() as inner}:
            return inner
        case {"observation": {"content": content}, "tool_call_id": identity}:
            return {"role": "tool", "tool_call_id": identity, "content": content}
        case {"system_prompt": {"text": str(text)}}:
            return {"role": "system", "content": text}
        case {"content_json": str(text)}:
            return {"role": item.get("role"), "content": json_in(text)}
    return item


def _with_small_keys(value: Json) -> Json:
    if isinstance(value, list):
        return list(map(_with_small_keys, value))
    if not isinstance(value, Mapping):
        return value
    return {
        key[:1].lower() + key[1:]: item if key == "Arguments" else _with_small_keys(item) for key, item in value.items()
    }


def role_of(item: Json) -> Json:
    """Return the role that a message has, in OpenAI's words."""
    return _role(_unwrapped(object_of(item)))


def _role(item: JsonMapping) -> Json:
    """Return the role in OpenAI's words; an agent that goes by a name of its own is the assistant."""
    if item.get("role") is None and isinstance(item.get("source"), str):
        return ROLES.get(letters(item["source"]), "assistant")
    name = first_of(item, MESSAGE.role, str)
    return ROLES.get(letters(name), name)


def _content(item: JsonMapping) -> Json:
    parts = first_of(item, MESSAGE.parts, list)
    content = first_of(item, MESSAGE.content) if parts is None else parts
    return first_of(object_of(content), ("parts",), list) or content  # Mastra


def marks_of(item: JsonMapping) -> JsonObject:
    """Return OpenAI's `weight` 0 for a turn that is not to be learned from, which others write otherwise, and why it
    was cut off."""
    return {**_silence(item), **cut_off(item)}


def _silence(item: JsonMapping) -> JsonObject:
    return {"weight": 0} if 0 in map(item.get, ("weight", "loss_weight", "loss")) else {}


def cut_off(turn: JsonMapping) -> JsonObject:
    """Return the member that says why a turn, or the response with it, was cut off; none where it was not."""
    reasons = map(turn.get, sorted(_ENDED & turn.keys()))
    return without_nulls({CUT_OFF: next(filter(_is_cut, reasons), None)})


def _is_cut(reason: Json) -> bool:
    return letters(reason) in MESSAGE.cut
