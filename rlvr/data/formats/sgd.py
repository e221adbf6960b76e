"""Schema-Guided Dialogue: turns with the services' calls and results; the services stand in `schema.json` beside.

Each intent of a service is a tool. Source: Rastogi et al., AAAI 2020.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from rewards import Behavior, ToolCall
from rlvr.data.formats.conversation import decisions
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import read_records
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.written import call_message, with_written
from rlvr.data.json_values import list_of
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import Message
from rlvr.records.row import Row

_COURTESIES = ("REQ_MORE", "GOODBYE")  # acts of turns that nothing is to be learned from
_MOST_RESULTS = 3  # results of a call that are kept: services give ten, and the system offers one after the other

_TURNS = json.loads(Path(__file__).with_name("sgd_turns.json").read_text("utf-8"))  # what a dialogue must be like


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each call and each turn of the system; a question says which slots it asks for."""
    services = record.get("services")
    turns = record.get("turns")
    if not isinstance(services, list) or not isinstance(turns, list):
        raise where.error("turns", "must be a list of turns, with their services beside it")
    if complaint := _complaint(turns):
        raise where.error("turns", complaint)
    tools = options.tools or tools_of([tool for name in services for tool in _tools_of(name, where)], where, "services")
    messages: list[Message] = []
    asked: dict[int, tuple[str, ...]] = {}
    for turn in turns:
        if turn.get("speaker") == "USER":
            messages.append({"role": "user", "content": turn["utterance"]})
            continue
        frames = list_of(turn.get("frames"))
        for frame in frames:
            if call := frame.get("service_call"):
                results = list_of(frame.get("service_results"))[:_MOST_RESULTS]
                messages.append(call_message([ToolCall(call["method"], dict(call["parameters"]))]))
                messages.append({"role": "tool", "content": json.dumps(results, ensure_ascii=False)})
        messages.append({"role": "assistant", "content": turn["utterance"]})
        actions = [action for frame in frames for action in list_of(frame.get("actions"))]
        if actions and all(action["act"] in _COURTESIES for action in actions):
            messages[-1]["weight"] = 0
        asked[len(messages) - 1] = tuple(action["slot"] for action in actions if action["act"] == "REQUEST")
    info = {"source": "sgd", "id": record.get("dialogue_id", where.line)}
    for outcome in decisions(with_written(messages, tools, where), tools, info, where):
        if isinstance(outcome, Row) and outcome.ground_truth.behavior is Behavior.CLARIFY:
            missing = asked.get(outcome.extra_info["turn"], ())
            yield replace(outcome, ground_truth=replace(outcome.ground_truth, missing=missing))
        else:
            yield outcome


def _complaint(turns: Json) -> str | None:
    """Return the first way in which turns are not as the data set has them; None where they are."""
    import jsonschema_rs

    error = next(jsonschema_rs.validator_for(_TURNS, offline=True).iter_errors(turns), None)
    return None if error is None else f"{'/'.join(map(str, error.instance_path))}: {error.message:.120}"


def _tools_of(service: str, where: Where) -> list[JsonObject]:
    schemas = _schemas(where.path.parent / "schema.json")
    if not isinstance(service, str) or service not in schemas:
        raise where.error("services", f"{service!r} is not in {where.path.parent / 'schema.json'}")
    return schemas[service]


@lru_cache(maxsize=4)
def _schemas(path: Path) -> dict[str, list[JsonObject]]:
    """Return the tools of each service of a schema file."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; it has the services of the dialogues beside it")
    return {schema["service_name"]: _intents(schema) for _, schema in read_records(path) if isinstance(schema, dict)}


def _intents(schema: JsonMapping) -> list[JsonObject]:
    slots = {slot["name"]: _parameter(slot) for slot in schema["slots"]}
    tools = []
    for intent in schema["intents"]:
        required = list(intent["required_slots"])
        properties = {name: slots[name] for name in (*required, *intent["optional_slots"])}
        parameters = {"type": "object", "properties": properties, "required": required}
        tools.append({"name": intent["name"], "description": intent["description"], "parameters": parameters})
    return tools


def _parameter(slot: JsonMapping) -> JsonObject:
    listed = {"enum": [*slot["possible_values"], "dontcare"]} if slot.get("is_categorical") else {}
    return {"type": "string", "description": slot["description"], **listed}


FORMAT = Format(
    name="sgd",
    summary="Schema-Guided Dialogue: dialogues with schema.json beside them",
    recognises=lambda record: {"dialogue_id", "services", "turns"} <= record.keys(),
    read=read,
)
