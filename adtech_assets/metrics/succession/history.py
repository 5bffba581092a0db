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
EVENTS = (NEW, CHANGED, UNCHANGED, VANISHED, REAPPEARED)
_TABLE = ("platform", "account", "days")


def follow(told: pl.DataFrame) -> pl.DataFrame:
    """One row a slice and upload that states or misses it, sorted by slice and order.

    told: as `statements` gives it. Adds `event`, and `since`: the place of the upload that last stated the slice. The
    metrics are those last stated. Slices missed again by later uploads are told once, when they vanish.
    """
    numbered = told.with_columns(starts_slice().cum_sum().alias("slice"), changed().alias("changed"))
    pairs = pl.concat(
        [
            numbered.select("slice", "sequence"),
            _missable(numbered.filter(~pl.col("campaignless")), coverage(told)).select("slice", "sequence"),
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
    )  # fmt: skip
    beside = beside.with_columns(event.alias("event")).filter(pl.col("event").is_not_null())
    names = numbered.unique("slice", maintain_order=True).select("slice", *SLICE, "campaignless")
    last = numbered.select("slice", pl.col("sequence").alias("since"), *ADDITIVE)
    found = beside.select("slice", "sequence", "event", "since")
    found = found.join(names, on="slice").join(last, on=["slice", "since"])
    return found.sort("slice", "sequence")


def coverage(told: pl.DataFrame) -> pl.DataFrame:
    """First and last day each upload states of a table (platform, account, grain), and its campaigns' uploads."""
    named = told.filter(~pl.col("campaignless"))
    return named.group_by(*_TABLE, "sequence").agg(
        pl.col("date").min().alias("first"), pl.col("date").max().alias("last")
    )


def _missable(numbered: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Slices with the later uploads of their table that cover them."""
    if covered.height < 2:
        return numbered.clear()
    known = numbered.group_by("slice", *_TABLE, "date").agg(pl.col("sequence").min().alias("from"))
    later = covered.rename({name: f"its_{name}" for name in _TABLE})
    return known.join_where(
        later,
        pl.col("date") >= pl.col("first"),
        pl.col("date") <= pl.col("last"),
        pl.col("sequence") > pl.col("from"),
        *(pl.col(name) == pl.col(f"its_{name}") for name in _TABLE),
    )


def related(told: pl.DataFrame) -> pl.DataFrame:
    """Pairs of uploads of one table (`sequence`, `since`) that name at least one campaign in common."""
    campaigns = told.filter(~pl.col("campaignless")).select(*_TABLE, "campaign", "sequence").unique()
    both = campaigns.join(campaigns.rename({"sequence": "since"}), on=[*_TABLE, "campaign"], nulls_equal=True)
    return both.filter(pl.col("since") < pl.col("sequence")).select(*_TABLE, "sequence", "since").unique()
