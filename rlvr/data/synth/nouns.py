"""English nouns: their singular, and the articles before them."""

from __future__ import annotations

import re


def singular(word: str) -> str:
    """Return a noun without the s of its plural; `status` and `address` have none."""
    if word in _SAME_OF_ONE:
        return word
    if ending := _PLURAL.search(word):
        return word[: ending.start()] + "y" * (ending[0] == "ies")
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def plural(noun: str) -> str:
    """Return a noun of one thing as one of several: `categories`, `boxes`, `orders`."""
    if noun.rpartition(" ")[2] in _SAME_OF_ONE:
        return noun
    if _WITH_ES.search(noun):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if _WITH_IES.search(noun) else f"{noun}s"


_WITH_ES = re.compile(r"(?:[sx]|ch|sh)$")
_WITH_IES = re.compile(r"[^aeiou]y$")


def takes_article(noun: str) -> bool:
    """Return whether a noun needs "a" or "the" before it: no plural does, and nothing that is not counted."""
    return _UNCOUNTED.search(noun) is None


_UNCOUNTED = re.compile(
    r"[^s]s$|\b(?:children|people|media|data|metadata|content|evidence|feedback|information|info|access|software|traffic|text|roaming|usage|weather|storage)$",
    re.I,
)
_SAME_OF_ONE = frozenset("series species news means lens atlas".split())
_PLURAL = re.compile(r"(?<=[^a]ch|.sh|.ss|..x)es$|(?<=[^aeiou])ies$(?<!movies|series|pecies|ookies)")
_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w+))")
_SOUNDS_AS_VOWEL = re.compile(
    r"[aio]|e(?!u)|u(?!ni(?!n|m)|se|sa|su|ti|r[il]|uid|u\b|i\b|sb|tc|ro|k\b)|hours?\b|hono|honest|heir|"
    r"(?:sms|html|https?|mp\d|ssh|ssl|xml|xls|rss|llm|sla|sku|sdk|svg|sql|nda|nft|fbi|faq|hr|mri|mcp|npc|rpc|rfc|x)\b",
    re.I,
)


def with_articles(text: str) -> str:
    """Return a text whose every "a" and "an" goes with the sound of the next word: an invoice, a user, an SMS."""
    return _ARTICLE.sub(lambda at: f"{at[1]}{'n' if _has_vowel_sound(at[2]) else ''} ", text)


def _has_vowel_sound(word: str) -> bool:
    return _SOUNDS_AS_VOWEL.match(word) is not None and not re.match(r"one|once", word, re.I)
