"""How far a client's files have come, read from the lake alone: for a person who waits.

Belongs here: looking. Does not: doing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adtech_assets.lake import Part
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings
from adtech_assets.tables import ANOMALY_SCORES, CLEANED, DELIVERIES, REPORTS, UPLOADS


class Progress:
    """The stages of one client, each said once when it is reached."""

    def __init__(self, settings: Settings, client: str) -> None:
        self._workspace = Workspace.open(settings)
        self._client = client
        lake, part = self._workspace.lake, Part(client)
        self._stages: list[tuple[str, Callable[[], bool]]] = [
            ("file read", lambda: lake.exists(UPLOADS, part)),
            ("figures cleaned", lambda: lake.exists(CLEANED, part)),
            ("anomalies scored", lambda: lake.exists(ANOMALY_SCORES, part)),
            ("report on disk", lambda: bool(lake.weeks(REPORTS, client))),
            ("report mailed", lambda: bool(lake.weeks(DELIVERIES, client))),
        ]
        self._said = 0
        self._reached = 0

    def _look(self) -> int:
        while self._reached < len(self._stages) and self._stages[self._reached][1]():
            self._reached += 1
        return self._reached

    @property
    def done(self) -> bool:
        return self._look() == len(self._stages)

    @property
    def stage(self) -> str:
        """What is being waited for."""
        return f"waiting for: {self._stages[min(self._look(), len(self._stages) - 1)][0]}"

    def news(self) -> list[str]:
        """Stages reached since the last call."""
        new = [name for name, _ in self._stages[self._said : self._look()]]
        self._said = self._reached
        return new

    def _newest(self) -> Part:
        return Part(self._client, self._workspace.lake.weeks(DELIVERIES, self._client)[-1])

    @property
    def pdf(self) -> Path:
        row = self._workspace.lake.read(REPORTS, self._newest()).sort("version").row(-1, named=True)
        return self._workspace.reports / str(row["pdf"])

    @property
    def mail(self) -> str:
        row = self._workspace.lake.read(DELIVERIES, self._newest()).sort("version").row(-1, named=True)
        return str(self._workspace.outbox / row["path"]) if row["path"] else f"sent to {row['recipients']}"
