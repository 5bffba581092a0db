"""Figures and dates as a reader of the client's locale writes them.

Belongs here: number, money, percent and date formats (by babel). Does not: choosing which figure to show.
Unknown currency: a plain number with two decimals, never a guessed symbol.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adtech_assets.narrative.evidence import Period

NO_CURRENCY = "currency"
WHOLE_FROM = 1000.0  # money from here on is shown without cents
FINE_BELOW = 0.1  # a fraction below 10 % is shown with more digits


@dataclass(frozen=True)
class Formats:
    """The formats of one client. `locale`: like de_DE or en-GB; one that babel does not know falls back to en_GB."""

    locale: str
    currency: str | None

    @cached_property
    def _locale(self) -> Any:
        from babel import Locale, UnknownLocaleError

        try:
            return Locale.parse(self.locale.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return Locale.parse("en_GB")

    def number(self, value: float, decimals: int = 0) -> str:
        """A plain number with a fixed number of decimals: 1,234.5."""
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return _plain(format_decimal(value, format=pattern, locale=self._locale))

    def count(self, value: float) -> str:
        """A count; one decimal where it is fractional."""
        return self.number(value, 0 if float(value).is_integer() or abs(value) >= WHOLE_FROM else 1)

    def money(self, value: float) -> str:
        """An amount in the client's currency; cents below 1,000."""
        decimals = 0 if abs(value) >= WHOLE_FROM or float(value).is_integer() else 2
        if not self.currency:
            return self.number(value, decimals)
        from babel.numbers import format_currency

        pattern = self._locale.currency_formats["standard"].pattern.split(";")[0]
        digits = "#,##0" + ("." + "0" * decimals if decimals else "")
        shaped = _with_digits(pattern, digits)
        return _plain(format_currency(value, self.currency, format=shaped, locale=self._locale, currency_digits=False))

    def percent(self, fraction: float, decimals: int = 1) -> str:
        """A fraction as a percentage: 0.061 is 6.1%."""
        from babel.numbers import format_percent

        pattern = _with_digits(
            self._locale.percent_formats[None].pattern, "#,##0." + "0" * decimals if decimals else "#,##0"
        )
        return _plain(format_percent(fraction, format=pattern, locale=self._locale))

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


def _with_digits(pattern: str, digits: str) -> str:
    """A locale's pattern with its run of digits replaced, its symbols and spaces kept."""
    places = [i for i, c in enumerate(pattern) if c in "#0"]
    return pattern[: places[0]] + digits + pattern[places[-1] + 1 :]
