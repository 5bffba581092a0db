"""Mail a week's report, once per version: by SMTP where a host is set, else as a complete .eml in the outbox.

Belongs here: deciding whether a version still has to go out, and remembering that it did. Does not: composing or
transport (`reporting/mail.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl

from adtech_assets.lake import Part
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.weekly import latest_complete_week
from adtech_assets.pipeline.week_steps import NoData, content_of
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.reporting import mail
from adtech_assets.reporting.kpis import build_kpis
from adtech_assets.settings import Mail
from adtech_assets.tables import DELIVERIES, FILED, REPORTS, WEEKLY


def deliver(workspace: Workspace, client: str, week: dt.date, now: dt.datetime | None = None) -> pl.DataFrame:
    """Send the newest version of the week's report if it was not sent before and is news; returns table
    report_deliveries.

    The mail is recorded after it is handed over: a crash between the two sends it again with the same Message-ID,
    by which mail programs recognise it; it is never lost.
    """
    part = Part(client, week)
    versions = workspace.lake.read(REPORTS, part).sort("version")
    if versions.is_empty():
        raise NoData(f"{client}: there is no report for the week of {week}")
    newest = versions.row(-1, named=True)
    sent = workspace.lake.read(DELIVERIES, part)
    if newest["version"] in sent.get_column("version"):
        return sent
    now = now or dt.datetime.now(dt.UTC)
    latest = latest_complete_week(workspace.lake.read(WEEKLY, Part(client)))
    if not _worth_a_mail(versions, sent, workspace.settings.mail, is_latest=week == latest):
        row = {"version": newest["version"], "content_digest": newest["content_digest"], "recipients": "",
               "transport": FILED, "delivered_at": now}  # fmt: skip
        return _record(workspace, part, sent, row)
    profile = workspace.settings.client(client)
    recipients = profile.recipients
    pdf_path = workspace.reports / newest["pdf"]
    content = content_of(workspace, client, week, newest["version"])
    message = mail.compose(
        client=client,
        client_name=workspace.settings.client_name(client),
        week=week,
        version=newest["version"],
        revised=newest["version"] > 1,
        locale=profile.locale,
        narrative=content.narrative,
        kpis=build_kpis(content),
        brand_color=profile.brand_color,
        pdf=pdf_path.read_bytes(),
        pdf_name=pdf_path.name,
        sender=workspace.settings.mail.sender,
        recipients=recipients,
        content_digest=newest["content_digest"],
        date=now,
        templates_dir=workspace.templates,
    )
    smtp = workspace.settings.mail.host is not None and bool(recipients)
    if smtp:
        mail.send_smtp(message, workspace.settings.mail)
        path = None
    else:
        path = mail.write_eml(message, workspace.outbox / client, pdf_path.stem).name
    row = {
        "version": newest["version"],
        "content_digest": newest["content_digest"],
        "recipients": ",".join(recipients),
        "transport": "smtp" if smtp else "outbox",
        "message_id": message["Message-ID"],
        "path": f"{client}/{path}" if path else None,
        "delivered_at": now,
    }
    return _record(workspace, part, sent, row)


def _worth_a_mail(versions: pl.DataFrame, sent: pl.DataFrame, settings: Mail, *, is_latest: bool) -> bool:
    """Whether the newest version is news to who has the one that was mailed last: platforms change figures of older
    weeks with every export, and nobody reads a mail for each. Nor is an older week news that was made and never mailed:
    a backfill nobody asked to mail."""
    mailed = sent.filter(pl.col("transport") != FILED).get_column("version")
    if mailed.is_empty():
        return is_latest or versions.height == 1
    before = versions.filter(pl.col("version") == mailed.max()).row(0, named=True)
    now = versions.row(-1, named=True)
    return any(_moved(before[metric], now[metric]) >= settings.revision_change for metric in ADDITIVE)


def _moved(before: float | None, now: float | None) -> float:
    """Relative change; infinite where a figure became known, unknown, or more than nothing."""
    if before is None or now is None:
        return 0.0 if before is now else math.inf
    if before == now:
        return 0.0
    return abs(now / before - 1) if before else math.inf


def _record(workspace: Workspace, part: Part, sent: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    table = pl.concat([sent, DELIVERIES.conform(pl.DataFrame([row], infer_schema_length=None))])
    workspace.lake.write(DELIVERIES, part, table)
    return table
