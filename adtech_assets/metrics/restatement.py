"""What newer uploads do to older ones. The newest upload wins per (platform, campaign, day), as a slice: its rows
replace the older rows of that slice whatever their grain. Old values stay in the ledger; a slice that a newer upload
covers by date but no longer names is kept and flagged.

Belongs here: slices and their history. Does not: which single rows are usable (`cleaning`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, totals
from adtech_assets.tables import RESTATEMENTS, VANISHED

SLICE = ("platform", "campaign", "date")
_RELATIVE_NOISE = 1e-9


def slices(keyed: pl.DataFrame) -> pl.DataFrame:
    """Additive metrics per slice and upload; no rows where only one upload exists, for then nothing can be restated."""
    if keyed.get_column("sequence").n_unique() < 2:
        return keyed.clear().select(*SLICE, "upload_id", "sequence", *ADDITIVE)
    return keyed.group_by(*SLICE, "upload_id", "sequence").agg(totals(keyed)).sort(*SLICE, "sequence")


def is_newest(keyed: pl.DataFrame) -> pl.Series:
    """True for the rows of each slice's newest upload."""
    if keyed.get_column("sequence").n_unique() < 2:
        return pl.Series([True]).new_from_index(0, keyed.height)
    return keyed.select(pl.col("sequence") == pl.col("sequence").max().over(SLICE)).to_series()


def ledger(per_upload: pl.DataFrame) -> pl.DataFrame:
    """Table restatements: every value of a slice that differs from the one the upload before it stated."""
    long = per_upload.unpivot(
        ADDITIVE, index=[*SLICE, "upload_id", "sequence"], variable_name="metric", value_name="new"
    )
    before = [pl.col(c).shift(1).over(*SLICE, "metric", order_by="sequence") for c in ("new", "upload_id")]
    changed = long.with_columns(before[0].alias("old"), before[1].alias("old_upload_id")).filter(
        pl.col("old_upload_id").is_not_null(), _differs(pl.col("old"), pl.col("new"))
    )
    named = changed.rename({"upload_id": "new_upload_id", "sequence": "new_sequence"})
    return RESTATEMENTS.conform(named).sort("new_sequence", *SLICE, "metric")


def _differs(old: pl.Expr, new: pl.Expr) -> pl.Expr:
    noise = _RELATIVE_NOISE * pl.max_horizontal(old.abs(), new.abs())
    return old.is_null().ne_missing(new.is_null()) | ((old - new).abs() > noise).fill_null(False)


def vanished(per_upload: pl.DataFrame, uploads: pl.DataFrame) -> pl.DataFrame:
    """Table vanished: slices whose newest statement is older than an upload of the platform that covers their day."""
    current = per_upload.filter(pl.col("sequence") == pl.col("sequence").max().over(SLICE))
    later = uploads.select(
        pl.col("platform").alias("later_platform"),
        pl.col("sequence").alias("later_sequence"),
        pl.col("upload_id").alias("missing_in"),
        "period_start",
        "period_end",
    )
    gone = current.join_where(
        later,
        pl.col("platform") == pl.col("later_platform"),
        pl.col("later_sequence") > pl.col("sequence"),
        pl.col("date") >= pl.col("period_start"),
        pl.col("date") <= pl.col("period_end"),
    )
    first = gone.sort("later_sequence").unique(SLICE, keep="first", maintain_order=True)
    return VANISHED.conform(first).sort(*SLICE)
