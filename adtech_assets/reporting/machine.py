"""The report for programs: its figures, findings, diagnoses and text as one JSON document.

Belongs here: that document. Does not: anything for eyes.
"""

from __future__ import annotations

import json

import polars as pl

from adtech_assets.reporting.content import ReportContent


def as_json(content: ReportContent) -> str:
    """Everything the page says, with ISO dates and plain numbers; the same content gives the same text."""
    week = content.weekly.filter(pl.col("week") == content.week)
    document = {
        "client": content.client,
        "week": content.week,
        "version": content.version,
        "currency": content.currency,
        "figures": week.drop("week").to_dicts(),
        "findings": content.findings.to_dicts(),
        "diagnoses": content.diagnoses.to_dicts(),
        "insights": content.insights.to_dicts(),
        "recommendations": content.recommendations.to_dicts(),
        "outlook": {
            "forecast": content.forecast.filter(pl.col("level") == "account").to_dicts(),
            "pacing": content.pacing.to_dicts(),
            "lifecycle": content.lifecycle.to_dicts(),
            "trends": content.trends.filter(pl.col("direction").is_in(["up", "down"])).to_dicts(),
        },
        "narrative": [sentence.model_dump() for sentence in content.narrative.sentences],
        "evidence": [item.model_dump(by_alias=True, exclude_none=True) for item in content.evidence.items],
        "uploads": content.uploads.select("upload_id", "file", "status", "reason", "rows_read").to_dicts(),
        "checksums": content.checksums.to_dicts(),
    }
    return json.dumps(document, default=str, ensure_ascii=False, indent=1)
