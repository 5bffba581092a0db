"""The rows of a file: which records are rows at all, what is wrong with one, and what is kept of columns nobody reads.

Belongs here: records and their judgement. Does not: the reading of cells (`numbers`, `periods`, `figures`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.exports import dialect
from adtech_assets.exports.dialect import CELLS, LINE, SURPLUS, Layout
from adtech_assets.exports.figures import NUMERIC
from adtech_assets.exports.periods import NAMES_TIME
from adtech_assets.exports.ratios import RATIOS
from adtech_assets.exports.recognition import ADS_METRICS, Recognition
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.vocabulary import Role, total_words

DIMENSIONS: tuple[Role, ...] = (
    "account", "campaign", "campaign_id", "adset", "ad", "creative_type", "creative_message", "audience", "country",
    "location", "device", "channel",
)  # fmt: skip
_LEVELS = {"ad": "ad", "adset": "ad set", "campaign": "campaign", "campaign_id": "campaign"}
_BREAKDOWNS: tuple[Role, ...] = ("audience", "country", "location", "device", "platform_name", "channel")
_PROBLEM, _COLUMN = "problem", "problem_column"
_NARROW = 2
NO_CAMPAIGN = "no campaign"
"""Problem of a row of ads that names no campaign though the file has a column for it."""


@dataclass(frozen=True)
class Body:
    """The records that are rows, and what the file says where it says it has none."""

    table: pl.DataFrame
    said: str | None


def body_of(cells: pl.DataFrame, layout: Layout, tail_lines: int) -> Body:
    """The records that are rows. Refusal where the file breaks off, or a second header stands among them."""
    body = _without_notes(cells, tail_lines, layout.closed)
    _refuse_cut_off(body.table, len(layout.headers))
    _refuse_second_header(body.table, layout.headers)
    return body


def _without_notes(cells: pl.DataFrame, tail_lines: int, closed: bool) -> Body:
    """Take away lines under the table that are no records: footers, and `No data available.`

    A record of a single text cell is one where it stands at the end of a file that ends with its line, or says what the
    vocabulary knows as such; so is `Report Time:` with its value.
    """
    columns = [c for c in cells.columns if c not in (LINE, CELLS, SURPLUS)]
    begin = max(0, cells.height - tail_lines)
    tail = cells.slice(begin)
    filled = tail.select(pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in columns)).to_series()
    words = total_words()
    footers, no_data = (
        re.compile("|".join(f"(?:{p})" for p in ps) or "(?!)", re.IGNORECASE) for ps in (words.footers, words.no_data)
    )
    drop: set[int] = set()
    said: str | None = None
    at_end = True
    for at in range(tail.height - 1, -1, -1):
        record = tail.row(at)[: len(columns)]
        if filled[at] == _NARROW and at_end and len(columns) > 2 * _NARROW and str(record[0]).strip().endswith(":"):
            drop.add(begin + at)
            continue
        if filled[at] != 1:
            at_end = False
            continue
        text = next(str(cell) for cell in record if cell is not None).strip()
        whole = closed or begin + at < cells.height - 1
        if no_data.search(text):
            said = text
            drop.add(begin + at)
        elif footers.search(text) or (at_end and whole and len(columns) > _NARROW and _is_note(record)):
            drop.add(begin + at)
        else:
            at_end = False
    if not drop:
        return Body(cells, said)
    return Body(cells.filter(~pl.int_range(pl.len()).is_in(sorted(drop))), said)


def _is_note(record: Sequence[str | None]) -> bool:
    """A sentence in the first cell and nothing else; a lone name or number is a row cut short."""
    first = record[0]
    return first is not None and " " in first.strip() and not any(c.isdigit() for c in first[:1])


def _refuse_cut_off(cells: pl.DataFrame, width: int) -> None:
    """Refusal where the last record, and no other, has fewer cells than the header: the download broke off in it."""
    if cells.height < _NARROW:
        return
    counts = cells.get_column(CELLS)
    if counts[-1] is not None and counts[-1] < width and counts.count() == 1:
        raise Refusal(
            f"the file is cut off in line {cells.get_column(LINE)[-1]} (truncated download): its rows and totals are "
            "incomplete. What to do: export it again"
        )


def _refuse_second_header(cells: pl.DataFrame, headers: tuple[str, ...]) -> None:
    """Refusal where the header stands again among the rows: two exports pasted together."""
    named = [i for i, header in enumerate(headers) if header][:3]
    if len(named) < _NARROW or cells.is_empty():
        return
    alike = cells.filter(pl.col(str(named[0])) == headers[named[0]])
    again = alike.filter(pl.all_horizontal(pl.col(str(i)).str.strip_chars() == headers[i] for i in named))
    if again.height:
        raise Refusal(
            f"the header stands again in line {again[LINE][0]}: several tables in one file, whose rows may count twice. "
            "What to do: drop each export by itself"
        )


def named(cells: pl.DataFrame, found: Recognition) -> pl.DataFrame:
    """The cells with role names in place of positions; cells of names and times are trimmed."""
    table = cells.rename({str(position): role for role, position in found.positions.items()})
    return dialect.trimmed(table, [role for role in found.positions if role not in NUMERIC])


def unread(table: pl.DataFrame, bare: pl.DataFrame, numeric: Sequence[str]) -> dict[str, pl.Series]:
    """The numeric columns that have cells which are no numbers, with the rows where. Ratios are left out: one that
    cannot be read is unknown, and nothing depends on it."""
    found = {}
    for column in numeric:
        if column in bare.columns and column not in RATIOS:
            flags = table.get_column(column).is_null() & bare.get_column(column).is_not_null()
            if flags.any():
                found[column] = flags
    return found


def judged(
    table: pl.DataFrame,
    bare: pl.DataFrame,
    found: Recognition,
    unread: Mapping[str, pl.Series],
    time: Sequence[str],
) -> pl.DataFrame:
    """Add problem, problem_column and text: the first reason why a row cannot be used."""
    header = found.columns(found.positions)
    width = len(found.headers)
    needed = max((found.positions[role] for role in found.positions if role not in RATIOS), default=-1) + 1
    short = pl.col(CELLS).is_not_null() & ((pl.col(CELLS) > width) | (pl.col(CELLS) < needed))
    tests: list[tuple[pl.Series, str, str | None]] = [
        (table.select(short.fill_null(False)).to_series(), "another number of cells than the header", None)
    ]
    when = next((role for role in NAMES_TIME if role in time), None)
    if when is None and {"first_day", "last_day"} <= set(time):
        when = "first_day"
    if when is not None:
        blank = table.get_column(when).is_null()
        tests.append((blank, "no day", when))
        tests.append((table.get_column("first").is_null() & ~blank, "not a day", when))
    if found.vocabulary.kind == "ads" and "campaign" in found.positions:
        tests.append((table.get_column("campaign").is_null(), NO_CAMPAIGN, "campaign"))
    tests += [(flags, "not a number", column) for column, flags in unread.items()]
    problem, where = pl.lit(None, pl.String), pl.lit(None, pl.String)
    flags = pl.DataFrame({str(i): flag for i, (flag, _, _) in enumerate(tests)})
    for i, (_, reason, at) in reversed(list(enumerate(tests))):
        problem = pl.when(pl.col(str(i))).then(pl.lit(reason)).otherwise(problem)
        where = pl.when(pl.col(str(i))).then(pl.lit(header[at] if at else None, pl.String)).otherwise(where)
    verdict = flags.select(problem.alias(_PROBLEM), where.alias(_COLUMN))
    table = pl.concat([table, verdict], how="horizontal")
    bad = verdict.get_column(_PROBLEM).is_not_null()
    if not bad.any() or not header:
        return table.with_columns(pl.lit(None, pl.String).alias("text"))
    shown = {h: pl.col(role) for role, h in header.items()}
    quoted = bare.filter(bad).select(
        LINE, pl.struct(e.alias(h) for h, e in shown.items()).struct.json_encode().alias("text")
    )
    if found.vocabulary.keep_unknown:
        quoted = _with_surplus(quoted, table.filter(bad).get_column(SURPLUS), width)
    return table.join(quoted, on=LINE, how="left", maintain_order="left")


def _with_surplus(quoted: pl.DataFrame, surplus: pl.Series, width: int) -> pl.DataFrame:
    """The quoted rows with their cells beyond the header, each under its place: `(column 9)`."""
    at = surplus.is_not_null().arg_true()
    if at.is_empty():
        return quoted
    texts = []
    for text, cells in zip(quoted.get_column("text").gather(at), surplus.gather(at).to_list(), strict=True):
        more = {f"(column {place})": cell for place, cell in enumerate(cells, start=width + 1) if cell.strip()}
        texts.append(json.dumps({**json.loads(text), **more}, ensure_ascii=False, separators=(",", ":")))
    return quoted.with_columns(quoted.get_column("text").scatter(at, texts).alias("text"))


def with_extra(table: pl.DataFrame, found: Recognition) -> pl.DataFrame:
    """Rename to the columns of raw_rows; cells of columns that play no role are kept as JSON, where they may be."""
    extra: pl.Expr = pl.lit(None, pl.String)
    if found.without_role and found.vocabulary.keep_unknown:
        extra = pl.struct(
            pl.col(column).alias(name) for column, name in _distinct(found.without_role)
        ).struct.json_encode()
    names = [c for c in ("platform_name", "channel") if c in table.columns]
    campaign = [c for c in ("campaign", "campaign_id") if c in table.columns]
    return table.with_columns(
        extra.alias("extra"),
        pl.lit(found.vocabulary.platform).alias("platform"),
        pl.col("first").alias("date"),
        pl.col("last").alias("last_day"),
        pl.col(LINE).alias("source_row"),
        *([pl.coalesce(names).alias("channel")] if names else []),
        *([pl.coalesce(campaign).alias("campaign")] if campaign else []),
    )


def _distinct(columns: Mapping[str, str]) -> list[tuple[str, str]]:
    """Columns with their headers; a header that occurs again is followed by its column number."""
    seen: set[str] = set()
    names = []
    for column, header in columns.items():
        names.append((column, header if header not in seen else f"{header} ({int(column) + 1})"))
        seen.add(header)
    return names


def facts(found: Recognition) -> dict[str, Any]:
    """What the columns say about the file: dimensions, level."""
    present = [role for role in (*DIMENSIONS, "platform_name") if role in found.positions]
    level = next((name for role, name in _LEVELS.items() if role in found.positions), "account")
    by = list(found.columns(_BREAKDOWNS).values())
    names = ["platform" if role == "platform_name" else role for role in present]
    return {"dimensions": ",".join(names), "level": level + (f" by {', '.join(by)}" if by else "")}


def unknown_sums(table: pl.DataFrame, unread: Collection[str], found: Recognition) -> set[str]:
    """Metrics whose sum is not known: a cell of them cannot be read, or is missing from a row cut short, or stands in
    a row with more cells than the header, where no cell can be trusted to stand in its column; or where rows without a
    day may be sums that nobody recognised."""
    odd = table.get_column(CELLS).drop_nulls()
    if _undated_giants(table):
        unknown: set[str] = set(ADS_METRICS)
    elif odd.is_empty():
        unknown = set(unread)
    elif (odd > len(found.headers)).any():
        unknown = set(ADS_METRICS)
    else:
        fewest = min(odd.to_list())
        unknown = {role for role, position in found.positions.items() if position >= fewest} | set(unread)
    return unknown | ({"conversions"} if "results" in unknown and "conversions" not in found.positions else set())


def _undated_giants(table: pl.DataFrame) -> bool:
    """Whether rows that name no day are larger than any that does: they may be sums that nobody recognised."""
    undated = pl.col(_PROBLEM).is_in(["no day", "not a day"]).fill_null(False)
    if not table.select(undated.any()).item() or table.select(undated.all()).item():
        return False
    metrics = [m for m in ADS_METRICS if m in table.columns and table.get_column(m).count()]
    larger = table.select(
        (pl.col(m).filter(undated).max() > pl.col(m).filter(~undated).max()).fill_null(False).alias(m) for m in metrics
    )
    return bool(metrics) and all(larger.row(0))


def sums(table: pl.DataFrame, metrics: Sequence[str], unknown: Collection[str]) -> dict[str, float | None]:
    """The total of every additive metric; None where the file has none, or where it is not known."""
    found: dict[str, float | None] = dict.fromkeys(ADS_METRICS)
    for metric in ADS_METRICS:
        if metric in metrics and metric not in unknown:
            values = table.get_column(metric)
            found[metric] = round(float(values.sum()), 6) if values.count() else None
    return found
