"""How good the alerts of a detector are against labelled windows: the score of the Numenta Anomaly Benchmark, and counts.

Belongs here: scoring of alerts that a detector raised by itself. Not here: detectors, data, thresholds fitted to labels.

The score follows the standard profile of Lavin & Ahmad 2015, "Evaluating real-time anomaly detection algorithms: the
Numenta Anomaly Benchmark" (arXiv 1510.03336): a window pays once, by the place of its earliest alert; every alert
outside costs, little just after a window and in full far from it; a window without an alert costs. The first part of a
file is probation and does not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Window = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Profile:
    """What is paid and charged. The defaults are the standard profile."""

    hit: float = 1.0
    """earned by an alert at the very start of a window"""
    false_alert: float = 0.11
    """charged at most for one alert outside all windows"""
    miss: float = 1.0
    """charged for a window without an alert"""
    probation_share: float = 0.15
    """share of the file's points at its beginning that do not count"""
    probation_most: int = 750
    """and never more points than this"""
    steepness: float = 5.0
    """of the sigmoid over the relative position: -1 is a window's start, 0 its end"""
    far: float = 3.0
    """window lengths after which a false alert costs in full"""


STANDARD = Profile()


@dataclass(frozen=True)
class Tally:
    """Counts of one file, or the sum over several."""

    raw: float = 0.0
    null: float = 0.0
    perfect: float = 0.0
    windows: int = 0
    found: int = 0
    false_alerts: int = 0
    false_days: int = 0
    days: int = 0
    """file-days with at least one point outside windows and probation"""

    @property
    def nab(self) -> float:
        """0 is a detector that never alerts, 100 one alert at each window's start; nan without windows."""
        return 100 * (self.raw - self.null) / (self.perfect - self.null) if self.windows else float("nan")

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false_days, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.windows, 1)

    @property
    def f1(self) -> float:
        """Of windows: a found window is one hit, a day with an alert outside is one false alarm."""
        return 2 * self.found / max(self.found + self.false_days + self.windows, 1)


def probation_points(points: int, profile: Profile = STANDARD) -> int:
    """How many points at the start of a file do not count."""
    return min(int(points * profile.probation_share), profile.probation_most)


def position_weight(position: NDArray[np.float64], profile: Profile = STANDARD) -> NDArray[np.float64]:
    """From almost 1 at a window's start (-1) over 0 at its end (0) to -1 far behind it; above `far`, -1 exactly."""
    bounded = np.minimum(position, profile.far)
    weight = 2 / (1 + np.exp(profile.steepness * bounded)) - 1
    return np.where(position > profile.far, -1.0, weight)


def score(
    timestamps: pl.Series, alerts: NDArray[np.bool_], windows: Sequence[Window], profile: Profile = STANDARD
) -> Tally:
    """Score one file.

    Args:
        timestamps: of the points, ascending, Datetime; rows may be missing.
        alerts: one boolean per point.
        windows: start and end of each label, both inclusive. Windows that end within probation are left out.

    Raises:
        ValueError: alerts and timestamps differ in length, or the timestamps do not ascend.
    """
    when = timestamps.cast(pl.Datetime("us")).to_numpy()
    if len(alerts) != len(when):
        raise ValueError(f"{len(alerts)} alerts for {len(when)} points")
    if len(when) > 1 and not (np.diff(when) > np.timedelta64(0)).all():
        raise ValueError("timestamps must ascend")
    first = probation_points(len(when), profile)
    counts = np.arange(len(when)) >= first
    alerts = np.asarray(alerts, dtype=bool) & counts
    spans = [span for w in sorted(windows) if (span := _span(when, w))[1] > max(span[0], first)]
    inside = np.zeros(len(when), dtype=bool)
    raw, found = 0.0, 0
    best = float(position_weight(np.array([-1.0]), profile)[0])
    for left, right in spans:
        inside[left:right] = True
        hits = np.flatnonzero(alerts[left:right])
        if not len(hits):
            raw -= profile.miss
            continue
        found += 1
        place = -np.array([(right - left) - hits[0]]) / (right - left)
        raw += profile.hit * float(position_weight(place, profile)[0]) / best
    outside = np.flatnonzero(alerts & ~inside)
    raw += profile.false_alert * float(_cost(outside, spans, profile).sum())
    days = timestamps.dt.date().to_numpy()
    return Tally(
        raw=raw, null=-profile.miss * len(spans), perfect=profile.hit * len(spans), windows=len(spans), found=found,
        false_alerts=len(outside), false_days=len(np.unique(days[outside])), days=len(np.unique(days[counts & ~inside])),
    )  # fmt: skip


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum over files: a window weighs the same in every file."""
    names = Tally.__dataclass_fields__
    listed = list(tallies)
    return Tally(**{name: sum(getattr(t, name) for t in listed) for name in names})


def _span(when: NDArray[np.datetime64], window: Window) -> tuple[int, int]:
    start, end = (np.datetime64(edge, "us") for edge in window)
    return int(np.searchsorted(when, start, "left")), int(np.searchsorted(when, end, "right"))


def _cost(outside: NDArray[np.int64], spans: list[tuple[int, int]], profile: Profile) -> NDArray[np.float64]:
    """Minus 1 to 0 for each alert outside: by the distance from the last window, in lengths of that window."""
    if not spans:
        return np.full(len(outside), -1.0)
    lasts = np.array([right - 1 for _, right in spans])
    lengths = np.array([max(right - left - 1, 1) for left, right in spans])
    before = np.searchsorted(lasts, outside, "left") - 1
    distance = (outside - lasts[before]) / lengths[before]
    return np.where(before < 0, -1.0, position_weight(distance, profile))
