"""Files of any format as rows: read record by record, written as it goes, what is left out counted and explained."""

from __future__ import annotations

import contextlib
import difflib
import glob
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rewards import Tiered, ToolCall
from rlvr.data.formats import AUTO, FORMATS, Format, ReadOptions, bfcl, exchanges, find_format, openai, recognised
from rlvr.data.formats.conversation import call_of
from rlvr.data.formats.exchanges import tools_in
from rlvr.data.formats.gathering import gathered
from rlvr.data.formats.messages import CUT_OFF
from rlvr.data.formats.outcome import DEFAULTS, FAILED, Outcomes, TurnError
from rlvr.data.formats.records import Record, read_records
from rlvr.data.formats.spelled import OTHER_RECORDS, SET
from rlvr.data.formats.streams import whole_response
from rlvr.data.json_values import list_of, object_of, parts_of
from rlvr.data.shortfall import shortfall
from rlvr.errors import RowError, UserError
from rlvr.files import Json, JsonMapping, Where, check_not_read, kind_of, writing_lines
from rlvr.records.message import calls_of
from rlvr.records.preference import Preference
from rlvr.records.row import Row

_REWARD = Tiered()
_RECORDS_LOOKED_AT = 100
_LINES_SHOWN = 3
_HELD_BACK = 1_000  # outcomes that wait for what later records say of their calls
_ALIKE = 0.6
_SPELLED_ALIKE = 0.8
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:\.\d+)?")


@dataclass
class Reason:
    """One reason why parts of a file gave no row: the first example, how many there are, and the first lines."""

    example: str
    count: int = 0
    lines: list[str] = field(default_factory=list)


_Told = tuple[Where, "Row | Preference | RowError"]


@dataclass
class Summary:
    """What an import kept and why not the rest.

    Args:
        format: the name of the format that was read; of several files, those of each.
        records: how many records the files have.
        kept: rows for each behavior.
        kinds: rows of a kind of their own, such as error_recovery.
        preferences: pairs for each kind.
        rejected: reasons by what they say, values masked.
        unreachable: rows that are kept although their own ground truth earns less than 1.0, by reason.
        repeated: turns that an earlier record held already.
        offering: rows that offer tools.
        unread: of several files, why some could not be read.
        names_files: whether places are named with their files.
    """

    format: str
    records: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    preferences: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, Reason] = field(default_factory=dict)
    unreachable: dict[str, Reason] = field(default_factory=dict)
    repeated: int = 0
    offering: int = 0
    unread: list[str] = field(default_factory=list)
    names_files: bool = False

    def count(self, outcome: Row | Preference | RowError, where: Where) -> None:
        """Take one outcome into account, whose record begins there."""
        if isinstance(outcome, Row):
            self.kept[outcome.ground_truth.behavior.value] += 1
            self.offering += bool(outcome.tools)
            if isinstance(kind := outcome.extra_info.get("kind"), str):
                self.kinds[kind] += 1
            if complaint := shortfall(outcome.ground_truth, outcome.tools, _REWARD):
                self._count(self.unreachable, complaint, where)
        elif isinstance(outcome, Preference):
            self.preferences[outcome.kind] += 1
        else:
            place = f"{outcome.field}: " if outcome.field else ""
            self._count(self.rejected, place + outcome.message, Where(where.path, outcome.line))

    def _count(self, reasons: dict[str, Reason], text: str, where: Where) -> None:
        reason = reasons.setdefault(_VARIABLE.sub("…", text), Reason(text))
        reason.count += 1
        line = f"{where.path.name}:{where.line}" if self.names_files else str(where.line)
        if where.line is not None and len(reason.lines) < _LINES_SHOWN and line not in reason.lines:
            reason.lines.append(line)

    @property
    def n_rejected(self) -> int:
        """Return how many parts of the file gave no row."""
        return sum(reason.count for reason in self.rejected.values())


def read_file(
    path: str | Path, name: str = AUTO, options: ReadOptions = DEFAULTS, limit: int | None = None
) -> tuple[Summary, Outcomes]:
    """Return what a file gives, one outcome at a time; the summary is complete when all have been taken.

    Args:
        path: a file, or `bfcl:CATEGORY`.
        name: a format's name, or `auto`.
        options: see `ReadOptions`.
        limit: read at most this many records.

    Raises:
        UserError: no such format, or a file whose format is not recognized; while iterating, a file that cannot be
            read further.
    """
    chosen, records = _opened(path, name)
    summary = Summary(chosen.name)
    return summary, _outcomes(itertools.islice(records, limit), chosen, options, summary, set())


def read_files(
    paths: Sequence[str | Path], name: str = AUTO, options: ReadOptions = DEFAULTS, limit: int | None = None
) -> tuple[Summary, Outcomes]:
    """Return what several files give, one after the other; arguments are as for `read_file`, which reads one.

    A file that cannot be read is named in the summary, and the others are read.

    Raises:
        UserError: there are no files; or while iterating, none of them can be read.
    """
    if not paths:
        raise UserError("no file to read; name at least one")
    if len(paths) == 1:
        return read_file(paths[0], name, options, limit)
    summary = Summary("", names_files=True)
    return summary, _outcomes_of_files(paths, name, options, limit, summary)


def _outcomes_of_files(
    paths: Sequence[str | Path], name: str, options: ReadOptions, limit: int | None, summary: Summary
) -> Outcomes:
    formats: dict[str, None] = {}
    seen: set[bytes] = set()
    for path in paths:
        left = None if limit is None else limit - summary.records
        try:
            chosen, records = _opened(path, name)
            formats[chosen.name] = None
            summary.format = ", ".join(formats)
            yield from _outcomes(itertools.islice(records, left), chosen, options, summary, seen)
        except UserError as error:
            summary.unread.append(str(error))
    if not formats:
        raise UserError(f"none of {len(paths):,} files can be read; the first: {summary.unread[0]}")


def files_below(path: str) -> list[str]:
    """Return the files of a folder and of those below it, by name, without hidden ones; a file itself.

    Raises:
        UserError: a folder without files, or nothing of that name.
    """
    path = "/dev/stdin" if path == "-" else path
    if "://" in path:
        raise UserError(f"{path}: an address on the web; fetch the file first: curl -LO {path}")
    if not os.path.exists(path) and not path.startswith(bfcl.PREFIX):
        raise UserError(f"{path}: no such file or folder")
    if not os.path.isdir(path):
        return [path]
    files = sorted(filter(os.path.isfile, glob.glob(f"{glob.escape(path)}/**", recursive=True)))
    if not files:
        raise UserError(f"{path}: a folder without files")
    return files


def _opened(path: str | Path, name: str) -> tuple[Format, Iterator[Record]]:
    """Return a file's format and its records."""
    path = bfcl.resolve(str(path)) if str(path).startswith(bfcl.PREFIX) else Path(path)
    records = gathered(read_records(path))
    head = list(itertools.islice(records, _RECORDS_LOOKED_AT))
    if len(head) == 1:
        head = _listed_in(*head[0])
    chosen = _recognised(path, head) if name == AUTO else find_format(name)
    return chosen, itertools.chain(head, records)


def _listed_in(where: Where, document: Json) -> list[Record]:
    """Return the records of a data set that is one object, with the tools that stand beside their list; else the
    object."""
    tools = tools_in(document)
    for items in ([document], *map(list_of, parts_of(document))):
        if items and None not in map(recognised, items[:_RECORDS_LOOKED_AT]):
            return [(where, {"tools": tools, **object_of(item)}) for item in items]
    return [(where, document)]


def _recognised(path: Path, head: list[Record]) -> Format:
    found = next((chosen for _, value in head if (chosen := recognised(value)) is not None), None)
    if found is openai.FORMAT and any(exchanges.FORMAT.recognises(object_of(value)) for _, value in head):
        return exchanges.FORMAT  # the first request may have failed, and so have no answer
    if found is not None:
        return found
    errors = [value for _, value in head if isinstance(value, RowError)]
    if len(errors) == len(head):
        raise next(iter(errors), RowError(path, None, None, "holds no call of a model with its request or its answer"))
    keys = next((list(map(str, value)) for _, value in head if isinstance(value, Mapping)), [])
    if not keys:
        raise UserError(f"{path}: its records are no JSON objects: the first is {kind_of(head[0][1])}")
    shown = ", ".join(keys)[:120]
    is_streamed = whole_response([value for _, value in head]) is not None
    advice = _nearest(["choices"] if is_streamed else keys)
    raise UserError(f"{path}: no format has records with {shown}; {advice}; formats: {', '.join(FORMATS)}")


def _nearest(keys: list[str]) -> str:
    """Return the format whose keys are nearly these, and what it has that is missing; else what any format has."""

    def likeness(chosen: Format) -> float:
        alike = (difflib.get_close_matches(name, keys, n=1, cutoff=_SPELLED_ALIKE) for name in chosen.keys)
        return sum(map(len, alike)) / len(chosen.keys)

    if not set(SET.asked).isdisjoint(keys) and not set(SET.answered).isdisjoint(keys):
        return "a text and its answer, without tools or calls, are a row once they are messages with roles"
    for advice, names in OTHER_RECORDS.items():
        if not set(names).isdisjoint(keys):
            return advice
    named = [chosen for chosen in FORMATS.values() if chosen.keys]
    best = max(named, key=likeness)
    if likeness(best) < _ALIKE:
        return "a record holds messages with roles, or a request with its calls"
    missing = [name for name in best.keys if name not in keys]
    return f"nearest is {best.name}, whose records also have {' or '.join(missing)}" if missing else f"try {best.name}"


def _outcomes(
    records: Iterator[Record], chosen: Format, options: ReadOptions, summary: Summary, seen: set[bytes]
) -> Outcomes:
    """Yield what records give, but what came before. Where records repeat what was said before, each outcome waits for
    `_HELD_BACK` further ones: a later record may say that the call of a row failed."""
    waiting: dict[bytes, _Told] = {}
    numbers = itertools.count()
    for where, value in records:
        summary.records += 1
        for outcome in _of_record(where, value, chosen, options):
            if not chosen.is_repeating:
                summary.count(outcome, where)
                yield outcome
                continue
            key = b"%d" % next(numbers)
            if isinstance(outcome, Row | TurnError):
                turn, whole = _keys(outcome)
                if not seen.isdisjoint((turn, whole)):
                    summary.repeated += 1
                    continue
                key = turn + whole
                if _is_unfit(outcome):
                    whole = turn
                    _forget(turn, waiting)
                seen.add(whole)
            waiting[key] = where, outcome
        while len(waiting) > _HELD_BACK:
            yield _counted(waiting, summary)
    while waiting:
        yield _counted(waiting, summary)


def _forget(turn: bytes, waiting: dict[bytes, _Told]) -> None:
    """Drop the rows of a turn that wait."""
    for key in [key for key in waiting if key.startswith(turn)]:
        del waiting[key]


def _counted(waiting: dict[bytes, _Told], summary: Summary) -> Row | Preference | RowError:
    """Return the outcome that has waited longest, counted."""
    where, outcome = waiting.pop(next(iter(waiting)))
    summary.count(outcome, where)
    return outcome


def _keys(outcome: Row | TurnError) -> tuple[bytes, bytes]:
    """Return two numbers: one that outcomes share in which the same is said and done, and one that they share if the
    tools, or the reasons, are the same too."""
    said: Sequence[JsonMapping]
    calls: Iterable[ToolCall]
    if isinstance(outcome, Row):
        truth = outcome.ground_truth
        said, calls, text = outcome.prompt, truth.calls, truth.text
        rest: Json = [outcome.tools, truth.to_json()]
    else:
        said, calls, text = outcome.history, map(call_of, calls_of(outcome.turn)), outcome.turn.get("content")
        rest = outcome.message
    done = [[call.name, call.arguments] for call in calls] or (text or "").strip()
    key = blake2b(_sorted([said, done]), digest_size=8)
    turn = key.digest()
    key.update(_sorted(rest))
    return turn, key.digest()


def _sorted(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _is_unfit(outcome: Row | TurnError) -> bool:
    """Tell whether a turn is not to be learned from in another record either: it was cut off, of which history tells
    nothing, or its call failed, of which its own record tells nothing."""
    return isinstance(outcome, TurnError) and (CUT_OFF in outcome.turn or outcome.message == FAILED)


def _of_record(where: Where, value: Json, chosen: Format, options: ReadOptions) -> Outcomes:
    if isinstance(value, RowError):
        yield value
    elif isinstance(value, Mapping) and value.get("label") is False:  # KTO
        yield where.error("label", "says that the completion is a bad one (false), so it is no ground truth")
    elif not isinstance(value, Mapping):
        yield where.error(None, f"a record is a JSON object, not {kind_of(value)}")
    else:
        try:
            yield from chosen.read(value, where, options)
        except RowError as error:
            yield error


def rows_in(path: str | Path, name: str = AUTO) -> Iterator[Row]:
    """Yield the rows that a file gives; arguments and errors are as for `read_file`."""
    _, outcomes = read_file(path, name)
    return (outcome for outcome in outcomes if isinstance(outcome, Row))


def read_any(path: str | Path, name: str = AUTO, limit: int | None = None) -> tuple[list[Row], Summary]:
    """Return all rows of a file of any format.

    Raises:
        UserError: as `read_file`, or nothing in the file gives a row.
    """
    summary, outcomes = read_file(path, name)
    rows = (outcome for outcome in outcomes if isinstance(outcome, Row))
    found = list(itertools.islice(rows, limit))
    if not found:
        raise _nothing_kept(path, summary)
    return found, summary


def import_files(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    name: str = AUTO,
    options: ReadOptions = DEFAULTS,
    preferences: str | Path | None = None,
    limit: int | None = None,
    is_strict: bool = False,
) -> Summary:
    """Write what files give as rows, and their preferences; what is written appears complete or not at all.

    Args:
        paths: each as for `read_file`.
        out: the rows, as JSONL.
        name: as for `read_file`.
        options: as for `read_file`.
        preferences: a file for preferences, as JSONL that `rlvr data pairs` writes too; None writes none.
        limit: as for `read_file`.
        is_strict: let the first rejection be an error.

    Raises:
        UserError: as `read_files`; nothing in the files gives a row; a folder that cannot be written to.
    """
    for path in paths:
        check_not_read(out, path)
        if preferences is not None:
            check_not_read(preferences, path)
    summary, outcomes = read_files(paths, name, options, limit)
    with contextlib.ExitStack() as stack:
        write_row = stack.enter_context(writing_lines(out))
        write_pair = stack.enter_context(writing_lines(preferences)) if preferences is not None else None
        for outcome in outcomes:
            if isinstance(outcome, Row):
                write_row(outcome.to_json())
            elif isinstance(outcome, Preference):
                if write_pair is not None:
                    _write_preference(outcome, write_pair, summary)
            elif is_strict:
                raise outcome
        if is_strict and summary.unread:
            raise UserError(summary.unread[0])
        if not summary.kept:
            raise _nothing_kept(paths[0] if len(paths) == 1 else f"{len(paths):,} files", summary)
    return summary


def _write_preference(pair: Preference, write: Callable[[Any], None], summary: Summary) -> None:
    """Write the pair where the reward ranks it strictly; else count it as rejected."""
    scored = [
        result.value
        for text in (pair.chosen, pair.rejected)
        if (result := _REWARD(text, ground_truth=pair.ground_truth, tools=pair.tools)) is not None
    ]
    if len(scored) < 2 or scored[0] <= scored[1]:
        summary.preferences[pair.kind] -= 1
        summary.preferences[f"{pair.kind}, not ranked by the reward"] += 1
    else:
        write(replace(pair, rewards=(scored[0], scored[1])).to_json())


def _nothing_kept(path: str | Path, summary: Summary) -> UserError:
    reasons = sorted(summary.rejected.values(), key=lambda reason: -reason.count)
    why = "; ".join(f"{reason.example[:120]} ({reason.count:,}×)" for reason in reasons[:3])
    return UserError(f"{path}: nothing in it gives a row as format={summary.format}: {why or 'it is empty'}")
