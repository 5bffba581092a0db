"""What a reader must know about figures that still move: a fresh week, and what became of the week before since its
report.

Belongs here: these two notes. Does not: the usual drift (`metrics/maturity.py`), other notes (`notes.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from adtech_assets.metrics.model import semantic_model
from adtech_assets.reporting.content import ReportContent, account_of
from adtech_assets.reporting.kpis import UNSEEN

_LED_BY = ("roas", "conversions", "revenue", "spend")
UNSEEN_AMOUNT = 0.005  # half a cent: less is the rounding of sums


def fresh_said(content: ReportContent) -> str | None:
    """That the week is young, with the client's own usual drift where it is known; None where it is not young."""
    if not content.fresh:
        return None
    return " ".join(filter(None, [content.wording.fresh_said, _like_with_like(content), _drift_said(content)]))


def _like_with_like(content: ReportContent) -> str | None:
    """This week beside the week before at the same age, where that is another change than the one the tiles show."""
    words, now, parts = content.wording, content.account_row, []
    for metric in ("conversions", "revenue"):
        then, value = content.at_same_age.get(metric), now.get(metric)
        if not then or value is None or now.get(f"{metric}_change") is None:
            continue
        change = value / then - 1
        if abs(change - now[f"{metric}_change"]) >= UNSEEN:
            said = content.figures.percent(change, signed=True)
            label = semantic_model().metric(metric).label.lower()
            parts.append(words.same_age_part.format(metric=label, value=content.figures.of(metric, then), change=said))
    return words.same_age_said.format(parts=", ".join(parts)) if parts else None


def _drift_said(content: ReportContent) -> str:
    words, percent = content.wording, content.figures.percent
    if not content.drift:
        return words.drift_unknown
    told = max(content.drift.values(), key=lambda drift: (drift.days, drift.weeks))
    parts = [
        words.drift_part.format(
            metric=semantic_model().metric(metric).label.lower(), median=percent(drift.median, signed=True),
            low=percent(drift.low, signed=True), high=percent(drift.high, signed=True),
        )
        for metric, drift in content.drift.items()
        if max(abs(drift.median), abs(drift.low), abs(drift.high)) >= UNSEEN
    ]  # fmt: skip
    if not parts:
        return words.drift_none.format(weeks=told.weeks, days=told.days)
    return words.drift_said.format(parts=", ".join(parts), weeks=told.weeks, days=told.days)


def since_reported(content: ReportContent) -> str | None:
    """The week before as it was reported and as it is now, led by its ROAS; None where nothing that prints differs."""
    before = content.as_reported
    week = content.week - dt.timedelta(days=7)
    now = account_of(content.weekly, week)
    if before is None or not now:
        return None
    old = {name: _value(before, name) for name in _LED_BY}
    new = {name: _value(now, name) for name in _LED_BY}
    parts = _parts(content, before, now)
    led = next((n for n in _LED_BY if _printed(content, n, old[n]) != _printed(content, n, new[n])), None)
    if led is None or not parts:
        return None
    return content.wording.reported_said.format(
        metric=semantic_model().metric(led).label,
        week=content.figures.days(week, week + dt.timedelta(days=6)),
        old=_printed(content, led, old[led]),
        new=_printed(content, led, new[led]),
        parts=", ".join(parts),
    )


def _value(row: Any, name: str) -> float | None:
    """A metric of a row of sums."""
    if name in semantic_model().additive:
        return None if row.get(name) is None else float(row[name])
    metric = semantic_model().ratio[name]
    top, bottom = row.get(metric.numerator), row.get(metric.denominator)
    return metric.scale * top / bottom if top is not None and bottom else None


def _printed(content: ReportContent, metric: str, value: float | None) -> str:
    return content.wording.not_stated if value is None else content.figures.of(metric, value, exact=True)


def _parts(content: ReportContent, before: Any, now: Any) -> list[str]:
    """What moved: figures of slices that were known then, and what came from slices that were not."""
    moved = {
        n: now[n] - before[n] for n in semantic_model().additive if before.get(n) is not None and now.get(n) is not None
    }
    restated = {n: content.restated.get(n, 0.0) for n in moved}
    parts = [_conversions(content, restated.get("conversions", 0.0)), *_money(content, restated)]
    others = {n: moved[n] - restated[n] for n in moved}
    conversions = others.get("conversions", 0.0)
    came = [_moved(content, "conversions", conversions)] if abs(conversions) >= UNSEEN_AMOUNT else []
    came += _money(content, others)
    if came:
        parts.append(content.wording.missing_then.format(parts=", ".join(came)))
    return [part for part in parts if part]


def _conversions(content: ReportContent, late: float) -> str:
    words = content.wording
    if abs(late) < UNSEEN_AMOUNT:
        return ""
    one = round(abs(late), 2) == 1
    more = words.late_conversion if one else words.late_conversions
    fewer = words.fewer_conversion if one else words.fewer_conversions
    return (more if late > 0 else fewer).format(count=content.figures.number(abs(late), 0, 2))


def _money(content: ReportContent, moved: Mapping[str, float]) -> list[str]:
    return [_moved(content, m, moved[m]) for m in ("revenue", "spend") if abs(moved.get(m, 0.0)) >= UNSEEN_AMOUNT]


def _moved(content: ReportContent, metric: str, by: float) -> str:
    label = semantic_model().metric(metric).label.lower()
    return content.wording.moved_part.format(metric=label, change=content.figures.signed(metric, by))
