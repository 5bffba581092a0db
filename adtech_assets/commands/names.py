"""`adtech names`: which spellings count as which name, why, and which names look alike and were left apart.

Belongs here: printing, and writing the proposal. Does not: resolving names (`metrics/naming`).
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from adtech_assets.commands.console import out
from adtech_assets.commands.shown import cell, print_json, with_history

SUGGESTED_FILE = "aliases.suggested.yaml"
_ALL_SAME = ("stated", "known word")


def names(
    client: Annotated[str, typer.Argument(help="the client's key: the name of its folder in the inbox")],
    every: Annotated[bool, typer.Option("--all", help="also names that stand as their files state them")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object with every spelling")] = False,
    suggest: Annotated[
        bool, typer.Option(help=f"write {SUGGESTED_FILE} beside the exports, to check and save as aliases.yaml")
    ] = False,
) -> None:
    """Which spellings were resolved to which name, and why. What is wrong is corrected in aliases.yaml."""
    from adtech_assets.lake import Part, write_atomic
    from adtech_assets.metrics.naming.aliases import suggested_yaml
    from adtech_assets.pipeline import proof
    from adtech_assets.pipeline.workspace import Workspace
    from adtech_assets.tables import NAMES

    with with_history(client) as workspace:
        proof.check_read(workspace, client)
        table = workspace.lake.read(NAMES, Part(client))
        if suggest:
            path = Workspace.open().inbox / client / SUGGESTED_FILE
            write_atomic(path, suggested_yaml(table).encode())
            out.print(f"wrote {path}: check it, then save it as aliases.yaml; the next run uses it", markup=False)
            return
        rows = table.to_dicts()
        if as_json:
            print_json({"names": rows})
            return
        _show(rows if every else [row for row in rows if row["how"] not in _ALL_SAME])


def _show(rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print("every name stands as its files state it (--all lists them)")
        return
    table = Table(show_edge=False)
    for title in ("what", "spelling", "rows", "counts as", "because"):
        table.add_column(title, overflow="fold", justify="right" if title == "rows" else "left")
    for row in rows:
        apart = row["how"] == "suggested"
        why = f"apart, but like {row['candidate']}" if apart else row["how"]
        table.add_row(row["dimension"], cell(row["spelling"]), f"{row['rows']:,}", cell(row["name"]), cell(why))
    out.print(table)
