"""Campaigns that a newer upload states under another name: found by identical history.

A rename is proven where the new name appears in an upload in which the old name is missing (altogether, or on some days
before or after all others: then only these got the new name), they share at least `rename_days` days with equal spend,
and every shared day has equal spend and impressions; the last day of the older export may have grown, for it was still
running when that was made. Never where one upload names both on the same day (they are two campaigns), or where the new
name was stated before with other figures. Proven, the old name's slices are the new name's. Weaker evidence is only
suggested. The user's `aliases.yaml` overrules both.

Belongs here: finding and applying renames. Does not: spellings (`names`), or what else may have vanished (`reexports`).
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

import polars as pl

from adtech_assets.metrics.naming.aliases import Aliases
from adtech_assets.metrics.succession import history
from adtech_assets.metrics.succession.statements import differs
from adtech_assets.settings import Restatement
from adtech_assets.tables import RENAMES

PROVEN, SUSPECTED, OVERRULED = "proven", "suspected", "overruled"
_WHERE = ("platform", "account", "days", "sequence")
_SIDES = ("old", "new")


def find(
    events: pl.DataFrame,
    told: pl.DataFrame,
    covered: pl.DataFrame,
    resolved: dict[str, str],
    aliases: Aliases,
    settings: Restatement,
) -> pl.DataFrame:
    """Table renames without upload ids. events: see `history.follow`; told, covered: what they were followed through.
    `resolved`: a name as uploads state it -> the name in use."""
    told = told.filter(~pl.col("campaignless"))
    pairs = _beside(events.filter(~pl.col("campaignless")), covered)
    equal_spend = ~differs(pl.col("spend"), pl.col("spend_new"))
    equal = equal_spend & ~differs(pl.col("impressions"), pl.col("impressions_new"))
    spends = pl.col("spend") > 0
    judged = pairs.group_by(*_WHERE, "old", "new").agg(
        pl.len().cast(pl.Int64).alias("shared_days"),
        equal_spend.sum().cast(pl.Int64).alias("days_equal_spend"),
        spends.sum().alias("with_spend"),
        (equal_spend & spends).sum().alias("equal_with_spend"),
        (equal | _still_ran()).all().alias("all_equal"),
        pl.col("date").min().alias("first_day"),
        pl.col("date").max().alias("last_day"),
        (pl.col("event") == history.VANISHED).any().alias("vanishes"),
        pl.col("from").first(),
        pl.col("to").first(),
    )
    # Of a campaign that goes on under its name, only days before or after all others can have got another one.
    gone = pl.col("from").is_null()
    judged = judged.with_columns(gone.alias("altogether")).filter(
        gone | (pl.col("to") < pl.col("first_day")) | (pl.col("from") > pl.col("last_day"))
    )
    proven = pl.col("all_equal") & (pl.col("equal_with_spend") >= settings.rename_days)
    likely = (pl.col("equal_with_spend") >= settings.suspected_rename_days) & (
        pl.col("equal_with_spend") >= settings.suspected_rename_share * pl.col("with_spend")
    )
    judged = judged.with_columns(proven.alias("proven")).filter(proven | likely)
    judged = judged.join(_seen_together(judged, told, covered), on=[*_WHERE, "old", "new"], how="left")
    judged = judged.filter(~pl.col("at_once").fill_null(False)).with_columns(
        pl.col("proven") & ~pl.col("otherwise").fill_null(False)
    )
    judged = judged.sort("sequence", "platform", "old", "new")
    statuses = _decided(judged.to_dicts(), resolved, aliases)
    judged = judged.with_columns(pl.Series("status", statuses, pl.String))
    return RENAMES.conform(judged.filter(pl.col("status").is_not_null()))


def _decided(found: list[dict[str, Any]], resolved: dict[str, str], aliases: Aliases) -> list[str | None]:
    """The status of each pair, upload after upload; None where nothing is to be said."""
    renamed: set[tuple[Any, ...]] = set()
    statuses: list[str | None] = [None] * len(found)
    for _, group in groupby(enumerate(found), key=lambda numbered: numbered[1]["sequence"]):
        # A name that got its new one in an earlier upload is missing for that reason.
        open_ = [(i, row) for i, row in group if row["vanishes"] or (*_table_of(row), row["old"]) not in renamed]
        alike = Counter((*_table_of(row), row[side], side) for _, row in open_ if row["proven"] for side in _SIDES)
        for i, row in open_:
            # Two names with the same history: which of them the other became cannot be known.
            alone = all(alike[(*_table_of(row), row[side], side)] == 1 for side in _SIDES)
            sure = row["proven"] and alone
            if aliases.apart("campaign", row["old"], row["new"]):
                statuses[i] = OVERRULED
            elif sure:
                statuses[i] = PROVEN
                renamed.add((*_table_of(row), row["old"]))
            elif resolved.get(row["old"]) != resolved.get(row["new"]):
                statuses[i] = SUSPECTED
    return statuses


def _table_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in history.TABLE)


def _beside(events: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Days on which a campaign (`old`) is missing and one that appears in the same upload (`new`) is stated, with the
    figures of both, the last day of the upload that stated the old one, and the days on which the upload still states
    the old one (`from`, `to`; null where it is gone altogether)."""
    absent, appears = [history.VANISHED, history.MISSING], [history.NEW, history.REAPPEARED]
    missing, whole = pl.col("event").is_in(absent), pl.col("event").is_in(appears)
    stated = pl.when(~missing).then("date")
    by_campaign = events.with_columns(
        (whole | missing).all().over(*_WHERE, "campaign").alias("appeared"),
        stated.min().over(*_WHERE, "campaign").alias("from"),
        stated.max().over(*_WHERE, "campaign").alias("to"),
    )
    compared = [*_WHERE, "date"]
    figures = ["spend", "impressions"]
    old = by_campaign.filter(missing).select(*compared, *figures, "since", "event", "from", "to", old="campaign")
    new = by_campaign.filter(pl.col("appeared") & whole).select(*compared, *figures, new="campaign")
    return old.join(new, on=compared, suffix="_new").join(_ends(covered, "since"), on=[*history.TABLE, "since"])


def _ends(covered: pl.DataFrame, sequence: str) -> pl.DataFrame:
    return covered.select(*history.TABLE, pl.col("sequence").alias(sequence), "last")


def _still_ran() -> pl.Expr:
    """The day was the last one of the older statement, and the newer one states no less of it."""
    grown = (pl.col("spend_new") >= pl.col("spend")) & (pl.col("impressions_new") >= pl.col("impressions"))
    return (pl.col("date") == pl.col("last")) & grown.fill_null(False)


def _seen_together(judged: pl.DataFrame, told: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """What speaks for two campaigns in uploads up to the one that names the new name: `at_once`, one of them names both
    on the same day; `otherwise`, the new name was stated before with other figures on a day of the old one."""
    pairs = judged.select(*_WHERE, "old", "new").rename({"sequence": "at"})
    where = [*history.TABLE, "date"]
    figures = [*where, "sequence", "spend", "impressions"]
    old = pairs.join(told.select(*figures, old="campaign"), on=[*history.TABLE, "old"])
    both = old.join(told.select(*figures, new="campaign"), on=[*where, "new"], suffix="_new").filter(
        pl.max_horizontal("sequence", "sequence_new") <= pl.col("at")
    )
    earlier = pl.min_horizontal("sequence", "sequence_new").alias("since")
    both = both.with_columns(earlier).join(_ends(covered, "since"), on=[*history.TABLE, "since"])
    other = differs(pl.col("spend"), pl.col("spend_new")) | differs(pl.col("impressions"), pl.col("impressions_new"))
    before = pl.col("sequence_new") < pl.col("at")
    found = both.group_by(*history.TABLE, "at", "old", "new").agg(
        (pl.col("sequence") == pl.col("sequence_new")).any().alias("at_once"),
        (other & before & (pl.col("date") != pl.col("last"))).any().alias("otherwise"),
    )
    return found.rename({"at": "sequence"})


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
            & (pl.lit(rename["altogether"]) | pl.col("date").is_between(rename["first_day"], rename["last_day"]))
        )
        name = str(rename["new"])
        rows = rows.with_columns(
            pl.when(concerned).then(pl.lit(resolved.get(name, name))).otherwise("campaign").alias("campaign"),
            pl.when(concerned).then(pl.lit(name)).otherwise("stated").alias("stated"),
        )
    return rows
