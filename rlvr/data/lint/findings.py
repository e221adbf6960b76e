"""What lint can find, and what it has found: counts, and the first offenders of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_OFFENDERS = 5  # offenders kept of each kind
MOST_TOOLS = 10_000  # tools whose findings are counted apart; those of further tools are counted together


@dataclass(frozen=True)
class Kind:
    """One kind of defect.

    Args:
        title: what it is, for a person.
        is_advice: whether it never fails `--strict`.
        module: the module whose `findings(row)` look for it; "" where that is done beside other kinds.
    """

    title: str
    is_advice: bool = False
    module: str = ""


KINDS: Mapping[str, Kind] = {
    "not_json": Kind("the line is not JSON"),
    "duplicate_key": Kind("a JSON object has a key twice: all but the last are lost"),
    "damaged_text": Kind("the text lost characters to a wrong encoding"),
    "bad_row": Kind("a field is missing or is of the wrong type"),
    "no_request": Kind("the prompt does not end with something to answer"),
    "bad_tool": Kind("a tool's schema is not a JSON Schema"),
    "null_schema": Kind("a schema is full of nulls, as Arrow leaves it: keep tools as JSON strings in columns"),
    "same_name": Kind("two tools of a row have one name"),
    "bad_truth": Kind("the ground truth cannot be scored"),
    "unknown_tool": Kind("the ground truth calls a tool that is not offered"),
    "missing_required": Kind("a call of the ground truth lacks a required argument"),
    "unknown_parameter": Kind("a call of the ground truth gives an argument that its tool does not have"),
    "invalid_value": Kind("a value of the ground truth is not valid under its schema"),
    "bad_alternative": Kind("an alternative is not valid under its schema, or of no argument"),
    "repeated_call": Kind("the ground truth makes the very same call twice"),
    "ungrounded": Kind("a required value stands nowhere in the prompt"),
    "has_everything": Kind("a question is expected, but what it asks for is in the prompt"),
    "not_a_parameter": Kind("'missing' names what no offered tool takes"),
    "not_required": Kind("'missing' names a parameter that no offered tool requires"),
    "no_missing": Kind("most questions do not say what is missing: the reward can tell less well what they ask for",
                       is_advice=True),
    "unfilled": Kind("the prompt holds a placeholder that was never filled"),
    "answer_in_prompt": Kind("the prompt holds the expected call itself"),
    "bad_history": Kind("an earlier call or tool result of the prompt does not fit the tools or each other",
                        module="rlvr.data.lint.history"),
    "duplicate": Kind("an earlier row has the same prompt, tools and ground truth"),
    "contradiction": Kind("an earlier row has the same prompt and tools, and another ground truth"),
    "prompt_leak": Kind("the prompt is also in a file that is held out"),
    "tool_leak": Kind("a tool is also in a file whose tools should be unseen"),
    "not_right": Kind("the ground truth does not earn 1.0 under the configured reward"),
    "too_long": Kind("the prompt does not fit the model's context"),
    "bad_episode": Kind("a conversation cannot begin"),
    "unsolved": Kind("a conversation has no solution that reaches its goal"),
    "nothing_to_do": Kind("a conversation's goal is reached before anything is done"),
    "needless_step": Kind("a conversation's solution changes what its goal does not need"),
    "given_away": Kind("a conversation begins with what is to be asked for or to be found"),
    "near_duplicate": Kind("an earlier row has nearly the same prompt", is_advice=True),
    "ungrounded_optional": Kind("an optional value stands nowhere in the prompt", is_advice=True),
    "unlisted_value": Kind("a value is none of those that its parameter's description lists", is_advice=True),
    "other_form": Kind("a value has another form than its parameter's description states", is_advice=True),
    "one_value": Kind("a parameter has one value in every call: a model learns to give that", is_advice=True),
    "dictated": Kind("requests name the parameters of their values: people leave them out", is_advice=True),
    "tool_words": Kind("requests say the tool's name: a model learns to look for that alone", is_advice=True),
    "unreal_result": Kind("tool results say nothing: a model learns nothing from them", is_advice=True),
    "undescribed_tool": Kind("a tool has no description", is_advice=True),
    "unbalanced": Kind("the rows are out of balance", is_advice=True),
    "no_negatives": Kind("too few rows expect no call: a model trained on them will call tools on everything",
                         is_advice=True),
}  # fmt: skip
"""Every kind of finding by the name that reports and programs use."""

_NUMBERS = dict(zip(KINDS, range(1, 256), strict=False))


@dataclass(frozen=True)
class Finding:
    """One defect.

    Args:
        kind: one of `KINDS`.
        message: what was found, for a person.
        tool: the tool concerned, if any.
    """

    kind: str
    message: str
    tool: str | None = None


@dataclass
class Findings:
    """All findings so far, in bounded memory: `first_errors` is one byte a line.

    Args:
        counts: findings of each kind.
        by_tool: findings of each kind that concern a tool.
        offenders: the first findings of each kind, with their lines.
        first_errors: for each line, the number of the kind of its first error; 0, or no byte, where it has none.
    """

    counts: Counter[str] = field(default_factory=Counter)
    by_tool: dict[str, Counter[str]] = field(default_factory=dict)
    offenders: dict[str, list[tuple[int | None, Finding]]] = field(default_factory=dict)
    first_errors: bytearray = field(default_factory=bytearray)

    def add(self, line: int | None, finding: Finding) -> None:
        """Count a finding; `line` is None for what concerns the whole file."""
        self.counts[finding.kind] += 1
        if finding.tool is not None:
            name = finding.tool if finding.tool in self.by_tool or len(self.by_tool) < MOST_TOOLS else "(other tools)"
            self.by_tool.setdefault(name, Counter())[finding.kind] += 1
        first = self.offenders.setdefault(finding.kind, [])
        if len(first) < MOST_OFFENDERS:
            first.append((line, finding))
        if line is not None and not KINDS[finding.kind].is_advice and not self.has_error(line):
            self.first_errors.extend(bytes(max(0, line + 1 - len(self.first_errors))))
            self.first_errors[line] = _NUMBERS[finding.kind]

    def has_error(self, line: int) -> bool:
        """Tell whether a line has a finding that is no advice."""
        return any(self.first_errors[line : line + 1])

    def lines_with_error(self) -> Counter[str]:
        """Return how many lines have an error, by the kind of their first one."""
        numbers = Counter(self.first_errors)
        return +Counter({kind: numbers[number] for kind, number in _NUMBERS.items()})

    def n_errors(self) -> int:
        """Findings that are not advice."""
        return sum(count for kind, count in self.counts.items() if not KINDS[kind].is_advice)

    def n_advice(self) -> int:
        """Findings that are advice."""
        return self.counts.total() - self.n_errors()
