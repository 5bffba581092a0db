"""The week's insights, recommendations and decisions as files for programs, in documented shapes.

Belongs here: the shapes (their JSON Schemas stand in docs/schemas) and the documents. Does not: what they say
(`insight`), the report as a whole (`machine`, `markdown`).
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from adtech_assets.insight.segment_text import segment_of

Severity = Literal["critical", "warning", "info"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Period(_Shape):
    """First and last day, both included."""

    start: dt.date
    end: dt.date


class Comparison(_Shape):
    """The metric in the two periods, and whether its days differ."""

    baseline: Period | None
    current: Period | None
    baseline_value: float | None = Field(description="additive: brought to the current period's length")
    current_value: float | None
    delta: float | None
    relative: float | None
    week_before_value: float | None
    week_relative: float | None
    baseline_days: int | None
    current_days: int | None
    events: float | None = Field(description="counts beneath the metric, both periods together")
    welch_t: float | None
    welch_p: float | None
    mann_whitney_p: float | None
    cohens_d: float | None
    effect_size: str | None
    enough_data: bool
    reason: str | None = Field(description="what is lacking, where there is not enough data")


class InsightShape(_Shape):
    """One insight."""

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    rank: int = Field(ge=1)
    kind: Literal["cause", "anomaly", "opportunity"]
    sentence: str
    metric: str
    segment: dict[str, str] = Field(description="attribute -> member; empty: the whole account")
    effect: Literal["volume", "rate", "mix", "tracking"] | None
    fault: str | None
    direction: Literal["good", "bad", "neutral"]
    severity: Severity
    confidence: float | None = Field(ge=0, le=1)
    money_per_week: float | None = Field(ge=0)
    contribution: float | None
    share_of_change: float | None
    p_value: float | None
    q_value: float | None
    comparison: Comparison
    finding_id: str | None
    playbook: str | None
    detail: str | None = Field(description="what else shows the same, or which days or ads it is about")


class RecommendationShape(_Shape):
    """One recommendation."""

    rank: int = Field(ge=1)
    playbook: str
    title: str
    advice: str
    test_it: str
    segment: dict[str, str]
    metric: str | None
    insight_id: str | None = Field(description="the evidence: an insight of insights.json")
    finding_id: str | None
    expected_effect_per_week: float | None
    basis: str | None
    confidence: float | None
    messages: list[dict[str, Any]] = Field(description="drafts of new messages, each with the evidence it rests on")


class InsightsFile(_Shape):
    """insights.json of a client's week."""

    client: str
    week: dt.date
    version: int
    currency: str | None
    insights: list[InsightShape]


class RecommendationsFile(_Shape):
    """recommendations.json of a client's week."""

    client: str
    week: dt.date
    version: int
    currency: str | None
    recommendations: list[RecommendationShape]


SCHEMAS: Mapping[str, type[BaseModel]] = {"insights": InsightsFile, "recommendations": RecommendationsFile}


def schema_text(name: str) -> str:
    """The JSON Schema of a file, as it stands in docs/schemas."""
    return json.dumps(SCHEMAS[name].model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def insights_json(client: str, week: dt.date, version: int, currency: str | None, insights: pl.DataFrame) -> str:
    """insights.json from table INSIGHTS."""
    told = [_insight(row) for row in _plain(insights.sort("rank"))]
    return _text(InsightsFile(client=client, week=week, version=version, currency=currency, insights=told))


def recommendations_json(
    client: str, week: dt.date, version: int, currency: str | None, recommendations: pl.DataFrame
) -> str:
    """recommendations.json from table RECOMMENDATIONS."""
    told = [_recommendation(row) for row in _plain(recommendations.sort("rank"))]
    return _text(
        RecommendationsFile(client=client, week=week, version=version, currency=currency, recommendations=told)
    )


def decisions_jsonl(hypotheses: pl.DataFrame) -> str:
    """The decision log, one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in _plain(hypotheses))


def _insight(row: Mapping[str, Any]) -> InsightShape:
    same = ("baseline_value", "current_value", "delta", "relative", "week_before_value", "week_relative",
            "baseline_days", "current_days", "events", "welch_t", "welch_p", "mann_whitney_p", "cohens_d",
            "effect_size", "reason")  # fmt: skip
    told = ("rank", "kind", "sentence", "metric", "effect", "fault", "direction", "severity", "confidence",
            "contribution", "share_of_change", "p_value", "q_value", "finding_id", "playbook", "detail")  # fmt: skip
    comparison = Comparison(
        baseline=_period(row["baseline_start"], row["baseline_end"]), current=_period(row["start"], row["end"]),
        enough_data=bool(row["enough"]), **{name: row[name] for name in same},
    )  # fmt: skip
    return InsightShape(
        id=row["insight_id"], segment=segment_of(row["segment"] or ""), money_per_week=row["money"], comparison=comparison,
        **{name: row[name] for name in told},
    )  # fmt: skip


def _recommendation(row: Mapping[str, Any]) -> RecommendationShape:
    told = (
        "rank",
        "playbook",
        "title",
        "advice",
        "test_it",
        "metric",
        "insight_id",
        "finding_id",
        "basis",
        "confidence",
    )
    return RecommendationShape(
        segment=segment_of(row["segment"] or ""),
        expected_effect_per_week=row["expected_effect"],
        messages=json.loads(row["messages"]) if row["messages"] else [],
        **{name: row[name] for name in told},
    )


def _period(start: dt.date | None, end: dt.date | None) -> Period | None:
    return Period(start=start, end=end) if start and end else None


def _plain(frame: pl.DataFrame) -> Iterable[dict[str, Any]]:
    """Rows without NaN and infinities, which JSON has no word for."""
    for row in frame.iter_rows(named=True):
        yield {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }


def _text(document: BaseModel) -> str:
    return document.model_dump_json(indent=1) + "\n"
