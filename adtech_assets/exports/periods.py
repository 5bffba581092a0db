"""Which days the rows of a file cover: day columns, columns of first and last days, or the lines above the header.

Whether `03/04/2026` is March or April is decided once per file, from all its dates. Belongs here: columns of texts ->
first and last day of every row. Does not: what one text names (`dates`).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from adtech_assets.exports import dates
from adtech_assets.exports.dates import Named, Slashed
from adtech_assets.exports.dialect import LINE
from adtech_assets.exports.header import fold
from adtech_assets.exports.numbers import Cell
from adtech_assets.exports.recognition import Recognition
from adtech_assets.exports.refusal import Refusal, into_mapping
from adtech_assets.exports.vocabulary import DayOrder

Grain = Literal["day", "week", "month", "period", "none"]

NAMES_TIME = ("date", "week", "month")
"""Roles whose one cell says what a row covers."""
TIME = (*NAMES_TIME, "first_day", "last_day")
_ORDERS: tuple[DayOrder, DayOrder] = ("dmy", "mdy")
_ISO_TIME = r"^(\d{4}-\d{2}-\d{2})[ T]\d{2}:.*$"
_SLASHED = r"^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\b"
_AS_OF = re.compile(
    r"as of|stand\b|generated|created|downloaded|erstellt|généré|generado|gerado|作成日|ダウンロード", re.IGNORECASE
)
_START = re.compile(r"start|begin|from|von|début|inicio|início|desde|開始", re.IGNORECASE)
_END = re.compile(r"\bend|until|\bto\b|bis\b|fin\b|fim\b|hasta|終了", re.IGNORECASE)
_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?\b"
_ISO_DAY_BYTES = 10
_LOOK_ROWS = 200
_MOSTLY = 0.5
_WEEK_DAYS = 7

Span = tuple[dt.date, dt.date]
Times = Mapping[str, Mapping[str, Named]]
"""Column -> distinct text -> what it names."""


@dataclass(frozen=True)
class Above:
    """What the lines above the header say about time: the period, and the day the figures were taken."""

    period: Named | None
    as_of: Named | None


@dataclass(frozen=True)
class Covered:
    """First and last day of every row (null where its cells name none), and what one row covers."""

    first: pl.Series
    last: pl.Series
    grain: Grain


def above(lines: Sequence[str]) -> Above:
    """Read the lines above the header. A line that is only one day is a period of one day."""
    period, as_of, start, end = None, None, None, None
    for line in lines:
        named = dates.expressions(line)
        if not named:
            continue
        if _AS_OF.search(line) and len(named) == 1:
            as_of = as_of or named[0]
        elif len(named) >= 2 or named[0].last is not None:
            span = named[0] if len(named) == 1 else Named(named[0].first, named[1].last or named[1].first, "day")
            period = period or span
        elif _START.search(line):
            start = start or named[0]
        elif _END.search(line):
            end = end or named[0]
        elif period is None and dates.is_one(line):
            period = Named(named[0].first, named[0].first, "day")
    if period is None and start is not None and end is not None:
        period = Named(start.first, end.first, "day")
    return Above(period, as_of)


def texts(column: pl.Series) -> pl.Series:
    """The cells without the time of day, so that equal days are equal texts."""
    longest = column.str.len_bytes().max()
    if not isinstance(longest, int) or longest <= _ISO_DAY_BYTES:
        return column
    return column.str.replace(_ISO_TIME, "$1")


def named_in(column: pl.Series) -> dict[str, Named]:
    """What each distinct text of a column names; texts that name no time are left out."""
    found = {}
    for text in column.drop_nulls().unique(maintain_order=True):  # a refusal names the first
        if (named := dates.parse(text)) is not None:
            found[text] = named
    return found


def decide_order(
    table: pl.DataFrame,
    times: Times,
    time: Mapping[str, str],
    others: Mapping[str, str],
    said: Above,
    convention: DayOrder | None,
    own: DayOrder | None,
) -> DayOrder | None:
    """Day or month first, for the whole file; None where no date leaves it open.

    `times`: what the columns of time name; `time`: those that say what a row covers, with their headers; `others`:
    further text columns, whose dates are evidence. `own` is the client's word, `convention` the platform's where the
    file proves nothing. Refusal where dates contradict each other, or allow two readings.
    """
    proof: dict[DayOrder, str] = {}
    open_cell: tuple[str, str, Slashed] | None = None
    spans: list[Named] = [said.period] if said.period else []
    for column, header in {**time, **_looking_like_dates(table, others)}.items():
        named = times[column] if column in times else named_in(texts(table.get_column(column)))
        if column in time:
            spans += named.values()
        for text, one in named.items():
            for part in one.slashed:
                if (order := _proved(part)) is not None:
                    proof.setdefault(order, f"{text!r} (column {header!r})")
                elif open_cell is None and column in time:
                    open_cell = (column, text, part)
    for part in said.period.slashed if said.period else ():
        if (order := _proved(part)) is not None:
            proof.setdefault(order, "the period above the header")
        elif open_cell is None:
            open_cell = ("", f"{part.a}/{part.b}/{part.year}", part)
    if len(proof) == 2:
        raise Refusal(
            f"dates are written in two ways: {proof['dmy']} has the day first, {proof['mdy']} the month first. "
            "What to do: export the file again with dates as 2025-01-31"
        )
    if proof:
        return next(iter(proof))
    if own is not None or open_cell is None:
        return own
    possible = [order for order in _ORDERS if _fits(spans, _unambiguous(said), order)]
    if len(possible) == 1:
        return possible[0]
    if convention is not None:
        return convention
    raise _undecided(table, time, *open_cell)


def _looking_like_dates(table: pl.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    if not columns:
        return {}
    head = table.head(_LOOK_ROWS).select(pl.col(list(columns)).str.contains(_SLASHED).any())
    return {column: header for column, header in columns.items() if head[column][0]}


def _proved(part: Slashed) -> DayOrder | None:
    by_day, by_month = part.day("dmy"), part.day("mdy")
    if by_day is not None and by_month is not None:
        return None
    return "dmy" if by_day is not None else "mdy" if by_month is not None else None


def _unambiguous(said: Above) -> Span | None:
    return said.period.days("dmy") if said.period and not said.period.slashed else None


def _fits(spans: Iterable[Named], within: Span | None, order: DayOrder) -> bool:
    """Whether every span has an end not before its start, and lies in the period that the file states."""
    for named in spans:
        days = named.days(order)
        if days is None or (within and named.slashed and not within[0] <= days[0] <= within[1]):
            return False
    return True


def _undecided(table: pl.DataFrame, time: Mapping[str, str], column: str, text: str, part: Slashed) -> Refusal:
    if column:
        line = table.filter(texts(table.get_column(column)) == text).get_column(LINE)[0]
        where: object = Cell(time[column], line, text)
    else:
        where = f"the period above the header ({text})"
    one, two = part.day("dmy"), part.day("mdy")
    return Refusal(
        f"{where} may be {one:%-d %B %Y} or {two:%-d %B %Y}: the date is ambiguous, and no day above 12 decides. "
        f"What to do: export it with dates as 2025-01-31, or {into_mapping('date_order', 'dmy', 'mdy')}"
    )


@dataclass(frozen=True)
class Periods:
    """What is known of time: the columns that say what a row covers, first and last day of every row, the period and
    the day of the figures as the lines above the header state them, and what a person should know."""

    roles: tuple[str, ...]
    covered: Covered
    stated: Span | None
    as_of: dt.date | None
    note: str | None


def read_periods(table: pl.DataFrame, found: Recognition, lines: Sequence[str], own: DayOrder | None) -> Periods:
    """Read the columns of time and the lines above the header; `own` is the client's word on day or month first."""
    said = above(lines)
    named = list(found.columns(TIME))
    times = {role: named_in(texts(table.get_column(role))) for role in named}
    roles = _usable(table, times) if table.height else named
    note = None
    if not roles and set(NAMES_TIME) & set(named):
        note = f"the column {found.header(named[0])!r} names no days"
    conventions = found.vocabulary.folded_date_order
    convention = next((conventions[f] for h in found.columns(roles).values() if (f := fold(h)) in conventions), None)
    order = decide_order(table, times, found.columns(roles), found.without_role, said, convention, own)
    settled = order or "dmy"  # no date leaves it open, so that either order reads the same
    as_of = said.as_of.days(settled) if said.as_of else None
    stated = said.period.days(settled) if said.period else None
    rows = covered(table, times, roles, stated, settled)
    if found.vocabulary.date_is_start and stated and rows.first.n_unique() == 1 and rows.first[0] == stated[0]:
        rows = Covered(rows.first, pl.Series([stated[1]]).new_from_index(0, table.height), "period")
    return Periods(
        tuple(roles),
        rows,
        stated,
        as_of[0] if as_of else None,
        note,
    )


def _usable(table: pl.DataFrame, times: Times) -> list[str]:
    """Those of the columns of time that name times. A column of days 1 to 31, or of a campaign's own open end, does not."""
    named = [role for role, known in times.items() if _names_times(table.get_column(role), known)]
    begins = {"first_day", "date"} & set(named)
    spans = {"first_day", "last_day"}
    return [role for role in named if role not in spans or spans <= set(named) or (role == "last_day" and begins)]


def _names_times(column: pl.Series, known: Mapping[str, Named]) -> bool:
    head = column.head(_LOOK_ROWS)
    return bool(known) and int(texts(head).is_in(list(known)).sum()) >= _MOSTLY * head.len()


def covered(table: pl.DataFrame, times: Times, roles: Sequence[str], stated: Span | None, order: DayOrder) -> Covered:
    """First and last day of every row, from the best column there is: a day, a week, a month, or a first and last
    day; else from the period `stated` above the header, the same for all rows; else nothing."""
    if {"date", "last_day"} <= set(roles) and "first_day" not in roles:
        first, last = _days(table.get_column("date"), times["date"], order)[0], table.get_column("last_day")
        first, last = _in_order(first, _days(last, times["last_day"], order)[1])
        return Covered(first, last, _grain_of_spans(first, last))
    for role in NAMES_TIME:
        if role in roles:
            return _within(_of_column(table.get_column(role), times[role], role, order), stated)
    if "first_day" in roles and "last_day" in roles:
        first, _ = _days(table.get_column("first_day"), times["first_day"], order)
        _, last = _days(table.get_column("last_day"), times["last_day"], order)
        last = _before_midnight(table, first, last)
        first, last = _in_order(first, last)
        return Covered(first, last, _grain_of_spans(first, last))
    if stated is None:
        nothing = pl.Series([None], dtype=pl.Date).new_from_index(0, table.height)
        return Covered(nothing, nothing, "none")
    first, last = (pl.Series([day], dtype=pl.Date).new_from_index(0, table.height) for day in stated)
    return Covered(first, last, "day" if stated[0] == stated[1] else "period")


def _in_order(first: pl.Series, last: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Both days null where the last lies before the first: such a row covers nothing."""
    good = (first <= last).fill_null(False)
    both = pl.DataFrame({"first": first, "last": last}).select(pl.when(good).then(pl.col(c)) for c in ("first", "last"))
    return both["first"], both["last"]


def _before_midnight(table: pl.DataFrame, first: pl.Series, last: pl.Series) -> pl.Series:
    """The last day where every row runs from midnight to midnight: 00:00 on the 3rd is the end of the 2nd."""
    at_midnight = [table.get_column(c).str.contains(_MIDNIGHT).fill_null(True).all() for c in ("first_day", "last_day")]
    return last.dt.offset_by("-1d") if all(at_midnight) and (last > first).all() else last


def _within(rows: Covered, span: Span | None) -> Covered:
    """Weeks and months cut off where the period above the header ends: a week up to Wednesday is no week."""
    if span is None or rows.grain not in ("week", "month"):
        return rows
    first, last = (pl.Series([day], dtype=pl.Date) for day in span)
    touches = (rows.first <= span[1]) & (rows.last >= span[0])
    clipped = pl.DataFrame({"a": rows.first, "b": rows.last, "in": touches}).select(
        pl.when("in").then(pl.max_horizontal("a", pl.lit(first[0]))).otherwise("a").alias("a"),
        pl.when("in").then(pl.min_horizontal("b", pl.lit(last[0]))).otherwise("b").alias("b"),
    )
    return Covered(clipped["a"], clipped["b"], rows.grain)


def _days(column: pl.Series, named: Mapping[str, Named], order: DayOrder) -> tuple[pl.Series, pl.Series]:
    known = {text: days for text, one in named.items() if (days := one.days(order)) is not None}
    return _mapped(column, known)


def _mapped(column: pl.Series, known: Mapping[str, Span]) -> tuple[pl.Series, pl.Series]:
    old = list(known)
    first = texts(column).replace_strict(old, [known[t][0] for t in old], default=None, return_dtype=pl.Date)
    if all(a == b for a, b in known.values()):
        return first, first
    last = texts(column).replace_strict(old, [known[t][1] for t in old], default=None, return_dtype=pl.Date)
    return first, last


def _of_column(column: pl.Series, times: Mapping[str, Named], role: str, order: DayOrder) -> Covered:
    grains: set[Grain] = set()
    known: dict[str, Span] = {}
    for text, named in times.items():
        days = named.days(order)
        if days is None:
            continue
        whole: Grain = role if role in ("week", "month") else named.grain  # type: ignore[assignment]
        if days[0] == days[1] and named.last is None:
            days = _widened(days[0], whole)
        known[text] = days
        grains.add(whole if days[0] != days[1] or whole == "day" else "day")
    first, last = _mapped(column, known)
    if grains == {"day"} and any(a != b for a, b in known.values()):
        return Covered(first, last, _grain_of_spans(first, last))
    return Covered(first, last, next(iter(grains)) if len(grains) == 1 else "period" if grains else "none")


def _widened(day: dt.date, grain: Grain) -> Span:
    """A week or month that is named by one of its days."""
    if grain == "week":
        return day, day + dt.timedelta(days=_WEEK_DAYS - 1)
    if grain == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def _grain_of_spans(first: pl.Series, last: pl.Series) -> Grain:
    spans = pl.DataFrame({"first": first, "last": last}).drop_nulls().unique()
    if spans.is_empty():
        return "none"
    if (spans["first"] == spans["last"]).all():
        return "day"
    if spans.height == 1:
        return "period"
    lengths = (spans["last"] - spans["first"]).dt.total_days() + 1
    if (lengths == _WEEK_DAYS).all():
        return "week"
    months = (spans["first"].dt.day() == 1) & (spans["last"] == spans["last"].dt.month_end())
    return "month" if months.all() else "period"
