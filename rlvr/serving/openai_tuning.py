"""A fine-tuning job at OpenAI, or at any service that speaks its API: rows uploaded, watched until it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import openai
from openai.types.fine_tuning import FineTuningJob

from rlvr.errors import RunError, UserError
from rlvr.files import JsonObject
from rlvr.secret_values import MASK, masked

ENDED = ("succeeded", "failed", "cancelled")
MAX_ANSWER_BYTES = 16_000_000
ANSWER_S = 600.0
"""How long an answer may take from its first byte to its last."""
_MILLION = 1_000_000


@dataclass(frozen=True)
class Order:
    """What a job is asked for.

    Args:
        model: the model to tune.
        suffix: what the tuned model's name shall hold.
        seed: of the job.
        hyperparameters: of supervised fine-tuning, such as {"n_epochs": 2}.
    """

    model: str
    suffix: str | None = None
    seed: int | None = None
    hyperparameters: JsonObject | None = None


@dataclass(frozen=True)
class Service:
    """A service that tunes.

    Args:
        client: the official client, which holds address and key.
        poll_s: seconds between two looks at a job.
    """

    client: openai.OpenAI
    poll_s: float

    @classmethod
    def open(cls, base_url: str | None, api_key: str | None, poll_s: float) -> Service:
        """Return the service at an address; None takes OpenAI's.

        Raises:
            UserError: there is no key, or the address is none.
        """
        if not api_key:
            raise UserError("no key for the service: set OPENAI_API_KEY, or name its variable with api_key_env=NAME")
        # Rows and key go to this address and to no other that it might name.
        http = openai.DefaultHttpxClient(follow_redirects=False, event_hooks={"response": [_read_bounded]})
        return cls(openai.OpenAI(base_url=base_url, api_key=api_key, http_client=http), poll_s)

    def start(self, order: Order, training: Path, validation: Path | None) -> FineTuningJob:
        """Upload the rows and create a job.

        Raises:
            UserError: the service refuses the key, the file or the order.
            RunError: it cannot be reached.
        """
        with self._explained():
            files: JsonObject = {"training_file": self._upload(training)}
            if validation is not None:
                files["validation_file"] = self._upload(validation)
            further: JsonObject = {"suffix": order.suffix, "seed": order.seed}
            if order.hyperparameters:
                supervised = {"hyperparameters": order.hyperparameters}
                further["method"] = {"type": "supervised", "supervised": supervised}
            named = {name: value for name, value in further.items() if value is not None}
            return self.client.fine_tuning.jobs.create(model=order.model, **files, **named)

    def watch(self, job_id: str, tell: Callable[[str], None]) -> FineTuningJob:
        """Tell what happens to a job until it ends, and return it.

        Raises:
            RunError: it failed or was cancelled, or the service cannot be reached any more.
        """
        told: set[str] = set()
        while True:
            with self._explained():
                job = self.client.fine_tuning.jobs.retrieve(job_id)
                # The newest come first.
                events = list(self.client.fine_tuning.jobs.list_events(job_id, limit=100).data)
                lines = {event.id: str(event.message) for event in reversed(events)}
                has_ended = job.status in ENDED
            for number, line in lines.items():
                if number not in told:
                    told.add(number)
                    tell(line)
            if has_ended:
                return _succeeded(job)
            time.sleep(self.poll_s)

    def _upload(self, path: Path) -> str:
        with path.open("rb") as file:
            return self.client.files.create(file=(path.name, file), purpose="fine-tune").id

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the client raises into one line."""
        place = str(self.client.base_url).rstrip("/")
        try:
            yield
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise UserError(
                f"{place} refuses the key: {self._said(error)}; set another one, or api_key_env=NAME"
            ) from None
        except openai.NotFoundError as error:
            raise UserError(
                f"{place} has no such path, model or job: {self._said(error)}; base_url= names another"
            ) from None
        except openai.APIStatusError as error:
            kind = UserError if error.status_code < 500 and error.status_code != 429 else RunError
            raise kind(f"{place} refuses: status {error.status_code}, {self._said(error)}") from None
        except openai.APIError as error:
            raise RunError(f"{place} cannot be reached: {self._said(error)}") from None
        except (AttributeError, TypeError, ValueError) as error:
            # The client hands on what it is sent, of whatever type.
            raise RunError(f"{place} answers otherwise than the API does: {type(error).__name__}: {error}") from None

    def _said(self, error: openai.APIError) -> str:
        """Return what the service says, in one line and without the key, which some quote."""
        body = error.body if isinstance(error.body, dict) else {}
        cause = "" if error.__cause__ is None else f" ({error.__cause__})"
        text = f"{body.get('message') or error.message}{cause}".replace(self.client.api_key, MASK)
        return " ".join(masked(text).split())[:300]


def cost(job: FineTuningJob, per_million: float) -> float:
    """Return what a job's trained tokens cost at a price for a million."""
    return (job.trained_tokens or 0) * per_million / _MILLION


def _succeeded(job: FineTuningJob) -> FineTuningJob:
    if job.status == "succeeded" and job.fine_tuned_model:
        return job
    reason = getattr(job.error, "message", job.error) or "it names no reason"
    raise RunError(f"job {job.id} {job.status}: {' '.join(masked(str(reason)).split())}")


def _read_bounded(response: httpx2.Response) -> None:
    """Read an answer to its end, or to the limit of its size and time.

    Raises:
        httpx2.ReadError: it is larger, or takes longer.
    """
    content = bytearray()
    deadline = time.monotonic() + ANSWER_S
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MAX_ANSWER_BYTES:
            raise httpx2.ReadError(f"the answer has more than {MAX_ANSWER_BYTES:,} bytes")
        if time.monotonic() > deadline:
            raise httpx2.ReadError(f"no whole answer within {ANSWER_S:g} s")
    response._content = bytes(content)
