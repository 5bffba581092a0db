"""`adtech restatements`: what newer exports changed, by age; what they no longer name; renames; partial re-exports.

Belongs here: printing the answer. Does not: the answer (`pipeline/restatements.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.table import Table

from adtech_assets.commands.console import fail, out
from adtech_assets.commands.shown import cell, print_json, say_unread, with_history

_AGES = ((7, "up to a week"), (14, "1-2 weeks"), (28, "2-4 weeks"), (56, "4-8 weeks"))
_OLDER = "older than 8 weeks"
_SHOWN = 20


def restatements(
    client: Annotated[str, typer.Argument(help="the client's key: the name of its folder in the inbox")],
    since: Annotated[str | None, typer.Option(help="only exports made on this day or later, YYYY-MM-DD")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object, with every single change")] = False,
    confirm: Annotated[
        str | None, typer.Option(help="a file (or upload id) of which what it no longer names is meant")
    ] = None,
) -> None:
    """What newer exports changed, no longer name, or call otherwise; nothing is overwritten in silence."""
    from adtech_assets.pipeline import restatements as answers
    from adtech_assets.pipeline.decisions import confirm as note
    from adtech_assets.pipeline.proof import check_read
    from adtech_assets.pipeline.workspace import Workspace

    try:
        day = dt.date.fromisoformat(since) if since else None
    except ValueError:
        raise fail(f"--since {since!r} is no date: write it as 2025-03-24") from None
    with with_history(client) as workspace:
        check_read(workspace, client)
        if confirm is not None:
            file = note(Workspace.open(), workspace, client, confirm)
            out.print(f"noted: what {file} no longer names is meant; the client's next run knows it", markup=False)
            return
        say_unread(workspace, client)
        answer = answers.answer(workspace, client, day)
    if as_json:
        print_json(answer)
    else:
        _show(answer)


def _show(answer: dict[str, Any]) -> None:
    ledger = answer["ledger"]
    _table("What each file did to the slices (day and campaign) it covers, the newest last", answer["files"])
    _table(
        "Changed figures by age of their day when the export changed it",
        _by_age([*ledger["changes"], *ledger["changes_across_renames"]]),
    )
    _list("Renamed (proven by equal history, applied)", ledger["renames"], _rename)
    _list("Perhaps renamed (not applied: say in aliases.yaml if they are one)", ledger["suspected_renames"], _rename)
    missing = [row for row in ledger["vanished"] if not row["explained_by"]]
    _list("No longer named by a newer file that covers their days (kept)", missing, _missing)
    _list(
        "Partial re-exports (what they miss is kept; --confirm FILE if it is meant)",
        ledger["partial_reexports"],
        _partial,
    )


def _rename(row: dict[str, Any]) -> str:
    days = f"{row['days_equal_spend']} of {row['days']} shared days equal, {row['first_day']} to {row['last_day']}"
    return f"{row['old']!r} is {row['new']!r} in {row['file']} ({days})"


def _missing(row: dict[str, Any]) -> str:
    back = f"; back in {row['back_in']}" if row["back_in"] else ""
    spend = f"{row['spend']:,.2f} of spend, " if row["spend"] else ""
    days = "1 day" if row["days"] == 1 else f"{row['days']} days"
    return f"{row['campaign']!r} in {row['file']} ({spend}{days}, {row['first_day']} to {row['last_day']}){back}"


def _partial(row: dict[str, Any]) -> str:
    state = "confirmed as meant" if row["confirmed"] else "not brought back yet"
    if row["healed_by"]:
        state = f"{row['rows_back']:,} back in {row['healed_by']}"
    return f"{row['file']} misses {row['rows_missing']:,} slices of {row['campaigns']} campaigns: {state}"


def _by_age(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number of changes per metric and age."""
    counted = Counter((change["metric"], _age(change["age_days"])) for change in changes)
    ages = [name for _, name in _AGES] + [_OLDER]
    metrics = list(dict.fromkeys(change["metric"] for change in changes))
    return [{"metric": metric, **{age: counted[metric, age] or "" for age in ages}} for metric in metrics]


def _age(days: int) -> str:
    return next((name for limit, name in _AGES if days <= limit), _OLDER)


def _table(title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print(f"{title}: none\n", markup=False)
        return
    columns = [name for name in rows[0] if name not in ("platform", "upload_id")]
    table = Table(title=title, title_justify="left", show_edge=False)
    for name in columns:
        table.add_column(name, justify="left" if name == columns[0] else "right")
    for row in rows[-_SHOWN:]:
        table.add_row(*(cell(f"{row[c]:,}" if isinstance(row[c], int) else row[c]) for c in columns))
    out.print(table)
    _rest(rows)


def _list(title: str, rows: list[dict[str, Any]], said: Callable[[dict[str, Any]], str]) -> None:
    out.print(f"{title}:" if rows else f"{title}: none", markup=False)
    for row in rows[-_SHOWN:]:
        out.print(f"  {said(row)}", markup=False)
    _rest(rows)


def _rest(rows: list[dict[str, Any]]) -> None:
    if len(rows) > _SHOWN:
        out.print(f"  and {len(rows) - _SHOWN:,} earlier ones: see --json", markup=False)
    out.print()
