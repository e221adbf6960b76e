"""From tools and phrasings to rows: the shares of behaviors, values drawn, requests worded, nothing twice.

Everything is drawn from one `random.Random` seeded with text, so that a seed gives the same rows in any process.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from random import Random

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.data.json_values import without
from rlvr.data.synth import refusals
from rlvr.data.synth.phrasing import STYLES, Phrasing, phrasing, render, written
from rlvr.data.synth.reasoning import HARMFUL, NO_SUCH_TOOL, OUT_OF_SCOPE, known_arguments
from rlvr.data.synth.refusals import Refused
from rlvr.data.synth.values import expand
from rlvr.data.synth.worded import Line, Openings, WordedTool
from rlvr.files import JsonMapping, JsonObject
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
FAMILIES_TRIED = 10
"""Families of made-up tools are many, and of some with one value all requests are soon used up."""


@dataclass(frozen=True)
class Family:
    """Tools that are offered together, and everything that one split says about them."""

    name: str
    split: str  # whose phrasings and values these are
    tools: tuple[WordedTool, ...]  # those that requests ask for
    refused: Refused  # the requests that are refused, by kind
    openings: Openings  # what makes a verb phrase a sentence
    offered: tuple[WordedTool, ...] = ()  # what every row offers; empty where each row draws its own
    systems: tuple[str | None, ...] = SYSTEM_MESSAGES  # the system messages; None is no message

    @cached_property
    def share_with_optional(self) -> float:
        """Return how many requests give optional values, of the tools that have any: WITH_OPTIONAL among all tools."""
        return WITH_OPTIONAL * len(self.tools) / max(1, sum(bool(tool.optional) for tool in self.tools))

    @cached_property
    def share_with_two_missing(self) -> float:
        """Return how many clarify rows lack two values, of tools that require several: TWO_MISSING among all tools."""
        return TWO_MISSING * len(self.tools) / max(1, sum(len(tool.required) > 1 for tool in self.tools))

    def needed(self, turn: int) -> WordedTool:
        """Return the tool that a request asks for, each in its turn."""
        tools = self.offered or self.tools
        return tools[turn % len(tools)]

    @cached_property
    def absent(self) -> tuple[WordedTool, ...]:
        """The tools that a request may ask for in vain."""
        return tuple(tool for tool in self.tools if tool not in self.offered)


@dataclass(frozen=True)
class Request:
    """A user's words with what they call for."""

    text: str
    ground_truth: GroundTruth  # what is right
    offered: tuple[WordedTool, ...]  # the tools that are there
    tool: WordedTool | None  # the one that is asked for, where it is offered
    arguments: JsonMapping  # of its call, those included that the words leave out
    phrasing: str  # the line that it was worded with
    kind: str  # call, missing, harmful, out_of_scope or no_tool
    reasoning: str  # the tool, and what is known for it


def family_rows(family: Family, n: int, seed: int) -> list[Row]:
    """Rows of one family with exact shares of behaviors, in random order; no user text occurs twice.

    Raises:
        ValueError: the family's phrasings and values are used up before n rows are made.
    """
    return list(rows_of(repeat(family), n, Random(f"{family.name}/{family.split}/{seed}")))


def rows_of(
    families: Iterable[Family], n: int, rng: Random, is_kept: Callable[[Row], bool] = lambda row: True
) -> Iterator[Row]:
    """Yield rows with exact shares of behaviors, in random order; no user text occurs twice.

    Each row takes the next family; a row that is not kept gives its place to another.

    Raises:
        ValueError: the phrasings and values are used up before n rows are made.
    """
    seen: set[str] = set()
    plan = list(_plan(n, rng))
    rng.shuffle(plan)
    remaining = iter(families)
    for behavior, style, turn in plan:
        n_used_up = 0
        for family in remaining:
            request = _fresh(family, rng, seen, behavior, style, turn)
            if request is None:
                n_used_up += 1
                if n_used_up == FAMILIES_TRIED:
                    raise ValueError(
                        f"synth {family.name!r}, split {family.split!r}: no new {behavior.value} request after "
                        f"{len(seen)} rows; ask for fewer rows"
                    )
                continue
            row = _row(family, request, style, rng)
            if is_kept(row):
                yield row
                break


def _plan(n: int, rng: Random) -> Iterator[tuple[Behavior, str, int]]:
    """Behavior, style and a running number for each row: tools and kinds of refusal take turns within a style."""
    n_clarify, n_refuse = round(n * SHARES[Behavior.CLARIFY]), round(n * SHARES[Behavior.REFUSE])
    counts = {
        Behavior.EXECUTE: n - n_clarify - n_refuse,
        Behavior.CLARIFY: n_clarify,
        Behavior.REFUSE: n_refuse,
    }
    for behavior, count in counts.items():
        first_style = rng.randrange(len(STYLES))
        for number in range(count):
            yield behavior, STYLES[(first_style + number) % len(STYLES)], number // len(STYLES)


def _fresh(family: Family, rng: Random, seen: set[str], behavior: Behavior, style: str, turn: int) -> Request | None:
    """Return a request that no row has yet; None where the family's are used up."""
    for attempt in range(ATTEMPTS_PER_TURN * TURNS_PER_ROW):
        # A tool or a kind of refusal that is used up leaves its turn to the next one.
        request = MAKERS[behavior](family, rng, style, turn + attempt // ATTEMPTS_PER_TURN)
        n_words = len(request.text.split())
        if request.text not in seen and MIN_WORDS <= n_words <= MAX_WORDS:
            seen.add(request.text)
            return request
    return None


def _row(family: Family, request: Request, style: str, rng: Random) -> Row:
    system = rng.choice(family.systems)
    messages = [] if system is None else [{"role": "system", "content": system}]
    return Row(
        prompt=[*messages, {"role": "user", "content": request.text}],
        tools=[tool.schema for tool in request.offered],
        ground_truth=request.ground_truth,
        extra_info={
            "style": style,
            "split": family.split,
            "source": family.name,
            "tool": None if request.tool is None else request.tool.name,
            "kind": request.kind,
            "phrasing": request.phrasing,
            "reasoning": request.reasoning,
        },
    )


def execute(family: Family, rng: Random, style: str, turn: int) -> Request:
    """Return a request for one call."""
    tool = family.needed(turn)
    text, arguments, source = _ask_for(tool, rng.choice(tool.lines[style]), style, frozenset(), family, rng)
    truth = GroundTruth(behavior=Behavior.EXECUTE, calls=(ToolCall(name=tool.name, arguments=arguments),))
    reasoning = known_arguments([(tool.name, arguments)], [tool.schema])
    return Request(text, truth, _offered(family, rng, needed=tool), tool, arguments, source, "call", reasoning)


def clarify(family: Family, rng: Random, style: str, turn: int) -> Request:
    """Return a request that leaves one required value out, or two."""
    tool = family.needed(turn)
    several = len(tool.required) > 1 and rng.random() < family.share_with_two_missing
    missing = frozenset(rng.sample(tool.required, 2 if several else 1))
    while not (able := tool.lines_without(missing, style)):
        missing = frozenset(rng.sample(tool.required, 1))
    text, arguments, source = _ask_for(tool, rng.choice(able), style, missing, family, rng)
    keys = tuple(key for key in tool.required if key in missing)
    names = tuple(tool.parameter_of[key] for key in keys)
    truth = GroundTruth(behavior=Behavior.CLARIFY, text=_question(tool, keys, rng), missing=names)
    stated = without(arguments, *names)
    reasoning = known_arguments([(tool.name, stated)], [tool.schema])
    return Request(text, truth, _offered(family, rng, needed=tool), tool, arguments, source, "missing", reasoning)


def _ask_for(
    tool: WordedTool, line: Line, style: str, missing: frozenset[str], family: Family, rng: Random
) -> tuple[str, JsonObject, str]:
    """The request, the arguments of the call, and the line it was worded with."""
    whole = phrasing(rng.choice(line.openings).replace("~", line.text), style)
    drawn = tool.draw(rng)
    chosen = _given_optional(tool, whole, family.share_with_optional, rng)
    values = {key: value for key, value in drawn.items() if key in chosen or key in tool.required}
    texts = {key: written(value, key in tool.enums) for key, value in values.items()}
    clauses = tool.clauses.choose(rng, style, values.keys() - whole.slots - missing)
    return (
        render(whole, texts, missing, clauses),
        {tool.parameter_of[key]: value for key, value in values.items()},
        whole.source,
    )


def _given_optional(tool: WordedTool, line: Phrasing, share: float, rng: Random) -> set[str]:
    sayable = [key for key in tool.optional if key not in line.refused]
    chosen = set()
    if sayable and rng.random() < share:
        chosen = set(rng.sample(sayable, min(len(sayable), rng.choice((1, 1, 1, 2, 2, 3)))))
    if tool.usual is not None and tool.usual[0] in sayable and rng.random() < tool.usual[1]:
        chosen.add(tool.usual[0])
    return chosen


def _question(tool: WordedTool, missing: tuple[str, ...], rng: Random) -> str:
    if len(missing) > 1:
        phrases = " and ".join(tool.ask(key).noun_phrase for key in missing)
        return rng.choice((f"Could you tell me {phrases}?", f"Can you give me {phrases}?"))
    ask = tool.ask(missing[0])
    if rng.random() < 0.3:
        return f"Could you tell me {ask.noun_phrase}?"
    return rng.choice(ask.questions)


def refuse(family: Family, rng: Random, style: str, turn: int) -> Request:
    """Return a request that is harmful, that no tool is for, or whose tool is not there."""
    kind = REFUSED_KINDS[turn % len(REFUSED_KINDS)]
    if kind == "no_tool":
        return unavailable(family, rng, style)
    pattern = rng.choice(family.refused[kind])
    text = rng.choice(family.openings[style]).replace("~", expand(rng, pattern))
    text = text if style == "terse" else text[:1].upper() + text[1:]
    truth = GroundTruth(behavior=Behavior.REFUSE, text=rng.choice(refusals.ANSWERS[kind]))
    reasoning = HARMFUL if kind == "harmful" else OUT_OF_SCOPE
    return Request(text, truth, _offered(family, rng), None, {}, pattern, kind, reasoning)


def unavailable(family: Family, rng: Random, style: str) -> Request:
    """Return a request whose tool is not there."""
    tool = rng.choice(family.absent)
    text, arguments, source = _ask_for(tool, rng.choice(tool.lines[style]), style, frozenset(), family, rng)
    answer = rng.choice(refusals.ANSWERS["no_tool"]).replace("~", tool.task)
    truth = GroundTruth(behavior=Behavior.REFUSE, text=answer)
    return Request(text, truth, _offered(family, rng, withheld=tool), None, arguments, source, "no_tool", NO_SUCH_TOOL)


def _offered(
    family: Family, rng: Random, needed: WordedTool | None = None, withheld: WordedTool | None = None
) -> tuple[WordedTool, ...]:
    """One to three tools in random order: the needed one, and others while all schemas together stay short."""
    if family.offered:
        return family.offered
    n_tools = rng.choice(OFFERED_TOOLS)
    offered = [] if needed is None else [needed]
    others = [tool for tool in family.tools if tool is not needed and tool is not withheld]
    for tool in rng.sample(others, len(others)):
        n_chars = tool.n_chars + sum(chosen.n_chars for chosen in offered)
        if len(offered) < n_tools and n_chars <= MAX_SCHEMA_CHARS:
            offered.append(tool)
    rng.shuffle(offered)
    return tuple(offered)


MAKERS = {Behavior.EXECUTE: execute, Behavior.CLARIFY: clarify, Behavior.REFUSE: refuse}
