"""When2Call: whether to call a tool, to ask, or to say that it cannot be done (Ross et al., NAACL 2025).

A policy's own answer is read, as in the suite's evaluation by a judge, here by the rules of `rewards`. The suite's
other evaluation, which compares the likelihoods of four given answers, is not run.
"""

from __future__ import annotations

import json
from collections import Counter

from rewards import Behavior, GroundTruth
from rlvr.errors import RowError
from rlvr.evaluation.run import Evaluation
from rlvr.files import Json, JsonObject, Where, read_objects
from rlvr.records.row import Row

DECISIONS = {
    "tool_call": Behavior.EXECUTE,
    "request_for_info": Behavior.CLARIFY,
    "cannot_answer": Behavior.REFUSE,
}
"""The suite's right answers, as behaviors."""


def read(path: str) -> list[Row]:
    """Return the rows of a file of the suite.

    Raises:
        RowError: the file cannot be read, or names the line and field that cannot be used.
    """
    return [_row(value, where) for where, value in read_objects(path)]


def scores(evaluation: Evaluation) -> JsonObject:
    """Return the accuracy of the decision, its F1 for each right answer and their mean, and calls without any tool.

    A plain answer is never right here, so it counts against the answer that was expected and for none.
    """
    rows = evaluation.results
    n_expected = Counter(row.expected for row in rows)
    n_predicted = Counter(row.predicted for row in rows)
    n_right = Counter(row.expected for row in rows if row.predicted is row.expected)
    f1 = {}
    for name, behavior in DECISIONS.items():
        f1[name] = _share(2 * n_right[behavior], n_expected[behavior] + n_predicted[behavior])
    without_tools = Counter(row.predicted for row in rows if not row.tools)
    return {
        "accuracy": _share(n_right.total(), len(rows)),
        "f1": f1,
        "macro_f1": sum(f1.values()) / len(f1),
        "without_tools": without_tools.total(),
        "tool_hallucination_rate": _share(without_tools[Behavior.EXECUTE], without_tools.total()),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _row(value: Json, where: Where) -> Row:
    try:
        decision = value["correct_answer"]
        behavior = DECISIONS[decision]
        answer = value["answers"][decision]
        tools = [{"type": "function", "function": json.loads(tool)} for tool in value["tools"]]
        truth: JsonObject = {"ground_truth": answer, "behavior": behavior}
        if behavior is Behavior.EXECUTE:
            truth["ground_truth"] = json.dumps([json.loads(answer)])
        elif behavior is Behavior.CLARIFY and value.get("held_out_param"):
            truth["missing"] = [value["held_out_param"]]
        row = {
            "prompt": [{"role": "user", "content": value["question"]}],
            "tools": tools,
            "reward_model": GroundTruth.parse(truth).to_json(),
            "extra_info": {"source": "When2Call", "uuid": value.get("uuid")},
        }
    except RowError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        allowed = ", ".join(DECISIONS)
        message = f"not a row of When2Call: {error!r}; it has question, tools, answers and correct_answer ({allowed})"
        raise where.error(None, message) from None
    return Row.from_json(row, where)
