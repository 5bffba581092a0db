"""Charts as Altair specifications, and their SVG. The same functions serve the page and, later, the dashboard.

Belongs here: how figures are drawn. Does not: choosing or computing them; every function takes finished rows.
Colours are Okabe and Ito's, told apart by colour-blind readers; no chart relies on colour alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adtech_assets.narrative.figures import Figures

if TYPE_CHECKING:
    import altair as alt

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
INK, SOFT, RULE, SHADE = "#1b2530", "#6a7683", "#e3e7eb", "#eef1f4"
FONT = "Inter, Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif"
PAGE_WIDTH = 673  # px: an A4 page less its margins, so that text keeps its size in print
TEXT_SIZE = 9.5
CLIP_ID = re.compile(r'(<clipPath id="clip|clip-path="url\(#clip)(\d+)("|\)")')
TONES = {"good": GREEN, "bad": VERMILLION, "neutral": BLUE}


@dataclass(frozen=True)
class Panel:
    """One curve of the daily chart: (day, value) pairs in order; an unknown value is None and leaves a gap."""

    title: str
    color: str
    unit: str
    points: tuple[tuple[dt.date, float | None], ...]


@dataclass(frozen=True)
class Mark:
    """An abnormal day on a panel. `label` is the number of its row in the anomalies table, '' for an earlier week."""

    panel: int
    date: dt.date
    label: str


@dataclass(frozen=True)
class Pair:
    """One bar of a comparison: this period's and the previous period's value, each with its printed text."""

    name: str
    value: float
    text: str
    previous: float | None


@dataclass(frozen=True)
class Step:
    """One part of a change. `tone` is good, bad or neutral; the total closes the waterfall."""

    name: str
    value: float
    text: str
    tone: str
    total: bool = False


def daily_chart(panels: Sequence[Panel], marks: Sequence[Mark], week: dt.date, height: int = 54) -> alt.VConcatChart:
    """Curves over days, one above the other on one time axis; the report week shaded, abnormal days marked."""
    import altair as alt

    first = min(day for panel in panels for day, _ in panel.points)
    last = max(week + dt.timedelta(days=6), max(day for panel in panels for day, _ in panel.points))
    domain = [_utc(first), _utc(last + dt.timedelta(days=1))]
    layers = [
        _panel(panel, [mark for mark in marks if mark.panel == place], week, domain, height, place == len(panels) - 1)
        for place, panel in enumerate(panels)
    ]
    return _styled(alt.vconcat(*layers, spacing=14))


def comparison_chart(title: str, pairs: Sequence[Pair], color: str, width: int, names: bool) -> alt.LayerChart:
    """Bars of this period over thinner grey bars of the previous one; `names` draws the axis of names."""
    import altair as alt

    rows = [{"name": p.name, "value": p.value, "text": p.text, "previous": p.previous} for p in pairs]
    order = [pair.name for pair in pairs]
    top = max((max(abs(p.value), abs(p.previous or 0)) for p in pairs), default=1) or 1
    low = min((min(p.value, p.previous or 0, 0) for p in pairs), default=0)
    axis = alt.Axis(title=None, labelLimit=150, labelPadding=6) if names else None
    y = alt.Y("name:N", sort=order, axis=axis, scale=alt.Scale(paddingInner=0.3, paddingOuter=0.15))
    scale = alt.Scale(domain=[low, top * 1.34], nice=False)  # a third more: room for the printed value
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    previous = base.mark_bar(color="#c9d0d6", cornerRadiusEnd=2).encode(x=alt.X("previous:Q", scale=scale, axis=None))
    this = base.mark_bar(color=color, cornerRadiusEnd=2, height={"band": 0.5}).encode(
        x=alt.X("value:Q", scale=scale, axis=None)
    )
    reach = "max(datum.value, isValid(datum.previous) ? datum.previous : datum.value)"
    text = base.transform_calculate(reach=reach).mark_text(align="left", dx=5, color=INK, fontSize=TEXT_SIZE)
    chart = alt.layer(previous, this, text.encode(x=alt.X("reach:Q", scale=scale, axis=None), text="text:N"))
    return _styled(chart.properties(width=width, height=alt.Step(26), title=title))


def waterfall_chart(steps: Sequence[Step], width: int) -> alt.LayerChart:
    """Parts that add up: each bar begins where the one above ends, the last is the whole change from zero."""
    import altair as alt

    rows: list[dict[str, Any]] = []
    level = 0.0
    for place, step in enumerate(steps):
        start = 0.0 if step.total else level
        level = step.value if step.total else level + step.value
        rows.append({"key": f"{place:03d}{step.name}", "start": start, "end": level, "text": step.text,
                     "color": INK if step.total else TONES[step.tone], "right": max(start, level)})  # fmt: skip
    right = max(*(row["right"] for row in rows), 0.0)
    left = min(*(min(row["start"], row["end"]) for row in rows), 0.0)
    room = (right - left or 1) * 0.2
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[left, right + room], nice=False))
    # Two parts may bear one name: their place keeps them apart and in order, the axis leaves it out.
    names = alt.Axis(title=None, labelLimit=190, labelPadding=6, labelExpr="slice(datum.label, 3)")
    y = alt.Y("key:N", sort=None, axis=names, scale=alt.Scale(paddingInner=0.35))
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    bars = base.mark_bar(cornerRadius=1.5).encode(x=x, x2="end:Q", color=alt.Color("color:N", scale=None))
    zero = alt.Chart(alt.InlineData(values=[{"x": 0}])).mark_rule(color=SOFT, strokeWidth=0.8)
    zero = zero.encode(x=alt.X("x:Q", axis=None))
    texts = base.mark_text(align="left", dx=5, color=INK, fontSize=TEXT_SIZE).encode(
        x=alt.X("right:Q", axis=None), text="text:N"
    )
    return _styled(alt.layer(zero, bars, texts).properties(width=width, height=alt.Step(22)))


def sparkline(values: Sequence[float | None], color: str, width: int = 120, height: int = 24) -> alt.LayerChart:
    """A curve without axes, its last point marked; unknown values leave a gap."""
    import altair as alt

    rows = [{"i": place, "v": value} for place, value in enumerate(values)]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("i:Q", axis=None, scale=alt.Scale(domain=[-0.3, len(rows) - 0.7], nice=False)),
        y=alt.Y("v:Q", axis=None, scale=alt.Scale(zero=False, padding=3)),
    )
    line = base.mark_line(color=color, strokeWidth=1.5, interpolate="monotone")
    dot = base.transform_filter(alt.datum.i == len(rows) - 1).mark_point(color=color, filled=True, size=26, opacity=1)
    return _styled(alt.layer(line, dot).properties(width=width, height=height), padding=1)


def to_svg(chart: Any, figures: Figures, fonts: Path | None = None) -> str:
    """The chart as SVG, the same bytes for the same chart. `fonts`: a folder of fonts to measure text with.

    Axis numbers and month names follow the locale of `figures`. Nothing is fetched.
    """
    import vl_convert

    if fonts is not None:
        _register(str(fonts))
    number, time = _axis_locales(figures)
    svg = vl_convert.vegalite_to_svg(
        chart.to_dict(validate=False),
        allowed_base_urls=[],
        format_locale=number,
        time_format_locale=time,
        show_warnings=False,
    )
    return _renumbered(str(svg))


def _renumbered(svg: str) -> str:
    """Clip paths numbered from 1: Vega counts them over the life of the process."""
    places: dict[str, int] = {}
    return CLIP_ID.sub(lambda m: f"{m[1]}{places.setdefault(m[2], len(places) + 1)}{m[3]}", svg)


def _panel(panel: Panel, marks: Sequence[Mark], week: dt.date, domain: list[Any], height: int, last: bool) -> Any:
    import altair as alt

    values = [{"d": day.isoformat(), "v": value} for day, value in panel.points]
    known = {day: value for day, value in panel.points if value is not None}
    axis = alt.Axis(
        title=None, format="%-d %b", tickCount=8, labels=last, ticks=last, labelOverlap=True, labelFlush=True,
        domainColor="#aab3bb", tickColor="#aab3bb",
    )  # fmt: skip
    x = alt.X("d:T", axis=axis, scale=alt.Scale(type="utc", domain=domain, nice=False))
    spread = alt.Axis(title=None, format=_axis_format(panel), tickCount=3, domain=False, ticks=False, minExtent=46)
    y = alt.Y("v:Q", axis=spread, scale=_room(panel, any(mark.label for mark in marks)))
    span = [{"d": week.isoformat(), "e": (week + dt.timedelta(days=7)).isoformat()}]
    shade = alt.Chart(alt.InlineData(values=span)).mark_rect(color="#dfe6ec", opacity=0.75).encode(x=x, x2="e:T")
    curve = alt.Chart(alt.InlineData(values=values))
    area = curve.mark_area(color=panel.color, opacity=0.12, interpolate="monotone").encode(x=x, y=y)
    line = curve.mark_line(color=panel.color, strokeWidth=1.7, interpolate="monotone").encode(x=x, y=y)
    layers = [shade, area, line]
    past = [{"d": m.date.isoformat(), "v": known[m.date]} for m in marks if not m.label and m.date in known]
    if past:
        point = alt.Chart(alt.InlineData(values=past)).mark_point(
            shape="diamond", size=34, stroke=VERMILLION, strokeWidth=1.2, fill="white", opacity=1
        )
        layers.append(point.encode(x=x, y=y))
    layers.extend(_numbered(marks, x))
    title = alt.TitleParams(panel.title, anchor="start", color=panel.color, fontSize=10.5, offset=4)
    return alt.layer(*layers).properties(width=PAGE_WIDTH - 62, height=height, title=title)


def _room(panel: Panel, numbered: bool) -> Any:
    """From zero to the highest value; a quarter more where numbers stand at the top, so that they hide no peak."""
    import altair as alt

    top = max((value for _, value in panel.points if value is not None), default=0.0)
    low = min((value for _, value in panel.points if value is not None), default=0.0)
    return alt.Scale(domain=[min(low, 0), (top or 1) * (1.3 if numbered else 1.05)], nice=False)


def _numbered(marks: Sequence[Mark], x: Any) -> list[Any]:
    """The numbers of this week's anomalies at the panel's top; those of one day stand below each other."""
    import altair as alt

    now, seen = [], dict[dt.date, int]()
    for mark in marks:
        if mark.label:
            now.append({"d": mark.date.isoformat(), "y": 9 + 15 * seen.get(mark.date, 0), "n": mark.label})
            seen[mark.date] = seen.get(mark.date, 0) + 1
    if not now:
        return []
    base = alt.Chart(alt.InlineData(values=now)).encode(x=x, y=alt.Y("y:Q", scale=None, axis=None))
    disc = base.mark_point(filled=True, size=150, color=VERMILLION, opacity=1)
    return [disc, base.mark_text(color="white", fontSize=8.5, fontWeight=600, dy=0.5).encode(text="n:N")]


def _axis_format(panel: Panel) -> str:
    top = max((value for _, value in panel.points if value is not None), default=0.0)
    return {"currency": "$,.0f" if top >= 4 else "$,.2f", "fraction": ".1%"}.get(
        panel.unit, ",.0f" if top >= 4 else ",.1f"
    )


def _utc(day: dt.date) -> dict[str, int | bool]:
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}


def _styled(chart: Any, padding: int = 2) -> Any:
    """One look for all charts. Set in one step: each configure_... of Altair copies the whole chart."""
    import altair as alt

    quiet = {"domain": False, "ticks": False}
    label = {"labelColor": SOFT, "labelFontSize": TEXT_SIZE, "labelFont": FONT, "titleColor": SOFT}
    chart.config = alt.Config(
        font=FONT,
        background="transparent",
        padding=padding,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(gridColor=RULE, gridWidth=0.7, **label),
        axisX=alt.AxisConfig(grid=False),
        axisY=alt.AxisConfig(**quiet),
        title=alt.TitleConfig(
            anchor="start", color=INK, fontSize=10.5, fontWeight=600, font=FONT, offset=6, frame="group"
        ),
        text=alt.MarkConfig(font=FONT),
    )
    return chart


def _axis_locales(figures: Figures) -> tuple[dict[str, Any], dict[str, Any]]:
    """The d3 number and time locales of a babel locale."""
    from babel.numbers import format_currency, get_decimal_symbol, get_group_symbol

    locale = figures.locale
    before, after = "", ""
    if figures.currency:
        shown = format_currency(1, figures.currency, locale=locale)
        symbol = shown.strip("0123456789.,٫٬ \u00a0\u202f\u200e\u200f-")
        before, after = (
            (f"{symbol}", "") if shown.lstrip("\u200e\u200f").startswith(symbol) else ("", f"\u00a0{symbol}")
        )
    number = {"decimal": get_decimal_symbol(locale), "thousands": get_group_symbol(locale), "grouping": [3],
              "currency": [before, after]}  # fmt: skip
    months, days = locale.months["format"], locale.days["format"]
    week = [6, 0, 1, 2, 3, 4, 5]  # d3 begins its week on Sunday, babel on Monday
    time = {
        "dateTime": "%x, %X", "date": "%d/%m/%Y", "time": "%H:%M:%S", "periods": ["AM", "PM"],
        "days": [days["wide"][i] for i in week], "shortDays": [days["abbreviated"][i] for i in week],
        "months": [months["wide"][i] for i in range(1, 13)],
        "shortMonths": [months["abbreviated"][i] for i in range(1, 13)],
    }  # fmt: skip
    return number, time


@cache
def _register(folder: str) -> None:
    import vl_convert

    vl_convert.register_font_directory(folder)
