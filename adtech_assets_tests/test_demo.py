"""The demo data hold what they promise: shape, calendar, ordinary levels and the planted events."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from adtech_assets.demo import CAMPAIGNS, COLUMNS, PLANTED, START, demo_frame, write_demo

SEEDS = range(1, 21)


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    return pl.concat([demo_frame(seed).with_columns(seed=pl.lit(seed)) for seed in SEEDS])


def test_the_demo_has_the_sme_shape_with_one_row_a_day_and_running_campaign() -> None:
    frame = demo_frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame.select("date", "campaign").is_unique().all()
    assert frame["date"].min() == dt.date(2025, 1, 1)
    assert frame["date"].max() == dt.date(2025, 3, 31)
    assert set(frame["channel"]) == {"Google", "Facebook", "Instagram", "Email"}
    assert frame["campaign"].n_unique() == len(CAMPAIGNS) == 8
    assert sum(frame.null_count().row(0)) == 0


def test_campaigns_have_no_rows_before_their_start_or_after_their_end() -> None:
    frame = demo_frame()
    for campaign in CAMPAIGNS:
        dates = frame.filter(pl.col("campaign") == campaign.name)["date"]
        assert (dates.min(), dates.max()) == (campaign.start, campaign.end or dt.date(2025, 3, 31))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, second, other = (write_demo(tmp_path / f"{n}.csv", seed) for n, seed in enumerate((3, 3, 4)))
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.csv", "1.csv", "2.csv"]
    assert first.read_text().splitlines()[0] == ",".join(COLUMNS)


def test_fewer_days_are_a_prefix_and_another_start_shifts_the_calendar() -> None:
    assert demo_frame(5, days=30).equals(demo_frame(5).filter(pl.col("date") < dt.date(2025, 1, 31)))
    shifted = demo_frame(5, start=START + dt.timedelta(days=364))
    assert shifted.drop("date").equals(demo_frame(5).drop("date"))
    with pytest.raises(ValueError, match="at least 1"):
        demo_frame(days=0)


def test_ordinary_weekdays_lie_within_the_promised_ranges(many: pl.DataFrame) -> None:
    calm = many.filter(
        pl.col("date").dt.weekday() <= 5, pl.col("date").is_between(START.replace(day=16), START.replace(day=28))
    )
    levels = calm.group_by("campaign").agg(
        spend=pl.col("spend").mean(),
        ctr=pl.col("clicks").sum() / pl.col("impressions").sum(),
        cvr=pl.col("conversions").sum() / pl.col("clicks").sum(),
        order=pl.col("revenue").sum() / pl.col("conversions").sum(),
    )
    for column, low, high in (("spend", 50, 200), ("ctr", 0.01, 0.035), ("cvr", 0.02, 0.08), ("order", 60, 130)):
        assert levels[column].is_between(low, high).all(), levels


def test_weekends_spend_30_percent_less_and_convert_40_percent_less(many: pl.DataFrame) -> None:
    calm = many.filter(pl.col("date").is_between(dt.date(2025, 1, 20), dt.date(2025, 1, 26)))
    by = (
        calm.group_by(weekend=pl.col("date").dt.weekday() > 5)
        .agg(pl.col("spend", "conversions").mean())
        .sort("weekend")
    )
    assert by["spend"][1] / by["spend"][0] == pytest.approx(0.7, rel=0.03)
    assert by["conversions"][1] / by["conversions"][0] == pytest.approx(0.6, rel=0.06)


def test_counts_scatter_more_than_poisson(many: pl.DataFrame) -> None:
    clicks = many.filter(pl.col("campaign") == "Email_Newsletter", pl.col("date") == dt.date(2025, 1, 21))["clicks"]
    assert clicks.var() > clicks.mean()


@pytest.mark.parametrize("event", PLANTED, ids=lambda e: e.name)
def test_every_planted_event_is_in_the_data_with_its_size(many: pl.DataFrame, event) -> None:  # type: ignore[no-untyped-def]
    rows = many.filter(pl.col("campaign") == event.campaigns[0])
    weeks = pl.col("date").is_in([event.start + dt.timedelta(days=d) for d in (-14, -7)])
    inside = rows.filter(pl.col("date").is_between(event.start, event.end))
    if event.kind == "ctr_decline":
        last = inside.filter(pl.col("date") > event.end - dt.timedelta(days=3))
        before = rows.filter(pl.col("date") < event.start)
        rate = [f["clicks"].sum() / f["impressions"].sum() for f in (last, before)]
        assert rate[0] / rate[1] == pytest.approx(event.ctr, rel=0.08)
    elif event.kind == "budget_exhaustion":
        assert inside.height == 2 * len(SEEDS)
        assert (
            inside.select(pl.col("spend", "impressions", "clicks", "conversions", "revenue").sum()).row(0) == (0,) * 5
        )
    else:
        name = {"spend_spike": "spend", "revenue_spike": "revenue", "performance_drop": "conversions"}[event.kind]
        days = rows.filter(weeks)
        if event.kind == "performance_drop":
            days = rows.filter(
                pl.col("date").is_between(event.start - dt.timedelta(days=7), event.end - dt.timedelta(days=7))
            )
        factor = inside[name].mean() / days[name].mean()
        season = 0.85 * 0.9 if event.kind == "revenue_spike" else 1
        assert factor == pytest.approx(getattr(event, name) * season, rel=0.2)
