"""Alerts of score_series on labelled series, with simple detectors beside it, on seeds nobody tuned on.

For each type of series: the Numenta score of the detector's own alerts (0 = never alerts, 100 = perfect), windows found,
days with an alert outside windows and probation, F1 of windows; on the same series without events, days with an alert
per 100 days. Prints a table; asserts nothing.

    python bench/series.py [--seeds 20] [--first 100000] [--types "prices 1h,purchases 1d"] [--only ours]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from adtech_assets_tests.insight.labelled_series import MAKERS
from bench.window_scorer import probation_points, score, total

Floats = NDArray[np.float64]
Alerts = NDArray[np.bool_]
Detector = Callable[[pl.Series, Floats], Alerts]

UNSEEN = 100_000
"""seeds from here on are for this table only: tune on lower ones"""
WEEK = 168
"""points of the rolling window"""
MAD_TO_SD = 1.4826


def ours(timestamps: pl.Series, values: Floats) -> Alerts:
    from adtech_assets.insight.single_series.scoring import score_series

    _, alerts = score_series(timestamps, values)
    return np.asarray(alerts, dtype=bool)


def rolling_z(threshold: float) -> Detector:
    def alerts(_: pl.Series, values: Floats) -> Alerts:
        seen = pl.Series(values).shift(1)
        least = min(WEEK, max(len(values) // 10, 5))
        mean = seen.rolling_mean(WEEK, min_samples=least).to_numpy()
        sd = seen.rolling_std(WEEK, min_samples=least).to_numpy()
        return np.asarray(np.abs(values - mean) > threshold * np.maximum(sd, 1e-12))

    return alerts


def seasonal_robust_z(threshold: float) -> Detector:
    """Against the median of the same hour of the week (weekday, week of the year) so far, by the MAD of what is left."""

    def alerts(timestamps: pl.Series, values: Floats) -> Alerts:
        step = timestamps.diff().median()
        place = pl.col("t").dt.weekday() * 24 + pl.col("t").dt.hour()
        slot = pl.lit(0) if step.days >= 7 else place  # type: ignore[union-attr]
        frame = pl.DataFrame({"t": timestamps, "x": values}).with_columns(slot=slot)
        usual = pl.col("x").shift(1).rolling_median(len(values), min_samples=2).over("slot")
        left = frame.select(left=pl.col("x") - usual)["left"]
        spread = MAD_TO_SD * left.abs().shift(1).rolling_median(4 * WEEK, min_samples=min(WEEK, len(values) // 10))
        return (left.abs() > threshold * spread).fill_null(False).to_numpy()

    return alerts


def isolation_forest(contamination: float = 0.05) -> Detector:
    """On the raw values, the whole series at once: it looks ahead."""

    def alerts(_: pl.Series, values: Floats) -> Alerts:
        from sklearn.ensemble import IsolationForest

        forest = IsolationForest(contamination=contamination, random_state=0, n_estimators=100)
        return np.asarray(forest.fit_predict(values.reshape(-1, 1)) == -1)

    return alerts


def windowed_gaussian(threshold: float, window: int = 6400, step: int = 100) -> Detector:
    """Mean and deviation of all that went before, renewed every `step` points."""

    def alerts(_: pl.Series, values: Floats) -> Alerts:
        found = np.zeros(len(values), dtype=bool)
        hop = min(step, max(len(values) // 10, 1))
        for at in range(hop, len(values), hop):
            past = values[max(at - window, 0) : at]
            found[at : at + hop] = np.abs(values[at : at + hop] - past.mean()) > threshold * max(past.std(), 1e-12)
        return found

    return alerts


def cooled(detector: Detector, share: float = 0.03) -> Detector:
    """Its alerts, each followed by silence for a share of the series."""

    def alerts(timestamps: pl.Series, values: Floats) -> Alerts:
        told = np.zeros(len(values), dtype=bool)
        quiet_until = -1
        for at in np.flatnonzero(detector(timestamps, values)).tolist():
            if at > quiet_until:
                told[at] = True
                quiet_until = at + int(share * len(values))
        return told

    return alerts


def never(_: pl.Series, values: Floats) -> Alerts:
    return np.zeros(len(values), dtype=bool)


PLAIN: dict[str, Detector] = {
    "rolling z > 3": rolling_z(3),
    "rolling z > 6": rolling_z(6),
    "seasonal robust z > 6": seasonal_robust_z(6),
    "isolation forest 5 %": isolation_forest(),
    "windowed Gaussian": windowed_gaussian(8.3),
}
DETECTORS: dict[str, Detector] = {
    "ours": ours,
    **PLAIN,
    **{f"{name}, cool-down": cooled(detector) for name, detector in PLAIN.items()},
    "never": never,
}


def quiet_rate(detector: Detector, kind: str, seeds: range) -> float:
    """Days with an alert after probation, per 100 days, on series without events."""
    alarmed = days = 0
    for seed in seeds:
        when, values, _ = MAKERS[kind](seed, quiet=True).labelled
        alerts = detector(when, values)
        day, first = when.dt.date().to_numpy(), probation_points(len(when))
        alarmed += len(np.unique(day[first:][alerts[first:]]))
        days += len(np.unique(day[first:])) if "1w" not in kind else 7 * (len(when) - first)
    return 100 * alarmed / days


def row(name: str, detector: Detector, kind: str, seeds: range) -> dict[str, Any]:
    start = time.perf_counter()
    tallies = []
    for seed in seeds:
        when, values, windows = MAKERS[kind](seed).labelled
        tallies.append(score(when, detector(when, values), windows))
    sums, seconds = total(tallies), time.perf_counter() - start
    share, false = 14 * sums.recall, 328 * sums.false_days / max(sums.days, 1)
    return {
        "series": kind, "detector": name, "NAB": f"{sums.nab:.1f}", "found": f"{sums.found}/{sums.windows}",
        "false days": f"{sums.false_days}/{sums.days}", "found of 14": f"{share:.1f}", "false of 328": f"{false:.1f}",
        "F1": f"{sums.f1:.2f}", "quiet/100 d": f"{quiet_rate(detector, kind, seeds):.2f}", "s": f"{seconds:.1f}",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=UNSEEN)
    parser.add_argument("--types", default=",".join(MAKERS))
    parser.add_argument("--only", default="", help="names of detectors, parted by ';'")
    wanted = parser.parse_args()
    seeds = range(wanted.first, wanted.first + wanted.seeds)
    names = [name for name in DETECTORS if not wanted.only or name in wanted.only.split(";")]
    rows = []
    for kind in wanted.types.split(","):
        for name in names:
            try:
                rows.append(row(name, DETECTORS[name], kind, seeds))
            except ImportError as missing:
                print(f"{name} is left out: {missing}")
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, tbl_hide_column_data_types=True, fmt_str_lengths=60):
        print(pl.DataFrame(rows))


if __name__ == "__main__":
    main()
