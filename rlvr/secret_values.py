"""Which options hold secrets, by the pattern of their names and values: a run stores its options and hands them on."""

from __future__ import annotations

import re
from typing import Any

_SECRET_NAME = re.compile(
    r"(?:api|access|secret|private|account|subscription|encryption|signing|ssh)[-_.]?key$"
    r"|token$|secret$|secrets$|passw(?:or)?d$|passphrase$|authorization$|credentials?$|cookie$",
    re.IGNORECASE,
)
# Tokens of a tokenizer.
_HARMLESS_NAME = re.compile(
    r"(?:^|[-_.])(?:eos|bos|pad|unk|sep|cls|mask|image|video|audio|stop|start|end|think|special|n|per|each|last|next)"
    r"[-_]token$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bhf_[A-Za-z0-9]{30,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|(?<=Bearer )[\w.~+/-]{16,}"
)
_PASSWORD_IN_URI = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*://)(?P<user>[^/\s:@]*):(?P<password>[^/\s@]+)@")
MASK = "***"


def is_secret_name(name: str) -> bool:
    """Tell whether an option of this name holds a secret, such as `api_key`, `x-api-key` or `hf_token`."""
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS_NAME.search(name)


def is_secret_value(value: Any) -> bool:
    """Tell whether a text looks like a key that a service has given out, or holds a password in an address."""
    return isinstance(value, str) and masked(value) != value


def masked(text: str) -> str:
    """Return the text without the passwords in addresses and without what looks like a key."""
    return _SECRET_VALUE.sub(MASK, _PASSWORD_IN_URI.sub(rf"\g<scheme>{MASK}@", text))
