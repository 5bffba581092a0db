"""The scorer against figures worked out by hand."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.window_scorer import Tally, position_weight, score, total

START = dt.datetime.fromisoformat("2025-01-01")
POINTS = 1000
WHEN = pl.datetime_range(START, START + dt.timedelta(hours=POINTS - 1), interval="1h", eager=True)
WINDOWS = [(WHEN[300], WHEN[349]), (WHEN[700], WHEN[749])]


def at(*places: int) -> np.ndarray:
    alerts = np.zeros(POINTS, dtype=bool)
    alerts[list(places)] = True
    return alerts


def test_no_alert_scores_zero_and_one_at_each_start_a_hundred() -> None:
    assert score(WHEN, at(), WINDOWS).nab == 0
    assert score(WHEN, at(300, 700), WINDOWS).nab == pytest.approx(100)


def test_only_the_first_alert_of_a_window_counts() -> None:
    assert score(WHEN, at(325), WINDOWS).nab == score(WHEN, at(325, 326, 340), WINDOWS).nab
    middle = (2 / (1 + np.exp(-2.5)) - 1) / (2 / (1 + np.exp(-5)) - 1)
    assert score(WHEN, at(325), WINDOWS).nab == pytest.approx(100 * (middle + 1) / 4)


def test_a_false_alert_costs_in_full_before_the_first_window_and_little_just_after_one() -> None:
    assert score(WHEN, at(200), WINDOWS).nab == pytest.approx(-100 * 0.11 / 4)
    near, far = score(WHEN, at(350), WINDOWS).nab, score(WHEN, at(699), WINDOWS).nab
    assert near == pytest.approx(-100 * 0.11 * (1 - 2 / (1 + np.exp(5 / 49))) / 4)
    assert far == pytest.approx(-100 * 0.11 / 4)


def test_alerts_in_probation_are_free() -> None:
    assert score(WHEN, at(*range(150)), WINDOWS) == score(WHEN, at(), WINDOWS)


def test_false_days_count_days_and_false_alerts_points() -> None:
    tally = score(WHEN, at(480, 481, 482, 600), WINDOWS)
    assert (tally.false_alerts, tally.false_days, tally.found) == (4, 2, 0)


def test_files_are_summed_by_window() -> None:
    both = total([score(WHEN, at(300, 700), WINDOWS), score(WHEN, at(), WINDOWS[:1])])
    assert both.nab == pytest.approx(100 * (2 - 1 + 3) / (3 + 3))
    assert (both.found, both.windows) == (2, 3)
    assert total([]) == Tally()


def test_missing_rows_move_nothing_but_positions() -> None:
    kept = np.ones(POINTS, dtype=bool)
    kept[400:410] = False
    tally = score(WHEN.filter(pl.Series(kept)), at(300, 700)[kept], WINDOWS)
    assert tally.nab == pytest.approx(100)


def test_alerts_of_another_length_and_timestamps_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="999 alerts for 1000 points"):
        score(WHEN, at()[1:], WINDOWS)
    with pytest.raises(ValueError, match="ascend"):
        score(WHEN.reverse(), at(), WINDOWS)


@given(st.sets(st.integers(0, POINTS - 1), max_size=60))
def test_no_alerts_beat_perfect_ones(places: set[int]) -> None:
    tally = score(WHEN, at(*places), WINDOWS)
    assert tally.nab <= 100 + 1e-9
    assert tally.false_days <= min(tally.false_alerts, tally.days)


def test_weights_fall_from_start_to_far_behind() -> None:
    weights = position_weight(np.linspace(-1, 4, 200))
    assert (np.diff(weights) <= 0).all()
    assert weights[0] == pytest.approx(0.9866, abs=1e-4)
    assert weights[-1] == -1
