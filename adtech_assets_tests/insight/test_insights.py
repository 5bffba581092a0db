"""Insights of a week: what they say is in their rows, nothing is said twice, and nothing in the data makes them fail."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
from typing import Any

import polars as pl
import pytest
from daily_frames import MONDAY, campaign, hostile
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_causes import make_case
from planted_weeks import COUNTED, NOW, WEEK, finding, is_, lifecycle, mixed, ordinary, since, times

from adtech_assets.demo import demo_frame
from adtech_assets.insight.anomalies import score
from adtech_assets.insight.change_evidence import Windows, evidence
from adtech_assets.insight.insight_tables import HYPOTHESIS_COLUMNS, INSIGHT_COLUMNS, RECOMMENDATION_COLUMNS
from adtech_assets.insight.insights import WeekInsights, find_insights
from adtech_assets.insight.playbooks import playbooks
from adtech_assets.insight.segment_text import in_words, segment_of, segment_text
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.settings import Insight
from adtech_assets.tables import CLEANED, FINDINGS

SETTINGS = Insight()
NONE = FINDINGS.empty()
GRAVITY = ("critical", "warning", "info")


def look(frame: pl.DataFrame, findings: pl.DataFrame = NONE, **outlook: pl.DataFrame) -> WeekInsights:
    return find_insights(CLEANED.conform(frame), findings, WEEK, SETTINGS, outlook=outlook)


def busy() -> pl.DataFrame:
    """Much happens at once."""
    frame = ordinary(3, spend=8, audience=("Hikers", "Cyclists", "Runners"))
    frame = times(frame, is_(campaign="Brand 1"), "conversions", "revenue", by=2.2)
    frame = times(frame, is_(campaign="Brand 2"), "conversions", "revenue", by=0.3)
    frame = times(frame, is_(country="FR") & NOW, "conversions", "revenue", by=0.5)
    frame = times(frame, is_(audience="Runners") & NOW, "spend", *COUNTED, by=0.3)
    return times(frame, is_(campaign="Brand 4") & since(18), "conversions", "revenue", by=0.0)


def planted(seed: int, kind: str) -> pl.DataFrame:
    """A planted case of the root-cause search, with its current days in the week."""
    case = make_case(seed, kind)
    start = dt.date.fromisoformat(case.request["current"][:10])
    frame = case.frame.rename({"audience_type": "audience"}).drop("window")
    return CLEANED.conform(frame.with_columns(pl.col("date") + (WEEK - start)))


@pytest.fixture(scope="module")
def weeks() -> list[tuple[pl.DataFrame, WeekInsights]]:
    frames = [
        busy(),
        mixed(),
        *(planted(3001 + 3 * i, kind) for i, kind in enumerate(("drop", "double", "cvr", "outage"))),
    ]
    findings = pl.concat([finding("performance_drop", "conversions"), finding("spend_spike", campaign="Brand 3")])
    looked = [(frame, look(frame)) for frame in frames]
    return [*looked, (frames[0], look(frames[0], findings, lifecycle=lifecycle("ctr", "Brand 5")))]


def test_the_tables_have_their_columns_and_ranks(weeks: list[tuple[pl.DataFrame, WeekInsights]]) -> None:
    for _, week in weeks:
        assert week.insights.schema == pl.Schema(INSIGHT_COLUMNS)
        assert week.recommendations.schema == pl.Schema(RECOMMENDATION_COLUMNS)
        assert week.hypotheses.schema == pl.Schema(HYPOTHESIS_COLUMNS)
        for table in (week.insights, week.recommendations):
            assert table["rank"].to_list() == list(range(1, table.height + 1))
            assert 1 <= table.height <= 10
        assert week.insights["insight_id"].is_unique().all()
        assert week.insights["insight_id"].str.contains("^[0-9a-f]{12}$").all()
        assert set(week.recommendations["insight_id"]) <= set(week.insights["insight_id"])


def test_most_money_comes_first_and_what_is_critical_before_others_of_the_same_money(
    weeks: list[tuple[pl.DataFrame, WeekInsights]],
) -> None:
    for _, week in weeks:
        keys = [
            (not row["enough"], row["money"] is None, -(row["money"] or 0), GRAVITY.index(row["severity"]))
            for row in week.insights.iter_rows(named=True)
        ]
        assert keys == sorted(keys)
        assert week.recommendations["expected_effect"].drop_nulls().is_sorted(descending=True)


def rows_of(frame: pl.DataFrame, segment: str) -> frozenset[int]:
    pairs = segment_of(segment).items()
    inside = frame.with_row_index().filter(pl.col("date").is_between(MONDAY, WEEK + dt.timedelta(6)))
    if pairs:
        inside = inside.filter(pl.all_horizontal(pl.col(name) == value for name, value in pairs))
    return frozenset(inside["index"].to_list())


def test_no_two_insights_say_the_same(weeks: list[tuple[pl.DataFrame, WeekInsights]]) -> None:
    for frame, week in weeks:
        for one, other in itertools.combinations(week.insights.iter_rows(named=True), 2):
            if (one["metric"], one["direction"]) != (other["metric"], other["direction"]):
                continue
            a, b = rows_of(frame, one["segment"]), rows_of(frame, other["segment"])
            assert len(a & b) < 0.9 * len(a | b), (one["segment"], other["segment"])
            assert not a <= b and not b <= a, (one["segment"], other["segment"])
        assert week.recommendations.select("playbook", "segment").is_unique().all()
        assert week.recommendations["insight_id"].is_unique().all()


def test_no_money_is_more_than_its_segment_spent_or_earned(weeks: list[tuple[pl.DataFrame, WeekInsights]]) -> None:
    for frame, week in weeks:
        for row in week.insights.drop_nulls("money").iter_rows(named=True):
            inside = frame.filter(pl.Series(range(frame.height)).is_in(list(rows_of(frame, row["segment"]))))
            most = max(inside["spend"].sum(), inside["revenue"].sum())
            assert 0 <= row["money"] <= most
        joined = week.recommendations.join(week.insights.select("insight_id", "money"), on="insight_id")
        assert joined.filter(pl.col("expected_effect") > pl.col("money")).is_empty()


def test_the_figures_of_a_row_are_the_evidence_of_its_segment(weeks: list[tuple[pl.DataFrame, WeekInsights]]) -> None:
    windows = Windows((MONDAY, WEEK - dt.timedelta(1)), (WEEK, WEEK + dt.timedelta(6)))
    for frame, week in weeks[:2]:
        for row in week.insights.iter_rows(named=True):
            inside = frame.filter(*(pl.col(name) == value for name, value in segment_of(row["segment"]).items()))
            found = evidence(
                inside.select("date", *ADDITIVE), row["metric"], windows, account_days=frame["date"].to_list()
            )
            assert row["baseline_value"] == pytest.approx(found.change.baseline_value)
            assert row["current_value"] == pytest.approx(found.change.current_value)
            assert row["week_before_value"] == pytest.approx(found.week_over_week.baseline_value)
            assert row["welch_p"] == pytest.approx(found.change.comparison.welch_p)
            assert (row["start"], row["baseline_end"]) == (WEEK, WEEK - dt.timedelta(1))


def test_probabilities_are_probabilities_and_nothing_is_not_a_number(
    weeks: list[tuple[pl.DataFrame, WeekInsights]],
) -> None:
    for _, week in weeks:
        for name in ("p_value", "q_value", "confidence", "welch_p", "mann_whitney_p"):
            assert week.insights[name].drop_nulls().is_between(0, 1).all(), name
        known = week.insights.drop_nulls("p_value")
        assert (known["q_value"] >= known["p_value"] - 1e-15).all()
        for table in (week.insights, week.recommendations):
            json.dumps(table.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts(), allow_nan=False)


def test_a_sentence_has_no_figure_that_is_not_in_its_row(weeks: list[tuple[pl.DataFrame, WeekInsights]]) -> None:
    for _, week in weeks:
        for row in week.insights.iter_rows(named=True):
            text = row["sentence"]
            assert text.endswith(".") and text[0].isupper()
            for value in segment_of(row["segment"]).values():
                text = text.replace(value, "")
            allowed = {str(row["baseline_days"]), f"{abs(100 * (row['relative'] or 0)):,.0f}"}
            words = text.replace("%", " ").replace(";", " ").split()
            figures = {word.strip(".") for word in words if any(char.isdigit() for char in word)}
            assert figures <= allowed, text


def test_a_segment_and_fault_met_under_several_metrics_is_one_insight_that_names_the_others() -> None:
    found = look(times(ordinary(), is_(device="mobile") & NOW, "conversions", "revenue", by=0.4))
    [cause] = found.insights.filter(pl.col("kind") == "cause").to_dicts()
    assert (cause["metric"], cause["segment"], cause["fault"]) == ("revenue", "device=mobile", "conversion")
    assert {"roas", "cac"} <= set(cause["detail"].split("; "))
    assert set(found.explanations) == {"revenue", "spend", "roas", "cac"}


def test_a_cause_and_a_finding_of_the_same_campaign_become_one_that_names_both() -> None:
    frame = times(ordinary(), is_(campaign="Brand 1") & since(16), "conversions", "revenue", by=0.0)
    found = look(frame, finding("tracking_outage", "conversions", end=WEEK + dt.timedelta(6)))
    assert found.insights.height == 1
    [row] = found.insights.to_dicts()
    assert row["finding_id"] == "ftracking_ou" and row["segment"] == "campaign=Brand 1"
    assert row["playbook"] == "tracking_outage"
    assert "anomaly: tracking_outage" in row["detail"] or "cause: " in row["detail"]
    assert found.recommendations["finding_id"].to_list() == ["ftracking_ou"]


def test_findings_of_other_weeks_or_called_noise_are_not_said() -> None:
    earlier = finding("spend_spike", start=MONDAY, end=MONDAY)
    noise = finding("spend_spike", verdict="noise")
    assert look(ordinary(), earlier).insights.is_empty()
    found = look(ordinary(), noise)
    assert found.insights.is_empty()
    assert "a person called it noise" in found.hypotheses["reason"].to_list()


def test_a_rise_beside_a_fall_is_said_too() -> None:
    frame = times(ordinary(), is_(campaign="Brand 1") & NOW, "spend", *COUNTED, by=2.2)
    found = look(times(frame, is_(campaign="Brand 2") & NOW, "spend", *COUNTED, by=0.2))
    told = dict(found.insights.select("segment", "direction").rows())
    assert told["campaign=Brand 1"] == "good" and told["campaign=Brand 2"] == "bad"


def test_the_same_rows_in_another_order_give_the_same_week() -> None:
    frame = busy()
    again = look(frame.sample(fraction=1, shuffle=True, seed=5))
    first = look(frame)
    for name in ("insights", "recommendations", "hypotheses"):
        a, b = getattr(first, name), getattr(again, name)
        assert a.select(pl.exclude(pl.Float64)).equals(b.select(pl.exclude(pl.Float64))), name


def test_the_decision_log_says_of_every_insight_that_it_was_kept_and_of_others_why_not() -> None:
    found = look(busy())
    kept = found.hypotheses.drop_nulls("insight_id")
    assert kept["insight_id"].to_list() == found.insights["insight_id"].to_list()
    assert kept["kept"].all()
    assert found.hypotheses["reason"].is_not_null().all()
    assert not found.hypotheses["kept"].all()


def test_findings_of_the_demo_account_are_among_its_insights() -> None:
    frame = CLEANED.conform(demo_frame(1).with_columns(platform=pl.lit("demo")))
    findings = score(demo_frame(1).with_columns(platform=pl.lit("demo")), SETTINGS)[1]
    found = find_insights(frame, findings, dt.date(2025, 3, 10), SETTINGS)
    assert "campaign=FB_Retargeting" in found.insights["segment"].to_list()
    assert found.insights["finding_id"].drop_nulls().is_in(findings["finding_id"].to_list()).all()


# -- little data -----------------------------------------------------------------------------------------------------


def without(*metrics: str) -> pl.DataFrame:
    frame = times(ordinary(), is_(campaign="Brand 3") & NOW, "spend", *COUNTED, by=0.3)
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in metrics)


@pytest.mark.parametrize(
    ("known", "metric"),
    [("spend", "spend"), ("clicks", "clicks"), ("conversions", "conversions"), ("revenue", "revenue")],
)
def test_one_known_metric_is_enough_to_name_the_cause(known: str, metric: str) -> None:
    found = look(without(*(name for name in ADDITIVE if name != known)))
    row = found.insights.row(0, named=True)
    assert (row["segment"], row["metric"]) == ("campaign=Brand 3", metric)
    assert (row["money"] is None) == (known not in ("spend", "revenue"))
    if row["playbook"] and row["money"] is None:
        assert found.recommendations["expected_effect"].to_list() == [None]


@pytest.mark.parametrize(
    "frame",
    [
        ordinary().head(0),
        ordinary().filter(pl.col("date") < WEEK),
        ordinary().filter(pl.col("date") == WEEK),
        ordinary().filter(pl.col("date") >= WEEK),
        without(*ADDITIVE),
        ordinary().with_columns(pl.col(ADDITIVE) * 0.0),
        ordinary().with_columns(pl.lit(math.nan).alias(name) for name in ADDITIVE),
        CLEANED.conform(campaign("one", 21)),
    ],
    ids=["empty", "before", "one day", "the week only", "nothing known", "zeros", "NaN", "one campaign"],
)
def test_little_data_gives_no_insight_and_a_reason(frame: pl.DataFrame) -> None:
    found = look(frame)
    assert found.insights.is_empty() and found.recommendations.is_empty()
    assert found.hypotheses.height and found.hypotheses["reason"].is_not_null().all()


def test_a_segment_with_next_to_no_clicks_is_said_to_have_too_little_data() -> None:
    few = pl.when(is_(campaign="Brand 1")).then(pl.lit(0.0)).otherwise(pl.col("clicks")).alias("clicks")
    found = look(ordinary().with_columns(few), lifecycle=lifecycle("ctr")).insights
    [row] = found.filter(pl.col("metric") == "ctr").to_dicts()
    assert not row["enough"] and row["reason"].startswith("not enough data: ")
    assert (row["money"], row["playbook"], row["severity"]) == (None, None, "info")
    assert row["confidence"] <= 0.5 and row["rank"] == found.height


@settings(max_examples=60, deadline=None)
@given(frame=hostile, kind=st.sampled_from(["performance_drop", "spend_spike", "volume_gap"]), data=st.data())
def test_whatever_the_rows_are_there_is_a_week_or_a_reason(frame: pl.DataFrame, kind: str, data: st.DataObject) -> None:
    text = st.sampled_from(["a", "b", "Buy it now & save 10 % = more", None])
    devices = data.draw(st.lists(text, min_size=frame.height, max_size=frame.height))
    texts = pl.Series(devices, dtype=pl.String)
    rows = CLEANED.conform(frame.with_columns(device=texts, creative_message=texts))
    name, money = data.draw(st.sampled_from(["a", "c", None])), data.draw(st.sampled_from([None, 1e9]))
    said = finding(kind, campaign=name, money_at_stake=money)
    found = find_insights(rows, said, WEEK, SETTINGS, outlook={"lifecycle": lifecycle("ctr", "a")})
    assert found.hypotheses.height
    for row in found.insights.iter_rows(named=True):
        assert row["enough"] or row["reason"].startswith("not enough data: ")
        assert row["playbook"] is None or row["playbook"] in playbooks()
    plain: list[dict[str, Any]] = found.insights.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()
    json.dumps([*plain, *found.recommendations.to_dicts(), *found.hypotheses.to_dicts()], allow_nan=False)


def test_a_segment_text_can_be_read_back() -> None:
    segment = {"device": "mobile", "campaign": "a & b = 100 %", "platform": "meta_ads"}
    text = segment_text(segment)
    assert text == "platform=meta_ads&campaign=a %26 b %3D 100 %25&device=mobile"
    assert segment_of(text) == segment
    assert segment_of("") == {}
    assert in_words({}) == "the whole account" and "campaign “a & b" in in_words(segment)


def test_severity_is_measured_against_the_client_s_own_weeks_where_settings_say_so() -> None:
    frame = times(ordinary(3, days=7 * 20), is_(country="FR") & NOW, "conversions", "revenue", by=0.5)
    calm = frame.with_columns(pl.col("date") + (WEEK + dt.timedelta(days=6) - frame.get_column("date").max()))
    calm = times(calm, is_(country="FR") & (pl.col("date") >= WEEK), "conversions", "revenue", by=0.4)
    said = {}
    for adaptive in (False, True):
        rules = Insight.model_validate({"severity": {"critical": 0.9, "warning": 0.9, "adaptive": adaptive}})
        found = find_insights(CLEANED.conform(calm), NONE, WEEK, rules).insights.filter(kind="cause", direction="bad")
        said[adaptive] = found.get_column("severity").to_list()
    assert said[False] and set(said[False]) == {"info"}
    assert said[True][0] == "critical", "a fall beyond all earlier weeks"
