"""What uploads do to each other. The newest upload wins per (platform, campaign, date, days), as a slice: its rows
replace the older rows of that slice whatever their grain. Then days win over week rows, and rows with a campaign over
rows of files that have no campaign column, so that the same money is never added up twice. Old values stay in the
ledger; a slice that a newer upload covers by date but no longer names is kept and flagged.

Belongs here: slices and their history. Does not: which single rows are usable (`cleaning`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, totals
from adtech_assets.metrics.spans import DAY, WEEK
from adtech_assets.metrics.weekly import monday
from adtech_assets.tables import RESTATEMENTS, VANISHED

SLICE = ("platform", "campaign", "date", "days")
# A campaign may bear the name that stands for all campaigns: the flag keeps the two apart.
_KEY = (*SLICE, "campaignless")
_RELATIVE_NOISE = 1e-9


def is_current(keyed: pl.DataFrame) -> pl.Series:
    """True for the rows that count. `keyed`: the slice's columns, `sequence` and `campaignless` (the row's file names
    no campaigns).

    Of a slice, the newest upload. Campaignless rows: only where the platform has no row with a campaign on that day
    (week). Week rows: only in weeks in which the platform has no daily row.
    """
    current = pl.lit(True)
    if keyed.get_column("sequence").n_unique() > 1:
        current &= pl.col("sequence") == pl.col("sequence").max().over(_KEY)
    if keyed.get_column("campaignless").any():
        current &= ~pl.col("campaignless") | pl.col("campaignless").all().over("platform", "date", "days")
    if keyed.get_column("days").n_unique() > 1:
        has_days = (pl.col("days") == DAY).any().over("platform", monday(pl.col("date")))
        current &= (pl.col("days") != WEEK) | ~has_days
    return keyed.with_columns(current.alias("current")).get_column("current")


def slices(keyed: pl.DataFrame) -> pl.DataFrame:
    """Additive metrics per slice and upload, and whether they are `current`; no rows where only one upload exists, for
    then nothing can be restated."""
    if keyed.get_column("sequence").n_unique() < 2:
        return keyed.clear().select(*_KEY, "upload_id", "sequence", "current", *ADDITIVE)
    grouped = keyed.group_by(*_KEY, "upload_id", "sequence").agg(pl.col("current").first(), *totals(keyed))
    return grouped.sort(*_KEY, "sequence")


def ledger(per_upload: pl.DataFrame) -> pl.DataFrame:
    """Table restatements: every value of a slice in use that differs from the one the upload before it stated.

    `per_upload` as `slices` gives it: what one upload stated stands right above what the next one did.
    """
    columns = (*_KEY, "upload_id", *ADDITIVE)
    beside = per_upload.with_columns(pl.col(name).shift().alias(f"{name}_before") for name in columns)
    restated = beside.filter(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in _KEY)
    in_use = per_upload.filter("current").select(_KEY).unique()
    restated = restated.join(in_use, on=_KEY, how="semi", nulls_equal=True)
    found = [_changes(restated, name) for name in ADDITIVE]
    return RESTATEMENTS.conform(pl.concat(found).sort("new_sequence", *_KEY, "metric"))


def _changes(restated: pl.DataFrame, metric: str) -> pl.DataFrame:
    old, new = pl.col(f"{metric}_before"), pl.col(metric)
    return restated.filter(_differs(old, new)).select(
        *_KEY,
        pl.lit(metric).alias("metric"),
        old.alias("old"),
        new.alias("new"),
        pl.col("upload_id_before").alias("old_upload_id"),
        pl.col("upload_id").alias("new_upload_id"),
        pl.col("sequence").alias("new_sequence"),
    )


def _differs(old: pl.Expr, new: pl.Expr) -> pl.Expr:
    noise = _RELATIVE_NOISE * pl.max_horizontal(old.abs(), new.abs())
    return old.is_null().ne_missing(new.is_null()) | ((old - new).abs() > noise).fill_null(False)


def vanished(per_upload: pl.DataFrame) -> pl.DataFrame:
    """Table vanished: slices in use that are older than an upload which names campaigns of their platform on days (or
    weeks) before and after theirs. An upload without campaigns, or of another grain, cannot miss one."""
    named = per_upload.filter(~pl.col("campaignless"))
    later = named.group_by("platform", "days", "upload_id", "sequence").agg(
        pl.col("date").min().alias("first"), pl.col("date").max().alias("last")
    )
    later = later.rename(
        {"platform": "its_platform", "days": "its_days", "upload_id": "missing_in", "sequence": "its_sequence"}
    )
    gone = named.filter("current").join_where(
        later,
        pl.col("platform") == pl.col("its_platform"),
        pl.col("days") == pl.col("its_days"),
        pl.col("its_sequence") > pl.col("sequence"),
        pl.col("date") >= pl.col("first"),
        pl.col("date") <= pl.col("last"),
    )
    first = gone.sort("its_sequence").unique(SLICE, keep="first", maintain_order=True)
    return VANISHED.conform(first.sort(*SLICE))
