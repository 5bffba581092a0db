"""What the phase of a campaign calls for: a launch that still learns, ads that wear out, a budget that runs out early.

Belongs here: launches found in the rows, and what the outlook's tables (lifecycle, pacing) say. Does not: phases and
projections themselves (`outlook`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import polars as pl
from pydantic import Field

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group

LEVELS = ("campaign", "platform")


class PhaseRules(Group):
    """When a campaign is new, worn, or out of budget early."""

    learning_days: int = Field(14, ge=1, description="days since the first delivery that are a launch")
    learning_conversions: float = Field(50, ge=1, description="conversions with which a campaign has learned")
    lead_days: int = Field(7, ge=1, description="days its platform must have had figures before, to call it new")
    least_share: float = Field(0.01, ge=0, description="share of the spend from which a campaign matters")
    early_days: int = Field(2, ge=1, description="days before the month's end from which a budget runs out early")
    fact: float = Field(0.95, gt=0, lt=1, description="confidence of what dates say outright")


def of_launches(account: Account, rules: PhaseRules | None = None) -> Found:
    """Campaigns that are new: not to be judged yet."""
    rules = rules or PhaseRules()
    end = account.windows.current[1]
    ran = account.history.filter(
        pl.any_horizontal(pl.col("spend", "impressions", "clicks") > 0), pl.col("campaign").is_not_null()
    )
    if ran.is_empty():
        return [], []
    first = ran.group_by("platform", "campaign").agg(
        first=pl.col("date").min(), conversions=pl.col("conversions").sum(), counted=pl.col("conversions").count()
    )
    began = ran.group_by("platform").agg(began=pl.col("date").min())
    new = first.join(began, on="platform", nulls_equal=True).filter(
        pl.col("first") > end - dt.timedelta(days=rules.learning_days),
        (pl.col("first") - pl.col("began")).dt.total_days() >= rules.lead_days,
        (pl.col("counted") == 0) | (pl.col("conversions") < rules.learning_conversions),
    )
    old = set(first.join(new, on=["platform", "campaign"], how="anti", nulls_equal=True).get_column("campaign"))
    candidates, log = [], []
    for row in new.sort("campaign", "platform").iter_rows(named=True):
        segment = {"campaign": row["campaign"]}
        if row["campaign"] in old and row["platform"] is not None:
            segment["platform"] = row["platform"]
        if "spend" in account.known and account.share_of_spend(segment) < rules.least_share:
            log.append(Considered("opportunity", "new, but too small to matter", "spend", segment, "learning_phase"))
            continue
        metric = next((name for name in ("cac", "spend", "clicks", "impressions") if _known(account, name)), "spend")
        candidates.append(
            Candidate(
                kind="opportunity", metric=metric, segment=segment, effect="volume", fault="learning_phase", sense=1,
                direction="neutral", contribution=None, money=None, confidence=rules.fact, p_value=None,
                evidence=math.log(rules.fact / (1 - rules.fact)), playbook="learning_phase", enough=True,
            )
        )  # fmt: skip
    return candidates, log


def of_wear(account: Account, lifecycle: pl.DataFrame | None, rules: PhaseRules | None = None) -> Found:
    """Campaigns that table LIFECYCLE has in fatigue: their ads wear out, or the same money brings less and less."""
    rules = rules or PhaseRules()
    if lifecycle is None or lifecycle.is_empty():
        return [], []
    start, end = account.windows.current
    worn = lifecycle.filter(pl.col("phase") == "fatigue", pl.col("on").is_between(start, end))
    candidates, log = [], []
    for row in worn.sort("campaign", "platform", "channel", nulls_last=True).iter_rows(named=True):
        segment = {"campaign": row["campaign"]} if row["campaign"] is not None else {}
        ctr = row["metric"] == "ctr"
        fault = "creative_fatigue" if ctr else "efficiency_drop"
        metric = "ctr" if ctr else "cac"
        if not segment or not account.has(metric) or account.share_of_spend(segment) < rules.least_share:
            log.append(Considered("opportunity", "worn, but too small to matter", metric, segment, fault))
            continue
        p = row["p_value"] if row["p_value"] is not None and math.isfinite(row["p_value"]) else None
        change = row["change"] if row["change"] is not None and math.isfinite(row["change"]) else 0.0
        candidates.append(
            Candidate(
                kind="opportunity", metric=metric, segment=segment, effect="rate", fault=fault, sense=-1,
                direction="bad", contribution=None, money=_lost(account, segment, change),
                confidence=min(1 - (p if p is not None else 0.2), 0.98), p_value=p,
                evidence=math.log(1 / max(p or 0.2, 1e-6)), playbook=fault,
            )
        )  # fmt: skip
    return candidates, log


def _lost(account: Account, segment: Mapping[str, str], change: float) -> float | None:
    """The part of a week's spend that brings nothing more, by how far the yield fell."""
    if "spend" not in account.known:
        return None
    return account.of_week(segment, "spend")[1] * min(abs(change), 1.0) * WEEK / max(account.current_days, 1)


def of_pacing(account: Account, pacing: pl.DataFrame | None, rules: PhaseRules | None = None) -> Found:
    """Budgets of table PACING that are used up before the month is over."""
    rules = rules or PhaseRules()
    if pacing is None or pacing.is_empty():
        return [], []
    start, end = account.windows.current
    over = pacing.filter(
        pl.col("side") == "over", pl.col("band") == "red", pl.col("used_up_on").is_not_null(),
        pl.col("on").is_between(start, end),
    )  # fmt: skip
    candidates = []
    for row in over.sort("level", *LEVELS, nulls_last=True).iter_rows(named=True):
        month_end = (row["month"].replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        if (month_end - row["used_up_on"]).days < rules.early_days:
            continue
        level = next((name for name in LEVELS if row[name] is not None), None)
        segment = {level: str(row[level])} if level else {}
        beyond = max((row["projected"] or 0.0) - (row["budget"] or 0.0), 0.0)
        candidates.append(
            Candidate(
                kind="opportunity", metric="spend", segment=segment, effect="volume", fault="budget_runs_out", sense=1,
                direction="bad", contribution=None, money=beyond * WEEK / max(row["days_left"] or WEEK, WEEK),
                confidence=0.8, p_value=None, evidence=math.log(4), playbook="budget_exhaustion", enough=True,
            )
        )  # fmt: skip
    return candidates, []


def _known(account: Account, metric: str) -> bool:
    return account.has(metric)
