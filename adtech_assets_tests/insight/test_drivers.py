"""Drivers add up, whatever the data; changes are ratios of sums."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.demo import demo_frame
from adtech_assets.insight.decomposition import OTHER, UNNAMED
from adtech_assets.insight.drivers import diagnose
from adtech_assets.settings import Insight
from adtech_assets.tables import CLEANED, DIAGNOSES

SETTINGS = Insight()
WEEK = dt.date(2025, 3, 10)

amount = st.one_of(st.none(), st.floats(0, 1e5, allow_nan=False, allow_infinity=False))
row = st.fixed_dictionaries(
    {
        "date": st.integers(-20, 8).map(lambda d: WEEK + dt.timedelta(days=d)),
        "channel": st.sampled_from(["Search", "Social", None]),
        "campaign": st.sampled_from([f"c{n}" for n in range(6)]),
        "device": st.sampled_from(["phone", None]),
        "spend": amount,
        "clicks": amount,
        "conversions": amount,
        "revenue": amount,
    }
)


def cleaned(rows: list[dict[str, object]]) -> pl.DataFrame:
    return CLEANED.conform(pl.DataFrame(rows, schema_overrides=CLEANED.schema, infer_schema_length=None))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(row, min_size=1, max_size=60), members=st.integers(1, 8))
def test_contributions_of_every_dimension_add_up_to_the_account_s_change(
    rows: list[dict[str, object]], members: int
) -> None:
    table = diagnose(cleaned(rows), WEEK, SETTINGS, members)
    assert table.schema == DIAGNOSES.schema
    changes = dict(table.filter(pl.col("kind") == "change").select("metric", "contribution").rows())
    sums = (
        table.filter(pl.col("kind") == "driver")
        .group_by("metric", "dimension")
        .agg(pl.col("contribution").sum(), pl.col("share_of_change").sum(), pl.col("member").is_unique().all())
    )
    for metric, dimension, contribution, _, unique in sums.rows():
        assert contribution == pytest.approx(changes[metric], rel=1e-9, abs=1e-6), dimension
        assert unique
    assert "device" not in set(sums["dimension"])


def test_additive_baselines_are_scaled_to_the_current_days_and_ratios_are_of_sums() -> None:
    days = [WEEK + dt.timedelta(days=d) for d in range(-14, 7)]
    rows = [
        {"date": d, "campaign": c, "spend": s * (2 if d >= WEEK else 1), "clicks": 10.0, "revenue": 50.0}
        for d in days
        for c, s in (("a", 10.0), ("b", 30.0))
    ]
    table = diagnose(cleaned(rows), WEEK, SETTINGS)
    change = {r["metric"]: r for r in table.filter(pl.col("kind") == "change").iter_rows(named=True)}
    assert set(change) == {"spend", "clicks", "revenue", "cpc", "roas"}
    assert (change["spend"]["baseline_value"], change["spend"]["current_value"]) == (280, 560)
    assert (change["roas"]["baseline_value"], change["roas"]["current_value"]) == (2.5, 1.25)
    assert (table["baseline_start"][0], table["baseline_end"][0]) == (dt.date(2025, 2, 24), dt.date(2025, 3, 9))
    top = table.filter(kind="driver", metric="spend").row(0, named=True)
    assert (top["member"], top["contribution"], top["share_of_change"], top["effect"]) == ("b", 210, 0.75, "volume")


def effect_of(before: tuple[float, float], now: tuple[float, float], metric: str = "revenue") -> str:
    """The effect of campaign a, whose (spend, revenue) a day goes from `before` to `now` beside a steady b."""
    rows = []
    for day in range(-14, 7):
        spend, revenue = now if day >= 0 else before
        rows += [
            {"date": WEEK + dt.timedelta(days=day), "campaign": "a", "spend": spend, "revenue": revenue},
            {"date": WEEK + dt.timedelta(days=day), "campaign": "b", "spend": 100.0, "revenue": 300.0},
        ]
    table = diagnose(cleaned(rows), WEEK, SETTINGS)
    return str(table.filter(kind="driver", metric=metric, member="a")["effect"][0])


def test_the_effect_says_whether_yield_share_or_volume_moved() -> None:
    assert effect_of((100, 300), (100, 90)) == "rate"
    assert effect_of((10, 30), (40, 120)) == "mix"
    assert effect_of((900, 2700), (1800, 5400)) == "volume"
    assert effect_of((0, 0), (100, 300)) == "mix"
    assert effect_of((900, 2700), (1800, 5400), "spend") == "volume"


def test_members_past_the_limit_become_one_and_missing_names_say_so() -> None:
    rows = [
        {
            "date": WEEK + dt.timedelta(days=d),
            "campaign": None if n == 0 else f"c{n}",
            "spend": 10.0 * n + (n if d >= 0 else 0),
        }
        for d in range(-14, 7)
        for n in range(9)
    ]
    members = diagnose(cleaned(rows), WEEK, SETTINGS, members=3).filter(kind="driver", metric="spend")["member"]
    assert members.to_list() == ["c8", "c7", "c6", OTHER]
    assert UNNAMED in set(diagnose(cleaned(rows), WEEK, SETTINGS).filter(kind="driver")["member"])


def test_without_history_there_is_no_diagnosis_and_with_one_day_of_it_there_is() -> None:
    frame = CLEANED.conform(demo_frame().cast({"impressions": float, "clicks": float, "conversions": float}))
    week = frame.filter(pl.col("date").is_between(WEEK, WEEK + dt.timedelta(days=6)))
    assert diagnose(frame.clear(), WEEK, SETTINGS).is_empty()
    assert diagnose(week, WEEK, SETTINGS).is_empty()
    one_day = pl.concat([week, frame.filter(pl.col("date") == WEEK - dt.timedelta(days=1))])
    assert not diagnose(one_day, WEEK, SETTINGS).is_empty()


def test_the_demo_s_broken_checkout_is_the_largest_driver_of_lost_conversions() -> None:
    table = diagnose(CLEANED.conform(demo_frame()), WEEK, SETTINGS)
    top = table.filter(kind="driver", metric="conversions", dimension="campaign").row(0, named=True)
    assert (top["member"], top["effect"]) == ("FB_Retargeting", "rate")
    assert top["contribution"] < 0
    assert table.filter(kind="driver")["rank"].to_list() == list(range(1, table.filter(kind="driver").height + 1))
