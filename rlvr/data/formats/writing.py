"""Rows in the forms that other trainers read. What a form cannot hold is counted and explained, never bent to fit."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rewards import wire
from rlvr.data.formats.rows import message_of_struct
from rlvr.data.formats.written import call_message, numbered
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping, JsonObject, replacing, writing_lines
from rlvr.records.message import calls_of, function_of, with_json_arguments
from rlvr.records.preference import Preference
from rlvr.records.row import Row

ABILITY = "tool_calling"
_BATCH = 512
_NO_TEXT = "no text that a model could learn to write: any text without a call is right"
_MESSAGE_KEYS = ("role", "content", "name", "tool_call_id", "tool_calls")


class CannotHoldError(Exception):
    """A row that a form has no place for; the text says why."""


@dataclass(frozen=True)
class WriteOptions:
    """What writers can be told."""

    wire: str = "hermes"  # trl, trl_preference: the wire format that completions write their calls in
    extras: bool = False  # openai: also `reward_model` and `extra_info`, so that nothing of a row is lost
    source: str | None = None  # the file that the rows are read from, which is never written to


@dataclass
class Written:
    """What was written, and why not the rest."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Writer:
    """One form to write."""

    name: str  # what `format=` takes
    summary: str  # for a person, in one line
    file: str  # the usual name of such a file
    # a row or preference, and its number, as a record of this form
    record: Callable[[Any, int, WriteOptions], JsonObject]
    takes: type[Row] | type[Preference] = Row  # what it writes


def write_file(outcomes: Iterable[Any], path: str | Path, name: str, options: WriteOptions = WriteOptions()) -> Written:
    """Write what a reader gives in one form, as far as the form takes it; the file appears complete or not at all.

    Raises:
        UserError: no such form, nothing that it can hold, or a folder that cannot be written to.
    """
    if name not in WRITERS:
        raise UserError(unknown("format", name, WRITERS))
    if options.wire not in wire.FORMATS:
        raise UserError(unknown("wire", options.wire, wire.FORMATS))
    writer, written = WRITERS[name], Written()
    records = _records(outcomes, writer, options, written)
    if name == "verl":
        _write_parquet(records, path, options.source)
    else:
        with writing_lines(path, options.source) as write:
            for record in records:
                write(record)
    if not written.rows:
        reasons = "; ".join(f"{reason} ({count:,}×)" for reason, count in written.left_out.most_common(3))
        kind = "preference pairs" if writer.takes is Preference else "rows"
        raise UserError(f"nothing to write as {name}: {reasons or f'the file gives no {kind}'}")
    return written


def _records(outcomes: Iterable[Any], writer: Writer, options: WriteOptions, written: Written) -> Iterator[JsonObject]:
    for outcome in outcomes:
        if isinstance(outcome, writer.takes):
            try:
                record = writer.record(outcome, written.rows, options)
            except CannotHoldError as error:
                written.left_out[str(error)] += 1
                continue
            written.rows += 1
            yield record


def _sagemaker(row: Row, index: int, options: WriteOptions) -> JsonObject:
    truth = row.ground_truth.to_json()
    if row.ground_truth.alternatives:  # ragged objects, which Arrow would fill with nulls
        truth = {"ground_truth": _json(truth)}
    return {
        "data_source": _source(row),
        "prompt": list(map(with_json_arguments, row.prompt)),
        "ability": ABILITY,
        "tools": _json(row.tools),
        "reward_model": {"style": "rule", **truth},
        "extra_info": row.extra_info,
    }


def _verl(row: Row, index: int, options: WriteOptions) -> JsonObject:
    """As verl's RLHFDataset reads it: its reward gets `ground_truth` and `extra_info`, so these hold everything."""
    messages = list(map(_struct, row.prompt))
    kept: JsonObject = {"extra_info": row.extra_info}
    if list(map(message_of_struct, messages)) != row.prompt:
        kept["prompt"] = row.prompt
    return {
        "data_source": _source(row),
        "prompt": messages,
        "ability": ABILITY,
        "reward_model": {"style": "rule", "ground_truth": _json(row.ground_truth.to_json())},
        "extra_info": {
            "index": index,
            "split": str(row.extra_info.get("split", "train")),
            "tools": _json(row.tools),
            "rlvr": _json(kept),
        },
    }


def _openai(row: Row, index: int, options: WriteOptions) -> JsonObject:
    calls, reply = row.target
    if calls:
        last = numbered(call_message(calls), first_id=1 + sum(len(calls_of(message)) for message in row.prompt))
    elif reply:
        last = {"role": "assistant", "content": reply}
    else:
        raise CannotHoldError(_NO_TEXT)
    history = [
        {**with_json_arguments(message), **({"weight": 0} if message["role"] == "assistant" else {})}
        for message in row.prompt
    ]
    record: JsonObject = {"messages": [*history, with_json_arguments(last)]}
    if row.tools:
        record["tools"] = row.tools
    if options.extras:
        record |= {"reward_model": row.ground_truth.to_json(), "extra_info": row.extra_info}
    return record


def _trl(row: Row, index: int, options: WriteOptions) -> JsonObject:
    text = row.completion(options.wire)
    if not text:
        raise CannotHoldError(_NO_TEXT)
    return {**row.to_arrow(), "completion": [{"role": "assistant", "content": text}]}


def _trl_preference(pair: Preference, index: int, options: WriteOptions) -> JsonObject:
    if options.wire != "hermes":
        chosen, rejected = _in_wire(pair.chosen, options.wire), _in_wire(pair.rejected, options.wire)
        pair = replace(pair, chosen=chosen, rejected=rejected)
    return pair.to_arrow()


def _in_wire(text: str, name: str) -> str:
    parsed = wire.parse(text, "hermes")
    return wire.render(parsed.calls, name) if parsed.calls and not parsed.malformed else text


def _source(row: Row) -> str:
    source = row.extra_info.get("source")
    return source if isinstance(source, str) and source else "rlvr"


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _struct(message: JsonMapping) -> JsonObject:
    new = with_json_arguments(message)
    struct: JsonObject = {key: new.get(key) for key in _MESSAGE_KEYS[:4]}
    calls = [
        {
            "id": call.get("id"),
            "type": call.get("type"),
            "function": {key: function_of(call).get(key) for key in ("name", "arguments")},
        }
        for call in new.get("tool_calls") or ()
    ]
    return {**struct, "tool_calls": calls or None}


def _write_parquet(records: Iterator[JsonObject], path: str | Path, source: str | None) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    text = pa.string()
    function = pa.struct({"name": text, "arguments": text})
    call = pa.struct({"id": text, "type": text, "function": function})
    message = pa.struct({**dict.fromkeys(_MESSAGE_KEYS[:4], text), "tool_calls": pa.list_(call)})
    schema = pa.schema(
        {
            "data_source": text,
            "prompt": pa.list_(message),
            "ability": text,
            "reward_model": pa.struct({"style": text, "ground_truth": text}),
            "extra_info": pa.struct({"index": pa.int64(), "split": text, "tools": text, "rlvr": text}),
        }
    )
    first = list(itertools.islice(records, _BATCH))
    if not first:
        return
    with replacing(path, source) as temporary, parquet.ParquetWriter(temporary, schema) as writer:
        batch = first
        while batch:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            batch = list(itertools.islice(records, _BATCH))


WRITERS: Mapping[str, Writer] = {
    writer.name: writer
    for writer in (
        Writer("sagemaker", "SageMaker RLVR: JSON lines", "sagemaker.jsonl", _sagemaker),
        Writer("verl", "verl: parquet with data_source, prompt, reward_model, extra_info", "verl.parquet", _verl),
        Writer("openai", "OpenAI fine-tuning: messages, tools; only the last turn has weight", "openai.jsonl", _openai),
        Writer("trl", "TRL, for SFT: conversational prompt and completion, tools as JSON", "trl.jsonl", _trl),
        Writer(
            "trl_preference",
            "TRL, for DPO: prompt, chosen and rejected, from a file that gives preferences",
            "trl_preference.jsonl",
            _trl_preference,
            Preference,
        ),
    )
}
"""Every form. The reader of each gives back the rows it was written from."""
