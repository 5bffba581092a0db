"""What a client's stored history answers: which rows were set aside, and which lines of which files make a figure.

Belongs here: reading the lake for these answers, and the sentences where there is none. Does not: the answers
themselves (`metrics.quarantine`, `metrics.provenance`), or how they are shown (`commands.proof`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from adtech_assets import inbox
from adtech_assets.exports.reader import upload_id
from adtech_assets.exports.refusal import Refusal
from adtech_assets.lake import Part
from adtech_assets.metrics import cleaning, provenance
from adtech_assets.metrics.provenance import FILTERS, Answer, Slice
from adtech_assets.pipeline.decisions import decisions_of
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import CLIENT_SLUG
from adtech_assets.tables import CLEANED, NAMES, QUARANTINE, UPLOADS


class NothingToShow(Exception):
    """There is no answer; the message says why and what to do."""


@dataclass(frozen=True)
class Proof:
    """A figure with all that proves it. `queried`: what the query gives when it is run on the stored files."""

    answer: Answer
    query: str
    queried: float | None

    @property
    def holds(self) -> bool:
        terms = sum(part.rows for part in self.answer.parts)
        return self.answer.agrees and provenance.equal(self.answer.value, self.queried, terms)


def check_read(workspace: Workspace, client: str) -> None:
    """NothingToShow unless files of the client have been read and cleaned."""
    known = set(_clients(workspace))
    if not CLIENT_SLUG.fullmatch(client) or client not in known:
        near = provenance.nearest(client, sorted(known)) or sorted(known)[:3]
        named = f"; there is {', '.join(near)}" if near else "; there are no clients yet"
        raise NothingToShow(f"no client {client!r}{named}. A client is a folder below {workspace.inbox}")
    part = Part(client)
    if not workspace.lake.exists(UPLOADS, part):
        waiting = unread(workspace, client)
        if waiting:
            said = "1 file lies" if len(waiting) == 1 else f"{len(waiting)} files lie"
            raise NothingToShow(f"{said} in {workspace.inbox / client} and nothing is read yet: start `adtech up`")
        raise NothingToShow(f"nothing was read for {client} yet: drop an export into {workspace.inbox / client}")
    if not workspace.lake.exists(CLEANED, part):
        raise NothingToShow(
            f"the files of {client} are read but not cleaned yet: start `adtech up`, or wait for its run"
        )


def _clients(workspace: Workspace) -> list[str]:
    folders = inbox.look(workspace.inbox, workspace.settings.inbox)
    root = workspace.inbox
    empty = [p.name for p in root.iterdir() if p.is_dir() and CLIENT_SLUG.fullmatch(p.name)] if root.is_dir() else []
    return sorted({*folders, *empty, *workspace.settings.clients, *workspace.lake.clients(UPLOADS)})


def unread(workspace: Workspace, client: str) -> list[str]:
    """Files that lie in the client's inbox and are not part of its history yet, in the order in which they came."""
    uploads = workspace.uploads(client)
    ids = set(uploads.get_column("upload_id"))
    seen = {(row["file"], row["bytes"]): row["arrived_at"] for row in uploads.to_dicts()}
    waiting = []
    for path in inbox.exports_of(workspace.inbox, client, workspace.settings.inbox):
        stat = path.stat()
        arrived = seen.get((path.name, stat.st_size))
        changed = dt.datetime.fromtimestamp(stat.st_mtime, dt.UTC)
        if (arrived is None or changed > arrived) and upload_id(path.read_bytes()) not in ids:
            waiting.append(path.name)
    return waiting


def quarantine(workspace: Workspace, client: str) -> pl.DataFrame:
    """Table quarantine of a client, with `arrived_at` of the row's upload; see `check_read`."""
    check_read(workspace, client)
    rows = workspace.lake.read(QUARANTINE, Part(client))
    arrived = workspace.uploads(client).select("upload_id", "arrived_at")
    return rows.join(arrived, on="upload_id", how="left", maintain_order="left").sort(
        "file", "arrived_at", "source_row"
    )


def prove(
    workspace: Workspace,
    client: str,
    metric: str,
    first: dt.date,
    last: dt.date,
    said: dict[str, str] | None = None,
) -> Proof:
    """A figure of the days from `first` to `last` with its proof. said: campaign, platform or channel it is about.

    NothingToShow where the client, the metric, a name or any row is missing.
    """
    check_read(workspace, client)
    if metric not in provenance.known_metrics():
        raise NothingToShow(f"no metric {metric!r}: choose one of {', '.join(provenance.known_metrics())}")
    part = Part(client)
    cleaned = workspace.lake.read(CLEANED, part)
    if cleaned.is_empty():
        raise NothingToShow(f"no file of {client} has a usable row of a day or week: see `adtech quarantine {client}`")
    wanted = Slice(first, last, **_members(said or {}, cleaned, workspace.lake.read(NAMES, part)))
    raw, uploads = workspace.raw_rows(client), workspace.uploads(client)
    sources = cleaning.sources(raw, uploads, first, last, _decisions(workspace, client))
    answer = provenance.trace(metric, wanted, sources, cleaned, uploads)
    if answer.rows.is_empty() and wanted.rows(cleaned).is_empty():
        raise NothingToShow(_no_rows(wanted, cleaned, answer.cut_weeks))
    query = provenance.query(metric, wanted, _files(workspace.lake.files(CLEANED, part), wanted))
    return Proof(answer, query, _run(query))


def _decisions(workspace: Workspace, client: str) -> cleaning.Decisions:
    try:
        return decisions_of(workspace, client)
    except Refusal as refusal:
        raise NothingToShow(str(refusal)) from None


def _members(said: dict[str, str], cleaned: pl.DataFrame, names: pl.DataFrame) -> dict[str, str]:
    found = {}
    for dimension in FILTERS:
        if (name := said.get(dimension)) is None:
            continue
        member = provenance.member(dimension, name, cleaned, names)
        if member is None:
            known = cleaned.get_column(dimension).drop_nulls().unique().to_list()
            near = provenance.nearest(name, known)
            hint = f"; nearest: {', '.join(repr(n) for n in near)}" if near else f"; there are {len(known)}"
            raise NothingToShow(f"no {dimension} {name!r}{hint}")
        found[dimension] = member
    return found


def _no_rows(wanted: Slice, cleaned: pl.DataFrame, cut_weeks: int) -> str:
    about = " of " + ", ".join(f"{name} {value!r}" for name, value in wanted.filters.items()) if wanted.filters else ""
    if cut_weeks:
        return (
            f"no rows{about} from {wanted.first} to {wanted.last}, but {cut_weeks} that cover whole weeks, which are "
            "not spread over days: ask for --week"
        )
    theirs = cleaned.filter(pl.lit(value=True), *(pl.col(name) == value for name, value in wanted.filters.items()))
    span = theirs.select(pl.col("date").min().alias("first"), pl.col("last_day").max().alias("last")).row(0)
    said = f": there are rows from {span[0]} to {span[1]}" if theirs.height else ""
    return f"no rows{about} from {wanted.first} to {wanted.last}{said}"


def _files(files: Sequence[Path], wanted: Slice) -> list[Path]:
    """The files that hold rows of these days: a person reads the query."""
    days = pl.col("date").is_between(wanted.first, wanted.last)
    holding = [path for path in files if pl.scan_parquet(path, glob=False).select(days.any()).collect().item()]
    return holding or list(files)


def _run(query: str) -> float | None:
    import duckdb

    with duckdb.connect() as connection:
        row = connection.execute(query).fetchone()
    return None if row is None or row[0] is None else float(row[0])
