"""From a row to the text that a policy reads and writes, through its own chat template.

template.py   what a chat template does, found out by rendering probes: its wire format, what ends a turn
adapt.py      templates that show no tools or write no calls are given a preamble that does
render.py     prompts and completions as text and as tokens
proof.py      what must hold of a tokenizer before anything is trained with it
"""

from rlvr.chat.adapt import adapt, add_missing_marks, with_defaults
from rlvr.chat.proof import Finding, prove
from rlvr.chat.render import (
    completion_tokens,
    end_of_turn,
    in_own_format,
    reasoning_block,
    render_calls,
    render_completion,
    render_prompt,
    served_text,
    training_tokens,
    turn_boundary,
    with_reasoning,
)
from rlvr.chat.template import ChatFormat, chat_format

__all__ = [
    "ChatFormat",
    "Finding",
    "adapt",
    "add_missing_marks",
    "chat_format",
    "completion_tokens",
    "end_of_turn",
    "in_own_format",
    "prove",
    "reasoning_block",
    "render_calls",
    "render_completion",
    "render_prompt",
    "served_text",
    "training_tokens",
    "turn_boundary",
    "with_defaults",
    "with_reasoning",
]
