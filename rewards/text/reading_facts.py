"""Reading the facts of a text, which `facts.py` compares.

Names of months and words for numbers become marks and digits first, as in `month~5`; the patterns of `data/facts.toml`
then read dates and hours, and the digits that are left are amounts.
"""

import re
from collections.abc import Callable, Mapping, Set
from functools import lru_cache, partial
from typing import TypeVar

from rewards.limits import MAX_ANSWER_WORDS, MAX_FACTS
from rewards.text.data_files import ENGLISH, read_data
from rewards.text.facts import LOOSE, NUMBER, WORDS_APART, Fact, Unit
from rewards.text.words import folded, stem

_Value = TypeVar("_Value")

_DATA = read_data("facts")
_TEXTS_KEPT = 64
_MONTHS = 12
_HALF_DAY = 12
_DAY = 24 * 60
_FIRST_YEAR, _LAST_YEAR, _DIGITS_OF_YEAR = 1000, 2100, 4
_REACH = 40  # signs before the first digit and behind the last one in which something belongs to a number
_CONTEXT = 16  # signs before a word in which a number or a word such as `in` shows that it is a month
_FIRST_JOINED_SIGN = "\u0900"  # of Devanagari, behind which words are not told apart by their letters
_LONGEST_JOINED_UNIT = 4
_LONGEST_NUMBER = 64  # signs of a number that are read
_MAY_BE_ENGLISH = frozenset({ENGLISH, ""})
JOINED_LANGUAGES = frozenset({"zh", "ja", "ko"})

_LIST_MARK = re.compile(r"(?m)^\s*\d{1,2}[.)] ")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SIGNS_BELOW_HUNDRED = "(?:[二三四五六七八九]?十[一二三四五六七八九]?|[〇一二两三四五六七八九]{1,4})"
_SIGNS_OF_NUMBER = re.compile(
    f"{_SIGNS_BELOW_HUNDRED}(?=[月日号號点點時时分年元円次回岁歳集话話季章天级級层層])|(?!一){_SIGNS_BELOW_HUNDRED}(?=[个個人本位名部])"
)
_VALUES_OF_SIGNS = str.maketrans("〇一二两三四五六七八九", "01223456789")
_NUMBER_BEHIND = re.compile(r"[.,]?\s{0,2}(?:the )?\d")
_NUMBER_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?[.,]?(?: of)?\s{0,2}\Z")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[\s.,-]{1,2}\Z")
_AMOUNT = re.compile(
    r"(?P<minus>(?<![\w)])[-−])?(?P<before>[$€£₩₹])?\s?"
    r"(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)*(?:e[+-]?\d\d?(?!\w))?)"
    r"(?:[ \u00a0-]?(?P<next>°\s?[CF]|[%$€£₩₹]|[a-zA-ZÀ-ӿ]+|[^\W\d_]+))?(?: (?P<then>[^\W\d_]+))?"
)
_WORD_PART = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_LABEL = re.compile(r"([^\W\d_]+)\W*\Z")
_BLANK = re.compile(r"\s")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_MARK_BEFORE_LAST = re.compile(r"[.,](?=.*[.,])")


def _places(names: str, first: int) -> dict[str, int]:
    """Return the place of each name, of which `/` joins several for one place."""
    groups = enumerate(folded(names).split(), first)
    return {name: place for place, group in groups for name in group.split("/")}


def _by_word(table: Mapping[str, str]) -> dict[str, str]:
    return {word: value for value, words in table.items() for word in folded(words).split()}


def _marks() -> dict[str, str]:
    """Return the mark of each month, weekday and hour that has a name, in whatever language."""
    dates = read_data("dates")
    marks = {name: f"hour~{minutes}" for name, minutes in _by_word(_DATA["hours"]).items()}
    for kind in ("month", "weekday"):
        for names in (*dates[f"{kind}s"].values(), _DATA["short_names"][f"{kind}s"]):
            marks |= {name: f"{kind}~{place}" for name, place in _places(names, 1).items()}
    return marks


def _units() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for kind, rates in _DATA["units"].items():
        units |= {word: Unit(kind, rate, float(rate)) for word, rate in _by_word(rates).items()}
    for kind, names in _DATA["other_units"].items():
        units |= {word: Unit(kind, name, 0.0) for word, name in _by_word(names).items()}
    return units


_MARKS = _marks()
_JOINED_NAME = re.compile("|".join(sorted(filter(_FIRST_JOINED_SIGN.__le__, _MARKS), key=len, reverse=True)))
_DOUBTFUL = frozenset(_DATA["doubtful"].split())
_OTHER_WORDS_TOO = frozenset(_DATA["number_words"]["other_words_too"].split())
_BEFORE_DOUBTFUL = frozenset(_DATA["before_doubtful"].split())
_JOINED_PATTERNS = [re.compile(folded(pattern), re.IGNORECASE) for pattern in _DATA["patterns"]["joined"]]
_PATTERNS = [
    (folded(sign), re.compile(folded(pattern), re.IGNORECASE)) for sign, pattern in _DATA["patterns"]["in_order"]
]
_HALVES = _by_word(_DATA["halves"])
_MAGNITUDES = _by_word(_DATA["magnitudes"])
_UNITS = _units()
_NO_UNIT = Unit(NUMBER)


@lru_cache
def _number_words(code: str) -> Mapping[str, str]:
    """Return what stands for each of a language's words for numbers; where no language is told, for those of any."""
    if not code:
        words: dict[str, str] = {}
        for each in _DATA["tens"]:
            words |= _number_words(each)
        told = {word: mark for word, mark in words.items() if word not in _OTHER_WORDS_TOO}
        return {**told, **_number_words(ENGLISH)}
    ones = _places(_DATA["number_words"].get(code, ""), 0)
    tens = _places(_DATA["tens"].get(code, ""), 2)
    words = {word: f"ordinal~{place}" for word, place in _places(_DATA["ordinals"].get(code, ""), 1).items()}
    for ten, place in tens.items():
        words[ten] = f"{place}0"
        for one, number in ones.items():
            words[f"{ten}-{one}"] = words[f"{one}und{ten}"] = f"{10 * place + number}"
    words |= {one: f"{number}" for one, number in ones.items()}
    return words | {one: f"{LOOSE}~1" for one, number in ones.items() if number == 1}


@lru_cache
def _opposites(code: str) -> Mapping[str, Fact]:
    """Return the fact that each word of a language tells which excludes others."""
    facts: dict[str, Fact] = {}
    for group, words in enumerate(_DATA["opposites"].get(code, ())):
        kind = f"{WORDS_APART} {group}"
        facts |= {word: Fact(kind, frozenset({place}), frozenset()) for word, place in _places(words, 0).items()}
    return facts


@lru_cache(maxsize=_TEXTS_KEPT)
def read_facts(text: str, code: str) -> tuple[tuple[Fact, ...], str]:
    """Return the facts of the beginning of a text, and the words that are left.

    Args:
        text: what was said.
        code: of its language; empty where nothing tells it.
    """
    text = folded(text[: MAX_ANSWER_WORDS * 8])
    if "\n" in text:
        text = _LIST_MARK.sub("", text)
    if not text.isascii():
        text = _JOINED_NAME.sub(lambda name: f" {_MARKS[name[0]]} ", text)
        text = _SIGNS_OF_NUMBER.sub(_number_of_signs, text)
    lower = text.lower()
    words = set(_WORD.findall(lower))
    facts = _words_apart(lower, words, code)
    marks = _marks_of(code)
    if not marks.keys().isdisjoint(words) or "-" in text:
        text = _WORD.sub(partial(_marked, marks, code), text)
    first = _DIGIT.search(text)
    if first is None:
        return tuple(facts), text
    start = max(0, first.start() - _REACH)
    end = len(text) - next(_DIGIT.finditer(text[::-1])).start() + _REACH
    left = _without_numbers(text[start:end], facts)
    return tuple(dict.fromkeys(facts))[:MAX_FACTS], f"{text[:start]}{left}{text[end:]}"


def _without_numbers(text: str, facts: list[Fact]) -> str:
    """Add the dates, hours and amounts of a text to the facts, and return the text without them."""
    if not text.isascii():
        for pattern in _JOINED_PATTERNS:
            text = pattern.sub(partial(_take, facts), text)
    for sign, pattern in _PATTERNS:
        if sign in text:
            text = pattern.sub(partial(_take, facts), text)
    return _AMOUNT.sub(partial(_take_amount, facts), text)


def _words_apart(text: str, words: Set[str], code: str) -> list[Fact]:
    opposites = _opposites(code or ENGLISH)
    if code in JOINED_LANGUAGES:
        words = {word for word in opposites if word in text}
    return list(dict.fromkeys(map(opposites.__getitem__, sorted(words & opposites.keys()))))


def _number_of_signs(signs: re.Match[str]) -> str:
    """Return a Chinese number below a hundred in digits."""
    tens, ten, ones = signs[0].translate(_VALUES_OF_SIGNS).rpartition("十")
    return f"{tens or 1}{ones or 0}" if ten else ones


@lru_cache
def _marks_of(code: str) -> Mapping[str, str]:
    """Return the digits or the mark that stand for each word of a language that has some."""
    return {**_MARKS, **_number_words(code)}


def _marked(marks: Mapping[str, str], code: str, match: re.Match[str]) -> str:
    """Return the digits or the mark that stand for a word, or the word."""
    word = match[0].lower()
    mark = marks.get(word)
    if mark is None and "-" in word:
        return _WORD_PART.sub(partial(_marked, marks, code), match[0])
    if mark is None or (word in _DOUBTFUL and code in _MAY_BE_ENGLISH and not _is_date(match)):
        return match[0]
    return mark


def _is_date(match: re.Match[str]) -> bool:
    """Tell whether a word that may be a month's or a day's name is one here: `May 5`, `in May`, `Sun, 5 June`."""
    text, start, end = match.string, match.start(), match.end()
    before = text[max(0, start - _CONTEXT) : start]
    if _NUMBER_BEHIND.match(text, end) or _NUMBER_BEFORE.search(before):
        return True
    introducing = _WORD_BEFORE.search(before)
    is_alone = not before and len(text) <= end + 1
    return match[0][0].isupper() and (is_alone or bool(introducing and introducing[1].lower() in _BEFORE_DOUBTFUL))


def _take(facts: list[Fact], match: re.Match[str]) -> str:
    """Add what a pattern has matched to the facts, and return what stands in its place."""
    facts.extend([fact._replace(label=_label(match)) for fact in _matched(match)])
    return " "


def _label(match: re.Match[str]) -> str:
    """Return the word before a fact."""
    before = _LABEL.search(match.string, max(0, match.start() - _CONTEXT), match.start())
    return stem(before[1].lower()) if before else ""


def _matched(match: re.Match[str]) -> list[Fact]:
    """Return the facts of what a pattern has matched, by the first of its groups that tells more than a number."""
    groups = {name: value for name, value in match.groupdict().items() if value}
    telling = next(filter(_FACTS_OF.__contains__, groups), "")
    if telling:
        return _FACTS_OF[telling](groups)
    return [_fact(kind, float(value)) for kind, value in groups.items()]


def _of_day_and_month(groups: Mapping[str, str]) -> list[Fact]:
    first, second = float(groups["first"]), float(groups["second"])
    months = [month for month in (first, second) if month <= _MONTHS]
    return [_fact("month", *months), _fact("day", first, second), _fact("year", float(groups["year"]))]


def _of_hour(groups: Mapping[str, str]) -> list[Fact]:
    """Return a time of day; one in either half where none is told, as in 9:15."""
    hour, minute, half = groups["hour"], int(groups.get("minute", 0)), groups.get("half", "")
    hours = [int(hour)]
    if half:
        hours = [int(hour) % _HALF_DAY + int(_HALVES[half.lower()])]
    elif hour[0] != "0" and int(hour) <= _HALF_DAY:
        hours = [int(hour) % _HALF_DAY, int(hour) % _HALF_DAY + _HALF_DAY]
    written = frozenset([float(f"{each}.{minute:02}") for each in (int(hour), *hours)])
    return [Fact("time", frozenset([float((60 * each + minute) % _DAY) for each in hours]), written)]


def _of_named_hour(groups: Mapping[str, str]) -> list[Fact]:
    return [Fact("time", frozenset({float(groups["minutes"])}), frozenset({float(_HALF_DAY)}))]


def _of_hours_and_minutes(groups: Mapping[str, str]) -> list[Fact]:
    seconds = 3600.0 * int(groups["hours"]) + 60 * int(groups["rest"])
    return [Fact("duration", frozenset({seconds}), frozenset(), _UNITS["minutes"])]


def _of_identifier(groups: Mapping[str, str]) -> list[Fact]:
    return [_fact("identifier", groups["identifier"].lower())]


_FACTS_OF: Mapping[str, Callable[[Mapping[str, str]], list[Fact]]] = {
    "first": _of_day_and_month,
    "hour": _of_hour,
    "minutes": _of_named_hour,
    "hours": _of_hours_and_minutes,
    "identifier": _of_identifier,
}
"""What the groups of a pattern tell where they are more than a year, a month, a day, a weekday or a number."""


def _fact(kind: str, *values: float | str) -> Fact:
    return Fact(kind, frozenset(values), frozenset(values))


def _take_amount(facts: list[Fact], match: re.Match[str]) -> str:
    """Add a number to the facts, with its unit where a word beside it is one, and return the words that are left."""
    groups = match.groupdict("")
    words = [groups["next"], groups["then"], ""]
    magnitude = _looked_up(_MAGNITUDES, words[0])
    if magnitude:
        words.pop(0)
    unit_behind = _looked_up(_UNITS, words[0])
    if unit_behind:
        words.pop(0)
    unit = _looked_up(_UNITS, groups["before"]) or unit_behind or _NO_UNIT
    scale = float(f"{groups['minus']}1".replace("−", "-")) * float(magnitude or 1)
    readings = [scale * value for value in _readings(groups["number"])]
    kind = unit.kind
    if unit is _NO_UNIT and len(groups["number"]) == _DIGITS_OF_YEAR and _FIRST_YEAR <= readings[0] <= _LAST_YEAR:
        kind = "year"
    values = frozenset([(unit.rate or 1.0) * value for value in readings])
    facts.append(Fact(kind, values, frozenset(readings), unit, _label(match)))
    return f" {' '.join(filter(None, words))} "


def _looked_up(table: Mapping[str, _Value], word: str) -> _Value | None:
    """Return what a table has for a word, or for its beginning where words are not separated."""
    key = _BLANK.sub("", word.lower())
    if key[:1] < _FIRST_JOINED_SIGN or key in table:
        return table.get(key)
    beginnings = [key[:length] for length in range(_LONGEST_JOINED_UNIT, 0, -1)]
    return next(filter(None, map(table.get, beginnings)), None)


def _readings(number: str) -> list[float]:
    """Return what digits with marks may be: 1.234 is a thousand and more in German."""
    digits = _BLANK.sub("", number[:_LONGEST_NUMBER]).rstrip(".,")
    decimal = float(_MARK_BEFORE_LAST.sub("", digits).replace(",", "."))
    if not _THOUSANDS.fullmatch(digits):
        return [decimal]
    whole = float(digits.replace(",", "").replace(".", ""))
    return [whole] if "," in digits or digits.count(".") > 1 else [whole, decimal]
