"""Spend that cannot be true: a day that costs many times the campaign's usual price, as an error of a factor 100 does.

Belongs here: finding such days, and an account in which they cost what they usually do, so that no other insight rests on
them. Does not: spikes that may well be real (`detection.spikes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from pydantic import Field

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.settings import Group

KEYS = ("platform", "channel", "campaign")


class Plausible(Group):
    """From when on spend is taken for an error."""

    factor: float = Field(20, gt=1, description="times the expected spend of a spend_spike from which it is no spike")
    price_factor: float = Field(20, gt=1, description="times the campaign's median spend and price of a day")
    least_days: int = Field(5, ge=3, description="days of a campaign that a median needs")
    confidence: float = Field(0.95, gt=0, lt=1, description="that it is an error")


def plausible(account: Account, findings: pl.DataFrame, rules: Plausible | None = None) -> tuple[Account, Found]:
    """The account with implausible spend replaced by the usual, and an anomaly for each campaign that has such days."""
    rules = rules or Plausible()
    said = _of_findings(findings, rules)
    priced = _of_prices(account, rules)
    if not said and priced.is_empty():
        return account, ([], [])
    rows = account.rows
    for finding in said:
        here = pl.col("date").is_between(finding["start"], finding["end"])
        for name in KEYS:
            here &= (pl.col(name) == finding[name]).fill_null(value=False) if finding[name] is not None else True
        usual = max(finding["expected"], 0.0) / finding["observed"]
        rows = rows.with_columns(pl.when(here).then(pl.col("spend") * usual).otherwise("spend").alias("spend"))
        priced = priced.filter(~here)
    rows = (
        rows.join(priced, on=[*KEYS, "date"], how="left", nulls_equal=True, maintain_order="left")
        .with_columns(spend=pl.col("spend") * pl.col("usual").fill_null(1.0))
        .drop("usual")
    )
    start, end = account.windows.current
    candidates = [
        _candidate({name: finding[name] for name in KEYS}, rules, finding["finding_id"])
        for finding in said
        if finding["start"] <= end and finding["end"] >= start
    ]
    in_week = priced.filter(pl.col("date") >= start).select(KEYS).unique().sort(KEYS, nulls_last=True)
    candidates += [_candidate(key, rules) for key in in_week.iter_rows(named=True)]
    names = [*said, *priced.select(KEYS).unique().sort(KEYS, nulls_last=True).to_dicts()]
    log = [
        Considered("data", "spend many times the usual: taken as the usual in everything else", "spend", _segment(key))
        for key in names
    ]
    return replace(account, rows=rows), (candidates, log)


def _of_findings(findings: pl.DataFrame, rules: Plausible) -> list[dict[str, Any]]:
    spikes = findings.filter(
        pl.col("kind") == "spend_spike",
        pl.col("verdict").is_null() | (pl.col("verdict") != "real"),
        pl.col("expected") > 0,
        pl.col("observed") > rules.factor * pl.col("expected"),
    )
    return spikes.to_dicts()


def _of_prices(account: Account, rules: Plausible) -> pl.DataFrame:
    """KEYS, date, usual: what spend times that is the usual."""
    shown = pl.coalesce("impressions", "clicks")
    days = account.rows.group_by(*KEYS, "date").agg(
        pl.col("spend").sum().round(SUM_DIGITS), shown.sum().round(SUM_DIGITS).alias("shown")
    )
    ran = days.filter(pl.col("spend") > 0, pl.col("shown") > 0).with_columns(price=pl.col("spend") / pl.col("shown"))
    usual = ran.with_columns(
        usual_spend=pl.col("spend").median().over(KEYS),
        usual_price=pl.col("price").median().over(KEYS),
        known=pl.len().over(KEYS),
    )
    odd = usual.filter(
        pl.col("spend") > rules.price_factor * pl.col("usual_spend"),
        pl.col("price") > rules.price_factor * pl.col("usual_price"),
        pl.col("known") >= rules.least_days,
    )
    return odd.select(*KEYS, "date", usual=pl.col("usual_price") / pl.col("price"))


def _candidate(key: dict[str, Any], rules: Plausible, finding_id: str | None = None) -> Candidate:
    return Candidate(
        kind="anomaly", metric="spend", segment=_segment(key), effect="volume", fault="implausible_spend", sense=1,
        direction="bad", contribution=None, money=None, confidence=rules.confidence, p_value=None, evidence=10.0,
        playbook="check_data", finding_id=finding_id, severity="critical", enough=True, stated=True,
    )  # fmt: skip


def _segment(key: Mapping[str, Any]) -> dict[str, str]:
    """The campaign; else what is known."""
    known = {name: str(key[name]) for name in KEYS if key[name] is not None}
    return {"campaign": known["campaign"]} if "campaign" in known else known
