"""Labelled daily advertising accounts, invented, for tests and benchmarks of anomaly detection.

`account(seed)` gives a table and its labels; the same seed gives the same account. As a script it writes a folder:

    python adtech_assets_tests/insight/labelled_accounts.py OUT --seeds 1:31

What is modelled lies in account_calendar.py, account_campaigns.py and planted_anomalies.py; here the counts of the days
are drawn and put into a table. Nothing here knows the project's detector.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from account_calendar import Shared, draw_shared
from account_campaigns import Campaign, draw_campaign
from planted_anomalies import plant

CAMPAIGNS_FEWEST, CAMPAIGNS_MOST = 8, 16
COLUMNS = ("date", "channel", "campaign", "spend", "impressions", "clicks", "conversions", "revenue")
#: Degrees of freedom of day noise with heavy tails.
TAIL_FREEDOM = 6


def account(seed: int) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Days of 8-16 campaigns on four channels, and what goes wrong in them.

    Returns a frame (date, channel, campaign, spend, impressions, clicks, conversions, revenue; one row per day and
    campaign, sorted, days without spend left out or listed as zeros) and labels (campaign, kind, start, end as
    yyyy-mm-dd, tier, side_effects).
    """
    rng = np.random.default_rng([seed, 20_240])
    shared = draw_shared(rng)
    count = int(rng.integers(CAMPAIGNS_FEWEST, CAMPAIGNS_MOST + 1))
    channels = [*shared.channels, *(str(c) for c in rng.choice(shared.channels, count - len(shared.channels)))]
    campaigns = [draw_campaign(rng, shared, channel, i) for i, channel in enumerate(channels, start=1)]
    labels = plant(rng, shared, campaigns)
    frames = [_days(rng, shared, campaign) for campaign in campaigns]
    return pl.concat(frames).sort("date", "campaign"), labels


def _days(rng: np.random.Generator, shared: Shared, c: Campaign) -> pl.DataFrame:
    """The campaign's rows, drawn around its expectations."""
    n = shared.days
    noise = (
        rng.standard_t(TAIL_FREEDOM, n) / np.sqrt(TAIL_FREEDOM / (TAIL_FREEDOM - 2))
        if c.heavy_tails
        else rng.normal(size=n)
    )
    spend = np.where(c.runs, c.spend * np.exp(noise * c.spend_noise), 0).round(2)
    impressions = rng.poisson(spend / c.cpm * 1000 * np.exp(rng.normal(0, c.cpm_noise, n)))
    clicks = rng.binomial(impressions, np.minimum(c.ctr * np.exp(rng.normal(0, c.ctr_noise, n)), 0.95))
    expected = clicks * c.cvr * np.exp(rng.normal(0, c.cvr_noise, n)) * rng.gamma(c.shape, 1 / c.shape, n)
    conversions = rng.poisson(expected) * c.tracks_conversions
    orders = np.maximum(conversions, 1) * c.order_shape
    revenue = (conversions * c.order_value * rng.gamma(orders) / orders).round(2) * c.tracks_revenue
    first = pl.lit(shared.first)
    frame = pl.DataFrame({
        "date": pl.select(pl.date_range(first, first + pl.duration(days=n - 1))).to_series(),
        "channel": [c.channel] * n, "campaign": [c.name] * n, "spend": spend, "impressions": impressions, "clicks": clicks,
        "conversions": conversions, "revenue": revenue,
    })  # fmt: skip
    listed = (spend > 0) | c.lists_idle_days
    return frame.filter(pl.Series(c.alive & listed & ~shared.unexported))


def write(folder: Path, seeds: range) -> None:
    """Writes <seed>.csv and <seed>.labels.json for each seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        frame, labels = account(seed)
        frame.write_csv(folder / f"{seed}.csv")
        (folder / f"{seed}.labels.json").write_text(json.dumps({"anomalies": labels}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", default="1:31", help="first:end, the end left out")
    options = parser.parse_args()
    first, end = (int(x) for x in options.seeds.split(":"))
    write(options.out, range(first, end))


if __name__ == "__main__":
    main()
