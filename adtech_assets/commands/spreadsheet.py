"""Tables that people open in a spreadsheet: CSV that Excel reads as UTF-8 and in which no cell is a formula.

Belongs here: the form of such a file. Does not: what stands in it.
"""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from adtech_assets.commands.console import fail
from adtech_assets.lake import write_atomic

# What spreadsheets read as the beginning of a formula, full-width forms too; behind blanks some still do.
_FORMULA = r"^[\s\p{Cc}\u200b\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]"
_NUMBER = r"^[+-]?\d{1,15}([.,]\d+)?%?$"


def as_csv(frame: pl.DataFrame) -> bytes:
    """UTF-8 with a byte order mark. A text or header that a spreadsheet could run as a formula gets a leading
    apostrophe; numbers stay numbers."""
    headers = pl.DataFrame([frame.columns], schema=[str(i) for i in range(frame.width)], orient="row")
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    buffer = io.BytesIO("\N{BYTE ORDER MARK}".encode())
    buffer.seek(0, io.SEEK_END)
    headers.with_columns(_harmless(name) for name in headers.columns).write_csv(buffer, include_header=False)
    frame.with_columns(_harmless(name) for name in texts).write_csv(buffer, include_header=False)
    return buffer.getvalue()


def _harmless(name: str) -> pl.Expr:
    text = pl.col(name)
    risky = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    return pl.when(risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)


def write_csv(path: Path, frame: pl.DataFrame) -> None:
    """Write the table; the command ends where that is not possible."""
    if path.suffix.lower() != ".csv":
        raise fail(f"--export {path}: name a file that ends with .csv")
    if not path.parent.is_dir():
        raise fail(f"--export {path}: there is no folder {path.parent}; create it, or name another")
    try:
        write_atomic(path, as_csv(frame))
    except OSError as error:
        raise fail(f"--export {path}: {error.strerror or error}") from None
