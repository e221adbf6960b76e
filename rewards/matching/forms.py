"""Forms of text whose standard says when two of them are the same: instants, durations, addresses, UUIDs, JSON.

A parameter has a form by its schema's `format` or `contentMediaType`, or because its description names the standard.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from datetime import date
from functools import lru_cache, partial

from rewards.strict_json import JsonMapping

JSON = "json"
"""A text that holds JSON: what it holds is compared, by its own schema."""

_DESCRIPTIONS_KEPT = 1024  # the same parameters are compared again and again
_ISO_8601 = r"\bISO[ -]?8601\b"
_NAMED_IN_DESCRIPTIONS = {
    "date-time": re.compile(rf"\bRFC[ -]?3339\b|{_ISO_8601}.*YYYY|YYYY.*{_ISO_8601}", re.IGNORECASE | re.DOTALL),
    "ISO 8601": re.compile(_ISO_8601, re.IGNORECASE),
    JSON: re.compile(
        r"\bJSON(?:[ -]string\b|-(?:encoded|serialized)\b)|\b(?:stringified|serialized) JSON\b", re.IGNORECASE
    ),
}
_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?([Zz]|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_DATE_TIME_OF_ISO = re.compile(  # which may lack the signs between its numbers, and the minutes of an offset
    r"(\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?([Zz]|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)
_DURATION = re.compile(r"P(?:(\d+)W|(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)", re.ASCII)
_ADDRESS = re.compile(r"([A-Za-z][\w+.-]*+)://([^/?#]*+)(.*+)", re.ASCII | re.DOTALL)
_PORTS = {"http": ":80", "https": ":443"}


def form_of(schema: JsonMapping, description: str) -> str | None:
    """Return the form of a parameter's texts; None where nothing names one."""
    if schema.get("contentMediaType") == "application/json":
        return JSON
    name = schema.get("format")
    return name if isinstance(name, str) else _described(description)


def same_in_form(expected: str, predicted: str, form: str) -> bool:
    """Tell whether two texts that differ are the same in their form."""
    if form not in _STANDARD:
        return False
    standard = _STANDARD[form](expected)
    return standard is not None and standard == _STANDARD[form](predicted)


@lru_cache(maxsize=_DESCRIPTIONS_KEPT)
def _described(description: str) -> str | None:
    return next((form for form, pattern in _NAMED_IN_DESCRIPTIONS.items() if pattern.search(description)), None)


def _instant(pattern: re.Pattern[str], text: str) -> tuple[int, str, bool] | None:
    """Return seconds and their fraction, and whether they count from UTC; None for no date and time of the calendar."""
    match = pattern.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    offset = 0
    if match[9]:
        offset = int(match[9] + "1") * 60 * (60 * int(match[10]) + int(match[11] or 0))
    try:
        days = date(year, month, day).toordinal()
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    seconds = 86400 * days + 3600 * hour + 60 * minute + second - offset
    return seconds, (match[7] or "").rstrip("0"), match[8] is not None


def _time_of_day(text: str) -> tuple[int, str, bool] | None:
    return _instant(_DATE_TIME, f"2000-01-01T{text}")


def _duration(text: str) -> tuple[int, int] | None:
    """Return days and seconds; None for no duration, and for one of months, which differ in length.

    Source: ISO 8601, as RFC 3339 has it in appendix A.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 7 * weeks + days, 3600 * hours + 60 * minutes + seconds


def _web_address(text: str) -> str:
    """Return the address with its scheme and host in small letters, without the scheme's own port.

    Source: RFC 3986, section 6.2.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return text
    scheme = match[1].lower()
    user, at, host = match[2].rpartition("@")
    if scheme not in _PORTS:
        return f"{scheme}://{user}{at}{host.lower()}{match[3]}"
    host = host.lower().removesuffix(_PORTS[scheme])
    path = match[3]
    if not path.startswith("/"):
        path = f"/{path}"
    return f"{scheme}://{user}{at}{host}{path}"


def _mail_address(text: str) -> str:
    """Return the address with its domain in small letters; what stands before it may have a case.

    Source: RFC 5321, section 2.4.
    """
    user, at, domain = text.rpartition("@")
    return f"{user}{at}{domain.lower()}"


_STANDARD: Mapping[str, Callable[[str], Hashable]] = {
    "date-time": partial(_instant, _DATE_TIME),
    "ISO 8601": partial(_instant, _DATE_TIME_OF_ISO),
    "time": _time_of_day,
    "duration": _duration,
    "uri": _web_address,
    "email": _mail_address,
    "uuid": str.lower,
    "hostname": str.lower,
}
"""How a form's texts are written the same way; None for what is none."""
