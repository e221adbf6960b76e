"""What an evaluation counts, on one screen below its table: matches, confusions, errors, tools, time and cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from rewards import Behavior
from rlvr.evaluation.metrics import Interval, Summary
from rlvr.files import Json, JsonMapping
from rlvr.records.evaluated_row import NOTHING
from rlvr.tables import FittedTable

MOST_TOOLS_SHOWN = 8
"""Tools and arguments with errors that are listed, the worst first."""

_ERRORS = {
    "malformed_calls": "malformed calls",
    "unread_calls": "calls that nothing reads",
    "hallucinated_tools": "hallucinated tools",
    "missed_calls": "missed calls",
    "unexpected_calls": "unexpected calls",
    "missing_arguments": "missing arguments",
    "extra_arguments": "extra arguments",
    "wrong_values": "wrong values",
    "truncated": "cut at the length limit",
}


_GROUPS = {
    "seen_tools": "tools seen in training",
    "unseen_tools": "tools not seen in training",
    "later_steps": "later steps of a task",
    "several_calls": "several calls at once",
}


def details_view(name: str, summary: Summary) -> RenderableType:
    """Return the details of one policy on one set, as `breakdown` has counted them."""
    details = summary.details
    tables = [_confusion(details["confusion"]), _errors(details["errors"]), *_tools(details)]
    return Group(
        Text(f"{name}, in detail", style="bold"),
        *(Padding(Text(line, overflow="fold"), (0, 0, 0, 2), expand=False) for line in _lines(summary)),
        Text(""),
        Columns([Padding(table, (0, 2, 0, 0)) for table in tables], width=None, expand=False),
        Text(""),
    )


def interval(value: JsonMapping | None) -> str:
    """Return a mean with its interval, as tables print it."""
    return "none" if value is None else str(Interval(**value))


def _listed(values: JsonMapping, form: Callable[[Json], str]) -> str:
    return ", ".join(f"{name} {form(value)}" for name, value in values.items())


def _lines(summary: Summary) -> Iterator[str]:
    details = summary.details
    matches = {kind: details[kind] for kind in ("exact", "functional", "fuzzy")}
    yield f"match: {_listed(matches, interval)}"
    if details["tiers"]:
        yield f"tiers: {_listed(details['tiers'], '{:.2f}'.format)}"
    for key, title in _GROUPS.items():
        if group := details.get(key):
            values = f"exact {interval(group['exact'])}, reward {interval(group['reward'])}"
            yield f"{title} ({group['exact']['n']}): {values}"
    if sampled := details.get("sampled"):
        passes = ", ".join(f"pass@{k} {value['mean']:.2f}" for k, value in sampled["pass"].items())
        average = f"avg@{sampled['n']} exact {interval(sampled['avg_exact'])}, reward {interval(sampled['avg_reward'])}"
        yield f"sampled at temperature {sampled['temperature']:g}: {average}; {passes}"
        every = ", ".join(f"pass^{k} {interval(value)}" for k, value in sampled["pass_all"].items() if k != "1")
        yield f"  all of k samples right: {every}"
    if scores := details.get("when2call"):
        f1 = _listed(scores["f1"], "{:.2f}".format)
        yield f"When2Call: accuracy {scores['accuracy']:.3f}, macro F1 {scores['macro_f1']:.3f} ({f1})"
        yield f"  calls where no tool was offered: {scores['tool_hallucination_rate']:.1%} of {scores['without_tools']}"
    if episodes := details.get("episodes"):
        yield from _episodes(episodes)
    yield ", ".join(_cost(details))
    if details["failed_requests"]:
        yield f"{details['failed_requests']} rows got no answer from the server and are in no number here"
    if summary.unscored:
        yield f"{summary.unscored} rows could not be scored and are in no number here"


def _episodes(episodes: JsonMapping) -> Iterator[str]:
    for kind, group in episodes["reached"].items():
        yield f"goal reached, {kind or 'all'} ({group['exact']['n']}): {interval(group['exact'])}"
    counted = (f"{mean:.1f} {name.replace('_', ' ')}" for name, mean in episodes["mean"].items())
    yield f"a conversation: {', '.join(counted)}"
    yield f"ended by: {_listed(episodes['ended_by'], str)}"
    for failure, count in episodes.get("failures", {}).items():
        yield f"  failed, {count}: {failure}"


def _cost(details: JsonMapping) -> Iterator[str]:
    tokens = details["tokens"]
    yield f"tokens: {tokens['prompt']:.0f} prompt, {tokens['completion']:.0f} completion"
    if latency := details["latency_s"]:
        yield f"latency of a request p50 {latency['p50']:.2f} s, p95 {latency['p95']:.2f} s"
    elif speed := details.get("rows_per_s"):
        yield f"{speed:.1f} rows a second in batches"
    if "cost_per_1000" in details:
        yield f"cost of 1,000 tasks {details['cost_per_1000']:.2f}"


def _confusion(matrix: Mapping[str, Mapping[str, int]]) -> FittedTable:
    done = [*Behavior, NOTHING]
    table = FittedTable(["expected", *(f"did {behavior}" for behavior in done)])
    for expected, counts in matrix.items():
        if any(counts.values()):
            cells = {behavior: Text(str(counts[behavior])) for behavior in done}
            cells[Behavior(expected)].stylize("bold")
            table.add_row(expected, *cells.values())
    return table


def _errors(errors: Mapping[str, Mapping[str, int]]) -> FittedTable:
    table = FittedTable(["error", "count", "rows"])
    for key, title in _ERRORS.items():
        if errors[key]["count"]:
            table.add_row(title, str(errors[key]["count"]), str(errors[key]["rows"]))
    if not table.row_count:
        table.add_row("none", "", "")
    return table


def _tools(details: JsonMapping) -> Iterator[FittedTable]:
    yield from _worst("tool", details["tools"], ("right", "wrong_arguments", "missed", "unexpected"))
    yield from _worst("argument", details["arguments"], ("right", "wrong", "missing", "extra"))


def _worst(kind: str, counts: Mapping[str, Mapping[str, int]], columns: Sequence[str]) -> Iterator[FittedTable]:
    """Yield the first of the lines that hold an error; no table where none does."""
    wrong = {name: count for name, count in counts.items() if sum(count.values()) > count["right"]}
    if not wrong:
        return
    more = len(wrong) - MOST_TOOLS_SHOWN
    title = f"{kind} (worst of {len(wrong)} with errors)" if more > 0 else f"{kind} with errors"
    table = FittedTable([title, *(column.replace("_arguments", " args") for column in columns)])
    for name in list(wrong)[:MOST_TOOLS_SHOWN]:
        table.add_row(name, *(str(wrong[name][column] or "") for column in columns))
    yield table
