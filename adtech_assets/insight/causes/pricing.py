"""What a cause is worth: the asked metric as it is, less what it would be without the cause.

Belongs here: that counterfactual, and its effect (volume, rate, mix or tracking). Does not: finding causes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from adtech_assets.insight.causes.cube import Cube
from adtech_assets.insight.causes.faults import FAULTS, OUTAGE, Effect
from adtech_assets.insight.causes.search import Cause
from adtech_assets.insight.causes.segments import Segments
from adtech_assets.metrics.model import ADDITIVE, SUM_DIGITS, semantic_model

LITTLE = 0.2
"""Share of the baseline below which what is left says too little to multiply it back: the baseline is taken instead."""


def value_of(sums: Mapping[str, float], metric: str) -> float | None:
    """A metric from sums of additive ones; None where it cannot be computed."""
    if metric in ADDITIVE:
        return sums.get(metric)
    definition = semantic_model().ratio[metric]
    top, bottom = sums.get(str(definition.numerator)), sums.get(str(definition.denominator))
    if top is None or not bottom:
        return None
    value = definition.scale * (top / bottom)
    return value if math.isfinite(value) else None


def sums_now(cube: Cube) -> dict[str, float]:
    return {metric: float(now.sum()) for metric, now in cube.now.items()}


def sums_before(cube: Cube) -> dict[str, float]:
    """Sums of the baseline, brought to the length of the current window."""
    scale = cube.current_days / cube.baseline_days
    return {metric: float((values * scale).round(SUM_DIGITS).sum()) for metric, values in cube.before.items()}


def sums_without(cube: Cube, segments: Segments, cause: Cause, given: float) -> dict[str, float]:
    """Sums of the current window as they would be without a cause. given: see `search.Hunt.given`."""
    fault = FAULTS[cause.fault]
    inside = segments.leaves_of(cause.segment)
    scale = cube.current_days / cube.baseline_days
    result = {}
    for metric, now in cube.now.items():
        sign = fault.moves.get(metric, 0)
        here, rest = float(now[inside].sum()), float(now[~inside].sum())
        if sign and cause.fault == OUTAGE:
            orders = float(cube.now["conversions"][inside].sum())
            before = float(cube.before["conversions"][inside].sum())
            worth = 1.0 if metric == "conversions" else _ratio(float(cube.before[metric][inside].sum()), before)
            here += cause.lost * (worth if before else _ratio(here, orders))
        elif sign * cause.shift < 0 and here < LITTLE * scale * float(cube.before[metric][inside].sum()):
            here = float(cube.before[metric][inside].sum()) * scale
        elif sign:
            here *= float(np.exp(-sign * cause.shift))
            rest *= float(np.exp(given * cause.shift)) if fault.given else 1.0
        result[metric] = here + rest
    return result


def contribution(cube: Cube, segments: Segments, cause: Cause, given: float, metric: str) -> float | None:
    """What a cause added to a metric (its unit); None where either value cannot be computed."""
    now, without = value_of(sums_now(cube), metric), value_of(sums_without(cube, segments, cause, given), metric)
    return None if now is None or without is None else now - without


def effect_of(cause: Cause, metric: str) -> Effect:
    """What a cause did to a metric: more or less delivery is mix where the metric is a ratio."""
    effect = FAULTS[cause.fault].effect
    return "mix" if effect == "volume" and metric not in ADDITIVE else effect


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else 0.0
