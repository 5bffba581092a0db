"""How often the forecast's intervals are right, and how far it is off, beside two naive forecasts.

Prints measured coverage of the 80 and 95 % intervals of 7-, 14- and 30-day totals and the WAPE, on generated accounts
that were not used to choose any setting; and the seconds of one forecast of a large account. Asserts nothing.

    python bench/forecast.py [--accounts 30] [--first-seed 9001]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from adtech_assets.insight.outlook.forecast import backtest, coverage, forecast

sys.path.insert(0, str(Path(__file__).parents[1] / "adtech_assets_tests" / "insight"))

from labelled_accounts import account

HORIZONS = (7, 14, 30)


def large_account(campaigns: int = 40, days: int = 180) -> pl.DataFrame:
    """An account of steady campaigns, for the clock only."""
    rng = np.random.default_rng(3)
    dates = pl.date_range(dt.date(2025, 1, 1), dt.date(2025, 1, 1) + dt.timedelta(days - 1), eager=True)
    spend = rng.gamma(30, 3, campaigns * days)
    return pl.DataFrame({
        "date": dates.gather(np.tile(np.arange(days), campaigns)), "platform": "meta_ads", "channel": "Feed",
        "campaign": [f"Campaign {c:02d}" for c in np.repeat(np.arange(campaigns), days)],
        "spend": spend, "impressions": spend * 100, "clicks": spend * 2,
        "conversions": rng.poisson(spend / 20).astype(float), "revenue": rng.poisson(spend / 20) * 60.0,
    })  # fmt: skip


def seconds_of_forecast() -> float:
    """The best of three."""
    daily, taken = large_account(), []
    for _ in range(3):
        start = time.perf_counter()
        forecast(daily)
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=9001)
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.accounts)
    start = time.perf_counter()
    # The generator's accounts are one platform each, so the platform's rows are the account's.
    rows = pl.concat([backtest(account(seed)[0], HORIZONS) for seed in seeds])
    print(f"{rows.height} totals of {asked.accounts} accounts, {time.perf_counter() - start:.1f} s")
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, float_precision=3, tbl_hide_dataframe_shape=True):
        print("Campaigns that ran through, and accounts as they were:")
        print(coverage(rows.filter("ran_through", pl.col("level") != "platform")))
        print("All campaigns, those that ended meanwhile too:")
        print(coverage(rows.filter(level="campaign")))
    print(f"one forecast of 40 campaigns x 180 days x 3 metrics x 30 days: {seconds_of_forecast():.2f} s")


if __name__ == "__main__":
    main()
