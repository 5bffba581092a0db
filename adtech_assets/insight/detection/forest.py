"""How odd a campaign's day is as a whole: an IsolationForest on contextual features, fitted on earlier days only.

Belongs here: features and the forest. Does not: naming what is odd (`spikes`, `drops`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.detection.baseline import Expectation
from adtech_assets.insight.detection.panel import INDEX, Panel
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Insight

CHANGES = ("spend", "conversions", "revenue", "ctr")


@dataclass(frozen=True)
class Growth:
    """How the forest is grown. Refitted per block of calendar days, so that a block's edge depends on no data."""

    trees: int = 40
    block_days: int = 28
    sample: int = 256
    train_rows: int = 2000
    min_rows: int = 100
    seed: int = 20250101
    limit: float = 15
    """Features are held within this many spreads."""


def isolation(panel: Panel, ex: Expectation, growth: Growth | None = None) -> tuple[Array, Array]:
    """How odd each day is as a whole, [series, day], NaN without enough history: the forest's score (0-1, higher is
    odder), and its rank among the account's earlier days (0-1)."""
    from sklearn.ensemble import IsolationForest

    growth = growth or Growth()
    features, known = _features(ex, growth)
    known &= panel.present
    scores, ranks = (np.full(panel.present.shape, np.nan) for _ in range(2))
    blocks = (np.arange(panel.days) + (panel.first - dt.date.min).days) // growth.block_days
    for block in np.unique(blocks):
        inside = np.flatnonzero(blocks == block)
        # Day by day, newest last, so that later campaigns do not reorder the rows of earlier days.
        train = features.swapaxes(0, 1)[: inside[0]][known.T[: inside[0]]]
        here = known[:, inside]
        if len(train) < growth.min_rows or not here.any():
            continue
        train = train[:: -(-len(train) // growth.train_rows)]
        forest = IsolationForest(
            n_estimators=growth.trees, max_samples=min(growth.sample, len(train)), random_state=growth.seed
        ).fit(train)
        usual = np.sort(-forest.score_samples(train))
        found = -forest.score_samples(features[:, inside][here])
        for table, values in ((scores, found), (ranks, np.searchsorted(usual, found) / len(usual))):
            block_values = np.full(here.shape, np.nan)
            block_values[here] = values
            table[:, inside] = block_values
    return scores, ranks


def swing(ranks: Array, settings: Insight) -> Array:
    """[series, day]: factor on the threshold of a single day's anomaly: a day that is odd as a whole needs less, one that
    is not needs more."""
    by = settings.forest_swing
    factor: Array = np.where(
        ranks >= settings.forest_rare, 1 - by, np.where(ranks < settings.forest_common, 1 + by, 1.0)
    )
    return factor


def _features(ex: Expectation, growth: Growth) -> tuple[Array, Flags]:
    """[series, day, feature]: levels and ratios against expectation, their change and drift; and days that have any."""
    # What is stored is rounded, and the forest sees what is stored: its cuts hang on no last bits.
    z = ex.score.round(SUM_DIGITS)
    known: Flags = np.asarray(~np.isnan(z).all(axis=0))
    z = np.clip(np.nan_to_num(z), -growth.limit, growth.limit)
    chosen = z[[INDEX[name] for name in CHANGES]]
    change = np.diff(chosen, axis=2, prepend=0.0)
    running = np.cumsum(np.pad(chosen, ((0, 0), (0, 0), (WEEK, 0))), axis=2)
    drift = (running[:, :, WEEK:] - running[:, :, :-WEEK]) / WEEK
    return np.moveaxis(np.concatenate([z, change, drift]), 0, 2), known
