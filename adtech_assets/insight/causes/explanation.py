"""Why a metric changed between two windows: which segments did it, how sure that is, or why nobody is to blame.

Belongs here: the order of the steps, and the answer. Does not: their rules (the neighbours).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.causes.confidence import confidence_of, most_of, p_value_of
from adtech_assets.insight.causes.cube import Cube, cube_of
from adtech_assets.insight.causes.faults import FAULTS, Effect, parts_of, relevant
from adtech_assets.insight.causes.links import links_of
from adtech_assets.insight.causes.pricing import contribution, effect_of
from adtech_assets.insight.causes.search import Cause, Hunt, Search, find
from adtech_assets.insight.causes.segments import EVERYTHING, segments_of
from adtech_assets.insight.two_periods import Window, value_of

Verdict = Literal["segments", "whole_account", "ordinary_drift", "not_enough_data"]


@dataclass(frozen=True)
class Blamed:
    """One cause. segment: attribute -> member, {} for the whole account. factor: what its rate or volume became, as a
    factor of what was to be expected (an outage: 0). contribution: what it added to the metric, in its unit. p_value:
    corrected for all candidates. days: how many days back an outage began, else 0."""

    segment: dict[str, str]
    fault: str
    effect: Effect
    factor: float
    contribution: float
    share: float | None
    confidence: float
    p_value: float
    evidence: float
    days: int = 0


@dataclass(frozen=True)
class Hypothesis:
    """One line of the decision log."""

    segment: dict[str, str]
    fault: str
    evidence: float
    kept: bool
    reason: str


@dataclass(frozen=True)
class Explanation:
    """causes push the metric the way it went, largest first; offsets push against it."""

    metric: str
    baseline: Window
    current: Window
    before: float | None
    now: float | None
    verdict: Verdict
    sentence: str
    causes: tuple[Blamed, ...] = ()
    offsets: tuple[Blamed, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.now is None else self.now - self.before


def explain(
    rows: pl.DataFrame,
    metric: str,
    baseline: Window,
    current: Window,
    dimensions: Sequence[str],
    search: Search | None = None,
) -> Explanation:
    """The causes of a metric's change. rows: `date`, `dimensions` (text, null = not stated) and additive metrics.

    Additive baseline values are brought to the current window's number of days with rows. Never raises for what is in
    the rows: where they do not suffice the verdict says so, with the reason.
    """
    return explain_all(rows, (metric,), baseline, current, dimensions, search)[metric]


def explain_all(
    rows: pl.DataFrame,
    metrics: Sequence[str],
    baseline: Window,
    current: Window,
    dimensions: Sequence[str],
    search: Search | None = None,
) -> dict[str, Explanation]:
    """`explain` of several metrics of the same rows; what they share is worked out once."""
    search = search or Search()
    cube = cube_of(rows, baseline, current, dimensions)
    hunt: Hunt | None = None
    told = {}
    for metric in metrics:
        before, now, lacking = _values(cube, metric)
        if lacking or before is None or now is None:
            sentence = f"not enough data: {lacking}"
            told[metric] = Explanation(metric, baseline, current, before, now, "not_enough_data", sentence)
            continue
        hunt = hunt or _hunt_of(cube, search)
        told[metric] = _Case(hunt, metric, before, now).explained(baseline, current)
    return told


def _values(cube: Cube, metric: str) -> tuple[float | None, float | None, str | None]:
    """(before, now, why nothing can be said if so)."""
    lacking = _lacking(cube, metric)
    if lacking:
        return None, None, lacking
    before, now = value_of(metric, cube.total_before), value_of(metric, cube.total_now)
    if before is None or now is None:
        return before, now, "the denominator of the metric is 0 in one of the periods"
    return before, now, None


def _hunt_of(cube: Cube, search: Search) -> Hunt:
    weight = np.mean([_shares(cube.before[name] + cube.now[name]) for name in cube.daily], axis=0)
    segments = segments_of(cube, weight, search.longest, search.least_share, search.shrink, search.most_segments)
    return Hunt(cube, segments, links_of(cube), search)


def _lacking(cube: Cube, metric: str) -> str | None:
    """Why nothing can be said, if so."""
    for name, days in (("baseline", cube.baseline_days), ("current period", cube.current_days)):
        if not days:
            return f"the {name} has no rows"
    unknown = [name for name in parts_of(metric) if name not in cube.daily]
    if unknown:
        return f"{' and '.join(unknown)} is not in the rows of both periods"
    return None


class _Case:
    """One metric of one account."""

    def __init__(self, hunt: Hunt, metric: str, before: float, now: float) -> None:
        self.hunt, self.metric, self.before, self.now = hunt.among(relevant(metric)), metric, before, now
        self.cube, self.segments, self.search = hunt.cube, hunt.segments, hunt.search
        self.change = now - before

    def worth(self, cause: Cause) -> float:
        found = contribution(self.cube, self.segments, cause, float(self.hunt.given[cause.segment]), self.metric)
        return 0.0 if found is None or not math.isfinite(found) else found

    def agrees(self, cause: Cause) -> bool:
        return self.worth(cause) * self.change > 0

    def explained(self, baseline: Window, current: Window) -> Explanation:
        found = find(self.hunt, self.agrees)
        told = [(cause, self._blamed(cause)) for cause in found]
        segments = [(cause, blamed) for cause, blamed in told if cause.segment != EVERYTHING]
        largest = max([abs(self.change), *(abs(blamed.contribution) for _, blamed in segments)])
        least = self.search.least_contribution * largest
        kept = [(c, b) for c, b in segments if abs(b.contribution) >= least > 0]
        causes = tuple(sorted((b for _, b in kept if b.contribution * self.change > 0), key=_size))
        offsets = tuple(sorted((b for _, b in kept if b.contribution * self.change <= 0), key=_size))
        log = [self._log(c, b, least) for c, b in told] + self._dropped(found)
        whole = None if causes else self._whole([b for c, b in told if c.segment == EVERYTHING])
        verdict, sentence = self._verdict(causes, offsets, whole)
        return Explanation(
            self.metric, baseline, current, self.before, self.now, verdict, sentence,
            (whole,) if whole else causes, offsets, tuple(log),
        )  # fmt: skip

    def _blamed(self, cause: Cause) -> Blamed:
        worth = self.worth(cause)
        return Blamed(
            segment=self._named(cause.segment),
            fault=cause.fault,
            effect=effect_of(cause, self.metric),
            factor=float(np.exp(cause.shift)),
            contribution=worth,
            share=worth / self.change if self.change else None,
            confidence=confidence_of(cause, self.cube.baseline_days),
            p_value=p_value_of(cause, len(self.segments.attributes) * len(self.hunt.faults)),
            evidence=cause.evidence,
            days=cause.days,
        )

    def _named(self, segment: int) -> dict[str, str]:
        pairs = self.segments.attributes[segment]
        return {self.cube.dimensions[d]: str(self.cube.members[d][m]) for d, m in pairs}

    def _whole(self, accepted: list[Blamed]) -> Blamed | None:
        """The whole account as the answer: where the search says so, or the total moved further than totals do."""
        agreeing = [b for b in accepted if b.contribution * self.change > 0]
        if agreeing:
            return min(agreeing, key=_size)
        z = self._account_z()
        if abs(z) < self.search.account_z:
            return None
        chance = math.erfc(abs(z) / math.sqrt(2))
        effect: Effect = "volume" if self.metric in self.cube.daily else "rate"
        return Blamed(
            {}, "delivery" if effect == "volume" else "conversion", effect,
            self.now / self.before if self.before else math.inf, self.change, 1.0,
            confidence=min(1 - chance, most_of(self.cube.baseline_days)), p_value=chance, evidence=z**2 / 2,
        )  # fmt: skip

    def _account_z(self) -> float:
        """Log of the total's change over what totals stray: from day to day, and from window to window."""
        if not (0 < self.before < math.inf and 0 < self.now < math.inf):
            return 0.0
        account = {name: daily[:, : self.cube.split].sum(axis=0) for name, daily in self.cube.daily.items()}
        days = (
            value_of(self.metric, {name: float(values[i]) for name, values in account.items()})
            for i in range(self.cube.split)
        )
        known = np.array([day for day in days if day is not None and day > 0])
        between = float(np.log(known).var(ddof=1)) if len(known) > 2 else 0.0
        spread = between * (1 / max(len(known), 1) + 1 / self.cube.current_days)
        return math.log(self.now / self.before) / math.sqrt(self.search.drift.account**2 + spread)

    def _verdict(
        self, causes: tuple[Blamed, ...], offsets: tuple[Blamed, ...], whole: Blamed | None
    ) -> tuple[Verdict, str]:
        if causes:
            return "segments", "; ".join(map(said_of, causes))
        if whole:
            return "whole_account", "the whole account moved; no part of it stands out"
        if offsets:
            against = "; ".join(map(said_of, offsets))
            return "ordinary_drift", f"no part explains the change, and one pushed against it: {against}"
        return "ordinary_drift", "within ordinary drift: no part of the account moved further than such parts do anyway"

    def _log(self, cause: Cause, blamed: Blamed, least: float) -> Hypothesis:
        if cause.segment == EVERYTHING:
            kept, reason = False, "the whole account moved by this; said where no segment explains the change"
        elif abs(blamed.contribution) < least:
            kept, reason = False, "real, but moves the metric by too little to matter"
        elif blamed.contribution * self.change <= 0:
            kept, reason = False, "real, but pushes against the change: an offset"
        else:
            kept, reason = True, "explains a part of the change better than anything else looked at"
        return Hypothesis(blamed.segment, blamed.fault, blamed.evidence, kept, reason)

    def _dropped(self, found: list[Cause]) -> list[Hypothesis]:
        """The best rejected segment of each fault, given the causes found."""
        best: dict[str, Hypothesis] = {}
        for table in self.hunt.all_candidates(found):
            parts = np.where(self.segments.order > 0, table.evidence, -np.inf)
            segment = int(np.argmax(parts))
            evidence = float(parts[segment])
            if not math.isfinite(evidence) or (table.fault in best and best[table.fault].evidence >= evidence):
                continue
            reason = f"log odds {evidence:.1f}, counted from {self.search.odds:.1f}: parts of the account stray as far anyway"
            best[table.fault] = Hypothesis(self._named(segment), table.fault, evidence, False, reason)
        return sorted(best.values(), key=lambda line: -line.evidence)


def said_of(cause: Blamed) -> str:
    """What happened to a segment, in words: 'campaign Brand: conversion rate fell by 45 %'."""
    fault = FAULTS[cause.fault]
    where = ", ".join(f"{name} {member}" for name, member in cause.segment.items()) or "the whole account"
    if cause.days:
        return f"{where}: {fault.fell} on the last {cause.days} day{'s' if cause.days > 1 else ''}"
    if not 0 < cause.factor < math.inf:
        return f"{where}: {fault.fell}"
    if cause.factor < 1:
        return f"{where}: {fault.fell} by {1 - cause.factor:.0%}"
    return f"{where}: {fault.rose} by {cause.factor - 1:.0%}"


def _shares(values: Array) -> Array:
    total = np.abs(values).sum()
    return np.abs(values) / total if total > 0 else np.zeros_like(values)


def _size(blamed: Blamed) -> tuple[float, str]:
    return -abs(blamed.contribution), str(blamed.segment)
