"""Keep answers as they come, so that a run that was stopped asks nobody the same question twice."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from rlvr.errors import UserError
from rlvr.files import append_log, named_read_errors, read_log, trim_log
from rlvr.progress import Advance, say
from rlvr.sampler import Completion, NothingAnsweredError, Request, unwatched

if TYPE_CHECKING:
    from rlvr.sampling.endpoint import Endpoint

_LOG = logging.getLogger(__name__)


@dataclass
class RememberingSampler:
    """A server whose answers are appended to a file, and taken from there once each where just the same is sent.

    What failed is not kept, and is asked again by the next run. A line that a crash tore is dropped.

    Args:
        sampler: who is asked.
        path: the file, JSON lines.

    Attributes:
        n_taken: answers that came from the file so far.
        n_answered: answers that came, these included.
        n_asked: answers that were to come.

    Raises:
        UserError: the file cannot be read.
    """

    sampler: Endpoint
    path: Path
    n_taken: int = field(default=0, init=False)
    n_answered: int = field(default=0, init=False)
    n_asked: int = field(default=0, init=False)
    _kept: dict[str, list[Completion]] = field(default_factory=lambda: defaultdict(list), init=False, repr=False)

    def __post_init__(self) -> None:
        with named_read_errors(self.path):
            trim_log(self.path, lambda record: True)
        for record in read_log(self.path):
            with suppress(KeyError, TypeError):
                self._kept[record["key"]].append(Completion(**record["completion"]))

    @property
    def name(self) -> str:
        """The model's name."""
        return self.sampler.name

    @property
    def wire(self) -> None:
        """The server has read the calls."""

    def close(self) -> None:
        """Close what is asked."""
        self.sampler.close()

    def sample(
        self, requests: Sequence[Request], progress: Advance = unwatched
    ) -> Iterator[tuple[int, list[Completion] | None]]:
        """Yield each request's completions, those first that were kept; `rlvr.sampler.Sampler` says how.

        Each completion is kept by itself: of several for one prompt, those stay that came before a crash.
        """
        slots = [(place, i) for place, request in enumerate(requests) for i in range(request.n)]
        drawn: list[list[Completion | None]] = [[None] * request.n for request in requests]
        n_open = [request.n for request in requests]
        for slot, completion in self._each(requests, slots):
            place, i = slots[slot]
            drawn[place][i] = completion
            n_open[place] -= 1
            if n_open[place] == 0:
                progress(1)
                whole = [each for each in drawn[place] if each is not None]
                yield place, whole if len(whole) == requests[place].n else None

    def _each(
        self, requests: Sequence[Request], slots: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[int, Completion | None]]:
        """Yield the number of each slot, which is a request's place and one of its completions, and what comes."""
        self.n_asked += len(slots)
        keys = [_key(self.sampler.body(requests[place], i)) for place, i in slots]
        missing = []
        for slot, key in enumerate(keys):
            if self._kept[key]:
                self.n_taken += 1
                self.n_answered += 1
                yield slot, self._kept[key].pop(0)
            else:
                missing.append(slot)
        singles = []
        for slot in missing:
            place, i = slots[slot]
            singles.append(replace(requests[place], n=1, seed=requests[place].seed + i))
        try:
            for number, completions in self.sampler.sample(singles):
                slot = missing[number]
                for completion in completions or ():
                    self.n_answered += 1
                    append_log(self.path, [{"key": keys[slot], "completion": asdict(completion)}])
                yield slot, next(iter(completions or ()), None)
        except NothingAnsweredError as error:
            if len(missing) == len(slots):
                raise
            _LOG.warning(str(error))


@contextmanager
def remembering(endpoint: Endpoint, path: Path, console: Console) -> Iterator[RememberingSampler]:
    """Give the server with a memory for as long as the block runs, and forget once all that was asked is answered."""
    sampler = RememberingSampler(endpoint, path)
    with going_on_from(path, console):
        yield sampler
    if sampler.n_taken:
        told = f"{sampler.n_taken:,} of {sampler.n_asked:,} answers were taken from an earlier start"
        say(console, f"{told}; without {path} the same command asks for all anew")
    n_missing = sampler.n_asked - sampler.n_answered
    if n_missing:
        say(console, f"the same command asks for the {n_missing:,} missing answers alone; the others are in {path}")
    else:
        path.unlink(missing_ok=True)


@contextmanager
def going_on_from(path: Path, console: Console) -> Iterator[None]:
    """Say how to go on where the block is stopped, or ends by a user's mistake."""
    try:
        yield
    except (KeyboardInterrupt, UserError):
        if path.exists():
            say(console, f"All answers so far are in {path}: the same command goes on from there")
        raise


def _key(body: dict[str, object]) -> str:
    sent = json.dumps(body, sort_keys=True, default=str)
    return hashlib.blake2b(sent.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
