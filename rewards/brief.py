"""Values in a few words, for a person."""

from rewards.strict_json import Json

MAX_TEXT = 60  # characters shown of a text that is a value
MAX_PROSE = 160  # characters shown of what a rule has to say
_MOST_ITEMS = 4
_MOST_INNER_TEXT = 24


def shortened(value: object, most_text: int = MAX_TEXT, depth: int = 0) -> Json:
    """Copy a JSON value, with "..." for what is too much to be shown."""
    if isinstance(value, str):
        return value if len(value) <= most_text else value[: most_text - 3] + "..."
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict):
        if value and depth == 2:
            return "{...}"
        kept = [(key, value[key]) for key, _ in zip(value, range(_MOST_ITEMS - depth), strict=False)]
        items = {shortened(key, _MOST_INNER_TEXT): shortened(item, _MOST_INNER_TEXT, depth + 1) for key, item in kept}
        return items if len(kept) == len(value) else {**items, "...": "..."}
    if isinstance(value, list | tuple):
        if value and depth == 2:
            return "[...]"
        kept_items = [shortened(item, _MOST_INNER_TEXT, depth + 1) for item in value[: _MOST_ITEMS - depth]]
        return kept_items if len(kept_items) == len(value) else [*kept_items, "..."]
    return value


def brief(value: object) -> str:
    """Write a value in a few words, whatever it is: bounded, printable."""
    return repr(shortened(value))


def printable(text: str) -> str:
    """Escape what a terminal would not show as it is."""
    return text if text.isprintable() else repr(text)[1:-1]
