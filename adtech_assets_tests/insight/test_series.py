"""score_series: what it finds, that it looks at nothing later, and that no series breaks it."""

import datetime as dt
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight import SeriesSettings, score_series
from adtech_assets_tests.insight.labelled_series import MAKERS, PRICES

START = dt.datetime.fromisoformat("2025-03-03T00:00")
GRAINS = [dt.timedelta(minutes=15), dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(weeks=1)]
HOUR, DAY = GRAINS[1], GRAINS[2]
QUIET_DAYS = 4
"""days with an alert in 100 days without events, at most"""


@pytest.fixture(autouse=True)
def warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def times(points: int, step: dt.timedelta = HOUR) -> list[dt.datetime]:
    return [START + i * step for i in range(points)]


def prices(points: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.exp(0.3 * np.sin(np.arange(points) * np.pi / 12) + rng.normal(0, 0.08, points))


def test_nearly_all_spikes_of_prices_are_alerted_and_quiet_prices_are_quiet() -> None:
    height = np.sqrt(np.prod(PRICES.spike_size))  # the middle one of those that are made
    found, alarmed, days = 0, 0, 0
    for seed in range(10):
        quiet = MAKERS["prices 1h"](seed, quiet=True)
        alerts = score_series(quiet.timestamps, quiet.values).alerts
        alarmed += quiet.timestamps.filter(pl.Series(alerts)).dt.date().n_unique()
        days += quiet.timestamps.dt.date().n_unique()
        values, at = quiet.values.copy(), 900 + 31 * seed
        values[at] += height * values.std()
        found += bool(score_series(quiet.timestamps, values).alerts[at])
    assert found >= 8
    assert 100 * alarmed / days <= QUIET_DAYS


def test_an_outage_of_counts_is_alerted_within_a_few_hours() -> None:
    made = MAKERS["purchases 1h"](4, quiet=True)
    values = made.values.copy()
    values[1402:1412] = 0
    assert score_series(made.timestamps, values).alerts[1402:1408].any()


@pytest.mark.parametrize("step", GRAINS, ids=str)
def test_a_point_five_times_as_high_is_alerted_at_every_grain(step: dt.timedelta) -> None:
    values = np.exp(np.random.default_rng(1).normal(0, 0.08, 300))
    values[200] *= 5
    scores, alerts = score_series(times(300, step), values)
    assert alerts[200] and scores[200] == scores.max()
    assert not alerts[:200].any()


def test_alerts_are_scores_of_at_least_one_and_rest_for_the_cool_down() -> None:
    values = prices(600)
    values[400:420] *= 6
    scores, alerts = score_series(times(600), values)
    assert (scores[alerts] >= 1).all()
    assert alerts[400] and alerts[401:420].sum() <= 1 < (scores[400:420] >= 1).sum()


def test_values_below_zero_are_watched_by_differences() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 10, 400)
    values[300] = -120
    scores, alerts = score_series(times(400, DAY), values)
    assert alerts[300] and alerts.sum() <= 3
    assert score_series(times(400, DAY), 7 * values).scores == pytest.approx(scores)


def test_the_first_value_below_zero_of_a_positive_series_is_alerted() -> None:
    values = prices(500)
    values[400] = -3
    assert score_series(times(500), values).alerts[400]


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_size_of_amounts_does_not_matter(factor: float) -> None:
    values = prices(400) + 0.001
    assert score_series(times(400), factor * values).scores == pytest.approx(score_series(times(400), values).scores)


def test_sensitivity_scales_scores() -> None:
    usual = score_series(times(300), prices(300)).scores
    assert score_series(times(300), prices(300), SeriesSettings(sensitivity=1.2)).scores == pytest.approx(1.2 * usual)


@pytest.mark.parametrize("kind", MAKERS)
def test_later_points_change_no_earlier_score(kind: str) -> None:
    made = MAKERS[kind](11)
    scores, alerts = score_series(made.timestamps, made.values)
    for share in (0.35, 0.8):
        cut = int(share * len(scores))
        early = score_series(made.timestamps[:cut], made.values[:cut])
        assert (early.scores == scores[:cut]).all()
        assert (early.alerts == alerts[:cut]).all()


@pytest.mark.parametrize("step", [HOUR, DAY], ids=str)
def test_later_points_change_no_earlier_score_of_rare_counts(step: dt.timedelta) -> None:
    """A prefix that ends in zeros has just as many other values as scoring needs."""
    values = np.random.default_rng(53).poisson(0.1, 300).astype(float)
    enough = np.flatnonzero(values)[19 if step == HOUR else 7]
    scores = score_series(times(300, step), values).scores
    assert scores[enough + 1] > 0
    for cut in (enough, enough + 1, enough + 2, enough + 3):
        assert (score_series(times(cut, step), values[:cut]).scores == scores[:cut]).all()


NUMBERS = st.one_of(
    st.none(), st.just(0.0), st.integers(0, 9), st.floats(-1e3, 1e3), st.floats(allow_nan=True, allow_infinity=True)
)
STEPS = st.sampled_from(GRAINS)


@settings(max_examples=40, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=90), STEPS, st.data())
def test_no_numbers_break_it_and_any_prefix_scores_the_same(
    values: list[float | None], step: dt.timedelta, data: st.DataObject
) -> None:
    scores, alerts = score_series(times(len(values), step), values)
    assert len(scores) == len(alerts) == len(values)
    assert np.isfinite(scores).all() and (scores >= 0).all()
    cut = data.draw(st.integers(0, len(values)))
    early = score_series(times(cut, step), values[:cut])
    assert (early.scores == scores[:cut]).all()
    assert (early.alerts == alerts[:cut]).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.sets(st.integers(30, 219), max_size=60), STEPS, st.booleans())
def test_order_does_not_matter_and_points_may_be_missing(
    seed: int, missing: set[int], step: dt.timedelta, counts: bool
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.poisson(0.4, 220).astype(float) if counts else prices(220, seed)
    when = pl.Series(times(220, step))
    gaps = [None if i in missing else float(x) for i, x in enumerate(values)]
    scores, alerts = score_series(when, gaps)
    kept = np.setdiff1d(rng.permutation(220), list(missing))
    rng.shuffle(kept)
    shuffled = score_series(when[kept], values[kept])
    assert (shuffled.scores == scores[kept]).all()
    assert (shuffled.alerts[np.argsort(kept)] <= alerts[np.sort(kept)]).all()


@pytest.mark.parametrize("step", GRAINS, ids=str)
@pytest.mark.parametrize("value", [None, 0, 3, 0.1, -7.5, 1e300, 5e-324])
def test_series_that_never_change_have_no_alerts(value: float | None, step: dt.timedelta) -> None:
    scores, alerts = score_series(times(200, step), [value] * 200)
    assert not alerts.any()
    assert (scores < 1).all()


@pytest.mark.parametrize("points", [0, 1, 2, 5])
def test_a_handful_of_points_has_no_alerts(points: int) -> None:
    scores, alerts = score_series(times(points), [1e6, 0, 1, 2, 3][:points])
    assert scores.tolist() == [0] * points
    assert alerts.tolist() == [False] * points


def test_dates_lists_numpy_and_polars_are_all_taken() -> None:
    values = prices(60)
    days = [day.date() for day in times(60, DAY)]
    expected = score_series(days, values).scores
    for when in (pl.Series(days), times(60, DAY), np.array(days, dtype="datetime64[D]"), pl.Series(times(60, DAY))):
        assert (score_series(when, values).scores == expected).all()
    for numbers in (values.tolist(), pl.Series(values), values.astype(object)):
        assert (score_series(days, numbers).scores == expected).all()


def test_days_and_hours_of_a_time_zone_are_regular_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = pl.datetime_range(START, START + 999 * HOUR, "1h", time_zone="UTC", eager=True)
    days = pl.Series([day.replace(tzinfo=zone) for day in times(60, DAY)]).dt.convert_time_zone("Europe/Berlin")
    assert len(score_series(hours.dt.convert_time_zone("Europe/Berlin"), prices(1000)).scores) == 1000
    assert len(score_series(days, prices(60)).scores) == 60


def test_what_cannot_be_scored_is_refused_with_its_reason() -> None:
    when, values = times(50), prices(50)
    with pytest.raises(ValueError, match="49 timestamps for 50 values"):
        score_series(when[1:], values)
    with pytest.raises(ValueError, match="2025-03-03 00:00:00 is there twice"):
        score_series([when[0], *when[:-1]], values)
    with pytest.raises(ValueError, match="2025-03-05 01:17:00 is off the grid of 1:00:00"):
        score_series([*when[:-1], when[-1] + dt.timedelta(minutes=17)], values)
    with pytest.raises(ValueError, match="50 points on a grid of 87649"):
        score_series([*when[:-1], when[0] + 87_648 * HOUR], values)
    with pytest.raises(ValueError, match="must be dates or datetimes, not Int64"):
        score_series(list(range(50)), values)
    with pytest.raises(ValueError, match="1 of 50 timestamps are unknown"):
        score_series([None, *when[1:]], values)
    with pytest.raises(ValueError, match="values must be numbers"):
        score_series(when, ["many"] * 50)


def test_asking_the_package_for_it_is_what_imports_numpy() -> None:
    code = "import sys, adtech_assets.insight as i; a = 'numpy' in sys.modules; i.score_series; print(a, 'numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(("points", "step", "seconds"), [(1600, HOUR, 1.4), (365, DAY, 0.3)])
def test_it_is_fast(points: int, step: dt.timedelta, seconds: float) -> None:
    values = prices(points)
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        score_series(times(points, step), values)
        best = min(best, time.process_time() - start)
    assert best < seconds
