"""The Berkeley Function Calling Leaderboard: its data, its prompts and its checker, run on our policies.

Everything that decides comes from the package `bfcl-eval` (Patil et al., ICML 2025). What is run are the non-live and
live categories of single turns, Python, Java and JavaScript, relevance and irrelevance; and those of several turns,
which are held as conversations. Outputs are kept in the leaderboard's own layout, so that its runner can score them
again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from rewards import Behavior, GroundTruth, Toolset, wire
from rlvr.environments.bfcl import CATEGORIES, category_of, episodes, verdict_on
from rlvr.environments.bfcl_package import PROMPT_MODEL, TOOLS_MODEL, package
from rlvr.errors import UserError, unknown
from rlvr.evaluation.untrusted_python import check_harmless
from rlvr.files import Json, JsonMapping, JsonObject, write_json, write_lines
from rlvr.records.message import json_text
from rlvr.records.row import Row
from rlvr.tables import FittedTable

if TYPE_CHECKING:
    from rlvr.config import BFCLConfig
    from rlvr.environments.conversation import Conversation, Turn
    from rlvr.environments.episode import Episode
    from rlvr.sampler import Completion

Step = str | list[dict[str, str]]
Result = Step | list[list[Step]]
"""What the leaderboard stores of an output: a text, or calls as `{function: JSON of its arguments}`; of several turns
for each request a list of such."""


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
class Suite:
    """The entries that are run, with what the checker needs of each.

    Attributes:
        mode: `tools` or `prompt`, as in `BFCLConfig`.
        entries: the leaderboard's own, prompts prepared as it prepares them.
        functions: id -> the functions as the checker takes them.
        possible: id -> the admissible calls; absent for relevance and irrelevance.
        is_partial: whether some categories were cut.
        tools: id -> the functions as tools, in the mode `tools`.
        conversations: the entries of several turns.
    """

    mode: str
    entries: tuple[JsonMapping, ...]
    functions: Mapping[str, list[JsonObject]]
    possible: Mapping[str, list[JsonObject]]
    is_partial: bool = False
    tools: Mapping[str, list[JsonObject]] = field(default_factory=dict)
    conversations: tuple[Episode, ...] = ()

    @classmethod
    def load(cls, config: BFCLConfig) -> Suite:
        """Return the entries that the options name.

        Raises:
            UserError: `bfcl-eval` is not installed, or a category does not exist, is not run here or not in this mode.
        """
        official = package()
        entries: list[JsonMapping] = []
        functions: JsonObject = {}
        possible: JsonObject = {}
        tools: JsonObject = {}
        categories = _categories(config.categories)
        in_several_turns = [name for name in categories if name in CATEGORIES]
        if in_several_turns and config.mode == "prompt":
            raise UserError(f"evaluation.bfcl.mode: {in_several_turns[0]} needs the mode tools")
        for category in [name for name in categories if name not in CATEGORIES]:
            asked = official.utils.load_dataset_entry(category)[: config.rows]
            plain = official.utils.load_dataset_entry(category, include_language_specific_hint=False)
            functions |= {entry["id"]: entry["function"] for entry in plain[: config.rows]}
            if "relevance" not in category:
                answers = official.utils.load_ground_truth_entry(category)
                pairs = zip(plain[: config.rows], answers, strict=False)
                possible |= {entry["id"]: answer["ground_truth"] for entry, answer in pairs}
            for entry in asked:
                messages = entry["question"][0]
                if config.mode == "prompt":
                    make = official.handling.system_prompt_pre_processing_chat_model
                    messages = make(messages, entry["function"], entry["id"])
                else:
                    tools[entry["id"]] = official.tools_of(entry["function"])
                entries.append({"id": entry["id"], "category": category, "messages": messages})
        is_partial = config.rows is not None
        conversations = tuple(each for name in in_several_turns for each in episodes(name, config.rows))
        return cls(config.mode, tuple(entries), functions, possible, is_partial, tools, conversations)

    def rows(self) -> list[Row]:
        """Return what a policy is given: the messages and, in the mode `tools`, the functions as tools."""
        nothing = GroundTruth(Behavior.ANSWER)
        return [Row(entry["messages"], self.tools.get(entry["id"], []), nothing) for entry in self.entries]

    def output(self, entry: JsonMapping, completion: Completion | None, wire_format: str = wire.AUTO) -> Output:
        """Return a completion as the leaderboard stores it: calls that a server, or the wire format, took out of it."""
        if completion is None:
            return Output(entry["id"], entry["category"], None)
        if self.mode == "prompt":
            return Output(entry["id"], entry["category"], completion.text)
        if completion.message is not None:
            functions = [call.get("function") or {} for call in completion.message["tool_calls"]]
            calls = [{str(one.get("name")): json_text(one.get("arguments"))} for one in functions]
            return Output(entry["id"], entry["category"], calls or completion.text)
        parsed = wire.parse(completion.text, wire_format, Toolset.of(self.tools[entry["id"]]))
        if parsed.malformed or not parsed.calls:
            return Output(entry["id"], entry["category"], completion.text)
        calls = [{call.name: json.dumps(call.arguments, ensure_ascii=False)} for call in parsed.calls]
        return Output(entry["id"], entry["category"], calls)

    def output_of(self, episode: Episode, held: Conversation) -> Output:
        """Return a conversation as the leaderboard stores it."""
        requests: list[list[Step]] = [[]]
        for turn in held.turns:
            requests[-1].append(_step(turn))
            if turn.reply:
                requests.append([])
        entry = str(episode.options["entry"])
        return Output(entry, category_of(entry), requests)

    def score(self, outputs: Iterable[Output]) -> list[Score]:
        """Return the verdict of the leaderboard's checker on each output; without a result there is none."""
        return [self._score(output) for output in outputs if output.result is not None]

    def _score(self, output: Output) -> Score:
        official = package()
        language = official.language(output.category)
        where = (output.id, output.category)
        if output.category in CATEGORIES:
            error_type = verdict_on(output.id, output.result)
            return Score(*where, error_type is None, error_type)
        is_relevance = "relevance" in output.category
        try:
            # Relevance is decoded as Python whatever its functions are.
            decoded = self._decoded(output.result, "PYTHON" if is_relevance else language)
        except Exception as error:  # noqa: BLE001 - to the official runner any failure to decode is the model's
            if is_relevance:
                return _relevance(where, calls=False)
            return Score(*where, False, "ast_decoder:decoder_failed", f"{type(error).__name__}: {error}"[:200])
        if is_relevance:
            return _relevance(where, calls=not official.utils.is_empty_output(decoded))
        if not official.utils.is_function_calling_format_output(decoded):
            return Score(*where, False, "ast_decoder:decoder_wrong_output_format", str(decoded)[:200])
        model = PROMPT_MODEL if self.mode == "prompt" else TOOLS_MODEL
        functions, possible = self.functions[output.id], self.possible[output.id]
        try:
            verdict = official.ast_checker(
                functions, decoded, possible, official.enum(language), output.category, model
            )
        except (AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
            # The official runner ends here, with the outputs after this one unscored.
            return Score(*where, False, "checker:raised", f"{type(error).__name__}: {error}"[:200])
        if verdict["valid"]:
            return Score(*where, True)
        return Score(*where, False, verdict["error_type"], "; ".join(map(str, verdict["error"]))[:200])

    def _decoded(self, result: Json, language: str) -> Json:
        official = package()
        if self.mode == "prompt":
            if language == "PYTHON":
                check_harmless(result)
            return official.handling.default_decode_ast_prompting(result, official.return_format(language), False)
        decoded = []
        for call in result:
            name = next(iter(call.keys()))
            decoded.append({name: json.loads(call[name])})
        return decoded

    def write(self, folder: Path, label: str, outputs: Sequence[Output], scores: Sequence[Score]) -> None:
        """Keep outputs in the leaderboard's layout, `bfcl/result/MODEL/GROUP/`, and the verdicts as bfcl.json."""
        official = package()
        home = folder / "bfcl" / "result" / label.replace("/", "_")
        for category in dict.fromkeys(output.category for output in outputs):
            answers = [
                {"id": output.id, "result": output.result}
                for output in outputs
                if output.category == category and output.result is not None
            ]
            name = official.utils.get_file_name_by_category(category, is_result_file=True)
            write_lines(home / official.utils.get_directory_structure_by_category(category) / name, answers)
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
    """Accuracy of each category, and the leaderboard's averages where all their categories were run.

    `non_live` is the unweighted mean of simple (itself that of Python, Java and JavaScript), multiple, parallel and
    parallel_multiple; `live` weighs its four categories by their entries, `multi_turn` not.
    """
    by_category: dict[str, list[bool]] = {}
    for score in scores:
        by_category.setdefault(score.category, []).append(score.valid)
    accuracy = {name: sum(valid) / len(valid) for name, valid in by_category.items()}
    found: JsonObject = {
        "categories": {name: {"accuracy": accuracy[name], "n": len(valid)} for name, valid in by_category.items()}
    }
    simple = ("simple_python", "simple_java", "simple_javascript")
    others = ("multiple", "parallel", "parallel_multiple")
    if accuracy.keys() >= {*simple, *others}:
        mean = sum(accuracy[name] for name in simple) / len(simple)
        found["non_live"] = (mean + sum(accuracy[name] for name in others)) / 4
    live = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
    if accuracy.keys() >= set(live):
        valid = [one for name in live for one in by_category[name]]
        found["live"] = sum(valid) / len(valid)
    if accuracy.keys() >= set(CATEGORIES):
        found["multi_turn"] = sum(accuracy[name] for name in CATEGORIES) / len(CATEGORIES)
    return found


def table(label: str, scores: Sequence[Score], suite: Suite) -> Group:
    """Accuracy by category, with the version of the checker that gave it."""
    part = ", part of the entries" if suite.is_partial else ""
    title = f"BFCL with bfcl-eval {version('bfcl-eval')}, mode {suite.mode}{part}: {label}"
    shown = FittedTable(["category", "n", "accuracy"], title)
    found = summary(scores)
    for name, category in found["categories"].items():
        shown.add_row(name, str(category["n"]), f"{category['accuracy']:.2%}")
    for name in ("non_live", "live", "multi_turn"):
        if name in found:
            shown.add_row(f"{name} (average)", "", f"{found[name]:.2%}", style="bold")
    return Group(shown, Text(""))


def _relevance(where: tuple[str, str], *, calls: bool) -> Score:
    is_right = calls != ("irrelevance" in where[1])
    kind = "irrelevance_error:decoder_success" if calls else "relevance_error:decoder_failed"
    return Score(*where, is_right, None if is_right else kind)


def _step(turn: Turn) -> Step:
    if not turn.calls:
        return turn.text
    return [{call.name: json.dumps(call.arguments, ensure_ascii=False)} for call in turn.calls]


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
