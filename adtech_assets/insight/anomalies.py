"""Anomalies of daily campaign figures: a score for every day and metric, and findings an account manager would name.

Belongs here: the way from daily rows to the two stored tables. Does not: how a day is scored (`baseline`, `forest`), how
days become findings of a kind (`spikes`, `drops`, `outages`, `wear`, `together`), from which score on (`calibration`),
and what a finding says (`findings`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.detection import calibration, drops, findings, outages, spikes, together, wear
from adtech_assets.insight.detection.baseline import Expectation, expect
from adtech_assets.insight.detection.calibration import Verdict
from adtech_assets.insight.detection.event import Event
from adtech_assets.insight.detection.forest import isolation, swing
from adtech_assets.insight.detection.panel import INDEX, MEASURES, Panel, build
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.settings import Insight
from adtech_assets.tables import ANOMALY_SCORES, FINDINGS


@dataclass(frozen=True)
class Context:
    """What is known beside the figures. special_days: holidays, on which an account may do as it likes."""

    false_alarm_weeks: float | None = None
    """Campaign-weeks per false alarm, in place of the setting."""
    verdicts: tuple[Verdict, ...] = ()
    special_days: Collection[dt.date] = field(default_factory=frozenset)


def score(daily: pl.DataFrame, settings: Insight, context: Context | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores (table ANOMALY_SCORES) and findings (table FINDINGS) of daily campaign rows.

    `daily`: date, platform, channel, campaign, spend, impressions, clicks, conversions, revenue; one row a day and
    campaign, days may be missing, null = unknown; a metric that is null throughout is not scored. A day's observed,
    expected, low, high, score and forest_score rest on earlier days (and the other campaigns' same day) only; a finding's
    name may use the days after it, at most two weeks of them.
    """
    if daily.is_empty():
        return ANOMALY_SCORES.empty(), FINDINGS.empty()
    context = context or Context()
    panel = build(daily)
    ex = expect(panel, settings)
    unknown = np.full(panel.present.shape, np.nan)
    forest, ranks = isolation(panel, ex) if settings.forest else (unknown, unknown)
    stands = outages.standing(panel, ex)
    needed = {
        kind: calibration.threshold(kind, context.false_alarm_weeks or settings.false_alarm_weeks, context.verdicts)
        for kind in calibration.CURVES
    }
    plain = np.ones(panel.present.shape)
    by_forest = {"spend_spike": swing(ranks, settings), "revenue_spike": swing(ranks, settings)}
    thresholds = {kind: value * by_forest.get(kind, plain) for kind, value in needed.items()}
    own = [
        *spikes.find(panel, ex, thresholds),
        *drops.find(panel, ex, thresholds["performance_drop"]),
        *outages.find(panel, ex, stands),
        *wear.find(panel, ex, thresholds["ctr_decline"]),
    ]
    groups = together.groups(panel, settings)
    ordinary = np.array([panel.date(day) not in context.special_days for day in range(panel.days)])
    common = [(group, event) for group in groups for event in _of_group(panel, ex, group, needed, ordinary, stands)]
    holes = list(together.gaps(panel, stands))
    kept = [e for e in own if not (_said_together(panel, e, common) or _in_a_hole(panel, e, holes))]
    rows = [
        *(findings.row(panel, ex, event, settings) for event in kept),
        *(findings.row(group.panel, group.expectation, event, settings) for group, event in _once(common)),
        *(findings.gap(panel, ex, stands, *hole) for hole in holes),
    ]
    table = findings.table(findings.within_cool_down(rows, settings.cool_down_days), panel, context.verdicts)
    return _score_table(panel, ex, forest, kept), table


def _of_group(
    panel: Panel,
    ex: Expectation,
    group: together.Group,
    needed: dict[str, float],
    ordinary: Flags,
    stands: outages.Standing,
) -> list[Event]:
    return [*together.find(panel, ex, group, needed, ordinary), *together.stops(group, stands)]


def _said_together(panel: Panel, event: Event, common: list[tuple[together.Group, Event]]) -> bool:
    """The channel's or the account's finding of the kind says it already."""
    return any(
        one.kind == event.kind
        and one.start <= event.end
        and event.start <= one.end
        and event.series in group.members[one.series]
        for group, one in common
    )


def _in_a_hole(panel: Panel, event: Event, holes: list[tuple[str | None, int, int]]) -> bool:
    """Days without money that are days without any rows of the platform."""
    platform = panel.keys.item(event.series, "platform")
    return event.kind == "budget_exhaustion" and any(
        name == platform and first <= event.start and event.end <= last for name, first, last in holes
    )


def _once(common: list[tuple[together.Group, Event]]) -> list[tuple[together.Group, Event]]:
    """A channel's shock that is the account's is said for the account."""
    account = [event for _, event in common if event.scope == "account"]
    return [
        (group, event)
        for group, event in common
        if event.scope == "account"
        or not any(a.kind == event.kind and a.start <= event.end and event.start <= a.end for a in account)
    ]


def _score_table(panel: Panel, ex: Expectation, forest: Array, found: list[Event]) -> pl.DataFrame:
    shown = [m for m in MEASURES if not m.hidden]
    kinds = np.full((len(MEASURES), *panel.present.shape), None, dtype=object)
    for event in found:
        kinds[INDEX[event.metric], event.series, event.start : event.end + 1] = event.kind
    at = np.argwhere(~np.isnan(ex.observed[: len(shown)]))
    m, s, d = at.T
    per = ex.per[m, s, d]
    rows = pl.DataFrame(
        {
            "series": s.astype(np.uint32),
            "day": d,
            "metric": pl.Series(m).replace_strict(range(len(shown)), [x.name for x in shown], return_dtype=pl.String),
            **{name: getattr(ex, name)[m, s, d] / per for name in ("observed", "expected", "low", "high")},
            "score": ex.score[m, s, d],
            "forest_score": forest[s, d],
            "kind": pl.Series(kinds[m, s, d].tolist(), dtype=pl.String),
        }
    ).with_columns(
        pl.col(pl.Float64).fill_nan(None).round(SUM_DIGITS),
        date=pl.lit(panel.first) + pl.duration(days="day"),
    )
    keyed = rows.join(panel.keys.with_row_index("series"), on="series", how="left", maintain_order="left")
    return ANOMALY_SCORES.conform(keyed.sort("date", "series", "metric"))
