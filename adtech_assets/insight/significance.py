"""How sure and how grave a change is: tests on daily values, effect sizes, false discoveries, severity.

Belongs here: statistics on plain numbers. Does not: where these come from (`change_evidence`), which segments are looked
at (root-cause search), how a change splits into parts (`decomposition`), wording.

The tests ask whether days differ, not why: ordinary drift and whatever overlaps a cause are significant as well. Days
are taken as independent. Where they are, 5 % of unchanged accounts have p <= 0.05 (simulated, 14 against 7 days); with
levels that wander from day to day (autocorrelation 0.6) or a drift of 10 % between the periods it is about 30 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from adtech_assets.insight.arrays import Array
from adtech_assets.settings import Group, SeverityThresholds

EffectSize = Literal["negligible", "small", "medium", "large", "very large"]
Severity = Literal["critical", "warning", "info"]


class EvidenceRules(Group):
    """From how much data on something is said, and what an effect is called."""

    min_days: int = Field(3, ge=2, description="days with figures that each period needs for a test")
    min_events: float = Field(
        5, ge=0, description="events (impressions, clicks or conversions) both periods together need beneath a metric"
    )
    resolution: float = Field(
        1e-12, gt=0, lt=1e-3, description="spread, as a share of the largest value, that is only rounding"
    )
    exact_pairs: int = Field(5000, ge=0, description="pairs of days up to which the rank test is exact, ties aside")
    small: float = Field(0.2, gt=0, description="|d| from which an effect is small; below it is negligible")
    medium: float = Field(0.5, gt=0, description="|d| from which an effect is medium")
    large: float = Field(0.8, gt=0, description="|d| from which an effect is large")
    very_large: float = Field(1.2, gt=0, description="|d| from which an effect is very large")

    @model_validator(mode="after")
    def _ordered(self) -> EvidenceRules:
        if not self.small <= self.medium <= self.large <= self.very_large:
            raise ValueError("small, medium, large and very_large must rise")
        return self


RULES, SEVERITY = EvidenceRules(), SeverityThresholds()


@dataclass(frozen=True)
class Comparison:
    """Daily values of the current days against the baseline's. None: cannot be told; `reason` says why."""

    n_baseline: int
    n_current: int
    dropped_baseline: int
    """Days left out: unknown or infinite."""
    dropped_current: int
    mean_baseline: float | None = None
    mean_current: float | None = None
    delta: float | None = None
    relative: float | None = None
    """delta / |mean_baseline|; None where that is 0."""
    welch_t: float | None = None
    """Above 0: the current days are higher."""
    welch_p: float | None = None
    """Two-sided."""
    mann_whitney_u: float | None = None
    """Pairs of days in which the current one is higher; a tie counts half."""
    mann_whitney_p: float | None = None
    """Two-sided; exact for small periods without ties."""
    cohens_d: float | None = None
    """delta / pooled standard deviation, corrected for small samples."""
    effect_size: EffectSize | None = None
    reason: str | None = None
    """One sentence: too few days, or days that do not differ at all."""


def compare(baseline: Array, current: Array, rules: EvidenceRules = RULES) -> Comparison:
    """Compare daily values [day] of two periods; NaN is an unknown day, NaN and infinities are left out and counted.

    Welch 1947 (unequal variances), Mann and Whitney 1947, Cohen's d with the correction 1 - 3 / (4 df - 1) of Hedges
    1981 and names after Cohen 1988 and Sawilowsky 2009. Where no day differs within either period: equal means are
    p = 1 and d = 0; different ones have the rank test only, as t and d would be infinite.

    Days differ by weekday. Periods of 14 and 7 days are comparable only as both hold whole weeks (unknown days spoil
    that); their spread then includes the weekdays', which makes the tests cautious. Of a ratio metric give each day's
    ratio of sums, NaN where its denominator is 0; a day of few clicks counts as much as one of many.
    """
    both = [np.asarray(values, dtype=np.float64).ravel() for values in (baseline, current)]
    before, now = (values[np.isfinite(values)] for values in both)
    # By a power of 2, which changes no digit: squares and sums of the largest floats stay finite.
    exponent = math.frexp(max((float(np.abs(values).max()) for values in (before, now) if len(values)), default=0.0))[1]
    before, now = np.ldexp(before, -exponent), np.ldexp(now, -exponent)
    mean_before, mean_now = _unscaled_mean(before, exponent), _unscaled_mean(now, exponent)
    delta = difference(mean_before, mean_now)
    return Comparison(
        n_baseline=len(before),
        n_current=len(now),
        dropped_baseline=len(both[0]) - len(before),
        dropped_current=len(both[1]) - len(now),
        mean_baseline=mean_before,
        mean_current=mean_now,
        delta=delta,
        relative=relative_to(delta, mean_before),
        **_tests(before, now, rules),
    )


def false_discovery(p_values: Sequence[float | None]) -> list[float | None]:
    """q-values (Benjamini and Hochberg 1995): the share of false ones among all findings with a q this small or less.

    Same order as `p_values`; None and NaN stay None and do not count as tests. ValueError for a p outside 0 to 1.
    """
    given = np.array([math.nan if p is None else p for p in p_values], dtype=np.float64)
    at = np.flatnonzero(~np.isnan(given))
    known = given[at]
    if ((known < 0) | (known > 1)).any():
        raise ValueError("p-values lie between 0 and 1")
    order = np.argsort(-known, kind="stable")
    m = len(known)
    q = np.minimum.accumulate(known[order] * (m / np.arange(m, 0, -1)))
    given[at[order]] = np.minimum(q, 1.0)
    return [None if math.isnan(value) else value for value in given.tolist()]


def severity(
    impact: float | None,
    relative: float | None,
    history: Array | None = None,
    thresholds: SeverityThresholds = SEVERITY,
) -> Severity:
    """How much a change matters.

    impact: share of the account's metric at stake, either sign. relative: the change of the metric itself, as a
    fraction. history: earlier week-over-week changes [week] of that metric as fractions, NaN unknown; used where
    `adaptive`, with `min_weeks` of them, and `relative` is known. An unknown impact is a warning, as nothing says that
    it is small.
    """
    share, change = (None if value is None or not math.isfinite(value) else abs(value) for value in (impact, relative))
    if share is not None and share < thresholds.least_share:
        return "info"
    if thresholds.adaptive and history is not None and change is not None:
        usual = np.abs(np.asarray(history, dtype=np.float64)[np.isfinite(history)])
        if len(usual) >= thresholds.min_weeks:
            # Strictly above: in a history without any change an unchanged week is nothing.
            limits = np.percentile(usual, [thresholds.critical_percentile, thresholds.warning_percentile])
            return "critical" if change > limits[0] else "warning" if change > limits[1] else "info"
    if share is None:
        return "warning"
    return "critical" if share >= thresholds.critical else "warning" if share >= thresholds.warning else "info"


def difference(before: float | None, now: float | None) -> float | None:
    """now - before; None where one is unknown, or the difference no float."""
    return None if before is None or now is None else finite(now - before)


def relative_to(delta: float | None, before: float | None) -> float | None:
    """delta / |before|; None where either is unknown, `before` is 0, or the quotient no float."""
    return finite(delta / abs(before)) if delta is not None and before else None


def finite(value: float | None) -> float | None:
    """None for infinities and NaN."""
    return value if value is not None and math.isfinite(value) else None


def _tests(before: Array, now: Array, rules: EvidenceRules) -> dict[str, Any]:
    """The test fields of a Comparison; values are finite and below 1."""
    n0, n1 = len(before), len(now)
    if min(n0, n1) < rules.min_days:
        return {"reason": _too_few(n0, n1, rules.min_days)}
    from scipy.stats import mannwhitneyu, ttest_ind_from_stats

    m0, m1 = float(before.mean()), float(now.mean())
    s0, s1 = float(before.std(ddof=1)), float(now.std(ddof=1))
    if max(s0, s1) <= rules.resolution and abs(m1 - m0) <= rules.resolution:
        nothing = dict.fromkeys(("welch_t", "cohens_d"), 0.0) | dict.fromkeys(("welch_p", "mann_whitney_p"), 1.0)
        return {**nothing, "mann_whitney_u": n0 * n1 / 2, "effect_size": "negligible"}
    # What differs by rounding only is tied. "auto" is exact for few days without ties, at a cost that grows with pairs.
    method = "auto" if n0 * n1 <= rules.exact_pairs else "asymptotic"
    ranked = mannwhitneyu(np.rint(now / rules.resolution), np.rint(before / rules.resolution), method=method)
    found: dict[str, Any] = {"mann_whitney_u": float(ranked.statistic), "mann_whitney_p": float(ranked.pvalue)}
    if max(s0, s1) <= rules.resolution:
        why = "no day differs within either period: Welch's t and Cohen's d cannot be told without a spread"
        return {**found, "reason": why}
    # From means and deviations, as ttest_ind warns of cancellation where one period is constant; same t and p.
    welch = ttest_ind_from_stats(m1, s1, n1, m0, s0, n0, equal_var=False)
    freedom = n0 + n1 - 2
    pooled = math.sqrt(((n0 - 1) * s0**2 + (n1 - 1) * s1**2) / freedom)
    d = (m1 - m0) / pooled * (1 - 3 / (4 * freedom - 1))
    return {
        **found,
        "welch_t": float(welch.statistic),
        "welch_p": float(welch.pvalue),
        "cohens_d": d,
        "effect_size": _effect_size(abs(d), rules),
    }


def _effect_size(size: float, rules: EvidenceRules) -> EffectSize:
    if size >= rules.very_large:
        return "very large"
    if size >= rules.large:
        return "large"
    if size >= rules.medium:
        return "medium"
    return "small" if size >= rules.small else "negligible"


def _too_few(n0: int, n1: int, needed: int) -> str:
    lacking = [
        f"{n} {name} {'day' if n == 1 else 'days'}" for name, n in (("baseline", n0), ("current", n1)) if n < needed
    ]
    each = " of each" if len(lacking) > 1 else ""
    return f"not enough data: {' and '.join(lacking)} with figures, {needed}{each} needed"


def _unscaled_mean(values: Array, exponent: int) -> float | None:
    """Mean of values x 2**exponent; between the lowest and the highest, whatever rounding does."""
    if not len(values):
        return None
    return math.ldexp(float(np.clip(values.mean(), values.min(), values.max())), exponent)
