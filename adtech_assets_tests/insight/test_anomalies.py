"""Anomalies on data whose truth is known: the demo's planted events, and quiet series without any."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.demo import PLANTED, demo_frame
from adtech_assets.insight.anomalies import score
from adtech_assets.settings import Insight
from adtech_assets.tables import ANOMALY_SCORES, FINDINGS

SETTINGS = Insight()
TOLERANCE = {"ctr_decline": 10, "performance_drop": 3}
"""Days by which a finding's ends may miss the planted ones; single days must be exact."""


def demo(seed: int) -> pl.DataFrame:
    return demo_frame(seed).with_columns(platform=pl.lit("demo"))


def steady(days: int = 70, campaigns: int = 4, seed: int = 1) -> pl.DataFrame:
    """Quiet invented campaigns of one account."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(campaigns):
        spend = 100 * rng.gamma(200, 1 / 200, days)
        impressions = rng.poisson(spend * 100)
        clicks = rng.binomial(impressions, 0.03)
        conversions = rng.binomial(clicks, 0.06)
        frames.append(
            pl.DataFrame(
                {
                    "date": [dt.date(2025, 3, 3) + dt.timedelta(days=d) for d in range(days)],
                    "platform": "demo",
                    "channel": "Search",
                    "campaign": f"C{number}",
                    "spend": spend,
                    "impressions": impressions.astype(float),
                    "clicks": clicks.astype(float),
                    "conversions": conversions.astype(float),
                    "revenue": conversions * 80.0,
                }
            )
        )
    return pl.concat(frames)


def on(campaign: str, *days: dt.date) -> pl.Expr:
    return (pl.col("campaign") == campaign) & pl.col("date").is_in(days)


@pytest.fixture(scope="module")
def over_seeds() -> list[pl.DataFrame]:
    return [score(demo(seed), SETTINGS)[1] for seed in range(1, 21)]


@pytest.mark.parametrize("event", [e for e in PLANTED if not e.quiet], ids=lambda e: e.name)
def test_the_planted_event_is_found_with_kind_and_dates_on_at_least_19_of_20_seeds(event, over_seeds) -> None:  # type: ignore[no-untyped-def]
    slack = dt.timedelta(days=TOLERANCE.get(event.kind, 0))
    found = [
        not f.filter(
            pl.col("campaign") == event.campaigns[0],
            pl.col("kind") == event.kind,
            pl.col("start").is_between(event.start - slack, event.start + slack),
            pl.col("end").is_between(event.end - slack, event.end + slack),
        ).is_empty()
        for f in over_seeds
    ]
    assert sum(found) >= 19


def test_false_findings_stay_below_one_per_data_set(over_seeds) -> None:  # type: ignore[no-untyped-def]
    planted = {(e.campaigns[0], e.kind) for e in PLANTED}
    false = [row for f in over_seeds for row in f.select("campaign", "kind").rows() if row not in planted]
    assert len(false) <= len(over_seeds)


def test_known_seasons_raise_no_alarm_of_spend(over_seeds) -> None:  # type: ignore[no-untyped-def]
    spikes = pl.concat(over_seeds).filter(pl.col("kind") == "spend_spike")
    assert set(spikes["start"]) == {dt.date(2025, 2, 15)}


def test_both_frames_have_their_table_s_schema_and_known_kinds() -> None:
    scores, findings = score(demo(1), SETTINGS)
    assert scores.schema == ANOMALY_SCORES.schema
    assert findings.schema == FINDINGS.schema
    assert scores.select("date", "campaign", "metric").is_unique().all()
    assert set(findings["severity"]) <= {"critical", "warning", "info"}
    assert (findings["money_at_stake"] >= 0).all()
    assert findings["finding_id"].is_unique().all()
    assert scores["forest_score"].drop_nulls().is_between(0, 1).all()
    inside = scores.drop_nulls("expected")
    assert (inside["low"] <= inside["expected"] + 1e-6).all()
    assert (inside["expected"] <= inside["high"] + 1e-6).all()


@pytest.mark.parametrize("cut", [dt.date(2025, 2, 16), dt.date(2025, 3, 12)])
def test_later_days_change_no_earlier_score(cut: dt.date) -> None:
    columns = ["date", "campaign", "metric", "observed", "expected", "low", "high", "score", "forest_score"]
    whole = demo(2)
    changed = whole.with_columns(
        pl.when(pl.col("date") > cut)
        .then(pl.col("spend", "revenue", "clicks") * 7)
        .otherwise(pl.col("spend", "revenue", "clicks"))
    )
    newcomer = whole.filter(pl.col("date") > cut).with_columns(campaign=pl.lit("A_new_one"), channel=pl.lit("A"))
    newcomer = newcomer.unique(["date"], maintain_order=True)
    prefix = score(whole.filter(pl.col("date") <= cut), SETTINGS)[0].select(columns)
    for frame in (whole, changed, pl.concat([whole, newcomer])):
        later = score(frame, SETTINGS)[0].filter(pl.col("date") <= cut).select(columns)
        assert prefix.equals(later)


def test_the_same_rows_in_another_order_give_the_same_tables() -> None:
    first, second = score(demo(3), SETTINGS), score(demo(3).sample(fraction=1, shuffle=True, seed=1), SETTINGS)
    assert first[0].equals(second[0])
    assert first[1].equals(second[1])


def test_no_rows_give_empty_tables_and_a_first_week_no_verdict() -> None:
    scores, findings = score(demo(1).clear(), SETTINGS)
    assert (scores.schema, scores.height, findings.height) == (ANOMALY_SCORES.schema, 0, 0)
    scores, findings = score(demo(1).filter(pl.col("date") < dt.date(2025, 1, 8)), SETTINGS)
    assert scores["score"].null_count() == scores.height > 0
    assert findings.is_empty()
    assert score(demo(1).head(1), SETTINGS)[1].is_empty()


def test_a_metric_that_is_unknown_throughout_is_not_scored_and_the_rest_is() -> None:
    frame = demo(1).with_columns(clicks=pl.lit(None, pl.Float64), revenue=pl.lit(None, pl.Float64))
    scores, findings = score(frame, SETTINGS)
    assert set(scores["metric"]) == {"spend", "impressions", "conversions"}
    kinds = set(findings["kind"])
    assert {"spend_spike", "performance_drop", "budget_exhaustion"} <= kinds
    assert not kinds & {"ctr_decline", "revenue_spike"}


def test_quiet_campaigns_raise_no_alarm_even_where_a_third_of_the_days_is_missing() -> None:
    assert score(steady(), SETTINGS)[1].is_empty()
    assert score(steady().sample(fraction=0.66, seed=4), SETTINGS)[1].is_empty()


def test_a_budget_that_is_raised_for_good_is_a_new_level_not_a_spike() -> None:
    raised = (pl.col("campaign") == "C1") & (pl.col("date") >= dt.date(2025, 4, 14))
    frame = steady().with_columns(
        pl.when(raised).then(pl.col(c) * 2.5).otherwise(pl.col(c))
        for c in ("spend", "impressions", "clicks", "conversions", "revenue")
    )
    assert score(frame, SETTINGS)[1].is_empty()


def test_a_sale_that_lifts_every_campaign_is_no_revenue_spike_of_one() -> None:
    sale = pl.when(pl.col("date") == dt.date(2025, 4, 16))
    frame = steady(campaigns=6).with_columns(
        sale.then(50.0).otherwise(pl.col("conversions")).alias("conversions"),
        sale.then(4000.0).otherwise(pl.col("revenue")).alias("revenue"),
    )
    assert score(frame, SETTINGS)[1].is_empty()
    alone = frame.filter((pl.col("campaign") == "C1") | (pl.col("date") != dt.date(2025, 4, 16)))
    assert score(alone, SETTINGS)[1].select("kind", "campaign").rows() == [("revenue_spike", "C1")]


amount = st.one_of(
    st.none(), st.sampled_from([0.0, 0.5, 1.0, 1e9]), st.integers(0, 10**6).map(lambda cents: cents / 100)
)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), campaigns=st.integers(1, 3), days=st.integers(1, 45))
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_whatever_the_figures_are_the_tables_fit_and_hold_no_nan(
    data: st.DataObject, campaigns: int, days: int
) -> None:
    metrics = ("spend", "impressions", "clicks", "conversions", "revenue")
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    pool = data.draw(st.lists(st.tuples(*[amount] * 5), min_size=1, max_size=8))
    rows = [
        {
            "date": dt.date(2025, 3, 3) + dt.timedelta(days=d),
            "campaign": f"C{c}",
            **dict(zip(metrics, pool[i], strict=True)),
        }
        for d in range(days)
        for c in range(campaigns)
        if (i := int(rng.integers(-1, len(pool)))) >= 0
    ]
    schema = {"date": pl.Date, "campaign": pl.String, **dict.fromkeys(metrics, pl.Float64)}
    for table, known in zip(score(pl.DataFrame(rows, schema), SETTINGS), (ANOMALY_SCORES, FINDINGS), strict=True):
        assert table.schema == known.schema
        assert not table.select(pl.any_horizontal(cs.float().is_nan().any() | cs.float().is_infinite().any())).item()


OUT = [dt.date(2025, 4, 16), dt.date(2025, 4, 17)]


def stopped(frame: pl.DataFrame, rows: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(pl.when(rows).then(0.0).otherwise(pl.col(c)).alias(c) for c in frame.columns[4:])


def test_a_campaign_that_ends_is_no_anomaly_with_or_without_rows_of_zero() -> None:
    ended = (pl.col("campaign") == "C1") & (pl.col("date") >= OUT[0])
    assert score(steady().filter(~ended), SETTINGS)[1].is_empty()
    assert score(stopped(steady(), ended), SETTINGS)[1].is_empty()
    only_two = steady().filter(~((pl.col("campaign") == "C1") & (pl.col("date") > OUT[1])))
    assert score(stopped(only_two, ended), SETTINGS)[1].is_empty()


def test_days_without_spend_of_a_running_campaign_are_an_exhausted_budget_also_at_the_end_of_the_data() -> None:
    frame = stopped(steady(), on("C1", *OUT))
    for data in (frame, frame.filter(pl.col("date") <= OUT[1])):
        findings = score(data, SETTINGS)[1]
        assert findings.select("kind", "campaign", "start", "end").rows() == [("budget_exhaustion", "C1", *OUT)]


def test_a_campaign_that_never_runs_on_weekends_is_not_out_of_budget_there() -> None:
    weekends = (pl.col("campaign") == "C1") & (pl.col("date").dt.weekday() > 5)
    assert score(stopped(steady(), weekends), SETTINGS)[1].is_empty()


def test_a_day_on_which_the_whole_account_stands_still_is_nobody_s_exhausted_budget() -> None:
    assert score(stopped(steady(), pl.col("date").is_in(OUT)), SETTINGS)[1].is_empty()


def test_scores_bear_the_kind_on_the_days_and_the_metric_of_the_finding() -> None:
    scores, findings = score(demo(1), SETTINGS)
    named = scores.drop_nulls("kind")
    days = {(f["campaign"], f["kind"], f["metric"]) for f in findings.iter_rows(named=True)}
    assert set(named.select("campaign", "kind", "metric").unique().rows()) == days
