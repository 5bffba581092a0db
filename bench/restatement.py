"""A year of weekly exports of one account, each covering 13 weeks: what the ledger costs.

Prints rows, seconds of cleaning (best of a few), and what it found, against the plain sum of the newest values. Asserts
nothing.

    python bench/restatement.py [--campaigns 200] [--exports 52] [--runs 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import time

import numpy as np
import polars as pl

from adtech_assets.metrics import cleaning
from adtech_assets.tables import RAW_ROWS, UPLOADS

FIRST = dt.date(2025, 1, 6)
DAYS = 91
LATE_SHARE = 0.02


def year(campaigns: int, exports: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Raw rows and uploads; late conversions in each export, and a campaign with a new name every tenth export."""
    rng = np.random.default_rng(5)
    names = [f"Campaign {i:04d}" for i in range(campaigns)]
    days = DAYS + 7 * exports
    spend = rng.gamma(2, 40, (days, campaigns)).round(2)
    conversions = rng.integers(0, 9, (days, campaigns)).astype(float)
    rows, uploads = [], []
    for number in range(1, exports + 1):
        if number % 10 == 0:
            names[number] = f"{names[number]} | renamed"
        begin = 7 * number
        span = slice(begin, begin + DAYS)
        conversions[span] += rng.random((DAYS, campaigns)) < LATE_SHARE
        dates = pl.date_range(FIRST + dt.timedelta(begin), FIRST + dt.timedelta(begin + DAYS - 1), eager=True)
        identity = f"{number:012x}"
        rows.append(pl.DataFrame({
            "upload_id": identity, "source_row": np.arange(2, 2 + DAYS * campaigns),
            "date": dates.gather(np.repeat(np.arange(DAYS), campaigns)), "platform": "google_ads", "channel": "Search",
            "campaign": pl.Series(names).gather(np.tile(np.arange(campaigns), DAYS)),
            "spend": spend[span].ravel(), "impressions": spend[span].ravel() * 100, "clicks": spend[span].ravel().round(0),
            "conversions": conversions[span].ravel().copy(), "revenue": conversions[span].ravel() * 40,
        }).with_columns(last_day="date"))  # fmt: skip
        uploads.append({
            "upload_id": identity, "sequence": number, "file": f"{number}.csv", "status": "ok", "kind": "ads",
            "platform": "google_ads", "arrived_at": dt.datetime.combine(dates[-1], dt.time(9), dt.UTC),
            "period_start": dates[0], "period_end": dates[-1], "rows_read": DAYS * campaigns,
        })  # fmt: skip
    frame = RAW_ROWS.conform(pl.concat(rows))
    return frame, UPLOADS.conform(pl.DataFrame(uploads, schema_overrides=UPLOADS.schema, infer_schema_length=None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--exports", type=int, default=52)
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    rows, uploads = year(wanted.campaigns, wanted.exports)
    seconds = []
    for _ in range(wanted.runs):
        start = time.perf_counter()
        found = cleaning.clean(rows, uploads)
        seconds.append(time.perf_counter() - start)
    told = found.succession
    print(f"{rows.height:,} rows in {uploads.height} exports: cleaned in {min(seconds):.2f} s (best of {wanted.runs})")
    print(f"appended spend {rows['spend'].sum():,.2f}, in use {found.current['spend'].sum():,.2f}")
    print(f"changed figures {told.restatements.height:,}, renames {told.renames['status'].value_counts().rows()}")
    print(told.upload_changes.select("new", "changed", "unchanged", "vanished", "reappeared").sum())


if __name__ == "__main__":
    main()
