"""Accounts around one week, invented, in which one thing is planted, or nothing: for tests of insights and playbooks."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
import polars as pl
from daily_frames import MONDAY

from adtech_assets.tables import CLEANED, FINDINGS, LIFECYCLE, PACING

DAYS = 21
WEEK = MONDAY + dt.timedelta(14)
BEFORE = WEEK - dt.timedelta(1)
LAST = MONDAY + dt.timedelta(DAYS - 1)
CAMPAIGNS = ("Brand 1", "Brand 2", "Brand 3", "Brand 4", "Brand 5", "Brand 6")
MESSAGES = (
    "Soft cotton for every day. Order now.",
    "Our new colours are here. See them all.",
    "Made to last for years. Find your size.",
    "Comfort that you forget. Try it at home.",
)
COUNTED = ("impressions", "clicks", "conversions", "revenue")


def ordinary(seed: int = 1, days: int = DAYS, spend: float = 12.0, **dimensions: tuple[str, ...]) -> pl.DataFrame:
    """An account whose parts return alike, with counting noise and days that stray; rows by leaf and day.

    Campaigns on two platforms, each in two countries and on two devices; further dimensions by name.
    """
    rng = np.random.default_rng([seed, 77])
    by = {"campaign": CAMPAIGNS, "country": ("DE", "FR"), "device": ("mobile", "desktop"), **dimensions}
    leaves = list(itertools.product(*by.values()))
    columns: dict[str, list[Any]] = {name: [leaf[i] for leaf in leaves] * days for i, name in enumerate(by)}
    size = np.tile(rng.uniform(0.6, 1.6, len(leaves)), days) * np.repeat(rng.gamma(300, 1 / 300, days), len(leaves))
    money = spend * size * rng.gamma(100, 0.01, len(size))
    impressions = rng.poisson(money * 100)
    clicks = rng.binomial(impressions, 0.02)
    conversions = rng.binomial(clicks, 0.08)
    orders = np.maximum(conversions, 1) * 6.0
    rows = {
        **columns,
        "date": [MONDAY + dt.timedelta(day) for day in range(days) for _ in leaves],
        "platform": [("meta_ads", "google_ads")[CAMPAIGNS.index(name) % 2] for name in columns["campaign"]],
        "spend": money,
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "revenue": conversions * 40.0 * rng.gamma(orders) / orders,
    }
    return CLEANED.conform(pl.DataFrame(rows).with_columns(days=pl.lit(1), last_day=pl.col("date")))


def times(frame: pl.DataFrame, where: pl.Expr, *metrics: str, by: float) -> pl.DataFrame:
    """Rows with some metrics multiplied; counts stay whole."""
    made = []
    for name in metrics:
        value = pl.col(name) * by
        made.append(
            pl.when(where).then(value if name in ("spend", "revenue") else value.round()).otherwise(name).alias(name)
        )
    return frame.with_columns(made)


def since(day: int) -> pl.Expr:
    """Rows from a day's position on."""
    return pl.col("date") >= MONDAY + dt.timedelta(day)


NOW = since(14)


def is_(**segment: str) -> pl.Expr:
    """Rows of a segment."""
    return pl.all_horizontal(pl.col(name) == value for name, value in segment.items())


def finding(kind: str, metric: str = "spend", **said: Any) -> pl.DataFrame:
    """One finding of the week's first three days, on campaign Brand 1 unless said otherwise."""
    row = {
        "finding_id": f"f{kind}"[:12], "kind": kind, "scope": "campaign", "platform": "meta_ads", "channel": None,
        "campaign": "Brand 1", "metric": metric, "start": WEEK, "end": WEEK + dt.timedelta(2), "observed": 300.0,
        "expected": 150.0, "low": 120.0, "high": 180.0, "score": 9.0, "weeks_by_chance": 2000.0, "severity": "critical",
        "money_at_stake": 150.0, "sentence": "Brand 1.", "verdict": None, **said,
    }  # fmt: skip
    return FINDINGS.conform(pl.DataFrame([row], infer_schema_length=None))


def lifecycle(metric: str, campaign: str = "Brand 1") -> pl.DataFrame:
    """A campaign in fatigue."""
    row = {
        "platform": "meta_ads", "channel": None, "campaign": campaign, "on": LAST, "status": "ok", "phase": "fatigue",
        "metric": metric, "start": MONDAY, "end": LAST, "before": 1.0, "now": 0.7, "change": -0.3, "p_value": 0.002,
    }  # fmt: skip
    return LIFECYCLE.conform(pl.DataFrame([row], infer_schema_length=None))


def pacing() -> pl.DataFrame:
    """A campaign's budget that runs out ten days before the month does."""
    row = {
        "level": "campaign", "platform": "meta_ads", "channel": None, "campaign": "Brand 1",
        "month": dt.date(LAST.year, LAST.month, 1), "on": LAST, "days_left": 5, "unknown_days": 0, "status": "ok",
        "spent": 900.0, "projected": 1500.0, "budget": 1000.0, "deviation": 0.5, "band": "red", "side": "over",
        "used_up_on": dt.date(LAST.year, LAST.month, 21),
    }  # fmt: skip
    return PACING.conform(pl.DataFrame([row], infer_schema_length=None))


def moved_to_retargeting() -> pl.DataFrame:
    """Retargeting takes more of the money while prospecting loses what it gains, and the total falls."""
    frame = ordinary(5, audience=("Prospecting", "Retargeting 30 days"))
    warm = is_(audience="Retargeting 30 days")
    frame = times(frame, warm & NOW, "spend", "impressions", "clicks", by=2.0)
    frame = times(frame, warm & NOW, "conversions", "revenue", by=1.5)
    return times(frame, ~warm & NOW, "conversions", "revenue", by=0.4)


def mixed() -> pl.DataFrame:
    """Traffic moves to stories, which return less; the total stays."""
    frame = ordinary(6, spend=4, creative_type=("image", "video", "text", "story"))
    story = is_(creative_type="story")
    frame = times(frame, story, "conversions", "revenue", by=0.4)
    frame = times(frame, story & NOW, "spend", *COUNTED, by=1.8)
    return times(frame, ~story & NOW, "spend", *COUNTED, by=2.2 / 3)


def launched() -> pl.DataFrame:
    """Brand 6 begins two days into the week."""
    return ordinary(7, spend=3).filter(~is_(campaign="Brand 6") | since(16))
