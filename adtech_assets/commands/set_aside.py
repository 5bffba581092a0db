"""The command about rows that could not be used.

Belongs here: how they are asked for and shown. Does not: which they are (`pipeline.proof`, `metrics.quarantine`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table
from rich.text import Text

from adtech_assets.commands.console import err, out
from adtech_assets.commands.shown import (
    cell,
    number,
    plain,
    print_json,
    print_original,
    quoted,
    say_unread,
    with_history,
    with_lines,
)  # fmt: skip
from adtech_assets.commands.spreadsheet import write_csv
from adtech_assets.pipeline.proof import quarantine as read_quarantine


def quarantine(
    client: Annotated[str, typer.Argument(help="the client's key: its folder in the inbox")],
    every: Annotated[bool, typer.Option("--all", help="also rows that a newer file has replaced since")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object with all rows")] = False,
    export: Annotated[Path | None, typer.Option(help="write all these rows with their cells to this .csv")] = None,
    rows: Annotated[int, typer.Option(help="how many single rows to print", min=0)] = 10,
    lines: Annotated[bool, typer.Option("--lines", help="with each row its line as it stands in the file")] = False,
) -> None:
    """Rows that could not be used: file, line, reason and text. A corrected file releases them."""
    from adtech_assets.metrics import quarantine as told

    with with_history(client) as workspace:
        found = read_quarantine(workspace, client)
        say_unread(workspace, client)
        released = found.height - told.still_open(found).height
        shown = found if every else told.still_open(found)
        if lines:
            shown = with_lines(workspace, client, shown)
        if export is not None:
            named = shown.drop("text").rename({"source_row": "line"})
            write_csv(export, pl.concat([named, told.cells(shown, named.columns)], how="horizontal"))
            err.print(f"wrote {shown.height} rows to {export}", markup=False)
        if as_json:
            facts = {"client": client, "open": found.height - released, "released": released}
            print_json({**facts, "rows": _with_cells(shown)})
            return
        _say_quarantine(client, found.height - released, released, every)
        if shown.height:
            _print_reasons(told.by_reason(shown), every)
            _print_rows(shown, rows)


def _say_quarantine(client: str, still_open: int, released: int, every: bool) -> None:
    if not still_open and not released:
        out.print(f"{client}: no row was set aside; every row that was read could be used.", markup=False)
        return
    parts = [f"{client}: {still_open} {'row is' if still_open == 1 else 'rows are'} set aside"]
    if not still_open:
        parts = [f"{client}: no row is set aside any more"]
    if released:
        parts.append(f"{released} more {'was' if released == 1 else 'were'} replaced by a newer file")
    out.print("; ".join(parts) + ("." if every or not released else " (--all shows them)."), markup=False)


def _print_reasons(grouped: pl.DataFrame, every: bool) -> None:
    table = Table(box=None, pad_edge=False)
    for header, justify in (("file", "left"), ("reason", "left"), ("column", "left"), ("rows", "right")):
        table.add_column(header, justify=justify)  # type: ignore[arg-type]
    if every:
        table.add_column("open", justify="right")
    table.add_column("spend", justify="right")
    table.add_column("lines")
    for row in grouped.to_dicts():
        more = ", ..." if row["rows"] > len(row["lines"]) else ""
        cells = [cell(row["file"]), cell(row["reason"]), cell(row["column"]), Text(f"{row['rows']:,}")]
        cells += [Text(f"{row['rows_open']:,}")] if every else []
        cells += [Text(number("spend", row["spend"])), Text(", ".join(map(str, row["lines"])) + more)]
        table.add_row(*cells)
    out.print(table)


def _print_rows(shown: pl.DataFrame, most: int) -> None:
    first = shown.head(most).to_dicts()
    if first:
        out.print()
    for row in first:
        cells = _cells_of(row["text"])
        at = row["column"]
        at_cell = f", {plain(at)}: {quoted(cells.get(at))}" if at else ""
        gone = f" [replaced by upload {row['released_by']}]" if row["released_by"] else ""
        out.print(f"{plain(row['file'])} line {row['source_row']}{at_cell}: {plain(row['reason'])}{gone}", markup=False)
        print_original(row)
    if shown.height > most:
        out.print(f"and {shown.height - most:,} more: --export FILE.csv writes all", markup=False)


def _cells_of(text: str | None) -> dict[str, Any]:
    read = json.loads(text) if text else {}
    return read if isinstance(read, dict) else {}


def _with_cells(rows: pl.DataFrame) -> list[dict[str, Any]]:
    named = rows.rename({"source_row": "line"})
    return [{**{k: v for k, v in r.items() if k != "text"}, "cells": _cells_of(r["text"])} for r in named.to_dicts()]
