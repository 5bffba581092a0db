"""One million rows in one file through raw -> cleaned -> weekly, against a bare `polars.scan_csv` of the same file.

Prints seconds (minimum and median of several fresh processes), peak memory, and the ratio. Asserts nothing: the
machine decides the seconds, the ratio travels better. Checks are left out on both sides.

    python bench/throughput.py [--rows 1000000] [--runs 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

CHANNELS = ("Google", "Facebook", "Instagram", "Email")
COLUMNS = {
    "date": pl.Date, "channel": pl.String, "campaign": pl.String, "spend": pl.Float64, "impressions": pl.Int64,
    "clicks": pl.Int64, "conversions": pl.Int64, "revenue": pl.Float64,
}  # fmt: skip


def write_export(path: Path, rows: int) -> None:
    """A marketing sheet of one row a day and campaign over a year, as many campaigns as it takes."""
    rng = np.random.default_rng(11)
    days = pl.date_range(dt.date(2025, 1, 1), dt.date(2025, 12, 31), eager=True)
    number = np.arange(rows) // len(days)
    pl.DataFrame({
        "date": days.gather(np.arange(rows) % len(days)),
        "channel": pl.Series(CHANNELS).gather(number % len(CHANNELS)),
        "campaign": pl.Series([f"Campaign {i:05d}" for i in range(int(number.max()) + 1)]).gather(number),
        "spend": rng.gamma(2, 40, rows).round(2),
        "impressions": rng.integers(1000, 9000, rows),
        "clicks": rng.integers(10, 300, rows),
        "conversions": rng.integers(0, 20, rows),
        "revenue": rng.gamma(2, 140, rows).round(2),
    }).write_csv(path)  # fmt: skip


def bare(path: Path) -> dict[str, float]:
    """The floor: typed columns, one group-by."""
    start = time.perf_counter()
    week = pl.col("date").dt.truncate("1w").alias("week")
    pl.scan_csv(path, schema=COLUMNS).group_by(week, "channel", "campaign").agg(
        pl.col("spend", "impressions", "clicks", "conversions", "revenue").sum()
    ).collect()
    return {"all": time.perf_counter() - start}


def product(path: Path, folder: Path) -> dict[str, float]:
    """The product's own steps, Parquet writes included."""
    from adtech_assets.pipeline import client_steps
    from adtech_assets.pipeline.workspace import Workspace
    from adtech_assets.settings import Paths, Settings

    inbox = folder / "inbox" / "big"
    inbox.mkdir(parents=True)
    (inbox / "export.csv").hardlink_to(path)
    workspace = Workspace.open(Settings(home=folder, paths=Paths(inbox=folder / "inbox", lake=folder / "lake")))
    seconds = {}
    for name, step in (
        ("raw", client_steps.ingest), ("cleaned", client_steps.clean), ("weekly", client_steps.aggregate),
    ):  # fmt: skip
        start = time.perf_counter()
        step(workspace, "big")
        seconds[name] = time.perf_counter() - start
    seconds["all"] = sum(seconds.values())
    return seconds


def measured(what: str, path: Path) -> dict[str, float]:
    """One run in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--once", what, str(path)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", nargs=2, metavar=("WHAT", "FILE"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        if options.once:
            what, file = options.once
            seconds = bare(Path(file)) if what == "bare" else product(Path(file), Path(scratch))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({**seconds, "peak_mib": peak}))
            return
        path = Path(scratch) / "export.csv"
        write_export(path, options.rows)
        runs = {what: [measured(what, path) for _ in range(options.runs)] for what in ("bare", "product")}
        size = path.stat().st_size / 2**20
    print(f"{options.rows:,} rows, {size:.0f} MiB, {options.runs} runs each")
    print(f"{'':24}{'best s':>8}{'median s':>10}{'peak MiB':>10}")
    for what, results in runs.items():
        for part in (k for k in results[0] if k != "peak_mib"):
            values = [r[part] for r in results]
            peak = f"{max(r['peak_mib'] for r in results):10.0f}" if part == "all" else ""
            print(f"{what + ' ' + part:24}{min(values):8.2f}{statistics.median(values):10.2f}{peak}")
    best = {what: min(r["all"] for r in results) for what, results in runs.items()}
    middle = {what: statistics.median(r["all"] for r in results) for what, results in runs.items()}
    print(
        f"ratio: best {best['product'] / best['bare']:.1f}x, median {middle['product'] / middle['bare']:.1f}x (aim: 6x)"
    )


if __name__ == "__main__":
    main()
