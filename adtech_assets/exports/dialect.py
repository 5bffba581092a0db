"""How a text is cut into a table: delimiter, lines above the header, header line, and its cells with the line each
record stands on.

Only the head of a file is looked at to find the header. Belongs here: lines and cells. Does not: what they mean.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from adtech_assets.exports.refusal import Refusal
from adtech_assets.settings import Reader

DELIMITERS = (",", ";", "\t", "|")
LINE, CELLS, SURPLUS = "__line", "__cells", "__surplus"
_SURPLUS_TYPE = pl.List(pl.String)
_SEPARATOR_LINE = re.compile(r'^"?sep=(?P<delimiter>.)"?[,;\t|]*$', re.IGNORECASE)
_COMMENT = "#"
_HEADER_LEAST, _NARROW = 3, 2
_BATCH, _MOST_SUSPECTS, _LINE_FEED = 50_000, 200_000, 10
_SMALL = 1_000_000

Rank = Callable[[Sequence[str]], int]
"""How well a list of cells is understood as headers; 0 = not at all."""


@dataclass(frozen=True)
class Layout:
    """Where the table is. `header_row` is a line from 1; `above` the lines over it; `after` the first line of the rows.

    `delimiter` is None in a workbook. `comments`: lines that begin with # stand between several tables.
    """

    delimiter: str | None
    header_row: int
    headers: tuple[str, ...]
    above: tuple[str, ...]
    after: int
    comments: bool = False
    closed: bool = True
    """Whether the text ends with a line end: where it does not, its last line may be cut."""


@dataclass(frozen=True)
class _Candidate:
    line: int
    after: int
    cells: tuple[str, ...]
    delimiter: str


def detect(data: bytes, rank: Rank, settings: Reader) -> Layout:
    """The layout whose header line is understood best. `data` is UTF-8.

    Where no line is understood, the line with the most cells is taken, so that the refusal can name it.
    """
    _refuse_long_lines(data, settings.max_line_bytes)
    head = data[: settings.head_bytes]
    if len(head) < len(data):
        head = head[: head.rfind(b"\n") + 1] or head
    lines = head.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    first, delimiters = _separator_line(lines)
    begins = [line for line in lines if line.strip()][:2]
    comments = bool(begins) and all(line.startswith(_COMMENT) for line in begins)
    ranked: list[tuple[tuple[int, int, int], _Candidate]] = []
    for delimiter in delimiters:
        for candidate in islice(_records(lines, first, delimiter, settings), settings.head_records):
            if comments and candidate.cells[0].startswith(_COMMENT):
                continue
            score = (rank(candidate.cells), len(candidate.cells), -candidate.line)
            if comments:  # the header is the first line that is no comment, whatever stands in later tables
                score = (bool(score[0]), -candidate.line, len(candidate.cells))
            ranked.append((score, candidate))
    if not ranked:
        raise Refusal("the file is empty: export it again, or remove it from the inbox")
    (best, *_), chosen = max(ranked, key=lambda one: one[0])
    if not comments:
        _refuse_other_headers(chosen, best, ranked)
    if len(chosen.cells) > settings.max_columns:
        raise Refusal(
            f"the header has more columns than the setting reader.max_columns ({settings.max_columns:,}) allows"
        )
    return Layout(
        delimiter=chosen.delimiter,
        header_row=chosen.line,
        headers=chosen.cells,
        above=tuple(line for line in lines[: chosen.line - 1] if line.strip()),
        after=chosen.after,
        comments=comments,
        closed=data.endswith(b"\n"),
    )


def _refuse_other_headers(
    chosen: _Candidate, best: int, ranked: Sequence[tuple[tuple[int, int, int], _Candidate]]
) -> None:
    """Refusal where another line of the head is a header, too: two exports pasted together."""
    for (known, *_), other in ranked:
        if other.line != chosen.line and other.delimiter == chosen.delimiter and known >= max(_HEADER_LEAST, best / 2):
            first, second = sorted((chosen.line, other.line))
            raise Refusal(
                f"lines {first} and {second} are both headers: several tables in one file, whose rows may count twice. "
                "What to do: drop each export by itself"
            )


def understood(head: str, rank: Rank, settings: Reader) -> int:
    """How many headers the best line of a text has, under any delimiter."""
    lines = head.split("\n")[: settings.head_records]
    return max((rank(line.replace('"', "").split(d)) for line in lines for d in DELIMITERS if line.strip()), default=0)


def without_line_quotes(data: bytes, rank: Rank, settings: Reader) -> bytes | None:
    """The data of a file each of whose lines was put into quotes as one cell, as spreadsheets do to a pasted CSV; None
    for any other file."""
    head = data[: settings.head_bytes].removeprefix(b"\xef\xbb\xbf").split(b"\n")[: settings.head_records]
    lines = [line for line in head if line]
    if len(lines) < _NARROW or not all(_is_one_quoted_cell(line) for line in lines):
        return None
    plain = b"\n".join(
        line[1:-1].replace(b'""', b'"') if _is_one_quoted_cell(line) else line
        for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    )
    known = understood(plain[: settings.head_bytes].decode("utf-8", "replace"), rank, settings)
    return plain if known > 1 else None


def _is_one_quoted_cell(line: bytes) -> bool:
    inside = line[1:-1]
    return len(line) > _NARROW and line[:1] == line[-1:] == b'"' and b'"' not in inside.replace(b'""', b"")


def first_table(data: bytes, layout: Layout) -> tuple[bytes, int]:
    """The data up to the end of the table under the header, and how many tables the file has."""
    if not layout.comments:
        return data, 1
    begin = _offset(data, layout.after)
    ends = [end for mark in (b"\n\n", b"\n#") if (end := data.find(mark, max(0, begin - 1))) >= 0]
    blocks = data[begin:].split(b"\n#")
    more = sum(not line.startswith(b"#") and b"," in line for block in blocks[1:] for line in block.split(b"\n")[1:2])
    return (data[: min(ends) + 1] if ends else data), 1 + more


def _separator_line(lines: list[str]) -> tuple[int, tuple[str, ...]]:
    """Excel's `sep=;` on the first line names the delimiter."""
    found = _SEPARATOR_LINE.match(lines[0].strip("\ufeff ")) if lines else None
    return (1, (found["delimiter"],)) if found else (0, DELIMITERS)


def _records(lines: list[str], first: int, delimiter: str, settings: Reader) -> Iterator[_Candidate]:
    """The records of the head that hold something; what cannot be cut ends the search for this delimiter."""
    csv.field_size_limit(settings.max_cell_characters)
    reader = csv.reader((line + "\n" for line in lines[first:]), delimiter=delimiter)
    begin = 0
    try:
        for record in reader:
            line, begin = begin + 1, reader.line_num
            if any(cell.strip() for cell in record):
                yield _Candidate(first + line, first + reader.line_num + 1, tuple(c.strip() for c in record), delimiter)
    except csv.Error:
        return


def _refuse_long_lines(data: bytes, limit: int) -> None:
    position = 0
    while position + limit < len(data):
        end = data.rfind(b"\n", position, position + limit)
        if end < 0:
            line = data.count(b"\n", 0, position) + 1
            raise Refusal(
                f"line {line} is longer than the setting reader.max_line_bytes ({limit:,}) allows: this is no export"
            )
        position = end + 1


def cells(data: bytes, layout: Layout, settings: Reader) -> pl.DataFrame:
    """All records under the header as text, one column a header position (`"0"`, `"1"`, ...), blank cells null.

    `__line` is the line on which the record begins, from 1; `__cells` the number of its cells where that is not the
    header's, else null; `__surplus` its cells beyond the header, null where there are none. Blank lines are left out.
    """
    begin = _offset(data, layout.after)
    main = _before_tail(data, begin, settings.tail_lines) if len(data) - begin > _SMALL else 0
    if main and (whole := _fast(data, begin, len(data), layout)) is not None:
        return whole
    # Total rows and footers at the end may have other numbers of cells.
    if main and (fast := _fast(data, begin, begin + main, layout)) is not None:
        lines = data.count(b"\n", begin, begin + main)
        tail = _careful(data[begin + main :], layout, layout.after + lines, settings)
        return pl.concat([fast, tail], rechunk=True)
    return _careful(data[begin:], layout, layout.after, settings)


def _offset(data: bytes, line: int) -> int:
    """Where a line begins; the end of the data where there are fewer lines."""
    start = 0
    for _ in range(line - 1):
        end = data.find(b"\n", start)
        if end < 0:
            return len(data)
        start = end + 1
    return start


def _before_tail(data: bytes, begin: int, tail_lines: int) -> int:
    """How many bytes of the body lie before the last lines, where total rows and footers may stand."""
    end = len(data)
    for _ in range(tail_lines + 1):
        end = data.rfind(b"\n", begin, end)
        if end < 0:
            return 0
    return end + 1 - begin


def _schema(width: int) -> dict[str, pl.DataType]:
    return {str(i): pl.String() for i in range(width)}


def _fast(data: bytes, begin: int, end: int, layout: Layout) -> pl.DataFrame | None:
    """Polars' parallel reader on a part of the data, only where one record is provably one line of the right number of
    cells; else None."""
    width, first_line = len(layout.headers), layout.after
    lines = data.count(b"\n", begin, end) + (data[end - 1 : end] != b"\n")
    if data.find(b"\n\n", begin - 1, end) >= 0 or layout.delimiter is None:
        return None
    quoted = data.find(b'"', begin, end) >= 0
    if not quoted and data.count(layout.delimiter.encode(), begin, end) != lines * (width - 1):
        return None
    to_the_end = end == len(data)  # then nothing is copied
    try:
        frame = pl.read_csv(
            data if to_the_end else data[begin:end], skip_lines=first_line - 1 if to_the_end else 0, has_header=False,
            separator=layout.delimiter, schema=_schema(width), empty_string_is_null=True, raise_if_empty=False,
        )  # fmt: skip
    except pl.exceptions.PolarsError:
        return None
    if frame.height != lines:
        return None
    frame = frame.rechunk()  # columns in pieces of other lengths than those added later are slow at every step
    if quoted and data.find(b'""', begin, end) >= 0:  # a blank cell in quotes is blank
        frame = frame.with_columns(pl.all().replace("", None))
    if quoted and not _complete(frame, data, begin, end, layout.delimiter):
        return None
    numbered = frame.with_columns(pl.int_range(first_line, first_line + lines, dtype=pl.Int64).alias(LINE), *regular())
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    return numbered.filter(~blank) if blank.any() else numbered


def _complete(frame: pl.DataFrame, data: bytes, begin: int, end: int, delimiter: str) -> bool:
    """Whether no record has too few cells: such a record looks like one whose last cells are blank, so those are cut
    again one by one; False, too, where that would be too many."""
    last = frame.get_columns()[-2:]
    suspects = (last[0].is_null() & last[-1].is_null()).arg_true()
    if suspects.is_empty():
        return True
    if suspects.len() > _MOST_SUSPECTS:
        return False
    import numpy as np

    body = np.frombuffer(data, dtype=np.uint8, offset=begin, count=end - begin)
    ends = np.append(np.flatnonzero(body == _LINE_FEED), end - begin) + begin
    lines = [data[(ends[i - 1] + 1 if i else begin) : ends[i]].decode("utf-8", "replace") for i in suspects]
    try:
        return all(len(record) == frame.width for record in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return False


def _careful(body: bytes, layout: Layout, first_line: int, settings: Reader) -> pl.DataFrame:
    """Python's reader: cells over several lines, blank lines, too few or too many cells."""
    csv.field_size_limit(settings.max_cell_characters)
    width = len(layout.headers)
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(text, delimiter=layout.delimiter or ",")
    frames = [_frame([], [], [], [], width)]
    records: list[list[str | None]] = []
    numbers: list[int] = []
    counts: list[int | None] = []
    surplus: list[list[str] | None] = []
    line, begin = 1, 0
    try:
        for record in reader:
            line, begin = begin + 1, reader.line_num
            if not any(cell.strip() for cell in record):
                continue
            cut = record[:width] + [""] * (width - len(record))
            records.append([cell or None for cell in cut])
            numbers.append(first_line - 1 + line)
            counts.append(_other_count(record, width))
            surplus.append(record[width : counts[-1]] if (counts[-1] or 0) > width else None)
            if len(records) == _BATCH:
                frames.append(_frame(records, numbers, counts, surplus, width))
                records, numbers, counts, surplus = [], [], [], []
    except csv.Error as error:
        line = first_line - 1 + reader.line_num
        raise Refusal(f"line {line} cannot be cut into cells ({error}): export the file again") from error
    if body.count(b'"', _offset(body, line)) % 2:
        raise Refusal(
            f"the file is cut off in line {first_line - 1 + line} (truncated download, a quote is never closed): its rows "
            "and totals are incomplete. What to do: export it again"
        )
    frames.append(_frame(records, numbers, counts, surplus, width))
    return pl.concat(frames)


def _other_count(record: list[str], width: int) -> int | None:
    """The number of cells where it is not the header's; blank cells beyond the header are none."""
    filled = len(record)
    while filled > width and not record[filled - 1].strip():
        filled -= 1
    return filled if filled != width else None


def _frame(
    records: list[list[str | None]],
    lines: list[int],
    counts: list[int | None],
    surplus: list[list[str] | None],
    width: int,
) -> pl.DataFrame:
    frame = pl.DataFrame(records, schema=_schema(width), orient="row")
    return frame.with_columns(
        pl.Series(LINE, lines, pl.Int64),
        pl.Series(CELLS, counts, pl.Int64),
        pl.Series(SURPLUS, surplus, _SURPLUS_TYPE),
    )


def regular() -> list[pl.Expr]:
    """The columns `__cells` and `__surplus` of records that have the header's number of cells."""
    return [pl.lit(None, pl.Int64).alias(CELLS), pl.lit(None, _SURPLUS_TYPE).alias(SURPLUS)]


def trimmed(text: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """These columns without white space around their cells; cells of nothing else become null."""
    padded = text.select((pl.col(columns).str.strip_chars().str.len_bytes() != pl.col(columns).str.len_bytes()).any())
    touched = [column for column in columns if padded[column][0]]
    return text.with_columns(pl.col(touched).str.strip_chars().replace("", None)) if touched else text
