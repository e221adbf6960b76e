"""What a text without calls does, what its questions ask for, and how well it answers."""

from rewards.text.acts import TextActs, read_text, settled
from rewards.text.answers import answer_credit
from rewards.text.evidence import parameters_asked_for
from rewards.text.question_credit import question_credit
from rewards.text.vocabulary import FILLER
from rewards.text.words import stem

__all__ = [
    "FILLER",
    "TextActs",
    "answer_credit",
    "parameters_asked_for",
    "question_credit",
    "read_text",
    "settled",
    "stem",
]
