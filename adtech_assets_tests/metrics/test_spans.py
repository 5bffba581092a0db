"""A row covers a day, an ISO week, or another period; which of them follows from its two days alone."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from adtech_assets.metrics.spans import reached, with_days
from adtech_assets.tables import CLEANED, RAW_ROWS

DAY = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
SPANS = st.tuples(st.none() | DAY, st.none() | st.integers(-1, 8))


@given(st.lists(SPANS, max_size=20))
def test_days_are_one_or_the_seven_of_an_iso_week_or_unknown(spans: list[tuple[dt.date | None, int | None]]) -> None:
    pairs = [
        (first, first + dt.timedelta(length) if first is not None and length is not None else None)
        for first, length in spans
    ]
    frame = pl.DataFrame(pairs, schema={"date": pl.Date, "last_day": pl.Date}, orient="row")
    expected = [
        1
        if first is not None and first == last
        else 7
        if first is not None and last is not None and first.isocalendar()[2] == 1 and (last - first).days == 6
        else None
        for first, last in pairs
    ]
    assert with_days(RAW_ROWS.conform(frame))["days"].to_list() == expected


@given(st.lists(st.tuples(DAY, st.sampled_from([1, 7]), DAY), max_size=20))
def test_a_week_row_reaches_from_its_monday_to_its_sunday_at_most(rows: list[tuple[dt.date, int, dt.date]]) -> None:
    made = [
        (day - dt.timedelta(day.weekday() if days == 7 else 0), days, taken)
        for day, days, taken in rows
    ]  # fmt: skip
    frame = pl.DataFrame(made, schema={"date": pl.Date, "days": pl.Int64, "taken": pl.Date}, orient="row")
    frame = frame.with_columns(last_day=pl.col("date") + pl.duration(days=pl.col("days") - 1))
    for row in reached(frame, pl.col("taken")).iter_rows(named=True):
        sunday = row["date"] + dt.timedelta(row["days"] - 1)
        expected = max(row["date"], min(sunday, row["taken"])) if row["days"] == 7 else row["date"]
        assert row["last_day"] == expected
    assert CLEANED.schema["last_day"] == pl.Date
