"""Scoring one client's days with what is known beside them: its budget of false alarms, what was said of its findings,
its holidays.

Belongs here: gathering that context. Does not: scoring (`insight.anomalies`).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from adtech_assets.insight import anomalies
from adtech_assets.insight.detection.calibration import NOISE
from adtech_assets.insight.holidays import special_days
from adtech_assets.pipeline.decisions import verdicts_of
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Client


def score_days(workspace: Workspace, client: str, daily: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables ANOMALY_SCORES and FINDINGS of daily rows of a client."""
    context = anomalies.Context(
        false_alarm_weeks=workspace.settings.client(client).false_alarm_weeks,
        verdicts=verdicts_of(workspace.inbox / client),
        special_days=special_days_of(workspace.settings.client(client), daily),
    )
    return anomalies.score(daily, workspace.settings.insight, context)


def special_days_of(profile: Client, daily: pl.DataFrame) -> frozenset[dt.date]:
    """Holidays of the client's country within the days."""
    first, last = daily.get_column("date").min(), daily.get_column("date").max()
    if not isinstance(first, dt.date) or not isinstance(last, dt.date):
        return frozenset()
    return special_days(profile.country, profile.subdivision, first, last)


def reported(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings a report speaks of: all but those a person called noise."""
    return findings.filter(pl.col("verdict").is_null() | (pl.col("verdict") != NOISE))
