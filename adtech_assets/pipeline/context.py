"""What happened around a client's week that is not in its files: public holidays, and weather at its place.

Belongs here: asking the providers and turning their answers into evidence. Does not: providers, or wording.
"""

from __future__ import annotations

import datetime as dt
import logging

from adtech_assets.insight.holidays import holidays_between
from adtech_assets.insight.weather import WeatherUnavailable, describe, provider
from adtech_assets.narrative.evidence import EvidenceItem
from adtech_assets.pipeline.workspace import Workspace

_LOG = logging.getLogger(__name__)
_DAYS = dt.timedelta(days=6)


def context_of(workspace: Workspace, client: str, week: dt.date) -> list[EvidenceItem]:
    """Evidence of kind context for the client's own place and the days of the week. Ids are given later."""
    return [*_holidays(workspace, client, week), *_weather(workspace, client, week)]


def _holidays(workspace: Workspace, client: str, week: dt.date) -> list[EvidenceItem]:
    profile = workspace.settings.client(client)
    if profile.country is None:
        return []
    language = profile.locale.split("_")[0]
    found = holidays_between(profile.country, profile.subdivision, week, week + _DAYS, language)
    return [
        EvidenceItem(
            id=f"holiday-{holiday.date}", kind="context", what="holiday", name=holiday.name, place=profile.country,
            start=holiday.date, end=holiday.date, simulated=False, source="python-holidays calendar",
        )
        for holiday in found
    ]  # fmt: skip


def _weather(workspace: Workspace, client: str, week: dt.date) -> list[EvidenceItem]:
    profile = workspace.settings.client(client)
    source = provider(workspace.settings.weather, workspace.lake.cache("weather"))
    if source is None or profile.place is None or profile.latitude is None or profile.longitude is None:
        return []
    try:
        days = source.days(profile.place, profile.latitude, profile.longitude, week, week + _DAYS)
    except WeatherUnavailable as error:
        _LOG.warning("%s: the report is made without weather: %s", client, error)
        return []
    if not days:
        return []
    warmth = [day.t_mean for day in days if day.t_mean is not None]
    wet = [day.precipitation_mm for day in days if day.precipitation_mm is not None]
    said = [f"mean temperature {sum(warmth) / len(warmth):.1f} °C"] if warmth else []
    said += [f"precipitation {sum(wet):.0f} mm"] if wet else []
    return [
        EvidenceItem(
            id="weather", kind="context", what="weather", name=describe(days), place=profile.place,
            start=days[0].date, end=days[-1].date, simulated=any(day.simulated for day in days),
            detail=", ".join(said),
            source="simulated weather" if days[0].simulated else "Open-Meteo archive",
        )
    ]  # fmt: skip
