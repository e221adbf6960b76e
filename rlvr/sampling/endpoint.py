"""Completions from any server that speaks OpenAI's chat completions, such as vLLM, llama.cpp or a hosted model."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2

from rewards import Toolset
from rewards.wire import parse
from rlvr.config import Config
from rlvr.data.json_values import list_of, member, object_of
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject
from rlvr.policy.checks import TINY
from rlvr.progress import Advance
from rlvr.records.message import json_text, openai_tools
from rlvr.records.rollout import encodable
from rlvr.sampler import Completion, NothingAnsweredError, Request, unwatched
from rlvr.secret_values import MASK, masked
from rlvr.terminal import printable

_LOG = logging.getLogger(__name__)

RETRIED_STATUSES = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Answers after which the same request may succeed: the server is busy, restarting, or limits the rate."""

_REFUSES_EVERYTHING = (401, 404, 405)
"""A router answers 403 where it moderates one request."""

_NOT_THE_MODELS = ("abort", "content_filter", "error", "insufficient_system_resource", "network_error", "sensitive")
"""Reasons for which servers end what the model has not ended: vLLM's and SGLang's abort, OpenRouter's error, Azure's
filter (Gemini's with words behind it), DeepSeek's, GLM's."""

_NO_TLS = "set SSL_CERT_FILE to a certificate that it is signed with, or write http:// where it serves no https"

_UNREACHED = "no connection"

LONGEST_WAIT_S = 60.0
MAX_ANSWER_BYTES = 16_000_000
"""A completion of a hundred thousand tokens takes a thirtieth of that."""
MOST_MODELS_SHOWN = 25
_NO_KEY = "none"  # servers that check no key still want the header to be well-formed

S = TypeVar("S")
T = TypeVar("T")


def open_sampler(config: Config) -> Endpoint:
    """Return the model that the server at `model.endpoint` serves."""
    model, options = config.model, config.evaluation
    return Endpoint.open(
        str(model.endpoint),
        None if model.path == TINY else model.path,
        api_key_env=model.api_key_env,
        request=model.request,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        retries=options.retries,
    )


@dataclass(frozen=True)
class Endpoint:
    """A server and the model that it serves.

    Args:
        url: where `/chat/completions` is found, such as `http://localhost:8000/v1`.
        model: the model's name there.
        option: the option that names the server, for errors.
        api_key_env: the environment variable that holds the key; it may be unset where the server checks none.
        request: further fields of each request; a field that is None is left out, such as `max_tokens`.
        concurrency: requests under way at once.
        timeout_s: how long one request may take from its first byte to the last of its answer.
        retries: further tries of a request that failed for the moment.
    """

    url: str
    model: str
    option: str = "model.endpoint"
    api_key_env: str = "OPENAI_API_KEY"
    request: JsonMapping = field(default_factory=dict)
    concurrency: int = 8
    timeout_s: float = 120.0
    retries: int = 5

    @classmethod
    def open(cls, url: str, model: str | None, *, model_option: str = "model.path", **options: Any) -> Endpoint:
        """Return an endpoint that has been asked which models it serves.

        Args:
            url: as the class takes it.
            model: the model's name; None takes the one model that the server lists.
            model_option: the option that names the model, for errors.
            options: further fields of the class.

        Raises:
            UserError: no server answers there, it wants another key, or the model has to be named.
        """
        endpoint = cls(url.rstrip("/").removesuffix("/chat/completions"), model or "", **options)
        mistake = mistake_in_address(url)
        if mistake:
            raise UserError(f"{endpoint.option}: {mistake}")
        if model:
            return endpoint
        names = [entry.get("id") for entry in endpoint.models()]
        if len(names) != 1 or not isinstance(names[0], str):
            some = ", ".join(str(name)[:100] for name in names[:MOST_MODELS_SHOWN])
            raise UserError(f"{model_option}: name one of the models that {url} serves: {some or 'it lists none'}")
        return cls(endpoint.url, names[0], **options)

    def models(self) -> list[JsonObject]:
        """Return the models that the server lists.

        Raises:
            UserError: no server answers there, or it wants another key.
        """
        try:
            (listed,) = self._each([None], self._list_models)
        except _NoAnswerError as error:
            raise UserError(f"{self.option}: {self.url} does not answer: {error}") from None
        return [entry for entry in list_of(listed) if isinstance(entry, dict)]

    def post(self, path: str, bodies: Sequence[JsonMapping]) -> list[JsonObject]:
        """Return what the server answers to each of some requests to one path, empty where that is no JSON object.

        Raises:
            UserError: the server refuses everything that is sent to this path.
            NothingAnsweredError: it fails one of them for good.
        """

        async def answer(client: httpx2.AsyncClient, place: int, body: JsonMapping) -> tuple[int, JsonObject]:
            content = await self._send(client, "POST", path, body)
            return place, _object(content) if content.startswith(b"{") else {}

        try:
            answers = dict(self._each(bodies, answer))
        except _NoAnswerError as error:
            raise NothingAnsweredError(f"{self.option}: {self.url}/{path}: {error}") from None
        return [answers[place] for place in range(len(bodies))]

    @property
    def name(self) -> str:
        """The model's name at the server."""
        return self.model

    @property
    def wire(self) -> None:
        """The server has read the calls."""

    def close(self) -> None:
        """Do nothing: nothing is held open between calls of `sample`."""

    def sample(
        self, requests: Sequence[Request], progress: Advance = unwatched
    ) -> Iterator[tuple[int, list[Completion] | None]]:
        """Yield each request's completions as they come; `rlvr.sampler.Sampler` says how.

        Each of a request's `n` completions is asked for by itself, as not every server gives several at once.
        `top_k` and `min_p` are sent only where they are set, the seed only where tokens are drawn.

        Raises:
            UserError: the server refuses every request, as with a wrong key.
            NothingAnsweredError: every request failed.
        """
        n_answered = 0
        failures: list[str] = []
        for place, answer in self._each(requests, self._answer):
            progress(1)
            if not isinstance(answer, str):
                n_answered += 1
                yield place, answer
                continue
            failures.append(answer)
            if answer.startswith(_UNREACHED):
                break  # nobody is there after all tries: further rows would take as long, each
            yield place, None
        if failures and not n_answered:
            raise NothingAnsweredError(f"{self.option}: {self.url} failed every request; the last: {failures[-1]}")
        if failures:
            n_missing, last = len(requests) - n_answered, printable(failures[-1])
            _LOG.warning("%s: %d of %d rows have no answer; the last: %s", self.url, n_missing, len(requests), last)

    async def _list_models(self, client: httpx2.AsyncClient, place: int, nothing: None) -> Json:
        return _object(await self._send(client, "GET", "models", None)).get("data")

    async def _answer(
        self, client: httpx2.AsyncClient, place: int, request: Request
    ) -> tuple[int, list[Completion] | str]:
        """Return the request's place, and its completions or why there are none."""
        try:
            return place, [await self._complete(client, self.body(request, i)) for i in range(request.n)]
        except _NoAnswerError as error:
            return place, str(error)

    def _each(self, items: Sequence[S], work: Callable[[httpx2.AsyncClient, int, S], Awaitable[T]]) -> Iterator[T]:
        """Yield what `work` makes of each item and its place, as it comes, `concurrency` at once; raise what it raises.

        It runs in a thread that nobody waits for: a request that hangs does not keep Ctrl-C waiting.
        """
        results: SimpleQueue[T | BaseException] = SimpleQueue()
        loop = asyncio.new_event_loop()
        waiting = iter(enumerate(items))

        async def worker(client: httpx2.AsyncClient) -> None:
            for place, item in waiting:
                results.put(await work(client, place, item))

        async def workers() -> None:
            async with self._client() as client:
                await asyncio.gather(*(worker(client) for _ in range(min(self.concurrency, len(items)))))

        task = loop.create_task(workers())

        def run() -> None:
            try:
                loop.run_until_complete(task)
            except BaseException as error:  # noqa: BLE001 - handed on to whoever reads the results
                results.put(error)
            finally:
                loop.close()

        threading.Thread(target=run, daemon=True).start()
        try:
            for _ in items:
                result = results.get()
                if isinstance(result, BaseException):
                    raise result
                yield result
        finally:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(task.cancel)

    def _key(self) -> str:
        key = (os.environ.get(self.api_key_env) or _NO_KEY).strip()
        if not (key.isascii() and key.isprintable()):
            raise UserError(f"{self.api_key_env}: holds a line break or letters that no key has; set it anew")
        return key

    def _client(self) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self._key()}", "Content-Type": "application/json"}
        limits = httpx2.Limits(max_connections=self.concurrency)
        return httpx2.AsyncClient(headers=headers, timeout=self.timeout_s, limits=limits)

    def body(self, request: Request, i: int) -> JsonObject:
        """Return what the server is sent for a request's i-th completion."""
        sampling = request.sampling
        body = {
            "seed": request.seed + i if sampling.temperature > 0 else None,
            "model": self.model,
            "messages": messages_of(request.messages),
            "tools": tools_of(request.tools) or None,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p if sampling.top_p < 1 else None,
            "top_k": sampling.top_k or None,
            "min_p": sampling.min_p,
            "max_tokens": request.max_tokens,
            **self.request,
        }
        return {name: value for name, value in body.items() if value is not None}

    async def _complete(self, client: httpx2.AsyncClient, body: JsonObject) -> Completion:
        started = time.perf_counter()
        answer = _object(await self._send(client, "POST", "chat/completions", body))
        return _completion(answer, time.perf_counter() - started, body.get("tools"))

    async def _send(self, client: httpx2.AsyncClient, method: str, path: str, body: JsonMapping | None) -> bytes:
        """Return what the server answers, after as many tries as it takes and may take.

        Raises:
            UserError: the server refuses everything that is sent to this address, or with this key.
            _NoAnswerError: it refuses this request, or the last try failed too.
        """
        reason = ""
        for attempt in range(self.retries + 1):
            wait_s = min(LONGEST_WAIT_S, 0.5 * 2**attempt)
            try:
                async with asyncio.timeout(self.timeout_s):
                    status, headers, content = await _exchange(client, method, f"{self.url}/{path}", body)
            except TimeoutError:
                reason = f"no whole answer within {self.timeout_s:g} s"
            except httpx2.ConnectError as error:
                reason = f"{_UNREACHED}: {error}; start the server, or mend its address"
                if "[SSL" in reason:
                    raise UserError(f"{self.option}: no secure connection to {self.url}: {error}; {_NO_TLS}") from None
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                reason = self._hidden(f"{type(error).__name__}: {error}")
            else:
                status = _status_in(content) or status
                if 200 <= status < 300:
                    return content
                reason = self._hidden(f"status {status}: {_shown(content)}")
                if status in _REFUSES_EVERYTHING:
                    raise UserError(f"{self.option}: {self._explain(status, reason)}")
                if status not in RETRIED_STATUSES:
                    raise _NoAnswerError(self._explain(status, reason))
                wait_s = _asked_wait_s(headers) or wait_s
            if attempt < self.retries:
                await asyncio.sleep(wait_s * random.uniform(0.75, 1.25))
        raise _NoAnswerError(reason)

    def _hidden(self, text: str) -> str:
        """Return the text in one line, without keys: servers quote the one that they refuse."""
        key = self._key()
        if key != _NO_KEY:
            text = text.replace(key, MASK)
        return " ".join(masked(text).split())

    def _explain(self, status: int, reason: str) -> str:
        if status in (401, 403):
            return f"{self.url} wants another key, {reason}; set the environment variable {self.api_key_env}"
        if status == 404:
            return f"{self.url} has no such path or model, {reason}; addresses mostly end in /v1"
        return f"{self.url} refuses the request, {reason}"


class _NoAnswerError(Exception):
    """A request that brought no completion: it was refused, answered with something else, or failed on every try."""


def mistake_in_address(url: Any) -> str | None:
    """Return why nothing can be asked at an address; None where it can."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        return f"{url!r} is not an address such as http://localhost:8000/v1"
    if "@" in parts.netloc or parts.query:
        return "holds a password or a query; give the key in the environment instead"
    return None


async def _exchange(
    client: httpx2.AsyncClient, method: str, url: str, body: JsonMapping | None
) -> tuple[int, Mapping[str, str], bytes]:
    """Send one request, and return its whole answer, within the limit of size."""
    content = bytearray()
    async with client.stream(method, url, content=None if body is None else json.dumps(body)) as response:
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise _NoAnswerError(f"the answer has more than {MAX_ANSWER_BYTES:,} bytes")
        return response.status_code, response.headers, bytes(content)


def messages_of(prompt: Sequence[JsonMapping]) -> list[JsonObject]:
    """Return a row's messages as servers take them: every call with a type, an id and its arguments as text.

    Answers of tools that name no call are given the ids of the calls before them, in order.
    """
    messages = []
    open_ids: list[str] = []
    for place, message in enumerate(prompt):
        sent = dict(message)
        if sent.get("tool_calls"):
            calls = [_sent_call(call, f"call_{place}_{i}") for i, call in enumerate(sent["tool_calls"])]
            open_ids = [call["id"] for call in calls]
            sent["tool_calls"] = calls
            sent.setdefault("content", None)
        if sent.get("role") == "tool":
            call_id = sent.get("tool_call_id") or next(iter(open_ids), f"call_{place}")
            sent["tool_call_id"] = call_id
            with suppress(ValueError):
                open_ids.remove(call_id)
        messages.append(sent)
    return messages


def tools_of(tools: Sequence[Json]) -> list[JsonObject]:
    """Return the tools, given in any form, in OpenAI's."""
    return openai_tools(Toolset.of(list(tools)) or ())


def _sent_call(call: JsonMapping, fallback_id: str) -> JsonObject:
    function = call.get("function", call)
    return {
        "id": call.get("id") or fallback_id,
        "type": "function",
        "function": {"name": function.get("name"), "arguments": json_text(function.get("arguments", {}))},
    }


def _completion(answer: JsonMapping, seconds: float, tools: Sequence[Json] | None = None) -> Completion:
    """Return a server's answer as a completion.

    A call that it has left in the text stays text: the message then says that it holds no calls. Where there is nothing
    but reasoning, the text is that, in its marks, so that who reads the row sees what came.

    Raises:
        _NoAnswerError: it is not a chat completion.
    """
    choice = object_of(next(iter(list_of(answer.get("choices"))), None))
    message, reason = object_of(choice.get("message")), choice.get("finish_reason")
    text, calls = message.get("content") or "", message.get("tool_calls")
    if not message or not isinstance(text, str) or not isinstance(calls, list | None):
        raise _NoAnswerError(f"the answer is not a chat completion: {_shown(json.dumps(answer).encode())}")
    if str(reason).partition(":")[0] in _NOT_THE_MODELS:
        raise _NoAnswerError(f"the server ended the answer, not the model: finish_reason {reason}")
    thought = message.get("reasoning_content") or message.get("reasoning")
    if thought and not text and not calls:
        text = f"<think>\n{thought}\n</think>"
    is_read = bool(calls) or (tools is not None and parse(text, tools=Toolset.of(tools)).attempts > 0)
    usage = answer.get("usage")
    return Completion(
        text=text,
        n_tokens=_count(usage, "completion_tokens"),
        finish_reason=reason if isinstance(reason, str) else "stop",
        n_prompt_tokens=_count(usage, "prompt_tokens"),
        latency_s=seconds,
        message={"role": "assistant", "content": text, "tool_calls": calls or []} if is_read else None,
        token_ids=_numbers(choice.get("token_ids"), int),
        logprobs=_logprobs(choice.get("logprobs")),
    )


def _logprobs(logprobs: Json) -> tuple[float, ...] | None:
    tokens = member(logprobs, "content")
    if not isinstance(tokens, list):
        return None
    return _numbers([member(token, "logprob") for token in tokens], float, int)


def _numbers(values: Json, *types: type) -> tuple[Json, ...] | None:
    """Return the values, where they are a list of these types."""
    if not isinstance(values, list) or not set(map(type, values)).issubset(types):
        return None
    return tuple(values)


def _count(usage: Json, name: str) -> int:
    """Return a count of tokens; 0 where the server says none."""
    value = member(usage, name)
    return value if type(value) is int and value >= 0 else 0


def _object(content: bytes) -> JsonObject:
    """Return the JSON object of an answer, its texts such that they can be written.

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


def _writable(value: Json) -> Json:
    """Return a JSON value in which half a surrogate pair, which UTF-8 cannot hold, is U+FFFD."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return list(map(_writable, value)) if isinstance(value, list) else value


def _shown(content: bytes) -> str:
    """Return the beginning of an answer, in one line."""
    return " ".join(content[:200].decode("utf-8", "replace").split())


def _status_in(content: bytes) -> int | None:
    """Return the status that an error in an answer names, which OpenRouter sends with status 200; None without one."""
    if b'"error"' not in content:
        return None
    with suppress(_NoAnswerError):
        answer = _object(content)
        choice = object_of(next(iter(list_of(answer.get("choices"))), None))
        code = object_of(answer.get("error") or choice.get("error")).get("code")
        if isinstance(code, int) and 400 <= code < 600:
            return code
    return None


def _asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a busy server asks to wait, no more than a minute; None where it says nothing."""
    for seconds_of in (float, _seconds_until):
        with suppress(ValueError):
            return min(LONGEST_WAIT_S, max(0.0, seconds_of(headers.get("retry-after", ""))))
    return None


def _seconds_until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()
