"""Random completions in every wire format: none may raise, and none may take 50 ms.

    python -m benchmarks.fuzz [--count 1000000] [--seed 0] [--out benchmarks/results/fuzz.md]

Each is what a format writes, a text, or reasoning, changed up to six times: markup of any format put in, parts taken
out, cut off, said again up to thirty times, random letters. It is scored in a random format against a random ground
truth. Its time is CPU time, the least of three where the first was too long.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from rewards import GroundTruth, Tiered, ToolCall, Toolset, wire
from tests.rewards.tools import ALL, PARIS, REFUSE

LIMIT_S = 0.05
MAX_CHARS = 20_000
TOOLS = Toolset(ALL)
FLIGHT = ToolCall("search_flights", {"origin": "Oslo", "destination": "Rome", "departure_date": "2026-01-02"})
EMAIL = ToolCall("send_email", {"recipient": "Ann", "subject": "Hi", "body": "See you\n soon"})
CALLS = (PARIS.calls, (EMAIL,), (*PARIS.calls, FLIGHT))
TRUTHS = (
    PARIS,
    REFUSE,
    GroundTruth("execute", (*PARIS.calls, FLIGHT), ordered=True),
    GroundTruth("clarify", missing=("city",)),
    GroundTruth("answer", text="The capital is Paris."),
)
TEXTS = (
    "I'm sorry, I can't help with that.",
    "Which city do you mean?",
    "The capital is Paris.",
    "<think>hm</think>",
    "```json\n{}\n```",
    "Ich kann das nicht. Welche Stadt?",
    "[f(x=1)]",
)
MARKUP = sorted(
    {
        text
        for known in wire.FORMATS.values()
        for text in (*known.marks, *known.inner, *known.ends, *sum(known.reasoning, ()))
    }
)
PIECES = (
    *MARKUP,
    *'{ } [ ] " \\ : , ( ) = null true NaN 1e999 ? .'.split(" "),
    *("\n", '"name"', '"arguments"', "\ud800", "\u200b", "é", "1" * 50, "[[" * 20),
)


@dataclass
class Tally:
    """What the completions did."""

    scored: int = 0
    slowest_s: float = 0.0
    failures: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    tally = Tally()
    for completion, reward, truth in completions(options.seed, options.count):
        score(completion, reward, truth, tally)
        if tally.scored % 20_000 == 0:
            print(f"{tally.scored:,} scored, {len(tally.failures)} failed", file=sys.stderr, flush=True)
    text = "\n".join(
        [
            "# Random completions",
            "",
            f"`python -m benchmarks.fuzz --count {options.count} --seed {options.seed}`, {date.today()}, one core.",
            "",
            f"{tally.scored:,} completions in {len(wire.FORMATS)} formats: {len(tally.failures)} raised or took more "
            f"than {LIMIT_S * 1000:.0f} ms; the slowest took {tally.slowest_s * 1000:.1f} ms.",
            *(f"- {failure}" for failure in tally.failures[:50]),
        ]
    )
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.exit(bool(tally.failures))


def completions(seed: int, count: int) -> Iterator[tuple[str, Tiered, GroundTruth]]:
    """Yield random completions, each with a reward of a random format and a ground truth."""
    rng = random.Random(seed)
    rewards = {name: Tiered(wire=name) for name in (wire.AUTO, *wire.FORMATS)}
    starts = [wire.render(calls, name, TOOLS) for name in wire.FORMATS for calls in CALLS] + list(TEXTS)
    for _ in range(count):
        name = rng.choice((wire.AUTO, wire.AUTO, rng.choice(list(wire.FORMATS))))
        yield changed(rng.choice(starts), starts, rng), rewards[name], rng.choice(TRUTHS)


def changed(text: str, starts: list[str], rng: random.Random) -> str:
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        start, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        kind = rng.random()
        if kind < 0.35:
            text = text[:start] + rng.choice(PIECES) + text[start:]
        elif kind < 0.6:
            text = text[:start] + text[start + rng.randrange(1, 12) :]
        elif kind < 0.75:
            text = text[:start]
        elif kind < 0.85:
            text += rng.choice(starts)
        elif kind < 0.93:
            text = text[:start] + text[start:end] * rng.choice((2, 3, 30)) + text[start:]
        else:
            letters = "".join(chr(rng.randrange(32, 0x2FFF)) for _ in range(rng.randrange(1, 9)))
            text = text[:start] + letters + text[start:]
        text = text[:MAX_CHARS]
    return text


def score(completion: str, reward: Tiered, truth: GroundTruth, tally: Tally) -> None:
    tally.scored += 1
    try:
        seconds = seconds_for(completion, reward, truth)
    except Exception as error:  # noqa: BLE001 - what is looked for
        tally.failures.append(f"{error!r} on {completion[:300]!r} in {reward.wire}")
        return
    if seconds > LIMIT_S:
        seconds = min(seconds, *(seconds_for(completion, reward, truth) for _ in range(2)))
    tally.slowest_s = max(tally.slowest_s, seconds)
    if seconds > LIMIT_S:
        tally.failures.append(f"{seconds * 1000:.1f} ms on {completion[:300]!r} in {reward.wire}")


def seconds_for(completion: str, reward: Tiered, truth: GroundTruth) -> float:
    started = time.thread_time()
    result = reward(completion, ground_truth=truth, tools=TOOLS)
    seconds = time.thread_time() - started
    if result is None or not 0.0 <= result.value <= 1.0:
        raise ValueError(f"{result} is no reward in [0, 1]")
    for reason in result.reasons:
        str(reason)
    return seconds


if __name__ == "__main__":
    main()
