"""Splits: deterministic, in the behaviors' shares, and without the leaks that each way rules out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.data.similar import ALIKE, Clusters, resemblance, sketch, wording_of
from rlvr.data.split import WAYS, leaks, plan
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.records.row import Row

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}
ROWS = synthesize("five_tools", rows=400, seed=0) + synthesize("unseen_tools", rows=200, seed=0, split="held_out")


def divided(rows: list[Row], by: str, seed: int = 0) -> dict[str, list[Row]]:
    made = plan(rows, by, SHARES, seed)
    found: dict[str, list[Row]] = {name: [] for name in SHARES}
    for index, row in enumerate(rows):
        if (placed := made.placed(index, row)) is not None:
            found[placed[0]].append(placed[1])
    return found


@pytest.mark.parametrize("by", WAYS)
def test_a_split_has_its_shares_of_every_behavior_and_no_leak_of_its_kind(by: str) -> None:
    splits = divided(ROWS, by)
    leaked = leaks(splits)
    assert leaked["requests"] == 0
    if by == "phrasing":
        assert leaked["wordings"] == 0
    if by == "tool":
        assert leaked["tools_called"] == 0
    totals = Counter(row.ground_truth.behavior for rows in splits.values() for row in rows)
    tolerance = 0.02 if by == "random" else 0.12
    for name, share in SHARES.items():
        counts = Counter(row.ground_truth.behavior for row in splits[name])
        for behavior in (Behavior.EXECUTE, Behavior.CLARIFY, Behavior.REFUSE):
            assert abs(counts[behavior] / totals[behavior] - share) <= tolerance, (name, behavior)


@pytest.mark.parametrize("by", WAYS)
def test_the_same_seed_gives_the_same_split_and_another_one_another(by: str) -> None:
    assert plan(ROWS, by, SHARES, 1).places == plan(ROWS, by, SHARES, 1).places
    assert plan(ROWS, by, SHARES, 1).places != plan(ROWS, by, SHARES, 2).places


def test_only_the_rows_for_training_lose_tools_and_no_right_answer_is_lost() -> None:
    made = plan(ROWS, "tool", SHARES)
    for index, row in enumerate(ROWS):
        placed = made.placed(index, row)
        if placed is None:
            continue
        name, kept = placed
        offered = {tool["function"]["name"] for tool in kept.tools}
        assert {call.name for call in kept.ground_truth.calls} <= offered
        if name == "train":
            assert not offered & made.held_out_tools
        else:
            assert kept is row


def asked(text: str, city: str = "Oslo", **more: object) -> Row:
    truth = GroundTruth(Behavior.EXECUTE, (ToolCall("get_weather", {"city": city}),))
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
    return Row([{"role": "user", "content": text}], tools, truth, dict(more))


def test_wordings_that_differ_in_values_are_one() -> None:
    one, other = asked("Weather in Oslo on 3 May 2026?"), asked("weather in  Rome on 14 May 2027?", "Rome")
    assert wording_of(one) == wording_of(other) == "weather in _ on _ may _?"


def test_leaks_are_found_where_they_are_planted() -> None:
    train, test = asked("Weather in Oslo, please, for the next days?"), asked("Will it rain in Rome tomorrow?", "Rome")
    other = asked("Weather in Rome, please, for the next days?", "Rome")
    assert leaks({"train": [train], "test": [test]}) == {"requests": 0, "wordings": 0, "tools_called": 1}
    assert leaks({"train": [train], "test": [train, other]}) == {"requests": 1, "wordings": 2, "tools_called": 1}


def test_nearly_equal_wordings_stay_together_and_others_do_not() -> None:
    clusters = Clusters()
    base = "could you please tell me what the weather is going to be like in _ over the next _ days"
    near = base.replace("please ", "")
    other = "book a table for _ people at the italian restaurant next to the station this evening"
    first, second, third = (clusters.add([text], text) for text in (base, near, other))
    assert clusters.root(first) == clusters.root(second) != clusters.root(third)


def test_sketches_estimate_the_share_of_word_pairs() -> None:
    """Jaccard similarity of the word pairs, against what 32 hashes tell of it: standard error about 0.09."""
    words = [f"w{index}" for index in range(60)]
    for cut in (0, 5, 15, 30):
        one, other = words, words[cut:] + [f"v{index}" for index in range(cut)]
        pairs = [set(zip(["", *text], [*text, ""], strict=True)) for text in (one, other)]
        exact = len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1])
        estimate = resemblance(*(sketch(" ".join(text), 32) for text in (one, other)))
        assert abs(estimate - exact) < 0.3
    assert 0 < ALIKE < 1


def test_rows_of_one_conversation_stay_together() -> None:
    rows = [asked(f"Question {index} of a long talk", source="logs", line=index // 10) for index in range(80)]
    places = plan(rows, "random", {"train": 0.5, "test": 0.5}).places
    assert all(len(set(places[begin : begin + 10])) == 1 for begin in range(0, 80, 10))


HALVES = {"train": 0.5, "test": 0.5}


def n_torn(rows: list[Row], size: int) -> int:
    """How many runs of so many rows do not stand in one split."""
    places = plan(rows, "random", HALVES).places
    return sum(len(set(places[begin : begin + size])) > 1 for begin in range(0, len(rows), size))


@pytest.mark.parametrize(
    ("named", "is_together"),
    [
        (lambda talk: {"source": "logs", "id": f"talk {talk}"}, True),
        (lambda talk: {"source": "logs", "id": talk}, True),
        (lambda talk: {"source": "logs", "line": talk}, True),
        (lambda talk: {"id": f"talk {talk}"}, False),
        (lambda talk: {"source": 7, "id": f"talk {talk}"}, False),
        (lambda talk: {"source": "logs"}, False),
        (lambda talk: {"source": "logs", "id": [talk]}, False),
    ],
    ids=["id", "number", "line", "no source", "no name of a source", "no id", "no name of a talk"],
)
def test_a_conversation_is_known_by_its_source_and_number(named: Callable[[int], Any], is_together: bool) -> None:
    rows = [asked(f"Question {index} of a long talk", **named(index // 4)) for index in range(80)]
    assert (n_torn(rows, 4) == 0) is is_together


def test_talks_of_two_sources_are_two() -> None:
    rows = [asked(f"Question {index}", source=f"log {index % 2}", id=index // 2) for index in range(80)]
    assert n_torn(rows, 2) > 0


def test_a_share_of_nothing_is_no_split_and_leaves_none_out() -> None:
    rows = [asked(f"Question {index}") for index in range(40)]
    made = plan(rows, "random", {"train": 0.75, "validation": 0.0, "test": 0.25})
    assert Counter(made.places) == {"train": 30, "test": 10}
    assert made.groups == {"train": 30, "test": 10}


def test_the_largest_groups_are_placed_first_and_each_where_most_is_lacking() -> None:
    sizes = (1, 2, 3, 10)
    rows = [asked(f"Question {size}") for size in sizes for _ in range(size)]
    places = plan(rows, "random", HALVES).places
    assert Counter(places) == {"train": 10, "test": 6} or Counter(places) == {"train": 6, "test": 10}
    assert len(set(places[:6])) == 1, "the three small groups are in the other split than the large one"


def test_nothing_leaks_where_there_is_no_training() -> None:
    assert leaks({"test": [asked("Weather in Oslo?")]}) == {"requests": 0, "wordings": 0, "tools_called": 0}


def test_every_split_but_training_is_looked_at_for_leaks() -> None:
    row = asked("Weather in Oslo, please, for the next days?")
    assert leaks({"train": [row], "validation": [row], "test": [row, row]}) == {
        "requests": 3,
        "wordings": 3,
        "tools_called": 1,
    }


def test_a_conversation_that_calls_a_held_out_tool_is_not_trained_on() -> None:
    rows = [row for row in ROWS if row.ground_truth.calls]
    made = plan(rows, "tool", {"train": 0.8, "test": 0.2})
    index = made.places.index("train")
    call = {"type": "function", "function": {"name": sorted(made.held_out_tools)[0], "arguments": {}}}
    history = [{"role": "user", "content": "A talk"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    rows[index] = replace(rows[index], prompt=[*history, *rows[index].prompt])
    again = plan(rows, "tool", {"train": 0.8, "test": 0.2})
    assert again.places[index] is None
    assert again.left_out.total() == 1


@pytest.mark.parametrize(
    ("by", "shares", "message"),
    [
        ("tols", SHARES, "by 'tols' not found; did you mean 'tool'"),
        ("random", {"train": 0.5, "test": 0.6}, "sum to 1"),
        ("random", {"train": 0.0, "test": 1.0}, "less than 1"),
        ("random", {"train": 0.9, "test": 0.2, "validation": -0.1}, "got train 0.9, test 0.2, validation -0.1"),
        ("tool", {"train": 0.5, "test": 0.5}, "needs at least 2 tools that are called"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(by: str, shares: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan([asked("Weather in Oslo?")], by, shares)


def test_a_split_without_rows_says_why() -> None:
    with pytest.raises(UserError, match="leaves test without rows: 1 group of rows"):
        plan([asked("Weather in Oslo?")] * 9, "random", {"train": 0.8, "test": 0.2})
    two = [asked("Weather in Oslo?"), asked("Weather in Rome?")]
    with pytest.raises(
        UserError, match=r"by=random leaves (train|validation|test) without rows: 2 groups of rows that"
    ):
        plan(two, "random", SHARES)


CLINIC_NAMES = (
    "book_visit",
    "cancel_visit",
    "list_visits",
    "register_patient",
    "refill",
    "remind",
    "lab_results",
    "insure",
)


def clinic() -> list[Row]:
    """Rows for eight tools, half of which are called together with another, some under masked names."""
    parameters = {"type": "object", "properties": {"patient": {"type": "string"}}, "required": ["patient"]}
    rows = []
    for number in range(400):
        first, second = CLINIC_NAMES[number % 8], CLINIC_NAMES[(number // 8 + number) % 8]
        is_masked = number % 10 == 3
        names = {name: f"tool_{number:03d}{index}" if is_masked else name for index, name in enumerate(CLINIC_NAMES)}
        tools = [
            {
                "type": "function",
                "function": {"name": names[name], "description": f"Do {name}", "parameters": parameters},
            }
            for name in dict.fromkeys((first, second, CLINIC_NAMES[(number + 3) % 8]))
        ]
        kind = number % 5
        if kind == 3:
            truth = GroundTruth(Behavior.CLARIFY, text="For which patient?", missing=("patient",))
        elif kind == 4:
            truth = GroundTruth(Behavior.REFUSE, text="I cannot do that.")
        else:
            called = [first] if kind < 2 else list(dict.fromkeys((first, second)))
            truth = GroundTruth(Behavior.EXECUTE, tuple(ToolCall(names[n], {"patient": f"p{number}"}) for n in called))
        extra = {"masked": True} if is_masked else {}
        if kind == 3:
            extra["tool"] = names[first]
        rows.append(Row([{"role": "user", "content": f"Request {number} about {first}"}], tools, truth, extra))
    return rows


def test_tools_of_one_toolset_are_held_out_though_they_are_called_together() -> None:
    rows = clinic()
    made = plan(rows, "tool", {"train": 0.8, "test": 0.2})
    assert made.held_out_tools < set(CLINIC_NAMES)
    assert 1 <= len(made.held_out_tools) <= 3
    assert made.left_out["calls tools that are held out together with others"] > 0
    parts: dict[str, list[Row]] = {"train": [], "test": []}
    for index, row in enumerate(rows):
        if (placed := made.placed(index, row)) is not None:
            parts[placed[0]].append(placed[1])
    held_out = {f"Do {name}" for name in made.held_out_tools}
    for row in parts["train"]:
        assert not {tool["function"]["description"] for tool in row.tools} & held_out
        assert {call.name for call in row.ground_truth.calls} <= {tool["function"]["name"] for tool in row.tools}
    for row in parts["test"]:
        by_name = {tool["function"]["name"]: tool["function"]["description"] for tool in row.tools}
        assert {by_name[call.name] for call in row.ground_truth.calls} <= held_out
    for rows_of_part in parts.values():
        behaviors = Counter(row.ground_truth.behavior for row in rows_of_part)
        assert all(behaviors[behavior] > 0 for behavior in (Behavior.EXECUTE, Behavior.CLARIFY, Behavior.REFUSE))
    assert any(row.extra_info.get("masked") for row in parts["test"])


def test_a_row_without_calls_goes_where_its_tools_are() -> None:
    def refusal(names: list[str], number: int) -> Row:
        tools = [{"type": "function", "function": {"name": name, "description": f"Do {name}"}} for name in names]
        truth = GroundTruth(Behavior.REFUSE, text="I cannot do that.")
        return Row([{"role": "user", "content": f"Something else, number {number}"}], tools, truth)

    made = plan(clinic(), "tool", {"train": 0.8, "test": 0.2})
    trained = [name for name in CLINIC_NAMES if name not in made.held_out_tools]
    rows = [
        *(refusal(trained[:2], number) for number in range(20)),
        *(refusal(sorted(made.held_out_tools), number) for number in range(20, 40)),
    ]
    again = plan([*clinic(), *rows], "tool", {"train": 0.8, "test": 0.2})
    assert again.held_out_tools == made.held_out_tools
    assert set(again.places[-40:-20]) == {"train"}
    assert set(again.places[-20:]) == {"test"}


def test_a_question_which_of_two_tools_is_meant_stands_only_where_both_are_offered() -> None:
    def which(first: str, second: str, number: int) -> Row:
        tools = [tool(name) for name in (first, second, "list_visits", "refill")]
        truth = GroundTruth(Behavior.CLARIFY, text=f"Do you want me to {first} or to {second}?")
        extra = {"tool": first, "between": [first, second]}
        return Row([{"role": "user", "content": f"Do that thing, number {number}"}], tools, truth, extra)

    def tool(name: str) -> dict[str, Any]:
        return {"type": "function", "function": {"name": name, "description": f"Do {name}", "parameters": {}}}

    pairs = [(first, second) for first in CLINIC_NAMES[:4] for second in CLINIC_NAMES[:4] if first != second]
    asked = [which(first, second, number) for number, (first, second) in enumerate(pairs)]
    rows = [*clinic(), *asked]
    made = plan(rows, "tool", {"train": 0.8, "test": 0.2})
    assert made.held_out_tools & set(CLINIC_NAMES[:4])
    placed = [made.placed(index, row) for index, row in enumerate(rows)][-len(asked) :]
    for place in placed:
        if place is not None:
            offered = {offer["function"]["name"] for offer in place[1].tools}
            assert set(place[1].extra_info["between"]) <= offered
    assert None in placed
    assert any(place is not None and place[0] == "train" for place in placed)
    assert made.left_out["asks about a held-out tool and a trained one"] > 0
