"""The command about the source of a figure.

Belongs here: how it is asked for and shown. Does not: the answer (`pipeline.proof`, `metrics.provenance`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table
from rich.text import Text

from adtech_assets.commands.console import err, fail, out
from adtech_assets.commands.shown import (
    ORIGINAL,
    cell,
    number,
    plain,
    print_json,
    print_original,
    quoted,
    say_unread,
    with_lines,
)
from adtech_assets.commands.spreadsheet import write_csv
from adtech_assets.metrics.model import semantic_model
from adtech_assets.metrics.provenance import Slice
from adtech_assets.pipeline.proof import NothingToShow, Proof, prove
from adtech_assets.pipeline.workspace import Workspace

_TEXTS = ("platform", "channel", "account", "campaign", "adset", "ad")


def trace(
    client: Annotated[str, typer.Argument(help="the client's key: its folder in the inbox")],
    metric: Annotated[str, typer.Option(help="spend, clicks, roas, ...")] = "spend",
    week: Annotated[str | None, typer.Option(help="any day of the week, YYYY-MM-DD")] = None,
    first: Annotated[str | None, typer.Option("--from", help="first day, instead of --week")] = None,
    last: Annotated[str | None, typer.Option("--to", help="last day, with --from")] = None,
    campaign: Annotated[str | None, typer.Option(help="only this campaign")] = None,
    platform: Annotated[str | None, typer.Option(help="only this platform")] = None,
    channel: Annotated[str | None, typer.Option(help="only this channel")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object with all source rows")] = False,
    export: Annotated[Path | None, typer.Option(help="write all source rows to this .csv")] = None,
    rows: Annotated[int, typer.Option(help="how many source rows to print", min=0)] = 10,
    lines: Annotated[bool, typer.Option("--lines", help="with each row its line as it stands in the file")] = False,
) -> None:
    """Where a figure comes from: value, query, uploads, source rows. Exit 1 if they do not add up to it."""
    days = _days(week, first, last)
    said = {k: v for k, v in (("campaign", campaign), ("platform", platform), ("channel", channel)) if v is not None}
    workspace = Workspace.open()
    try:
        proof = prove(workspace, client, metric, *days, said)
    except NothingToShow as error:
        raise fail(str(error)) from None
    say_unread(workspace, client)
    if lines:
        proof = replace(proof, answer=replace(proof.answer, rows=with_lines(workspace, client, proof.answer.rows)))
    if export is not None:
        write_csv(export, proof.answer.rows.rename({"source_row": "line"}))
        err.print(f"wrote {proof.answer.rows.height} rows to {export}", markup=False)
    if as_json:
        print_json(_as_json(client, proof))
    else:
        _print_proof(client, workspace.currency(client), proof, rows)
    if not proof.holds:
        raise fail(_disagreement(proof))


def _days(week: str | None, first: str | None, last: str | None) -> tuple[dt.date, dt.date]:
    if (week is None) == (first is None and last is None):
        raise fail("say which days: --week 2025-03-24, or --from 2025-03-24 --to 2025-03-30")
    if week is not None:
        day = _day("--week", week)
        try:
            monday = day - dt.timedelta(days=day.weekday())
            return monday, monday + dt.timedelta(days=6)
        except OverflowError:
            raise fail(f"--week {week}: that week reaches beyond the calendar; write it as 2025-03-24") from None
    if first is None or last is None:
        raise fail("--from and --to go together")
    start, end = _day("--from", first), _day("--to", last)
    if end < start:
        raise fail(f"--to {end} lies before --from {start}")
    return start, end


def _day(option: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise fail(f"{option} {text!r} is no date: write it as 2025-03-24") from None


def _heading(client: str, wanted: Slice) -> str:
    about = "".join(f", {name} {quoted(value)}" for name, value in wanted.filters.items())
    return f"{client}, {wanted.first} to {wanted.last}{about}"


def _print_proof(client: str, currency: str | None, proof: Proof, most: int) -> None:
    answer = proof.answer
    label = semantic_model().metric(answer.metric)
    unit = f" {currency}" if currency and label.unit == "currency" else ""
    out.print(_heading(client, answer.slice), markup=False)
    out.print(f"{label.label}: {number(answer.metric, answer.value)}{unit}", style="bold", markup=False)
    if len(answer.parts) > 1:
        for part in answer.parts:
            out.print(f"  {part.metric}: {number(part.metric, part.value)}", markup=False)
    if answer.cut_weeks:
        out.print(
            f"  left out: {answer.cut_weeks} rows that cover whole weeks and reach beyond these days", markup=False
        )
    out.print(f"\nquery (DuckDB): gives {number(answer.metric, proof.queried)}\n{proof.query};", markup=False)
    names = [part.metric for part in answer.parts]
    _print_uploads("uploads", answer.uploads, names)
    if answer.superseded.height:
        _print_uploads("overruled by newer uploads, not counted", answer.superseded, names)
    _print_sources(answer.rows, names, most)
    if proof.holds:
        sums = ", ".join(
            f"{part.metric} of {part.rows:,} rows is {number(part.metric, part.rows_sum)}" for part in answer.parts
        )
        out.print(f"\nproved: {sums}; store and query say the same", style="green", markup=False)


def _print_uploads(title: str, uploads: pl.DataFrame, names: list[str]) -> None:
    table = Table(box=None, pad_edge=False)
    for header in ("file", "upload", "arrived (UTC)"):
        table.add_column(header)
    for header in ("rows", *names):
        table.add_column(header, justify="right")
    for row in uploads.to_dicts():
        arrived = f"{row['arrived_at']:%Y-%m-%d %H:%M}" if row["arrived_at"] else ""
        figures = [Text(number(name, row[name])) for name in names]
        table.add_row(cell(row["file"]), Text(row["upload_id"]), Text(arrived), Text(f"{row['rows']:,}"), *figures)
    out.print(f"\n{title}")
    out.print(table)


def _print_sources(rows: pl.DataFrame, names: list[str], most: int) -> None:
    texts = [c for c in _TEXTS if c in rows.columns and (c == "campaign" or rows.get_column(c).n_unique() > 1)]
    table = Table(box=None, pad_edge=False)
    for header in ("file", "line", "date", *texts, *names):
        table.add_column(header, justify="right" if header in ("line", *names) else "left")
    for row in rows.head(most).to_dicts():
        marked = set((row["recovered"] or "").split(","))
        figures = [Text(number(name, row[name]) + (" recovered" if name in marked else "")) for name in names]
        when = str(row["date"]) + (f" +{row['days']} days" if row["days"] > 1 else "")
        place = (cell(row["file"]), Text(str(row["source_row"])), Text(when))
        table.add_row(*place, *(cell(row[name]) for name in texts), *figures)
    out.print(f"\nsource rows ({min(most, rows.height):,} of {rows.height:,})")
    out.print(table)
    if ORIGINAL in rows.columns:
        for row in rows.head(most).to_dicts():
            out.print(f"{plain(row['file'])} line {row['source_row']}:", markup=False)
            print_original(row)
    if rows.height > most:
        out.print("all of them: --json or --export FILE.csv", markup=False)


def _as_json(client: str, proof: Proof) -> dict[str, Any]:
    answer = proof.answer
    parts = [{"metric": p.metric, "value": p.value, "rows_sum": p.rows_sum, "rows": p.rows} for p in answer.parts]
    return {
        "client": client, "metric": answer.metric, "from": answer.slice.first, "to": answer.slice.last,
        "filters": answer.slice.filters, "value": answer.value, "parts": parts, "query": proof.query,
        "query_value": proof.queried, "proved": proof.holds, "uploads": answer.uploads.to_dicts(),
        "rows": answer.rows.rename({"source_row": "line"}).to_dicts(), "superseded": answer.superseded.to_dicts(),
        "week_rows_left_out": answer.cut_weeks,
    }  # fmt: skip


def _disagreement(proof: Proof) -> str:
    answer = proof.answer
    wrong = [
        f"{p.metric} is {number(p.metric, p.value)} in the store but its source rows add up to "
        f"{number(p.metric, p.rows_sum)}"
        for p in answer.parts
        if not p.agrees
    ]
    if not wrong:
        queried = number(answer.metric, proof.queried)
        wrong = [f"the store says {number(answer.metric, answer.value)}, the query {queried}"]
    return (
        f"not proved: {'; '.join(wrong)}. Files or settings may have changed since the store was written: let "
        "`adtech up` run, then ask again; if it stays, report it"
    )
