"""Whether a completion did the kind of thing that was expected: one rule for each behavior."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from rewards.behavior_calls import asked_share, declined_share
from rewards.reading import Reading
from rewards.text import TextActs, answer_credit, question_credit, read_text
from rewards.types import Behavior, Reason

HEDGE_CREDIT = 0.5
"""Share of a behavior's credit for a completion that does the right thing and contradicts it in the same breath."""


class Credit(NamedTuple):
    """A share in [0, 1], and what a rule has to say of it."""

    share: float
    remarks: tuple[str, ...] = ()


_NONE, _WHOLE = Credit(0.0), Credit(1.0)


def behavior_share(reading: Reading) -> float:
    """Return the credit for the behavior, in [0, 1]."""
    return _credit(reading).share


def behavior_reasons(reading: Reading) -> list[Reason]:
    """Say why the behavior is not wholly right."""
    expected, got = reading.truth.behavior, reading.behavior
    if got is None:
        return [Reason("behavior", "nothing", expected=expected.value)]
    share, remarks = _credit(reading)
    if share == 0.0 and not remarks:
        return [Reason("behavior", "behavior", expected=expected.value, got=got.value)]
    return [Reason("behavior", "text", got=remark) for remark in remarks]


def _credit(reading: Reading) -> Credit:
    """Return the credit of the expected behavior, or of one that is as right."""
    if reading.behavior is None:
        return _NONE
    credits = _CREDITS_BY_CALLS if reading.has_behavior_tools else _CREDITS
    credit = credits[reading.truth.behavior](reading)
    for behavior in reading.truth.also:
        credit = max(credit, credits[behavior](reading), key=lambda rated: rated.share)
    return credit


def _executed(reading: Reading) -> Credit:
    if reading.behavior is not Behavior.EXECUTE:
        return _NONE
    return Credit(HEDGE_CREDIT, ("calls and refuses in one breath",)) if reading.acts.refuses else _WHOLE


def _clarified(reading: Reading) -> Credit:
    acts = reading.acts
    if reading.behavior is not Behavior.CLARIFY:
        return _NONE
    share, remark = question_credit(acts.questions, reading.truth.missing, reading.truth.text, reading.tools)
    # A refusal or a guess goes with no question, whatever the expected text does.
    expected = read_text(reading.truth.text or "")._replace(refuses=False, guesses=False)
    contradictions = _remarks_on(acts, expected, _BESIDE_QUESTION)
    share *= HEDGE_CREDIT if contradictions else 1.0
    return Credit(share, (*([remark] if remark else []), *contradictions))


def _refused(reading: Reading) -> Credit:
    acts = reading.acts
    if reading.parsed.attempts or not acts.refuses:
        return _NONE
    if acts.complies:
        return Credit(0.0, ("refuses, and complies in the next breath",))
    if acts.asks:
        return Credit(HEDGE_CREDIT, ("refuses and asks in one breath",))
    return _WHOLE


def _answered(reading: Reading) -> Credit:
    acts = reading.acts
    if reading.parsed.attempts or (acts.refuses and not acts.complies):
        return _NONE
    share, remark = answer_credit(reading.parsed.text, reading.truth.text)
    may_answer = share == 1.0 and reading.truth.text and not acts.asks
    if not (acts.statements or acts.complies or may_answer):
        return Credit(0.0, ("says nothing but what it asks or offers",))
    remarks = (remark,) if remark else ()
    expected = read_text(reading.truth.text or "")
    contradictions = _remarks_on(acts, expected._replace(claims=expected.settles), _BESIDE_ANSWER)
    if not contradictions:
        return Credit(share, remarks)
    return Credit(share * HEDGE_CREDIT, (*remarks, contradictions[0]))


_BESIDE_QUESTION = {
    "refuses": "asks and refuses in one breath",
    "claims": "asks, and claims to have acted",
    "tells": "asks, and gives an answer before it is told",
    "guesses": "asks, and goes on with a guess",
}
_BESIDE_ANSWER = {
    "asks": "answers, and asks",
    "refuses": "answers, and refuses",
    "claims": "answers, and claims to have acted",
}
"""Acts that go with a question or an answer only where the expected text does them too, with what is said of them."""


def _remarks_on(acts: TextActs, expected: TextActs, remarks: Mapping[str, str]) -> list[str]:
    """Return what is said of the acts that a text does and the expected one does not."""
    return [remark for act, remark in remarks.items() if getattr(acts, act) and not getattr(expected, act)]


_CREDITS: Mapping[Behavior, Callable[[Reading], Credit]] = {
    Behavior.EXECUTE: _executed,
    Behavior.CLARIFY: _clarified,
    Behavior.REFUSE: _refused,
    Behavior.ANSWER: _answered,
}


def _clarified_by_call(reading: Reading) -> Credit:
    if reading.behavior is not Behavior.CLARIFY or reading.tools is None:
        return _NONE
    share = asked_share(reading.parsed.calls, reading.truth.missing, reading.tools)
    wanted = ", ".join(map(repr, reading.truth.missing)) or "a parameter"
    return Credit(share, () if share == 1.0 else (f"asks for more or less than {wanted}",))


def _refused_by_call(reading: Reading) -> Credit:
    if reading.behavior is not Behavior.REFUSE or reading.tools is None:
        return _NONE
    share = declined_share(reading.parsed.calls, reading.tools)
    return Credit(share, () if share == 1.0 else ("does not decline by one valid call",))


def _answered_by_text(reading: Reading) -> Credit:
    if reading.behavior is not Behavior.ANSWER:
        return _NONE
    share, remark = answer_credit(reading.parsed.text, reading.truth.text)
    return Credit(share, (remark,) if remark else ())


_CREDITS_BY_CALLS: Mapping[Behavior, Callable[[Reading], Credit]] = {
    Behavior.EXECUTE: _executed,
    Behavior.CLARIFY: _clarified_by_call,
    Behavior.REFUSE: _refused_by_call,
    Behavior.ANSWER: _answered_by_text,
}
