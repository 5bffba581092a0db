"""Tracking that stopped: conversions of the last days are about none while clicks go on.

Belongs here: the evidence for that, segment by segment and by how many days back it began. Window sums hide it: four of
seven days without conversions look like a rate that fell by half. Does not: choosing among causes (`search`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from adtech_assets.insight.arrays import Array, Flags, quotient
from adtech_assets.insight.causes.cube import Cube
from adtech_assets.insight.causes.links import Link
from adtech_assets.insight.causes.segments import Segments
from adtech_assets.settings import Group


class OutageRules(Group):
    """When conversions count as stopped."""

    left: float = Field(0.04, gt=0, lt=1, description="share of conversions an outage leaves")
    least_lost: float = Field(4, gt=0, description="conversions missing from which an outage is thought of")
    better: float = Field(1.5, ge=0, description="log likelihood by which it beats a rate that fell")
    most_odds: float = Field(3, gt=0, description="days before that speak for one day of the outage, at most inverted")


@dataclass(frozen=True)
class Outages:
    """[days back - 1, segment]: log likelihood ratio of an outage against none; -inf where too few are missing."""

    evidence: Array
    lost: Array
    """Conversions that were to be expected on those days, less those there were."""


def outages_of(cube: Cube, segments: Segments, link: Link, hidden: Array, level: Array, rules: OutageRules) -> Outages:
    """Outages of the last 1, 2, ... days of the current window.

    Given a leaf's conversions over all days, equal rates put its clicks' share of them into the last days; an outage
    leaves `left` of them. The ratio of these binomial likelihoods, over the days' dispersion, is the evidence. It must
    beat a rate that fell on all current days, and the days before the outage must have been ordinary.

    hidden: [leaf, day] 1 for days of outages already known. level: [leaf] factor of the current window's rate by causes
    already known.
    """
    split = cube.split
    made = np.where(hidden > 0, 0.0, cube.daily[link.numerator])
    factor = np.where(np.arange(len(cube.days)) < split, 1.0, level[:, None])
    seen = np.where(hidden > 0, 0.0, cube.daily[str(link.exposure)]) * factor
    fell_anyway = _fall(segments, made, seen, slice(split, None), slice(0, split))
    evidence, lost = [], []
    for back in range(1, cube.current_days + 1):
        left, others = made[:, -back:].sum(axis=1), made[:, :-back].sum(axis=1)
        share = quotient(seen[:, -back:].sum(axis=1), seen.sum(axis=1), 0.0)
        broken = rules.left * share / (1 - share + rules.left * share)
        ratio = _gain(left, broken, share) + _gain(others, 1 - broken, 1 - share)
        back_then = others * np.minimum(quotient(share, 1 - share, 0.0), rules.most_odds)
        mean = (left + others) * share / back
        sums = segments.sums(np.stack([ratio, back_then - left, mean, mean**2], axis=1))
        spread = np.maximum(link.counting + link.spread * quotient(sums[:, 3], sums[:, 2], 0.0), 1.0)
        early = _fall(segments, made, seen, slice(split, len(cube.days) - back), slice(0, split))
        found = sums[:, 0] - early
        found[(found < fell_anyway + rules.better) | (sums[:, 1] < rules.least_lost)] = -np.inf
        evidence.append(found / spread)
        lost.append(sums[:, 1])
    return Outages(np.stack(evidence), np.stack(lost))


def _fall(segments: Segments, made: Array, seen: Array, these: slice, those: slice) -> Array:
    """[segment]: log likelihood ratio of a lower rate on `these` days than on `those`; 0 where it is not lower."""
    a, b = made[:, these].sum(axis=1), made[:, those].sum(axis=1)
    chance = quotient(seen[:, these].sum(axis=1), seen[:, these].sum(axis=1) + seen[:, those].sum(axis=1), 0.0)
    count, both, expected = segments.sums(np.stack([a, a + b, (a + b) * chance], axis=1)).T
    gain = _gain(count, count, expected) + _gain(both - count, both - count, both - expected)
    return np.where(count < expected, gain, 0.0)


def hidden_days(cube: Cube, leaves: Flags, back: int) -> Array:
    """[leaf, day]: 1 on the last days of these leaves."""
    hidden = np.zeros((cube.leaves, len(cube.days)))
    hidden[leaves, -back:] = 1
    return hidden


def _gain(count: Array, now: Array, usual: Array) -> Array:
    """Log likelihood that `count` gains by one chance instead of another."""
    return np.where((count > 0) & (usual > 0), count * np.log(np.maximum(now, 1e-12) / np.maximum(usual, 1e-12)), 0.0)
