"""Retargeting that takes what prospecting earned: it gains money or revenue while the account as a whole does not.

Belongs here: telling retargeting by its name, and that test. Does not: single audiences that return little (`returns`).

Two things must hold by more than chance, so the p-value is the larger of two (intersection-union, Berger 1982): retargeting
takes a larger share of the money than before, and the account returns less for its money; or retargeting's revenue rises
while that of the rest falls and the total does not rise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from pydantic import Field

from adtech_assets.insight.arrays import Array, Flags, quotient
from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.insight.significance import compare
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group

RETARGETING = re.compile(
    r"re-?\s?(target|market)|recibl|reciblage|(?<![a-z])(rtg|rmk|rlsa|rt)(?![a-z])|abandon|(?<![a-z])carts?(?![a-z])|"
    r"customers|visitors|warenkorb|kunden|besucher|clients|visiteurs|panier|clientes|visitantes|carrito",
    re.IGNORECASE,
)
"""How audiences, ad sets and campaigns of people who came before are usually named."""
NAMED_IN = ("audience", "adset", "campaign")


class RetargetingRules(Group):
    """From when on retargeting is said to take from the rest."""

    least_growth: float = Field(0.1, ge=0, description="growth of its share of the money, or of its revenue")
    least_fall: float = Field(0.03, ge=0, description="fall of the account's return, or of the rest's revenue")
    p_value: float = Field(0.05, gt=0, lt=1, description="of the weaker of the two things that must hold")
    least_share: float = Field(0.03, ge=0, description="share of the money from which retargeting matters")
    least_days: int = Field(5, ge=3, description="days of each period")


def of_retargeting(account: Account, rules: RetargetingRules | None = None) -> Found:
    """At most one opportunity, for the first dimension that names retargeting."""
    rules = rules or RetargetingRules()
    dimension, names = _named(account)
    if dimension is None:
        return [], []
    if not {"spend", "revenue"} <= account.known:
        return [], [_said("spend and revenue are not known in both periods")]
    inside = account.rows.select(pl.col(dimension).is_in(names).fill_null(value=False)).to_series().to_numpy()
    now = np.array([day >= account.windows.current[0] for day in account.days])
    if min(int(now.sum()), int((~now).sum())) < rules.least_days:
        return [], [_said(f"not enough data: {rules.least_days} days of each period needed")]
    spend, revenue = (_by_day(account, name, inside) for name in ("spend", "revenue"))
    share = _change(_ratio(spend[0], spend.sum(axis=0)), now)
    account_return = _change(_ratio(revenue.sum(axis=0), spend.sum(axis=0)), now)
    own, rest, total = (_change(values, now) for values in (revenue[0], revenue[1], revenue.sum(axis=0)))
    part = float(spend[0].sum() / spend.sum()) if spend.sum() > 0 else 0.0
    takes_money = share[0] >= rules.least_growth and account_return[0] <= -rules.least_fall
    takes_revenue = own[0] >= rules.least_growth and rest[0] <= -rules.least_fall and total[0] <= 0
    chances = []
    if takes_money:
        chances.append(max(share[1], account_return[1]))
    if takes_revenue:
        chances.append(max(own[1], rest[1]))
    if not chances or part < rules.least_share:
        return [], [_said("retargeting does not grow at the account's cost")]
    p = min(min(chances) * len(chances), 1.0)
    if p > rules.p_value:
        return [], [_said("retargeting grows while the account returns less, but days differ as much anyway", p)]
    weeks = WEEK / max(int(now.sum()), 1)
    before_days = int((~now).sum())
    more = float(spend[0][now].sum() - spend[0][~now].sum() * now.sum() / before_days)
    gained = float(revenue[0][now].sum() - revenue[0][~now].sum() * now.sum() / before_days)
    lost = float(revenue[1][~now].sum() * now.sum() / before_days - revenue[1][now].sum())
    money = max(min(max(gained, 0.0), max(lost, 0.0)), max(more, 0.0)) * weeks
    found = Candidate(
        kind="opportunity", metric="roas", segment={dimension: names[0]} if len(names) == 1 else {}, effect="mix",
        fault="cannibalised_retargeting", sense=-1, direction="bad", contribution=None, money=money,
        confidence=min(1 - p, 0.98), p_value=p, evidence=math.log(1 / max(p, 1e-6)),
        playbook="cannibalised_retargeting", detail=(", ".join(names),),
    )  # fmt: skip
    return [found], []


def came_before(account: Account, dimension: str) -> list[str]:
    """Members of a dimension that are people who came before, by their names; none where all are."""
    if dimension not in NAMED_IN:
        return []
    members = account.rows.get_column(dimension).drop_nulls().unique().sort().to_list()
    names = [member for member in members if RETARGETING.search(member)]
    return names if len(names) < len(members) else []


def _named(account: Account) -> tuple[str | None, list[str]]:
    """The first dimension of which some members, not all, are named as retargeting."""
    for dimension in NAMED_IN:
        names = came_before(account, dimension)
        if names:
            return dimension, names
    return None, []


def _by_day(account: Account, metric: str, inside: Flags) -> Array:
    """[retargeting, the rest] by day."""
    rows = account.rows.select("date", pl.col(metric).fill_null(0.0), inside=pl.Series(inside))
    sums = rows.group_by("date").agg(
        own=pl.col(metric).filter("inside").sum().round(SUM_DIGITS),
        rest=pl.col(metric).filter(~pl.col("inside")).sum().round(SUM_DIGITS),
    )
    values: Array = sums.sort("date").select("own", "rest").to_numpy().T
    return values


def _ratio(over: Array, under: Array) -> Array:
    return quotient(over, under)


def _change(days: Array, now: Sequence[bool] | Flags) -> tuple[float, float]:
    """(relative change of the mean, Welch's p-value)."""
    now = np.asarray(now)
    found = compare(days[~now], days[now])
    return found.relative or 0.0, 1.0 if found.welch_p is None else found.welch_p


def _said(reason: str, p: float | None = None) -> Considered:
    return Considered("opportunity", reason, "roas", fault="cannibalised_retargeting", p_value=p)
