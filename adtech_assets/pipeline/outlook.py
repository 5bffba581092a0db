"""Where a client's figures are heading: trends, phases of campaigns, forecast, budget pacing.

Belongs here: reading the client's days, calling insight, writing the tables. Does not: statistics.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from adtech_assets.insight.outlook.forecast import ForecastSettings, forecast
from adtech_assets.insight.outlook.lifecycle import lifecycle
from adtech_assets.insight.outlook.pacing import pacing
from adtech_assets.insight.outlook.patterns import patterns
from adtech_assets.insight.outlook.trends import trends
from adtech_assets.lake import Part
from adtech_assets.metrics import weekly
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings
from adtech_assets.tables import CLEANED, FORECAST, LIFECYCLE, PACING, PATTERNS, TRENDS, Table


def look_ahead(workspace: Workspace, client: str) -> dict[Table, pl.DataFrame]:
    """cleaned_metrics -> trends, patterns, lifecycle, forecast and pacing, as of the last day of data."""
    daily = weekly.daily(workspace.lake.read(CLEANED, Part(client)))
    made = of_days(daily, workspace.settings, client)
    for table, frame in made.items():
        workspace.lake.write(table, Part(client), frame)
    return made


def of_days(daily: pl.DataFrame, settings: Settings, client: str) -> dict[Table, pl.DataFrame]:
    """The five tables of daily rows, as of their last day."""
    budgets: dict[str, Any] = settings.client(client).budgets.model_dump(exclude_none=True)
    frames = {
        TRENDS: trends(daily),
        PATTERNS: patterns(daily),
        LIFECYCLE: lifecycle(daily),
        FORECAST: forecast(daily, ForecastSettings(days_ahead=settings.insight.forecast_days)),
        PACING: pacing(daily, budgets),
    }
    return {
        table: table.conform(frame.with_columns(pl.col(pl.Float64).round(SUM_DIGITS)))
        for table, frame in frames.items()
    }
