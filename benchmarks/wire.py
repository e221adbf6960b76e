"""Count where our reading of completions and that of vLLM's parsers differ: python -m benchmarks.wire 10000 [SEED].

Run it with the Python of an environment that has vLLM, such as the one that `make vllm` sets up.
"""

from __future__ import annotations

import sys
from collections import Counter

from rewards import wire
from tests.rewards.wire.test_vllm import DIFFERENCES, FORMS, LENIENT, TOOLSET, Servers, drawn, verdict

HEAD = """| form | vLLM's parser | same | named | more lenient | unexplained |
| --- | --- | ---: | ---: | ---: | ---: |"""


def main(number: int, seed: int = 1) -> None:
    servers = Servers()
    each = -(-number // len(FORMS))
    totals: Counter[str] = Counter()
    print(HEAD)
    for form in FORMS:
        name, parser, _ = FORMS[form]
        counts: Counter[str] = Counter()
        for completion in drawn(form, each, seed):
            kind = verdict(servers, form, completion)
            counts[kind] += 1
            if kind == "unexplained":
                parsed = wire.parse(completion.text, name, TOOLSET)
                print(form, completion, parsed, servers.calls(form, completion.text), sep="\n  ", file=sys.stderr)
        totals += counts
        lenient = sum(count for kind, count in counts.items() if kind.startswith("lenient"))
        named = sum(counts[kind] for kind in DIFFERENCES)
        print(f"| {form} | {parser} | {counts['same']} | {named} | {lenient} | {counts['unexplained']} |", flush=True)
    print(f"\n{each * len(FORMS)} completions, of these:\n")
    for kind in ("same", *DIFFERENCES, *(f"lenient: {kind}" for kind in LENIENT), "unexplained"):
        print(f"- {kind}: {totals[kind]}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
