"""SmolLM3 with Python tools: calls as lines of code inside of tags. With JSON tools it writes Hermes.

    <code>
    get_weather(city="Paris")
    </code>

Source: the chat template of SmolLM3-3B.
"""

from rewards.wire.format import Format
from rewards.wire.python_blocks import PythonBlocks

_BLOCKS = PythonBlocks("<code>", "</code>", may_print=True, padding="\n")

FORMAT = Format.of(
    "smollm3_python",
    _BLOCKS,
    is_unmarked=True,  # <code> is HTML too
    families=("SmolLM3 (Python tools)",),
)
