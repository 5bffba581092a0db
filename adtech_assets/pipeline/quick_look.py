"""One file to one report in this process: the same steps as the assets, in the same order, in a store of its own.

Belongs here: running the steps one after the other. Does not: steps.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from adtech_assets.lake import Part
from adtech_assets.metrics.weekly import latest_complete_week
from adtech_assets.pipeline import client_steps, week_steps
from adtech_assets.pipeline.outlook import look_ahead
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.quality.rulebook import rules_of_asset
from adtech_assets.settings import Settings
from adtech_assets.tables import WEEKLY

_ASSETS = (
    "raw_uploads", "cleaned_metrics", "weekly_aggregates", "anomaly_scores", "outlook", "diagnoses", "narratives",
    "weekly_reports",
)  # fmt: skip


_NO_DAYS = (
    "its figures cover a period, not days or whole weeks, and are never spread over days. What to do: export it with a "
    "Day breakdown (Google: Segment > Time > Day; Meta: Breakdown > By time > Day)"
)


class NotReported(Exception):
    """There is no report, with the sentence that says why."""


@dataclass(frozen=True)
class Made:
    """The report, and what the rulebook found."""

    pdf: Path
    week: dt.date
    failed_checks: tuple[str, ...]


def quick_look(settings: Settings, file: Path, client: str, day: dt.date | None, *, with_checks: bool) -> Made:
    """Report on the week of `day` (default: the latest complete week) from one file. NotReported says why not."""
    workspace = Workspace.open(settings)
    inbox = workspace.inbox / client
    inbox.mkdir(parents=True)
    shutil.copyfile(file, inbox / file.name)
    ingested = client_steps.ingest(workspace, client)
    if ingested.uploads.is_empty():
        known = ", ".join(settings.inbox.suffixes)
        raise NotReported(f"{file.name}: not a kind of file that is read ({known})")
    upload = ingested.uploads.row(0, named=True)
    if upload["status"] != "ok":
        raise NotReported(f"{file.name}: {upload['reason']}")
    if upload["kind"] != "ads":
        raise NotReported(f"{file.name}: read as {upload['platform']}, which holds no advertising figures to report on")
    if client_steps.clean(workspace, client).current.is_empty():
        raise NotReported(f"{file.name}: {_NO_DAYS}")
    client_steps.aggregate(workspace, client)
    week = _week(workspace, client, day)
    client_steps.score(workspace, client)
    look_ahead(workspace, client)
    try:
        week_steps.diagnose(workspace, client, week)
        week_steps.narrate(workspace, client, week)
        rendered = week_steps.render(workspace, client, week)
    except week_steps.NoData as error:
        raise NotReported(str(error)) from error
    return Made(rendered.pdf_path, week, _failed(workspace, client, week) if with_checks else ())


def _week(workspace: Workspace, client: str, day: dt.date | None) -> dt.date:
    if day is not None:
        return day - dt.timedelta(days=day.weekday())
    latest = latest_complete_week(workspace.lake.read(WEEKLY, Part(client)))
    if latest is None:
        raise NotReported("the file covers no week up to its Sunday yet: name the running week with --week")
    return latest


def _failed(workspace: Workspace, client: str, week: dt.date) -> tuple[str, ...]:
    from adtech_assets.pipeline.checking import check

    rules = [rule for asset in _ASSETS for rule in rules_of_asset(asset)]
    return tuple(
        f"{result.rule.severity}: {result.rule.asset} / {result.rule.id}: {result.description}"
        for result in check(workspace, rules, client, week)
        if not result.passed
    )
