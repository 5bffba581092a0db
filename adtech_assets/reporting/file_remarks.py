"""What a reader should know about single files: whether their total row equals their rows, and which of their rows are
in no weekly figure.

Belongs here: these remarks, as the appendix and the notes print them. Does not: reading files or judging totals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.metrics.model import semantic_model
from adtech_assets.metrics.succession.settlement import ADS
from adtech_assets.narrative.figures import Figures
from adtech_assets.reporting.content import ReportContent


@dataclass(frozen=True)
class Remark:
    """A few words about a file. `beware`: the reader should act on it."""

    text: str
    beware: bool = False


def remarks(content: ReportContent, upload: Mapping[str, Any]) -> tuple[Remark, ...]:
    """What there is to say of a file that was read. `upload`: its row of UPLOADS with `rows_period` of CONSERVATION."""
    if upload["status"] != "ok":
        return ()
    words, kind, periods = content.wording, upload["kind"], upload["rows_period"]
    found = [_total_row(content, upload)]
    if kind is not None and kind != ADS:
        found.append(Remark(words.not_ads.get(kind, kind)))
    if periods:
        said = words.period_row if periods == 1 else words.period_rows.format(rows=content.figures.count(periods))
        found.append(Remark(said, beware=True))
    return tuple(found)


def _total_row(content: ReportContent, upload: Mapping[str, Any]) -> Remark:
    words = content.wording
    checks = content.checksums.filter(upload_id=upload["upload_id"])
    wrong = differing(checks)
    if wrong.height:
        return Remark(words.total_row_differs.format(parts=differences(content, upload, wrong)), beware=True)
    if checks.height:
        return Remark(words.total_row_equal)
    return Remark(words.total_row_apart if upload["rows_total"] else words.total_row_missing)


def differing(checksums: pl.DataFrame) -> pl.DataFrame:
    """The rows of table checksums in which rows and total row differ by more than rounding explains."""
    apart = (pl.col("rows_sum") - pl.col("file_total")).abs() > pl.col("tolerance")
    return checksums.filter(~pl.col("ok") | apart).sort("upload_id", "source_row", maintain_order=True)


def differences(content: ReportContent, upload: Mapping[str, Any], wrong: pl.DataFrame) -> str:
    """Which metrics of one upload differ and by how much, with both sums."""
    figures = figures_of_file(content, upload)
    made = []
    for row in wrong.to_dicts():
        rows, total = row["rows_sum"], row["file_total"]
        if rows is None or total is None:
            continue
        by = rows - total
        sign = "\N{MINUS SIGN}" if by < 0 else "+"
        made.append(
            content.wording.total_row_part.format(
                metric=semantic_model().metric(row["metric"]).label,
                difference=f"{sign}{_exact(figures, row['metric'], abs(by))}",
                rows=_exact(figures, row["metric"], rows),
                total=_exact(figures, row["metric"], total),
            )
        )
    return "; ".join(made)


def figures_of_file(content: ReportContent, upload: Mapping[str, Any]) -> Figures:
    """Formats in the currency the file states; in the client's where it states none."""
    return Figures(content.locale, upload["currency"] or content.currency)


def _exact(figures: Figures, metric: str, value: float) -> str:
    if semantic_model().metric(metric).unit == "currency":
        return figures.money(value, exact=True)
    return figures.number(value, 0, 2)


def concerned(content: ReportContent) -> pl.DataFrame:
    """The uploads whose days touch the report's week or the week before, which it is compared with; also those that
    name no time."""
    apart = (pl.col("period_end") < content.week - dt.timedelta(days=7)) | (pl.col("period_start") > content.sunday)
    return content.uploads.filter(pl.col("status") == "ok", ~apart.fill_null(False)).sort("sequence", descending=True)
