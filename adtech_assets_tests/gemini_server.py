"""A loopback server that speaks as much of the Gemini REST API as the client needs; answers are queued by the test."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One HTTP answer. `text`: what the model says; `raw`: a body that is sent as it is."""

    text: str | None = None
    status: int = 200
    delay_seconds: float = 0
    raw: str | None = None

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw.encode()
        if self.status != 200:
            return json.dumps({"error": {"code": self.status, "message": "no", "status": "FAILED"}}).encode()
        parts = [{"text": self.text}] if self.text is not None else []
        return json.dumps({
            "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 120, "candidatesTokenCount": 30, "totalTokenCount": 150},
            "modelVersion": "gemini-test-001",
        }).encode()  # fmt: skip


@dataclass
class Server:
    """What was asked, and what is answered next; the last answer repeats."""

    url: str
    answers: list[Answer]
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def prompt(self, index: int = -1) -> str:
        return str(self.requests[index]["contents"][0]["parts"][0]["text"])


@contextmanager
def gemini_server(*answers: Answer) -> Iterator[Server]:
    """Runs the server on a free port for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append(body)
            server.paths.append(self.path)
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            time.sleep(answer.delay_seconds)
            content = answer.body()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                return  # the client has given up waiting

        def log_message(self, format: str, *args: object) -> None:
            return

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_address[1]}", list(answers))
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
