"""What every upload did, counted, and which of them look like partial re-exports: many slices that were known and are
missing at once, though their campaigns still ran, or most of which the next upload brings back.

Belongs here: judging missing slices. Does not: following them (`history`) or renames (`renames`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.metrics.succession import history
from adtech_assets.metrics.succession.history import STATED, TABLE
from adtech_assets.metrics.succession.renames import PROVEN
from adtech_assets.metrics.succession.statements import SLICE
from adtech_assets.settings import Restatement
from adtech_assets.tables import UPLOAD_CHANGES, VANISHED

BY_RENAME = "rename"


def vanished(events: pl.DataFrame, renames: pl.DataFrame, resolved: dict[str, str]) -> pl.DataFrame:
    """Table vanished without `kind`, with `sequence` and `back_sequence`: slices that an upload covers and misses.

    A slice that was stated only by uploads without a campaign in common (another part of the account) is not missing.
    """
    named = events.filter(~pl.col("campaignless"))
    gone = named.filter(pl.col("event") == history.VANISHED)
    back = named.filter(pl.col("event") == history.REAPPEARED).select(
        "slice", pl.col("sequence").alias("back_sequence")
    )
    back = gone.select("slice", "sequence").join(back, on="slice").filter(pl.col("back_sequence") > pl.col("sequence"))
    back = back.group_by("slice", "sequence").agg(pl.col("back_sequence").min())
    gone = gone.join(back, on=["slice", "sequence"], how="left")
    gone = gone.join(_renamed(gone, renames), on=["slice", "sequence"], how="left")
    gone = gone.join(_said_otherwise(events, resolved), on=["slice", "sequence"], how="left")
    explained = pl.col("renamed").fill_null(False) | pl.col("respelled").fill_null(False)
    gone = gone.with_columns(pl.when(explained).then(pl.lit(BY_RENAME)).alias("explained_by"))
    return gone.filter(explained | pl.col("same_table")).sort("sequence", *SLICE)


def _renamed(gone: pl.DataFrame, renames: pl.DataFrame) -> pl.DataFrame:
    """Missing slices (`slice`, `sequence`) of a campaign that has got another name by then, or later while still missing."""
    proven = renames.filter(status=PROVEN).select(*TABLE, pl.col("old").alias("campaign"), named_in="sequence")
    known = gone.join(proven, on=[*TABLE, "campaign"]).filter(
        pl.col("named_in") >= pl.col("sequence"),
        pl.col("back_sequence").is_null() | (pl.col("back_sequence") > pl.col("named_in")),
    )
    return known.select("slice", "sequence", pl.lit(value=True).alias("renamed")).unique()


def _said_otherwise(events: pl.DataFrame, resolved: dict[str, str]) -> pl.DataFrame:
    """Missing slices (`slice`, `sequence`) that their upload states under another spelling of the same name."""
    name = pl.col("campaign").replace(resolved).alias("name")
    where = ["platform", "account", "date", "days", "sequence", "name"]
    gone = events.filter(pl.col("event") == history.VANISHED).with_columns(name)
    stated = events.filter(pl.col("event").is_in(STATED)).with_columns(name).select(where).unique()
    return gone.join(stated, on=where).select("slice", "sequence", pl.lit(value=True).alias("respelled"))


def upload_changes(
    events: pl.DataFrame, gone: pl.DataFrame, covered: pl.DataFrame, confirmed: set[int], settings: Restatement
) -> pl.DataFrame:
    """Table upload_changes without upload ids: one row a platform and upload (`sequence`)."""
    by = ["platform", "sequence"]
    counted = (
        events.filter(pl.col("event").is_in(STATED))
        .group_by(by)
        .agg((pl.col("event") == event).sum().cast(pl.Int64).alias(event) for event in STATED)
    )
    missing = gone.group_by(by).agg(
        pl.len().cast(pl.Int64).alias("vanished"),
        pl.col("campaign").n_unique().cast(pl.Int64).alias("campaigns_vanished"),
        pl.col("back_sequence").count().cast(pl.Int64).alias("rows_back"),
        pl.col("back_sequence").mode().min().alias("healed_sequence"),
    )
    suspicious = (
        _suspicious(gone, covered, settings)
        .group_by(by)
        .agg(
            pl.len().alias("suspects"),
            pl.col("campaign").filter("live").n_unique().alias("live_campaigns"),
            pl.col("back_sequence").count().alias("suspects_back"),
        )
    )
    table = counted.join(missing, on=by, how="left").join(suspicious, on=by, how="left")
    table = table.with_columns(
        pl.col("vanished", "campaigns_vanished", "rows_back", "suspects", "live_campaigns", "suspects_back").fill_null(
            0
        )
    )
    known = pl.sum_horizontal(history.CHANGED, history.UNCHANGED, "suspects")
    many = (pl.col("live_campaigns") >= settings.partial_campaigns) & (
        pl.col("suspects") >= settings.partial_share * known
    )
    mostly_back = pl.col("suspects_back") >= settings.partial_healed_share * pl.col("suspects")
    proven = mostly_back & (pl.col("suspects") >= settings.partial_rows)
    return table.with_columns(
        (many | proven).alias("partial"),
        pl.when(mostly_back).then("healed_sequence").alias("healed_sequence"),
        pl.col("sequence").is_in(list(confirmed)).alias("confirmed"),
    ).sort("sequence", "platform")


def _suspicious(gone: pl.DataFrame, covered: pl.DataFrame, settings: Restatement) -> pl.DataFrame:
    """Missing slices with figures that no rename explains. `live`: their campaign had figures until shortly before the
    end of the upload that misses it; a campaign that ended earlier may well be filtered out on purpose."""
    figures = (pl.col("spend") > 0) | (pl.col("impressions") > 0)
    open_ = gone.filter(figures.fill_null(False), pl.col("explained_by").is_null())
    ends = covered.select(*TABLE, "sequence", "last")
    open_ = open_.join(ends, on=[*TABLE, "sequence"], how="left")
    until = pl.col("date").max().over("platform", "account", "sequence", "campaign")
    return open_.with_columns((until > pl.col("last").dt.offset_by(f"-{settings.live_days}d")).alias("live"))


def as_table(gone: pl.DataFrame, ids: dict[int, str], kind: str) -> pl.DataFrame:
    """Table vanished. `ids`: place in the order of uploads -> upload id."""

    def upload(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(ids, default=None, return_dtype=pl.String)

    return VANISHED.conform(
        gone.with_columns(
            pl.lit(kind).alias("kind"), upload("since").alias("upload_id"), upload("sequence").alias("missing_in"),
            upload("back_sequence").alias("back_in"),
        )
    )  # fmt: skip


def changes_table(changes: pl.DataFrame, ids: dict[int, str], kind: str) -> pl.DataFrame:
    """Table upload_changes."""
    return UPLOAD_CHANGES.conform(
        changes.with_columns(
            pl.lit(kind).alias("kind"),
            pl.col("sequence").replace_strict(ids, return_dtype=pl.String).alias("upload_id"),
            pl.col("healed_sequence").replace_strict(ids, default=None, return_dtype=pl.String).alias("healed_by"),
        )
    )
