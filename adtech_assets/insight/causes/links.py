"""Links of the chain delivery -> cost -> click -> conversion -> order value: what changed in each leaf, and its noise.

Belongs here: change and sampling noise of one link, leaf by leaf. Does not: what is ordinary drift (`drift`), who is to
blame (`search`).

A link relates a numerator to its exposure (conversions to clicks). Given both windows' numerators together, equal rates
put a known share of them into the current window; what lies beside is the residual, and residual / information is the
log of the rate's change, to first order (the score of a conditional binomial). Days spread more than counting does:
their variance is `counting` x mean + `spread` x mean squared, both measured on the baseline's days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, quotient
from adtech_assets.insight.causes.cube import Cube

DELIVERY, COST, CLICK, CONVERSION, VALUE = "delivery", "cost", "click", "conversion", "value"
CHAIN = {COST: ("spend", "impressions"), CLICK: ("clicks", "impressions"), CONVERSION: ("conversions", "clicks"),
         VALUE: ("revenue", "conversions")}  # fmt: skip
TINY = 1e-6
"""Expected count of a day below which it says nothing about how days spread."""
UPSTREAM = ("impressions", "clicks", "spend", "conversions", "revenue")


@dataclass(frozen=True)
class Link:
    """[leaf] arrays of one link: numerators of both windows, exposures of each, days with exposure."""

    name: str
    numerator: str
    exposure: str | None
    before: Array
    now: Array
    chance_before: Array
    chance_now: Array
    days: Array
    counting: float
    spread: float

    def change(self, known: Array | float = 0.0) -> tuple[Array, Array]:
        """([leaf] log change of the rate, its variance), to first order about changes `known` already.

        The variance is infinite where a leaf says nothing.
        """
        chance = self.chance_now * np.exp(known)
        share = quotient(chance, self.chance_before + chance, 0.0)
        both = np.maximum(self.before + self.now, 0.0)
        information = both * share * (1 - share)
        change = known + quotient(self.now - both * share, information, 0.0)
        noise = np.full(len(both), np.inf)
        seen = information > 0
        noise[seen] = (self.counting + self.spread * (both / self.days)[seen]) / information[seen]
        return np.where(seen, change, 0.0), noise


def links_of(cube: Cube) -> dict[str, Link]:
    """The links that the cube's metrics allow; a missing step joins its neighbours (conversions to impressions)."""
    first = next((name for name in UPSTREAM if name in cube.daily), None)
    if first is None:
        return {}
    links = {DELIVERY: link(cube, DELIVERY, first, None)}
    for name, (numerator, exposure) in CHAIN.items():
        if numerator in cube.daily and numerator != first:
            links[name] = link(cube, name, numerator, _nearest(cube, exposure, first))
    return links


def _nearest(cube: Cube, exposure: str, first: str) -> str:
    upwards = ("impressions", "clicks", "conversions")
    chain = upwards[: upwards.index(exposure) + 1]
    return next((name for name in reversed(chain) if name in cube.daily), first)


def link(cube: Cube, name: str, numerator: str, exposure: str | None, hidden: Array | None = None) -> Link:
    """One link. hidden: [leaf, day] 1 for days that do not count."""
    made = cube.daily[numerator]
    if exposure is None:
        # Every leaf is offered the same days; how a day differs for the whole account is no leaf's spread.
        seen = np.ones_like(made)
        offered = np.broadcast_to(made.sum(axis=0), made.shape)
    else:
        seen = offered = cube.daily[exposure]
    dispersion = dispersion_of(made[:, : cube.split], offered[:, : cube.split])
    if hidden is not None:
        made, seen = np.where(hidden > 0, 0.0, made), np.where(hidden > 0, 0.0, seen)
    split = cube.split
    return Link(
        name, numerator, exposure,
        made[:, :split].sum(axis=1), made[:, split:].sum(axis=1),
        seen[:, :split].sum(axis=1), seen[:, split:].sum(axis=1),
        np.maximum((seen > 0).sum(axis=1), 1).astype(float), *dispersion,
    )  # fmt: skip


def dispersion_of(made: Array, seen: Array) -> tuple[float, float]:
    """(counting, spread): variance of a leaf's day = counting x mean + spread x mean squared, over all leaves.

    Fitted twice by weighted least squares on squared residuals about each leaf's own rate; with fewer than two days,
    or none to learn from, counting alone: (1, 0).
    """
    days = (seen > 0).sum(axis=1)
    usable = (days >= 2) & (made.sum(axis=1) > 0)
    if not usable.any():
        return 1.0, 0.0
    made, seen, days = made[usable], seen[usable], days[usable]
    rate = made.sum(axis=1) / seen.sum(axis=1)
    mean = rate[:, None] * seen
    here = mean > TINY
    freedom = 1 - seen / seen.sum(axis=1, keepdims=True)
    square = ((made - mean) ** 2 / np.maximum(freedom, 0.2))[here]
    level = mean[here]
    if not here.any():
        return 1.0, 0.0
    counting, spread = 1.0, 0.0
    for _ in range(3):
        weight = 1 / (counting * level + spread * level**2 + 1e-9 * level) ** 2
        square_level, cube_level, fourth = (weight * level**p for p in (2, 3, 4))
        a, b, d = square_level.sum(), cube_level.sum(), fourth.sum()
        x, y = (weight * level * square).sum(), (weight * level**2 * square).sum()
        determinant = a * d - b * b
        if determinant > 1e-12 * a * d:
            counting, spread = (d * x - b * y) / determinant, (a * y - b * x) / determinant
        else:
            counting, spread = x / a, 0.0
        if spread < 0:
            counting, spread = x / a, 0.0
        if counting < 0.1:
            counting, spread = 0.1, max((y - 0.1 * b) / d, 0.0)
    return float(counting), float(spread)
