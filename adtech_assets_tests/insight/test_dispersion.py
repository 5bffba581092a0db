"""Counts and money on a scale of variance 1, and the exact tail of small counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.detection.calibration import CURVES
from adtech_assets.insight.detection.dispersion import amount_of, low_count_score, stable


def scores(count: Array | list[float], expected: Array | float, variance: Array | float = 0.0) -> Array:
    count = np.asarray(count, dtype=float)
    return low_count_score(count, np.broadcast_to(expected, count.shape), np.broadcast_to(variance, count.shape))


def test_the_score_of_a_low_count_is_the_tail_of_a_negative_binomial() -> None:
    from scipy.stats import nbinom, norm

    rng = np.random.default_rng(1)
    expected, variance = rng.uniform(0.5, 300, 500), rng.uniform(1e-3, 0.5, 500)
    count = np.floor(expected * rng.uniform(0.2, 1.5, 500))
    size = 1 / variance
    chance = size / (size + expected)
    middle = (nbinom.cdf(count, size, chance) + nbinom.cdf(count - 1, size, chance)) / 2
    likely = (middle > 1e-10) & (middle < 1 - 1e-10)
    assert likely.sum() > 400
    assert scores(count, expected, variance)[likely] == pytest.approx(-norm.ppf(middle[likely]), rel=1e-6, abs=1e-9)


def test_twenty_instead_of_forty_are_something_and_two_instead_of_four_are_not() -> None:
    half = scores([2, 20, 200], np.array([4, 40, 400]))
    assert half[0] < 1.2
    assert half[1] > CURVES["performance_drop"].threshold
    assert half[2] > 2 * half[1]


@settings(max_examples=100, deadline=None)
@given(expected=st.floats(0.01, 1e5), variance=st.floats(0, 1))
def test_fewer_are_more_surprising_and_so_is_the_same_where_more_were_expected(
    expected: float, variance: float
) -> None:
    counts = np.floor(np.linspace(0, 3 * expected + 5, 40))
    assert (np.diff(scores(counts, expected, variance)) <= 1e-9).all()
    hopes = np.linspace(0.1, 5, 40) * expected
    same = np.full(40, np.floor(expected))
    assert (np.diff(scores(same, hopes, variance)) >= -1e-9).all()


def test_unknown_and_impossible_figures_give_finite_scores() -> None:
    odd = np.array([0.0, np.nan, 5.0, 1e12, 0.0])
    hoped = np.array([0.0, 5.0, np.nan, 1.0, 1e12])
    assert np.isfinite(low_count_score(odd, hoped, np.array([np.nan, 0.0, 1.0, 1e9, 0.1]))).all()


amounts = st.floats(0, 1e9)
units = st.floats(1e-3, 1e3)
noises = st.floats(0.02, 2)


@settings(max_examples=200, deadline=None)
@given(amount=amounts, unit=units, noise=noises)
def test_the_scale_and_the_way_back_are_inverses(amount: float, unit: float, noise: float) -> None:
    there = stable(np.array([amount]), np.array([unit]), noise)
    assert amount_of(there, np.array([unit]), noise)[0] == pytest.approx(amount, rel=1e-6, abs=1e-6 * unit)


@settings(max_examples=100, deadline=None)
@given(amount=amounts, more=st.floats(1.001, 100), unit=units, noise=noises)
def test_the_scale_rises_with_the_amount_and_the_way_back_with_the_level(
    amount: float, more: float, unit: float, noise: float
) -> None:
    amount += unit
    low, high = stable(np.array([amount, more * amount]), np.full(2, unit), noise)
    assert low < high
    back = amount_of(np.linspace(-50, 50, 101), np.full(101, unit), noise)
    assert (np.diff(back) >= 0).all() and (back >= 0).all() and np.isfinite(back).all()


@pytest.mark.parametrize(("unit", "noise"), [(1.0, 0.05), (1.0, 0.4), (50.0, 0.2)])
@pytest.mark.parametrize("units_expected", [10, 100, 3000])
def test_on_the_scale_amounts_have_variance_one_whatever_their_size(
    unit: float, noise: float, units_expected: int
) -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(units_expected * rng.gamma(1 / noise**2, noise**2, 20_000))
    spread = stable(unit * counts, np.full(20_000, unit), noise).std()
    assert spread == pytest.approx(1, abs=0.12)
