"""Gemma 3, prompted: calls as lines of Python inside of a fence, where `print` may stand around them.

    ```tool_code
    print(get_weather(city="Paris"))
    ```

Source: Google's notebook on function calling with Gemma 3.
"""

from rewards.wire.format import Format
from rewards.wire.python_blocks import PythonBlocks

_BLOCKS = PythonBlocks("```tool_code\n", "\n```", may_print=True)

FORMAT = Format.of(
    "tool_code",
    _BLOCKS,
    ends=("<end_of_turn>",),
    families=("Gemma 3 (prompted)",),
)
