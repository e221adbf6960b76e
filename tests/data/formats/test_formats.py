"""One record of each format as its authors write it, and the rows that it means."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import Behavior, GroundTruth, ToolCall, wire
from rlvr.data.formats import FORMATS, ReadOptions, recognised
from rlvr.data.formats.importing import read_any, read_file
from rlvr.data.formats.outcome import DEFAULTS
from rlvr.data.formats.written import calls_in
from rlvr.errors import RowError, UserError
from rlvr.files import Where
from rlvr.records.preference import Preference
from rlvr.records.row import Row

HERE = Where(Path("data.jsonl"), 7)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}
PARIS = ToolCall("get_weather", {"city": "Paris"})


def outcomes(record: dict[str, Any], options: ReadOptions = DEFAULTS) -> list[Any]:
    """What the format that recognises the record makes of it; a rejection of the whole is its only outcome."""
    chosen = recognised(record)
    assert chosen is not None
    try:
        return list(chosen.read(record, HERE, options))
    except RowError as error:
        return [error]


def rows(record: dict[str, Any], options: ReadOptions = DEFAULTS) -> list[Row]:
    found = outcomes(record, options)
    assert not [each for each in found if isinstance(each, RowError)]
    return [each for each in found if isinstance(each, Row)]


OPENAI = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather in Paris and Rome?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}},
                {"id": "b", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "sun"},
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
        {"role": "assistant", "content": "Sun in Paris, rain in Rome.", "weight": 1},
        {"role": "user", "content": "And tomorrow?"},
        {"role": "assistant", "content": "I cannot see the future.", "weight": 0},
    ],
    "tools": [WEATHER],
    "parallel_tool_calls": True,
}


def test_openai_gives_a_row_for_each_decision_with_its_history() -> None:
    calls, answer = rows(OPENAI)
    assert calls.ground_truth.calls == (PARIS, ToolCall("get_weather", {"city": "Rome"}))
    assert [message["role"] for message in calls.prompt] == ["system", "user"]
    assert calls.prompt[1]["content"] == "Weather in Paris and Rome?"
    assert answer.ground_truth == GroundTruth(Behavior.ANSWER, text="Sun in Paris, rain in Rome.")
    assert answer.prompt[2]["tool_calls"][0]["function"]["arguments"] == {"city": "Paris"}
    assert (answer.extra_info["line"], answer.extra_info["turn"]) == (7, 5)


def test_openai_reads_the_legacy_function_call() -> None:
    record = {
        "messages": [
            {"role": "user", "content": "Weather in Paris?"},
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
            },
        ],
        "functions": [WEATHER["function"]],
    }
    (row,) = rows(record)
    assert (row.tools, row.ground_truth.calls) == ([WEATHER], (PARIS,))


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ({"content": ""}, "neither calls nor says anything"),
        ({"content": "I can't do that. Which city do you mean?"}, "both asks and refuses"),
        ({"content": '<tool_call>\n{"name": "get_weather"\n</tool_call>'}, "malformed call"),
        (
            {"tool_calls": [{"function": {"name": "fly", "arguments": "{}"}}]},
            "calls 'fly', but the row offers get_weather",
        ),
    ],
    ids=["silence", "both", "malformed", "unknown tool"],
)
def test_a_decision_that_teaches_nothing_certain_is_rejected_alone(turn: dict[str, Any], message: str) -> None:
    start = [{"role": "user", "content": "Weather?"}, {"role": "assistant", **turn}]
    end = [{"role": "user", "content": "Paris."}, {"role": "assistant", "content": "Which country?"}]
    rejected, row = outcomes({"messages": [*start, *end], "tools": [WEATHER]})
    assert isinstance(rejected, RowError)
    assert message in rejected.message
    assert row.ground_truth.behavior is Behavior.CLARIFY


def test_a_text_that_writes_its_calls_out_calls() -> None:
    text = wire.render([PARIS])
    (row,) = rows(
        {
            "messages": [{"role": "user", "content": "Paris?"}, {"role": "assistant", "content": text}],
            "tools": [WEATHER],
        }
    )
    assert row.ground_truth.calls == (PARIS,)


def test_xlam() -> None:
    record = {
        "id": 3,
        "query": "Weather in Paris?",
        "tools": json.dumps(
            [{"name": "get_weather", "description": "", "parameters": {"city": {"type": "str", "description": "c"}}}]
        ),
        "answers": '[{"name": "get_weather", "arguments": {"city": "Paris"}}]',
    }
    (row,) = rows(record)
    assert row.ground_truth.calls == (PARIS,)
    assert row.tools[0]["function"]["parameters"]["required"] == ["city"]
    assert row.extra_info == {"source": "xlam", "id": 3}
    (irrelevant,) = rows({**record, "answers": "[]"})
    assert irrelevant.ground_truth == GroundTruth.from_bfcl(None)
    (reason,) = outcomes({"query": "Weather in Paris?", "answers": "[]"})
    assert reason.message == "the record names no tools; give them with tools=FILE"


def test_sharegpt_with_a_result_that_is_nested_too_deep() -> None:
    call = json.dumps({"name": "get_weather", "arguments": {"city": "Rome"}})
    deep = "[" * 100_000
    turns = [("human", "Weather?"), ("function_call", call), ("observation", deep), ("gpt", "Sunny.")]
    record = {"conversations": [{"from": who, "value": text} for who, text in turns], "tools": json.dumps([WEATHER])}
    assert rows(record)[-1].prompt[-1]["content"] == deep


def test_sharegpt_with_function_calls_and_observations() -> None:
    record = {
        "system": "Policy.",
        "tools": json.dumps([WEATHER["function"]]),
        "conversations": [
            {"from": "human", "value": "Weather in Paris?"},
            {"from": "function_call", "value": '{"name": "get_weather", "arguments": {"city": "Paris"}}'},
            {"from": "observation", "value": "sun"},
            {"from": "gpt", "value": "It is sunny."},
        ],
    }
    call, answer = rows(record)
    assert call.ground_truth.calls == (PARIS,)
    assert call.prompt[0] == {"role": "system", "content": "Policy."}
    assert answer.prompt[-1] == {"role": "tool", "content": "sun", "tool_call_id": "call_1", "name": "get_weather"}


def test_sharegpt_with_tools_in_the_system_prompt_and_calls_in_the_text() -> None:
    system = f"Call functions.\n<tools>\n{json.dumps(WEATHER)}\n</tools>"
    record = {
        "conversations": [
            {"from": "system", "value": system},
            {"from": "human", "value": "Weather in Paris?"},
            {"from": "gpt", "value": wire.render([PARIS])},
            {"from": "tool", "value": "<tool_response>\nsun\n</tool_response>"},
            {"from": "gpt", "value": "It is sunny."},
        ],
    }
    call, answer = rows(record)
    assert (call.tools, call.ground_truth.calls) == ([WEATHER], (PARIS,))
    assert answer.prompt[-1]["content"] == "sun"


TOOLACE_SYSTEM = (
    "You are an expert in composing functions. Here is a list of functions in JSON format that you can invoke:\n"
    '[{"name": "Market Trends API", "description": "d", "parameters": {"type": "dict", "properties": '
    '{"trend_type": {"type": "string"}, "limit": {"type": "int"}}, "required": ["trend_type"]}, "required": null}, '
    '{"name": "Market", "description": "", "parameters": {"type": "dict", "properties": {}}}]. \n'
    "Should you decide to return the function call(s). Put it in the format of [func1(params_name=params_value)]"
)


def test_toolace() -> None:
    record = {
        "system": TOOLACE_SYSTEM,
        "conversations": [
            {"from": "user", "value": "Trends?"},
            {"from": "assistant", "value": '[Market Trends API(trend_type="MARKET_INDEXES", limit=3), Market()]'},
            {
                "from": "tool",
                "value": '[{"name": "Market Trends API", "results": 1}, {"name": "Market", "results": 2}]',
            },
            {"from": "assistant", "value": "The market is up."},
        ],
    }
    call, answer = rows(record)
    assert call.ground_truth.calls == (
        ToolCall("Market Trends API", {"trend_type": "MARKET_INDEXES", "limit": 3}),
        ToolCall("Market", {}),
    )
    assert [message["role"] for message in call.prompt] == ["user"]
    assert [message["role"] for message in answer.prompt] == ["user", "assistant", "tool", "tool"]
    assert call.tools[0]["function"]["parameters"]["type"] == "object"


def test_toolace_tells_a_list_of_calls_from_prose() -> None:
    assert calls_in("[1] is a footnote", ["Market"]) is None
    assert calls_in("The market (see [Market(1)])", ["Market"]) is None


@pytest.mark.parametrize(
    "text", ["[Market(]", "[Market(a=1]", "[Marked(a=1)]", '[Market(a="x") and]', "[Market(a=1)] done"]
)
def test_toolace_rejects_a_list_that_cannot_be_read(text: str) -> None:
    record = {
        "system": TOOLACE_SYSTEM,
        "conversations": [{"from": "user", "value": "?"}, {"from": "assistant", "value": text}],
    }
    (error,) = outcomes(record)
    assert isinstance(error, RowError)
    assert "malformed call" in error.message


def test_glaive() -> None:
    function = json.dumps(WEATHER["function"], indent=4)
    record = {
        "system": "SYSTEM: You are a helpful assistant with access to the following functions. Use them if required -\n"
        f"{function}\n\n" + '{"name": "now", "description": "time", "parameters": {}}\n',
        "chat": "USER: Weather in Paris?\n\n\nASSISTANT: <functioncall> "
        '{"name": "get_weather", "arguments": \'{"city": "Paris"}\'} <|endoftext|>\n\n\n'
        'FUNCTION RESPONSE: {"sky": "sun"}\n\n\nASSISTANT: It is sunny. <|endoftext|>\n\n\n'
        "USER: Book me a flight.\n\n\nASSISTANT: I'm sorry, I can't book flights. <|endoftext|>",
    }
    call, answer, refusal = rows(record)
    assert call.ground_truth.calls == (PARIS,)
    assert call.prompt[0]["content"] == "You are a helpful assistant."
    assert [tool["function"]["name"] for tool in call.tools] == ["get_weather", "now"]
    assert answer.ground_truth.text == "It is sunny."
    assert refusal.ground_truth.behavior is Behavior.REFUSE


def when2call(right: str, **more: Any) -> dict[str, Any]:
    answers = {
        "direct": "It is sunny in Paris.",
        "tool_call": '{"name": "get_weather", "arguments": {"city": "Paris"}}',
        "request_for_info": "Which city do you mean?",
        "cannot_answer": "I'm sorry, I cannot do that.",
    }
    function = {**WEATHER["function"], "parameters": {**WEATHER["function"]["parameters"], "type": "dict"}}
    return {
        "uuid": "u",
        "question": "Weather?",
        "correct_answer": right,
        "answers": answers,
        "tools": [json.dumps(function)],
        **more,
    }


@pytest.mark.parametrize(
    ("right", "truth"),
    [
        ("tool_call", GroundTruth(Behavior.EXECUTE, (PARIS,))),
        ("request_for_info", GroundTruth(Behavior.CLARIFY, text="Which city do you mean?", missing=("city",))),
        ("cannot_answer", GroundTruth(Behavior.REFUSE, text="I'm sorry, I cannot do that.")),
    ],
)
def test_when2call_and_its_wrong_answers(right: str, truth: GroundTruth) -> None:
    row, *pairs = outcomes(when2call(right, held_out_param="city"))
    assert (row.ground_truth, row.tools) == (truth, [WEATHER])
    assert len(pairs) == 3
    assert all(isinstance(pair, Preference) and pair.ground_truth == row.ground_truth for pair in pairs)


def test_when2call_training_sets() -> None:
    call = '<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</TOOLCALL>'
    start = [{"role": "user", "content": "Weather in Paris?"}]
    (row,) = rows(
        {"messages": [*start, {"role": "assistant", "content": call}], "tools": [json.dumps(WEATHER["function"])]}
    )
    assert row.ground_truth.calls == (PARIS,)
    chosen, rejected = {"role": "assistant", "content": "Which city?"}, {"role": "assistant", "content": call}
    tools = [json.dumps(WEATHER["function"])]
    row, pair = outcomes({"messages": start, "chosen_response": chosen, "rejected_response": rejected, "tools": tools})
    assert row.ground_truth.behavior is Behavior.CLARIFY
    assert (pair.chosen, pair.rejected) == ("Which city?", wire.render([PARIS]))


TOOLRL_INSTRUCTION = """You are a helpful assistant.

**Available Tools**
In your response, you can use the following tools:
1. Name: Get Weather
Description: The weather.
Parameters: {"city": {"description": "c", "type": "str"}, "days": {"description": "d", "type": "int", "default": ""}}
2. Name: now
Description: The time
in two lines.
Parameters: {}

**Steps for Each Turn**
1. Think.
<tool_call>
{"name": "Tool name", "parameters": {}}
</tool_call>"""
TOOLRL_INPUT = """**Dialogue Records History**
<user> Hello? </user>

<think> I should answer. </think>
<response> Hi! </response>

<user> Weather in Rome? </user>

<think> t </think>
<tool_call>
{"name": "Get Weather", "parameters": {"city": "Rome"}}
</tool_call>
<obs> [{"name": "Get Weather", "results": "rain"}] </obs>

<user> And Paris and Oslo? </user>"""
TOOLRL_OUTPUT = """<think> a <tool_call> is due </think>
<tool_call>
{"name": "Get Weather", "parameters": {"city": "Paris"}}
{"name": "Get Weather", "parameters": {"city": "Oslo"}}
</tool_call>"""


@pytest.mark.parametrize(
    "record",
    [
        {"instruction": TOOLRL_INSTRUCTION, "input": TOOLRL_INPUT, "output": TOOLRL_OUTPUT},
        {
            "prompt": [{"role": "system", "content": TOOLRL_INSTRUCTION}, {"role": "user", "content": TOOLRL_INPUT}],
            "reward_model": {"style": "rule", "ground_truth": TOOLRL_OUTPUT},
        },
    ],
    ids=["SFT", "verl"],
)
def test_toolrl(record: dict[str, Any]) -> None:
    (row,) = rows(record)
    assert row.ground_truth.calls == tuple(ToolCall("Get Weather", {"city": city}) for city in ("Paris", "Oslo"))
    assert [message["role"] for message in row.prompt] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "tool",
        "user",
    ]
    assert row.prompt[0]["content"] == "You are a helpful assistant."
    parameters = row.tools[0]["function"]["parameters"]
    assert parameters["properties"]["days"] == {"description": "d", "type": "integer"}
    assert parameters["required"] == ["city"]
    assert row.tools[1]["function"]["description"] == "The time\nin two lines."


def test_sagemaker_rows_find_their_tools_in_the_prompt_or_beside_it() -> None:
    truth = {"style": "rule", "ground_truth": '[{"name": "get_weather", "arguments": {"city": "Paris"}}]'}
    user = {"role": "user", "content": "Paris?"}
    system = {"role": "system", "content": f"<tools>\n{json.dumps(WEATHER)}\n</tools>"}
    base = {"data_source": "d", "ability": "tool_calling", "reward_model": truth}
    (inside,) = rows({**base, "prompt": [system, user]})
    (beside,) = rows({**base, "prompt": [user], "extra_info": {"index": 0, "tools": json.dumps([WEATHER])}})
    (given,) = rows({**base, "prompt": "Paris?"}, ReadOptions(tools=[WEATHER]))
    assert inside.tools == beside.tools == given.tools == [WEATHER]
    assert beside.extra_info == {"index": 0}
    assert given.prompt == [user]


def test_a_row_damaged_by_arrow_is_repaired() -> None:
    function = json.loads(json.dumps(WEATHER["function"]))
    function["parameters"]["properties"] |= {"user": None}
    function["parameters"]["properties"]["city"] |= {"enum": None}
    call = {
        "id": "a",
        "type": "function",
        "function": {"name": "get_weather", "arguments": {"city": "Rome", "user": None}},
    }
    messages = [
        {"role": "user", "content": "Rome?", "tool_calls": None, "tool_call_id": None},
        {"role": "assistant", "content": "", "tool_calls": [call], "tool_call_id": None},
        {"role": "tool", "content": "rain", "tool_calls": None, "tool_call_id": "a"},
    ]
    (row,) = rows(
        {
            "prompt": messages,
            "tools": [{"type": "function", "function": function}],
            "reward_model": {"ground_truth": "Rain."},
        }
    )
    assert row.tools == [WEATHER]
    assert row.prompt[0] == {"role": "user", "content": "Rome?"}
    assert row.prompt[1]["tool_calls"][0]["function"]["arguments"] == {"city": "Rome"}


def test_every_format_says_what_it_is() -> None:
    assert all(name == found.name and found.summary for name, found in FORMATS.items())
    assert recognised({"text": "prose"}) is None
    assert recognised([1]) is None


def test_schema_guided_dialogue(tmp_path: Path) -> None:
    slots = [
        {"name": "city", "description": "The city", "is_categorical": False, "possible_values": []},
        {"name": "price", "description": "The price", "is_categorical": True, "possible_values": ["cheap", "dear"]},
    ]
    intent = {
        "name": "FindTable",
        "description": "Find a table",
        "required_slots": ["city"],
        "optional_slots": {"price": "dontcare"},
    }
    schema = {"service_name": "Tables_1", "description": "Tables", "slots": slots, "intents": [intent]}
    call = {"method": "FindTable", "parameters": {"city": "Linz", "price": "dontcare"}}

    def system(text: str, *acts: dict[str, str], **more: Any) -> dict[str, Any]:
        return {"speaker": "SYSTEM", "utterance": text, "frames": [{"actions": list(acts), **more}]}

    turns = [
        {"speaker": "USER", "utterance": "Find me a table.", "frames": []},
        system("In which city?", {"act": "REQUEST", "slot": "city"}),
        {"speaker": "USER", "utterance": "Linz.", "frames": []},
        system(
            "Sino has one.", {"act": "OFFER", "slot": "name"}, service_call=call, service_results=[{"name": "Sino"}] * 9
        ),
        {"speaker": "USER", "utterance": "Thanks.", "frames": []},
        system("Anything else?", {"act": "REQ_MORE", "slot": ""}),
    ]
    (tmp_path / "schema.json").write_text(json.dumps([schema]))
    path = tmp_path / "dialogues_001.json"
    path.write_text(json.dumps([{"dialogue_id": "1_0", "services": ["Tables_1"], "turns": turns}]))
    found, _ = read_any(path)
    question, execution, offer = found
    assert (question.ground_truth.behavior, question.ground_truth.missing) == (Behavior.CLARIFY, ("city",))
    assert execution.ground_truth.calls == (ToolCall("FindTable", call["parameters"]),)
    assert offer.ground_truth.text == "Sino has one."
    assert len(json.loads(offer.prompt[-1]["content"])) == 3
    parameters = execution.tools[0]["function"]["parameters"]
    assert parameters["properties"]["price"]["enum"] == ["cheap", "dear", "dontcare"]
    (tmp_path / "alone").mkdir()
    with pytest.raises(UserError, match=r"alone/schema.json: no such file"):
        read_any(path.rename(tmp_path / "alone" / path.name))


@pytest.mark.parametrize(
    ("turns", "place"),
    [
        (["x"], "0:"),
        ([{"speaker": "USER"}], "0:"),
        ([{"utterance": "Hi", "frames": [{"actions": [3]}]}], "0/frames/0/actions/0:"),
    ],
)
def test_turns_of_schema_guided_dialogue_that_are_none(tmp_path: Path, turns: list[Any], place: str) -> None:
    (tmp_path / "schema.json").write_text("[{}]")
    path = tmp_path / "dialogues.json"
    path.write_text(json.dumps([{"dialogue_id": "1_0", "services": [], "turns": turns}]))
    _, outcomes = read_file(path)
    (reason,) = outcomes
    assert isinstance(reason, RowError)
    assert (reason.field, reason.message.split()[0]) == ("turns", place)
