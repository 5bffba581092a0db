"""A file's bytes cut into cells: unwrapped, decoded, its header found.

Belongs here: the way from bytes to a table of texts. Does not: what the texts mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import polars as pl

from adtech_assets.exports import dialect, encoding
from adtech_assets.exports.container import unwrap
from adtech_assets.exports.dialect import Layout
from adtech_assets.exports.mapping import FileMapping
from adtech_assets.exports.recognition import rank
from adtech_assets.exports.workbook import read_workbook
from adtech_assets.settings import Reader


@dataclass(frozen=True)
class Cut:
    """Where the table is, its cells (see `dialect.cells`), columns that are numbers by nature, what was odd."""

    layout: Layout
    cells: pl.DataFrame
    encoding: str
    native: frozenset[int]
    notes: tuple[str, ...]


def cut_into_cells(data: bytes, settings: Reader, mapping: FileMapping | None = None) -> Cut:
    """Refusal where the bytes hold no table, or more than the limits of the settings allow."""
    contents = unwrap(data, settings)
    ranked = partial(rank, settings=settings, mapping=mapping)
    if contents.workbook:
        sheet = read_workbook(contents.data, ranked, settings)
        return Cut(sheet.layout, sheet.cells, "xlsx", sheet.numeric, ())
    text = encoding.decode(contents.data, partial(dialect.understood, rank=ranked, settings=settings))
    content, notes = text.data, text.notes
    if (plain := dialect.without_line_quotes(content, ranked, settings)) is not None:
        content, notes = plain, (*notes, "every line stood in quotes as one cell; the quotes were taken off")
    layout = dialect.detect(content, ranked, settings)
    body, tables = dialect.first_table(content, layout)
    if tables > 1:
        notes += (f"the file holds {tables} tables; only the first is read",)
    return Cut(layout, dialect.cells(body, layout, settings), text.encoding, frozenset(), notes)
