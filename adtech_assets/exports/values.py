"""Cells as numbers and days. How a file writes them is decided once per file, from cells that allow one reading only.

`1.234` alone may be 1.234 or 1,234, and `03/04/2025` may be March or April: where nothing else in the file decides,
the file is refused with the cell and both readings, never guessed.

Belongs here: text -> Float64 / Date as expressions, and the decisions they need. Does not: which column is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from adtech_assets.exports.dialect import LINE
from adtech_assets.exports.refusal import Refusal

Sign = Literal[".", ","]

NULLS = ("-", "--", "–", "—", "null", "none", "na", "n/a", "nan", "#n/a", "[]")
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}
_MONEY = r"[€$£¥₹%\s\u00a0\u202f]"
_PLAIN = r"^[+-]?\d+$"

# One separator, so that a cell allows one reading only ({s} is the sign, escaped).
_DECIMAL = r"^[+-]?(\d*{s}\d{{1,2}}|\d*{s}\d{{4,}}|\d{{4,}}{s}\d+|0\d*{s}\d+|{s}\d+)([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?[1-9]\d{{0,2}}({s}\d{{3}}){{2,}}$"
_EITHER = r"^[+-]?[1-9]\d{{0,2}}{s}\d{{3}}$"
_BOTH = r"^[+-]?\d{{1,3}}({group}\d{{3}})+{sign}\d+$"
_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%b %d, %Y",
    "%d %b %Y", "%B %d, %Y", "%d %B %Y",
)  # fmt: skip
_HEAD_ROWS = 10_000
_OTHER: dict[Sign, Sign] = {".": ",", ",": "."}


@dataclass(frozen=True)
class Cell:
    """A cell to show to a person."""

    header: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.text!r} (column {self.header!r}, line {self.line})"


def bare(column: str) -> pl.Expr:
    """The text of a number without currency, percent and white space; null for the usual words for nothing."""
    text = pl.col(column).str.replace_all(_MONEY, "").str.replace_all("−", "-", literal=True)
    negative = text.str.replace(r"^\((.*)\)$", "-$1")
    return pl.when(~negative.str.to_lowercase().is_in(NULLS) & (negative != "")).then(negative)


def plain_numbers(text: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Those of the columns, as Float64, in which every cell is blank or a number with a decimal point and nothing else."""
    values = text.select(pl.col(columns).cast(pl.Float64, strict=False))
    return values.select(
        column
        for column in columns
        if values[column].null_count() == text[column].null_count() and values[column].is_finite().all()
    )


def decide_sign(text: pl.DataFrame, headers: Mapping[str, str], dressed: bool = True) -> Sign:
    """The decimal sign of a file, from the bare number cells of all its numeric columns.

    `text` holds those columns and `__line`; `headers` names each for people. `dressed` is False where every cell is a
    plain number (`plain_numbers`): one proof of a decimal point then decides, for nothing can contradict it. Refusal
    where cells contradict each other or allow two readings.
    """
    if not dressed and any(
        _first(text.head(_HEAD_ROWS).select(LINE, pl.col(column).alias("text")), _says_decimal("."), header)
        for column, header in headers.items()
    ):
        return "."
    proof: dict[Sign, Cell] = {}
    doubt: tuple[Sign, Cell] | None = None
    for column, header in headers.items():
        cells = text.select(LINE, pl.col(column).alias("text")).filter(~pl.col("text").str.contains(_PLAIN))
        for sign in _OTHER:
            seen = cells.filter(pl.col("text").str.contains(sign, literal=True))
            if seen.is_empty():
                continue
            if found := _first(seen, _says_decimal(sign), header):
                proof.setdefault(sign, found)
            if found := _first(seen, _says_grouped(sign), header):
                proof.setdefault(_OTHER[sign], found)
            if doubt is None and (found := _first(seen, pl.col("text").str.contains(_fill(_EITHER, sign)), header)):
                doubt = (sign, found)
    if len(proof) == 2:
        raise Refusal(
            f"numbers are written in two ways: {proof['.']} has a decimal point, {proof[',']} a decimal comma. "
            "What to do: export the file again with one number format"
        )
    if proof:
        return next(iter(proof))
    if doubt is not None:
        sign, cell = doubt
        digits = cell.text.replace(sign, "")
        raise Refusal(
            f"{cell} may be {cell.text.replace(sign, '.')} or {digits}, and no other cell of the file decides. "
            "What to do: export it with two decimals or without thousands separators"
        )
    return "."


def _fill(pattern: str, sign: Sign) -> str:
    return pattern.format(s="\\" + sign)


def _says_decimal(sign: Sign) -> pl.Expr:
    both = _BOTH.format(group="\\" + _OTHER[sign], sign="\\" + sign)
    return pl.col("text").str.contains(_fill(_DECIMAL, sign)) | pl.col("text").str.contains(both)


def _says_grouped(sign: Sign) -> pl.Expr:
    return pl.col("text").str.contains(_fill(_GROUPED, sign))


def _first(cells: pl.DataFrame, where: pl.Expr, header: str) -> Cell | None:
    found = cells.lazy().filter(where).head(1).collect()
    return Cell(header, found[LINE][0], found["text"][0]) if found.height else None


def number(column: str, sign: Sign) -> pl.Expr:
    """Bare text -> Float64; null where it is not a number written with that decimal sign."""
    text, group = pl.col(column), "\\" + _OTHER[sign]
    grouped = text.str.contains(rf"^[+-]?\d{{1,3}}({group}\d{{3}})+(\{sign}\d*)?$")
    joined = pl.when(grouped).then(text.str.replace_all(_OTHER[sign], "", literal=True)).otherwise(text)
    if sign == ",":
        # What is left of a point is not a number in this file: "1.5" must not slip through as one and a half.
        joined = pl.when(~joined.str.contains(".", literal=True)).then(joined.str.replace(",", ".", literal=True))
    value = joined.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def currency_signs(text: pl.DataFrame, columns: list[str]) -> set[str]:
    """ISO codes of the currency signs in the cells of some columns."""
    found = set()
    for sign, code in _CURRENCIES.items():
        if any(text.lazy().select(pl.col(c).str.contains(sign, literal=True).any()).collect().item() for c in columns):
            found.add(code)
    return found


def days(text: pl.DataFrame, column: str, header: str) -> pl.Series:
    """The column as Date, null where a cell is no day; Refusal where two readings of the file differ."""
    values = text.get_column(column)
    unique = values.drop_nulls().unique()
    readings: dict[str, pl.Series] = {}
    for pattern in _DATES:
        parsed = unique.str.to_date(pattern, strict=False)
        if parsed.count():
            readings[pattern] = parsed
    if not readings:
        return pl.Series(column, [None] * values.len(), dtype=pl.Date)
    most = max(parsed.count() for parsed in readings.values())
    best = {pattern: parsed for pattern, parsed in readings.items() if parsed.count() == most}
    chosen = next(iter(best.values()))
    for other in list(best.values())[1:]:
        differ = (chosen != other).fill_null(True)
        if differ.any():
            _refuse_days(text, column, header, unique, chosen, other, differ)
    mapping = pl.DataFrame({column: unique, "day": chosen})
    return text.select(column).join(mapping, on=column, how="left", maintain_order="left").get_column("day")


def _refuse_days(
    text: pl.DataFrame, column: str, header: str, unique: pl.Series, one: pl.Series, two: pl.Series, differ: pl.Series
) -> None:
    at = differ.arg_max() or 0
    line = text.filter(pl.col(column) == unique[at]).get_column(LINE)[0]
    cell = Cell(header, line, unique[at])
    raise Refusal(
        f"{cell} may be {one[at]:%-d %B %Y} or {two[at]:%-d %B %Y}, and no day above 12 decides. "
        "What to do: export it with dates as 2025-01-31"
    )
