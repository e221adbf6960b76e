import asyncio
import json
from types import SimpleNamespace

import pytest

from rewards import Binary, Tiered
from rewards.adapters.verifiers import reward_of_task, rubric_arguments, task_metrics, task_reward
from tests.rewards.tools import ALL, PARIS, RIGHT, block

INFO = {"reward_model": PARIS.to_json(), "tools": ALL}
FUNCTION = {"name": "get_weather_forecast", "arguments": '{"city": "Paris"}'}
WRONG = block('{"city": "Rome"}')
NAMES = ["tiered", "behavior", "tool_name", "arguments", "schema", "wire_format"]


def assistant(text, **fields):
    return [{"role": "assistant", "content": text, **fields}]


@pytest.mark.parametrize(
    ("completion", "answer", "info", "reward"),
    [
        (assistant(RIGHT), "", INFO, 1.0),
        (RIGHT, "", json.dumps(INFO), 1.0),
        (assistant(RIGHT), PARIS.to_json()["ground_truth"], {"tools": json.dumps(ALL)}, 1.0),
        (assistant("", tool_calls=[{"function": FUNCTION}]), "", INFO, 1.0),
        (assistant("", tool_calls=[json.dumps({"function": FUNCTION})]), "", INFO, 1.0),
        (assistant(block('{"city": "Paris", "days": 3}')), "", INFO, 1.0),
        (assistant(WRONG), "", INFO, 0.33),
        (assistant(RIGHT), "", {}, 0.0),
        (assistant("", tool_calls=["{"]), "", INFO, 0.6 * 0.1),
    ],
    ids=[
        "info",
        "texts",
        "answer",
        "tool_calls",
        "tool_calls as text",
        "default",
        "wrong",
        "unscorable",
        "broken call",
    ],
)
def test_functions_of_a_rubric(completion, answer, info, reward):
    arguments = rubric_arguments(Tiered())
    first = arguments["funcs"][0]
    assert asyncio.run(first(completion=completion, answer=answer, info=info)) == pytest.approx(reward)
    assert [function.__name__ for function in arguments["funcs"]] == NAMES
    assert arguments["weights"] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_messages_may_be_models_of_the_package():
    call = SimpleNamespace(model_dump=lambda: {"id": "1", **FUNCTION})
    said = SimpleNamespace(model_dump=lambda: {"role": "assistant", "content": "", "tool_calls": [call]})
    first = rubric_arguments(Tiered())["funcs"][0]
    assert asyncio.run(first(completion=[said], answer="", info=INFO)) == 1.0
    assert asyncio.run(first(completion=assistant(RIGHT), info="[" * 100_000)) == 0.0


def test_the_last_turn_of_a_trace_is_scored_and_a_task_without_ground_truth_is_0():
    right, wrong = (SimpleNamespace(model_dump=lambda text=text: assistant(text)[0]) for text in (RIGHT, WRONG))
    task = SimpleNamespace(model_dump=lambda: INFO)
    for messages, reward in (([wrong, right], 1.0), ([right, wrong], 0.33)):
        trace = SimpleNamespace(assistant_messages=messages)
        assert asyncio.run(task_reward(task, trace)) == pytest.approx(reward)
    empty = SimpleNamespace(model_dump=lambda: {"prompt": "Weather in Paris?"})
    assert asyncio.run(task_reward(empty, trace)) == 0.0


def test_functions_of_a_task():
    task = SimpleNamespace(model_dump=lambda: {"prompt": "Weather in Paris?", **INFO})
    message = SimpleNamespace(model_dump=lambda: assistant(RIGHT)[0])
    trace = SimpleNamespace(assistant_messages=[message])
    assert asyncio.run(task_reward(task, trace)) == 1.0
    nested = SimpleNamespace(model_dump=lambda: {"info": json.dumps(INFO)})
    assert asyncio.run(task_reward(nested, trace)) == 1.0
    assert asyncio.run(task_metrics(task, trace)) == dict.fromkeys(["is_scored", *NAMES[1:]], 1.0)
    assert asyncio.run(reward_of_task(Binary())(task, SimpleNamespace(assistant_messages=[]))) == 0.0


def test_a_rubric_of_the_package_takes_them():
    package = pytest.importorskip("verifiers", reason="verifiers is not installed: pip install verifiers")
    if not hasattr(package, "Rubric"):
        pytest.skip("this verifiers has no Rubric any more: pip install 'verifiers<0.4'")
    rubric = package.Rubric(**rubric_arguments(Tiered()))

    def scored(text):
        state = package.State(prompt="Weather?", completion=assistant(text), answer="", info=INFO, timing={})
        state["trajectory"] = []
        asyncio.run(rubric.score_rollout(state))
        return state

    right = scored(RIGHT)
    assert right["reward"] == 1.0
    assert right["metrics"] == dict.fromkeys(NAMES, 1.0)
    wrong = scored(WRONG)
    assert wrong["reward"] == pytest.approx(0.33)
    assert wrong["metrics"]["arguments"] == 0.0


def test_a_task_of_the_package_takes_them():
    pytest.importorskip("verifiers.v1", reason="verifiers from 0.3 is not installed: pip install verifiers")
    import verifiers.v1 as vf
    from verifiers.v1.graph import MessageNode

    class Row(vf.TaskData):
        reward_model: str
        tools: str

    class ToolTask(vf.Task[Row]):
        pass

    path = "rewards.adapters.verifiers:"
    config = vf.TaskConfig(
        rewards={"tiered": {"fn": path + "task_reward"}}, metrics={"tiers": {"fn": path + "task_metrics"}}
    )
    data = Row(prompt="Weather?", reward_model=json.dumps(PARIS.to_json()), tools=json.dumps(ALL))
    task = ToolTask(data, config)

    def scored(message):
        trace = vf.Trace(
            task={"type": "ToolTask", "data": data},
            agent={"config": vf.AgentConfig()},
            nodes=[MessageNode(message=message, sampled=True)],
        )
        asyncio.run(task.score(trace))
        return trace

    called = vf.AssistantMessage(content="", tool_calls=[vf.ToolCall(id="1", **FUNCTION)])
    for message in (vf.AssistantMessage(content=RIGHT), called):
        trace = scored(message)
        assert trace.reward == 1.0
        assert trace.metrics["arguments"] == 1.0
    assert scored(vf.AssistantMessage(content=WRONG)).reward == pytest.approx(0.33)
