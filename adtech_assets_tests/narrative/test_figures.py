"""Numbers and dates by locale."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adtech_assets.narrative.figures import Figures

MONDAY = dt.date(2025, 3, 17)


@pytest.mark.parametrize(
    ("locale", "currency", "value", "shown"),
    [
        ("en_GB", "EUR", 1234.5, "€1,234"),
        ("en_GB", "EUR", 12.3, "€12.30"),
        ("de-DE", "EUR", 12345.6, "12.346\xa0€"),
        ("en_US", "JPY", 987.4, "¥987"),
        ("en_GB", None, 987.4, "987.40"),
        ("xx_XX", "GBP", 5.0, "£5.00"),
    ],
)
def test_money_follows_locale_and_currency(locale: str, currency: str | None, value: float, shown: str) -> None:
    assert Figures(locale, currency).money(value) == shown


def test_units_of_metrics_decide_the_format() -> None:
    figures = Figures("en_GB", "EUR")
    assert figures.of("ctr", 0.0234) == "2.34%"
    assert figures.of("cvr", 0.234) == "23.4%"
    assert figures.of("roas", 4.2) == "4.20"
    assert figures.of("conversions", 12.5) == "12.5"
    assert figures.of("clicks", 12.0) == "12"
    assert figures.percent(-0.051, signed=True) == "\N{MINUS SIGN}5.1%"


def test_a_week_is_written_once_where_months_agree() -> None:
    assert Figures("en_GB", None).days(MONDAY, MONDAY + dt.timedelta(days=6)) == "17–23 Mar 2025"
    assert Figures("en_GB", None).days(MONDAY, MONDAY) == "17 Mar 2025"


@given(st.floats(-1e12, 1e12), st.sampled_from(["en_GB", "de_DE", "fr_FR", "es_ES", "ja_JP", "ar_EG", "hi_IN"]))
def test_every_number_has_a_text_in_every_locale(value: float, locale: str) -> None:
    figures = Figures(locale, "EUR")
    assert figures.money(value) and figures.count(value) and figures.percent(value) and figures.of("roas", value)
