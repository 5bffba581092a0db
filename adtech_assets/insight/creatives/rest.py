"""Each message against the others in its cells, and the noise beneath: arrays of one rate.

Belongs here: expected events, their doubt, day-to-day noise, spread between messages. Does not: frames of results
(`performance`, `themes`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Positions, quotient
from adtech_assets.insight.creatives.rules import CreativeRules
from adtech_assets.metrics.model import semantic_model

MONEY = frozenset({"revenue", "spend"})


@dataclass(frozen=True)
class Side:
    """A rate as events per exposure, the way up is better."""

    events: str
    exposure: str
    inverted: bool
    """Whether the metric itself is exposure / events."""


def side(rate: str) -> Side:
    """The events and the exposure of a rate of the semantic model."""
    metric = semantic_model().ratio[rate]
    inverted = metric.better == "down"
    pair = (metric.denominator, metric.numerator) if inverted else (metric.numerator, metric.denominator)
    return Side(str(pair[0]), str(pair[1]), inverted)


@dataclass(frozen=True)
class Rows:
    """Message (a place in `names`), cell, events and exposure [row] of one rate."""

    names: tuple[str, ...]
    m: Positions
    c: Positions
    y: Array
    x: Array
    counted: bool
    """Events are counts, so that noise is never below Poisson's."""


def rows_of(messages: pl.DataFrame, given: Side) -> Rows | None:
    """The rows of `messages_of` with known events and exposure; None where no two messages have any events."""
    known = messages.filter(pl.col(given.events).is_not_null() & (pl.col(given.exposure) > 0))
    names, m = np.unique(known["message_id"].to_numpy(), return_inverse=True)
    if len(names) < 2:
        return None
    c = np.unique(known["cell"].to_numpy(), return_inverse=True)[1]
    y = np.maximum(known[given.events].to_numpy().astype(np.float64), 0.0)
    x = known[given.exposure].to_numpy().astype(np.float64)
    return Rows(tuple(names.tolist()), m, c, y, x, given.events not in MONEY) if y.sum() > 0 else None


@dataclass(frozen=True)
class Pairs:
    """Messages within cells [pair]: message, cell, events, exposure, and the pair of each row."""

    m: Positions
    c: Positions
    y: Array
    x: Array
    of_row: Positions


def pairs_of(rows: Rows) -> Pairs:
    """The pairs of message and cell that have rows."""
    cells = int(rows.c.max()) + 1
    pairs, pair = np.unique(rows.m * cells + rows.c, return_inverse=True)
    return Pairs(pairs // cells, pairs % cells, sums(pair, rows.y), sums(pair, rows.x), pair)


def spread_of_messages(ratios: Array, evidence: Array, rules: CreativeRules) -> float:
    """Variance between the messages' true ratios to the rest, at least that of `rules.least_spread`."""
    known = np.isfinite(ratios) & (evidence > 0)
    return max(spread(ratios[known], 1 / evidence[known]), rules.least_spread**2)


def against_rest(rows: Rows, rules: CreativeRules) -> tuple[Array, Array, Array, Array]:
    """[message]: expected events by the other messages' rates, exposure, events, and 1 / variance of their ratio."""
    m, c, y, x = rows.m, rows.c, rows.y, rows.x
    messages, cells = int(m.max()) + 1, int(c.max()) + 1
    pairs = pairs_of(rows)
    of_message, of_cell, x_pair, y_pair, pair = pairs.m, pairs.c, pairs.x, pairs.y, pairs.of_row
    x_message, y_message = sums(m, x), sums(m, y)
    x_cell, y_cell = sums(c, x), sums(c, y)
    first, second = noise(rows, pairs, rules)
    overall = y.sum() / x.sum()
    guess = x * overall
    # Noise per expected event, of rows as large as they usually are.
    per_event = first + second * float((guess**2).sum() / guess.sum())
    e_cell = x_cell * overall
    between = spread(quotient(y_cell, e_cell), per_event / e_cell) if cells > 1 else 0.0

    rest = quotient(np.maximum(y.sum() - y_message, 0.0), x.sum() - x_message)
    e_rest = np.maximum((x.sum() - x_message) * rest, 0.0)
    e_others = np.maximum(x_cell[of_cell] - x_pair, 0.0) * rest[of_message]
    others = quotient(np.maximum(y_cell[of_cell] - y_pair, 0.0), e_others, missing=1.0)
    trust = between * e_others / (between * e_others + per_event)
    trust = np.where(e_others > 0, trust, 0.0)
    rate = rest[of_message] * (1 + trust * (others - 1))

    expected = sums(of_message, x_pair * rate)
    e_row = x * rate[pair]
    own = sums(m, first * e_row + second * e_row**2)
    cell_doubt = sums(of_message, (x_pair * rate) ** 2 * between * (1 - trust))
    variance = quotient(own + cell_doubt, expected**2) + quotient(np.full(messages, per_event), e_rest)
    return expected, x_message, y_message, quotient(np.ones(messages), variance, missing=0.0)


def sums(group: Positions, values: Array, size: int = 0) -> Array:
    """[group]: sums of values, from group 0 to the last that has any, and at least `size` groups."""
    return np.bincount(group, values, size).astype(np.float64)


def noise(rows: Rows, pairs: Pairs, rules: CreativeRules) -> tuple[float, float]:
    """a and b of variance = a * expected + b * expected^2, from rows of one message in one cell against their mean."""
    pair, x_pair, y_pair = pairs.of_row, pairs.x, pairs.y
    count = np.bincount(pair)
    e = rows.x * quotient(y_pair, x_pair)[pair]
    use = (count[pair] > 1) & (e > 0)
    least = 1.0 if rows.counted else 0.0
    if not use.any():
        return least, rules.assumed_spread**2
    # The mean takes a part of each row's deviation with it: its own share of the pair's exposure.
    freedom = np.maximum(1 - (rows.x / x_pair[pair])[use], _LEAST_FREEDOM)
    square, e = (rows.y[use] - e[use]) ** 2 / freedom, e[use]
    a, b = max(least, float(square.sum() / e.sum())), 0.0
    for _ in range(_ROUNDS):
        weight = 1 / (a * e + b * e**2 + _LEAST_FREEDOM) ** 2
        moments = [float((weight * e**k).sum()) for k in (2, 3, 4)]
        target = float((weight * square * e).sum()), float((weight * square * e**2).sum())
        determinant = moments[0] * moments[2] - moments[1] ** 2
        if determinant > _SINGULAR * moments[0] * moments[2]:
            a = (target[0] * moments[2] - target[1] * moments[1]) / determinant
            b = (target[1] * moments[0] - target[0] * moments[1]) / determinant
        else:
            b = 0.0
        if b <= 0:
            a, b = target[0] / moments[0], 0.0
        if a < least:
            a, b = least, max(0.0, (target[1] - least * moments[1]) / moments[2])
    return a, b


def spread(ratios: Array, variances: Array) -> float:
    """Variance between true ratios around 1, of ratios measured with known variances (Paule and Mandel 1982)."""
    given = np.isfinite(ratios) & np.isfinite(variances) & (variances > 0)
    off, v = (ratios[given] - 1) ** 2, variances[given]
    if len(off) < 2 or float((off / v).sum()) <= len(off):
        return 0.0
    low, high = 0.0, float(off.sum())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if float((off / (v + middle)).sum()) > len(off) else (low, middle)
    return (low + high) / 2


_ROUNDS = 8
_HALVINGS = 60
_LEAST_FREEDOM = 1e-9
_SINGULAR = 1e-9
