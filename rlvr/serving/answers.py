"""What a server answers to a row, plain or streamed, with the tokens that it read and wrote where it tells them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import httpx2

from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.records.row import Row
from rlvr.sampling.endpoint import messages_of, tools_of

N_ALTERNATIVES = 5
"""Tokens whose probabilities are asked for at each place."""
_TOLD_BY_VLLM = {
    "return_token_ids": True,
    "return_tokens_as_token_ids": True,
    "logprobs": True,
    "top_logprobs": N_ALTERNATIVES,
}
_CALLS_AS_TEXT = {"tool_choice": "none"}
"""vLLM without a parser refuses tools otherwise; it shows them to the model all the same."""

_PROBE = {
    "messages": [{"role": "user", "content": "Hello."}],
    "tools": [{"type": "function", "function": {"name": "hello", "parameters": {"type": "object", "properties": {}}}}],
}
_ID_PREFIX = "token_id:"
_DATA = "data: "
_DONE = "[DONE]"


@dataclass(frozen=True)
class Answer:
    """One answer of a server.

    Args:
        text: the message's content.
        calls: the message's `tool_calls`, as the server sent them.
        finish: the finish reason.
        prompt_ids, token_ids: the tokens that it read and wrote; None where it does not tell.
        alternatives: for each token that it wrote, the likeliest ones there with their log-probabilities; a token is
            its id, or its text where the server tells no ids.
        n_prompt_tokens: how many tokens it read; None where it does not tell.
        problem: why there is no answer; None where there is one.
    """

    text: str = ""
    calls: tuple[JsonObject, ...] = ()
    finish: str | None = None
    prompt_ids: tuple[int, ...] | None = None
    token_ids: tuple[int, ...] | None = None
    alternatives: tuple[dict[int | str, float], ...] = ()
    n_prompt_tokens: int | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Asking:
    """A server, and how it is asked.

    Args:
        url: where its OpenAI API is, such as http://127.0.0.1:8000/v1.
        model: the model's name there.
        max_tokens: where an answer is cut.
        api_key_env: the environment variable that holds the server's key, if it wants one.
        concurrency: requests at once.
        timeout_s: how long one may take.
        further: the fields of a request that not every server takes.
    """

    url: str
    model: str
    max_tokens: int
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 8
    timeout_s: float = 600.0
    further: JsonMapping = field(default_factory=lambda: dict(_TOLD_BY_VLLM))

    def answers(self, rows: Sequence[Row], *, stream: bool, on_done: Callable[[Answer], None]) -> list[Answer]:
        """Ask for each row's completion, greedily.

        Args:
            rows: the prompts and tools.
            stream: take the answers in pieces, as they are written.
            on_done: called with each answer as it comes; what it raises ends the asking.
        """
        with self._client() as client, ThreadPoolExecutor(self.concurrency) as pool:
            asked = [pool.submit(self._answer, client, _body(row), stream) for row in rows]
            try:
                answers = []
                for request in asked:
                    answers.append(request.result())
                    on_done(answers[-1])
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return answers

    def for_server(self, *, stream: bool) -> Asking:
        """Return how this server takes requests with tools.

        llama.cpp tells no probabilities in a stream with tools, and vLLM without a parser takes no tools whose calls
        it would have to read.

        Raises:
            UserError: it does not answer, or refuses a plain request too.
        """
        problem = ""
        for further in (self.further, {}, {**self.further, **_CALLS_AS_TEXT}):
            asking = replace(self, further=further)
            with asking._client() as client:
                answer = replace(asking, max_tokens=1)._answer(client, _PROBE, stream)
            if answer.problem is None:
                return asking
            problem = problem or answer.problem
            if not answer.problem.startswith(_STATUS):
                break
        raise UserError(f"{self.url} does not answer as OpenAI's API does: {problem}")

    def raw_text(self, prompt_ids: Sequence[int]) -> str | None:
        """Return what the model writes after a prompt before any parser reads it; None where the server has no way."""
        with self._client() as client:
            body = {"prompt": list(prompt_ids), "max_tokens": self.max_tokens, "skip_special_tokens": False}
            try:
                answer = self._post(client, "completions", body)
                return str(answer["choices"][0]["text"]) or None
            except (httpx2.HTTPError, _RefusedError, LookupError, TypeError):
                return None

    def _client(self) -> httpx2.Client:
        key = os.environ.get(self.api_key_env) or "none"
        return httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=self.timeout_s)

    def _post(self, client: httpx2.Client, path: str, body: JsonMapping) -> JsonObject:
        response = client.post(f"{self.url}/{path}", json={"model": self.model, "temperature": 0, **body})
        _check_status(response, response.content)
        answer = response.json()
        if not isinstance(answer, dict):
            raise _RefusedError("the answer is no JSON object")
        return answer

    def _answer(self, client: httpx2.Client, body: JsonMapping, stream: bool) -> Answer:
        request = {**body, "max_tokens": self.max_tokens, **self.further}
        try:
            if stream:
                return _streamed(self._pieces(client, request))
            return _plain(self._post(client, "chat/completions", request))
        except _PROBLEMS as error:
            return Answer(problem=_one_line(error))

    def _pieces(self, client: httpx2.Client, body: JsonMapping) -> Iterator[JsonObject]:
        as_stream = {"stream": True, "stream_options": {"include_usage": True}}
        request = {"model": self.model, "temperature": 0, **body, **as_stream}
        with client.stream("POST", f"{self.url}/chat/completions", json=request) as response:
            if response.status_code != 200:
                _check_status(response, response.read())
            for line in response.iter_lines():
                if not line.startswith(_DATA):
                    continue
                data = line.removeprefix(_DATA).strip()
                if data == _DONE:
                    return
                piece = json.loads(data)
                if "error" in piece:
                    raise _RefusedError(str(piece["error"]))
                yield piece
        raise _RefusedError("the stream ended before it was done")


class _RefusedError(Exception):
    """A request that the server answers with something else than a completion."""


_PROBLEMS = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    _RefusedError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
"""What an answer of another form than OpenAI's raises, beside what a failing server does."""
_STATUS = "status "


def _body(row: Row) -> JsonObject:
    body: JsonObject = {"messages": messages_of(row.prompt)}
    if tools := tools_of(row.tools):
        body["tools"] = tools
    return body


def _check_status(response: httpx2.Response, content: bytes) -> None:
    if response.status_code != 200:
        said = " ".join(content[:300].decode("utf-8", "replace").split())
        raise _RefusedError(f"{_STATUS}{response.status_code}: {said}")


def _plain(answer: JsonMapping) -> Answer:
    choice = answer["choices"][0]
    message = choice["message"]
    return Answer(
        text=message.get("content") or "",
        calls=tuple(message.get("tool_calls") or ()),
        finish=choice.get("finish_reason"),
        prompt_ids=_ids(answer.get("prompt_token_ids")),
        token_ids=_ids(choice.get("token_ids")),
        alternatives=tuple(alternatives_of(choice.get("logprobs"))),
        n_prompt_tokens=_n_prompt_tokens(answer),
    )


def _streamed(pieces: Iterable[JsonMapping]) -> Answer:
    """Put the pieces of a stream together as OpenAI's own client does: calls by their index, arguments as text."""
    text, finish = "", None
    calls: dict[int, JsonObject] = {}
    prompt_ids: tuple[int, ...] | None = None
    token_ids: list[int] | None = None
    n_prompt_tokens: int | None = None
    alternatives: list[dict[int | str, float]] = []
    for piece in pieces:
        prompt_ids = prompt_ids or _ids(piece.get("prompt_token_ids"))
        n_prompt_tokens = n_prompt_tokens or _n_prompt_tokens(piece)
        for choice in piece.get("choices") or ():
            delta = choice.get("delta") or {}
            text += delta.get("content") or ""
            for part in delta.get("tool_calls") or ():
                _add_part(calls, part)
            if choice.get("token_ids") is not None:
                token_ids = [*(token_ids or ()), *choice["token_ids"]]
            alternatives += alternatives_of(choice.get("logprobs"))
            finish = choice.get("finish_reason") or finish
    in_order = tuple(calls[index] for index in sorted(calls))
    return Answer(text, in_order, finish, prompt_ids, _ids(token_ids), tuple(alternatives), n_prompt_tokens)


def _add_part(calls: dict[int, JsonObject], part: JsonMapping) -> None:
    empty = {"id": None, "type": "function", "function": {"name": "", "arguments": ""}}
    call = calls.setdefault(part["index"], empty)
    function = part.get("function") or {}
    call["id"] = call["id"] or part.get("id")
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""


def _ids(ids: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if ids is None else tuple(ids)


def _n_prompt_tokens(answer: JsonMapping) -> int | None:
    """Return how many tokens a prompt had, by the `usage` of an answer or of a stream's last piece."""
    return (answer.get("usage") or {}).get("prompt_tokens")


def alternatives_of(logprobs: JsonMapping | None) -> Iterator[dict[int | str, float]]:
    """Yield, for each token of an answer, the likeliest ones there with their log-probabilities."""
    for place in (logprobs or {}).get("content") or ():
        yield {_token(entry["token"]): entry["logprob"] for entry in place.get("top_logprobs") or ()}


def _token(shown: str) -> int | str:
    return int(shown.removeprefix(_ID_PREFIX)) if shown.startswith(_ID_PREFIX) else shown


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".removeprefix("_RefusedError: ").split())[:300]
