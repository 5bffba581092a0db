"""What uploads do to each other. The newest upload wins per slice (platform, account, campaign, date, days): its rows
replace the older rows of that slice whatever their grain. Then days win over week rows, and rows with a campaign over
rows of files that have no campaign column, so that the same money is never added up twice. Old values stay in the
ledger.

Belongs here: which statement of a slice counts, and the ledger of changes. Does not: which single rows are usable
(`cleaning`), what became of slices that are missing (`history`, `renames`, `reexports`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.spans import DAY, WEEK
from adtech_assets.metrics.succession.statements import SLICE, differs_from_before, starts_slice
from adtech_assets.metrics.weekly import monday
from adtech_assets.tables import RESTATEMENTS

# A campaign may bear the name that stands for all campaigns: the flag keeps the two apart.
_KEY = ("platform", "owner", "campaign", "date", "days", "campaignless")


def is_current(keyed: pl.DataFrame) -> pl.Series:
    """True for the rows that count. `keyed`: the slice's columns, `owner` (the account where accounts are told apart),
    `sequence` and `campaignless` (the row's file names no campaigns).

    Of a slice, the newest upload. Campaignless rows: only where the platform has no row with a campaign on that day
    (week). Week rows: only in weeks in which the platform has no daily row.
    """
    current = pl.lit(True)
    if keyed.get_column("sequence").n_unique() > 1:
        current &= pl.col("sequence") == pl.col("sequence").max().over(_KEY)
    if keyed.get_column("campaignless").any():
        current &= ~pl.col("campaignless") | pl.col("campaignless").all().over("platform", "owner", "date", "days")
    if keyed.get_column("days").n_unique() > 1:
        has_days = (pl.col("days") == DAY).any().over("platform", "owner", monday(pl.col("date")))
        current &= (pl.col("days") != WEEK) | ~has_days
    return keyed.with_columns(current.alias("current")).get_column("current")


def ledger(told: pl.DataFrame, in_use: pl.DataFrame, uploads: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Table restatements: every value of a slice in use that differs from the one stated before it.

    told: as `statements` gives it, under the names in use. in_use: the slices (SLICE, campaignless) of current rows.
    uploads: `sequence`, `upload_id` and the day each export was `taken`.
    """
    told = told.join(in_use, on=[*SLICE, "campaignless"], how="semi", nulls_equal=True)
    taken = uploads.select("sequence", "taken")
    told = told.join(taken, on="sequence", how="left", maintain_order="left").with_columns(
        starts_slice().alias("starts")
    )
    found = [_changes(told, metric) for metric in ADDITIVE]
    return RESTATEMENTS.conform(
        pl.concat(found).with_columns(pl.lit(kind).alias("kind")).sort("sequence", *SLICE, "metric", nulls_last=True)
    )


def _changes(told: pl.DataFrame, metric: str) -> pl.DataFrame:
    """The changes of one metric. A value that several uploads repeat was first seen in the first of them."""
    moved = ~pl.col("starts") & differs_from_before(metric)
    runs = told.with_columns(moved.alias("moved"), (pl.col("starts") | moved).cum_sum().alias("run"))
    runs = runs.with_columns(pl.col("upload_id").first().over("run").alias("run_upload"))
    beside = runs.with_columns(pl.col(metric).shift().alias("old"), pl.col("run_upload").shift().alias("first_seen_in"))
    return beside.filter("moved").select(
        *SLICE,
        pl.lit(metric).alias("metric"),
        "old",
        pl.col(metric).alias("new"),
        "first_seen_in",
        pl.col("upload_id").alias("changed_in"),
        "sequence",
        (pl.col("taken") - pl.col("date")).dt.total_days().alias("age_days"),
    )


def with_stated_names(ledger: pl.DataFrame, keyed: pl.DataFrame) -> pl.DataFrame:
    """The ledger with `stated_as`, the name under which the upload that changed a figure states the campaign, and
    `stated_before_as`, that of the upload which first stated the old value.

    keyed: rows with `campaign` (in use) and `first_stated` (as its upload has it).
    """
    slice_ = {"account": "owner", "campaign": "campaign", "platform": "platform", "date": "date", "days": "days"}
    names = keyed.select(*(pl.col(own).alias(name) for name, own in slice_.items()), "upload_id", "first_stated")
    names = names.unique([*slice_, "upload_id"], keep="first")
    for column, upload in (("stated_as", "changed_in"), ("stated_before_as", "first_seen_in")):
        own = names.rename({"upload_id": upload, "first_stated": column})
        ledger = ledger.drop(column).join(
            own, on=[*slice_, upload], how="left", nulls_equal=True, maintain_order="left"
        )
    return RESTATEMENTS.conform(ledger)
