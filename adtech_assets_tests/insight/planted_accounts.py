"""Invented accounts in two windows: what they are expected to bring, how far they stray by themselves, days drawn.

Everything here is ordinary: weekday patterns, day-to-day noise, drift of single campaigns, creatives, countries, devices.
Which accounts there are is drawn in planted_worlds.py; what is planted on top lies in planted_faults.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Counts = dict[str, Floats]

DIMENSIONS = ("platform", "campaign", "creative_type", "audience_type", "country", "device")
LINKS = ("delivery", "cpm", "ctr", "cvr", "aov")
#: The links of the chain that move a metric.
MOVED_BY = {
    "spend": ("delivery", "cpm"), "clicks": ("delivery", "ctr"), "conversions": ("delivery", "ctr", "cvr"),
    "revenue": ("delivery", "ctr", "cvr", "aov"), "ctr": ("ctr",), "cvr": ("cvr",), "cpc": ("cpm", "ctr"),
    "cac": ("cpm", "ctr", "cvr"), "roas": ("cpm", "ctr", "cvr", "aov"), "impressions": ("delivery",),
}  # fmt: skip
RATIOS = {
    "ctr": ("clicks", "impressions"), "cvr": ("conversions", "clicks"), "cpc": ("spend", "clicks"),
    "cac": ("spend", "conversions"), "roas": ("revenue", "spend"),
}  # fmt: skip
#: The count whose scarcity limits what can be known about a metric.
COUNTED = {"spend": "impressions", "clicks": "clicks", "ctr": "clicks", "cpc": "clicks", "impressions": "impressions"}
CURRENT_DAYS, LONG, SHORT = 7, 14, 7
#: How much of the account's drift each dimension carries, by kind of link.
DRIFT_PARTS = {
    "platform": 0.25,
    "campaign": 1.0,
    "creative_type": 0.55,
    "audience_type": 0.35,
    "country": 0.55,
    "device": 0.45,
}
LEAF_DRIFT = 0.5


@dataclass
class Account:
    """Expectations a day by leaf (rows) in the baseline, and how far days and windows stray from them."""

    codes: Ints
    names: list[list[str]]
    impressions: Floats
    rates: dict[str, Floats]
    baseline_days: int
    weekday: Floats
    cvr_weekday: Floats
    account_day: float
    campaign_day: float
    persistence: float
    leaf_day: dict[str, Floats]
    drift_level: dict[str, float]
    drift: dict[str, Floats]
    drift_shape: Floats
    order_cv: float
    idle: Mask

    @property
    def days(self) -> int:
        return self.baseline_days + CURRENT_DAYS

    @property
    def spread(self) -> float:
        """Variance of a difference of the two windows' means, for days of variance 1."""
        return 1 / self.baseline_days + 1 / CURRENT_DAYS

    def expected(self, bends: dict[str, Floats] | None = None) -> Counts:
        """Expected week by leaf without drift, with factors by link where given."""
        bent = {link: (bends or {}).get(link, np.ones(len(self.codes))) for link in LINKS}
        impressions = self.impressions * bent["delivery"] * CURRENT_DAYS
        clicks = impressions * self.rates["ctr"] * bent["ctr"]
        conversions = clicks * self.rates["cvr"] * bent["cvr"]
        spend = impressions * self.rates["cpm"] * bent["cpm"] / 1000
        revenue = conversions * self.rates["aov"] * bent["aov"]
        return {
            "impressions": impressions, "clicks": clicks, "conversions": conversions, "spend": spend, "revenue": revenue,
        }  # fmt: skip

    def noise(self, rows: Mask, metric: str) -> float:
        """Standard deviation of the ordinary relative change of a metric over these rows: counting, days and drift.

        The day factor that the whole account shares is left out: it says nothing about one segment.
        """
        week = self.expected()
        scarce = week[COUNTED.get(metric, "conversions")][rows]
        weight = week[metric if metric in week else RATIOS[metric][1]][rows]
        share = weight / weight.sum()
        by_member = [
            (np.bincount(self.codes[rows, i], weights=share) ** 2).sum() * DRIFT_PARTS[name] ** 2
            for i, name in enumerate(DIMENSIONS)
        ]
        concentration = (share**2).sum()
        variance = 0.0
        for link in MOVED_BY[metric]:
            variance += self.drift_level[link] ** 2 * (sum(by_member) + LEAF_DRIFT**2 * concentration)
            variance += self.spread * (share**2 * self.leaf_day[link][rows] ** 2).sum()
        if "delivery" in MOVED_BY[metric]:
            carried = self.spread * (1 + self.persistence) / (1 - self.persistence)
            campaigns = (np.bincount(self.codes[rows, 1], weights=share) ** 2).sum()
            variance += carried * self.campaign_day**2 * campaigns
        spread_of_orders = 1 + self.order_cv**2 if "aov" in MOVED_BY[metric] else 1.0
        variance += spread_of_orders * (1 + CURRENT_DAYS / self.baseline_days) / max(scarce.sum(), 1e-9)
        return float(np.sqrt(variance))


def value(counts: Counts, metric: str, rows: Mask | None = None) -> float:
    """A metric over rows (all of them by default): a sum, or the ratio of two sums."""

    def total(name: str) -> float:
        return float((counts[name] if rows is None else counts[name][rows]).sum())

    if metric not in RATIOS:
        return total(metric)
    numerator, denominator = RATIOS[metric]
    return total(numerator) / max(total(denominator), 1e-9)


def _one_sided_noise(rng: np.random.Generator, cv: Floats, days: int) -> Floats:
    """Gamma factors of mean 1 (leaves, days): over-dispersion of counts as a negative binomial has it."""
    shape = (cv**-2)[:, None]
    factors: Floats = rng.standard_gamma(shape, (len(cv), days)) / shape
    return factors


def draw_days(rng: np.random.Generator, a: Account, bends: dict[str, Floats]) -> Counts:
    """Counts (leaves, days). `bends`: factors (leaves, days) by link."""
    leaves, days = len(a.codes), a.days
    steps = rng.normal(size=(len(a.names[1]), days))
    for t in range(1, days):
        steps[:, t] = a.persistence * steps[:, t - 1] + np.sqrt(1 - a.persistence**2) * steps[:, t]
    shared = rng.normal(0, a.account_day, days) + a.campaign_day * steps[a.codes[:, 1]]

    def factor(link: str) -> Floats:
        drift = np.exp(a.drift[link][:, None] * a.drift_shape)
        return drift * _one_sided_noise(rng, a.leaf_day[link], days) * bends.get(link, 1.0)

    expected = a.impressions[:, None] * a.weekday * np.exp(shared - a.campaign_day**2 / 2) * factor("delivery")
    runs = ~a.idle[:, None] | (rng.random((leaves, days)) < 0.7)
    runs[:, 0] = True
    impressions = rng.poisson(expected * runs)
    clicks = rng.binomial(impressions, np.minimum(a.rates["ctr"][:, None] * factor("ctr"), 0.8))
    cvr = np.minimum(a.rates["cvr"][:, None] * a.cvr_weekday * factor("cvr"), 0.8)
    conversions = rng.binomial(clicks, cvr)
    spend = (impressions * a.rates["cpm"][:, None] / 1000 * factor("cpm")).round(2)
    orders = np.maximum(conversions, 1) / a.order_cv**2
    revenue = conversions * a.rates["aov"][:, None] * factor("aov") * rng.standard_gamma(orders) / orders
    counts = {"spend": spend, "impressions": impressions, "clicks": clicks, "conversions": conversions}
    return {**{k: v.astype(np.float64) for k, v in counts.items()}, "revenue": revenue.round(2)}
