"""Successive uploads of one client, settled: which rows count under which name, and everything that is to be told about
what changed between them.

Belongs here: putting the steps (`statements`, `history`, `renames`, `reexports`, `restatement`, `maturity`) together.
Does not: any of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from adtech_assets.metrics.naming.aliases import NO_ALIASES, Aliases
from adtech_assets.metrics.spans import DAY
from adtech_assets.metrics.succession import history, maturity, reexports, renames, restatement
from adtech_assets.metrics.succession.accounts import NO_ACCOUNT, with_owner
from adtech_assets.metrics.succession.statements import SLICE, slice_of, stated_names, statements
from adtech_assets.settings import Restatement
from adtech_assets.tables import RENAMES, RESTATEMENTS, UPLOAD_CHANGES, VANISHED, WEEKS_AS_FIRST_STATED

ADS, SHOP = "ads", "shop"
_SKU = " \N{MIDDLE DOT} SKU {}"


@dataclass(frozen=True)
class Succession:
    """What uploads did to each other: frames that fit the tables of the same names."""

    restatements: pl.DataFrame
    vanished: pl.DataFrame
    renames: pl.DataFrame
    upload_changes: pl.DataFrame
    weeks: pl.DataFrame


def in_order(uploads: pl.DataFrame, prompt_days: int = Restatement().prompt_days) -> pl.DataFrame:
    """Readable uploads in the order in which they overrule each other: by the day an export says it was made, else by
    the day it arrived; on the same day by arrival.

    `sequence` becomes the place in that order, from 1. Adds `reached`, the day up to which running weeks are known, and
    `taken`, the day the export was made as far as it is known: stated, else the day it arrived, else, where it arrived
    more than `prompt_days` after the last day that the exports of its platform covered by then, that day.
    """
    arrived = pl.col("arrived_at").dt.date()
    ordered = uploads.filter(pl.col("status") == "ok").with_columns(pl.coalesce("as_of", arrived).alias("reached"))
    ordered = ordered.sort("reached", "sequence").with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("sequence")
    )
    covered = pl.min_horizontal("period_end", arrived).cum_max().forward_fill().over("platform")
    prompt = (arrived - covered).dt.total_days() <= prompt_days
    made = pl.when(prompt).then(arrived).otherwise(covered)
    return ordered.with_columns(pl.coalesce("as_of", made, arrived).alias("taken"))


def settle(
    keyed: pl.DataFrame, uploads: pl.DataFrame, confirmed: frozenset[str], aliases: Aliases, settings: Restatement
) -> tuple[pl.DataFrame, Succession]:
    """The rows with `campaign` after renames and `current`, and the succession of the ads' uploads.

    keyed: one row a key and upload, with `campaign` (resolved), `spelling`, `campaignless`, `sequence`, `upload_id`.
    uploads: see `in_order`. confirmed: ids of uploads of which the user said that what they miss is meant.
    """
    keyed = _with_slice(keyed, settings)
    if keyed.get_column("sequence").n_unique() < 2:
        return keyed.with_columns(restatement.is_current(keyed).alias("current")), _alone(keyed, uploads)
    resolved = dict(keyed.select("stated", "campaign").unique().iter_rows())
    told = statements(keyed, "stated")
    covered = history.coverage(told)
    succession = _follow(told, covered, uploads, confirmed, resolved, aliases, settings, ADS)
    keyed = renames.apply(keyed.with_columns(pl.col("stated").alias("first_stated")), succession.renames, resolved)
    keyed = keyed.with_columns(restatement.is_current(keyed).alias("current"))
    as_told = keyed.select(pl.col("stated").eq_missing(pl.col("campaign")).all()).item()
    final = told if as_told and succession.renames.is_empty() else statements(keyed, "campaign")
    newest = keyed.filter("current").select(*slice_of("campaign"), "campaignless", "sequence").unique()
    return keyed, replace(
        succession,
        restatements=restatement.with_stated_names(restatement.ledger(final, newest, uploads, ADS), keyed),
        weeks=maturity.weeks_as_first_stated(final, covered, newest, uploads),
    )


def _alone(keyed: pl.DataFrame, uploads: pl.DataFrame) -> Succession:
    """The succession of a single upload: everything is new."""
    slices = keyed.group_by("platform", "upload_id", "sequence").agg(
        pl.struct("owner", "stated", "date", "days", "campaignless").n_unique().cast(pl.Int64).alias(history.NEW)
    )
    counts = {name: 0 for name in (*history.EVENTS, "campaigns_vanished", "rows_back") if name != history.NEW}
    changes = slices.join(uploads.select("sequence", "taken"), on="sequence").with_columns(
        **{name: pl.lit(count, pl.Int64) for name, count in counts.items()},
        kind=pl.lit(ADS), partial=pl.lit(value=False), confirmed=pl.lit(value=False),
        stands_apart=pl.lit(value=False),
    )  # fmt: skip
    return Succession(
        RESTATEMENTS.empty(), VANISHED.empty(), RENAMES.empty(), UPLOAD_CHANGES.conform(changes.sort("platform")),
        WEEKS_AS_FIRST_STATED.empty(),
    )  # fmt: skip


def as_stated(keyed: pl.DataFrame, settings: Restatement) -> pl.DataFrame:
    """The rows with `campaign` as uploads state it, and `current` under these names."""
    keyed = _with_slice(keyed, settings).with_columns(pl.col("stated").alias("campaign"))
    return keyed.with_columns(restatement.is_current(keyed).alias("current"))


def _with_slice(keyed: pl.DataFrame, settings: Restatement) -> pl.DataFrame:
    return with_owner(keyed, settings).with_columns(stated_names(keyed).alias("stated"))


def settle_shop(
    rows: pl.DataFrame, uploads: pl.DataFrame, confirmed: frozenset[str], settings: Restatement
) -> Succession:
    """The same for what a shop sold: a slice is a day, product and SKU. rows: table raw_rows of the shop's uploads."""
    item = pl.concat_str(pl.col("product"), pl.format(_SKU, "sku"), ignore_nulls=True)
    sold = rows.filter(pl.col("problem").is_null(), pl.col("date") == pl.col("last_day")).with_columns(
        item.alias("item"), pl.lit(DAY, pl.Int64).alias("days"), pl.lit(NO_ACCOUNT).alias("owner"),
        pl.lit(value=False).alias("campaignless"),
    )  # fmt: skip
    sold = sold.join(uploads.select("upload_id", "sequence"), on="upload_id").filter(
        pl.any_horizontal(pl.col("product", "sku").is_not_null().any().over("upload_id"))
    )
    told = statements(sold, "item")
    succession = _follow(told, history.coverage(told), uploads, confirmed, {}, NO_ALIASES, settings, SHOP)
    newest = told.filter(pl.col("sequence") == pl.col("sequence").max().over(SLICE))
    ledger = restatement.ledger(told, newest, uploads, SHOP)
    return replace(succession, restatements=ledger, renames=RENAMES.empty())


def _follow(
    told: pl.DataFrame,
    covered: pl.DataFrame,
    uploads: pl.DataFrame,
    confirmed: frozenset[str],
    resolved: dict[str, str],
    aliases: Aliases,
    settings: Restatement,
    kind: str,
) -> Succession:
    ids = dict(uploads.select("sequence", "upload_id").iter_rows())
    events = history.follow(told, covered)
    found = renames.find(events, told, covered, resolved, aliases, settings)
    gone = reexports.vanished(events, found, resolved)
    meant = {sequence for sequence, upload_id in ids.items() if upload_id in confirmed}
    changes = reexports.upload_changes(events, gone, covered, meant, settings)
    strange = history.strangers(told, covered).with_columns(stands_apart=pl.lit(value=True))
    changes = changes.join(strange, on=["platform", "sequence"], how="left", maintain_order="left")
    changes = changes.with_columns(pl.col("stands_apart").fill_null(False))
    changes = changes.join(uploads.select("sequence", "taken"), on="sequence", how="left", maintain_order="left")
    name = pl.col("sequence").replace_strict(ids, return_dtype=pl.String).alias("upload_id")
    return Succession(
        restatements=RESTATEMENTS.empty(),
        vanished=reexports.as_table(gone, ids, kind),
        renames=RENAMES.conform(found.with_columns(name)),
        upload_changes=reexports.changes_table(changes, ids, kind),
        weeks=WEEKS_AS_FIRST_STATED.empty(),
    )


def together(ads: Succession, shop: Succession) -> Succession:
    """Ads and shop in the same tables."""
    return Succession(
        restatements=pl.concat([ads.restatements, shop.restatements]),
        vanished=pl.concat([ads.vanished, shop.vanished]),
        renames=ads.renames,
        upload_changes=pl.concat([ads.upload_changes, shop.upload_changes]).sort("sequence"),
        weeks=ads.weeks,
    )
