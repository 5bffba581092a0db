"""What one report is made of: everything the page prints, handed over in one value.

Belongs here: the inputs, as tables of the lake and the written narrative. Does not: what the page derives from them
(`page.py`), or reading them (the caller does).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from adtech_assets.metrics.succession.maturity import Drift
from adtech_assets.narrative.evidence import Evidence, Narrative
from adtech_assets.narrative.figures import Figures
from adtech_assets.reporting.wording import Wording, wording_for
from adtech_assets.tables import (
    CHECKSUMS,
    FORECAST,
    HYPOTHESES,
    INSIGHTS,
    LIFECYCLE,
    PACING,
    RECOMMENDATIONS,
    RENAMES,
    TRENDS,
    VANISHED,
)

BRAND_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def account_of(weekly: pl.DataFrame, week: dt.date) -> dict[str, Any]:
    """The account's row of a week in table WEEKLY; {} where there is none."""
    rows = weekly.filter((pl.col("week") == week) & (pl.col("level") == "account"))
    return rows.row(0, named=True) if rows.height else {}


@dataclass(frozen=True)
class ReportContent:
    """One version of one week's report.

    weekly: WEEKLY, all weeks. daily: date, channel, campaign and the additive metrics of the charted weeks. findings:
    FINDINGS overlapping the week. scores: ANOMALY_SCORES of the charted days. diagnoses: DIAGNOSES. uploads: UPLOADS of
    the client. conservation: CONSERVATION. quarantine: QUARANTINE, rows that no newer upload has replaced. restatements:
    RESTATEMENTS of the week. vanished: VANISHED of the week and the week before, still missing and not renamed. renames:
    RENAMES applied. checksums: CHECKSUMS of the client. `simulated`: the weather is.

    `short_platforms`: platforms whose figures of the week end early, with their last day (None: none at all), though they
    had all days of the week before. `as_reported`: the week before as its report first said it, a row of REPORTS.
    `restated`: by how much its slices changed since they were first stated, per metric. `at_same_age`: what it stood at
    when it was as young as this one, per metric. `fresh`: the week is so young that platforms still change its figures.
    `forecast`, `pacing`, `lifecycle`, `trends`: the tables of these names, as of the week's Sunday. `insights`,
    `recommendations`, `hypotheses`: the week's.
    `drift`: by how much fresh figures of this client usually change, per metric; empty while that is not known.
    """

    client: str
    client_name: str
    brand_color: str
    currency: str | None
    locale: str
    week: dt.date
    version: int
    revised: bool
    revision_note: str | None
    evidence: Evidence
    narrative: Narrative
    weekly: pl.DataFrame
    daily: pl.DataFrame
    findings: pl.DataFrame
    scores: pl.DataFrame
    diagnoses: pl.DataFrame
    uploads: pl.DataFrame
    conservation: pl.DataFrame
    quarantine: pl.DataFrame
    restatements: pl.DataFrame
    simulated: bool
    vanished: pl.DataFrame = field(default_factory=VANISHED.empty)
    renames: pl.DataFrame = field(default_factory=RENAMES.empty)
    checksums: pl.DataFrame = field(default_factory=CHECKSUMS.empty)
    as_reported: Mapping[str, Any] | None = None
    restated: Mapping[str, float] = field(default_factory=dict)
    short_platforms: tuple[tuple[str, dt.date | None], ...] = ()
    at_same_age: Mapping[str, float] = field(default_factory=dict)
    fresh: bool = False
    drift: Mapping[str, Drift] = field(default_factory=dict)
    forecast: pl.DataFrame = field(default_factory=FORECAST.empty)
    pacing: pl.DataFrame = field(default_factory=PACING.empty)
    lifecycle: pl.DataFrame = field(default_factory=LIFECYCLE.empty)
    trends: pl.DataFrame = field(default_factory=TRENDS.empty)
    insights: pl.DataFrame = field(default_factory=INSIGHTS.empty)
    recommendations: pl.DataFrame = field(default_factory=RECOMMENDATIONS.empty)
    hypotheses: pl.DataFrame = field(default_factory=HYPOTHESES.empty)

    def __post_init__(self) -> None:
        if not BRAND_COLOR.fullmatch(self.brand_color):
            raise ValueError(f"brand_color {self.brand_color!r}: write it as #rrggbb")
        if self.week.weekday() != 0:
            raise ValueError(f"week {self.week} is a {self.week:%A}: a week is named by its Monday")

    @property
    def sunday(self) -> dt.date:
        return self.week + dt.timedelta(days=6)

    @cached_property
    def account_row(self) -> dict[str, Any]:
        """The account's WEEKLY row of the report's week; {} where there is none."""
        return account_of(self.weekly, self.week)

    @cached_property
    def days_of_week(self) -> pl.DataFrame:
        """Of `daily`, the days of the report's week; none where the files state the week as a whole."""
        return self.daily.filter(pl.col("date").is_between(self.week, self.sunday))

    @cached_property
    def figures(self) -> Figures:
        return Figures(self.locale, self.currency)

    @cached_property
    def wording(self) -> Wording:
        return wording_for(self.locale)
