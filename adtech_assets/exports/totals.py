"""Total rows: lines of the file that sum the others. They are a checksum, never data.

Belongs here: recognising them. Does not: adding anything up for a report.
"""

from __future__ import annotations

import polars as pl

_WORDS = r"(?i)^\s*(grand total|totals?|gesamt|summe|total general)\s*(:.*)?$"


def total_rows(text: pl.DataFrame, day: str, labels: list[str]) -> pl.Series:
    """True for rows without a day in which a cell is a total label (`Total`, `Gesamt: Konto`).

    A campaign called "Total Rewards Brand" is none: the label stands alone or before a colon, and the day is blank.
    """
    day_says = pl.col(day).str.contains(_WORDS).fill_null(False)
    without_day = text.select((pl.col(day).is_null() | day_says).alias("total")).get_column("total")
    if not without_day.any():
        return without_day
    labelled = pl.any_horizontal([pl.col(c).str.contains(_WORDS).fill_null(False) for c in (day, *labels)])
    return without_day & text.select(labelled.alias("total")).get_column("total")
