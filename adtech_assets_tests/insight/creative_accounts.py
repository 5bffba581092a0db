"""Invented accounts of ad messages: which ones work is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from adtech_assets.tables import CLEANED

SINCE, UNTIL = dt.date(2025, 3, 3), dt.date(2025, 3, 30)
PRODUCTS = ("oak table", "oak chair", "pine shelf", "felt rug")
OPENERS = {
    "Quiet rooms begin here": 1.0,
    "Sanded by hand": 1.9,
    "Made for small flats": 1.9,
    "Sunday morning calm": 1.0,
    "A corner of your own": 1.0,
    "Straight lines, warm light": 1.0,
}
CLOSERS = {
    "Quiet rooms begin here": "our {} is waiting",
    "Sanded by hand": "the {} that lasts",
    "Made for small flats": "a slim {} for you",
    "Sunday morning calm": "your {} for slow days",
    "A corner of your own": "try the {} at home",
    "Straight lines, warm light": "the {} in new colours",
}
FURNITURE = {
    f"{opener} — {CLOSERS[opener].format(product)}": factor
    for opener, factor in OPENERS.items()
    for product in PRODUCTS
}


def account(
    messages: dict[str, float],
    seed: int = 1,
    campaigns: tuple[float, ...] = (1.0, 2.5),
    days: int = 28,
    **stated: object,
) -> pl.DataFrame:
    """Rows of CLEANED: every message in every campaign; factor on clicks of a message, and of a campaign."""
    rng = np.random.default_rng(seed)
    rows = []
    for text, factor in messages.items():
        for number, level in enumerate(campaigns):
            impressions = rng.lognormal(8, 0.3, days)
            clicks = rng.poisson(impressions * 0.02 * factor * level * rng.gamma(20, 1 / 20, days))
            conversions = rng.poisson(clicks * 0.05)
            for day in range(days):
                rows.append(
                    {
                        "date": SINCE + dt.timedelta(day),
                        "last_day": SINCE + dt.timedelta(day),
                        "days": 1,
                        "platform": "meta_ads",
                        "campaign": f"c{number}",
                        "creative_message": text,
                        "impressions": impressions[day],
                        "spend": impressions[day] * 0.01,
                        "clicks": float(clicks[day]),
                        "conversions": float(conversions[day]),
                        "revenue": 40.0 * float(conversions[day]),
                        **stated,
                    }
                )
    return CLEANED.conform(pl.DataFrame(rows))


def row(performance: pl.DataFrame, text: str) -> dict[str, object]:
    return performance.filter(message=text).row(0, named=True)
