"""The everyday words of `data/questions.toml`, by their stems."""

from collections.abc import Collection, Iterable, Mapping

from rewards.text.data_files import read_data, read_words
from rewards.text.words import stem

_DATA = read_data("questions")


def _stems_of(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


def _stems_by_name(section: str) -> dict[str, frozenset[str]]:
    return {name: _stems_of(words) for name, words in _DATA[section].items()}


FILLER = _stems_of(_DATA["fillers"])
NOUNS_OF_FORM = _stems_of(_DATA["nouns_of_form"])
NAMELESS = FILLER | _stems_of(_DATA["unit_endings"])
ASKING_WORDS = frozenset(_DATA["asking_words"].split())
OBJECT_ENDS = frozenset(_DATA["object_ends"].split())
DETERMINERS = frozenset(_DATA["determiners"].split())
CONTAINERS = _stems_of(_DATA["containers"])
AFTER_HOW_MUCH = frozenset(_DATA["after_how_much"].split())
NO_AMOUNTS = _stems_of(_DATA["no_amounts"])
CARRIERS = _stems_of(_DATA["carriers"])
IDENTIFIERS = _stems_of(_DATA["identifiers"])
SPEAKERS = _stems_of(_DATA["speakers"])
DIRECTION_WORDS = _stems_of(_DATA["direction_words"])
ENDS = _stems_of(_DATA["ends"])
DAY_WORDS = _stems_of(_DATA["day_words"])
HOUR_WORDS = _stems_of(_DATA["hour_words"])
WEAK_KINDS = frozenset(_DATA["weak_kinds"])
SYNONYMS = {stem(group.split()[0]): _stems_of(group) for group in _DATA["synonyms"]}
MEASURES = {stem(name): words for name, words in _stems_by_name("measures").items()}
UNITS = {stem(name): words for name, words in _stems_by_name("units").items()}
PURPOSES: list[str] = _DATA["purposes"]
DIRECTIONS = _stems_by_name("directions")
COMPOUNDS: dict[str, tuple[str, ...]] = {name: tuple(words.split()) for name, words in _DATA["compounds"].items()}
JOINED_ENDINGS: list[str] = _DATA["joined_endings"].split()
JOINED_WORDS: Mapping[str, str] = _DATA["joined_words"]
KINDS = _stems_by_name("kinds")
KINDS_BY_LAST_WORD = _stems_by_name("kinds_by_last_word")
OTHER_KINDS_BY_LAST_WORD = _stems_by_name("other_kinds_by_last_word")
KINDS_BY_DEFAULT = _stems_by_name("kinds_by_default")
EVERYDAY: Mapping[str, list[str]] = _DATA["everyday"]
ENGLISH_WORDS = frozenset[str]().union(*read_words().values(), *SYNONYMS.values(), *KINDS.values(), FILLER)
PARTICLES = frozenset({"in", "out", "up", "off", "on"})


def synonyms(word: str) -> frozenset[str]:
    """Return the stems that may stand for a stem, itself included."""
    return SYNONYMS.get(word, frozenset({word}))


def clock_of(words: Collection[str]) -> str:
    """Return "day" or "hour" where some stems speak of only one of the two, else ""."""
    is_day, is_hour = not DAY_WORDS.isdisjoint(words), not HOUR_WORDS.isdisjoint(words)
    if is_day == is_hour:
        return ""
    return "day" * is_day or "hour"


def kinds_of(words: Iterable[str], table: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the kinds of which some stems speak, by a table of each kind's stems."""
    every = frozenset(words)
    return {kind for kind, stems_of_kind in table.items() if every & stems_of_kind}
