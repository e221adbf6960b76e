"""From tools and phrasings to rows: the shares of behaviors, values drawn, requests worded, nothing twice.

Everything is drawn from one `random.Random` seeded with text, so that a seed gives the same rows in any process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle, islice
from random import Random
from typing import Any

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.data.synth import refusals
from rlvr.data.synth.phrasing import STYLES, Phrasing, render, written
from rlvr.data.synth.reasoning import HARMFUL, NO_SUCH_TOOL, OUT_OF_SCOPE, known_arguments
from rlvr.data.synth.refusals import RefusedRequests
from rlvr.data.synth.tool import Cores, Openings, SynthTool
from rlvr.data.synth.values import expand
from rlvr.records.row import Row

SHARES = {Behavior.EXECUTE: 0.60, Behavior.CLARIFY: 0.25, Behavior.REFUSE: 0.15}
WITH_OPTIONAL = 0.5
TWO_MISSING = 0.15
REFUSED_KINDS = ("harmful", "out_of_scope", "harmful", "out_of_scope", "no_tool")
OFFERED_TOOLS = (1, 2, 2, 3)
SYSTEM_MESSAGES = (
    None,
    "You are a helpful assistant.",
    "You are a helpful assistant with access to tools.",
    "You are an assistant that can call tools.",
    "Answer the user's request, using the tools when they help.",
)
MAX_WORDS = 30
# About 450 tokens of the embedded policy's small vocabulary: longer prompts cost the demo time and show nothing more.
MAX_SCHEMA_CHARS = 1180
# A request as short as "weather?" would be asked for again and again; drawing anew costs microseconds.
MIN_WORDS = 2
ATTEMPTS_PER_TURN = 100
TURNS_PER_ROW = 10


@dataclass(frozen=True)
class Family:
    """Tools that are offered together, and everything that one split says about them."""

    name: str
    split: str
    tools: tuple[tuple[SynthTool, Cores], ...]
    refused: RefusedRequests
    openings: Openings

    @property
    def is_held_out(self) -> bool:
        """Whether values come from the held-out side."""
        return self.split == "held_out"

    @cached_property
    def share_with_optional(self) -> float:
        """How many requests give optional values, of the tools that have any: WITH_OPTIONAL among all tools."""
        return WITH_OPTIONAL * len(self.tools) / max(1, sum(bool(tool.optional) for tool, _ in self.tools))

    @cached_property
    def share_with_two_missing(self) -> float:
        """How many clarify rows lack two values, of the tools that require several: TWO_MISSING among all tools."""
        return TWO_MISSING * len(self.tools) / max(1, sum(len(tool.required) > 1 for tool, _ in self.tools))


@dataclass(frozen=True)
class Request:
    """A user's words with what they call for."""

    text: str
    ground_truth: GroundTruth
    tool: str | None
    offered: tuple[SynthTool, ...]
    phrasing: str
    kind: str
    reasoning: str


def family_rows(family: Family, n: int, seed: int) -> list[Row]:
    """Rows of one family with exact shares of behaviors, in random order; no user text occurs twice.

    Raises:
        ValueError: the family's phrasings and values are used up before n rows are made.
    """
    rng = Random(f"{family.name}/{family.split}/{seed}")
    seen: set[str] = set()
    plan = list(_plan(family, n, rng))
    rng.shuffle(plan)
    return [_row(family, _fresh(family, rng, seen, *planned), planned[1], rng) for planned in plan]


def _plan(family: Family, n: int, rng: Random) -> Iterator[tuple[Behavior, str, int]]:
    """Behavior, style and a running number for each row: tools and kinds of refusal take turns within a style."""
    n_clarify, n_refuse = round(n * SHARES[Behavior.CLARIFY]), round(n * SHARES[Behavior.REFUSE])
    counts = {
        Behavior.EXECUTE: n - n_clarify - n_refuse,
        Behavior.CLARIFY: n_clarify,
        Behavior.REFUSE: n_refuse,
    }
    for behavior, count in counts.items():
        first_style = rng.randrange(len(STYLES))
        styles = islice(cycle(STYLES), first_style, first_style + count)
        for number, style in enumerate(styles):
            yield behavior, style, number // len(STYLES)


def _fresh(family: Family, rng: Random, seen: set[str], behavior: Behavior, style: str, turn: int) -> Request:
    make = {Behavior.EXECUTE: _execute, Behavior.CLARIFY: _clarify, Behavior.REFUSE: _refuse}[behavior]
    for attempt in range(ATTEMPTS_PER_TURN * TURNS_PER_ROW):
        # A tool or a kind of refusal that is used up leaves its turn to the next one.
        request = make(family, rng, style, turn + attempt // ATTEMPTS_PER_TURN)
        n_words = len(request.text.split())
        if request.text not in seen and MIN_WORDS <= n_words <= MAX_WORDS:
            seen.add(request.text)
            return request
    raise ValueError(
        f"synth {family.name!r}, split {family.split!r}: no new {behavior.value} request after {len(seen)} rows; "
        "ask for fewer rows"
    )


def _row(family: Family, request: Request, style: str, rng: Random) -> Row:
    system = rng.choice(SYSTEM_MESSAGES)
    messages = [] if system is None else [{"role": "system", "content": system}]
    return Row(
        prompt=[*messages, {"role": "user", "content": request.text}],
        tools=[tool.schema for tool in request.offered],
        ground_truth=request.ground_truth,
        extra_info={
            "style": style,
            "split": family.split,
            "source": family.name,
            "tool": request.tool,
            "kind": request.kind,
            "phrasing": request.phrasing,
            "reasoning": request.reasoning,
        },
    )


def _execute(family: Family, rng: Random, style: str, turn: int) -> Request:
    tool, cores = family.tools[turn % len(family.tools)]
    text, arguments, phrasing = _ask_for(tool, rng.choice(rng.choice(cores[style])), frozenset(), family, rng)
    truth = GroundTruth(behavior=Behavior.EXECUTE, calls=(ToolCall(name=tool.name, arguments=arguments),))
    reasoning = known_arguments([(tool.name, arguments)], [tool.schema])
    return Request(text, truth, tool.name, _offered(family, rng, needed=tool), phrasing, "call", reasoning)


def _clarify(family: Family, rng: Random, style: str, turn: int) -> Request:
    tool, cores = family.tools[turn % len(family.tools)]
    several = len(tool.required) > 1 and rng.random() < family.share_with_two_missing
    missing = frozenset(rng.sample(tool.required, 2 if several else 1))
    able = [core for core in cores[style] if core[0].droppable >= missing]
    while not able:
        missing = frozenset(rng.sample(tool.required, 1))
        able = [core for core in cores[style] if core[0].droppable >= missing]
    text, arguments, phrasing = _ask_for(tool, rng.choice(rng.choice(able)), missing, family, rng)
    in_order = tuple(name for name in tool.required if name in missing)
    truth = GroundTruth(behavior=Behavior.CLARIFY, text=_question(tool, in_order, rng), missing=in_order)
    given = {name: value for name, value in arguments.items() if name not in missing}
    reasoning = known_arguments([(tool.name, given)], [tool.schema])
    return Request(text, truth, tool.name, _offered(family, rng, needed=tool), phrasing, "missing", reasoning)


def _ask_for(
    tool: SynthTool, phrasing: Phrasing, missing: frozenset[str], family: Family, rng: Random
) -> tuple[str, dict[str, Any], str]:
    """The request, the arguments that it states, and the line it was worded with."""
    values = tool.sample(rng, family.is_held_out)
    given = _given_optional(tool, phrasing, family.share_with_optional, rng)
    arguments = {name: value for name, value in values.items() if name in given or name in tool.required}
    said = {name: written(value, name in tool.enums) for name, value in arguments.items()}
    chosen = tool.clauses.choose(rng, phrasing.style, given)
    return render(phrasing, said, missing, chosen), arguments, phrasing.source


def _given_optional(tool: SynthTool, phrasing: Phrasing, share: float, rng: Random) -> set[str]:
    sayable = [name for name in tool.optional if name not in phrasing.refused]
    given = set()
    if sayable and rng.random() < share:
        given = set(rng.sample(sayable, min(len(sayable), rng.choice((1, 1, 1, 2, 2, 3)))))
    if tool.usual is not None and tool.usual[0] in sayable and rng.random() < tool.usual[1]:
        given.add(tool.usual[0])
    return given


def _question(tool: SynthTool, missing: tuple[str, ...], rng: Random) -> str:
    if len(missing) > 1:
        phrases = " and ".join(tool.asks[name].noun_phrase for name in missing)
        return rng.choice((f"Could you tell me {phrases}?", f"Can you give me {phrases}?"))
    ask = tool.asks[missing[0]]
    if rng.random() < 0.3:
        return f"Could you tell me {ask.noun_phrase}?"
    return rng.choice(ask.questions)


def _refuse(family: Family, rng: Random, style: str, turn: int) -> Request:
    kind = REFUSED_KINDS[turn % len(REFUSED_KINDS)]
    if kind == "no_tool":
        return _without_its_tool(family, rng, style)
    pattern = rng.choice(family.refused.harmful if kind == "harmful" else family.refused.out_of_scope)
    openings = {"formal": family.openings.formal, "casual": family.openings.casual, "terse": family.openings.terse}
    text = rng.choice(openings[style]).replace("~", expand(rng, pattern))
    answers = refusals.ANSWERS[kind]
    return Request(
        text=text if style == "terse" else text[:1].upper() + text[1:],
        ground_truth=GroundTruth(behavior=Behavior.REFUSE, text=rng.choice(answers)),
        tool=None,
        offered=_offered(family, rng),
        phrasing=pattern,
        kind=kind,
        reasoning=HARMFUL if kind == "harmful" else OUT_OF_SCOPE,
    )


def _without_its_tool(family: Family, rng: Random, style: str) -> Request:
    tool, cores = rng.choice(family.tools)
    text, _, phrasing = _ask_for(tool, rng.choice(rng.choice(cores[style])), frozenset(), family, rng)
    answer = rng.choice(refusals.ANSWERS["no_tool"]).replace("~", tool.task)
    return Request(
        text=text,
        ground_truth=GroundTruth(behavior=Behavior.REFUSE, text=answer),
        tool=None,
        offered=_offered(family, rng, withheld=tool),
        phrasing=phrasing,
        kind="no_tool",
        reasoning=NO_SUCH_TOOL,
    )


def _offered(
    family: Family, rng: Random, needed: SynthTool | None = None, withheld: SynthTool | None = None
) -> tuple[SynthTool, ...]:
    """One to three tools in random order: the needed one, and others while all schemas together stay short."""
    n_tools = rng.choice(OFFERED_TOOLS)
    offered = [] if needed is None else [needed]
    others = [tool for tool, _ in family.tools if tool is not needed and tool is not withheld]
    for tool in rng.sample(others, len(others)):
        n_chars = tool.n_chars + sum(other.n_chars for other in offered)
        if len(offered) < n_tools and n_chars <= MAX_SCHEMA_CHARS:
            offered.append(tool)
    rng.shuffle(offered)
    return tuple(offered)
