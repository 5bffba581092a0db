"""The insights as rows of the page, and what is said where no part of the account is to blame.

Belongs here: which insights the page shows and how they read. Does not: finding them (`insight`), drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from adtech_assets.insight.drivers import CAUSE
from adtech_assets.reporting.content import ReportContent


@dataclass(frozen=True)
class InsightRow:
    """One insight. money: what it is worth a week; sure: how sure it is; both as printed, '' where not known."""

    sentence: str
    severity: str
    money: str
    sure: str


def build_insights(content: ReportContent) -> tuple[InsightRow, ...]:
    """Insights that are not told among the anomalies already, by rank."""
    shown = content.findings.get_column("finding_id").to_list()
    told = content.insights.filter(~pl.col("finding_id").is_in(shown).fill_null(value=False)).sort("rank")
    figures = content.figures
    return tuple(
        InsightRow(
            sentence=row["sentence"] if row["enough"] else f"{row['sentence']} ({row['reason']})",
            severity=row["severity"],
            money="" if row["money"] is None else figures.money(row["money"]),
            sure="" if row["confidence"] is None else figures.percent(row["confidence"], 0, 0),
        )
        for row in told.iter_rows(named=True)
    )


def nobody_to_blame(content: ReportContent) -> bool:
    """Whether the change was looked into and no part of the account stood out."""
    looked = content.hypotheses.filter(pl.col("source") == CAUSE)
    return not looked.is_empty() and content.diagnoses.filter(pl.col("kind") == CAUSE).is_empty()
