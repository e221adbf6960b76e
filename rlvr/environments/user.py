"""A simulated user, by rule: knows the task and its values, and gives a value only if asked for it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field

from rewards import Toolset
from rewards.names import name_words
from rewards.text import parameters_asked_for, read_text
from rewards.text.words import stems
from rlvr.data.synth.any_tools.values_said import written
from rlvr.data.synth.nouns import singular
from rlvr.environments.protocol import UserTurn
from rlvr.files import Json, JsonMapping, JsonObject

PATIENCE = 3
"""Questions that bring nothing new before the user leaves: without an answer, asked again, or for a confirmation."""

_ASKS_TO_CONFIRM = re.compile(
    r"\b(?:confirm|sure|correct|right|ok|okay|proceed|continue|go(?:ing)? ahead)\b"
    r"|\b(?:(?:shall|should|may|can) i|(?:want|like) me to)\b"
)

_AT_A_LOSS = "I don't know that. I have nothing to add to what I asked for."


@dataclass(frozen=True)
class Knowledge:
    """The values that a user knows.

    Args:
        hidden: values that the request does not say: parameter -> value.
        spoken: values that it says.
        correction: a parameter whose value the user changes with the first answer, and its new value.
    """

    hidden: JsonMapping = field(default_factory=dict)
    spoken: JsonMapping = field(default_factory=dict)
    correction: tuple[str, Json] | None = None

    def to_json(self) -> JsonObject:
        """Return the knowledge as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: JsonMapping) -> Knowledge:
        """Read what `to_json` wrote."""
        correction = value.get("correction")
        pair = (str(correction[0]), correction[1]) if correction else None
        return cls(dict(value.get("hidden", {})), dict(value.get("spoken", {})), pair)

    @property
    def values(self) -> JsonObject:
        """All values, the corrected one as it is in the end."""
        values = {**self.spoken, **self.hidden}
        if self.correction is not None:
            name, value = self.correction
            values[name] = value
        return values


class SimulatedUser:
    """Answers what is asked, as far as it knows.

    Args:
        knows: its values.
        tools: whose parameters the values are of; they say which question asks for what.
    """

    def __init__(self, knows: JsonMapping | Knowledge, tools: Toolset | None) -> None:
        self.knows = knows if isinstance(knows, Knowledge) else Knowledge(hidden=knows)
        self.tools = tools
        self.answered: set[str] = set()
        self.n_questions = 0
        self.n_repeated = 0
        self._patience = PATIENCE

    def reply(self, text: str) -> UserTurn:
        """Return what the user says. A text that asks nothing ends the conversation, and so do idle questions."""
        acts = read_text(text)
        is_confirming = any(map(_ASKS_TO_CONFIRM.search, acts.questions))
        if not acts.asks and not is_confirming:
            return UserTurn("", is_over=True)
        self.n_questions += 1
        values = self.knows.values
        asked = self._asked(acts.questions, values)
        is_new = any(name not in self.answered and name not in self.knows.spoken for name in asked)
        self._patience -= not is_new
        if self._patience < 0:
            return UserTurn("Never mind, then.", is_over=True)
        if not asked:
            # Offers are worded as confirmations are, and the user wants nothing more than was asked for.
            return UserTurn("Yes, if that is what I asked for." if is_confirming else _AT_A_LOSS)
        self.n_repeated += not is_new
        self.answered.update(asked)
        answers = [f"the {words_of(name)} {is_or_are(name)} {written(values[name])}" for name in asked]
        return UserTurn(_sentence(" and ".join(answers)) + self._change_of_mind(asked))

    def _asked(self, questions: tuple[str, ...], values: JsonMapping) -> list[str]:
        """Return the parameters that are asked for; where none is, the one that shares a word with a question."""
        asked = parameters_asked_for(questions, self.tools, values)
        if asked:
            return [name for name in values if name in asked]
        words = set(stems(questions))
        sharing = [name for name in values if not words.isdisjoint(stems([words_of(name)]))]
        return sharing if len(sharing) == 1 else []

    def _change_of_mind(self, asked: list[str]) -> str:
        if self.knows.correction is None or len(self.answered) > len(asked):
            return ""
        name, value = self.knows.correction
        return f" And make the {words_of(name)} {written(value)}, please, not what I said before."


def is_or_are(name: str) -> str:
    """Return the verb that goes with a parameter's name: the dates are, the status is."""
    last = words_of(name).rpartition(" ")[2]
    return "is" if singular(last) == last else "are"


def words_of(name: str) -> str:
    """Return a parameter's name as people say it."""
    return " ".join(name_words(name)) or name


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
