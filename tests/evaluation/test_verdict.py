from __future__ import annotations

import json

import pytest

from rewards import Behavior, GroundTruth
from rlvr.evaluation.verdict import Verdict, judge, similarity

TOOLS = [
    {
        "name": "forecast",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "default": 3},
                "units": {"type": "string", "enum": ["metric", "imperial"]},
            },
            "required": ["city"],
        },
    },
    {"name": "convert", "parameters": {"type": "object", "properties": {}}},
]
PARIS = {"name": "forecast", "arguments": {"city": "Paris", "units": "metric"}}


def call(name: str, **arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def judged(completion: str, *calls: dict[str, object]) -> Verdict:
    return judge(completion, GroundTruth.parse(list(calls or (PARIS,))), TOOLS, Behavior.EXECUTE)


@pytest.mark.parametrize(
    ("completion", "functional", "fuzzy"),
    [
        (call("forecast", city="Paris", units="metric"), True, True),
        (call("forecast", city="Paris", units="metric", days=3), True, True),  # the default, said
        ("I cannot do that. " + call("forecast", city="Paris", units="metric"), True, True),  # whatever is said beside
        (call("forecast", city="Paris, FR", units="metric"), False, True),  # 10 of 14 characters match: (0.71 + 1) / 2
        (call("forecast", city="Rome", units="metric"), False, False),
        (call("forecast", city="Paris", units="metric") * 2, False, False),
        (call("forecast", city="Paris", units="metric") + "<tool_call>{</tool_call>", False, False),
        (call("convert"), False, False),
        ("No.", False, False),
    ],
    ids=["same", "default", "hedged", "near", "other", "twice", "junk", "tool", "text"],
)
def test_functional_and_fuzzy(completion: str, functional: bool, fuzzy: bool) -> None:
    verdict = judged(completion)
    assert (verdict.is_functional, verdict.is_fuzzy) == (functional, fuzzy)


def test_each_argument_has_its_verdict() -> None:
    (one,) = judged(call("forecast", units="imperial", unasked=1)).calls
    assert (one.tool, one.verdict) == ("forecast", "wrong_arguments")
    assert one.arguments == {"city": "missing", "units": "wrong", "unasked": "extra"}


def test_calls_that_answer_none_are_told_apart() -> None:
    verdict = judged(call("convert") + call("invented", a=1), PARIS, PARIS)
    assert [(one.tool, one.verdict) for one in verdict.calls] == [
        ("forecast", "missed"),
        ("forecast", "missed"),
        ("convert", "unexpected"),
        ("invented", "hallucinated"),
    ]
    assert verdict.count("missed") == 2


def test_abstaining_is_functional_where_it_is_right() -> None:
    truth = GroundTruth(Behavior.REFUSE, also=(Behavior.ANSWER,))
    assert judge("I cannot.", truth, TOOLS, Behavior.REFUSE).is_functional
    assert judge("It is so.", truth, TOOLS, Behavior.ANSWER).is_functional
    assert not judge("Which?", truth, TOOLS, Behavior.CLARIFY).is_functional
    assert not judge(call("convert"), truth, TOOLS, Behavior.EXECUTE).is_functional


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [
        (1, 1, 1.0),
        (1, 1.0, 0.0),
        (1, 2, 0.0),
        ("Paris", "paris", 1.0),
        ("abcd", "abxx", 0.5),  # 2 * 2 of 8 characters
        ([1, 2], [1, 3], 0.5),
        ([1], [1, 2], 0.5),
        ({"a": 1, "b": 2}, {"a": 1, "c": 2}, 1 / 3),
        ("1", 1, 0.0),
        (None, "x", 0.0),
    ],
)
def test_similarity(a: object, b: object, share: float) -> None:
    assert similarity(a, b) == pytest.approx(share)


def test_similarity_of_what_is_deep_or_long_is_bounded() -> None:
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    assert similarity(deep, [deep]) == 0.0
    assert similarity("a" * 10**6, "a" * 10**6 + "b") == 1.0
