"""From a budget of false alarms to thresholds, and from a person's verdicts to that client's own.

Belongs here: how rare a score is by chance, for each kind, and the thresholds that follow. Does not: scores.

Each kind's detector has a score; how often chance alone exceeds it falls off exponentially, measured on invented
accounts that hold planned changes, sales, launches, missing rows and noise of every size, but not the anomaly
(`bench/anomalies.py --calibrate`). A budget such as "one false alarm in 150 campaign-weeks" is shared by the kinds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

REFERENCE_WEEKS = 150
"""The budget for which `Curve.threshold` is stated."""


@dataclass(frozen=True)
class Curve:
    """False alarms of one kind: `threshold` is the score for REFERENCE_WEEKS, `step` what the score must rise for false
    alarms to become e times rarer, `least` the lowest score that is ever believed."""

    threshold: float
    step: float
    least: float


CURVES: Mapping[str, Curve] = {
    "spend_spike": Curve(3.35, 0.50, 2.3),
    "performance_drop": Curve(3.3, 0.35, 2.75),
    "revenue_spike": Curve(3.5, 0.35, 2.7),
    "ctr_decline": Curve(3.1, 0.85, 2.2),
}
"""Kinds whose score says how sure they are. An exhausted budget is a matter of fact: rows say that nothing was spent."""


Word = Literal["real", "noise"]
REAL: Word = "real"
NOISE: Word = "noise"


@dataclass(frozen=True)
class Verdict:
    """What a person said of a finding. The campaign is None where it was a channel's or the account's."""

    finding_id: str
    kind: str
    campaign: str | None
    start: date
    end: date
    real: bool


PRIOR = 2.0
"""Verdicts of either kind that are assumed beside the client's own: one verdict moves a little."""


def threshold(kind: str, weeks: float, verdicts: tuple[Verdict, ...] = ()) -> float:
    """The score a finding of a kind needs for at most one false alarm in `weeks` campaign-weeks, all kinds together.

    Each verdict "noise" makes the client's findings of that kind rarer, each "real" easier to come by: the budget is
    multiplied by (noise + PRIOR) / (real + PRIOR). ValueError for weeks <= 0; KeyError for a kind without a curve.
    """
    if not weeks > 0:
        raise ValueError(f"weeks must be above 0; got {weeks}")
    curve = CURVES[kind]
    noise = sum(not v.real for v in verdicts if v.kind == kind)
    real = sum(v.real for v in verdicts if v.kind == kind)
    wanted = weeks * (noise + PRIOR) / (real + PRIOR)
    return max(curve.least, curve.threshold + curve.step * math.log(wanted / REFERENCE_WEEKS))


def weeks_between(kind: str, score: float) -> float | None:
    """Campaign-weeks in which chance brings one such score of the kind; None for kinds that are a matter of fact."""
    curve = CURVES.get(kind)
    return REFERENCE_WEEKS * math.exp((score - curve.threshold) / curve.step) if curve else None


def dismissed(verdicts: tuple[Verdict, ...], kind: str, campaign: str | None, start: date, end: date) -> bool:
    """Whether a person called this finding noise, also if its days have shifted since."""
    return any(
        not v.real and v.kind == kind and v.campaign == campaign and v.start <= end and start <= v.end for v in verdicts
    )
