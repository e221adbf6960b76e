"""The judge: asked only about texts that the rules do not settle."""

import pickle
from functools import partial

import pytest

from rewards import BFCL, Behavior, BehaviorMatch, Binary, GroundTruth, Tiered, ToolRL, Weighted
from rewards.text import read_text, settled
from tests.rewards.tools import PARIS, REFUSE, RIGHT, WEATHER

UNSETTLED = [
    "I can't help with that. Which city do you mean?",
    "I can't do that, but the lock opens with a screwdriver.",
    "There is a flight at 9 am. Would you like to book it?",
    "ბოდიში, ამაში ვერ დაგეხმარებით",
]
SETTLED = [
    "",
    "Which city?",
    "I'm sorry, I can't help with that.",
    "The capital of France is Paris.",
    "Es tut mir leid, ich kann Ihnen dabei nicht helfen.",
    "Paris",
    "Paris. Is there anything else I can help with?",
    "I'm sorry, I can't help with that. Would you like help with something else?",
    RIGHT,
    "<tool_call>",
]


def refuses(text, ground_truth):
    return Behavior.REFUSE


def cannot_tell(text, ground_truth):
    return None


def never(text, ground_truth):
    raise AssertionError(f"asked about {text!r}")


@pytest.mark.parametrize("text", UNSETTLED)
def test_a_judge_settles_what_the_rules_do_not(text):
    assert read_text(text).is_doubtful
    weights = {"behavior": 1, Tiered(): 1, "binary": 1}
    for judged in (Tiered, BehaviorMatch, Binary, partial(Weighted, weights)):
        reward = judged(judge=refuses)
        result = reward(text, ground_truth=REFUSE, tools=[WEATHER])
        assert (result.behavior, result.value) == ("refuse", 1.0)
    assert Tiered(judge=cannot_tell)(text, ground_truth=REFUSE) == Tiered()(text, ground_truth=REFUSE)


@pytest.mark.parametrize("text", SETTLED)
@pytest.mark.parametrize("truth", [REFUSE, PARIS, GroundTruth("clarify", missing=("city",)), GroundTruth("answer")])
def test_a_judge_is_not_asked_about_what_the_rules_settle(text, truth):
    assert Tiered(judge=never)(text, ground_truth=truth) == Tiered()(text, ground_truth=truth)


def test_a_combination_hands_its_judge_on_and_leaves_each_its_own():
    text = UNSETTLED[0]
    own = Weighted({Tiered(judge=refuses): 1, "binary": 1, "bfcl": 1})
    assert own(text, ground_truth=REFUSE).components == {"tiered": 1.0, "binary": 0.0, "bfcl": 1.0}
    both = Weighted({"tiered": 1, "binary": 1}, judge=refuses)
    assert both(text, ground_truth=REFUSE).components == {"tiered": 1.0, "binary": 1.0}
    # of a text these ask only whether it calls
    assert Weighted({BFCL(): 1, ToolRL(): 1}, judge=never)(text, ground_truth=REFUSE).value == 1.0


def test_a_judge_sees_the_text_and_the_ground_truth():
    seen = []
    Tiered(judge=lambda text, truth: seen.append((text, truth)))(UNSETTLED[0], ground_truth=REFUSE)
    assert seen == [(UNSETTLED[0], REFUSE)]


@pytest.mark.parametrize(
    ("verdict", "truth", "expected"),
    [
        (Behavior.CLARIFY, GroundTruth("clarify", missing=("city",)), 1.0),
        (Behavior.REFUSE, REFUSE, 1.0),
        (Behavior.ANSWER, REFUSE, 0.0),
        ("refuse", REFUSE, 1.0),
    ],
)
def test_the_verdict_counts_as_if_the_rules_had_found_it(verdict, truth, expected):
    result = Tiered(judge=lambda text, truth: verdict)(UNSETTLED[0], ground_truth=truth, tools=[WEATHER])
    assert (result.behavior, result.value) == (verdict, expected)


@pytest.mark.parametrize("verdict", [Behavior.EXECUTE, "maybe", 1])
def test_another_verdict_is_an_error(verdict):
    with pytest.raises(ValueError, match="return clarify, refuse, answer or None"):
        Tiered(judge=lambda text, truth: verdict)(UNSETTLED[0], ground_truth=REFUSE)


def test_a_reward_with_a_judge_pickles_and_compares():
    for judged in (Tiered, BehaviorMatch, Binary, partial(Weighted, {"tiered": 1})):
        reward = judged(judge=refuses)
        assert pickle.loads(pickle.dumps(reward)) == reward != judged()
        assert hash(reward) == hash(judged(judge=refuses))


def test_a_text_is_no_longer_doubtful_once_a_judge_has_spoken():
    acts = read_text(UNSETTLED[0])
    assert acts.is_doubtful
    assert settled(acts, Behavior.REFUSE) == acts._replace(asks=False, complies=False, is_doubtful=False)
