"""The files that lie beside a report: insights and recommendations for programs, the report as Markdown, the decision log.

Belongs here: which files there are. Does not: what they hold (`insight_files`, `markdown`).
"""

from __future__ import annotations

from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.insight_files import decisions_jsonl, insights_json, recommendations_json
from adtech_assets.reporting.markdown import as_markdown


def files_of(content: ReportContent) -> dict[str, str]:
    """Ending of the name -> text."""
    head = (content.client, content.week, content.version, content.currency)
    return {
        "insights.json": insights_json(*head, content.insights),
        "recommendations.json": recommendations_json(*head, content.recommendations),
        "report.md": as_markdown(content),
        "decisions.jsonl": decisions_jsonl(content.hypotheses),
    }
