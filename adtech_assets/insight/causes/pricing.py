"""What a cause is worth: the asked metric as it is, less what it would be without the cause.

Belongs here: that counterfactual, and its effect (volume, rate, mix or tracking). Does not: finding causes.
"""

from __future__ import annotations

import numpy as np

from adtech_assets.insight.causes.cube import Cube
from adtech_assets.insight.causes.faults import FAULTS, OUTAGE, Effect
from adtech_assets.insight.causes.search import Cause
from adtech_assets.insight.causes.segments import Segments
from adtech_assets.insight.two_periods import value_of
from adtech_assets.metrics.model import ADDITIVE

LITTLE = 0.2
"""Share of the baseline below which what is left says too little to multiply it back: the baseline is taken instead."""


def sums_without(cube: Cube, segments: Segments, cause: Cause, given: float) -> dict[str, float]:
    """Sums of the current window as they would be without a cause. given: see `search.Hunt.given`."""
    fault = FAULTS[cause.fault]
    inside = segments.leaves_of(cause.segment)
    before = {metric: float(values[inside].sum()) for metric, values in cube.before.items()}
    result = {}
    for metric, now in cube.now.items():
        sign = fault.moves.get(metric, 0)
        here, rest = float(now[inside].sum()), float(now[~inside].sum())
        if sign and cause.fault == OUTAGE:
            orders = float(cube.now["conversions"][inside].sum())
            worth = 1.0 if metric == "conversions" else _ratio(before[metric], before["conversions"])
            here += cause.lost * (worth if before["conversions"] else _ratio(here, orders))
        elif sign * cause.shift < 0 and here < LITTLE * cube.scale * before[metric]:
            here = before[metric] * cube.scale
        elif sign:
            here *= float(np.exp(-sign * cause.shift))
            rest *= float(np.exp(given * cause.shift)) if fault.given else 1.0
        result[metric] = here + rest
    return result


def contribution(cube: Cube, segments: Segments, cause: Cause, given: float, metric: str) -> float | None:
    """What a cause added to a metric (its unit); None where either value cannot be computed."""
    now, without = value_of(metric, cube.total_now), value_of(metric, sums_without(cube, segments, cause, given))
    return None if now is None or without is None else now - without


def effect_of(cause: Cause, metric: str) -> Effect:
    """What a cause did to a metric: more or less delivery is mix where the metric is a ratio."""
    effect = FAULTS[cause.fault].effect
    return "mix" if effect == "volume" and metric not in ADDITIVE else effect


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else 0.0
