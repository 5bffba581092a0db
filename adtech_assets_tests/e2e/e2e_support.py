"""The real thing for end-to-end tests: Dagster as `adtech up` starts it, an SMTP server on loopback, a home of its own."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import httpx
import pytest
from aiosmtpd.controller import Controller
from loopback_servers import Postbox
from pypdf import PdfReader

from adtech_assets import server as servers
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings

ROOT = Path(__file__).parents[2]
Found = TypeVar("Found")


@dataclass
class Installation:
    """A running installation and ways to look at it as a user would."""

    home: Path
    server: servers.Server
    postbox: Postbox

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(Settings(home=self.home))

    @property
    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.home / servers.HOME))

    def drop(self, client: str, name: str, data: bytes) -> Path:
        path = self.home / "data" / "inbox" / client / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def pdfs(self, client: str) -> list[Path]:
        return sorted((self.home / "data" / "reports" / client).glob("*.pdf"))

    def mails_to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail in self.postbox.mails if recipient in str(mail["To"])]

    def alerts(self) -> list[dict[str, str]]:
        log = self.home / "data" / "outbox" / "alerts.log"
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.is_file() else []

    def runs(self, job: str, **tags: str) -> list[dg.DagsterRun]:
        with self.instance as instance:
            return list(instance.get_runs(dg.RunsFilter(job_name=job, tags=tags)))

    def idle(self) -> bool:
        """No run is waiting or running."""
        busy = [dg.DagsterRunStatus[name] for name in ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")]
        with self.instance as instance:
            return not instance.get_runs(dg.RunsFilter(statuses=busy))

    def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.server.url}/graphql", json={"query": query, "variables": variables}, timeout=30)
        answer.raise_for_status()
        body = answer.json()
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data


def wait_for(what: str, look: Callable[[], Found], seconds: float = 90) -> Found:
    """The first true answer; an assertion naming what was waited for otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def pdf_text(path: Path) -> str:
    """The PDF's text with white space made plain."""
    pages = PdfReader(io.BytesIO(path.read_bytes())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("installation")
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, home)
    shutil.copytree(ROOT / "templates", home / "templates")
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=servers.free_port(0))
    controller.start()
    (home / "adtech.yaml").write_text(
        f"""
mail: {{host: 127.0.0.1, port: {controller.port}, security: none, sender: reports@agency.example}}
clients:
  acme: {{name: Acme Kettles, currency: EUR, country: DE, recipients: [acme@client.example]}}
  bolt: {{name: Bolt Bikes, currency: EUR, recipients: [bolt@client.example]}}
  coral: {{name: Coral Spa, currency: EUR, recipients: [coral@client.example]}}
"""
    )
    try:
        with servers.running(home, servers.free_port(0)) as server:
            servers.wait_until_up(server, 120)
            yield Installation(home, server, postbox)
    finally:
        controller.stop()
