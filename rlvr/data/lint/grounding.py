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
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rewards.names import name_words
from rewards.text import FILLER, stem

if TYPE_CHECKING:
    from rlvr.files import Json, JsonMapping

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?|\.\d+|\d+(?:\.\d+)?")
_PLAIN_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?", re.ASCII)
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
_YEAR_AND_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_TIME = re.compile(r"(\d?\d):(\d\d)(?::\d\d)?(?:\.\d+)?(?: ?[aApP]\.?[mM]\.?)?Z?")
_LISTED: JsonMapping = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
_RELATIVE_TIME = re.compile("".join(_LISTED["relative_time"].splitlines()))
MONTHS: list[str] = _LISTED["months"].split()
DAYS: list[str] = _LISTED["days"].split()
_NUMBER_WORDS = {
    **{word: number for number, word in enumerate(_LISTED["numbers"]["units"].split())},
    **{word: 10 * tens for tens, word in enumerate(_LISTED["numbers"]["tens"].split(), start=2)},
    **{word: number for number, word in enumerate(_LISTED["numbers"]["ordinals"].split(), start=1)},
    **{word: int(number) for number, words in _LISTED["numbers"]["others"].items() for word in words.split()},
}
_FACTORS = (1, 7, 12, 24, 30, 60, 100, 365, 1000, 1440, 3600, 86400, 10**6, 10**9, 2, 0.5, 52, 1024)
_CURRENCIES: Mapping[str, str] = _LISTED["currencies"]
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
        found = {float(number.replace(",", "")) for number in _NUMBER.findall(self.text) if len(number) < 25}
        found |= {float(part) for word in self.words for part in re.findall(r"\d+", word) if len(part) < 25}
        found |= {float(_NUMBER_WORDS[word]) for word in self.words if word in _NUMBER_WORDS}
        found |= {
            float(_NUMBER_WORDS[word.removesuffix("s")])
            for word in self.words
            if word.removesuffix("s") in _NUMBER_WORDS
        }
        tens = [number for number in found if number in range(20, 100, 10)]
        return frozenset(found | {ten + one for ten in tens for one in found if 0 < one < 10})

    @cached_property
    def is_foreign(self) -> bool:
        """Tell whether much of it is not in Latin letters."""
        if self.text.isascii():
            return False
        letters = [char for char in self.text if char.isalpha()]
        return sum(ord(char) > 0x24F for char in letters) > _MOST_FOREIGN * len(letters)


def is_plainly_said(value: Json, text: str) -> bool:
    """Tell whether a value stands in the text as it is, told without taking the text apart."""
    kind = type(value)
    if kind is str:
        return value in text or value.replace("_", " ") in text
    if kind is bool or value is None:
        return True
    if kind is not int and kind is not float:
        return False
    digits = str(value)
    start = text.find(digits)
    if start < 0:
        return False
    around = text[start - 1 : start] + text[start + len(digits) : start + len(digits) + 1]
    return not any(map(str.isdigit, around))


def is_grounded(value: Json, name: str, schema: JsonMapping, prompt: Said) -> bool:
    """Tell whether anything in the prompt could stand for the value of a parameter."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str) and (value in prompt.text or _is_default(value, schema)):
        return True
    if prompt.is_foreign or _is_default(value, schema):
        return True
    if isinstance(value, list | dict):
        return _mostly_grounded(value, name, schema, prompt)
    if isinstance(value, str):
        return _is_text_grounded(value, name, schema, prompt)
    return _is_number_grounded(float(value), prompt) if abs(value) < 1e300 else True


def _is_default(value: Json, schema: JsonMapping) -> bool:
    return "const" in schema or ("default" in schema and schema["default"] == value)


def _mostly_grounded(value: Json, name: str, schema: JsonMapping, prompt: Said) -> bool:
    if isinstance(value, list):
        items = schema.get("items")
        inner = items if isinstance(items, dict) else {}
        verdicts = [is_grounded(item, name, inner, prompt) for item in value]
    else:
        properties = schema.get("properties")
        members = properties if isinstance(properties, dict) else {}
        verdicts = [is_grounded(item, key, members.get(key) or {}, prompt) for key, item in value.items()]
    return 2 * sum(verdicts) >= len(verdicts)


def _is_number_grounded(value: float, prompt: Said) -> bool:
    if value in (0.0, 1.0) or value in prompt.numbers:
        return True
    numbers = prompt.numbers - {0.0, 1.0}  # an article is a 1, and no unit is to be made of that
    for factor in _FACTORS:
        if value / factor in numbers or value * factor in numbers:
            return True
    few = sorted(numbers)[:40]
    total = set()
    for a in few:
        total |= {a + b for b in few} | {a - b for b in few} | {a * b for b in few}
    return value in total or round(value) in {round(number) for number in numbers} or sum(few) == value


def _is_text_grounded(value: str, name: str, schema: JsonMapping, prompt: Said) -> bool:
    folded = " ".join(unicodedata.normalize("NFKC", value).casefold().replace("_", " ").replace("-", " ").split())
    if folded in _EMPTY or folded in prompt.folded or _is_described(value, schema):
        return True
    if isinstance(schema.get("enum"), list):
        return not _names_another(folded, schema["enum"], prompt)
    if match := _DATE.fullmatch(value):
        return _is_date_grounded(match, prompt)
    if match := _YEAR_AND_MONTH.fullmatch(value):
        return _is_month_grounded(int(match[1]), int(match[2]), prompt)
    if _TIME.fullmatch(value):
        return _is_time_grounded(value, prompt)
    if _PLAIN_NUMBER.fullmatch(value) and len(value) < 25:
        number = float(value.replace(",", ""))
        return _is_number_grounded(number, prompt) if len(value) < 9 else number in prompt.numbers
    if _shares_words(folded, prompt) or _is_abbreviated(value, prompt) or _is_spelt_out(folded, prompt):
        return True
    if _COMPOSED_NAMES.isdisjoint(name_words(name)):
        return _is_written_date(folded, prompt)
    return (
        bool(prompt.stems & ({stem(word) for word in _WORD.findall(_bare(folded))} - FILLER))
        or not value.isascii()
        or (any(char.isdigit() for char in value) and bool(prompt.numbers))
    )


def _is_described(value: str, schema: JsonMapping) -> bool:
    """Tell whether the parameter's own description names the value: a convention needs no grounds in the prompt."""
    description = schema.get("description")
    return isinstance(description, str) and value.casefold() in description.casefold()


def _names_another(folded: str, enum: list[Json], prompt: Said) -> bool:
    """Tell whether the prompt names another value of the enum, and no word of this one: then it is not merely
    implied."""
    if any(stem(word) in prompt.stems for word in _WORD.findall(folded)):
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
    month = MONTHS[day.month - 1]
    is_month_said = any(word in prompt.words for word in (month, month[:3], month[:4]))
    if is_month_said:
        return day.day in prompt.numbers or day.day == 1
    return {float(day.month), float(day.day)} <= prompt.numbers


def _is_month_grounded(year: int, month: int, prompt: Said) -> bool:
    """Tell whether a month is said; where its year is named, a word such as `last` does not stand for it."""
    name = MONTHS[month - 1]
    if float(month) in prompt.numbers or any(word in prompt.words for word in (name, name[:3], name[:4])):
        return True
    return float(year) not in prompt.numbers and _RELATIVE_TIME.search(prompt.folded) is not None


def _is_time_grounded(value: str, prompt: Said) -> bool:
    if _RELATIVE_TIME.search(prompt.folded):
        return True
    hour = int(value.split(":")[0])
    return not {float(hour), float(hour % 12), float(hour % 12 or 12)}.isdisjoint(prompt.numbers)


def _is_written_date(folded: str, prompt: Said) -> bool:
    """Tell whether the value is a date or a span of time in some other form, said in some other form."""
    has_month = any(word[:3] in {month[:3] for month in MONTHS} for word in _WORD.findall(folded))
    is_numeric = bool(re.fullmatch(r"[\d\s/.,:tz+]+(?: ?[ap]m)?", folded)) and any(char in folded for char in "/.: ")
    if not (has_month or is_numeric) or not any(char.isdigit() for char in folded):
        return False
    return bool(_RELATIVE_TIME.search(prompt.folded)) or any(
        float(number) in prompt.numbers for number in re.findall(r"\d+", folded)
    )


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
    shared = sum(1 for word in words if _is_said(word, prompt))
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
    letters = "".join(char for char in value.casefold() if char.isalpha())
    if not letters or len(letters) > _SHORT_CODE or any(char.isdigit() for char in value):
        return False
    if letters in _CURRENCIES:
        return any(sign in prompt.words or sign in prompt.folded for sign in _CURRENCIES[letters].split())
    ordered = _WORD.findall(_bare(prompt.folded))
    initials = "".join(word[0] for word in ordered)
    if letters in initials or any(letters in group and not prompt.words.isdisjoint(group) for group in _COUNTRIES):
        return True
    return any(_is_contained(letters, word) for word in ordered if len(word) > len(letters)) or any(
        _is_contained(letters, a + b) for a, b in itertools.pairwise(ordered) if a[0] == letters[0]
    )


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
