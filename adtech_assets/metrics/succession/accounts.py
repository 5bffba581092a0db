"""Which rows belong to one account, where accounts are told apart: two accounts may have campaigns of one name.

Belongs here: the account of a slice, and accounts that were only renamed. Does not: campaigns (`renames`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.exports.vocabulary import vocabularies
from adtech_assets.metrics.naming.names import ALL_CHANNELS
from adtech_assets.metrics.succession.statements import differs
from adtech_assets.settings import Restatement

NO_ACCOUNT = ""
_PLACE = ("platform", "campaign", "date", "days")


def with_owner(rows: pl.DataFrame, settings: Restatement) -> pl.DataFrame:
    """Add `owner`: the account where every row of the platform names one, of hand-kept sheets the channel where every row
    names one, else ''. An account that goes on under another name is that one."""
    rows = rows.with_columns(_stated(rows).alias("owner"))
    named = rows.filter(pl.col("owner") != NO_ACCOUNT)
    if named.is_empty() or named.get_column("sequence").n_unique() < 2:
        return rows
    for platform, old, new in _renamed(named, settings):
        concerned = (pl.col("platform") == platform) & (pl.col("owner") == old)
        rows = rows.with_columns(pl.when(concerned).then(pl.lit(new)).otherwise("owner").alias("owner"))
    return rows


def _stated(rows: pl.DataFrame) -> pl.Expr:
    by_hand = pl.col("platform").is_in([v.platform for v in vocabularies() if not v.signs])
    known = pl.when(by_hand & (pl.col("channel") != ALL_CHANNELS)).then("channel").otherwise("account")
    if not rows.select((known.is_not_null()).any()).item():
        return pl.lit(NO_ACCOUNT)
    always = known.is_not_null().all().over("platform")
    return pl.when(always).then(known).otherwise(pl.lit(NO_ACCOUNT))


def _renamed(rows: pl.DataFrame, settings: Restatement) -> list[tuple[str, str, str]]:
    """Platform, old and new name of accounts that no upload names together, whose days with spend are equal under both names (but
    for the newest day, which still ran) on at least as many slices as prove a campaign's rename."""
    told = rows.group_by(*_PLACE, "owner", "sequence").agg(pl.col("spend", "impressions").sum())
    spans = told.group_by("platform", "owner").agg(
        pl.col("sequence").min().alias("from"), pl.col("sequence").max().alias("to")
    )
    if spans.height == spans.get_column("platform").n_unique():
        return []
    last = told.sort("sequence").unique([*_PLACE, "owner"], keep="last")
    first = told.sort("sequence").unique([*_PLACE, "owner"], keep="first")
    both = last.join(first, on=_PLACE, suffix="_new", nulls_equal=True).filter(
        pl.col("owner") != pl.col("owner_new"), pl.col("sequence") < pl.col("sequence_new"), pl.col("spend") > 0
    )
    other = differs(pl.col("spend"), pl.col("spend_new")) | differs(pl.col("impressions"), pl.col("impressions_new"))
    running = pl.col("date") == pl.col("date").max().over("platform", "owner", "owner_new")
    pairs = both.with_columns(other.alias("other"), running.alias("running")).group_by("platform", "owner", "owner_new").agg(
        (~pl.col("other")).sum().alias("equal"), (pl.col("other") & ~pl.col("running")).any().alias("unequal"),
    )  # fmt: skip
    new = spans.select("platform", owner_new="owner", begins="from")
    pairs = pairs.join(spans, on=["platform", "owner"]).join(new, on=["platform", "owner_new"]).filter(
        pl.col("equal") >= settings.rename_days, ~pl.col("unequal"), pl.col("to") < pl.col("begins")
    )  # fmt: skip
    return pairs.sort("begins", "owner").select("platform", "owner", "owner_new").rows()
