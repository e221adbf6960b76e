"""Outputs of promptfoo: each result a prompt with the answer that a provider gave, and whether it passed its tests."""

from __future__ import annotations

from rlvr.data.formats.exchanges import exchange_in, rows_of, tools_in
from rlvr.data.formats.messages import json_or_python
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions, successful_score
from rlvr.data.json_values import list_of, member, object_of, text_in
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, Where


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each answer that passed its tests; a place is the result's number."""
    tools = _tools_by_provider(record)
    for number, result in enumerate(map(object_of, _results(record)), start=1):
        place = Where(where.path, number)
        try:
            successful_score(result, ("success",), place, options)
            exchange = exchange_in({"request": _prompt(result), "response": member(result.get("response"), "output")})
            if exchange is None:
                raise place.error("prompt.raw", "holds no messages")
            provider = text_in(result.get("provider"), "id")
            yield from rows_of(exchange._replace(tools=tools.get(provider)), "promptfoo", place, options, {})
        except RowError as error:
            yield error


def _results(record: JsonMapping) -> list[Json]:
    return list_of(member(record.get("results"), "results"))


def _prompt(result: JsonMapping) -> Json:
    """Return the messages of a prompt, which promptfoo keeps as a text: their JSON, or what the user says."""
    raw = member(result.get("prompt"), "raw")
    messages = json_or_python(raw)
    return messages if isinstance(messages, list | dict) else raw


def _tools_by_provider(record: JsonMapping) -> dict[Json, Json]:
    """Return the tools that the configuration of each provider offers."""
    providers = map(object_of, list_of(member(record.get("config"), "providers")))
    return {text_in(provider, "id"): tools_in(provider) for provider in providers}


FORMAT = Format(
    name="promptfoo",
    summary="outputs of promptfoo's evaluations",
    recognises=lambda record: any("prompt" in object_of(result) for result in _results(record)),
    read=read,
    is_repeating=True,
    keys=("evalId", "results", "config"),
)
