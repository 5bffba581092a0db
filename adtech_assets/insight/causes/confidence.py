"""How sure a cause is: the probability that this very segment is the one to blame.

Belongs here: the calibration of a cause's evidence, and a p-value that has paid for all candidates. Does not: evidence.

The search's own posterior is right where accounts are as it models them; real ones are less tidy. The curve is a
logistic regression of "this segment was planted" on the posterior and the evidence of causes in generated accounts
(`bench/drivers.py --calibrate` prints it anew, and the reliability table); `most` is what is never exceeded.
"""

from __future__ import annotations

import math

from pydantic import Field

from adtech_assets.insight.causes.search import Cause
from adtech_assets.settings import Group


class Calibration(Group):
    """Confidence = logistic(start + odds x log odds of the posterior + weight x log(1 + evidence + margin))."""

    start: float = 0.71
    odds: float = 0.51
    weight: float = 0.59
    margin: float = Field(4, description="evidence from which it counts, below 0")
    sure: float = Field(0.995, gt=0.5, lt=1, description="posterior beyond which more of it says nothing")
    doubtful: float = Field(0.02, gt=0, lt=0.5, description="posterior below which less of it says nothing")
    most: float = Field(0.98, gt=0.5, le=1, description="highest confidence")
    reading: float = Field(2, gt=0, description="how fast moved traffic becomes sure with its advantage over grown")
    days: int = Field(3, ge=1, description="baseline days from which it is known how days spread")
    most_without: float = Field(0.75, gt=0.5, le=1, description="highest confidence with fewer days")


def confidence_of(cause: Cause, baseline_days: int, calibration: Calibration | None = None) -> float:
    """0..1: the share of causes with this evidence that are right."""
    c = calibration or Calibration()
    posterior = min(max(cause.probability, c.doubtful), c.sure)
    said = c.start + c.odds * math.log(posterior / (1 - posterior))
    said += c.weight * math.log1p(max(cause.evidence + c.margin, 0.0))
    sure = 1 / (1 + math.exp(-said)) * (1 - 0.5 * math.exp(-c.reading * max(cause.reading, 0.0)))
    return min(sure, c.most) * most_of(baseline_days, c) / c.most


def most_of(baseline_days: int, calibration: Calibration | None = None) -> float:
    """Highest confidence of anything said about a window compared with so many days."""
    c = calibration or Calibration()
    return c.most if baseline_days >= c.days else c.most_without


def p_value_of(cause: Cause, candidates: int) -> float:
    """Two-sided p-value of the cause's shift, times the number of candidates looked at (Bonferroni), at most 1."""
    return min(math.erfc(abs(cause.z) / math.sqrt(2)) * candidates, 1.0)
