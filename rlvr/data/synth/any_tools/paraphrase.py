"""Requests in a model's words, by any endpoint that speaks OpenAI's chat API; kept only where nothing was lost."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rlvr.data.lint.grounding import Said, is_grounded
from rlvr.errors import UserError

if TYPE_CHECKING:
    from rlvr.records.row import Row

INSTRUCTION = (
    "Rewrite the user's request in other words, as another person would say it. Keep every value (names, numbers, "
    "dates, codes, quoted texts) exactly as it is written, add nothing, leave nothing out. Answer with the rewritten "
    "request alone."
)
LONGEST_GROWTH = 3
"""A paraphrase that is this many times as long as the request is a model that talks, and is not kept."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask.

    Args:
        url: of the API, such as http://localhost:8000/v1.
        model: the name that the endpoint knows the model by.
        key: sent as a bearer token where set.
        temperature: how freely to paraphrase.
        timeout_s: seconds to wait for one answer.
        parallel: requests under way at once.
    """

    url: str
    model: str = "default"
    key: str | None = None
    temperature: float = 0.9
    timeout_s: float = 60.0
    parallel: int = 8

    def rewritten(self, text: str) -> str:
        """The request in the model's words.

        Raises:
            UserError: the endpoint cannot be reached, or does not answer as OpenAI's API does.
        """
        messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": text}]
        body = {"model": self.model, "messages": messages, "temperature": self.temperature}
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        address = f"{self.url.rstrip('/')}/chat/completions"
        if not address.startswith(("http://", "https://")):
            raise UserError(f"paraphrase.url: {self.url!r} is not an http address, such as http://localhost:8000/v1")
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310 - checked above
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_s) as response:  # noqa: S310 - checked above
                answer = json.load(response)
            said = str(answer["choices"][0]["message"]["content"]).strip()
        except urllib.error.HTTPError as error:
            raise UserError(f"{address} answers {error.code} {error.reason}") from None
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UserError(f"{address} gives no chat completion: {type(error).__name__}: {error}") from None
        return said[1:-1] if len(said) > 1 and said[0] == said[-1] == '"' and text[:1] != '"' else said


def paraphrased(rows: Iterable[Row], endpoint: Endpoint) -> Iterator[Row]:
    """The rows in order, each request in the model's words where those keep every value, as it is where not.

    `extra_info.paraphrased` says which.
    """
    with ThreadPoolExecutor(endpoint.parallel) as pool:
        yield from pool.map(lambda row: _paraphrased(row, endpoint), rows)


def keeps_values(row: Row, text: str) -> bool:
    """Whether a rewritten request still states every value that the expected calls, or the request itself, give."""
    given = row.extra_info.get("given") or {}
    values = [value for call in row.ground_truth.calls for value in call.arguments.values()]
    others = "\n".join(str(message.get("content") or "") for message in row.prompt if message["role"] != "user")
    original = _request(row)
    folded, context = text.casefold(), others.casefold()
    for leaf in _leaves([*values, *(given.values() if isinstance(given, dict) else ())]):
        said = str(leaf).casefold()
        spoken = said.replace("_", " ")
        if said in folded or spoken in folded or (spoken not in original.casefold() and said in context):
            continue
        is_said_otherwise = spoken not in original.casefold()  # a date in words
        if not (is_said_otherwise and is_grounded(leaf, "", {}, Said(text))):
            return False
    return True


def _paraphrased(row: Row, endpoint: Endpoint) -> Row:
    original = _request(row)
    text = endpoint.rewritten(original)
    is_kept = bool(text) and len(text) <= LONGEST_GROWTH * len(original) and keeps_values(row, text)
    extra = {**row.extra_info, "paraphrased": is_kept}
    if not is_kept:
        return replace(row, extra_info=extra)
    index = next(index for index, message in enumerate(row.prompt) if message["role"] == "user")
    prompt = [*row.prompt[:index], {**row.prompt[index], "content": text}, *row.prompt[index + 1 :]]
    return replace(row, prompt=prompt, extra_info=extra)


def _request(row: Row) -> str:
    return next(str(message["content"]) for message in row.prompt if message["role"] == "user")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield value
