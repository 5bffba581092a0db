"""From a budget of false alarms to thresholds, and from verdicts to the client's own."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_anomalies import C1, PLAIN, between, day, steady, times

from adtech_assets.insight.anomalies import Context, score
from adtech_assets.insight.detection.calibration import (
    CURVES,
    REFERENCE_WEEKS,
    Verdict,
    dismissed,
    threshold,
    weeks_between,
)
from adtech_assets.pipeline.scoring import reported

KINDS = st.sampled_from(sorted(CURVES))
DAY = dt.date(2025, 4, 16)


def said(kind: str, real: int = 0, noise: int = 0) -> tuple[Verdict, ...]:
    return tuple(Verdict(f"{number:012x}", kind, "C1", DAY, DAY, number < real) for number in range(real + noise))


@given(kind=KINDS, weeks=st.floats(5, 10_000), more=st.floats(1.01, 100))
def test_a_larger_budget_of_weeks_asks_for_a_higher_score(kind: str, weeks: float, more: float) -> None:
    curve, low, high = CURVES[kind], threshold(kind, weeks), threshold(kind, weeks * more)
    assert curve.least <= low <= high
    assert low < high or high == curve.least
    assert threshold(kind, REFERENCE_WEEKS) == pytest.approx(curve.threshold)


@given(kind=KINDS, weeks=st.floats(5, 10_000))
def test_weeks_between_is_the_way_back_from_the_threshold(kind: str, weeks: float) -> None:
    needed = threshold(kind, weeks)
    if needed > CURVES[kind].least:
        assert weeks_between(kind, needed) == pytest.approx(weeks)
    else:
        assert (weeks_between(kind, needed) or 0) >= weeks * (1 - 1e-9)


def test_a_matter_of_fact_has_no_weeks_by_chance_and_no_threshold() -> None:
    for kind in ("budget_exhaustion", "volume_gap"):
        assert weeks_between(kind, 30.0) is None
        with pytest.raises(KeyError):
            threshold(kind, 150)


@pytest.mark.parametrize("weeks", [0, -5, float("nan")])
def test_a_budget_that_is_not_above_zero_is_an_error(weeks: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        threshold("spend_spike", weeks)


@given(kind=KINDS, weeks=st.floats(150, 10_000), verdicts=st.integers(1, 30))
def test_noise_raises_the_bar_and_real_lowers_it_as_much_down_to_the_least(
    kind: str, weeks: float, verdicts: int
) -> None:
    plain = threshold(kind, weeks)
    raised, lowered = threshold(kind, weeks, said(kind, noise=verdicts)), threshold(kind, weeks, said(kind, verdicts))
    assert raised > plain >= lowered >= CURVES[kind].least
    assert lowered == pytest.approx(max(CURVES[kind].least, 2 * plain - raised))
    assert threshold(kind, weeks, said(kind, verdicts, verdicts)) == pytest.approx(plain)


@given(kind=KINDS, verdicts=st.integers(1, 20))
def test_each_further_word_moves_less_than_the_one_before(kind: str, verdicts: int) -> None:
    bars = [threshold(kind, 150, said(kind, noise=verdicts + n)) for n in (-1, 0, 1)]
    assert bars[1] - bars[0] > bars[2] - bars[1] > 0


def test_a_verdict_moves_its_own_kind_only() -> None:
    about_spend = said("spend_spike", noise=5)
    assert threshold("revenue_spike", 150, about_spend) == threshold("revenue_spike", 150)


def test_a_dismissed_finding_is_known_again_when_its_days_shift_and_no_other_is() -> None:
    verdicts = said("spend_spike", noise=1)
    beside = DAY + dt.timedelta(days=1)
    assert dismissed(verdicts, "spend_spike", "C1", DAY, beside)
    assert not dismissed(verdicts, "spend_spike", "C1", beside, beside)
    assert not dismissed(verdicts, "revenue_spike", "C1", DAY, DAY)
    assert not dismissed(verdicts, "spend_spike", None, DAY, DAY)
    assert not dismissed(said("spend_spike", real=1), "spend_spike", "C1", DAY, DAY)


def test_a_finding_called_noise_carries_the_verdict_and_is_not_reported() -> None:
    frame = times(steady(), C1 & between(44, 44), 3.0)
    frame = times(frame, (pl.col("campaign") == "C2") & between(60, 60), 3.0)
    first = score(frame, PLAIN)[1]
    assert first["campaign"].to_list() == ["C1", "C2"] and first["verdict"].to_list() == [None, None]
    assert reported(first).equals(first)
    verdicts = tuple(
        Verdict(f["finding_id"], f["kind"], f["campaign"], f["start"], f["end"], f["campaign"] == "C2")
        for f in first.iter_rows(named=True)
    )
    second = score(frame, PLAIN, Context(verdicts=verdicts))[1]
    assert second["finding_id"].to_list() == first["finding_id"].to_list()
    assert second["verdict"].to_list() == ["noise", "real"]
    assert reported(second)["campaign"].to_list() == ["C2"]


def test_a_faint_finding_is_told_with_a_small_budget_and_not_with_a_large_one() -> None:
    frame = times(steady(), C1 & between(44, 44), 1.65)
    of_the_day = pl.col("start") == day(44)
    told = [score(frame, PLAIN, Context(false_alarm_weeks=w))[1].filter(of_the_day).height for w in (10, 5000)]
    assert told == [1, 0]
    noise = said("spend_spike", noise=40)
    assert score(frame, PLAIN, Context(10, noise))[1].filter(of_the_day, pl.col("verdict").is_null()).is_empty()
