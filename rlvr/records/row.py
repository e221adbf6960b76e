"""The row: one prompt, the tools offered with it, and what a right completion does. One JSONL serves every stage."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rewards import GroundTruth, ToolCall, Toolset, behavior_calls, wire
from rewards.types import GroundTruthError
from rlvr.files import Json, JsonMapping, JsonObject, Where, decode, kind_of, read_objects, write_lines
from rlvr.records.message import with_json_arguments
from rlvr.records.sharing import SharedTools

ROLES = ("system", "developer", "user", "assistant", "tool")
_NO_FILE = Where(Path("row"))


@dataclass(frozen=True)
class Row:
    """One task.

    Args:
        prompt: chat messages, the user's request last; earlier turns may hold tool calls and tool results.
        tools: the tools offered, in OpenAI's form; rows may share them, so treat them as constants.
        ground_truth: what a right completion does.
        extra_info: anything else worth keeping: style, split, where the row came from.
        episode: what makes the row a conversation to be held, as `rlvr.environments` reads it; the ground truth is then
            that of the first turn, where one is known. None for a row that asks for one turn.
    """

    prompt: list[JsonObject]
    tools: list[JsonObject]
    ground_truth: GroundTruth
    extra_info: JsonObject = field(default_factory=dict)
    episode: JsonObject | None = None

    @property
    def target(self) -> tuple[tuple[ToolCall, ...], str]:
        """The calls and the text that a policy should write. A row that offers `BEHAVIOR_TOOLS` asks by a call."""
        truth = self.ground_truth
        calls = behavior_calls.target_calls(truth, self.tools)
        return calls, (truth.text or "") if calls is truth.calls else ""

    @classmethod
    def from_json(cls, value: Json, where: Where = _NO_FILE) -> "Row":
        """A row from its JSONL form; `tools`, `reward_model` and `extra_info` may be JSON strings, as Arrow holds them.

        Raises:
            RowError: the first field that is absent or cannot be used, at `where`.
        """
        if not isinstance(value, Mapping):
            raise where.error(None, f"a row is a JSON object, not {kind_of(value)}")
        prompt = _prompt(value, where)
        episode = _decoded(value.get("episode"), "episode", where)
        if episode is not None:
            where.expect(episode, Mapping, "episode", "an object")
        if episode is not None and "reward_model" not in value:
            value = {**value, "reward_model": {"ground_truth": "", "behavior": "answer"}}
        tools, ground_truth = read_truth(value, where)
        extra_info = _decoded(value.get("extra_info") or {}, "extra_info", where)
        where.expect(extra_info, Mapping, "extra_info", "an object")
        return cls(prompt, tools, ground_truth, dict(extra_info), None if episode is None else dict(episode))

    @classmethod
    def checked(
        cls,
        prompt: list[JsonObject],
        tools: list[JsonObject],
        ground_truth: GroundTruth,
        extra_info: JsonObject,
        where: Where,
    ) -> "Row":
        """A row from its parts, held to what `from_json` holds a row to.

        Raises:
            RowError: a message or a tool that cannot be used, or a call of a tool that is not offered, at `where`.
        """
        _prompt({"prompt": prompt}, where)
        _, names = _tools({"tools": tools}, where)
        _check_offered(ground_truth, names, where)
        return cls(prompt, tools, ground_truth, extra_info)

    def to_json(self) -> JsonObject:
        """The row's JSONL form; `from_json` gives the same row back."""
        return {
            "prompt": self.prompt,
            "tools": self.tools,
            "reward_model": self.ground_truth.to_json(),
            "extra_info": self.extra_info,
            **({"episode": self.episode} if self.episode is not None else {}),
        }

    def to_arrow(self) -> JsonObject:
        """Return the row as TRL's trainers take it: `prompt` as messages, the other columns as JSON texts.

        Arrow gives every struct in a column the same keys, which would put nulls into schemas and arguments. So what
        is nested freely stays JSON; in messages that is the arguments of earlier tool calls. `from_json` reads it.
        """
        return {
            "prompt": list(map(with_json_arguments, self.prompt)),
            "tools": json.dumps(self.tools, ensure_ascii=False),
            "reward_model": json.dumps(self.ground_truth.to_json(), ensure_ascii=False),
            "extra_info": json.dumps(self.extra_info, ensure_ascii=False),
        }

    def completion(self, wire_format: str = "hermes") -> str:
        """Return what a policy should write, its calls in a wire format."""
        calls, text = self.target
        return wire.render(calls, wire=wire_format) if calls else text


def read_rows(path: str | Path) -> list[Row]:
    """All rows of a JSONL file; blank lines are skipped.

    Raises:
        RowError: the file cannot be read or is empty, or names the first line and field that cannot be used.
    """
    shared = SharedTools()
    return [_sharing(Row.from_json(value, where), shared) for where, value in read_objects(path)]


def _sharing(row: Row, shared: SharedTools) -> Row:
    """Return the row with what other rows hold too: its tools, and what a system message says."""
    prompt = [
        {**message, "content": shared.text(message["content"])} if _is_system(message) else message
        for message in row.prompt
    ]
    return replace(row, prompt=prompt, tools=shared.tools(row.tools))


def _is_system(message: JsonMapping) -> bool:
    return message["role"] in ("system", "developer") and isinstance(message.get("content"), str)


def read_truth(value: JsonMapping, where: Where) -> tuple[list[JsonObject], GroundTruth]:
    """The tools and the ground truth of a row's JSONL form: all that a reward needs.

    Raises:
        RowError: the first of these fields that is absent or cannot be used, at `where`.
    """
    tools, names = _tools(value, where)
    ground_truth = _ground_truth(value, where)
    _check_offered(ground_truth, names, where)
    return tools, ground_truth


def write_rows(path: str | Path, rows: Iterable[Row]) -> Path:
    """Writes rows as JSONL; the file appears complete or not at all, and an earlier one stays until then.

    Raises:
        UserError: the folder cannot be written to.
    """
    write_lines(path, (row.to_json() for row in rows))
    return Path(path)


def _decoded(value: Json, field: str, where: Where) -> Json:
    return decode(value, field, where) if isinstance(value, str) else value


def _prompt(row: JsonMapping, where: Where) -> list[JsonObject]:
    if row.get("prompt") is None:
        raise where.error("prompt", 'missing; it is a list of messages like {"role": "user", "content": "..."}')
    prompt = row["prompt"]
    if not isinstance(prompt, list) or not prompt:
        raise where.error("prompt", f"must be a non-empty list of messages, not {kind_of(prompt)}")
    for index, message in enumerate(prompt):
        place = f"prompt[{index}]"
        where.expect(message, Mapping, place, "a message")
        if message.get("role") not in ROLES:
            raise where.error(f"{place}.role", f"{message.get('role')!r} is not one of {', '.join(ROLES)}")
        if not isinstance(message.get("content"), str) and not message.get("tool_calls"):
            raise where.error(f"{place}.content", f"must be a text, not {kind_of(message.get('content'))}")
    return prompt


def _tools(row: JsonMapping, where: Where) -> tuple[list[JsonObject], tuple[str, ...]]:
    tools = _decoded(row.get("tools") or [], "tools", where)
    where.expect(tools, list, "tools", "a list of tools")
    try:
        toolset = Toolset.of(tools)
    except ValueError as error:
        raise where.error("tools", str(error)) from None
    return tools, () if toolset is None else toolset.names


def _ground_truth(row: JsonMapping, where: Where) -> GroundTruth:
    if row.get("reward_model") is None:
        raise where.error("reward_model", 'missing; it holds {"ground_truth": ...}')
    value = _decoded(row["reward_model"], "reward_model", where)
    where.expect(value, Mapping, "reward_model", "an object")
    if value.get("ground_truth") is None:
        raise where.error("reward_model.ground_truth", "missing; it is a JSON list of calls, or a text")
    try:
        return GroundTruth.parse(value)
    except GroundTruthError as error:
        raise where.error(f"reward_model.{error.field}", error.message) from None


def _check_offered(truth: GroundTruth, names: tuple[str, ...], where: Where) -> None:
    for call in truth.calls:
        if call.name not in names:
            offered = f"the row offers {', '.join(names)}" if names else "the row offers no tools"
            raise where.error("reward_model.ground_truth", f"calls {call.name!r}, but {offered}")
