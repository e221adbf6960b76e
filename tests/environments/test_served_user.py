"""A model that plays the user of a conversation, asked over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chat_server import Answer, Server, completion, serve

from rlvr.environments.conversation import hold, scripted
from rlvr.environments.episode import Episode
from rlvr.environments.scoring import counts
from rlvr.environments.served_user import END, MOST_REPLIES, ServedUser
from rlvr.environments.worlds.environment import WorldEnvironment
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.sampling.endpoint import Endpoint

__all__ = ["serve"]


@pytest.fixture
def episode(shop: list[dict[str, Any]]) -> Episode:
    return next(each for each in generate(Recipe(shop, 60)) if each.extra_info["kind"] == "ask")


def saying(*texts: str) -> Answer:
    left = iter(texts)
    return lambda body, n: (200, {}, completion({"role": "assistant", "content": next(left)}))


def test_a_served_model_plays_the_user(episode: Episode, serve: Callable[[Answer], Server]) -> None:
    ((name, value),) = episode.options["user"]["hidden"].items()
    server = serve(saying(f"It is {value}."))
    environment = WorldEnvironment.begin(episode)
    environment.user = ServedUser(Endpoint.open(server.url, None), episode)
    (held,) = hold([(episode, environment)], scripted(episode))
    assert held.end == "over"
    assert held.outcome.is_reached
    assert held.turns[0].reply == f"It is {value}."
    assert counts(held, environment)["questions"] == 1
    (body,) = server.asked
    messages = body["messages"]
    assert [message["role"] for message in messages] == ["system", "assistant", "user"]
    assert str(name) in messages[0]["content"]
    assert messages[1]["content"] == episode.prompt[-1]["content"]
    assert "tools" not in body


def test_a_user_who_does_not_end_leaves(episode: Episode, serve: Callable[[Answer], Server]) -> None:
    server = serve(saying(*["And now?"] * 20))
    user = ServedUser(Endpoint.open(server.url, None), episode)
    replies = [user.reply("What do you mean?") for _ in range(MOST_REPLIES)]
    assert [reply.is_over for reply in replies] == [False] * (MOST_REPLIES - 1) + [True]
    roles = [message["role"] for message in server.asked[1]["messages"]]
    assert roles == ["system", "assistant", "user", "assistant", "user"]


def test_last_words_are_said(episode: Episode, serve: Callable[[Answer], Server]) -> None:
    user = ServedUser(Endpoint.open(serve(saying(f"Thank you. {END}")).url, None), episode)
    reply = user.reply("It is done.")
    assert (reply.text, reply.is_over) == ("Thank you.", True)


def test_a_user_without_an_answer_ends_the_conversation_as_failed(
    episode: Episode, serve: Callable[[Answer], Server]
) -> None:
    server = serve(lambda body, n: (400, {}, {}))
    environment = WorldEnvironment.begin(episode)
    environment.user = ServedUser(Endpoint.open(server.url, None), episode)
    (held,) = hold([(episode, environment)], scripted(episode))
    assert held.end == "failed"
    assert not held.outcome.is_reached
