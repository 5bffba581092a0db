"""What each upload did to what was known before it: slices new, changed, unchanged, vanished, come back.

An upload covers the days from its first to its last row of a platform. A slice in them that it does not name has
vanished, if the upload is an export of the same table: one that names a campaign of the upload which stated the slice.
A file without campaigns, or of another grain, cannot miss one.

Belongs here: following slices through uploads. Does not: why a slice vanished (`renames`, `reexports`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.succession.statements import SLICE, changed, starts_slice

NEW, CHANGED, UNCHANGED, VANISHED, REAPPEARED = "new", "changed", "unchanged", "vanished", "reappeared"
MISSING = "missing"
EVENTS = (NEW, CHANGED, UNCHANGED, VANISHED, REAPPEARED)
STATED = (NEW, CHANGED, UNCHANGED, REAPPEARED)
TABLE = ("platform", "account", "days")


def follow(told: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """One row a slice and upload that states or misses it, sorted by slice and order.

    told: as `statements` gives it; covered: its `coverage`. Adds `event`, one of EVENTS or `missing` (it vanished before
    and is not back), and `since`: the place of the upload that last stated the slice. The metrics are those last stated.
    `same_table`: the upload names a campaign in common with one that stated the slice.
    """
    numbered = told.with_columns(starts_slice().cum_sum().alias("slice"), changed().alias("changed"))
    pairs = pl.concat(
        [
            numbered.select("slice", "sequence"),
            _missable(numbered.filter(~pl.col("campaignless")), covered).select("slice", "sequence"),
        ]
    ).unique()
    beside = pairs.join(
        numbered.select("slice", "sequence", "changed", *ADDITIVE), on=["slice", "sequence"], how="left"
    )
    stated = pl.col("changed").is_not_null()
    beside = beside.sort("slice", "sequence").with_columns(
        stated.alias("stated"), pl.when(stated).then("sequence").forward_fill().over("slice").alias("since")
    )
    first = (pl.col("slice") != pl.col("slice").shift()).fill_null(True)
    before = pl.col("stated").shift()
    event = (
        pl.when(first).then(pl.lit(NEW))
        .when(pl.col("stated") & ~before).then(pl.lit(REAPPEARED))
        .when(pl.col("stated") & pl.col("changed")).then(pl.lit(CHANGED))
        .when(pl.col("stated")).then(pl.lit(UNCHANGED))
        .when(before).then(pl.lit(VANISHED))
        .otherwise(pl.lit(MISSING))
    )  # fmt: skip
    beside = beside.with_columns(event.alias("event"))
    names = numbered.unique("slice", maintain_order=True).select("slice", *SLICE, "campaignless")
    last = numbered.select("slice", pl.col("sequence").alias("since"), *ADDITIVE)
    found = beside.select("slice", "sequence", "event", "since")
    found = found.join(names, on="slice").join(last, on=["slice", "since"])
    same = _of_the_same_table(found.filter(pl.col("event") == VANISHED), numbered)
    found = found.join(same.with_columns(same_table=pl.lit(value=True)), on=["slice", "sequence"], how="left")
    return found.with_columns(pl.col("same_table").fill_null(False)).sort("slice", "sequence")


def coverage(told: pl.DataFrame) -> pl.DataFrame:
    """First and last day each upload states of a table (platform, account, grain)."""
    named = told.filter(~pl.col("campaignless"))
    return named.group_by(*TABLE, "sequence").agg(
        pl.col("date").min().alias("first"), pl.col("date").max().alias("last")
    )


def _missable(numbered: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Slices with the later uploads of their table that cover them."""
    if covered.height < 2:
        return numbered.clear()
    known = numbered.group_by("slice", *TABLE, "date").agg(pl.col("sequence").min().alias("from"))
    later = covered.rename({name: f"its_{name}" for name in TABLE})
    return known.join_where(
        later,
        pl.col("date") >= pl.col("first"),
        pl.col("date") <= pl.col("last"),
        pl.col("sequence") > pl.col("from"),
        *(pl.col(name) == pl.col(f"its_{name}") for name in TABLE),
    )


def _of_the_same_table(gone: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """Of vanished slices (`slice`, `sequence`) those missed by an upload that names a campaign in common with an upload
    that stated them."""
    campaigns = numbered.filter(~pl.col("campaignless")).select(*TABLE, "campaign", "sequence").unique()
    both = campaigns.join(campaigns.rename({"sequence": "by"}), on=[*TABLE, "campaign"], nulls_equal=True)
    related = both.filter(pl.col("by") < pl.col("sequence")).select(*TABLE, "sequence", "by").unique()
    stated = numbered.select("slice", pl.col("sequence").alias("by"))
    told = gone.select("slice", "sequence", *TABLE).join(stated, on="slice")
    return told.join(related, on=[*TABLE, "sequence", "by"], how="semi").select("slice", "sequence").unique()


def strangers(told: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Uploads (`platform`, `sequence`) that cover days which earlier ones of their platform cover, and share no campaign
    with any of them."""
    spans = covered.group_by("platform", "sequence").agg(pl.col("first").min(), pl.col("last").max())
    earlier = spans.join(spans, on="platform", suffix="_before").filter(
        pl.col("sequence_before") < pl.col("sequence"),
        pl.col("first") <= pl.col("last_before"),
        pl.col("last") >= pl.col("first_before"),
    )
    campaigns = told.filter(~pl.col("campaignless")).select("platform", "sequence", "campaign").unique()
    known = campaigns.join(campaigns, on=["platform", "campaign"], suffix="_before", nulls_equal=True)
    known = known.filter(pl.col("sequence_before") < pl.col("sequence"))
    return earlier.join(known, on=["platform", "sequence"], how="anti").select("platform", "sequence").unique()
