"""Cells as numbers. How a file writes them is decided once per file, from cells that allow one reading only.

`1.234` alone may be 1.234 or 1,234: where nothing else in the file decides, the file is refused with the cell and
both readings, never guessed. Belongs here: text -> Float64 as expressions, and the decision they need. Does not:
which column is which.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from adtech_assets.exports.currencies import sign_pattern
from adtech_assets.exports.dialect import LINE
from adtech_assets.exports.refusal import Refusal, into_mapping

Sign = Literal[".", ","]

NULLS = (
    "-",
    "--",
    "---",
    "–",
    "—",
    "null",
    "none",
    "na",
    "n/a",
    "nan",
    "#n/a",
    "[]",
    "\\n",
    "(not set)",
    "n.a.",
    "k.a.",
)
_BLANKS = r"[\s\u00a0\u202f\u2009\u2007\u200b-\u200f\ufeff]"
_BARE = r"^[+-]?[\d.,]*\d(?:[eE][+-]?\d+)?$"

# One separator, so that a cell allows one reading only ({s} is the sign, escaped).
_DECIMAL = r"^[+-]?(\d*{s}\d{{1,2}}|\d*{s}\d{{4,}}|\d{{4,}}{s}\d+|0\d*{s}\d+|{s}\d+)([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?[1-9]\d{{0,2}}({s}\d{{2,3}})+{s}\d{{3}}$"
_EITHER = r"^[+-]?[1-9]\d{{0,2}}{s}\d{{3}}$"
_BOTH = r"^[+-]?\d{{1,3}}({group}\d{{2,3}})*{group}\d{{3}}{sign}\d+$"
_HEAD_ROWS = 10_000
_OTHER: dict[Sign, Sign] = {".": ",", ",": "."}


class Undecided(Refusal):
    """A cell allows two readings, and nothing in its column decides."""


@dataclass(frozen=True)
class Cell:
    """A cell to show to a person."""

    header: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.text!r} (column {self.header!r}, line {self.line})"


def bare_columns(text: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The frame with those columns as bare number texts (see `bare`); cells of digits and signs only are left alone."""
    for column in columns:
        dressed = text.select(~pl.col(column).str.contains(_BARE)).to_series().fill_null(False)
        if dressed.all():
            text = text.with_columns(bare(column).alias(column))
        elif dressed.any():
            at = dressed.arg_true()
            undressed = text.select(pl.col(column).gather(at)).select(bare(column)).to_series()
            text = text.with_columns(text.get_column(column).scatter(at, undressed).alias(column))
    return text


def bare(column: str) -> pl.Expr:
    """The text of a number without currency, percent and outer white space; null for the usual words for nothing.

    Groups parted by spaces or apostrophes (`1 234`, `1'234`) are joined; `(5)` is -5; a `?` before a number is a
    currency sign that a program lost.
    """
    money = sign_pattern()
    text = (
        pl.col(column).str.replace_all("[−‒]", "-").str.replace_all("[\u00a0\u202f\u2009\u2007]", " ").str.strip_chars()
    )
    negative = text.str.replace(r"^\((.*)\)$", "-$1")
    unprefixed = negative.str.replace(rf"(?i)^([+-]?)\s*(?:{money}|\?)\s*([+-]?)\s*([.,]?\d)", "$1$2$3")
    unsuffixed = unprefixed.str.replace(rf"(?i)(\d[.,]?)\s*(?:{money}|%|％)\s*$", "$1")
    joined = _joined(unsuffixed, " ", " ")
    joined = _joined(joined, "'", "['’]").str.replace_all(_BLANKS, "\u0000")
    return pl.when(~joined.str.to_lowercase().is_in(NULLS) & (joined != "")).then(joined)


def _joined(text: pl.Expr, separator: str, pattern: str) -> pl.Expr:
    """Groups of three digits parted by a sign that can be nothing else than a thousands separator."""
    grouped = text.str.contains(rf"^[+-]?\d{{1,3}}({pattern}\d{{3}})+([.,]\d*)?$")
    return pl.when(grouped).then(text.str.replace_all(pattern, "")).otherwise(text)


def plain_numbers(text: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Those of the columns, as Float64, in which every cell is blank or a number with a decimal point and nothing else."""
    values = text.select(pl.col(columns).cast(pl.Float64, strict=False))
    return values.select(
        column
        for column in columns
        if values[column].null_count() == text[column].null_count() and values[column].is_finite().all()
    )


def decide_sign(
    text: pl.DataFrame, headers: Mapping[str, str], counts: Collection[str] = (), plain: Collection[str] = ()
) -> Sign | None:
    """The decimal sign of a file, from the bare number cells of all its numeric columns.

    `text` holds those columns and `__line`; `headers` names each for people; `counts` are columns of whole things
    (impressions), in which `1,234` cannot be a fraction; `plain` those whose every cell is a plain number
    (`plain_numbers`), which can prove a decimal point and nothing else. None where no cell has a separator. Refusal
    where cells contradict each other or allow two readings.
    """
    proof: dict[Sign, Cell] = {}
    for column, header in sorted(headers.items(), key=lambda one: one[0] in plain):
        cells = text.select(LINE, pl.col(column).alias("text"))
        for sign in _OTHER:
            looked_at = column not in plain or (sign == "." and not proof)
            if looked_at and (found := _first(cells, _says_decimal(sign), header)):
                proof.setdefault(sign, found)
            if column not in plain and (found := _first(cells, _says_grouped(sign), header)):
                proof.setdefault(_OTHER[sign], found)
    if len(proof) == 2:
        raise Refusal(
            f"numbers are written in two ways: {proof['.']} has a decimal point, {proof[',']} a decimal comma. "
            f"What to do: export the file again with one number format, or {into_mapping('decimal', *_OTHER)}"
        )
    if not proof:
        return _by_doubtful(text, headers, counts)
    sign, cell = next(iter(proof.items()))
    _refuse_fractions(text, {c: h for c, h in headers.items() if c in counts}, sign, cell)
    return sign


def _refuse_fractions(text: pl.DataFrame, counts: Mapping[str, str], sign: Sign, proof: Cell) -> None:
    """Refusal where whole things (impressions) would all be fractions of three digits: `1.234` beside 12.50."""
    for column, header in counts.items():
        cells = text.select(LINE, pl.col(column).alias("text"))
        if not cells.select(pl.col("text").str.contains(sign, literal=True).any()).item():
            continue
        cells = cells.filter(pl.col("text").str.contains(sign, literal=True))
        if cells.select(pl.col("text").str.contains(_fill(_EITHER, sign)).all()).item():
            thousands = Cell(header, cells[LINE][0], cells["text"][0])
            raise Refusal(
                f"numbers are written in two ways: {proof} has the decimal sign {sign!r}, {thousands} has it between "
                "thousands, or is ambiguous. What to do: export the file again with one number format"
            )


def _by_doubtful(text: pl.DataFrame, headers: Mapping[str, str], counts: Collection[str]) -> Sign | None:
    """What cells like `1,234` decide: in a column of whole things they are thousands; elsewhere they may be either."""
    whole: set[Sign] = set()
    doubt: tuple[Sign, Cell] | None = None
    for column, header in headers.items():
        cells = text.select(LINE, pl.col(column).alias("text"))
        for sign in _OTHER:
            if found := _first(cells, pl.col("text").str.contains(_fill(_EITHER, sign)), header):
                if column in counts:
                    whole.add(_OTHER[sign])
                else:
                    doubt = doubt or (sign, found)
    if len(whole) == 1:
        return whole.pop()
    if doubt is not None:
        raise _undecided(*doubt)
    return None


def _undecided(sign: Sign, cell: Cell) -> Undecided:
    digits = cell.text.replace(sign, "")
    return Undecided(
        f"{cell} may be {cell.text.replace(sign, '.')} or {digits}: the number is ambiguous, no other cell decides. "
        "What to do: export it with two decimals or without thousands separators, or "
        f"{into_mapping('decimal', *_OTHER)}"
    )


def _fill(pattern: str, sign: Sign) -> str:
    return pattern.format(s="\\" + sign)


def _says_decimal(sign: Sign) -> pl.Expr:
    both = _BOTH.format(group="\\" + _OTHER[sign], sign="\\" + sign)
    return pl.col("text").str.contains(_fill(_DECIMAL, sign)) | pl.col("text").str.contains(both)


def _says_grouped(sign: Sign) -> pl.Expr:
    return pl.col("text").str.contains(_fill(_GROUPED, sign))


def _first(cells: pl.DataFrame, where: pl.Expr, header: str) -> Cell | None:
    """The first cell where something holds; most often it stands near the top."""
    for part in (cells.head(_HEAD_ROWS), cells.slice(_HEAD_ROWS)):
        at = part.select(where.fill_null(False).arg_max()).item() if part.height else None
        if at is not None and part.slice(at, 1).select(where).item():
            return Cell(header, part[LINE][at], part["text"][at])
    return None


def number(column: str, sign: Sign) -> pl.Expr:
    """Bare text -> Float64; null where it is not a number written with that decimal sign."""
    text, group = pl.col(column), "\\" + _OTHER[sign]
    grouped = text.str.contains(rf"^[+-]?\d{{1,3}}({group}\d{{2,3}})*{group}\d{{3}}(\{sign}\d*)?$")
    joined = pl.when(grouped).then(text.str.replace_all(_OTHER[sign], "", literal=True)).otherwise(text)
    if sign == ",":
        # What is left of a point is not a number in this file: "1.5" must not slip through as one and a half.
        joined = pl.when(~joined.str.contains(".", literal=True)).then(joined.str.replace(",", ".", literal=True))
    value = joined.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def signs_in(text: pl.DataFrame, columns: list[str]) -> set[str]:
    """The currency signs and codes that stand before or after the numbers of some columns, as written."""
    pattern = rf"(?i)^[(+\-−‒–\s]*({sign_pattern()})\s*[+\-−‒–]?[.,]?\d|\d[.,]?\s*({sign_pattern()})\)?\s*$"
    found: set[str] = set()
    for column in columns:
        values = text.get_column(column).drop_nulls()
        dressed = values.filter(values.cast(pl.Float64, strict=False).is_null()).to_frame("text")
        dressed = dressed.filter(~pl.col("text").str.contains(r"^[\d.,\s-]*$"))
        for group in (1, 2):
            signs = dressed.select(pl.col("text").str.extract(pattern, group)).to_series().drop_nulls().unique()
            found.update(signs.to_list())
    return {sign.strip() for sign in found}
