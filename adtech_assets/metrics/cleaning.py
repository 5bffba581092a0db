"""Raw rows of all advertising uploads -> one current value per key, with everything that was set aside and why.

Rows read = rows kept + quarantined + whole-row duplicates + rows of a period (+ total rows); the same for spend.
`conservation` says so for every upload, and a check refuses to go on where it does not hold. Rows that cover neither a
day nor an ISO week are kept apart as the file states them: nobody knows how they fall on days.

Belongs here: which rows count. Does not: reading files (`exports`), summing over time (`weekly`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from adtech_assets.metrics import quarantine, recovery, spans
from adtech_assets.metrics.model import ADDITIVE, DIMENSIONS, SUM_DIGITS, total
from adtech_assets.metrics.naming import names
from adtech_assets.metrics.naming.aliases import NO_ALIASES, Aliases
from adtech_assets.metrics.succession import settlement
from adtech_assets.metrics.succession.settlement import ADS, SHOP, Succession
from adtech_assets.settings import Names, Recovery, Restatement
from adtech_assets.tables import CLEANED, CONSERVATION, PERIOD_ROWS

KEY = ("upload_id", "date", "days", *DIMENSIONS)
# Conversions and revenue may be: what is taken back on a day can be more than what it brought.
_NEVER_NEGATIVE = ("spend", "impressions", "clicks")
_IN_FILES = ("date", "upload_id", "source_row")


@dataclass(frozen=True)
class Decisions:
    """What the user decided: names (`aliases.yaml`), and uploads whose missing slices are meant; and the thresholds."""

    aliases: Aliases = NO_ALIASES
    confirmed: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)
    restatement: Restatement = field(default_factory=Restatement)
    recovery: Recovery = field(default_factory=Recovery)


@dataclass(frozen=True)
class Cleaned:
    """Everything `clean` found: frames that fit the tables of the same names."""

    current: pl.DataFrame
    quarantine: pl.DataFrame
    period_rows: pl.DataFrame
    conservation: pl.DataFrame
    succession: Succession
    names: pl.DataFrame


@dataclass(frozen=True)
class _Usable:
    """The rows of all uploads of ads (in order), sorted out. `good`: all that could be used; `kept`: those that count
    unless a newer upload overrules them. `met`: see `_meets`."""

    uploads: pl.DataFrame
    set_aside: pl.DataFrame
    good: pl.DataFrame
    dropped: pl.DataFrame
    period: pl.DataFrame
    kept: pl.DataFrame
    met: pl.Series
    names: pl.DataFrame


def clean(rows: pl.DataFrame, uploads: pl.DataFrame, decisions: Decisions | None = None) -> Cleaned:
    """Clean the raw rows of one client.

    `rows`: table raw_rows of all readable uploads. `uploads`: table uploads. The result depends only on these and on
    the user's decisions. What a shop sold is no advertising figure: of it only the changes between uploads are told.
    """
    decisions = decisions or Decisions()
    ordered = settlement.in_order(uploads, decisions.restatement.prompt_days)
    found = _usable(rows, ordered, decisions)
    keyed, told = _settled(found, decisions)
    sold = ordered.filter(kind=SHOP)
    if sold.height:
        of_shop = rows.filter(pl.col("upload_id").is_in(sold["upload_id"].to_list()))
        told = settlement.together(
            told, settlement.settle_shop(of_shop, sold, decisions.confirmed, decisions.restatement)
        )
    all_current = keyed["current"].all()
    current, superseded = (
        (keyed, keyed.clear()) if all_current else (keyed.filter("current"), keyed.filter(~pl.col("current")))
    )
    return Cleaned(
        current=CLEANED.conform(current).sort(_IN_FILES if found.uploads.height > 1 else "date", maintain_order=True),
        quarantine=quarantine.set_aside(found.set_aside, found.uploads, found.good),
        period_rows=PERIOD_ROWS.conform(found.period.rename({"date": "first_day"})).sort("upload_id", "source_row"),
        conservation=_conservation(found, keyed, current, superseded),
        succession=told,
        names=found.names,
    )


def sources(
    rows: pl.DataFrame, uploads: pl.DataFrame, first: dt.date, last: dt.date, decisions: Decisions | None = None
) -> pl.DataFrame:
    """The usable raw rows of days (week rows: of Mondays) between two days, one row a line of a file: upload_id,
    source_row, date, last_day, days, dimensions as in cleaned_metrics, additive metrics, recovered, and whether the row
    is `current`. The rows of one cleaned_metrics row add up to it."""
    decisions = decisions or Decisions()
    ordered = settlement.in_order(uploads, decisions.restatement.prompt_days)
    found = _usable(rows, ordered, decisions)
    keyed, _ = _settled(found, decisions)
    within = pl.col("date").is_between(first, last)
    key = [name for name in KEY if name != "campaign"]
    settled = keyed.filter(within).select(
        *key, pl.col("resolved").alias("campaign"), pl.col("campaign").alias("name"), "current", "last_day"
    )
    lines = found.kept.filter(within).drop("last_day").join(settled, on=KEY, how="left", nulls_equal=True)
    kept = [*KEY, "source_row", "last_day", *ADDITIVE, "recovered", "current"]
    return lines.with_columns(pl.col("name").alias("campaign")).select(kept).sort("upload_id", "source_row")


def before_renames(rows: pl.DataFrame, uploads: pl.DataFrame, decisions: Decisions | None = None) -> pl.DataFrame:
    """The rows that would count if no rename had been recognised: platform, date and additive metrics."""
    decisions = decisions or Decisions()
    found = _usable(rows, settlement.in_order(uploads, decisions.restatement.prompt_days), decisions)
    keyed = settlement.as_stated(
        spans.reached(_one_row_a_key(found.kept, found.met), _of_upload(found.uploads, "reached")),
        decisions.restatement,
    )
    return keyed.filter("current").select("platform", "date", "campaign", *ADDITIVE)


def _usable(rows: pl.DataFrame, ordered: pl.DataFrame, decisions: Decisions) -> _Usable:
    uploads = ordered.filter(kind=ADS)
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
    kept = kept.with_columns(pl.col("spend").alias("stated_spend"), pl.col("campaign").alias("spelling"))
    kept, resolved = names.resolve(
        recovery.recover(_with_campaignless(kept), decisions.recovery.relative_error, decisions.recovery.agreement),
        decisions.aliases,
        decisions.names,
    )
    respelled = bool((resolved["spelling"] != resolved["name"]).any())
    kept = _named(kept)
    met = _meets(kept) if respelled or kept.height < good.height else met
    return _Usable(uploads, set_aside, good, dropped, period, kept, met, resolved)


def _settled(found: _Usable, decisions: Decisions) -> tuple[pl.DataFrame, Succession]:
    """One row a key and upload, with the campaign's name in use (`resolved` before renames) and whether it is `current`."""
    keyed = spans.reached(_one_row_a_key(found.kept, found.met), _of_upload(found.uploads, "reached"))
    keyed = keyed.with_columns(pl.col("campaign").alias("resolved"))
    return settlement.settle(keyed, found.uploads, decisions.confirmed, decisions.aliases, decisions.restatement)


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
    flag = pl.col("campaign").is_null().all().over("upload_id") if nameless else pl.lit(value=False)
    return rows.with_columns(flag.alias("campaignless"))


def _named(keyed: pl.DataFrame) -> pl.DataFrame:
    """Campaignless rows under the name that stands for all campaigns."""
    if not keyed.get_column("campaignless").any():
        return keyed
    name = pl.when("campaignless").then(pl.lit(names.ALL_CAMPAIGNS)).otherwise("campaign")
    return keyed.with_columns(name.alias("campaign"), pl.coalesce("spelling", name).alias("spelling"))


def _judge(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the problems that a row's values show: negative figures, and days after the file arrived.

    Of what covers more than a day the first day is looked at: a running week or month ends after the file's arrival.
    """
    late = pl.col("date") > pl.col("arrived_at").dt.date().dt.offset_by("1d")
    tests = [(late, quarantine.LATE, "date")]
    tests += [(pl.col(name) < 0, f"{name} is negative", name) for name in _NEVER_NEGATIVE]
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
            *(total(name) for name in (*ADDITIVE, "stated_spend", "recovered_error")),
            pl.col("sequence", "last_day", "campaignless", "spelling").first(),
            pl.col("source_row").min(),
            pl.len().cast(pl.Int64).alias("source_rows"),
            pl.col("recovered").drop_nulls().unique().sort().str.join(",").replace("", None).alias("recovered"),
        )
    )
    return pl.concat([single.filter(~met).select(grouped.columns), grouped])


def _conservation(found: _Usable, keyed: pl.DataFrame, current: pl.DataFrame, superseded: pl.DataFrame) -> pl.DataFrame:
    """Counted on the way, never by subtraction: what does not add up shows."""
    rows, spend = pl.len().cast(pl.Int64), total("spend")
    recovered = pl.when(pl.col("stated_spend").is_null()).then(pl.col("spend")).sum().round(SUM_DIGITS)
    parts = [
        found.set_aside.group_by("sequence").agg(rows.alias("rows_quarantined"), spend.alias("spend_quarantined")),
        found.dropped.group_by("sequence").agg(rows.alias("rows_duplicate"), spend.alias("spend_duplicate")),
        found.period.group_by("sequence").agg(rows.alias("rows_period"), spend.alias("spend_period")),
        keyed.group_by("sequence").agg(
            pl.col("source_rows").sum().alias("rows_kept"),
            total("stated_spend").alias("spend_kept"),
            recovered.alias("spend_recovered"),
            pl.col("recovered_error").sum().round(SUM_DIGITS).alias("spend_recovered_error"),
        ),
        current.group_by("sequence").agg(
            pl.col("source_rows").sum().alias("rows_current"), spend.alias("spend_current")
        ),
        superseded.group_by("sequence").agg(pl.col("source_rows").sum().alias("rows_superseded")),
    ]
    table = found.uploads
    for part in parts:
        table = table.join(part, on="sequence", how="left", maintain_order="left")
    counted = [c for c in CONSERVATION.columns if c.startswith(("rows_", "spend_"))]
    return CONSERVATION.conform(table.with_columns(pl.col(counted).fill_null(0)))
