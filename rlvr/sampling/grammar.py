"""A row's tools as a grammar for vLLM: text stays free; a call, once its mark is written, calls a tool of the row.

vLLM takes such a grammar with each request, as a structural tag of xgrammar's. What a policy writes around a call's
arguments is read off probe calls that its chat template writes.

What vLLM then samples from is the policy's distribution over the tokens that the grammar allows, q = p / Z, where Z is
the probability p of all of them; Z is 1 where nothing is forbidden. The log-probabilities that vLLM tells are those of
q, so that p / q, with which TRL weighs the loss, is Z: never above 1. The product over a candidate's tokens is the
exact weight of a sample of q under p. A candidate that the grammar cannot write is never sampled.
"""

from __future__ import annotations

import copy
import json
import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rewards import ToolCall, Toolset
from rewards.wire import FORMATS
from rlvr.chat import chat_format, render_calls
from rlvr.chat.template import common_start
from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from rewards.toolset import Tool
    from rlvr.files import Json, JsonObject

logger = logging.getLogger(__name__)

WIRES = (
    *("hermes", "mistral", "phi4_mini", "granite", "granite_20b"),
    *("deepseek_v3", "deepseek_v31", "nemotron", "hunyuan", "longcat"),
)
"""The formats that have been tried of those whose calls have a mark and arguments in JSON."""

_PROBE = ToolCall("probe_tool", {})
_NAME = re.compile(r"[\w.:/-]+", re.ASCII)
"""Names of tools that every format writes as they are."""
_GRAMMARS_KEPT = 4096
MOST_WHITESPACE = 16
"""Characters between two tokens of JSON: without a bound some policies write white space until they are cut."""


@dataclass(frozen=True)
class CallSyntax:
    """The text that a policy writes around the arguments of its calls.

    Args:
        mark: what opens a call, or a list of calls; from there on the grammar holds.
        head: what a list of calls begins with, from its mark on; empty where each call has its own mark.
        before: a call up to its arguments, with the probe's name.
        behind: the rest of the call.
        between: what parts two calls of a list; None where each call has its own mark.
        tail: what ends a list.
    """

    mark: str
    head: str
    before: str
    behind: str
    between: str | None
    tail: str

    def structural_tag(self, tools: Toolset) -> JsonObject:
        """Return the grammar of a turn in which these tools are offered.

        Raises:
            ValueError: a tool's name is one that formats write in different ways.
        """
        calls = list(map(self._call, tools))
        if self.between is not None:
            listed = {
                "type": "tags_with_separator",
                "tags": calls,
                "separator": self.between,
                "at_least_one": True,
            }
            calls = [_tag(self.head, listed, self.tail)]
        return {
            "type": "structural_tag",
            "format": {"type": "triggered_tags", "triggers": [self.mark], "tags": calls},
        }

    def _call(self, tool: Tool) -> JsonObject:
        if not _NAME.fullmatch(tool.name):
            raise ValueError(f"the name {tool.name!r} is not of letters, digits and _ . : / -")
        before, behind = (text.replace(_PROBE.name, tool.name) for text in (self.before, self.behind))
        arguments = {
            "type": "json_schema",
            "json_schema": tool.parameters,
            "max_whitespace_cnt": MOST_WHITESPACE,
        }
        return _tag(before, arguments, behind)


def _tag(begin: str, content: JsonObject, end: str) -> JsonObject:
    return {"type": "tag", "begin": begin, "content": content, "end": end}


def call_syntax(tokenizer: PreTrainedTokenizerBase) -> CallSyntax:
    """Return what a policy of this tokenizer and chat template writes around the arguments of its calls.

    Raises:
        UserError: its calls have no mark of their own, are not JSON, or are numbered.
    """
    wire = chat_format(tokenizer).wire
    syntax = _syntax(tokenizer, FORMATS[wire].marks) if wire in WIRES else None
    if syntax is None:
        raise UserError(
            f"rollout.constrain_calls: there is no grammar for calls in the format {wire}, as this policy's chat "
            f"template writes them; there is one for {', '.join(WIRES)}, where calls are not numbered; leave it out"
        )
    return syntax


def _syntax(tokenizer: PreTrainedTokenizerBase, marks: Sequence[str]) -> CallSyntax | None:
    spoken = chat_format(tokenizer)

    def around(*calls: ToolCall) -> list[str]:
        return render_calls(tokenizer, calls).removeprefix(spoken.lead).lstrip().split("{}")

    begin, *ends = around(_PROBE)
    mark = next((mark for mark in marks if begin.startswith(mark)), None)
    if mark is None or len(ends) != 1:
        return None
    end = ends[0]
    if not spoken.has_parallel:
        return CallSyntax(mark, "", begin, end, None, "")
    both = around(_PROBE, _PROBE)
    if [both[0], both[-1]] != [begin, end] or len(both) != 3:
        return None
    return CallSyntax(mark, "", begin, end, None, "") if mark in both[1] else _list_syntax(mark, begin, both[1], end)


def _list_syntax(mark: str, begin: str, middle: str, end: str) -> CallSyntax | None:
    """Return the syntax of a list, given what stands before, between and behind the arguments of two calls."""
    first = begin.removeprefix(mark)  # the ends of two marks may be alike
    before = common_start(first[::-1], middle[::-1])[::-1].lstrip()
    rest = middle.removesuffix(before)
    behind = common_start(rest, end).rstrip()
    if _PROBE.name not in before + behind:
        return None
    return CallSyntax(
        mark, begin.removesuffix(before), before, behind, rest.removeprefix(behind), end.removeprefix(behind)
    )


class Grammars:
    """The grammars of rows' tools, each built once.

    Args:
        tokenizer: the policy's.

    Raises:
        UserError: as `call_syntax`.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.syntax = call_syntax(tokenizer)
        self._built = lru_cache(_GRAMMARS_KEPT)(self._build)
        self._has_said = False

    def of_each(self, offered: Sequence[Any]) -> tuple[list[str | None], int]:
        """Return the structural tag of each row's tools, and how many rows xgrammar has none for: the first is named.

        A row without tools has no tag either: nothing is constrained in what it asks for.
        """
        built = list(map(self._of, offered))
        refusals = [refusal for _, refusal in built if refusal]
        if refusals and not self._has_said:
            self._has_said = True
            logger.warning(
                "rollout.constrain_calls: xgrammar has no grammar for the tools of %d of %d prompts, whose calls stay "
                "free, as those of later ones will: %s",
                len(refusals),
                len(offered),
                refusals[0],
            )
        return [tag for tag, _ in built], len(refusals)

    def _of(self, offered: Json) -> tuple[str | None, str]:
        tools = Toolset.of(offered)
        return self._built(tools) if tools else (None, "")

    def _build(self, tools: Toolset) -> tuple[str | None, str]:
        from xgrammar import GrammarCompiler, TokenizerInfo

        try:
            tag = json.dumps(self.syntax.structural_tag(tools))
            # Some schemas are read and fail when they are compiled, which does not depend on the vocabulary.
            GrammarCompiler(TokenizerInfo(["</s>"], stop_token_ids=[0]), max_threads=1).compile_structural_tag(tag)
        except (ValueError, RuntimeError, TypeError) as error:
            return None, " ".join(str(error).split())[:300]
        return tag, ""


def constrained(parameters: Any, tag: str | None) -> Any:
    """Return `vllm.SamplingParams` with a structural tag; as they are where there is none."""
    if tag is None:
        return parameters
    from vllm.sampling_params import StructuredOutputsParams

    parameters = copy.copy(parameters)
    parameters.structured_outputs = StructuredOutputsParams(structural_tag=tag)
    return parameters
