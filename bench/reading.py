"""One million rows of a Google Ads export (UTF-16, tabs, lines above, totals) and of a Meta Ads export (UTF-8) through
the reader, against `polars.read_csv` of a clean UTF-8 copy with known types.

Prints seconds (minimum and median of several fresh processes) and peak memory as multiples of the file. Asserts
nothing: the machine decides the seconds, the ratio travels better. The process without any file is subtracted from
the memory, for it is the same for any file.

    python bench/reading.py [--rows 1000000] [--runs 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

DAYS = pl.date_range(dt.date(2025, 1, 1), dt.date(2025, 12, 31), eager=True)


def google(rows: int) -> pl.DataFrame:
    """A campaign report with a Day segment, numbers as numbers."""
    rng = np.random.default_rng(7)
    number = np.arange(rows) // len(DAYS)
    clicks = rng.integers(0, 3000, rows)
    return pl.DataFrame({
        "Campaign status": pl.Series(["Enabled", "Paused"]).gather(number % 2),
        "Campaign": pl.Series([f"Search | Region {i:04d}" for i in range(int(number.max()) + 1)]).gather(number),
        "Day": DAYS.gather(np.arange(rows) % len(DAYS)),
        "Currency code": pl.Series(["EUR"]).gather(np.zeros(rows, int)),
        "Cost": rng.gamma(2, 90, rows).round(2),
        "Clicks": clicks,
        "Impr.": clicks * rng.integers(5, 60, rows),
        "CTR": (rng.random(rows) * 9).round(2),
        "Avg. CPC": (rng.random(rows) * 3).round(2),
        "Conversions": rng.gamma(1, 9, rows).round(2),
        "Conv. value": rng.gamma(2, 400, rows).round(2),
    })  # fmt: skip


def meta(rows: int) -> pl.DataFrame:
    """An ad report by day."""
    rng = np.random.default_rng(8)
    number = np.arange(rows) // len(DAYS)
    day = DAYS.gather(np.arange(rows) % len(DAYS))
    shown = rng.integers(0, 90_000, rows)
    return pl.DataFrame({
        "Day": day,
        "Campaign name": pl.Series([f"Prospecting {i // 9:04d}" for i in range(int(number.max()) + 1)]).gather(number),
        "Ad set name": pl.Series([f"Broad {i // 3:04d}, 25-45" for i in range(int(number.max()) + 1)]).gather(number),
        "Ad name": pl.Series([f"Video {i:04d}" for i in range(int(number.max()) + 1)]).gather(number),
        "Delivery status": pl.Series(["active", "not_delivering"]).gather(number % 2),
        "Amount spent (EUR)": rng.gamma(2, 30, rows).round(2),
        "Impressions": shown,
        "Reach": (shown * 0.7).astype(int),
        "Frequency": (1 + rng.random(rows)).round(8),
        "Link clicks": rng.integers(0, 900, rows),
        "CTR (all)": (rng.random(rows) * 4).round(8),
        "Purchases": rng.integers(0, 30, rows),
        "Purchases conversion value": rng.gamma(2, 90, rows).round(2),
        "Reporting starts": day,
        "Reporting ends": day,
    })  # fmt: skip


def write_google(table: pl.DataFrame, path: Path) -> None:
    """As Google's "CSV (Excel)": UTF-16LE, tabs, two lines above, thousands in commas, total rows."""
    grouped = table.with_columns(
        pl.col("Impr.").cast(pl.String).str.replace(r"^(\d+)(\d{3})(\d{3})$", "$1,$2,$3").str.replace(
            r"^(\d+)(\d{3})$", "$1,$2"
        ),
        pl.concat_str(pl.col("CTR"), pl.lit("%")).alias("CTR"),
    )  # fmt: skip
    sums = {c: table[c].sum() for c in ("Cost", "Clicks", "Impr.", "Conversions", "Conv. value")}
    totals = "".join(
        "\t".join(label if c == "Campaign status" else f"{sums[c]:.2f}" if c in sums else "" for c in table.columns)
        + "\n"
        for label in ("Total: Campaigns", "Total: Account")
    )
    text = "Campaign report\n1 January 2025 - 31 December 2025\n" + grouped.write_csv(separator="\t") + totals
    path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))


def write_meta(table: pl.DataFrame, path: Path) -> None:
    """As Meta's CSV: UTF-8 with byte-order mark."""
    path.write_bytes(b"\xef\xbb\xbf" + table.write_csv().encode())


SHAPES: dict[str, tuple[Callable[[int], pl.DataFrame], Callable[[pl.DataFrame, Path], None]]] = {
    "google": (google, write_google),
    "meta": (meta, write_meta),
}


def once(what: str, shape: str, folder: Path) -> dict[str, float]:
    """One reading in this process: seconds, and MiB above what the imports alone take."""
    from adtech_assets.exports.reader import read_export

    small = SHAPES[shape][0](len(DAYS))
    schema = small.schema
    SHAPES[shape][1](small, folder / "small.csv")  # imports and tables of words are loaded once a process
    read_export((folder / "small.csv").read_bytes())
    before = _forgotten_peak()
    start = time.perf_counter()
    if what == "bare":
        spend = float(
            pl.read_csv(folder / f"{shape}.clean.csv", schema=schema).select(pl.col(r"^(Cost|Amount.*)$")).sum().item()
        )
    else:
        export = read_export((folder / f"{shape}.csv").read_bytes())
        if export.refused:
            raise SystemExit(str(export.facts["reason"]))
        spend = float(export.totals["spend"] or 0)
    return {"seconds": time.perf_counter() - start, "mib": _peak() - before, "spend": spend}


def _forgotten_peak() -> float:
    """What the process holds now; its peak counts from here (a child begins with its parent's peak)."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measured(what: str, shape: str, folder: Path) -> dict[str, float]:
    """One run in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--once", what, shape, str(folder)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", nargs=3, metavar=("WHAT", "SHAPE", "FOLDER"))
    options = parser.parse_args()
    if options.once:
        what, shape, folder = options.once
        print(json.dumps(once(what, shape, Path(folder))))
        return
    print(f"{options.rows:,} rows, {options.runs} runs each")
    print(f"{'':8}{'file MiB':>10}{'':>3}{'best s':>8}{'median s':>10}{'MiB':>8}{'x file':>8}")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        for shape, (make, write) in SHAPES.items():
            table = make(options.rows)
            table.write_csv(Path(scratch) / f"{shape}.clean.csv")
            write(table, Path(scratch) / f"{shape}.csv")
            size = (Path(scratch) / f"{shape}.csv").stat().st_size / 2**20
            best, middle = {}, {}
            for what in ("bare", "reader"):
                runs = [measured(what, shape, Path(scratch)) for _ in range(options.runs)]
                stated = table.select(pl.col(r"^(Cost|Amount.*)$")).sum().item()
                if any(abs(run["spend"] - stated) > 1 for run in runs):
                    raise SystemExit(f"{what} did not read the spend of {shape}")
                best[what], middle[what] = (
                    min(r["seconds"] for r in runs),
                    statistics.median(r["seconds"] for r in runs),
                )
                peak = max(r["mib"] for r in runs)
                print(
                    f"{shape:8}{size:10.0f} {what:8}{best[what]:8.2f}{middle[what]:10.2f}{peak:8.0f}{peak / size:8.1f}"
                )
            ratio = f"best {best['reader'] / best['bare']:.1f}x, median {middle['reader'] / middle['bare']:.1f}x"
            print(f"{shape}: {ratio} (aim: 4x, memory 6x the file)")


if __name__ == "__main__":
    main()
