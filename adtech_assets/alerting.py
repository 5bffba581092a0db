"""Tell people: one message a run to the channels of the settings, or a line in the outbox where there are none.

Belongs here: the text of an alert and its transport. Does not: noticing what is wrong (`defs/sensors/alerts.py`).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adtech_assets.settings import Alerts

LOG = "alerts.log"


class AlertNotSent(Exception):
    """No channel took the alert."""


@dataclass(frozen=True)
class Failure:
    """One failed check, or a failed step."""

    asset: str
    check: str
    severity: str
    description: str
    rows: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Alert:
    """Everything one run has to say."""

    title: str
    run_id: str
    link: str
    failures: tuple[Failure, ...]

    def text(self, settings: Alerts) -> str:
        """Plain text, bounded in rows and characters: chat systems refuse long messages whole."""
        lines = []
        for failure in self.failures:
            lines.append(f"{failure.severity} {failure.asset} / {failure.check}: {failure.description}")
            for row in failure.rows[: settings.max_rows]:
                lines.append("    " + ", ".join(f"{key}={value}" for key, value in row.items() if value is not None))
            if len(failure.rows) > settings.max_rows:
                lines.append(f"    and {len(failure.rows) - settings.max_rows} more rows")
        text = "\n".join(lines)
        if len(text) > settings.max_characters:
            text = text[: settings.max_characters] + " … (shortened)"
        return f"{text}\n{self.link}"


def send(alert: Alert, settings: Alerts, outbox: Path, now: dt.datetime | None = None) -> None:
    """Send through Apprise, or append a line to `alerts.log` where no channel is set. AlertNotSent if none took it."""
    if not settings.urls:
        _log(alert, settings, outbox, now or dt.datetime.now(dt.UTC))
        return
    from apprise import Apprise

    channels = Apprise()
    for url in settings.urls:
        if not channels.add(url.get_secret_value()):
            raise AlertNotSent("an address in alerts.urls is not one Apprise understands: see its list of services")
    if not channels.notify(title=alert.title, body=alert.text(settings)):
        raise AlertNotSent(f"no channel took the alert {alert.title!r}")


def _log(alert: Alert, settings: Alerts, outbox: Path, now: dt.datetime) -> None:
    outbox.mkdir(parents=True, exist_ok=True)
    line = {
        "at": now.isoformat(timespec="seconds"),
        "title": alert.title,
        "run": alert.run_id,
        "text": alert.text(settings),
    }
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    handle = os.open(outbox / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, data)
    finally:
        os.close(handle)
