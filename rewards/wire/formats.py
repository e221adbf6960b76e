"""Every wire format, one line each. A new one is a module that ends with its `Format`, and a line here."""

from collections.abc import Mapping

from rewards.wire import (
    cohere,
    deepseek_v3,
    gemma,
    harmony,
    json_formats,
    kimi_k2,
    kimi_k3,
    llama3_json,
    llama3_tags,
    minicpm5,
    mistral,
    pair_formats,
    phi4_mini,
    python_formats,
    xml_formats,
)
from rewards.wire.format import Format

FORMATS: Mapping[str, Format] = {
    wire_format.name: wire_format
    for wire_format in (
        xml_formats.QWEN3_CODER,
        pair_formats.GLM,
        json_formats.TOOLRL,
        json_formats.HERMES,
        json_formats.OPENPANGU,
        llama3_json.FORMAT,
        python_formats.PYTHONIC,
        mistral.FORMAT,
        json_formats.JSON_LIST,
        phi4_mini.FORMAT,
        json_formats.GRANITE,
        json_formats.GRANITE_20B,
        deepseek_v3.FORMAT,
        xml_formats.DEEPSEEK_V32,
        xml_formats.DEEPSEEK_V4,
        harmony.FORMAT,
        gemma.FORMAT,
        gemma.FUNCTION_GEMMA,
        python_formats.MINICPM4,
        python_formats.LFM2,
        python_formats.OLMO3,
        json_formats.NEMOTRON,
        json_formats.HUNYUAN,
        json_formats.INTERNLM,
        cohere.FORMAT,
        json_formats.APERTUS,
        llama3_tags.FORMAT,
        kimi_k2.FORMAT,
        kimi_k3.FORMAT,
        pair_formats.K2_HORIZON,
        xml_formats.MINIMAX_M2,
        xml_formats.MINIMAX_M3,
        xml_formats.DOTS,
        xml_formats.SEED_OSS,
        xml_formats.STEP3,
        xml_formats.MUSE_GLIMMER,
        minicpm5.FORMAT,
        json_formats.LONGCAT,
        python_formats.SMOLLM3_PYTHON,
        python_formats.TOOL_CODE,
        json_formats.XLAM,
        python_formats.PYTHON_LINES,
    )
}
"""Formats by name. Where two begin at the same place of a text, `auto` takes the one that is listed first."""
