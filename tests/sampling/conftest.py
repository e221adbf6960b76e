"""A server and a policy for the tests of this folder."""

from pathlib import Path

import pytest
from chat_server import serve

__all__ = ["serve"]


@pytest.fixture(scope="module")
def random_policy(two_layers: Path) -> Path:
    return two_layers
