"""Raw rows of all advertising uploads -> one current value per key, with everything that was set aside and why.

Rows read = rows kept + quarantined + whole-row duplicates + rows of a period (+ total rows); the same for spend.
`conservation` says so for every upload, and a check refuses to go on where it does not hold. Rows that cover neither a
day nor an ISO week are kept apart as the file states them: nobody knows how they fall on days.

Belongs here: which rows count. Does not: reading files (`exports`), summing over time (`weekly`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from adtech_assets.metrics import names, recovery, restatement, spans
from adtech_assets.metrics.model import ADDITIVE, DIMENSIONS, SUM_DIGITS, total
from adtech_assets.tables import CLEANED, CONSERVATION, PERIOD_ROWS, QUARANTINE

ADS = "ads"
KEY = ("upload_id", "date", "days", *DIMENSIONS)


@dataclass(frozen=True)
class Cleaned:
    """Everything `clean` found: frames that fit the tables of the same names."""

    current: pl.DataFrame
    quarantine: pl.DataFrame
    period_rows: pl.DataFrame
    conservation: pl.DataFrame
    restatements: pl.DataFrame
    vanished: pl.DataFrame
    names: pl.DataFrame


def clean(rows: pl.DataFrame, uploads: pl.DataFrame) -> Cleaned:
    """Clean the raw rows of one client.

    `rows`: table raw_rows of all readable uploads. `uploads`: table uploads. The result depends only on these two.
    Uploads of another kind than ads are left alone: what a shop sold is no advertising figure.
    """
    uploads = uploads.filter(status="ok", kind=ADS).sort("sequence")
    uploads = uploads.with_columns(pl.coalesce("as_of", pl.col("arrived_at").dt.date()).alias("taken"))
    rows = _of_uploads(rows, uploads)
    judged = _judge(rows)
    set_aside = judged.filter(pl.col("problem").is_not_null())
    good = spans.with_days(judged.filter(pl.col("problem").is_null()) if set_aside.height else judged)
    met = _meets(good)
    copies = _copies(good, met)
    dropped = good.filter(copies) if copies.any() else good.clear()
    kept = good.filter(~copies) if dropped.height else good
    period = kept.filter(pl.col("days").is_null())
    kept = kept.filter(pl.col("days").is_not_null()) if period.height else kept
    kept = _with_campaignless(kept.with_columns(pl.col("spend").alias("stated_spend")))
    kept, resolved = names.resolve(recovery.recover(kept))
    respelled = bool((resolved["spelling"] != resolved["name"]).any())
    keyed = _one_row_a_key(kept, _meets(kept) if respelled or kept.height < good.height else met)
    keyed = spans.reached(_named(keyed), _of_upload(uploads, "taken"))
    newest = restatement.is_current(keyed)
    keyed = keyed.with_columns(newest.alias("current"))
    slices = restatement.slices(keyed)
    current, superseded = (keyed, keyed.clear()) if newest.all() else (keyed.filter(newest), keyed.filter(~newest))
    return Cleaned(
        current=CLEANED.conform(current).sort("date", maintain_order=True),
        quarantine=_quarantine(set_aside, uploads),
        period_rows=PERIOD_ROWS.conform(period.rename({"date": "first_day"})).sort("upload_id", "source_row"),
        conservation=_conservation(uploads, set_aside, dropped, period, keyed, current, superseded),
        restatements=restatement.ledger(slices),
        vanished=restatement.vanished(slices),
        names=resolved,
    )


def _of_uploads(rows: pl.DataFrame, uploads: pl.DataFrame) -> pl.DataFrame:
    """The rows of these uploads, with their place in the order, their arrival, and a channel."""
    if not rows.get_column("upload_id").unique().is_in(uploads["upload_id"].to_list()).all():
        rows = rows.filter(pl.col("upload_id").is_in(uploads["upload_id"].to_list()))
    rows = rows.with_columns(_of_upload(uploads, "sequence"), _of_upload(uploads, "arrived_at"))
    return rows.with_columns(pl.coalesce("channel", names.channel_of_platform()).alias("channel"))


def _of_upload(uploads: pl.DataFrame, column: str) -> pl.Expr:
    """A column of the row's upload."""
    if uploads.height < 2:
        return pl.lit(next(iter(uploads.get_column(column)), None), uploads.schema[column]).alias(column)
    values = uploads.get_column(column)
    return pl.col("upload_id").replace_strict(uploads["upload_id"], values, return_dtype=values.dtype).alias(column)


def _with_campaignless(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `campaignless`: no row of the upload names a campaign, so each is about all campaigns together."""
    nameless = rows.get_column("campaign").null_count() > 0
    flag = pl.col("campaign").is_null().all().over("upload_id") if nameless else pl.lit(False)
    return rows.with_columns(flag.alias("campaignless"))


def _named(keyed: pl.DataFrame) -> pl.DataFrame:
    """Campaignless rows under the name that stands for all campaigns."""
    if not keyed.get_column("campaignless").any():
        return keyed
    name = pl.when("campaignless").then(pl.lit(names.ALL_CAMPAIGNS)).otherwise("campaign")
    return keyed.with_columns(name.alias("campaign"))


def _judge(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the problems that a row's values show: negative figures, and days after the file arrived.

    Of what covers more than a day the first day is looked at: a running week or month ends after the file's arrival.
    """
    late = pl.col("date") > pl.col("arrived_at").dt.date().dt.offset_by("1d")
    tests = [(late, "the day lies after the file's arrival", "date")]
    tests += [(pl.col(name) < 0, f"{name} is negative", name) for name in ADDITIVE]
    problem, column = pl.col("problem"), pl.col("problem_column")
    for test, reason, name in tests:
        first = problem.is_null() & test.fill_null(False)
        problem, column = (
            pl.when(first).then(pl.lit(reason)).otherwise(problem),
            pl.when(first).then(pl.lit(name)).otherwise(column),
        )
    any_bad = rows.select(pl.any_horizontal(test.any() for test, _, _ in tests)).item()
    return rows.with_columns(problem.alias("problem"), column.alias("problem_column")) if any_bad else rows


def _meets(rows: pl.DataFrame) -> pl.Series:
    """True for rows whose key another row may have too: their hashes meet. Only these are compared in full."""
    filled = [c for c in KEY if rows.get_column(c).count()]
    hashes = rows.select(filled).hash_rows()
    if hashes.n_unique() == rows.height:
        return pl.Series([False]).new_from_index(0, rows.height)
    return hashes.is_duplicated()


def _copies(rows: pl.DataFrame, met: pl.Series) -> pl.Series:
    """True for every row that equals an earlier one of its upload in all its cells. `met`: see `_meets`."""
    if not met.any():
        return met
    compared = [c for c in rows.columns if c != "source_row"]
    suspects = rows.with_row_index("_row").filter(met)
    repeated = suspects.filter(~suspects.select(pl.struct(compared).is_first_distinct()).to_series())
    return rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).is_in(repeated["_row"].to_list())).to_series()


def _one_row_a_key(rows: pl.DataFrame, met: pl.Series) -> pl.DataFrame:
    """Rows of one upload with the same key become one, summed: they differ in a dimension that is not mapped."""
    single = rows.with_columns(pl.lit(1, pl.Int64).alias("source_rows"))
    if not met.any():
        return single
    grouped = (
        rows.filter(met)
        .group_by(KEY, maintain_order=True)
        .agg(
            *(total(name) for name in (*ADDITIVE, "stated_spend")),
            pl.col("sequence", "last_day", "campaignless").first(),
            pl.col("source_row").min(),
            pl.len().cast(pl.Int64).alias("source_rows"),
            pl.col("recovered").drop_nulls().unique().sort().str.join(",").replace("", None).alias("recovered"),
        )
    )
    return pl.concat([single.filter(~met).select(grouped.columns), grouped])


def _quarantine(rows: pl.DataFrame, uploads: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return QUARANTINE.empty()
    spanning = ["last_day"] if (rows["last_day"] != rows["date"]).any() else []
    stated = [c for c in ("date", *spanning, *DIMENSIONS, *ADDITIVE) if rows.get_column(c).count()]
    as_json = pl.struct(pl.col(c).cast(pl.String) for c in stated).struct.json_encode()
    named = rows.join(uploads.select("upload_id", "file"), on="upload_id", how="left", maintain_order="left")
    return QUARANTINE.conform(
        named.with_columns(
            pl.col("problem").alias("reason"), pl.col("problem_column").alias("column"), pl.coalesce("text", as_json)
        )
    ).sort("upload_id", "source_row")


def _conservation(
    uploads: pl.DataFrame,
    set_aside: pl.DataFrame,
    dropped: pl.DataFrame,
    period: pl.DataFrame,
    keyed: pl.DataFrame,
    current: pl.DataFrame,
    superseded: pl.DataFrame,
) -> pl.DataFrame:
    """Counted on the way, never by subtraction: what does not add up shows."""
    rows, spend = pl.len().cast(pl.Int64), total("spend")
    recovered = pl.when(pl.col("stated_spend").is_null()).then(pl.col("spend")).sum().round(SUM_DIGITS)
    parts = [
        set_aside.group_by("sequence").agg(rows.alias("rows_quarantined"), spend.alias("spend_quarantined")),
        dropped.group_by("sequence").agg(rows.alias("rows_duplicate"), spend.alias("spend_duplicate")),
        period.group_by("sequence").agg(rows.alias("rows_period"), spend.alias("spend_period")),
        keyed.group_by("sequence").agg(
            pl.col("source_rows").sum().alias("rows_kept"),
            total("stated_spend").alias("spend_kept"),
            recovered.alias("spend_recovered"),
        ),
        current.group_by("sequence").agg(
            pl.col("source_rows").sum().alias("rows_current"), spend.alias("spend_current")
        ),
        superseded.group_by("sequence").agg(pl.col("source_rows").sum().alias("rows_superseded")),
    ]
    table = uploads
    for part in parts:
        table = table.join(part, on="sequence", how="left", maintain_order="left")
    counted = [c for c in CONSERVATION.columns if c.startswith(("rows_", "spend_"))]
    return CONSERVATION.conform(table.with_columns(pl.col(counted).fill_null(0)))
