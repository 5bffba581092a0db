"""Rows as the tables of a week's insights.

Belongs here: bringing rows into shape. Does not: the shape (`tables`), or what fills it (`insights`, `recommendations`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from adtech_assets.tables import HYPOTHESES, INSIGHTS, RECOMMENDATIONS

INSIGHT_COLUMNS: dict[str, pl.DataType] = dict(INSIGHTS.schema)
RECOMMENDATION_COLUMNS: dict[str, pl.DataType] = dict(RECOMMENDATIONS.schema)
HYPOTHESIS_COLUMNS: dict[str, pl.DataType] = dict(HYPOTHESES.schema)


def frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Rows as a table with exactly these columns; what a row lacks is null."""
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=dict(columns))
