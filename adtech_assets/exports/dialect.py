"""How a file is written: encoding, delimiter, header line, and its cells as text with the line each row stands on.

Belongs here: everything about bytes and cells. Does not: what a header or a cell means.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from adtech_assets.exports.refusal import Refusal

DELIMITERS = (",", ";", "\t", "|")
_HEAD_LINES = 40
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LINE, CELLS = "__line", "__cells"


@dataclass(frozen=True)
class Dialect:
    """How to cut a file into cells. `header_row` is a line number from 1."""

    encoding: str
    delimiter: str
    header_row: int
    headers: tuple[str, ...]


def decode(data: bytes) -> tuple[bytes, str]:
    """The same text as UTF-8 without byte-order mark and with plain line ends, and the encoding it came in."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            body = data[len(mark) :]
            if name == "utf-8":
                return _plain_line_ends(_valid_utf8(body)), name
            even = body[: len(body) - len(body) % 2]
            return _plain_line_ends(even.decode(name, "replace").encode()), name
    if b"\x00" in data:
        raise Refusal("this is not a text file: export it as CSV")
    if data.isascii():
        return _plain_line_ends(data), "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:200_000], cp_isolation=["cp1252", "cp932", "cp1250", "cp1251"]).best()
        name = best.encoding if best else "cp1252"
        return _plain_line_ends(data.decode(name, "replace").encode()), name
    return _plain_line_ends(data), "utf-8"


def _valid_utf8(data: bytes) -> bytes:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode()
    return data


def _plain_line_ends(data: bytes) -> bytes:
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def detect(data: bytes, encoding: str, rank: Callable[[tuple[str, ...]], float]) -> Dialect:
    """The dialect whose header line is understood best. `data` is UTF-8.

    `rank` says how well a list of headers is understood (0 = not at all); where no line is understood, the first
    line with the most cells is taken as the header, so that the refusal can name it.
    """
    lines = data[:2_000_000].decode("utf-8", "ignore").split("\n", _HEAD_LINES)[:_HEAD_LINES]
    best: tuple[float, int, int, Dialect] | None = None
    for delimiter in DELIMITERS:
        for number, line in enumerate(lines, start=1):
            if delimiter not in line and len(lines) > 1 and delimiter != DELIMITERS[0]:
                continue
            headers = tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), []))
            if not any(headers):
                continue
            found = (rank(headers), len(headers), -number, Dialect(encoding, delimiter, number, headers))
            if best is None or found[:3] > best[:3]:
                best = found
    if best is None:
        raise Refusal("the file is empty: export it again, or remove it from the inbox")
    return best[3]


def cells(data: bytes, dialect: Dialect) -> pl.DataFrame:
    """All records under the header as text, one column a header position (`"0"`, `"1"`, ...), blank cells null.

    `__line` is the line on which the record begins, from 1; `__cells` is the number of cells where it is not the
    header's, else null. Blank lines are left out.
    """
    body = _from_line(data, dialect.header_row + 1)
    frame = _fast(body, dialect)
    if frame is None:
        frame = _careful(body, dialect)
    return frame


def trimmed(text: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """These columns without white space around their cells; cells of nothing else become null."""
    padded = text.select(pl.col(columns).str.contains(r"^\s|\s$").any())
    touched = [column for column in columns if padded[column][0]]
    return text.with_columns(pl.col(touched).str.strip_chars().replace("", None)) if touched else text


def _from_line(data: bytes, line: int) -> bytes:
    start = 0
    for _ in range(line - 1):
        end = data.find(b"\n", start)
        if end < 0:
            return b""
        start = end + 1
    return data[start:]


def _schema(width: int) -> dict[str, pl.DataType]:
    return {str(i): pl.String() for i in range(width)}


def _fast(body: bytes, dialect: Dialect) -> pl.DataFrame | None:
    """Polars' parallel reader, only where one record is provably one line of the right number of cells."""
    width = len(dialect.headers)
    lines = body.count(b"\n") + (not body.endswith(b"\n") and body != b"")
    if b"\n\n" in body or body.startswith(b"\n") or lines == 0:
        return None
    delimiter = dialect.delimiter.encode()
    quoted = b'"' in body
    if not quoted and body.count(delimiter) != lines * (width - 1):
        return None
    try:
        frame = pl.read_csv(
            body, has_header=False, separator=dialect.delimiter, schema=_schema(width), empty_string_is_null=True
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.height != lines:
        return None
    # A record with too few cells looks like one with an empty last cell: those end in the delimiter.
    blank_ends = sum((body + b"\n").count(delimiter + end) for end in (b"\n", b'""\n')) if quoted else 0
    if quoted and frame.get_column(str(width - 1)).null_count() != blank_ends:
        return None
    return frame.with_columns(
        pl.int_range(dialect.header_row + 1, dialect.header_row + 1 + lines, dtype=pl.Int64).alias(LINE),
        pl.lit(None, pl.Int64).alias(CELLS),
    )


def _careful(body: bytes, dialect: Dialect) -> pl.DataFrame:
    """Python's reader: cells over several lines, blank lines, too few or too many cells."""
    width = len(dialect.headers)
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), delimiter=dialect.delimiter)
    records, numbers, counts = [], [], []
    ends = [0]
    try:
        for record in reader:
            ends.append(reader.line_num)
            if any(cell.strip() for cell in record):
                records.append((record + [""] * width)[:width])
                numbers.append(len(ends) - 1)
                counts.append(len(record) if len(record) != width else None)
    except csv.Error as error:
        line = dialect.header_row + reader.line_num
        raise Refusal(f"line {line} cannot be cut into cells ({error}): export the file again") from error
    begins = [before + 1 + dialect.header_row for before, _ in pairwise(ends)]
    blank_is_null = [[cell or None for cell in record] for record in records]
    frame = pl.DataFrame(blank_is_null, schema=_schema(width), orient="row")
    return frame.with_columns(
        pl.Series(LINE, [begins[n - 1] for n in numbers], pl.Int64), pl.Series(CELLS, counts, pl.Int64)
    )
