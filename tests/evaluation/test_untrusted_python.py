from __future__ import annotations

import pytest

from rlvr.evaluation.untrusted_python import check_harmless


@pytest.mark.parametrize(
    "text",
    ["[f(x=1 + 2)]", "f(x='a' + 'b')", "[f(x=2**10, y=-1)]", "[f(x=g())]", "no Python at all", "", "[f(x=3 * 4.5)]"],
)
def test_plain_arithmetic_and_what_is_never_evaluated_pass(text: str) -> None:
    check_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "[f(x=__import__('os').system('true') + 1)]",
        "`f(x=1 + open('a'))`",
        "[f(x=[1, {'a': 2 * g}])]",
        "[f(x=10**10**10)]",
        "[f(x=9**999)]",
        "[f(x='a' * 10**9)]",
        "[f(x='%999999999d' % 1)]",
        "[f(x=1 << 99999999999)]",
        "[f(x=(lambda: 1) + 1)]",
    ],
)
def test_what_would_run_code_or_never_end_does_not(text: str) -> None:
    with pytest.raises(ValueError, match="arithmetic with"):
        check_harmless(text)
