"""From a figure in the text to its evidence, and from there to the files: notes, appendix and table of files.

Belongs here: numbering and listing what the text rests on. Does not: building evidence (`narrative/evidence.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.metrics.model import semantic_model
from adtech_assets.narrative.evidence import EvidenceItem, Period, Section
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.file_remarks import Remark, figures_of_file, remarks


@dataclass(frozen=True)
class PrintedSentence:
    """A sentence and the numbers of the evidence it rests on."""

    text: str
    notes: tuple[int, ...]


@dataclass(frozen=True)
class EvidenceLine:
    """One line of the appendix. `uploads` are those that the table of files prints too."""

    number: int
    id: str
    figure: str
    value: str
    source: str
    uploads: tuple[str, ...]
    more_uploads: int


@dataclass(frozen=True)
class FileLine:
    """One file of the client and where its rows went. A figure that is not known is ''."""

    upload_id: str
    file: str
    status: str
    period: str
    rows_read: str
    rows_kept: str
    rows_quarantined: str
    rows_duplicate: str
    rows_total: str
    spend_read: str
    spend_current: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Trace:
    """All notes of a report: `numbers` from evidence id to printed number, in order of appearance."""

    numbers: dict[str, int]
    lines: tuple[EvidenceLine, ...]
    files: tuple[FileLine, ...]
    more_files: int

    def sentences(self, content: ReportContent, section: Section) -> tuple[PrintedSentence, ...]:
        """The sentences of a section with their notes."""
        return tuple(
            PrintedSentence(s.text, tuple(sorted({self.numbers[i] for i in s.evidence_ids if i in self.numbers})))
            for s in content.narrative.of(section)
        )


def build_trace(content: ReportContent, files: int = 15, uploads_per_line: int = 3) -> Trace:
    """Number the evidence that the narrative cites, and list the `files` that matter most to it."""
    items = {item.id: item for item in content.evidence.items}
    cited = dict.fromkeys(i for s in content.narrative.sentences for i in s.evidence_ids if i in items)
    numbers = {evidence_id: place for place, evidence_id in enumerate(cited, start=1)}
    used = dict.fromkeys(upload for evidence_id in cited for upload in items[evidence_id].uploads)
    chosen = _choose(content, list(used), files)
    printed = set(chosen["upload_id"])
    lines = tuple(
        _line(content, numbers[evidence_id], items[evidence_id], printed, uploads_per_line) for evidence_id in cited
    )
    rows = tuple(_file(content, row) for row in chosen.to_dicts())
    return Trace(numbers, lines, rows, content.uploads.height - chosen.height)


def _choose(content: ReportContent, used: list[str], most: int) -> pl.DataFrame:
    """Files the text rests on first, then the newest; printed in the order they came."""
    rank = pl.col("upload_id").is_in(used)
    chosen = content.uploads.sort(rank, "sequence", descending=[True, True]).head(most).sort("sequence")
    kept = content.conservation.drop("file", "rows_read", "rows_total", "spend_read").unique(
        "upload_id", maintain_order=True
    )
    return chosen.join(kept, on="upload_id", how="left", maintain_order="left")


def _line(content: ReportContent, number: int, item: EvidenceItem, printed: set[str], most: int) -> EvidenceLine:
    linked = tuple(upload for upload in item.uploads if upload in printed)[:most]
    return EvidenceLine(
        number=number,
        id=item.id,
        figure=_figure(content, item),
        value=_value(content, item),
        source=item.source or "",
        uploads=linked,
        more_uploads=len(item.uploads) - len(linked),
    )


def _figure(content: ReportContent, item: EvidenceItem) -> str:
    """What was measured, where and when."""
    parts = [
        _label(item.metric) if item.metric else (item.what or item.name or item.kind).replace("_", " ").capitalize()
    ]
    if item.what and item.name:
        parts.append(item.name)
    parts.extend(str(value) for value in item.segment.values())
    if item.dimension and item.dimension not in item.segment:
        parts.append(item.dimension)
    if item.place:
        parts.append(item.place)
    period = item.period or (Period(start=item.start, end=item.end or item.start) if item.start else None)
    if period:
        parts.append(content.figures.short_days(period.start, period.end))
    return " · ".join(parts)


def _value(content: ReportContent, item: EvidenceItem) -> str:
    """The figure itself, exactly, with what it is compared to."""

    def show(number: float) -> str:
        if item.unit is not None:
            return content.figures.in_unit(item.unit, number, exact=True)
        if item.metric is not None and _known(item.metric):
            return content.figures.of(item.metric, number, exact=True)
        return content.figures.number(number, 0, 2)

    figures = content.figures
    parts: list[str] = []
    if item.from_ is not None and item.to is not None:
        parts.append(f"{show(item.from_)} \N{RIGHTWARDS ARROW} {show(item.to)}")
    elif item.observed is not None:
        parts.append(show(item.observed))
    elif item.contribution is not None:
        parts.append(show(item.contribution))
    elif item.value is not None:
        parts.append(figures.percent(item.value) if item.kind == "share" else show(item.value))
    elif item.ranking:
        parts.append(", ".join(f"{name} {show(value)}" for name, value in item.ranking[:3]))
    if item.pct is not None:
        parts.append(figures.percent(item.pct, signed=True))
    if item.low is not None and item.high is not None:
        interval = content.wording.between.format(low=show(item.low), high=show(item.high))
        parts.append(f"{content.wording.expected.lower()} {interval}")
    if item.share_of_change is not None:
        parts.append(figures.percent(item.share_of_change, 0, 0))
    if not parts:
        parts.append(item.text or item.detail or "")
    return ", ".join(parts)


def _known(metric: str) -> bool:
    return metric in semantic_model().additive or metric in semantic_model().ratio or metric == "profit"


def _label(metric: str) -> str:
    return (
        semantic_model().metric(metric).label
        if _known(metric) and metric != "profit"
        else metric.replace("_", " ").capitalize()
    )


def _file(content: ReportContent, row: dict[str, Any]) -> FileLine:
    figures = content.figures
    amounts = figures_of_file(content, row)

    def count(name: str) -> str:
        return "" if row.get(name) is None else figures.count(row[name])

    def money(name: str) -> str:
        return "" if row.get(name) is None else amounts.money(row[name], exact=True)

    spans = row["period_start"] is not None and row["period_end"] is not None
    return FileLine(
        upload_id=row["upload_id"],
        file=row["file"] or "",
        status=content.wording.statuses.get(row["status"] or "", row["status"] or ""),
        period=figures.days(row["period_start"], row["period_end"]) if spans else "",
        rows_read=count("rows_read"),
        rows_kept=count("rows_kept"),
        rows_quarantined=count("rows_quarantined"),
        rows_duplicate=count("rows_duplicate"),
        rows_total=count("rows_total"),
        spend_read=money("spend_read"),
        spend_current=money("spend_current"),
        remarks=remarks(content, row),
    )
