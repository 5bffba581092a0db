"""Tests on daily values: right where they can be told, a sentence where they cannot, and never a NaN or a warning."""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.significance import (
    Comparison,
    EvidenceRules,
    SeverityThresholds,
    compare,
    false_discovery,
    severity,
)

pytestmark = pytest.mark.filterwarnings("error")

any_days = st.lists(st.one_of(st.floats(), st.just(0.0), st.integers(-3, 3).map(float)), max_size=20).map(np.array)
ordinary_days = st.lists(st.integers(0, 100_000).map(lambda cents: cents / 100), min_size=3, max_size=20).map(np.array)
chances = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=40)
TESTED = ("welch_t", "welch_p", "mann_whitney_u", "mann_whitney_p", "cohens_d", "effect_size")


def days(*values: float) -> Array:
    return np.array(values, dtype=float)


def untested(comparison: Comparison) -> bool:
    return all(getattr(comparison, name) is None for name in TESTED)


@settings(max_examples=300, deadline=None)
@given(baseline=any_days, current=any_days)
def test_whatever_the_days_are_every_figure_is_finite_or_none_with_a_reason(baseline: Array, current: Array) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare(baseline, current)
    assert all(math.isfinite(value) for value in asdict(found).values() if isinstance(value, float))
    assert found.n_baseline + found.dropped_baseline == len(baseline)
    assert found.n_current + found.dropped_current == len(current)
    assert (found.reason is None) == all(getattr(found, name) is not None for name in TESTED)
    for p in (found.welch_p, found.mann_whitney_p):
        assert p is None or 0 <= p <= 1


@settings(max_examples=200, deadline=None)
@given(baseline=ordinary_days, current=ordinary_days)
def test_tests_are_those_of_scipy_and_d_follows_its_definition(baseline: Array, current: Array) -> None:
    from scipy.stats import mannwhitneyu, ttest_ind

    found = compare(baseline, current)
    ranked = mannwhitneyu(current, baseline) if np.ptp(np.r_[baseline, current]) else None
    if ranked is not None:
        assert found.mann_whitney_u == ranked.statistic
        assert found.mann_whitney_p == pytest.approx(ranked.pvalue, rel=1e-9)
    assert found.mann_whitney_u == (current[:, None] > baseline).sum() + (current[:, None] == baseline).sum() / 2
    if not (np.ptp(baseline) and np.ptp(current)):
        return
    welch = ttest_ind(current, baseline, equal_var=False)
    assert found.welch_t == pytest.approx(welch.statistic, rel=1e-6, abs=1e-9)
    assert found.welch_p == pytest.approx(welch.pvalue, rel=1e-6)
    freedom = len(baseline) + len(current) - 2
    squares = ((baseline - baseline.mean()) ** 2).sum() + ((current - current.mean()) ** 2).sum()
    d = (current.mean() - baseline.mean()) / math.sqrt(squares / freedom)
    assert found.cohens_d == pytest.approx(d * (1 - 3 / (4 * freedom - 1)), rel=1e-6, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(baseline=ordinary_days, current=ordinary_days, unit=st.integers(-900, 900))
def test_the_unit_does_not_matter_however_large_or_small(baseline: Array, current: Array, unit: int) -> None:
    there, here = compare(np.ldexp(baseline, unit), np.ldexp(current, unit)), compare(baseline, current)
    assert [getattr(there, name) for name in TESTED] == [getattr(here, name) for name in TESTED]
    assert there.relative == here.relative


@settings(max_examples=100, deadline=None)
@given(baseline=ordinary_days, current=ordinary_days)
def test_exchanging_the_periods_turns_the_sign_and_keeps_the_chance(baseline: Array, current: Array) -> None:
    there, back = compare(baseline, current), compare(current, baseline)
    assert (there.welch_p, there.effect_size, there.reason) == (back.welch_p, back.effect_size, back.reason)
    assert there.mann_whitney_p == pytest.approx(back.mann_whitney_p, rel=1e-9)
    if there.cohens_d is not None and back.cohens_d is not None:
        assert there.cohens_d == -back.cohens_d


@pytest.mark.parametrize(
    ("baseline", "current", "reason"),
    [
        (days(1, 2, 3, 4), days(5), "not enough data: 1 current day with figures, 3 needed"),
        (days(1, math.nan, 3), days(5, 6, 7), "not enough data: 2 baseline days with figures, 3 needed"),
        (
            days(),
            days(5, math.inf, 7),
            "not enough data: 0 baseline days and 2 current days with figures, 3 of each needed",
        ),
    ],
    ids=["one day", "an unknown day", "no baseline"],
)
def test_too_few_days_are_said_and_not_tested(baseline: Array, current: Array, reason: str) -> None:
    found = compare(baseline, current)
    assert found.reason == reason
    assert untested(found)


def test_unknown_and_infinite_days_are_left_out_and_counted() -> None:
    found = compare(days(1, 2, math.nan, 3), days(4, math.inf, 5, -math.inf, 6, math.nan))
    assert (found.n_baseline, found.dropped_baseline, found.n_current, found.dropped_current) == (3, 1, 3, 3)
    assert (found.mean_baseline, found.mean_current, found.delta, found.relative) == (2, 5, 3, 1.5)
    assert found.reason is None


def test_days_without_any_spread_and_equal_means_are_no_change() -> None:
    for level in (0.0, 0.1, 1e300):
        found = compare(np.full(14, level), np.full(7, level))
        assert (found.welch_p, found.mann_whitney_p, found.cohens_d, found.effect_size) == (1, 1, 0, "negligible")
        assert found.reason is None


def test_days_without_any_spread_and_different_means_have_the_rank_test_only_and_say_why() -> None:
    found = compare(np.full(14, 0.3), np.full(7, 0.2))
    assert (found.welch_t, found.welch_p, found.cohens_d, found.effect_size) == (None, None, None, None)
    assert found.mann_whitney_u == 0
    assert found.mann_whitney_p is not None and found.mann_whitney_p < 0.001
    assert "without a spread" in str(found.reason)


def test_a_spread_of_rounding_is_none() -> None:
    """0.1 + 0.2 is not 0.3: sums of the same money in another order must not look like a change."""
    found = compare(np.full(14, 0.3), days(0.1 + 0.2, 0.3, 0.1 + 0.2))
    assert (found.welch_p, found.cohens_d) == (1, 0)


def test_one_period_without_spread_is_tested_against_the_other() -> None:
    found = compare(days(8, 9, 10, 11, 12), np.zeros(3))
    assert found.reason is None
    assert found.welch_p is not None and found.welch_p < 0.001
    assert found.effect_size == "very large"


def test_a_baseline_of_nothing_has_no_relative_change() -> None:
    found = compare(np.zeros(7), days(1, 2, 3))
    assert (found.delta, found.relative) == (2, None)


def test_below_a_negative_mean_is_a_negative_change() -> None:
    assert compare(days(-1, -2, -3), days(-4, -4, -5)).relative == pytest.approx(-7 / 6)


@pytest.mark.parametrize(
    ("shift", "name"),
    [(0.1, "negligible"), (0.3, "small"), (0.6, "medium"), (1.0, "large"), (1.3, "very large"), (-1.3, "very large")],
)
def test_effects_are_named_by_their_size(shift: float, name: str) -> None:
    spread = np.tile([-1.0, 1.0], 200)
    assert compare(spread, spread + shift).effect_size == name


def test_of_periods_without_a_change_five_in_a_hundred_look_changed_at_five_percent() -> None:
    rng = np.random.default_rng(6)
    figures = rng.poisson(30, (1000, 21)) * 1.0
    chances = [compare(row[:14], row[14:]) for row in figures]
    for name in ("welch_p", "mann_whitney_p"):
        assert np.mean([getattr(found, name) <= 0.05 for found in chances]) == pytest.approx(0.05, abs=0.02)


def test_long_periods_are_tested_in_no_time() -> None:
    """The exact rank test of 20,000 against 7 days takes many seconds."""
    rng = np.random.default_rng(1)
    assert compare(rng.normal(size=20_000), rng.normal(size=7)).mann_whitney_p is not None


@given(p_values=chances)
def test_q_values_are_those_of_benjamini_and_hochberg(p_values: list[float | None]) -> None:
    from scipy.stats import false_discovery_control

    found = false_discovery(p_values)
    assert [q is None for q in found] == [p is None for p in p_values]
    known = [p for p in p_values if p is not None]
    if known:
        assert [q for q in found if q is not None] == pytest.approx(false_discovery_control(known), rel=1e-9)


@given(p_values=chances)
def test_a_q_is_never_below_its_p_and_keeps_the_order(p_values: list[float | None]) -> None:
    pairs = [(p, q) for p, q in zip(p_values, false_discovery(p_values), strict=True) if p is not None]
    assert all(q is not None and p <= q * (1 + 1e-12) <= 1 + 1e-9 for p, q in pairs)
    in_order = [q for _, q in sorted(pairs)]
    assert in_order == sorted(in_order)  # type: ignore[type-var]


def test_nan_is_no_test_and_what_is_no_chance_is_refused() -> None:
    assert false_discovery([]) == []
    assert false_discovery([0.01, math.nan, None, 0.02]) == [0.02, None, None, 0.02]
    with pytest.raises(ValueError, match="between 0 and 1"):
        false_discovery([1.5])


FIXED = SeverityThresholds(critical=0.2, warning=0.05, least_share=0.01)
ADAPTIVE = FIXED.model_copy(update={"adaptive": True, "min_weeks": 10})
CALM = np.linspace(-0.05, 0.05, 21)


@pytest.mark.parametrize(
    ("impact", "expected"),
    [(-0.3, "critical"), (0.2, "critical"), (0.1, "warning"), (-0.05, "warning"), (0.02, "info"), (0.0, "info")],
)
def test_the_share_at_stake_decides(impact: float, expected: str) -> None:
    assert severity(impact, None, None, FIXED) == expected


def test_an_unknown_impact_is_a_warning() -> None:
    for impact in (None, math.nan, math.inf):
        assert severity(impact, -0.9, CALM, FIXED) == "warning"


def test_in_a_calm_account_less_is_critical_than_in_a_restless_one() -> None:
    assert severity(0.1, -0.08, CALM, ADAPTIVE) == "critical"
    assert severity(0.1, -0.045, CALM, ADAPTIVE) == "warning"
    assert severity(0.1, -0.02, CALM, ADAPTIVE) == "info"
    assert severity(0.3, -0.08, 10 * CALM, ADAPTIVE) == "info"


@pytest.mark.parametrize(
    "history", [None, CALM[:9], np.r_[CALM[:9], np.full(9, math.nan)]], ids=["none", "short", "unknown"]
)
def test_with_too_little_history_the_share_decides(history: Array | None) -> None:
    assert severity(0.1, 0.9, history, ADAPTIVE) == "warning"
    assert severity(0.3, None, CALM, ADAPTIVE) == "critical"


def test_next_to_nothing_at_stake_is_info_however_odd() -> None:
    assert severity(0.001, 5.0, CALM, ADAPTIVE) == "info"


def test_no_change_in_a_history_without_change_is_info() -> None:
    assert severity(0.1, 0.0, np.zeros(20), ADAPTIVE) == "info"


@settings(max_examples=200, deadline=None)
@given(
    impact=st.one_of(st.none(), st.floats()), relative=st.one_of(st.none(), st.floats()),
    history=st.one_of(st.none(), any_days), adaptive=st.booleans(),
)  # fmt: skip
def test_every_change_has_a_severity(
    impact: float | None, relative: float | None, history: Array | None, adaptive: bool
) -> None:
    thresholds = SeverityThresholds(adaptive=adaptive, min_weeks=2)
    assert severity(impact, relative, history, thresholds) in ("critical", "warning", "info")


def test_thresholds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="begin below"):
        SeverityThresholds(critical=0.01, warning=0.1)
    with pytest.raises(ValueError, match="must rise"):
        EvidenceRules(small=0.9)
