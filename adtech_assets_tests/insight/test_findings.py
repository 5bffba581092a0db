"""What a finding says: its figures, its identity, its severity and its sentence."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from test_anomalies import C1, PLAIN, accounts, between, day, demo, eventful, steady, times
from test_kinds import wearing

from adtech_assets.insight.anomalies import score
from adtech_assets.insight.detection.findings import within_cool_down
from adtech_assets.insight.detection.sentence import sentence

KINDS = {
    "spend_spike", "performance_drop", "tracking_outage", "revenue_spike", "ctr_decline", "budget_exhaustion",
    "volume_gap",
}  # fmt: skip


@pytest.fixture(scope="module")
def every_kind() -> pl.DataFrame:
    return pl.concat([score(frame, PLAIN)[1] for frame in (eventful(), wearing(1), demo(1))])


def test_every_kind_can_be_had(every_kind: pl.DataFrame) -> None:
    assert set(every_kind["kind"]) == KINDS


def test_what_was_expected_lies_between_low_and_high_and_what_was_observed_outside(every_kind: pl.DataFrame) -> None:
    rows = every_kind.filter(pl.col("kind") != "volume_gap")
    assert (rows["low"] <= rows["expected"]).all() and (rows["expected"] <= rows["high"]).all()
    # Few orders, each worth far too much: odd is the value of an order, the day's revenue need not be.
    rows = rows.filter(pl.col("kind") != "revenue_spike")
    assert ((rows["observed"] < rows["low"]) | (rows["observed"] > rows["high"])).all()


@settings(max_examples=25, deadline=None)
@given(frame=accounts())
def test_whatever_the_figures_are_low_is_not_above_expected_nor_expected_above_high(frame: pl.DataFrame) -> None:
    for table in score(frame, PLAIN):
        known = table.drop_nulls(["low", "expected", "high"])
        slack = 1e-6 * (1 + known["expected"].abs())
        assert (known["low"] <= known["expected"] + slack).all()
        assert (known["expected"] <= known["high"] + slack).all()


def test_observed_is_what_the_rows_say() -> None:
    frame = times(steady(), C1 & between(44, 45), 2.5)
    [finding] = score(frame, PLAIN)[1].to_dicts()
    assert finding["observed"] == pytest.approx(frame.filter(C1 & between(44, 45))["spend"].sum())
    assert finding["money_at_stake"] == pytest.approx(finding["observed"] - finding["expected"], abs=1e-5)
    assert finding["weeks_by_chance"] > 150


def test_the_chance_of_a_matter_of_fact_is_unknown(every_kind: pl.DataFrame) -> None:
    of_fact = every_kind.filter(pl.col("weeks_by_chance").is_null())
    assert set(of_fact["kind"]) == {"budget_exhaustion", "volume_gap", "tracking_outage"}


def test_ids_are_those_of_kind_campaign_and_first_day_whatever_the_figures() -> None:
    ids = []
    for factor in (2.5, 4.0):
        findings = score(times(steady(), C1 & between(44, 44), factor), PLAIN)[1]
        ids.append(findings["finding_id"].to_list())
    other = score(times(steady(), C1 & between(45, 45), 2.5), PLAIN)[1]["finding_id"].to_list()
    assert ids[0] == ids[1] and len(ids[0]) == 1
    assert other != ids[0]
    assert len(ids[0][0]) == 12


def test_a_finding_s_severity_follows_the_money_against_an_ordinary_week() -> None:
    def severity(factor: float) -> str:
        [finding] = score(times(steady(), C1 & between(44, 44), factor), PLAIN)[1].to_dicts()
        return str(finding["severity"])

    assert [severity(factor) for factor in (1.75, 2.5, 10)] == ["info", "warning", "critical"]


NAMES = ["", "UK | Brand – “exact”", "{name} %s [bold]", "Kampagne\tmit\nZeilen", "🫖 Ketel", "a" * 300, "=1+1"]


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_has_a_sentence_whatever_the_campaign_s_name(name: str, every_kind: pl.DataFrame) -> None:
    for finding in every_kind.to_dicts():
        text = sentence({**finding, "campaign": name or None})
        assert name in text
        assert text.endswith(".") and "None" not in text and "nan" not in text.replace(name, "")
        assert f"{finding['start']:%b %Y}" in text


@pytest.mark.parametrize(
    ("keys", "who"),
    [
        ({"campaign": "Brand", "channel": "Search", "platform": "google_ads"}, "Brand"),
        ({"channel": "Search", "platform": "google_ads"}, "All campaigns of Search"),
        ({"platform": "google_ads"}, "All campaigns of google_ads"),
        ({}, "The whole account"),
    ],
)
def test_a_sentence_says_whose_finding_it_is(keys: dict[str, str], who: str) -> None:
    blank = dict.fromkeys(("platform", "channel", "campaign"))
    figures = {"observed": 0.0, "expected": 1234.5, "low": 1000.0, "high": 1500.0, "metric": "spend"}
    days = {"start": day(44), "end": day(45)}
    text = sentence({**blank, **keys, **figures, **days, "kind": "budget_exhaustion"})
    assert text.startswith(who)
    assert "from 16 Apr 2025 to 17 Apr 2025" in text and "1,234" in text


def one(start: int, end: int, score: float, kind: str = "spend_spike", campaign: str | None = "C1") -> dict[str, Any]:
    return {
        "platform": "demo", "channel": None, "campaign": campaign, "kind": kind, "score": score, "start": day(start),
        "end": day(end), "observed": score * 100,
    }  # fmt: skip


def test_findings_of_a_kind_and_campaign_within_the_cool_down_are_one_with_the_figures_of_the_strongest() -> None:
    [merged] = within_cool_down([one(14, 15, 4.0), one(10, 11, 6.0), one(18, 18, 5.0)], days=3)
    assert (merged["start"], merged["end"], merged["score"], merged["observed"]) == (day(10), day(18), 6.0, 600.0)
    assert len(within_cool_down([one(10, 11, 6.0), one(15, 15, 5.0)], days=3)) == 2
    assert len(within_cool_down([one(10, 11, 6.0), one(11, 12, 5.0, kind="revenue_spike")], days=3)) == 2
    assert len(within_cool_down([one(10, 11, 6.0), one(11, 12, 5.0, campaign="C2")], days=3)) == 2
    assert len(within_cool_down([one(10, 11, 6.0), one(11, 12, 5.0, campaign=None)], days=3)) == 2
    assert within_cool_down([], days=3) == []


def test_two_spikes_of_a_campaign_two_days_apart_are_told_once() -> None:
    frame = times(steady(), C1 & (between(44, 44) | between(47, 47)), 3.0)
    assert score(frame, PLAIN)[1].select("start", "end").rows() == [(day(44), day(47))]
    far = times(steady(), C1 & (between(44, 44) | between(54, 54)), 3.0)
    assert score(far, PLAIN)[1]["start"].to_list() == [day(44), day(54)]


def test_days_that_are_missing_say_what_would_be_usual_and_no_loss(every_kind: pl.DataFrame) -> None:
    [gap] = every_kind.filter(pl.col("kind") == "volume_gap").to_dicts()
    assert (gap["observed"], gap["money_at_stake"], gap["campaign"], gap["scope"]) == (None, None, None, "platform")
    assert gap["expected"] == pytest.approx(1200, rel=0.1)
    assert "no rows" in gap["sentence"]
    assert gap["start"] == dt.date(2025, 4, 19)
