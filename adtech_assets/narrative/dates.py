"""Dates as a sentence writes them: 7 September, 10–15 March, 28 February to 2 March, March 12, 2025-03-12.

Belongs here: the patterns and what day they mean. Does not: other tokens (`claims.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

from adtech_assets.narrative.evidence import Period
from adtech_assets.narrative.vocabulary import Vocabulary

MAX_GAP_DAYS = 200  # a date without a year lies this near the day of the report
Found = tuple[Period | None, int]


def read_date(text: str, at: int, words: Vocabulary, decimal: str, today: dt.date) -> Found | None:
    """The days a date at this place means (None where there are no such days) and where it ends; None if it is no date."""
    patterns = date_patterns(words, decimal)
    return (
        _iso_date(patterns, text, at)
        or _day_month(patterns, text, at, words, today)
        or _month_day(patterns, text, at, words, today)
    )


@cache
def date_patterns(words: Vocabulary, decimal: str) -> dict[str, re.Pattern[str]]:
    """Compiled patterns of one language."""
    months = "|".join(sorted((*words.months, *words.month_abbreviations), key=len, reverse=True))
    join = rf"\s*(?:[-–]|(?:{'|'.join(words.date_joins)})\b)\s*(?:the\s+)?"
    day = [rf"(?P<d{n}>\d{{1,2}})(?:st|nd|rd|th)?" for n in range(3)]
    month = [rf"(?P<m{n}>{months})\b" for n in range(3)]
    not_a_figure = rf"(?!\d|%|{re.escape(decimal)}\d)"
    day_month = (
        rf"{day[1]}(?:\s*(?:of\s+)?{month[1]}(?:\s+(?P<y1>\d{{4}}))?)?"
        rf"(?:{join}{day[2]}\s*(?:of\s+)?{month[2]}(?:,?\s+(?P<y2>\d{{4}}))?)?"
    )
    month_day = (
        rf"{month[1]}\s+{day[1]}(?!\d)(?:{join}(?:{month[2]}\s+)?{day[2]}{not_a_figure})?(?:,?\s+(?P<y1>\d{{4}}))?"
    )
    return {
        "iso": re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)"),
        "day_month": re.compile(day_month, re.IGNORECASE),
        "month_day": re.compile(month_day, re.IGNORECASE),
    }


def _iso_date(patterns: dict[str, re.Pattern[str]], text: str, at: int) -> Found | None:
    if (match := patterns["iso"].match(text, at)) is None:
        return None
    try:
        day = dt.date.fromisoformat(match.group())
    except ValueError:
        return None, match.end()
    return Period(start=day, end=day), match.end()


def _day_month(
    patterns: dict[str, re.Pattern[str]], text: str, at: int, words: Vocabulary, today: dt.date
) -> tuple[Period | None, int] | None:
    match = patterns["day_month"].match(text, at)
    if match is None or not (match["m1"] or match["m2"]):
        return None
    first_month = match["m1"] or match["m2"]
    return _period(
        match["d1"], first_month, match["y1"] or match["y2"], match["d2"], match["m2"], match["y2"], words, today
    ), match.end()


def _month_day(
    patterns: dict[str, re.Pattern[str]], text: str, at: int, words: Vocabulary, today: dt.date
) -> tuple[Period | None, int] | None:
    match = patterns["month_day"].match(text, at)
    if match is None:
        return None
    return _period(
        match["d1"], match["m1"], match["y1"], match["d2"], match["m2"] or match["m1"], match["y1"], words, today
    ), match.end()


def _period(
    d1: str, m1: str, y1: str | None, d2: str | None, m2: str | None, y2: str | None, words: Vocabulary, today: dt.date
) -> Period | None:
    """The days meant; None where there is no such day or the range runs backwards."""
    start = _day(d1, m1, y1, words, today)
    end = _day(d2, m2 or m1, y2, words, today) if d2 else start
    return Period(start=start, end=end) if start and end and start <= end else None


def _day(day: str, month: str, year: str | None, words: Vocabulary, today: dt.date) -> dt.date | None:
    key = month.lower()
    number = (words.months if key in words.months else words.month_abbreviations).index(key) + 1
    years = [int(year)] if year else [today.year, today.year - 1, today.year + 1]
    for candidate in years:
        try:
            found = dt.date(candidate, number, int(day))
        except ValueError:
            continue
        if year or abs((found - today).days) <= MAX_GAP_DAYS:
            return found
    return None
