"""A real HTTP server that speaks OpenAI's chat completions, as tests want it to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

CUT = 0
"""A status for which the connection ends in the middle of the answer."""

Answer = Callable[[dict[str, Any], int], tuple[int, dict[str, str], Any]]


@dataclass
class Server:
    """What the server answers with, and what it has been asked."""

    answer: Answer
    models: list[str] = field(default_factory=lambda: ["served"])
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)
    under_way: int = 0
    most_under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""
    stop: Callable[[], None] = lambda: None


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Server]]:
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Server:
        server = Server(answer)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(200, {}, {"data": [{"id": name} for name in server.models]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = json.dumps(body["messages"])
                with server.lock:
                    server.asked.append(body)
                    server.keys.add(str(self.headers["Authorization"]))
                    server.tries[request] = server.tries.get(request, 0) + 1
                    n = server.tries[request]
                    server.under_way += 1
                    server.most_under_way = max(server.most_under_way, server.under_way)
                try:
                    answer = server.answer(body, n)
                finally:
                    with server.lock:  # before the answer goes out, after which the next request may come at once
                        server.under_way -= 1
                with suppress(ConnectionError):  # the one who asked may be gone, as after a time limit
                    self.reply(*answer)

            def reply(self, status: int, headers: dict[str, str], data: Any) -> None:
                if status == CUT:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{")
                    self.close_connection = True
                    return
                content = data if isinstance(data, bytes) else json.dumps(data).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        running.append(http)
        server.stop = lambda: (http.shutdown(), http.server_close())
        server.url = f"http://127.0.0.1:{http.server_port}/v1"
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


def completion(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}
