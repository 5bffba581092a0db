"""Numbers and dates by the client's locale and currency, for text and page.

Belongs here: formatting only. Does not: choosing what to print, or computing it.
"""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel import Locale, UnknownLocaleError, dates, numbers

from adtech_assets.metrics.model import semantic_model

WHOLE_FROM = 1000  # from here on cents say nothing to a reader: left out unless `exact`
FINE_BELOW = 0.1  # a fraction below 10 % is shown with one digit more


@cache
def parse_locale(name: str) -> Locale:
    """The babel locale of `en_GB` or `en-GB`; en_GB for one that does not exist, as the narrative does."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


@dataclass(frozen=True)
class Figures:
    """Formats of one client. Every method takes a number and gives text; callers leave nulls out beforehand."""

    locale_name: str
    currency: str | None

    @property
    def locale(self) -> Locale:
        return parse_locale(self.locale_name)

    def number(self, value: float, least: int = 0, most: int = 0) -> str:
        """A plain number with between `least` and `most` decimals."""
        pattern = copy.copy(self.locale.decimal_formats[None])
        pattern.frac_prec = (least, most)
        return str(pattern.apply(_decimal(value), self.locale))

    def money(self, value: float, exact: bool = False, whole: bool = False) -> str:
        """An amount in the client's currency, without one a plain number; `whole` leaves the cents out in any case."""
        digits = numbers.get_currency_precision(self.currency) if self.currency else 2
        if whole or (not exact and abs(value) >= WHOLE_FROM):
            digits = 0
        if self.currency is None:
            return self.number(value, digits, digits)
        pattern = copy.copy(self.locale.currency_formats["standard"])
        pattern.frac_prec = (digits, digits)
        return str(pattern.apply(_decimal(value), self.locale, currency=self.currency, currency_digits=False))

    def count(self, value: float) -> str:
        """A count; one decimal only where it is fractional, as platforms' conversions may be."""
        return self.number(value, 0, 0 if abs(value) >= WHOLE_FROM else 1)

    def percent(self, fraction: float, least: int = 1, most: int = 1, signed: bool = False) -> str:
        """0.0423 -> 4.2%; `signed` writes the plus too."""
        pattern = copy.copy(self.locale.percent_formats[None])
        pattern.frac_prec = (least, most)
        text = str(pattern.apply(_decimal(abs(fraction) if signed else fraction), self.locale))
        return f"{_sign(fraction)}{text}" if signed else text

    def of(self, metric: str, value: float, exact: bool = False) -> str:
        """A value of a metric of the semantic model, in its unit."""
        unit = semantic_model().metric(metric).unit if metric != "profit" else "currency"
        return self.in_unit(unit, value, exact)

    def in_unit(self, unit: str | None, value: float, exact: bool = False) -> str:
        """A value in `currency` (or an ISO code), `count`, `fraction` or `ratio`."""
        match unit:
            case "count":
                return self.count(value)
            case "fraction":
                digits = 2 if abs(value) < FINE_BELOW else 1
                return self.percent(value, digits, digits)
            case "ratio" | None:
                return self.number(value, 2, 2)
            case "currency":
                return self.money(value, exact)
            case code:
                return Figures(self.locale_name, code).money(value, exact)

    def signed(self, metric: str, value: float) -> str:
        """A difference of a metric with its sign."""
        return f"{_sign(value)}{self.of(metric, abs(value))}"

    def day(self, date: dt.date) -> str:
        """23 Mar 2025"""
        return str(dates.format_skeleton("yMMMd", date, locale=self.locale))

    def month(self, date: dt.date) -> str:
        """March 2025"""
        return str(dates.format_skeleton("yMMMM", date, locale=self.locale))

    def days(self, start: dt.date, end: dt.date) -> str:
        """17–23 Mar 2025"""
        if start == end:
            return self.day(start)
        return str(dates.format_interval(start, end, skeleton="yMMMd", locale=self.locale))

    def short_days(self, start: dt.date, end: dt.date) -> str:
        """17–23 Mar"""
        if start == end:
            return str(dates.format_skeleton("MMMd", start, locale=self.locale))
        return str(dates.format_interval(start, end, skeleton="MMMd", locale=self.locale))


def _decimal(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _sign(value: float) -> str:
    return "\N{MINUS SIGN}" if value < 0 else "+"
