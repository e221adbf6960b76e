"""The border to the terminal: what is printed there holds no control characters but those that we put in ourselves.

Tool names, requests, answers of servers and chat templates are text of other people's. An escape sequence in one of
them could clear the screen, rename the window or write what looks like our own output.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    r"""The text with control characters as `\u001b`, which JSON reads as what it was; tabs and line feeds stay."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
