"""Campaigns that a newer upload states under another name: found by identical history.

A rename is proven where the new name first appears in the upload in which the old name is missing altogether, they
share at least `rename_days` days with equal spend, and every shared day has equal spend and impressions; the last day
of the older export may have grown, for it was still running when that was made. Then the old name's slices are the new
name's. Weaker evidence is only suggested. The user's `aliases.yaml` overrules both.

Belongs here: finding and applying renames. Does not: spellings (`names`), or what else may have vanished (`reexports`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from adtech_assets.metrics.naming.aliases import Aliases
from adtech_assets.metrics.succession import history
from adtech_assets.metrics.succession.statements import differs
from adtech_assets.settings import Restatement
from adtech_assets.tables import RENAMES

PROVEN, SUSPECTED, OVERRULED = "proven", "suspected", "overruled"
_WHERE = ("platform", "account", "days", "sequence")


def find(
    events: pl.DataFrame,
    covered: pl.DataFrame,
    resolved: dict[str, str],
    aliases: Aliases,
    settings: Restatement,
) -> pl.DataFrame:
    """Table renames without upload ids. events: see `history.follow`; covered: see `history.coverage`. `resolved`: a
    name as uploads state it -> the name in use."""
    named = events.filter(~pl.col("campaignless"))
    whole = pl.col("event").is_in([history.NEW, history.REAPPEARED])
    by_campaign = named.with_columns(
        (pl.col("event") == history.VANISHED).all().over(*_WHERE, "campaign").alias("gone"),
        whole.all().over(*_WHERE, "campaign").alias("appeared"),
    )
    compared = [*_WHERE, "date"]
    old = by_campaign.filter("gone").select(*compared, pl.col("campaign").alias("old"), "spend", "impressions", "since")
    new = by_campaign.filter("appeared").select(*compared, pl.col("campaign").alias("new"), "spend", "impressions")
    ends = covered.select("platform", "account", "days", pl.col("sequence").alias("since"), "last")
    pairs = old.join(new, on=compared, suffix="_new").join(ends, on=["platform", "account", "days", "since"])
    equal_spend = ~differs(pl.col("spend"), pl.col("spend_new"))
    equal = equal_spend & ~differs(pl.col("impressions"), pl.col("impressions_new"))
    grown = (pl.col("spend_new") >= pl.col("spend")) & (pl.col("impressions_new") >= pl.col("impressions"))
    still_ran = (pl.col("date") == pl.col("last")) & grown.fill_null(False)
    spends = pl.col("spend") > 0
    judged = pairs.group_by(*_WHERE, "old", "new").agg(
        pl.len().cast(pl.Int64).alias("shared_days"),
        equal_spend.sum().cast(pl.Int64).alias("days_equal_spend"),
        spends.sum().alias("with_spend"),
        (equal_spend & spends).sum().alias("equal_with_spend"),
        (equal | still_ran).all().alias("all_equal"),
        pl.col("date").min().alias("first_day"),
        pl.col("date").max().alias("last_day"),
    )
    proven = pl.col("all_equal") & (pl.col("equal_with_spend") >= settings.rename_days)
    likely = (pl.col("equal_with_spend") >= settings.suspected_rename_days) & (
        pl.col("equal_with_spend") >= settings.suspected_rename_share * pl.col("with_spend")
    )
    judged = judged.with_columns(proven.alias("proven")).filter(proven | likely)
    # Two names with the same history: which of them the other became cannot be known.
    alone = (pl.col("proven").sum().over(*_WHERE, "old") == 1) & (pl.col("proven").sum().over(*_WHERE, "new") == 1)
    status = pl.when(pl.col("proven") & alone).then(pl.lit(PROVEN)).otherwise(pl.lit(SUSPECTED))
    judged = judged.with_columns(status.alias("status")).sort("sequence", "platform", "old", "new")
    pairs_of_names = judged.select("old", "new").rows()
    apart = pl.Series([aliases.apart("campaign", old, new) for old, new in pairs_of_names], dtype=pl.Boolean)
    one = pl.Series([resolved.get(old) == resolved.get(new) for old, new in pairs_of_names], dtype=pl.Boolean)
    judged = judged.with_columns(pl.when(apart).then(pl.lit(OVERRULED)).otherwise("status").alias("status"))
    # Two spellings that count as one name anyway need no suggestion.
    return RENAMES.conform(judged.filter(~one | (pl.col("status") == PROVEN)))


def proven(renames: pl.DataFrame) -> list[dict[str, Any]]:
    """The renames to apply, in the order of uploads."""
    return renames.filter(status=PROVEN).sort("sequence", maintain_order=True).to_dicts()


def apply(rows: pl.DataFrame, renames: pl.DataFrame, resolved: dict[str, str]) -> pl.DataFrame:
    """The rows with `stated` and `campaign` of older uploads under the new name, one rename after another: an upload
    that comes later may use an old name for something else."""
    for rename in proven(renames):
        concerned = (
            (pl.col("platform") == rename["platform"])
            & (pl.col("owner") == rename["account"])
            & (pl.col("stated") == rename["old"])
            & (pl.col("sequence") < rename["sequence"])
            & ~pl.col("campaignless")
        )
        name = str(rename["new"])
        rows = rows.with_columns(
            pl.when(concerned).then(pl.lit(resolved.get(name, name))).otherwise("campaign").alias("campaign"),
            pl.when(concerned).then(pl.lit(name)).otherwise("stated").alias("stated"),
        )
    return rows
