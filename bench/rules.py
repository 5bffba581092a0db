"""What the rulebook costs: all rules of each asset over one client of a million rows, and the slowest rules.

The tables lie as Parquet in a temporary lake, as in production: raw rows of a dozen monthly files, their cleaned rows
by month, weeks. Great Expectations is imported before the clock starts; `warm` is the best of several runs.
Prints seconds; asserts nothing.

    python bench/rules.py [--rows 1000000] [--runs 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from adtech_assets.lake import Lake, Part
from adtech_assets.metrics import weekly
from adtech_assets.pipeline.checking import OF_A_WEEK, OF_AN_UPLOAD
from adtech_assets.quality.rulebook import rules_of_asset
from adtech_assets.quality.runner import preload, run_rules
from adtech_assets.tables import (
    CLEANED,
    CONSERVATION,
    RAW_ROWS,
    TABLES,
    UPLOAD_CHANGES,
    UPLOAD_COLUMNS,
    UPLOADS,
    WEEK_DIGESTS,
    WEEKLY,
)

ASSETS = ("raw_uploads", "cleaned_metrics", "weekly_aggregates")
CLIENT = "big"
METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")
COLUMNS = (("Day", "date", "day"), ("Campaign", "campaign", "text"), *((m.title(), m, "number") for m in METRICS))


def raw_rows(rows: int) -> pl.DataFrame:
    """One row a day and campaign over a year, as many campaigns as it takes, one upload a month."""
    rng = np.random.default_rng(11)
    days = pl.date_range(dt.date(2025, 1, 1), dt.date(2025, 12, 31), eager=True)
    at, number = np.arange(rows) % len(days), np.arange(rows) // len(days)
    clicks = rng.integers(10, 300, rows)
    conversions = rng.binomial(clicks, 0.03)
    frame = pl.DataFrame({
        "date": days.gather(at),
        "campaign": pl.Series([f"Campaign {i:05d}" for i in range(int(number.max()) + 1)]).gather(number),
        "spend": (clicks * rng.gamma(20, 0.05, rows)).round(2), "impressions": clicks * rng.integers(20, 60, rows),
        "clicks": clicks, "conversions": conversions, "revenue": (conversions * rng.gamma(20, 3, rows)).round(2),
    })  # fmt: skip
    month = pl.col("date").dt.month()
    return frame.sort("date", "campaign").with_columns(
        last_day="date", platform=pl.lit("google_ads"), channel=pl.lit("Search"),
        upload_id=pl.format("{}", month).str.zfill(12), source_row=pl.int_range(pl.len()).over(month) + 2,
    )  # fmt: skip


def write_lake(lake: Lake, rows: int) -> None:
    """The tables that the rules of the assets read."""
    raw = raw_rows(rows)
    cleaned = raw.with_columns(days=1, source_rows=1)
    by_upload = raw.group_by("upload_id", maintain_order=True).agg(
        pl.len().alias("rows_read"), pl.col("spend").sum().alias("spend_read"),
        pl.col("date").min().alias("period_start"), pl.col("date").max().alias("period_end"),
    )  # fmt: skip
    uploads = by_upload.with_columns(
        sequence=pl.int_range(1, pl.len() + 1), file=pl.format("{}.csv", "upload_id"), status=pl.lit("ok"),
        kind=pl.lit("ads"), platform=pl.lit("google_ads"), grain=pl.lit("day"), dimensions=pl.lit("campaign"),
        currency=pl.lit("EUR"), rows_total=0, rows_typed="rows_read", rows_problem=0,
        arrived_at=pl.col("period_end").cast(pl.Datetime("us", "UTC")) + pl.duration(days=1),
    )  # fmt: skip
    nothing = dict.fromkeys(("rows_total", "rows_quarantined", "rows_duplicate", "rows_period", "rows_superseded"), 0)
    conservation = uploads.with_columns(
        **nothing, rows_kept="rows_read", rows_current="rows_read", spend_kept="spend_read", spend_current="spend_read"
    )
    part = Part(CLIENT)
    lake.write(UPLOADS, part, uploads)
    lake.write(CONSERVATION, part, conservation)
    lake.write(UPLOAD_CHANGES, part, uploads.with_columns(partial=pl.lit(value=False)))
    lake.write(CLEANED, part, CLEANED.conform(cleaned))
    weeks = weekly.aggregate(CLEANED.conform(cleaned))
    lake.write(WEEKLY, part, weeks)
    lake.write(WEEK_DIGESTS, part, weeks.select("week", "complete").unique())
    columns = pl.DataFrame(
        [{"position": i, "header": h, "field": f, "type": t} for i, (h, f, t) in enumerate(COLUMNS, start=1)]
    )
    for (upload,), piece in raw.partition_by("upload_id", as_dict=True).items():
        lake.write(RAW_ROWS, Part(CLIENT, upload=str(upload)), piece)
        lake.write(UPLOAD_COLUMNS, Part(CLIENT, upload=str(upload)), columns.with_columns(upload_id=pl.lit(upload)))


def in_view(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    ids = lake.read(UPLOADS, Part(CLIENT)).get_column("upload_id")
    parts = {
        table: [Part(CLIENT, upload=i) for i in ids] if table in OF_AN_UPLOAD else [] if table in OF_A_WEEK else [Part(CLIENT)]
        for table in TABLES.values()
    }  # fmt: skip
    lake.views(connection, parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    preload()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch, duckdb.connect() as connection:
        lake = Lake(Path(scratch))
        write_lake(lake, options.rows)
        in_view(lake, connection)
        print(f"{options.rows:,} rows\n{'asset':20}{'rules':>6}{'first s':>9}{'warm s':>8}   fail")
        alone: dict[str, float] = {}
        for asset in ASSETS:
            rules = rules_of_asset(asset)
            seconds = []
            for _ in range(options.runs):
                start = time.perf_counter()
                results = run_rules(connection, rules)
                seconds.append(time.perf_counter() - start)
            failing = ", ".join(result.rule.id for result in results if not result.passed)
            print(f"{asset:20}{len(rules):6}{seconds[0]:9.2f}{min(seconds):8.2f}   {failing}")
            for rule in rules:
                start = time.perf_counter()
                run_rules(connection, [rule])
                alone[f"{asset} / {rule.id}"] = time.perf_counter() - start
        print("\nslowest rules, each run alone")
        for name, taken in sorted(alone.items(), key=lambda pair: -pair[1])[:5]:
            print(f"{taken:8.2f}  {name}")


if __name__ == "__main__":
    main()
