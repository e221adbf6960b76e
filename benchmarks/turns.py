"""Time the turns of conversations, with and without what each has said kept for its next turn.

    python benchmarks/turns.py [--model smollm2-135m] [--conversations 8] [--turns 4] [--tools 600] [--repeats 2]

Conversations that begin with the same tools are decoded side by side by `rlvr.sampling.decode`, as a GRPO step decodes
them; replies of 30 to 90 tokens come between the turns. All tokens but the policy's are random: they cost as much as
others. Both ways in turns and from the same seed; seconds are the processor's own, of one thread, in 32 bits.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import torch

from rlvr.config import ModelConfig
from rlvr.policy.attention import causal_lm
from rlvr.policy.load import load_policy
from rlvr.quiet import quiet_libraries
from rlvr.sampler import Sampling
from rlvr.sampling.contexts import Contexts
from rlvr.sampling.decode import decode

FIRST_REQUEST = 40
REPLIES = (30, 90)
WAYS = {"every turn from its beginning": False, "what is new since the last turn": True}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m", help="a model.path")
    parser.add_argument("--conversations", type=int, default=8, help="held side by side")
    parser.add_argument("--turns", type=int, default=4, help="of each conversation")
    parser.add_argument("--tokens", type=int, default=32, help="of each turn")
    parser.add_argument("--tools", type=int, default=600, help="tokens that all conversations begin with")
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with quiet_libraries():
        model = causal_lm(load_policy(ModelConfig(path=options.model, dtype="float32")).model).eval()
    generator = torch.Generator().manual_seed(0)

    def random_ids(n_tokens: int) -> list[int]:
        return torch.randint(5, model.config.vocab_size, (n_tokens,), generator=generator).tolist()

    tools = random_ids(options.tools)
    begun = [tools + random_ids(FIRST_REQUEST) for _ in range(options.conversations)]
    lengths = torch.randint(*REPLIES, (options.turns, options.conversations), generator=generator).tolist()
    replies = [[random_ids(length) for length in of_turn] for of_turn in lengths]
    seconds: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for repeat in range(options.repeats):
        for way, keeps in WAYS.items():
            torch.manual_seed(repeat)
            contexts = Contexts() if keeps else None
            prompts, taken = begun, []
            for of_turn in replies:
                started = time.process_time()
                said = decode(
                    model,
                    prompts,
                    1,
                    Sampling(temperature=1.0),
                    max_new_tokens=options.tokens,
                    stop_ids=[],
                    contexts=contexts,
                )
                taken.append(time.process_time() - started)
                prompts = [before + own + reply for before, own, reply in zip(prompts, said, of_turn, strict=True)]
            seconds[way].append(taken)
    print("| computed | seconds, median | " + " | ".join(f"turn {turn + 1}" for turn in range(options.turns)) + " |")
    print("|---|---|" + "---|" * options.turns)
    for way, runs in seconds.items():
        of_turns = " | ".join(f"{median(of_turn):.1f}" for of_turn in zip(*runs, strict=True))
        print(f"| {way} | {median(map(sum, runs)):.1f} | {of_turns} |")
    whole, new = (median(map(sum, runs)) for runs in seconds.values())
    print(f"\n{whole / new:.2f} times as fast")


if __name__ == "__main__":
    main()
