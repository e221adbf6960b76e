"""Conversations: who speaks when, what ends them, and what a user gives away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar

import pytest

from rewards import ToolCall, Toolset
from rlvr.environments import conversation, python_tools
from rlvr.environments.conversation import OpenTurn, PolicyTurn, hold
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment, opened
from rlvr.environments.protocol import Outcome, ToolResult, UserTurn
from rlvr.environments.python_tools import tools_of
from rlvr.environments.recording import Recorder, recorded_calls
from rlvr.environments.scoring import EpisodeReward, counts
from rlvr.environments.user import Knowledge, SimulatedUser
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.errors import RowError, RunError, UserError

Tools = list[dict[str, Any]]


class Bank:
    """A class as TRL takes it for `environment_factory`."""

    def reset(self, balance: int = 10) -> str:
        self.balance = balance
        return ""

    def deposit(self, amount: int) -> str:
        """Deposit money.

        Args:
            amount: how much.
        """
        if amount <= 0:
            raise ValueError("the amount must be above 0")
        self.balance += amount
        return f"balance {self.balance}"

    def _secret(self) -> None:
        raise AssertionError

    def get_reward(self) -> float:
        return 1.0 if self.balance == 30 else 0.25


def bank_episode(**reset: Any) -> Episode:
    return Episode([{"role": "user", "content": "Deposit 20."}], tools_of(Bank()), "python", {"reset": reset})


def says(
    *turns: str | list[ToolCall], truncated: int | None = None
) -> Callable[[Sequence[OpenTurn]], list[PolicyTurn]]:
    """A policy that writes these turns: texts, or calls."""
    left = iter(enumerate(turns))

    def write(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        number, turn = next(left)
        if isinstance(turn, str):
            return [PolicyTurn(turn, is_truncated=number == truncated)] * len(requests)
        calls = [{"function": {"name": call.name, "arguments": json.dumps(call.arguments)}} for call in turn]
        return [PolicyTurn({"role": "assistant", "content": "", "tool_calls": calls})] * len(requests)

    return write


def hermes(name: str, **arguments: Any) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def test_calls_are_answered_and_a_text_that_asks_nothing_ends_it() -> None:
    episode = bank_episode()
    environment = open_environment(episode, {"": Bank})
    (held,) = hold([(episode, environment)], says(hermes("deposit", amount=20), "Done."), wire_format="hermes")
    assert [message["role"] for message in held.messages] == ["user", "assistant", "tool", "assistant"]
    assert held.messages[1]["tool_calls"][0]["id"] == held.messages[2]["tool_call_id"]
    assert held.messages[2]["content"] == "balance 30"
    assert held.turns[0].changes == held.changes == ("balance: 10 -> 30",)
    assert held.transcript()[1] == {**held.messages[2], "changes": ["balance: 10 -> 30"]}
    assert (held.end, held.outcome.is_reached) == ("over", True)
    assert EpisodeReward()(held).value == 1.0


def test_several_calls_of_a_turn_are_answered_in_their_order() -> None:
    episode = bank_episode()
    text = hermes("deposit", amount=1) + "\n" + hermes("deposit", amount=2)
    (held,) = hold([(episode, open_environment(episode, {"": Bank}))], says(text, "Done."), wire_format="hermes")
    assert [result.content for result in held.turns[0].results] == ["balance 11", "balance 13"]


def test_what_a_method_raises_is_the_tools_error() -> None:
    episode = bank_episode(balance=5)
    environment = open_environment(episode, {"": Bank})
    (held,) = hold([(episode, environment)], says(hermes("deposit", amount=-1), "Sorry."), wire_format="hermes")
    assert held.turns[0].results[0].is_error
    assert "above 0" in held.messages[2]["content"]
    assert environment.changes() == ()
    assert EpisodeReward()(held).value == pytest.approx(0.6 * 0.25)


@pytest.mark.parametrize("name", ["_secret", "reset", "get_reward", "__init__", "nothing"])
def test_methods_that_are_no_tools_cannot_be_called(name: str) -> None:
    environment = open_environment(bank_episode(), {"": Bank})
    assert environment.answer(ToolCall(name, {})).is_error


def test_a_row_cannot_name_code() -> None:
    episode = Episode([], [], "python", {"class": "os:system"})
    with pytest.raises(UserError, match="needs the class os:system; give environment=MODULE:CLASS"):
        open_environment(episode)


def test_a_loop_ends() -> None:
    episode = bank_episode()
    policy = says(*[hermes("deposit", amount=0)] * 5)  # refused each time
    (held,) = hold([(episode, open_environment(episode, {"": Bank}))], policy, wire_format="hermes")
    assert (held.end, len(held.turns)) == ("loop", conversation.MOST_IDENTICAL_CALLS)


def test_the_same_call_with_another_answer_is_no_loop() -> None:
    episode = bank_episode()
    policy = says(*[hermes("deposit", amount=5)] * 4, "Done.")
    (held,) = hold([(episode, open_environment(episode, {"": Bank}))], policy, wire_format="hermes")
    assert (held.end, held.outcome.is_reached) == ("over", True)


@pytest.mark.parametrize(("most", "turns"), [(4, 4), (30, conversation.MOST_STEPS + 1)])
def test_turns_are_counted(most: int, turns: int) -> None:
    episode = bank_episode()
    episode.options["most_turns"] = most
    policy = says(*[hermes("deposit", amount=amount) for amount in range(1, 31)])
    (held,) = hold([(episode, open_environment(episode, {"": Bank}))], policy, wire_format="hermes")
    assert (held.end, len(held.turns)) == ("turns", turns)


@pytest.mark.parametrize("most", [0, -1, "4", None, 1.5, 1_001, 10**100])
def test_a_number_of_turns_that_is_none_is_refused(most: Any) -> None:
    value = {**bank_episode().to_json(), "episode": {"environment": "python", "most_turns": most}}
    with pytest.raises(RowError, match="most_turns"):
        Episode.from_json(value)


def test_a_truncated_turn_ends_it() -> None:
    episode = bank_episode()
    environment = open_environment(episode, {"": Bank})
    (held,) = hold([(episode, environment)], says("I will now", truncated=0), wire_format="hermes")
    assert held.end == "truncated"
    assert any("ended by truncated" in str(reason) for reason in EpisodeReward()(held).reasons)


def test_a_long_answer_is_cut_and_said_to_be() -> None:
    class Talkative:
        reward = 0.0

        def talk(self) -> str:
            """Talk."""
            return "x" * 1_000_000

    episode = Episode([{"role": "user", "content": "Talk."}], tools_of(Talkative()), "python", {})
    (held,) = hold(
        [(episode, open_environment(episode, {"": Talkative}))], says(hermes("talk"), "OK."), wire_format="hermes"
    )
    assert len(held.messages[2]["content"]) < conversation.MOST_RESULT_CHARS + 100
    assert held.messages[2]["content"].endswith("(996000 characters left out)")


class Broken:
    """An environment that raises."""

    def answer(self, call: ToolCall) -> ToolResult:
        raise RuntimeError("the disk is gone")

    def reply(self, text: str) -> UserTurn:
        return UserTurn("", is_over=True)

    def state(self) -> Any:
        return None

    def outcome(self) -> Outcome:
        return Outcome(is_reached=True, progress=1.0)

    def close(self) -> None:
        pass


def test_an_environment_that_raises_ends_its_own_conversation_only() -> None:
    episode = bank_episode()
    pair = [(episode, Broken()), (episode, open_environment(episode, {"": Bank}))]
    broken, fine = hold(pair, says(hermes("deposit", amount=20), "Done."), wire_format="hermes")
    assert (broken.end, broken.failure) == ("failed", "RuntimeError: the disk is gone")
    assert EpisodeReward()(broken).value == 0.0
    assert fine.outcome.is_reached


def test_an_environment_that_hangs_ends_its_own_conversation_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Bank):
        def deposit(self, amount: int) -> str:
            """Put money in.

            Args:
                amount: how much.
            """
            while True:
                with suppress(Exception):
                    time.sleep(10)

    monkeypatch.setattr(conversation, "TURN_LIMIT_S", 0.2)
    episode = bank_episode()
    pair = [(episode, open_environment(episode, {"": factory})) for factory in (Hanging, Bank)]
    hanging, fine = hold(pair, says(hermes("deposit", amount=20), "Done."), wire_format="hermes")
    assert (hanging.end, hanging.failure) == ("failed", "NoAnswerError: no answer in 0 s")
    assert fine.outcome.is_reached


def test_an_exit_in_a_method_is_the_tools_error_and_no_end_of_the_run() -> None:
    class Exiting(Bank):
        def deposit(self, amount: int) -> str:
            """Put money in.

            Args:
                amount: how much.
            """
            raise SystemExit(3)

        def get_reward(self) -> float:
            raise SystemExit(4)

    episode = bank_episode()
    pair = [(episode, open_environment(episode, {"": factory})) for factory in (Exiting, Bank)]
    exiting, fine = hold(pair, says(hermes("deposit", amount=20), "Done."), wire_format="hermes")
    assert json.loads(exiting.results[0].content) == {"error": "SystemExit: 3"}
    assert (exiting.end, exiting.failure) == ("failed", "SystemExit: 4")
    assert fine.outcome.is_reached


def test_a_reward_that_hangs_ends_its_own_conversation_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Bank):
        def get_reward(self) -> float:
            time.sleep(30)
            return 1.0

    monkeypatch.setattr(conversation, "TURN_LIMIT_S", 0.2)
    episode = bank_episode()
    pair = [(episode, open_environment(episode, {"": factory})) for factory in (Hanging, Bank)]
    hanging, fine = hold(pair, says(hermes("deposit", amount=20), "Done."), wire_format="hermes")
    assert (hanging.end, fine.outcome.is_reached) == ("failed", True)


class Server(Bank):
    """Holds something until it is closed, which fails; the third does not begin."""

    open: ClassVar[list[Server]] = []

    def __init__(self) -> None:
        if len(Server.open) == 2:
            raise ConnectionError("no more than two\nand no less")
        Server.open.append(self)

    def close(self) -> None:
        Server.open.remove(self)
        raise SystemExit("closed already")


def test_environments_are_closed_whatever_happens() -> None:
    episode = bank_episode()
    with opened([episode, episode], {"": Server}) as environments:
        assert len(environments) == len(Server.open) == 2
    assert Server.open == []
    with (
        pytest.raises(RunError, match=r"the class cannot be made: ConnectionError: no more than two$"),
        opened([episode] * 3, {"": Server}),
    ):
        raise AssertionError
    assert Server.open == []


def test_a_reset_that_hangs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Bank):
        def reset(self) -> str:
            time.sleep(30)
            return ""

    monkeypatch.setattr(python_tools, "RESET_LIMIT_S", 0.2)
    with pytest.raises(RunError, match=r"Hanging.reset\(\) raised TimeoutError: no answer in 0 s"):
        open_environment(bank_episode(), {"": Hanging})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"environment": "world", "goal": {}}, "episode.seed: a world needs a whole number, not None"),
        ({"environment": "world", "seed": 1, "goal": []}, "episode.goal: a world needs an object of what shall change"),
        ({"environment": "recording"}, "episode.calls: a recording needs a list of calls with their answers, not None"),
        ({"environment": "recording", "calls": [{"name": "f", "arguments": "{}", "result": ""}]}, "must be an object"),
        ({"environment": "bfcl", "entry": 3}, "episode.entry: a bfcl needs the id of"),
    ],
)
def test_what_an_environment_lacks_is_said(options: dict[str, Any], error: str) -> None:
    row = {"prompt": [{"role": "user", "content": "Fly."}], "tools": [], "episode": options}
    with pytest.raises(UserError, match=error):
        open_environment(Episode.from_json(row))


def test_a_goal_that_cannot_be_looked_at_ends_its_own_conversation_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(self: Broken) -> Outcome:
        raise KeyError("changes")

    monkeypatch.setattr(Broken, "outcome", raising)
    episode = bank_episode()
    pair = [(episode, Broken()), (episode, open_environment(episode, {"": Bank}))]
    broken, fine = hold(pair, says("Done.", "Done."), wire_format="hermes")
    assert (broken.end, broken.failure, fine.end) == ("failed", "KeyError: 'changes'", "over")


def test_conversations_side_by_side_are_those_held_one_by_one(shop: Tools) -> None:
    episodes = list(generate(Recipe(shop, rows=6)))
    by_request = {episode.prompt[0]["content"]: list(episode.solution) for episode in episodes}

    def solve(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        turns = []
        for _, messages, _ in requests:
            done = sum(message["role"] == "assistant" for message in messages)
            step = by_request[messages[0]["content"]][done]
            calls = [{"function": {"name": call.name, "arguments": json.dumps(call.arguments)}} for call in step.calls]
            turns.append(PolicyTurn({"role": "assistant", "content": step.text, "tool_calls": calls}))
        return turns

    together = hold([(episode, open_environment(episode)) for episode in episodes], solve)
    alone = [hold([(episode, open_environment(episode))], solve)[0] for episode in episodes]
    assert together == alone
    assert all(held.outcome.is_reached for held in together)


SHOP_VALUES = {"order_id": "A-17", "reason": "too late"}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What is the order id?", "The order id is A-17."),
        ("Could you tell me your order number, please?", "The order id is A-17."),
        ("Why do you want to cancel it? What is the reason?", "The reason is too late."),
        ("What is the order id, and what is the reason?", "The order id is A-17 and the reason is too late."),
    ],
)
def test_the_user_gives_what_is_asked_for_and_nothing_else(shop: Tools, text: str, answer: str) -> None:
    user = SimulatedUser(SHOP_VALUES, Toolset([tool for tool in shop if "cancel" in tool["function"]["name"]]))
    assert user.reply(text) == UserTurn(answer)


@pytest.mark.parametrize("text", ["Your order is cancelled.", "Done. Is there anything else?", "I can't do that.", ""])
def test_a_text_that_asks_for_nothing_ends_the_conversation(shop: Tools, text: str) -> None:
    assert SimulatedUser(SHOP_VALUES, Toolset(shop)).reply(text).is_over


def test_a_user_who_cannot_answer_says_so_and_then_leaves(shop: Tools) -> None:
    user = SimulatedUser({}, Toolset(shop))
    replies = [user.reply("What is the name of your cat?") for _ in range(4)]
    assert [reply.is_over for reply in replies] == [False, False, False, True]
    assert "don't know" in replies[0].text


@pytest.mark.parametrize(
    "text",
    [
        "You would like to cancel the order. Do you confirm (yes/no)?",
        "Are you sure?",
        "Would you like me to go ahead with this?",
        "I will cancel it now. Is that okay?",
        "Please confirm that you want to proceed.",
    ],
)
def test_a_user_confirms_what_was_asked_for_and_no_more(shop: Tools, text: str) -> None:
    user = SimulatedUser(Knowledge({}, {"order_id": "A-17"}), Toolset(shop))
    assert user.reply(text) == UserTurn("Yes, if that is what I asked for.")


def test_a_user_who_is_asked_the_same_again_and_again_leaves(shop: Tools) -> None:
    user = SimulatedUser(Knowledge({"order_id": "A-17"}, {"reason": "late"}), Toolset(shop))
    replies = [user.reply(f"What is the {name}?") for name in ("order id", "order id", "reason", "order id", "reason")]
    assert [reply.is_over for reply in replies] == [False, False, False, False, True]
    assert user.n_repeated == 3


def test_a_user_repeats_a_value_and_the_repetition_is_counted(shop: Tools) -> None:
    user = SimulatedUser(Knowledge(hidden=SHOP_VALUES), Toolset(shop))
    assert [user.reply("What is the reason?").text for _ in range(2)] == ["The reason is too late."] * 2
    assert (user.n_questions, user.n_repeated) == (2, 1)


def test_a_user_changes_a_value_once_with_the_first_answer(shop: Tools) -> None:
    user = SimulatedUser(Knowledge({"order_id": "A-17"}, {"reason": "late"}, ("reason", "broken")), Toolset(shop))
    assert user.reply("What is the order id?").text == (
        "The order id is A-17. And make the reason broken, please, not what I said before."
    )
    assert user.reply("What is the reason?").text == "The reason is broken."


def test_a_recording_answers_what_was_recorded_and_guesses_nothing(shop: Tools) -> None:
    call = {"id": "1", "function": {"name": "create_order", "arguments": '{"customer_id": "C1", "quantity": 2}'}}
    log = [
        {"role": "user", "content": "Two for C1."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "order 9"},
        {"role": "assistant", "content": "Done."},
    ]
    calls = [recorded.to_json() for recorded in recorded_calls(log)]
    episode = Episode(log[:1], shop, "recording", {"calls": calls})
    environment = open_environment(Episode.from_json(json.loads(json.dumps(episode.to_json()))))
    assert not environment.outcome().is_reached
    with_default = ToolCall("create_order", {"customer_id": "C1", "quantity": 2, "gift": False})
    assert environment.answer(with_default) == ToolResult("order 9")
    assert environment.outcome().is_reached
    other = environment.answer(ToolCall("create_order", {"customer_id": "C1", "quantity": 3}))
    assert (other.is_error, "was recorded" in other.content) == (True, True)


def test_what_a_recorder_writes_down_can_be_played_again(shop: Tools) -> None:
    episode = next(episode for episode in generate(Recipe(shop, 20)) if episode.extra_info["kind"] == "lookup")
    recorder = Recorder(open_environment(episode))
    calls = [call for step in episode.solution for call in step.calls]
    answers = [recorder.answer(call) for call in calls]
    recording = Episode(
        episode.prompt, episode.tools, "recording", {"calls": [each.to_json() for each in recorder.recorded]}
    )
    environment = open_environment(recording)
    assert [environment.answer(call) for call in calls] == answers
    assert environment.outcome().is_reached


@pytest.mark.parametrize(
    ("turn", "behavior"),
    [
        (hermes("deposit", amount=20), "execute"),
        ("<tool_call>\nnothing\n</tool_call>", "execute"),
        ("How much do you want to deposit?", "clarify"),
        ("I'm sorry, but I can't do that.", "refuse"),
        ("Deposits are free.", "answer"),
        ("", None),
    ],
)
def test_the_first_turn_says_what_a_conversation_did(turn: str, behavior: str | None) -> None:
    episode = bank_episode()
    episode.options["most_turns"] = 1
    environment = open_environment(episode, {"": Bank})
    (held,) = hold([(episode, environment)], says(turn, "Done."), wire_format="hermes")
    assert EpisodeReward()(held).behavior == behavior


def test_counts(shop: Tools) -> None:
    episode = next(e for e in generate(Recipe(shop, 60)) if e.extra_info["kind"] == "unknown")
    environment = open_environment(episode)
    (held,) = hold([(episode, environment)], conversation.scripted(episode))
    counted = counts(held, environment)
    assert counted["errors"] == counted["recovered"] == counted["questions"] == 1
    assert (counted["turns"], counted["end"]) == (len(episode.solution), "over")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"prompt": [], "tools": []}, "episode: missing"),
        ({"prompt": [], "tools": [], "episode": {"environment": "word"}}, "did you mean 'world'"),
        ({"prompt": [], "tools": {}, "episode": {}}, "tools: must be a list"),
        ({"prompt": [], "tools": [], "episode": {"environment": "world", "solution": [7]}}, "episode.solution"),
    ],
)
def test_rows_that_are_no_episodes_are_refused(row: Any, error: str) -> None:
    with pytest.raises(RowError, match=error):
        Episode.from_json(row)


def test_a_world_without_a_goal_is_refused(shop: Tools) -> None:
    with pytest.raises(UserError, match=r"episode\.goal: a world needs an object"):
        open_environment(Episode([], shop, "world", {"seed": 1}))
