"""Make sure that what a model wrote says what was drawn: every value, none too many, nothing dictated.

Each check returns why a text is not kept, or None. A check errs on the strict side: what it cannot tell, such as a date
in words that no calendar gives, is not kept, and the rule's sentence is there instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rewards import Behavior, Binary, GroundTruth, Tiered, wire
from rewards.names import name_words
from rewards.text import FILLER, read_text
from rlvr.data.json_values import leaves
from rlvr.data.lint.given import Asked, KnownValues
from rlvr.data.lint.grounding import DAYS, MONTHS, Said
from rlvr.data.synth.writer.assignment import Assignment
from rlvr.data.synth.writer.prompts import written


class Rejection(NamedTuple):
    """Why a text is not kept: a kind that is counted, and what in the text it is."""

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


Check = Callable[[str, "Assignment"], Rejection | None]

LONGEST_GROWTH, SPARE_WORDS = 3, 40
"""A text of more words than three times the rule's sentence and forty is a model that talks."""

_MARKUP = re.compile(r"```|</?[a-z_|]+>|<\||\|>|^\s*[#*-] |\*\*|^\s*\{", re.MULTILINE)
_REMARK = re.compile(
    r"^\s*(?:sure|certainly|of course|okay|here(?:'s| is| are)|message|user|assistant|the (?:person|message)|reworded|"
    r"rewritten)\b[^.!?\n]*:|\bas an ai\b|\bhappy to (?:help|assist)\b|\bhow (?:can|may) i (?:help|assist)\b|"
    r"\bthe person\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    rf"\b(?:today|tonight|tomorrow|yesterday|{'|'.join(DAYS)}|{'|'.join(m for m in MONTHS if m != 'may')}|"
    r"(?:this|next|last) (?:week|weekend|month|year|morning|evening|night))\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d)(?::\d\d)?")
_SPOKEN_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d\d)?|\b(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? "
    rf"(?:{'|'.join(m[:3] for m in MONTHS)})[a-z]*\b(?:,? \d{{4}})?|"
    rf"\b(?:{'|'.join(m[:3] for m in MONTHS)})[a-z]* (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?",
    re.IGNORECASE,
)
_SPOKEN_TIME = re.compile(r"\b\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s*[ap]\.?m\b)?|\b\d{1,2}\s*[ap]\.?m\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_QUOTED = re.compile(r"[\"“]([^\"”]+)[\"”]")
_ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://\S+|(?<!\w)[~.]?/[\w./-]+")
_CAPITALISED = re.compile(r"(?<![\w'’])[A-Z][^\W_]*")
_SPELT = tuple("two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred".split())
_HARMLESS = frozenset("i ok asap fyi pm am please thanks thank hi hey hello".split())
_SENTENCE_START = '.!?:;\n"“(-–—'


def mistake_in_request(text: str, assignment: Assignment) -> Rejection | None:
    """Return why a written request is not kept; None where it is."""
    return _first(REQUEST_CHECKS, text, assignment)


def mistake_in_reply(text: str, assignment: Assignment) -> Rejection | None:
    """Return why a written question, refusal or answer is not kept; None where it is."""
    return _first(REPLY_CHECKS, text, assignment)


def states(value: Any, text: str) -> bool:
    """Tell whether a text states a value: as it is, a date or a time in a usual form, a number also in words.

    What is true or false is said in too many ways to be looked for.
    """
    return all(_states_leaf(leaf, text, Said(text)) for leaf in leaves(value))


def _states_leaf(leaf: Any, text: str, spoken: Said) -> bool:
    if isinstance(leaf, bool):
        return True
    if isinstance(leaf, int | float):
        return float(leaf) in spoken.numbers
    folded = Said(str(leaf)).folded
    if re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", spoken.folded):
        return True
    if date := _DATE.fullmatch(leaf):
        return _states_date(date, spoken)
    if time := _TIME.fullmatch(leaf):
        return _states_time(time, text)
    return False


def _states_date(date: re.Match[str], spoken: Said) -> bool:
    year, month, day = map(int, date.groups())
    name = MONTHS[month - 1] if 1 <= month <= len(MONTHS) else ""
    is_month_said = bool(name) and not spoken.words.isdisjoint((name, name[:3], name[:4]))
    years = {number for number in spoken.numbers if 1900 <= number <= 2100}
    ordinals = map(float, re.findall(r"\b(\d{1,2})(?:st|nd|rd|th)\b", spoken.folded))
    return is_month_said and float(day) in spoken.numbers.union(ordinals) and years <= {float(year)}


def _states_time(time: re.Match[str], text: str) -> bool:
    hour, minute = int(time[1]), int(time[2])
    half = "p" if hour >= 12 else "a"
    minutes = rf"[:.]{minute:02d}" if minute else r"(?:[:.]00)?"
    spoken = rf"(?<!\d)0?{hour % 12 or 12}{minutes}\s*{half}\.?m\b"
    words = {0: "midnight", 12: "noon"}.get(hour, "") if not minute else ""
    return bool(re.search(spoken, text, re.IGNORECASE) or (words and words in text.casefold()))


def _is_empty(text: str, assignment: Assignment) -> Rejection | None:
    return None if re.search(r"\w", text) else Rejection("empty")


def _is_too_long(text: str, assignment: Assignment) -> Rejection | None:
    values = sum(len(written(value).split()) for _, _, value in assignment.values)
    most = LONGEST_GROWTH * len(assignment.draft.split()) + values + SPARE_WORDS
    return Rejection("too long", f"{len(text.split())} words") if len(text.split()) > most else None


def _is_no_message(text: str, assignment: Assignment) -> Rejection | None:
    """A remark of the writer's, markup, a call, or an answer instead of a request."""
    values = " ".join(written(value) for _, _, value in assignment.values)
    for pattern in (_REMARK, _MARKUP):
        match = pattern.search(text)
        if match and match[0].strip() not in values:
            return Rejection("not a message", match[0].strip()[:40])
    parsed = wire.parse(text)
    return Rejection("not a message", "a call") if parsed.calls or parsed.malformed else None


def _answers(text: str, assignment: Assignment) -> Rejection | None:
    return Rejection("not a message", "a refusal") if read_text(text).refuses else None


def _lacks_value(text: str, assignment: Assignment) -> Rejection | None:
    for _, name, value in assignment.values:
        if not states(value, text):
            return Rejection("value missing", f"{name} {written(value)[:60]}")
    if assignment.calls:
        return None
    if not _shares_topic(text, assignment.draft):
        return Rejection("another topic")
    return _loses_value(text, assignment.draft)


def _loses_value(text: str, draft: str) -> Rejection | None:
    lost = next((value for value in hard_values(draft) if not _has(value, text)), None)
    return None if lost is None else Rejection("value missing", lost[:60])


def _has_value_too_many(text: str, assignment: Assignment) -> Rejection | None:
    grounds = [assignment.draft, *(written(value) for _, _, value in assignment.values)]
    topics = [tool.description or "" for name, tool in assignment.tools.items() if name in dict(assignment.calls)]
    extra = _uncovered(text, grounds, topics) or _choice_too_many(text, assignment, grounds)
    extra = extra or _withheld(text, assignment)
    return None if extra is None else Rejection("value too many", extra[:60])


def _uncovered(text: str, grounds: Sequence[str], topics: Sequence[str]) -> str | None:
    """A number, name, date, address or quotation in a text that stands in none of its grounds."""
    ground = Said("\n".join(grounds))
    rest, when = _without_times(text, ground.text)
    if when is not None:
        return when
    numbers = Said(_TIME.sub(" ", _DATE.sub(" ", ground.text))).numbers
    for number in map(str, _NUMBER.findall(rest.replace(",", ""))):
        if float(number) not in numbers:
            return number
    for word in _SPELT:
        if word not in ground.words and word in Said(rest).words and not Said(word).numbers & numbers:
            return word
    words = ground.words | Said("\n".join(topics)).words | _HARMLESS
    months = {MONTHS[int(month) - 1] for _, month, _ in _DATE.findall(ground.text) if 1 <= int(month) <= len(MONTHS)}
    for value in hard_values(text):
        if not _has(value, ground.text) and value.casefold() not in words | months | {month[:3] for month in months}:
            return value
    when = next((match[0] for match in _WHEN.finditer(text) if match[0].casefold() not in ground.words | months), None)
    return None if when is None or when.casefold() in ground.folded else when


def _without_times(text: str, grounds: str) -> tuple[str, str | None]:
    """The text without its dates and times, and the first of them that has a number which its grounds lack."""
    hours = {float(int(hour) % 12 or 12) for hour, _ in _TIME.findall(grounds)}
    dates, times = Said(grounds).numbers, Said(_DATE.sub(" ", grounds)).numbers | hours
    for pattern, numbers in ((_SPOKEN_DATE, dates), (_SPOKEN_TIME, times)):
        for match in pattern.finditer(text):
            if any(float(number) not in numbers for number in re.findall(r"\d+", match[0])):
                return text, match[0]
        text = pattern.sub(" ", text)
    return text, None


def hard_values(text: str) -> Iterator[str]:
    """Yield what in a text looks like a value: addresses, paths, quotations, and words with a capital in a sentence."""
    yield from (match[0].rstrip(".,;!?") for match in _ADDRESS.finditer(text))
    yield from (match[1].rstrip(".,;!?") for match in _QUOTED.finditer(text))
    yield from (match[0] for match in _NUMBER.finditer(text))
    for match in _CAPITALISED.finditer(text):
        before = text[: match.start()].rstrip(" ")
        if before and before[-1] not in _SENTENCE_START and match[0].casefold() not in _HARMLESS:
            yield match[0]


def _has(value: str, text: str) -> bool:
    spoken, folded = Said(text), Said(value).folded
    return folded in spoken.folded or (bool(_NUMBER.fullmatch(value)) and float(value) in spoken.numbers)


def _choice_too_many(text: str, assignment: Assignment, grounds: Sequence[str]) -> str | None:
    """A value of a choice that the call does not make."""
    folded, ground = Said(text).folded, Said("\n".join(grounds)).folded
    for name, stated in assignment.calls:
        tool = assignment.tools.get(name)
        for parameter, schema in (tool.properties if tool else {}).items():
            choices = schema.get("enum") if isinstance(schema, dict) else None
            if parameter in stated or not isinstance(choices, list):
                continue
            for choice in choices:
                word = Said(str(choice)).folded
                is_new = word not in ground and choice != schema.get("default") and len(word) > 2
                if is_new and word not in Said(tool.description or "").folded and _is_word(word, folded):  # type: ignore[union-attr]
                    return str(choice)
    return None


def _withheld(text: str, assignment: Assignment) -> str | None:
    if not assignment.withheld or not assignment.calls:
        return None
    tool = assignment.tools.get(assignment.calls[0][0])
    return KnownValues().given(Asked(0, tool, assignment.withheld, text)) if tool else None


def _dictates(text: str, assignment: Assignment) -> Rejection | None:
    """A tool's or a parameter's name, written as schemas write it, or spoken right before its value."""
    folded = text.casefold()
    grounds = Said("\n".join(written(value) for _, _, value in assignment.values)).text.casefold()
    for name in assignment.tools:
        if _is_coded(name) and name.casefold() in folded and name.casefold() not in grounds:
            return Rejection("name dictated", name)
    for tool, parameter, value in assignment.values:
        if _is_coded(parameter) and parameter.casefold() in folded and parameter.casefold() not in grounds:
            return Rejection("name dictated", parameter)
        words = r"[\s_-]*".join(map(re.escape, name_words(parameter)))
        between = r"=|:" if _is_told_apart_by_name(tool, value, assignment) else r"=|:|is|as|of|to|set to|\s"
        shown = re.escape(written(value).casefold())
        if words and shown and re.search(rf"(?<!\w){words}\s*(?:{between})\s*[\"“']?{shown}", folded):
            return Rejection("name dictated", f"{parameter} {written(value)[:40]}")
    return None


def _is_told_apart_by_name(tool: str, value: Any, assignment: Assignment) -> bool:
    """Tell whether the call states another value of this type, so that a person would name the two."""
    alike = [name for name, _, stated in assignment.values if name == tool and type(stated) is type(value)]
    return len(alike) > 1 and not isinstance(value, str)


def _is_coded(name: str) -> bool:
    return bool(re.search(r"[_.\d]|[a-z][A-Z]", name))


def _is_word(word: str, folded: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", folded))


def _shares_topic(text: str, draft: str) -> bool:
    topic = {word for word in Said(draft).words if word not in FILLER and len(word) > 2}
    return not topic or not Said(" ".join(topic)).stems.isdisjoint(Said(text).stems)


def _earns_less(text: str, assignment: Assignment) -> Rejection | None:
    """A reply that the reward does not read as what the row expects."""
    truth = replied(assignment.row.ground_truth, text)
    for reward in (Tiered(), Binary()):
        result = reward(text, ground_truth=truth, tools=assignment.row.tools)
        if result is None or result.value < 1.0:
            why = "; ".join(map(str, result.reasons)) if result is not None else "cannot be scored"
            return Rejection(f"does not {truth.behavior.value}", why[:80])
    return None


def _strays(text: str, assignment: Assignment) -> Rejection | None:
    """A reply with values of its own, or one that loses what an answer tells."""
    draft = assignment.row.ground_truth.text or ""
    prompt = [str(message.get("content") or "") for message in assignment.row.prompt[assignment.place :]]
    topics = [tool.description or "" for tool in assignment.tools.values()]
    extra = _uncovered(text, [draft, *prompt], topics)
    if extra is not None:
        return Rejection("value too many", extra[:60])
    if assignment.row.ground_truth.behavior is not Behavior.ANSWER:
        return None
    is_topic_kept = _shares_topic(text, draft)
    return _loses_value(text, draft) or (None if is_topic_kept else Rejection("another topic"))


def replied(truth: GroundTruth, text: str) -> GroundTruth:
    """Return a ground truth with another text."""
    return GroundTruth(truth.behavior, text=text, missing=truth.missing)


def reads_as_expected(completion: Any, assignment: Assignment) -> bool:
    """Tell whether a second model's calls are those that the row expects."""
    row = assignment.row
    result = Binary()(completion, ground_truth=row.ground_truth, tools=row.tools)
    return result is not None and result.value == 1.0


REQUEST_CHECKS: tuple[Check, ...] = (
    _is_empty, _is_too_long, _is_no_message, _answers, _lacks_value, _has_value_too_many, _dictates,
)  # fmt: skip
REPLY_CHECKS: tuple[Check, ...] = (_is_empty, _is_too_long, _is_no_message, _earns_less, _strays)


def _first(checks: Sequence[Check], text: str, assignment: Assignment) -> Rejection | None:
    return next((rejection for check in checks if (rejection := check(text, assignment)) is not None), None)
