"""The sentences of a text, without code, and what a list behind one of them names."""

import re
from collections.abc import Sequence

from rewards.limits import MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_SPEECH_CHARS
from rewards.strict_json import MalformedJsonError, decode
from rewards.text.words import ends, plain

_SENTENCE_END = re.compile(
    r"[.?!؟।。？！\n](?:"
    r"(?<=[.?!؟।])(?<!e\.g\.)(?<!i\.e\.)[\"')\]*]*\s+(?!(?<=\?\s)\()|(?<=[。？！؟।\n])|(?<=[?!])(?=[\u3040-\u9fff]))"
)
"""What a question has in brackets behind it belongs to it: `Which city? (e.g. Paris)`.

A pattern that begins with one set of signs is searched for in a third of the time.
"""

_AROUND_SENTENCE = " \t\n\"'*_>()]#"
_QUOTES = "\"'“”«»„"
_QUOTE = re.compile("[\"'“«「]")
_QUOTED = re.compile(
    r"\"[^\"\n]{1,200}\"|'(?<!\w')[^'\n]{1,200}'(?!\w)|“[^“”\n]{1,200}”|«[^«»\n]{1,200}»|「[^「」\n]{1,200}」"
)
_LONG_QUOTATION_BLANKS = 2  # blanks in a quotation from which on it is read as one word, whatever it says

_LIST_MARKS = "-•·.) "
_ITEM_BLANKS = 10
_MARKED_ITEM_BLANKS = 20
_IN_BRACKETS = re.compile(r" \([^)]*\)?")
_HINT = re.compile(r"\? \([^)]*\)?")

_FENCE = "```"
_CODE_BLOCK = re.compile(f"{_FENCE}.*?(?:{_FENCE}|\\Z)", re.DOTALL)
CODE = "codeblock"
_EMPTY_BLOCK = re.compile(rf"{_FENCE}\w*+\s*+(?:\[\s*+\]|\{{\s*+\}}|null|None)?\s*+{_FENCE}")
"""Where a prompt asks for JSON, `[]` behind a refusal is how no call is written."""

_SAYING = ("message", "content", "response", "answer", "text", "reply", "question")
"""Keys under which an object holds what is said, where it has one of them."""

_ENDS_OF_SENTENCE = str.maketrans(dict.fromkeys("?!.。？！؟", " "))
LONGEST_SPACED_WORD = 8  # mean signs of a word, above which the language writes no spaces


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text as they are read. What is quoted ends no sentence."""
    text = plain(_without_code(_unwrapped(text)))
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        text = text[1:-1]
    if _QUOTE.search(text):
        text = _QUOTED.sub(lambda quoted: quoted[0].translate(_ENDS_OF_SENTENCE), text)
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        parts.append(text[start : end.end()])
        start = end.end()
    parts.append(text[start:])
    stripped = (part[:MAX_SENTENCE_CHARS].strip(_AROUND_SENTENCE) for part in parts[:MAX_SENTENCES])
    return [part for part in stripped if part]


def _unwrapped(text: str) -> str:
    """Return what is said in a JSON object, as a model says it that is to write JSON: `{"message": "Which city?"}`."""
    if not text.startswith("{") or len(text) > MAX_SPEECH_CHARS:
        return text
    try:
        value = decode(text)
    except MalformedJsonError:
        return text
    said = [value[key] for key in _SAYING if isinstance(value.get(key), str)]
    return said[0] if len(said) == 1 else text


def without_quotations(sentence: str) -> str:
    """Return a sentence with one word for each long quotation, and without a hint behind its question mark."""
    if "? (" in sentence:
        sentence = _HINT.sub("?", sentence)
    if _QUOTE.search(sentence):
        sentence = _QUOTED.sub(_shortened, sentence)
    return sentence


def _shortened(quoted: re.Match[str]) -> str:
    """Return what is quoted, or one word for it where it could be taken for what the sentence says."""
    return " quotation " if quoted[0].count(" ") >= _LONG_QUOTATION_BLANKS else quoted[0]


def _without_code(text: str) -> str:
    """Return the text with one word for each block of code, whose strings and comments are not said to anybody.

    A block that holds nothing, such as an empty list, says nothing.
    """
    if _FENCE not in text:
        return text
    return _CODE_BLOCK.sub(f"\n{CODE}\n", _EMPTY_BLOCK.sub("\n", ends(text)))


def items_of(parts: Sequence[str]) -> list[str]:
    """Return the items of the list that some sentences begin with, without numbers and marks.

    A question among them asks for itself, and a whole sentence ends the list.
    """
    items: list[str] = []
    is_numbered = False
    for part in parts:
        item = part.strip(_LIST_MARKS)
        if item.isdigit():
            is_numbered = True
            continue
        is_marked = is_numbered or part[0] in _LIST_MARKS
        is_numbered = False
        if part.endswith("?"):
            continue
        blanks = _IN_BRACKETS.sub("", part).count(" ")
        is_sentence = blanks > _ITEM_BLANKS or part.endswith((".", "!"))
        if blanks > _MARKED_ITEM_BLANKS or (is_sentence and not is_marked):
            break
        items.append(item)
    return items


def offers_alternatives(parts: Sequence[str]) -> bool:
    """Tell whether some sentences begin with the items of a list of which one will do: `- Order ID, or`."""
    return len(parts) > 1 and parts[0][0] in _LIST_MARKS and parts[0].endswith(" or")


def count_words(part: str, tokens: list[str]) -> int:
    """Return how many words a sentence has; where no spaces are written, two signs count as one."""
    words = sum(map(str.isalnum, tokens))
    is_spaced = words * LONGEST_SPACED_WORD >= len(part) or part.isascii()
    return words if is_spaced or not words else max(words, len(part) // 2)
