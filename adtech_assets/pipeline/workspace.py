"""What every step needs: the settings and the lake they point to.

Belongs here: turning settings into places. Does not: steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from adtech_assets.lake import Lake, Part
from adtech_assets.settings import Settings, load_settings
from adtech_assets.tables import CHECKSUMS, RAW_ROWS, UPLOADS, Table


@dataclass(frozen=True)
class Workspace:
    """Settings and lake of one installation."""

    settings: Settings
    lake: Lake

    @classmethod
    def open(cls, settings: Settings | None = None) -> Workspace:
        settings = settings or load_settings()
        return cls(settings, Lake.of(settings))

    @property
    def inbox(self) -> Path:
        return self.settings.place(self.settings.paths.inbox)

    @property
    def reports(self) -> Path:
        return self.settings.place(self.settings.paths.reports)

    @property
    def outbox(self) -> Path:
        return self.settings.place(self.settings.paths.outbox)

    @property
    def templates(self) -> Path:
        """The user's own templates, else those beside or inside the package."""
        package = Path(__file__).parents[1]
        places = (
            self.settings.place(self.settings.paths.templates),
            package / "_templates",
            package.parent / "templates",
        )
        return next((place for place in places if place.is_dir()), places[0])

    def uploads(self, client: str) -> pl.DataFrame:
        """Table uploads of a client."""
        return self.lake.read(UPLOADS, Part(client))

    def raw_parts(self, client: str) -> list[Part]:
        """Where the raw rows and checksums of the client's readable uploads lie, oldest upload first."""
        ids = self.uploads(client).filter(pl.col("status") == "ok").sort("sequence").get_column("upload_id")
        return [Part(client, upload=upload_id) for upload_id in ids]

    def raw_rows(self, client: str) -> pl.DataFrame:
        """Table raw_rows of a client, all readable uploads."""
        return self._of_uploads(RAW_ROWS, client)

    def checksums(self, client: str) -> pl.DataFrame:
        """Table checksums of a client, all readable uploads."""
        return self._of_uploads(CHECKSUMS, client)

    def _of_uploads(self, table: Table, client: str) -> pl.DataFrame:
        parts = [self.lake.scan(table, part) for part in self.raw_parts(client)]
        return pl.concat(parts).collect() if parts else table.empty()

    def currency(self, client: str) -> str | None:
        """The one currency of a client: what its files of ads say, else its settings; None where both are silent."""
        ads = self.uploads(client).filter(status="ok", kind="ads")
        stated = ads.get_column("currency").drop_nulls().unique()
        if stated.len() == 1:
            return str(stated[0])
        return self.settings.client(client).currency
