"""Whether a value has grounds in the prompt: said as it is, in other words, or given by an earlier result.

People write dates, numbers, times, units and codes in many ways, so a value counts as grounded as soon as anything in
the text could stand for it. What is left is a value that came from nowhere. Text that is not mostly in Latin letters is
never judged.
"""

from __future__ import annotations

import datetime
import itertools
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import add, mul, sub
from pathlib import Path

from rewards.names import name_words
from rewards.text import FILLER, stem
from rlvr.data.json_values import object_of
from rlvr.files import Json, JsonMapping

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?|\.\d+|\d+(?:\.\d+)?")
_PLAIN_NUMBER = re.compile(r"(?=.{1,24}\Z)-?\d[\d,]*(?:\.\d+)?", re.ASCII)
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
_YEAR_AND_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_TIME = re.compile(r"(\d?\d):(\d\d)(?::\d\d)?(?:\.\d+)?(?: ?[aApP]\.?[mM]\.?)?Z?")
_LISTED: JsonMapping = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
_RELATIVE_TIME = re.compile("".join(_LISTED["relative_time"].splitlines()))
MONTHS: list[str] = _LISTED["months"].split()
DAYS: list[str] = _LISTED["days"].split()
_MONTHS_IN_SHORT = frozenset(month[:3] for month in MONTHS)
_NUMBER_WORDS = {
    **{word: number for number, word in enumerate(_LISTED["numbers"]["units"].split())},
    **{word: 10 * tens for tens, word in enumerate(_LISTED["numbers"]["tens"].split(), start=2)},
    **{word: number for number, word in enumerate(_LISTED["numbers"]["ordinals"].split(), start=1)},
    **{word: int(number) for number, words in _LISTED["numbers"]["others"].items() for word in words.split()},
}
_TENS = frozenset(map(float, range(20, 100, 10)))
_LONGEST_NUMBER = 25
_LARGEST_NUMBER = 1e300
_MOST_PAIRED = 40  # numbers of a prompt of which sums and products are made
_FACTORS = (1, 7, 12, 24, 30, 60, 100, 365, 1000, 1440, 3600, 86400, 10**6, 10**9, 2, 0.5, 52, 1024)
_UNITS: Mapping[str, str] = _LISTED["units"]
_COUNTRIES = tuple(frozenset(words.split()) for words in _LISTED["countries"])
_COMPOSED_NAMES = frozenset(_LISTED["composed"].split())
_MOST_FOREIGN = 0.2
_LEAST_SHARED_WORDS = 0.34
_SHORT_CODE = 5
_EMPTY = frozenset(_LISTED["empty"])


@dataclass(frozen=True)
class Said:
    """Everything that a prompt says, in one text; what is derived from it is made when it is first needed."""

    text: str

    @cached_property
    def folded(self) -> str:
        """One Unicode form, lower case, separators as spaces."""
        text = unicodedata.normalize("NFKC", self.text).casefold()
        return " ".join(text.replace("_", " ").replace("-", " ").split())

    @cached_property
    def words(self) -> frozenset[str]:
        """All words, lower case, without accents."""
        return frozenset(_WORD.findall(_bare(self.folded)))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Their stems."""
        return frozenset(map(stem, self.words))

    @cached_property
    def numbers(self) -> frozenset[float]:
        """All numbers, in digits and in words."""
        digits = {number.replace(",", "") for number in _NUMBER.findall(self.text)}
        digits.update(_DIGITS.findall(_bare(self.folded)))
        numbers = {float(number) for number in digits if len(number) < _LONGEST_NUMBER}
        singular = {word.removesuffix("s") for word in self.words}
        numbers |= {float(_NUMBER_WORDS[word]) for word in (self.words | singular) & _NUMBER_WORDS.keys()}
        tens = numbers & _TENS
        ones = [number for number in numbers if 0 < number < 10]
        return frozenset(numbers.union(*({ten + one for one in ones} for ten in tens)))

    @cached_property
    def is_foreign(self) -> bool:
        """Tell whether much of it is not in Latin letters."""
        if self.text.isascii():
            return False
        letters = [char for char in self.text if char.isalpha()]
        return sum(ord(char) > 0x24F for char in letters) > _MOST_FOREIGN * len(letters)


def is_plainly_said(value: Json, text: str) -> bool:
    """Tell whether a value stands in the text as it is, told without taking the text apart."""
    match value:
        case str():
            return value in text or value.replace("_", " ") in text
        case bool() | None:
            return True
        case int() | float():
            digits = str(value)
            start = text.find(digits)
            around = text[start - 1 : start] + text[start + len(digits) : start + len(digits) + 1]
            return start >= 0 and not any(map(str.isdigit, around))
    return False


def is_grounded(value: Json, name: str, schema: JsonMapping, prompt: Said) -> bool:
    """Tell whether anything in the prompt could stand for the value of a parameter."""
    if value is None or isinstance(value, bool) or _is_default(value, schema) or prompt.is_foreign:
        return True
    match value:
        case list():
            items = object_of(schema.get("items"))
            return _is_mostly_true([is_grounded(item, name, items, prompt) for item in value])
        case dict():
            schemas = object_of(schema.get("properties"))
            return _is_mostly_true(
                [is_grounded(each, key, schemas.get(key) or {}, prompt) for key, each in value.items()]
            )
        case str():
            return _is_text_grounded(value, name, schema, prompt)
    return abs(value) >= _LARGEST_NUMBER or _is_number_grounded(float(value), prompt)


def _is_default(value: Json, schema: JsonMapping) -> bool:
    return "const" in schema or schema.get("default") == value


def _is_mostly_true(verdicts: list[bool]) -> bool:
    return 2 * sum(verdicts) >= len(verdicts)


def _is_number_grounded(value: float, prompt: Said) -> bool:
    if value in (0.0, 1.0) or value in prompt.numbers:
        return True
    numbers = prompt.numbers - {1.0}  # an article is a 1, and no unit is to be made of that
    if not numbers.isdisjoint(value / factor for factor in _FACTORS):
        return True
    if not numbers.isdisjoint(value * factor for factor in _FACTORS):
        return True
    few = sorted(numbers)[:_MOST_PAIRED]
    pairs = list(itertools.product(few, repeat=2))
    is_computed = any(value in itertools.starmap(compute, pairs) for compute in (add, sub, mul))
    return is_computed or round(value) in map(round, numbers) or sum(few) == value


def _is_text_grounded(value: str, name: str, schema: JsonMapping, prompt: Said) -> bool:
    folded = Said(value).folded
    if folded in _EMPTY or folded in prompt.folded or _is_described(value, schema):
        return True
    if isinstance(schema.get("enum"), list):
        return not _names_another(folded, schema["enum"], prompt)
    for pattern, is_said in _FORMS:
        if match := pattern.fullmatch(value):
            return is_said(match, prompt)
    if _shares_words(folded, prompt) or _is_abbreviated(value, prompt) or _is_spelt_out(folded, prompt):
        return True
    if _COMPOSED_NAMES.isdisjoint(name_words(name)):
        return _is_written_date(folded, prompt)
    stems = set(map(stem, _WORD.findall(_bare(folded)))) - FILLER
    has_digit = any(map(str.isdigit, value))
    return not value.isascii() or not prompt.stems.isdisjoint(stems) or (has_digit and bool(prompt.numbers))


def _is_described(value: str, schema: JsonMapping) -> bool:
    """Tell whether the parameter's own description names the value: a convention needs no grounds in the prompt."""
    description = schema.get("description")
    return isinstance(description, str) and value.casefold() in description.casefold()


def _names_another(folded: str, enum: list[Json], prompt: Said) -> bool:
    """Tell whether the prompt names another value of the enum, and no word of this one: then it is not merely
    implied."""
    if not prompt.stems.isdisjoint(map(stem, _WORD.findall(folded))):
        return False
    others = [" ".join(str(choice).casefold().replace("_", " ").split()) for choice in enum if isinstance(choice, str)]
    return any(len(choice) > 3 and re.search(rf"\b{re.escape(choice)}\b", prompt.folded) for choice in others)


def _is_date_grounded(match: re.Match[str], prompt: Said) -> bool:
    if _RELATIVE_TIME.search(prompt.folded):
        return True
    try:
        day = datetime.date(*map(int, match.groups()))
    except ValueError:
        return False
    if _is_month_named(day.month, prompt):
        return day.day in prompt.numbers or day.day == 1
    return {float(day.month), float(day.day)} <= prompt.numbers


def _is_month_named(month: int, prompt: Said) -> bool:
    name = MONTHS[month - 1]
    return not prompt.words.isdisjoint((name, name[:3], name[:4]))


def _is_month_grounded(match: re.Match[str], prompt: Said) -> bool:
    """Tell whether a month is said; where its year is named, a word such as `last` does not stand for it."""
    year, month = int(match[1]), int(match[2])
    if float(month) in prompt.numbers or _is_month_named(month, prompt):
        return True
    return float(year) not in prompt.numbers and _RELATIVE_TIME.search(prompt.folded) is not None


def _is_time_grounded(match: re.Match[str], prompt: Said) -> bool:
    hour = int(match[1])
    hours = {float(hour), float(hour % 12 or 12)}
    return _RELATIVE_TIME.search(prompt.folded) is not None or not hours.isdisjoint(prompt.numbers)


def _is_written_number_grounded(match: re.Match[str], prompt: Said) -> bool:
    number = float(match[0].replace(",", ""))
    return _is_number_grounded(number, prompt) if len(match[0]) < 9 else number in prompt.numbers


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Said], bool]], ...] = (
    (_DATE, _is_date_grounded),
    (_YEAR_AND_MONTH, _is_month_grounded),
    (_TIME, _is_time_grounded),
    (_PLAIN_NUMBER, _is_written_number_grounded),
)
"""Forms of texts that are said in many ways, and what tells whether one of these is there."""


def _is_written_date(folded: str, prompt: Said) -> bool:
    """Tell whether the value is a date or a span of time in some other form, said in some other form."""
    has_month = not _MONTHS_IN_SHORT.isdisjoint(word[:3] for word in _WORD.findall(folded))
    is_numeric = re.fullmatch(r"(?=.*[/.: ])[\d\s/.,:tz+]+(?: ?[ap]m)?", folded) is not None
    if not (has_month or is_numeric) or not any(map(str.isdigit, folded)):
        return False
    if _RELATIVE_TIME.search(prompt.folded):
        return True
    return not prompt.numbers.isdisjoint(map(float, _DIGITS.findall(folded)))


def _is_spelt_out(folded: str, prompt: Said) -> bool:
    """Tell whether the text has the initials of the value's words: Great Britain, GB."""
    words = _WORD.findall(folded)
    initials = "".join(word[0] for word in words)
    return len(words) > 1 and not prompt.words.isdisjoint((initials, f"{initials}c"))  # New York, NYC


def _shares_words(folded: str, prompt: Said) -> bool:
    """Tell whether enough of the value's words stand in the text, as they are or with other endings."""
    words = [word for word in _WORD.findall(_bare(folded)) if word not in FILLER]
    if not words:
        return True
    shared = sum(_is_said(word, prompt) for word in words)
    return shared >= max(1, _LEAST_SHARED_WORDS * len(words))


def _is_said(word: str, prompt: Said) -> bool:
    if word in prompt.words or stem(word) in prompt.stems:
        return True
    if word.isdecimal():
        return len(word) < 16 and float(word) in prompt.numbers
    if len(word) < 4:
        return False
    head = word[: max(4, len(word) - 3)]
    return any(heard.startswith(head) or (len(heard) > 3 and word.startswith(heard)) for heard in prompt.words)


def _is_abbreviated(value: str, prompt: Said) -> bool:
    """Tell whether a short code could stand for words of the text: NYC, SFO, USD, fr, en-US."""
    letters = "".join(filter(str.isalpha, value.casefold()))
    if not 0 < len(letters) <= _SHORT_CODE or any(map(str.isdigit, value)):
        return False
    if letters in _UNITS:
        return _is_unit_said(_UNITS[letters].split(), prompt)
    ordered = _WORD.findall(_bare(prompt.folded))
    if letters in "".join(word[0] for word in ordered):
        return True
    if any(letters in group and not prompt.words.isdisjoint(group) for group in _COUNTRIES):
        return True
    pairs = (first + second for first, second in itertools.pairwise(ordered))
    return any(_is_contained(letters, word) for word in itertools.chain(ordered, pairs))


def _is_unit_said(names: list[str], prompt: Said) -> bool:
    """Tell whether the text has one of a unit's names as a word, or its sign anywhere: EUR is said by `€5`."""
    signs = [name for name in names if not name.isalpha()]
    return not prompt.stems.isdisjoint(map(stem, names)) or any(sign in prompt.folded for sign in signs)


def _is_contained(letters: str, word: str) -> bool:
    """Tell whether the letters occur in the word in their order, beginning with its first."""
    if word[:1] != letters[:1]:
        return False
    left = iter(word)
    return all(letter in left for letter in letters)


def _bare(text: str) -> str:
    """Without accents."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
