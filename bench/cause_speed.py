"""Seconds of the search for causes on one large account. Started by `drivers.py --speed`."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

import numpy as np
import polars as pl
from own_causes import explained

FIRST, DAYS, BASELINE = dt.date(2026, 3, 2), 21, 14
#: Members of each dimension.
SIZES = {"platform": 5, "campaign": 60, "creative_type": 8, "audience_type": 8, "country": 20, "device": 3}
ACCOUNTS = ((10_000, 300), (100_000, 5_000), (100_000, 30_000))
FAULTY = "country 03"


def large_account(rows: int, leaves: int) -> pl.DataFrame:
    """Rows of random days and leaves; one country loses half of its delivery in the current week."""
    rng = np.random.default_rng([rows, leaves])
    day, at = rng.integers(0, DAYS, rows), rng.integers(0, leaves, rows)
    members = {
        name: np.array([f"{name} {i:02d}" for i in range(size)])[rng.integers(0, size, leaves)]
        for name, size in SIZES.items()
    }
    halved = (members["country"][at] == FAULTY) & (day >= BASELINE)
    impressions = rng.gamma(1, 500, rows) * np.where(halved, 0.5, 1.0)
    clicks = rng.poisson(impressions * 0.02)
    conversions = rng.poisson(clicks * 0.04)
    return pl.DataFrame({
        "date": pl.Series(FIRST.toordinal() - dt.date(1970, 1, 1).toordinal() + day).cast(pl.Int32).cast(pl.Date),
        **{name: pl.Series(column[at]) for name, column in members.items()},
        "spend": impressions * 0.01, "impressions": impressions, "clicks": clicks.astype(float),
        "conversions": conversions.astype(float), "revenue": conversions * 50.0,
    })  # fmt: skip


def timings() -> Iterator[str]:
    """Lines to print: seconds without imports, the least of three runs."""
    last = FIRST + dt.timedelta(DAYS - 1)
    start = FIRST + dt.timedelta(BASELINE)
    windows = {"baseline": f"{FIRST}..{start - dt.timedelta(1)}", "current": f"{start}..{last}"}
    explained(large_account(1_000, 50), {"metric": "revenue", **windows}, list(SIZES))
    yield f"{'rows':>8} {'dimensions':>11} {'leaves':>7}  {'clicks':>9} {'revenue':>9} {'roas':>9}   answer"
    for rows, leaves in ACCOUNTS:
        frame = large_account(rows, leaves)
        cells, said = [], ""
        for metric in ("clicks", "revenue", "roas"):
            taken = []
            for _ in range(3):
                before = time.perf_counter()
                found = explained(frame, {"metric": metric, **windows}, list(SIZES))
                taken.append(time.perf_counter() - before)
            cells.append(f"{min(taken):7.2f} s")
            said = said or str([cause.segment for cause in found.causes])
        yield f"{rows:8} {len(SIZES):11} {leaves:7}  {' '.join(cells)}   {said}"
