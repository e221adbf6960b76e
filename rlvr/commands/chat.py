"""`rlvr chat`: type a request, see the calls that a policy makes of it, and how they stand to the tools' schemas."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from rewards import Toolset
from rlvr.commands.arguments import read_words
from rlvr.errors import UserError
from rlvr.progress import loading_libraries, say, standard_console, waiting

if TYPE_CHECKING:
    from rich.console import Console

    from rlvr.environments.episode import Episode
    from rlvr.records.message import Message, ToolSchema
    from rlvr.sampler import Sampler
    from rlvr.serving.talk import Talk, Turn
    from rlvr.serving.trained import Trained

HELP = """\
usage: rlvr chat RUN [tools=TOOLS.json] [page=true] [option=value]

Talk to a policy about tools, here or on a page in the browser. Each answer is shown as it was written and as the calls
that a server would hand over, each held against its tool's schema. After a call, type what the tool answers, or an
empty line for a new conversation; with episodes=FILE the tools of an episode of `rlvr data worlds` answer themselves.
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
    page: bool = False
    """Talk on a page in the browser of this machine."""
    port: int = 8899
    """Where the page is."""
    episodes: str | None = None
    """Conversations, as `rlvr data worlds` writes them: their environment offers the tools and answers the calls."""
    episode: int = 1
    """Which line of that file, from 1."""
    environment: str | None = None
    """MODULE:CLASS, for episodes whose tools are a Python class."""


OPTIONS = ChatOptions


def run(arguments: list[str]) -> None:
    """Talk to the policy that the arguments name until the input ends."""
    (path,), options = read_words(ChatOptions, arguments, "RUN")
    console = standard_console()
    episode = _episode(options)
    tools = _tools(options.tools) if episode is None else episode.tools
    from rlvr.environments.opening import factories_of, open_environment
    from rlvr.serving import trained

    if options.max_new_tokens < 1:
        raise UserError(f"max_new_tokens: {options.max_new_tokens} is less than 1")
    policy = trained.find(path, options.stage)
    begin = None
    if episode is not None:
        begin = partial(open_environment, episode, factories_of(options.environment))
        begin().close()  # what cannot begin is said before anything is loaded
    with loading_libraries(console, "PyTorch"):
        from rlvr.quiet import quiet_libraries
        from rlvr.serving.talk import Talk
    with waiting(console, f"loading {policy.source}"), quiet_libraries():
        sampler = _sampler(policy, options)
    talk = Talk(sampler, tools, options.max_new_tokens, options.system, begin)
    say(console, f"tools: {', '.join(Toolset(list(tools)).names)}")
    try:
        if options.page:
            _serve_page(talk, policy.name, options.port, console)
        else:
            _Conversation(talk, console).hold()
    finally:
        talk.close()
        sampler.close()


def _episode(options: ChatOptions) -> Episode | None:
    if options.episodes is None:
        return None
    if options.tools is not None:
        raise UserError("tools: an episode brings its own tools; leave tools or episodes out")
    from rlvr.environments.episode import read_episode

    return read_episode(options.episodes, options.episode)


def _serve_page(talk: Talk, name: str, port: int, console: Console) -> None:
    from rlvr.serving import chat_page

    with chat_page.serving(talk, name, port) as address:
        say(console, f"open {address} in a browser; Ctrl-C ends it")
        Event().wait()


def _tools(source: str | None) -> list[ToolSchema]:
    if source is None:
        from rlvr.data.synth import built_in

        return list(map(dict, built_in.schemas("five_tools")))
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


class _Conversation:
    """One conversation after the other, on standard input and output."""

    def __init__(self, talk: Talk, console: Console) -> None:
        self.talk = talk
        self.console = console
        self.messages: list[Message] = []

    def hold(self) -> None:
        """Ask for what the user says until the input ends."""
        while request := _typed("you: "):
            self.messages = self.talk.open(request)
            while self._take_turn():
                pass

    def _take_turn(self) -> bool:
        """Show the policy's next turn; return whether the conversation goes on after it."""
        turn = self.talk.turn(self.messages)
        if turn.written is not None:
            say(self.console, f"written: {turn.written}")
        for line in turn.lines():
            say(self.console, line)
        if turn.is_truncated:
            say(self.console, f"! cut at {self.talk.max_new_tokens} tokens: max_new_tokens=N allows more")
        self.messages.append(turn.message)
        return self._hear_tools(turn) if turn.calls else self._hear_user()

    def _hear_tools(self, turn: Turn) -> bool:
        results = self.talk.results(turn)
        if results is not None:
            for judged, result in zip(turn.calls, results, strict=True):
                say(self.console, f"{judged.call.name} answers: {result.content}")
            self.messages += turn.answered([result.content for result in results])
            return True
        typed = []
        for judged in turn.calls:
            answer = _typed(f"{judged.call.name} answers: ")
            if not answer:
                return False
            typed.append(answer)
        self.messages += turn.answered(typed)
        return True

    def _hear_user(self) -> bool:
        request = _typed("you (empty: a new conversation): ")
        if not request:
            return False
        self.messages.append({"role": "user", "content": request})
        return True


def _typed(prompt: str) -> str | None:
    """Return the next line that a person types; None at the end of the input."""
    try:
        return input(prompt if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
