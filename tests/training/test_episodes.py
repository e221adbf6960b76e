"""GRPO on conversations: trained on as they were sampled, the policy's own tokens only."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from one_process import Outcome, outcomes_of

from rlvr.chat import completion_tokens, end_of_turn, render_calls, render_prompt, turn_boundary
from rlvr.cli import main
from rlvr.config import ModelConfig
from rlvr.environments.conversation import hold
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.errors import UserError
from rlvr.policy.load import Policy, load_policy
from rlvr.training.episodes import TokenPolicy, check_template

TOOLS = [
    {
        "name": "cancel_order",
        "description": "Cancel an order.",
        "parameters": {
            "type": "object",
            "properties": {"order_id": {"type": "string"}, "reason": {"type": "string"}},
            "required": ["order_id", "reason"],
        },
    }
]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ModelConfig())


@pytest.fixture(scope="module")
def episodes() -> list[Episode]:
    return list(generate(Recipe(TOOLS, rows=8, kinds={"ask": 1.0})))


def spoken(policy: Policy, episode: Episode) -> list[list[int]]:
    """The tokens of each turn of an episode's solution."""
    turns = []
    for step in episode.solution:
        text = render_calls(policy.tokenizer, step.calls, step.text, episode.tools)
        turns.append(completion_tokens(policy.tokenizer, text, has_calls=bool(step.calls)))
    return turns


def test_an_episode_is_trained_on_as_it_was_sampled(policy: Policy, episodes: list[Episode]) -> None:
    """What each turn was sampled from is a beginning of what is trained on, and only its turns are the policy's."""
    turns = [spoken(policy, episode) for episode in episodes]
    contexts: list[list[int]] = []
    round_number = 0

    def generate_turn(ids: list[list[int]], tools: list[Any]) -> tuple[list[list[int]], None]:
        nonlocal round_number
        contexts.extend(ids)
        round_number += 1
        return [turn[round_number - 1] for turn in turns], None

    writing = TokenPolicy(policy.tokenizer, generate_turn, 10_000)
    held = hold([(episode, open_environment(episode)) for episode in episodes], writing, wire_format="hermes")
    for place, (conversation, spoken_turns) in enumerate(zip(held, turns, strict=True)):
        assert conversation.outcome.is_reached, conversation
        tokens = writing.tokens[place]
        own = [token for token, is_own in zip(tokens.rest, tokens.is_own, strict=True) if is_own]
        assert own == [token for turn in spoken_turns for token in turn]
        whole = tokens.prompt + tokens.rest
        assert all(whole[: len(context)] == context for context in contexts[place :: len(episodes)])
        assert policy.tokenizer.decode(whole) == as_the_template_writes(policy, episodes[place], conversation.messages)


def as_the_template_writes(policy: Policy, episode: Episode, messages: list[dict[str, Any]]) -> str:
    prompt = render_prompt(policy.tokenizer, messages[:-1], episode.tools)
    return prompt + messages[-1]["content"] + end_of_turn(policy.tokenizer)


def test_a_template_that_rewrites_an_earlier_turn_is_told_by_none(policy: Policy) -> None:
    tokenizer = copy.deepcopy(policy.tokenizer)
    messages = [
        {"role": "user", "content": "Cancel it."},
        {"role": "assistant", "content": "Which order?"},
        {"role": "user", "content": "A-1."},
    ]
    assert turn_boundary(tokenizer, messages, 1, TOOLS) is not None
    turns = "<|im_start|>{{ m.role }}\n{{ m.content if loop.last else '...' }}<|im_end|>\n"
    tokenizer.chat_template = "{% for m in messages %}" + turns + "{% endfor %}"
    tokenizer.chat_template += "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    assert turn_boundary(tokenizer, messages, 1, TOOLS) is None


def test_an_episode_that_grows_too_long_ends_as_truncated(policy: Policy, episodes: list[Episode]) -> None:
    turns = spoken(policy, episodes[0])
    writing = TokenPolicy(policy.tokenizer, lambda ids, tools: ([turns[0]], None), most_tokens=len(turns[0]))
    (held,) = hold([(episodes[0], open_environment(episodes[0]))], writing, wire_format="hermes")
    assert (held.end, len(held.turns)) == ("truncated", 2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps on conversations, and an evaluation on them."""
    folder = tmp_path_factory.mktemp("episodes")
    (folder / "tools.json").write_text(json.dumps(TOOLS))
    assert main(["data", "worlds", f"tools={folder}/tools.json", f"out={folder}/e.jsonl", "rows=8"]) == 0
    options = [
        "pipeline=[grpo]",
        "tracking=none",
        f"run_dir={folder}/run",
        "data=none",
        f"+data.train.worlds.path={folder}/e.jsonl",
        f"+data.evaluation.worlds.path={folder}/e.jsonl",
        "training.args.max_steps=2",
        "training.args.per_device_train_batch_size=16",
        "training.args.gradient_accumulation_steps=1",
        "training.args.max_completion_length=24",
        "training.most_episode_tokens=96",
        "evaluation.max_new_tokens=24",
        "hardware.threads=1",
    ]
    assert main(["train", *options]) == 0
    return folder / "run"


def test_a_run_on_conversations_logs_what_is_counted(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line.get("stage") == "grpo" and "episode/turns" in line]
    assert len(steps) == 2
    assert all(step["episode/turns"] >= 1 for step in steps)
    assert all(0 <= step["rewards/episode/mean"] <= 1 for step in steps)


def test_a_run_on_conversations_is_evaluated_on_them(run: Path) -> None:
    rows = [json.loads(line) for line in (run / "evaluations" / "grpo" / "worlds.jsonl").read_text().splitlines()]
    assert len(rows) == 8
    for row in rows:
        assert row["episode"]["turns"] >= 1
        assert row["is_exact"] == (row["reward"] == 1.0)
    assert (run / "report.html").exists()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with conversations, the turns of their solutions, and files that are wrong in one way each."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "tools.json").write_text(json.dumps(TOOLS))
    files = [f"tools={folder}/tools.json", f"out={folder}/episodes.jsonl", f"turns={folder}/turns.jsonl"]
    assert main(["data", "worlds", *files, "rows=8"]) == 0
    episodes = (folder / "episodes.jsonl").read_text()
    (folder / "mixed.jsonl").write_text(episodes + (folder / "turns.jsonl").read_text())
    first = json.loads(episodes.splitlines()[0])
    changed = {
        "kind": {"environment": "wrold"},
        "seed": {"environment": "world", "goal": {"changes": []}},
        "class": {"environment": "python", "class": "Bank"},
    }
    for name, episode in changed.items():
        (folder / f"{name}.jsonl").write_text(json.dumps({**first, "episode": episode}))
    return folder


WRONG = [
    ([".a.path={}/episodes.jsonl", ".b.path={}/turns.jsonl"], "grpo would train on conversations and on other"),
    ([".a.path={}/mixed.jsonl"], "train/a: 8 of "),
    ([".a.path={}/kind.jsonl"], "did you mean 'world'"),
    ([".a.path={}/seed.jsonl"], "train/a, row 1: episode.seed: a world needs a whole number, not None"),
    ([".a.path={}/class.jsonl"], "train/a, row 1: episode: needs the class Bank; give environment=MODULE:CLASS"),
    ([".a.path={}/episodes.jsonl", "training=gdpo"], "training.normalize_components: does not go with"),
    ([".a.path={}/episodes.jsonl", "training=dapo"], "training.dynamic_sampling_rounds: does not go with"),
    ([".a.path={}/episodes.jsonl", "training.partial_cap_end=0.0"], "training.partial_cap_end: does not go with"),
    ([".a.path={}/nothing.jsonl", "environment=nothing_of_mine:Bank"], "cannot import 'nothing_of_mine'"),
    ([".a.path={}/nothing.jsonl", "environment=json"], "'json' is not MODULE:CLASS"),
]
"""Options of a training on conversations, and what is said about them."""


@pytest.fixture(scope="module")
def refused(written: Path) -> list[Outcome]:
    arguments = ["train", "pipeline=[grpo]", "data=none", "tracking=none", f"run_dir={written}/run"]
    sources = [[option.format(written) for option in options] for options, _ in WRONG]
    lines = [[*arguments, *(f"+data.train{text}" if text[0] == "." else text for text in each)] for each in sources]
    return outcomes_of(lines, written)


@pytest.mark.parametrize("at", range(len(WRONG)), ids=[error for _, error in WRONG])
def test_what_is_wrong_is_said_before_anything_heavy_loads(at: int, written: Path, refused: list[Outcome]) -> None:
    """In a process of its own: neither a model nor torch may have been loaded by then."""
    outcome = refused[at]
    assert outcome.code == 2
    assert "torch" not in outcome.loaded
    assert WRONG[at][1] in outcome.error
    assert len(outcome.error.splitlines()) == 1
    assert not (written / "run").exists()


def test_a_template_that_cannot_go_on_is_said_before_the_model_is_loaded(
    policy: Policy, episodes: list[Episode]
) -> None:
    tokenizer = copy.deepcopy(policy.tokenizer)
    check_template(tokenizer, episodes[0])
    turns = "<|im_start|>{{ m.role }}\n{{ m.content if loop.last else '...' }}<|im_end|>\n"
    tokenizer.chat_template = "{% for m in messages %}" + turns + "{% endfor %}"
    tokenizer.chat_template += "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    with pytest.raises(UserError, match="writes an earlier turn otherwise"):
        check_template(tokenizer, episodes[0])


def test_the_goals_reached_are_told_by_kind_of_task(run: Path) -> None:
    details = json.loads((run / "evaluation.json").read_text())["worlds"]["grpo"]["details"]["episodes"]
    assert sum(group["exact"]["n"] for group in details["reached"].values()) == 8
    assert sum(details["ended_by"].values()) == 8
    assert details["mean"]["turns"] >= 1


BANK = """
class Bank:
    n_begun = 0

    def reset(self, balance=0):
        self.balance = balance
        Bank.n_begun += 1
        return f" It is visit {Bank.n_begun}."

    def deposit(self, amount: int) -> str:
        \'\'\'Deposit money.\'\'\'
        self.balance += amount
        return f"balance {self.balance}"

    def get_reward(self):
        return float(self.balance == 30)
"""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a class of the user's own, and a conversation with it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bank_of_mine.py").write_text(BANK)
    parameters = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    row = {
        "prompt": [{"role": "user", "content": "Deposit 20."}],
        "tools": [{"type": "function", "function": {"name": "deposit", "parameters": parameters}}],
        "episode": {"environment": "python", "reset": {"balance": 10}},
    }
    (tmp_path / "bank.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def evaluate_bank(*options: str) -> int:
    rows = ["data=none", "+data.evaluation.bank.path=bank.jsonl", "run_dir=out", "evaluation.max_new_tokens=32"]
    return main(["evaluate", *rows, "hardware.threads=1", *options])


def test_a_class_of_the_users_own_is_evaluated_on(bank: Path) -> None:
    assert evaluate_bank("environment=bank_of_mine:Bank") == 0
    (path,) = (bank / "out").rglob("bank.jsonl")
    assert json.loads(path.read_text())["episode"]["turns"] >= 1


def test_what_a_class_raises_is_told_and_counted(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = BANK.replace("return float(self.balance == 30)", "raise ValueError('no reward today')")
    (bank / "worthless_of_mine.py").write_text(code)
    assert evaluate_bank("environment=worthless_of_mine:Bank") == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "ended by: failed 1 failed, 1: ValueError: no reward today" in output


def test_a_class_of_the_users_own_is_trained_on(bank: Path) -> None:
    """The candidates of a group begin differently here, as TRL's classes that draw their own task do."""
    rows = ["data=none", "+data.train.bank.path=bank.jsonl", "run_dir=out", "environment=bank_of_mine:Bank"]
    options = ["pipeline=[grpo]", "gate=off", "tracking=none", "hardware.threads=1", "training.args.max_steps=1"]
    batch = ["training.args.per_device_train_batch_size=8", "training.args.max_completion_length=16"]
    assert main(["train", *rows, *options, *batch]) == 0
    (path,) = (bank / "out").rglob("grpo.parquet")
    (rollout,) = pq.read_table(path).to_pylist()
    first = [json.loads(candidate["transcript"])[0]["content"] for candidate in rollout["candidates"]]
    assert len(set(first)) == 8
    assert all(text.startswith(" It is visit ") for text in first)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ([], "needs the class of its environment; give environment=MODULE:CLASS"),
        (["environment=bank_of_mine"], "'bank_of_mine' is not MODULE:CLASS"),
        (
            ["environment=nothing_of_mine:Bank"],
            "cannot import 'nothing_of_mine', from this folder or what is installed",
        ),
        (["environment=bank_of_mine:Till"], "class 'Till' not found; bank_of_mine has: Bank"),
    ],
)
def test_a_class_that_is_not_there_is_said(
    bank: Path, capsys: pytest.CaptureFixture[str], options: list[str], error: str
) -> None:
    assert evaluate_bank(*options) == 2
    assert error in capsys.readouterr().err
