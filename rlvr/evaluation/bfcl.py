"""The Berkeley Function Calling Leaderboard: its data, its prompts and its checker, run on our policies.

Everything that decides comes from the package `bfcl-eval` (Patil et al., ICML 2025). What is run are the non-live and
live categories of single turns, Python, Java and JavaScript, relevance and irrelevance; and those of several turns,
which are held as conversations. Outputs are kept in the leaderboard's own layout, so that its runner can score them
again.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from rich.console import Group
from rich.text import Text

from rewards import Behavior, GroundTruth, ToolCall, Toolset, wire
from rlvr.config import BFCLConfig
from rlvr.environments.bfcl import CATEGORIES, category_of, episodes, verdict_on
from rlvr.environments.bfcl_package import PROMPT_MODEL, TOOLS_MODEL, package
from rlvr.environments.conversation import Conversation
from rlvr.environments.episode import Episode
from rlvr.errors import UserError, unknown
from rlvr.evaluation.episodes import UNANSWERED
from rlvr.evaluation.untrusted_python import check_harmless
from rlvr.files import Json, JsonObject, write_json, write_lines
from rlvr.records.message import function_of, json_text
from rlvr.records.row import Row
from rlvr.sampler import Completion
from rlvr.tables import FittedTable

Step = str | list[dict[str, str]]
Result = Step | list[list[Step]]
"""What the leaderboard stores of an output: a text, or calls as `{function: JSON of its arguments}`; of several turns
for each request a list of such."""

_MOST_CHARS = 200
"""How much of an error's words is kept."""

_SIMPLE = ("simple_python", "simple_java", "simple_javascript")
_NOT_SIMPLE = ("multiple", "parallel", "parallel_multiple")
_LIVE = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")


@dataclass(frozen=True)
class Output:
    """One saved output: the entry's id, its category and its result; no result where a server gave no answer."""

    id: str
    category: str
    result: Result | None


@dataclass(frozen=True)
class Score:
    """The verdict on one output, and why it is wrong."""

    id: str
    category: str
    valid: bool
    error_type: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of a single turn: what a policy is asked, and what the checker needs to judge its answer.

    Attributes:
        id: the leaderboard's.
        category: its category.
        messages: prepared as the leaderboard prepares them.
        tools: the functions as tools; none in the mode `prompt`, where the messages describe them.
        functions: as the checker takes them.
        possible: the admissible calls; none for relevance and irrelevance.
    """

    id: str
    category: str
    messages: list[JsonObject]
    tools: list[JsonObject]
    functions: list[JsonObject]
    possible: list[JsonObject]


@dataclass(frozen=True)
class Suite:
    """The entries that are run.

    Attributes:
        mode: `tools` or `prompt`, as in `BFCLConfig`.
        entries: those of a single turn.
        conversations: those of several turns.
        is_partial: whether some categories were cut.
    """

    mode: str
    entries: tuple[Entry, ...]
    conversations: tuple[Episode, ...] = ()
    is_partial: bool = False

    @classmethod
    def load(cls, config: BFCLConfig) -> Suite:
        """Return the entries that the options name.

        Raises:
            UserError: `bfcl-eval` is not installed, or a category does not exist, is not run here or not in this mode.
        """
        entries: list[Entry] = []
        conversations: list[Episode] = []
        for category in _categories(config.categories):
            if category not in CATEGORIES:
                entries.extend(_entries(category, config))
            elif config.mode == "prompt":
                raise UserError(f"evaluation.bfcl.mode: {category} needs the mode tools")
            else:
                conversations.extend(episodes(category, config.rows))
        return cls(config.mode, tuple(entries), tuple(conversations), is_partial=config.rows is not None)

    def rows(self) -> list[Row]:
        """Return what a policy is given: the messages and, in the mode `tools`, the functions as tools."""
        nothing = GroundTruth(Behavior.ANSWER)
        return [Row(entry.messages, entry.tools, nothing) for entry in self.entries]

    def output(self, entry: Entry, completion: Completion | None, wire_format: str = wire.AUTO) -> Output:
        """Return a completion as the leaderboard stores it: calls that a server, or the wire format, took out of it."""
        result = None if completion is None else self._result(entry, completion, wire_format)
        return Output(entry.id, entry.category, result)

    def _result(self, entry: Entry, completion: Completion, wire_format: str) -> Step:
        if self.mode == "prompt":
            return completion.text
        if completion.message is not None:
            functions = map(function_of, completion.message["tool_calls"])
            return [{str(each.get("name")): json_text(each.get("arguments"))} for each in functions] or completion.text
        parsed = wire.parse(completion.text, wire_format, Toolset.of(entry.tools))
        return completion.text if parsed.malformed else _stored(parsed.calls, completion.text)

    def output_of(self, episode: Episode, held: Conversation) -> Output:
        """Return a conversation as the leaderboard stores it."""
        requests: list[list[Step]] = [[]]
        for turn in held.turns:
            requests[-1].append(_stored(turn.calls, turn.text))
            if turn.reply:
                requests.append([])
        entry = str(episode.options["entry"])
        return Output(entry, category_of(entry), None if held.end == UNANSWERED else requests)

    def score(self, outputs: Iterable[Output]) -> list[Score]:
        """Return the verdict of the leaderboard's checker on each output; without a result there is none."""
        entries = {entry.id: entry for entry in self.entries}
        scores = []
        for output in outputs:
            if output.result is not None:
                kind, words = self._error(output, entries)
                scores.append(Score(output.id, output.category, kind is None, kind, words))
        return scores

    def _error(self, output: Output, entries: Mapping[str, Entry]) -> tuple[str | None, str | None]:
        """Return the leaderboard's type of error, and its words where it has any; twice None for a right output."""
        if output.category in CATEGORIES:
            return verdict_on(output.id, output.result), None
        if "relevance" in output.category:
            return self._relevance_error(output), None
        return self._call_error(output, entries[output.id])

    def _relevance_error(self, output: Output) -> str | None:
        """Return the type of error of calls where no function fits, or of no call where one does."""
        try:
            # Relevance is decoded as Python whatever its functions are.
            decoded = self._decoded(output.result, "PYTHON")
        except Exception:  # noqa: BLE001 - to the official runner any failure to decode is the model's
            has_calls = False
        else:
            has_calls = not package().utils.is_empty_output(decoded)
        if has_calls != ("irrelevance" in output.category):
            return None
        return "irrelevance_error:decoder_success" if has_calls else "relevance_error:decoder_failed"

    def _call_error(self, output: Output, entry: Entry) -> tuple[str | None, str | None]:
        official = package()
        language = official.language(output.category)
        try:
            decoded = self._decoded(output.result, language)
        except Exception as error:  # noqa: BLE001 - to the official runner any failure to decode is the model's
            return "ast_decoder:decoder_failed", _shortened(error)
        if not official.utils.is_function_calling_format_output(decoded):
            return "ast_decoder:decoder_wrong_output_format", str(decoded)[:_MOST_CHARS]
        model = PROMPT_MODEL if self.mode == "prompt" else TOOLS_MODEL
        try:
            checked = official.enums.Language[language]
            verdict = official.ast_checker(entry.functions, decoded, entry.possible, checked, output.category, model)
        except (AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
            # The official runner ends here, with the outputs after this one unscored.
            return "checker:raised", _shortened(error)
        if verdict["valid"]:
            return None, None
        return verdict["error_type"], "; ".join(map(str, verdict["error"]))[:_MOST_CHARS]

    def _decoded(self, result: Json, language: str) -> Json:
        official = package()
        if self.mode == "prompt":
            if language == "PYTHON":
                check_harmless(result)
            written = official.enums.ReturnFormat[language]
            return official.handling.default_decode_ast_prompting(result, written, False)
        decoded = []
        for call in result:
            name = next(iter(call.keys()))
            decoded.append({name: json.loads(call[name])})
        return decoded

    def write(self, folder: Path, label: str, outputs: Sequence[Output], scores: Sequence[Score]) -> None:
        """Keep outputs in the leaderboard's layout, `bfcl/result/MODEL/GROUP/`, and the verdicts as bfcl.json."""
        utils = package().utils
        home = folder / "bfcl" / "result" / label.replace("/", "_")
        answers: dict[str, list[JsonObject]] = defaultdict(list)
        for output in outputs:
            of_category = answers[output.category]
            if output.result is not None:
                of_category.append({"id": output.id, "result": output.result})
        for category, of_category in answers.items():
            name = utils.get_file_name_by_category(category, is_result_file=True)
            write_lines(home / utils.get_directory_structure_by_category(category) / name, of_category)
        data = {
            "bfcl_eval": version("bfcl-eval"),
            "mode": self.mode,
            "model": label,
            "is_partial": self.is_partial,
            "unanswered": sum(output.result is None for output in outputs),
            **summary(scores),
            "wrong": [vars(score) for score in scores if not score.valid],
        }
        write_json(folder / "bfcl.json", data, indent=2)


def summary(scores: Sequence[Score]) -> JsonObject:
    """Return the accuracy of each category, and the leaderboard's averages where all their categories were run.

    `non_live` is the unweighted mean of simple (itself that of Python, Java and JavaScript), multiple, parallel and
    parallel_multiple; `live` weighs its four categories by their entries, `multi_turn` not.
    """
    n = Counter(score.category for score in scores)
    n_right = Counter(score.category for score in scores if score.valid)
    accuracy = {category: n_right[category] / n[category] for category in n}
    data: JsonObject = {"categories": {name: {"accuracy": accuracy[name], "n": n[name]} for name in n}}
    if accuracy.keys() >= {*_SIMPLE, *_NOT_SIMPLE}:
        simple = _total(accuracy, _SIMPLE) / len(_SIMPLE)
        data["non_live"] = (simple + _total(accuracy, _NOT_SIMPLE)) / 4
    if accuracy.keys() >= set(_LIVE):
        data["live"] = _total(n_right, _LIVE) / _total(n, _LIVE)
    if accuracy.keys() >= set(CATEGORIES):
        data["multi_turn"] = _total(accuracy, CATEGORIES) / len(CATEGORIES)
    return data


def _total(values: Mapping[str, float], categories: Sequence[str]) -> float:
    return sum(values[category] for category in categories)


def table(label: str, scores: Sequence[Score], suite: Suite) -> Group:
    """Return the accuracy by category, with the version of the checker that gave it."""
    part = ", part of the entries" if suite.is_partial else ""
    title = f"BFCL with bfcl-eval {version('bfcl-eval')}, mode {suite.mode}{part}: {label}"
    shown = FittedTable(["category", "n", "accuracy"], title)
    data = summary(scores)
    for name, category in data["categories"].items():
        shown.add_row(name, str(category["n"]), f"{category['accuracy']:.2%}")
    for name in ("non_live", "live", "multi_turn"):
        if name in data:
            shown.add_row(f"{name} (average)", "", f"{data[name]:.2%}", style="bold")
    return Group(shown, Text(""))


def _entries(category: str, config: BFCLConfig) -> Iterator[Entry]:
    """Yield the entries of a category of single turns, or the first of them."""
    official = package()
    hinted = official.utils.load_dataset_entry(category)
    plain = official.utils.load_dataset_entry(category, include_language_specific_hint=False)
    answers = [] if "relevance" in category else official.utils.load_ground_truth_entry(category)
    possible = {answer["id"]: answer["ground_truth"] for answer in answers}
    for asked, checked in islice(zip(hinted, plain, strict=True), config.rows):
        messages = asked["question"][0]
        tools: list[JsonObject] = []
        if config.mode == "prompt":
            prepare = official.handling.system_prompt_pre_processing_chat_model
            messages = prepare(messages, asked["function"], asked["id"])
        else:
            tools = official.tools_of(asked["function"])
        yield Entry(asked["id"], category, messages, tools, checked["function"], possible.get(asked["id"], []))


def _stored(calls: Sequence[ToolCall], text: str) -> Step:
    """Return a turn as the leaderboard stores it: its calls, or its text where it makes none."""
    return [{call.name: json_text(call.arguments)} for call in calls] or text


def _shortened(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_MOST_CHARS]


def _categories(names: Sequence[str]) -> list[str]:
    mapping = package().mapping
    run_here = [*mapping.SINGLE_TURN_CATEGORY, *CATEGORIES]
    groups = {name: part for name, part in mapping.TEST_COLLECTION_MAPPING.items() if set(part) <= set(run_here)}
    chosen: list[str] = []
    for name in names:
        if name not in groups and name not in run_here:
            raise UserError(f"evaluation.bfcl.categories: {unknown('category', name, [*groups, *run_here])}")
        chosen.extend(groups.get(name, [name]))
    return list(dict.fromkeys(chosen))
