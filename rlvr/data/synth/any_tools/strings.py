"""Strings for a parameter: of its pattern or format, of the form that examples show, or of what its name means."""

from __future__ import annotations

import calendar
import datetime
import math
import re
import string
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any

from rewards.limits import MAX_REGEX_BACKTRACKS
from rewards.names import name_words
from rlvr.data.described import description_of, is_placeholder, listed_values, shown_examples
from rlvr.data.stated_forms import CODE_WITH_PLACES, FORM_PLACE, stated_form
from rlvr.data.synth.drawing import (
    EXAMPLE_SHARE,
    FORMATS,
    MANY_EXAMPLES,
    Draw,
    birth,
    by_patterns,
    clock,
    day,
    faked,
    iso_date,
    key,
    mostly,
    one_of,
)
from rlvr.data.synth.lexicon import UNKNOWN, Meaning, lexicon
from rlvr.data.synth.meanings import meaning_of

UNTOLD = "nothing tells what its values are; an `examples` entry, an enum, a format or a fuller description would"

_OF_BYTES = frozenset(("binary", "byte", "base64", "base64url"))
_PROBES = 20
_ATTEMPTS = 200
_USUAL_LENGTH = 12  # characters that a string of a pattern without bounds is near
_MOST_CHARACTERS = 10_000  # characters that `minLength` may ask for: no prompt holds more of one value
_MOST_REPETITIONS = 10_000  # repetitions that a pattern may ask for, those inside each other multiplied


def string_source(
    name: str,
    schema: Mapping[str, Any],
    context: frozenset[str] = frozenset(),
    *,
    is_told: bool = False,
    meaning: Meaning | None = None,
) -> Draw:
    """Return what draws strings for a parameter, whose schema is resolved.

    Its name says what they are, as in `recipient_email`; the tool's words tell a git branch from a bank's; or the
    meaning, where that is told.

    Raises:
        ValueError: no string is found that its pattern and its lengths admit, or it asks for too long ones; or nothing
            tells what its strings are, where `is_told` asks for that.
    """
    fewest, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if fewest > _MOST_CHARACTERS:
        raise ValueError(f"a string of {fewest:,} characters is asked for; at most {_MOST_CHARACTERS:,} are made")
    if (
        is_told
        and not _OF_BYTES.isdisjoint(map(schema.get, ("format", "contentEncoding")))
        and "examples" not in schema
    ):
        raise ValueError("nobody says the bytes of a file")
    draw = _unbounded(name, schema, meaning or meaning_of(name, schema, context))
    pattern = schema.get("pattern")
    if is_told and draw is _any_words and not (isinstance(pattern, str) and _tells(pattern)):
        raise ValueError(UNTOLD)
    if isinstance(pattern, str):
        return _of_pattern(pattern, fewest, most, [draw, *_codes_of(name)])
    if not fewest and most == math.inf:
        return draw
    if is_told and not any(fewest <= len(str(draw(Random(f"length/{number}")))) <= most for number in range(_PROBES)):
        draw = next(filter(lambda codes: fewest <= len(str(codes(Random(0)))) <= most, _codes_of(name)), draw)
    return _of_length(draw, fewest, most)


def _codes_of(name: str) -> list[Draw]:
    """Return what draws the codes that a name may mean: of countries, currencies, languages."""
    words = frozenset(name_words(name))
    return [one_of(codes.pool) for codes in lexicon().codes if codes.words & words]


def _unbounded(name: str, schema: Mapping[str, Any], meaning: Meaning) -> Draw:
    """Strings that pay no heed to pattern and lengths."""
    form = schema.get("format")
    if isinstance(form, str) and form in FORMATS:
        return of_meaning(meaning, name) if form == meaning.narrows else FORMATS[form]
    described = description_of(schema)
    if listed := listed_values(described):
        return one_of(listed)
    if meaning.name == "ip":
        return of_meaning(meaning, name)
    written = [*(schema.get("examples") or ()), schema.get("example")]
    texts = [value for value in written if isinstance(value, str) and not is_placeholder(value)]
    examples = [value for value in texts if name_words(value) != name_words(name)]
    if not examples and meaning.name != "document":
        examples = [example.removeprefix(f"{name}=") for example in shown_examples(described)]
    if name_words(name)[-1:] in _OF_FILES and all(map(str.isupper, examples)):
        examples = []  # PDF is a kind of file
    if meaning.is_code or _are_all_there_is(examples, meaning):
        return one_of(examples) if examples else _any_words
    if moments := _in_its_order(described, birth if meaning.name == "birth" else iso_date):
        return moments
    if drawn := _of_a_form(name, described, examples, meaning):
        return drawn
    return _like_examples(name, examples, meaning) if examples else of_meaning(meaning, name)


def _in_its_order(described: str, days: Draw) -> Draw | None:
    """Return what draws dates, with a time of day or without, in the order that a description states; None without."""
    order = _DATE_ORDER.search(described)
    if order is None or (not order["time"] and "HH" in described.upper()):
        return None
    form = _DATE_PART.sub(lambda part: _DATE_PARTS[part[0].upper()], order["date"])
    form += _CLOCK_PART.sub(lambda part: _CLOCK_PARTS[part[0].upper()], order["time"] or "")
    return lambda rng: datetime.datetime.fromisoformat(f"{days(rng)}T{clock(rng)}").strftime(form)


def _of_a_form(name: str, described: str, examples: Sequence[str], meaning: Meaning) -> Draw | None:
    """Return what draws values of the form that a description states; None where it states none, or examples tell."""
    if template := _TEMPLATE.search(described):
        return lambda rng: _PLACEHOLDER.sub(lambda _: key(rng), template[1])
    if "E.164" in described or (meaning.name == "phone" and _NO_HYPHENS.match(" ".join(examples))):
        return lambda rng: f"+1{rng.choice(_AREAS)}555{rng.randint(1000, 9999)}"
    if examples:
        return None
    if _IN_COMMAS.search(described) and meaning is not UNKNOWN:
        one = of_meaning(meaning, name)
        return lambda rng: ",".join(dict.fromkeys(str(one(rng)) for _ in range(rng.randint(1, _MOST_IN_COMMAS))))
    if code := CODE_WITH_PLACES.search(described):
        return lambda rng: code[1] + _DIGIT_PLACE.sub(lambda _: rng.choice("123456789"), code[2])
    stated = stated_form(described)
    if "://" in stated and not stated.startswith("http"):
        return lambda rng: FORM_PLACE.sub(lambda _: rng.choice(lexicon().nouns), stated)
    return None


_DATE_ORDER = re.compile(
    r"\b(?P<date>YYYY(?P<a>[-./]?)MM(?P=a)DD|DD(?P<b>[-./])MM(?P=b)YYYY|MM(?P<c>[-./])DD(?P=c)YYYY)"
    r"(?P<time>(?:[-_ ]|'?T'?)HH(?P<d>[-:]?)MM(?:(?P=d)SS)?'?Z?'?)?(?!\w)",
    re.I,
)
"""Finds in which order a description wants the parts of a date, and of a time behind it: YYYY/MM/DD-HH:mm:ss."""

_DATE_PART = re.compile("YYYY|MM|DD", re.I)
_DATE_PARTS = {"YYYY": "%Y", "MM": "%m", "DD": "%d"}
_CLOCK_PART = re.compile("HH|MM|SS|'", re.I)
_CLOCK_PARTS = {"HH": "%H", "MM": "%M", "SS": "%S", "'": ""}

_OF_FILES = (["path"], ["file"], ["filepath"], ["filename"])
_TEMPLATE = re.compile(r"[`'\"]([a-z]+[:/][\w:/.-]*\{\w+\}[\w:/.-]*)[`'\"]")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_IN_COMMAS = re.compile(r"(?i)\bcomma[- ](?:separated|delimited)\b|\b(?:separated|delimited) (?:by|with) commas?\b")
_MOST_IN_COMMAS = 2  # values of such a string: few people say more
_DIGIT_PLACE = re.compile(r"[X#N]")
_AREAS = ("212", "312", "415", "503", "617", "702")  # codes before numbers that nobody has
_NO_HYPHENS = re.compile(r"[^-]+$")


_IN_CAPITALS = ("city", "place", "person", "company", "country")  # meanings of which no small word is a value
_OF_ONE_FORM = ("time", "datetime")  # meanings of which a call's start and end are written alike


def _like_examples(name: str, examples: Sequence[str], meaning: Meaning) -> Draw:
    """Values of the kind that examples are of, the examples among them."""
    if meaning.name in _IN_CAPITALS:
        examples = [example for example in examples if not example.islower()]
    if not examples:
        return of_meaning(meaning, name)
    if meaning.name in _OF_ONE_FORM:
        examples = [example for example in examples if _date_form(example) == _date_form(examples[0])]
    if len(examples) >= MANY_EXAMPLES:
        return lambda rng: _like(rng, rng.choice(examples)) if rng.random() > EXAMPLE_SHARE else rng.choice(examples)
    for codes in lexicon().codes:
        if all(map(codes.form.fullmatch, examples)) and codes.words & set(name_words(name)):
            return mostly(one_of(codes.pool), examples)
    if meaning.name == "birth":
        return birth
    if not _PEOPLE.isdisjoint(name_words(name)) and all(map(_OF_A_PERSON.fullmatch, examples)):
        return lambda rng: _OF_A_PERSON.sub(lambda match: _account(rng, match), rng.choice(examples))
    is_of_a_form = all(_date_form(example) or _is_code(example) for example in examples)
    if is_of_a_form and _may_be_code(meaning, examples):
        return lambda rng: _like(rng, rng.choice(examples))
    if meaning.name in ("id", "unknown") and all(example.isalpha() and example.islower() for example in examples):
        pools = {"id": lexicon().nouns} if _PEOPLE.isdisjoint(name_words(name)) else {"id": faked("user_name")}
        return mostly(one_of(pools.get(meaning.name, examples)), examples)
    is_no_path = meaning.name in ("path", "directory") and not any(map(_IN_PATHS.search, examples))
    if is_no_path or meaning.name in ("id", "unknown") or _are_of_another_trade(examples, meaning):
        return one_of(examples)
    return mostly(of_meaning(meaning, name), examples)


def _are_all_there_is(examples: Sequence[str], meaning: Meaning) -> bool:
    """Tell whether nobody knows more values: words of what has capitals elsewhere, or listed words of no meaning."""
    if meaning.name in _IN_CAPITALS:
        return len(examples) > 1 and all(map(str.islower, examples))
    return meaning.name == "unknown" and len(examples) >= MANY_EXAMPLES and any(map(str.isalpha, examples))


def _are_of_another_trade(examples: Sequence[str], meaning: Meaning) -> bool:
    """Tell whether examples have no word in common with the values of a meaning that are listed one by one."""
    listed = " ".join(meaning.values).lower()
    words = re.findall(r"\w{3,}", " ".join(examples).lower())
    is_open = "@" in listed or meaning.name in _OPEN or len(examples) == 1
    return not is_open and not any(map(listed.__contains__, words))


_OPEN = ("text", "title", "description", "heading", "place", "city", "path", "directory", "files")
"""Meanings whose values nobody could list, so that examples are only some more."""

_NEVER_CODES = frozenset(
    """
    path directory files
    email street street2 phone person ip text title query job first_name last_name username ticker cell cells
    api_version
    """.split()
)


def _may_be_code(meaning: Meaning, examples: Sequence[str]) -> bool:
    if meaning.name == "url":
        return not any(example.startswith("http") for example in examples)
    if meaning.name == "unknown" and any(map(str.isalpha, examples)):  # a gene, which nobody invents
        return False
    return meaning.name not in _NEVER_CODES


_PEOPLE = frozenset("user customer member employee account client owner author friend login".split())
_OF_A_PERSON = re.compile(r"([a-z]+)([._-])([a-z]+)(?:([._-])(\d+))?")


def _account(rng: Random, match: re.Match[str]) -> str:
    """An account named after a person, in the form of an example."""
    first, last = rng.choice(faked("first_name")).lower(), rng.choice(faked("last_name")).lower()
    number = "" if match[5] is None else match[4] + "".join(rng.choices("123456789", k=len(match[5])))
    return f"{first}{match[2]}{last}{number}"


def _of_length(draw: Draw, fewest: int, most: float) -> Draw:
    def fitting(rng: Random) -> str:
        for _ in range(20):
            if fewest <= len(value := draw(rng)) <= most:
                return str(value)
        letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(max(fewest, 1)))
        return letters[: int(min(most, len(letters)))]

    return fitting


def _of_pattern(pattern: str, fewest: int, most: float, likely: Sequence[Draw]) -> Draw:
    """Strings that match a pattern: usual ones where those match, else some that are made from it.

    Raises:
        ValueError: none is found.
    """
    import jsonschema_rs
    from rstr import Rstr

    bounded = _bounded(pattern, max(fewest, _USUAL_LENGTH))
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_REGEX_BACKTRACKS)
    try:
        validator = jsonschema_rs.validator_for({"pattern": pattern}, offline=True, pattern_options=options)
        re.compile(bounded)  # what rstr reads it with
    except (jsonschema_rs.ValidationError, re.error):
        raise ValueError(f"the pattern {pattern!r:.80} is none that Python reads") from None

    def fits(value: str) -> bool:
        try:
            return fewest <= len(value) <= most and bool(validator.is_valid(value))
        except ValueError:  # past the limit of backtracking
            return False

    def made(rng: Random) -> str:
        return str(Rstr(rng).xeger(bounded))

    def in_one_word(rng: Random) -> str:
        return re.sub(r"\W+", "-", str(likely[0](rng)).lower())

    def is_usual(draw: Draw) -> bool:
        return any(fits(str(draw(Random(f"pattern/{number}")))) for number in range(5))

    usual = next(
        filter(is_usual, (*likely, in_one_word, *map(FORMATS.__getitem__, _MOMENTS), *_PARTS_OF_MOMENTS)), made
    )

    def matching(rng: Random) -> str:
        for attempt in range(_ATTEMPTS):
            value = str((usual if attempt < 20 else made)(rng))
            if fits(value):
                break
        return value

    try:
        is_found = fits(matching(Random("pattern")))
    except Exception:  # noqa: BLE001 - rstr raises what it likes at a pattern that it cannot follow
        raise ValueError(f"no string found for the pattern {pattern!r:.80} and its lengths") from None
    if not is_found:
        raise ValueError(f"no string found for the pattern {pattern!r:.80} and its lengths")
    return matching


_MOMENTS = ("date-time", "date", "time")
"""Formats that patterns spell out."""

_PARTS_OF_MOMENTS: tuple[Draw, ...] = (
    clock,
    lambda rng: day(rng).strftime("%Y-%m"),
    lambda rng: day(rng).strftime("%Y"),
    lambda rng: f"{day(rng):%Y-%m-%d} {clock(rng)}:00",
)
"""What patterns spell out of a moment: its time, its month, its year."""

_QUANTIFIER = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?<!\()(?P<sign>[*+])|\{(?P<low>\d+)(?:,(?P<high>\d*))?\}", re.DOTALL
)
"""A quantifier of a pattern, or what only looks like one: an escaped character, a class of characters."""


def _bounded(pattern: str, length: int) -> str:
    """The pattern with quantifiers that repeat so little, all of them together, that strings stay near a length.

    Raises:
        ValueError: even the fewest repetitions that it allows are too many.
    """
    quantifiers = [match for match in _QUANTIFIER.finditer(pattern) if match["sign"] or match["low"]]
    spread = max(1, round((2 * length) ** (1 / max(1, len(quantifiers)))))
    if math.prod(max(1, int(match["low"] or 1)) for match in quantifiers) > _MOST_REPETITIONS:
        raise ValueError(f"the pattern {pattern!r:.80} asks for too long strings")

    def fewer(match: re.Match[str]) -> str:
        if not (match["sign"] or match["low"]):
            return match[0]
        low = int(match["low"]) if match["low"] else int(match["sign"] == "+")
        if match["low"] and match["high"] is None:
            return match[0]
        high = int(match["high"]) if match["high"] else low + spread
        return f"{{{low},{min(high, low + spread)}}}"

    return _QUANTIFIER.sub(fewer, pattern)


def _is_code(example: str) -> bool:
    return any(char.isdigit() for char in example) or (example.isupper() and " " not in example)


def _date_form(example: str) -> str | None:
    return next((as_shown for form, as_shown in _DATE_FORMS if re.fullmatch(form, example)), None)


def _like(rng: Random, example: str) -> str:
    """A value of the form of an example: other digits, other capitals where it is a code, other letters where it mixes
    both with digits."""
    if as_shown := _date_form(example):
        if as_shown == _HALF_DAY:
            return _half_day(rng, example)
        return day(rng).strftime(as_shown.replace("<time>", clock(rng)))
    if _OF_THE_NET.fullmatch(example):
        return ".".join([str(rng.randint(1, 250)) for _ in range(4)])
    if spot := _SPOT.fullmatch(example):
        return f"{rng.uniform(-60, 70):.{len(spot[1])}f}{spot[2]}{rng.uniform(-180, 180):.{len(spot[3])}f}"
    if _LIST.fullmatch(example):
        return ",".join([_like(rng, part) for part in example.split(",")])
    if parts := _URN.fullmatch(example):
        return parts[1] + _like(rng, parts[2])
    if (
        example in string.ascii_uppercase
        or not _is_code(example)
        or _IN_UNITS.fullmatch(example)
        or _NAMED.match(example)
    ):
        return example
    return "".join([pool if len(pool) == 1 else rng.choice(pool) for pool in _pools(example)])


_IN_UNITS = re.compile(r"\d{1,3}[A-Za-z]{1,7}|\d{1,2}-\d{1,2}|[a-z]{2,6}\d{1,2}")
"""A number with its unit, a span, or the name of a standard, utf8, of which not all make sense."""

_NAMED = re.compile(r"(?=.*\d)(?:.*\b[A-Za-z]{3,}\b){2}")  # a name with a number in it: iPhone 15 Pro
_LIST = re.compile(r"[^\s,]{3,}(?:,[^\s,]{3,})+")
_URN = re.compile(r"((?:[a-z]+:)+)(\w+)")  # names before an id: spotify:track:4iV5W9
_OF_THE_NET = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_SPOT = re.compile(r"-?\d{1,2}\.(\d+)(,\s*)-?\d{1,3}\.(\d+)")  # latitude and longitude
_IN_PATHS = re.compile(r"[/\\.]")
_MIXED = re.compile(r"[a-z].*\d|\d.*[a-z].*[^a-z]")  # letters and digits, but no number with its unit: 30min
_PREFIXED = re.compile(
    r"\W?(?:[A-Z]{1,4}|[a-z]{1,4}|[A-Z]?[a-z]{3,9})[-_ ]?\d+"
)  # a code whose letters say what it is a code of


@lru_cache(maxsize=1024)
def _pools(example: str) -> tuple[str, ...]:
    """The characters that may stand at each place of a code."""
    is_capital = example.isupper() and " " not in example and not _PREFIXED.fullmatch(example)
    pools: list[str] = []
    for part in re.findall(r"[A-Za-z0-9]+|[^A-Za-z0-9]", example):
        is_mixed = len(part) > 2 and _MIXED.search(part) is not None and not _PREFIXED.fullmatch(part)
        small = "abcdef" if re.fullmatch("[0-9a-f]+", part) else "abcdefghijkmnopqrstuvwxyz"
        digits = dict.fromkeys("0123456789", "123456789")
        capitals = dict.fromkeys(string.ascii_uppercase if is_mixed or is_capital else "", "ABCDEFGHJKLMNPRSTUVWXYZ")
        new = {**digits, **capitals, **dict.fromkeys(string.ascii_lowercase if is_mixed else "", small)}
        pools += [new.get(char, char) for char in part]
    return tuple(pools)


_HALF_DAY = "<half>"  # a time on a clock of twelve hours
_MONTHS = "|".join(calendar.month_name[1:])
_DATE_FORMS = (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"),
    (r"\d{4}/\d\d/\d\d", "%Y/%m/%d"),
    (r"\d{4}-(?:0[1-9]|1[0-2])", "%Y-%m"),
    (r"\d?\d/\d?\d/\d{4}", "%m/%d/%Y"),
    (r"\d\d?\.\d\d?\.\d{4}", "%d.%m.%Y"),
    (rf"(?:{_MONTHS}) \d\d?, \d{{4}}", "%B %d, %Y"),
    (rf"(?:{_MONTHS}) \d\d?(?:st|nd|rd|th)?", "%B %d"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", "%Y-%m-%dT<time>:00"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z", "%Y-%m-%dT<time>:00Z"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "%Y-%m-%d <time>"),
    (r"\d{4}-\d?\d-\d?\d \d\d:\d\d:\d\d.*", "%Y-%m-%d <time>:00"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.+", "%Y-%m-%dT<time>:00Z"),
    (r"\d?\d:\d\d", "<time>"),
    (r"\d\d:\d\d:\d\d", "<time>:00"),
    (r"\d?\d(?::\d\d)? ?[AaPp][Mm]", _HALF_DAY),
)


def _half_day(rng: Random, example: str) -> str:
    """Return a time of day on a clock of twelve hours, in the form of an example: 7:30 PM, 7pm."""
    hour = rng.randint(8, 20)
    minutes = rng.choice(("00", "15", "30", "45"))
    letters = _HALVES[example[-1]][hour >= _NOON]
    middle = f":{minutes}" * (":" in example) + " " * (" " in example)
    return f"{(hour - 1) % _NOON + 1}{middle}{letters}"


_NOON = 12
_HALVES = {"m": ("am", "pm"), "M": ("AM", "PM")}


def _any_words(rng: Random) -> str:
    """Return two words of no meaning, for a parameter of which nothing tells one."""
    return f"{rng.choice(lexicon().qualities)} {rng.choice(lexicon().nouns)}"


def _tells(pattern: str) -> bool:
    """Tell whether a pattern says what a string is: one that any word or any sign meets does not."""
    if _ANY_SIGN.search(pattern):
        return False
    try:
        return not any(map(re.compile(pattern).search, ("golden", "golden falcon", "golden-falcon", "Golden_Falcon")))
    except re.error:  # which is the reason then why none is drawn
        return True


_ANY_SIGN = re.compile(r"\[\^|(?<!\\)(?:\\\\)*(?:\.(?!\w)|\\[SWD])")


_NO_LETTERS = frozenset(
    "id ids sid sids slug number code new add remove".split()
)  # words of names that ids do not begin with


def of_meaning(meaning: Meaning, name: str) -> Draw:
    """Return what draws values of a meaning."""
    if not meaning.values:
        return _any_words
    letters = [word[0] for word in name_words(name) if word not in _NO_LETTERS]
    return by_patterns(meaning.values, "".join(letters)[:2].upper())
