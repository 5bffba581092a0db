"""How odd a campaign's day is as a whole: an IsolationForest on contextual features, fitted on earlier days only.

Belongs here: features and the forest. Does not: naming what is odd (`events`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.baseline import WEEK, Expectation
from adtech_assets.insight.panel import INDEX, Array, Flags, Panel
from adtech_assets.settings import Insight

CHANGES = ("spend", "conversions", "revenue", "ctr")


@dataclass(frozen=True)
class Growth:
    """How the forest is grown. Refitted per block of calendar days, so that a block's edge depends on no data."""

    trees: int = 60
    block_days: int = 14
    sample: int = 256
    train_rows: int = 2000
    min_rows: int = 40
    seed: int = 20250101
    limit: float = 15
    """Features are held within this many spreads."""


def isolation(
    panel: Panel, expectation: Expectation, settings: Insight, growth: Growth | None = None
) -> tuple[Array, Array]:
    """Forest score [series, day], 0-1, higher is odder, NaN without enough history; and [day], what backs a finding."""
    from sklearn.ensemble import IsolationForest

    growth = growth or Growth()
    features, known = _features(expectation, growth)
    known &= panel.present
    scores, backing = np.full(panel.present.shape, np.nan), np.full(panel.days, np.nan)
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
        block_scores = np.full(here.shape, np.nan)
        block_scores[here] = -forest.score_samples(features[:, inside][here])
        scores[:, inside] = block_scores
        backing[inside] = np.quantile(-forest.score_samples(train), settings.forest_quantile)
    return scores, backing


def _features(expectation: Expectation, growth: Growth) -> tuple[Array, Flags]:
    """[series, day, feature]: levels and ratios against expectation, their change and drift; and days that have any."""
    z = expectation.score
    known: Flags = np.asarray(~np.isnan(z).all(axis=0))
    z = np.clip(np.nan_to_num(z), -growth.limit, growth.limit)
    chosen = z[[INDEX[name] for name in CHANGES]]
    change = np.diff(chosen, axis=2, prepend=0.0)
    running = np.cumsum(np.pad(chosen, ((0, 0), (0, 0), (WEEK, 0))), axis=2)
    drift = (running[:, :, WEEK:] - running[:, :, :-WEEK]) / WEEK
    return np.moveaxis(np.concatenate([z, change, drift]), 0, 2), known
