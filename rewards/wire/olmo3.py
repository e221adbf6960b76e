"""Olmo 3: one call in Python on each line, inside of tags.

    <function_calls>
    get_weather(city="Paris")
    get_time()
    </function_calls>

Source: the chat template of Olmo-3-7B-Instruct.
"""

from rewards.wire.format import Format
from rewards.wire.python_blocks import PythonBlocks

_BLOCKS = PythonBlocks("<function_calls>", "</function_calls>", is_by_line=True, padding="\n")

FORMAT = Format.of(
    "olmo3",
    _BLOCKS,
    inner=("<function_calls>", "</function_calls>"),
    vllm=("olmo3",),
    families=("Olmo 3",),
)
