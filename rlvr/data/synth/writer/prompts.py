"""The words with which a model is asked to write a request, a reply, or a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rewards.names import name_words
from rlvr.sampler import GREEDY, Request, Sampling

if TYPE_CHECKING:
    from rlvr.data.synth.writer.assignment import Assignment

PERSONAS = tuple((files("rlvr.data.synth.writer") / "personas.txt").read_text(encoding="utf-8").splitlines())

STYLES: Mapping[str, str] = {
    "formal": "polite and in whole sentences",
    "casual": "relaxed, as in a chat",
    "terse": "as few words as possible",
}
"""What each style of a row means; a style that is not here is named as it is."""

WRITE_REQUEST = """\
You write one message that a person sends to an assistant. The message says what the person wants, in the person's own
words, as someone would who has never seen the assistant's tools.
- State every fact that is listed, with its value written exactly as it is listed. Weave them into the sentence.
- State nothing else: no further names, numbers, dates or details.
- Name no tool and no field, and write no list of fields and values.
Answer with the message alone, without quotation marks or remarks."""

REWORD_REQUEST = """\
You write one message that a person sends to an assistant. You are shown a message; say the same in other words, as this
person would. Keep every name, number and date as it is, add nothing, leave nothing out, and do not answer it.
Answer with the message alone, without quotation marks or remarks."""

WRITE_REPLY = """\
You are an assistant and write your next message in a conversation. You are told what the message has to say. Say it in
your own words, to this person, in one or two sentences. Keep every name, number and date as it is, and add none.
Answer with the message alone, without quotation marks or remarks."""

EXAMPLES: Mapping[str, tuple[str, str]] = {
    WRITE_REQUEST: (
        """\
The person: a guest of a hotel. The message is relaxed, as in a chat.
The person wants: Book a table in a restaurant.
The facts:
- Name of the restaurant: Seven Oaks
- Day of the visit: 2026-11-02
- How many people come: 4
The person forgets to say, and does not hint at: Time of arrival""",
        "could you get the 4 of us into Seven Oaks on 2026-11-02?",
    ),
    REWORD_REQUEST: (
        """\
The person: a guest of a hotel. The message is as few words as possible.
The message:
Could you tell me who painted the Night Watch?""",
        "painter of the Night Watch?",
    ),
    WRITE_REPLY: (
        """\
The person wrote: could you get the 4 of us into Seven Oaks on 2026-11-02?
Your message has to say: Please tell me the time of arrival.""",
        "At what time would you like to arrive?",
    ),
}
"""What is shown before each request: small models follow an example where they do not follow an instruction."""

MAX_TOKENS = 400
"""Of a request or a reply; a model that thinks first needs more: `writer.request.max_tokens`."""

READ_TOKENS = 512
DRAWING = Sampling(temperature=0.9, top_p=0.95)


def request_for(assignment: Assignment, persona: str, attempt: int) -> Request:
    """Return what the writer is asked for the user's message."""
    style = str(assignment.row.extra_info.get("style", "casual"))
    who = f"The person: {persona}. The message is {STYLES.get(style, style)}."
    if not assignment.calls:
        return _asked(REWORD_REQUEST, f"{who}\nThe message:\n{assignment.draft}", attempt)
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
    return _asked(WRITE_REQUEST, "\n".join(parts), attempt)


def reply_for(assignment: Assignment, request: str, attempt: int) -> Request:
    """Return what the writer is asked for the assistant's question, refusal or answer."""
    lines = [f"The person wrote: {request}"]
    for message in assignment.row.prompt[assignment.place + 1 :]:
        if message["role"] == "tool":
            lines.append(f"A tool answered: {message.get('content')}")
    lines.append(f"Your message has to say: {assignment.row.ground_truth.text}")
    return _asked(WRITE_REPLY, "\n".join(lines), attempt)


def reading_of(assignment: Assignment, request: str) -> Request:
    """Return what the reader is asked: the row's prompt with the new request, and its tools."""
    return Request(prompt_with(assignment, request), assignment.row.tools, READ_TOKENS, sampling=GREEDY)


def prompt_with(assignment: Assignment, request: str) -> list[dict[str, Any]]:
    """Return the row's prompt with another request in the place of the rule's."""
    prompt = [dict(message) for message in assignment.row.prompt]
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


def _wish(assignment: Assignment, tool: str, arguments: Mapping[str, Any]) -> str:
    described = assignment.tools[tool].description if tool in assignment.tools else ""
    wish = " ".join((described or " ".join(name_words(tool))).split())[:400]
    facts = [f"- {assignment.words_for(tool, name)}: {written(value)}" for name, value in arguments.items()]
    return "\n".join([f"The person wants: {wish}", *(["The facts:", *facts] if facts else [])])


def _asked(instruction: str, shown: str, attempt: int) -> Request:
    asked, answer = EXAMPLES[instruction]
    turns = [("system", instruction), ("user", asked), ("assistant", answer), ("user", shown)]
    messages = [{"role": role, "content": content} for role, content in turns]
    return Request(messages, max_tokens=MAX_TOKENS, sampling=DRAWING, seed=attempt)
