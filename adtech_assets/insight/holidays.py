"""Public holidays of a client's country, as context for a week's figures.

Belongs here: the calendar. Does not: what a holiday did to the figures.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Holiday:
    """One day off."""

    date: dt.date
    name: str


def holidays_between(
    country: str | None, subdivision: str | None, start: dt.date, end: dt.date, language: str | None = None
) -> list[Holiday]:
    """Public holidays from start to end inclusive, by date.

    `country` ISO 3166-1 alpha-2, `subdivision` as the `holidays` library names it, `language` such as "de" or "en_US".
    An unknown country gives none; an unknown subdivision or language the country's own.
    """
    import holidays

    supported = holidays.list_supported_countries(include_aliases=True)
    code = (country or "").upper()
    if code not in supported:
        return []
    region = subdivision if subdivision in supported[code] else None
    calendar = holidays.country_holidays(
        code, subdiv=region, years=range(start.year, end.year + 1), language=_language(code, language)
    )
    return [Holiday(day, name) for day, name in sorted(calendar.items()) if start <= day <= end]


SHOPPING_DAYS_AFTER_THANKSGIVING = 4
"""Black Friday to Cyber Monday."""


def special_days(country: str | None, subdivision: str | None, start: dt.date, end: dt.date) -> frozenset[dt.date]:
    """Days from start to end on which a whole account may do as it likes: public holidays, Black Friday to Cyber
    Monday. Without a country only the latter."""
    days = {one.date for one in holidays_between(country, subdivision, start, end)}
    for year in range(start.year, end.year + 1):
        first = dt.date(year, 11, 1)
        thanksgiving = first + dt.timedelta(days=(3 - first.weekday()) % 7 + 21)
        days |= {thanksgiving + dt.timedelta(days=n + 1) for n in range(SHOPPING_DAYS_AFTER_THANKSGIVING)}
    return frozenset(day for day in days if start <= day <= end)


def _language(country: str, wanted: str | None) -> str | None:
    """The library's own spelling of a wanted language, or None: the country's default."""
    import holidays

    known = holidays.list_localized_countries().get(country, [])
    if not wanted:
        return None
    exact = wanted.replace("-", "_")
    return exact if exact in known else next((k for k in known if k.split("_")[0] == exact.split("_")[0]), None)
