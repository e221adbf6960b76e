"""The words with which a model is asked to write a request, a reply, or a call."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from rewards.names import name_words
from rlvr.data.synth.writer.assignment import Assignment
from rlvr.files import JsonMapping, JsonObject
from rlvr.sampler import GREEDY, Request, Sampling

_FOLDER = files("rlvr.data.synth.writer")
PERSONAS = tuple((_FOLDER / "personas.txt").read_text(encoding="utf-8").splitlines())
_LISTED: Mapping[str, Mapping[str, str]] = tomllib.loads((_FOLDER / "prompts.toml").read_text(encoding="utf-8"))
"""What the model is told and shown by what it is to write, and what each style means."""

MAX_TOKENS = 400  # of a request or a reply; a model that thinks first needs more: `writer.request.max_tokens`
READ_TOKENS = 512
DRAWING = Sampling(temperature=0.9, top_p=0.95)


def request_for(assignment: Assignment, persona: str, attempt: int) -> Request:
    """Return what the writer is asked for the user's message."""
    style = str(assignment.row.extra_info.get("style", "casual"))
    who = f"The person: {persona}. The message is {_LISTED['styles'].get(style, style)}."
    if not assignment.calls:
        return _asked("reword_request", f"{who}\nThe message:\n{assignment.draft}", attempt)
    wishes = [_wish(assignment, *call) for call in assignment.calls]
    parts = [who, *wishes]
    parts += [
        f"The {assignment.words_for(tool, parameter)} of the last wish comes from the first one: it is not known yet."
        for tool, parameter in assignment.from_results
    ]
    if assignment.withheld:
        tool = assignment.calls[0][0]
        words = ", ".join(assignment.words_for(tool, name) for name in assignment.withheld)
        parts.append(f"The person forgets to say, and does not hint at: {words}")
    return _asked("write_request", "\n".join(parts), attempt)


def reply_for(assignment: Assignment, request: str, attempt: int) -> Request:
    """Return what the writer is asked for the assistant's question, refusal or answer."""
    lines = [f"The person wrote: {request}"]
    for message in assignment.row.prompt[assignment.place + 1 :]:
        if message["role"] == "tool":
            lines.append(f"A tool answered: {message.get('content')}")
    lines.append(f"Your message has to say: {assignment.row.ground_truth.text}")
    return _asked("write_reply", "\n".join(lines), attempt)


def reading_of(assignment: Assignment, request: str) -> Request:
    """Return what the reader is asked: the row's prompt with the new request, and its tools."""
    return Request(prompt_with(assignment, request), assignment.row.tools, READ_TOKENS, sampling=GREEDY)


def prompt_with(assignment: Assignment, request: str) -> list[JsonObject]:
    """Return the row's prompt with another request in the place of the rule's."""
    prompt = list(map(dict, assignment.row.prompt))
    prompt[assignment.place]["content"] = request
    return prompt


def written(value: Any) -> str:
    """Return a value as a fact in a list shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _wish(assignment: Assignment, tool: str, arguments: JsonMapping) -> str:
    described = assignment.tools[tool].description if tool in assignment.tools else ""
    wish = " ".join((described or " ".join(name_words(tool))).split())[:400]
    facts = [f"- {assignment.words_for(tool, name)}: {written(value)}" for name, value in arguments.items()]
    return "\n".join([f"The person wants: {wish}", *(["The facts:", *facts] if facts else [])])


def _asked(task: str, shown: str, attempt: int) -> Request:
    told = _LISTED[task]
    turns = ("system", told["instruction"]), ("user", told["shown"]), ("assistant", told["answer"]), ("user", shown)
    messages = [{"role": role, "content": content} for role, content in turns]
    return Request(messages, max_tokens=MAX_TOKENS, sampling=DRAWING, seed=attempt)
