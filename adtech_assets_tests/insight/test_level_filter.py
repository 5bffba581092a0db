"""The level filter: it follows what stays, ignores what does not, and learns weekdays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.detection.level_filter import Filtered, Observations, Tuning, run_filter

TUNING = Tuning()
FIELDS = ("level", "season", "level_variance", "variance", "noise", "points", "shared")


def filtered(amounts: Array, unit: float = 0.0, ratio: bool = True) -> Filtered:
    """Series [series, day] by themselves, with a season of seven days."""
    seen = Observations(amounts, np.ones(amounts.shape), np.full(amounts.shape, unit), np.full(len(amounts), ratio))
    return run_filter(seen, [(np.arange(amounts.shape[1]) % 7, 7)], TUNING)


def noisy(points: int = 60, series: int = 1, seed: int = 1) -> Array:
    return np.asarray(100 * np.random.default_rng(seed).gamma(200, 1 / 200, (series, points)))


@pytest.mark.parametrize("step", [0.4, 2.5])
def test_a_step_is_followed_within_four_points(step: float) -> None:
    amounts = noisy()
    amounts[:, 40:] *= step
    expected = np.exp(filtered(amounts).level[0] + filtered(amounts).season[0])
    assert abs(np.log(expected[40] / 100)) < 0.1, "the step itself was not to be expected"
    assert (np.abs(np.log(expected[44:] / (100 * step))) < 0.25).all()
    assert np.abs(np.log(expected[50:] / (100 * step))).mean() < 0.1


@pytest.mark.parametrize("outlier", [0.01, 10.0, 1000.0])
def test_one_outlier_moves_the_level_no_more_than_an_ordinary_large_day(outlier: float) -> None:
    plain, odd = noisy(), noisy()
    odd[:, 40] *= outlier
    moved = np.abs(filtered(odd).level - filtered(plain).level)[0, 1:]
    assert (moved[:40] == 0).all()
    assert moved[40:].max() < 0.12


def test_a_weekday_pattern_is_learnt() -> None:
    amounts = noisy(70)
    amounts[:, 5::7] *= 0.4
    amounts[:, 6::7] *= 0.4
    found = filtered(amounts)
    expected = np.exp(found.level + found.season)[0, 56:]
    weekend = np.arange(56, 70) % 7 >= 5
    assert np.abs(np.log(expected[weekend] / 40)).max() < 0.2
    assert np.abs(np.log(expected[~weekend] / 100)).max() < 0.2


def test_points_without_a_value_change_nothing_but_the_doubt() -> None:
    amounts = noisy()
    amounts[:, 40:50] = np.nan
    found = filtered(amounts)
    assert (found.level[0, 40:51] == found.level[0, 40]).all()
    assert (found.points[0, 40:51] == 40).all()
    assert found.level_variance[0, 50] > found.level_variance[0, 40]
    assert not np.isnan(found.level[0, 1:]).any()
    silent = np.full((1, 20), np.nan)
    assert np.isnan(filtered(silent).level).all() and (filtered(silent).points == 0).all()


def test_a_series_is_measured_per_unit_of_another_amount() -> None:
    shown = noisy()
    seen = Observations(0.03 * shown, shown, np.ones(shown.shape), np.array([False]))
    level = run_filter(seen, [], TUNING).level[0, 1:]
    assert np.exp(level) == pytest.approx(0.03, rel=1e-6)


figures = st.lists(st.one_of(st.just(float("nan")), st.just(0.0), st.floats(0.01, 1e5)), min_size=30, max_size=60).map(
    lambda values: np.array([values])
)


@settings(max_examples=50, deadline=None)
@given(amounts=figures, scale=st.floats(1e-3, 1e3), counts=st.booleans())
def test_another_currency_shifts_levels_by_its_log_and_changes_nothing_else(
    amounts: Array, scale: float, counts: bool
) -> None:
    unit = 1.0 if counts else 0.0
    one, other = filtered(amounts, unit, not counts), filtered(scale * amounts, scale * unit, not counts)
    assert other.level == pytest.approx(one.level + np.log(scale), rel=1e-6, abs=1e-6, nan_ok=True)
    for name in FIELDS[1:]:
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-6, nan_ok=True), name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), series=st.integers(2, 6), data=st.data())
def test_the_order_of_series_does_not_matter(seed: int, series: int, data: st.DataObject) -> None:
    amounts = noisy(40, series, seed)
    amounts[np.random.default_rng(seed).random(amounts.shape) < 0.2] = np.nan
    order = np.array(data.draw(st.permutations(range(series))))
    one, other = filtered(amounts), filtered(amounts[order])
    for name in FIELDS:
        assert np.array_equal(getattr(one, name)[order], getattr(other, name), equal_nan=True), name


@settings(max_examples=25, deadline=None)
@given(amounts=figures, cut=st.integers(1, 29), later=st.floats(0.01, 1e5))
def test_what_was_known_of_a_point_hangs_on_no_later_one(amounts: Array, cut: int, later: float) -> None:
    changed = amounts.copy()
    changed[:, cut:] = later
    one, other = filtered(amounts), filtered(changed)
    for name in FIELDS[:-1]:
        assert np.array_equal(getattr(one, name)[:, : cut + 1], getattr(other, name)[:, : cut + 1], equal_nan=True)
