"""BFCL through us against the leaderboard's own runner, on the same saved outputs."""

from __future__ import annotations

import importlib
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rlvr.config import BFCLConfig, Config, EvaluationConfig, HardwareConfig, ModelConfig
from rlvr.environments import bfcl_package
from rlvr.errors import UserError
from rlvr.evaluation import bfcl
from rlvr.evaluation.bfcl import Output, Score, Suite
from rlvr.evaluation.command import command
from rlvr.sampler import Completion

pytestmark = pytest.mark.skipif(not bfcl_package.is_installed(), reason="bfcl-eval is not installed")

ROWS = 50
PROSE = (
    "I cannot do that with these functions.",
    "",
    "[]",
    "Which city do you mean?",
    "f(x=",
    "[f(x=__import__('os'))]",
)
Call = dict[str, dict[str, Any]]


def first_values(answer: dict[str, Any]) -> Call:
    """The call of each argument's first admissible value."""
    ((name, listed),) = answer.items()
    return {name: {key: plain(values[0]) for key, values in listed.items() if values and values[0] != ""}}


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(items[0]) if isinstance(items, list) and items else items for key, items in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def calls_of(possible: list[dict[str, Any]], rng: random.Random) -> Iterator[list[Call]]:
    """Right, and broken in one way."""
    right = [first_values(answer) for answer in possible]
    yield right
    ((name, arguments),) = rng.choice(right).items()
    rest = [call for call in right if name not in call]
    key = rng.choice([*arguments, "unasked_for"])
    broken = {
        "name": {name + "_2": arguments},
        "dropped": {name: {other: value for other, value in arguments.items() if other != key}},
        "text": {name: {**arguments, key: "something else"}},
        "number": {name: {**arguments, key: 7}},
        "float": {name: {**arguments, key: 7.5}},
        "list": {name: {**arguments, key: [1, "two"]}},
        "object": {name: {**arguments, key: {"a": True}}},
        "case": {name: {k: v.upper() if isinstance(v, str) else v for k, v in arguments.items()}},
    }
    yield [broken[rng.choice(list(broken))], *rest]
    yield rng.choice([[*right, right[0]], right[::-1], right[:-1], []])


def written(calls: list[Call], mode: str) -> Any:
    if mode == "tools":
        return [{name.replace(".", "_"): json.dumps(arguments)} for call in calls for name, arguments in call.items()]
    texts = [
        f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
        for call in calls
        for name, arguments in call.items()
    ]
    return f"[{', '.join(texts)}]"


def outputs_of(suite: Suite, n: int) -> list[list[Output]]:
    """`n` rounds of one output for each entry."""
    rng = random.Random(0)
    rounds: list[list[Output]] = [[] for _ in range(n)]
    for entry in suite.entries:
        possible = entry.possible or [{entry.functions[0]["name"]: {}}]
        made = [written(calls, suite.mode) for calls in calls_of(possible, rng)]
        made += rng.sample([*PROSE, [{"f": "{not JSON"}] if suite.mode == "tools" else "[f(x=1 + 2)]"], n - len(made))
        for outputs, result in zip(rounds, made, strict=True):
            outputs.append(Output(entry.id, entry.category, result))
    return rounds


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["tools", "prompt"])
def test_scores_are_those_of_the_official_runner(mode: str, tmp_path: Path) -> None:
    suite = Suite.load(BFCLConfig(mode=mode, rows=ROWS))
    n = 0
    for outputs in outputs_of(suite, 4):
        scores = suite.score(outputs)
        assert "checker:raised" not in {score.error_type for score in scores}
        wrong = official_wrong(suite, outputs, tmp_path)
        assert {score.id for score in scores if not score.valid} == wrong
        n += len(outputs)
        assert 0 < len(wrong) < len(outputs)
    assert n >= 1000


def official_wrong(suite: Suite, outputs: list[Output], folder: Path) -> set[str]:
    """The ids that the leaderboard's file runners write down as wrong."""
    runner = importlib.import_module("bfcl_eval.eval_checker.eval_runner")
    utils = importlib.import_module("bfcl_eval.utils")
    shutil.rmtree(folder / "score", ignore_errors=True)
    model = "rlvr" if suite.mode == "prompt" else "rlvr-FC"
    for category in dict.fromkeys(output.category for output in outputs):
        results = [{"id": o.id, "result": o.result} for o in outputs if o.category == category]
        prompts = utils.load_dataset_entry(category, include_language_specific_hint=False)
        answers = None if "relevance" in category else utils.load_ground_truth_entry(category)
        some, possible = runner._subset_entries_by_model_ids(results, prompts, answers, allow_missing=True)
        handler = OfficialHandler(suite.mode)
        if answers is None:
            runner.relevance_file_runner(handler, results, some, model, category, folder / "score")
        else:
            runner.ast_file_runner(handler, results, some, possible, category, model, folder / "score")
    lines = [line for path in (folder / "score").rglob("*_score.json") for line in path.read_text().splitlines()[1:]]
    return {json.loads(line)["id"] for line in lines}


class OfficialHandler:
    """Decodes as the handler of OpenAI's chat completions does, which cannot be built without that SDK and a key."""

    def __init__(self, mode: str) -> None:
        self.is_fc_model = mode == "tools"

    def decode_ast(self, result: Any, language: Any, has_tool_call_tag: bool) -> Any:
        openai = pytest.importorskip("openai", reason="the official handler's SDK")
        assert openai
        module = importlib.import_module("bfcl_eval.model_handler.api_inference.openai_completion")
        return module.OpenAICompletionsHandler.decode_ast(self, result, language, has_tool_call_tag)


def test_a_completion_is_stored_as_a_server_would_hand_it_over() -> None:
    suite = Suite.load(BFCLConfig(categories=["simple_python"], rows=1))
    entry = suite.entries[0]
    (tool,) = entry.tools
    name = tool["function"]["name"]
    text = f'<tool_call>\n{{"name": "{name}", "arguments": {{"base": 10}}}}\n</tool_call>'
    assert suite.output(entry, Completion(text, 9)).result == [{name: '{"base": 10}'}]
    assert suite.output(entry, Completion("No.", 9)).result == "No."
    broken = text.replace("10}", "10")
    assert suite.output(entry, Completion(broken, 9)).result == broken
    message = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": name, "arguments": "{"}}]}
    assert suite.output(entry, Completion("", 9, message=message)).result == [{name: "{"}]
    assert suite.output(entry, None).result is None


def test_code_in_an_output_is_not_run(tmp_path: Path) -> None:
    suite = Suite.load(BFCLConfig(categories=["simple_python"], mode="prompt", rows=1))
    entry = suite.entries[0]
    target = tmp_path / "ran"
    text = f"[f(x=open({str(target)!r}, 'w').write('') + 1)]"
    (score,) = suite.score([Output(entry.id, entry.category, text)])
    assert score.error_type == "ast_decoder:decoder_failed"
    assert not target.exists()


def test_the_averages_are_the_leaderboards() -> None:
    names = ("simple_python", "simple_java", "simple_javascript", "multiple", "parallel", "parallel_multiple")
    valid = {"simple_python": 4, "simple_java": 1, "simple_javascript": 1, "multiple": 2, "parallel": 0}
    scores = [Score(f"{name}_{i}", name, i < valid.get(name, 4)) for name in names for i in range(4)]
    # simple (1 + 1/4 + 1/4) / 3 = 1/2; then (1/2 + 1/2 + 0 + 1) / 4
    assert bfcl.summary(scores)["non_live"] == pytest.approx(0.5)
    live = {"live_simple": (3, 1), "live_multiple": (5, 1), "live_parallel": (1, 1), "live_parallel_multiple": (1, 0)}
    scores = [Score(f"{name}_{i}", name, i < right) for name, (n, right) in live.items() for i in range(n)]
    assert bfcl.summary(scores)["live"] == pytest.approx(3 / 10)
    assert "non_live" not in bfcl.summary(scores)


def test_evaluate_runs_the_suite_and_names_its_version(
    random_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = BFCLConfig(categories=["simple_java", "irrelevance", "multi_turn_base"], rows=1)
    config = Config(
        run_dir=str(tmp_path / "out"),
        model=ModelConfig(path=str(random_policy)),
        evaluation=EvaluationConfig(max_new_tokens=2, suites=["bfcl"], bfcl=options),
        hardware=HardwareConfig(use_cpu=True),
    )
    command(config)
    out = " ".join(capsys.readouterr().out.split())
    assert f"bfcl-eval {bfcl.version('bfcl-eval')}, mode tools, part of the entries" in out
    data = json.loads((tmp_path / "out" / "bfcl.json").read_text())
    assert data["categories"] == {
        "simple_java": {"accuracy": 0.0, "n": 1},
        "irrelevance": {"accuracy": 1.0, "n": 1},
        "multi_turn_base": {"accuracy": 0.0, "n": 1},
    }
    assert len(list((tmp_path / "out" / "bfcl" / "result").rglob("BFCL_v4_*_result.json"))) == 3


def test_a_category_that_does_not_exist_is_named() -> None:
    with pytest.raises(UserError, match=r"category 'simple_pyton' not found; did you mean 'simple_python'"):
        Suite.load(BFCLConfig(categories=["simple_pyton"]))
    with pytest.raises(UserError, match="category 'memory_kv' not found"):
        Suite.load(BFCLConfig(categories=["memory_kv"]))
    with pytest.raises(UserError, match="multi_turn_base needs the mode tools"):
        Suite.load(BFCLConfig(categories=["multi_turn_base"], mode="prompt"))
