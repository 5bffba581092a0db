"""Real servers on loopback that alerts are sent to: an HTTP receiver and an SMTP server that can be down and up."""

from __future__ import annotations

import http.server
import json
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from adtech_assets.server import free_port


class Receiver:
    """Takes what Apprise's json:// posts, where it is up; answers `status`."""

    def __init__(self) -> None:
        self.port = free_port(0)
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self._server: http.server.ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/"

    def up(self) -> Receiver:
        box = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if box.status == 200:
                    box.got.append(content)
                self.send_response(box.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Postbox:
    """An aiosmtpd handler that keeps what it was given."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 OK"
