"""A file's bytes -> how it was read, and its typed rows as table `raw_rows`; or a refusal with its reason.

Belongs here: the order of the steps. Does not: their rules (the neighbours), clients or storage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.exports import dialect as dialects
from adtech_assets.exports import totals, values
from adtech_assets.exports.dialect import CELLS, LINE, Dialect
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.vocabulary import Match, match, rank
from adtech_assets.settings import Reader
from adtech_assets.tables import RAW_ROWS

READER_VERSION = 1
_NUMERIC = tuple(name for name, dtype in RAW_ROWS.schema.items() if dtype == pl.Float64)
_PROBLEM, _COLUMN = "problem", "problem_column"


@dataclass(frozen=True)
class Export:
    """One file as read. `facts` fit table `uploads` (without the columns that only the lake knows)."""

    facts: Mapping[str, Any]
    rows: pl.DataFrame

    @property
    def refused(self) -> bool:
        return bool(self.facts["status"] == "refused")


def upload_id(data: bytes) -> str:
    """The identity of a file: the first 12 hex digits of the SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def read_export(data: bytes, settings: Reader | None = None) -> Export:
    """Read a file. Never raises for what is in the file: what cannot be read without guessing has status `refused`."""
    settings = settings or Reader()
    identity = {"upload_id": upload_id(data), "bytes": len(data), "reader": READER_VERSION}
    try:
        text, encoding = dialects.decode(data)
        dialect = dialects.detect(text, encoding, rank)
        found = match(dialect.headers, settings.near_match_score)
        facts, rows = _typed(dialects.cells(text, dialect), dialect, found)
    except Refusal as refusal:
        return Export({**identity, "status": "refused", "reason": str(refusal)}, RAW_ROWS.empty())
    rows = RAW_ROWS.conform(rows.with_columns(pl.lit(identity["upload_id"]).alias("upload_id")))
    return Export({**identity, **_described(dialect, found), **facts}, rows)


def _described(dialect: Dialect, found: Match) -> dict[str, Any]:
    return {
        "shape": found.vocabulary.shape,
        "platform": found.vocabulary.platform,
        "encoding": dialect.encoding,
        "delimiter": dialect.delimiter,
        "header_row": dialect.header_row,
    }


def _typed(text: pl.DataFrame, dialect: Dialect, found: Match) -> tuple[dict[str, Any], pl.DataFrame]:
    header = {column: dialect.headers[i] for column, i in found.positions.items()}
    named = text.rename({str(i): column for column, i in found.positions.items()})
    numeric = [column for column in header if column in _NUMERIC]
    labels = [column for column in header if column not in numeric and column != "date"]
    named = dialects.trimmed(named, ["date", *labels])
    total = totals.total_rows(named, "date", labels)
    total_rows = int(total.sum())
    named = named.filter(~total) if total_rows else named
    if named.is_empty():
        facts = {"status": "empty", "reason": "the file holds a header and no rows"}
        return facts, RAW_ROWS.empty()
    plain = values.plain_numbers(named, numeric)
    bare = named.with_columns(values.bare(column) for column in numeric if column not in plain.columns)
    dressed = len(plain.columns) < len(numeric)
    sign = values.decide_sign(bare, {column: header[column] for column in numeric}, dressed)
    currency = _currency(named, [c for c in ("spend", "revenue") if c in header and c not in plain.columns])
    if sign != ".":
        plain = plain.clear().select()
    rest = [column for column in numeric if column not in plain.columns]
    typed = bare.with_columns(*plain.iter_columns(), *(values.number(column, sign) for column in rest))
    typed = typed.with_columns(values.days(named, "date", header["date"]).alias("date"))
    if not typed.get_column("date").count():
        cell = values.Cell(header["date"], named[LINE][0], str(named["date"][0] or ""))
        raise Refusal(f"no day can be read: {cell}. What to do: export it with dates as 2025-01-31")
    typed = _judged(typed, bare, named, header, numeric, labels)
    typed = _with_extra(typed, text_headers=dialect.headers, unknown=found.unknown)
    typed = typed.with_columns(pl.lit(found.vocabulary.platform).alias("platform"), pl.col(LINE).alias("source_row"))
    return _facts(typed, total_rows, currency), typed


def _currency(text: pl.DataFrame, money: list[str]) -> str | None:
    found = values.currency_signs(text, money)
    if len(found) > 1:
        raise Refusal(
            f"amounts are in {' and '.join(sorted(found))}: two currencies cannot be added up without a rate. "
            "What to do: export one currency a file"
        )
    return next(iter(found), None)


def _judged(
    typed: pl.DataFrame,
    bare: pl.DataFrame,
    text: pl.DataFrame,
    header: dict[str, str],
    numeric: list[str],
    labels: list[str],
) -> pl.DataFrame:
    """Add problem, problem_column and text: the first reason why a row cannot be used."""
    tests: list[tuple[pl.Series, str, str | None]] = [
        (typed.get_column(CELLS).is_not_null(), "another number of cells than the header", None),
        (text.get_column("date").is_null(), "no day", "date"),
        (typed.get_column("date").is_null() & text.get_column("date").is_not_null(), "not a day", "date"),
    ]
    if "campaign" in labels:
        tests.append((text.get_column("campaign").is_null(), "no campaign", "campaign"))
    for column in numeric:
        unread = typed.get_column(column).is_null() & bare.get_column(column).is_not_null()
        tests.append((unread, "not a number", column))
    problem, where = pl.lit(None, pl.String), pl.lit(None, pl.String)
    flags = pl.DataFrame({str(i): flag for i, (flag, _, _) in enumerate(tests)})
    for i, (_, reason, at) in reversed(list(enumerate(tests))):
        problem = pl.when(pl.col(str(i))).then(pl.lit(reason)).otherwise(problem)
        where = pl.when(pl.col(str(i))).then(pl.lit(header[at] if at else None, pl.String)).otherwise(where)
    judged = flags.select(problem.alias(_PROBLEM), where.alias(_COLUMN))
    typed = pl.concat([typed, judged], how="horizontal")
    bad = judged.get_column(_PROBLEM).is_not_null()
    if not bad.any():
        return typed.with_columns(pl.lit(None, pl.String).alias("text"))
    quoted = text.filter(bad).select(
        LINE, pl.struct([pl.col(c).alias(h) for c, h in header.items()]).struct.json_encode().alias("text")
    )
    return typed.join(quoted, on=LINE, how="left", maintain_order="left")


def _with_extra(typed: pl.DataFrame, text_headers: tuple[str, ...], unknown: tuple[int, ...]) -> pl.DataFrame:
    if not unknown:
        return typed.with_columns(pl.lit(None, pl.String).alias("extra"))
    cells = [pl.col(str(i)).alias(text_headers[i]) for i in unknown]
    return typed.with_columns(pl.struct(cells).struct.json_encode().alias("extra"))


def _facts(rows: pl.DataFrame, total_rows: int, currency: str | None) -> dict[str, Any]:
    problems = rows.get_column(_PROBLEM).count()
    days = rows.filter(pl.col(_PROBLEM).is_null()).get_column("date")
    return {
        "status": "ok",
        "reason": None,
        "currency": currency,
        "period_start": days.min(),
        "period_end": days.max(),
        "rows_read": rows.height + total_rows,
        "rows_total": total_rows,
        "rows_typed": rows.height - problems,
        "rows_problem": problems,
        "spend_read": float(rows.get_column("spend").sum()),
    }
