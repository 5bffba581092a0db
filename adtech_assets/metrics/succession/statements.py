"""What each upload states of each slice: one row a slice and upload, metrics summed.

A slice is what one upload replaces as a whole: (platform, account, campaign, date, days); for the account see `accounts`.

Belongs here: the shape that history is told from. Does not: what uploads do to each other (`history`, `renames`,
`restatement`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, totals

SLICE = ("platform", "account", "campaign", "date", "days")
_RELATIVE_NOISE = 1e-9


def stated_names(rows: pl.DataFrame) -> pl.Expr:
    """The name under which an upload itself states a campaign: of several spellings its most frequent.

    rows: `campaign` (resolved), `spelling` (as the file has it), `upload_id`.
    """
    if not rows.select((pl.col("campaign") != pl.col("spelling")).any()).item():
        return pl.col("campaign")
    counted = rows.group_by("upload_id", "campaign", "spelling").len("rows")
    most = counted.sort("rows", "spelling", descending=[True, False]).unique(
        ["upload_id", "campaign"], keep="first", maintain_order=True
    )
    keys = most.select(pl.struct("upload_id", "campaign").alias("key"), "spelling")
    return pl.struct("upload_id", "campaign").replace_strict(keys["key"], keys["spelling"], return_dtype=pl.String)


def statements(keyed: pl.DataFrame, name: str) -> pl.DataFrame:
    """Additive metrics per slice and upload, sorted by slice and order of uploads.

    keyed: `owner` (see `accounts`), the column `name` that is taken for the campaign, platform, date, days,
    campaignless, upload_id, sequence and the metrics. A campaign may bear the name that stands for all campaigns:
    `campaignless` keeps the two apart.
    """
    grouped = keyed.group_by(*slice_of(name), "campaignless", "upload_id", "sequence").agg(*totals(keyed))
    return grouped.sort(*SLICE, "campaignless", "sequence", nulls_last=True)


def slice_of(name: str) -> list[pl.Expr]:
    """The columns SLICE of rows whose campaign is in the column `name`."""
    return [
        pl.col("platform"),
        pl.col("owner").alias("account"),
        pl.col(name).alias("campaign"),
        pl.col("date"),
        pl.col("days"),
    ]


def starts_slice() -> pl.Expr:
    """True on the first statement of each slice of a sorted frame."""
    same = [pl.col(name).eq_missing(pl.col(name).shift()) for name in (*SLICE, "campaignless")]
    return ~pl.all_horizontal(same).fill_null(False)


def differs(old: pl.Expr, new: pl.Expr) -> pl.Expr:
    """Whether two figures are different numbers, by more than the noise of sums; unknown differs from known."""
    noise = _RELATIVE_NOISE * pl.max_horizontal(old.abs(), new.abs())
    return old.is_null().ne_missing(new.is_null()) | ((old - new).abs() > noise).fill_null(False)


def differs_from_before(metric: str) -> pl.Expr:
    """Whether a metric differs from the row above."""
    return differs(pl.col(metric).shift(), pl.col(metric))


def changed() -> pl.Expr:
    """Whether any metric differs from the row above."""
    return pl.any_horizontal(differs_from_before(name) for name in ADDITIVE)
