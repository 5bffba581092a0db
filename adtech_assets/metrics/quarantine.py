"""Rows that could not be used: what they say, why they were set aside, and which newer upload has replaced them since.

A row that was set aside stays in the table, for its upload is to add up for ever. It is *open* until a newer upload
states what it was to state; then nothing is missing any more.

Belongs here: the table `quarantine` and what can be said about it. Does not: which rows are usable (`exports.rows`,
`cleaning`), or how rows are shown to people (`commands`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Sequence

import polars as pl

from adtech_assets.exports.rows import NO_CAMPAIGN
from adtech_assets.metrics.model import ADDITIVE, DIMENSIONS, total
from adtech_assets.metrics.naming.names import normal_form
from adtech_assets.tables import QUARANTINE

_OTHERS = "other columns"
LATE = "the day lies after the file's arrival"
"""Problem of a row whose day had not come when its file did: no day to rely on."""
_PLACE = ("platform", "_account", "_day", "_last", "_name")
# What a row may be about within its campaign; each counts where the row states it.
_FINER = {"adset": "_adset", "ad": "_ad", "country": "_country", "device": "_device"}
_HAS = [f"_has{name}" for name in _FINER.values()]


def set_aside(rows: pl.DataFrame, uploads: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """Table quarantine. `rows`: raw rows with a `problem`; `uploads`: table uploads; `good`: the usable raw rows.

    Rows of what is no readable upload of ads are left out: orders of a shop name people. A newer upload replaces a row
    (`released_by`, the first one that does) where it is a newer version of the same file, or states a usable row of
    the same platform, day and campaign (and ad set, ad, country and device, where the row states them and the newer
    upload has them at all), or covers all days of the older upload and names all its campaigns. The same file is one of
    the same name that covers the row's day, or, where the day cannot be read, all days of the older one.
    """
    if rows.is_empty():
        return QUARANTINE.empty()
    ads = uploads.filter(status="ok", kind="ads").select("upload_id", "file", pl.col("sequence").alias("_sequence"))
    named = _with_text(rows).join(ads, on="upload_id", how="inner", maintain_order="left")
    placed = _placed(named)
    finer = _finer_of(good)
    released = _first(
        placed, _by_file(placed, ads, good), _by_place(placed, ads, good, finer), _by_whole(placed, ads, good, finer)
    )
    newer = released.join(
        ads.select("_sequence", released_by="upload_id"), on="_sequence", how="left", maintain_order="left"
    )
    aligned = pl.col("problem_column").is_not_null()
    return QUARANTINE.conform(
        named.with_columns(
            newer.get_column("released_by"),
            pl.when(aligned).then("date").alias("date"),
            pl.when(aligned).then("campaign").alias("campaign"),
            pl.col("problem").alias("reason"),
            pl.col("problem_column").alias("column"),
        )
    ).sort("upload_id", "source_row")


def _with_text(rows: pl.DataFrame) -> pl.DataFrame:
    """`text` for all rows: the cells as the reader quoted them, else the figures read, with cells nobody reads."""
    spanning = ["last_day"] if (rows["last_day"] != rows["date"]).any() else []
    stated = [c for c in ("date", *spanning, *DIMENSIONS, *ADDITIVE) if rows.get_column(c).count()]
    text = rows.get_column("text")
    if text.null_count():
        as_json = pl.struct(pl.col(c).cast(pl.String) for c in stated).struct.json_encode()
        text = rows.select(pl.coalesce("text", as_json)).to_series()
    return rows.with_columns(text.alias("text")).with_columns(_with_extra(rows, text).alias("text"))


def _with_extra(rows: pl.DataFrame, text: pl.Series) -> pl.Expr:
    """The cells and those of columns that play no role as one JSON object; apart where a header stands in both."""
    if not rows.get_column("extra").count():
        return pl.col("text")
    samples = (
        rows.select("upload_id", "extra", text.alias("quoted"))
        .drop_nulls()
        .unique(["upload_id"], keep="first", maintain_order=True)
    )
    twice = [
        upload
        for upload, extra, quoted in samples.iter_rows()
        if json.loads(extra).keys() & {*json.loads(quoted), _OTHERS}
    ]
    whole = pl.concat_str(pl.col("text").str.head(-1), pl.lit(","), pl.col("extra").str.slice(1))
    apart = pl.concat_str(pl.col("text").str.head(-1), pl.lit(f',"{_OTHERS}":'), pl.col("extra"), pl.lit("}"))
    joined = pl.when(pl.col("upload_id").is_in(twice)).then(apart).otherwise(whole)
    usable = pl.col("extra").str.len_chars() > len("{}")
    return pl.when(usable & (pl.col("text").str.len_chars() > len("{}"))).then(joined).otherwise("text")


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `_day`, `_last` and `_name` (normal form of the campaign), null where they cannot be relied on; `_whole` says
    whether all of the row's place can be.

    A row with too many or too few cells has none that surely stands in its column; a day that is wrong is no day.
    """
    aligned = pl.col("problem_column").is_not_null()
    dated = aligned & pl.col("date").is_not_null() & (pl.col("problem") != LATE)
    return rows.with_columns(
        pl.when(dated).then("date").alias("_day"),
        pl.when(dated).then("last_day").alias("_last"),
        pl.when(aligned).then("account").alias("_account"),
        pl.when(aligned).then(normal_form(pl.col("campaign"))).alias("_name"),
        *(pl.when(aligned).then(normal_form(pl.col(c))).alias(name) for c, name in _FINER.items()),
        (dated & (pl.col("problem") != NO_CAMPAIGN)).alias("_whole"),
    )


def _by_file(rows: pl.DataFrame, ads: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """upload_id, _day and the `_sequence` of the first newer version of the same file that covers the row."""
    spans = good.group_by("upload_id").agg(pl.col("date").min().alias("_from"), pl.col("last_day").max().alias("_to"))
    known = ads.join(spans, on="upload_id", how="left")
    older = known.join(rows.select("upload_id").unique(), on="upload_id", how="semi")
    pairs = older.join(known, on="file", suffix="_new").filter(pl.col("_sequence_new") > pl.col("_sequence"))
    places = rows.select("upload_id", "_day").unique()
    found = places.join(pairs, on="upload_id")
    begins, ends = pl.col("_from_new"), pl.col("_to_new")
    contains = (begins <= pl.col("_from")) & (ends >= pl.col("_to"))
    covers = pl.col("_day").is_between(begins, ends).fill_null(False) | contains.fill_null(False)
    found = found.filter(covers | pl.col("_from").is_null())
    return found.group_by("upload_id", "_day").agg(pl.col("_sequence_new").min().alias("_by_file"))


def _finer_of(good: pl.DataFrame) -> pl.DataFrame:
    """upload_id and, for each finer dimension, whether the upload has it at all."""
    return good.group_by("upload_id").agg(pl.col(c).count().gt(0).alias(f"_has{n}") for c, n in _FINER.items())


def _places(good: pl.DataFrame) -> pl.DataFrame:
    """upload_id and the place of usable rows, as `_placed` gives it for those set aside."""
    return good.select(
        "upload_id",
        "platform",
        pl.col("account").alias("_account"),
        pl.col("date").alias("_day"),
        pl.col("last_day").alias("_last"),
        normal_form(pl.col("campaign")).alias("_name"),
        *(normal_form(pl.col(c)).alias(name) for c, name in _FINER.items()),
    )


def _by_place(rows: pl.DataFrame, ads: pl.DataFrame, good: pl.DataFrame, finer: pl.DataFrame) -> pl.DataFrame:
    """upload_id, the place, and the `_sequence` of the first newer upload with a usable row of that place.

    A finer dimension that the row or the newer upload does not state is no part of the place.
    """
    names = [*_FINER.values()]
    wanted = rows.filter("_whole").select("upload_id", "_sequence", *_PLACE, *names).unique()
    same_days = good.filter(pl.col("date").is_in(wanted.get_column("_day").unique().to_list()))
    stated = _places(same_days).unique()
    newer = ads.select("upload_id", pl.col("_sequence").alias("_newer"))
    stated = stated.join(newer, on="upload_id").join(finer, on="upload_id")
    found = _same_parts(wanted, stated.select(*_PLACE, *names, *_HAS, "_newer").unique(), [*_PLACE])
    found = found.filter(pl.col("_newer") > pl.col("_sequence"))
    return found.group_by("upload_id", *_PLACE, *names).agg(pl.col("_newer").min().alias("_by_place"))


def _same_parts(asked: pl.DataFrame, stated: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Pairs that are equal `on` and in all finer dimensions that the asked row states and the other upload has."""
    names = [*_FINER.values()]
    rest = [c for c in stated.columns if c not in {*on, *names, *_HAS}]
    pairs = [asked.join(stated.clear().select(*on, *rest), on=on)]
    marked = asked.with_columns(pl.col(name).is_not_null().alias(has) for name, has in zip(names, _HAS, strict=True))
    for says, some in marked.partition_by(_HAS, as_dict=True, include_key=False).items():
        for has, theirs in stated.partition_by(_HAS, as_dict=True, include_key=False).items():
            both = [name for name, one, other in zip(names, says, has, strict=True) if one and other]
            keys = [*on, *both]
            met = some.join(theirs.select(*keys, *rest).unique(), on=keys, nulls_equal=True)
            pairs.append(met.select(pairs[0].columns))
    return pl.concat(pairs)


def _by_whole(rows: pl.DataFrame, ads: pl.DataFrame, good: pl.DataFrame, finer: pl.DataFrame) -> pl.DataFrame:
    """upload_id, _day, the finer names and the `_sequence` of the first newer upload that replaces the older one as a
    whole, whatever it is called: it covers all days that are known of the older one and of the row, and names all its
    campaigns."""
    finer_names = [*_FINER.values()]
    columns = ["upload_id", *_PLACE, *finer_names]
    usable = _places(good.join(ads.select("upload_id"), on="upload_id", how="semi"))
    older = pl.concat(
        [
            usable.join(rows, on="upload_id", how="semi").select(columns),
            rows.filter(pl.col("_name").is_not_null()).select(columns),
        ]
    )
    sequence = ads.select("upload_id", "_sequence")
    named = ["platform", "_account", "_name"]
    campaigns = older.select("upload_id", *named).unique()
    needed = (
        older.group_by("upload_id")
        .agg(pl.col("_day").min().alias("_from"), pl.col("_last").max().alias("_to"))
        .join(campaigns.group_by("upload_id").len("_campaigns"), on="upload_id")
        .join(sequence, on="upload_id")
    )
    theirs = (
        usable.group_by("upload_id")
        .agg(pl.col("_day").min().alias("_begins"), pl.col("_last").max().alias("_ends"))
        .join(sequence, on="upload_id")
        .rename({"upload_id": "_new", "_sequence": "_newer"})
    )
    pairs = needed.join_where(
        theirs,
        pl.col("_newer") > pl.col("_sequence"),
        pl.col("_begins") <= pl.col("_from"),
        pl.col("_ends") >= pl.col("_to"),
    )
    met = (
        campaigns.join(pairs.select("upload_id", "_new"), on="upload_id")
        .join(usable.select(pl.col("upload_id").alias("_new"), *named).unique(), on=["_new", *named], nulls_equal=True)
        .group_by("upload_id", "_new")
        .len("_met")
    )
    pairs = pairs.join(met, on=["upload_id", "_new"]).filter(pl.col("_met") == pl.col("_campaigns"))
    key = ["upload_id", "_day", *finer_names]
    found = rows.select(key).unique().join(pairs, on="upload_id")
    found = found.filter(pl.col("_day").is_between("_begins", "_ends") | pl.col("_day").is_null())
    parts = usable.select("upload_id", *finer_names).unique().join(finer, on="upload_id")
    found = _same_parts(found, parts.rename({"upload_id": "_new"}), ["_new"])
    return found.group_by(key).agg(pl.col("_newer").min().alias("_by_whole"))


def _first(rows: pl.DataFrame, by_file: pl.DataFrame, by_place: pl.DataFrame, by_whole: pl.DataFrame) -> pl.DataFrame:
    """`_sequence` of the first upload that replaces each row, in the order of the rows."""
    names = [*_FINER.values()]
    for found, on in (
        (by_file, ["upload_id", "_day"]),
        (by_place, ["upload_id", *_PLACE, *names]),
        (by_whole, ["upload_id", "_day", *names]),
    ):
        rows = rows.join(found, on=on, how="left", nulls_equal=True, maintain_order="left")
    by_place_too = pl.when("_whole").then("_by_place")
    return rows.select(pl.min_horizontal("_by_file", by_place_too, "_by_whole").alias("_sequence"))


def still_open(quarantine: pl.DataFrame) -> pl.DataFrame:
    """The rows that no newer upload has replaced: what is missing from the figures."""
    return quarantine.filter(pl.col("released_by").is_null())


def by_reason(quarantine: pl.DataFrame) -> pl.DataFrame:
    """One row a file, reason and column: `rows`, `rows_open`, `spend` (null: unknown), `lines` (the first few)."""
    grouped = quarantine.sort("file", "upload_id", "source_row").group_by(
        "file", "upload_id", "reason", "column", maintain_order=True
    )
    return grouped.agg(
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("released_by").null_count().cast(pl.Int64).alias("rows_open"),
        total("spend"),
        pl.col("source_row").head(5).alias("lines"),
    )


def cells(quarantine: pl.DataFrame, taken: Collection[str] = ()) -> pl.DataFrame:
    """The rows' own cells, one text column a header, in the order of the rows; null where a row's file has no such
    column. Headers that the table's own columns bear, or that are `taken`, are followed by `(cell)`."""
    pieces = []
    numbered = quarantine.select("upload_id", "text").with_row_index("_row")
    for piece in numbered.drop_nulls("text").partition_by("upload_id", maintain_order=True):
        lines = "\n".join(piece.get_column("text"))
        read = pl.read_ndjson(io.BytesIO(lines.encode()), infer_schema_length=None)
        read = read.select(
            (pl.col(c).struct.json_encode() if isinstance(t, pl.Struct) else pl.col(c).cast(pl.String)).alias(c)
            for c, t in read.schema.items()
        )
        read = read.rename(_beside(read.columns, {*quarantine.columns, *taken, "_row"}))
        pieces.append(pl.concat([piece.select("_row"), read], how="horizontal"))
    if not pieces:
        return pl.DataFrame(height=quarantine.height)
    found = pl.concat(pieces, how="diagonal")
    return numbered.select("_row").join(found, on="_row", how="left", maintain_order="left").drop("_row")


def _beside(headers: Sequence[str], taken: Collection[str]) -> dict[str, str]:
    """New names for headers that are taken."""
    names: dict[str, str] = {}
    for header in headers:
        name = header
        while name in taken or (name != header and name in {*headers, *names.values()}):
            name += " (cell)"
        names[header] = name
    return names
