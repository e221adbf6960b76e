"""Completions from any server that speaks OpenAI's chat completions, such as vLLM, llama.cpp or a hosted model."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from rewards import Toolset
from rlvr.errors import UserError
from rlvr.sampling.completion import GREEDY, Completion
from rlvr.terminal import printable

if TYPE_CHECKING:
    from rlvr.records.row import Row
    from rlvr.sampling.completion import Sampling

_LOG = logging.getLogger(__name__)

RETRIED_STATUSES = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Answers after which the same request may succeed: the server is busy, restarting, or limits the rate."""

_REFUSES_EVERYTHING = (401, 403, 404, 405)

LONGEST_WAIT_S = 60.0
MAX_ANSWER_BYTES = 16_000_000
"""A completion of a hundred thousand tokens takes a thirtieth of that."""
MOST_MODELS_SHOWN = 25
_HALF = re.compile("[\ud800-\udfff]")
_NO_KEY = "none"  # servers that check no key still want the header to be well-formed


@dataclass(frozen=True)
class Endpoint:
    """A server and the model that it serves.

    Args:
        url: where `/chat/completions` is found, such as `http://localhost:8000/v1`.
        model: the model's name there.
        api_key_env: the environment variable that holds the key; it may be unset where the server checks none.
        request: further fields of each request; a field that is None is left out, such as `max_tokens`.
        concurrency: requests under way at once.
        timeout_s: how long one request may take from its first byte to the last of its answer.
        retries: further tries of a request that failed for the moment.
    """

    url: str
    model: str
    api_key_env: str = "OPENAI_API_KEY"
    request: Mapping[str, Any] = field(default_factory=dict)
    concurrency: int = 8
    timeout_s: float = 120.0
    retries: int = 5

    @classmethod
    def open(cls, url: str, model: str | None, **options: Any) -> Endpoint:
        """An endpoint that has been asked which models it serves.

        Args:
            url: as the class takes it.
            model: the model's name; None takes the one model that the server lists.
            options: further fields of the class.

        Raises:
            UserError: no server answers there, it wants another key, or the model has to be named.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UserError(f"model.endpoint: {url!r} is not an address such as http://localhost:8000/v1")
        if "@" in parts.netloc or parts.query:
            raise UserError("model.endpoint: holds a password or a query; give the key in the environment instead")
        endpoint = cls(url.rstrip("/"), model or "", **options)
        if model:
            return endpoint
        try:
            with endpoint._client() as client:
                listed = endpoint._send(client, "GET", "models", None, threading.Event()).get("data")
        except _NoAnswerError as error:
            raise UserError(f"model.endpoint: {endpoint.url} does not answer: {error}") from None
        models = listed if isinstance(listed, list) else []
        names = [entry.get("id") for entry in models if isinstance(entry, dict)]
        if len(names) != 1 or not isinstance(names[0], str):
            some = ", ".join(str(name)[:100] for name in names[:MOST_MODELS_SHOWN])
            raise UserError(f"model.path: name one of the models that {url} serves: {some or 'it lists none'}")
        return cls(endpoint.url, names[0], **options)

    def completions(
        self,
        rows: Sequence[Row],
        *,
        max_new_tokens: int,
        n: int = 1,
        sampling: Sampling = GREEDY,
        seed: int = 0,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion] | None]:
        """`n` completions of each row's prompt, in the order of the rows; None where a request failed for good.

        Args:
            rows: what to complete: messages and tools.
            max_new_tokens: where a completion is cut.
            n: completions of each row, each a request of its own, as not every server gives several at once.
            sampling: how tokens are drawn; `top_k` and `min_p` are sent only where they are set.
            seed: sent with sampled requests, another one for each completion.
            on_done: called with 1 for each row that is done.

        Raises:
            UserError: the server refuses every request, as with a wrong key, or every request failed.
        """
        failures: list[str] = []
        stop = threading.Event()

        def complete(row: Row) -> list[Completion] | None:
            body = self._body(row, max_new_tokens, sampling)
            try:
                found = [self._complete(client, _seeded(body, seed + i, sampling), stop) for i in range(n)]
            except _NoAnswerError as error:
                failures.append(str(error))
                found = None
            if on_done is not None:
                on_done(1)
            return found

        client = self._client()
        # Threads that a process does not wait for as it ends: one that hangs in a request would keep Ctrl-C waiting.
        with _daemon_threads(self.concurrency, stop) as submit, client:
            running = [submit(complete, row) for row in rows]
            try:
                results = [one.result() for one in running]
            except KeyboardInterrupt:
                done = [one.result() if one.done() and one.exception() is None else None for one in running]
                raise Interrupted(done) from None
        if rows and len(failures) == len(rows):
            raise UserError(f"model.endpoint: {self.url} failed every request; the last: {failures[-1]}")
        if failures:
            said = printable(failures[-1])
            _LOG.warning("%s: %d of %d rows have no answer; the last: %s", self.url, len(failures), len(rows), said)
        return results

    def reply(self, messages: Sequence[Mapping[str, Any]], max_tokens: int) -> str:
        """Return the text that the server answers to one conversation, drawn greedily.

        Raises:
            UserError: it gives none: it cannot be reached, refuses the request, or answers something else.
        """
        fields = {"model": self.model, "messages": list(messages), "temperature": 0, "max_tokens": max_tokens}
        body = {name: value for name, value in {**fields, **self.request}.items() if value is not None}
        try:
            with self._client() as client:
                return self._complete(client, body).text
        except _NoAnswerError as error:
            raise UserError(f"{self.url} does not answer: {error}") from None

    def _client(self) -> httpx2.Client:
        key = os.environ.get(self.api_key_env) or _NO_KEY
        limits = httpx2.Limits(max_connections=self.concurrency)
        return httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=self.timeout_s, limits=limits)

    def _body(self, row: Row, max_new_tokens: int, sampling: Sampling) -> dict[str, Any]:
        optional = {"top_k": sampling.top_k or None, "min_p": sampling.min_p}
        body = {
            "model": self.model,
            "messages": messages_of(row.prompt),
            "tools": tools_of(row.tools) or None,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p if sampling.top_p < 1 else None,
            "max_tokens": max_new_tokens,
            **optional,
            **self.request,
        }
        return {name: value for name, value in body.items() if value is not None}

    def _complete(self, client: httpx2.Client, body: dict[str, Any], stop: threading.Event | None = None) -> Completion:
        started = time.perf_counter()
        answer = self._send(client, "POST", "chat/completions", body, stop or threading.Event())
        return _completion(answer, time.perf_counter() - started)

    def _send(
        self, client: httpx2.Client, method: str, path: str, body: Mapping[str, Any] | None, stop: threading.Event
    ) -> dict[str, Any]:
        """The JSON object that the server answers, after as many tries as it takes and may take.

        Raises:
            UserError: the server refuses everything that is sent to this address, or with this key.
            _NoAnswerError: it refuses this request, answers something else, or the last try failed too.
        """
        reason = "stopped"
        for attempt in range(self.retries + 1):
            if stop.is_set():
                break
            wait_s = min(LONGEST_WAIT_S, 0.5 * 2**attempt)
            try:
                status, headers, content = self._exchange(client, method, f"{self.url}/{path}", body)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                reason = f"{type(error).__name__}: {error}"
            else:
                if 200 <= status < 300:
                    return _object(content)
                reason = f"status {status}: {_shown(content)}"
                if status in _REFUSES_EVERYTHING:
                    raise UserError(f"model.endpoint: {self._explain(status, reason)}")
                if status not in RETRIED_STATUSES:
                    raise _NoAnswerError(self._explain(status, reason))
                wait_s = _asked_wait_s(headers) or wait_s
            if attempt < self.retries:
                stop.wait(wait_s * random.uniform(0.75, 1.25))
        raise _NoAnswerError(" ".join(reason.split()))

    def _exchange(
        self, client: httpx2.Client, method: str, url: str, body: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its whole answer, within the time limit and the limit of size.

        The library's own time limit begins anew with each piece that arrives.
        """
        deadline = time.monotonic() + self.timeout_s
        content = bytearray()
        with client.stream(method, url, json=body) as response:
            for piece in response.iter_bytes():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise _NoAnswerError(f"the answer has more than {MAX_ANSWER_BYTES:,} bytes")
                if time.monotonic() > deadline:
                    raise httpx2.ReadTimeout(f"no whole answer within {self.timeout_s:g} s")
            return response.status_code, response.headers, bytes(content)

    def _explain(self, status: int, reason: str) -> str:
        reason = " ".join(reason.split())
        if status in (401, 403):
            return f"{self.url} wants another key, {reason}; set the environment variable {self.api_key_env}"
        if status == 404:
            return f"{self.url} has no such path or model, {reason}; addresses mostly end in /v1"
        return f"{self.url} refuses the request, {reason}"


class _NoAnswerError(Exception):
    """A request that brought no completion: it was refused, answered with something else, or failed on every try."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while a server was asked; `results` are those of the rows that were done, None for the others."""

    def __init__(self, results: list[list[Completion] | None]) -> None:
        super().__init__()
        self.results = results


@contextmanager
def _daemon_threads(n: int, stop: threading.Event) -> Iterator[Callable[..., Future[Any]]]:
    """A function that hands work to `n` threads; those that are still at work when the block ends are left behind.

    A ThreadPoolExecutor's are waited for, at the latest by Python as it exits: one that hangs in a request would keep
    Ctrl-C waiting for as long as all its tries take.
    """
    jobs: SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = SimpleQueue()

    def work() -> None:
        while (job := jobs.get()) is not None:
            future, function, arguments = job
            if stop.is_set() or not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(function(*arguments))
            except BaseException as error:  # noqa: BLE001 - handed on to whoever asks for the result
                future.set_exception(error)

    def submit(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        jobs.put((future, function, arguments))
        return future

    for _ in range(n):
        threading.Thread(target=work, daemon=True).start()
    try:
        yield submit
    finally:
        stop.set()
        for _ in range(n):
            jobs.put(None)


def messages_of(prompt: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row's messages as servers take them: every call with a type, an id and its arguments as text.

    Answers of tools that name no call are given the ids of the calls before them, in order.
    """
    messages = []
    open_ids: list[str] = []
    for place, message in enumerate(prompt):
        sent = dict(message)
        if sent.get("tool_calls"):
            sent["tool_calls"] = [_sent_call(call, f"call_{place}_{i}") for i, call in enumerate(sent["tool_calls"])]
            open_ids = [call["id"] for call in sent["tool_calls"]]
            sent.setdefault("content", None)
        if sent.get("role") == "tool":
            given = sent.get("tool_call_id") or (open_ids[0] if open_ids else f"call_{place}")
            sent["tool_call_id"] = given
            open_ids = [one for one in open_ids if one != given]
        messages.append(sent)
    return messages


def tools_of(tools: Sequence[Any]) -> list[dict[str, Any]]:
    """The tools in OpenAI's form, their schemas in JSON Schema."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in Toolset.of(list(tools)) or ()
    ]


def _sent_call(call: Mapping[str, Any], fallback_id: str) -> dict[str, Any]:
    function = call.get("function", call)
    arguments = function.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {
        "id": call.get("id") or fallback_id,
        "type": "function",
        "function": {"name": function.get("name"), "arguments": text},
    }


def _seeded(body: dict[str, Any], seed: int, sampling: Sampling) -> dict[str, Any]:
    return {"seed": seed, **body} if sampling.temperature > 0 else body


def _completion(answer: Mapping[str, Any], seconds: float) -> Completion:
    """What a server answered.

    Raises:
        _NoAnswerError: it is not a chat completion.
    """
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    text = (message.get("content") or "") if isinstance(message, dict) else None
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    if choice is None or not isinstance(text, str) or not isinstance(calls, list | None):
        raise _NoAnswerError(f"the answer is not a chat completion: {_shown(json.dumps(answer).encode())}")
    usage = answer.get("usage")
    return Completion(
        text=text,
        n_tokens=_count(usage, "completion_tokens"),
        is_truncated=choice.get("finish_reason") == "length",
        n_prompt_tokens=_count(usage, "prompt_tokens"),
        latency_s=seconds,
        message={"role": "assistant", "content": text, "tool_calls": calls} if calls else None,
    )


def _count(usage: Any, name: str) -> int:
    """A count of tokens; 0 where the server says none."""
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and value >= 0 else 0


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object of an answer, its texts such that they can be written.

    Raises:
        _NoAnswerError: it is something else, or nested too deep to be read.
    """
    try:
        answer = _writable(json.loads(content))
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _NoAnswerError(f"the answer is not JSON: {_shown(content)}")
    return answer


def _writable(value: Any) -> Any:
    """A JSON value in which half a surrogate pair, which UTF-8 cannot hold, is U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _HALF.search(value) else value
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return [_writable(item) for item in value] if isinstance(value, list) else value


def _shown(content: bytes) -> str:
    """The beginning of an answer, in one line."""
    return " ".join(content[:200].decode("utf-8", "replace").split())


def _asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that a busy server asks to wait, no more than a minute; None where it says nothing."""
    try:
        return min(LONGEST_WAIT_S, max(0.0, float(headers.get("retry-after", ""))))
    except ValueError:
        return None
