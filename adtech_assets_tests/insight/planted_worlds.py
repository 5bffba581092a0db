"""Which invented accounts there are: campaigns built one by one, long-tailed sizes, rates, noise and drift of their own.

What such an account then brings from day to day is in planted_accounts.py.
"""

from __future__ import annotations

import numpy as np
from planted_accounts import CURRENT_DAYS, DIMENSIONS, DRIFT_PARTS, LEAF_DRIFT, LINKS, Account, Floats, Ints

LEAVES_FEWEST, LEAVES_MOST = 105, 295
IMPRESSIONS_LEAST = 12.0
#: Cost per mille, click-through rate, conversion rate.
PLATFORMS = {
    "google_ads": (22.0, 0.042, 0.042), "meta_ads": (9.0, 0.013, 0.026), "tiktok_ads": (5.5, 0.009, 0.014),
    "linkedin_ads": (32.0, 0.006, 0.022), "microsoft_ads": (16.0, 0.030, 0.038), "pinterest_ads": (5.0, 0.007, 0.016),
}  # fmt: skip
CREATIVES = ("image", "video", "carousel", "text", "story", "collection")
AUDIENCES = ("prospecting", "retargeting", "lookalike", "interest", "broad", "customers")
COUNTRIES = ("DE", "US", "GB", "FR", "NL", "ES", "IT", "AT", "PL", "SE")
DEVICES = ("mobile", "desktop", "tablet")
WORDS = (
    "Brand",
    "Generic",
    "Catalogue",
    "Spring",
    "Loyalty",
    "Launch",
    "Regional",
    "Winback",
    "Bestseller",
    "Evergreen",
)
#: Ordinary drift ends at so many standard deviations: what goes beyond is a cause.
DRIFT_END = 2.4


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _pick(rng: np.random.Generator, weights: Floats, fewest: int, most: int) -> Ints:
    count = min(int(rng.integers(fewest, most + 1)), len(weights))
    return rng.choice(len(weights), count, replace=False, p=weights / weights.sum())


def _leaves(rng: np.random.Generator) -> tuple[Ints, list[list[str]]]:
    """Codes (leaves, dimensions) of an account as people build it: campaign by campaign, never a full cross."""
    platforms = [str(p) for p in rng.choice(list(PLATFORMS), rng.integers(2, 6), replace=False)]
    countries = COUNTRIES[: rng.integers(3, 9)]
    creatives = [str(c) for c in rng.choice(CREATIVES, rng.integers(3, 6), replace=False)]
    audiences = [str(a) for a in rng.choice(AUDIENCES, rng.integers(3, 6), replace=False)]
    devices = DEVICES[: rng.choice([2, 3], p=[0.25, 0.75])]
    weights = [rng.gamma(2.0, size=n) + 0.15 for n in map(len, (platforms, countries, creatives, audiences))]
    target, kept_share = rng.integers(LEAVES_FEWEST, LEAVES_MOST - 20), rng.uniform(0.45, 0.95)
    rows: list[tuple[int, ...]] = []
    campaigns: list[str] = []
    most_countries = int(rng.integers(2, 5))
    while len(rows) < target or len(campaigns) < len(platforms) + 2:
        n = len(campaigns)
        platform = n if n < len(platforms) else int(_pick(rng, weights[0], 1, 1)[0])
        where = _pick(rng, weights[1], 1, most_countries)
        what, whom = _pick(rng, weights[2], 1, 4), _pick(rng, weights[3], 1, 3)
        on = np.arange(len(devices)) if rng.random() < 0.85 else rng.choice(len(devices), 1)
        grid = np.stack(np.meshgrid([platform], [n], what, whom, where, on, indexing="ij"), -1).reshape(-1, 6)
        kept = rng.random(len(grid)) < kept_share
        kept[rng.integers(len(grid))] = True
        rows.extend(map(tuple, grid[kept].tolist()))
        campaigns.append(f"{WORDS[rng.integers(len(WORDS))]} {n + 1:02d}")
    rows = rows[:LEAVES_MOST]
    return np.array(rows, np.int64), [platforms, campaigns, creatives, audiences, list(countries), list(devices)]


def _member_effects(rng: np.random.Generator, codes: Ints, names: list[list[str]], spreads: dict[str, float]) -> Floats:
    """Sum of the logarithms of every leaf's members' own factors."""
    effect = np.zeros(len(codes))
    for i, name in enumerate(DIMENSIONS):
        if name in spreads:
            effect += rng.normal(0, spreads[name], len(names[i]))[codes[:, i]]
    return effect


def _rates(rng: np.random.Generator, codes: Ints, names: list[list[str]]) -> dict[str, Floats]:
    base = np.array([PLATFORMS[p] for p in names[0]])[codes[:, 0]]
    device = np.array(names[5])[codes[:, 5]]
    audience = np.array(names[3])[codes[:, 3]]
    spreads = {
        "platform": 0.1,
        "campaign": 0.22,
        "creative_type": 0.15,
        "audience_type": 0.12,
        "country": 0.18,
        "device": 0.08,
    }
    logs = [
        _member_effects(rng, codes, names, spreads) + rng.normal(0, s, len(codes)) for s in (0.08, 0.12, 0.12, 0.05)
    ]
    warm = np.where(np.isin(audience, ("retargeting", "customers")), rng.uniform(1.3, 2.4), 1.0)
    on_desktop = np.where(device == "desktop", rng.uniform(1.0, 1.6), 1.0)
    return {
        "cpm": base[:, 0] * np.exp(logs[0]) * np.sqrt(warm),
        "ctr": np.minimum(base[:, 1] * np.exp(logs[1]) * warm**0.4, 0.25),
        "cvr": np.minimum(base[:, 2] * np.exp(logs[2]) * warm * on_desktop * rng.uniform(0.7, 1.6), 0.4),
        "aov": _log_uniform(rng, 25, 220) * np.exp(0.6 * logs[3]),
    }


def _sizes(rng: np.random.Generator, codes: Ints, names: list[list[str]], rates: dict[str, Floats]) -> Floats:
    """Impressions a day: a long tail, scaled to a drawn number of conversions a week."""
    spreads = {
        "platform": 0.3, "campaign": rng.uniform(0.5, 1.0), "creative_type": 0.4, "audience_type": 0.4, "country": 0.55,
    }  # fmt: skip
    log = _member_effects(rng, codes, names, spreads) + rng.normal(0, rng.uniform(0.35, 0.85), len(codes))
    share = np.array([1.0, rng.uniform(0.35, 0.9), rng.uniform(0.06, 0.2)])[codes[:, 5]]
    spend = np.exp(log) * share
    impressions = spend / rates["cpm"]
    conversions = (impressions * rates["ctr"] * rates["cvr"]).sum() * CURRENT_DAYS
    scaled: Floats = np.maximum(impressions * _log_uniform(rng, 500, 7000) / conversions, IMPRESSIONS_LEAST)
    return scaled


def _drift(rng: np.random.Generator, codes: Ints, names: list[list[str]], level: float, heavy: bool) -> Floats:
    """Logarithms of the factors by which leaves drift from the baseline to the current window."""
    log = np.zeros(len(codes))
    for i, name in enumerate(DIMENSIONS):
        own = rng.standard_t(4, len(names[i])) / np.sqrt(2) if heavy else rng.normal(size=len(names[i]))
        log += level * DRIFT_PARTS[name] * np.clip(own, -DRIFT_END, DRIFT_END)[codes[:, i]]
    return log + level * LEAF_DRIFT * rng.normal(size=len(codes)).clip(-DRIFT_END, DRIFT_END)


def draw_account(rng: np.random.Generator, baseline_days: int, hard: bool) -> Account:
    """An account of 100-300 leaves; a hard one is noisier and drifts more."""
    codes, names = _leaves(rng)
    rates = _rates(rng, codes, names)
    impressions = _sizes(rng, codes, names, rates)
    level = rng.uniform(0.03, 0.1) if hard else rng.uniform(0.015, 0.07)
    levels = {"delivery": level, **{link: level * rng.uniform(0.3, 0.8) for link in LINKS[1:4]}, "aov": level * 0.3}
    heavy = bool(rng.random() < 0.3)
    small = (impressions / np.median(impressions)) ** -0.12
    leaf_day = {"delivery": np.clip(rng.uniform(0.1, 0.26 if hard else 0.2) * small, 0.04, 0.45)}
    for link, most in (("cpm", 0.08), ("ctr", 0.1), ("cvr", 0.15), ("aov", 0.02)):
        leaf_day[link] = np.clip(rng.uniform(0.01, most) * small, 0.005, 0.3)
    days = baseline_days + CURRENT_DAYS
    pattern = rng.normal(0, rng.uniform(0.02, 0.12), 7) + np.where(np.arange(7) > 4, rng.normal(0, 0.2), 0)
    by_platform = rng.normal(0, 0.05, (len(names[0]), 7))
    log_weekday = (pattern + by_platform)[:, np.arange(days) % 7][codes[:, 0]]
    cvr_pattern = rng.normal(0, rng.uniform(0, 0.06), 7)[np.arange(days) % 7]
    shape = np.where(np.arange(days) < baseline_days, 0.0, 1.0)
    if rng.random() < 0.35:  # a slow slide instead of a step; between the windows' means the same distance
        slide = np.arange(days) / (days / 2)
        shape = slide - slide[:baseline_days].mean()
    tiny = impressions < np.quantile(impressions, 0.25)
    return Account(
        codes, names, impressions, rates, baseline_days, np.exp(log_weekday), np.exp(cvr_pattern),
        account_day=rng.uniform(0.02, 0.09), campaign_day=rng.uniform(0.03, 0.12 if hard else 0.09),
        persistence=float(rng.choice([0.0, 0.3, 0.5])), leaf_day=leaf_day, drift_level=levels,
        drift={link: _drift(rng, codes, names, levels[link], heavy) for link in LINKS}, drift_shape=shape,
        order_cv=rng.uniform(0.3, 0.9), idle=tiny & (rng.random(len(codes)) < rng.choice([0.0, 0.5])),
    )  # fmt: skip
