"""The report as Markdown: the same text, figures, causes, insights and advice, for wikis, tickets and mail.

Belongs here: that document. Does not: what it says (the neighbours), anything for print.

Text from files is data: every character that means something to Markdown or HTML is escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import polars as pl

from adtech_assets.insight.segment_text import in_words, segment_of
from adtech_assets.metrics.model import semantic_model
from adtech_assets.narrative.evidence import Section
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.kpis import build_kpis
from adtech_assets.reporting.notes import build_notes

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_BREAKS = re.compile(r"\s+")
_SECTIONS: tuple[tuple[Section, str], ...] = (("summary", "Summary"), ("anomalies", "Anomalies"), ("causes", "Why"))
LOG_LINES = 20


def plain(text: object) -> str:
    """Text as Markdown prints it, on one line."""
    return _SPECIAL.sub(r"\\\1", _BREAKS.sub(" ", str(text)).strip())


def as_markdown(content: ReportContent) -> str:
    """The whole document; the same content gives the same text."""
    figures = content.figures
    lines = [f"# {plain(content.client_name)}: {plain(figures.days(content.week, content.sunday))}", ""]
    if content.revision_note:
        lines += [f"*{plain(content.revision_note)}*", ""]
    lines += [f"**{plain(s.text)}**" for s in content.narrative.of("headline")] + [""]
    lines += _kpis(content)
    for section, title in _SECTIONS:
        lines += _listed(title, [plain(s.text) for s in content.narrative.of(section)])
    lines += _links(content) + _insights(content) + _recommendations(content) + _decisions(content)
    notes = [plain(s.text) for s in content.narrative.of("notes")]
    lines += _listed(
        "Notes on the data", [*notes, *(f"{plain(n.title)}: {plain(n.text)}" for n in build_notes(content))]
    )
    return "\n".join(lines).rstrip() + "\n"


def _kpis(content: ReportContent) -> list[str]:
    rows = [
        (kpi.label, kpi.value, kpi.previous or "", kpi.change.text if kpi.change else "") for kpi in build_kpis(content)
    ]
    return _table("Key figures", ("metric", "this week", "week before", "change"), rows)


def _links(content: ReportContent) -> list[str]:
    """Each link of the chain with its part of the change of the first metric that has one; they add up."""
    links = content.diagnoses.filter(pl.col("kind") == "link").sort("rank")
    if links.is_empty():
        return []
    metric = links["metric"][0]
    model, figures = semantic_model(), content.figures
    rows = [
        (
            model.metric(row["member"]).label,
            "" if row["baseline_value"] is None else figures.of(row["member"], row["baseline_value"]),
            "" if row["current_value"] is None else figures.of(row["member"], row["current_value"]),
            figures.signed(metric, row["contribution"]),
        )
        for row in links.filter(pl.col("metric") == metric).iter_rows(named=True)
    ]
    label = model.metric(metric).label
    return _table(f"{label} along the chain", ("link", "before", "now", f"part of the change of {label}"), rows)


def _insights(content: ReportContent) -> list[str]:
    figures = content.figures
    rows = [
        (
            str(row["rank"]),
            row["severity"],
            row["sentence"],
            "" if row["money"] is None else figures.money(row["money"]),
            "" if row["confidence"] is None else figures.percent(row["confidence"], 0, 0),
            row["insight_id"],
        )
        for row in content.insights.sort("rank").iter_rows(named=True)
    ]
    return _table("Insights", ("", "severity", "what", "money a week", "confidence", "evidence"), rows)


def _recommendations(content: ReportContent) -> list[str]:
    if content.recommendations.is_empty():
        return []
    lines = ["## What to do", ""]
    for row in content.recommendations.sort("rank").iter_rows(named=True):
        effect = row["expected_effect"]
        worth = f" ({plain(content.figures.money(effect))} a week)" if effect is not None else ""
        where = in_words(segment_of(row["segment"] or ""))
        lines += [f"{row['rank']}. **{plain(row['title'])}**, {plain(where)}{worth}: {plain(row['advice'])}"]
        lines += [f"   - How to test it: {plain(row['test_it'])}"]
        lines += [f"   - Rests on: {plain(row['basis'] or '')} Evidence {row['insight_id']}."]
        for draft in json.loads(row["messages"]) if row["messages"] else []:
            lines += [f"   - New message: {plain(draft.get('text', ''))}"]
    return [*lines, ""]


def _decisions(content: ReportContent) -> list[str]:
    dropped = content.hypotheses.filter(~pl.col("kept")).unique(["fault", "segment"], keep="first", maintain_order=True)
    told = [
        f"{plain(row['fault'] or row['source'])}, {plain(in_words(segment_of(row['segment'] or '')))}: {plain(row['reason'])}"
        for row in dropped.head(LOG_LINES).iter_rows(named=True)
    ]
    return _listed("Looked at and dropped", told)


def _listed(title: str, items: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {item}" for item in items), ""] if items else []


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    body = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    if not body:
        return []
    return [f"## {title}", "", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *body, ""]
