"""The table of an Excel workbook as text cells, with the sheet row each stands on.

Belongs here: sheets to cells. Does not: what they mean. A formula is never calculated: the value it had is read.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from adtech_assets.exports.dialect import LINE, Layout, Rank, regular
from adtech_assets.exports.refusal import Refusal
from adtech_assets.settings import Reader

if TYPE_CHECKING:
    import fastexcel


# A cell that holds a day is told as its midnight.
_DATE_ONLY = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


@dataclass(frozen=True)
class Sheet:
    """A sheet: where its table is, its cells (see `dialect.cells`), and the columns whose cells are all numbers."""

    layout: Layout
    cells: pl.DataFrame
    numeric: frozenset[int]


def read_workbook(data: bytes, rank: Rank, settings: Reader) -> Sheet:
    """The sheet whose header is understood. Refusal where none or several are, or the workbook cannot be opened."""
    import fastexcel

    for name in ("fastexcel", "calamine"):  # they warn of blank columns, and quote what stands in the file
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        book = fastexcel.read_excel(data)
        names = book.sheet_names
        grids = [(name, _grid(book, name)) for name in names]
    except fastexcel.FastExcelError as error:
        raise Refusal(
            "the workbook cannot be opened (damaged, or with a password): save it again, or export the report as CSV"
        ) from error
    found = [(name, grid, layout) for name, grid in grids if (layout := _layout(grid, rank, settings)) is not None]
    if not found:
        raise Refusal("the workbook holds no table: export the report again")
    understood = [one for one in found if rank(one[2].headers)]
    filled = [one for one in understood if one[1].height > one[2].header_row] or understood or found[:1]
    if len(filled) > 1:
        best = max(rank(one[2].headers) for one in filled)
        filled = [one for one in filled if 2 * rank(one[2].headers) > best]
    raw = [one for one in filled if one[0] in settings.preferred_sheets]
    filled = raw[:1] or filled
    if len(filled) > 1:
        sheets = ", ".join(repr(name) for name, _, _ in filled)
        raise Refusal(f"the workbook has several tables (sheets {sheets}). What to do: keep one sheet a file")
    name, grid, layout = filled[0]
    return Sheet(layout, _cells(grid, layout), _numeric(book, name, layout))


def _grid(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    """All cells of a sheet as text; row 1 of the sheet is the first row."""
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    grid = sheet.to_polars() if sheet.width else pl.DataFrame()
    return grid.with_columns(pl.all().str.replace(_DATE_ONLY, "$1"))


def _layout(grid: pl.DataFrame, rank: Rank, settings: Reader) -> Layout | None:
    best: tuple[int, int, int] | None = None
    chosen: tuple[int, tuple[str, ...]] | None = None
    if grid.width > settings.max_columns:
        raise Refusal(
            f"the sheet has more columns than the setting reader.max_columns ({settings.max_columns:,}) allows"
        )
    rows = grid.head(settings.head_records).rows()
    for number, row in enumerate(rows, start=1):
        texts = tuple((cell or "").strip() for cell in row)
        if any(texts):
            score = (rank(texts), sum(map(bool, texts)), -number)
            if best is None or score > best:
                best, chosen = score, (number, texts)
    if chosen is None:
        return None
    number, headers = chosen
    above = tuple(" ".join(cell for cell in row if cell) for row in rows[: number - 1])
    return Layout(None, number, headers, tuple(line for line in above if line.strip()), number + 1)


def _cells(grid: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    width = len(layout.headers)
    body = grid.rename(dict(zip(grid.columns, map(str, range(width)), strict=True)))
    body = body.with_columns(pl.int_range(1, grid.height + 1, dtype=pl.Int64).alias(LINE), *regular()).slice(
        layout.header_row
    )
    texts = [str(i) for i in range(width)]
    body = body.with_columns(pl.col(texts).replace("", None))
    return body.filter(pl.any_horizontal(pl.col(texts).is_not_null()))


def _numeric(book: fastexcel.ExcelReader, name: str, layout: Layout) -> frozenset[int]:
    """Columns that hold numbers, not text: what they say needs no deciding."""
    import fastexcel

    try:
        typed = book.load_sheet(name, header_row=None, skip_rows=layout.header_row).to_polars()
    except fastexcel.FastExcelError:  # nothing below the header: the cells decide as text
        return frozenset()
    return frozenset(i for i, column in enumerate(typed.columns) if typed.schema[column].is_numeric())
