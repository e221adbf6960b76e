"""How well texts are told apart: clarify, refuse and answer, on When2Call, sentences of our own and labelled texts.

    python benchmarks/speech.py [--data when2call.jsonl] [--labelled texts.jsonl ...]

The data is When2Call's LLM-judge test set (Ross et al., NAACL 2025, NVIDIA, Apache-2.0) or a part of it: each row has a
question, tools, the right kind of answer and one labelled text of each of four kinds. It is not in the repository.

Labelled texts are lines of JSON, from wherever you have them: `text`, `expected` (clarify, refuse or answer), `tools`,
`language`, and with `clarify` the parameters that it asks for as `missing`, with the others a `reference` text.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from rewards import Behavior, BehaviorMatch, GroundTruth, Tiered, Toolset
from rewards.text import read_text
from rlvr.files import read_objects

ROOT = Path(__file__).parent.parent
SENTENCES = ROOT / "tests" / "rewards" / "data" / "sentences.jsonl"
KINDS = {
    "tool_call": Behavior.EXECUTE,
    "request_for_info": Behavior.CLARIFY,
    "cannot_answer": Behavior.REFUSE,
    "direct": Behavior.ANSWER,
}
JSON_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": None}
TIMED_ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "when2call_dev.jsonl")
    parser.add_argument("--labelled", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    rows = [value for _, value in read_objects(arguments.data)]
    command = f"python benchmarks/speech.py --data {arguments.data.name}"
    lines = [
        "# Speech: what a text does",
        "",
        f"`{command}`, {date.today()}, Python {sys.version.split()[0]}, one core.",
        "",
        *when2call(rows),
        *own_sentences(),
        *map(labelled, arguments.labelled),
        *throughput(rows),
    ]
    print("\n".join(lines))


def when2call(rows: list[dict[str, Any]]) -> list[str]:
    """The confusion matrix of all texts, and how often the right kind earns strictly most."""
    confusion: Counter[tuple[Behavior, Behavior | None]] = Counter()
    strict: Counter[tuple[str, str]] = Counter()
    n = Counter(row["correct_answer"] for row in rows)
    whole = 0
    for row in rows:
        for name, text in texts_of(row).items():
            confusion[KINDS[name], done(text)] += 1
        for given in ("reference", "missing"):
            rewards = rewards_of(row, given)
            right = rewards.pop(row["correct_answer"])
            strict[given, row["correct_answer"]] += all(right > other for other in rewards.values())
            whole += given == "missing" and row["correct_answer"] == "request_for_info" and right == 1.0
    kinds = list(KINDS.values())
    accuracy = sum(confusion[kind, kind] / len(rows) for kind in kinds) / len(kinds)
    lines = [
        f"## When2Call, {len(rows)} rows, {4 * len(rows)} texts",
        "",
        f"Macro accuracy of the four kinds: {accuracy:.1%}.",
        "",
        "| labelled \\ read as | " + " | ".join([*kinds, "nothing"]) + " |",
        "|---|" + "---:|" * (len(kinds) + 1),
        *(f"| {kind} | " + " | ".join(str(confusion[kind, got]) for got in (*kinds, None)) + " |" for kind in kinds),
        "",
        "Rows in which the right kind of answer earns strictly the highest reward of the four (`Tiered`), with the",
        "reference text as ground truth, and with the missing parameter's name where one was held out:",
        "",
        "| right kind | rows | reference | missing |",
        "|---|---:|---:|---:|",
        *(f"| {KINDS[kind]} | {n[kind]} | {strict['reference', kind]} | {strict['missing', kind]} |" for kind in n),
    ]
    totals = [sum(count for (given, _), count in strict.items() if given == each) for each in ("reference", "missing")]
    shares = " | ".join(f"{total} ({total / len(rows):.1%})" for total in totals)
    return [
        *lines,
        f"| all | {len(rows)} | {shares} |",
        "",
        f"Of {n['request_for_info']} labelled questions {whole} earn 1.0 against the missing parameter's name.",
        "",
    ]


def own_sentences() -> list[str]:
    """Return the confusion of the sentences that the tests hold; rules were mended after reading these mistakes."""
    lines = ["## Sentences of our own", "", "| | clarify | refuse | answer |", "|---|---:|---:|---:|"]
    sentences = [value for _, value in read_objects(SENTENCES)]
    n, right = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for sentence in sentences:
        cell = sentence["language"], sentence["act"]
        n[cell] += 1
        right[cell] += done(sentence["text"]) == sentence["act"]
    for title, language in (("English", "en"), ("twenty-six other languages", "other")):
        cells = [f"{right[language, act]}/{n[language, act]}" for act in ("clarify", "refuse", "answer")]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return [*lines, ""]


def labelled(path: Path) -> str:
    """Return how many of a file's texts earn all for what they do, by language, and of how many the kind is told."""
    n, right, kinds = Counter[bool](), Counter[bool](), 0
    for _, row in read_objects(path):
        is_english = row["language"] == "en"
        truth = {
            "behavior": row["expected"],
            "ground_truth": row.get("reference", ""),
            "missing": row.get("missing", []),
        }
        result = Tiered()(row["text"], ground_truth=truth, tools=row["tools"])
        assert result is not None
        n[is_english] += 1
        right[is_english] += result.value == 1.0
        kinds += result.behavior == row["expected"]
    shares = f"{right[True]} of {n[True]} in English, {right[False]} of {n[False]} in other languages"
    return f"{path.stem}: {shares}; the kind alone of {kinds} of {n.total()}.\n"


def throughput(rows: list[dict[str, Any]]) -> list[str]:
    """Texts read each second of processor time: the best of several rounds."""
    texts = [text for row in rows for name, text in row["answers"].items() if name != "tool_call"]
    # A blank more each time: the last texts that were read are kept.
    best = min(timed([text + " " * number for text in texts]) for number in range(1, TIMED_ROUNDS + 1))
    mean = sum(map(len, texts)) / len(texts)
    return [f"`read_text` reads {len(texts) / best:,.0f} texts of {mean:.0f} characters a second of processor time."]


def timed(texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        read_text(text)
    return time.process_time() - start


def done(text: str) -> Behavior | None:
    result = BehaviorMatch()(text, ground_truth=GroundTruth(Behavior.ANSWER))
    assert result is not None
    return result.behavior


def texts_of(row: dict[str, Any]) -> dict[str, str]:
    """Each kind's completion; a call in the Hermes wire format."""
    answers = row["answers"]
    return {name: f"<tool_call>{answers[name]}</tool_call>" if name == "tool_call" else answers[name] for name in KINDS}


def rewards_of(row: dict[str, Any], given: str) -> dict[str, float]:
    """The reward of each kind's completion; 0 where it cannot be scored."""
    kind = row["correct_answer"]
    truth: dict[str, Any] = {"ground_truth": row["answers"][kind], "behavior": KINDS[kind].value}
    if kind == "tool_call":
        truth["ground_truth"] = f"[{truth['ground_truth']}]"
    if given == "missing" and kind == "request_for_info" and row.get("held_out_param"):
        truth |= {"ground_truth": "", "missing": [row["held_out_param"]]}
    tools = toolset_of(row)
    results = {name: Tiered()(text, ground_truth=truth, tools=tools) for name, text in texts_of(row).items()}
    return {name: result.value if result is not None else 0.0 for name, result in results.items()}


def toolset_of(row: dict[str, Any]) -> Toolset:
    tools = {tool["name"]: tool for tool in map(json.loads, row["tools"])}
    return Toolset([plain_types(tool) for tool in tools.values()])


def plain_types(schema: Any) -> Any:
    """BFCL's type names as JSON Schema's."""
    if isinstance(schema, list):
        return [plain_types(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: plain_types(value) for key, value in schema.items()}
    if isinstance(plain.get("type"), str) and plain["type"] in JSON_TYPES:
        plain["type"] = JSON_TYPES[plain["type"]]
    return {key: value for key, value in plain.items() if key != "type" or value is not None}


if __name__ == "__main__":
    main()
