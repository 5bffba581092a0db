"""Weekdays on which the account returns less for its money, week after week.

Belongs here: the test of weekdays. Does not: weekday patterns of forecasts (`outlook`).

An analysis of variance of quasi-Poisson rates: deviance between weekdays over the dispersion within them is F distributed
where weekdays do not differ. Each weekday is then compared with the others, false discoveries controlled.
"""

from __future__ import annotations

import calendar

import numpy as np
import polars as pl
from pydantic import Field

from adtech_assets.insight.arrays import Array, Positions, quotient
from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.insight.opportunities.rates import RateRules, compare_parts, per_part
from adtech_assets.insight.significance import false_discovery
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group


class WeekdayRules(Group):
    """From when on a weekday is weak."""

    poor: float = Field(0.8, gt=0, lt=1, description="cautious bound of a day's return to the others' that is weak")
    p_value: float = Field(0.01, gt=0, lt=1, description="of all weekdays alike, below which they differ")
    false_discoveries: float = Field(0.05, gt=0, lt=1, description="share of false ones among the days named")
    least_repeats: int = Field(3, ge=2, description="times each weekday must have been seen")
    most_days: int = Field(3, ge=1, le=6, description="weak days beyond which it is the others that are strong")
    movable: float = Field(0.25, gt=0, le=1, description="part of a day's budget that can be moved")
    rates: RateRules = RateRules()


def of_weekdays(account: Account, rules: WeekdayRules | None = None) -> Found:
    """At most one opportunity: the weekdays that are weak, together."""
    rules = rules or WeekdayRules()
    result = next((name for name in ("revenue", "conversions") if name in account.known), None)
    metric = "roas" if result != "conversions" else "cac"
    if result is None or "spend" not in account.known:
        return [], [_said(metric, "not enough data to compare weekdays: spend, or what it brings, is not known")]
    made, spend, orders = (_by_day(account, name) for name in (result, "spend", "conversions"))
    on = np.array([day.weekday() for day in account.days])
    ran = spend > 0
    repeats = np.bincount(on[ran], minlength=WEEK)
    if repeats.min() < rules.least_repeats:
        lacking = f"each weekday must be seen {rules.least_repeats} times with spend"
        return [], [_said(metric, f"not enough data to compare weekdays: {lacking}")]
    made, spend, orders, on = made[ran], spend[ran], orders[ran], on[ran]
    p = _p_value(made, spend, on)
    if p > rules.p_value:
        return [], [_said(metric, "weekdays return alike, as far as days differ anyway", p)]
    unit = float(made.sum() / orders.sum()) if result == "revenue" and orders.sum() > 0 else 1.0
    # One row a weekday, one column a week it was seen in.
    turn = np.array([int(np.count_nonzero(on[:i] == on[i])) for i in range(len(on))])
    by_weekday = [np.zeros((WEEK, int(turn.max()) + 1)) for _ in range(2)]
    for array, values in zip(by_weekday, (made, spend), strict=True):
        array[on, turn] = values
    parts = compare_parts(
        by_weekday[0], by_weekday[1], np.arange(WEEK), np.zeros(WEEK, dtype=np.int64), WEEK, unit, rules.rates
    )
    q_values = false_discovery([float(value) for value in parts.p_value])
    weak = [
        i
        for i, q in enumerate(q_values)
        if q is not None and q <= rules.false_discoveries and parts.high[i] <= rules.poor
    ]
    if not weak or len(weak) > rules.most_days:
        return [], [_said(metric, "weekdays differ, but none is weak enough to move money for", p)]
    names = " and ".join(f"{calendar.day_name[i]}s" for i in weak)
    week = WEEK / len(account.days)
    if result == "revenue":
        money = sum(float(parts.expected[i]) * (1 - float(parts.high[i])) for i in weak) * week * rules.movable
    else:
        lost = sum(float(by_weekday[1][i].sum()) * (1 - float(parts.high[i])) for i in weak)
        money = lost * week * rules.movable
    found = Candidate(
        kind="opportunity", metric=metric, segment={}, effect="rate", fault="weekday_budget", sense=0,
        direction="neutral", contribution=None, money=money, confidence=min(1 - p, 0.98), p_value=p,
        evidence=float(np.log(1 / max(p, 1e-6))), playbook="weekday_budget", detail=(names,),
    )  # fmt: skip
    return [found], []


def _p_value(made: Array, spend: Array, on: Positions) -> float:
    """Of equal rates on all weekdays."""
    from scipy.stats import f

    totals = [per_part(values, on, WEEK) for values in (made, spend)]
    rates = quotient(totals[0], totals[1], 0.0)
    overall = float(made.sum() / spend.sum())
    if overall <= 0:
        return 1.0
    hoped = overall * totals[1]
    between = 2 * (totals[0] * np.log(np.maximum(totals[0], 1e-12) / hoped) - (totals[0] - hoped)).sum() / (WEEK - 1)
    level = rates[on] * spend
    # A level of 0 has no spread of its own; its days count with the overall one.
    scale = np.where(level > 0, level, overall * spend)
    freedom = len(made) - WEEK
    within = ((made - level) ** 2 / scale).sum() / freedom
    if within <= 1e-12 * max(between, 1e-12):
        return 0.0 if between > 1e-9 * overall else 1.0
    return float(f.sf(between / within, WEEK - 1, freedom))


def _by_day(account: Account, metric: str) -> Array:
    """[day] of the account's days: sums of what is known, not below 0."""
    summed = account.rows.group_by("date").agg(pl.col(metric).sum().round(SUM_DIGITS)).sort("date")
    values: Array = summed.get_column(metric).clip(0).to_numpy()
    return values


def _said(metric: str, reason: str, p: float | None = None) -> Considered:
    return Considered("opportunity", reason, metric, fault="weekday_budget", p_value=p)
