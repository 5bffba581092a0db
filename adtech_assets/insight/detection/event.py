"""One anomaly, by position in the panel: what all detectors of kinds return.

Belongs here: the shape. Does not: how anomalies are found or shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from adtech_assets.insight.arrays import Flags

Scope = Literal["campaign", "channel", "account"]


@dataclass(frozen=True)
class Event:
    """One anomaly of a series, by position of its first and last day."""

    kind: str
    metric: str
    series: int
    start: int
    end: int
    score: float
    before: float | None = None
    """What the metric was before it, for a slow decline."""
    scope: Scope = "campaign"
    """Whose panel `series` is a position in."""


def runs(flags: Flags, gap: int) -> list[tuple[int, int]]:
    """First and last position of each run of true values; runs at most `gap` apart are one."""
    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(flags).tolist():
        if found and at - found[-1][1] <= gap:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found
