"""The steps of one client's week: diagnose, narrate, render.

Belongs here: reading the week's tables, calling insight, narrative and reporting, writing the result. Does not: what
they say or how a page looks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from adtech_assets.insight import drivers
from adtech_assets.insight.insights import find_insights
from adtech_assets.lake import Lake, Part, forget_interrupted, write_atomic
from adtech_assets.metrics import weekly as weeks
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.succession.maturity import Drift, at_same_age, usual_drift
from adtech_assets.metrics.succession.renames import PROVEN
from adtech_assets.metrics.succession.settlement import ADS
from adtech_assets.narrative.collect import collect
from adtech_assets.narrative.evidence import Evidence, Narrative
from adtech_assets.narrative.figures import Figures
from adtech_assets.narrative.model_writer import narrate as write_narrative
from adtech_assets.pipeline.context import context_of
from adtech_assets.pipeline.model_messages import asking
from adtech_assets.pipeline.outlook import of_days
from adtech_assets.pipeline.scoring import reported, score_days
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.reporting import content as contents
from adtech_assets.settings import Restatement
from adtech_assets.tables import (
    ANOMALY_SCORES,
    CLEANED,
    CONSERVATION,
    DELIVERIES,
    DIAGNOSES,
    FILED,
    FINDINGS,
    FORECAST,
    HYPOTHESES,
    INSIGHTS,
    LIFECYCLE,
    PACING,
    QUARANTINE,
    RECOMMENDATIONS,
    RENAMES,
    REPORTS,
    RESTATEMENTS,
    SENTENCES,
    TRENDS,
    UPLOAD_CHANGES,
    VANISHED,
    WEEK_DIGESTS,
    WEEKLY,
    WEEKS_AS_FIRST_STATED,
)

_WRITTEN_FOR = "written_for"


class NoData(Exception):
    """A week for which the client has no figures."""


def diagnose(workspace: Workspace, client: str, week: dt.date) -> pl.DataFrame:
    """What moved, which parts did it, what is worth saying of it and what to do: tables diagnoses, insights,
    recommendations and hypotheses of the week. Returned: diagnoses."""
    part = Part(client)
    cleaned = workspace.lake.read(CLEANED, part)
    if cleaned.filter(weeks.monday(pl.col("date")) == week).is_empty():
        last = str(cleaned.get_column("date").max() or "unknown")
        raise NoData(f"{client}: no figures in the week of {week}; the last day with figures is {last}")
    settings, lake, of_week = workspace.settings.insight, workspace.lake, Part(client, week)
    findings = _known_by_sunday(workspace, client, cleaned, week)
    lake.write(FINDINGS, of_week, findings)
    ask = asking(workspace.settings, lake.cache("messages"))
    found = find_insights(cleaned, findings, week, settings, ask=ask)
    table = pl.concat([drivers.diagnose(cleaned, week, settings), drivers.cause_rows(found.explanations.values())])
    table = table.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("rank"))
    lake.write(DIAGNOSES, of_week, table)
    lake.write(INSIGHTS, of_week, INSIGHTS.conform(found.insights))
    lake.write(RECOMMENDATIONS, of_week, RECOMMENDATIONS.conform(found.recommendations))
    lake.write(HYPOTHESES, of_week, HYPOTHESES.conform(found.hypotheses))
    return table


def _known_by_sunday(workspace: Workspace, client: str, cleaned: pl.DataFrame, week: dt.date) -> pl.DataFrame:
    """The findings as they stood when the week ended: a report does not speak of days after its week, and days that
    come later do not change what it said."""
    until = cleaned.filter(pl.col("date") <= week + dt.timedelta(days=6))
    if until.height == cleaned.height:
        return reported(workspace.lake.read(FINDINGS, Part(client)))
    return reported(score_days(workspace, client, weeks.daily(until))[1])


def evidence_of(workspace: Workspace, client: str, week: dt.date) -> Evidence:
    """Everything the report of a week may say."""
    part = Part(client)
    profile = workspace.settings.client(client)
    sources = workspace.lake.read(CONSERVATION, part).filter(pl.col("rows_kept") > 0)
    return collect(
        client=client,
        client_name=workspace.settings.client_name(client),
        currency=workspace.currency(client),
        locale=profile.locale,
        week=week,
        weekly=workspace.lake.read(WEEKLY, part),
        findings=workspace.lake.read(FINDINGS, Part(client, week)),
        diagnoses=workspace.lake.read(DIAGNOSES, Part(client, week)),
        recommendations=workspace.lake.read(RECOMMENDATIONS, Part(client, week)),
        context=context_of(workspace, client, week),
        notes=(),
        uploads=sources.get_column("upload_id").to_list(),
    )


def narrate(workspace: Workspace, client: str, week: dt.date) -> tuple[Evidence, Narrative]:
    """Write the week's text from its evidence and keep both: table narratives, and `evidence.json` beside it."""
    (workspace.lake.folder(SENTENCES, Part(client, week)) / _WRITTEN_FOR).unlink(missing_ok=True)
    evidence = evidence_of(workspace, client, week)
    narrative = write_narrative(evidence, week, workspace.settings, workspace.lake.cache("narratives"))
    part = Part(client, week)
    folder = workspace.lake.folder(SENTENCES, part)
    write_atomic(
        folder / "evidence.json", evidence.model_dump_json(by_alias=True, exclude_defaults=True, indent=1).encode()
    )
    write_atomic(folder / "narrative.json", narrative.model_dump_json(indent=1).encode())
    rows = [
        {**s.model_dump(exclude={"evidence_ids"}), "evidence_ids": ",".join(s.evidence_ids), "position": i}
        for i, s in enumerate(narrative.sentences, start=1)
    ]
    workspace.lake.write(SENTENCES, part, pl.DataFrame(rows, infer_schema_length=None))
    write_atomic(folder / _WRITTEN_FOR, _digest(workspace, client, week).encode())
    return evidence, narrative


def _written_for(workspace: Workspace, client: str, week: dt.date) -> str | None:
    """The fingerprint of the figures that the stored text speaks of."""
    path = workspace.lake.folder(SENTENCES, Part(client, week)) / _WRITTEN_FOR
    return path.read_text("utf-8") if path.is_file() else None


@dataclass(frozen=True)
class Rendered:
    """A report as it lies in the reports folder."""

    row: dict[str, Any]
    pdf: bytes
    pdf_path: Path
    content: contents.ReportContent


def render(workspace: Workspace, client: str, week: dt.date) -> Rendered:
    """HTML, PDF and JSON of the week's report. Figures that changed since the last version make a new version.

    Asked for alone (a backfill of reports), it makes the text it needs: text written for other figures is never printed.
    """
    from adtech_assets.reporting import beside, document, machine, pdf

    part = Part(client, week)
    versions = workspace.lake.read(REPORTS, part).sort("version")
    digest = _digest(workspace, client, week)
    if _written_for(workspace, client, week) != digest:
        diagnose(workspace, client, week)
        narrate(workspace, client, week)
    last = versions.row(-1, named=True) if versions.height else None
    same = last is not None and last["digest"] == digest
    version = last["version"] if last and same else (last["version"] + 1 if last else 1)
    earlier = versions.filter(pl.col("version") < version)
    content = content_of(workspace, client, week, version)
    html = document.render_html(content, workspace.templates)
    data = pdf.html_to_pdf(html, workspace.templates)
    folder = workspace.reports / client
    forget_interrupted(folder)
    stem = f"{client}_week-{week.isoformat()}_v{version}"
    write_atomic(folder / f"{stem}.html", html.encode())
    write_atomic(folder / f"{stem}.json", machine.as_json(content).encode())
    for name, text in beside.files_of(content).items():
        write_atomic(folder / f"{stem}_{name}", text.encode())
    write_atomic(folder / f"{stem}.pdf", data)
    row = {
        "version": version,
        "digest": digest,
        "content_digest": hashlib.sha256(html.encode()).hexdigest(),
        "pdf": f"{client}/{stem}.pdf",
        "html": f"{client}/{stem}.html",
        "json": f"{client}/{stem}.json",
        "pdf_bytes": len(data),
        "pages": pdf.page_count(data),
        "headline": content.narrative.of("headline")[0].text,
        **{metric: content.account_row.get(metric) for metric in ADDITIVE},
    }
    table = pl.concat([earlier, REPORTS.conform(pl.DataFrame([row], infer_schema_length=None))])
    workspace.lake.write(REPORTS, part, table)
    return Rendered(row, data, folder / f"{stem}.pdf", content)


def _digest(workspace: Workspace, client: str, week: dt.date) -> str:
    found = workspace.lake.read(WEEK_DIGESTS, Part(client)).filter(pl.col("week") == week)
    if found.is_empty():
        raise NoData(f"{client}: no figures in the week of {week}")
    return str(found.get_column("digest")[0])


def content_of(workspace: Workspace, client: str, week: dt.date, version: int) -> contents.ReportContent:
    """Everything one version of the week's report shows, read from the tables as they stand."""
    part, week_part = Part(client), Part(client, week)
    lake, settings = workspace.lake, workspace.settings
    folder = lake.folder(SENTENCES, week_part)
    evidence = Evidence.model_validate_json((folder / "evidence.json").read_bytes())
    narrative = Narrative.model_validate_json((folder / "narrative.json").read_bytes())
    end = week + dt.timedelta(days=6)
    start = week - dt.timedelta(weeks=settings.insight.chart_weeks - 1)
    shown = pl.col("date").is_between(start, end)
    findings = lake.read(FINDINGS, week_part)
    profile = settings.client(client)
    currency = workspace.currency(client)
    earlier = _known_to_the_client(lake, week_part, version)
    weekly, before = lake.read(WEEKLY, part), week - dt.timedelta(days=7)
    first_stated = lake.read(WEEKS_AS_FIRST_STATED, part)
    cleaned = lake.scan(CLEANED, part)
    ahead = of_days(weeks.daily(cleaned.filter(pl.col("date") <= end).collect()), settings, client)
    return contents.ReportContent(
        client=client,
        client_name=settings.client_name(client),
        brand_color=profile.brand_color,
        currency=currency,
        locale=profile.locale,
        week=week,
        version=version,
        revised=version > 1,
        revision_note=_revision_note(earlier, weekly, week, Figures(profile.locale, currency)),
        evidence=evidence,
        narrative=narrative,
        weekly=weekly,
        daily=weeks.daily(lake.scan(CLEANED, part).filter(shown).collect()),
        findings=findings.filter((pl.col("start") <= end) & (pl.col("end") >= week)),
        scores=lake.scan(ANOMALY_SCORES, part).filter(shown).collect(),
        diagnoses=lake.read(DIAGNOSES, week_part),
        uploads=workspace.uploads(client),
        conservation=lake.read(CONSERVATION, part),
        quarantine=lake.scan(QUARANTINE, part).filter(pl.col("released_by").is_null()).collect(),
        restatements=_of_ads(lake.scan(RESTATEMENTS, part), week, end),
        checksums=workspace.checksums(client),
        vanished=_of_ads(lake.scan(VANISHED, part), before, end).filter(
            pl.col("back_in").is_null(), pl.col("explained_by").is_null()
        ),
        renames=lake.read(RENAMES, part)
        .filter(status=PROVEN)
        .unique(["old", "new"], keep="first", maintain_order=True),
        short_platforms=weeks.short_platforms(lake.scan(CLEANED, part), week),
        as_reported=_as_first_reported(workspace, client, before),
        restated=_restated(first_stated, before),
        at_same_age=at_same_age(first_stated, week, contents.account_of(weekly, before)),
        fresh=_is_fresh(lake.read(UPLOAD_CHANGES, part), end, settings.restatement),
        drift=_drift(first_stated, settings.restatement),
        simulated=any(item.simulated for item in evidence.items),
        forecast=ahead[FORECAST],
        pacing=ahead[PACING],
        lifecycle=ahead[LIFECYCLE],
        trends=ahead[TRENDS],
        insights=lake.read(INSIGHTS, week_part),
        recommendations=lake.read(RECOMMENDATIONS, week_part),
        hypotheses=lake.read(HYPOTHESES, week_part),
    )


def _of_ads(table: pl.LazyFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    return table.filter(pl.col("kind") == ADS, pl.col("date").is_between(first, last)).collect()


def _as_first_reported(workspace: Workspace, client: str, week: dt.date) -> dict[str, Any] | None:
    """The first version of a week's report, as a row of REPORTS; None where the week was not reported."""
    versions = workspace.lake.read(REPORTS, Part(client, week)).sort("version")
    return versions.row(0, named=True) if versions.height else None


def _restated(weeks: pl.DataFrame, week: dt.date) -> dict[str, float]:
    """By how much the slices of a week changed since they were first stated."""
    rows = weeks.filter(pl.col("week") == week).select("metric", pl.col("now") - pl.col("first")).iter_rows()
    return {str(metric): float(by) for metric, by in rows}


def _is_fresh(changes: pl.DataFrame, sunday: dt.date, settings: Restatement) -> bool:
    """Whether the newest export was made so soon after the week that platforms will go on changing its figures."""
    newest = changes.filter(kind=ADS).get_column("taken").max()
    return isinstance(newest, dt.date) and (newest - sunday).days < settings.mature_days


def _drift(weeks: pl.DataFrame, settings: Restatement) -> dict[str, Drift]:
    found = {metric: usual_drift(weeks, metric, settings) for metric in ("conversions", "revenue", "spend")}
    return {metric: drift for metric, drift in found.items() if drift is not None}


def _known_to_the_client(lake: Lake, part: Part, version: int) -> pl.DataFrame:
    """Versions before this one, up to the one that was mailed last; all where none was."""
    earlier = lake.read(REPORTS, part).filter(pl.col("version") < version).sort("version")
    sent = lake.read(DELIVERIES, part).filter(pl.col("version") < version, pl.col("transport") != FILED)
    mailed = sent.get_column("version").max()
    return earlier if mailed is None else earlier.filter(pl.col("version") <= mailed)


def _revision_note(earlier: pl.DataFrame, weekly: pl.DataFrame, week: dt.date, figures: Figures) -> str | None:
    """What is different from the version before, in one plain sentence; None for a first version."""
    if earlier.is_empty():
        return None
    before = earlier.row(-1, named=True)
    now = contents.account_of(weekly, week)
    moved = [
        f"{name} was {figures.money(before[name], exact=True)} and is {figures.money(now[name], exact=True)}"
        for name in ("spend", "revenue")
        if before[name] is not None and now.get(name) is not None and round(before[name], 2) != round(now[name], 2)
    ]
    what = "; ".join(moved) if moved else "details changed; total spend and revenue did not"
    return f"Replaces version {before['version']}: {what}."
