"""The invented series keep their promises: same seed same series, windows as agreed, nothing labelled when quiet."""

from itertools import pairwise

import numpy as np
import pytest

from adtech_assets_tests.insight.labelled_series import MAKERS, price_series, purchases_series, weekly_series
from bench.window_scorer import probation_points

KINDS = pytest.mark.parametrize("kind", MAKERS)
SEEDS = range(12)


@KINDS
def test_the_same_seed_gives_the_same_series_and_another_seed_another(kind: str) -> None:
    one, again, other = MAKERS[kind](3), MAKERS[kind](3), MAKERS[kind](7)
    assert one.timestamps.equals(again.timestamps)
    assert one.values.tobytes() == again.values.tobytes()
    assert (one.windows, one.events) == (again.windows, again.events)
    assert one.values.tobytes() != other.values.tobytes()


@KINDS
@pytest.mark.parametrize("quiet", [True, False])
def test_timestamps_ascend_and_values_are_known_and_not_negative(kind: str, quiet: bool) -> None:
    for seed in SEEDS:
        when, values, windows = MAKERS[kind](seed, quiet=quiet).labelled
        assert len(when) == len(values)
        assert when.is_sorted() and when.n_unique() == len(when)
        assert np.isfinite(values).all() and (values >= 0).all()
        assert bool(windows) is not quiet


@KINDS
def test_windows_share_a_tenth_of_the_file_behind_probation_and_do_not_touch(kind: str) -> None:
    for seed in SEEDS:
        when, _, windows = MAKERS[kind](seed).labelled
        assert windows[0][0] > when[probation_points(len(when))]
        assert windows[-1][1] <= when[-1]
        assert all(one[1] < next_[0] for one, next_ in pairwise(windows))
        share = sum((end - start for start, end in windows), when[0] - when[0]) / (when[-1] - when[0])
        assert share == pytest.approx(0.10, abs=0.005)


@KINDS
def test_up_to_its_first_event_a_series_is_the_same_as_without_events(kind: str) -> None:
    for seed in SEEDS:
        loud, quiet = MAKERS[kind](seed), MAKERS[kind](seed, quiet=True)
        start, end = loud.windows[0]
        first = int(loud.timestamps.search_sorted(start + (end - start) / 2))
        assert loud.timestamps.equals(quiet.timestamps)
        assert (loud.values[:first] == quiet.values[:first]).all()
        assert (loud.values[first:] != quiet.values[first:]).any()


def test_each_entry_gives_timestamps_values_and_windows() -> None:
    for when, values, windows in (price_series(1), purchases_series(1), purchases_series(1, "1d"), weekly_series(1)):
        assert len(when) == len(values) > 100
        assert len(windows) >= 2
