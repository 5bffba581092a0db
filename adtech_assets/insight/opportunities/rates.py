"""Whether parts of an account bring more or less than they should by the rest, by more than chance.

Belongs here: expected amounts, their noise, tests, and estimates shrunk towards none. Does not: which parts are compared,
what follows.

Amounts are over-dispersed counts (quasi-Poisson): variance = dispersion x expected, the dispersion measured on days and
on weeks about each part's own rate, whichever strays more, and shared between the parts. The test is the signed root of
the deviance (McCullagh and Nelder 1989, ch. 9), which holds where a part brings nothing at all. The log ratio of
observed and expected is shrunk by a normal prior whose variance is that between the parts (DerSimonian and Laird 1986).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from adtech_assets.insight.arrays import Array, Positions, quotient
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group

TINY = 1e-12


class RateRules(Group):
    """What is known of rates before the account is seen."""

    spread: float = Field(0.2, gt=0, description="usual difference between parts, as a logarithm")
    belief: float = Field(4, ge=0, description="how many parts the figure above is worth")
    dispersion_belief: float = Field(20, ge=0, description="days that the shared dispersion is worth for a single part")
    sure: float = Field(1.2816, gt=0, description="standard deviations of a cautious bound: 90 % lie on its one side")


@dataclass(frozen=True)
class Parts:
    """[part] of one dimension. expected: what its exposure brings at the others' rate.

    ratio: shrunk observed / expected; low, high: its cautious bounds. p_value: two-sided, of no difference at all.
    deviation: signed, in standard deviations. dispersion: variance over mean.
    """

    observed: Array
    expected: Array
    ratio: Array
    low: Array
    high: Array
    deviation: Array
    p_value: Array
    dispersion: Array


def expected_amounts(made: Array, seen: Array, part: Positions, stratum: Positions, parts: int) -> tuple[Array, Array]:
    """([cell, day] what its exposure would bring at the rate of the other parts of its stratum, [cell] its relative
    variance per unit of dispersion).

    made, seen: [cell, day], a cell being one part in one stratum. Where a stratum has no other part, the rate is that of
    the other parts of the whole account.
    """
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    y, x = made.sum(axis=1), seen.sum(axis=1)
    y_own, x_own = (per_part(values, part, parts)[part] for values in (y, x))
    y_rest, x_rest = y.sum() - y_own, x.sum() - x_own
    y_near = np.bincount(stratum, y, strata)[stratum] - y
    x_near = np.bincount(stratum, x, strata)[stratum] - x
    near = (x_near > TINY * x.sum()) & (y_near > 0)
    over, under = np.where(near, y_near, y_rest), np.where(near, x_near, x_rest)
    rate = quotient(over, under, 0.0)
    return rate[:, None] * seen, quotient(np.ones_like(over), np.maximum(over, 0.0), 1.0)


def compare_parts(
    made: Array, seen: Array, part: Positions, stratum: Positions, parts: int, unit: float, rules: RateRules
) -> Parts:  # fmt: skip
    """Every part against the others. made, seen: [cell, day], not negative. unit: the least dispersion (1 for counts,
    the value of an order for revenue)."""
    from scipy.stats import norm

    hoped, error = expected_amounts(made, seen, part, stratum, parts)
    observed, expected = _by_part(made, part, parts), _by_part(hoped, part, parts)
    y, e = observed.sum(axis=1), expected.sum(axis=1)
    cells = hoped.sum(axis=1)
    # Variance of the expected amount: that of the rates it rests on.
    rest = per_part(cells**2 * error, part, parts)
    dispersion = np.maximum(_dispersion(observed, expected, rules), unit)
    inflated = dispersion * (1 + quotient(rest, e, 0.0))
    deviance = 2 * (y * np.log(np.maximum(y, TINY) / np.maximum(e, TINY)) - (y - e)) / inflated
    deviation = np.sign(y - e) * np.sqrt(np.maximum(deviance, 0.0))
    known = e > 0
    deviation = np.where(known, deviation, 0.0)
    log = np.where(known, np.log(y + dispersion / 2) - np.log(np.maximum(e, TINY) + dispersion / 2), 0.0)
    variance = np.where(known, dispersion / (y + dispersion / 2) + dispersion * quotient(rest, e**2, 0.0), np.inf)
    tau = _between(log, variance, rules)
    shrunk = tau / (tau + variance)
    middle, error_left = shrunk * log, np.sqrt(tau * (1 - shrunk))
    return Parts(
        y, e, np.exp(middle), np.exp(middle - rules.sure * error_left), np.exp(middle + rules.sure * error_left),
        deviation, np.where(known, 2 * norm.sf(np.abs(deviation)), np.nan), dispersion,
    )  # fmt: skip


def per_part(values: Array, part: Positions, parts: int) -> Array:
    """[part] of [cell]: sums."""
    return np.bincount(part, values, parts).astype(np.float64)


def _by_part(values: Array, part: Positions, parts: int) -> Array:
    """[part, day] of [cell, day]."""
    result = np.zeros((parts, values.shape[1]))
    np.add.at(result, part, values)
    return result


def _dispersion(observed: Array, expected: Array, rules: RateRules) -> Array:
    """[part]: variance over mean of days, and of weeks where these stray more, about each part's own level."""
    by_day = _pearson(observed, expected, rules.dispersion_belief)
    weeks = observed.shape[1] // WEEK
    if weeks < 3:
        return by_day
    whole = [
        values[:, -weeks * WEEK :].reshape(len(values), weeks, WEEK).sum(axis=2) for values in (observed, expected)
    ]
    return np.maximum(by_day, _pearson(whole[0], whole[1], rules.dispersion_belief))


def _pearson(observed: Array, expected: Array, belief: float) -> Array:
    own = quotient(observed.sum(axis=1), expected.sum(axis=1), 0.0)
    level = own[:, None] * expected
    square = quotient((observed - level) ** 2, level, 0.0).sum(axis=1)
    freedom = np.maximum((level > 0).sum(axis=1) - 1, 0)
    shared = square.sum() / freedom.sum() if freedom.sum() else 0.0
    return np.asarray((square + belief * shared) / (freedom + belief))


def _between(log: Array, variance: Array, rules: RateRules) -> float:
    """Variance between parts beyond their noise, with what is known before."""
    known = np.isfinite(variance)
    believed = rules.spread**2
    if known.sum() < 2:
        return believed
    w = 1 / variance[known]
    middle = (w * log[known]).sum() / w.sum()
    q = (w * (log[known] - middle) ** 2).sum()
    scale = w.sum() - (w**2).sum() / w.sum()
    found = max(0.0, (q - known.sum() + 1) / scale) if scale > TINY else 0.0
    found = min(found, math.log(10) ** 2)
    freedom = int(known.sum()) - 1
    return float((freedom * found + rules.belief * believed) / (freedom + rules.belief))
