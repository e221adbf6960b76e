"""A page to talk to a policy in the browser: served from this machine to this machine, with nothing from outside."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from rlvr.errors import RunError, UserError
from rlvr.files import JsonObject
from rlvr.serving.talk import Talk

HOST = "127.0.0.1"
MAX_REQUEST_BYTES = 4_000_000
READ_S = 30.0
"""How long a request may take to come."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_FILES = {
    "/": ("chat.html", "text/html"),
    "/chat.js": ("chat.js", "text/javascript"),
    "/chat.css": ("chat.css", "text/css"),
}


@contextmanager
def serving(talk: Talk, name: str, port: int) -> Iterator[str]:
    """Serve the page in the background while the block runs.

    Args:
        talk: the policy to talk to.
        name: what the page calls it.
        port: where it listens, on this machine alone; 0 takes a free one.

    Yields:
        The address.

    Raises:
        UserError: the port is taken.
    """
    try:
        server = _Server(talk, name, port)
    except (OSError, OverflowError) as error:
        raise UserError(f"port: {port} cannot be listened at ({error}); name another one, as in port=8899") from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        talk.close()


class _Server(ThreadingHTTPServer):
    """The server of one talk."""

    daemon_threads = True

    def __init__(self, talk: Talk, name: str, port: int) -> None:
        self.talk = talk
        self.name = name
        self.turns = threading.Lock()  # weights complete for one at a time
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """Answers the page's requests."""

    server: _Server
    timeout = READ_S

    def do_GET(self) -> None:
        if not self._is_for_us():
            return
        if self.path == "/about":
            self._send_json(200, _about(self.server.talk, self.server.name))
        elif self.path in _FILES:
            file, kind = _FILES[self.path]
            self._send(200, kind, files("rlvr.serving").joinpath("static", file).read_bytes())
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        if not self._is_for_us():
            return
        length = self.headers.get("Content-Length") or ""
        # Other sites cannot send this type without being asked for leave first.
        is_json = self.headers.get("Content-Type", "").split(";")[0] == "application/json"
        is_sized = length.isascii() and length.isdigit() and int(length) <= MAX_REQUEST_BYTES
        if self.path != "/turn" or not is_json or not is_sized:
            self.send_error(400)
            return
        try:
            asked = json.loads(self.rfile.read(int(length)))
            with self.server.turns:
                answer = _answer(self.server.talk, asked)
        except (UserError, RunError) as error:
            self._send_json(502, {"error": str(error)})
        except TimeoutError:  # what was announced has not come
            self.close_connection = True
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            self._send_json(400, {"error": f"{type(error).__name__}: {error}"})
        else:
            self._send_json(200, answer)

    def _is_for_us(self) -> bool:
        """Refuse what a page of another name asks, which a browser may have been led here by."""
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host in (HOST, "localhost"):
            return True
        self.send_error(403)
        return False

    def _send_json(self, status: int, value: JsonObject) -> None:
        self._send(status, "application/json", json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace"))

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def _about(talk: Talk, name: str) -> JsonObject:
    tools = [tool.get("function", tool) for tool in talk.tools]
    return {"name": name, "tools": tools, "has_environment": talk.begin is not None}


def _answer(talk: Talk, asked: JsonObject) -> JsonObject:
    """Return the policy's turn, all messages up to it, and what the environment answers to its calls, if there is one.

    Args:
        talk: the policy.
        asked: `request` begins a conversation; `messages` go on with one.
    """
    messages = talk.open(asked["request"]) if "request" in asked else asked["messages"]
    turn = talk.turn(messages)
    answer: JsonObject = {**turn.to_json(), "messages": [*messages, turn.message], "results": None}
    results = talk.results(turn) if turn.calls else None
    if results is not None:
        answer["messages"] += turn.answered([result.content for result in results])
        answer["results"] = [[result.content, result.is_error] for result in results]
    return answer
