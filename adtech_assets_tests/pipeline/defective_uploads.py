"""Generated uploads with random defects, and an independent count of what the store made of them.

The count never asks the reader or the ledger what a file says: it reads the bytes again with the standard library, and
looks for every line of every file in the tables.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import random
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from adtech_assets.lake import Part
from adtech_assets.metrics import cleaning
from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.decisions import decisions_of
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.tables import CLEANED, CONSERVATION, PERIOD_ROWS, QUARANTINE

BEGIN = dt.date(2025, 1, 1)
ARRIVES = dt.datetime(2025, 4, 1, 6, tzinfo=dt.UTC)
NAMES = ("Brand DE", "Shoes | Prospecting", "Sommer, Sale", "Retargeting 30d", "Video_Top", "Outlet «Nord»")
UNREADABLE = ("abc", "12x", "1O.5", "see note", "#REF!", "=A1+B1")
NO_DAY = ("", "31.31.2025", "2025-02-30", "yesterday")
METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")
PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
Record = dict[str, str]


@dataclass(frozen=True)
class Upload:
    """One generated file, and how its bytes are to be read back."""

    name: str
    data: bytes
    encoding: str
    delimiter: str
    decimal: str

    @property
    def id(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:12]

    def lines(self) -> dict[int, Record]:
        """Line number -> its cells, for every record under the header."""
        text = self.data.decode(self.encoding).splitlines()
        header = next(csv.reader([text[0]], delimiter=self.delimiter))
        cells = {
            n: next(csv.reader([line], delimiter=self.delimiter)) for n, line in enumerate(text[1:], start=2) if line
        }
        return {n: dict(zip(header, row, strict=False)) for n, row in cells.items()}

    def spend(self, record: Record) -> Decimal:
        """What a record states as spend; 0 where that is no number."""
        cell = record.get("spend", "").replace(self.decimal, ".")
        return Decimal(cell) if PLAIN.fullmatch(cell) else Decimal(0)


def is_total(record: Record) -> bool:
    return next(iter(record.values())) == "Total"


def uploads(seed: int, count: int) -> list[Upload]:
    """Files of one client in the order in which they come: overlapping, restated, renamed, and full of defects."""
    rng = random.Random(seed)
    names = rng.sample(NAMES, rng.randint(2, 4))
    made: list[Upload] = []
    for number in range(count):
        if number and rng.random() < 0.15:
            names[0] = f"{names[0]} {number}"
        made.append(_upload(rng, names, number))
    return made


def _upload(rng: random.Random, names: list[str], number: int) -> Upload:
    span = rng.choice(["day", "day", "day", "week", "period"])
    first = BEGIN + dt.timedelta(days=rng.randint(0, 60))
    records = [r for when in _times(rng, span, first) for name in names for r in _records(rng, when, name)]
    rng.shuffle(records)
    records = [defective for record in records for defective in _defects(rng, record)]
    records.append(_record(rng, _times(rng, span, first)[0], names[0]))  # a file must not end with a short record
    decimal, delimiter = rng.choice([(".", ","), (".", ";"), (",", ";"), (".", "\t")])
    if rng.random() < 0.4:
        records.append({next(iter(records[0])): "Total", "spend": f"{sum(_amount(r) for r in records):.2f}"})
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16"])
    again = rng.random() < 0.3 and number
    name = "export.csv" if again else f"export-{number}.csv"
    return Upload(name, _written(records, delimiter, decimal, encoding), encoding, delimiter, decimal)


def _times(rng: random.Random, span: str, first: dt.date) -> list[Record]:
    if span == "day":
        return [{"date": f"{first + dt.timedelta(days=i)}"} for i in range(8)]
    if span == "week":
        monday = first - dt.timedelta(days=first.weekday())
        starts = [monday + dt.timedelta(weeks=i) for i in range(3)]
        return [{"Start Date": f"{s}", "End Date": f"{s + dt.timedelta(days=6)}"} for s in starts]
    return [{"Start Date": f"{first}", "End Date": f"{first + dt.timedelta(days=19)}"}]


def _records(rng: random.Random, when: Record, name: str) -> list[Record]:
    """Rows of one campaign and time: sometimes several of one key, sometimes none."""
    return [_record(rng, when, name) for _ in range(rng.choice([0, 1, 1, 1, 1, 2]))]


def _record(rng: random.Random, when: Record, name: str) -> Record:
    shown = rng.randint(1_000, 90_000)
    clicks, cents = rng.randint(1, shown // 20), rng.randint(1, 90_000)
    revenue = rng.randint(0, 400_000)
    spelled = rng.choice([name, name, name.upper(), name.lower(), name.replace(" ", "_"), f" {name}  "])
    return {
        **when, "channel": rng.choice(["Search", "Search", "search"]), "campaign": spelled, "spend": f"{cents / 100:.2f}",
        "impressions": str(shown), "clicks": str(clicks), "conversions": str(clicks // 9), "revenue": f"{revenue / 100:.2f}",
        "roas": f"{revenue / cents:.2f}", "ctr": f"{clicks / shown:.4f}",
    }  # fmt: skip


def _amount(record: Record) -> Decimal:
    return Decimal(record["spend"]) if PLAIN.fullmatch(record.get("spend", "")) else Decimal(0)


def _defects(rng: random.Random, record: Record) -> list[Record]:
    """The record as it is, or with one thing wrong."""
    chance = rng.random()
    when = next(iter(record))
    defects: list[tuple[float, Record]] = [
        (0.03, {"spend": rng.choice(UNREADABLE)}),
        (0.05, {rng.choice(METRICS[1:]): rng.choice(UNREADABLE)}),
        (0.08, {when: rng.choice(NO_DAY)}),
        (0.10, {rng.choice(METRICS): f"-{rng.randint(1, 999)}.{rng.randint(10, 99)}"}),
        (0.12, {"campaign": ""}),
        (0.20, {rng.choice(("spend", "clicks", "revenue", "impressions")): ""}),
        (0.22, {when: "2031-05-05"}),
        (0.24, {"": "one cell too many"}),
    ]
    for bound, change in defects:
        if chance < bound:
            return [record | change]
    if chance < 0.26:
        return [dict(list(record.items())[:6])]
    return [record] * rng.randint(2, 3) if chance < 0.34 else [record]


def _written(records: list[Record], delimiter: str, decimal: str, encoding: str) -> bytes:
    buffer = io.StringIO()
    header = max(records, key=lambda r: len([k for k in r if k])).keys() - {""}
    ordered = [name for name in next(r for r in records if header <= r.keys()) if name]
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(ordered)
    for record in records:
        complete = {**dict.fromkeys(ordered, ""), **record} if next(iter(record.values())) == "Total" else record
        cells = [complete[name] for name in (*ordered, "") if name in complete]
        writer.writerow([cell.replace(".", decimal) if PLAIN.fullmatch(cell) else cell for cell in cells])
    return buffer.getvalue().encode(encoding)


@dataclass(frozen=True)
class Count:
    """What became of generated uploads. Rows and spend `lost` are in no table and are no copy of a row that is."""

    uploads: int = 0
    refused: int = 0
    rows: int = 0
    totals: int = 0
    kept: int = 0
    quarantined: int = 0
    period: int = 0
    copies: int = 0
    rows_lost: int = 0
    spend: Decimal = Decimal(0)
    spend_lost: Decimal = Decimal(0)
    untold: int = 0

    def __add__(self, other: Count) -> Count:
        mine, theirs = vars(self), vars(other)
        return Count(**{name: mine[name] + theirs[name] for name in mine})


def run(workspace: Workspace, client: str, files: list[Upload]) -> Count:
    """Drop the files one after the other, ingest and clean after each, and count."""
    folder = workspace.inbox / client
    folder.mkdir(parents=True)
    for number, upload in enumerate(files):
        (folder / upload.name).write_bytes(upload.data)
        client_steps.ingest(workspace, client, ARRIVES + dt.timedelta(days=number))
    client_steps.clean(workspace, client)
    return count(workspace, client, files)


def count(workspace: Workspace, client: str, files: list[Upload]) -> Count:
    """Every line of every file, looked for in the tables; and whether the ledger says the same."""
    part = Part(client)
    read = workspace.uploads(client)
    raw, days = workspace.raw_rows(client), (dt.date(1900, 1, 1), dt.date(2100, 1, 1))
    kept = cleaning.sources(raw, read, *days, decisions_of(workspace, client))
    stated = pl.when(~pl.col("recovered").fill_null("").str.contains("spend")).then("spend")
    tables = {
        "kept": kept.with_columns(stated.alias("spend")),
        "quarantined": workspace.lake.read(QUARANTINE, part),
        "period": workspace.lake.read(PERIOD_ROWS, part),
    }
    ledger = {row["upload_id"]: row for row in workspace.lake.read(CONSERVATION, part).to_dicts()}
    refused = set(read.filter(status="refused")["upload_id"])
    current = workspace.lake.read(CLEANED, part)
    added = kept.filter("current").height - int(current["source_rows"].sum() or 0)
    total = Count(untold=abs(added))
    for upload in {file.id: file for file in files}.values():
        if upload.id in refused:
            total += Count(uploads=1, refused=1)
            continue
        found = {name: table.filter(upload_id=upload.id) for name, table in tables.items()}
        total += _count(upload, found, ledger[upload.id])
    return total


def _count(upload: Upload, found: dict[str, pl.DataFrame], ledger: dict[str, Any]) -> Count:
    lines = upload.lines()
    totals = {n for n, record in lines.items() if is_total(record)}
    rows = {n: record for n, record in lines.items() if n not in totals}
    places = {name: set(table["source_row"]) for name, table in found.items()}
    there = set[int]().union(*places.values())
    held = [rows[n] for n in there if n in rows]
    copies = {n for n, record in rows.items() if n not in there and any(record == other for other in held)}
    spend = sum((upload.spend(record) for record in rows.values()), Decimal(0))
    stored = sum((_cents(table["spend"]) for table in found.values()), Decimal(0))
    stored += sum((upload.spend(rows[n]) for n in copies), Decimal(0))
    twice = sum(len(p) for p in places.values()) - len(there) + len(there - rows.keys())
    mine = (
        len(lines),
        len(totals),
        len(places["kept"]),
        len(places["quarantined"]),
        len(places["period"]),
        len(copies),
    )
    told = tuple(ledger[f"rows_{n}"] for n in ("read", "total", "kept", "quarantined", "period", "duplicate"))
    parts = ("kept", "quarantined", "period", "duplicate")
    money = (_cents(pl.Series([ledger[f"spend_{n}"] for n in parts])), _cents(pl.Series([ledger["spend_read"]])))
    return Count(
        uploads=1, rows=len(rows), totals=len(totals), kept=mine[2], quarantined=mine[3], period=mine[4],
        copies=len(copies), rows_lost=len(rows) - len(there & rows.keys()) - len(copies) + twice,
        spend=spend, spend_lost=abs(spend - stored), untold=int(mine != told or money != (spend, spend)),
    )  # fmt: skip


def _cents(values: pl.Series) -> Decimal:
    return sum((Decimal(repr(round(v, 2))) for v in values.drop_nulls().to_list()), Decimal(0))
