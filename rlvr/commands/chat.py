"""`rlvr chat`: type a request, see the calls that a policy makes of it, and how they stand to the tools' schemas."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rewards import Toolset
from rewards.wire import AUTO, parse
from rewards.wire.completion import ParsedCompletion
from rlvr.commands.arguments import read_words
from rlvr.errors import UserError
from rlvr.progress import say, standard_console, waiting
from rlvr.sampler import Request, completions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from rewards import ToolCall
    from rlvr.sampler import Completion, Sampler
    from rlvr.serving.trained import Trained

HELP = """\
usage: rlvr chat RUN [tools=TOOLS.json] [option=value]

Talk to a policy about tools. Each answer is shown as it was written and as the calls that a server would hand over,
each held against its tool's schema. After a call, type what the tool answers, or an empty line for a new conversation.
An empty line, Ctrl-D or Ctrl-C ends it.

  RUN  a run's folder, an exported folder, or that of a stage or a model
"""


@dataclass(frozen=True)
class ChatOptions:
    """What `rlvr chat` takes."""

    tools: str | None = None
    """What it is offered: whatever `rlvr data tools` reads; null is the five tools of `rlvr demo`."""
    system: str | None = None
    """A system message."""
    endpoint: str | None = None
    """A server that serves it, such as http://localhost:8000/v1, instead of the weights."""
    name: str | None = None
    """The model's name there; null is the one that it serves."""
    stage: str | None = None
    """Which of the run's policies: sft, dpo or grpo; null is the last."""
    max_new_tokens: int = 256
    """Where an answer is cut."""


OPTIONS = ChatOptions


def run(arguments: list[str]) -> None:
    """Talk to the policy that the arguments name until the input ends."""
    (path,), options = read_words(ChatOptions, arguments, "RUN")
    console = standard_console()
    tools = _tools(options.tools)
    with waiting(console, "loading PyTorch"):
        from rlvr.quiet import quiet_libraries
        from rlvr.serving import trained
    policy = trained.find(path, options.stage)
    with waiting(console, f"loading {policy.source}"), quiet_libraries():
        sampler = _sampler(policy, options)
    say(console, f"tools: {', '.join(Toolset(tools).names)}")
    try:
        _Conversation(sampler, tools, options, console).hold()
    finally:
        sampler.close()


def _tools(source: str | None) -> list[dict[str, Any]]:
    if source is None:
        from rlvr.data.synth.five_tools import TOOLS

        return [dict(tool) for tool in TOOLS]
    from rlvr.data.toolsets import load_tools

    return list(load_tools(source).tools)


def _sampler(policy: Trained, options: ChatOptions) -> Sampler:
    if options.endpoint is not None:
        from rlvr.sampling.endpoint import Endpoint

        return Endpoint.open(options.endpoint, options.name, option="endpoint")
    from rlvr.config import HardwareConfig
    from rlvr.policy.load import device_for, load_policy
    from rlvr.sampling.hf import HfSampler

    return HfSampler(load_policy(policy.model_config(), device=device_for(HardwareConfig())), policy.name)


@dataclass
class _Conversation:
    """One conversation after the other, on standard input and output."""

    sampler: Sampler
    tools: list[dict[str, Any]]
    options: ChatOptions
    console: Console
    messages: list[dict[str, Any]] = field(default_factory=list)

    def hold(self) -> None:
        """Ask for what the user says until the input ends."""
        while (said := _typed("you: ")) is not None and said:
            self.messages = [{"role": "system", "content": self.options.system}] if self.options.system else []
            self.messages.append({"role": "user", "content": said})
            while self._answer():
                pass

    def _answer(self) -> bool:
        """Show the policy's next turn; return whether the conversation goes on after it."""
        completion = self._completion()
        parsed = self._parsed(completion)
        if self.sampler.wire is not None:
            say(self.console, f"written: {completion.text}")
        for line in judged(parsed, Toolset(self.tools)):
            say(self.console, line)
        if completion.is_truncated:
            say(self.console, f"! cut at {self.options.max_new_tokens} tokens: max_new_tokens=N allows more")
        if not parsed.calls:
            return self._replied(parsed.text)
        self.messages.append(_message(parsed))
        for place, call in enumerate(parsed.calls):
            result = _typed(f"{call.name} answers: ")
            if not result:
                return False
            self.messages.append({"role": "tool", "tool_call_id": f"call{place:05d}", "content": result})
        return True

    def _replied(self, text: str) -> bool:
        self.messages.append({"role": "assistant", "content": text})
        said = _typed("you (empty: a new conversation): ")
        if not said:
            return False
        self.messages.append({"role": "user", "content": said})
        return True

    def _completion(self) -> Completion:
        most = self.options.max_new_tokens
        request = Request(self.messages, self.tools, max_tokens=most, wire=self.sampler.wire or AUTO)
        (answer,) = completions_of(self.sampler, [request])
        if not answer:
            raise UserError("endpoint: the server gave no answer; its log says why")
        return answer[0]

    def _parsed(self, completion: Completion) -> ParsedCompletion:
        if self.sampler.wire is None:  # a server has read the calls; what is left is text to a client
            calls = (completion.message or {}).get("tool_calls") or []
            read = parse([{"role": "assistant", "content": "", "tool_calls": calls}])
            return ParsedCompletion(read.calls, read.malformed, completion.text, read.reasons)
        return parse(completion.text, self.sampler.wire, Toolset(self.tools))


def judged(parsed: ParsedCompletion, tools: Toolset) -> Iterator[str]:
    """Say what a client is handed, a line each: the calls with what their schemas object to, and the text."""
    for call in parsed.calls:
        yield f"call: {call.name}({json.dumps(call.arguments, ensure_ascii=False)})"
        yield from (f"  {line}" for line in _objections(call, tools))
    for reason in parsed.reasons:
        yield f"! malformed call: {reason}"
    if parsed.text:
        yield f"text: {parsed.text}"
    if not parsed.calls and not parsed.malformed and not parsed.text:
        yield "! nothing: an empty answer"


def _objections(call: ToolCall, tools: Toolset) -> Iterator[str]:
    tool = tools.get(call.name)
    if tool is None:
        yield f"! no tool of this name is offered; there are: {', '.join(tools.names)}"
    elif tool.admits(call.arguments):
        yield "ok, as its schema asks"
    else:
        yield f"! {tool.objection(call.arguments)[1]}"


def _message(parsed: ParsedCompletion) -> dict[str, Any]:
    calls = [
        {
            "id": f"call{place:05d}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for place, call in enumerate(parsed.calls)
    ]
    return {"role": "assistant", "content": parsed.text, "tool_calls": calls}


def _typed(prompt: str) -> str | None:
    """Return the next line that a person types; None at the end of the input."""
    try:
        return input(prompt if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
