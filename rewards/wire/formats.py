"""Every wire format, one line each. A new one is a module that ends with its `Format`, and a line here."""

from collections.abc import Mapping

from rewards.wire import (
    deepseek_v3,
    gemma,
    glm,
    harmony,
    hermes,
    json_list,
    llama3_json,
    mistral,
    phi4_mini,
    pythonic,
    qwen3_coder,
)
from rewards.wire.format import Format

FORMATS: Mapping[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        qwen3_coder,
        glm,
        hermes,
        llama3_json,
        pythonic,
        mistral,
        json_list,
        phi4_mini,
        deepseek_v3,
        harmony,
        gemma,
    )
}
"""Formats by name. Where two begin at the same place of a text, `auto` takes the one that is listed first."""
