"""Where every table lies, and how it is written and read. The only module that knows paths inside the lake.

A table of a client (and week, or upload) is a folder of Parquet files and a `_manifest.json` that names those in
force. A write puts new files beside the old ones and then renames the manifest: a reader sees the old table or the
new one, never half of either, and a process that dies in the middle leaves the old one in force. Files are named by
the hash of their bytes, so that writing the same figures again changes nothing, and of a table kept by months only
the months that changed are written.

Belongs here: storage. Does not: what the tables hold (`tables.py`) or how they are computed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from adtech_assets.settings import Settings, Storage, check_slug
from adtech_assets.tables import Table

if TYPE_CHECKING:
    import duckdb

MANIFEST = "_manifest.json"


@dataclass(frozen=True)
class Part:
    """Which part of a table: a client, and for some tables a week (its Monday) or an upload."""

    client: str
    week: dt.date | None = None
    upload: str | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        own = [f"client={check_slug(self.client)}"]
        if self.week is not None:
            own.append(f"week={self.week.isoformat()}")
        if self.upload is not None:
            own.append(f"upload={check_slug(self.upload)}")
        return tuple(own)


@dataclass(frozen=True)
class Written:
    """What a write did: rows now in force, files written anew (0 = the table was the same)."""

    rows: int
    files_written: int


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def forget_interrupted(folder: Path) -> None:
    """Remove what a write that was killed left beside its target. Only for folders with one writer at a time."""
    for path in folder.glob(".*.tmp"):
        path.unlink(missing_ok=True)


class Lake:
    """All tables below one folder."""

    def __init__(self, root: Path, storage: Storage | None = None) -> None:
        self.root = root
        self.storage = storage or Storage()

    @classmethod
    def of(cls, settings: Settings) -> Lake:
        return cls(settings.place(settings.paths.lake), settings.storage)

    def folder(self, table: Table, part: Part) -> Path:
        return self.root.joinpath(table.name, *part.folders)

    def archive(self, client: str, upload_id: str, suffix: str) -> Path:
        """Where the original bytes of an upload are kept."""
        return self.root / "archive" / f"client={check_slug(client)}" / f"{check_slug(upload_id)}{suffix}"

    def cache(self, name: str) -> Path:
        """A folder for answers of others (model, weather) that may be deleted at any time."""
        return self.root / "cache" / name

    def exists(self, table: Table, part: Part) -> bool:
        return (self.folder(table, part) / MANIFEST).is_file()

    def write(self, table: Table, part: Part, frame: pl.DataFrame) -> Written:
        """Put a frame in force as the whole of this part of the table."""
        frame = table.conform(frame)
        folder = self.folder(table, part)
        folder.mkdir(parents=True, exist_ok=True)
        forget_interrupted(folder)
        before = self._manifest(folder)
        files, written = [], 0
        for label, piece in _pieces(table, frame):
            buffer = io.BytesIO()
            piece.write_parquet(buffer, compression=self.storage.compression)
            data = buffer.getvalue()
            name = f"{label}.{hashlib.sha256(data).hexdigest()[:12]}.parquet"
            if not (folder / name).is_file():
                write_atomic(folder / name, data)
                written += 1
            files.append(name)
        if before is None or before["files"] != files:
            older = [before["files"], *before["older"]][: self.storage.keep_versions] if before else []
            manifest = {"files": files, "rows": frame.height, "older": older}
            write_atomic(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
            self._sweep(folder, {*files, *(name for version in older for name in version)})
        return Written(frame.height, written)

    def scan(self, table: Table, part: Part) -> pl.LazyFrame:
        """The table lazily; no rows where it was never written. Columns that an older version did not write are null."""
        if not (files := self.files(table, part)):
            return table.empty().lazy()
        return pl.scan_parquet(files, glob=False, schema=table.schema, missing_columns="insert", extra_columns="ignore")

    def read(self, table: Table, part: Part) -> pl.DataFrame:
        return self.scan(table, part).collect()

    def files(self, table: Table, part: Part) -> list[Path]:
        """The Parquet files in force."""
        folder = self.folder(table, part)
        manifest = self._manifest(folder)
        return [folder / name for name in manifest["files"]] if manifest else []

    def weeks(self, table: Table, client: str) -> list[dt.date]:
        """The weeks for which a part of the table is in force, oldest first."""
        folders = (self.root / table.name / f"client={check_slug(client)}").glob(f"week=*/{MANIFEST}")
        return sorted(dt.date.fromisoformat(path.parent.name.removeprefix("week=")) for path in folders)

    def clients(self, table: Table) -> list[str]:
        return sorted(path.name.removeprefix("client=") for path in (self.root / table.name).glob("client=*"))

    def views(self, connection: duckdb.DuckDBPyConnection, tables: dict[Table, list[Part]]) -> None:
        """Show tables to DuckDB as views of their names; several parts appear as one, no part as no rows."""
        for table, parts in tables.items():
            files = [str(self._columns_only(table)), *(str(p) for part in parts for p in self.files(table, part))]
            quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
            source = f"read_parquet([{quoted}], hive_partitioning = false, union_by_name = true)"
            connection.execute(f'create or replace view "{table.name}" as select * from {source}')  # noqa: S608 - our own names

    def _columns_only(self, table: Table) -> Path:
        """A file with the table's columns and no rows: for tables without files, and for columns that older files lack."""
        buffer = io.BytesIO()
        table.empty().write_parquet(buffer)
        name = f"{table.name}.{hashlib.sha256(buffer.getvalue()).hexdigest()[:12]}.parquet"
        path = self.root / "empty" / name
        if not path.is_file():
            write_atomic(path, buffer.getvalue())
        return path

    @staticmethod
    def _manifest(folder: Path) -> dict[str, list[str]] | None:
        try:
            text = (folder / MANIFEST).read_text("utf-8")
        except FileNotFoundError:
            return None
        content: dict[str, list[str]] = json.loads(text)
        return content

    @staticmethod
    def _sweep(folder: Path, keep: set[str]) -> None:
        for path in folder.glob("*.parquet"):
            if path.name not in keep:
                path.unlink(missing_ok=True)


def _pieces(table: Table, frame: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """The frame cut into its months, or whole; at least one piece, so that the schema is always there."""
    if table.by is None or frame.is_empty():
        return [("all", frame)]
    months = frame.with_columns(pl.col(table.by).dt.truncate("1mo").alias("_month"))
    pieces = months.partition_by("_month", as_dict=True, include_key=False, maintain_order=True)
    return sorted((key[0].strftime("%Y-%m"), piece) for key, piece in pieces.items())
