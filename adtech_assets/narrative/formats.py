"""Figures and dates inside a sentence.

Belongs here: how a sentence writes a figure or a day. Does not: the locale's rules (`figures.py`), or choosing which
figure to show.
Unknown currency: a plain number with two decimals, never a guessed symbol.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from adtech_assets.narrative.evidence import Period
from adtech_assets.narrative.figures import FINE_BELOW, Figures

NO_CURRENCY = "currency"


@dataclass(frozen=True)
class Formats:
    """The formats of one client. `locale`: like de_DE or en-GB; one that babel does not know falls back to en_GB."""

    locale: str
    currency: str | None

    @cached_property
    def _figures(self) -> Figures:
        return Figures(self.locale, self.currency)

    def number(self, value: float, decimals: int = 0) -> str:
        """A plain number with a fixed number of decimals: 1,234.5."""
        return _plain(self._figures.number(value, decimals, decimals))

    def count(self, value: float) -> str:
        """A count; one decimal where it is fractional."""
        return _plain(self._figures.count(value))

    def money(self, value: float) -> str:
        """An amount in the client's currency; cents only below 1,000 and where there are any."""
        return _plain(self._figures.money(value, whole=float(value).is_integer()))

    def percent(self, fraction: float, decimals: int = 1) -> str:
        """A fraction as a percentage: 0.061 is 6.1%."""
        return _plain(self._figures.percent(fraction, decimals, decimals))

    def share(self, fraction: float) -> str:
        """A fraction at the precision it deserves: 1.87%, 48%."""
        return self.percent(fraction, 2 if abs(fraction) < FINE_BELOW else 1)

    def value(self, value: float, unit: str | None) -> str:
        """A metric's value by its unit: count, ratio, fraction, or an amount of money."""
        if unit == "count":
            return self.count(value)
        if unit == "ratio":
            return self.number(value, 2)
        if unit == "fraction":
            return self.share(value)
        return self.money(value)

    def day(self, day: dt.date) -> str:
        """A day in the language of the text: 7 September."""
        return f"{day.day} {MONTHS[day.month - 1]}"

    def period(self, period: Period) -> str:
        """A day or a range of days: 7 September; 10–15 March; 28 February to 2 March."""
        if period.start == period.end:
            return self.day(period.start)
        if (period.start.year, period.start.month) == (period.end.year, period.end.month):
            return f"{period.start.day}–{self.day(period.end)}"
        return f"{self.day(period.start)} to {self.day(period.end)}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _plain(text: str) -> str:
    """Invisible direction marks out; no-break spaces stay."""
    return "".join(c for c in text if c not in "\u200e\u200f\u061c")
