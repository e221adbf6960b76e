"""Keep answers as they come, so that a run that was stopped asks nobody the same question twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rlvr.errors import UserError
from rlvr.files import Json
from rlvr.progress import Advance
from rlvr.sampler import Completion, Request, Sampler, unwatched


@dataclass
class RememberingSampler:
    """A sampler whose answers are appended to a file, and read from there where the same was asked before.

    What failed is not kept, and is asked again by the next run. A line that a crash tore is passed over.

    Args:
        sampler: who is asked.
        path: the file, JSON lines.

    Raises:
        UserError: the file cannot be read.
    """

    sampler: Sampler
    path: Path
    answers: dict[str, list[Completion]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n") if self.path.exists() else []
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        for line in lines:
            self.answers.update(_entry(line))

    @property
    def name(self) -> str:
        """The model's name."""
        return self.sampler.name

    @property
    def wire(self) -> str | None:
        """The format that the model writes calls in."""
        return self.sampler.wire

    def close(self) -> None:
        """Close what is asked."""
        self.sampler.close()

    def sample(
        self, requests: Sequence[Request], progress: Advance = unwatched
    ) -> Iterator[tuple[int, list[Completion] | None]]:
        """Yield each request's completions, those first that were kept; `rlvr.sampler.Sampler` says how."""
        keys = [_key(self.name, request) for request in requests]
        missing = []
        for place, key in enumerate(keys):
            if key not in self.answers:
                missing.append(place)
                continue
            progress(1)
            yield place, self.answers[key]
        if not missing:
            return
        with self.path.open("a+b") as file:
            if file.tell() and not _ends_in_newline(self.path):
                file.write(b"\n")
            for number, completions in self.sampler.sample([requests[place] for place in missing], progress):
                place = missing[number]
                if completions is not None:
                    self.answers[keys[place]] = completions
                    entry = {"key": keys[place], "completions": list(map(asdict, completions))}
                    file.write(json.dumps(entry).encode() + b"\n")
                    file.flush()
                yield place, completions


def _key(model: str, request: Request) -> str:
    asked = json.dumps([model, asdict(request)], sort_keys=True, default=str)
    return hashlib.blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _entry(line: str) -> dict[str, list[Completion]]:
    try:
        entry: Json = json.loads(line)
        return {str(entry["key"]): [Completion(**completion) for completion in entry["completions"]]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def _ends_in_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
