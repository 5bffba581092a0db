"""How commands show what comes from files: on one line, without what steers a terminal, with all decimals.

Belongs here: texts, figures and lines of files for people. Does not: what a command shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
from rich.text import Text

from adtech_assets.commands.console import err, fail, out
from adtech_assets.metrics.model import semantic_model
from adtech_assets.pipeline.proof import NothingToShow, unread
from adtech_assets.pipeline.workspace import Workspace

_WIDEST_CELL = 60
ORIGINAL = "original_line"


def with_lines(workspace: Workspace, client: str, rows: pl.DataFrame) -> pl.DataFrame:
    from adtech_assets.pipeline.originals import lines_of

    return rows.with_columns(pl.Series(ORIGINAL, lines_of(workspace, client, rows), pl.String))


def say_unread(workspace: Workspace, client: str) -> None:
    waiting = unread(workspace, client)
    if waiting:
        named = ", ".join(plain(name) for name in waiting[:3]) + (", ..." if len(waiting) > 3 else "")
        err.print(
            f"not read yet, so not part of this answer: {named} (in the inbox; start `adtech up`)",
            style="yellow",
            markup=False,
        )


@contextmanager
def with_history(client: str) -> Iterator[Workspace]:
    """The workspace that holds the client's history; says so where it had to be read first."""
    from adtech_assets.exports.refusal import Refusal
    from adtech_assets.pipeline.at_once import history_of

    workspace = Workspace.open()
    try:
        with history_of(workspace, client) as (found, stored):
            if not stored:
                said = (
                    f"nothing of {client} is stored yet: answered from the files in its inbox (`adtech up` stores them)"
                )
                err.print(said, style="yellow", markup=False)
            yield found
    except (NothingToShow, Refusal, LookupError) as error:
        raise fail(str(error)) from None


def print_original(row: dict[str, Any]) -> None:
    if ORIGINAL in row:
        out.print(f"    {one_line(row[ORIGINAL] or '(no line of text: see the file)')}", style="dim", markup=False)


def print_json(content: dict[str, Any]) -> None:
    print(json.dumps(content, ensure_ascii=False, default=lambda day: day.isoformat()))  # noqa: T201


def number(metric: str, value: float | None) -> str:
    """A figure with all its decimals; money with two at least."""
    if value is None:
        return "unknown"
    text = f"{value:,.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    least = 2 if semantic_model().metric(metric).unit == "currency" else 0
    decimals = decimals.ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else whole


def plain(text: object) -> str:
    """A text from a file on one line, without characters that steer a terminal."""
    shown = one_line(text)
    return shown if len(shown) <= _WIDEST_CELL else shown[: _WIDEST_CELL - 1] + "…"


def one_line(text: object) -> str:
    return "".join(c if c.isprintable() else " " for c in str(text))


def cell(text: object) -> Text:
    return Text("" if text is None else plain(text))


def quoted(text: object) -> str:
    return "blank" if text is None else f"'{plain(text)}'"
