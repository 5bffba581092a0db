"""An alert says what failed, is never too long, and reaches a channel or the log; it is never swallowed."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from adtech_assets.alerting import LOG, Alert, AlertNotSent, Failure, send
from adtech_assets.settings import Alerts

ROWS = [{"file": f"{i}.csv", "reason": "no day", "line": None} for i in range(9)]
ALERT = Alert(
    "adtech: acme", "run-1", "http://ui/runs/run-1", (Failure("raw_uploads", "readable", "WARN", "9 files fail", ROWS),)
)


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/", got
    server.shutdown()


def test_without_a_channel_an_alert_is_a_line_in_the_log(tmp_path: Path) -> None:
    send(ALERT, Alerts(), tmp_path)
    send(ALERT, Alerts(), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert len(lines) == 2 and lines[0]["run"] == "run-1" and "9 files fail" in lines[0]["text"]


def test_only_the_first_rows_are_quoted_and_blank_cells_are_left_out() -> None:
    text = ALERT.text(Alerts(max_rows=2))
    assert "file=0.csv, reason=no day" in text and "and 7 more rows" in text and "line=" not in text


def test_a_long_alert_is_cut_and_keeps_its_link() -> None:
    long = Alert("t", "r", "http://ui/runs/r", (Failure("a", "b", "ERROR", "x" * 9000),))
    text = long.text(Alerts(max_characters=500))
    assert len(text) < 600 and text.endswith("http://ui/runs/r") and "shortened" in text


def test_an_alert_reaches_a_channel(tmp_path: Path, receiver: tuple[str, list[bytes]]) -> None:
    url, got = receiver
    send(ALERT, Alerts(urls=(SecretStr(url),)), tmp_path)
    assert "9 files fail" in json.loads(got[0])["message"] and not (tmp_path / LOG).exists()


@pytest.mark.parametrize("url", ["json://127.0.0.1:9/", "no address at all"], ids=["dead", "unknown"])
def test_a_channel_that_takes_nothing_is_an_error_not_silence(tmp_path: Path, url: str) -> None:
    with pytest.raises(AlertNotSent):
        send(ALERT, Alerts(urls=(SecretStr(url),)), tmp_path)
