"""The files in `data`: two a language, and those that hold for all of them."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from rewards.strict_json import JsonObject

ENGLISH = "en"

CODES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "ru",
    "zh",
    "ja",
    "ko",
    "ar",
    "hi",
    "tr",
    "vi",
    "sv",
    "da",
    "cs",
    "hu",
    "id",
    "ro",
    "fi",
    "uk",
    "el",
    "he",
    "th",
)

_DATA = Path(__file__).parent / "data"


def read_data(name: str) -> JsonObject:
    """Return one of the files in `data`."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def read_words() -> Mapping[str, Mapping[str, str]]:
    """Return, by language, the everyday words of other languages by the English ones for which they stand."""
    return {code: read_data(f"words/{code}") for code in CODES if code != ENGLISH}
