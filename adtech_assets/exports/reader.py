"""A file's bytes -> how it was read, its typed rows as table `raw_rows`, its total row as a checksum; or a refusal.

Belongs here: the order of the steps. Does not: their rules (the neighbours), clients or storage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from adtech_assets.exports import checksum, figures, numbers, periods, ratios, rows, totals
from adtech_assets.exports.columns import columns_of
from adtech_assets.exports.cutting import Cut, cut_into_cells
from adtech_assets.exports.figures import NUMERIC
from adtech_assets.exports.mapping import FileMapping
from adtech_assets.exports.numbers import Sign
from adtech_assets.exports.recognition import ADS_METRICS, Recognition, recognise
from adtech_assets.exports.refusal import Refusal
from adtech_assets.settings import Reader
from adtech_assets.tables import CHECKSUMS, RAW_ROWS, UPLOAD_COLUMNS

READER_VERSION = 4
_SIGNS: tuple[Sign, Sign] = (".", ",")


@dataclass(frozen=True)
class Export:
    """One file as read. `facts` fit table `uploads` (without the columns that only the lake knows), `rows` table
    raw_rows, `checksums` table checksums, `columns` table upload_columns. `totals`: the sum of each additive metric; None
    where the file has none."""

    facts: Mapping[str, Any]
    rows: pl.DataFrame = field(default_factory=RAW_ROWS.empty)
    checksums: pl.DataFrame = field(default_factory=CHECKSUMS.empty)
    totals: Mapping[str, float | None] = field(default_factory=lambda: dict.fromkeys(ADS_METRICS))
    columns: pl.DataFrame = field(default_factory=UPLOAD_COLUMNS.empty)

    @property
    def refused(self) -> bool:
        return bool(self.facts["status"] == "refused")


def upload_id(data: bytes) -> str:
    """The identity of a file: the first 12 hex digits of the SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def refuse_larger(size: int, limit: int) -> None:
    """Refusal of a file of more bytes than the setting allows, before any of them is read."""
    if size > limit:
        raise Refusal(f"the file has {size:,} bytes, more than the setting inbox.max_file_bytes ({limit:,}) allows")


def read_export(
    data: bytes,
    settings: Reader | None = None,
    mapping: FileMapping | None = None,
    home_currency: str | None = None,
    known_id: str | None = None,
) -> Export:
    """Read a file. Never raises for what is in the file: what cannot be read without guessing has status `refused`.

    `mapping` is the client's own word about the file; `home_currency` the client's currency, which only tells what a
    bare `$` is; `known_id` the file's `upload_id`, where the caller has it already.
    """
    with ThreadPoolExecutor(1) as beside:  # the hash is taken on the other core while the file is read
        identity = beside.submit(upload_id, data) if known_id is None else None
        export = _described(data, settings or Reader(), mapping, home_currency)
        own_id = known_id or (identity.result() if identity else "")
    facts = {
        **export.facts, "upload_id": own_id, "bytes": len(data), "reader": READER_VERSION,
        "mapping": mapping.digest if mapping else None,
    }  # fmt: skip
    stamp = pl.lit(own_id).alias("upload_id")
    rows_, sums, columns = (frame.with_columns(stamp) for frame in (export.rows, export.checksums, export.columns))
    return Export(
        facts, RAW_ROWS.conform(rows_), CHECKSUMS.conform(sums), export.totals, UPLOAD_COLUMNS.conform(columns)
    )


def _described(data: bytes, settings: Reader, mapping: FileMapping | None, home_currency: str | None) -> Export:
    described: dict[str, Any] = {}
    try:
        cut = cut_into_cells(data, settings, mapping)
        described = {
            "encoding": cut.encoding, "delimiter": cut.layout.delimiter, "header_row": cut.layout.header_row,
        }  # fmt: skip
        found = recognise(cut.layout.headers, cut.layout.above, settings, mapping)
        described |= {"platform": found.vocabulary.platform, "kind": found.vocabulary.kind}
        export = _read(cut, found, settings, mapping, home_currency)
    except Refusal as refusal:
        return Export({**described, "status": "refused", "reason": str(refusal)})
    return replace(export, facts={**described, **export.facts})


def _read(
    cut: Cut, found: Recognition, settings: Reader, mapping: FileMapping | None, home_currency: str | None
) -> Export:
    body = rows.body_of(cut.cells, cut.layout, settings.tail_lines)
    found, currency = figures.settle_currency(body.table, found, home_currency)
    code = currency.code or (mapping.currency if mapping else None)
    table = rows.named(body.table, found)
    when = periods.read_periods(table, found, cut.layout.above, mapping.date_order if mapping else None)
    read = _figures(table, found, cut.native, code, mapping)
    columns = columns_of(found, table, read.typed, cut.native, when.roles)
    table = _with_times(ratios.with_percent_marks(table), when).with_columns(read.typed.iter_columns())
    split = totals.split(table, _metrics(read.typed), NUMERIC, found.vocabulary)
    table, sums, note = figures.counted(split.rows, split.totals, found)
    facts = {
        **rows.facts(found), "currency": code, "as_of": when.as_of,
        "rows_total": sums.height, "rows_read": table.height + sums.height,
        "period_start": when.stated[0] if when.stated else None, "period_end": when.stated[1] if when.stated else None,
        "notes": "\n".join(n for n in (*cut.notes, currency.note, when.note, note) if n) or None,
    }  # fmt: skip
    if table.is_empty():
        reason = body.said or "the file holds a header and no rows"
        return Export({**facts, "status": "empty", "reason": reason, "grain": "none"}, columns=columns)
    checked = checksum.check(table, sums, _metrics(table), found.vocabulary, settings.rounding_sigmas)
    bare = read.bare.filter(split.kept) if sums.height else read.bare
    unread = rows.unread(table, bare, read.typed.columns)
    table = rows.with_extra(rows.judged(table, bare, found, unread, when.roles), found)
    good = table.filter(pl.col("problem").is_null())
    first, last = good.get_column("first").min(), good.get_column("last").max()
    facts |= {
        "status": "ok", "reason": None, "grain": when.covered.grain,
        "rows_typed": good.height, "rows_problem": table.height - good.height,
        "period_start": first or facts["period_start"], "period_end": last or facts["period_end"],
        "spend_read": float(table.get_column("spend").sum() or 0) if "spend" in table.columns else 0.0,
    }  # fmt: skip
    sums_known = rows.sums(table, _metrics(table), rows.unknown_sums(table, unread, found))
    return Export(facts, table, checksum.frame_of(checked), sums_known, columns)


def _metrics(table: pl.DataFrame) -> list[str]:
    return [metric for metric in ADS_METRICS if metric in table.columns]


def _with_times(table: pl.DataFrame, when: periods.Periods) -> pl.DataFrame:
    """Add first and last day of every row, and whether it names them itself (null: the file has no such column)."""
    own = bool(set(periods.NAMES_TIME) & set(when.roles))
    timed = pl.col("first").is_not_null() if own else pl.lit(None, pl.Boolean)
    return table.with_columns(when.covered.first.alias("first"), when.covered.last.alias("last")).with_columns(
        timed.alias("__timed")
    )


def _figures(
    table: pl.DataFrame,
    found: Recognition,
    native: frozenset[int],
    currency: str | None,
    mapping: FileMapping | None,
) -> figures.Figures:
    """The figures; where the cells leave the decimal sign open, the total row decides it: only one reading adds up."""
    try:
        return figures.read_figures(table, found, native, currency, mapping.decimal if mapping else None)
    except numbers.Undecided as doubt:
        fitting = [read for sign in _SIGNS if (read := _adding_up(table, found, currency, sign)) is not None]
        if len(fitting) != 1:
            raise doubt
        return fitting[0]


def _adding_up(table: pl.DataFrame, found: Recognition, currency: str | None, sign: Sign) -> figures.Figures | None:
    """The figures under a decimal sign, if the rows then add up to a labelled total row."""
    read = figures.read_figures(table, found, (), currency, sign)
    typed = table.with_columns(*read.typed.iter_columns(), pl.lit(None, pl.Boolean).alias("__timed"))
    split = totals.split(typed, [], NUMERIC, found.vocabulary)
    checked = checksum.check(split.rows, split.totals, _metrics(read.typed), found.vocabulary, 1)
    return read if checked.sums and all(one.ok for one in checked.sums) else None
