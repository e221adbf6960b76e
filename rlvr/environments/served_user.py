"""A user played by a model: it is told what the user wants and knows, and what was said so far."""

from __future__ import annotations

import json

from rewards.text import read_text
from rlvr.data.synth.any_tools.values_said import written
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import UserTurn
from rlvr.environments.user import Knowledge
from rlvr.errors import RunError
from rlvr.files import JsonObject
from rlvr.records.message import text_of
from rlvr.sampler import Request, Sampler, Sampling, completions_of

END = "END"
"""What the model writes where the user has nothing more to say."""

INSTRUCTIONS = """\
You play a user who talks to an assistant. What you want stands in your first message.
You know these values: {values}
Write what you say next, in one or two short sentences. Tell a value only if the assistant asks for it, and only those
above: of others say that you do not know. Do not do the assistant's work. When the assistant says that it is done, or
that it cannot be done, write only {end}."""

MOST_TOKENS = 200
MOST_REPLIES = 8
"""After so many the user leaves."""


class ServedUser:
    """Plays an episode's user in the place of the simulated one: `environment.user = ServedUser(...)`.

    Args:
        sampler: the model, such as `rlvr.sampling.endpoint.Endpoint.open(url, name)`.
        episode: whose user it plays.
        sampling: how its words are drawn.
        seed: of what is drawn.
    """

    def __init__(self, sampler: Sampler, episode: Episode, sampling: Sampling = Sampling(), seed: int = 0) -> None:  # noqa: B008 - frozen
        self.sampler = sampler
        self.sampling = sampling
        self.seed = seed
        self.n_questions = 0
        self.n_repeated = 0
        self.answered: set[str] = set()
        self.values = Knowledge.from_json(episode.user).values
        instructions = INSTRUCTIONS.format(values=json.dumps(self.values, ensure_ascii=False), end=END)
        # The roles change places: to this model the user's words are its own.
        self.messages: list[JsonObject] = [{"role": "system", "content": instructions}]
        self.messages += [_other_side(message) for message in episode.prompt if message["role"] != "system"]

    def reply(self, text: str) -> UserTurn:
        """Return what the model says for the user.

        Raises:
            RunError: it gave no answer.
        """
        self.n_questions += read_text(text).asks
        self.messages.append({"role": "user", "content": text})
        request = Request(self.messages, max_tokens=MOST_TOKENS, sampling=self.sampling, seed=self.seed)
        (completions,) = completions_of(self.sampler, [request])
        if not completions:
            raise RunError(f"the model that plays the user, {self.sampler.name}, gave no answer")
        answer = completions[0].text.strip()
        self.messages.append({"role": "assistant", "content": answer})
        self.answered.update(name for name, value in self.values.items() if written(value) in answer)
        n_replies = sum(message["role"] == "assistant" for message in self.messages)
        if answer in ("", END) or n_replies > MOST_REPLIES:
            return UserTurn("", is_over=True)
        return UserTurn(answer.removesuffix(END).strip(), is_over=answer.endswith(END))


def _other_side(message: JsonObject) -> JsonObject:
    return {"role": "assistant" if message["role"] == "user" else "user", "content": text_of(message)}
