"""The project's search for root causes as the scorer reads it, and cases as files have them.

Belongs here: a case's rows and request in, answers out. Does not: counts, other tools.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from cause_scorer import FIGURES, WHOLE

from adtech_assets.insight.causes.cube import Window
from adtech_assets.insight.causes.explanation import Explanation, explain
from adtech_assets.insight.causes.search import Search

METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")


@dataclass(frozen=True)
class Given:
    """One case: its rows, what is asked, and the truth."""

    rows: pl.DataFrame
    request: Mapping[str, str]
    label: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.request["id"]

    @property
    def dimensions(self) -> list[str]:
        """Columns that are neither date, window nor a metric."""
        return [name for name in self.rows.columns if name not in FIGURES]


def cases_in(folder: Path) -> Iterator[Given]:
    """Cases of a folder: requests.jsonl, labels.json, and <id>.csv.gz or the file that the request names."""
    labels = json.loads((folder / "labels.json").read_text())
    for line in (folder / "requests.jsonl").read_text().splitlines():
        request = json.loads(line)
        path = Path(request["file"])
        rows = pl.read_csv(path if path.exists() else folder / f"{request['id']}.csv.gz", infer_schema=False)
        known = [name for name in METRICS if name in rows.columns]
        typed = rows.with_columns(pl.col("date").str.to_date(), pl.col(known).cast(pl.Float64))
        yield Given(typed, request, labels[request["id"]])


def window_of(text: str) -> Window:
    """ "A..B" as two dates."""
    first, last = text.split("..")
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last)


def explained(
    rows: pl.DataFrame, request: Mapping[str, str], dimensions: Sequence[str], search: Search | None = None
) -> Explanation:
    baseline, current = window_of(request["baseline"]), window_of(request["current"])
    return explain(rows, request["metric"], baseline, current, dimensions, search)


def answer_of(found: Explanation) -> dict[str, Any]:
    """Causes in the layout of answers, most important first."""
    return {
        "causes": [
            {"segment": cause.segment or WHOLE, "effect": cause.effect, "confidence": cause.confidence}
            for cause in found.causes
        ]
    }
