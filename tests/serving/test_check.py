"""Each cause of a difference between a served row and its offline completion is told from the others."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from rlvr.chat import render_prompt
from rlvr.config import ModelConfig, build_reward
from rlvr.errors import UserError
from rlvr.policy.load import load_tokenizer
from rlvr.records.row import Row
from rlvr.serving import answers
from rlvr.serving.answers import Answer, Asking
from rlvr.serving.check import Cause, Checker, Compared, Offline, Outcome, mean_rewards
from tests.chat_server import completion, serve  # noqa: F401 - a fixture

ROW = Row.from_json(
    {
        "prompt": [{"role": "user", "content": "Weather in Oslo?"}],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "parameters": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                        "required": ["city"],
                    },
                },
            }
        ],
        "reward_model": {"ground_truth": '[{"name": "weather", "arguments": {"city": "Oslo", "days": 1}}]'},
    }
)
TOKENIZER, _ = load_tokenizer(ModelConfig())
STOP = "<|im_end|>"
ONLY_COUNTED: dict[str, Any] = {"prompt_ids": None, "token_ids": None}
"""Of a server that tells no tokens, as llama.cpp."""
PROMPT_IDS = tuple(TOKENIZER(render_prompt(TOKENIZER, ROW))["input_ids"])
ASKING = Asking("http://127.0.0.1:9/v1", "demo", 100)


def call(city: Any, days: Any = 1) -> str:
    arguments = json.dumps({"city": city, "days": days})
    return f'<tool_call>\n{{"name": "weather", "arguments": {arguments}}}\n</tool_call>'


def message_call(city: Any, days: Any = 1, arguments: str | None = None) -> dict[str, Any]:
    text = json.dumps({"city": city, "days": days}) if arguments is None else arguments
    return {"id": "1", "type": "function", "function": {"name": "weather", "arguments": text}}


def answer(
    written: str, *calls: dict[str, Any], text: str = "", other: dict[int, dict[str, float]] | None = None
) -> Answer:
    """What a server says that wrote this text; `other` gives likelier tokens than the taken one, by their place."""
    ids = tuple(TOKENIZER(written + STOP, add_special_tokens=False)["input_ids"])
    likeliest = [{token: -0.1} for token in ids]
    for place, tokens in (other or {}).items():
        likeliest[place].update({TOKENIZER(token)["input_ids"][0]: logprob for token, logprob in tokens.items()})
    finish = "tool_calls" if calls else "stop"
    return Answer(text, calls, finish, PROMPT_IDS, ids, tuple(likeliest))


def compared(offline: str, given: Answer, dtype: str = "float32") -> Compared:
    class Asked(Asking):
        def answers(self, rows: Any, *, stream: bool, on_done: Any) -> list[Answer]:
            on_done(given)
            return [given]

        def raw_text(self, prompt_ids: Any) -> str | None:
            return None

    checker = Checker(TOKENIZER, Offline([ROW], [offline], dtype, 100), dtype)
    (row,) = checker.check(Asked(ASKING.url, "demo", 100), stream=False, on_done=lambda _: None)
    return row


def first_place_of(text: str, part: str) -> int:
    """Where the first token stands that holds something of what begins with `part`."""
    ids = TOKENIZER(text, add_special_tokens=False)["input_ids"]
    return next(i for i in range(len(ids)) if len(TOKENIZER.decode(ids[: i + 1])) > text.index(part))


def other_city(gap: float) -> Answer:
    """A server that wrote Rome, where Oslo was `gap` nats less likely."""
    place = first_place_of(call("Rome"), "Rome")
    return answer(call("Rome"), message_call("Rome"), other={place: {"O": -0.1 - gap}})


@pytest.mark.parametrize(
    ("offline", "given", "cause"),
    [
        (call("Oslo"), answer(call("Oslo"), message_call("Oslo")), Cause.SAME),
        ("For which city?", answer("For which city?", text="For which city?"), Cause.SAME),
        # Both sides hold a call that no client can use.
        (call("Oslo")[:-20], answer(call("Oslo")[:-20], message_call("", arguments='{"city": Oslo}')), Cause.SAME),
        (call("Oslo"), answer(call("Oslo"), text=call("Oslo")), Cause.LEFT_AS_TEXT),
        (call("Oslo"), answer(call("Oslo")), Cause.LEFT_AS_TEXT),
        (call("Oslo"), answer(call("Oslo"), message_call("Bergen")), Cause.READ_OTHERWISE),
        (call("Oslo"), answer(call("Oslo"), message_call("Oslo"), message_call("Oslo")), Cause.READ_OTHERWISE),
        (call("Oslo", 1), answer(call("Oslo", 1), message_call("Oslo", "1")), Cause.READ_OTHERWISE),
        (call("Oslo", 1), answer(call("Oslo", 1), message_call("Oslo", True)), Cause.READ_OTHERWISE),
        (call("Oslo"), answer(call("Oslo"), message_call("", arguments="{")), Cause.READ_OTHERWISE),
        (call("Oslo"), replace(other_city(0.01), prompt_ids=(1, 2)), Cause.OTHER_PROMPT),
        (call("Oslo"), replace(other_city(0.01), **ONLY_COUNTED, n_prompt_tokens=3), Cause.OTHER_PROMPT),
        (call("Oslo"), replace(other_city(0.01), **ONLY_COUNTED, n_prompt_tokens=len(PROMPT_IDS)), Cause.UNEXPLAINED),
        (call("Oslo"), Answer(text=call("Oslo"), finish="stop", n_prompt_tokens=3), Cause.LEFT_AS_TEXT),
        (call("Oslo"), other_city(0.01), Cause.ROUNDING),
        (call("Oslo"), other_city(1.5), Cause.OTHER_WEIGHTS),
        (call("Oslo"), answer(call("Rome"), message_call("Rome")), Cause.OTHER_WEIGHTS),
        (call("Oslo"), replace(other_city(0.01), token_ids=None), Cause.UNEXPLAINED),
        (call("Oslo"), replace(other_city(0.01), alternatives=()), Cause.UNEXPLAINED),
        (call("Oslo"), Answer(problem="status 500"), Cause.NO_ANSWER),
    ],
)
def test_each_cause_is_told_from_the_others(offline: str, given: Answer, cause: Cause) -> None:
    assert compared(offline, given).cause is cause


def test_what_counts_as_rounding_goes_by_the_number_type() -> None:
    assert compared(call("Oslo"), other_city(0.2)).cause is Cause.OTHER_WEIGHTS
    assert compared(call("Oslo"), other_city(0.2), "bfloat16").cause is Cause.ROUNDING
    assert compared(call("Oslo"), other_city(0.2)).gap == pytest.approx(0.2)
    assert compared(call("Oslo"), answer(call("Rome"), message_call("Rome"))).gap == inf


def test_a_turn_that_ends_elsewhere_is_weighed_at_its_end() -> None:
    place = len(TOKENIZER("No", add_special_tokens=False)["input_ids"])
    longer = answer(call("Oslo"), message_call("Oslo"))
    assert place > 0
    assert longer.token_ids is not None
    likelier = [dict(each) for each in longer.alternatives]
    likelier[0][TOKENIZER.convert_tokens_to_ids(STOP)] = -0.105
    assert compared("", replace(longer, alternatives=tuple(likelier))).gap == pytest.approx(0.005)


def test_oddities_are_counted_apart_from_the_calls() -> None:
    odd = replace(answer(call("Oslo"), message_call("Oslo")), finish="stop", prompt_ids=(7,))
    row = compared(call("Oslo"), odd)
    assert (row.cause, row.has_odd_finish, row.has_other_prompt) == (Cause.SAME, True, True)
    assert not row.has_broken_call
    broken = answer(call("Oslo")[:-20], message_call("", arguments='{"city": Oslo}'))
    assert compared(call("Oslo")[:-20], broken).has_broken_call
    assert not compared(call("Oslo"), replace(odd, finish="length")).has_odd_finish


def test_what_a_server_hands_over_is_shown() -> None:
    assert compared(call("Oslo"), answer(call("Oslo"), message_call("Rome"))).handed_over == (
        'weather({"city": "Rome", "days": 1})'
    )
    assert compared(call("Oslo"), answer(call("Oslo"))).handed_over == "no call"


def test_the_outcome_counts_the_worse_way_of_asking() -> None:
    same = compared(call("Oslo"), answer(call("Oslo"), message_call("Oslo")))
    left = compared(call("Oslo"), answer(call("Oslo"), text=call("Oslo")))
    outcome = Outcome({"plain": [same, same], "streamed": [same, left]})
    assert outcome.differing_share == 0.5
    assert outcome.differing == [("streamed", left)]
    assert left.to_json()["cause"] == "left as text"
    cells = {str(row[0]): [str(cell) for cell in row[1:]] for row in outcome.table("demo").rows}
    assert cells["rows"] == ["2", "2"]
    assert cells["the same calls"] == ["2", "1"]
    assert cells["other calls: left as text"] == ["0", "1"]
    assert cells["finished: stop"] == ["0", "1"]


def test_rewards_of_both_sides() -> None:
    rome = compared(call("Oslo"), answer(call("Rome"), message_call("Rome")))
    offline = Offline([ROW], [call("Oslo")], "float32", 100)
    means = mean_rewards(build_reward({"_target_": "rewards.Tiered"}, "hermes"), offline, [rome])
    assert means is not None
    assert means[0] == 1.0
    assert means[1] < 0.6


def pieces(text: str, done: bool = True) -> bytes:
    """A stream as servers send it: the arguments in two parts, an empty last chunk with the usage."""
    first, second = text[:10], text[10:]
    chunks: list[dict[str, Any]] = [
        {
            "prompt_token_ids": [1, 2],
            "choices": [{"delta": {"role": "assistant", "content": "Look: "}, "token_ids": [3]}],
        },
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "weather"}}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": first}}]}, "token_ids": [4]}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": second}}]}}]},
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 2, "total_tokens": 9}},
    ]
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([": ping\n\n", *lines, *(["data: [DONE]\n\n"] if done else [])]).encode()


@pytest.mark.parametrize("stream", [False, True])
def test_answers_are_read_plain_and_streamed(serve: Any, stream: bool) -> None:  # noqa: F811
    text = '{"city": "Oslo", "days": 1}'
    plain = completion({"content": "Look: ", "tool_calls": [message_call("Oslo")]}, "tool_calls")
    server = serve(lambda body, _: (200, {}, pieces(text) if body.get("stream") else plain))
    (got,) = Asking(server.url, "served", 50).answers([ROW], stream=stream, on_done=lambda _: None)
    assert got.problem is None
    assert (got.text, got.finish) == ("Look: ", "tool_calls")
    assert [each["function"] for each in got.calls] == [{"name": "weather", "arguments": text}]
    assert got.prompt_ids == ((1, 2) if stream else None)
    assert got.token_ids == ((3, 4) if stream else None)
    assert got.n_prompt_tokens == (2 if stream else 100)
    asked = server.asked[-1]
    assert ("stream_options" in asked) == stream
    assert (asked["temperature"], asked["max_tokens"], asked["tools"][0]["function"]["name"]) == (0, 50, "weather")


@pytest.mark.parametrize(
    ("status", "content", "problem"),
    [
        (200, b"<html>", "JSONDecodeError"),
        (200, b"[]", "the answer is no JSON object"),
        (200, b'{"choices": []}', "IndexError"),
        (500, b"boom", "status 500: boom"),
    ],
)
def test_an_answer_that_is_none_says_why(serve: Any, status: int, content: bytes, problem: str) -> None:  # noqa: F811
    server = serve(lambda *_: (status, {}, content))
    (got,) = Asking(server.url, "served", 50).answers([ROW], stream=False, on_done=lambda _: None)
    assert got.problem is not None
    assert problem in got.problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (pieces("{}", done=False), "the stream ended before it was done"),
        (b'data: {"error": {"message": "out of memory"}}\n\n', "out of memory"),
        (b"", "the stream ended before it was done"),
    ],
)
def test_a_stream_that_breaks_says_why(serve: Any, content: bytes, problem: str) -> None:  # noqa: F811
    server = serve(lambda *_: (200, {}, content))
    (got,) = Asking(server.url, "served", 50).answers([ROW], stream=True, on_done=lambda _: None)
    assert got.problem is not None
    assert problem in got.problem


@pytest.mark.parametrize(
    ("refused", "stream", "further"),
    [
        (lambda body: "return_token_ids" in body, False, set()),
        (lambda body: body.get("stream") and "logprobs" in body, False, {"return_token_ids", "logprobs"}),
        (lambda body: body.get("stream") and "logprobs" in body, True, set()),  # llama.cpp
        (lambda body: "tools" in body and "tool_choice" not in body, False, {"tool_choice", "logprobs"}),  # vLLM
    ],
)
def test_a_server_is_asked_as_it_takes_requests(serve: Any, refused: Any, stream: bool, further: set[str]) -> None:  # noqa: F811
    def strict(body: dict[str, Any], _: int) -> tuple[int, dict[str, str], Any]:
        if refused(body):
            return 400, {}, {"error": "not supported"}
        return 200, {}, pieces("{}") if body.get("stream") else completion({"content": "Hi"})

    asking = Asking(serve(strict).url, "served", 50).for_server(stream=stream)
    assert further <= set(asking.further)
    assert bool(further) == bool(asking.further)


def test_a_server_that_does_not_answer_is_said(serve: Any) -> None:  # noqa: F811
    with pytest.raises(UserError, match="does not answer as OpenAI's API does: status 401: no key"):
        Asking(serve(lambda *_: (401, {}, b"no key")).url, "served", 50).for_server(stream=False)
    with pytest.raises(UserError, match=r"http://127.0.0.1:9/v1 does not answer"):
        ASKING.for_server(stream=False)


def test_without_token_ids_the_model_is_asked_once_more_for_its_text(serve: Any) -> None:  # noqa: F811
    """A server whose parser reads nothing, and that tells no tokens: what it wrote is asked for without a parser."""

    def answered(body: dict[str, Any], _: int) -> tuple[int, dict[str, str], Any]:
        return 200, {}, {**completion({"content": ""}), "usage": {"prompt_tokens": len(PROMPT_IDS)}}

    server = serve(answered)
    checker = Checker(TOKENIZER, Offline([ROW], [call("Oslo")], "float32", 50), "float32")

    class Raw(Asking):
        def raw_text(self, prompt_ids: Any) -> str | None:
            assert tuple(prompt_ids) == PROMPT_IDS
            return call("Oslo")

    (row,) = checker.check(Raw(server.url, "served", 50), stream=False, on_done=lambda _: None)
    assert row.cause is Cause.LEFT_AS_TEXT


def test_tokens_are_ids_where_the_server_tells_them() -> None:
    told = {"content": [{"token": "token_id:5", "top_logprobs": [{"token": "token_id:5", "logprob": -1.0}]}]}
    assert list(answers.alternatives_of(told)) == [{5: -1.0}]
    assert list(answers.alternatives_of({"content": [{"top_logprobs": [{"token": "a", "logprob": -1}]}]})) == [
        {"a": -1}
    ]
    assert list(answers.alternatives_of(None)) == []
