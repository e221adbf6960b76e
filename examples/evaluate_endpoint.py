"""Evaluate a model behind any OpenAI-compatible server (vLLM, llama.cpp, a hosted one) on a file of rows.

    python evaluate_endpoint.py http://localhost:8000/v1 held_out.jsonl

The key, where the server wants one, is read from OPENAI_API_KEY. `rlvr evaluate model.endpoint=URL` does the same.
"""

from __future__ import annotations

import sys
from collections import Counter

from rewards import Tiered
from rlvr.config import EvaluationConfig
from rlvr.evaluation.metrics import summarize
from rlvr.evaluation.run import evaluate
from rlvr.records.row import read_rows
from rlvr.sampling.endpoint import Endpoint

if __name__ == "__main__":
    url, path = sys.argv[1:]
    options = EvaluationConfig(max_new_tokens=256, concurrency=8, n_bootstrap=1000)
    endpoint = Endpoint.open(url, model=None, concurrency=options.concurrency)  # None: the one model that it serves
    evaluation = evaluate(endpoint, read_rows(path), Tiered(), options)
    summary = summarize(evaluation, options)
    print(f"{endpoint.name}: reward {summary.reward}, exactly right {summary.exact}, {summary.reward.n} rows")
    reasons = Counter(reason.kind for result in evaluation.results for reason in result.reasons)
    for kind, count in reasons.most_common(5):
        print(f"{count:4}  {kind}")
