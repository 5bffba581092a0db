"""The columns of one upload, as table `upload_columns`: what each is called, which role it plays, what its cells are.

Belongs here: naming what the reading found out anyway. Does not: reading cells again, or comparing two uploads (the
rulebook does).
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from adtech_assets.exports.figures import NUMERIC
from adtech_assets.exports.periods import TIME
from adtech_assets.exports.recognition import Recognition
from adtech_assets.tables import UPLOAD_COLUMNS

NUMBER, DAY, TEXT, EMPTY = "number", "day", "text", "empty"


def columns_of(
    found: Recognition, table: pl.DataFrame, typed: pl.DataFrame, native: Collection[int], times: Collection[str]
) -> pl.DataFrame:
    """Table upload_columns (without the upload) of a header line.

    `table` holds the cells as text, by role or else by position; `typed` the numeric roles as numbers; `native` the
    columns that are numbers by nature; `times` the time roles that could be read. Blank headers are left out.
    """
    roles = {position: role for role, position in found.positions.items()}
    rows = [
        {
            "position": position + 1,
            "header": header,
            "field": roles.get(position),
            "type": _type(position, roles.get(position), table, typed, native, times),
        }
        for position, header in enumerate(found.headers)
        if header.strip()
    ]
    return pl.DataFrame(rows, schema={k: v for k, v in UPLOAD_COLUMNS.schema.items() if k != "upload_id"})


def _type(
    position: int,
    role: str | None,
    table: pl.DataFrame,
    typed: pl.DataFrame,
    native: Collection[int],
    times: Collection[str],
) -> str:
    """What the cells of a column are; null counts are known without looking at a cell."""
    name = role or str(position)
    if name not in table.columns or table.get_column(name).null_count() == table.height:
        return EMPTY
    if role in NUMERIC and role in typed.columns:
        return NUMBER if typed.get_column(role).null_count() < table.height else TEXT
    if role in TIME:
        return DAY if role in times else TEXT
    return NUMBER if position in native else TEXT
