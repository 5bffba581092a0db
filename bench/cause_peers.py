"""Popular answers to "which segments changed it", each as a practitioner would write it by its documentation.

The project's own search is not here. As a script it runs one peer in an environment of its own
(peers-requirements.txt) on a folder of cases (<id>.csv.gz, requests.jsonl):

    python bench/cause_peers.py "wise-pizza" FOLDER OUT.json

writes {id: {"causes": [...], "seconds": CPU seconds}}; null if the peer's package is not installed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

COUNTED = ("spend", "impressions", "clicks", "conversions", "revenue")
DIMENSIONS = ("platform", "campaign", "creative_type", "audience_type", "country", "device")
RATIOS = {
    "ctr": ("clicks", "impressions"), "cvr": ("conversions", "clicks"), "cpc": ("spend", "clicks"),
    "cpm": ("spend", "impressions"), "cac": ("spend", "conversions"), "roas": ("revenue", "spend"),
    "aov": ("revenue", "conversions"),
}  # fmt: skip
#: What an additive metric is a total of, for a tool that wants totals and sizes.
SIZES = {
    "spend": "impressions", "impressions": "impressions", "clicks": "impressions", "conversions": "clicks",
    "revenue": "clicks",
}  # fmt: skip
SEGMENTS, DEPTH = 3, 3

Causes = list[str]


@dataclass(frozen=True)
class Peer:
    name: str
    package: str
    explain: Callable[[pl.DataFrame, str], Causes]


def windows_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums by leaf and window, the baseline brought to the number of days of the current window."""
    days = dict(rows.group_by("window").agg(pl.col("date").n_unique()).iter_rows())
    scale = pl.when(pl.col("window") == "baseline").then(days["current"] / days["baseline"]).otherwise(1.0)
    return rows.group_by("window", *DIMENSIONS, maintain_order=True).agg(pl.col(COUNTED).sum()).with_columns(
        pl.col(COUNTED) * scale
    )  # fmt: skip


def largest_delta(rows: pl.DataFrame, metric: str) -> Causes:
    """The member of any one dimension whose total moved most; of a ratio: whose rate, times its share of the whole."""
    top, bottom = RATIOS.get(metric, (metric, None))
    sums = windows_of(rows)
    best: tuple[float, str] = (0.0, "")
    for name in DIMENSIONS:
        of = {
            window: sums.filter(pl.col("window") == window).group_by(name).agg(pl.col(COUNTED).sum())
            for window in ("baseline", "current")
        }
        both = of["current"].join(of["baseline"], on=name, how="full", coalesce=True, suffix="_before").fill_null(0)
        if bottom is None:
            delta = pl.col(top) - pl.col(f"{top}_before")
        else:
            share = pl.col(bottom) / pl.col(bottom).sum()
            delta = share * (pl.col(top) / pl.col(bottom) - pl.col(f"{top}_before") / pl.col(f"{bottom}_before"))
        sized = (
            both.select(pl.col(name), delta.abs().alias("size")).filter(pl.col("size").is_finite()).sort("size", name)
        )
        if sized.height:
            best = max(best, (float(sized["size"][-1]), f"{name}={sized[name][-1]}"))
    return [best[1]] if best[1] else []


def wise_pizza(rows: pl.DataFrame, metric: str) -> Causes:
    """explain_changes_in_totals, or _in_average for a ratio, three segments of at most three attributes."""
    import pandas as pd
    import wise_pizza as wp

    sums = windows_of(rows)
    parts = [
        pd.DataFrame(sums.filter(pl.col("window") == window).drop("window").to_dict(as_series=False))
        for window in ("baseline", "current")
    ]
    top, bottom = RATIOS.get(metric, (metric, SIZES.get(metric)))
    explain = wp.explain_changes_in_average if metric in RATIOS else wp.explain_changes_in_totals
    if top == bottom:  # it wants a size; one a leaf
        parts, bottom = [part.assign(leaves=1.0) for part in parts], "leaves"
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            found = explain(
                *parts, list(DIMENSIONS), total_name=top, size_name=bottom, max_segments=SEGMENTS, max_depth=DEPTH
            )
        except ValueError:  # its Lasso refuses a table in which it preselected nothing
            return []
    ordered = sorted(found.segments, key=lambda segment: -abs(segment["impact"]))
    return [
        "&".join(f"{name}={member}" for name, member in segment["segment"].items())
        for segment in ordered
        if set(segment["segment"]) <= set(DIMENSIONS)
    ]


PEERS = (Peer("largest delta", "polars", largest_delta), Peer("wise-pizza", "wise_pizza", wise_pizza))


def run(peer: Peer, folder: Path) -> dict[str, Any] | None:
    """Answers to every request of a folder, or None where the peer's package is missing."""
    try:
        importlib.import_module(peer.package)
    except ImportError:
        return None
    answers = {}
    for line in (folder / "requests.jsonl").read_text().splitlines():
        request = json.loads(line)
        rows = pl.read_csv(folder / f"{request['id']}.csv.gz")
        start = time.process_time()
        causes = peer.explain(rows, request["metric"])
        answers[request["id"]] = {"causes": causes, "seconds": time.process_time() - start}
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=[peer.name for peer in PEERS])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    peer = next(peer for peer in PEERS if peer.name == options.peer)
    options.out.write_text(json.dumps(run(peer, options.folder)))


if __name__ == "__main__":
    main()
