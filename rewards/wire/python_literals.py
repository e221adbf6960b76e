"""Python's literals as values of JSON, read by a scanner that neither recurses without bound nor runs anything.

Python's own `ast` would nest as deep as the text does, and build a tree many times its size, before it can be asked.
"""

import re

from rewards.brief import brief
from rewards.limits import MAX_JSON_DEPTH, MAX_PYTHON_LITERALS
from rewards.strict_json import Json, JsonObject, finite_float, integer, is_unencodable
from rewards.wire.completion import MalformedCallError
from rewards.wire.escape import rendered_json

_SPACE = re.compile(r"\s*+")
_STRING = re.compile(
    r"""[rRuUfF]?(?:
        '''(?:[^\\']++|\\.|'(?!''))*+'''
      | \"""(?:[^\\"]++|\\.|"(?!""))*+\"""
      | '(?:[^'\\\n]++|\\.)*+'
      | "(?:[^"\\\n]++|\\.)*+"
    )""",
    re.VERBOSE | re.DOTALL,
)
_STRING_OF_LINES = re.compile(r"""'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+\"""", re.DOTALL)
_NUMBER = re.compile(r"[-+]?+\s*+((?:\d++(?:_\d++)*+)?+(\.(?:\d++(?:_\d++)*+)?+)?+([eE][-+]?+\d++)?+)(?![\w.])")
_WORD = re.compile(r"[^\W\d]\w*+")
_WORDS: dict[str, bool | None] = {
    **{"True": True, "False": False, "None": None},
    **{"true": True, "false": False, "null": None},
}
_LINE_BREAK = re.compile("[\x85\u2028\u2029]")
_ESCAPE = re.compile(
    r"\\(\n|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5}|U0010[0-9a-fA-F]{4}|[0-7]{1,3}|.)", re.DOTALL
)
_ESCAPES = dict(zip("\n\\'\"abfnrtv", ("", "\\", "'", '"', "\a", "\b", "\f", "\n", "\r", "\t", "\v"), strict=True))
_CLOSING = {"[": "]", "(": ")", "{": "}"}


class Scanner:
    """Reads one literal after the other from a text; `position` is where it stands.

    Every method raises MalformedCallError or MalformedJsonError where the text is not what it reads.

    Args:
        text: what is read.
        position: where to begin.
        takes_line_breaks: a string between single marks may hold line breaks, which Python forbids.
    """

    def __init__(self, text: str, position: int, takes_line_breaks: bool = False) -> None:
        self._text = text
        self._takes_line_breaks = takes_line_breaks
        self._literals = 0
        self.position = position

    def skip_space(self) -> None:
        """Go to the next character that is not white space."""
        match = _SPACE.match(self._text, self.position)
        self.position = match.end() if match else self.position

    def takes(self, mark: str) -> bool:
        """Go past white space, and past a mark if it follows; whether it did."""
        self.skip_space()
        if not self._text.startswith(mark, self.position):
            return False
        self.position += len(mark)
        return True

    def expect(self, mark: str, complaint: str) -> None:
        """Go past white space and a mark; raise with the complaint where another follows."""
        if not self.takes(mark):
            raise MalformedCallError(complaint)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past white space, and past a pattern if it follows."""
        self.skip_space()
        match = pattern.match(self._text, self.position)
        if match:
            self.position = match.end()
        return match

    def value(self, depth: int = 0) -> Json:
        """Read the next literal: a string, number, word, list, tuple, set or dict; tuples and sets give lists."""
        self._literals += 1
        if self._literals > MAX_PYTHON_LITERALS:
            raise MalformedCallError(f"more than {MAX_PYTHON_LITERALS} values")
        if depth > MAX_JSON_DEPTH:
            raise MalformedCallError(f"nested deeper than {MAX_JSON_DEPTH}")
        self.skip_space()
        head = self._text[self.position : self.position + 1]
        if head and head in _CLOSING:
            self.position += 1
            return self._braces(depth + 1) if head == "{" else self._items(_CLOSING[head], depth + 1)
        if match := self._next_string():
            return self._strings(match[0])
        if match := self.match(_WORD):
            if match[0] not in _WORDS:
                raise MalformedCallError(f"{brief(match[0])} is not a literal")
            return _WORDS[match[0]]
        return self._number()

    def mapping(self, depth: int = 0) -> JsonObject:
        """Read the dict that follows, its keys strings and none of them twice."""
        self.expect("{", "no dict where one is due")
        value = self._braces(depth + 1)
        if not isinstance(value, dict):
            raise MalformedCallError("a set where a dict is due")
        return value

    def _items(self, closing: str, depth: int) -> Json:
        items: list[Json] = []
        has_comma = False
        while not self.takes(closing):
            if items and not has_comma:
                raise MalformedCallError("a list is not closed")
            items.append(self.value(depth))
            has_comma = self.takes(",")
        # Parentheses around one value group; with a comma they make a tuple.
        return items[0] if closing == ")" and len(items) == 1 and not has_comma else items

    def _braces(self, depth: int) -> Json:
        if self.takes("}"):
            return {}
        first = self.value(depth)
        if not self.takes(":"):
            if self.takes(","):
                return [first, *self._items("}", depth)]
            self.expect("}", "a set is not closed")
            return [first]
        members: JsonObject = {}
        key = first
        while True:
            if not isinstance(key, str):
                raise MalformedCallError("an object key that is not a string")
            if key in members:
                raise MalformedCallError("a duplicate key")
            members[key] = self.value(depth)
            has_comma = self.takes(",")
            if self.takes("}"):
                return members
            if not has_comma:
                raise MalformedCallError("a dict is not closed")
            key = self.value(depth)
            self.expect(":", "a dict key without a value")

    def _next_string(self) -> re.Match[str] | None:
        return self.match(_STRING) or (self.match(_STRING_OF_LINES) if self._takes_line_breaks else None)

    def _strings(self, first: str) -> str:
        parts = [_string_of(first)]
        while match := self._next_string():  # adjacent ones are joined
            parts.append(_string_of(match[0]))
        text = "".join(parts)
        if is_unencodable(text):
            raise MalformedCallError("a lone surrogate in a string")
        return text

    def _number(self) -> int | float:
        match = self.match(_NUMBER)
        if match is None or not match[1] or match[1][0] in "eE" or match[1] == ".":
            raise MalformedCallError("no literal where a value is due")
        digits = match[1].replace("_", "")
        if not digits.isascii() or match[1].startswith("._"):
            raise MalformedCallError("no literal where a value is due")
        is_negative = match[0].startswith("-")
        if match[2] is not None or match[3] is not None:
            number: int | float = finite_float(digits)
        elif len(digits) > 1 and digits[0] == "0" and digits.strip("0"):
            raise MalformedCallError("an integer that begins with 0")
        else:
            number = integer(digits)
        return -number if is_negative else number


def written(value: object) -> str:
    """Write a JSON value as the literal that Python would read."""
    if isinstance(value, str):
        # JSON's escapes are Python's too. Some readers split lines at what JSON may leave as it is.
        return _LINE_BREAK.sub(lambda match: f"\\u{ord(match[0]):04x}", rendered_json(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return repr(value)


def _string_of(literal: str) -> str:
    prefix = literal[0] if literal[0] not in "'\"" else ""
    size = 3 if literal[len(prefix) :][:3] in ("'''", '"""') else 1
    inner = literal[len(prefix) + size : -size]
    if prefix in ("f", "F") and ("{" in inner or "}" in inner):
        raise MalformedCallError("an f-string with a placeholder")
    return inner if prefix in ("r", "R") or "\\" not in inner else _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code in _ESCAPES:
        return _ESCAPES[code]
    if code[0] in "xuU" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    if code[0] in "xuUN":
        raise MalformedCallError("a broken escape in a string")
    return match[0]  # Python keeps the backslash of an escape that it does not know
