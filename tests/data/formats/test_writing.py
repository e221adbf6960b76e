"""What a writer writes, its reader reads back: the same rows, whatever they hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewards import Alternative, Behavior, GroundTruth, ToolCall, wire
from rlvr.data.formats.importing import read_any, read_file
from rlvr.data.formats.writing import WRITERS, WriteOptions, write_file
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.records.preference import Preference
from rlvr.records.row import Row

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
names = st.sampled_from(["city", "days", "naïve key", "a.b", "_"])
scalars = st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda item: st.lists(item, max_size=3) | st.dictionaries(texts, item, max_size=3), max_leaves=5
)
arguments = st.dictionaries(names, values | st.none(), max_size=3)
calls = st.lists(st.builds(ToolCall, st.sampled_from(["get_weather", "book"]), arguments), min_size=1, max_size=3)


def tools() -> list[dict[str, Any]]:
    parameters = {"type": "object", "properties": {"city": {"type": "string", "default": None}}}
    functions: list[dict[str, Any]] = [
        {"name": "get_weather", "parameters": parameters},
        {"name": "book", "strict": True},
    ]
    return [{"type": "function", "function": function} for function in functions]


@st.composite
def messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    prompt: list[dict[str, Any]] = [{"role": "system", "content": draw(texts)}] if draw(st.booleans()) else []
    for index in range(draw(st.integers(0, 2))):
        function = {"name": "book", "arguments": draw(st.dictionaries(names, values, max_size=2))}
        call = {"id": f"c{index}", "type": "function", "function": function}
        prompt += [
            {"role": "user", "content": draw(texts)},
            {"role": "assistant", "content": draw(texts | st.just("")), "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{index}", "name": "book", "content": draw(texts | st.just(""))},
            {"role": "assistant", "content": draw(texts)},
        ]
    return [*prompt, {"role": "user", "content": draw(texts)}]


@st.composite
def truths(draw: st.DrawFn) -> GroundTruth:
    behavior = draw(st.sampled_from(list(Behavior)))
    if behavior is Behavior.EXECUTE:
        expected = tuple(draw(calls))
        others = st.builds(Alternative, st.lists(values, max_size=2).map(tuple), st.booleans())
        has_others = draw(st.booleans())
        alternatives = tuple(draw(st.dictionaries(names, others, max_size=2)) for _ in expected) if has_others else ()
        return GroundTruth(behavior, expected, alternatives=alternatives)
    missing = tuple(draw(st.lists(names, max_size=2))) if behavior is Behavior.CLARIFY else ()
    also = (Behavior.ANSWER,) if behavior is Behavior.REFUSE and draw(st.booleans()) else ()
    return GroundTruth(behavior, text=draw(texts), missing=missing, also=also)


rows = st.lists(
    st.builds(Row, messages(), st.just(tools()), truths(), st.dictionaries(texts, values | st.none(), max_size=2)),
    min_size=1,
    max_size=4,
)
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sagemaker", WriteOptions()),
        ("verl", WriteOptions()),
        ("openai", WriteOptions(extras=True)),
        ("trl", WriteOptions()),
    ],
    ids=["sagemaker", "verl", "openai", "trl"],
)
@given(made=rows)
@quick
def test_any_rows_are_read_back_identical(tmp_path: Path, name: str, options: WriteOptions, made: list[Row]) -> None:
    path = tmp_path / WRITERS[name].file
    written = write_file(made, path, name, options)
    assert (written.rows, written.left_out) == (len(made), {})
    found, summary = read_any(path)
    assert summary.rejected == {}
    told = [json.dumps([row.prompt, row.tools, row.ground_truth.to_json()], sort_keys=True) for row in made]
    once = [row for index, row in enumerate(made) if told[index] not in told[:index]]
    assert found == (once if name == "openai" else made)  # a log of messages tells the same turn again and again
    assert summary.repeated == len(made) - len(found)


def test_messages_that_no_column_holds_come_back_too(tmp_path: Path) -> None:
    prompt = [
        {"role": "user", "content": "Hi", "weight": 1},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "book", "arguments": {}}]},
        {"role": "user", "content": "Go on."},
    ]
    row = Row(prompt, tools(), GroundTruth(Behavior.ANSWER, text="Done."), {"rlvr": 1, "index": 4})
    write_file([row], tmp_path / "verl.parquet", "verl")
    assert read_any(tmp_path / "verl.parquet")[0] == [row]


@given(made=rows, rejected=texts)
@quick
def test_preferences_are_read_back_identical(tmp_path: Path, made: list[Row], rejected: str) -> None:
    pairs = [
        Preference.of_row(row, wire.render(row.ground_truth.calls) or row.ground_truth.text or "", rejected, "k")
        for row in made
    ]
    path = tmp_path / "pairs.jsonl"
    write_file(pairs, path, "trl_preference")
    assert [each for each in read_file(path)[1] if isinstance(each, Preference)] == pairs


def test_openai_without_extras_holds_what_openai_reads(tmp_path: Path) -> None:
    history = [
        {"role": "user", "content": "Rome?"},
        {"role": "assistant", "content": "Sun."},
        {"role": "user", "content": "Paris?"},
    ]
    row = Row(history, tools(), GroundTruth(Behavior.EXECUTE, (ToolCall("get_weather", {"city": "Paris"}),)))
    path = tmp_path / "openai.jsonl"
    write_file([row], path, "openai")
    (record,) = map(json.loads, path.read_text().splitlines())
    assert set(record) == {"messages", "tools"}
    assert [message.get("weight") for message in record["messages"]] == [None, 0, None, None]
    assert record["messages"][-1]["tool_calls"][0]["function"]["arguments"] == '{"city": "Paris"}'
    (back,), _ = read_any(path)
    assert (back.prompt, back.tools, back.ground_truth) == (row.prompt, row.tools, row.ground_truth)


def test_a_row_without_a_text_to_imitate_is_left_out_and_counted(tmp_path: Path) -> None:
    row = Row([{"role": "user", "content": "Hi"}], [], GroundTruth.from_bfcl(None))
    path = tmp_path / "out.jsonl"
    with pytest.raises(UserError, match=r"nothing to write as trl: no text that a model could learn to write.*\(1×\)"):
        write_file([row], path, "trl")
    assert not path.exists()


def test_completions_are_written_in_the_models_own_wire_format(tmp_path: Path) -> None:
    row = Row(
        [{"role": "user", "content": "Hi"}], tools(), GroundTruth(Behavior.EXECUTE, (ToolCall("book", {"a": 1}),))
    )
    write_file([row], tmp_path / "trl.jsonl", "trl", WriteOptions(wire="mistral"))
    (record,) = map(json.loads, (tmp_path / "trl.jsonl").read_text().splitlines())
    assert record["completion"][0]["content"] == wire.render(row.ground_truth.calls, "mistral")
    with pytest.raises(UserError, match="wire 'hermse' not found; did you mean 'hermes'"):
        write_file([row], tmp_path / "trl.jsonl", "trl", WriteOptions(wire="hermse"))


def test_verl_and_sagemaker_columns_are_those_that_their_readers_name(tmp_path: Path) -> None:
    from pyarrow import parquet

    made = synthesize("five_tools", rows=20, seed=0)
    write_file(made, tmp_path / "v.parquet", "verl")
    table = parquet.read_table(tmp_path / "v.parquet").to_pylist()
    assert list(table[0]) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert [record["extra_info"]["index"] for record in table] == list(range(20))
    write_file(made, tmp_path / "s.jsonl", "sagemaker")
    first = json.loads((tmp_path / "s.jsonl").read_text().splitlines()[0])
    assert first["reward_model"]["style"] == "rule"
    assert isinstance(first["tools"], str)


def test_the_reward_adapters_score_what_was_written(tmp_path: Path) -> None:
    from pyarrow import parquet

    from rewards.adapters.sagemaker import lambda_handler
    from rewards.adapters.verl import compute_score

    made = synthesize("five_tools", rows=20, seed=0)
    right = [wire.render(row.ground_truth.calls) or row.ground_truth.text or "" for row in made]
    write_file(made, tmp_path / "v.parquet", "verl")
    for text, record in zip(right, parquet.read_table(tmp_path / "v.parquet").to_pylist(), strict=True):
        truth = record["reward_model"]["ground_truth"]
        assert compute_score(record["data_source"], text, truth, record["extra_info"])["score"] == 1.0
    write_file(made, tmp_path / "s.jsonl", "sagemaker")
    samples = [
        {"id": str(index), "messages": [{"role": "assistant", "content": text}], "metadata": json.loads(line)}
        for index, (text, line) in enumerate(zip(right, (tmp_path / "s.jsonl").read_text().splitlines(), strict=True))
    ]
    assert [scored["aggregate_reward_score"] for scored in lambda_handler(samples)] == [1.0] * 20


def test_trl_templates_see_what_was_written(tmp_path: Path) -> None:
    """The file as `datasets` loads it: schemas reach the chat template undamaged."""
    import datasets
    from transformers import AutoTokenizer

    made = synthesize("five_tools", rows=8, seed=0)
    write_file(made, tmp_path / "trl.jsonl", "trl")
    loaded = datasets.load_dataset(
        "json", data_files=str(tmp_path / "trl.jsonl"), cache_dir=str(tmp_path), split="train"
    )
    tokenizer = AutoTokenizer.from_pretrained(Path(__file__).parents[3] / "rlvr" / "policy" / "tiny")
    for row, record in zip(made, loaded, strict=True):
        given = tokenizer.apply_chat_template(record["prompt"], tools=json.loads(record["tools"]), tokenize=False)
        assert given == tokenizer.apply_chat_template(row.prompt, tools=row.tools, tokenize=False)
