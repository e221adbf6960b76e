"""A process that is told to end ends what it has started."""

from __future__ import annotations

import os
import signal

import pytest

from rlvr.stopping import Stopped, signals_as_exceptions


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_block_as_ctrl_c_does(number: signal.Signals, code: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stopped, signals_as_exceptions():
        os.kill(os.getpid(), number)
    assert stopped.value.exit_code == code
    assert signal.getsignal(number) == before
