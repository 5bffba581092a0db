"""Missing factors that a row's own ratios give back: spend = revenue / ROAS, revenue = spend x ROAS, clicks = CTR x
impressions. A recovered value is marked; it is never mixed silently with stated ones.

Belongs here: arithmetic inside one row. Does not: estimates from other rows.
"""

from __future__ import annotations

import polars as pl


def recover(rows: pl.DataFrame) -> pl.DataFrame:
    """Fill null spend, revenue and clicks where the row determines them; `recovered` names them, comma separated.

    Money is rounded to cents and clicks to whole ones, as platforms state them. A reported ratio of 0 recovers nothing.
    """
    roas, ctr = pl.col("reported_roas"), pl.col("reported_ctr")
    candidates = {
        "spend": pl.when(roas > 0).then((pl.col("revenue") / roas).round(2)),
        "revenue": pl.when(roas > 0).then((pl.col("spend") * roas).round(2)),
        "clicks": pl.when(ctr > 0).then((pl.col("impressions") * ctr).round(0)),
    }
    if not rows.select(pl.any_horizontal(roas.is_not_null().any(), ctr.is_not_null().any())).item():
        return rows.with_columns(pl.lit(None, pl.String).alias("recovered"))
    marks = [
        pl.when(pl.col(name).is_null() & value.is_not_null()).then(pl.lit(name)) for name, value in candidates.items()
    ]
    return rows.with_columns(
        *(pl.coalesce(name, value).alias(name) for name, value in candidates.items()),
        pl.concat_str(marks, separator=",", ignore_nulls=True).replace("", None).alias("recovered"),
    )
