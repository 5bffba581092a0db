"""Parts that return more or less for their money than they should by the rest: winners, poor parts, wasted money.

Belongs here: which parts are compared with what, and what a difference is called and worth. Does not: the statistics
(`rates`).

A campaign, ad set, platform or channel is compared with the rest of the account; a country, device, audience or kind of
creative with the others of the same campaigns, as campaigns return differently anyway. Audiences of people who came before
are left out: that they buy more says nothing about the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from pydantic import Field

from adtech_assets.insight.arrays import Array, Positions
from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.insight.opportunities.rates import Parts, RateRules, compare_parts, per_part
from adtech_assets.insight.opportunities.retargeting import came_before
from adtech_assets.insight.significance import false_discovery
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group

WITHIN_CAMPAIGNS = ("creative_type", "audience", "country", "location", "device")
PLACES = ("country", "location")
BUDGETED = ("platform", "channel", "campaign", "adset", "audience", "country")
"""Where a budget can be set: only these can be given more."""


class ReturnRules(Group):
    """From when on a part's return is worth saying. Ratios are observed / expected by the rest."""

    poor: float = Field(0.75, gt=0, lt=1, description="the cautious bound of the ratio below which a part is poor")
    good: float = Field(1.25, gt=1, description="the cautious bound of the ratio above which a part is a winner")
    nothing: float = Field(0.1, ge=0, lt=1, description="ratio of what is observed below which money is wasted")
    false_discoveries: float = Field(0.05, gt=0, lt=1, description="share of false ones among the parts named")
    least_share: float = Field(0.02, ge=0, lt=1, description="share of the spend from which a part matters")
    most_share: float = Field(0.6, gt=0, le=1, description="share of the spend above which a winner is the account")
    least_expected: float = Field(8, ge=1, description="conversions to be expected by the rest, for a poor part")
    least_seen: float = Field(20, ge=1, description="conversions of a winner")
    held: float = Field(0.85, gt=0, le=1, description="part of its return of the baseline that a winner has kept")
    least_days: int = Field(10, ge=3, description="days with rows")
    movable: float = Field(0.25, gt=0, le=1, description="part of a budget that can be moved in a week")
    running_days: int = Field(3, ge=1, description="days of the current period on which the part must have spent")
    rates: RateRules = RateRules()


@dataclass(frozen=True)
class _Compared:
    dimension: str
    names: list[str]
    parts: Parts
    spend: Array
    running: Array
    orders_expected: Array
    orders: Array


def of_returns(account: Account, rules: ReturnRules | None = None) -> Found:
    """Winners, poor and wasted parts over all days of both periods, false discoveries controlled over all of them."""
    rules = rules or ReturnRules()
    result = next((name for name in ("revenue", "conversions") if name in account.known), None)
    lacking = None
    if result is None or "spend" not in account.known:
        lacking = "spend, or what it brings, is not known in both periods"
    elif len(account.days) < rules.least_days:
        lacking = f"{len(account.days)} days with rows, {rules.least_days} needed"
    elif not account.dimensions:
        lacking = "the account has one part only"
    if lacking or result is None:
        return [], [Considered("opportunity", f"not enough data to compare returns: {lacking}", "roas")]
    compared = [c for name in account.dimensions if (c := _compare(account, name, result, rules)) is not None]
    p_values = [float(p) for c in compared for p in c.parts.p_value]
    q_values = iter(false_discovery(p_values))
    candidates, log = [], []
    for c in compared:
        found = []
        for i, name in enumerate(c.names):
            q = next(q_values)
            fault = _fault(account, c, i, q, rules)
            if fault is None:
                continue
            one = _candidate(account, c, i, fault, q or 0.0, result, rules)
            why = _objection(account, one, c, i, rules)
            if why is None:
                found.append(one)
            else:
                log.append(Considered("opportunity", why, one.metric, {c.dimension: name}, fault, one.evidence, q))
        # Of two parts one is good because the other is poor: said once.
        candidates += found if len(c.names) > 2 else sorted(found, key=lambda one: -(one.money or 0.0))[:1]
    looked = sum(len(c.names) for c in compared)
    log.append(
        Considered(
            "opportunity",
            f"returns of {looked} parts were compared with the rest; {len(candidates)} differ beyond chance, and enough",
            "roas" if result == "revenue" else "cac",
            kept=bool(candidates),
        )
    )
    return candidates, log


def _compare(account: Account, dimension: str, result: str, rules: ReturnRules) -> _Compared | None:
    """All members of a dimension against the others; None where fewer than two are known."""
    within = ["platform", "campaign"] if dimension in WITHIN_CAMPAIGNS else []
    known = account.rows.filter(
        pl.all_horizontal(pl.col("spend", result, dimension).is_not_null()),
        ~pl.col(dimension).is_in(came_before(account, dimension)),
    )
    names = known.get_column(dimension).unique().sort().to_list()
    if len(names) < 2:
        return None
    amounts = (
        pl.col("spend", result).clip(0).sum().round(SUM_DIGITS),
        pl.col("conversions").fill_null(0.0).clip(0).sum().round(SUM_DIGITS).alias("orders"),
    )
    cells = known.select(dimension, *within).unique().sort(dimension, *within, nulls_last=True).with_row_index("cell")
    keys = [dimension, *within]
    placed = known.group_by(*keys, "date").agg(*amounts).join(cells, on=keys, nulls_equal=True).sort("cell", "date")
    at = placed.get_column("cell").to_numpy(), _numbered(placed.get_column("date"), account.days)
    arrays = {}
    for name in (result, "spend", "orders"):
        arrays[name] = np.zeros((cells.height, len(account.days)))
        arrays[name][at] = placed.get_column(name).to_numpy()
    made, spend, orders = (arrays[name] for name in (result, "spend", "orders"))
    part = _numbered(cells.get_column(dimension), names)
    strata = np.zeros(cells.height, dtype=np.int64)
    if within:
        strata = cells.select(pl.struct(within).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    unit = _worth_of_an_order(result, made, orders)
    parts = compare_parts(made, spend, part, strata, len(names), unit, rules.rates)
    now = np.array([day >= account.windows.current[0] for day in account.days])
    counted = per_part(orders.sum(axis=1), part, len(names))
    return _Compared(
        dimension=dimension,
        names=names,
        parts=parts,
        spend=per_part(spend.sum(axis=1), part, len(names)),
        running=per_part(((spend > 0) & now).sum(axis=1).astype(np.float64), part, len(names)),
        orders_expected=parts.expected / unit,
        orders=counted if orders.sum() > 0 else parts.observed / unit,
    )


def _worth_of_an_order(result: str, made: Array, orders: Array) -> float:
    """1 for conversions. Of revenue without conversions: the mean of the days that brought any."""
    if result == "conversions":
        return 1.0
    if orders.sum() > 0:
        return max(float(made.sum() / orders.sum()), np.finfo(float).tiny)
    return float(made[made > 0].mean()) if (made > 0).any() else 1.0


def _numbered(values: pl.Series, of: Sequence[object]) -> Positions:
    """[value]: its position in `of`."""
    numbers: Positions = values.replace_strict(list(of), list(range(len(of))), return_dtype=pl.Int64).to_numpy()
    return numbers


def _fault(account: Account, c: _Compared, i: int, q: float | None, rules: ReturnRules) -> str | None:
    """What a part is, if anything."""
    if q is None or q > rules.false_discoveries:
        return None
    share = float(c.spend[i] / c.spend.sum()) if c.spend.sum() > 0 else 0.0
    if share < rules.least_share or c.orders_expected[i] < rules.least_expected:
        return None
    if c.parts.observed[i] <= rules.nothing * c.parts.expected[i]:
        return "wasted_spend"
    if c.parts.high[i] <= rules.poor:
        if c.dimension in PLACES:
            return "country_mismatch"
        return "device_mismatch" if c.dimension == "device" else "move_budget"
    winning = c.dimension in BUDGETED and c.parts.low[i] >= rules.good and c.orders[i] >= rules.least_seen
    return "scale_winner" if winning and share <= rules.most_share else None


def _objection(account: Account, one: Candidate, c: _Compared, i: int, rules: ReturnRules) -> str | None:
    """Why it is not said although the figures are beyond chance."""
    if c.running[i] < rules.running_days:
        return f"it spent on fewer than {rules.running_days} days of the current period"
    before, now = account.value(one.segment, one.metric)
    if not before or not now:
        return None
    kept = now / before if one.metric == "roas" else before / now
    if one.fault == "scale_winner" and kept < rules.held:
        return "it returned more than the rest, but not any more"
    if one.fault != "scale_winner" and kept > 1 / rules.held and _reaches(account, one):
        return "it returned less than the rest, but not any more"
    return None


def _reaches(account: Account, one: Candidate) -> bool:
    """Whether its return of the current period is the account's."""
    own, whole = account.value(one.segment, one.metric)[1], account.value({}, one.metric)[1]
    if own is None or whole is None:
        return False
    return own >= whole if one.metric == "roas" else own <= whole


def _candidate(
    account: Account, c: _Compared, i: int, fault: str, q: float, result: str, rules: ReturnRules
) -> Candidate:  # fmt: skip
    week = WEEK / max(len(account.days), 1)
    spend, expected = float(c.spend[i]) * week, float(c.parts.expected[i]) * week
    good = fault == "scale_winner"
    low, high = float(c.parts.low[i]), float(c.parts.high[i])
    if fault == "wasted_spend":
        money = spend
    elif result == "revenue":
        money = rules.movable * expected * (low - 1 if good else 1 - high)
    else:
        # What the same results cost more, or less, than at the rest's price.
        money = rules.movable * spend * (1 - 1 / low if good else 1 - high)
    return Candidate(
        kind="opportunity",
        metric="roas" if result == "revenue" else "cac",
        segment={c.dimension: c.names[i]},
        effect="rate",
        fault=fault,
        sense=1 if good else -1,
        direction="good" if good else "bad",
        contribution=None,
        money=max(money, 0.0),
        confidence=_confidence(q),
        p_value=q,
        evidence=float(c.parts.deviation[i] ** 2 / 2),
        playbook=fault,
        # Conversions that are missing cannot be counted; that they were to be expected is what was tested.
        enough=True if fault == "wasted_spend" else None,
    )


def _confidence(q: float) -> float:
    """The share of such parts that differ in truth, by the false discoveries among them; never beyond 0.98."""
    return min(1 - q, 0.98)
