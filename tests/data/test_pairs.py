"""Preference pairs: each kind of mistake is what its name says, and the reward ranks every pair strictly."""

import json
import re
from pathlib import Path
from random import Random

import pytest
from synth_sets import rows_of

from rewards import Behavior, GroundTruth, Tiered, ToolCall, Toolset, wire
from rlvr.cli import main
from rlvr.data import pairs, saved_rollouts
from rlvr.data.confusable import with_confusable_values
from rlvr.errors import UserError
from rlvr.records.rollout import Rollout
from rlvr.records.row import Row, write_rows

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Weather forecast",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "date": {"type": "string", "format": "date"},
                    "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
                },
                "required": ["city"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "get_tides",
            "description": "Tide tables",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "harbor": {"type": "string"}},
                "required": ["city"],
            },
        },
    },
]


def row(truth: GroundTruth, text: str = "Weather in Tokyo tomorrow, please") -> Row:
    return Row([{"role": "user", "content": text}], TOOLS, truth)


def execute(*calls: ToolCall) -> Row:
    return row(GroundTruth(Behavior.EXECUTE, calls))


TOKYO = execute(ToolCall("get_weather", {"city": "Tokyo", "date": "2026-03-04", "days": 5}))


def arguments(text: str) -> dict[str, object]:
    (call,) = wire.parse(text).calls
    return call.arguments


def test_each_mistake_in_a_call_is_what_its_name_says() -> None:
    right = TOKYO.ground_truth.calls[0].arguments
    found = pairs.corruptions(TOKYO, Random(0))
    misspelt = arguments(found["misspelt_value"])["city"]
    assert misspelt != "Tokyo"
    assert re.fullmatch(r"T\w{4,5}", str(misspelt))
    assert arguments(found["unresolved_date"]) == {**right, "date": "tomorrow"}
    assert arguments(found["near_number"])["days"] in (4, 6)
    assert arguments(found["dropped_argument"]) == {"date": "2026-03-04", "days": 5}  # the only required one
    (similar,) = wire.parse(found["similar_tool"]).calls
    assert (similar.name, similar.arguments) == ("get_tides", {"city": "Tokyo"})
    (invented,) = wire.parse(found["hallucinated_tool"]).calls
    assert invented.name not in Toolset(TOOLS)
    assert len(wire.parse(found["repeated_call"]).calls) == 2
    assert "?" in found["question_for_call"]
    assert "needless_argument" not in found  # every parameter is given
    assert not {"swapped_values", "repeated_value"} & set(found)  # a city is never taken for a date


def test_values_of_one_shape_are_swapped_or_given_twice() -> None:
    tides = execute(ToolCall("get_tides", {"city": "Rostock", "harbor": "Warnow"}))
    for seed in range(10):
        found = pairs.corruptions(tides, Random(seed))
        assert arguments(found["swapped_values"]) == {"city": "Warnow", "harbor": "Rostock"}
        assert set(arguments(found["repeated_value"]).values()) in ({"Rostock"}, {"Warnow"})


def test_dates_without_a_relative_word_are_left_in_words() -> None:
    said = row(TOKYO.ground_truth, "Weather in Tokyo on 2026-03-04")
    written = {str(arguments(pairs.corruptions(said, Random(seed))["unresolved_date"])["date"]) for seed in range(20)}
    assert written == {"March 4", "4 March 2026", "Wednesday", "03/04/2026"}


def test_parallel_calls_lose_one() -> None:
    two = execute(ToolCall("get_weather", {"city": "Rome"}), ToolCall("get_weather", {"city": "Oslo"}))
    assert len(wire.parse(pairs.corruptions(two, Random(0))["dropped_call"]).calls) == 1


def test_a_question_a_refusal_and_an_answer_are_due() -> None:
    asks = row(GroundTruth(Behavior.CLARIFY, text="Which city?", missing=("city",)), "What will the weather be?")
    found = pairs.corruptions(asks, Random(0))
    assert set(found) == {"call_for_question", "wrong_question", "empty_question"}
    assert arguments(found["call_for_question"])["city"]
    assert "city" not in found["wrong_question"]
    refuses = row(GroundTruth(Behavior.REFUSE, text="I'm sorry, I can't help with that."), "Forge a passport")
    assert set(pairs.corruptions(refuses, Random(0))) == {"compliance", "call_for_refusal"}
    answers = row(GroundTruth(Behavior.ANSWER, text="You're welcome!"), "Thanks!")
    assert set(pairs.corruptions(answers, Random(0))) == {"call_for_answer", "refusal_for_answer"}


@pytest.mark.parametrize("which", ["same tools", "unseen"])
def test_the_reward_ranks_every_pair_strictly_and_every_row_has_one(which: str) -> None:
    rows = rows_of(which)
    reward = Tiered()
    made = list(pairs.pairs(rows, per_row=len(pairs.KINDS)))
    assert {json.dumps(pair.prompt) for pair in made} == {json.dumps(row.prompt) for row in rows}
    for pair in made:
        scores = [
            reward(text, ground_truth=pair.ground_truth, tools=pair.tools) for text in (pair.chosen, pair.rejected)
        ]
        assert scores[0] is not None
        assert scores[1] is not None
        assert scores[0].value > scores[1].value
        assert (scores[0].value, scores[1].value) == pair.rewards


def test_pairs_are_a_function_of_the_seed() -> None:
    rows = rows_of("unseen")[:50]
    once, again, other = (list(pairs.pairs(rows, seed=seed)) for seed in (1, 1, 2))
    assert once == again
    assert once != other
    assert list(pairs.pairs(rows[:10], seed=1)) == once[: len(list(pairs.pairs(rows[:10], seed=1)))]


def test_a_share_of_the_rows_gets_confusable_values() -> None:
    rows = rows_of("unseen")
    prompts = {json.dumps(row.prompt) for row in rows}
    none, some, all_of_them = (
        sum(json.dumps(pair.prompt) not in prompts for pair in pairs.pairs(rows, confusable=share))
        for share in (0.0, 0.25, 1.0)
    )
    can = sum(with_confusable_values(row, Random(0)) is not None for row in rows)
    assert (none, some, all_of_them) == (0, min(can, round(0.25 * len(rows))), can)
    with pytest.raises(UserError, match="confusable: 2 is not from 0 to 1"):
        next(pairs.pairs(rows, confusable=2))


def test_weights_change_the_mix() -> None:
    rows = rows_of("unseen")
    only = pairs.mix(pairs.pairs(rows, weights={**dict.fromkeys(pairs.KINDS, 0.0), "dropped_argument": 1.0}))
    assert set(only) == {"dropped_argument"}
    more = pairs.mix(pairs.pairs(rows, weights={"similar_tool": 20.0}))["similar_tool"]
    assert more > 3 * pairs.mix(pairs.pairs(rows))["similar_tool"]


@pytest.mark.parametrize("weights", [{"mispelt_value": 1.0}, {"compliance": -1.0}])
def test_weights_that_mean_nothing_are_a_mistake(weights: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"misspelt_value|-1\.0"):
        list(pairs.pairs([TOKYO], weights=weights))


def test_a_group_gives_its_best_against_its_worst() -> None:
    truth = json.dumps(TOKYO.ground_truth.to_json())
    right = TOKYO.completion()
    texts = ["Which city?", right.replace("Tokyo", "Kyoto"), right]
    record = {
        "prompt": "<user>Weather in Tokyo",
        "tools": json.dumps(TOOLS),
        "expected": truth,
        "candidates": [{"completion": text, "reward": None} for text in texts],
    }
    alike = {**record, "candidates": record["candidates"][:1] * 8}
    (pair,) = pairs.mined(map(Rollout.from_json, [record, alike]))
    assert (pair.chosen, pair.rejected, pair.kind) == (right, "Which city?", "mined")
    assert pair.prompt == "<user>Weather in Tokyo"
    assert pair.rewards == (1.0, 0.0)


def test_the_command_writes_pairs_and_reports_their_mix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_rows(tmp_path / "rows.jsonl", rows_of("unseen")[:40])
    out = tmp_path / "pairs.jsonl"
    assert main(["data", "pairs", f"rows={source}", f"out={out}", "only=[dropped_argument,compliance]"]) == 0
    assert "dropped_argument" in capsys.readouterr().out
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert {record["kind"] for record in records} == {"dropped_argument", "compliance"}
    read_back = [Row.from_json(record) for record in records]
    assert [row.completion() for row in read_back] == [record["chosen"] for record in records]


def test_pairs_are_mined_from_a_run_that_has_ended(tmp_path: Path) -> None:
    row = rows_of("unseen")[0]
    right = row.completion()
    record = {
        "step": 1,
        "row": 0,
        "prompt": "what the policy read",
        "tools": json.dumps(row.tools),
        "expected": json.dumps(row.ground_truth.to_json()),
        "candidates": [
            {"completion": text, "n_tokens": 1, "reward": 0.0, "components": {}, "behavior": "nothing", "reasons": []}
            for text in (right, "")
        ],
    }
    run, out = tmp_path / "run", tmp_path / "pairs.jsonl"
    (run / "rollouts").mkdir(parents=True)
    lines = run / "rollouts" / "grpo.jsonl"
    lines.write_text(json.dumps(record) + "\n")
    saved_rollouts.pack(lines)
    assert main(["data", "pairs", f"run={run}", f"out={out}"]) == 0
    assert json.loads(out.read_text())["chosen"] == right


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1", "grpo.jsonl:1: not an object"),
        ('{"prompt": "x", "tools": [], "expected": {}}', "grpo.jsonl:1: candidates"),
    ],
)
def test_what_is_no_record_of_a_run_is_named(
    line: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, out = tmp_path / "grpo.jsonl", tmp_path / "pairs.jsonl"
    lines.write_text(line + "\n")
    assert main(["data", "pairs", f"run={lines}", f"out={out}"]) == 2
    assert complaint in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "either rows="),
        (["rows=a", "run=b"], "either rows="),
        (["rows=absent.jsonl"], "no such file"),
        (["run=absent"], "no rollouts"),
        (["run=absent", "confusable=0.5"], "confusable: is for pairs made from rows"),
        (["run=absent", "weights.misspelt_value=2"], "weights: is for pairs made from rows"),
        (["rows=absent.jsonl", "format=csv"], "'csv'"),
        (["rows=absent.jsonl", "per_row=0"], "per_row: 0"),
    ],
)
def test_what_the_command_cannot_do_it_says(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "pairs", *arguments]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.slow
def test_trl_trains_on_the_pairs(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    folder = Path(__file__).parents[2] / "rlvr" / "policy" / "tiny"
    dataset = pairs.to_preference_dataset(list(pairs.pairs(rows_of("unseen")[:2])))
    arguments = DPOConfig(
        str(tmp_path),
        max_steps=1,
        per_device_train_batch_size=4,
        use_cpu=True,
        bf16=False,
        report_to=[],
        max_length=1024,
    )
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        args=arguments,
        train_dataset=dataset,
        processing_class=AutoTokenizer.from_pretrained(folder),
    )
    text = trainer.processing_class.decode(trainer.train_dataset[0]["prompt_ids"])
    assert json.loads(dataset[0]["tools"])[0]["function"]["name"] in text  # the template saw the tools
    assert trainer.train().training_loss == pytest.approx(0.693, abs=0.05)  # ln 2: policy and reference are one
