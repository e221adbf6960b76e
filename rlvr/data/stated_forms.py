"""The form that a description states for values, YYYY-MM-DD or op://vault/item, and values that have another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rlvr.data.described import plain_text, shown_examples

FORM_PLACE = re.compile(r"[\w{}<>.-]+(?![\w]*://)")
"""A place of a form; what stands before `://` is none."""

CODE_WITH_PLACES = re.compile(r"\b((?:(?!X{2,}|N{2,})[A-Z]{1,8}[-_]){1,4})([X#N]{2,12}(?:[-_][X#N]{2,12}){0,3})(?!\w)")
"""Finds a code whose letters are said and whose digits are not: ANM-XXXX."""

_PLACES = r"[`'\"]?([\w{}<>.-]{1,30}(?:(?:://|[/:@#=])[\w{}<>.-]{1,30}){1,6})[`'\"]?"
_IN_A_FORM = re.compile(
    rf"\b[Ii]n (?:the )?{_PLACES} (?:format|form|notation|syntax)\b|\b[Ff]ormat(?:ted as|:)? {_PLACES}"
)
"""Finds a form with named places: "in op://vault/item/field format"."""


def stated_form(description: str) -> str:
    """Return the form with named places that a description states: `op://vault/item`; empty where it states none."""
    stated = _IN_A_FORM.search(description)
    if stated is None:
        return ""
    return stated[1] or stated[2]


@dataclass(frozen=True)
class StatedForm:
    """A form that values of a parameter should have.

    Args:
        text: how the description writes it.
        pattern: matches a value of it; a value may hold several.
        concerned: matches a value that is to have the form; a description may allow others besides.
        foreign: finds in the rest of a value, without what has the form, that it has another.
    """

    text: str
    pattern: re.Pattern[str]
    concerned: re.Pattern[str]
    foreign: re.Pattern[str]

    def is_missed_by(self, value: str) -> bool:
        """Tell whether a value should have the form and has another."""
        if not self.concerned.match(value):
            return False
        return self.foreign.search(self.pattern.sub("", value)) is not None


@lru_cache(maxsize=4096)
def form_of_values(description: str) -> StatedForm | None:
    """Return the form that a description states for values; None where it states none, or shows examples of another."""
    text = plain_text(description)
    form = _of_moments(text) or _of_phones(text) or _of_addresses(text) or _of_codes(text)
    if form is None or any(map(form.is_missed_by, shown_examples(text))):
        return None
    return form


_PART = "YYYY|YY|MM|DD|HH|SS"
_ALONE = r"(?<![a-z])(?<![a-z\d][-/.:])(?<![-/.:]{2})", r"(?![a-z]|[-/.:]+[a-z\d])"
_MOMENT = re.compile(
    rf"{_ALONE[0]}(?:{_PART})(?:[-_/.: ]?'?T?'?(?:{_PART}))+(?:\.s+)?Z?{_ALONE[1]}",
    re.I,
)
"""Finds a form of dates and times: DD.MM.YYYY, HH:MM, YYYY-MM-DDTHH:MM:SSZ."""

_ISO_8601 = re.compile(r"\bISO(?= (?:date|time|format|string))|\bISO[- ]?8601|\bRFC[- ]?3339", re.I)
_OF_ISO_8601 = (
    r"\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d(?::?\d\d){0,2}(?:[.,]\d+)?)?|\d{8}(?:T\d{4,6})?|\d{4}-W\d\d(?:-\d)?|"
    r"\d\d:\d\d(?::\d\d)?|P[\dYMWDTHS.]+"
)
_ZONE = r"(?:Z|[+-]\d\d(?::?\d\d)?)?"
_MORE_FORMS = re.compile(r"y{3,4}|\bunix|\bepoch|\brelative|\bnatural language|\bother formats", re.I)
"""Finds that a description allows what none of its forms is."""

_OF_PARTS = {
    "yyyy": r"\d{4}",
    "yy": r"\d\d",
    "mm": r"(?:0[1-9]|1[0-2])",
    "dd": r"(?:0[1-9]|[12]\d|3[01])",
    "hh": r"\d{1,2}",
    "nn": r"[0-5]\d",
    "ss": r"[0-5]\d(?:\.\d+)?",
    "z": "",
    "t": "[T ]",
    " ": "[T ]",
    "'": "",
}
_PARTS = re.compile(r"yyyy|yy|mm|dd|hh|nn|ss|\.s+|\W|[tz]")
_MINUTES = re.compile(r"(?<=hh)(\W?)mm|mm(?=\W?ss)")
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_IN_MOMENTS = rf"[\d\s/.:,+-]|[tz]|[ap]\.?m\b|(?:{_MONTH}|sun|mon|tue|wed|thu|fri|sat)[a-z]*+|st|nd|rd|th|of|at|to"
_OF_A_MOMENT = re.compile(
    rf"(?=.*(?:\d([-/.])\d+\1\d|\d:\d\d|\d{{4}}[-/.]\d|\d[-/.]\d{{4}}|\d{{8}}|\d ?[ap]\.?m\b|\b(?:{_MONTH})))"
    rf"(?:{_IN_MOMENTS})++$",
    re.I,
)
"""Finds that a text is a date or a time in whatever form, and nothing besides."""

_DIGIT = re.compile(r"\d")


def _of_moments(text: str) -> StatedForm | None:
    """Return the form of dates and times that a text states: all of those together that it names."""
    named = [match[0] for match in _MOMENT.finditer(text)]
    iso = _ISO_8601.search(text)
    patterns = list(map(_pattern_of_moments, named))
    if iso:
        named.append(iso[0])
        patterns.append(_OF_ISO_8601)
    if not named or _MORE_FORMS.search(_MOMENT.sub("", text)):
        return None
    pattern = re.compile(rf"(?<!\d)(?:{'|'.join(patterns)}){_ZONE}(?!\d)")
    return StatedForm(" or ".join(dict.fromkeys(named)), pattern, _OF_A_MOMENT, _DIGIT)


def _pattern_of_moments(form: str) -> str:
    """Return what matches the moments of a form; MM beside HH or SS are minutes."""
    form = _MINUTES.sub(r"\1nn", form.lower())
    return _PARTS.sub(lambda part: _OF_PARTS.get(part[0], re.escape(part[0])), form)


_OF_E_164 = re.compile(r"\+[1-9]\d{6,14}(?!\d)")
_PHONE = re.compile(r"[\d\s()+./-]{6,}$")


def _of_phones(text: str) -> StatedForm | None:
    """Return E.164, the form of telephone numbers, where a text names it and no other."""
    if "E.164" not in text or _MORE_FORMS.search(text):
        return None
    return StatedForm("E.164", _OF_E_164, _PHONE, _DIGIT)


_ANYTHING = re.compile(r".")
_WITH_DIGITS = re.compile(r".*\d")
_WORD = re.compile(r"\w")


def _of_addresses(text: str) -> StatedForm | None:
    """Return the form of addresses that a text states: op://vault/item."""
    stated = stated_form(text)
    if "://" not in stated or stated.startswith("http"):
        return None
    return StatedForm(stated, re.compile(FORM_PLACE.sub(r"[^/:@#=\\s]+", stated)), _ANYTHING, _WORD)


def _of_codes(text: str) -> StatedForm | None:
    """Return the form of codes that a text states by their letters: ANM-XXXX."""
    code = CODE_WITH_PLACES.search(text)
    return (
        None if code is None else StatedForm(code[0], re.compile(rf"{re.escape(code[1])}[\w-]+"), _WITH_DIGITS, _DIGIT)
    )
