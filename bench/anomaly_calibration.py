"""How often the project's anomaly detector cries wolf, by threshold: the figures behind `calibration.CURVES`.

Belongs here: false alarms of each kind on every rung of a ladder of thresholds, the curve fitted to them, and what
budgets come to. Does not: the accounts, what a false alarm is (`event_scorer`), the detector.

A rung is a run of the whole detector, since thresholds decide which days become one finding. Several folders of
accounts count the same, however large. Started by `anomalies.py --calibrate`.
"""

from __future__ import annotations

import json
import math
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import event_scorer
import numpy as np
import polars as pl
from event_scorer import View
from numpy.typing import NDArray
from own_detector import ours

from adtech_assets.insight.detection import calibration
from adtech_assets.settings import Insight

LADDER = tuple(round(2.2 + 0.2 * rung, 1) for rung in range(15))
#: The part of a curve that is fitted, in campaign-weeks per false alarm of the kind: where budgets of 75 to 750
#: campaign-weeks put each of four kinds.
OFTENEST, RAREST = 300.0, 3000.0
BUDGETS = (50.0, 150.0, 400.0)
WEEK = 7
IN_FORCE = calibration.CURVES


@dataclass(frozen=True)
class Fit:
    """False alarms of a kind in a campaign-week: exp(-(score - start) / step)."""

    start: float
    step: float

    def score(self, weeks: float) -> float:
        """Where one false alarm comes in so many campaign-weeks."""
        return self.start + self.step * math.log(weeks)


@dataclass(frozen=True)
class Run:
    """One run of the detector: a budget with the curves in force, or one threshold for all kinds."""

    weeks: float = calibration.REFERENCE_WEEKS
    threshold: float | None = None

    def settings(self) -> Insight:
        """Settings of the run; puts its curves in force, in this process."""
        alike = calibration.Curve(self.threshold or 0.0, 1.0, 0.0)
        calibration.CURVES = dict.fromkeys(IN_FORCE, alike) if self.threshold else IN_FORCE
        return Insight(false_alarm_weeks=self.weeks)


def strict_views(folders: Sequence[Path], runs: Sequence[Run]) -> list[list[View]]:
    """[run][folder]: the strict counts over a folder's accounts."""
    labels = [sorted(folder.glob("*.labels.json")) for folder in folders]
    # A forked process can hang in polars.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        of_folders = [list(pool.map(_of_account, paths, [runs] * len(paths))) for paths in labels]
    return [
        [event_scorer.total(account[at] for account in accounts)["strict"] for accounts in of_folders]
        for at in range(len(runs))
    ]


def _of_account(labels: Path, runs: Sequence[Run]) -> list[dict[str, View]]:
    frame = pl.read_csv(event_scorer.table_of(labels), try_parse_dates=True)
    known = json.loads(labels.read_text())["anomalies"]
    return [event_scorer.score(ours(frame, run.settings()), known, frame.height) for run in runs]


def fit(scores: NDArray[np.float64], rates: NDArray[np.float64], counts: NDArray[np.int64]) -> Fit:
    """The curve through false alarms per campaign-week, within OFTENEST..RAREST; a point weighs as it was counted.

    ValueError where fewer than two points lie there.
    """
    usable = (rates <= 1 / OFTENEST) & (rates >= 1 / RAREST) & (counts > 0)
    if usable.sum() < 2:
        raise ValueError(
            f"too few accounts: {int(usable.sum())} rungs between one in {OFTENEST:g} and one in {RAREST:g} campaign-weeks"
        )
    slope, at_zero = np.polyfit(scores[usable], np.log(rates[usable]), 1, w=np.sqrt(counts[usable]))
    return Fit(start=float(-at_zero / slope), step=float(-1 / slope))


def calibrate(folders: Sequence[Path]) -> Iterator[str]:
    """Lines to print: false alarms per 100 campaign-weeks and F1 of every kind on every rung, then the kinds' curves:
    the score with an equal share of the budget and the rung of the best F1 (a threshold is the higher of the two), the
    step, and the score at which the kind alone uses up the budget (below it nothing is believed)."""
    kinds = tuple(IN_FORCE)
    views = strict_views(folders, [Run(threshold=score) for score in LADDER])
    counts = np.array([[sum(view.kinds[kind].false_alarms for view in rung) for kind in kinds] for rung in views])
    rates = np.array([[_mean([_rate(view, kind) for view in rung]) for kind in kinds] for rung in views])
    f1 = np.array([[_mean([view.kinds[kind].f1 for view in rung]) for kind in kinds] for rung in views])
    yield "  ".join(f"{head:>17}" for head in ("threshold", *kinds))
    for rung, score in enumerate(LADDER):
        cells = (f"{100 * rate:9.2f} F1 {good:.3f}" for rate, good in zip(rates[rung], f1[rung], strict=True))
        yield "  ".join(f"{cell:>17}" for cell in (f"{score}", *cells))
    yield "  ".join(f"{head:>17}" for head in ("kind", "share of budget", "best F1", "step", "least"))
    for at, kind in enumerate(kinds):
        curve = fit(np.array(LADDER), rates[:, at], counts[:, at])
        share, alone = (curve.score(n * calibration.REFERENCE_WEEKS) for n in (len(kinds), 1))
        figures = (share, LADDER[int(f1[:, at].argmax())], curve.step, max(alone, LADDER[0]))
        yield "  ".join([f"{kind:>17}", *(f"{figure:17.2f}" for figure in figures)])


def verify(folders: Sequence[Path]) -> Iterator[str]:
    """Lines to print: what each budget comes to with the curves in force, false alarms per 100 campaign-weeks."""
    yield "  ".join(f"{head:>17}" for head in ("one in weeks", "stated", "measured", "F1", *event_scorer.KINDS))
    for weeks, views in zip(BUDGETS, strict_views(folders, [Run(weeks=weeks) for weeks in BUDGETS]), strict=True):
        measured = _mean([view.false_alarms_per_100_weeks for view in views])
        kinds = [_mean([100 * _rate(view, kind) for view in views]) for kind in event_scorer.KINDS]
        f1 = _mean([view.all.f1 for view in views])
        yield "  ".join(f"{figure:17.3g}" for figure in (weeks, 100 / weeks, measured, f1, *kinds))


def _rate(view: View, kind: str) -> float:
    """False alarms in a campaign-week."""
    return WEEK * view.kinds[kind].false_alarms / view.rows


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
