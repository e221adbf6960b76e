"""Is what is served what was evaluated? Held-out rows through a server, each held against its offline completion.

Greedy on both sides. A row on which the two differ has one of these causes:

other prompt     the server tokenizes the row otherwise: another template, or another tokenizer
left as text     what the model wrote holds calls, and the server hands over none
read otherwise   what the model wrote holds other calls than the server hands over
rounding         the model wrote another text, and at the first token that differs the offline one is as good as likely
other weights    the model wrote another text, and the offline token is unlikely there
unexplained      the model wrote another text, and the server tells no probabilities
no answer        the server failed

What the model wrote is read here, by `rewards`, from the very tokens of the answer: a cause is observed, not guessed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

from rewards import Toolset, wire
from rlvr.chat import chat_format, render_prompt, served_text
from rlvr.scoring import call_reward
from rlvr.tables import FittedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers import PreTrainedTokenizerBase

    from rewards import Reward
    from rewards.types import ToolCall
    from rlvr.files import JsonObject
    from rlvr.records.row import Row
    from rlvr.serving.answers import Answer, Asking

ROUNDING_NATS = {"float32": 0.02, "float16": 0.3, "bfloat16": 0.5}
"""How much less likely than the server's token the offline one may be, where both compute in a number type."""


class Cause(StrEnum):
    """Why a served row differs from the offline one; see the module."""

    SAME = "same calls"
    OTHER_PROMPT = "other prompt"
    LEFT_AS_TEXT = "left as text"
    READ_OTHERWISE = "read otherwise"
    ROUNDING = "rounding"
    OTHER_WEIGHTS = "other weights"
    UNEXPLAINED = "unexplained"
    NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Compared:
    """One row, served.

    Args:
        index: the row's place, from 0.
        cause: why its calls differ from the offline ones, if they do.
        offline: the offline completion.
        written: what the served model wrote; None where the server does not tell.
        answer: what came of it.
        gap: at the first token that differs, how many nats likelier the server's is than the offline one's.
        has_other_prompt: the server read other tokens.
        has_odd_finish: calls that do not finish with `tool_calls`, or that finish without any.
        has_broken_call: the server hands over a call whose arguments are no JSON, as the model wrote it.
    """

    index: int
    cause: Cause
    offline: str
    written: str | None
    answer: Answer
    gap: float | None = None
    has_other_prompt: bool = False
    has_odd_finish: bool = False
    has_broken_call: bool = False

    @property
    def handed_over(self) -> str:
        """The calls that a client gets, as the server wrote them."""
        functions = [call["function"] for call in self.answer.calls]
        return ", ".join(f"{function['name']}({function['arguments']})" for function in functions) or "no call"

    def to_json(self) -> JsonObject:
        """The record of a row that differs."""
        return {
            "index": self.index,
            "cause": self.cause,
            "gap_nats": self.gap,
            "offline": self.offline,
            "written": self.written,
            "content": self.answer.text,
            "tool_calls": list(self.answer.calls),
            "finish_reason": self.answer.finish,
            "problem": self.answer.problem,
        }


@dataclass(frozen=True)
class Offline:
    """What the policy does offline on rows.

    Args:
        rows: the rows.
        texts: the greedy completion of each.
        dtype: the number type in which they were computed.
        most_tokens: where they were cut.
    """

    rows: Sequence[Row]
    texts: Sequence[str]
    dtype: str
    most_tokens: int


class Checker:
    """Holds a server's answers against offline completions.

    Args:
        tokenizer: the policy's.
        offline: the rows and their completions.
        dtype: the number type in which the server computes.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, offline: Offline, dtype: str) -> None:
        self.tokenizer = tokenizer
        self.offline = offline
        self.wire = chat_format(tokenizer).wire
        loosest = max(ROUNDING_NATS.values())
        self.rounding = max(ROUNDING_NATS.get(name, loosest) for name in (dtype, offline.dtype))

    def check(self, asking: Asking, *, stream: bool, on_done: Callable[[Answer], None]) -> list[Compared]:
        """Ask for every row and say of each how it compares."""
        answers = asking.answers(self.offline.rows, stream=stream, on_done=on_done)
        return [self._compare(index, answer, asking) for index, answer in enumerate(answers)]

    def _compare(self, index: int, answer: Answer, asking: Asking) -> Compared:
        row, offline = self.offline.rows[index], self.offline.texts[index]
        if answer.problem is not None:
            return Compared(index, Cause.NO_ANSWER, offline, None, answer)
        tools = Toolset.of(list(row.tools)) if row.tools else None
        prompt_ids = tuple(self.tokenizer(render_prompt(self.tokenizer, row))["input_ids"])
        has_other_prompt = _has_other_prompt(answer, prompt_ids)
        handed = wire.parse([{"role": "assistant", "content": "", "tool_calls": list(answer.calls)}], self.wire, tools)
        read = wire.parse(offline, self.wire, tools)
        # A broken call is handed over as one whose arguments are no JSON, or left as text: no client can use either.
        is_same = _is_same(handed.calls, read.calls) and (read.malformed > 0 or not handed.malformed)
        # The bare text after the right prompt says nothing of what the model wrote after another one.
        written = self._written(answer, () if is_same or has_other_prompt else prompt_ids, asking)
        gap = None
        if is_same:
            cause = Cause.SAME
        elif (misread := self._misread(answer, written, handed.calls, tools)) is not None:
            cause = misread
        elif has_other_prompt:
            cause = Cause.OTHER_PROMPT
        else:
            gap = self._gap(answer, offline)
            cause = Cause.UNEXPLAINED if gap is None else self._weighed(gap)
        oddities = (has_other_prompt, _has_odd_finish(answer), handed.malformed > 0)
        return Compared(index, cause, offline, written, answer, gap, *oddities)

    def _written(self, answer: Answer, prompt_ids: Sequence[int], asking: Asking) -> str | None:
        """Return what the model wrote: from the answer's tokens, or asked for once more without a parser."""
        if answer.token_ids is not None:
            return served_text(self.tokenizer, list(answer.token_ids))
        return asking.raw_text(prompt_ids) if prompt_ids else None

    def _misread(
        self, answer: Answer, written: str | None, handed: Sequence[ToolCall], tools: Toolset | None
    ) -> Cause | None:
        read = wire.parse(answer.text if written is None else written, self.wire, tools)
        if not answer.calls:
            return Cause.LEFT_AS_TEXT if read.calls else None
        if written is None:
            return None
        return None if _is_same(read.calls, handed) else Cause.READ_OTHERWISE

    def _gap(self, answer: Answer, offline: str) -> float | None:
        """Return how many nats likelier the server's first token that differs is than the offline text's there."""
        if answer.token_ids is None or len(answer.alternatives) < len(answer.token_ids):
            return None
        ids = list(answer.token_ids)
        place = next((i for i in range(len(ids)) if not self._begins(offline, ids[: i + 1])), len(ids) - 1)
        likeliest = dict(answer.alternatives[place])
        taken = likeliest.pop(ids[place], None)
        if taken is None:
            return None
        others = [token for token in likeliest if isinstance(token, int)]
        going_on = [likeliest[token] for token in others if self._begins(offline, [*ids[:place], token])]
        return taken - max(going_on) if going_on else float("inf")

    def _begins(self, offline: str, ids: list[int]) -> bool:
        """Return whether a text begins with these tokens; a token that ends the turn has to stand at its end."""
        text = served_text(self.tokenizer, ids).rstrip("\N{REPLACEMENT CHARACTER}")
        is_end = ids[-1] in self._ends
        return offline == text if is_end else offline.startswith(text) and offline != text

    @property
    def _ends(self) -> set[int | None]:
        spoken = chat_format(self.tokenizer)
        stops = (spoken.stop, spoken.call_stop)
        return {self.tokenizer.eos_token_id, *map(self.tokenizer.convert_tokens_to_ids, stops)}

    def _weighed(self, gap: float) -> Cause:
        return Cause.ROUNDING if gap <= self.rounding else Cause.OTHER_WEIGHTS


def _has_other_prompt(answer: Answer, prompt_ids: tuple[int, ...]) -> bool:
    """Return whether the server read other tokens: it tells them, or at least how many they were."""
    if answer.prompt_ids is not None:
        return answer.prompt_ids != prompt_ids
    return answer.n_prompt_tokens is not None and answer.n_prompt_tokens != len(prompt_ids)


def _is_same(calls: Sequence[ToolCall], others: Sequence[ToolCall]) -> bool:
    """Return whether calls are the same to the letter of their JSON: 1 is not true, and not 1.0."""
    return _plain(calls) == _plain(others)


def _plain(calls: Sequence[ToolCall]) -> list[str]:
    return [json.dumps([call.name, call.arguments], sort_keys=True) for call in calls]


def _has_odd_finish(answer: Answer) -> bool:
    if answer.finish == "length":
        return False
    return (answer.finish == "tool_calls") != bool(answer.calls)


def _received(row: Compared) -> list[JsonObject]:
    """Return the message that a client gets; of calls left as text it can use nothing."""
    text = "" if row.cause is Cause.LEFT_AS_TEXT else row.answer.text
    return [{"role": "assistant", "content": text, "tool_calls": list(row.answer.calls)}]


@dataclass(frozen=True)
class Outcome:
    """All rows of a check, by how they were asked for: `plain`, `streamed`."""

    compared: dict[str, list[Compared]]

    @property
    def differing_share(self) -> float:
        """The share of rows whose calls differ, of the way of asking where it is largest."""
        return max(sum(row.cause is not Cause.SAME for row in rows) / len(rows) for rows in self.compared.values())

    @property
    def differing(self) -> list[tuple[str, Compared]]:
        """The rows that differ, each with how it was asked for."""
        return [(way, row) for way, rows in self.compared.items() for row in rows if row.cause is not Cause.SAME]

    def table(self, title: str) -> FittedTable:
        """One line for each cause, finish reason and oddity; a column for each way of asking."""
        table = FittedTable(["", *self.compared], title)

        def add(name: str, counts: Callable[[Compared], bool]) -> None:
            table.add_row(name, *(str(sum(map(counts, rows))) for rows in self.compared.values()))

        add("rows", lambda _: True)
        for cause in Cause:
            add(_LINE[cause], partial(_has_cause, cause))
        add("the same text", lambda row: row.written == row.offline)
        add("prompts of other tokens", lambda row: row.has_other_prompt)
        for finish in sorted({str(row.answer.finish) for rows in self.compared.values() for row in rows}):
            add(f"finished: {finish}", partial(_has_finish, finish))
        add("finish reasons that do not fit", lambda row: row.has_odd_finish)
        add("broken calls, handed over", lambda row: row.has_broken_call)
        return table


def _has_cause(cause: Cause, row: Compared) -> bool:
    return row.cause is cause


def _has_finish(finish: str, row: Compared) -> bool:
    return str(row.answer.finish) == finish


_LINE = {cause: f"other calls: {cause}" for cause in Cause} | {
    Cause.SAME: "the same calls",
    Cause.NO_ANSWER: "no answer",
}


def mean_rewards(reward: Reward, offline: Offline, compared: Sequence[Compared]) -> tuple[float, float] | None:
    """Return the mean rewards of the offline completions and of the served ones, over the rows that can be scored."""
    pairs = []
    for row, text, served in zip(offline.rows, offline.texts, compared, strict=True):
        before = call_reward(reward, text, ground_truth=row.ground_truth, tools=row.tools)
        message = _received(served)
        after = call_reward(reward, message, ground_truth=row.ground_truth, tools=row.tools)
        if before is not None and after is not None:
            pairs.append((before.value, after.value))
    return (fmean(before for before, _ in pairs), fmean(after for _, after in pairs)) if pairs else None
