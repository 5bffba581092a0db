"""Texts that name a day, a week, a month or a span, in the ways and languages of exports.

`03/04/2026` is April in one country and March in another: such a day stays open (`Slashed`) until the whole file has
said which it is (`day_order`). Belongs here: one text -> what it names. Does not: columns, files or decisions.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from adtech_assets.exports.vocabulary import DayOrder

Grain = Literal["day", "week", "month"]

_LOCALES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "da", "nb", "fi", "tr", "cs", "sk", "hu", "ro", "el", "uk", "ru",
    "bg", "id", "ms", "ca", "vi",
)  # fmt: skip
# Short forms that programs write and Unicode's tables do not have.
_MORE_MONTHS = {"sept": 9, "sep": 9, "mrz": 3, "maerz": 3, "fev": 2, "aout": 8, "avr": 4, "set": 9, "dez": 12}
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # days of the years 1954 to 2119
_CENTURY = 2000
_LONGEST = 100
_SHORT_YEARS = range(15, 41)  # of two digits: 2015 to 2040
_YEARS = range(1990, 2100)
_WEEK = re.compile(r"\b(week|woche|semaine|semana|settimana|tydzien|uge|vecka|uke|hafta|neděl)|[週周주]", re.IGNORECASE)
_TIME = re.compile(
    r"t?(?<!\d)\d{1,2}[:h.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?\s?m\.?)?\s*(?:z\b|utc|gmt|[a-z]{2,5}\b)?\s*(?:[+\-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_DIGIT, _LETTERS = re.compile(r"\d"), re.compile(r"[^\W\d_]+")
# Words that stand beside a day without changing it.
_BESIDE = frozenset({
    "of", "de", "del", "do", "da", "the", "to", "until", "a", "au", "al", "bis", "ate", "hasta", "till", "from", "von", "vom",
    "du", "st", "nd", "rd", "th", "er", "g", "r", "t", "z", "utc", "gmt", "am", "pm", "o", "den", "kl",
})  # fmt: skip


@dataclass(frozen=True)
class Slashed:
    """A day written as two small numbers and a year, in an order that is not known yet."""

    a: int
    b: int
    year: int

    def day(self, order: DayOrder) -> dt.date | None:
        day, month = (self.a, self.b) if order == "dmy" else (self.b, self.a)
        return _date(self.year, month, day)


Part = dt.date | Slashed


@dataclass(frozen=True)
class Named:
    """What a text names: from the first to the last day; `last` is None for one day (or the start of a week)."""

    first: Part
    last: Part | None
    grain: Grain

    @property
    def slashed(self) -> tuple[Slashed, ...]:
        return tuple(part for part in (self.first, self.last) if isinstance(part, Slashed))

    def days(self, order: DayOrder) -> tuple[dt.date, dt.date] | None:
        """First and last day under an order; None where that order makes no day, or the last lies before the first."""
        first = self.first.day(order) if isinstance(self.first, Slashed) else self.first
        last = self.last.day(order) if isinstance(self.last, Slashed) else self.last
        if first is None or (self.last is not None and last is None):
            return None
        if last is None:
            last = first + dt.timedelta(days=6) if self.grain == "week" else first
        return (first, last) if first <= last else None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _plain(text: str) -> str:
    """Lower case without accents and full width; letters of other scripts stay as they are."""
    text = unicodedata.normalize("NFKC", text).casefold()
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).replace("\u00a0", " ")


@cache
def _months(locales: tuple[str, ...]) -> dict[str, int]:
    """Names of months in some languages; a name that means two months is left out."""
    from babel import Locale

    names: dict[str, int] = {}
    doubtful: set[str] = set()
    for locale in locales:
        widths = Locale(locale).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in widths[context][width].items():
                    key = _plain(name).strip(". ")
                    if key.isdigit() or len(key) < 3:
                        continue
                    if names.setdefault(key, number) != number:
                        doubtful.add(key)
    return {**{name: number for name, number in names.items() if name not in doubtful}, **_MORE_MONTHS}


@cache
def _textual(locales: tuple[str, ...]) -> re.Pattern[str]:
    names = sorted(map(re.escape, _months(locales)), key=len, reverse=True)
    month = "(?P<month>" + "|".join(names) + r")(?![^\W\d_])\.?"
    until = r"(?:\s*[-–—]\s*(?P<{0}>\d{{1,2}})(?!\d))?"
    day = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th|er|[º°.])?"
    of = r"[\s\-/]*(?:\b(?:de|del|of)\b\s*)?"
    year = r"(?P<year>\d{4}|(?<=-)\d{2}(?!\d))"
    return re.compile(
        rf"(?<!\d)(?:{day.format('day')}{until.format('until')}{of})?(?<![^\W\d_]){month}"
        rf"(?:[\s\-/]*{day.format('day2')}(?![\d]){until.format('until2')})?(?:[\s,\-/]*(?:\b(?:de|del|of)\b\s*)?{year})?"
    )


_YMD = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?:\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<d>\d{1,2})|[年년]\s?(?P<m2>\d{1,2})[月월]\s?(?P<d2>\d{1,2})[日일])(?!\d)\.?"
)
_COMPACT = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?!\d)")
_YM = re.compile(
    r"(?<![\d\-/.])(?P<y>(?:19|20)\d{2})(?:[-/](?P<m>0?[1-9]|1[0-2])|[年년]\s?(?P<m2>\d{1,2})[月월])(?![\d\-/.日일])"
)
_WEEKS = re.compile(r"(?<!\d)(?P<y>\d{4})-?w(?P<w>\d{1,2})(?!\d)")
_ABC = re.compile(r"(?<![\d./\-])(?P<a>\d{1,2})(?P<s>[/.\-])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})(?![\d/\-]|\.\d)")


@dataclass(frozen=True)
class _Found:
    begin: int
    end: int
    named: Named
    yearless: tuple[int, int] | None = None


def _numeric(text: str) -> Iterator[_Found]:
    for found in _YMD.finditer(text):
        if day := _date(int(found["y"]), int(found["m"] or found["m2"]), int(found["d"] or found["d2"])):
            yield _Found(*found.span(), Named(day, None, "day"))
    for found in _COMPACT.finditer(text):
        if day := _date(int(found["y"]), int(found["m"]), int(found["d"])):
            yield _Found(*found.span(), Named(day, None, "day"))
    for found in _YM.finditer(text):
        if (first := _date(int(found["y"]), int(found["m"] or found["m2"]), 1)) is not None:
            yield _Found(*found.span(), _month(first))
    for found in _WEEKS.finditer(text):
        try:
            monday = dt.date.fromisocalendar(int(found["y"]), int(found["w"]), 1)
        except ValueError:
            continue
        yield _Found(*found.span(), Named(monday, None, "week"))
    for found in _ABC.finditer(text):
        if (part := _slashed(int(found["a"]), int(found["b"]), found["y"], found["s"])) is not None:
            yield _Found(*found.span(), Named(part, None, "day"))


def _slashed(a: int, b: int, year: str, separator: str) -> Part | None:
    if len(year) == 2:
        last_is_year, first_is_year = int(year) in _SHORT_YEARS, a in _SHORT_YEARS and separator != "."
        by_year = _date(_CENTURY + a, b, int(year)) if first_is_year else None
        if by_year is not None or not last_is_year:
            return None if last_is_year else by_year
    part = Slashed(a, b, int(year) if len(year) == 4 else _CENTURY + int(year))
    by_day, by_month = part.day("dmy"), part.day("mdy")
    if separator == "." or a == b:  # with points the day always comes first
        return by_day
    if by_day is None and by_month is None:
        return None
    return part


def _month(first: dt.date) -> Named:
    return Named(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]), "month")


def _in_words(text: str, locales: tuple[str, ...]) -> Iterator[_Found]:
    for found in _textual(locales).finditer(text):
        month = _months(locales)[found["month"]]
        day, until = found["day"] or found["day2"], found["until"] or found["until2"]
        if found["day"] and found["day2"] and not found["year"]:
            continue
        if found["year"] is None:
            if day is not None:
                yield _Found(*found.span(), Named(dt.date(_CENTURY, month, 1), None, "day"), (month, int(day)))
            continue
        year = int(found["year"]) + (_CENTURY if len(found["year"]) == 2 else 0)
        if day is None:
            if (first := _date(year, month, 1)) is not None:
                yield _Found(*found.span(), _month(first))
        elif (first := _date(year, month, int(day))) is not None:
            last = _date(year, month, int(until)) if until else None
            yield _Found(*found.span(), Named(first, last, "day"))


def _all_in(text: str) -> list[_Found]:
    """Every expression of time in a text, from left to right, none inside another."""
    if not any(c.isdigit() for c in text):
        return []
    found = list(_numeric(text))
    if any(c.isalpha() for c in text):
        # English first: the tables of the other languages take a fifth of a second to load.
        found += list(_in_words(text, _LOCALES[:1])) or (list(_in_words(text, _LOCALES)) if not found else [])
    found.sort(key=lambda f: (f.begin, f.begin - f.end))
    apart: list[_Found] = []
    for one in found:
        if not apart or one.begin >= apart[-1].end:
            apart.append(one)
    return _with_years(apart)


def _with_years(found: list[_Found]) -> list[_Found]:
    """`Jul 8 - Aug 3, 2026`: a day without a year takes it from the day after it."""
    complete: list[_Found] = []
    later: dt.date | None = None
    for one in reversed(found):
        if one.yearless is None:
            later = one.named.first if isinstance(one.named.first, dt.date) else None
            complete.append(one)
        elif later is not None:
            month, day = one.yearless
            year = later.year - ((month, day) > (later.month, later.day))
            if (first := _date(year, month, day)) is not None:
                complete.append(_Found(one.begin, one.end, Named(first, None, "day")))
    return complete[::-1]


def expressions(line: str) -> list[Named]:
    """The days and spans a line of text names, from left to right."""
    return [found.named for found in _all_in(_plain(line))]


def is_one(line: str) -> bool:
    """Whether a line of text is one day and nothing else."""
    text = _plain(line).strip(" \t\"',;|")
    found = _all_in(text)
    return len(found) == 1 and found[0].begin == 0 and found[0].end >= len(text)


@cache
def _weekdays(locales: tuple[str, ...]) -> frozenset[str]:
    from babel import Locale

    names = set()
    for locale in locales:
        days = Locale(locale).days
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                names |= {part for name in days[context][width].values() for part in _LETTERS.findall(_plain(name))}
    return frozenset(names)


def _says_nothing_else(word: str) -> bool:
    """Whether a word beside a day is a weekday, `week`, or one that joins: `Total 3 March` is no day."""
    if word in _BESIDE or _WEEK.search(word) or word in _weekdays(_LOCALES[:1]):
        return True
    return word in _weekdays(_LOCALES) or (len(word) == 1 and not word.isascii())


@lru_cache(maxsize=100_000)
def parse(cell: str) -> Named | None:
    """What a cell names, None if it is no day, week, month or span."""
    if len(cell) > _LONGEST:
        return None
    text = _plain(cell.strip())
    if text.replace(".0", "", 1).isdigit() and int(float(text)) in _SERIALS:
        return Named(_EXCEL_EPOCH + dt.timedelta(days=int(float(text))), None, "day")
    found = _all_in(text)
    if not found or len(found) > 2:
        return None
    rest = text
    for one in reversed(found):
        rest = rest[: one.begin] + " " + rest[one.end :]
    rest = _TIME.sub(" ", rest)
    if _DIGIT.search(rest) or not all(map(_says_nothing_else, _LETTERS.findall(rest))):
        return None
    first = found[0].named
    if len(found) == 2:
        last = found[1].named
        return Named(first.first, last.last or last.first, "day")
    if first.grain == "day" and first.last is None and _WEEK.search(text):
        return Named(first.first, None, "week")
    return first
