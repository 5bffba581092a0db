"""Small tidy accounts for tests of root causes: 60 leaves, 14 days against 7, and only what a test bends.

Belongs here: the smallest account in which a cause can be told from noise. Does not: realistic ones (`planted_causes`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from adtech_assets.insight.causes.explanation import Explanation, explain

START = dt.date(2026, 3, 2)
BASELINE = (START, START + dt.timedelta(days=13))
CURRENT = (START + dt.timedelta(days=14), START + dt.timedelta(days=20))
DAYS, BASELINE_DAYS = 21, 14
DIMENSIONS = ("platform", "campaign", "country", "device")
METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")
#: Campaigns A to E live on one platform each.
PLATFORM_OF = {"A": "search", "B": "search", "C": "social", "D": "social", "E": "social"}
COUNTRIES, DEVICES = ("AT", "BE", "CH", "DK", "EE", "FI"), ("desktop", "mobile")
RATES = {"delivery": 4_000.0, "cpm": 6.0, "ctr": 0.03, "cvr": 0.06, "aov": 50.0}


@dataclass(frozen=True)
class Bend:
    """Factors on what a segment is expected to bring on the last days; {} is the whole account."""

    segment: dict[str, str]
    factors: dict[str, float] = field(default_factory=dict)
    days: int = DAYS - BASELINE_DAYS


def account(*bends: Bend, seed: int = 1, drift: float = 0.02, days: int = DAYS) -> pl.DataFrame:
    """Rows of the last `days` days. drift: how far campaigns and countries move in the current week anyway (log)."""
    rng = np.random.default_rng(seed)
    leaves = [(PLATFORM_OF[c], c, country, device) for c in PLATFORM_OF for country in COUNTRIES for device in DEVICES]
    size = np.exp(rng.normal(0, 0.5, len(leaves)))
    expected = {link: np.full((len(leaves), DAYS), rate) for link, rate in RATES.items()}
    expected["delivery"] *= size[:, None] * rng.gamma(150, 1 / 150, (len(leaves), DAYS))
    for at in (1, 2):
        for member in sorted({leaf[at] for leaf in leaves}):
            here = np.array([leaf[at] == member for leaf in leaves])
            expected["delivery"][here, BASELINE_DAYS:] *= np.exp(rng.normal(0, drift))
    for bend in bends:
        here = np.array([bend.segment.items() <= dict(zip(DIMENSIONS, leaf, strict=True)).items() for leaf in leaves])
        for link, factor in bend.factors.items():
            expected[link][here, -bend.days :] *= factor
    impressions = rng.poisson(expected["delivery"])
    clicks = rng.binomial(impressions, np.minimum(expected["ctr"], 1))
    conversions = rng.binomial(clicks, np.minimum(expected["cvr"], 1))
    figures = {
        "spend": impressions * expected["cpm"] / 1000,
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "revenue": conversions * expected["aov"],
    }
    frame = pl.DataFrame({
        "date": [START + dt.timedelta(days=day) for _ in leaves for day in range(DAYS)],
        **{name: [leaf[at] for leaf in leaves for _ in range(DAYS)] for at, name in enumerate(DIMENSIONS)},
        **{name: values.ravel().astype(float) for name, values in figures.items()},
    })  # fmt: skip
    return frame.filter(pl.col("date") >= START + dt.timedelta(days=DAYS - days))


def why(rows: pl.DataFrame, metric: str) -> Explanation:
    return explain(rows, metric, BASELINE, CURRENT, DIMENSIONS)
