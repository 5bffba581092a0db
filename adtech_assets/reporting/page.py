"""What the page shows, in order, computed from `ReportContent`: nothing is decided in the template.

Belongs here: assembling tiles, charts, tables, notes and trace into one `Page`. Does not: HTML.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from adtech_assets.metrics.model import semantic_model, totals
from adtech_assets.narrative.evidence import SECTIONS
from adtech_assets.narrative.names import PLATFORM_LABELS
from adtech_assets.reporting import charts
from adtech_assets.reporting.ahead import Ahead, build_ahead
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.insight_rows import InsightRow, build_insights, nobody_to_blame
from adtech_assets.reporting.kpis import Kpi, build_kpis
from adtech_assets.reporting.notes import DataNote, build_notes
from adtech_assets.reporting.rankings import Ranking, build_comparisons, build_ranking
from adtech_assets.reporting.trace import PrintedSentence, Trace, build_trace
from adtech_assets.reporting.wording import Wording

RESULTS = ("revenue", "conversions", "clicks", "impressions")  # the daily chart shows the first one known


@dataclass(frozen=True)
class Picture:
    """An SVG as a data URI, and what it says in words."""

    source: str
    alt: str


@dataclass(frozen=True)
class Tile:
    """A key figure and its sparkline."""

    kpi: Kpi
    spark: Picture | None


@dataclass(frozen=True)
class AnomalyRow:
    """One finding in plain words. A part that is not known is ''."""

    number: int
    what: str
    campaign: str
    channel: str
    when: str
    metric: str
    observed: str
    expected: str
    interval: str
    stake: str
    severity: str
    severity_text: str


@dataclass(frozen=True)
class Causes:
    """A change and the parts that add up to it."""

    title: str
    chart: Picture


@dataclass(frozen=True)
class Page:
    """Everything the template prints."""

    wording: Wording
    client: str
    client_name: str
    week: dt.date
    week_number: int
    dates: str
    compared_to: str
    version: int
    revised: bool
    provisional: bool
    headline: PrintedSentence | None
    text: dict[str, tuple[PrintedSentence, ...]]
    tiles: tuple[Tile, ...]
    trend: Picture | None
    trend_past: bool
    has_days: bool
    anomalies: tuple[AnomalyRow, ...]
    ahead: Ahead | None
    causes: Causes | None
    insights: tuple[InsightRow, ...]
    nobody_to_blame: bool
    channel_charts: tuple[Picture, ...]
    channels: Ranking | None
    campaigns: Ranking | None
    notes: tuple[DataNote, ...]
    trace: Trace


def build_page(content: ReportContent, fonts: Path | None = None) -> Page:
    """The page of one report. `fonts`: folder of fonts that charts are measured with."""
    trace = build_trace(content)
    text: dict[str, tuple[PrintedSentence, ...]] = {s: trace.sentences(content, s) for s in SECTIONS}
    headline = text["headline"]
    anomalies = _anomalies(content)
    marks = _marks(content)
    before = content.week - dt.timedelta(days=7)
    return Page(
        wording=content.wording,
        client=content.client,
        client_name=content.client_name,
        week=content.week,
        week_number=content.week.isocalendar().week,
        dates=content.figures.days(content.week, content.sunday),
        compared_to=content.figures.short_days(before, before + dt.timedelta(days=6)),
        version=content.version,
        revised=content.revised,
        provisional=content.fresh or content.account_row.get("complete") is False,
        headline=headline[0] if headline else None,
        text=text,
        tiles=tuple(Tile(kpi, _spark(content, kpi, fonts)) for kpi in build_kpis(content)),
        trend=_trend(content, marks, fonts),
        trend_past=any(not mark.label for mark in marks),
        has_days=not content.days_of_week.is_empty(),
        anomalies=anomalies,
        ahead=build_ahead(content),
        causes=_causes(content, fonts),
        insights=build_insights(content),
        nobody_to_blame=nobody_to_blame(content),
        channel_charts=_channel_charts(content, fonts),
        channels=build_ranking(content, "channel", by="spend"),
        campaigns=build_ranking(content, "campaign"),
        notes=build_notes(content),
        trace=trace,
    )


def picture(svg: str, alt: str) -> Picture:
    """The SVG as a data URI: an image is drawn, never interpreted as part of the page."""
    return Picture("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii"), alt)


def _spark(content: ReportContent, kpi: Kpi, fonts: Path | None) -> Picture | None:
    if sum(value is not None for value in kpi.history) < 3:
        return None
    tone = kpi.change.tone if kpi.change else "neutral"
    svg = charts.to_svg(charts.sparkline(kpi.history, charts.TONES[tone]), content.figures, fonts)
    known = [content.figures.of(kpi.metric, value) for value in kpi.history if value is not None]
    return picture(svg, f"{kpi.label}, last {len(kpi.history)} weeks: {', '.join(known)}")


def _ordered(findings: pl.DataFrame) -> pl.DataFrame:
    """The costliest and most severe first."""
    rank = pl.col("severity").replace_strict({"critical": 0, "warning": 1, "info": 2}, default=3)
    return findings.sort(rank, -pl.col("money_at_stake").fill_null(0), "start", "campaign", "metric")


def _anomalies(content: ReportContent, most: int = 12) -> tuple[AnomalyRow, ...]:
    figures, words = content.figures, content.wording
    made = []
    for number, row in enumerate(_ordered(content.findings).head(most).to_dicts(), start=1):
        metric = row["metric"]

        def show(name: str, row: dict[str, object] = row, metric: str = metric) -> str:
            value = row[name]
            return figures.of(metric, value) if isinstance(value, float) else ""

        bounded = row["low"] is not None and row["high"] is not None
        made.append(
            AnomalyRow(
                number=number,
                what=words.kinds.get(row["kind"], str(row["kind"]).replace("_", " ").capitalize()),
                campaign=_subject(row, words),
                channel=row["channel"] or "",
                when=figures.short_days(row["start"], row["end"]),
                metric=semantic_model().metric(metric).label,
                observed=show("observed"),
                expected=show("expected"),
                interval=words.between.format(low=show("low"), high=show("high")) if bounded else "",
                stake="" if row["money_at_stake"] is None else figures.money(row["money_at_stake"]),
                severity=row["severity"] if row["severity"] in words.severities else "info",
                severity_text=words.severities.get(row["severity"], row["severity"] or ""),
            )
        )
    return tuple(made)


def _subject(row: dict[str, Any], words: Wording) -> str:
    """The campaign; or what a shared finding is about."""
    if row["campaign"]:
        return str(row["campaign"])
    if row["scope"] == "campaign":
        return words.not_stated
    name = row["channel"] or row["platform"]
    return words.all_of.format(name=PLATFORM_LABELS.get(name, name)) if name else words.whole_account


def _panels(content: ReportContent) -> list[str]:
    """Spend and the first result the files know."""
    known = [m for m in ("spend", *RESULTS) if content.daily[m].null_count() < content.daily.height]
    results = [m for m in known if m != "spend"][:1]
    return [*results, *(m for m in known if m == "spend")]


def _marks(content: ReportContent) -> list[charts.Mark]:
    """Numbered: this week's findings at their first day in the week. Without number: abnormal days of earlier weeks."""
    if content.daily.is_empty():
        return []
    panels = _panels(content)

    def place(metric: str) -> int:
        return panels.index(metric) if metric in panels else 0

    marks = [
        charts.Mark(place(row["metric"]), max(row["start"], content.week), str(number))
        for number, row in enumerate(_ordered(content.findings).to_dicts(), start=1)
    ]
    earlier = content.scores.filter(pl.col("kind").is_not_null() & (pl.col("date") < content.week))
    days = earlier.select("date", "metric").unique().sort("date", "metric")
    marks.extend(dict.fromkeys(charts.Mark(place(m), day, "") for day, m in days.iter_rows()))
    return marks


def _trend(content: ReportContent, marks: list[charts.Mark], fonts: Path | None) -> Picture | None:
    panels = [] if content.daily.is_empty() else _panels(content)
    if not panels:
        return None
    per_day = content.daily.group_by("date").agg(totals()).sort("date").upsample("date", every="1d")
    colors = {"spend": charts.ORANGE}
    made = [
        charts.Panel(
            title=semantic_model().metric(metric).label,
            color=colors.get(metric, charts.BLUE),
            unit=semantic_model().metric(metric).unit,
            points=tuple(zip(per_day["date"].to_list(), per_day[metric].to_list(), strict=True)),
        )
        for metric in panels
    ]
    svg = charts.to_svg(charts.daily_chart(made, marks, content.week), content.figures, fonts)
    first, last = per_day["date"].item(0), per_day["date"].item(-1)
    words = content.wording.trend_alt.format(start=content.figures.day(first), end=content.figures.day(last))
    return picture(svg, f"{' / '.join(panel.title for panel in made)}. {words}")


def _channel_charts(content: ReportContent, fonts: Path | None) -> tuple[Picture, ...]:
    made = []
    comparisons = build_comparisons(content)
    for place, comparison in enumerate(comparisons):
        width = (charts.PAGE_WIDTH - 120) // len(comparisons) - 22
        chart = charts.comparison_chart(comparison.title, comparison.pairs, charts.BLUE, width, names=place == 0)
        alt = ", ".join(f"{pair.name} {pair.text}" for pair in comparison.pairs)
        made.append(picture(charts.to_svg(chart, content.figures, fonts), f"{comparison.title}: {alt}"))
    return tuple(made)


def _causes(content: ReportContent, fonts: Path | None, most: int = 6) -> Causes | None:
    """The drivers of the first-ranked dimension, the rest as one part, and the account's whole change."""
    table = content.diagnoses
    drivers = table.filter((pl.col("kind") == "driver") & pl.col("contribution").is_not_null()).sort("rank")
    if drivers.is_empty():
        return None
    metric, dimension = drivers["metric"][0], drivers["dimension"][0]
    whole = table.filter((pl.col("kind") == "change") & pl.col("dimension").is_null() & (pl.col("metric") == metric))
    if whole.is_empty() or whole["current_value"][0] is None or whole["baseline_value"][0] is None:
        return None
    before, after = float(whole["baseline_value"][0]), float(whole["current_value"][0])
    parts = drivers.filter((pl.col("metric") == metric) & (pl.col("dimension") == dimension))
    sums = parts.group_by("member", maintain_order=True).agg(pl.col("contribution").sum())
    steps = _steps(content, metric, sums.sort(-pl.col("contribution").abs(), "member"), after - before, most)
    label, figures = semantic_model().metric(metric).label, content.figures
    start, end = whole["baseline_start"][0], whole["baseline_end"][0]
    since = f" ({figures.short_days(start, end)})" if start and end else ""
    title = f"{label}: {figures.of(metric, before)}{since} \N{RIGHTWARDS ARROW} {figures.of(metric, after)}"
    svg = charts.to_svg(charts.waterfall_chart(steps, width=480), figures, fonts)
    return Causes(title, picture(svg, f"{title}. " + ", ".join(f"{step.name} {step.text}" for step in steps)))


def _steps(content: ReportContent, metric: str, parts: pl.DataFrame, change: float, most: int) -> list[charts.Step]:
    better, figures, words = semantic_model().metric(metric).better, content.figures, content.wording

    def step(name: str, value: float, total: bool = False) -> charts.Step:
        good = (value > 0) == (better == "up")
        tone = "neutral" if better == "none" else "good" if good else "bad"
        return charts.Step(name, value, figures.signed(metric, value), tone, total)

    shown = [step(row["member"] or words.not_stated, row["contribution"]) for row in parts.head(most).to_dicts()]
    rest = change - sum(part.value for part in shown)
    visible = figures.of(metric, abs(rest)) != figures.of(metric, 0.0)
    return [*shown, *([step(words.others, rest)] if visible else []), step(words.total_change, change, total=True)]
