"""Completions from any server that speaks OpenAI's chat completions, such as vLLM, llama.cpp or a hosted model."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from rewards import Toolset
from rlvr.errors import UserError
from rlvr.rollout.completion import GREEDY, Completion

if TYPE_CHECKING:
    from rlvr.data.row import Row
    from rlvr.rollout.completion import Sampling

RETRIED_STATUSES = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Answers after which the same request may succeed: the server is busy, restarting, or limits the rate."""

LONGEST_WAIT_S = 60.0
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
        timeout_s: how long one request may take.
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
        with endpoint._client() as client:
            listed = _json(endpoint._send(client, "GET", "models"))
        names = [entry.get("id") for entry in listed.get("data", ()) if isinstance(entry, dict)]
        if len(names) != 1 or not isinstance(names[0], str):
            raise UserError(f"model.path: name one of the models that {url} serves: {', '.join(map(str, names))}")
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
            UserError: the server refuses the request itself, or every request failed.
        """
        failures: list[str] = []

        def complete(row: Row) -> list[Completion] | None:
            body = self._body(row, max_new_tokens, sampling)
            try:
                found = [self._complete(client, _seeded(body, seed + i, sampling)) for i in range(n)]
            except _FailedForNowError as error:
                failures.append(str(error))
                found = None
            if on_done is not None:
                on_done(1)
            return found

        with self._client() as client, ThreadPoolExecutor(self.concurrency) as threads:
            running = [threads.submit(complete, row) for row in rows]
            try:
                results = [one.result() for one in running]
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        if rows and len(failures) == len(rows):
            raise UserError(f"model.endpoint: {self.url} failed every request; the last: {failures[-1]}")
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
        except _FailedForNowError as error:
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

    def _complete(self, client: httpx2.Client, body: dict[str, Any]) -> Completion:
        started = time.perf_counter()
        answer = _json(self._send(client, "POST", "chat/completions", body))
        return _completion(answer, time.perf_counter() - started)

    def _send(
        self, client: httpx2.Client, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx2.Response:
        """The server's answer, after as many tries as it takes and may take.

        Raises:
            UserError: the server refuses the request; a further try would be refused too.
            _FailedForNowError: the last try failed too.
        """
        for attempt in range(self.retries + 1):
            wait_s = min(LONGEST_WAIT_S, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
            try:
                response = client.request(method, f"{self.url}/{path}", json=body)
            except httpx2.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
            else:
                if response.is_success:
                    return response
                reason = f"status {response.status_code}: {response.text[:200]}"
                if response.status_code not in RETRIED_STATUSES:
                    raise UserError(f"model.endpoint: {self._explain(response.status_code, reason)}")
                wait_s = _asked_wait_s(response) or wait_s
            if attempt < self.retries:
                time.sleep(wait_s)
        if path == "models":
            raise UserError(f"model.endpoint: {self.url} does not answer: {' '.join(reason.split())}")
        raise _FailedForNowError(" ".join(reason.split()))

    def _explain(self, status: int, reason: str) -> str:
        reason = " ".join(reason.split())
        if status in (401, 403):
            return f"{self.url} wants another key, {reason}; set the environment variable {self.api_key_env}"
        if status == 404:
            return f"{self.url} has no such path or model, {reason}; addresses mostly end in /v1"
        return f"{self.url} refuses the request, {reason}"


class _FailedForNowError(Exception):
    """A request that failed on every try, though it might succeed later."""


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
        UserError: it is not a chat completion.
    """
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
    except (KeyError, IndexError, TypeError, AttributeError):
        raise UserError(f"model.endpoint: the answer is not a chat completion: {str(answer)[:200]}") from None
    usage = answer.get("usage") or {}
    calls = message.get("tool_calls")
    return Completion(
        text=text,
        n_tokens=usage.get("completion_tokens") or 0,
        is_truncated=choice.get("finish_reason") == "length",
        n_prompt_tokens=usage.get("prompt_tokens") or 0,
        latency_s=seconds,
        message={"role": "assistant", "content": text, "tool_calls": calls} if calls else None,
    )


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise UserError(f"model.endpoint: the answer is not JSON: {response.text[:200]}")
    return answer


def _asked_wait_s(response: httpx2.Response) -> float | None:
    """Seconds that a busy server asks to wait, no more than a minute; None where it says nothing."""
    try:
        return min(LONGEST_WAIT_S, max(0.0, float(response.headers.get("retry-after", ""))))
    except ValueError:
        return None
